/* zyn_promise_start: who is polled at once, who is left alone, and what is left to do. */
#include "support.h"

#define MORE ZYN_STARTED_MORE

static ZynPromise *ready_new(ZynRuntime *rt)
{
	return waiter_new(rt, WAIT_DELAY, 0, 0, NULL);
}

static void test_what_need_not_wait_is_ready_without_a_turn(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *p = ready_new(rt);
	uint64_t turn = rt->turn;
	CHECK_EQ(zyn_promise_start(rt, p), ZYN_READY);
	CHECK_EQ(zyn_promise_polls(p), 1);
	CHECK_EQ(rt->turn, turn);
	CHECK_EQ(zyn_promise_start(rt, p), ZYN_READY);
	CHECK_EQ(zyn_promise_polls(p), 1);
	zyn_promise_release(p);
	runtime_end(rt);
}

static void test_what_waits_is_polled_once(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *p = ticker_new(rt, 2, 5);
	CHECK_EQ(zyn_promise_start(rt, p), ZYN_PENDING | MORE);
	CHECK_EQ(zyn_promise_start(rt, p), ZYN_PENDING | MORE);
	CHECK_EQ(zyn_promise_polls(p), 1);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(result_of(p), 2);
	zyn_promise_release(p);
	ZynPromise *stuck = waiter_new(rt, WAIT_PENDING, 0, 0, NULL);
	CHECK_EQ(zyn_promise_start(rt, stuck), ZYN_PENDING);
	zyn_promise_release(stuck);
	runtime_end(rt);
}

static void test_it_comes_before_what_is_runnable(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *queued = ready_new(rt);
	ZynPromise *p = ready_new(rt);
	zyn_promise_spawn(rt, queued);
	CHECK_EQ(zyn_promise_start(rt, p), ZYN_READY | MORE);
	CHECK_EQ(zyn_promise_polls(queued), 0);
	CHECK_EQ(zyn_promise_start(rt, queued), ZYN_PENDING | MORE);
	CHECK_EQ(zyn_promise_polls(queued), 0);
	CHECK_EQ(zyn_rt_turn(rt), 1);
	CHECK_EQ(zyn_promise_start(rt, queued), ZYN_READY);
	zyn_promise_release(queued);
	zyn_promise_release(p);
	runtime_end(rt);
}

static void test_a_cancelled_one_is_left_to_the_next_turn(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *p = ready_new(rt);
	zyn_promise_cancel(p);
	CHECK_EQ(zyn_promise_start(rt, p), ZYN_PENDING | MORE);
	CHECK_EQ(zyn_rt_turn(rt), 1);
	CHECK_EQ(zyn_promise_status(p), ZYN_CANCELLED);
	zyn_promise_release(p);
	runtime_end(rt);
}

static void test_a_seed_decides_who_is_first(void)
{
	ZynOptions options = {.size = sizeof options, .clock = ZYN_CLOCK_VIRTUAL, .seed = 7};
	ZynRuntime *rt = zyn_rt_new(&options);
	ZynPromise *p = ready_new(rt);
	CHECK_EQ(zyn_promise_start(rt, p), ZYN_PENDING | MORE);
	CHECK_EQ(zyn_promise_polls(p), 0);
	zyn_promise_release(p);
	runtime_end(rt);
}

typedef struct Inside {
	ZynRuntime *rt;
	ZynPromise *p;
	int32_t status;
} Inside;

static int64_t start_inside(void *data)
{
	Inside *inside = data;
	inside->status = zyn_promise_start(inside->rt, inside->p);
	return 1;
}

static void test_it_is_refused_inside_a_poll(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Inside inside = {.rt = rt, .p = ready_new(rt)};
	ZynPromise *foreign = zyn_call_foreign(rt, start_inside, &inside, NULL);
	CHECK_EQ(zyn_promise_start(rt, foreign), ZYN_READY);
	CHECK_EQ(inside.status, ZYN_BUSY);
	CHECK_EQ(zyn_promise_polls(inside.p), 0);
	zyn_promise_release(foreign);
	zyn_promise_release(inside.p);
	runtime_end(rt);
}

static void test_fuel_is_burnt(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	zyn_rt_refuel(rt, 1);
	ZynPromise *p[2] = {ready_new(rt), ready_new(rt)};
	CHECK_EQ(zyn_promise_start(rt, p[0]), ZYN_READY);
	CHECK_EQ(zyn_rt_fuel(rt), 0);
	CHECK_EQ(zyn_promise_start(rt, p[1]), ZYN_FAILED);
	zyn_promise_release(p[0]);
	zyn_promise_release(p[1]);
	runtime_end(rt);
}

static void test_a_team_gets_it_to_run(void)
{
	ZynOptions options = {.size = sizeof options, .workers = 2};
	ZynRuntime *rt = zyn_rt_new(&options);
	ZynPromise *p = ready_new(rt);
	CHECK((zyn_promise_start(rt, p) & MORE) != 0);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(zyn_promise_polls(p), 1);
	zyn_promise_release(p);
	zyn_rt_free(rt);
}

int main(void)
{
	RUN(test_what_need_not_wait_is_ready_without_a_turn);
	RUN(test_what_waits_is_polled_once);
	RUN(test_it_comes_before_what_is_runnable);
	RUN(test_a_cancelled_one_is_left_to_the_next_turn);
	RUN(test_a_seed_decides_who_is_first);
	RUN(test_it_is_refused_inside_a_poll);
	RUN(test_fuel_is_burnt);
	RUN(test_a_team_gets_it_to_run);
	return 0;
}
