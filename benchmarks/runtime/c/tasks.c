/* Tasks: spawning, joining, giving way, sleeping, trees, and the memory of those that wait. */
#include "bench.h"

#include <unistd.h>

#define SPAWNS 100000
#define TASKS 1000000
#define WIDTH 10

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
	union { /* as the compiler does: a result lies over what is dead by then */
		int64_t ms;
		int64_t result;
	};
	LEAF(24) leaf;
} Sleeper;

MACHINE(sleeper, Sleeper);

static int64_t sleeper_poll(void *sm, ZynContext *cx)
{
	Sleeper *s = sm;
	if (s->state == ZYN_STATE_START) {
		s->state = 1;
		zyn_delay_init(cx, &s->leaf, s->ms);
	}
	int64_t ready = zyn_delay_poll(&s->leaf, cx);
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

/* --- caller: awaits a machine that lies in its own frame, as compiled code does --------------*/

typedef struct Caller {
	uint32_t state;
	int64_t count;
	int64_t next;
	Leaf child;
	int64_t result;
} Caller;

MACHINE(caller, Caller);

static int64_t caller_poll(void *sm, ZynContext *cx)
{
	Caller *c = sm;
	ZynPollFn *volatile *cell = leaf.poll_cell; /* nothing is known of the callee */
	int64_t sum = 0;
	for (; c->next < c->count; c->next++) {
		c->child.state = ZYN_STATE_START;
		c->child.number = c->next;
		c->state = 1;
		if ((*cell)(&c->child, cx) == 0)
			return 0;
		sum += c->child.result;
	}
	return returned(&c->state, &c->result, sum);
}

/* --- link: spawns the next one in the nursery of all ------------------------------------------ */

typedef struct ChainLink {
	uint32_t state;
	ZynNursery *nursery; /* borrowed */
	int64_t left;
	int64_t result;
} ChainLink;

MACHINE(chain_link, ChainLink);

static int64_t chain_link_poll(void *sm, ZynContext *cx)
{
	ChainLink *l = sm;
	if (l->left > 0) {
		ChainLink *next = frame(cx, &chain_link);
		next->nursery = l->nursery;
		next->left = l->left - 1;
		zyn_promise_release(zyn_nursery_spawn(cx, l->nursery, promise_of(next), 0));
		zyn_promise_release(promise_of(next));
	}
	return returned(&l->state, &l->result, 1);
}

typedef struct Chain {
	uint32_t state;
	ZynNursery *nursery; /* owned */
	LEAF(64) leaf;
	int64_t result;
} Chain;

MACHINE(chain, Chain);

static int64_t chain_poll(void *sm, ZynContext *cx)
{
	Chain *c = sm;
	if (c->state == ZYN_STATE_START) {
		c->state = 1;
		c->nursery = zyn_nursery_new(cx->runtime);
		ChainLink *first = frame(cx, &chain_link);
		first->nursery = c->nursery;
		first->left = SPAWNS - 1;
		zyn_promise_release(zyn_nursery_spawn(cx, c->nursery, promise_of(first), 0));
		zyn_promise_release(promise_of(first));
		zyn_nursery_join_init(cx, &c->leaf, c->nursery);
	}
	if (zyn_nursery_join_poll(&c->leaf, cx) == 0)
		return 0;
	zyn_nursery_join_drop(&c->leaf);
	zyn_object_release(c->nursery);
	return returned(&c->state, &c->result, 1);
}

/* --- running --------------------------------------------------------------------------------- */

static double resident_bytes(void)
{
	long size = 0;
	long resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");
	MUST(file != NULL && fscanf(file, "%ld %ld", &size, &resident) == 2);
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

static double memory(ZynRuntime *rt, uint32_t workers, int64_t tasks,
                     void *(*make)(ZynContext *, int64_t))
{
	memset(children, 1, sizeof children); /* the handles are not counted */
	double before = resident_bytes();
	ZynPromise *p = flat_new(rt, tasks, 0, make);
	run_until_polls(rt, workers, p, (uint64_t)tasks + 1); /* until all of them wait */
	return (resident_bytes() - before) / (double)tasks;
}

static double spawn_join(ZynRuntime *rt, uint32_t workers)
{
	(void)workers;
	return timed(rt, flat_new(rt, SPAWNS, 0, leaf_new), SPAWNS);
}

static double spawn_await(ZynRuntime *rt, uint32_t workers)
{
	(void)workers;
	return timed(rt, flat_new(rt, SPAWNS, 1, leaf_new), SPAWNS);
}

static double yield_many(ZynRuntime *rt, uint32_t workers)
{
	(void)workers;
	return timed(rt, flat_new(rt, 200, 0, yielder_new), 200000);
}

static double sleepers(ZynRuntime *rt, uint32_t workers)
{
	(void)workers;
	return timed(rt, flat_new(rt, SPAWNS, 0, sleeper_new), SPAWNS) - 1e8 / SPAWNS;
}

static double skynet_tree(ZynRuntime *rt, uint32_t workers)
{
	int64_t args[2] = {0, 1000000};
	(void)workers;
	return timed(rt, zyn_call_async(rt, &skynet, args, offsetof(Skynet, number), sizeof args),
	             1111111);
}

static double async_call(ZynRuntime *rt, uint32_t workers)
{
	int64_t args[1] = {1000000};
	(void)workers;
	return timed(rt, zyn_call_async(rt, &caller, args, offsetof(Caller, count), sizeof args),
	             1000000);
}

static double chained_spawn(ZynRuntime *rt, uint32_t workers)
{
	(void)workers;
	return timed(rt, zyn_call_async(rt, &chain, NULL, 0, 0), SPAWNS);
}

static double mem_100k(ZynRuntime *rt, uint32_t workers)
{
	return memory(rt, workers, SPAWNS, long_sleeper_new);
}

static double mem_pending(ZynRuntime *rt, uint32_t workers)
{
	return memory(rt, workers, TASKS, waiter_new);
}

static double mem_sleeping(ZynRuntime *rt, uint32_t workers)
{
	return memory(rt, workers, TASKS, long_sleeper_new);
}

const Workload tasks_workloads[] = {
	{"spawn_join", spawn_join},
	{"spawn_await", spawn_await},
	{"async_call", async_call},
	{"yield_many", yield_many},
	{"sleepers", sleepers},
	{"skynet", skynet_tree},
	{"chained_spawn", chained_spawn},
	{"mem_100k", mem_100k},
	{"mem_pending", mem_pending},
	{"mem_sleeping", mem_sleeping},
	{NULL, NULL},
};
