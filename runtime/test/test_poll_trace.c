/* What a record of polls says about the wakes that led to them. */
#include "support.h"

#include <pthread.h>

#define MS ZYN_NS_PER_MS
#define RECORDS 64

typedef struct Trace {
	ZynPollRecord polls[RECORDS];
	uint64_t count;
} Trace;

static ZynRuntime *traced_new(void)
{
	ZynOptions options = {.size = sizeof options, .clock = ZYN_CLOCK_VIRTUAL};
	ZynRuntime *rt = zyn_rt_new(&options); /* without notes: recording makes them */
	CHECK(rt != NULL);
	CHECK_EQ(zyn_dbg_trace(rt, 1), 1);
	return rt;
}

static Trace trace_of(ZynRuntime *rt)
{
	Trace trace = {.count = 0};
	uint64_t from = 0;
	trace.count = zyn_dbg_trace_read(rt, &from, trace.polls, RECORDS);
	return trace;
}

/* The poll of `task` that is `number`th of its own, from 0. */
static ZynPollRecord poll_of(const Trace *trace, uint64_t task, uint64_t number)
{
	for (uint64_t i = 0; i < trace->count; i++)
		if (trace->polls[i].task == task && number-- == 0)
			return trace->polls[i];
	CHECK(!"such a poll");
	return trace->polls[0];
}

static void expect_wake(ZynPollRecord poll, uint32_t wake, uint64_t woken_ns, uint64_t waker)
{
	CHECK_EQ(poll.wake, wake);
	CHECK_EQ(poll.woken_ns, woken_ns);
	CHECK_EQ(poll.waker, waker);
}

static void test_a_timer(void)
{
	ZynRuntime *rt = traced_new();
	ZynPromise *p = ticker_new(rt, 2, 5);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	Trace trace = trace_of(rt);
	CHECK_EQ(trace.count, 3);
	expect_wake(trace.polls[0], ZYN_WAKE_NONE, 0, 0);
	expect_wake(trace.polls[1], ZYN_WAKE_TIMER, 5 * MS, 0);
	expect_wake(trace.polls[2], ZYN_WAKE_TIMER, 10 * MS, 0);
	ZynTaskInfo info;
	CHECK_EQ(zyn_dbg_task(rt, zyn_promise_task_id(p), &info), 1);
	CHECK_EQ(info.waker, 0);
	zyn_promise_release(p);
	runtime_end(rt);
}

static void test_a_task_that_ends_wakes_who_awaits_it(void)
{
	ZynRuntime *rt = traced_new();
	ZynPromise *child = ticker_new(rt, 1, 3);
	zyn_promise_spawn(rt, child);
	uint64_t id = zyn_promise_task_id(child);
	ZynPromise *parent = waiter_new(rt, WAIT_AWAIT, 0, 1, &child);
	CHECK_EQ(zyn_rt_block_on(rt, parent, -1), ZYN_READY);
	Trace trace = trace_of(rt);
	expect_wake(poll_of(&trace, zyn_promise_task_id(parent), 1), ZYN_WAKE_TASK, 3 * MS, id);
	ZynTaskInfo info;
	CHECK_EQ(zyn_dbg_task(rt, zyn_promise_task_id(parent), &info), 1);
	CHECK_EQ(info.waker, id);
	zyn_promise_release(parent);
	runtime_end(rt);
}

static void test_a_task_that_yields_wakes_itself(void)
{
	ZynRuntime *rt = traced_new();
	ZynPromise *p = waiter_new(rt, WAIT_YIELD, 0, 0, NULL);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	Trace trace = trace_of(rt);
	expect_wake(poll_of(&trace, zyn_promise_task_id(p), 1), ZYN_WAKE_TASK, 0,
	            zyn_promise_task_id(p));
	zyn_promise_release(p);
	runtime_end(rt);
}

static ZynPromise *parked_new(ZynRuntime *rt)
{
	ZynPromise *p = waiter_new(rt, WAIT_PENDING, 0, 0, NULL);
	zyn_promise_spawn(rt, p);
	zyn_rt_run_until_idle(rt);
	return p;
}

/* Lets the virtual clock go. */
static void pass(ZynRuntime *rt, int64_t ms)
{
	ZynPromise *p = ticker_new(rt, 1, ms);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	zyn_promise_release(p);
}

static void end_parked(ZynRuntime *rt, ZynPromise *p)
{
	zyn_promise_cancel(p);
	zyn_rt_run_until_idle(rt);
	CHECK_EQ(zyn_promise_status(p), ZYN_CANCELLED);
	zyn_promise_release(p);
}

/* The wake is told from its own time, however much later the task may be polled. */
static void test_a_wake_while_the_task_is_held(void)
{
	ZynRuntime *rt = traced_new();
	ZynPromise *p = parked_new(rt);
	uint64_t id = zyn_promise_task_id(p);
	CHECK_EQ(zyn_dbg_hold(rt, id, 1), 1);
	pass(rt, 2);
	CHECK_EQ(zyn_dbg_wake(rt, id), 1);
	pass(rt, 2);
	CHECK_EQ(zyn_dbg_wake(rt, id), 1); /* leads to nothing */
	CHECK_EQ(zyn_dbg_hold(rt, id, 0), 1);
	zyn_rt_run_until_idle(rt);
	Trace trace = trace_of(rt);
	ZynPollRecord poll = poll_of(&trace, id, 1);
	expect_wake(poll, ZYN_WAKE_OUTSIDE, 2 * MS, 0);
	CHECK_EQ(poll.begin_ns, 4 * MS);
	end_parked(rt, p);
	trace = trace_of(rt);
	expect_wake(poll_of(&trace, id, 2), ZYN_WAKE_OUTSIDE, 4 * MS, 0); /* the cancel */
	runtime_end(rt);
}

/* What came before recording began, or in a recording that was given up, is not told. */
static void test_a_wake_outside_a_recording(void)
{
	ZynRuntime *rt = traced_new();
	ZynPromise *p = parked_new(rt);
	uint64_t id = zyn_promise_task_id(p);
	CHECK_EQ(zyn_dbg_wake(rt, id), 1);
	CHECK_EQ(zyn_dbg_trace(rt, 0), 1);
	CHECK_EQ(zyn_dbg_trace(rt, 1), 1);
	zyn_rt_run_until_idle(rt);
	Trace trace = trace_of(rt);
	CHECK_EQ(trace.count, 1);
	expect_wake(trace.polls[0], ZYN_WAKE_NONE, 0, 0);
	end_parked(rt, p);
	runtime_end(rt);
}

static void *wake_from_outside(void *data)
{
	zyn_waker_wake(*(ZynWaker *)data);
	return NULL;
}

static void test_wakes_that_go_through_the_inbox(void)
{
	ZynRuntime *rt = traced_new();
	ZynPromise *p = parked_new(rt);
	ZynTask *task = zyn__task_of_promise(p);
	ZynWaker waker = zyn__task_waker(task);
	pthread_t thread;
	CHECK_EQ(pthread_create(&thread, NULL, wake_from_outside, &waker), 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	zyn_rt_run_until_idle(rt);
	/* As another worker does, which polls task 42. */
	zyn__set(&zyn__note(task)->asked_by, 42);
	zyn__inbox_post(task, ZYN_INBOX_WAKE);
	zyn_rt_run_until_idle(rt);
	zyn__inbox_post(task, ZYN_INBOX_WAKE); /* that one asked once */
	zyn_rt_run_until_idle(rt);
	Trace trace = trace_of(rt);
	uint64_t id = zyn_promise_task_id(p);
	expect_wake(poll_of(&trace, id, 1), ZYN_WAKE_OUTSIDE, 0, 0);
	expect_wake(poll_of(&trace, id, 2), ZYN_WAKE_TASK, 0, 42);
	expect_wake(poll_of(&trace, id, 3), ZYN_WAKE_OUTSIDE, 0, 0);
	end_parked(rt, p);
	runtime_end(rt);
}

/* With several workers who wakes may be any of them; that a task did it is known all the same. */
static void test_a_team(void)
{
	ZynOptions options = {.size = sizeof options, .clock = ZYN_CLOCK_REAL, .workers = 3};
	ZynRuntime *rt = zyn_rt_new(&options);
	CHECK(rt != NULL);
	CHECK_EQ(zyn_dbg_trace(rt, 1), 1);
	ZynPromise *children[WAIT_PROMISES_MAX];
	for (int i = 0; i < WAIT_PROMISES_MAX; i++) {
		children[i] = ticker_new(rt, 1, 1);
		zyn_promise_spawn(rt, children[i]);
	}
	ZynPromise *parent = waiter_new(rt, WAIT_JOIN, 0, WAIT_PROMISES_MAX, children);
	CHECK_EQ(zyn_rt_block_on(rt, parent, -1), ZYN_READY);
	Trace trace = trace_of(rt);
	for (uint64_t i = 0; i < trace.count; i++) {
		const ZynPollRecord *poll = &trace.polls[i];
		if (poll->task == zyn_promise_task_id(parent) || poll->state_before == 0)
			continue;
		CHECK_EQ(poll->wake, ZYN_WAKE_TIMER);
		CHECK(poll->woken_ns <= poll->begin_ns);
	}
	zyn_promise_release(parent);
	AWAIT_THREAD(zyn_rt_live_objects(rt) == 0); /* others still free what they ran */
	zyn_rt_free(rt);
}

int main(void)
{
	RUN(test_a_timer);
	RUN(test_a_task_that_ends_wakes_who_awaits_it);
	RUN(test_a_task_that_yields_wakes_itself);
	RUN(test_a_wake_while_the_task_is_held);
	RUN(test_a_wake_outside_a_recording);
	RUN(test_wakes_that_go_through_the_inbox);
	RUN(test_a_team);
	return 0;
}
