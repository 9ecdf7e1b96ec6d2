/* Many workers: every test runs with 2 and with 4 of them, real clock. */
#include "support.h"

#include <pthread.h>

#define MS 1000000ll

static ZynRuntime *team_new(uint32_t workers)
{
	ZynOptions options = {.size = sizeof options, .workers = workers};
	ZynRuntime *rt = zyn_rt_new(&options);
	CHECK(rt != NULL);
	return rt;
}

/* Live counts are exact once nothing runs: ended tasks that workers hold for a moment longer have
 * to be waited for. */
static void team_end(ZynRuntime *rt)
{
	AWAIT_THREAD(zyn_rt_live_objects(rt) == 0);
	CHECK_EQ(zyn_rt_live_bytes(rt), 0);
	zyn_rt_free(rt);
}

#define RUN_TEAM(test) \
	do { \
		for (uint32_t workers = 2; workers <= 4; workers += 2) \
			test(workers); \
		printf("ok %s\n", #test); \
		fflush(stdout); \
	} while (0)

/* --- tree: spawns `width` children `depth` deep and awaits them, one after the other --------- */

#define WIDTH 4

typedef struct Tree {
	uint32_t state;
	uint32_t next;
	int64_t depth;
	int64_t kind; /* how the leaves of the tree wait: WaitKind of delay, yield; else not at all
	               */
	int64_t sum;
	ZynPromise *children[WIDTH];
	union {
		ZynAwait await;
		ZynDelay delay;
		uint32_t state_only;
	} leaf;
	int64_t result;
} Tree;

MACHINE(tree, Tree);

static void tree_drop(void *sm)
{
	Tree *t = sm;
	for (int i = 0; i < WIDTH; i++) {
		ZynPromise *p = t->children[i];
		t->children[i] = NULL;
		zyn_promise_release(p);
	}
}

static bool tree_spawn(Tree *t, ZynContext *cx)
{
	for (int i = 0; i < WIDTH; i++) {
		void *sm = zyn_frame_new(cx, &tree);
		if (sm == NULL)
			return false;
		Tree *child = sm;
		child->depth = t->depth - 1;
		child->kind = t->kind;
		t->children[i] = zyn__task_promise(zyn__task_of_machine(sm));
		zyn_promise_release(zyn_spawn(cx, t->children[i], 0));
	}
	return true;
}

static int64_t tree_cancelled(Tree *t)
{
	tree_drop(t);
	return machine_cancelled(&t->state);
}

static int64_t tree_end(Tree *t)
{
	tree_drop(t);
	return machine_return(&t->state, &t->result, t->sum);
}

static int64_t tree_wait(Tree *t, ZynContext *cx)
{
	if (t->state == ZYN_STATE_START) {
		t->state = 1;
		if (t->kind == WAIT_DELAY)
			zyn_delay_init(cx, &t->leaf, 1);
		else
			zyn_yield_now_init(cx, &t->leaf);
	}
	int64_t ready = t->kind == WAIT_DELAY ? zyn_delay_poll(&t->leaf, cx)
	                                      : zyn_yield_now_poll(&t->leaf, cx);
	if (ready == 0)
		return 0;
	if (t->leaf.state_only == ZYN_STATE_CANCELLED)
		return tree_cancelled(t);
	t->sum = 1;
	return tree_end(t);
}

static int64_t tree_poll(void *sm, ZynContext *cx)
{
	Tree *t = sm;
	if (zyn__state_ended(t->state))
		return zyn_repoll(sm, cx);
	if (t->depth == 0)
		return tree_wait(t, cx);
	if (t->state == ZYN_STATE_START) {
		if (!tree_spawn(t, cx)) {
			tree_drop(t);
			return machine_fail(&t->state);
		}
		zyn_await_promise_init(cx, &t->leaf, t->children[0]);
		t->state = 1;
	}
	for (;;) {
		if (zyn_await_promise_poll(&t->leaf, cx) == 0)
			return 0;
		int64_t value = 0;
		uint32_t leaf_state = t->leaf.state_only;
		if (leaf_state == ZYN_STATE_RETURNED)
			zyn_await_promise_take(&t->leaf, &value);
		zyn_await_promise_drop(&t->leaf);
		if (leaf_state == ZYN_STATE_CANCELLED)
			return tree_cancelled(t);
		if (leaf_state == ZYN_STATE_FAILED) {
			tree_drop(t);
			return machine_fail(&t->state);
		}
		t->sum += value;
		if (++t->next == WIDTH)
			return tree_end(t);
		zyn_await_promise_init(cx, &t->leaf, t->children[t->next]);
	}
}

static ZynPromise *tree_new(ZynRuntime *rt, int64_t depth, enum WaitKind kind)
{
	int64_t args[2] = {depth, kind};
	return zyn_call_async(rt, &tree, args, offsetof(Tree, depth), sizeof args);
}

static int64_t leaves(int64_t depth)
{
	return depth == 0 ? 1 : WIDTH * leaves(depth - 1);
}

static void test_tree_of_tasks(uint32_t workers)
{
	for (int round = 0; round < 3; round++) {
		ZynRuntime *rt = team_new(workers);
		ZynPromise *p = tree_new(rt, 6, WAIT_YIELD);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
		CHECK_EQ(result_of(p), leaves(6));
		zyn_promise_release(p);
		team_end(rt);
	}
}

static void test_tree_of_timers(uint32_t workers)
{
	ZynRuntime *rt = team_new(workers);
	ZynPromise *p = tree_new(rt, 5, WAIT_DELAY);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(result_of(p), leaves(5));
	zyn_promise_release(p);
	team_end(rt);
}

/* Dropped at any moment: whatever was spawned is cancelled, on whatever worker it is. */
static void test_tree_released_while_it_runs(uint32_t workers)
{
	for (int round = 0; round < 20; round++) {
		ZynRuntime *rt = team_new(workers);
		ZynPromise *p = tree_new(rt, 5, round % 2 != 0 ? WAIT_DELAY : WAIT_YIELD);
		zyn_promise_spawn(rt, p);
		AWAIT_THREAD(zyn_promise_polls(p) != 0);
		for (int i = 0; i < round; i++)
			sched_yield();
		zyn_promise_release(p);
		team_end(rt);
	}
}

static void test_runtime_freed_while_it_runs(uint32_t workers)
{
	for (int round = 0; round < 20; round++) {
		ZynRuntime *rt = team_new(workers);
		ZynPromise *p = tree_new(rt, 6, round % 2 != 0 ? WAIT_DELAY : WAIT_YIELD);
		zyn_promise_spawn(rt, p);
		AWAIT_THREAD(zyn_promise_polls(p) != 0);
		zyn_rt_free(rt);
		CHECK(zyn_promise_status(p) != ZYN_PENDING);
		zyn_promise_release(p);
	}
}

/* --- groups --------------------------------------------------------------------------------- */

static void test_groups_over_workers(uint32_t workers)
{
	ZynRuntime *rt = team_new(workers);
	for (int round = 0; round < 50; round++) {
		ZynPromise *children[WAIT_PROMISES_MAX];
		for (int i = 0; i < WAIT_PROMISES_MAX; i++)
			children[i] = tree_new(rt, i % 3, WAIT_YIELD);
		ZynPromise *joined = waiter_new(rt, WAIT_JOIN, 0, 8, children);
		CHECK_EQ(zyn_rt_block_on(rt, joined, -1), ZYN_READY);
		CHECK_EQ(result_of(joined), 3 * 1 + 3 * 4 + 2 * 16);
		zyn_promise_release(joined);
		for (int i = 0; i < WAIT_PROMISES_MAX; i++)
			children[i] = i == 5 ? tree_new(rt, 1, WAIT_YIELD)
			                     : ticker_new(rt, 1, 3600000);
		ZynPromise *raced = waiter_new(rt, WAIT_RACE, 0, 8, children);
		CHECK_EQ(zyn_rt_block_on(rt, raced, -1), ZYN_READY);
		CHECK_EQ(result_of(raced), 4);
		zyn_promise_release(raced);
	}
	team_end(rt);
}

/* One promise, awaited by many tasks of several workers. */
static void test_shared_promise(uint32_t workers)
{
	ZynRuntime *rt = team_new(workers);
	for (int round = 0; round < 50; round++) {
		ZynPromise *shared = tree_new(rt, 2, WAIT_YIELD);
		ZynPromise *waiters[WAIT_PROMISES_MAX];
		for (int i = 0; i < WAIT_PROMISES_MAX; i++) {
			zyn_promise_retain(shared);
			waiters[i] = waiter_new(rt, WAIT_AWAIT, 0, 1, &shared);
		}
		zyn_promise_release(shared);
		ZynPromise *joined = waiter_new(rt, WAIT_JOIN, 0, 8, waiters);
		CHECK_EQ(zyn_rt_block_on(rt, joined, -1), ZYN_READY);
		CHECK_EQ(result_of(joined), 8 * 16);
		zyn_promise_release(joined);
	}
	team_end(rt);
}

/* --- verdicts ------------------------------------------------------------------------------- */

static void test_deadlock_is_told(uint32_t workers)
{
	for (int round = 0; round < 20; round++) {
		ZynRuntime *rt = team_new(workers);
		ZynPromise *children[3];
		for (int i = 0; i < 3; i++)
			children[i] = i == 1 ? waiter_new(rt, WAIT_PENDING, 0, 0, NULL)
			                     : tree_new(rt, 3, WAIT_DELAY);
		ZynPromise *joined = waiter_new(rt, WAIT_JOIN, 0, 3, children);
		CHECK_EQ(zyn_rt_block_on(rt, joined, -1), ZYN_DEADLOCK);
		zyn_promise_release(joined);
		team_end(rt);
	}
}

static void test_outside_work_is_no_deadlock(uint32_t workers)
{
	ZynRuntime *rt = team_new(workers);
	ZynPromise *p = waiter_new(rt, WAIT_PENDING, 0, 0, NULL);
	zyn_rt_outside(rt, 1);
	CHECK_EQ(zyn_rt_block_on(rt, p, 5 * MS), ZYN_TIMEOUT);
	zyn_rt_outside(rt, -1);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_DEADLOCK);
	zyn_promise_release(p);
	team_end(rt);
}

/* --- a poll that never comes back ----------------------------------------------------------- */

typedef struct Spinner {
	uint32_t state;
	uint32_t unused;
	int64_t result;
} Spinner;

MACHINE(spinner, Spinner);

static int64_t spinner_poll(void *sm, ZynContext *cx)
{
	Spinner *s = sm;
	if (zyn__state_ended(s->state))
		return zyn_repoll(sm, cx);
	for (;;) {
		if (zyn__get(&cx->attention) != 0 && zyn_attend(cx, sm, 0) != 0)
			return zyn_failed(sm, cx);
	}
}

static void spinner_drop(void *sm)
{
	(void)sm;
}

static void test_a_long_poll_stops_nobody_else(uint32_t workers)
{
	ZynRuntime *rt = team_new(workers);
	ZynPromise *loops = zyn_call_async(rt, &spinner, NULL, 0, 0);
	zyn_promise_spawn(rt, loops);
	AWAIT_THREAD(zyn_promise_polls(loops) != 0);
	for (int round = 0; round < 5; round++) {
		ZynPromise *p = tree_new(rt, 4, round % 2 != 0 ? WAIT_DELAY : WAIT_YIELD);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
		CHECK_EQ(result_of(p), leaves(4));
		zyn_promise_release(p);
	}
	zyn_promise_cancel(loops);
	CHECK_EQ(zyn_rt_block_on(rt, loops, -1), ZYN_CANCELLED);
	zyn_promise_release(loops);
	team_end(rt);
}

static void test_interrupt_ends_a_long_poll(uint32_t workers)
{
	ZynRuntime *rt = team_new(workers);
	ZynPromise *loops = zyn_call_async(rt, &spinner, NULL, 0, 0);
	zyn_rt_interrupt(rt);
	int32_t status = zyn_rt_block_on(rt, loops, -1); /* inside its poll, or before it */
	CHECK(status == ZYN_FAILED || status == ZYN_CANCELLED);
	CHECK_EQ(zyn_promise_error(loops)->code, ZYN_ERROR_INTERRUPTED);
	zyn_promise_release(loops);
	team_end(rt);
}

static void test_free_ends_a_long_poll(uint32_t workers)
{
	ZynRuntime *rt = team_new(workers);
	ZynPromise *loops = zyn_call_async(rt, &spinner, NULL, 0, 0);
	zyn_promise_spawn(rt, loops);
	AWAIT_THREAD(zyn_promise_polls(loops) != 0);
	zyn_rt_free(rt);
	CHECK_EQ(zyn_promise_status(loops), ZYN_CANCELLED);
	zyn_promise_release(loops);
}

/* --- many hosts ----------------------------------------------------------------------------- */

static void *host_main(void *data)
{
	ZynRuntime *rt = data;
	for (int round = 0; round < 100; round++) {
		ZynPromise *p = tree_new(rt, round % 4, round % 8 == 3 ? WAIT_DELAY : WAIT_YIELD);
		if (round % 5 == 4) {
			zyn_promise_spawn(rt, p);
			zyn_promise_cancel(p);
		} else {
			CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
			CHECK_EQ(result_of(p), leaves(round % 4));
		}
		zyn_promise_release(p);
	}
	return NULL;
}

static void test_many_hosts(uint32_t workers)
{
	ZynRuntime *rt = team_new(workers);
	pthread_t threads[3];
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, host_main, rt), 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	team_end(rt);
}

/* --- a debugger ----------------------------------------------------------------------------- */

static void test_a_debugger_sees_every_task(uint32_t workers)
{
	ZynRuntime *rt = team_new(workers);
	ZynDebugEvents events = {0};
	zyn_dbg_attach(rt, &events);
	ZynPromise *p = tree_new(rt, 4, WAIT_DELAY);
	zyn_promise_spawn(rt, p);
	AWAIT_THREAD(zyn_promise_polls(p) != 0);
	static ZynTaskInfo page[64];
	for (int round = 0; round < 20; round++) {
		uint64_t after = 0;
		uint64_t count;
		while ((count = zyn_dbg_tasks(rt, after, page, 64)) != 0)
			for (uint64_t i = 0; i < count; i++) {
				CHECK(page[i].id > after);
				after = page[i].id;
			}
	}
	ZynTaskInfo info;
	CHECK(zyn_dbg_task(rt, zyn_promise_task_id(p), &info));
	CHECK(info.state_machine == p->state_machine);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(result_of(p), leaves(4));
	zyn_promise_release(p);
	p = waiter_new(rt, WAIT_YIELD, 0, 0, NULL);
	CHECK(zyn_dbg_hold(rt, zyn_promise_task_id(p), 1));
	CHECK_EQ(zyn_rt_block_on(rt, p, 5 * MS), ZYN_TIMEOUT);
	CHECK(zyn_dbg_task(rt, zyn_promise_task_id(p), &info));
	CHECK_EQ(info.state, ZYN_TASK_HELD);
	CHECK(zyn_dbg_hold(rt, info.id, 0));
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	zyn_promise_release(p);
	zyn_dbg_attach(rt, NULL);
	team_end(rt);
}

static _Atomic uint64_t stops;
static _Atomic uint64_t stopped_id;

static void on_stopped(void *data, uint64_t task, uint32_t reason, uint32_t mid_poll)
{
	(void)data;
	CHECK_EQ(reason, ZYN_STOP_PAUSE);
	CHECK_EQ(mid_poll, 1);
	stopped_id = task;
	stops++;
}

/* The worker under the stopped task goes on with another thread. */
static void test_a_stop_stops_nobody_else(uint32_t workers)
{
	ZynRuntime *rt = team_new(workers);
	ZynDebugEvents events = {.stopped = on_stopped};
	zyn_dbg_attach(rt, &events);
	ZynPromise *loops[4];
	for (uint32_t i = 0; i < workers; i++) {
		loops[i] = zyn_call_async(rt, &spinner, NULL, 0, 0);
		zyn_promise_spawn(rt, loops[i]);
		AWAIT_THREAD(zyn_promise_polls(loops[i]) != 0);
		uint64_t before = stops;
		CHECK(zyn_dbg_pause(rt, zyn_promise_task_id(loops[i])));
		AWAIT_THREAD(stops == before + 1);
		CHECK_EQ(stopped_id, zyn_promise_task_id(loops[i]));
	}
	/* Every worker may have a stopped poll by now. */
	ZynPromise *p = tree_new(rt, 4, WAIT_YIELD);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(result_of(p), leaves(4));
	zyn_promise_release(p);
	for (uint32_t i = 0; i < workers; i++) {
		zyn_promise_cancel(loops[i]);
		CHECK(zyn_dbg_resume(rt, zyn_promise_task_id(loops[i]), ZYN_STEP_NONE));
		CHECK_EQ(zyn_rt_block_on(rt, loops[i], -1), ZYN_CANCELLED);
		zyn_promise_release(loops[i]);
	}
	zyn_dbg_attach(rt, NULL);
	team_end(rt);
}

static void test_virtual_time_means_one_worker(void)
{
	ZynOptions options = {.size = sizeof options, .workers = 4, .clock = ZYN_CLOCK_VIRTUAL};
	ZynRuntime *rt = zyn_rt_new(&options);
	CHECK(rt->team == NULL);
	runtime_end(rt);
}

static uint32_t workers_when_asked_for_all(uint32_t clock, uint64_t seed)
{
	ZynOptions options = {
		.size = sizeof options, .workers = ZYN_WORKERS_AUTO, .clock = clock, .seed = seed};
	ZynRuntime *rt = zyn_rt_new(&options);
	CHECK(rt != NULL);
	uint32_t count = rt->team != NULL ? rt->team->count - 1 : 1;
	runtime_end(rt);
	return count;
}

static void test_one_worker_for_each_core(void)
{
	cpu_set_t before, one;
	CHECK_EQ(sched_getaffinity(0, sizeof before, &before), 0);
	int cores = CPU_COUNT(&before);
	int expected = cores < (int)ZYN_WORKERS_MAX ? cores : (int)ZYN_WORKERS_MAX;
	CHECK_EQ(workers_when_asked_for_all(ZYN_CLOCK_REAL, 0), expected);
	CHECK_EQ(workers_when_asked_for_all(ZYN_CLOCK_VIRTUAL, 0), 1);
	CHECK_EQ(workers_when_asked_for_all(ZYN_CLOCK_REAL, 7), 1);
	CPU_ZERO(&one);
	for (int i = 0; CPU_COUNT(&one) == 0; i++)
		if (CPU_ISSET(i, &before))
			CPU_SET(i, &one);
	CHECK_EQ(sched_setaffinity(0, sizeof one, &one), 0);
	CHECK_EQ(workers_when_asked_for_all(ZYN_CLOCK_REAL, 0), 1);
	CHECK_EQ(sched_setaffinity(0, sizeof before, &before), 0);
}

int main(void)
{
	RUN(test_one_worker_for_each_core);
	RUN_TEAM(test_tree_of_tasks);
	RUN_TEAM(test_tree_of_timers);
	RUN_TEAM(test_tree_released_while_it_runs);
	RUN_TEAM(test_runtime_freed_while_it_runs);
	RUN_TEAM(test_groups_over_workers);
	RUN_TEAM(test_shared_promise);
	RUN_TEAM(test_deadlock_is_told);
	RUN_TEAM(test_outside_work_is_no_deadlock);
	RUN_TEAM(test_a_long_poll_stops_nobody_else);
	RUN_TEAM(test_interrupt_ends_a_long_poll);
	RUN_TEAM(test_free_ends_a_long_poll);
	RUN_TEAM(test_many_hosts);
	RUN_TEAM(test_a_debugger_sees_every_task);
	RUN_TEAM(test_a_stop_stops_nobody_else);
	RUN(test_virtual_time_means_one_worker);
	return 0;
}
