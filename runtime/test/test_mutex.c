/* A mutex: one at a time, in the order of asking. */
#include "permits.h"
#include "sync_support.h"

static bool lock_begin(Actor *actor, ZynMutex *mutex)
{
	zyn_mutex_lock_init(&actor->cx, &actor->leaf, mutex);
	return zyn_mutex_lock_poll(&actor->leaf, &actor->cx) != 0;
}

static bool lock_poll(Actor *actor)
{
	return zyn_mutex_lock_poll(&actor->leaf, &actor->cx) != 0;
}

static void locked(Actor *actor)
{
	CHECK_EQ(actor->leaf.state, ZYN_STATE_RETURNED);
	CHECK_EQ(zyn_mutex_lock_take(&actor->leaf, NULL), ZYN_OUTCOME_DONE);
	zyn_mutex_lock_drop(&actor->leaf);
}

static void test_one_at_a_time_in_order(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynMutex *mutex = zyn_mutex_new(rt);
	Actor a[4];
	for (int i = 0; i < 4; i++) {
		actor_init(&a[i], rt);
		CHECK_EQ(lock_begin(&a[i], mutex), i == 0);
	}
	locked(&a[0]);
	for (int i = 1; i < 4; i++) {
		CHECK_EQ(zyn_mutex_unlock(mutex), ZYN_OUTCOME_DONE);
		CHECK_EQ(zyn_mutex_try_lock(NULL, mutex), ZYN_OUTCOME_FULL); /* handed over */
		for (int k = i; k < 4; k++)
			CHECK_EQ(actor_was_woken(&a[k]), k == i);
		CHECK(lock_poll(&a[i]));
		locked(&a[i]);
	}
	CHECK_EQ(zyn_mutex_unlock(mutex), ZYN_OUTCOME_DONE);
	CHECK_EQ(zyn_mutex_unlock(mutex), ZYN_OUTCOME_REFUSED);
	CHECK_EQ(zyn_mutex_try_lock(NULL, mutex), ZYN_OUTCOME_DONE);
	zyn_object_release(mutex); /* locked for ever, and no leak */
	runtime_end(rt);
}

static void test_cancelled_at_each_point_it_stays_whole(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynMutex *mutex = zyn_mutex_new(rt);
	Actor a[3];
	for (int i = 0; i < 3; i++) {
		actor_init(&a[i], rt);
		CHECK_EQ(lock_begin(&a[i], mutex), i == 0);
	}
	actor_cancel(&a[1], zyn_mutex_lock_poll); /* while it waits */
	CHECK(!lock_begin(&a[1], mutex));         /* the last again */
	CHECK_EQ(zyn_mutex_unlock(mutex), ZYN_OUTCOME_DONE);
	CHECK(actor_was_woken(&a[2]));
	actor_cancel(&a[2], zyn_mutex_lock_poll); /* when it was granted: passed on */
	CHECK(actor_was_woken(&a[1]));
	zyn_mutex_lock_drop(&a[1].leaf); /* dropped when it was granted: free */
	CHECK(lock_begin(&a[0], mutex));
	locked(&a[0]);
	atomic_store(&a[1].cx.attention, ZYN_ATTENTION_CANCEL);
	CHECK(lock_begin(&a[1], mutex)); /* begun in a cancelled poll */
	actor_cancel(&a[1], zyn_mutex_lock_poll);
	CHECK_EQ(zyn_mutex_unlock(mutex), ZYN_OUTCOME_DONE);
	zyn_object_release(mutex);
	CHECK(lock_begin(&a[0], NULL));
	CHECK_EQ(actor_failure(&a[0]), ZYN_ERROR_NULL_VALUE);
	runtime_end(rt);
}

/* Every handle goes while leaves wait: the last leaf takes the mutex with it. */
static void test_waiting_leaves_keep_it_alive(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynMutex *mutex = zyn_mutex_new(rt);
	Actor a;
	actor_init(&a, rt);
	CHECK_EQ(zyn_mutex_try_lock(NULL, mutex), ZYN_OUTCOME_DONE);
	CHECK(!lock_begin(&a, mutex));
	zyn_object_retain(mutex);
	zyn_object_release(mutex);
	zyn_object_release(mutex);
	CHECK_EQ(zyn_rt_live_objects(rt), 1);
	actor_cancel(&a, zyn_mutex_lock_poll);
	runtime_end(rt);
}

/* --- in tasks --------------------------------------------------------------------------------- */

static void lock_init(ZynContext *cx, void *mem, void *arg)
{
	zyn_mutex_lock_init(cx, mem, arg);
}

static const LeafOps lock = {lock_init, zyn_mutex_lock_poll, zyn_mutex_lock_take,
                             zyn_mutex_lock_drop};

static void test_a_debugger_sees_owner_and_queue(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynMutex *mutex = zyn_mutex_new(rt);
	ZynPromise *p[3];
	for (int i = 0; i < 3; i++) {
		p[i] = leaf_task_new(rt, &lock, mutex);
		CHECK_EQ(zyn_promise_poll(rt, p[i]), i == 0 ? ZYN_READY : ZYN_PENDING);
	}
	ZynWaitInfo info;
	LeafTask *task = p[2]->state_machine;
	CHECK_EQ(zyn_dbg_wait(ZYN_LEAF_mutex_lock, &task->leaf, &info), 1);
	CHECK_EQ(info.kind, ZYN_OBJECT_MUTEX);
	CHECK_EQ(info.object, zyn_object_id(mutex));
	CHECK_EQ(info.owner, zyn_promise_task_id(p[0]));
	CHECK_EQ(info.waiting, 2);
	CHECK_EQ(info.ahead, 1);
	CHECK_EQ(info.capacity, 1);
	CHECK_EQ(zyn_rt_block_on(rt, p[2], -1), ZYN_DEADLOCK);
	CHECK_EQ(zyn_mutex_unlock(mutex), ZYN_OUTCOME_DONE);
	CHECK_EQ(zyn_dbg_wait(ZYN_LEAF_mutex_lock, &task->leaf, &info), 1);
	CHECK_EQ(info.owner, zyn_promise_task_id(p[1])); /* handed over, not yet polled */
	CHECK_EQ(info.ahead, 0);
	zyn_promise_cancel(p[1]);
	CHECK_EQ(zyn_rt_block_on(rt, p[2], -1), ZYN_READY);
	for (int i = 0; i < 3; i++)
		zyn_promise_release(p[i]);
	zyn_object_release(mutex);
	runtime_end(rt);
}

/* --- threads ---------------------------------------------------------------------------------- */

#define ROUNDS 3000

typedef struct Shared {
	ZynRuntime *rt;
	ZynMutex *mutex;
	uint64_t count; /* guarded by the mutex and nothing else: the thread sanitizer would see */
} Shared;

static void *counter_thread(void *data)
{
	Shared *shared = data;
	Actor a;
	actor_init(&a, shared->rt);
	for (int i = 0; i < ROUNDS;) {
		bool ended = lock_begin(&a, shared->mutex);
		if (!ended && i % 5 == 0) {
			actor_cancel(&a, zyn_mutex_lock_poll);
			i++;
			continue;
		}
		while (!ended) {
			actor_sleep(&a);
			ended = lock_poll(&a);
		}
		locked(&a);
		shared->count++;
		i++;
		CHECK_EQ(zyn_mutex_unlock(shared->mutex), ZYN_OUTCOME_DONE);
	}
	return NULL;
}

static void test_threads_take_turns(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Shared shared = {rt, zyn_mutex_new(rt), 0};
	pthread_t threads[3];
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, counter_thread, &shared), 0);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	CHECK(shared.count <= 3 * ROUNDS);
	CHECK(shared.count >= 3 * ROUNDS / 5 * 4);
	CHECK_EQ(zyn_mutex_try_lock(NULL, shared.mutex), ZYN_OUTCOME_DONE);
	zyn_object_release(shared.mutex);
	runtime_end(rt);
}

int main(void)
{
	RUN(test_one_at_a_time_in_order);
	RUN(test_cancelled_at_each_point_it_stays_whole);
	RUN(test_waiting_leaves_keep_it_alive);
	RUN(test_a_debugger_sees_owner_and_queue);
	RUN(test_threads_take_turns);
	return 0;
}
