/* What the C tests share: checks, and state machines written by hand with the ABI of compiled ones.
 *
 * A test file is one executable.  A check that fails prints where and what, and the executable exits with 1; so does
 * a runtime that is left with live objects.  Nothing here sleeps: where two threads meet, one waits for the other.
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
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
			exit(1); \
		} \
	} while (0)

#define CHECK_EQ(actual, expected) \
	do { \
		long long a_ = (long long)(actual), e_ = (long long)(expected); \
		if (a_ != e_) { \
			fprintf(stderr, "%s:%d: %s is %lld, expected %lld\n", __FILE__, __LINE__, #actual, a_, e_); \
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
	ZynOptions options = {.size = sizeof options, .clock = clock};
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

/* --- ticker: `count` times `await delay(ms)`, then the number of delays ------------------------------------- */

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

#endif
