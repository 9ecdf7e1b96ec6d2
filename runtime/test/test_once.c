/* Once: one does it, the others wait; an abort or a cancel hands it on. */
#include "signals.h"
#include "sync_support.h"

static bool begin(Actor *actor, ZynOnce *once)
{
	zyn_once_begin_init(&actor->cx, &actor->leaf, once);
	return zyn_once_begin_poll(&actor->leaf, &actor->cx) != 0;
}

static bool poll(Actor *actor)
{
	return zyn_once_begin_poll(&actor->leaf, &actor->cx) != 0;
}

static bool does_it(Actor *actor)
{
	uint8_t mine = 9;
	CHECK_EQ(actor->leaf.state, ZYN_STATE_RETURNED);
	CHECK_EQ(zyn_once_begin_take(&actor->leaf, &mine), ZYN_OUTCOME_DONE);
	zyn_once_begin_drop(&actor->leaf);
	CHECK(mine <= 1);
	return mine != 0;
}

static void test_the_first_does_it_and_the_others_wait(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynOnce *once = zyn_once_new(rt);
	Actor a[3];
	for (int i = 0; i < 3; i++) {
		actor_init(&a[i], rt);
		CHECK_EQ(begin(&a[i], once), i == 0);
	}
	CHECK(does_it(&a[0]));
	CHECK_EQ(zyn_once_is_done(once), 0);
	CHECK_EQ(zyn_once_finish(once), ZYN_OUTCOME_DONE);
	CHECK_EQ(zyn_once_finish(once), ZYN_OUTCOME_REFUSED);
	CHECK_EQ(zyn_once_is_done(once), 1);
	for (int i = 1; i < 3; i++) {
		CHECK(actor_was_woken(&a[i]));
		CHECK(poll(&a[i]));
		CHECK(!does_it(&a[i]));
	}
	CHECK(begin(&a[0], once));
	CHECK(!does_it(&a[0]));
	zyn_object_release(once);
	runtime_end(rt);
}

/* Rule 2. */
static void test_an_abort_hands_it_to_the_longest_waiting(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynOnce *once = zyn_once_new(rt);
	Actor a[4];
	CHECK_EQ(zyn_once_abort(once), ZYN_OUTCOME_REFUSED);
	for (int i = 0; i < 4; i++) {
		actor_init(&a[i], rt);
		CHECK_EQ(begin(&a[i], once), i == 0);
	}
	CHECK(does_it(&a[0]));
	actor_cancel(&a[3], zyn_once_begin_poll); /* while it waits */
	CHECK_EQ(zyn_once_abort(once), ZYN_OUTCOME_DONE);
	CHECK(actor_was_woken(&a[1]));
	CHECK(!actor_was_woken(&a[2]));
	actor_cancel(&a[1], zyn_once_begin_poll); /* before it heard */
	CHECK(actor_was_woken(&a[2]));
	CHECK(poll(&a[2]));
	CHECK(does_it(&a[2]));
	CHECK_EQ(zyn_once_abort(once), ZYN_OUTCOME_DONE); /* nobody waits: the next who asks */
	CHECK(begin(&a[3], once));
	CHECK(does_it(&a[3]));
	zyn_object_release(once);
	CHECK(begin(&a[0], NULL));
	CHECK_EQ(actor_failure(&a[0]), ZYN_ERROR_NULL_VALUE);
	runtime_end(rt);
}

/* Whoever is told aborts, is cancelled or finishes at random: never two at a time, and all hear of
 * the end. */
static void test_random_ends_keep_it_to_one(void)
{
	enum { ACTORS = 6 };
	for (uint64_t seed = 1; seed <= 300; seed++) {
		Chance chance = {seed};
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		ZynOnce *once = zyn_once_new(rt);
		Actor a[ACTORS];
		bool waits[ACTORS] = {0};
		int doer = -1, finished = 0;
		for (int i = 0; i < ACTORS; i++)
			actor_init(&a[i], rt);
		for (int step = 0; step < 100; step++) {
			int i = (int)chance_below(&chance, ACTORS);
			bool ended = false;
			if (doer == i) {
				bool finishes = chance_below(&chance, 8) == 0;
				CHECK_EQ(finishes ? zyn_once_finish(once) : zyn_once_abort(once),
				         ZYN_OUTCOME_DONE);
				finished += finishes;
				doer = -1;
			} else if (!waits[i]) {
				ended = begin(&a[i], once);
				waits[i] = !ended;
			} else if (chance_below(&chance, 4) == 0) {
				actor_cancel(&a[i], zyn_once_begin_poll);
				waits[i] = false;
			} else {
				ended = poll(&a[i]);
				waits[i] = !ended;
			}
			if (ended && does_it(&a[i])) {
				CHECK_EQ(doer, -1);
				CHECK_EQ(finished, 0);
				doer = i;
			} else if (ended) {
				CHECK_EQ(finished, 1);
			}
		}
		for (int i = 0; i < ACTORS; i++) {
			if (waits[i] && finished)
				CHECK(poll(&a[i]) && !does_it(&a[i]));
			else if (waits[i])
				zyn_once_begin_drop(&a[i].leaf);
		}
		zyn_object_release(once);
		runtime_end(rt);
	}
}

typedef struct Shared {
	ZynRuntime *rt;
	ZynOnce *once;
	uint64_t made; /* written by the one that does it */
} Shared;

static void *asker_thread(void *data)
{
	Shared *shared = data;
	Actor a;
	actor_init(&a, shared->rt);
	bool ended = begin(&a, shared->once);
	while (!ended) {
		actor_sleep(&a);
		ended = poll(&a);
	}
	if (does_it(&a)) {
		shared->made++;
		CHECK_EQ(zyn_once_finish(shared->once), ZYN_OUTCOME_DONE);
	}
	CHECK_EQ(shared->made, 1);
	return NULL;
}

static void test_threads_do_it_once(void)
{
	for (int round = 0; round < 100; round++) {
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		Shared shared = {rt, zyn_once_new(rt), 0};
		pthread_t threads[3];
		for (int i = 0; i < 3; i++)
			CHECK_EQ(pthread_create(&threads[i], NULL, asker_thread, &shared), 0);
		for (int i = 0; i < 3; i++)
			pthread_join(threads[i], NULL);
		zyn_object_release(shared.once);
		runtime_end(rt);
	}
}

int main(void)
{
	RUN(test_the_first_does_it_and_the_others_wait);
	RUN(test_an_abort_hands_it_to_the_longest_waiting);
	RUN(test_random_ends_keep_it_to_one);
	RUN(test_threads_do_it_once);
	return 0;
}
