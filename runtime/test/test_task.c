/* A task from its first poll to its end. */
#include "support.h"

static void test_ticker_ends_with_its_count(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *p = ticker_new(rt, 3, 1000);
	CHECK_EQ(zyn_promise_status(p), ZYN_PENDING);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(result_of(p), 3);
	CHECK_EQ(zyn_promise_polls(p), 4);
	CHECK_EQ(zyn_rt_now_ns(rt), 3000000000);
	CHECK_EQ(zyn_promise_poll(rt, p), ZYN_READY);
	CHECK_EQ(zyn_promise_polls(p), 4);
	zyn_promise_release(p);
	runtime_end(rt);
}

static void test_poll_runs_it_once_each_time(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *p = ticker_new(rt, 2, 5);
	CHECK_EQ(zyn_promise_poll(rt, p), ZYN_PENDING);
	CHECK_EQ(zyn_promise_polls(p), 1);
	CHECK_EQ(zyn_promise_poll(rt, p), ZYN_PENDING);
	CHECK_EQ(zyn_promise_polls(p), 2);
	CHECK_EQ(zyn_rt_now_ns(rt), 5000000);
	CHECK_EQ(zyn_promise_poll(rt, p), ZYN_READY);
	CHECK_EQ(zyn_promise_polls(p), 3);
	zyn_promise_release(p);
	runtime_end(rt);
}

static void test_real_clock_never_early(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	ZynPromise *p = ticker_new(rt, 2, 3);
	uint64_t before = zyn_rt_now_ns(rt);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK(zyn_rt_now_ns(rt) - before >= 6000000);
	zyn_promise_release(p);
	runtime_end(rt);
}

static void test_release_of_a_live_task_cancels_it(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *p = ticker_new(rt, 2, 5);
	CHECK_EQ(zyn_promise_poll(rt, p), ZYN_PENDING);
	zyn_promise_release(p);
	CHECK_EQ(zyn_rt_live_objects(rt), 1);
	CHECK_EQ(zyn_rt_turn(rt), 1);
	CHECK_EQ(zyn_rt_live_objects(rt), 0);
	runtime_end(rt);
}

static void test_cancel_before_the_first_poll(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *p = ticker_new(rt, 2, 5);
	zyn_promise_cancel(p);
	CHECK_EQ(zyn_promise_status(p), ZYN_PENDING);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_CANCELLED);
	CHECK_EQ(zyn_promise_error(p)->code, ZYN_ERROR_CANCELLED);
	zyn_promise_release(p);
	runtime_end(rt);
}

int main(void)
{
	RUN(test_ticker_ends_with_its_count);
	RUN(test_poll_runs_it_once_each_time);
	RUN(test_real_clock_never_early);
	RUN(test_release_of_a_live_task_cancels_it);
	RUN(test_cancel_before_the_first_poll);
	return 0;
}
