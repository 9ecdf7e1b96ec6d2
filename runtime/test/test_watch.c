/* A watch: the latest value to everybody, nothing twice, nothing lost by a cancel. */
#include "follow.h"
#include "sync_support.h"

static Values values; /* of the run under way */

static int32_t send(ZynWatch *watch, uint64_t number)
{
	Large value = value_make(number);
	int32_t outcome = zyn_watch_send(watch, &value);
	value_give_up(&value);
	return outcome;
}

static ZynWatch *watch_new(ZynRuntime *rt, uint64_t number)
{
	Large value = value_make(number);
	ZynWatch *watch = zyn_watch_new(rt, values.type, &value);
	value_give_up(&value);
	return watch;
}

static bool begin(Actor *actor, ZynWatchReceiver *receiver)
{
	zyn_watch_changed_init(&actor->cx, &actor->leaf, receiver);
	return zyn_watch_changed_poll(&actor->leaf, &actor->cx) != 0;
}

static bool poll(Actor *actor)
{
	return zyn_watch_changed_poll(&actor->leaf, &actor->cx) != 0;
}

/* -2: closed. */
static int64_t changed(Actor *actor)
{
	Large value;
	CHECK_EQ(actor->leaf.state, ZYN_STATE_RETURNED);
	int32_t outcome = zyn_watch_changed_take(&actor->leaf, &value);
	zyn_watch_changed_drop(&actor->leaf);
	if (outcome == ZYN_OUTCOME_DONE)
		return (int64_t)value_check(values, &value);
	CHECK_EQ(outcome, ZYN_OUTCOME_CLOSED);
	return -2;
}

static void end(ZynRuntime *rt, ZynWatch *watch, ZynWatchReceiver *receiver)
{
	zyn_object_release(watch);
	zyn_object_release(receiver);
	runtime_end(rt);
	values_all_gone();
}

static void test_a_receiver_sees_the_latest_and_nothing_twice(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynWatch *watch = watch_new(rt, 1);
	ZynWatchReceiver *receiver = zyn_watch_subscribe(watch);
	Actor a, b;
	actor_init(&a, rt);
	actor_init(&b, rt);
	Large value;
	CHECK_EQ(zyn_watch_try_changed(receiver, &value), ZYN_OUTCOME_PENDING);
	zyn_watch_get(watch, &value);
	CHECK_EQ(value_check(values, &value), 1);
	CHECK(!begin(&a, receiver));
	CHECK(!begin(&b, receiver));
	CHECK_EQ(send(watch, 2), ZYN_OUTCOME_DONE);
	CHECK_EQ(send(watch, 3), ZYN_OUTCOME_DONE);
	CHECK(actor_was_woken(&a));
	CHECK(actor_was_woken(&b));
	CHECK(poll(&a));
	CHECK_EQ(changed(&a), 3);
	CHECK(!poll(&b)); /* the other leaf of this receiver has seen it */
	CHECK_EQ(send(watch, 4), ZYN_OUTCOME_DONE);
	CHECK(actor_was_woken(&b));
	CHECK(poll(&b));
	CHECK_EQ(changed(&b), 4);
	end(rt, watch, receiver);
}

static void test_every_receiver_sees_for_itself(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynWatch *watch = watch_new(rt, 1);
	ZynWatchReceiver *first = zyn_watch_subscribe(watch);
	CHECK_EQ(send(watch, 2), ZYN_OUTCOME_DONE);
	ZynWatchReceiver *second = zyn_watch_subscribe(watch); /* has seen 2 */
	Large value;
	CHECK_EQ(zyn_watch_try_changed(second, &value), ZYN_OUTCOME_PENDING);
	CHECK_EQ(zyn_watch_try_changed(first, &value), ZYN_OUTCOME_DONE);
	CHECK_EQ(value_check(values, &value), 2);
	zyn_object_release(second);
	end(rt, watch, first);
}

static void test_the_last_sender_closes_after_what_is_new(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynWatch *watch = watch_new(rt, 1);
	ZynWatchReceiver *receiver = zyn_watch_subscribe(watch);
	void *sender = zyn_sender_new(watch);
	Actor a, b;
	actor_init(&a, rt);
	actor_init(&b, rt);
	CHECK(!begin(&a, receiver));
	CHECK(!begin(&b, receiver));
	CHECK_EQ(send(sender, 2), ZYN_OUTCOME_DONE);
	zyn_sender_release(sender);
	CHECK(poll(&a));
	CHECK_EQ(changed(&a), 2);
	CHECK(poll(&b));
	CHECK_EQ(changed(&b), -2);
	CHECK_EQ(send(watch, 3), ZYN_OUTCOME_CLOSED);
	CHECK(begin(&a, receiver));
	CHECK_EQ(changed(&a), -2);
	end(rt, watch, receiver);
}

/* Rule 2 of follow.h. */
static void test_a_cancelled_wait_has_seen_nothing(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynWatch *watch = watch_new(rt, 1);
	ZynWatchReceiver *receiver = zyn_watch_subscribe(watch);
	Actor a;
	actor_init(&a, rt);
	CHECK(!begin(&a, receiver));
	actor_cancel(&a, zyn_watch_changed_poll); /* while it waits */
	CHECK(!begin(&a, receiver));
	CHECK_EQ(send(watch, 2), ZYN_OUTCOME_DONE);
	actor_cancel(&a, zyn_watch_changed_poll); /* after the wake */
	CHECK(begin(&a, receiver));
	zyn_watch_changed_drop(&a.leaf); /* seen, not taken */
	zyn_watch_changed_init(&a.cx, &a.leaf, receiver);
	zyn_watch_changed_drop(&a.leaf); /* never polled */
	CHECK(begin(&a, NULL));
	CHECK_EQ(actor_failure(&a), ZYN_ERROR_NULL_VALUE);
	end(rt, watch, receiver);
}

static void test_a_waiting_leaf_keeps_its_receiver(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynWatch *watch = watch_new(rt, 1);
	ZynWatchReceiver *receiver = zyn_watch_subscribe(watch);
	Actor a;
	actor_init(&a, rt);
	CHECK(!begin(&a, receiver));
	zyn_object_release(receiver);
	CHECK_EQ(send(watch, 2), ZYN_OUTCOME_DONE);
	zyn_object_release(watch);
	CHECK(poll(&a));
	CHECK_EQ(changed(&a), 2);
	runtime_end(rt);
	values_all_gone();
}

static bool scenario(ZynRuntime *rt)
{
	ZynWatch *watch = watch_new(rt, 1);
	ZynWatchReceiver *receiver = watch != NULL ? zyn_watch_subscribe(watch) : NULL;
	bool complete = receiver != NULL;
	Actor a;
	actor_init(&a, rt);
	if (receiver != NULL) {
		int32_t outcome = send(watch, 2);
		CHECK(outcome == ZYN_OUTCOME_DONE || outcome == ZYN_OUTCOME_OUT_OF_MEMORY);
		bool ended = begin(&a, receiver);
		if (a.leaf.state == ZYN_STATE_FAILED) {
			CHECK_EQ(actor_failure(&a), ZYN_ERROR_OUT_OF_MEMORY);
			complete = false;
		} else if (ended) {
			CHECK_EQ(changed(&a), 2);
		} else { /* it was not sent */
			zyn_watch_changed_drop(&a.leaf);
			complete = false;
		}
	}
	zyn_object_release(watch);
	zyn_object_release(receiver);
	values_all_gone();
	return complete;
}

static void test_failing_allocations(void)
{
	fail_each_allocation(scenario);
}

typedef struct Shared {
	ZynRuntime *rt;
	ZynWatchReceiver *receiver; /* owned by its thread */
} Shared;

static void *receiver_thread(void *data)
{
	Shared *shared = data;
	Actor a;
	actor_init(&a, shared->rt);
	int64_t newest = 0;
	for (int tries = 0;; tries++) {
		bool ended = begin(&a, shared->receiver);
		if (!ended && tries % 5 == 0) {
			actor_cancel(&a, zyn_watch_changed_poll);
			continue;
		}
		while (!ended) {
			actor_sleep(&a);
			ended = poll(&a);
		}
		int64_t number = changed(&a);
		if (number == -2)
			break;
		CHECK(number > newest);
		newest = number;
	}
	CHECK_EQ(newest, 2000); /* the last one is never missed */
	zyn_object_release(shared->receiver);
	return NULL;
}

static void test_threads_see_the_last_value(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynWatch *watch = watch_new(rt, 0);
	pthread_t threads[2];
	Shared shared[2];
	for (int i = 0; i < 2; i++) {
		shared[i] = (Shared){rt, zyn_watch_subscribe(watch)};
		CHECK_EQ(pthread_create(&threads[i], NULL, receiver_thread, &shared[i]), 0);
	}
	for (uint64_t i = 1; i <= 2000; i++)
		CHECK_EQ(send(watch, i), ZYN_OUTCOME_DONE);
	zyn_watch_close(watch);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	end(rt, watch, NULL);
}

int main(void)
{
	for (int large = 0; large < 2; large++) {
		values = large ? values_large : values_small;
		RUN(test_a_receiver_sees_the_latest_and_nothing_twice);
		RUN(test_every_receiver_sees_for_itself);
		RUN(test_the_last_sender_closes_after_what_is_new);
		RUN(test_a_cancelled_wait_has_seen_nothing);
		RUN(test_a_waiting_leaf_keeps_its_receiver);
		RUN(test_failing_allocations);
		RUN(test_threads_see_the_last_value);
	}
	return 0;
}
