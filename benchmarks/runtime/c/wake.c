/* From a wake on another thread to the first instruction of the task: how long a task that waits
 * needs to run again, when its worker is parked and when it is busy. */
#include "bench.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

#define WAKES 1000
#define PAUSE_NS 100000 /* until a worker without work is parked for certain */

static ZynWaker waker;
static double woken_ns;
static double latency_ns[WAKES];
static _Atomic uint32_t armed; /* how often the task has begun to wait */
static _Atomic bool over;

typedef struct Woken {
	uint32_t state;
	uint32_t count;
	int64_t result;
} Woken;

MACHINE(woken, Woken);

static int64_t woken_poll(void *sm, ZynContext *cx)
{
	double now = now_ns();
	Woken *w = sm;
	if (w->state != ZYN_STATE_START)
		latency_ns[w->count++] = now - woken_ns;
	w->state = 1;
	if (w->count == WAKES) {
		atomic_store(&over, true);
		return returned(&w->state, &w->result, 1);
	}
	waker = cx->waker;
	atomic_store(&armed, w->count + 1);
	return 0;
}

/* Keeps a worker busy: it gives way for as long as it may. */
typedef struct Busy {
	uint32_t state;
	LEAF(8) leaf;
	int64_t result;
} Busy;

MACHINE(busy, Busy);

static int64_t busy_poll(void *sm, ZynContext *cx)
{
	Busy *b = sm;
	if (b->state != ZYN_STATE_START && zyn_yield_now_poll(&b->leaf, cx) == 0)
		return 0;
	if (atomic_load(&over))
		return returned(&b->state, &b->result, 1);
	b->state = 1;
	zyn_yield_now_init(cx, &b->leaf);
	return zyn_yield_now_poll(&b->leaf, cx);
}

static void *wake_thread(void *data)
{
	struct timespec pause = {.tv_nsec = PAUSE_NS};
	(void)data;
	for (uint32_t round = 1; round <= WAKES; round++) {
		while (atomic_load(&armed) < round)
			sched_yield();
		nanosleep(&pause, NULL);
		ZynWaker now = waker;
		woken_ns = now_ns();
		zyn_waker_wake(now);
	}
	return NULL;
}

/* Prints all latencies. */
static double wakes(ZynRuntime *rt, int busy_tasks)
{
	pthread_t thread;
	ZynPromise *busy_promises[8];
	atomic_store(&armed, 0);
	atomic_store(&over, false);
	ZynPromise *p = zyn_call_async(rt, &woken, NULL, 0, 0);
	zyn_promise_spawn(rt, p);
	for (int i = 0; i < busy_tasks; i++) {
		busy_promises[i] = zyn_call_async(rt, &busy, NULL, 0, 0);
		zyn_promise_spawn(rt, busy_promises[i]);
	}
	zyn_rt_outside(rt, 1);
	MUST(pthread_create(&thread, NULL, wake_thread, NULL) == 0);
	MUST(zyn_rt_block_on(rt, p, -1) == ZYN_READY);
	pthread_join(thread, NULL);
	zyn_rt_outside(rt, -1);
	zyn_promise_release(p);
	for (int i = 0; i < busy_tasks; i++) {
		MUST(zyn_rt_block_on(rt, busy_promises[i], -1) == ZYN_READY);
		zyn_promise_release(busy_promises[i]);
	}
	for (int i = 0; i < WAKES; i++)
		printf("%.0f\n", latency_ns[i]);
	return NAN;
}

static double wake_parked(ZynRuntime *rt, uint32_t workers)
{
	(void)workers;
	return wakes(rt, 0);
}

static double wake_busy(ZynRuntime *rt, uint32_t workers)
{
	return wakes(rt, (int)workers);
}

const Workload wake_workloads[] = {
	{"wake_parked", wake_parked},
	{"wake_busy", wake_busy},
	{NULL, NULL},
};
