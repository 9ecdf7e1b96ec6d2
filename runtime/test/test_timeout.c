/* A promise with a time limit: in time, too late, failed, cancelled; in place and as a task. */
#include "combine.h"
#include "sync_support.h"

#define MS 1000000ull

typedef struct Limited {
	ZynPromise *promise;
	int64_t ms;
} Limited;

static void timeout_init(ZynContext *cx, void *mem, void *arg)
{
	Limited *limited = arg;
	zyn_timeout_init(cx, mem, limited->promise, limited->ms);
}

static const LeafOps timeout = {timeout_init, zyn_timeout_poll, zyn_timeout_take, zyn_timeout_drop};

/* A child of each kind: 0 polled in place, 1 a task that only the timeout holds. */
static ZynPromise *child_new(ZynRuntime *rt, int kind, int64_t count, int64_t ms)
{
	return kind == 0 ? plain_ticker(rt, count, ms) : ticker_new(rt, count, ms);
}

static void test_in_time_gives_the_value_and_stops_the_clock(void)
{
	for (int kind = 0; kind < 2; kind++) {
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		Limited limited = {child_new(rt, kind, 3, 10), 31};
		ZynPromise *p = leaf_task_new(rt, &timeout, &limited);
		CHECK_EQ(zyn_promise_poll(rt, p), ZYN_PENDING);
		zyn_promise_release(limited.promise);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
		CHECK_EQ(result_of(p), 3);
		CHECK_EQ(zyn_rt_now_ns(rt), 30 * MS);
		CHECK_EQ(zyn_rt_next_deadline(rt), -1);
		zyn_promise_release(p);
		runtime_end(rt);
	}
}

/* Rule 1. */
static void test_just_in_time_is_in_time(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Limited limited = {plain_ticker(rt, 1, 20), 20};
	ZynPromise *p = leaf_task_new(rt, &timeout, &limited);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(result_of(p), 1);
	zyn_promise_release(limited.promise);
	zyn_promise_release(p);
	runtime_end(rt);
}

/* Rule 2. */
static void test_too_late_fails_and_cancels_the_promise(void)
{
	for (int kind = 0; kind < 2; kind++) {
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		Limited limited = {child_new(rt, kind, 100, 10), 25};
		ZynPromise *p = leaf_task_new(rt, &timeout, &limited);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_FAILED);
		CHECK_EQ(zyn_promise_error(p)->code, ZYN_ERROR_TIMEOUT);
		CHECK(strcmp(zyn_promise_error(p)->message, "timed out after 25 ms") == 0);
		CHECK_EQ(zyn_rt_now_ns(rt), 25 * MS);
		CHECK_EQ(zyn_rt_run_until_idle(rt), ZYN_READY);
		CHECK_EQ(zyn_promise_status(limited.promise), ZYN_CANCELLED); /* held by us too */
		CHECK_EQ(zyn_rt_now_ns(rt), 25 * MS);
		zyn_promise_release(limited.promise);
		zyn_promise_release(p);
		runtime_end(rt);
	}
}

static void test_no_time_at_all_still_asks_once(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Limited ready = {plain_ticker(rt, 0, 0), 0}, late = {plain_ticker(rt, 1, 1), -5};
	ZynPromise *p = leaf_task_new(rt, &timeout, &ready);
	CHECK_EQ(zyn_promise_poll(rt, p), ZYN_READY);
	ZynPromise *q = leaf_task_new(rt, &timeout, &late);
	CHECK_EQ(zyn_promise_poll(rt, q), ZYN_FAILED);
	CHECK(strcmp(zyn_promise_error(q)->message, "timed out after 0 ms") == 0);
	zyn_promise_release(ready.promise);
	zyn_promise_release(late.promise);
	zyn_promise_release(p);
	zyn_promise_release(q);
	runtime_end(rt);
}

static void test_a_failure_is_passed_on(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Limited limited = {failer_new(rt, 5), 10}, null = {NULL, 10};
	ZynPromise *p = leaf_task_new(rt, &timeout, &limited);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_FAILED);
	CHECK_EQ(zyn_promise_error(p)->code, ZYN_ERROR_DIVISION_BY_ZERO);
	CHECK_EQ(zyn_rt_next_deadline(rt), -1);
	ZynPromise *q = leaf_task_new(rt, &timeout, &null);
	CHECK_EQ(zyn_rt_block_on(rt, q, -1), ZYN_FAILED);
	CHECK_EQ(zyn_promise_error(q)->code, ZYN_ERROR_NULL_VALUE);
	zyn_promise_release(limited.promise);
	zyn_promise_release(p);
	zyn_promise_release(q);
	runtime_end(rt);
}

static void test_cancelled_takes_its_promise_along_only_in_place(void)
{
	for (int kind = 0; kind < 2; kind++) {
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		Limited limited = {child_new(rt, kind, 5, 10), 1000};
		ZynPromise *p = leaf_task_new(rt, &timeout, &limited);
		CHECK_EQ(zyn_promise_poll(rt, p), ZYN_PENDING);
		zyn_promise_cancel(p);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_CANCELLED);
		CHECK_EQ(zyn_promise_status(limited.promise),
		         kind == 0 ? ZYN_CANCELLED : ZYN_PENDING);
		zyn_promise_release(limited.promise);
		zyn_promise_release(p);
		zyn_rt_turn(rt);
		runtime_end(rt);
	}
}

static void test_a_leaf_that_never_started_is_dropped(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Actor a;
	actor_init(&a, rt);
	ZynPromise *child = ticker_new(rt, 1, 1);
	zyn_timeout_init(&a.cx, &a.leaf, child, 5);
	zyn_timeout_drop(&a.leaf);
	zyn_promise_release(child);
	runtime_end(rt);
}

static bool scenario(ZynRuntime *rt)
{
	Limited limited = {ticker_new(rt, 2, 10), 15};
	ZynPromise *p = limited.promise != NULL ? leaf_task_new(rt, &timeout, &limited) : NULL;
	bool complete = p != NULL;
	if (p != NULL) {
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_FAILED);
		ZynError *error = zyn_promise_error(p);
		CHECK_EQ(error->code, ZYN_ERROR_TIMEOUT); /* also without memory for its words */
		complete = strcmp(error->message, "timed out after 15 ms") == 0;
	}
	zyn_promise_release(limited.promise);
	zyn_promise_release(p);
	zyn_rt_run_until_idle(rt);
	return complete;
}

static void test_failing_allocations(void)
{
	fail_each_allocation(scenario);
}

static void within_init(ZynContext *cx, void *mem, void *arg)
{
	Limited *limited = arg;
	zyn_within_init(cx, mem, limited->ms, limited->promise);
}

static const LeafOps within = {within_init, zyn_within_poll, zyn_within_take, zyn_within_drop};

static void test_within_calls_lateness_an_outcome(void)
{
	for (int kind = 0; kind < 4; kind++) {
		bool late = kind >= 2;
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		Limited limited = {child_new(rt, kind & 1, 3, 10), late ? 25 : 31};
		ZynPromise *p = leaf_task_new(rt, &within, &limited);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
		CHECK_EQ(outcome_of(p), late ? ZYN_OUTCOME_TIMEOUT : ZYN_OUTCOME_DONE);
		if (!late)
			CHECK_EQ(result_of(p), 3);
		CHECK_EQ(zyn_rt_now_ns(rt), (late ? 25 : 30) * MS);
		zyn_promise_release(limited.promise);
		zyn_promise_release(p);
		runtime_end(rt);
	}
}

static void test_within_that_is_cancelled_or_dropped_leaves_nothing(void)
{
	for (int kind = 0; kind < 4; kind++) {
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		Limited limited = {child_new(rt, kind & 1, 3, 10), 25};
		ZynPromise *p = leaf_task_new(rt, &within, &limited);
		CHECK_EQ(zyn_promise_poll(rt, p), ZYN_PENDING);
		zyn_promise_release(limited.promise);
		if (kind >= 2) {
			zyn_promise_cancel(p);
			CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_CANCELLED);
		}
		zyn_promise_release(p);
		runtime_end(rt);
	}
}

int main(void)
{
	RUN(test_within_calls_lateness_an_outcome);
	RUN(test_within_that_is_cancelled_or_dropped_leaves_nothing);
	RUN(test_in_time_gives_the_value_and_stops_the_clock);
	RUN(test_just_in_time_is_in_time);
	RUN(test_too_late_fails_and_cancels_the_promise);
	RUN(test_no_time_at_all_still_asks_once);
	RUN(test_a_failure_is_passed_on);
	RUN(test_cancelled_takes_its_promise_along_only_in_place);
	RUN(test_a_leaf_that_never_started_is_dropped);
	RUN(test_failing_allocations);
	return 0;
}
