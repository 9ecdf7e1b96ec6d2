/* A program with the debug build of the compiler, by hand, and a debugger that watches it.
 *
 * Used by test_debug.c only; apart so that each file can be read in one go.
 */
#ifndef ZYN_TEST_DEBUG_SUPPORT_H
#define ZYN_TEST_DEBUG_SUPPORT_H

#include "support.h"

#include <pthread.h>

#define MS 1000000ll
#define TABLE_OUTER 1u
#define TABLE_HELPER 2u
#define TABLE_CHILD 3u

/* --- a debug build by hand
 * ---------------------------------------------------------------------------------------
 *
 *     async fn child(n) {          // table 3
 *  0      await delay(1)
 *  1 a    return n                 // `a`: follows an await
 *     }
 *     fn helper(n) {               // table 2
 *  0      x = n + 1
 *  1      return x
 *     }
 *     async fn outer(count) {      // table 1
 *  0      total = 0
 *         while (i < count) {
 *  1          total = helper(total)
 *  2          r = await child(total)
 *  3 a        i = i + 1
 *         }
 *  4      return total
 *     }
 */
static _Atomic uint8_t outer_probes[5], helper_probes[2], child_probes[2];

#define PROBE(table, number) \
	do { \
		activation.probe = (number); \
		if (zyn__get(&table[number]) != 0 && zyn_probe(cx, &activation, (number))) \
			goto cancelled; \
	} while (0)

typedef struct Child {
	uint32_t state;
	uint32_t unused;
	int64_t n;
	ZynDelay leaf;
	int64_t result;
} Child;

typedef struct Outer {
	uint32_t state;
	uint32_t unused;
	int64_t count;
	int64_t i;
	int64_t total;
	Child child;
	int64_t result;
} Outer;

typedef struct OuterShadow {
	int64_t last;
} OuterShadow;

static int64_t child_poll(Child *c, ZynContext *cx)
{
	ZynActivation activation = {.state_machine = c, .side_table = TABLE_CHILD};
	zyn_probe_enter(cx, &activation);
	if (c->state == ZYN_STATE_START) {
		PROBE(child_probes, 0);
		zyn_delay_init(cx, &c->leaf, 1);
		c->state = 1;
	}
	if (zyn_delay_poll(&c->leaf, cx) == 0) {
		zyn_probe_leave(cx, &activation);
		return 0;
	}
	if (c->leaf.state == ZYN_STATE_CANCELLED)
		goto cancelled;
	PROBE(child_probes, 1);
	machine_return(&c->state, &c->result, c->n);
	zyn_probe_leave(cx, &activation);
	return 1;
cancelled:
	c->state = ZYN_STATE_CANCELLED;
	zyn_probe_leave(cx, &activation);
	return ZYN_POLL_LOOK;
}

static int64_t helper(ZynContext *cx, int64_t n)
{
	ZynActivation activation = {.side_table = TABLE_HELPER};
	int64_t x = 0;
	activation.shadow = &x;
	zyn_probe_enter(cx, &activation);
	PROBE(helper_probes, 0);
	x = n + 1;
	PROBE(helper_probes, 1);
cancelled:
	zyn_probe_leave(cx, &activation);
	return x;
}

MACHINE(outer, Outer);

static int64_t outer_poll(void *sm, ZynContext *cx)
{
	Outer *o = sm;
	if (zyn__state_ended(o->state))
		return zyn_repoll(sm, cx);
	OuterShadow *shadow = zyn_shadow(cx, sm, TABLE_OUTER, sizeof *shadow);
	ZynActivation activation = {
		.state_machine = sm, .side_table = TABLE_OUTER, .shadow = shadow};
	zyn_probe_enter(cx, &activation);
	if (o->state == ZYN_STATE_START)
		PROBE(outer_probes, 0);
	for (;;) {
		if (o->state == ZYN_STATE_START) {
			if (o->i >= o->count)
				break;
			PROBE(outer_probes, 1);
			o->total = helper(cx, o->total);
			if (cx->error.tag != 0)
				goto cancelled;
			shadow->last = o->total;
			PROBE(outer_probes, 2);
			o->child = (Child){.n = o->total};
			o->state = 1;
		}
		if (child_poll(&o->child, cx) == 0) {
			zyn_probe_leave(cx, &activation);
			return 0;
		}
		if (o->child.state == ZYN_STATE_CANCELLED)
			goto cancelled;
		PROBE(outer_probes, 3);
		o->i++;
		o->state = ZYN_STATE_START;
	}
	PROBE(outer_probes, 4);
	zyn_probe_leave(cx, &activation);
	return machine_return(&o->state, &o->result, o->total);
cancelled:
	zyn_probe_leave(cx, &activation);
	return machine_cancelled(&o->state);
}

static void outer_drop(void *sm)
{
	(void)sm;
}

static ZynPromise *outer_new(ZynRuntime *rt, int64_t count)
{
	return zyn_call_async(rt, &outer, &count, offsetof(Outer, count), sizeof count);
}

/* --- the debugger's side ---------------------------------------------------------------------- */

#define STOPS_MAX 64

typedef struct Stop {
	uint64_t task;
	uint32_t reason;
	uint32_t mid_poll;
} Stop;

typedef struct Session {
	ZynRuntime *rt;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	Stop stops[STOPS_MAX];
	uint32_t written;
	uint32_t taken;
	uint32_t deadlocks;
	uint64_t deadlocked_tasks;
	uint32_t changes;
} Session;

static void on_stopped(void *data, uint64_t task, uint32_t reason, uint32_t mid_poll)
{
	Session *s = data;
	pthread_mutex_lock(&s->lock);
	CHECK(s->written - s->taken < STOPS_MAX);
	s->stops[s->written++ % STOPS_MAX] = (Stop){task, reason, mid_poll};
	pthread_cond_broadcast(&s->cond);
	pthread_mutex_unlock(&s->lock);
}

static void on_changed(void *data, uint64_t task, uint32_t state)
{
	(void)task;
	CHECK(state <= ZYN_TASK_CANCELLED);
	((Session *)data)->changes++;
}

static void on_deadlock(void *data, uint64_t tasks)
{
	Session *s = data;
	zyn_dbg_gate(s->rt, 1); /* legal from an event */
	pthread_mutex_lock(&s->lock);
	s->deadlocks++;
	s->deadlocked_tasks = tasks;
	pthread_cond_broadcast(&s->cond);
	pthread_mutex_unlock(&s->lock);
}

static Session *session_new(uint32_t clock)
{
	Session *s = calloc(1, sizeof *s);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->cond, NULL);
	s->rt = runtime_new(clock);
	ZynDebugEvents events = {s, on_stopped, on_changed, on_deadlock};
	zyn_dbg_attach(s->rt, &events);
	memset((void *)outer_probes, 0, sizeof outer_probes);
	memset((void *)helper_probes, 0, sizeof helper_probes);
	memset((void *)child_probes, 0, sizeof child_probes);
	outer_probes[3] = ZYN_PROBE_AWAIT;
	child_probes[1] = ZYN_PROBE_AWAIT;
	zyn_dbg_probes(s->rt, TABLE_OUTER, outer_probes, 5);
	zyn_dbg_probes(s->rt, TABLE_HELPER, helper_probes, 2);
	zyn_dbg_probes(s->rt, TABLE_CHILD, child_probes, 2);
	return s;
}

static void session_end(Session *s)
{
	zyn_dbg_attach(s->rt, NULL);
	runtime_end(s->rt);
	CHECK_EQ(s->taken, s->written);
	pthread_cond_destroy(&s->cond);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static Stop next_stop(Session *s)
{
	pthread_mutex_lock(&s->lock);
	while (s->taken == s->written)
		pthread_cond_wait(&s->cond, &s->lock);
	Stop stop = s->stops[s->taken++ % STOPS_MAX];
	pthread_mutex_unlock(&s->lock);
	return stop;
}

static ZynTaskInfo info_of(Session *s, uint64_t task)
{
	ZynTaskInfo info;
	CHECK_EQ(zyn_dbg_task(s->rt, task, &info), 1);
	return info;
}

/* Waits for the next stop of `task` and checks where it is: table * 10 + probe, or 0 when
 * parked. */
static void expect_stop(Session *s, uint64_t task, uint32_t reason, uint32_t where)
{
	Stop stop = next_stop(s);
	CHECK_EQ(stop.task, task);
	CHECK_EQ(stop.reason, reason);
	ZynTaskInfo info = info_of(s, task);
	CHECK_EQ(info.stop, reason);
	if (where == 0) {
		CHECK_EQ(stop.mid_poll, 0);
		CHECK(info.activation == NULL);
		return;
	}
	CHECK_EQ(stop.mid_poll, 1);
	CHECK_EQ(info.state, ZYN_TASK_RUNNING);
	ZynActivation activation;
	CHECK_EQ(zyn_dbg_read(info.activation, &activation, sizeof activation), sizeof activation);
	CHECK_EQ(activation.side_table * 10 + activation.probe, where);
}

typedef struct Run {
	ZynRuntime *rt;
	ZynPromise *p;
	int32_t status;
	pthread_t thread;
} Run;

static void *run_main(void *data)
{
	Run *run = data;
	run->status = zyn_rt_block_on(run->rt, run->p, -1);
	return NULL;
}

static void run_start(Run *run, Session *s, ZynPromise *p)
{
	*run = (Run){.rt = s->rt, .p = p};
	CHECK_EQ(pthread_create(&run->thread, NULL, run_main, run), 0);
}

static int32_t run_end(Run *run)
{
	pthread_join(run->thread, NULL);
	return run->status;
}

static void await_status(ZynPromise *p, int32_t status)
{
	AWAIT_THREAD(zyn_promise_status(p) == status);
}

#endif
