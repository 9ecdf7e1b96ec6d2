/* Select: the first to be ready, in order; the others are cancelled and lose nothing. */
#include "channel.h"
#include "combine.h"
#include "sync_support.h"

#define MS 1000000ull
#define WAYS_MAX 4

typedef struct Ways {
	uint64_t count;
	ZynPromise *promises[WAYS_MAX]; /* owned by the test */
} Ways;

static void select_init(ZynContext *cx, void *mem, void *arg)
{
	Ways *ways = arg;
	zyn_select_init(cx, mem, ways->promises, ways->count);
}

static const LeafOps select_ops = {select_init, zyn_select_poll, zyn_select_take, zyn_select_drop};

static void ways_release(Ways *ways)
{
	for (uint64_t i = 0; i < ways->count; i++)
		zyn_promise_release(ways->promises[i]);
}

static void test_the_first_to_be_ready_wins(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Ways ways = {3, {plain_ticker(rt, 2, 20), plain_ticker(rt, 3, 5), ticker_new(rt, 9, 10)}};
	ZynPromise *p = leaf_task_new(rt, &select_ops, &ways);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(outcome_of(p), 1);
	CHECK_EQ(result_of(p), 3);
	CHECK_EQ(zyn_rt_now_ns(rt), 15 * MS);
	CHECK_EQ(zyn_promise_status(ways.promises[0]), ZYN_CANCELLED);
	CHECK_EQ(zyn_promise_status(ways.promises[2]), ZYN_PENDING); /* a task that we hold */
	ways_release(&ways);
	zyn_promise_release(p);
	zyn_rt_turn(rt);
	runtime_end(rt);
}

/* Rule 1: biased, and what is behind the winner is not begun. */
static void test_the_first_in_order_wins_among_ready_ones(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Ways ways = {3, {plain_ticker(rt, 1, 5), plain_ticker(rt, 0, 0), plain_ticker(rt, 0, 0)}};
	ZynPromise *p = leaf_task_new(rt, &select_ops, &ways);
	CHECK_EQ(zyn_promise_poll(rt, p), ZYN_READY);
	CHECK_EQ(outcome_of(p), 1);
	CHECK_EQ(zyn_promise_polls(ways.promises[2]), 0);
	CHECK_EQ(zyn_rt_next_deadline(rt), -1);
	ways_release(&ways);
	zyn_promise_release(p);
	runtime_end(rt);
}

static void test_equal_deadlines_go_by_order(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Ways ways = {2, {plain_ticker(rt, 2, 10), plain_ticker(rt, 1, 20)}};
	ZynPromise *p = leaf_task_new(rt, &select_ops, &ways);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(outcome_of(p), 0);
	ways_release(&ways);
	zyn_promise_release(p);
	runtime_end(rt);
}

static void test_a_failure_can_win(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Ways ways = {2, {failer_new(rt, 5), plain_ticker(rt, 1, 10)}};
	ZynPromise *p = leaf_task_new(rt, &select_ops, &ways);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_FAILED);
	CHECK_EQ(zyn_promise_error(p)->code, ZYN_ERROR_DIVISION_BY_ZERO);
	CHECK_EQ(zyn_promise_status(ways.promises[1]), ZYN_CANCELLED);
	ways_release(&ways);
	zyn_promise_release(p);
	runtime_end(rt);
}

static void test_of_nothing_and_of_null(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Ways none = {0, {0}}, null = {1, {NULL}};
	ZynPromise *p = leaf_task_new(rt, &select_ops, &none);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_DEADLOCK);
	zyn_promise_release(p);
	p = leaf_task_new(rt, &select_ops, &null);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_FAILED);
	CHECK_EQ(zyn_promise_error(p)->code, ZYN_ERROR_NULL_VALUE);
	zyn_promise_release(p);
	zyn_rt_turn(rt);
	runtime_end(rt);
}

static void test_cancelled_in_each_state(void)
{
	for (int polls = 0; polls < 3; polls++) {
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		Ways ways = {2, {plain_ticker(rt, 5, 10), ticker_new(rt, 5, 10)}};
		ZynPromise *p = leaf_task_new(rt, &select_ops, &ways);
		for (int i = 0; i < polls; i++)
			CHECK_EQ(zyn_promise_poll(rt, p), ZYN_PENDING);
		ways_release(&ways);
		zyn_promise_cancel(p);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_CANCELLED);
		zyn_promise_release(p);
		zyn_rt_turn(rt);
		runtime_end(rt);
	}
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Actor a;
	actor_init(&a, rt);
	Ways ways = {2, {plain_ticker(rt, 5, 10), ticker_new(rt, 5, 10)}};
	zyn_select_init(&a.cx, &a.leaf, ways.promises, ways.count);
	zyn_select_drop(&a.leaf); /* never started */
	ways_release(&ways);
	runtime_end(rt);
}

/* --- with channels ---------------------------------------------------------------------------- */

static void recv_init(ZynContext *cx, void *mem, void *arg)
{
	zyn_channel_recv_init(cx, mem, arg);
}

static const LeafOps recv_ops = {recv_init, zyn_channel_recv_poll, zyn_channel_recv_take,
                                 zyn_channel_recv_drop};

/* As leaf_task_new, but no task. */
static ZynPromise *plain_recv(ZynRuntime *rt, ZynChannel *channel)
{
	ZynPromise *p = plain_ticker(rt, 0, 0);
	zyn_promise_release(p); /* only to have the runtime entered once before */
	ZynEntry entry;
	zyn__enter(&entry, rt);
	ZynTask *task = zyn__frame_make(rt, &leaf_task);
	zyn__leave(&entry);
	LeafTask *frame = zyn__task_machine(task);
	frame->ops = &recv_ops;
	frame->arg = channel;
	return zyn__task_promise(task);
}

/* Values come on two channels at random, a select takes them: every loser was a receive that waits
 * and may have been promised something, and none may lose it. */
static void test_a_losing_receive_loses_no_value(void)
{
	for (uint64_t seed = 1; seed <= 100; seed++) {
		Chance chance = {seed};
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		ZynChannel *channels[2];
		uint64_t sent[2] = {0}, received[2] = {0};
		for (int i = 0; i < 2; i++)
			channels[i] = zyn_channel_new(rt, 2, &type_i64);
		for (int round = 0; round < 60; round++) {
			Ways ways = {2, {plain_recv(rt, channels[0]), plain_recv(rt, channels[1])}};
			ZynPromise *p = leaf_task_new(rt, &select_ops, &ways);
			if (chance_below(&chance, 2) == 0)
				zyn_promise_poll(rt, p);
			do {
				uint32_t which = chance_below(&chance, 2);
				int64_t value = (int64_t)sent[which];
				int32_t outcome = zyn_channel_try_send(channels[which], &value);
				sent[which] += outcome == ZYN_OUTCOME_DONE;
			} while (chance_below(&chance, 3) == 0);
			CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
			int32_t winner = outcome_of(p);
			CHECK_EQ(result_of(p), received[winner]++);
			ways_release(&ways);
			zyn_promise_release(p);
		}
		for (int i = 0; i < 2; i++) {
			int64_t value;
			while (zyn_channel_try_recv(channels[i], &value) == ZYN_OUTCOME_DONE)
				CHECK_EQ(value, received[i]++);
			CHECK_EQ(received[i], sent[i]);
			zyn_object_release(channels[i]);
		}
		runtime_end(rt);
	}
}

static bool scenario(ZynRuntime *rt)
{
	Ways ways = {2, {ticker_new(rt, 2, 10), ticker_new(rt, 1, 30)}};
	bool has_both = ways.promises[0] != NULL && ways.promises[1] != NULL;
	ZynPromise *p = has_both ? leaf_task_new(rt, &select_ops, &ways) : NULL;
	int32_t status = p != NULL ? zyn_rt_block_on(rt, p, -1) : ZYN_FAILED;
	if (p != NULL && status == ZYN_FAILED)
		CHECK_EQ(zyn_promise_error(p)->code, ZYN_ERROR_OUT_OF_MEMORY);
	ways_release(&ways);
	zyn_promise_release(p);
	zyn_rt_run_until_idle(rt);
	return status == ZYN_READY;
}

static void test_failing_allocations(void)
{
	fail_each_allocation(scenario);
}

int main(void)
{
	RUN(test_the_first_to_be_ready_wins);
	RUN(test_the_first_in_order_wins_among_ready_ones);
	RUN(test_equal_deadlines_go_by_order);
	RUN(test_a_failure_can_win);
	RUN(test_of_nothing_and_of_null);
	RUN(test_cancelled_in_each_state);
	RUN(test_a_losing_receive_loses_no_value);
	RUN(test_failing_allocations);
	return 0;
}
