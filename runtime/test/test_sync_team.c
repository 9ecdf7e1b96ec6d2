/* Channels, locks, sets and scopes between tasks of many workers; every test with 1, 2 and 4. */
#include "channel.h"
#include "children.h"
#include "combine.h"
#include "permits.h"
#include "sync_support.h"

static ZynRuntime *team_new(uint32_t workers)
{
	ZynOptions options = {.size = sizeof options, .workers = workers};
	ZynRuntime *rt = zyn_rt_new(&options);
	CHECK(rt != NULL);
	return rt;
}

/* Tasks that ended may be held by a worker for a moment longer. */
static void team_end(ZynRuntime *rt)
{
	AWAIT_THREAD(zyn_rt_live_objects(rt) == 0);
	CHECK_EQ(zyn_rt_live_bytes(rt), 0);
	zyn_rt_free(rt);
}

#define RUN_TEAM(test) \
	do { \
		for (uint32_t workers = 1; workers <= 4; workers *= 2) \
			test(workers); \
		printf("ok %s\n", #test); \
		fflush(stdout); \
	} while (0)

/* --- a task that does one thing many times ---------------------------------------------------- */

enum WorkKind { WORK_SEND, WORK_RECEIVE, WORK_LOCK, WORK_FAIL };

typedef struct Shared {
	ZynChannel *channel;
	ZynMutex *mutex;
	uint64_t counter; /* guarded by the mutex */
	_Atomic uint64_t received;
	_Atomic uint64_t sum;
} Shared;

typedef struct Worker {
	uint32_t state; /* 1 waits, 2 has the lock and yields */
	uint32_t kind;
	Shared *shared;
	int64_t done;
	int64_t count;
	char leaf[160];
	int64_t result;
} Worker;

MACHINE(worker, Worker);

/* One step of each kind: 0 pending, 1 done, 2 over, 3 cancelled. */
static int step_send(Worker *w, ZynContext *cx)
{
	if (w->state == ZYN_STATE_START)
		zyn_channel_send_init(cx, w->leaf, w->shared->channel, &w->done);
	w->state = 1;
	if (zyn_channel_send_poll(w->leaf, cx) == 0)
		return 0;
	if (*zyn__machine_state(w->leaf) == ZYN_STATE_CANCELLED)
		return 3;
	CHECK_EQ(zyn_channel_send_take(w->leaf, NULL), ZYN_OUTCOME_DONE);
	return 1;
}

static int step_receive(Worker *w, ZynContext *cx)
{
	if (w->state == ZYN_STATE_START)
		zyn_channel_recv_init(cx, w->leaf, w->shared->channel);
	w->state = 1;
	if (zyn_channel_recv_poll(w->leaf, cx) == 0)
		return 0;
	if (*zyn__machine_state(w->leaf) == ZYN_STATE_CANCELLED)
		return 3;
	int64_t value;
	if (zyn_channel_recv_take(w->leaf, &value) != ZYN_OUTCOME_DONE)
		return 2;
	atomic_fetch_add(&w->shared->received, 1);
	atomic_fetch_add(&w->shared->sum, (uint64_t)value);
	return 1;
}

/* Yields with the lock held, so that it goes from worker to worker. */
static int step_lock(Worker *w, ZynContext *cx)
{
	if (w->state == ZYN_STATE_START)
		zyn_mutex_lock_init(cx, w->leaf, w->shared->mutex);
	if (w->state != 2) {
		w->state = 1;
		if (zyn_mutex_lock_poll(w->leaf, cx) == 0)
			return 0;
		if (*zyn__machine_state(w->leaf) == ZYN_STATE_CANCELLED)
			return 3;
		w->shared->counter++;
		zyn_yield_now_init(cx, w->leaf);
		w->state = 2;
	}
	if (w->done % 4 == 0 && zyn_yield_now_poll(w->leaf, cx) == 0)
		return 0;
	CHECK_EQ(zyn_mutex_unlock(w->shared->mutex), ZYN_OUTCOME_DONE);
	return w->done % 4 == 0 && *zyn__machine_state(w->leaf) == ZYN_STATE_CANCELLED ? 3 : 1;
}

static int64_t worker_poll(void *sm, ZynContext *cx)
{
	Worker *w = sm;
	if (zyn__state_ended(w->state))
		return zyn_repoll(sm, cx);
	while (w->done < w->count) {
		int told = 2;
		if (w->kind == WORK_SEND)
			told = step_send(w, cx);
		else if (w->kind == WORK_RECEIVE)
			told = step_receive(w, cx);
		else if (w->kind == WORK_LOCK)
			told = step_lock(w, cx);
		if (told == 0)
			return 0;
		if (told == 3)
			return machine_cancelled(&w->state);
		if (told == 2)
			break;
		w->state = ZYN_STATE_START;
		w->done++;
	}
	if (w->kind == WORK_FAIL) {
		zyn_fail_division(cx, 3, 1);
		return machine_fail(&w->state);
	}
	if (w->kind == WORK_SEND)
		zyn_sender_release(w->shared->channel);
	return machine_return(&w->state, &w->result, w->done);
}

static void worker_drop(void *sm)
{
	(void)sm;
}

static ZynPromise *worker_new(ZynRuntime *rt, enum WorkKind kind, Shared *shared, int64_t count)
{
	struct {
		Shared *shared;
		int64_t done, count;
	} args = {shared, 0, count};
	ZynPromise *p = zyn_call_async(rt, &worker, &args, offsetof(Worker, shared), sizeof args);
	((Worker *)p->state_machine)->kind = kind;
	return p;
}

/* --- waiting for a set ------------------------------------------------------------------------ */

static void next_init(ZynContext *cx, void *mem, void *arg)
{
	zyn_join_next_init(cx, mem, arg);
}

static void nursery_init(ZynContext *cx, void *mem, void *arg)
{
	zyn_nursery_join_init(cx, mem, arg);
}

static const LeafOps next = {next_init, zyn_join_next_poll, zyn_join_next_take, zyn_join_next_drop};
static const LeafOps join = {nursery_init, zyn_nursery_join_poll, zyn_nursery_join_take,
                             zyn_nursery_join_drop};

static void add(ZynJoinSet *set, ZynPromise *p)
{
	zyn_promise_release(zyn_join_set_spawn(NULL, set, p, 0));
	zyn_promise_release(p);
}

/* How many children ended well. */
static uint64_t join_all(ZynRuntime *rt, ZynJoinSet *set)
{
	for (uint64_t count = 0;; count++) {
		ZynPromise *p = leaf_task_new(rt, &next, set);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
		bool is_empty = outcome_of(p) == ZYN_OUTCOME_EMPTY;
		zyn_promise_release(p);
		if (is_empty)
			return count;
	}
}

#define TASKS 8
#define COUNT 400

static void test_channels_between_workers(uint32_t workers)
{
	uint64_t capacities[] = {1, 16, 0};
	for (int k = 0; k < 3; k++) {
		ZynRuntime *rt = team_new(workers);
		ZynJoinSet *set = zyn_join_set_new(rt);
		Shared shared = {.channel = zyn_channel_new(rt, capacities[k], &type_i64)};
		for (int i = 0; i < TASKS; i++)
			zyn_sender_new(shared.channel); /* released by the senders themselves */
		for (int i = 0; i < TASKS; i++) {
			add(set, worker_new(rt, WORK_SEND, &shared, COUNT));
			add(set, worker_new(rt, WORK_RECEIVE, &shared, INT64_MAX));
		}
		CHECK_EQ(join_all(rt, set), 2 * TASKS);
		CHECK_EQ(atomic_load(&shared.received), TASKS * COUNT);
		CHECK_EQ(atomic_load(&shared.sum), TASKS * COUNT * (COUNT - 1) / 2);
		zyn_object_release(shared.channel);
		zyn_object_release(set);
		team_end(rt);
	}
}

static void test_a_mutex_between_workers(uint32_t workers)
{
	ZynRuntime *rt = team_new(workers);
	ZynJoinSet *set = zyn_join_set_new(rt);
	Shared shared = {.mutex = zyn_mutex_new(rt)};
	for (int i = 0; i < TASKS; i++)
		add(set, worker_new(rt, WORK_LOCK, &shared, COUNT));
	CHECK_EQ(join_all(rt, set), TASKS);
	CHECK_EQ(shared.counter, TASKS * COUNT);
	zyn_object_release(shared.mutex);
	zyn_object_release(set);
	team_end(rt);
}

/* The set is aborted while its tasks hold the lock, wait for it and pass it on. */
static void test_abort_while_all_run(uint32_t workers)
{
	for (int round = 0; round < 20; round++) {
		ZynRuntime *rt = team_new(workers);
		ZynJoinSet *set = zyn_join_set_new(rt);
		Shared shared = {.mutex = zyn_mutex_new(rt)};
		for (int i = 0; i < TASKS; i++)
			add(set, worker_new(rt, WORK_LOCK, &shared, INT64_MAX));
		ZynPromise *p = ticker_new(rt, 1, round % 3);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
		zyn_promise_release(p);
		zyn_join_set_abort_all(set);
		for (int ended = 0; ended < TASKS; ended++) {
			ZynPromise *q = leaf_task_new(rt, &next, set);
			CHECK_EQ(zyn_rt_block_on(rt, q, -1), ZYN_FAILED);
			CHECK_EQ(zyn_promise_error(q)->code, ZYN_ERROR_CANCELLED);
			zyn_promise_release(q);
		}
		CHECK_EQ(zyn_mutex_try_lock(NULL, shared.mutex), ZYN_OUTCOME_DONE);
		zyn_object_release(shared.mutex);
		zyn_object_release(set);
		team_end(rt);
	}
}

static void test_a_failure_ends_a_nursery_of_all_workers(uint32_t workers)
{
	for (int round = 0; round < 20; round++) {
		ZynRuntime *rt = team_new(workers);
		ZynNursery *nursery = zyn_nursery_new(rt);
		Shared shared = {.mutex = zyn_mutex_new(rt)};
		for (int i = 0; i < TASKS; i++) {
			bool fails = i == round % TASKS;
			ZynPromise *p = worker_new(rt, fails ? WORK_FAIL : WORK_LOCK, &shared,
			                           fails ? 0 : INT64_MAX);
			zyn_promise_release(zyn_nursery_spawn(NULL, nursery, p, 0));
			zyn_promise_release(p);
		}
		ZynPromise *p = leaf_task_new(rt, &join, nursery);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_FAILED);
		CHECK_EQ(zyn_promise_error(p)->code, ZYN_ERROR_DIVISION_BY_ZERO);
		CHECK_EQ(zyn_mutex_try_lock(NULL, shared.mutex), ZYN_OUTCOME_DONE);
		zyn_promise_release(p);
		zyn_object_release(nursery);
		zyn_object_release(shared.mutex);
		team_end(rt);
	}
}

/* Two levels of nurseries over all workers; the root is cancelled at some moment, and what it
 * waited for has ended when it has. */
static void test_a_tree_ends_before_its_root_does(uint32_t workers)
{
	for (int round = 0; round < 40; round++) {
		ZynRuntime *rt = team_new(workers);
		Shared shared = {.mutex = zyn_mutex_new(rt)};
		ZynNursery *outer = zyn_nursery_new(rt), *inner[2];
		ZynPromise *children[TASKS], *branches[2];
		for (int i = 0; i < TASKS; i++) {
			inner[i % 2] = i < 2 ? zyn_nursery_new(rt) : inner[i % 2];
			children[i] = worker_new(rt, WORK_LOCK, &shared, INT64_MAX);
			zyn_promise_release(zyn_nursery_spawn(NULL, inner[i % 2], children[i], 0));
		}
		for (int i = 0; i < 2; i++) {
			branches[i] = leaf_task_new(rt, &join, inner[i]);
			zyn_promise_release(zyn_nursery_spawn(NULL, outer, branches[i], 0));
		}
		ZynPromise *root = leaf_task_new(rt, &join, outer);
		zyn_promise_spawn(rt, root);
		ZynPromise *p = ticker_new(rt, 1, round % 3);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
		zyn_promise_release(p);
		zyn_promise_cancel(root);
		CHECK_EQ(zyn_rt_block_on(rt, root, -1), ZYN_CANCELLED);
		/* What had not begun to wait when it was cancelled has nothing to wait for. */
		bool waited = ((LeafTask *)root->state_machine)->leaf.state != 0;
		for (int i = 0; i < TASKS; i++) {
			ZynPromise *branch = branches[i % 2];
			if (waited)
				CHECK_EQ(zyn_promise_status(branch), ZYN_CANCELLED);
			if (waited && ((LeafTask *)branch->state_machine)->leaf.state != 0)
				CHECK_EQ(zyn_promise_status(children[i]), ZYN_CANCELLED);
			zyn_promise_cancel(children[i]);
			zyn_promise_release(children[i]);
		}
		zyn_promise_release(branches[0]);
		zyn_promise_release(branches[1]);
		zyn_promise_release(root);
		zyn_object_release(outer);
		zyn_object_release(inner[0]);
		zyn_object_release(inner[1]);
		CHECK_EQ(zyn_rt_run_until_idle(rt), ZYN_READY);
		zyn_object_release(shared.mutex);
		team_end(rt);
	}
}

static void test_sets_dropped_while_their_tasks_end(uint32_t workers)
{
	for (int round = 0; round < 50; round++) {
		ZynRuntime *rt = team_new(workers);
		ZynJoinSet *set = zyn_join_set_new(rt);
		Shared shared = {.mutex = zyn_mutex_new(rt)};
		for (int i = 0; i < TASKS; i++)
			add(set, worker_new(rt, WORK_LOCK, &shared, i * round));
		ZynPromise *p = ticker_new(rt, 1, round % 2);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
		zyn_promise_release(p);
		zyn_object_release(set);
		CHECK_EQ(zyn_rt_run_until_idle(rt), ZYN_READY);
		zyn_object_release(shared.mutex);
		team_end(rt);
	}
}

/* --- timeout and select ----------------------------------------------------------------------- */

typedef struct Ways {
	ZynPromise *promises[2];
} Ways;

static void select_init(ZynContext *cx, void *mem, void *arg)
{
	zyn_select_init(cx, mem, ((Ways *)arg)->promises, 2);
}

static void timeout_init(ZynContext *cx, void *mem, void *arg)
{
	zyn_timeout_init(cx, mem, ((Ways *)arg)->promises[0], 2);
}

static const LeafOps select_ops = {select_init, zyn_select_poll, zyn_select_take, zyn_select_drop};
static const LeafOps timeout_ops = {timeout_init, zyn_timeout_poll, zyn_timeout_take,
                                    zyn_timeout_drop};

static void test_timeouts_and_selects_of_running_tasks(uint32_t workers)
{
	for (int round = 0; round < 30; round++) {
		ZynRuntime *rt = team_new(workers);
		Shared shared = {.mutex = zyn_mutex_new(rt)};
		Ways ways = {{worker_new(rt, WORK_LOCK, &shared, INT64_MAX),
		              worker_new(rt, WORK_LOCK, &shared, 50)}};
		zyn_promise_spawn(rt, ways.promises[0]);
		if (round % 2 == 0)
			zyn_promise_spawn(rt, ways.promises[1]);
		ZynPromise *p = leaf_task_new(rt, &select_ops, &ways);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
		CHECK_EQ(outcome_of(p), 1);
		zyn_promise_release(p);
		p = leaf_task_new(rt, &timeout_ops, &ways);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_FAILED);
		CHECK_EQ(zyn_promise_error(p)->code, ZYN_ERROR_TIMEOUT);
		zyn_promise_release(p);
		CHECK_EQ(zyn_rt_block_on(rt, ways.promises[0], -1), ZYN_CANCELLED);
		zyn_promise_release(ways.promises[0]);
		zyn_promise_release(ways.promises[1]);
		CHECK_EQ(zyn_mutex_try_lock(NULL, shared.mutex), ZYN_OUTCOME_DONE);
		zyn_object_release(shared.mutex);
		team_end(rt);
	}
}

int main(void)
{
	RUN_TEAM(test_channels_between_workers);
	RUN_TEAM(test_a_mutex_between_workers);
	RUN_TEAM(test_abort_while_all_run);
	RUN_TEAM(test_a_failure_ends_a_nursery_of_all_workers);
	RUN_TEAM(test_a_tree_ends_before_its_root_does);
	RUN_TEAM(test_sets_dropped_while_their_tasks_end);
	RUN_TEAM(test_timeouts_and_selects_of_running_tasks);
	return 0;
}
