/* A broadcast: every value to every receiver, in order; who is too slow is told. */
#include "follow.h"
#include "sync_support.h"

static Values values; /* of the run under way */

static int32_t send(ZynBroadcast *broadcast, uint64_t number)
{
	Large value = value_make(number);
	int32_t outcome = zyn_broadcast_send(broadcast, &value);
	value_give_up(&value);
	return outcome;
}

static bool begin(Actor *actor, ZynBroadcastReceiver *receiver)
{
	zyn_broadcast_recv_init(&actor->cx, &actor->leaf, receiver);
	return zyn_broadcast_recv_poll(&actor->leaf, &actor->cx) != 0;
}

static bool poll(Actor *actor)
{
	return zyn_broadcast_recv_poll(&actor->leaf, &actor->cx) != 0;
}

#define NOTHING -1
#define CLOSED -2
#define LAGGED -3

static int64_t told(int32_t outcome, Large *value)
{
	if (outcome == ZYN_OUTCOME_DONE)
		return (int64_t)value_check(values, value);
	if (outcome == ZYN_OUTCOME_PENDING)
		return NOTHING;
	return outcome == ZYN_OUTCOME_CLOSED ? CLOSED : LAGGED;
}

static int64_t received(Actor *actor)
{
	Large value;
	CHECK_EQ(actor->leaf.state, ZYN_STATE_RETURNED);
	int32_t outcome = zyn_broadcast_recv_take(&actor->leaf, &value);
	zyn_broadcast_recv_drop(&actor->leaf);
	return told(outcome, &value);
}

static int64_t try_recv(ZynBroadcastReceiver *receiver)
{
	Large value;
	return told(zyn_broadcast_try_recv(receiver, &value), &value);
}

static void end(ZynRuntime *rt, ZynBroadcast *broadcast, ZynBroadcastReceiver *receiver)
{
	zyn_object_release(broadcast);
	zyn_object_release(receiver);
	runtime_end(rt);
	values_all_gone();
}

static void test_every_receiver_gets_every_value_since_it_came(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynBroadcast *broadcast = zyn_broadcast_new(rt, 4, values.type);
	CHECK_EQ(send(broadcast, 1), ZYN_OUTCOME_CLOSED); /* to nobody */
	ZynBroadcastReceiver *first = zyn_broadcast_subscribe(broadcast);
	CHECK_EQ(send(broadcast, 2), ZYN_OUTCOME_DONE);
	ZynBroadcastReceiver *second = zyn_broadcast_subscribe(broadcast);
	CHECK_EQ(send(broadcast, 3), ZYN_OUTCOME_DONE);
	CHECK_EQ(try_recv(first), 2);
	CHECK_EQ(try_recv(first), 3);
	CHECK_EQ(try_recv(first), NOTHING);
	CHECK_EQ(try_recv(second), 3);
	zyn_object_release(second);
	end(rt, broadcast, first);
}

/* Rule 1. */
static void test_a_slow_receiver_is_told_how_many_it_missed(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynBroadcast *broadcast = zyn_broadcast_new(rt, 3, values.type);
	ZynBroadcastReceiver *receiver = zyn_broadcast_subscribe(broadcast);
	Actor a;
	actor_init(&a, rt);
	for (uint64_t i = 0; i < 8; i++)
		CHECK_EQ(send(broadcast, i), ZYN_OUTCOME_DONE);
	CHECK(begin(&a, receiver));
	CHECK_EQ(received(&a), LAGGED);
	CHECK_EQ(zyn_broadcast_missed(receiver), 5);
	for (int64_t i = 5; i < 8; i++)
		CHECK_EQ(try_recv(receiver), i);
	CHECK_EQ(try_recv(receiver), NOTHING);
	end(rt, broadcast, receiver);
}

static void test_a_value_wakes_everybody_who_waits(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynBroadcast *broadcast = zyn_broadcast_new(rt, 2, values.type);
	ZynBroadcastReceiver *receivers[3];
	Actor a[3];
	for (int i = 0; i < 3; i++) {
		receivers[i] = zyn_broadcast_subscribe(broadcast);
		actor_init(&a[i], rt);
		CHECK(!begin(&a[i], receivers[i]));
	}
	CHECK_EQ(send(broadcast, 1), ZYN_OUTCOME_DONE);
	actor_cancel(&a[0], zyn_broadcast_recv_poll); /* Rule 2 of follow.h: takes nothing */
	for (int i = 1; i < 3; i++) {
		CHECK(actor_was_woken(&a[i]));
		CHECK(poll(&a[i]));
		CHECK_EQ(received(&a[i]), 1);
	}
	CHECK_EQ(try_recv(receivers[0]), 1);
	zyn_broadcast_close(broadcast);
	CHECK_EQ(send(broadcast, 2), ZYN_OUTCOME_CLOSED);
	CHECK_EQ(try_recv(receivers[1]), CLOSED);
	zyn_object_release(receivers[0]);
	zyn_object_release(receivers[1]);
	end(rt, broadcast, receivers[2]);
}

static void test_the_last_sender_closes(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynBroadcast *broadcast = zyn_broadcast_new(rt, 2, values.type);
	ZynBroadcastReceiver *receiver = zyn_broadcast_subscribe(broadcast);
	void *sender = zyn_sender_new(broadcast);
	Actor a, b;
	actor_init(&a, rt);
	actor_init(&b, rt);
	CHECK(!begin(&a, receiver));
	CHECK(!begin(&b, receiver));
	CHECK_EQ(send(sender, 1), ZYN_OUTCOME_DONE);
	zyn_sender_release(sender);
	CHECK(poll(&b));
	CHECK_EQ(received(&b), 1);
	CHECK(poll(&a));
	CHECK_EQ(received(&a), CLOSED);
	CHECK(begin(&a, NULL));
	CHECK_EQ(actor_failure(&a), ZYN_ERROR_NULL_VALUE);
	end(rt, broadcast, receiver);
}

/* Random sends and receives against positions in one long list. */
static void test_random_receivers_against_a_list(void)
{
	enum { RECEIVERS = 4 };
	for (uint64_t seed = 1; seed <= 200; seed++) {
		Chance chance = {seed};
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		uint64_t capacity = 1 + chance_below(&chance, 6), sent = 0;
		ZynBroadcast *broadcast = zyn_broadcast_new(rt, capacity, values.type);
		ZynBroadcastReceiver *receivers[RECEIVERS] = {0};
		uint64_t at[RECEIVERS];
		for (int step = 0; step < 300; step++) {
			uint32_t i = chance_below(&chance, RECEIVERS);
			if (chance_below(&chance, 3) == 0) {
				bool somebody = false;
				for (int k = 0; k < RECEIVERS; k++)
					somebody = somebody || receivers[k] != NULL;
				int32_t outcome = send(broadcast, sent);
				CHECK_EQ(outcome, somebody ? ZYN_OUTCOME_DONE : ZYN_OUTCOME_CLOSED);
				sent += somebody;
			} else if (receivers[i] == NULL) {
				receivers[i] = zyn_broadcast_subscribe(broadcast);
				at[i] = sent;
			} else if (chance_below(&chance, 20) == 0) {
				zyn_object_release(receivers[i]);
				receivers[i] = NULL;
			} else if (at[i] + capacity < sent) {
				CHECK_EQ(try_recv(receivers[i]), LAGGED);
				CHECK_EQ(zyn_broadcast_missed(receivers[i]),
				         sent - capacity - at[i]);
				at[i] = sent - capacity;
			} else {
				int64_t number = try_recv(receivers[i]);
				CHECK_EQ(number, at[i] < sent ? (int64_t)at[i] : NOTHING);
				at[i] += at[i] < sent;
			}
		}
		for (int i = 0; i < RECEIVERS; i++)
			zyn_object_release(receivers[i]);
		end(rt, broadcast, NULL);
	}
}

static bool scenario(ZynRuntime *rt)
{
	ZynBroadcast *broadcast = zyn_broadcast_new(rt, 1, values.type);
	ZynBroadcastReceiver *receiver = broadcast != NULL ? zyn_broadcast_subscribe(broadcast)
	                                                   : NULL;
	bool complete = receiver != NULL;
	for (uint64_t i = 0; i < 2 && receiver != NULL; i++) {
		int32_t outcome = send(broadcast, i);
		CHECK(outcome == ZYN_OUTCOME_DONE || outcome == ZYN_OUTCOME_OUT_OF_MEMORY);
		complete = complete && outcome == ZYN_OUTCOME_DONE;
	}
	zyn_object_release(broadcast);
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
	ZynBroadcastReceiver *receiver; /* owned by its thread */
	uint64_t seen;
} Shared;

#define SENT 3000

static void *receiver_thread(void *data)
{
	Shared *shared = data;
	Actor a;
	actor_init(&a, shared->rt);
	int64_t newest = -1;
	for (;;) {
		bool ended = begin(&a, shared->receiver);
		while (!ended) {
			actor_sleep(&a);
			ended = poll(&a);
		}
		int64_t number = received(&a);
		if (number == CLOSED)
			break;
		if (number == LAGGED) {
			shared->seen += zyn_broadcast_missed(shared->receiver);
			newest += (int64_t)zyn_broadcast_missed(shared->receiver);
			continue;
		}
		CHECK_EQ(number, newest + 1);
		newest = number;
		shared->seen++;
	}
	CHECK_EQ(shared->seen, SENT);
	zyn_object_release(shared->receiver);
	return NULL;
}

static void test_threads_account_for_every_value(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynBroadcast *broadcast = zyn_broadcast_new(rt, 8, values.type);
	pthread_t threads[2];
	Shared shared[2];
	for (int i = 0; i < 2; i++)
		shared[i] = (Shared){rt, zyn_broadcast_subscribe(broadcast), 0};
	for (int i = 0; i < 2; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, receiver_thread, &shared[i]), 0);
	for (uint64_t i = 0; i < SENT; i++)
		CHECK_EQ(send(broadcast, i), ZYN_OUTCOME_DONE);
	zyn_broadcast_close(broadcast);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	end(rt, broadcast, NULL);
}

int main(void)
{
	for (int large = 0; large < 2; large++) {
		values = large ? values_large : values_small;
		RUN(test_every_receiver_gets_every_value_since_it_came);
		RUN(test_a_slow_receiver_is_told_how_many_it_missed);
		RUN(test_a_value_wakes_everybody_who_waits);
		RUN(test_the_last_sender_closes);
		RUN(test_random_receivers_against_a_list);
		RUN(test_failing_allocations);
		RUN(test_threads_account_for_every_value);
	}
	return 0;
}
