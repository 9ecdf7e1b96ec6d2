/* What a task costs in bytes, and what pays for that: one link, lists of waiters without a head of
 * their own, half an id, timers without a waker. */
#include "support.h"

/* --- sizes ---------------------------------------------------------------------------------- */

/* As the compiler lays them out: the result over what is dead by then. */
typedef struct Sleeper {
	uint32_t state;
	union {
		int64_t ms;
		int64_t result;
	};
	ZynDelay leaf;
} Sleeper;

MACHINE(sleeper, Sleeper);

static int64_t sleeper_poll(void *sm, ZynContext *cx)
{
	Sleeper *s = sm;
	if (zyn__state_ended(s->state))
		return zyn_repoll(sm, cx);
	if (s->state == ZYN_STATE_START)
		zyn_delay_init(cx, &s->leaf, s->ms);
	s->state = 1;
	if (zyn_delay_poll(&s->leaf, cx) == 0)
		return 0;
	zyn_delay_drop(&s->leaf);
	if (cx->error.tag != 0)
		return zyn_failed(sm, cx);
	return machine_return(&s->state, &s->result, 7);
}

static void sleeper_drop(void *sm)
{
	(void)sm;
}

static ZynPromise *sleeper_new(ZynRuntime *rt, int64_t ms)
{
	return zyn_call_async(rt, &sleeper, &ms, offsetof(Sleeper, ms), sizeof ms);
}

typedef struct Idler {
	uint32_t state;
	uint32_t leaf;
} Idler;

static int64_t idler_poll(void *sm, ZynContext *cx)
{
	Idler *i = sm;
	if (i->state == ZYN_STATE_START)
		zyn_pending_init(cx, &i->leaf);
	i->state = 1;
	return zyn_pending_poll(&i->leaf, cx) == 0 ? 0 : zyn_failed(sm, cx);
}

static ZynPollFn *idler_cell = idler_poll;
static const ZynDescriptor idler = {
	.size = sizeof(Idler),
	.align = 4,
	.poll_cell = &idler_cell,
	.poll = idler_poll,
	.result_info = &type_void,
	.name = "idler",
};

static void test_a_task_is_64_bytes_and_its_frame(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	CHECK_EQ(sizeof(ZynTask) + sizeof(ZynFrameHeader), 64);
	ZynPromise *p = zyn_call_async(rt, &idler, NULL, 0, 0);
	zyn_promise_spawn(rt, p);
	CHECK_EQ(zyn_rt_turn(rt), 1);
	CHECK_EQ(zyn_rt_live_bytes(rt), 64 + sizeof(Idler));
	zyn_promise_release(p);
	ZynPromise *s = sleeper_new(rt, 1000);
	zyn_promise_spawn(rt, s);
	CHECK_EQ(zyn_rt_turn(rt), 2); /* the end of the other */
	/* state and timer are 32 of the 96 that a sleeping task has beside what it keeps */
	CHECK_EQ(zyn_rt_live_bytes(rt), 96 + sizeof(int64_t));
	CHECK_EQ(zyn_rt_live_objects(rt), 1);
	CHECK_EQ(zyn_rt_block_on(rt, s, -1), ZYN_READY);
	CHECK_EQ(result_of(s), 7);
	zyn_promise_release(s);
	runtime_end(rt);
}

static void test_frames_are_aligned_as_they_ask(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynDescriptor wide = idler;
	wide.align = 16;
	ZynPromise *all[64];
	for (uint32_t i = 0; i < 64; i++) {
		wide.size = 8 + i;
		all[i] = zyn_call_async(rt, &wide, NULL, 0, 0);
		CHECK((uintptr_t)all[i]->state_machine % 16 == 0);
	}
	for (uint32_t i = 0; i < 64; i++)
		zyn_promise_release(all[i]);
	runtime_end(rt);
}

/* --- queues --------------------------------------------------------------------------------- */

static void test_what_is_dropped_in_a_queue_makes_room(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *kept[3];
	for (int i = 0; i < 200000; i++) {
		ZynPromise *p = ticker_new(rt, 1, 1);
		zyn_promise_spawn(rt, p);
		if (i % 100000 == 50000)
			kept[i / 100000] = p; /* in the middle of the dead ones */
		else
			zyn_promise_release(p);
	}
	CHECK_EQ(zyn_rt_live_objects(rt), 2);
	CHECK(zyn__get(&rt->chunk_count) <= 2); /* far fewer than were made */
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(zyn_rt_block_on(rt, kept[i], -1), ZYN_READY);
		zyn_promise_release(kept[i]);
	}
	runtime_end(rt);
}

static void test_the_dead_do_not_keep_a_runtime_busy(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	for (int i = 0; i < 10; i++) {
		ZynPromise *p = ticker_new(rt, 1, 1);
		zyn_promise_spawn(rt, p);
		zyn_promise_release(p);
	}
	CHECK_EQ(zyn_rt_next_deadline(rt), -1);
	ZynPromise *p = ticker_new(rt, 2, 1000); /* the clock may go on */
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	zyn_promise_release(p);
	runtime_end(rt);
}

/* --- waiters -------------------------------------------------------------------------------- */

static int told[4];
static int told_count;

static void tell(void *data)
{
	told[told_count++] = *(int *)data;
}

static void test_waiters_hear_of_an_end_in_the_order_they_came(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *p = ticker_new(rt, 1, 1);
	ZynTask *task = zyn__task_of_promise(p);
	static int numbers[4] = {0, 1, 2, 3};
	ZynJoiner joiners[4];
	memset(joiners, 0, sizeof joiners);
	told_count = 0;
	for (int i = 0; i < 4; i++) {
		joiners[i].waker = (ZynWaker){tell, &numbers[i]};
		CHECK(zyn__task_join(task, &joiners[i]));
	}
	zyn__joiner_leave(task, &joiners[2]);
	zyn__joiner_leave(task, &joiners[2]); /* twice does no harm */
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(told_count, 3);
	CHECK_EQ(told[0] * 100 + told[1] * 10 + told[2], 13);
	for (int i = 0; i < 4; i++)
		CHECK(joiners[i].place == NULL);
	zyn_promise_release(p);
	runtime_end(rt);
}

/* --- ids ------------------------------------------------------------------------------------ */

static void test_ids_go_on_where_their_lower_halves_begin_anew(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	zyn__set(&rt->task_ids, UINT32_MAX - (uint64_t)4);
	ZynPromise *all[10];
	uint64_t last = UINT32_MAX - (uint64_t)4;
	for (int i = 0; i < 10; i++) {
		all[i] = ticker_new(rt, 1, 5);
		uint64_t id = zyn_promise_task_id(all[i]);
		CHECK(id == last + 1 || (id == last + 2 && (uint32_t)(id - 1) == 0));
		last = id;
		zyn_promise_spawn(rt, all[i]);
	}
	CHECK(last > UINT32_MAX);
	CHECK(zyn_promise_task_id(all[0]) < UINT32_MAX); /* the old ones keep theirs */
	ZynTaskInfo info;
	CHECK(zyn_dbg_task(rt, last, &info));
	CHECK(info.id == last);
	for (int i = 0; i < 10; i++) {
		CHECK_EQ(zyn_rt_block_on(rt, all[i], -1), ZYN_READY);
		zyn_promise_release(all[i]);
	}
	runtime_end(rt);
}

/* --- timers --------------------------------------------------------------------------------- */

static bool refuse_all;

static bool permit(size_t bytes)
{
	(void)bytes;
	return !refuse_all;
}

static int fired;

static void count_fired(void *data)
{
	(void)data;
	fired++;
}

/* A delay in memory of a host, polled with a waker of its own: the timer lies elsewhere. */
static void test_a_delay_outside_of_a_frame(void)
{
	zyn__allocator.permit = permit;
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynEntry entry;
	zyn__enter(&entry, rt);
	ZynSeat *seat = zyn__seat_take(rt);
	ZynContext *cx = &seat->cx;
	cx->runtime = rt;
	cx->waker = (ZynWaker){count_fired, NULL};
	ZynDelay delay;
	fired = 0;
	zyn_delay_init(cx, &delay, 5);
	CHECK_EQ(zyn_delay_poll(&delay, cx), 0);
	CHECK_EQ(zyn_delay_poll(&delay, cx), 0); /* a wake that nobody asked for */
	CHECK_EQ(zyn__delay_tick(&delay), 5);
	zyn__set(&rt->virtual_now_ns, 4 * (uint64_t)ZYN_NS_PER_MS);
	zyn__fire_timers(rt);
	CHECK_EQ(fired, 0);
	zyn__set(&rt->virtual_now_ns, 5 * (uint64_t)ZYN_NS_PER_MS);
	zyn__fire_timers(rt);
	CHECK_EQ(fired, 1);
	CHECK(zyn_delay_poll(&delay, cx) != 0);
	CHECK_EQ(delay.state, ZYN_STATE_RETURNED);
	zyn_delay_drop(&delay);
	CHECK_EQ(zyn__get(&rt->live_objects), 0);

	refuse_all = true;
	zyn_delay_init(cx, &delay, 5);
	CHECK(zyn_delay_poll(&delay, cx) != 0);
	refuse_all = false;
	CHECK_EQ(delay.state, ZYN_STATE_FAILED);
	ZynError *error = zyn__error_take(cx);
	CHECK_EQ(error->code, ZYN_ERROR_OUT_OF_MEMORY);
	zyn_error_release(error);
	zyn_delay_drop(&delay);
	cx->waker = (ZynWaker){NULL, NULL};
	zyn__seat_put(rt, seat);
	zyn__leave(&entry);
	runtime_end(rt);
	zyn__allocator.permit = NULL;
}

/* Polled in place the timer wakes the awaiting task; as soon as the promise is a task, that. */
static void test_a_delay_of_a_promise_that_becomes_a_task(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *child = plain_ticker(rt, 3, 10);
	zyn_promise_retain(child);
	ZynPromise *p = waiter_new(rt, WAIT_AWAIT, 0, 1, &child);
	zyn_promise_spawn(rt, p);
	CHECK_EQ(zyn_rt_turn(rt), 1);
	uint64_t objects = zyn_rt_live_objects(rt);
	CHECK_EQ(objects, 2); /* nothing but the two frames */
	CHECK_EQ(zyn_promise_task_id(child), 0);
	CHECK_EQ(zyn_rt_turn(rt), 1); /* the first timer */
	zyn_promise_spawn(rt, child);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(result_of(p), 3);
	CHECK(zyn_promise_task_id(child) != 0);
	zyn_promise_release(p);
	zyn_promise_release(child);
	runtime_end(rt);
}

int main(void)
{
	RUN(test_a_task_is_64_bytes_and_its_frame);
	RUN(test_frames_are_aligned_as_they_ask);
	RUN(test_what_is_dropped_in_a_queue_makes_room);
	RUN(test_the_dead_do_not_keep_a_runtime_busy);
	RUN(test_waiters_hear_of_an_end_in_the_order_they_came);
	RUN(test_ids_go_on_where_their_lower_halves_begin_anew);
	RUN(test_a_delay_outside_of_a_frame);
	RUN(test_a_delay_of_a_promise_that_becomes_a_task);
	return 0;
}
