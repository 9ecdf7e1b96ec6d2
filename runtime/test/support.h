/* What the C tests share: checks, and state machines written by hand with the ABI of compiled ones.
 *
 * A test file is one executable.  A check that fails prints where and what, and the executable
 * exits with 1; so does a runtime that is left with live objects.  Nothing here sleeps: where
 * two threads meet, one waits for the other.
 */
#ifndef ZYN_TEST_SUPPORT_H
#define ZYN_TEST_SUPPORT_H

#include "internal.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, \
			        #condition); \
			exit(1); \
		} \
	} while (0)

#define CHECK_EQ(actual, expected) \
	do { \
		long long a_ = (long long)(actual), e_ = (long long)(expected); \
		if (a_ != e_) { \
			fprintf(stderr, "%s:%d: %s is %lld, expected %lld\n", __FILE__, __LINE__, \
			        #actual, a_, e_); \
			exit(1); \
		} \
	} while (0)

#define RUN(test) \
	do { \
		test(); \
		printf("ok %s\n", #test); \
		fflush(stdout); \
	} while (0)

/* Waits for another thread to make `condition` true. */
#define AWAIT_THREAD(condition) \
	do { \
		while (!(condition)) \
			sched_yield(); \
	} while (0)

static inline ZynRuntime *runtime_new(uint32_t clock)
{
	ZynOptions options = {.size = sizeof options, .clock = clock, .flags = ZYN_NOTE_TASKS};
	ZynRuntime *rt = zyn_rt_new(&options);
	CHECK(rt != NULL);
	return rt;
}

/* Frees `rt` after checking that a test left nothing behind. */
static inline void runtime_end(ZynRuntime *rt)
{
	zyn__task_check(rt);
	zyn_rt_run_until_idle(rt);
	CHECK_EQ(zyn_rt_live_objects(rt), 0);
	CHECK_EQ(zyn_rt_live_bytes(rt), 0);
	zyn_rt_free(rt);
}

static const ZynTypeInfo type_i64 = {.size = 8, .align = 8, .kind = ZYN_KIND_I64, .name = "i64"};
static const ZynTypeInfo type_void = {.size = 0, .align = 1, .kind = ZYN_KIND_VOID, .name = "void"};

#define MACHINE(machine_name, frame_type) \
	static int64_t machine_name##_poll(void *sm, ZynContext *cx); \
	static void machine_name##_drop(void *sm); \
	static ZynPollFn *machine_name##_cell = machine_name##_poll; \
	static const ZynDescriptor machine_name = { \
		.size = sizeof(frame_type), \
		.align = 8, \
		.result_offset = offsetof(frame_type, result), \
		.result_type = ZYN_KIND_I64, \
		.poll_cell = &machine_name##_cell, \
		.drop = machine_name##_drop, \
		.side_table = 1, \
		.poll = machine_name##_poll, \
		.result_info = &type_i64, \
		.name = #machine_name, \
	}

static inline int64_t machine_return(uint32_t *state, int64_t *slot, int64_t value)
{
	*slot = value;
	*state = ZYN_STATE_RETURNED;
	return value != 0 ? value : ZYN_POLL_LOOK;
}

static inline int64_t machine_fail(uint32_t *state)
{
	*state = ZYN_STATE_FAILED;
	return ZYN_POLL_LOOK;
}

/* What a compiled machine does with a leaf that said Ready in a cancelled poll. */
static inline int64_t machine_cancelled(uint32_t *state)
{
	*state = ZYN_STATE_CANCELLED;
	return ZYN_POLL_LOOK;
}

/* --- ticker: `count` times `await delay(ms)`, then the number of delays ----------------------- */

typedef struct Ticker {
	uint32_t state;
	uint32_t unused;
	int64_t count;
	int64_t ms;
	int64_t done;
	ZynDelay leaf;
	int64_t result;
} Ticker;

static inline int64_t ticker_run(Ticker *t, ZynContext *cx)
{
	while (t->done < t->count) {
		if (t->state == ZYN_STATE_START) {
			zyn_delay_init(cx, &t->leaf, t->ms);
			t->state = 1;
		}
		if (zyn_delay_poll(&t->leaf, cx) == 0)
			return 0;
		uint32_t leaf_state = t->leaf.state;
		zyn_delay_drop(&t->leaf);
		if (leaf_state == ZYN_STATE_CANCELLED)
			return machine_cancelled(&t->state);
		t->done++;
		t->state = ZYN_STATE_START;
	}
	return machine_return(&t->state, &t->result, t->done);
}

MACHINE(ticker, Ticker);

static int64_t ticker_poll(void *sm, ZynContext *cx)
{
	Ticker *t = sm;
	if (zyn__state_ended(t->state))
		return zyn_repoll(sm, cx);
	return ticker_run(t, cx);
}

static void ticker_drop(void *sm)
{
	(void)sm;
}

static inline ZynPromise *ticker_new(ZynRuntime *rt, int64_t count, int64_t ms)
{
	int64_t args[2] = {count, ms};
	return zyn_call_async(rt, &ticker, args, offsetof(Ticker, count), sizeof args);
}

static inline int64_t result_of(ZynPromise *p)
{
	const int64_t *result = zyn_promise_result(p);
	CHECK(result != NULL);
	return *result;
}

/* --- waiter: awaits one leaf, gives a sum ----------------------------------------------------- */

enum WaitKind {
	WAIT_DELAY,
	WAIT_YIELD,
	WAIT_PENDING,
	WAIT_AWAIT,
	WAIT_JOIN,
	WAIT_RACE,
	WAIT_SETTLED
};

#define WAIT_PROMISES_MAX 8

/* As a program would declare it: struct { ok: bool, value: i64, error: string }. */
typedef struct Settled {
	uint8_t ok;
	int64_t value;
	ZynString *error;
} Settled;

typedef struct Waiter {
	uint32_t state;
	uint32_t kind;
	int64_t ms;
	uint64_t count;
	ZynPromise *promises[WAIT_PROMISES_MAX]; /* owned */
	union {
		ZynDelay delay;
		ZynAwait await;
		ZynGroupLeaf group;
		uint32_t state_only;
	} leaf;
	Settled settled[WAIT_PROMISES_MAX];
	int64_t result;
} Waiter;

MACHINE(waiter, Waiter);

static inline void waiter_init_leaf(Waiter *w, ZynContext *cx)
{
	switch (w->kind) {
	case WAIT_DELAY:
		zyn_delay_init(cx, &w->leaf, w->ms);
		break;
	case WAIT_YIELD:
		zyn_yield_now_init(cx, &w->leaf);
		break;
	case WAIT_PENDING:
		zyn_pending_init(cx, &w->leaf);
		break;
	case WAIT_AWAIT:
		zyn_await_promise_init(cx, &w->leaf, w->promises[0]);
		break;
	case WAIT_JOIN:
		zyn_join_init(cx, &w->leaf, w->promises, w->count);
		break;
	case WAIT_RACE:
		zyn_race_init(cx, &w->leaf, w->promises, w->count);
		break;
	default:
		zyn_all_settled_init(cx, &w->leaf, w->promises, w->count);
		break;
	}
}

static inline int64_t waiter_poll_leaf(Waiter *w, ZynContext *cx)
{
	switch (w->kind) {
	case WAIT_DELAY:
		return zyn_delay_poll(&w->leaf, cx);
	case WAIT_YIELD:
		return zyn_yield_now_poll(&w->leaf, cx);
	case WAIT_PENDING:
		return zyn_pending_poll(&w->leaf, cx);
	case WAIT_AWAIT:
		return zyn_await_promise_poll(&w->leaf, cx);
	case WAIT_JOIN:
		return zyn_join_poll(&w->leaf, cx);
	case WAIT_RACE:
		return zyn_race_poll(&w->leaf, cx);
	default:
		return zyn_all_settled_poll(&w->leaf, cx);
	}
}

static inline int64_t waiter_take(Waiter *w)
{
	int64_t values[WAIT_PROMISES_MAX] = {0};
	int64_t sum = 0;
	switch (w->kind) {
	case WAIT_AWAIT:
		zyn_await_promise_take(&w->leaf, values);
		break;
	case WAIT_JOIN:
		zyn_join_take(&w->leaf, values);
		break;
	case WAIT_RACE:
		zyn_race_take(&w->leaf, values);
		break;
	case WAIT_SETTLED:
		zyn_all_settled_take(&w->leaf, w->settled, sizeof(Settled), offsetof(Settled, ok),
		                     offsetof(Settled, value), offsetof(Settled, error));
		for (uint64_t i = 0; i < w->count; i++)
			values[i] = w->settled[i].ok ? w->settled[i].value : -1;
		break;
	default:
		break;
	}
	for (int i = 0; i < WAIT_PROMISES_MAX; i++)
		sum += values[i];
	return sum;
}

static inline void waiter_drop_leaf(Waiter *w)
{
	switch (w->kind) {
	case WAIT_DELAY:
		zyn_delay_drop(&w->leaf);
		break;
	case WAIT_YIELD:
		zyn_yield_now_drop(&w->leaf);
		break;
	case WAIT_PENDING:
		zyn_pending_drop(&w->leaf);
		break;
	case WAIT_AWAIT:
		zyn_await_promise_drop(&w->leaf);
		break;
	case WAIT_JOIN:
		zyn_join_drop(&w->leaf);
		break;
	case WAIT_RACE:
		zyn_race_drop(&w->leaf);
		break;
	default:
		zyn_all_settled_drop(&w->leaf);
		break;
	}
}

static inline void waiter_release(Waiter *w)
{
	for (int i = 0; i < WAIT_PROMISES_MAX; i++) {
		ZynPromise *p = w->promises[i];
		w->promises[i] = NULL;
		zyn_promise_release(p);
	}
}

static int64_t waiter_poll(void *sm, ZynContext *cx)
{
	Waiter *w = sm;
	if (zyn__state_ended(w->state))
		return zyn_repoll(sm, cx);
	if (w->state == ZYN_STATE_START) {
		waiter_init_leaf(w, cx);
		w->state = 1;
	}
	if (waiter_poll_leaf(w, cx) == 0)
		return 0;
	uint32_t leaf_state = w->leaf.state_only;
	int64_t sum = leaf_state == ZYN_STATE_RETURNED ? waiter_take(w) : 0;
	waiter_drop_leaf(w);
	waiter_release(w);
	if (leaf_state == ZYN_STATE_CANCELLED)
		return machine_cancelled(&w->state);
	if (leaf_state == ZYN_STATE_FAILED)
		return machine_fail(&w->state);
	return machine_return(&w->state, &w->result, sum);
}

static void waiter_drop(void *sm)
{
	Waiter *w = sm;
	waiter_release(w);
	for (int i = 0; i < WAIT_PROMISES_MAX; i++)
		zyn_string_release(w->settled[i].error);
}

/* Takes over the references in `promises`. */
static inline ZynPromise *waiter_new(ZynRuntime *rt, enum WaitKind kind, int64_t ms, uint64_t count,
                                     ZynPromise *const *promises)
{
	struct {
		uint32_t kind;
		int64_t ms;
		uint64_t count;
		ZynPromise *promises[WAIT_PROMISES_MAX];
	} args;
	memset(&args, 0, sizeof args);
	args.kind = kind;
	args.ms = ms;
	args.count = count;
	for (uint64_t i = 0; i < count; i++)
		args.promises[i] = promises[i];
	/* The frame has the kind right behind the state, four bytes before the rest. */
	ZynPromise *p = zyn_call_async(rt, &waiter, &args.ms, offsetof(Waiter, ms),
	                               sizeof args - 8);
	if (p != NULL)
		((Waiter *)p->state_machine)->kind = args.kind;
	else
		for (uint64_t i = 0; i < count; i++)
			zyn_promise_release(promises[i]);
	return p;
}

/* A promise that is no task, as compiled code makes one with zyn_frame_new. */
static inline ZynPromise *plain_ticker(ZynRuntime *rt, int64_t count, int64_t ms)
{
	ZynEntry entry;
	zyn__enter(&entry, rt);
	ZynTask *task = zyn__frame_make(rt, &ticker);
	zyn__leave(&entry);
	if (task == NULL)
		return NULL;
	Ticker *t = zyn__task_machine(task);
	t->count = count;
	t->ms = ms;
	return zyn__task_promise(task);
}

/* --- failer: panics at once, or after a delay ------------------------------------------------- */

typedef struct Failer {
	uint32_t state;
	uint32_t unused;
	int64_t ms;
	ZynDelay leaf;
	int64_t result;
} Failer;

MACHINE(failer, Failer);

#define FAILER_SITE ((uint64_t)9 << 32 | 17)

static int64_t failer_poll(void *sm, ZynContext *cx)
{
	Failer *f = sm;
	if (zyn__state_ended(f->state))
		return zyn_repoll(sm, cx);
	if (f->state == ZYN_STATE_START) {
		zyn_delay_init(cx, &f->leaf, f->ms);
		f->state = 1;
	}
	if (zyn_delay_poll(&f->leaf, cx) == 0)
		return 0;
	if (f->leaf.state == ZYN_STATE_CANCELLED)
		return machine_cancelled(&f->state);
	zyn_fail_division(cx, FAILER_SITE, 5);
	return machine_fail(&f->state);
}

static void failer_drop(void *sm)
{
	(void)sm;
}

static inline ZynPromise *failer_new(ZynRuntime *rt, int64_t ms)
{
	return zyn_call_async(rt, &failer, &ms, offsetof(Failer, ms), sizeof ms);
}

/* --- looper: a loop that never ends, with the test of a compiled back-edge -------------------- */

typedef struct Looper {
	uint32_t state;
	uint32_t unused;
	int64_t result;
} Looper;

MACHINE(looper, Looper);

static int64_t looper_poll(void *sm, ZynContext *cx)
{
	Looper *l = sm;
	if (zyn__state_ended(l->state))
		return zyn_repoll(sm, cx);
	for (;;) {
		if (zyn__get(&cx->attention) != 0 && zyn_attend(cx, sm, (uint64_t)3 << 32 | 8))
			return machine_fail(&l->state);
	}
}

static void looper_drop(void *sm)
{
	(void)sm;
}

/* --- outsider: parks until `*ready`, and shows its waker to other threads --------------------- */

typedef struct OutsideBox {
	ZynWaker waker;
	_Atomic uint32_t parked; /* the waker is there */
	_Atomic uint32_t ready;
} OutsideBox;

typedef struct Outsider {
	uint32_t state;
	uint32_t unused;
	OutsideBox *box;
	int64_t result;
} Outsider;

MACHINE(outsider, Outsider);

static int64_t outsider_poll(void *sm, ZynContext *cx)
{
	Outsider *o = sm;
	if (zyn__state_ended(o->state))
		return zyn_repoll(sm, cx);
	if (zyn__attention(cx, ZYN_ATTENTION_CANCEL)) {
		zyn_fail_cancelled(cx);
		return machine_cancelled(&o->state);
	}
	if (atomic_load(&o->box->ready))
		return machine_return(&o->state, &o->result, 7);
	if (o->state == ZYN_STATE_START) {
		o->state = 1;
		o->box->waker = cx->waker;
		atomic_store(&o->box->parked, 1);
	}
	return 0;
}

static void outsider_drop(void *sm)
{
	(void)sm;
}

static inline ZynPromise *outsider_new(ZynRuntime *rt, OutsideBox *box)
{
	return zyn_call_async(rt, &outsider, &box, offsetof(Outsider, box), sizeof box);
}

#endif
