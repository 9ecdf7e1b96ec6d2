/* What a select, a race, a join, a timeout or an await does not want any more has ended when that
 * ends, clean-up included, if nobody else holds it. */
#include "combine.h"
#include "support.h"

#define LIMIT_NS 60000000000

/* --- tidy: waits for ever, and cleans up when it is cancelled --------------------------------- */

typedef struct TidyBox {
	bool lingers; /* its clean-up waits for `may_end`, as that of a nursery does for children */
	_Atomic uint32_t may_end;
	_Atomic uint32_t begun, ended;
	uint32_t cancelled_polls;
	ZynWaker waker;
} TidyBox;

typedef struct Tidy {
	uint32_t state;
	uint32_t unused;
	TidyBox *box;
	int64_t result;
} Tidy;

MACHINE(tidy, Tidy);

static int64_t tidy_poll(void *sm, ZynContext *cx)
{
	Tidy *t = sm;
	if (zyn__state_ended(t->state))
		return zyn_repoll(sm, cx);
	if (t->state == ZYN_STATE_START)
		atomic_fetch_add(&t->box->begun, 1);
	t->state = 1;
	if (!zyn__attention(cx, ZYN_ATTENTION_CANCEL))
		return 0;
	if (t->box->lingers) {
		t->box->cancelled_polls++;
		t->box->waker = cx->waker;
		if (!atomic_load(&t->box->may_end) && !zyn__attention(cx, ZYN_ATTENTION_HURRY)) {
			atomic_fetch_or(&cx->attention, ZYN_ATTENTION_LINGERS);
			return 0;
		}
	}
	atomic_fetch_add(&t->box->ended, 1);
	zyn_fail_cancelled(cx);
	return machine_cancelled(&t->state);
}

static void tidy_drop(void *sm)
{
	(void)sm;
}

/* --- root: stops a tidy task in one of the ways that there are -------------------------------- */

enum Way { BY_SELECT, BY_RACE, BY_JOIN, BY_TIMEOUT, BY_WITHIN, BY_AWAIT, WAYS };

typedef struct Order {
	enum Way way;
	bool fails; /* what wins does */
	int64_t rounds;
	TidyBox *box;
} Order;

typedef struct Root {
	uint32_t state;
	uint32_t leaf_state; /* how the last leaf ended */
	Order *order;
	int64_t rounds;
	union {
		uint32_t state;
		ZynGroupLeaf group;
		ZynSelectLeaf select;
		ZynTimeoutLeaf timeout;
		ZynAwait await;
	} leaf;
	int64_t result;
} Root;

MACHINE(root, Root);

static ZynPromise *made(ZynContext *cx, const ZynDescriptor *descriptor, size_t offset,
                        const void *args, size_t size)
{
	void *sm = zyn_frame_new(cx, descriptor);
	CHECK(sm != NULL);
	memcpy((char *)sm + offset, args, size);
	return zyn__task_promise(zyn__task_of_machine(sm));
}

/* Holds nothing afterwards: the leaf alone does. */
static void root_begin(Root *r, ZynContext *cx)
{
	Order *order = r->order;
	ZynPromise *tidy_one = made(cx, &tidy, offsetof(Tidy, box), &order->box, sizeof order->box);
	int64_t ticks[2] = {1, 1};
	bool fails = order->fails || order->way == BY_JOIN;
	ZynPromise *winner = fails ? made(cx, &failer, offsetof(Failer, ms), ticks, sizeof ticks[0])
	                           : made(cx, &ticker, offsetof(Ticker, count), ticks,
	                                  sizeof ticks);
	ZynPromise *both[2] = {tidy_one, winner};
	ZynPromise *in_order[2] = {winner, tidy_one};
	if (order->way != BY_RACE && order->way != BY_JOIN)
		zyn_promise_release(zyn_spawn(cx, tidy_one, 0));
	switch (order->way) {
	case BY_SELECT:
		zyn_select_init(cx, &r->leaf, in_order, 2);
		break;
	case BY_RACE:
		zyn_race_init(cx, &r->leaf, both, 2);
		break;
	case BY_JOIN:
		zyn_join_init(cx, &r->leaf, both, 2);
		break;
	case BY_TIMEOUT:
		zyn_timeout_init(cx, &r->leaf, tidy_one, 1);
		break;
	case BY_WITHIN:
		zyn_within_init(cx, &r->leaf, 1, tidy_one);
		break;
	default:
		zyn_await_promise_init(cx, &r->leaf, tidy_one);
		break;
	}
	zyn_promise_release(tidy_one);
	zyn_promise_release(winner);
}

static const struct {
	ZynPollFn *poll;
	void (*drop)(void *mem);
} leaves[WAYS] = {
	{zyn_select_poll, zyn_select_drop}, {zyn_race_poll, zyn_race_drop},
	{zyn_join_poll, zyn_join_drop},     {zyn_timeout_poll, zyn_timeout_drop},
	{zyn_within_poll, zyn_within_drop}, {zyn_await_promise_poll, zyn_await_promise_drop},
};

static int64_t root_poll(void *sm, ZynContext *cx)
{
	Root *r = sm;
	if (zyn__state_ended(r->state))
		return zyn_repoll(sm, cx);
	for (; r->rounds < r->order->rounds; r->rounds++) {
		if (r->state == ZYN_STATE_START)
			root_begin(r, cx);
		r->state = 1;
		if (leaves[r->order->way].poll(&r->leaf, cx) == 0)
			return 0;
		uint32_t ended = r->leaf.state;
		leaves[r->order->way].drop(&r->leaf);
		r->state = ZYN_STATE_START;
		/* the point of it all: at once, and not a turn later */
		const TidyBox *box = r->order->box;
		if (!zyn__attention(cx, ZYN_ATTENTION_HURRY))
			CHECK_EQ(atomic_load(&box->begun), atomic_load(&box->ended));
		if (ended == ZYN_STATE_CANCELLED)
			return machine_cancelled(&r->state);
		if (ended == ZYN_STATE_FAILED && r->rounds + 1 == r->order->rounds)
			return machine_fail(&r->state);
		zyn_error_release(zyn__error_take(cx));
	}
	return machine_return(&r->state, &r->result, r->rounds);
}

static void root_drop(void *sm)
{
	(void)sm;
}

static ZynPromise *root_new(ZynRuntime *rt, Order *order)
{
	return zyn_call_async(rt, &root, &order, offsetof(Root, order), sizeof order);
}

/* How a root ends that is left alone. */
static int32_t expected(const Order *order)
{
	bool fails = order->fails || order->way == BY_JOIN || order->way == BY_TIMEOUT;
	return fails ? ZYN_FAILED : ZYN_READY;
}

static int32_t expected_code(const Order *order)
{
	return order->way == BY_TIMEOUT ? ZYN_ERROR_TIMEOUT : ZYN_ERROR_DIVISION_BY_ZERO;
}

/* --- tests ------------------------------------------------------------------------------------ */

static void test_a_loser_has_ended(void)
{
	for (enum Way way = BY_SELECT; way < BY_AWAIT; way++) {
		TidyBox box = {0};
		Order order = {.way = way, .rounds = 3, .box = &box};
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		ZynPromise *p = root_new(rt, &order);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), expected(&order));
		CHECK_EQ(atomic_load(&box.ended), 3);
		zyn_promise_release(p);
		runtime_end(rt);
	}
}

/* Lets the clean-up that `box` keeps waiting come to its end. */
static void let_end(TidyBox *box)
{
	atomic_store(&box->may_end, 1);
	zyn_waker_wake(box->waker);
}

/* The tree of `order`, run up to where it waits for a loser. */
static ZynPromise *root_that_waits(ZynRuntime *rt, Order *order)
{
	ZynPromise *p = root_new(rt, order);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_DEADLOCK);
	return p;
}

static void test_what_is_cancelled_ends_its_task_first(void)
{
	for (enum Way way = BY_SELECT; way < WAYS; way++) {
		TidyBox box = {.lingers = true};
		Order order = {.way = way, .rounds = 1, .box = &box};
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		ZynPromise *p = root_new(rt, &order);
		zyn_promise_poll(rt, p);
		zyn_promise_poll(rt, p);
		CHECK_EQ(atomic_load(&box.begun), 1);
		zyn_promise_cancel(p);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_DEADLOCK);
		CHECK_EQ(box.cancelled_polls, 1); /* asked once, not again and again */
		let_end(&box);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_CANCELLED);
		CHECK_EQ(atomic_load(&box.ended), 1);
		zyn_promise_release(p);
		runtime_end(rt);
	}
}

/* The way in which it was decided is kept meanwhile, a failure as well as a value. */
static void test_a_loser_that_takes_its_time(void)
{
	for (int fails = 0; fails < 2; fails++) {
		for (enum Way way = BY_SELECT; way < BY_AWAIT; way++) {
			TidyBox box = {.lingers = true};
			Order order = {.way = way, .fails = fails, .rounds = 1, .box = &box};
			ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
			ZynPromise *p = root_that_waits(rt, &order);
			zyn_promise_poll(rt, p); /* a wake that nobody asked for */
			CHECK_EQ(zyn_promise_status(p), ZYN_PENDING);
			CHECK_EQ(box.cancelled_polls, 1);
			let_end(&box);
			if (way == BY_WITHIN)
				order.fails = false; /* it has no winner */
			CHECK_EQ(zyn_rt_block_on(rt, p, -1), expected(&order));
			if (expected(&order) == ZYN_FAILED)
				CHECK_EQ(zyn_promise_error(p)->code, expected_code(&order));
			zyn_promise_release(p);
			runtime_end(rt);
		}
	}
}

/* The winner, if any, goes the way of the others. */
static void test_cancelled_while_it_waits_for_a_loser(void)
{
	for (int fails = 0; fails < 2; fails++) {
		for (enum Way way = BY_SELECT; way < BY_AWAIT; way++) {
			TidyBox box = {.lingers = true};
			Order order = {.way = way, .fails = fails, .rounds = 1, .box = &box};
			ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
			ZynPromise *p = root_that_waits(rt, &order);
			zyn_promise_cancel(p);
			CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_DEADLOCK);
			let_end(&box);
			CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_CANCELLED);
			CHECK_EQ(box.cancelled_polls, 2);
			zyn_promise_release(p);
			runtime_end(rt);
		}
	}
}

static void test_nobody_waits_while_the_runtime_is_freed(void)
{
	for (enum Way way = BY_SELECT; way < BY_AWAIT; way++) {
		TidyBox box = {.lingers = true};
		Order order = {.way = way, .rounds = 1, .box = &box};
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		ZynPromise *p = root_that_waits(rt, &order);
		zyn_promise_release(p);
		zyn_rt_free(rt);
		CHECK_EQ(atomic_load(&box.ended), 1);
	}
}

/* --- losers that are not waited for ----------------------------------------------------------- */

typedef struct Pair {
	ZynPromise *promises[2];
} Pair;

typedef struct Holder {
	uint32_t state;
	uint32_t unused;
	Pair *pair;
	ZynSelectLeaf leaf;
	int64_t result;
} Holder;

MACHINE(holder, Holder);

static int64_t holder_poll(void *sm, ZynContext *cx)
{
	Holder *h = sm;
	if (zyn__state_ended(h->state))
		return zyn_repoll(sm, cx);
	if (h->state == ZYN_STATE_START) {
		h->state = 1;
		zyn_select_init(cx, &h->leaf, h->pair->promises, 2);
	}
	if (zyn_select_poll(&h->leaf, cx) == 0)
		return 0;
	uint32_t ended = h->leaf.state;
	zyn_select_drop(&h->leaf);
	if (ended == ZYN_STATE_CANCELLED)
		return machine_cancelled(&h->state);
	return machine_return(&h->state, &h->result, 1);
}

static void holder_drop(void *sm)
{
	(void)sm;
}

static ZynPromise *holder_new(ZynRuntime *rt, Pair *pair)
{
	return zyn_call_async(rt, &holder, &pair, offsetof(Holder, pair), sizeof pair);
}

static void test_what_somebody_else_holds_is_let_go(void)
{
	TidyBox box = {0};
	TidyBox *place = &box;
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *tidy_one = zyn_call_async(rt, &tidy, &place, offsetof(Tidy, box), sizeof place);
	Pair pair = {{ticker_new(rt, 1, 1), tidy_one}};
	ZynPromise *p = holder_new(rt, &pair);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(zyn_promise_status(tidy_one), ZYN_PENDING);
	CHECK_EQ(atomic_load(&box.ended), 0);
	for (int i = 0; i < 2; i++)
		zyn_promise_release(pair.promises[i]);
	zyn_promise_release(p);
	runtime_end(rt);
	CHECK_EQ(atomic_load(&box.ended), 1);
}

/* It has nothing to clean up, and costs no turn. */
static void test_what_never_began_is_freed_at_once(void)
{
	TidyBox box = {0};
	TidyBox *place = &box;
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *tidy_one = zyn_call_async(rt, &tidy, &place, offsetof(Tidy, box), sizeof place);
	Pair pair = {{plain_ticker(rt, 0, 0), tidy_one}};
	ZynPromise *p = holder_new(rt, &pair);
	CHECK_EQ(zyn_promise_poll(rt, p), ZYN_READY);
	CHECK_EQ(atomic_load(&box.begun), 0);
	for (int i = 0; i < 2; i++)
		zyn_promise_release(pair.promises[i]);
	zyn_promise_release(p);
	runtime_end(rt);
}

static void test_a_task_that_selects_itself_does_not_wait_for_itself(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Pair pair = {{ticker_new(rt, 1, 5), NULL}};
	ZynPromise *p = holder_new(rt, &pair);
	pair.promises[1] = p;
	CHECK_EQ(zyn_promise_poll(rt, p), ZYN_PENDING);
	zyn_promise_release(p); /* the select alone holds it */
	CHECK_EQ(zyn_rt_block_on(rt, pair.promises[0], -1), ZYN_READY);
	zyn_promise_release(pair.promises[0]);
	runtime_end(rt);
}

/* --- on many workers -------------------------------------------------------------------------- */

#define ROUNDS 50
#define ROOTS 6

/* Losers begin and end on any worker, some before they were ever polled. */
static void test_losers_of_a_team_have_ended(void)
{
	for (enum Way way = BY_SELECT; way < BY_AWAIT; way++) {
		ZynOptions options = {.size = sizeof options, .workers = 3};
		ZynRuntime *rt = zyn_rt_new(&options);
		TidyBox boxes[ROOTS] = {0};
		Order orders[ROOTS];
		ZynPromise *promises[ROOTS];
		for (int i = 0; i < ROOTS; i++) {
			orders[i] = (Order){.way = way, .rounds = ROUNDS, .box = &boxes[i]};
			promises[i] = root_new(rt, &orders[i]);
			zyn_promise_spawn(rt, promises[i]);
		}
		for (int i = 0; i < ROOTS; i++) {
			CHECK_EQ(zyn_rt_block_on(rt, promises[i], LIMIT_NS), expected(&orders[i]));
			zyn_promise_release(promises[i]);
		}
		AWAIT_THREAD(zyn_rt_live_objects(rt) == 0);
		zyn_rt_free(rt);
	}
}

int main(void)
{
	RUN(test_a_loser_has_ended);
	RUN(test_what_is_cancelled_ends_its_task_first);
	RUN(test_a_loser_that_takes_its_time);
	RUN(test_cancelled_while_it_waits_for_a_loser);
	RUN(test_nobody_waits_while_the_runtime_is_freed);
	RUN(test_what_somebody_else_holds_is_let_go);
	RUN(test_what_never_began_is_freed_at_once);
	RUN(test_a_task_that_selects_itself_does_not_wait_for_itself);
	RUN(test_losers_of_a_team_have_ended);
	return 0;
}
