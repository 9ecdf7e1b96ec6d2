/* A debugger thread against running tasks: stop, step, hold, pause, look, change, let go. */
#include "debug_support.h"

#include <sys/mman.h>

/* --- tests ------------------------------------------------------------------------------------ */

static void test_one_task_stops_while_another_goes_on(void)
{
	Session *s = session_new(ZYN_CLOCK_REAL);
	ZynPromise *a = outer_new(s->rt, 2), *b = ticker_new(s->rt, 5, 1);
	zyn_promise_spawn(s->rt, b);
	CHECK_EQ(zyn_dbg_break(s->rt, TABLE_OUTER, 3, 1), 1);
	CHECK_EQ(zyn_dbg_break(s->rt, TABLE_OUTER, 5, 1), 0);
	CHECK_EQ(zyn_dbg_break(s->rt, 77, 0, 1), 0);
	Run run;
	run_start(&run, s, a);
	uint64_t id = zyn_promise_task_id(a);
	expect_stop(s, id, ZYN_STOP_BREAKPOINT, 13);
	await_status(b, ZYN_READY); /* on a substitute */
	Outer *frame = a->state_machine;
	int64_t total = 0, changed = 100;
	CHECK_EQ(zyn_dbg_read(&frame->total, &total, 8), 8);
	CHECK_EQ(total, 1);
	CHECK_EQ(zyn_dbg_write(&frame->total, &changed, 8), 8);
	CHECK_EQ(zyn_dbg_resume(s->rt, id, ZYN_STEP_NONE), 1);
	expect_stop(s, id, ZYN_STOP_BREAKPOINT, 13);
	CHECK_EQ(zyn_dbg_break(s->rt, TABLE_OUTER, 3, 0), 1);
	CHECK_EQ(zyn_dbg_resume(s->rt, id, ZYN_STEP_NONE), 1);
	CHECK_EQ(run_end(&run), ZYN_READY);
	CHECK_EQ(result_of(a), 101);
	CHECK_EQ(zyn_dbg_resume(s->rt, id, ZYN_STEP_NONE), 0);
	CHECK(s->changes > 0);
	zyn_promise_release(a);
	zyn_promise_release(b);
	session_end(s);
}

static void test_several_tasks_stopped_at_once(void)
{
	Session *s = session_new(ZYN_CLOCK_REAL);
	ZynPromise *p[4];
	zyn_dbg_break(s->rt, TABLE_OUTER, 1, 1);
	for (int i = 0; i < 4; i++) {
		p[i] = outer_new(s->rt, 1);
		zyn_promise_spawn(s->rt, p[i]);
	}
	Run run;
	run_start(&run, s, p[0]);
	for (int i = 0; i < 4; i++)
		expect_stop(s, zyn_promise_task_id(p[i]), ZYN_STOP_BREAKPOINT, 11);
	ZynTaskInfo infos[8];
	CHECK_EQ(zyn_dbg_tasks(s->rt, 0, infos, 8), 4);
	CHECK_EQ(zyn_dbg_tasks(s->rt, infos[1].id, infos, 1), 1);
	CHECK_EQ(infos[0].id, zyn_promise_task_id(p[2]));
	for (int i = 3; i >= 0; i--)
		zyn_dbg_resume(s->rt, zyn_promise_task_id(p[i]), ZYN_STEP_NONE);
	CHECK_EQ(run_end(&run), ZYN_READY);
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(zyn_rt_block_on(s->rt, p[i], -1), ZYN_READY);
		zyn_promise_release(p[i]);
	}
	session_end(s);
}

static void step_and_expect(Session *s, uint64_t id, uint32_t mode, uint32_t where)
{
	CHECK_EQ(zyn_dbg_resume(s->rt, id, mode), 1);
	expect_stop(s, id, ZYN_STOP_STEP, where);
}

static void test_step_modes(void)
{
	Session *s = session_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *a = outer_new(s->rt, 3);
	uint64_t id = zyn_promise_task_id(a);
	zyn_dbg_filters(s->rt, ZYN_FILTER_ENTRY);
	Run run;
	run_start(&run, s, a);
	expect_stop(s, id, ZYN_STOP_ENTRY, 10);
	zyn_dbg_filters(s->rt, 0);
	step_and_expect(s, id, ZYN_STEP_INTO, 11);
	step_and_expect(s, id, ZYN_STEP_INTO, 20); /* into the direct function */
	step_and_expect(s, id, ZYN_STEP_OVER, 21);
	step_and_expect(s, id, ZYN_STEP_OVER, 12); /* out of its end */
	step_and_expect(s, id, ZYN_STEP_INTO, 30); /* into the awaited child */
	step_and_expect(s, id, ZYN_STEP_OVER, 31); /* over its suspension */
	step_and_expect(s, id, ZYN_STEP_OVER, 13); /* to its awaiter */
	step_and_expect(s, id, ZYN_STEP_OVER, 11);
	step_and_expect(s, id, ZYN_STEP_OVER, 12); /* over the direct function */
	step_and_expect(s, id, ZYN_STEP_OVER, 13); /* over the await, suspension and all */
	step_and_expect(s, id, ZYN_STEP_INTO, 11);
	step_and_expect(s, id, ZYN_STEP_INTO, 20);
	step_and_expect(s, id, ZYN_STEP_OUT, 12);
	step_and_expect(s, id, ZYN_STEP_POLL, 0);
	CHECK_EQ(info_of(s, id).state, ZYN_TASK_PARKED);
	step_and_expect(s, id, ZYN_STEP_OVER, 31); /* from where it is parked: the child */
	step_and_expect(s, id, ZYN_STEP_OUT, 13);
	CHECK_EQ(zyn_dbg_resume(s->rt, id, ZYN_STEP_OUT), 1); /* of the root: ends with the task */
	CHECK_EQ(run_end(&run), ZYN_READY);
	CHECK_EQ(result_of(a), 3);
	for (int i = 0; i < 5; i++)
		CHECK_EQ(outer_probes[i] & ZYN_PROBE_BREAK, 0);
	zyn_promise_release(a);
	session_end(s);
}

static void test_step_to_awaits(void)
{
	Session *s = session_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *a = outer_new(s->rt, 2);
	uint64_t id = zyn_promise_task_id(a);
	CHECK_EQ(zyn_dbg_resume(s->rt, id, ZYN_STEP_INTO), 1); /* for its first run */
	Run run;
	run_start(&run, s, a);
	expect_stop(s, id, ZYN_STOP_STEP, 10);
	step_and_expect(s, id, ZYN_STEP_AWAIT, 31);
	step_and_expect(s, id, ZYN_STEP_AWAIT, 13);
	step_and_expect(s, id, ZYN_STEP_AWAIT, 31);
	step_and_expect(s, id, ZYN_STEP_AWAIT, 13);
	CHECK_EQ(zyn_dbg_resume(s->rt, id, ZYN_STEP_AWAIT), 1);
	CHECK_EQ(run_end(&run), ZYN_READY);
	zyn_promise_release(a);
	session_end(s);
}

static void test_poll_by_poll(void)
{
	Session *s = session_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *a = ticker_new(s->rt, 3, 10);
	uint64_t id = zyn_promise_task_id(a);
	zyn_dbg_resume(s->rt, id, ZYN_STEP_POLL);
	Run run;
	run_start(&run, s, a);
	for (int64_t polls = 1; polls <= 3; polls++) {
		expect_stop(s, id, ZYN_STOP_STEP, 0);
		CHECK_EQ(info_of(s, id).polls, polls);
		CHECK_EQ(((Ticker *)a->state_machine)->done, polls - 1);
		CHECK_EQ(zyn_dbg_resume(s->rt, id, ZYN_STEP_POLL), 1);
	}
	CHECK_EQ(run_end(&run), ZYN_READY);
	CHECK_EQ(zyn_promise_polls(a), 4);
	zyn_promise_release(a);
	session_end(s);
}

static void test_virtual_clock_stands_while_a_poll_is_stopped(void)
{
	Session *s = session_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *b = ticker_new(s->rt, 1, 50), *a = outer_new(s->rt, 1),
		   *c = waiter_new(s->rt, WAIT_YIELD, 0, 0, NULL);
	zyn_promise_spawn(s->rt, b);
	zyn_dbg_break(s->rt, TABLE_OUTER, 1, 1);
	zyn_promise_spawn(s->rt, a);
	zyn_promise_spawn(s->rt, c);
	Run run;
	run_start(&run, s, b);
	expect_stop(s, zyn_promise_task_id(a), ZYN_STOP_BREAKPOINT, 11);
	await_status(c, ZYN_READY); /* needs no time */
	CHECK_EQ(zyn_rt_now_ns(s->rt), 0);
	CHECK_EQ(zyn_promise_status(b), ZYN_PENDING);
	zyn_dbg_resume(s->rt, zyn_promise_task_id(a), ZYN_STEP_NONE);
	CHECK_EQ(run_end(&run), ZYN_READY);
	CHECK_EQ(zyn_rt_now_ns(s->rt), 50 * MS);
	CHECK_EQ(zyn_rt_block_on(s->rt, a, -1), ZYN_READY);
	zyn_promise_release(a);
	zyn_promise_release(b);
	zyn_promise_release(c);
	session_end(s);
}

static void test_gate_and_stop_all(void)
{
	Session *s = session_new(ZYN_CLOCK_REAL);
	zyn_dbg_stop_all(s->rt, 1);
	ZynPromise *a = outer_new(s->rt, 1), *b = ticker_new(s->rt, 3, 0);
	zyn_dbg_break(s->rt, TABLE_OUTER, 1, 1);
	zyn_promise_spawn(s->rt, a);
	zyn_promise_spawn(s->rt, b);
	Run run;
	run_start(&run, s, b);
	expect_stop(s, zyn_promise_task_id(a), ZYN_STOP_BREAKPOINT, 11);
	CHECK_EQ(zyn_promise_polls(b), 0); /* the gate closed before the event */
	CHECK_EQ(info_of(s, zyn_promise_task_id(b)).state, ZYN_TASK_RUNNABLE);
	CHECK(zyn_rt_turn(s->rt) <= 0);
	CHECK_EQ(zyn_promise_polls(b), 0);
	zyn_dbg_gate(s->rt, 0);
	await_status(b, ZYN_READY);
	CHECK_EQ(zyn_promise_status(a), ZYN_PENDING);
	zyn_dbg_resume(s->rt, zyn_promise_task_id(a), ZYN_STEP_NONE);
	CHECK_EQ(run_end(&run), ZYN_READY); /* its thread was blocked with the other task */
	CHECK_EQ(zyn_rt_block_on(s->rt, a, -1), ZYN_READY);
	zyn_promise_release(a);
	zyn_promise_release(b);
	session_end(s);
}

static void test_pause_of_a_loop_without_probes(void)
{
	Session *s = session_new(ZYN_CLOCK_REAL);
	ZynPromise *p = zyn_call_async(s->rt, &looper, NULL, 0, 0), *b = ticker_new(s->rt, 1, 0);
	uint64_t id = zyn_promise_task_id(p);
	Run run;
	run_start(&run, s, p);
	AWAIT_THREAD(zyn_promise_polls(p) != 0);
	zyn_promise_release(b); /* the baton is busy: to the inbox */
	CHECK_EQ(zyn_dbg_pause(s->rt, id), 1);
	Stop stop = next_stop(s);
	CHECK_EQ(stop.reason, ZYN_STOP_PAUSE);
	CHECK_EQ(stop.mid_poll, 1);
	CHECK_EQ(info_of(s, id).stop_site, (uint64_t)3 << 32 | 8);
	CHECK_EQ(zyn_dbg_pause(s->rt, id), 1); /* is stopped already: nothing happens */
	zyn_dbg_resume(s->rt, id, ZYN_STEP_NONE);
	CHECK_EQ(zyn_dbg_pause(s->rt, id), 1);
	next_stop(s);
	CHECK_EQ(zyn_dbg_cancel(s->rt, id), 1);
	zyn_dbg_resume(s->rt, id, ZYN_STEP_NONE);
	CHECK_EQ(run_end(&run), ZYN_CANCELLED);
	CHECK_EQ(zyn_dbg_pause(s->rt, id), 0);
	CHECK_EQ(zyn_dbg_pause(s->rt, 999), 0);
	zyn_promise_release(p);
	session_end(s);
}

static void test_pause_hold_wake_of_a_parked_task(void)
{
	Session *s = session_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *p = waiter_new(s->rt, WAIT_PENDING, 0, 0, NULL), *b = ticker_new(s->rt, 3, 10);
	uint64_t id = zyn_promise_task_id(p);
	CHECK_EQ(info_of(s, id).state, ZYN_TASK_PENDING);
	zyn_promise_poll(s->rt, p);
	CHECK_EQ(info_of(s, id).state, ZYN_TASK_PARKED);
	zyn_dbg_pause(s->rt, id);
	expect_stop(s, id, ZYN_STOP_PAUSE, 0);
	CHECK_EQ(zyn_promise_poll(s->rt, p), ZYN_PENDING);
	CHECK_EQ(zyn_promise_polls(p), 1); /* not while it is stopped */
	zyn_dbg_wake(s->rt, id);
	CHECK_EQ(info_of(s, id).state, ZYN_TASK_RUNNABLE);
	CHECK_EQ(zyn_rt_block_on(s->rt, b, -1), ZYN_READY); /* others run, time goes on */
	CHECK_EQ(zyn_rt_now_ns(s->rt), 30 * MS);
	CHECK_EQ(zyn_promise_polls(p), 1);
	zyn_dbg_resume(s->rt, id, ZYN_STEP_NONE);
	CHECK_EQ(zyn_rt_turn(s->rt), 1); /* the wake was remembered */
	CHECK_EQ(zyn_promise_polls(p), 2);
	zyn_dbg_hold(s->rt, id, 1);
	CHECK_EQ(info_of(s, id).held, 1);
	CHECK_EQ(info_of(s, id).state, ZYN_TASK_HELD);
	zyn_dbg_wake(s->rt, id);
	zyn_dbg_cancel(s->rt, id);
	CHECK_EQ(zyn_rt_turn(s->rt), 0);
	zyn_dbg_hold(s->rt, id, 0);
	CHECK_EQ(zyn_rt_turn(s->rt), 1);
	CHECK_EQ(zyn_promise_status(p), ZYN_CANCELLED);
	zyn_promise_release(p);
	zyn_promise_release(b);
	session_end(s);
}

static void test_hold_before_the_first_poll(void)
{
	Session *s = session_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *p = ticker_new(s->rt, 1, 0);
	uint64_t id = zyn_promise_task_id(p);
	zyn_dbg_hold(s->rt, id, 1);
	zyn_promise_spawn(s->rt, p);
	CHECK_EQ(zyn_rt_turn(s->rt), 0);
	zyn_dbg_hold(s->rt, id, 0);
	CHECK_EQ(zyn_rt_turn(s->rt), 1);
	zyn_promise_release(p);
	p = ticker_new(s->rt, 1, 0);
	zyn_promise_spawn(s->rt, p);
	zyn_dbg_hold(s->rt, zyn_promise_task_id(p), 1);
	zyn_promise_release(p); /* held, never started, and nobody wants it */
	session_end(s);
}

static void test_filter_failure(void)
{
	Session *s = session_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *p = failer_new(s->rt, 1);
	uint64_t id = zyn_promise_task_id(p);
	zyn_dbg_filters(s->rt, ZYN_FILTER_FAILURE);
	Run run;
	run_start(&run, s, p);
	Stop stop = next_stop(s);
	CHECK_EQ(stop.reason, ZYN_STOP_FAILURE);
	ZynTaskInfo info = info_of(s, id);
	CHECK_EQ(info.stop_site, FAILER_SITE);
	CHECK(strcmp(info.error->message, "division of 5 by zero") == 0);
	zyn_dbg_resume(s->rt, id, ZYN_STEP_NONE);
	CHECK_EQ(run_end(&run), ZYN_FAILED);
	zyn_promise_release(p);
	session_end(s);
}

static void test_filter_deadlock(void)
{
	for (int rescue = 0; rescue < 2; rescue++) {
		Session *s = session_new(ZYN_CLOCK_VIRTUAL);
		ZynPromise *p = waiter_new(s->rt, WAIT_PENDING, 0, 0, NULL);
		zyn_dbg_filters(s->rt, ZYN_FILTER_DEADLOCK);
		Run run;
		run_start(&run, s, p);
		pthread_mutex_lock(&s->lock);
		while (s->deadlocks == 0)
			pthread_cond_wait(&s->cond, &s->lock);
		pthread_mutex_unlock(&s->lock);
		CHECK_EQ(s->deadlocked_tasks, 1);
		CHECK_EQ(info_of(s, zyn_promise_task_id(p)).state, ZYN_TASK_PARKED);
		if (rescue)
			zyn_dbg_cancel(s->rt, zyn_promise_task_id(p));
		zyn_dbg_gate(s->rt, 0);
		CHECK_EQ(run_end(&run), rescue ? ZYN_CANCELLED : ZYN_DEADLOCK);
		CHECK_EQ(s->deadlocks, 1);
		zyn_promise_release(p);
		zyn_rt_turn(s->rt);
		session_end(s);
	}
}

static void test_detach_lets_everybody_go(void)
{
	Session *s = session_new(ZYN_CLOCK_REAL);
	ZynPromise *a = outer_new(s->rt, 1), *b = outer_new(s->rt, 1), *c = ticker_new(s->rt, 1, 0);
	zyn_dbg_break(s->rt, TABLE_OUTER, 1, 1);
	zyn_dbg_hold(s->rt, zyn_promise_task_id(c), 1);
	zyn_promise_spawn(s->rt, a);
	zyn_promise_spawn(s->rt, b);
	Run run;
	run_start(&run, s, c);
	next_stop(s);
	next_stop(s);
	zyn_dbg_attach(s->rt, NULL);
	CHECK_EQ(run_end(&run), ZYN_READY);
	CHECK_EQ(zyn_rt_block_on(s->rt, a, -1), ZYN_READY);
	CHECK_EQ(zyn_rt_block_on(s->rt, b, -1), ZYN_READY);
	zyn_promise_release(a);
	zyn_promise_release(b);
	zyn_promise_release(c);
	session_end(s);
}

static void test_free_of_a_runtime_with_a_stopped_task(void)
{
	Session *s = session_new(ZYN_CLOCK_REAL);
	ZynPromise *a = outer_new(s->rt, 1), *b = waiter_new(s->rt, WAIT_PENDING, 0, 0, NULL);
	zyn_dbg_break(s->rt, TABLE_OUTER, 1, 1);
	zyn_promise_spawn(s->rt, b);
	Run run;
	run_start(&run, s, a);
	next_stop(s);
	zyn_rt_free(s->rt);
	CHECK_EQ(run_end(&run), ZYN_READY);
	CHECK_EQ(zyn_promise_status(b), ZYN_CANCELLED);
	zyn_promise_release(a);
	zyn_promise_release(b);
	pthread_cond_destroy(&s->cond);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* --- direct calls, memory, shadows ------------------------------------------------------------ */

static void call_helper(ZynContext *cx, const void *args, void *result)
{
	*(int64_t *)result = helper(cx, *(const int64_t *)args);
}

static void *call_main(void *data)
{
	ZynRuntime *rt = data;
	int64_t arg = 4, result = 0;
	CHECK_EQ(zyn_call_direct(rt, call_helper, &arg, &result, NULL), ZYN_READY);
	CHECK_EQ(result, 5);
	return NULL;
}

static void test_direct_call_of_a_host_can_be_stopped(void)
{
	Session *s = session_new(ZYN_CLOCK_REAL);
	zyn_dbg_break(s->rt, TABLE_HELPER, 1, 1);
	pthread_t thread;
	pthread_create(&thread, NULL, call_main, s->rt);
	Stop stop = next_stop(s);
	ZynTaskInfo info = info_of(s, stop.task);
	CHECK_EQ(info.activation->side_table, TABLE_HELPER);
	CHECK_EQ(*(int64_t *)info.activation->shadow, 5);
	zyn_dbg_resume(s->rt, stop.task, ZYN_STEP_NONE);
	pthread_join(thread, NULL);
	session_end(s);
}

static void test_memory_at_any_address(void)
{
	char buffer[8192] = {1};
	CHECK_EQ(zyn_dbg_read(NULL, buffer, 8), 0);
	CHECK_EQ(zyn_dbg_read((void *)8, buffer, 8), 0);
	CHECK_EQ(zyn_dbg_read((void *)UINTPTR_MAX, buffer, 8), 0);
	CHECK_EQ(zyn_dbg_read((void *)0x800000000000, buffer, 8), 0);
	CHECK_EQ(zyn_dbg_write(NULL, buffer, 8), 0);
	CHECK_EQ(zyn_dbg_write((void *)&type_i64, buffer, 8), 0); /* constant data */
	CHECK_EQ(zyn_dbg_read(buffer, buffer, 0), 0);
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(pages + 4096, 4096, PROT_NONE);
	memcpy(pages + 4090, "sixsix", 6);
	CHECK_EQ(zyn_dbg_read(pages + 4090, buffer, 100), 6);
	CHECK(memcmp(buffer, "sixsix", 6) == 0);
	CHECK_EQ(zyn_dbg_write(pages + 4090, "abcdefghij", 10), 6);
	CHECK(memcmp(pages + 4090, "abcdef", 6) == 0);
	munmap(pages, 8192);
}

static void test_shadows_live_as_long_as_their_frame(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynContext cx = {.runtime = rt};
	ZynPromise *p[600];
	for (int i = 0; i < 600; i++) {
		p[i] = outer_new(rt, i);
		Outer *frame = p[i]->state_machine;
		int64_t *own = zyn_shadow(&cx, frame, TABLE_OUTER, 64);
		int64_t *inner = zyn_shadow(&cx, &frame->child, TABLE_CHILD, 16);
		CHECK_EQ(*own, 0);
		*own = i;
		*inner = -i;
	}
	for (int i = 0; i < 600; i++) {
		Outer *frame = p[i]->state_machine;
		uint32_t table = 0, size = 0;
		int64_t *own = zyn_dbg_shadow(rt, frame, &table, &size);
		CHECK_EQ(*own, i);
		CHECK_EQ(table, TABLE_OUTER);
		CHECK_EQ(size, 64);
		frame->state = 1;
		CHECK(zyn_shadow(&cx, frame, TABLE_OUTER, 64) == own);
		CHECK_EQ(*own, i);
		frame->state = ZYN_STATE_START;
		CHECK_EQ(*(int64_t *)zyn_shadow(&cx, frame, TABLE_OUTER, 64), 0);
		CHECK(zyn_dbg_shadow(rt, (char *)frame + 4, NULL, NULL) == NULL);
		/* Another function takes over the region of the child. */
		CHECK_EQ(*(int64_t *)zyn_shadow(&cx, &frame->child, 99, 8), 0);
	}
	for (int i = 0; i < 600; i++) {
		Outer *frame = p[i]->state_machine;
		zyn_promise_release(p[i]);
		CHECK(zyn_dbg_shadow(rt, frame, NULL, NULL) == NULL);
	}
	runtime_end(rt);
}

int main(void)
{
	RUN(test_one_task_stops_while_another_goes_on);
	RUN(test_several_tasks_stopped_at_once);
	RUN(test_step_modes);
	RUN(test_step_to_awaits);
	RUN(test_poll_by_poll);
	RUN(test_virtual_clock_stands_while_a_poll_is_stopped);
	RUN(test_gate_and_stop_all);
	RUN(test_pause_of_a_loop_without_probes);
	RUN(test_pause_hold_wake_of_a_parked_task);
	RUN(test_hold_before_the_first_poll);
	RUN(test_filter_failure);
	RUN(test_filter_deadlock);
	RUN(test_detach_lets_everybody_go);
	RUN(test_free_of_a_runtime_with_a_stopped_task);
	RUN(test_direct_call_of_a_host_can_be_stopped);
	RUN(test_memory_at_any_address);
	RUN(test_shadows_live_as_long_as_their_frame);
	return 0;
}
