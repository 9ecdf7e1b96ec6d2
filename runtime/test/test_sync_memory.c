/* Locks and signals when memory is out: none is made, one that is there goes on, because waiting
 * needs no memory; and a leaf of one that was never made fails as for null.
 *
 * What allocates more than the object itself has a loop of its own in its own test. */
#include "sync_support.h"

typedef struct Kind {
	const char *name;
	void *(*make)(ZynRuntime *rt);
	void (*init)(ZynContext *cx, void *mem, void *object);
	ZynPollFn *poll;
	void (*drop)(void *mem);
	/* lets one go on who waits; null: the object is closed by its last handle only */
	void (*serve)(void *object);
	uint32_t passes; /* how many need not wait for anybody */
} Kind;

static void *make_mutex(ZynRuntime *rt)
{
	return zyn_mutex_new(rt);
}
static void init_mutex(ZynContext *cx, void *mem, void *object)
{
	zyn_mutex_lock_init(cx, mem, object);
}
static void serve_mutex(void *object)
{
	zyn_mutex_unlock(object);
}
static void *make_rwlock(ZynRuntime *rt)
{
	return zyn_rwlock_new(rt);
}
static void init_write(ZynContext *cx, void *mem, void *object)
{
	zyn_rwlock_write_init(cx, mem, object);
}
static void serve_write(void *object)
{
	zyn_rwlock_write_unlock(object);
}
static void *make_semaphore(ZynRuntime *rt)
{
	return zyn_semaphore_new(rt, 1);
}
static void init_acquire(ZynContext *cx, void *mem, void *object)
{
	zyn_semaphore_acquire_init(cx, mem, object, 1);
}
static void serve_semaphore(void *object)
{
	zyn_semaphore_release(object, 1);
}
static void *make_notify(ZynRuntime *rt)
{
	return zyn_notify_new(rt);
}
static void init_notify(ZynContext *cx, void *mem, void *object)
{
	zyn_notify_wait_init(cx, mem, object);
}
static void serve_notify(void *object)
{
	zyn_notify_one(object);
}
static void *make_once(ZynRuntime *rt)
{
	return zyn_once_new(rt);
}
static void init_once(ZynContext *cx, void *mem, void *object)
{
	zyn_once_begin_init(cx, mem, object);
}
static void serve_once(void *object)
{
	zyn_once_abort(object);
}

static const Kind kinds[] = {
	{"mutex", make_mutex, init_mutex, zyn_mutex_lock_poll, zyn_mutex_lock_drop, serve_mutex, 1},
	{"rwlock", make_rwlock, init_write, zyn_rwlock_write_poll, zyn_rwlock_write_drop,
	 serve_write, 1},
	{"semaphore", make_semaphore, init_acquire, zyn_semaphore_acquire_poll,
	 zyn_semaphore_acquire_drop, serve_semaphore, 1},
	{"notify", make_notify, init_notify, zyn_notify_wait_poll, zyn_notify_wait_drop,
	 serve_notify, 0},
	{"once", make_once, init_once, zyn_once_begin_poll, zyn_once_begin_drop, serve_once, 1},
};

#define KINDS (sizeof kinds / sizeof kinds[0])
#define ACTORS 5

static bool refuse(size_t bytes)
{
	(void)bytes;
	return false;
}

/* All but the first wait, are served in order or leave, and nothing is asked for. */
static void test_waiting_needs_no_memory(void)
{
	for (size_t k = 0; k < KINDS; k++) {
		const Kind *kind = &kinds[k];
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		void *object = kind->make(rt);
		CHECK(object != NULL);
		zyn__allocator.permit = refuse;
		Actor actors[ACTORS];
		for (uint32_t i = 0; i < ACTORS; i++) {
			actor_init(&actors[i], rt);
			kind->init(&actors[i].cx, &actors[i].leaf, object);
			bool passed = kind->poll(&actors[i].leaf, &actors[i].cx) != 0;
			CHECK_EQ(passed, i < kind->passes);
		}
		actor_cancel(&actors[2], kind->poll);
		kind->drop(&actors[3].leaf);
		for (uint32_t i = kind->passes; i < ACTORS; i++) {
			if (i == 2 || i == 3)
				continue;
			CHECK(!actor_was_woken(&actors[i]));
			kind->serve(object);
			CHECK(actor_was_woken(&actors[i]));
			CHECK(kind->poll(&actors[i].leaf, &actors[i].cx) != 0);
			CHECK_EQ(actors[i].leaf.state, ZYN_STATE_RETURNED);
		}
		zyn_object_release(object);
		zyn__allocator.permit = NULL;
		runtime_end(rt);
	}
}

static void test_barrier_needs_no_memory_to_wait(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynBarrier *barrier = zyn_barrier_new(rt, ACTORS);
	zyn__allocator.permit = refuse;
	CHECK(zyn_barrier_new(rt, ACTORS) == NULL);
	Actor actors[ACTORS];
	for (int i = 0; i < ACTORS; i++) {
		actor_init(&actors[i], rt);
		zyn_barrier_wait_init(&actors[i].cx, &actors[i].leaf, barrier);
		bool passed = zyn_barrier_wait_poll(&actors[i].leaf, &actors[i].cx) != 0;
		CHECK_EQ(passed, i == ACTORS - 1);
	}
	for (int i = 0; i < ACTORS - 1; i++)
		CHECK(zyn_barrier_wait_poll(&actors[i].leaf, &actors[i].cx) != 0);
	zyn_object_release(barrier);
	zyn__allocator.permit = NULL;
	runtime_end(rt);
}

/* What a program does that did not look: it makes one, gets null, and waits for that. */
static void test_none_is_made_and_its_leaf_fails(void)
{
	for (size_t k = 0; k < KINDS; k++) {
		const Kind *kind = &kinds[k];
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		zyn__allocator.permit = refuse;
		void *object = kind->make(rt);
		CHECK(object == NULL);
		Actor actor;
		actor_init(&actor, rt);
		kind->init(&actor.cx, &actor.leaf, object);
		CHECK(kind->poll(&actor.leaf, &actor.cx) != 0);
		CHECK_EQ(actor_failure(&actor), ZYN_ERROR_NULL_VALUE);
		kind->drop(&actor.leaf);
		zyn__allocator.permit = NULL;
		CHECK_EQ(zyn_rt_live_objects(rt), 0);
		object = kind->make(rt);
		CHECK(object != NULL);
		zyn_object_release(object);
		runtime_end(rt);
	}
}

/* --- limits of time --------------------------------------------------------------------------- */

/* Polls the actor's leaf from a seat, where timers look for whom they wake, and without memory. The
 * timer of a leaf that lies in no task's frame needs some. */
static bool poll_without_memory(Actor *actor, ZynPollFn *poll)
{
	ZynSeat seat;
	memset(&seat, 0, sizeof seat);
	memcpy(&seat.cx, &actor->cx, sizeof seat.cx);
	zyn__allocator.permit = refuse;
	bool ended = poll(&actor->leaf, &seat.cx) != 0;
	zyn__allocator.permit = NULL;
	actor->cx.error = seat.cx.error;
	return ended;
}

static void test_a_limit_without_memory_cancels_and_fails(void)
{
	for (int kind = 0; kind < 2; kind++) {
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		ZynPromise *child = waiter_new(rt, WAIT_PENDING, 0, 0, NULL);
		Actor actor;
		actor_init(&actor, rt);
		ZynPollFn *poll = kind == 0 ? zyn_timeout_poll : zyn_within_poll;
		if (kind == 0)
			zyn_timeout_init(&actor.cx, &actor.leaf, child, 5);
		else
			zyn_within_init(&actor.cx, &actor.leaf, 5, child);
		CHECK(poll_without_memory(&actor, poll));
		CHECK_EQ(actor_failure(&actor), ZYN_ERROR_OUT_OF_MEMORY);
		if (kind == 0)
			zyn_timeout_drop(&actor.leaf);
		else
			zyn_within_drop(&actor.leaf);
		zyn_rt_run_until_idle(rt);
		CHECK_EQ(zyn_promise_status(child), ZYN_CANCELLED); /* nobody limits it any more */
		zyn_promise_release(child);
		runtime_end(rt);
	}
}

static void test_a_receive_for_a_time_without_memory_takes_nothing(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynChannel *channel = zyn_channel_new(rt, 1, &type_i64);
	int64_t value = 7;
	CHECK(channel != NULL);
	Actor actor;
	actor_init(&actor, rt);
	zyn_channel_recv_for_init(&actor.cx, &actor.leaf, channel, 5);
	CHECK(poll_without_memory(&actor, zyn_channel_recv_for_poll));
	CHECK_EQ(actor_failure(&actor), ZYN_ERROR_OUT_OF_MEMORY);
	zyn_channel_recv_for_drop(&actor.leaf);
	CHECK_EQ(zyn_channel_try_send(channel, &value), ZYN_OUTCOME_DONE);
	value = 0;
	CHECK_EQ(zyn_channel_try_recv(channel, &value), ZYN_OUTCOME_DONE); /* not promised away */
	CHECK_EQ(value, 7);
	zyn_object_release(channel);
	runtime_end(rt);
}

int main(void)
{
	RUN(test_a_limit_without_memory_cancels_and_fails);
	RUN(test_a_receive_for_a_time_without_memory_takes_nothing);
	RUN(test_waiting_needs_no_memory);
	RUN(test_barrier_needs_no_memory_to_wait);
	RUN(test_none_is_made_and_its_leaf_fails);
	return 0;
}
