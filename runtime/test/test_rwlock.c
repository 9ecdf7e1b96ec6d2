/* A lock for readers and writers: readers share, a writer is alone, nobody starves. */
#include "permits.h"
#include "sync_support.h"

static bool begin(Actor *actor, ZynRwLock *lock, bool writes)
{
	if (writes)
		zyn_rwlock_write_init(&actor->cx, &actor->leaf, lock);
	else
		zyn_rwlock_read_init(&actor->cx, &actor->leaf, lock);
	return zyn_rwlock_read_poll(&actor->leaf, &actor->cx) != 0;
}

static bool poll(Actor *actor)
{
	return zyn_rwlock_write_poll(&actor->leaf, &actor->cx) != 0;
}

static void has_it(Actor *actor)
{
	CHECK_EQ(actor->leaf.state, ZYN_STATE_RETURNED);
	CHECK_EQ(zyn_rwlock_read_take(&actor->leaf, NULL), ZYN_OUTCOME_DONE);
	zyn_rwlock_read_drop(&actor->leaf);
}

static void test_readers_share_and_a_waiting_writer_stops_newcomers(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynRwLock *lock = zyn_rwlock_new(rt);
	Actor a[6];
	for (int i = 0; i < 6; i++)
		actor_init(&a[i], rt);
	for (int i = 0; i < 2; i++) {
		CHECK(begin(&a[i], lock, false));
		has_it(&a[i]);
	}
	CHECK(!begin(&a[2], lock, true));
	CHECK(!begin(&a[3], lock, false)); /* behind the writer, or it would wait for ever */
	CHECK(!begin(&a[4], lock, false));
	CHECK(!begin(&a[5], lock, true));
	CHECK_EQ(zyn_rwlock_try_read(lock), ZYN_OUTCOME_FULL);
	CHECK_EQ(zyn_rwlock_read_unlock(lock), ZYN_OUTCOME_DONE);
	CHECK(!actor_was_woken(&a[2]));
	CHECK_EQ(zyn_rwlock_read_unlock(lock), ZYN_OUTCOME_DONE);
	CHECK(actor_was_woken(&a[2]));
	CHECK(poll(&a[2]));
	has_it(&a[2]);
	CHECK_EQ(zyn_rwlock_read_unlock(lock), ZYN_OUTCOME_REFUSED);
	CHECK_EQ(zyn_rwlock_write_unlock(lock), ZYN_OUTCOME_DONE);
	for (int i = 3; i < 5; i++) { /* the readers together, the next writer not */
		CHECK(actor_was_woken(&a[i]));
		CHECK(poll(&a[i]));
		has_it(&a[i]);
	}
	CHECK(!actor_was_woken(&a[5]));
	CHECK_EQ(zyn_rwlock_write_unlock(lock), ZYN_OUTCOME_REFUSED);
	CHECK_EQ(zyn_rwlock_read_unlock(lock), ZYN_OUTCOME_DONE);
	CHECK_EQ(zyn_rwlock_read_unlock(lock), ZYN_OUTCOME_DONE);
	CHECK(poll(&a[5]));
	has_it(&a[5]);
	CHECK_EQ(zyn_rwlock_write_unlock(lock), ZYN_OUTCOME_DONE);
	CHECK_EQ(zyn_rwlock_read_unlock(lock), ZYN_OUTCOME_REFUSED);
	CHECK_EQ(zyn_rwlock_try_write(NULL, lock), ZYN_OUTCOME_DONE);
	CHECK_EQ(zyn_rwlock_try_read(lock), ZYN_OUTCOME_FULL);
	zyn_object_release(lock);
	runtime_end(rt);
}

static void test_a_cancelled_writer_lets_the_readers_behind_it_in(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynRwLock *lock = zyn_rwlock_new(rt);
	Actor writer, readers[3];
	actor_init(&writer, rt);
	for (int i = 0; i < 3; i++)
		actor_init(&readers[i], rt);
	CHECK(begin(&readers[0], lock, false));
	has_it(&readers[0]);
	CHECK(!begin(&writer, lock, true));
	CHECK(!begin(&readers[1], lock, false));
	CHECK(!begin(&readers[2], lock, false));
	actor_cancel(&writer, zyn_rwlock_write_poll);
	for (int i = 1; i < 3; i++) {
		CHECK(actor_was_woken(&readers[i]));
		CHECK(poll(&readers[i]));
		has_it(&readers[i]);
	}
	for (int i = 0; i < 3; i++)
		CHECK_EQ(zyn_rwlock_read_unlock(lock), ZYN_OUTCOME_DONE);
	CHECK(begin(&writer, lock, true));
	has_it(&writer);
	CHECK(!begin(&readers[0], lock, false));
	CHECK_EQ(zyn_rwlock_write_unlock(lock), ZYN_OUTCOME_DONE);
	actor_cancel(&readers[0], zyn_rwlock_read_poll); /* granted already */
	CHECK_EQ(zyn_rwlock_try_write(NULL, lock), ZYN_OUTCOME_DONE);
	zyn_object_release(lock);
	runtime_end(rt);
}

/* --- at random -------------------------------------------------------------------------------- */

#define ACTORS 8

static void test_random_interleavings_keep_writers_alone(void)
{
	for (uint64_t seed = 1; seed <= 300; seed++) {
		Chance chance = {seed};
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		ZynRwLock *lock = zyn_rwlock_new(rt);
		Actor a[ACTORS];
		int doing[ACTORS] = {0}; /* 1 waits, 2 has it */
		bool writes[ACTORS];
		uint64_t asked[ACTORS] = {0}, clock = 0;
		int readers = 0, writers = 0;
		for (int i = 0; i < ACTORS; i++)
			actor_init(&a[i], rt);
		for (int step = 0; step < 300; step++) {
			int i = (int)chance_below(&chance, ACTORS);
			bool got = false;
			if (doing[i] == 0) {
				writes[i] = chance_below(&chance, 3) == 0;
				asked[i] = ++clock;
				doing[i] = 1;
				got = begin(&a[i], lock, writes[i]);
			} else if (doing[i] == 2) {
				doing[i] = 0;
				*(writes[i] ? &writers : &readers) -= 1;
				CHECK_EQ(writes[i] ? zyn_rwlock_write_unlock(lock)
				                   : zyn_rwlock_read_unlock(lock),
				         ZYN_OUTCOME_DONE);
			} else if (chance_below(&chance, 5) == 0) {
				doing[i] = 0;
				actor_cancel(&a[i], zyn_rwlock_read_poll);
			} else {
				got = poll(&a[i]);
			}
			if (got) {
				has_it(&a[i]);
				doing[i] = 2;
				*(writes[i] ? &writers : &readers) += 1;
			}
			CHECK(writers <= 1);
			CHECK(writers == 0 || readers == 0);
			/* Nobody got it who asked after a writer that still waits without it. */
			for (int k = 0; got && k < ACTORS; k++)
				CHECK(doing[k] != 1 || !writes[k] || asked[k] > asked[i] ||
				      !zyn__list_linked(&((ZynPermitsLeaf *)(void *)&a[k].leaf)
				                                 ->waiter.link));
		}
		for (int i = 0; i < ACTORS; i++)
			if (doing[i] == 1)
				zyn_rwlock_read_drop(&a[i].leaf);
		zyn_object_release(lock);
		runtime_end(rt);
	}
}

/* --- threads ---------------------------------------------------------------------------------- */

typedef struct Shared {
	ZynRuntime *rt;
	ZynRwLock *lock;
	uint64_t first, second; /* equal whenever nobody writes; guarded by the lock only */
} Shared;

static void *writer_or_reader(Shared *shared, bool writes)
{
	Actor a;
	actor_init(&a, shared->rt);
	for (int i = 0; i < 2000; i++) {
		bool ended = begin(&a, shared->lock, writes);
		while (!ended) {
			actor_sleep(&a);
			ended = poll(&a);
		}
		has_it(&a);
		CHECK_EQ(shared->first, shared->second);
		if (writes) {
			shared->first++;
			shared->second++;
			CHECK_EQ(zyn_rwlock_write_unlock(shared->lock), ZYN_OUTCOME_DONE);
		} else {
			CHECK_EQ(zyn_rwlock_read_unlock(shared->lock), ZYN_OUTCOME_DONE);
		}
	}
	return NULL;
}

static void *writer_thread(void *data)
{
	return writer_or_reader(data, true);
}

static void *reader_thread(void *data)
{
	return writer_or_reader(data, false);
}

static void test_threads_see_whole_writes(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Shared shared = {rt, zyn_rwlock_new(rt), 0, 0};
	pthread_t threads[4];
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, i < 2 ? writer_thread : reader_thread,
		                        &shared),
		         0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	CHECK_EQ(shared.first, 4000);
	zyn_object_release(shared.lock);
	runtime_end(rt);
}

int main(void)
{
	RUN(test_readers_share_and_a_waiting_writer_stops_newcomers);
	RUN(test_a_cancelled_writer_lets_the_readers_behind_it_in);
	RUN(test_random_interleavings_keep_writers_alone);
	RUN(test_threads_see_whole_writes);
	return 0;
}
