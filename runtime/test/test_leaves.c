/* Every leaf future: how it ends, how it is cancelled in each of its states, and that nothing is
 * left behind. */
#include "support.h"

#define MS 1000000ull

static void test_delay_of_nothing_is_ready_at_once(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	int64_t none[] = {0, -1, INT64_MIN};
	for (int i = 0; i < 3; i++) {
		ZynPromise *p = waiter_new(rt, WAIT_DELAY, none[i], 0, NULL);
		CHECK_EQ(zyn_promise_poll(rt, p), ZYN_READY);
		CHECK_EQ(zyn_promise_polls(p), 1);
		zyn_promise_release(p);
	}
	CHECK_EQ(zyn_rt_now_ns(rt), 0);
	runtime_end(rt);
}

static void test_delay_for_ever_can_be_cancelled(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	ZynPromise *p = waiter_new(rt, WAIT_DELAY, INT64_MAX, 0, NULL);
	CHECK_EQ(zyn_promise_poll(rt, p), ZYN_PENDING);
	CHECK(zyn_rt_next_deadline(rt) > 0);
	zyn_promise_cancel(p);
	CHECK_EQ(zyn_promise_poll(rt, p), ZYN_CANCELLED);
	CHECK_EQ(zyn_rt_next_deadline(rt), -1);
	zyn_promise_release(p);
	runtime_end(rt);
}

static void test_equal_deadlines_fire_in_order(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *p[5];
	for (int i = 0; i < 5; i++) {
		p[i] = ticker_new(rt, 1, 300);
		zyn_promise_spawn(rt, p[i]);
	}
	ZynPromise *race[2] = {p[3], p[1]};
	zyn_promise_retain(p[3]);
	zyn_promise_retain(p[1]);
	ZynPromise *w = waiter_new(rt, WAIT_RACE, 0, 2, race);
	CHECK_EQ(zyn_rt_block_on(rt, w, -1), ZYN_READY);
	for (int i = 0; i < 5; i++) {
		CHECK_EQ(zyn_promise_status(p[i]), ZYN_READY);
		zyn_promise_release(p[i]);
	}
	zyn_promise_release(w);
	CHECK_EQ(zyn_rt_now_ns(rt), 300 * MS);
	runtime_end(rt);
}

static void test_yield_takes_one_turn(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *p = waiter_new(rt, WAIT_YIELD, 0, 0, NULL);
	zyn_promise_spawn(rt, p);
	CHECK_EQ(zyn_rt_turn(rt), 1);
	CHECK_EQ(zyn_promise_status(p), ZYN_PENDING);
	CHECK_EQ(zyn_rt_next_deadline(rt), 0);
	CHECK_EQ(zyn_rt_turn(rt), 1);
	CHECK_EQ(zyn_promise_status(p), ZYN_READY);
	CHECK_EQ(zyn_rt_turn(rt), 0);
	zyn_promise_release(p);
	runtime_end(rt);
}

static void test_pending_is_a_deadlock(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	ZynPromise *p = waiter_new(rt, WAIT_PENDING, 0, 0, NULL);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_DEADLOCK);
	CHECK_EQ(zyn_promise_status(p), ZYN_PENDING);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_DEADLOCK);
	zyn_promise_cancel(p);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_CANCELLED);
	zyn_promise_release(p);
	runtime_end(rt);
}

static void test_await_in_place_makes_no_task(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *child = plain_ticker(rt, 3, 10);
	zyn_promise_retain(child);
	ZynPromise *w = waiter_new(rt, WAIT_AWAIT, 0, 1, &child);
	CHECK_EQ(zyn_rt_block_on(rt, w, -1), ZYN_READY);
	CHECK_EQ(result_of(w), 3);
	CHECK_EQ(zyn_promise_polls(child), 4);
	CHECK_EQ(zyn_promise_task_id(child), 0);
	CHECK_EQ(zyn_promise_task_id(w), 1);
	CHECK_EQ(result_of(child), 3);
	zyn_promise_release(child);
	zyn_promise_release(w);
	runtime_end(rt);
}

static void test_second_await_makes_a_task(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *child = plain_ticker(rt, 3, 10);
	zyn_promise_retain(child);
	ZynPromise *a = waiter_new(rt, WAIT_AWAIT, 0, 1, &child);
	ZynPromise *b = waiter_new(rt, WAIT_AWAIT, 0, 1, &child);
	CHECK_EQ(zyn_promise_poll(rt, a), ZYN_PENDING);
	CHECK_EQ(zyn_promise_task_id(child), 0);
	CHECK_EQ(zyn_promise_poll(rt, b), ZYN_PENDING);
	CHECK_EQ(zyn_promise_task_id(child), 3);
	CHECK_EQ(zyn_rt_block_on(rt, a, -1), ZYN_READY);
	CHECK_EQ(zyn_rt_block_on(rt, b, -1), ZYN_READY);
	CHECK_EQ(result_of(a), 3);
	CHECK_EQ(result_of(b), 3);
	CHECK_EQ(zyn_rt_now_ns(rt), 30 * MS);
	zyn_promise_release(a);
	zyn_promise_release(b);
	runtime_end(rt);
}

static void test_await_of_a_failure_fails_with_its_error(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *child = failer_new(rt, 5);
	ZynPromise *w = waiter_new(rt, WAIT_AWAIT, 0, 1, &child);
	CHECK_EQ(zyn_rt_block_on(rt, w, -1), ZYN_FAILED);
	ZynError *error = zyn_promise_error(w);
	CHECK_EQ(error->code, ZYN_ERROR_DIVISION_BY_ZERO);
	CHECK_EQ(error->line, 17);
	CHECK_EQ(error->side_table, 9);
	CHECK(strcmp(error->message, "division of 5 by zero") == 0);
	CHECK_EQ(zyn_promise_poll(rt, w), ZYN_FAILED);
	CHECK(zyn_promise_error(w) == error);
	zyn_promise_release(w);
	runtime_end(rt);
}

static void test_await_of_null_and_of_itself(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *null = NULL;
	ZynPromise *w = waiter_new(rt, WAIT_AWAIT, 0, 1, &null);
	CHECK_EQ(zyn_rt_block_on(rt, w, -1), ZYN_FAILED);
	CHECK_EQ(zyn_promise_error(w)->code, ZYN_ERROR_NULL_VALUE);
	zyn_promise_release(w);
	w = waiter_new(rt, WAIT_AWAIT, 0, 1, &null);
	zyn_promise_retain(w);
	((Waiter *)w->state_machine)->promises[0] = w;
	CHECK_EQ(zyn_rt_block_on(rt, w, -1), ZYN_DEADLOCK);
	zyn_promise_cancel(w);
	CHECK_EQ(zyn_rt_block_on(rt, w, -1), ZYN_CANCELLED);
	zyn_promise_release(w);
	runtime_end(rt);
}

static void test_running_machine_cannot_be_polled(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynEntry entry;
	zyn__enter(&entry, rt);
	ZynTask *inner = zyn__frame_make(rt, &waiter); /* plain, and awaits itself in place */
	zyn__leave(&entry);
	ZynPromise *p = zyn__task_promise(inner);
	Waiter *w = p->state_machine;
	w->kind = WAIT_AWAIT;
	w->count = 1;
	w->promises[0] = p;
	zyn_promise_retain(p);
	ZynPromise *outer = waiter_new(rt, WAIT_AWAIT, 0, 1, &p);
	CHECK_EQ(zyn_rt_block_on(rt, outer, -1), ZYN_FAILED);
	CHECK_EQ(zyn_promise_error(outer)->code, ZYN_ERROR_BUSY);
	zyn_promise_release(outer);
	runtime_end(rt);
}

static void test_join_gives_all_in_order(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *p[3] = {ticker_new(rt, 3, 10), plain_ticker(rt, 1, 100), ticker_new(rt, 5, 1)};
	ZynPromise *w = waiter_new(rt, WAIT_JOIN, 0, 3, p);
	CHECK_EQ(zyn_rt_block_on(rt, w, -1), ZYN_READY);
	CHECK_EQ(result_of(w), 9);
	CHECK_EQ(zyn_promise_polls(w), 2);
	CHECK_EQ(zyn_rt_now_ns(rt), 100 * MS);
	zyn_promise_release(w);
	runtime_end(rt);
}

static void test_join_fails_at_once_and_cancels_the_rest(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *held = ticker_new(rt, 1, 1000);
	zyn_promise_retain(held);
	ZynPromise *p[3] = {ticker_new(rt, 3, 1000), failer_new(rt, 5), held};
	ZynPromise *w = waiter_new(rt, WAIT_JOIN, 0, 3, p);
	CHECK_EQ(zyn_rt_block_on(rt, w, -1), ZYN_FAILED);
	CHECK_EQ(zyn_promise_error(w)->code, ZYN_ERROR_DIVISION_BY_ZERO);
	CHECK_EQ(zyn_rt_now_ns(rt), 5 * MS);
	zyn_promise_release(w);
	CHECK_EQ(zyn_promise_status(held), ZYN_PENDING);
	CHECK_EQ(zyn_rt_block_on(rt, held, -1), ZYN_READY);
	zyn_promise_release(held);
	runtime_end(rt);
}

static void test_race_lowest_index_of_one_round(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *p[3] = {ticker_new(rt, 2, 10), ticker_new(rt, 1, 20), ticker_new(rt, 4, 5)};
	ZynPromise *w = waiter_new(rt, WAIT_RACE, 0, 3, p);
	CHECK_EQ(zyn_rt_block_on(rt, w, -1), ZYN_READY);
	CHECK_EQ(result_of(w), 2);
	zyn_promise_release(w);
	runtime_end(rt);
}

static void test_race_failure_of_the_first(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *p[2] = {ticker_new(rt, 2, 10), failer_new(rt, 1)};
	ZynPromise *w = waiter_new(rt, WAIT_RACE, 0, 2, p);
	CHECK_EQ(zyn_rt_block_on(rt, w, -1), ZYN_FAILED);
	zyn_promise_release(w);
	runtime_end(rt);
}

static void test_all_settled_never_fails(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *p[3] = {ticker_new(rt, 2, 10), failer_new(rt, 1),
	                    waiter_new(rt, WAIT_PENDING, 0, 0, NULL)};
	zyn_promise_cancel(p[2]);
	ZynPromise *w = waiter_new(rt, WAIT_SETTLED, 0, 3, p);
	CHECK_EQ(zyn_rt_block_on(rt, w, -1), ZYN_READY);
	CHECK_EQ(result_of(w), 2 - 1 - 1);
	Waiter *frame = w->state_machine;
	CHECK_EQ(frame->settled[0].ok, 1);
	CHECK(strcmp(frame->settled[1].error->bytes, "division of 5 by zero") == 0);
	CHECK(strcmp(frame->settled[2].error->bytes, "cancelled") == 0);
	zyn_promise_release(w);
	runtime_end(rt);
}

static void test_groups_of_nothing(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	enum WaitKind ready[] = {WAIT_JOIN, WAIT_SETTLED};
	for (int i = 0; i < 2; i++) {
		ZynPromise *w = waiter_new(rt, ready[i], 0, 0, NULL);
		CHECK_EQ(zyn_promise_poll(rt, w), ZYN_READY);
		zyn_promise_release(w);
	}
	ZynPromise *w = waiter_new(rt, WAIT_RACE, 0, 0, NULL);
	CHECK_EQ(zyn_rt_block_on(rt, w, -1), ZYN_DEADLOCK);
	zyn_promise_release(w);
	runtime_end(rt);
}

static void test_group_of_ended_promises_is_ready_at_once(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	for (int kind = WAIT_JOIN; kind <= WAIT_SETTLED; kind++) {
		ZynPromise *p[2] = {ticker_new(rt, 1, 0), ticker_new(rt, 2, 0)};
		zyn_rt_block_on(rt, p[0], -1);
		zyn_rt_block_on(rt, p[1], -1);
		ZynPromise *w = waiter_new(rt, (enum WaitKind)kind, 0, 2, p);
		CHECK_EQ(zyn_promise_poll(rt, w), ZYN_READY);
		CHECK_EQ(result_of(w), kind == WAIT_RACE ? 1 : 3);
		zyn_promise_release(w);
	}
	runtime_end(rt);
}

/* Cancels a waiter of each kind before its first poll, after it, and when what it waits for is
 * due. */
static void test_cancel_at_every_state_of_every_leaf(void)
{
	for (int kind = WAIT_DELAY; kind <= WAIT_SETTLED; kind++) {
		for (int polls = 0; polls < 3; polls++) {
			for (int way = 0; way < 3; way++) {
				ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
				ZynPromise *p[2] = {plain_ticker(rt, 50, 10),
				                    waiter_new(rt, WAIT_PENDING, 0, 0, NULL)};
				uint64_t count = kind < WAIT_AWAIT ? 0 : kind == WAIT_AWAIT ? 1 : 2;
				for (uint64_t i = count; i < 2; i++)
					zyn_promise_release(p[i]);
				ZynPromise *w = waiter_new(rt, (enum WaitKind)kind, 100, count, p);
				bool live = true;
				for (int i = 0; i < polls; i++)
					live = zyn_promise_poll(rt, w) == ZYN_PENDING;
				if (way == 0) {
					zyn_promise_release(w); /* drop */
				} else if (way == 1) {
					zyn_promise_cancel(w);
					int32_t status = zyn_rt_block_on(rt, w, -1);
					CHECK(status == (live ? ZYN_CANCELLED : ZYN_READY));
					zyn_promise_release(w);
				} else {
					zyn_rt_free(rt); /* and read it afterwards */
					int32_t status = zyn_promise_status(w);
					CHECK(status == (live ? ZYN_CANCELLED : ZYN_READY));
					zyn_promise_release(w);
					continue;
				}
				zyn_rt_turn(rt);
				zyn_rt_turn(rt);
				zyn_rt_turn(rt);
				runtime_end(rt);
			}
		}
	}
}

static void test_cancelled_await_takes_its_child_along_only_in_place(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *plain = plain_ticker(rt, 5, 10);
	ZynPromise *task = ticker_new(rt, 5, 10);
	zyn_promise_retain(plain);
	zyn_promise_retain(task);
	ZynPromise *a = waiter_new(rt, WAIT_AWAIT, 0, 1, &plain);
	ZynPromise *b = waiter_new(rt, WAIT_AWAIT, 0, 1, &task);
	zyn_promise_poll(rt, a);
	zyn_promise_poll(rt, b);
	zyn_promise_cancel(a);
	zyn_promise_cancel(b);
	CHECK_EQ(zyn_rt_block_on(rt, a, -1), ZYN_CANCELLED);
	CHECK_EQ(zyn_rt_block_on(rt, b, -1), ZYN_CANCELLED);
	CHECK_EQ(zyn_promise_status(plain), ZYN_CANCELLED);
	CHECK_EQ(zyn_promise_status(task), ZYN_PENDING);
	CHECK_EQ(zyn_rt_block_on(rt, task, -1), ZYN_READY);
	zyn_promise_release(plain);
	zyn_promise_release(task);
	zyn_promise_release(a);
	zyn_promise_release(b);
	runtime_end(rt);
}

static void test_cancel_of_a_child_in_place_fails_its_awaiter(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *plain = plain_ticker(rt, 5, 10);
	zyn_promise_retain(plain);
	ZynPromise *a = waiter_new(rt, WAIT_AWAIT, 0, 1, &plain);
	zyn_promise_poll(rt, a);
	zyn_promise_cancel(plain);
	CHECK_EQ(zyn_rt_block_on(rt, a, -1), ZYN_FAILED);
	CHECK_EQ(zyn_promise_error(a)->code, ZYN_ERROR_CANCELLED);
	CHECK_EQ(zyn_promise_status(plain), ZYN_CANCELLED);
	zyn_promise_release(plain);
	zyn_promise_release(a);
	runtime_end(rt);
}

int main(void)
{
	RUN(test_delay_of_nothing_is_ready_at_once);
	RUN(test_delay_for_ever_can_be_cancelled);
	RUN(test_equal_deadlines_fire_in_order);
	RUN(test_yield_takes_one_turn);
	RUN(test_pending_is_a_deadlock);
	RUN(test_await_in_place_makes_no_task);
	RUN(test_second_await_makes_a_task);
	RUN(test_await_of_a_failure_fails_with_its_error);
	RUN(test_await_of_null_and_of_itself);
	RUN(test_running_machine_cannot_be_polled);
	RUN(test_join_gives_all_in_order);
	RUN(test_join_fails_at_once_and_cancels_the_rest);
	RUN(test_race_lowest_index_of_one_round);
	RUN(test_race_failure_of_the_first);
	RUN(test_all_settled_never_fails);
	RUN(test_groups_of_nothing);
	RUN(test_group_of_ended_promises_is_ready_at_once);
	RUN(test_cancel_at_every_state_of_every_leaf);
	RUN(test_cancelled_await_takes_its_child_along_only_in_place);
	RUN(test_cancel_of_a_child_in_place_fails_its_awaiter);
	return 0;
}
