/* Children that run ahead in the await of their parent: nobody may notice but by the polls. */
#include "support.h"

#define LOG_MAX 100000
#define SIDES_MAX 2

static int64_t log_entries[2][LOG_MAX];
static int log_counts[2];
static int logged; /* which of them is written */

/* --- node: a tree of tasks that is decided by a number -------------------------------------- */

enum { WAITS = 1, GOES_ON };
enum { AWAITS, YIELDS };

/* What a node does, a number of times; what it spawned and did not await it awaits at its end. */
enum { SPAWN_AND_AWAIT, SPAWN, YIELD, NOTHING, ACTIONS };

typedef struct Node {
	uint32_t state;
	uint32_t mode;
	int64_t number;
	int64_t depth;
	int64_t steps;
	int64_t chained; /* every step is SPAWN_AND_AWAIT */
	int64_t step;
	ZynPromise *child; /* owned */
	ZynPromise *sides[SIDES_MAX];
	union {
		ZynAwait await;
		uint32_t yield;
	} leaf;
	int64_t sum;
	int64_t result;
} Node;

MACHINE(node, Node);

static void note(const Node *n, int64_t what)
{
	CHECK(log_counts[logged] < LOG_MAX);
	log_entries[logged][log_counts[logged]++] = n->number * 8 + what;
}

static ZynPromise *spawned(ZynContext *cx, const Node *parent, int64_t number)
{
	Node *child = zyn_frame_new(cx, &node);
	CHECK(child != NULL);
	child->number = number;
	child->depth = parent->depth - 1;
	child->steps = parent->chained && parent->depth == 1 ? 0 : parent->steps;
	child->chained = parent->chained;
	ZynPromise *p = zyn__task_promise(zyn__task_of_machine(child));
	zyn_promise_release(zyn_spawn(cx, p, 0));
	return p;
}

static void wait_for(Node *n, ZynContext *cx, ZynPromise *p)
{
	n->child = p;
	n->mode = AWAITS;
	n->state = WAITS;
	zyn_await_promise_init(cx, &n->leaf.await, p);
}

static int64_t mixed(int64_t number, int64_t step)
{
	uint64_t z = (uint64_t)number * 0x9E3779B97F4A7C15u + (uint64_t)step * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 31) * 0x94D049BB133111EBu;
	return (int64_t)(z >> 40);
}

static void act(Node *n, ZynContext *cx)
{
	int64_t action = n->chained ? SPAWN_AND_AWAIT : mixed(n->number, n->step) % ACTIONS;
	int64_t number = n->chained ? n->number : mixed(n->number, n->step + 100);
	note(n, n->step);
	n->step++;
	if (action == YIELD) {
		n->mode = YIELDS;
		n->state = WAITS;
		zyn_yield_now_init(cx, &n->leaf);
	}
	if (n->depth == 0 || action == NOTHING || action == YIELD)
		return;
	ZynPromise *p = spawned(cx, n, number);
	int at = n->sides[0] == NULL ? 0 : 1;
	if (action == SPAWN && n->sides[at] == NULL)
		n->sides[at] = p;
	else
		wait_for(n, cx, p);
}

static int64_t node_poll(void *sm, ZynContext *cx)
{
	Node *n = sm;
	if (zyn__state_ended(n->state))
		return zyn_repoll(sm, cx);
	for (;;) { /* bounded by the steps and the sides */
		if (n->state == WAITS && n->mode == YIELDS) {
			if (zyn_yield_now_poll(&n->leaf, cx) == 0)
				return 0;
		} else if (n->state == WAITS) {
			int64_t value = 0;
			if (zyn_await_promise_poll(&n->leaf, cx) == 0)
				return 0;
			zyn_await_promise_take(&n->leaf, &value);
			zyn_await_promise_drop(&n->leaf);
			zyn_promise_release(n->child);
			n->child = NULL;
			n->sum += value;
		}
		n->state = GOES_ON;
		if (n->step < n->steps) {
			act(n, cx);
			continue;
		}
		int at = n->sides[0] != NULL ? 0 : 1;
		ZynPromise *side = n->sides[at];
		n->sides[at] = NULL;
		note(n, 7);
		if (side == NULL)
			return machine_return(&n->state, &n->result, n->sum + 1);
		wait_for(n, cx, side);
	}
}

static void node_drop(void *sm)
{
	(void)sm; /* every node comes to its end here */
}

typedef struct Shape {
	int64_t number;
	int64_t depth;
	int64_t steps;
	int64_t chained;
} Shape;

static ZynPromise *node_new(ZynRuntime *rt, Shape shape)
{
	return zyn_call_async(rt, &node, &shape, offsetof(Node, number), sizeof shape);
}

/* --- tests ---------------------------------------------------------------------------------- */

/* Two trees side by side, so that some children are alone and some are not; by block_on, where they
 * may run ahead, or turn by turn, where nothing does. */
static int64_t run(int into, uint64_t seed, bool by_turns)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Shape shape = {.number = (int64_t)seed, .depth = 1 + (int64_t)(seed % 4), .steps = 3};
	Shape other = {.number = (int64_t)seed + 1000000, .depth = (int64_t)(seed % 3), .steps = 2};
	ZynPromise *a = node_new(rt, shape);
	ZynPromise *b = node_new(rt, other);
	logged = into;
	log_counts[into] = 0;
	if (seed % 2 == 0) {
		zyn_promise_spawn(rt, a);
		zyn_promise_spawn(rt, b);
	} else {
		zyn_promise_spawn(rt, a);
	}
	if (by_turns)
		while (zyn_promise_status(a) == ZYN_PENDING)
			CHECK(zyn_rt_turn(rt) > 0);
	CHECK_EQ(zyn_rt_block_on(rt, a, -1), ZYN_READY);
	int64_t sum = result_of(a);
	if (by_turns && seed % 2 == 0)
		while (zyn_promise_status(b) == ZYN_PENDING)
			CHECK(zyn_rt_turn(rt) > 0);
	CHECK_EQ(zyn_rt_block_on(rt, b, -1), ZYN_READY);
	sum = sum * 1000 + result_of(b);
	zyn_promise_release(a);
	zyn_promise_release(b);
	runtime_end(rt);
	return sum;
}

static void test_the_order_is_as_without(void)
{
	int seen = 0;
	for (uint64_t seed = 1; seed <= 400; seed++) {
		int64_t with = run(0, seed, false);
		int64_t without = run(1, seed, true);
		CHECK_EQ(with, without);
		CHECK_EQ(log_counts[0], log_counts[1]);
		for (int i = 0; i < log_counts[0]; i++)
			CHECK_EQ(log_entries[0][i], log_entries[1][i]);
		seen += log_counts[0];
	}
	CHECK(seen > 4000); /* the trees are worth it */
}

static uint64_t polls_of_chain(uint32_t flags, uint64_t fuel, bool by_turns)
{
	ZynOptions options = {.size = sizeof options, .flags = flags, .fuel = fuel};
	ZynRuntime *rt = zyn_rt_new(&options);
	ZynPromise *p = node_new(rt, (Shape){.number = 1, .depth = 1, .steps = 7, .chained = 1});
	logged = 0;
	log_counts[0] = 0;
	zyn_promise_spawn(rt, p);
	if (by_turns)
		while (zyn_promise_status(p) == ZYN_PENDING)
			CHECK(zyn_rt_turn(rt) > 0);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(result_of(p), 8);
	uint64_t polls = zyn_promise_polls(p);
	zyn_promise_release(p);
	zyn_rt_free(rt);
	return polls;
}

static void test_a_parent_of_one_child_after_the_other_never_parks(void)
{
	CHECK_EQ(polls_of_chain(0, 0, false), 1);
	CHECK_EQ(polls_of_chain(0, 0, true), 8);        /* a host that turns sees each turn */
	CHECK_EQ(polls_of_chain(0, 1000000, false), 8); /* and fuel counts each poll */
}

static void test_a_long_row_looks_around_now_and_then(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *p = node_new(rt, (Shape){.depth = 1, .steps = 5000, .chained = 1});
	logged = 0;
	log_counts[0] = 0;
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(result_of(p), 5001);
	CHECK(zyn_promise_polls(p) >= 5000 / 200);
	CHECK(zyn_promise_polls(p) <= 5000 / 20);
	zyn_promise_release(p);
	runtime_end(rt);
}

static void test_a_deep_row_does_not_use_up_the_stack(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *p = node_new(rt, (Shape){.depth = 20000, .steps = 1, .chained = 1});
	logged = 0;
	log_counts[0] = 0;
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(result_of(p), 20001);
	zyn_promise_release(p);
	runtime_end(rt);
}

int main(void)
{
	RUN(test_the_order_is_as_without);
	RUN(test_a_parent_of_one_child_after_the_other_never_parks);
	RUN(test_a_long_row_looks_around_now_and_then);
	RUN(test_a_deep_row_does_not_use_up_the_stack);
	return 0;
}
