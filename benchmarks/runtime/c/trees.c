/* Work that divides itself: fib, nqueens and an unbalanced tree, one task for each part. */
#include "bench.h"

#define FIB 25
#define FIB_CALLS 242785 /* fib(25) calls itself so often, and once */
#define QUEENS 9
#define QUEENS_TASKS 10633 /* boards of up to 9 queens that do not threaten each other */

/* An unbalanced tree as T1 of UTS has it: geometric, four children on average, of fixed depth.
 * Instead of SHA-1 a node is a number, and its mix says what is below it; every peer does the same,
 * with sums where others have exclusive ors, because Zyntax has none. */
#define UTS_ROOT 2
#define UTS_DEPTH 8
#define UTS_NODES 110477
#define UTS_STEP 0x9E3779B97F4A7C15u

static uint64_t uts_mixed(uint64_t x)
{
	x = (x + (x >> 30)) * 0xBF58476D1CE4E5B9u;
	x = (x + (x >> 27)) * 0x94D049BB133111EBu;
	return x + (x >> 31);
}

/* At least k of them with a probability of 0.8 to the k. */
static uint32_t uts_children(uint64_t node)
{
	uint64_t draw = uts_mixed(node) >> 33, limit = 1717986918;
	uint32_t count = 0;
	for (; draw < limit; limit = limit * 4 / 5)
		count++;
	return count;
}

/* --- fib -------------------------------------------------------------------------------------- */

typedef struct Fib {
	uint32_t state;
	int64_t n;
	ZynPromise *children[2];
	int64_t sum;
	Await leaf;
	int64_t result;
} Fib;

MACHINE(fib, Fib);

static void *fib_new(ZynContext *cx, int64_t n)
{
	Fib *f = frame(cx, &fib);
	f->n = n;
	return f;
}

/* The first half is a task, the second is awaited in place. */
static int64_t fib_poll(void *sm, ZynContext *cx)
{
	Fib *f = sm;
	if (f->state == ZYN_STATE_START) {
		if (f->n < 2)
			return returned(&f->state, &f->result, f->n);
		f->children[1] = spawned(cx, fib_new(cx, f->n - 1));
		f->children[0] = promise_of(fib_new(cx, f->n - 2));
		zyn_await_promise_init(cx, &f->leaf, f->children[0]);
		f->state = 1;
	}
	for (;;) {
		if (zyn_await_promise_poll(&f->leaf, cx) == 0)
			return 0;
		f->sum += taken(&f->leaf, f->children[f->state - 1]);
		if (f->state == 2)
			return returned(&f->state, &f->result, f->sum);
		f->state = 2;
		zyn_await_promise_init(cx, &f->leaf, f->children[1]);
	}
}

static double fib_tree(ZynRuntime *rt, uint32_t workers)
{
	int64_t n = FIB;
	(void)workers;
	return timed(rt, zyn_call_async(rt, &fib, &n, offsetof(Fib, n), sizeof n), FIB_CALLS);
}

/* --- queens: a board, as bits of columns and diagonals ---------------------------------------- */

typedef struct Queens {
	uint32_t state;
	uint32_t count; /* of children */
	int64_t columns;
	int64_t left;
	int64_t right;
	uint32_t next;
	ZynPromise *children[QUEENS];
	int64_t sum;
	Await leaf;
	int64_t result;
} Queens;

MACHINE(queens, Queens);

static int64_t queens_poll(void *sm, ZynContext *cx)
{
	Queens *q = sm;
	const int64_t all = (1 << QUEENS) - 1;
	if (q->state == ZYN_STATE_START) {
		if (q->columns == all)
			return returned(&q->state, &q->result, 1);
		int64_t free = all & ~(q->columns | q->left | q->right);
		for (; free != 0; free &= free - 1) {
			int64_t place = free & -free;
			Queens *child = frame(cx, &queens);
			child->columns = q->columns | place;
			child->left = ((q->left | place) << 1) & all;
			child->right = (q->right | place) >> 1;
			q->children[q->count++] = spawned(cx, child);
		}
		if (q->count == 0)
			return returned(&q->state, &q->result, 0);
		zyn_await_promise_init(cx, &q->leaf, q->children[0]);
		q->state = 1;
	}
	for (;;) {
		if (zyn_await_promise_poll(&q->leaf, cx) == 0)
			return 0;
		q->sum += taken(&q->leaf, q->children[q->next]);
		if (++q->next == q->count)
			return returned(&q->state, &q->result, q->sum);
		zyn_await_promise_init(cx, &q->leaf, q->children[q->next]);
	}
}

static double nqueens(ZynRuntime *rt, uint32_t workers)
{
	int64_t board[3] = {0, 0, 0};
	(void)workers;
	ZynPromise *p = zyn_call_async(rt, &queens, board, offsetof(Queens, columns), sizeof board);
	zyn_promise_retain(p);
	double ns = timed(rt, p, QUEENS_TASKS);
	MUST(*(const int64_t *)zyn_promise_result(p) == 352);
	zyn_promise_release(p);
	return ns;
}

/* --- uts: a tree whose nodes say how many children they have ---------------------------------- */

typedef struct Uts {
	uint32_t state;
	uint32_t count;
	uint64_t node;
	int64_t depth; /* left below it */
	ZynPromise **children;
	uint32_t next;
	int64_t sum;
	Await leaf;
	int64_t result;
} Uts;

MACHINE(uts, Uts);

static int64_t uts_poll(void *sm, ZynContext *cx)
{
	Uts *u = sm;
	if (u->state == ZYN_STATE_START) {
		u->count = u->depth == 0 ? 0 : uts_children(u->node);
		if (u->count == 0)
			return returned(&u->state, &u->result, 1);
		u->children = malloc(u->count * sizeof *u->children);
		MUST(u->children != NULL);
		uint64_t seed = u->node;
		for (uint32_t i = 0; i < u->count; i++) {
			Uts *child = frame(cx, &uts);
			child->node = uts_mixed(seed += UTS_STEP);
			child->depth = u->depth - 1;
			u->children[i] = spawned(cx, child);
		}
		u->sum = 1;
		u->state = 1;
		zyn_await_promise_init(cx, &u->leaf, u->children[0]);
	}
	for (;;) {
		if (zyn_await_promise_poll(&u->leaf, cx) == 0)
			return 0;
		u->sum += taken(&u->leaf, u->children[u->next]);
		if (++u->next == u->count)
			break;
		zyn_await_promise_init(cx, &u->leaf, u->children[u->next]);
	}
	free(u->children);
	return returned(&u->state, &u->result, u->sum);
}

static double uts_tree(ZynRuntime *rt, uint32_t workers)
{
	struct {
		uint64_t node;
		int64_t depth;
	} root = {UTS_ROOT, UTS_DEPTH};
	(void)workers;
	ZynPromise *p = zyn_call_async(rt, &uts, &root, offsetof(Uts, node), sizeof root);
	zyn_promise_retain(p);
	double ns = timed(rt, p, UTS_NODES);
	MUST(*(const int64_t *)zyn_promise_result(p) == UTS_NODES);
	zyn_promise_release(p);
	return ns;
}

const Workload trees_workloads[] = {
	{"fib", fib_tree},
	{"nqueens", nqueens},
	{"uts", uts_tree},
	{NULL, NULL},
};
