/* ready, map and and_then: values, failures and cancelling pass through as they should. */
#include "combine.h"
#include "sync_support.h"

typedef struct Chain {
	ZynRuntime *rt;
	ZynPromise *promise;
	int calls;
	bool fails;
	int64_t ms; /* of the promise that and_then makes */
} Chain;

static void to_large(ZynContext *cx, void *data, const void *value, void *out)
{
	Chain *chain = data;
	chain->calls++;
	uint64_t number = (uint64_t)*(const int64_t *)value;
	if (chain->fails)
		zyn_fail_division(cx, 7, 1);
	else
		*(Large *)out = value_make(number + 100);
}

static ZynPromise *to_ticker(ZynContext *cx, void *data, const void *value)
{
	Chain *chain = data;
	chain->calls++;
	if (chain->fails) {
		zyn_fail_division(cx, 7, 1);
		return NULL;
	}
	return ticker_new(chain->rt, *(const int64_t *)value * 2, chain->ms);
}

static void map_init(ZynContext *cx, void *mem, void *arg)
{
	Chain *chain = arg;
	zyn_map_init(cx, mem, chain->promise, to_large, chain, &type_large);
}

static void then_init(ZynContext *cx, void *mem, void *arg)
{
	Chain *chain = arg;
	zyn_and_then_init(cx, mem, chain->promise, to_ticker, chain);
}

static void ready_init(ZynContext *cx, void *mem, void *arg)
{
	zyn_ready_init(cx, mem, &type_large, arg);
}

static const LeafOps map = {map_init, zyn_map_poll, zyn_map_take, zyn_map_drop};
static const LeafOps then = {then_init, zyn_and_then_poll, zyn_and_then_take, zyn_and_then_drop};
static const LeafOps ready = {ready_init, zyn_ready_poll, zyn_ready_take, zyn_ready_drop};

static uint64_t large_of(ZynPromise *p)
{
	return value_check(values_large, &((LeafTask *)p->state_machine)->value);
}

static void test_ready_is_ready(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Large value = value_make(5);
	ZynPromise *p = leaf_task_new(rt, &ready, &value);
	CHECK_EQ(zyn_promise_poll(rt, p), ZYN_READY);
	CHECK_EQ(large_of(p), 5);
	zyn_promise_release(p);
	Actor a;
	actor_init(&a, rt);
	zyn_ready_init(&a.cx, &a.leaf, &type_large, &value);
	zyn_ready_drop(&a.leaf); /* never polled */
	zyn_ready_init(&a.cx, &a.leaf, &type_counted, &value);
	actor_cancel(&a, zyn_ready_poll);
	value_give_up(&value);
	runtime_end(rt);
	values_all_gone();
}

static void test_map_makes_a_value_of_a_value(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Chain chain = {rt, plain_ticker(rt, 3, 10), 0, false, 0};
	ZynPromise *p = leaf_task_new(rt, &map, &chain);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(large_of(p), 103);
	CHECK_EQ(chain.calls, 1);
	zyn_promise_release(chain.promise);
	zyn_promise_release(p);
	runtime_end(rt);
	values_all_gone();
}

static void test_and_then_awaits_what_the_function_makes(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Chain chain = {rt, plain_ticker(rt, 3, 10), 0, false, 5};
	ZynPromise *p = leaf_task_new(rt, &then, &chain);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(result_of(p), 6);
	CHECK_EQ(zyn_rt_now_ns(rt), 60000000);
	CHECK_EQ(chain.calls, 1);
	zyn_promise_release(chain.promise);
	zyn_promise_release(p);
	runtime_end(rt);
}

/* Rules 1 and 2. */
static void test_failures_pass_through(void)
{
	const LeafOps *all[] = {&map, &then};
	for (int i = 0; i < 2; i++) {
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		Chain first = {rt, failer_new(rt, 5), 0, false, 1};
		ZynPromise *p = leaf_task_new(rt, all[i], &first);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_FAILED);
		CHECK_EQ(zyn_promise_error(p)->code, ZYN_ERROR_DIVISION_BY_ZERO);
		CHECK_EQ(first.calls, 0);
		Chain second = {rt, plain_ticker(rt, 1, 1), 0, true, 1};
		ZynPromise *q = leaf_task_new(rt, all[i], &second);
		CHECK_EQ(zyn_rt_block_on(rt, q, -1), ZYN_FAILED);
		CHECK_EQ(zyn_promise_error(q)->line, 7);
		CHECK_EQ(second.calls, 1);
		zyn_promise_release(first.promise);
		zyn_promise_release(second.promise);
		zyn_promise_release(p);
		zyn_promise_release(q);
		runtime_end(rt);
		values_all_gone();
	}
}

static void test_cancelled_at_each_point(void)
{
	const LeafOps *all[] = {&map, &then};
	for (int i = 0; i < 2; i++) {
		for (int polls = 0; polls < 4; polls++) {
			ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
			Chain chain = {rt, plain_ticker(rt, 1, 10), 0, false, 10};
			ZynPromise *p = leaf_task_new(rt, all[i], &chain);
			bool live = true;
			for (int k = 0; k < polls && live; k++) {
				live = zyn_promise_poll(rt, p) == ZYN_PENDING;
				if (live && k > 0)
					zyn_rt_turn(rt);
			}
			zyn_promise_cancel(p);
			int32_t status = zyn_rt_block_on(rt, p, -1);
			CHECK(status == ZYN_CANCELLED || status == ZYN_READY);
			if (status == ZYN_READY && i == 0)
				large_of(p);
			zyn_promise_release(chain.promise);
			zyn_promise_release(p);
			zyn_rt_turn(rt);
			runtime_end(rt);
			values_all_gone();
		}
	}
}

static bool map_scenario(ZynRuntime *rt)
{
	Chain chain = {rt, ticker_new(rt, 2, 10), 0, false, 0};
	ZynPromise *p = chain.promise != NULL ? leaf_task_new(rt, &map, &chain) : NULL;
	int32_t status = p != NULL ? zyn_rt_block_on(rt, p, -1) : ZYN_FAILED;
	if (p != NULL && status == ZYN_FAILED)
		CHECK_EQ(zyn_promise_error(p)->code, ZYN_ERROR_OUT_OF_MEMORY);
	if (status == ZYN_READY)
		large_of(p);
	zyn_promise_release(chain.promise);
	zyn_promise_release(p);
	zyn_rt_run_until_idle(rt);
	values_all_gone();
	return status == ZYN_READY;
}

static void test_failing_allocations(void)
{
	fail_each_allocation(map_scenario);
}

int main(void)
{
	RUN(test_ready_is_ready);
	RUN(test_map_makes_a_value_of_a_value);
	RUN(test_and_then_awaits_what_the_function_makes);
	RUN(test_failures_pass_through);
	RUN(test_cancelled_at_each_point);
	RUN(test_failing_allocations);
	return 0;
}
