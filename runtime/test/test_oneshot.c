/* A oneshot: one value, then nothing. */
#include "channel.h"
#include "sync_support.h"

static bool recv_begin(Actor *actor, ZynOneshot *oneshot)
{
	zyn_oneshot_recv_init(&actor->cx, &actor->leaf, oneshot);
	return zyn_oneshot_recv_poll(&actor->leaf, &actor->cx) != 0;
}

static int32_t send(ZynOneshot *oneshot, uint64_t number)
{
	Large value = value_make(number);
	int32_t outcome = zyn_oneshot_send(oneshot, &value);
	value_give_up(&value);
	return outcome;
}

/* -1: closed. */
static int64_t recv_value(Actor *actor)
{
	Large value;
	CHECK_EQ(actor->leaf.state, ZYN_STATE_RETURNED);
	int32_t outcome = zyn_oneshot_recv_take(&actor->leaf, &value);
	zyn_oneshot_recv_drop(&actor->leaf);
	if (outcome == ZYN_OUTCOME_CLOSED)
		return -1;
	CHECK_EQ(outcome, ZYN_OUTCOME_DONE);
	return (int64_t)value_check(values_small, &value);
}

static void test_a_second_value_is_refused(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynOneshot *oneshot = zyn_oneshot_new(rt, &type_counted);
	Large value;
	CHECK_EQ(zyn_oneshot_try_recv(oneshot, &value), ZYN_OUTCOME_EMPTY);
	CHECK_EQ(send(oneshot, 1), ZYN_OUTCOME_DONE);
	CHECK_EQ(send(oneshot, 2), ZYN_OUTCOME_CLOSED);
	CHECK_EQ(zyn_oneshot_try_recv(oneshot, &value), ZYN_OUTCOME_DONE);
	CHECK_EQ(value_check(values_small, &value), 1);
	CHECK_EQ(zyn_oneshot_try_recv(oneshot, &value), ZYN_OUTCOME_CLOSED);
	zyn_object_release(oneshot);
	runtime_end(rt);
	values_all_gone();
}

static void test_the_first_waiter_gets_it_and_the_others_learn(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynOneshot *oneshot = zyn_oneshot_new(rt, &type_counted);
	Actor a, b;
	actor_init(&a, rt);
	actor_init(&b, rt);
	CHECK(!recv_begin(&a, oneshot));
	CHECK(!recv_begin(&b, oneshot));
	CHECK_EQ(send(oneshot, 9), ZYN_OUTCOME_DONE);
	CHECK(zyn_oneshot_recv_poll(&a.leaf, &a.cx) != 0);
	CHECK_EQ(recv_value(&a), 9);
	CHECK(actor_was_woken(&b));
	CHECK(zyn_oneshot_recv_poll(&b.leaf, &b.cx) != 0);
	CHECK_EQ(recv_value(&b), -1);
	zyn_object_release(oneshot);
	runtime_end(rt);
	values_all_gone();
}

static void test_a_sender_that_goes_without_sending_closes(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynOneshot *oneshot = zyn_oneshot_new(rt, &type_counted);
	void *sender = zyn_sender_new(oneshot), *receiver = zyn_receiver_new(oneshot);
	zyn_object_release(oneshot);
	Actor a;
	actor_init(&a, rt);
	CHECK(!recv_begin(&a, receiver));
	zyn_sender_release(sender);
	CHECK(actor_was_woken(&a));
	CHECK(zyn_oneshot_recv_poll(&a.leaf, &a.cx) != 0);
	CHECK_EQ(recv_value(&a), -1);
	zyn_receiver_release(receiver);
	runtime_end(rt);
}

static void test_a_receiver_that_goes_makes_sending_useless(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynOneshot *oneshot = zyn_oneshot_new(rt, &type_counted);
	void *sender = zyn_sender_new(oneshot), *receiver = zyn_receiver_new(oneshot);
	zyn_object_release(oneshot);
	zyn_receiver_release(receiver);
	CHECK_EQ(send(sender, 1), ZYN_OUTCOME_CLOSED);
	zyn_sender_release(sender);
	runtime_end(rt);
	values_all_gone();
}

static void test_a_cancelled_receive_leaves_the_value(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynOneshot *oneshot = zyn_oneshot_new(rt, &type_counted);
	Actor a;
	actor_init(&a, rt);
	CHECK(!recv_begin(&a, oneshot));
	CHECK_EQ(send(oneshot, 3), ZYN_OUTCOME_DONE);
	actor_cancel(&a, zyn_oneshot_recv_poll);
	CHECK(recv_begin(&a, oneshot));
	CHECK_EQ(recv_value(&a), 3);
	zyn_oneshot_close(oneshot);
	zyn_object_release(oneshot);
	runtime_end(rt);
	values_all_gone();
}

static void *sender_thread(void *data)
{
	send(data, 5);
	zyn_sender_release(data);
	return NULL;
}

static void test_from_another_thread(void)
{
	for (int round = 0; round < 200; round++) {
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		ZynOneshot *oneshot = zyn_oneshot_new(rt, &type_counted);
		void *sender = zyn_sender_new(oneshot);
		pthread_t thread;
		Actor a;
		actor_init(&a, rt);
		CHECK_EQ(pthread_create(&thread, NULL, sender_thread, sender), 0);
		bool ended = recv_begin(&a, oneshot);
		while (!ended) {
			actor_sleep(&a);
			ended = zyn_oneshot_recv_poll(&a.leaf, &a.cx) != 0;
		}
		CHECK_EQ(recv_value(&a), 5);
		zyn_object_release(oneshot);
		pthread_join(thread, NULL);
		runtime_end(rt);
	}
	values_all_gone();
}

static bool scenario(ZynRuntime *rt)
{
	ZynOneshot *oneshot = zyn_oneshot_new(rt, &type_counted);
	if (oneshot == NULL)
		return false;
	CHECK_EQ(send(oneshot, 1), ZYN_OUTCOME_DONE);
	zyn_object_release(oneshot);
	return true;
}

static void test_failing_allocations(void)
{
	fail_each_allocation(scenario);
	values_all_gone();
}

int main(void)
{
	RUN(test_a_second_value_is_refused);
	RUN(test_the_first_waiter_gets_it_and_the_others_learn);
	RUN(test_a_sender_that_goes_without_sending_closes);
	RUN(test_a_receiver_that_goes_makes_sending_useless);
	RUN(test_a_cancelled_receive_leaves_the_value);
	RUN(test_from_another_thread);
	RUN(test_failing_allocations);
	return 0;
}
