/* What the C programs of the suite share: machines written by hand in the way the compiler writes
 * them, and the clock.
 *
 * Only zynrt.h is used, as an embedding program would.
 */
#ifndef ZYN_BENCH_H
#define ZYN_BENCH_H

#include "zynrt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MUST(condition) \
	do { \
		if (!(condition)) { \
			perror(#condition); \
			exit(1); \
		} \
	} while (0)

static const ZynTypeInfo type_i64 = {.size = 8, .align = 8, .kind = ZYN_KIND_I64, .name = "i64"};

/* A machine: state first, then what it keeps. */
#define MACHINE(machine_name, frame_type) \
	static int64_t machine_name##_poll(void *sm, ZynContext *cx); \
	static ZynPollFn *machine_name##_cell = machine_name##_poll; \
	static const ZynDescriptor machine_name = { \
		.size = sizeof(frame_type), \
		.align = 8, \
		.result_offset = offsetof(frame_type, result), \
		.result_type = ZYN_KIND_I64, \
		.poll_cell = &machine_name##_cell, \
		.poll = machine_name##_poll, \
		.result_info = &type_i64, \
		.name = #machine_name, \
	}

/* The frame of a leaf, of a size that zynrt.def gives. */
#define LEAF(bytes_count) \
	struct { \
		_Alignas(8) char bytes[bytes_count]; \
	}

static inline int64_t returned(uint32_t *state, int64_t *result, int64_t value)
{
	*result = value;
	*state = ZYN_STATE_RETURNED;
	return value != 0 ? value : ZYN_POLL_LOOK;
}

static inline ZynPromise *promise_of(void *sm)
{
	return (ZynPromise *)(void *)((char *)sm - sizeof(ZynFrameHeader));
}

static inline void *frame(ZynContext *cx, const ZynDescriptor *descriptor)
{
	void *sm = zyn_frame_new(cx, descriptor);
	MUST(sm != NULL);
	return sm;
}

/* Makes a frame a task; its one reference is the caller's. */
static inline ZynPromise *spawned(ZynContext *cx, void *sm)
{
	ZynPromise *p = promise_of(sm);
	zyn_promise_release(zyn_spawn(cx, p, 0));
	return p;
}

typedef LEAF(48) Await;

/* Ends the wait for a promise with its value. */
static inline int64_t taken(Await *leaf, ZynPromise *p)
{
	int64_t value;
	zyn_await_promise_take(leaf, &value);
	zyn_await_promise_drop(leaf);
	zyn_promise_release(p);
	return value;
}

static inline double now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Runs `p` to its end and drops it; nanoseconds for each of so many operations. */
static inline double timed(ZynRuntime *rt, ZynPromise *p, double operations)
{
	double begin = now_ns();
	MUST(zyn_rt_block_on(rt, p, -1) == ZYN_READY);
	double ns = (now_ns() - begin) / operations;
	zyn_promise_release(p);
	return ns;
}

/* Runs until so many polls were done; `p` does not end meanwhile. */
static inline void run_until_polls(ZynRuntime *rt, uint32_t workers, ZynPromise *p, uint64_t polls)
{
	zyn_promise_spawn(rt, p);
	for (;;) {
		uint64_t sum = 0;
		ZynMetrics metrics;
		for (uint32_t i = 0; i < zyn_rt_metrics(rt, i, &metrics); i++)
			sum += metrics.polls;
		if (sum >= polls)
			return;
		if (workers > 1)
			zyn_rt_block_on(rt, p, 10000000);
		else
			zyn_rt_turn(rt);
	}
}

/* A workload: one sample on a runtime of its own; not a number when it printed its samples. */
typedef struct Workload {
	const char *name;
	double (*run)(ZynRuntime *rt, uint32_t workers);
} Workload;

/* One table for each file, ended by a null name. */
extern const Workload tasks_workloads[], sync_workloads[], wake_workloads[], cancel_workloads[];
extern const Workload trees_workloads[], matmul_workloads[], embedded_workloads[], echo_workloads[];

#endif
