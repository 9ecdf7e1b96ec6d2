/* A barrier: groups of the right size, one leader each, and cancelled ones do not count. */
#include "signals.h"
#include "sync_support.h"

static bool begin(Actor *actor, ZynBarrier *barrier)
{
	zyn_barrier_wait_init(&actor->cx, &actor->leaf, barrier);
	return zyn_barrier_wait_poll(&actor->leaf, &actor->cx) != 0;
}

static bool poll(Actor *actor)
{
	return zyn_barrier_wait_poll(&actor->leaf, &actor->cx) != 0;
}

static bool leads(Actor *actor)
{
	uint8_t is_leader = 9;
	CHECK_EQ(actor->leaf.state, ZYN_STATE_RETURNED);
	CHECK_EQ(zyn_barrier_wait_take(&actor->leaf, &is_leader), ZYN_OUTCOME_DONE);
	zyn_barrier_wait_drop(&actor->leaf);
	CHECK(is_leader <= 1);
	return is_leader != 0;
}

static void test_groups_go_on_together_again_and_again(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynBarrier *barrier = zyn_barrier_new(rt, 3);
	Actor a[3];
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 3; i++) {
			actor_init(&a[i], rt);
			CHECK_EQ(begin(&a[i], barrier), i == 2);
		}
		CHECK(leads(&a[2]));
		for (int i = 0; i < 2; i++) {
			CHECK(actor_was_woken(&a[i]));
			CHECK(poll(&a[i]));
			CHECK(!leads(&a[i]));
		}
	}
	zyn_object_release(barrier);
	runtime_end(rt);
}

/* Rule 2. */
static void test_cancelled_has_not_arrived_unless_its_group_went(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynBarrier *barrier = zyn_barrier_new(rt, 2);
	Actor a, b;
	actor_init(&a, rt);
	actor_init(&b, rt);
	CHECK(!begin(&a, barrier));
	actor_cancel(&a, zyn_barrier_wait_poll);
	CHECK(!begin(&b, barrier)); /* alone again */
	CHECK(begin(&a, barrier));
	CHECK(leads(&a));
	actor_cancel(&b, zyn_barrier_wait_poll); /* let go already */
	CHECK(!begin(&a, barrier));
	zyn_barrier_wait_drop(&a.leaf);
	zyn_object_release(barrier);
	CHECK(begin(&a, NULL));
	CHECK_EQ(actor_failure(&a), ZYN_ERROR_NULL_VALUE);
	runtime_end(rt);
}

static void test_of_one_or_none_never_waits(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	for (uint64_t parties = 0; parties < 2; parties++) {
		ZynBarrier *barrier = zyn_barrier_new(rt, parties);
		Actor a;
		actor_init(&a, rt);
		CHECK(begin(&a, barrier));
		CHECK(leads(&a));
		zyn_object_release(barrier);
	}
	runtime_end(rt);
}

/* Random arrivals and cancels: a group goes exactly when as many wait as there are parties. */
static void test_random_arrivals_against_a_count(void)
{
	enum { ACTORS = 7 };
	for (uint64_t seed = 1; seed <= 200; seed++) {
		Chance chance = {seed};
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		uint64_t parties = 1 + chance_below(&chance, 5), arrived = 0;
		ZynBarrier *barrier = zyn_barrier_new(rt, parties);
		Actor a[ACTORS];
		int doing[ACTORS] = {0}; /* 1 waits, 2 was let go */
		for (int i = 0; i < ACTORS; i++)
			actor_init(&a[i], rt);
		for (int step = 0; step < 200; step++) {
			int i = (int)chance_below(&chance, ACTORS);
			if (doing[i] == 0) {
				bool last = arrived + 1 == parties;
				CHECK_EQ(begin(&a[i], barrier), last);
				arrived = last ? 0 : arrived + 1;
				doing[i] = last ? 0 : 1;
				for (int k = 0; last && k < ACTORS; k++)
					doing[k] = doing[k] != 0 ? 2 : 0;
				if (last)
					CHECK(leads(&a[i]));
			} else if (chance_below(&chance, 4) == 0) {
				arrived -= doing[i] == 1;
				actor_cancel(&a[i], zyn_barrier_wait_poll);
				doing[i] = 0;
			} else {
				CHECK_EQ(poll(&a[i]), doing[i] == 2);
				if (doing[i] == 2)
					CHECK(!leads(&a[i]));
				doing[i] = doing[i] == 2 ? 0 : doing[i];
			}
			CHECK_EQ(barrier->arrived, arrived);
		}
		for (int i = 0; i < ACTORS; i++)
			if (doing[i] != 0)
				zyn_barrier_wait_drop(&a[i].leaf);
		zyn_object_release(barrier);
		runtime_end(rt);
	}
}

#define THREADS 3
#define ROUNDS 500

typedef struct Shared {
	ZynRuntime *rt;
	ZynBarrier *barrier;
	_Atomic uint32_t leaders;
	uint32_t rounds[THREADS]; /* each written by one thread, read by all behind the barrier */
} Shared;

typedef struct Party {
	Shared *shared;
	int index;
} Party;

static void meet(Actor *actor, Shared *shared)
{
	bool ended = begin(actor, shared->barrier);
	while (!ended) {
		actor_sleep(actor);
		ended = poll(actor);
	}
	atomic_fetch_add(&shared->leaders, leads(actor));
}

static void *party_thread(void *data)
{
	Party *party = data;
	Shared *shared = party->shared;
	Actor a;
	actor_init(&a, shared->rt);
	for (uint32_t round = 1; round <= ROUNDS; round++) {
		shared->rounds[party->index] = round;
		meet(&a, shared);
		for (int i = 0; i < THREADS; i++)
			CHECK_EQ(shared->rounds[i], round);
		meet(&a, shared);
	}
	return NULL;
}

static void test_threads_see_what_was_written_before(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Shared shared = {.rt = rt, .barrier = zyn_barrier_new(rt, THREADS)};
	pthread_t threads[THREADS];
	Party parties[THREADS];
	for (int i = 0; i < THREADS; i++) {
		parties[i] = (Party){&shared, i};
		CHECK_EQ(pthread_create(&threads[i], NULL, party_thread, &parties[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	CHECK_EQ(atomic_load(&shared.leaders), 2 * ROUNDS);
	zyn_object_release(shared.barrier);
	runtime_end(rt);
}

int main(void)
{
	RUN(test_groups_go_on_together_again_and_again);
	RUN(test_cancelled_has_not_arrived_unless_its_group_went);
	RUN(test_of_one_or_none_never_waits);
	RUN(test_random_arrivals_against_a_count);
	RUN(test_threads_see_what_was_written_before);
	return 0;
}
