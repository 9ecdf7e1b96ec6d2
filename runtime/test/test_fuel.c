/* A bounded number of polls: counted exactly, shared by all workers, and enough for a loop that
 * never comes back. */
#include "support.h"

static ZynRuntime *fuelled(uint64_t fuel, uint32_t clock, uint32_t workers)
{
	ZynOptions options = {
		.size = sizeof options, .clock = clock, .workers = workers, .fuel = fuel};
	ZynRuntime *rt = zyn_rt_new(&options);
	CHECK(rt != NULL);
	return rt;
}

static void check_starved(ZynPromise *p)
{
	CHECK_EQ(zyn_promise_status(p), ZYN_FAILED);
	CHECK_EQ(zyn_promise_error(p)->code, ZYN_ERROR_OUT_OF_FUEL);
}

static void test_without_fuel_there_is_no_limit(void)
{
	ZynOptions older = {.size = offsetof(ZynOptions, fuel), .fuel = 1};
	ZynRuntime *rt = zyn_rt_new(&older);
	CHECK(rt != NULL);
	CHECK_EQ(zyn_rt_fuel(rt), UINT64_MAX);
	ZynPromise *p = ticker_new(rt, 20, 0);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(zyn_rt_fuel(rt), UINT64_MAX);
	zyn_promise_release(p);
	runtime_end(rt);
}

static void test_every_poll_costs_one(void)
{
	ZynRuntime *rt = fuelled(1000, ZYN_CLOCK_VIRTUAL, 0);
	ZynPromise *p = ticker_new(rt, 10, 1);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	uint64_t polls = zyn_promise_polls(p);
	CHECK_EQ(zyn_rt_fuel(rt), 1000 - polls);
	zyn_promise_release(p);
	runtime_end(rt);
	for (uint64_t fuel = 1; fuel <= polls; fuel++) {
		rt = fuelled(fuel, ZYN_CLOCK_VIRTUAL, 0);
		p = ticker_new(rt, 10, 1);
		bool enough = fuel == polls;
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), enough ? ZYN_READY : ZYN_FAILED);
		CHECK_EQ(zyn_rt_fuel(rt), 0);
		if (!enough)
			check_starved(p);
		zyn_promise_release(p);
		runtime_end(rt);
	}
}

static void test_who_waits_for_it_fails_as_well(void)
{
	ZynRuntime *rt = fuelled(5, ZYN_CLOCK_VIRTUAL, 0);
	ZynPromise *child = ticker_new(rt, 100, 1), *unstarted = ticker_new(rt, 1, 0);
	zyn_promise_spawn(rt, child);
	zyn_promise_retain(child);
	ZynPromise *p = waiter_new(rt, WAIT_AWAIT, 0, 1, &child);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_FAILED);
	check_starved(p);
	check_starved(child);
	CHECK_EQ(zyn_rt_block_on(rt, unstarted, -1), ZYN_FAILED);
	check_starved(unstarted);
	zyn_promise_release(p);
	zyn_promise_release(child);
	zyn_promise_release(unstarted);
	runtime_end(rt);
}

static void double_it(ZynContext *cx, const void *args, void *result)
{
	(void)cx;
	*(int64_t *)result = *(const int64_t *)args * 2;
}

static void spin(ZynContext *cx, const void *args, void *result)
{
	(void)args;
	(void)result;
	while (zyn__get(&cx->attention) == 0 || !zyn_attend(cx, NULL, 5))
		continue;
}

static void test_direct_calls_cost_one(void)
{
	ZynRuntime *rt = fuelled(2, ZYN_CLOCK_REAL, 0);
	int64_t arg = 21, result = 0;
	ZynError *error = NULL;
	for (int i = 0; i < 2; i++)
		CHECK_EQ(zyn_call_direct(rt, double_it, &arg, &result, &error), ZYN_READY);
	CHECK_EQ(result, 42);
	result = 0;
	CHECK_EQ(zyn_call_direct(rt, double_it, &arg, &result, &error), ZYN_FAILED);
	CHECK_EQ(error->code, ZYN_ERROR_OUT_OF_FUEL);
	CHECK_EQ(result, 0);
	zyn_error_release(error);
	zyn_rt_refuel(rt, 1);
	CHECK_EQ(zyn_call_direct(rt, double_it, &arg, &result, &error), ZYN_READY);
	CHECK_EQ(result, 42);
	runtime_end(rt);
}

static void test_a_loop_uses_all_of_it_up(uint32_t clock, bool direct)
{
	ZynRuntime *rt = fuelled(1000000, clock, 0);
	ZynPromise *other = ticker_new(rt, 3, 0);
	if (direct) {
		ZynError *error = NULL;
		CHECK_EQ(zyn_call_direct(rt, spin, NULL, NULL, &error), ZYN_FAILED);
		CHECK_EQ(error->code, ZYN_ERROR_OUT_OF_FUEL);
		CHECK_EQ(error->line, 5);
		zyn_error_release(error);
	} else {
		ZynPromise *p = zyn_call_async(rt, &looper, NULL, 0, 0);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_FAILED);
		check_starved(p);
		CHECK_EQ(zyn_promise_error(p)->line, 8);
		zyn_promise_release(p);
	}
	CHECK_EQ(zyn_rt_fuel(rt), 0);
	zyn_rt_refuel(rt, 100); /* and the host goes on */
	CHECK_EQ(zyn_rt_block_on(rt, other, -1), ZYN_READY);
	zyn_promise_release(other);
	runtime_end(rt);
}

static void test_loops(void)
{
	test_a_loop_uses_all_of_it_up(ZYN_CLOCK_REAL, false);
	test_a_loop_uses_all_of_it_up(ZYN_CLOCK_VIRTUAL, false);
	test_a_loop_uses_all_of_it_up(ZYN_CLOCK_REAL, true);
}

static int64_t never(void *calls)
{
	++*(uint32_t *)calls;
	return 0;
}

static void test_waiting_for_the_host_costs_nothing(void)
{
	ZynRuntime *rt = fuelled(10, ZYN_CLOCK_REAL, 0);
	uint32_t calls = 0;
	ZynPromise *p = zyn_call_foreign(rt, never, &calls, NULL);
	for (int i = 0; i < 50; i++)
		zyn_promise_poll(rt, p);
	CHECK_EQ(calls, 50);
	CHECK_EQ(zyn_rt_fuel(rt), 10);
	zyn_promise_release(p);
	zyn_rt_turn(rt);
	runtime_end(rt);
}

static void test_workers_share_it(void)
{
	ZynRuntime *rt = fuelled(200, ZYN_CLOCK_REAL, 3);
	ZynPromise *tickers[16];
	uint64_t polls = 0, starved = 0;
	for (int i = 0; i < 16; i++) {
		tickers[i] = ticker_new(rt, 40, 1);
		zyn_promise_spawn(rt, tickers[i]);
	}
	for (int i = 0; i < 16; i++) {
		zyn_rt_block_on(rt, tickers[i], -1);
		if (zyn_promise_status(tickers[i]) == ZYN_FAILED) {
			check_starved(tickers[i]);
			starved++;
			polls--; /* the one that it was refused */
		}
		polls += zyn_promise_polls(tickers[i]);
		zyn_promise_release(tickers[i]);
	}
	CHECK(starved != 0);
	CHECK_EQ(polls, 200);
	CHECK_EQ(zyn_rt_fuel(rt), 0);
	AWAIT_THREAD(zyn_rt_live_objects(rt) == 0);
	zyn_rt_free(rt);
}

int main(void)
{
	RUN(test_without_fuel_there_is_no_limit);
	RUN(test_every_poll_costs_one);
	RUN(test_who_waits_for_it_fails_as_well);
	RUN(test_direct_calls_cost_one);
	RUN(test_loops);
	RUN(test_waiting_for_the_host_costs_nothing);
	RUN(test_workers_share_it);
	return 0;
}
