/* What a runtime promises to whoever has one: tasks are spawned, run and waited for with any number
 * of workers; a shutdown is graceful or abrupt; a task handle says how its task stands. */
#include "support.h"

#define TASKS 60

static ZynRuntime *runtime_with(uint32_t workers)
{
	ZynOptions options = {.size = sizeof options, .workers = workers, .flags = ZYN_NOTE_TASKS};
	ZynRuntime *rt = zyn_rt_new(&options);
	CHECK(rt != NULL);
	return rt;
}

static void runtime_spawns_and_runs_until_idle(uint32_t workers)
{
	ZynRuntime *rt = runtime_with(workers);
	ZynPromise *promises[TASKS];
	for (int64_t i = 0; i < TASKS; i++) {
		promises[i] = ticker_new(rt, i % 3, i % 4);
		CHECK_EQ(zyn_promise_status(promises[i]), ZYN_PENDING);
		zyn_promise_spawn(rt, promises[i]);
	}
	CHECK_EQ(zyn_rt_run_until_idle(rt), ZYN_READY);
	for (int64_t i = 0; i < TASKS; i++) {
		/* others' workers may still be at it: idle is said of the host */
		CHECK_EQ(zyn_rt_block_on(rt, promises[i], -1), ZYN_READY);
		CHECK_EQ(result_of(promises[i]), i % 3);
		zyn_promise_release(promises[i]);
	}
	AWAIT_THREAD(zyn_rt_live_objects(rt) == 0);
	zyn_rt_free(rt);
}

static void test_runtime_spawns_and_runs_until_idle(void)
{
	for (uint32_t workers = 1; workers <= 4; workers++)
		runtime_spawns_and_runs_until_idle(workers);
}

static void runtime_block_on_waits_for_one(uint32_t workers)
{
	ZynRuntime *rt = runtime_with(workers);
	ZynPromise *other = waiter_new(rt, WAIT_PENDING, 0, 0, NULL);
	zyn_promise_spawn(rt, other);
	ZynPromise *p = ticker_new(rt, 3, 1);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(zyn_promise_status(other), ZYN_PENDING);
	zyn_promise_release(p);
	zyn_promise_cancel(other);
	CHECK_EQ(zyn_rt_block_on(rt, other, -1), ZYN_CANCELLED);
	zyn_promise_release(other);
	AWAIT_THREAD(zyn_rt_live_objects(rt) == 0);
	zyn_rt_free(rt);
}

static void test_runtime_block_on_waits_for_one(void)
{
	for (uint32_t workers = 1; workers <= 4; workers++)
		runtime_block_on_waits_for_one(workers);
}

/* Graceful is to run until nothing is left, abrupt is to free at once: what had begun is polled
 * once more, to clean up, and is cancelled. */
static void test_runtime_shuts_down_gracefully_or_abruptly(void)
{
	for (uint32_t workers = 1; workers <= 4; workers++) {
		for (int abrupt = 0; abrupt < 2; abrupt++) {
			ZynRuntime *rt = runtime_with(workers);
			ZynPromise *p = ticker_new(rt, 1, abrupt ? 3600000 : 1);
			zyn_promise_spawn(rt, p);
			if (!abrupt)
				CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
			zyn_rt_free(rt);
			CHECK_EQ(zyn_promise_status(p), abrupt ? ZYN_CANCELLED : ZYN_READY);
			zyn_promise_release(p);
		}
	}
}

static uint32_t state_of(ZynRuntime *rt, ZynPromise *p)
{
	ZynTaskInfo info;
	CHECK(zyn_dbg_task(rt, zyn_promise_task_id(p), &info));
	return info.state;
}

/* Running is seen from inside a poll only: test_embedded.c, and the debugger's tests. */
static void test_task_state_of_a_host_task(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynDebugEvents events = {.data = NULL};
	zyn_dbg_attach(rt, &events);
	ZynPromise *ends = ticker_new(rt, 1, 5), *fails = failer_new(rt, 5),
		   *waits = waiter_new(rt, WAIT_PENDING, 0, 0, NULL);
	CHECK_EQ(state_of(rt, ends), ZYN_TASK_PENDING);
	ZynPromise *all[] = {ends, fails, waits};
	for (int i = 0; i < 3; i++) {
		zyn_promise_spawn(rt, all[i]);
		CHECK_EQ(state_of(rt, all[i]), ZYN_TASK_RUNNABLE);
	}
	zyn_rt_turn(rt);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(state_of(rt, all[i]), ZYN_TASK_PARKED);
	CHECK(zyn_dbg_hold(rt, zyn_promise_task_id(waits), 1));
	CHECK_EQ(state_of(rt, waits), ZYN_TASK_HELD);
	CHECK(zyn_dbg_hold(rt, zyn_promise_task_id(waits), 0));
	CHECK_EQ(zyn_rt_block_on(rt, ends, -1), ZYN_READY);
	CHECK_EQ(zyn_rt_block_on(rt, fails, -1), ZYN_FAILED);
	zyn_promise_cancel(waits);
	CHECK_EQ(zyn_rt_block_on(rt, waits, -1), ZYN_CANCELLED);
	CHECK_EQ(state_of(rt, ends), ZYN_TASK_COMPLETED);
	CHECK_EQ(state_of(rt, fails), ZYN_TASK_FAILED);
	CHECK_EQ(state_of(rt, waits), ZYN_TASK_CANCELLED);
	zyn_dbg_attach(rt, NULL);
	for (int i = 0; i < 3; i++)
		zyn_promise_release(all[i]);
	runtime_end(rt);
}

static void test_task_ids_of_the_host_count_up_and_are_never_used_twice(void)
{
	for (uint32_t workers = 1; workers <= 3; workers++) {
		ZynRuntime *rt = runtime_with(workers);
		uint64_t before = 0;
		for (int i = 0; i < 300; i++) { /* the memory is used again, the number is not */
			ZynPromise *p = ticker_new(rt, 0, 0);
			CHECK(zyn_promise_task_id(p) > before);
			before = zyn_promise_task_id(p);
			CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
			CHECK_EQ(zyn_promise_task_id(p), before);
			zyn_promise_release(p);
		}
		AWAIT_THREAD(zyn_rt_live_objects(rt) == 0);
		zyn_rt_free(rt);
	}
}

/* A promise is the handle of its task: is_finished and try_join are its status and result, await is
 * block_on, abort is cancel.  Any number of handles say the same. */
static void test_join_handle_awaits_aborts_and_tells(void)
{
	for (uint32_t workers = 1; workers <= 3; workers++) {
		ZynRuntime *rt = runtime_with(workers);
		ZynPromise *p = ticker_new(rt, 2, 1), *stuck = ticker_new(rt, 1, 3600000);
		zyn_promise_retain(p);
		zyn_promise_spawn(rt, p);
		zyn_promise_spawn(rt, stuck);
		CHECK_EQ(zyn_promise_status(stuck), ZYN_PENDING);
		CHECK(zyn_promise_result(stuck) == NULL);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY); /* joined twice */
		CHECK_EQ(result_of(p), 2);
		zyn_promise_release(p);
		zyn_promise_cancel(p); /* too late, and harmless */
		CHECK_EQ(zyn_promise_status(p), ZYN_READY);
		CHECK_EQ(result_of(p), 2);
		zyn_promise_cancel(stuck);
		CHECK_EQ(zyn_rt_block_on(rt, stuck, -1), ZYN_CANCELLED);
		CHECK(zyn_promise_result(stuck) == NULL);
		CHECK_EQ(zyn_promise_error(stuck)->code, ZYN_ERROR_CANCELLED);
		zyn_promise_release(p);
		zyn_promise_release(stuck);
		AWAIT_THREAD(zyn_rt_live_objects(rt) == 0);
		zyn_rt_free(rt);
	}
}

/* The losers of a race, and those behind a failure of a join, are let go while they end on other
 * workers: their ends are counted, or they are not heard of any more. */
static void test_join_and_race_let_go_of_who_ends_meanwhile(void)
{
	ZynRuntime *rt = runtime_with(4);
	for (int round = 0; round < 2000; round++) {
		ZynPromise *racers[6], *joined[6];
		for (int i = 0; i < 6; i++) {
			racers[i] = ticker_new(rt, 1, 0);
			joined[i] = i == round % 6 ? failer_new(rt, 0) : ticker_new(rt, 1, 0);
		}
		ZynPromise *race = waiter_new(rt, WAIT_RACE, 0, 6, racers);
		ZynPromise *join = waiter_new(rt, WAIT_JOIN, 0, 6, joined);
		zyn_promise_spawn(rt, race);
		zyn_promise_spawn(rt, join);
		CHECK_EQ(zyn_rt_block_on(rt, race, -1), ZYN_READY);
		CHECK_EQ(zyn_rt_block_on(rt, join, -1), ZYN_FAILED);
		zyn_promise_release(race);
		zyn_promise_release(join);
	}
	AWAIT_THREAD(zyn_rt_live_objects(rt) == 0);
	zyn_rt_free(rt);
}

int main(void)
{
	RUN(test_runtime_spawns_and_runs_until_idle);
	RUN(test_runtime_block_on_waits_for_one);
	RUN(test_runtime_shuts_down_gracefully_or_abruptly);
	RUN(test_task_state_of_a_host_task);
	RUN(test_task_ids_of_the_host_count_up_and_are_never_used_twice);
	RUN(test_join_handle_awaits_aborts_and_tells);
	RUN(test_join_and_race_let_go_of_who_ends_meanwhile);
	return 0;
}
