/* The workloads of the suite as C futures on libzynrt: `futures WORKLOAD WORKERS` prints
 * nanoseconds for each operation, or bytes for each task.
 *
 * Only zynrt.h is used, as an embedding program would.  A machine is written as the compiler
 * writes one: state first, then what it keeps.
 */
#include "zynrt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SPAWNS 100000
#define TASKS 1000000
#define WIDTH 10

static const ZynTypeInfo type_i64 = {.size = 8, .align = 8, .kind = ZYN_KIND_I64, .name = "i64"};

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

static int64_t returned(uint32_t *state, int64_t *result, int64_t value)
{
	*result = value;
	*state = ZYN_STATE_RETURNED;
	return value != 0 ? value : ZYN_POLL_LOOK;
}

static ZynPromise *promise_of(void *sm)
{
	return (ZynPromise *)(void *)((char *)sm - sizeof(ZynFrameHeader));
}

static void *frame(ZynContext *cx, const ZynDescriptor *descriptor)
{
	void *sm = zyn_frame_new(cx, descriptor);
	if (sm == NULL)
		abort();
	return sm;
}

static ZynPromise *spawned(ZynContext *cx, void *sm)
{
	ZynPromise *p = promise_of(sm);
	zyn_promise_release(zyn_spawn(cx, p, 0));
	return p;
}

/* The frame of zyn_await_promise, as zynrt.def gives its size. */
typedef struct Await {
	_Alignas(8) char bytes[48];
} Await;

/* Ends the wait for a promise with its value. */
static int64_t taken(Await *leaf, ZynPromise *p)
{
	int64_t value;
	zyn_await_promise_take(leaf, &value);
	zyn_await_promise_drop(leaf);
	zyn_promise_release(p);
	return value;
}

/* --- leaf: gives its number ----------------------------------------------------------------- */

typedef struct Leaf {
	uint32_t state;
	int64_t number;
	int64_t result;
} Leaf;

MACHINE(leaf, Leaf);

static int64_t leaf_poll(void *sm, ZynContext *cx)
{
	Leaf *l = sm;
	(void)cx;
	return returned(&l->state, &l->result, l->number);
}

static void *leaf_new(ZynContext *cx, int64_t number)
{
	Leaf *l = frame(cx, &leaf);
	l->number = number;
	return l;
}

/* --- yielder: gives way `left` times --------------------------------------------------------- */

typedef struct Yielder {
	uint32_t state;
	uint32_t leaf;
	int64_t left;
	int64_t result;
} Yielder;

MACHINE(yielder, Yielder);

static int64_t yielder_poll(void *sm, ZynContext *cx)
{
	Yielder *y = sm;
	if (y->state == ZYN_STATE_START) {
		y->state = 1;
		zyn_yield_now_init(cx, &y->leaf);
	}
	while (zyn_yield_now_poll(&y->leaf, cx) != 0) {
		if (--y->left == 0)
			return returned(&y->state, &y->result, 0);
		zyn_yield_now_init(cx, &y->leaf);
	}
	return 0;
}

static void *yielder_new(ZynContext *cx, int64_t number)
{
	Yielder *y = frame(cx, &yielder);
	(void)number;
	y->left = 1000;
	return y;
}

/* --- sleeper, waiter ------------------------------------------------------------------------- */

typedef struct Sleeper {
	uint32_t state;
	int64_t ms;
	_Alignas(8) char leaf[48];
	int64_t result;
} Sleeper;

MACHINE(sleeper, Sleeper);

static int64_t sleeper_poll(void *sm, ZynContext *cx)
{
	Sleeper *s = sm;
	if (s->state == ZYN_STATE_START) {
		s->state = 1;
		zyn_delay_init(cx, s->leaf, s->ms);
	}
	int64_t ready = zyn_delay_poll(s->leaf, cx);
	if (ready == 0)
		return 0;
	if (cx->error.tag != 0)
		return zyn_failed(sm, cx);
	return returned(&s->state, &s->result, 0);
}

static void *sleeper_new(ZynContext *cx, int64_t number)
{
	Sleeper *s = frame(cx, &sleeper);
	s->ms = 1 + number % 100;
	return s;
}

static void *long_sleeper_new(ZynContext *cx, int64_t number)
{
	Sleeper *s = sleeper_new(cx, number);
	s->ms = 3600000;
	return s;
}

typedef struct Waiter {
	uint32_t state;
	uint32_t leaf;
	int64_t result;
} Waiter;

MACHINE(waiter, Waiter);

static int64_t waiter_poll(void *sm, ZynContext *cx)
{
	Waiter *w = sm;
	if (w->state == ZYN_STATE_START) {
		w->state = 1;
		zyn_pending_init(cx, &w->leaf);
	}
	return zyn_pending_poll(&w->leaf, cx) == 0 ? 0 : zyn_failed(sm, cx);
}

static void *waiter_new(ZynContext *cx, int64_t number)
{
	(void)number;
	return frame(cx, &waiter);
}

/* --- flat: spawns `count` tasks, then awaits one after the other; or one at a time ----------- */

static ZynPromise *children[TASKS];

typedef struct Flat {
	uint32_t state;
	uint32_t next;
	int64_t count;
	int64_t chained; /* not 0: each is awaited before the next is spawned */
	void *(*make)(ZynContext *cx, int64_t number);
	Await leaf;
	int64_t result;
} Flat;

MACHINE(flat, Flat);

static int64_t flat_poll(void *sm, ZynContext *cx)
{
	Flat *f = sm;
	if (f->state == ZYN_STATE_START) {
		int64_t first = f->chained != 0 ? 1 : f->count;
		for (int64_t i = 0; i < first; i++)
			children[i] = spawned(cx, f->make(cx, i));
		zyn_await_promise_init(cx, &f->leaf, children[0]);
		f->state = 1;
	}
	for (;;) {
		if (zyn_await_promise_poll(&f->leaf, cx) == 0)
			return 0;
		taken(&f->leaf, children[f->next]);
		if (++f->next == f->count)
			return returned(&f->state, &f->result, 0);
		if (f->chained != 0)
			children[f->next] = spawned(cx, f->make(cx, f->next));
		zyn_await_promise_init(cx, &f->leaf, children[f->next]);
	}
}

/* --- skynet ---------------------------------------------------------------------------------- */

typedef struct Skynet {
	uint32_t state;
	uint32_t next;
	int64_t number;
	int64_t size;
	int64_t sum;
	ZynPromise *children[WIDTH];
	Await leaf;
	int64_t result;
} Skynet;

MACHINE(skynet, Skynet);

static void *skynet_new(ZynContext *cx, int64_t number, int64_t size)
{
	if (size == 1)
		return leaf_new(cx, number);
	Skynet *s = frame(cx, &skynet);
	s->number = number;
	s->size = size;
	return s;
}

static int64_t skynet_poll(void *sm, ZynContext *cx)
{
	Skynet *s = sm;
	if (s->state == ZYN_STATE_START) {
		int64_t part = s->size / WIDTH;
		for (int i = 0; i < WIDTH; i++)
			s->children[i] = spawned(cx, skynet_new(cx, s->number + i * part, part));
		zyn_await_promise_init(cx, &s->leaf, s->children[0]);
		s->state = 1;
	}
	for (;;) {
		if (zyn_await_promise_poll(&s->leaf, cx) == 0)
			return 0;
		s->sum += taken(&s->leaf, s->children[s->next]);
		if (++s->next == WIDTH)
			return returned(&s->state, &s->result, s->sum);
		zyn_await_promise_init(cx, &s->leaf, s->children[s->next]);
	}
}

/* --- running --------------------------------------------------------------------------------- */

static double now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double resident_bytes(void)
{
	long size = 0;
	long resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");
	if (file == NULL || fscanf(file, "%ld %ld", &size, &resident) != 2)
		abort();
	fclose(file);
	return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static ZynPromise *flat_new(ZynRuntime *rt, int64_t count, int64_t chained,
                            void *(*make)(ZynContext *, int64_t))
{
	struct {
		int64_t count;
		int64_t chained;
		void *(*make)(ZynContext *, int64_t);
	} args = {count, chained, make};
	return zyn_call_async(rt, &flat, &args, offsetof(Flat, count), sizeof args);
}

static double timed(ZynRuntime *rt, ZynPromise *p, double operations)
{
	double begin = now_ns();
	if (zyn_rt_block_on(rt, p, -1) != ZYN_READY)
		abort();
	double ns = (now_ns() - begin) / operations;
	zyn_promise_release(p);
	return ns;
}

static uint64_t polls(ZynRuntime *rt)
{
	uint64_t sum = 0;
	ZynMetrics metrics;
	for (uint32_t i = 0; i < zyn_rt_metrics(rt, i, &metrics); i++)
		sum += metrics.polls;
	return sum;
}

static double memory(ZynRuntime *rt, void *(*make)(ZynContext *, int64_t))
{
	memset(children, 1, sizeof children); /* the handles are not counted */
	double before = resident_bytes();
	ZynPromise *p = flat_new(rt, TASKS, 0, make);
	while (polls(rt) <= TASKS) /* until all of them wait */
		zyn_rt_block_on(rt, p, 10000000);
	return (resident_bytes() - before) / TASKS;
}

int main(int count, char **arguments)
{
	if (count != 3)
		return 2;
	const char *workload = arguments[1];
	ZynOptions options = {.size = sizeof options, .workers = (uint32_t)atoi(arguments[2])};
	ZynRuntime *rt = zyn_rt_new(&options);
	double value;
	if (rt == NULL)
		return 1;
	if (strcmp(workload, "spawn_join") == 0) {
		value = timed(rt, flat_new(rt, SPAWNS, 0, leaf_new), SPAWNS);
	} else if (strcmp(workload, "spawn_await") == 0) {
		value = timed(rt, flat_new(rt, SPAWNS, 1, leaf_new), SPAWNS);
	} else if (strcmp(workload, "yield_many") == 0) {
		value = timed(rt, flat_new(rt, 200, 0, yielder_new), 200000);
	} else if (strcmp(workload, "sleepers") == 0) {
		value = timed(rt, flat_new(rt, SPAWNS, 0, sleeper_new), SPAWNS) - 1e8 / SPAWNS;
	} else if (strcmp(workload, "skynet") == 0) {
		int64_t args[2] = {0, 1000000};
		ZynPromise *p = zyn_call_async(rt, &skynet, args, offsetof(Skynet, number),
		                               sizeof args);
		value = timed(rt, p, 1111111);
	} else if (strcmp(workload, "mem_pending") == 0) {
		value = memory(rt, waiter_new);
	} else if (strcmp(workload, "mem_sleeping") == 0) {
		value = memory(rt, long_sleeper_new);
	} else {
		fprintf(stderr, "no such workload: %s\n", workload);
		return 2;
	}
	printf("%f\n", value);
	fflush(stdout);
	_exit(0); /* tearing down is not what is measured */
}
