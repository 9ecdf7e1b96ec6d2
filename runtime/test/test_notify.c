/* Notify: one, all, kept, passed on. */
#include "signals.h"
#include "sync_support.h"

static bool begin(Actor *actor, ZynNotify *notify)
{
	zyn_notify_wait_init(&actor->cx, &actor->leaf, notify);
	return zyn_notify_wait_poll(&actor->leaf, &actor->cx) != 0;
}

static bool poll(Actor *actor)
{
	return zyn_notify_wait_poll(&actor->leaf, &actor->cx) != 0;
}

static void end(ZynRuntime *rt, ZynNotify *notify)
{
	zyn_object_release(notify);
	runtime_end(rt);
}

static void test_one_is_kept_and_a_second_is_not(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynNotify *notify = zyn_notify_new(rt);
	Actor a;
	actor_init(&a, rt);
	zyn_notify_one(notify);
	zyn_notify_one(notify);
	CHECK(begin(&a, notify));
	CHECK_EQ(a.leaf.state, ZYN_STATE_RETURNED);
	CHECK_EQ(zyn_notify_wait_take(&a.leaf, NULL), ZYN_OUTCOME_DONE);
	CHECK(!begin(&a, notify));
	zyn_notify_wait_drop(&a.leaf);
	end(rt, notify);
}

static void test_one_wakes_the_longest_waiting_and_all_wakes_the_rest(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynNotify *notify = zyn_notify_new(rt);
	Actor a[4];
	for (int i = 0; i < 4; i++) {
		actor_init(&a[i], rt);
		CHECK(!begin(&a[i], notify));
	}
	zyn_notify_one(notify);
	CHECK(actor_was_woken(&a[0]));
	CHECK(!actor_was_woken(&a[1]));
	CHECK(!poll(&a[1]));
	CHECK(poll(&a[0]));
	zyn_notify_all(notify);
	for (int i = 1; i < 4; i++) {
		CHECK(actor_was_woken(&a[i]));
		CHECK(poll(&a[i]));
	}
	CHECK(!begin(&a[0], notify)); /* one for all is not kept */
	zyn_notify_wait_drop(&a[0].leaf);
	end(rt, notify);
}

/* Rule 2. */
static void test_cancelled_passes_on_what_was_for_one(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynNotify *notify = zyn_notify_new(rt);
	Actor a, b;
	actor_init(&a, rt);
	actor_init(&b, rt);
	CHECK(!begin(&a, notify));
	CHECK(!begin(&b, notify));
	zyn_notify_one(notify);
	actor_cancel(&a, zyn_notify_wait_poll);
	CHECK(actor_was_woken(&b));
	zyn_notify_wait_drop(&b.leaf); /* nobody else waits: it is kept */
	CHECK(begin(&a, notify));
	CHECK(!begin(&a, notify));
	zyn_notify_all(notify);
	actor_cancel(&a, zyn_notify_wait_poll); /* what was for all is gone */
	CHECK(!begin(&a, notify));
	actor_cancel(&a, zyn_notify_wait_poll); /* while it waits */
	CHECK(begin(&a, NULL));
	CHECK_EQ(actor_failure(&a), ZYN_ERROR_NULL_VALUE);
	end(rt, notify);
}

/* Every notification reaches somebody: as many are had as were sent with somebody waiting, or one
 * is kept. */
static void test_random_notifications_are_not_lost(void)
{
	enum { ACTORS = 6 };
	for (uint64_t seed = 1; seed <= 200; seed++) {
		Chance chance = {seed};
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		ZynNotify *notify = zyn_notify_new(rt);
		Actor a[ACTORS];
		bool waits[ACTORS] = {0};
		int queued = 0, granted = 0, kept = 0; /* the reckoning */
		for (int i = 0; i < ACTORS; i++)
			actor_init(&a[i], rt);
		for (int step = 0; step < 200; step++) {
			int i = (int)chance_below(&chance, ACTORS);
			if (chance_below(&chance, 3) == 0) {
				zyn_notify_one(notify);
				granted += queued > 0;
				kept = queued > 0 ? kept : 1;
				queued -= queued > 0;
			} else if (!waits[i]) {
				bool ended = begin(&a[i], notify);
				CHECK_EQ(ended, kept);
				waits[i] = !ended;
				queued += !ended;
				kept = 0;
			} else {
				bool was_granted = !zyn__list_linked(
					&((ZynSignalLeaf *)(void *)&a[i].leaf)->waiter.link);
				bool cancels = chance_below(&chance, 3) == 0;
				if (cancels)
					actor_cancel(&a[i], zyn_notify_wait_poll);
				else
					CHECK_EQ(poll(&a[i]), was_granted);
				waits[i] = !cancels && !was_granted;
				granted -= was_granted && (cancels ? queued == 0 : true);
				kept = was_granted && cancels && queued == 0 ? 1 : kept;
				queued -= cancels && queued > 0;
			}
			ZynWaitInfo info = {0};
			CHECK_EQ(zyn__waiters_count(&notify->queue, NULL, &info), queued);
			CHECK_EQ(notify->is_set, kept);
		}
		CHECK(granted >= 0);
		for (int i = 0; i < ACTORS; i++)
			if (waits[i])
				zyn_notify_wait_drop(&a[i].leaf);
		end(rt, notify);
	}
}

typedef struct Pair {
	ZynRuntime *rt;
	ZynNotify *there, *back;
	uint64_t count; /* changed by turns */
} Pair;

static void wait_for(Actor *actor, ZynNotify *notify)
{
	bool ended = begin(actor, notify);
	while (!ended) {
		actor_sleep(actor);
		ended = poll(actor);
	}
}

static void *other_thread(void *data)
{
	Pair *pair = data;
	Actor a;
	actor_init(&a, pair->rt);
	for (int i = 0; i < 2000; i++) {
		wait_for(&a, pair->there);
		pair->count++;
		zyn_notify_one(pair->back);
	}
	return NULL;
}

static void test_threads_take_turns(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Pair pair = {rt, zyn_notify_new(rt), zyn_notify_new(rt), 0};
	pthread_t thread;
	Actor a;
	actor_init(&a, rt);
	CHECK_EQ(pthread_create(&thread, NULL, other_thread, &pair), 0);
	for (uint64_t i = 0; i < 2000; i++) {
		CHECK_EQ(pair.count, i);
		zyn_notify_one(pair.there);
		wait_for(&a, pair.back);
	}
	pthread_join(thread, NULL);
	zyn_object_release(pair.there);
	end(rt, pair.back);
}

int main(void)
{
	RUN(test_one_is_kept_and_a_second_is_not);
	RUN(test_one_wakes_the_longest_waiting_and_all_wakes_the_rest);
	RUN(test_cancelled_passes_on_what_was_for_one);
	RUN(test_random_notifications_are_not_lost);
	RUN(test_threads_take_turns);
	return 0;
}
