/* Channels: the rules of channel.h one by one, each with small values and with large ones. */
#include "channel_support.h"

/* --- one by one ------------------------------------------------------------------------------- */

static void test_bounded_is_first_in_first_out(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynChannel *channel = zyn_channel_new(rt, 3, values.type);
	uint64_t number = 0, expected = 0;
	CHECK_EQ(try_recv(channel), -1);
	for (int round = 0; round < 10; round++) { /* round the ring, at each fill */
		for (int i = 0; i < round % 4; i++)
			CHECK_EQ(try_send(channel, number++), DONE);
		CHECK_EQ(zyn_channel_len(channel), round % 4);
		if (round % 4 == 3)
			CHECK_EQ(try_send(channel, 999), ZYN_OUTCOME_FULL);
		for (int i = 0; i < round % 4; i++)
			CHECK_EQ(try_recv(channel), expected++);
		CHECK_EQ(try_recv(channel), -1);
	}
	end(rt, channel);
}

static void test_capacity_0_has_no_limit_and_gives_memory_back(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynChannel *channel = zyn_channel_new(rt, 0, values.type);
	uint64_t empty = zyn_rt_live_objects(rt);
	for (int round = 0; round < 3; round++) {
		for (uint64_t i = 0; i < 5000; i++)
			CHECK_EQ(try_send(channel, i), DONE);
		CHECK(zyn_rt_live_objects(rt) > empty + 5);
		for (uint64_t i = 0; i < 5000; i++)
			CHECK_EQ(try_recv(channel), i);
		CHECK(zyn_rt_live_objects(rt) <= empty + 2); /* the newest ring, and a spare */
	}
	for (uint64_t i = 0; i < 3000; i++) /* some left for the end to release */
		CHECK_EQ(try_send(channel, i), DONE);
	end(rt, channel);
}

static void test_a_large_bound_costs_nothing_until_it_is_used(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynChannel *channel = zyn_channel_new(rt, 20000, values.type);
	CHECK(zyn_rt_live_bytes(rt) < 10000);
	for (uint64_t i = 0; i < 20000; i++)
		CHECK_EQ(try_send(channel, i), DONE);
	CHECK_EQ(try_send(channel, 20001), ZYN_OUTCOME_FULL);
	for (uint64_t i = 0; i < 20000; i++)
		CHECK_EQ(try_recv(channel), i);
	end(rt, channel);
}

static void test_receivers_are_served_in_order_and_newcomers_wait(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynChannel *channel = zyn_channel_new(rt, 4, values.type);
	Actor a[3];
	actors_init(a, 3, rt);
	for (int i = 0; i < 3; i++)
		CHECK(!recv_begin(&a[i], channel));
	CHECK_EQ(try_send(channel, 1), DONE);
	CHECK(actor_was_woken(&a[0]));
	CHECK(!actor_was_woken(&a[1]));
	CHECK_EQ(try_recv(channel), -1); /* it is promised */
	CHECK_EQ(try_send(channel, 2), DONE);
	CHECK(actor_was_woken(&a[1]));
	CHECK(recv_poll(&a[1])); /* whoever comes first takes the oldest */
	CHECK_EQ(recv_value(&a[1]), 1);
	CHECK(recv_poll(&a[0]));
	CHECK_EQ(recv_value(&a[0]), 2);
	CHECK(!recv_poll(&a[2])); /* a wake that nobody asked for */
	CHECK_EQ(try_send(channel, 3), DONE);
	CHECK(actor_was_woken(&a[2]));
	CHECK(recv_poll(&a[2]));
	CHECK_EQ(recv_value(&a[2]), 3);
	end(rt, channel);
}

static void test_senders_are_served_in_order_and_newcomers_wait(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynChannel *channel = zyn_channel_new(rt, 1, values.type);
	Actor a[3];
	actors_init(a, 3, rt);
	CHECK_EQ(try_send(channel, 0), DONE);
	for (uint64_t i = 0; i < 3; i++)
		CHECK(!send_begin(&a[i], channel, i + 1));
	for (int64_t i = 0; i < 3; i++) {
		CHECK_EQ(try_recv(channel), i);
		CHECK(actor_was_woken(&a[i]));
		CHECK_EQ(try_send(channel, 99), ZYN_OUTCOME_FULL); /* the place is promised */
		CHECK_EQ(try_recv(channel), -1);
		CHECK(send_poll(&a[i]));
		CHECK_EQ(send_outcome(&a[i]), DONE);
	}
	CHECK_EQ(try_recv(channel), 3);
	end(rt, channel);
}

static void test_close_lets_receivers_have_what_is_queued(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynChannel *channel = zyn_channel_new(rt, 2, values.type);
	Actor a[3];
	actors_init(a, 3, rt);
	CHECK_EQ(try_send(channel, 0), DONE);
	CHECK_EQ(try_send(channel, 1), DONE);
	CHECK(!send_begin(&a[0], channel, 2));
	CHECK(!send_begin(&a[1], channel, 3));
	CHECK_EQ(try_recv(channel), 0); /* a place for the first of them .. */
	zyn_channel_close(channel);     /* .. which comes too late */
	for (int i = 0; i < 2; i++) {
		CHECK(actor_was_woken(&a[i]));
		CHECK(send_poll(&a[i]));
		CHECK_EQ(send_outcome(&a[i]), CLOSED);
	}
	CHECK(send_begin(&a[0], channel, 4));
	CHECK_EQ(send_outcome(&a[0]), CLOSED);
	CHECK_EQ(try_send(channel, 5), CLOSED);
	CHECK(recv_begin(&a[2], channel));
	CHECK_EQ(recv_value(&a[2]), 1);
	CHECK(recv_begin(&a[2], channel));
	CHECK_EQ(recv_value(&a[2]), -2);
	CHECK_EQ(try_recv(channel), -2);
	end(rt, channel);
}

static void test_close_refuses_only_receivers_without_a_promise(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynChannel *channel = zyn_channel_new(rt, 2, values.type);
	Actor a[2];
	actors_init(a, 2, rt);
	CHECK(!recv_begin(&a[0], channel));
	CHECK(!recv_begin(&a[1], channel));
	CHECK_EQ(try_send(channel, 7), DONE);
	zyn_channel_close(channel);
	zyn_channel_close(channel);     /* again: nothing */
	CHECK(!actor_was_woken(&a[1])); /* the first may give up what it was promised */
	CHECK(recv_poll(&a[0]));
	CHECK_EQ(recv_value(&a[0]), 7);
	CHECK(actor_was_woken(&a[1]));
	CHECK(recv_poll(&a[1]));
	CHECK_EQ(recv_value(&a[1]), -2);
	end(rt, channel);
}

static void test_close_loses_no_value_when_a_promise_is_given_up(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynChannel *channel = zyn_channel_new(rt, 2, values.type);
	Actor a[3];
	actors_init(a, 3, rt);
	CHECK(!recv_begin(&a[0], channel));
	CHECK(!recv_begin(&a[1], channel));
	CHECK_EQ(try_send(channel, 7), DONE);
	zyn_channel_close(channel);
	CHECK(!recv_begin(&a[2], channel)); /* who comes now waits for the same */
	actor_cancel(&a[0], zyn_channel_recv_poll);
	CHECK(actor_was_woken(&a[1]));
	CHECK(recv_poll(&a[1]));
	CHECK_EQ(recv_value(&a[1]), 7);
	CHECK(recv_poll(&a[2]));
	CHECK_EQ(recv_value(&a[2]), -2);
	end(rt, channel);
}

static void test_the_last_sender_closes(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynChannel *channel = zyn_channel_new(rt, 2, values.type);
	void *first = zyn_sender_new(channel), *second = zyn_sender_new(channel);
	zyn_sender_retain(first);
	Actor a;
	actor_init(&a, rt);
	zyn_sender_release(first);
	zyn_sender_release_slot(&first);
	CHECK(!recv_begin(&a, channel));
	CHECK_EQ(try_send(second, 4), DONE);
	zyn_sender_release(second);
	CHECK(recv_poll(&a));
	CHECK_EQ(recv_value(&a), 4);
	CHECK_EQ(try_recv(channel), -2);
	end(rt, channel);
}

static void test_the_last_receiver_closes_and_drops_what_is_queued(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynChannel *channel = zyn_channel_new(rt, 0, values.type);
	void *receiver = zyn_receiver_new(channel);
	for (uint64_t i = 0; i < 2000; i++)
		CHECK_EQ(try_send(channel, i), DONE);
	zyn_receiver_release(receiver);
	values_all_gone();
	CHECK_EQ(try_send(channel, 1), CLOSED);
	CHECK_EQ(try_recv(channel), -2);
	end(rt, channel);
}

/* A channel that is queued in itself goes when nobody can receive from it. */
static void test_a_sender_queued_in_its_own_channel_is_no_leak(void)
{
	static const ZynTypeInfo type_sender = {.size = 8,
	                                        .align = 8,
	                                        .retain = zyn_sender_retain_slot,
	                                        .release = zyn_sender_release_slot};
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynChannel *channel = zyn_channel_new(rt, 4, &type_sender);
	void *receiver = zyn_receiver_new(channel), *sender = zyn_sender_new(channel);
	zyn_object_release(channel);
	CHECK_EQ(zyn_channel_try_send(sender, &sender), DONE);
	zyn_sender_release(sender);
	zyn_receiver_release(receiver);
	runtime_end(rt);
}

static void test_a_long_chain_of_channels_is_freed_in_little_stack(void)
{
	static const ZynTypeInfo type_channel = {.size = 8,
	                                         .align = 8,
	                                         .retain = zyn_object_retain_slot,
	                                         .release = zyn_object_release_slot};
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynChannel *first = zyn_channel_new(rt, 1, &type_channel), *last = first;
	for (int i = 0; i < 300000; i++) {
		ZynChannel *next = zyn_channel_new(rt, 1, &type_channel);
		CHECK_EQ(zyn_channel_try_send(last, &next), DONE);
		zyn_object_release(next);
		last = next;
	}
	zyn_object_release(first);
	runtime_end(rt);
}

/* Rule 4 of object.h. */
static void test_waiting_without_handles_ends(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynChannel *channel = zyn_channel_new(rt, 1, values.type);
	Actor a[2];
	actors_init(a, 2, rt);
	CHECK(!recv_begin(&a[0], channel));
	CHECK(!recv_begin(&a[1], channel));
	zyn_object_release(channel);
	CHECK(actor_was_woken(&a[0]));
	CHECK(recv_poll(&a[0]));
	CHECK_EQ(recv_value(&a[0]), -2);
	actor_cancel(&a[1], zyn_channel_recv_poll); /* frees the channel */
	runtime_end(rt);
	values_all_gone();
}

static void test_a_cancelled_receive_passes_its_promise_on(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynChannel *channel = zyn_channel_new(rt, 4, values.type);
	Actor a[3];
	actors_init(a, 3, rt);
	for (int i = 0; i < 3; i++)
		CHECK(!recv_begin(&a[i], channel));
	actor_cancel(&a[1], zyn_channel_recv_poll); /* in the middle of the queue */
	CHECK_EQ(try_send(channel, 1), DONE);
	CHECK(actor_was_woken(&a[0]));
	actor_cancel(&a[0], zyn_channel_recv_poll);
	CHECK(actor_was_woken(&a[2]));
	CHECK(recv_poll(&a[2]));
	CHECK_EQ(recv_value(&a[2]), 1);
	CHECK(!recv_begin(&a[0], channel)); /* nobody else waits: it is anybody's */
	CHECK_EQ(try_send(channel, 2), DONE);
	actor_cancel(&a[0], zyn_channel_recv_poll);
	CHECK_EQ(try_recv(channel), 2);
	end(rt, channel);
}

static void test_a_cancelled_send_did_not_send(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynChannel *channel = zyn_channel_new(rt, 1, values.type);
	Actor a[2];
	actors_init(a, 2, rt);
	CHECK_EQ(try_send(channel, 0), DONE);
	CHECK(!send_begin(&a[0], channel, 1));
	CHECK(!send_begin(&a[1], channel, 2));
	CHECK_EQ(try_recv(channel), 0);
	CHECK(actor_was_woken(&a[0]));
	actor_cancel(&a[0], zyn_channel_send_poll); /* promised, and passed on */
	CHECK(actor_was_woken(&a[1]));
	CHECK(send_poll(&a[1]));
	CHECK_EQ(send_outcome(&a[1]), DONE);
	CHECK_EQ(try_recv(channel), 2);
	end(rt, channel);
}

static void test_begun_in_a_cancelled_poll_does_nothing(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynChannel *channel = zyn_channel_new(rt, 2, values.type);
	Actor a;
	actor_init(&a, rt);
	CHECK_EQ(try_send(channel, 1), DONE);
	atomic_store(&a.cx.attention, ZYN_ATTENTION_CANCEL);
	zyn_channel_recv_init(&a.cx, &a.leaf, channel);
	actor_cancel(&a, zyn_channel_recv_poll);
	Large value = value_make(2);
	atomic_store(&a.cx.attention, ZYN_ATTENTION_CANCEL);
	zyn_channel_send_init(&a.cx, &a.leaf, channel, &value);
	actor_cancel(&a, zyn_channel_send_poll);
	value_give_up(&value);
	CHECK_EQ(zyn_channel_len(channel), 1);
	CHECK_EQ(try_recv(channel), 1);
	end(rt, channel);
}

static void test_a_leaf_may_be_dropped_in_each_state(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynChannel *channel = zyn_channel_new(rt, 1, values.type);
	Actor a, b;
	actor_init(&a, rt);
	actor_init(&b, rt);
	zyn_channel_recv_init(&a.cx, &a.leaf, channel); /* never polled */
	CHECK_EQ(try_send(channel, 1), DONE);
	CHECK(!send_begin(&b, channel, 2));
	zyn_channel_recv_drop(&a.leaf); /* promised, never polled */
	CHECK_EQ(try_recv(channel), 1);
	zyn_channel_send_drop(&b.leaf);
	CHECK_EQ(try_recv(channel), -1);
	CHECK_EQ(try_send(channel, 3), DONE);
	CHECK(recv_begin(&a, channel));
	zyn_channel_recv_drop(&a.leaf); /* received, never taken: a large one stays */
	CHECK_EQ(try_recv(channel), values.large ? 3 : -1);
	end(rt, channel);
}

static void test_null_is_a_failure(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Actor a;
	actor_init(&a, rt);
	CHECK(recv_begin(&a, NULL));
	CHECK_EQ(actor_failure(&a), ZYN_ERROR_NULL_VALUE);
	CHECK(send_begin(&a, NULL, 1));
	CHECK_EQ(actor_failure(&a), ZYN_ERROR_NULL_VALUE);
	zyn_object_retain(NULL);
	zyn_object_release(NULL);
	zyn_sender_release(NULL);
	zyn_receiver_release(NULL);
	runtime_end(rt);
}

static void test_receive_many_takes_in_order_and_wakes_all(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynChannel *channel = zyn_channel_new(rt, 4, &type_i64);
	Actor a[2];
	actors_init(a, 2, rt);
	for (int64_t i = 0; i < 4; i++)
		CHECK_EQ(zyn_channel_try_send(channel, &i), DONE);
	for (int64_t i = 0; i < 2; i++) {
		int64_t value = 4 + i;
		zyn_channel_send_init(&a[i].cx, &a[i].leaf, channel, &value);
		CHECK_EQ(zyn_channel_send_poll(&a[i].leaf, &a[i].cx), 0);
	}
	int64_t out[8] = {0};
	CHECK_EQ(zyn_channel_try_recv_many(channel, out, 3), 3);
	CHECK_EQ(out[2], 2);
	for (int i = 0; i < 2; i++) {
		CHECK(actor_was_woken(&a[i]));
		CHECK(send_poll(&a[i]));
		CHECK_EQ(send_outcome(&a[i]), DONE);
	}
	CHECK_EQ(zyn_channel_try_recv_many(channel, out, 8), 3);
	CHECK_EQ(out[0], 3);
	CHECK_EQ(out[2], 5);
	end(rt, channel);
}

/* --- in tasks --------------------------------------------------------------------------------- */

static void recv_for_init(ZynContext *cx, void *mem, void *arg)
{
	zyn_channel_recv_for_init(cx, mem, arg, 50);
}

static const LeafOps recv_for = {recv_for_init, zyn_channel_recv_for_poll,
                                 zyn_channel_recv_for_take, zyn_channel_recv_for_drop};

static void recv_init(ZynContext *cx, void *mem, void *arg)
{
	zyn_channel_recv_init(cx, mem, arg);
}

static const LeafOps recv = {recv_init, zyn_channel_recv_poll, zyn_channel_recv_take,
                             zyn_channel_recv_drop};

static void test_receive_with_a_time_limit(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynChannel *channel = zyn_channel_new(rt, 1, values.type);
	ZynPromise *p = leaf_task_new(rt, &recv_for, channel);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(outcome_of(p), ZYN_OUTCOME_TIMEOUT);
	CHECK_EQ(zyn_rt_now_ns(rt), 50000000);
	zyn_promise_release(p);

	p = leaf_task_new(rt, &recv_for, channel);
	CHECK_EQ(zyn_promise_poll(rt, p), ZYN_PENDING);
	CHECK_EQ(try_send(channel, 5), DONE);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(outcome_of(p), DONE);
	CHECK_EQ(value_check(values, &((LeafTask *)p->state_machine)->value), 5);
	CHECK_EQ(zyn_rt_next_deadline(rt), -1); /* the timer went with it */
	zyn_promise_release(p);

	p = leaf_task_new(rt, &recv_for, channel);
	CHECK_EQ(zyn_promise_poll(rt, p), ZYN_PENDING);
	zyn_promise_cancel(p);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_CANCELLED);
	CHECK_EQ(zyn_rt_next_deadline(rt), -1);
	zyn_promise_release(p);
	end(rt, channel);
}

static void test_waiting_for_nobody_is_a_deadlock(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynChannel *channel = zyn_channel_new(rt, 1, values.type);
	ZynPromise *p = leaf_task_new(rt, &recv, channel);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_DEADLOCK);
	CHECK_EQ(try_send(channel, 1), DONE); /* the host may help */
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(value_check(values, &((LeafTask *)p->state_machine)->value), 1);
	zyn_promise_release(p);
	end(rt, channel);
}

static void test_a_runtime_may_be_freed_before_its_channel(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynChannel *channel = zyn_channel_new(rt, 1, values.type);
	ZynPromise *p = leaf_task_new(rt, &recv, channel);
	CHECK_EQ(zyn_promise_poll(rt, p), ZYN_PENDING);
	zyn_rt_free(rt);
	CHECK_EQ(zyn_promise_status(p), ZYN_CANCELLED);
	zyn_promise_release(p);
	CHECK_EQ(try_send(channel, 1), DONE);
	CHECK_EQ(try_recv(channel), 1);
	zyn_object_release(channel); /* and the runtime with it */
	values_all_gone();
}

static void run_all(Values these)
{
	values = these;
	RUN(test_bounded_is_first_in_first_out);
	RUN(test_capacity_0_has_no_limit_and_gives_memory_back);
	RUN(test_a_large_bound_costs_nothing_until_it_is_used);
	RUN(test_receivers_are_served_in_order_and_newcomers_wait);
	RUN(test_senders_are_served_in_order_and_newcomers_wait);
	RUN(test_close_lets_receivers_have_what_is_queued);
	RUN(test_close_refuses_only_receivers_without_a_promise);
	RUN(test_close_loses_no_value_when_a_promise_is_given_up);
	RUN(test_the_last_sender_closes);
	RUN(test_the_last_receiver_closes_and_drops_what_is_queued);
	RUN(test_waiting_without_handles_ends);
	RUN(test_a_cancelled_receive_passes_its_promise_on);
	RUN(test_a_cancelled_send_did_not_send);
	RUN(test_begun_in_a_cancelled_poll_does_nothing);
	RUN(test_a_leaf_may_be_dropped_in_each_state);
	RUN(test_null_is_a_failure);
	RUN(test_receive_with_a_time_limit);
	RUN(test_waiting_for_nobody_is_a_deadlock);
	RUN(test_a_runtime_may_be_freed_before_its_channel);
}

int main(void)
{
	run_all(values_small);
	run_all(values_large);
	RUN(test_receive_many_takes_in_order_and_wakes_all);
	RUN(test_a_sender_queued_in_its_own_channel_is_no_leak);
	RUN(test_a_long_chain_of_channels_is_freed_in_little_stack);
	return 0;
}
