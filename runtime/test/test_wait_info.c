/* What a debugger is told about a parked leaf: of each kind the numbers that matter. */
#include "channel.h"
#include "combine.h"
#include "sync_support.h"

#define MS 1000000ull

static void describe(uint32_t leaf, const void *mem, ZynWaitInfo *info)
{
	memset(info, 0xAA, sizeof *info);
	CHECK_EQ(zyn_dbg_wait(leaf, mem, info), 1);
}

static void test_a_channel_tells_its_fill_ends_and_queues(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynChannel *channel = zyn_channel_new(rt, 2, &type_i64);
	void *sender = zyn_sender_new(channel), *receiver = zyn_receiver_new(channel);
	zyn_receiver_retain(receiver);
	Actor a, b;
	actor_init(&a, rt);
	actor_init(&b, rt);
	int64_t value = 1;
	CHECK_EQ(zyn_channel_try_send(channel, &value), ZYN_OUTCOME_DONE);
	CHECK_EQ(zyn_channel_try_send(channel, &value), ZYN_OUTCOME_DONE);
	zyn_channel_send_init(&a.cx, &a.leaf, sender, &value);
	zyn_channel_send_init(&b.cx, &b.leaf, sender, &value);
	ZynWaitInfo info;
	describe(ZYN_LEAF_channel_send, &b.leaf, &info);
	CHECK_EQ(info.kind, ZYN_OBJECT_CHANNEL);
	CHECK_EQ(info.object, zyn_object_id(channel));
	CHECK_EQ(info.fill, 2);
	CHECK_EQ(info.capacity, 2);
	CHECK_EQ(info.senders, 1);
	CHECK_EQ(info.receivers, 2);
	CHECK_EQ(info.closed, 0);
	CHECK_EQ(info.waiting, 0);
	CHECK_EQ(info.waiting_senders, 2);
	CHECK_EQ(info.ahead, 1);
	CHECK_EQ(info.task, 0);
	CHECK_EQ(info.deadline_ns, 0);
	zyn_channel_send_drop(&a.leaf);
	describe(ZYN_LEAF_channel_send, &b.leaf, &info);
	CHECK_EQ(info.ahead, 0);
	zyn_channel_send_drop(&b.leaf);
	describe(ZYN_LEAF_channel_send, &b.leaf, &info); /* it waits no more */
	CHECK_EQ(info.kind, 0);
	zyn_sender_release(sender);
	zyn_receiver_release(receiver);
	zyn_receiver_release(receiver);
	zyn_object_release(channel);
	runtime_end(rt);
}

static void recv_for_init(ZynContext *cx, void *mem, void *arg)
{
	zyn_channel_recv_for_init(cx, mem, arg, 70);
}

static void timeout_init(ZynContext *cx, void *mem, void *arg)
{
	zyn_timeout_init(cx, mem, arg, 30);
}

static const LeafOps recv_for = {recv_for_init, zyn_channel_recv_for_poll,
                                 zyn_channel_recv_for_take, zyn_channel_recv_for_drop};
static const LeafOps timeout = {timeout_init, zyn_timeout_poll, zyn_timeout_take, zyn_timeout_drop};

static void test_time_limits_and_tasks(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynChannel *channel = zyn_channel_new(rt, 0, &type_i64);
	ZynPromise *child = ticker_new(rt, 10, 10);
	zyn_promise_spawn(rt, child);
	ZynPromise *p = leaf_task_new(rt, &recv_for, channel);
	ZynPromise *q = leaf_task_new(rt, &timeout, child);
	CHECK_EQ(zyn_promise_poll(rt, p), ZYN_PENDING);
	CHECK_EQ(zyn_promise_poll(rt, q), ZYN_PENDING);
	uint64_t now_ns = zyn_rt_now_ns(rt);
	CHECK_EQ(now_ns, 0);
	ZynWaitInfo info;
	describe(ZYN_LEAF_channel_recv_for, &((LeafTask *)p->state_machine)->leaf, &info);
	CHECK_EQ(info.deadline_ns, 70 * MS);
	CHECK_EQ(info.kind, ZYN_OBJECT_CHANNEL);
	CHECK_EQ(info.capacity, 0); /* no limit */
	CHECK_EQ(info.waiting, 1);
	describe(ZYN_LEAF_timeout, &((LeafTask *)q->state_machine)->leaf, &info);
	CHECK_EQ(info.deadline_ns, 30 * MS);
	CHECK_EQ(info.task, zyn_promise_task_id(child));
	CHECK_EQ(info.kind, 0);
	CHECK_EQ(zyn_rt_block_on(rt, q, -1), ZYN_FAILED);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	zyn_promise_release(p);
	zyn_promise_release(q);
	zyn_promise_release(child);
	zyn_object_release(channel);
	runtime_end(rt);
}

static void test_other_leaves_say_that_nothing_is_known(void)
{
	uint64_t frame[32] = {0};
	ZynWaitInfo info;
	memset(&info, 0xAA, sizeof info);
	CHECK_EQ(zyn_dbg_wait(ZYN_LEAF_pending, frame, &info), 0);
	CHECK_EQ(info.kind, 0);
	CHECK_EQ(info.object, 0);
	CHECK_EQ(zyn_dbg_wait(100000, frame, &info), 0);
	describe(ZYN_LEAF_delay, frame, &info); /* never started */
	CHECK_EQ(info.deadline_ns, 0);
	describe(ZYN_LEAF_await_promise, frame, &info);
	CHECK_EQ(info.task, 0);
}

static void test_a_wait_of_a_task_that_moved_on_is_not_told(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynChannel *channel = zyn_channel_new(rt, 0, &type_i64);
	ZynPromise *p = leaf_task_new(rt, &recv_for, channel);
	CHECK_EQ(zyn_promise_poll(rt, p), ZYN_PENDING);
	uint64_t task = zyn_promise_task_id(p);
	uint64_t polls = zyn_promise_polls(p);
	const void *leaf = &((LeafTask *)p->state_machine)->leaf;
	ZynWaitInfo info;
	uint32_t kind = ZYN_LEAF_channel_recv_for;
	CHECK_EQ(zyn_dbg_task_wait(rt, task, polls, kind, leaf, &info), 1);
	CHECK_EQ(info.deadline_ns, 70 * MS);
	CHECK_EQ(info.object, zyn_object_id(channel));
	CHECK_EQ(zyn_dbg_task_wait(rt, task, polls + 1, kind, leaf, &info), 0);
	CHECK_EQ(zyn_dbg_task_wait(rt, task + 1, polls, kind, leaf, &info), 0);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(zyn_dbg_task_wait(rt, task, zyn_promise_polls(p), kind, leaf, &info), 0);
	zyn_promise_release(p);
	zyn_object_release(channel);
	runtime_end(rt);
}

int main(void)
{
	RUN(test_a_wait_of_a_task_that_moved_on_is_not_told);
	RUN(test_a_channel_tells_its_fill_ends_and_queues);
	RUN(test_time_limits_and_tasks);
	RUN(test_other_leaves_say_that_nothing_is_known);
	return 0;
}
