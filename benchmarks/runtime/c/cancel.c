/* Ending early: a tree of tasks that is cancelled, losers of a select, time limits that are kept.
 */
#include "bench.h"

#define DEPTH 6
#define WIDTH 10
#define TREE_TASKS 1111111
#define ROUNDS 100000

/* --- waiter, hop ------------------------------------------------------------------------------ */

typedef struct Short {
	uint32_t state;
	LEAF(8) leaf;
	int64_t result;
} Short;

MACHINE(waiter, Short);
MACHINE(hop, Short);

/* Waits for ever. */
static int64_t waiter_poll(void *sm, ZynContext *cx)
{
	Short *w = sm;
	if (w->state == ZYN_STATE_START) {
		w->state = 1;
		zyn_pending_init(cx, &w->leaf);
	}
	return zyn_pending_poll(&w->leaf, cx) == 0 ? 0 : zyn_failed(sm, cx);
}

/* Gives way once. */
static int64_t hop_poll(void *sm, ZynContext *cx)
{
	Short *h = sm;
	if (h->state == ZYN_STATE_START) {
		h->state = 1;
		zyn_yield_now_init(cx, &h->leaf);
	}
	if (zyn_yield_now_poll(&h->leaf, cx) == 0)
		return 0;
	return returned(&h->state, &h->result, 1);
}

/* --- branch: a nursery of ten branches -------------------------------------------------------- */

typedef struct Branch {
	uint32_t state;
	int64_t depth;
	ZynNursery *nursery; /* owned while it joins */
	LEAF(64) leaf;
	int64_t result;
} Branch;

MACHINE(branch, Branch);

static void *branch_new(ZynContext *cx, int64_t depth)
{
	if (depth == 0)
		return frame(cx, &waiter);
	Branch *b = frame(cx, &branch);
	b->depth = depth;
	return b;
}

static int64_t branch_poll(void *sm, ZynContext *cx)
{
	Branch *b = sm;
	if (b->state == ZYN_STATE_START) {
		b->state = 1;
		b->nursery = zyn_nursery_new(cx->runtime);
		for (int i = 0; i < WIDTH; i++) {
			ZynPromise *p = promise_of(branch_new(cx, b->depth - 1));
			zyn_promise_release(zyn_nursery_spawn(cx, b->nursery, p, 0));
			zyn_promise_release(p);
		}
		zyn_nursery_join_init(cx, &b->leaf, b->nursery);
	}
	if (zyn_nursery_join_poll(&b->leaf, cx) == 0)
		return 0;
	zyn_nursery_join_drop(&b->leaf);
	zyn_object_release(b->nursery);
	if (cx->error.tag != 0)
		return zyn_failed(sm, cx);
	return returned(&b->state, &b->result, 1);
}

static double cancel_tree(ZynRuntime *rt, uint32_t workers)
{
	int64_t depth = DEPTH;
	uint64_t before = zyn_rt_live_objects(rt);
	ZynPromise *p = zyn_call_async(rt, &branch, &depth, offsetof(Branch, depth), sizeof depth);
	zyn_rt_outside(rt, 1); /* or it would be a deadlock */
	run_until_polls(rt, workers, p, TREE_TASKS);
	zyn_rt_outside(rt, -1);
	double begin = now_ns();
	zyn_promise_cancel(p);
	MUST(zyn_rt_block_on(rt, p, -1) == ZYN_CANCELLED);
	zyn_promise_release(p);
	zyn_rt_run_until_idle(rt); /* the root ends first, the leaves last */
	double ns = (now_ns() - begin) / TREE_TASKS;
	MUST(zyn_rt_live_objects(rt) == before);
	return ns;
}

/* --- chooser: a select, or a time limit, again and again -------------------------------------- */

typedef struct Chooser {
	uint32_t state;
	int64_t limited; /* 0: select */
	int64_t left;
	LEAF(120) leaf;
	int64_t result;
} Chooser;

MACHINE(chooser, Chooser);

static void choose(Chooser *c, ZynContext *cx)
{
	ZynPromise *promises[2] = {promise_of(frame(cx, &hop)), NULL};
	if (c->limited != 0) {
		zyn_within_init(cx, &c->leaf, 3600000, promises[0]);
	} else {
		promises[1] = promise_of(frame(cx, &waiter));
		zyn_select_init(cx, &c->leaf, promises, 2);
	}
	zyn_promise_release(promises[0]);
	zyn_promise_release(promises[1]);
}

static int64_t chooser_poll(void *sm, ZynContext *cx)
{
	Chooser *c = sm;
	int64_t value;
	if (c->state == ZYN_STATE_START) {
		c->state = 1;
		choose(c, cx);
	}
	for (;;) {
		if (c->limited != 0) {
			if (zyn_within_poll(&c->leaf, cx) == 0)
				return 0;
			zyn_within_take(&c->leaf, &value);
			zyn_within_drop(&c->leaf);
		} else {
			if (zyn_select_poll(&c->leaf, cx) == 0)
				return 0;
			MUST(zyn_select_take(&c->leaf, &value) == 0);
			zyn_select_drop(&c->leaf);
		}
		if (--c->left == 0)
			return returned(&c->state, &c->result, 1);
		choose(c, cx);
	}
}

static double choices(ZynRuntime *rt, int64_t limited)
{
	int64_t args[2] = {limited, ROUNDS};
	ZynPromise *p = zyn_call_async(rt, &chooser, args, offsetof(Chooser, limited), sizeof args);
	return timed(rt, p, ROUNDS);
}

static double select_losers(ZynRuntime *rt, uint32_t workers)
{
	(void)workers;
	return choices(rt, 0);
}

static double timeout_storm(ZynRuntime *rt, uint32_t workers)
{
	(void)workers;
	return choices(rt, 1);
}

const Workload cancel_workloads[] = {
	{"cancel_tree", cancel_tree},
	{"select_losers", select_losers},
	{"timeout_storm", timeout_storm},
	{NULL, NULL},
};
