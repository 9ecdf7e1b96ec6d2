/* Join sets and unordered futures: ends in order, failures, cancelling, and no child is lost. */
#include "children.h"
#include "sync_support.h"

#define MS 1000000ull

static void next_init(ZynContext *cx, void *mem, void *arg)
{
	zyn_join_next_init(cx, mem, arg);
}

static void next_promise_init(ZynContext *cx, void *mem, void *arg)
{
	zyn_join_next_promise_init(cx, mem, arg);
}

static void futures_init(ZynContext *cx, void *mem, void *arg)
{
	zyn_futures_next_init(cx, mem, arg);
}

static const LeafOps next = {next_init, zyn_join_next_poll, zyn_join_next_take, zyn_join_next_drop};
static const LeafOps next_promise = {next_promise_init, zyn_join_next_promise_poll,
                                     zyn_join_next_promise_take, zyn_join_next_promise_drop};
static const LeafOps futures_next = {futures_init, zyn_futures_next_poll, zyn_futures_next_take,
                                     zyn_futures_next_drop};

/* Spawns from the host, and lets go of every reference but the set's. */
static void spawn(ZynJoinSet *set, ZynPromise *child)
{
	zyn_promise_release(zyn_join_set_spawn(NULL, set, child, 0));
	zyn_promise_release(child);
}

/* -1 empty, -2 failed. */
static int64_t join_next(ZynRuntime *rt, const LeafOps *ops, void *set)
{
	ZynPromise *p = leaf_task_new(rt, ops, set);
	int32_t status = zyn_rt_block_on(rt, p, -1);
	int64_t result = -2;
	if (status == ZYN_READY)
		result = outcome_of(p) == ZYN_OUTCOME_EMPTY ? -1 : result_of(p);
	else
		CHECK_EQ(status, ZYN_FAILED);
	zyn_promise_release(p);
	return result;
}

static void test_ends_come_in_their_order(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynJoinSet *set = zyn_join_set_new(rt);
	CHECK_EQ(join_next(rt, &next, set), -1);
	for (int64_t i = 1; i <= 4; i++)
		spawn(set, ticker_new(rt, i, i % 2 == 0 ? 10 : 30));
	CHECK_EQ(zyn_join_set_len(set), 4);
	CHECK_EQ(join_next(rt, &next, set), 2); /* after 20, 30, 40, 90 ms */
	CHECK_EQ(join_next(rt, &next, set), 1);
	CHECK_EQ(zyn_rt_now_ns(rt), 30 * MS);
	CHECK_EQ(zyn_join_set_len(set), 2);
	ZynPromise *ended;
	CHECK_EQ(zyn_join_set_try_join_next(set, &ended), ZYN_OUTCOME_PENDING);
	CHECK_EQ(zyn_rt_run_until_idle(rt), ZYN_READY);
	CHECK_EQ(zyn_join_set_try_join_next(set, &ended), ZYN_OUTCOME_DONE);
	CHECK_EQ(result_of(ended), 4);
	zyn_promise_release(ended);
	CHECK_EQ(join_next(rt, &next, set), 3);
	CHECK_EQ(join_next(rt, &next, set), -1);
	CHECK_EQ(zyn_join_set_try_join_next(set, &ended), ZYN_OUTCOME_EMPTY);
	zyn_object_release(set);
	runtime_end(rt);
}

static void test_a_failure_is_the_leafs_or_stays_in_the_promise(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynJoinSet *set = zyn_join_set_new(rt);
	for (int i = 0; i < 2; i++) {
		spawn(set, failer_new(rt, 5));
		spawn(set, ticker_new(rt, 7, 10));
		if (i == 0) {
			CHECK_EQ(join_next(rt, &next, set), -2);
			CHECK_EQ(join_next(rt, &next, set), 7);
			continue;
		}
		ZynPromise *p = leaf_task_new(rt, &next_promise, set);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
		ZynPromise *ended = (ZynPromise *)(uintptr_t)result_of(p);
		CHECK_EQ(zyn_promise_status(ended), ZYN_FAILED);
		CHECK_EQ(zyn_promise_error(ended)->code, ZYN_ERROR_DIVISION_BY_ZERO);
		zyn_promise_release(ended);
		zyn_promise_release(p);
	}
	zyn_object_release(set); /* with a child that runs */
	zyn_rt_turn(rt);
	runtime_end(rt);
}

static void test_abort_all_ends_everything(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynJoinSet *set = zyn_join_set_new(rt);
	for (int i = 0; i < 3; i++)
		spawn(set, ticker_new(rt, 100, 10));
	zyn_rt_turn(rt);
	zyn_join_set_abort_all(set);
	zyn_join_set_abort_all(set);
	for (int i = 0; i < 3; i++) {
		ZynPromise *ended;
		CHECK_EQ(zyn_rt_run_until_idle(rt), ZYN_READY);
		CHECK_EQ(zyn_join_set_try_join_next(set, &ended), ZYN_OUTCOME_DONE);
		CHECK_EQ(zyn_promise_status(ended), ZYN_CANCELLED);
		zyn_promise_release(ended);
	}
	CHECK_EQ(zyn_rt_now_ns(rt), 0);
	CHECK_EQ(join_next(rt, &next, set), -1);
	zyn_object_release(set);
	runtime_end(rt);
}

/* Rule 4. */
static void test_a_set_that_goes_cancels_its_children(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynJoinSet *set = zyn_join_set_new(rt);
	ZynPromise *held = ticker_new(rt, 100, 10), *ended = ticker_new(rt, 0, 0);
	zyn_promise_release(zyn_join_set_spawn(NULL, set, held, 0));
	spawn(set, ended);
	spawn(set, plain_ticker(rt, 5, 10));
	zyn_rt_turn(rt);
	zyn_object_release(set);
	CHECK_EQ(zyn_rt_run_until_idle(rt), ZYN_READY);
	CHECK_EQ(zyn_promise_status(held), ZYN_CANCELLED);
	CHECK_EQ(zyn_rt_now_ns(rt), 0);
	zyn_promise_release(held);
	runtime_end(rt);
}

/* Rule 3. */
static void test_more_waiters_than_children(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynJoinSet *set = zyn_join_set_new(rt);
	ZynPromise *p[3];
	spawn(set, ticker_new(rt, 5, 10));
	spawn(set, ticker_new(rt, 6, 10));
	for (int i = 0; i < 3; i++) {
		p[i] = leaf_task_new(rt, &next, set);
		CHECK_EQ(zyn_promise_poll(rt, p[i]), ZYN_PENDING);
	}
	CHECK_EQ(zyn_rt_block_on(rt, p[2], -1), ZYN_READY);
	CHECK_EQ(outcome_of(p[2]), ZYN_OUTCOME_EMPTY);
	CHECK_EQ(result_of(p[0]), 5);
	CHECK_EQ(result_of(p[1]), 6);
	for (int i = 0; i < 3; i++)
		zyn_promise_release(p[i]);
	zyn_object_release(set);
	runtime_end(rt);
}

/* Rule 2. */
static void test_a_cancelled_waiter_passes_its_child_on(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynJoinSet *set = zyn_join_set_new(rt);
	Actor a, b;
	actor_init(&a, rt);
	actor_init(&b, rt);
	spawn(set, ticker_new(rt, 5, 10));
	spawn(set, ticker_new(rt, 1, 100));
	zyn_join_next_init(&a.cx, &a.leaf, set);
	zyn_join_next_init(&b.cx, &b.leaf, set);
	CHECK_EQ(zyn_join_next_poll(&a.leaf, &a.cx), 0);
	CHECK_EQ(zyn_join_next_poll(&b.leaf, &b.cx), 0);
	while (!actor_was_woken(&a))
		zyn_rt_turn(rt);
	CHECK_EQ(zyn_rt_now_ns(rt), 50 * MS);
	CHECK(!actor_was_woken(&b));
	actor_cancel(&a, zyn_join_next_poll);
	CHECK(actor_was_woken(&b));
	CHECK(zyn_join_next_poll(&b.leaf, &b.cx) != 0);
	int64_t value = 0;
	CHECK_EQ(zyn_join_next_take(&b.leaf, &value), ZYN_OUTCOME_DONE);
	zyn_join_next_drop(&b.leaf);
	CHECK_EQ(value, 5);
	zyn_join_next_init(&a.cx, &a.leaf, set);
	zyn_join_next_drop(&a.leaf); /* never polled */
	zyn_object_release(set);
	zyn_rt_turn(rt);
	runtime_end(rt);
}

static void test_a_debugger_sees_how_many_are_left(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynJoinSet *set = zyn_join_set_new(rt);
	spawn(set, ticker_new(rt, 1, 10));
	spawn(set, ticker_new(rt, 1, 20));
	ZynPromise *p = leaf_task_new(rt, &next, set);
	CHECK_EQ(zyn_promise_poll(rt, p), ZYN_PENDING);
	ZynWaitInfo info;
	CHECK_EQ(zyn_dbg_wait(ZYN_LEAF_join_next, &((LeafTask *)p->state_machine)->leaf, &info), 1);
	CHECK_EQ(info.kind, ZYN_OBJECT_JOIN_SET);
	CHECK_EQ(info.object, zyn_object_id(set));
	CHECK_EQ(info.fill, 2);
	CHECK_EQ(info.waiting, 1);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	zyn_promise_release(p);
	zyn_object_release(set);
	zyn_rt_turn(rt);
	runtime_end(rt);
}

static void test_futures_unordered_begin_with_the_first_wait(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynFutures *futures = zyn_futures_new(rt);
	for (int64_t i = 3; i >= 1; i--) {
		ZynPromise *p = plain_ticker(rt, i, 10);
		CHECK_EQ(zyn_futures_push(NULL, futures, p), ZYN_OUTCOME_DONE);
		zyn_promise_release(p);
	}
	CHECK_EQ(zyn_rt_turn(rt), 0);
	CHECK_EQ(zyn_futures_len(futures), 3);
	for (int64_t i = 1; i <= 3; i++)
		CHECK_EQ(join_next(rt, &futures_next, futures), i);
	CHECK_EQ(join_next(rt, &futures_next, futures), -1);
	ZynPromise *never = plain_ticker(rt, 1, 1);
	CHECK_EQ(zyn_futures_push(NULL, futures, never), ZYN_OUTCOME_DONE);
	zyn_promise_release(never);
	zyn_object_release(futures); /* with one that never began */
	zyn_rt_run_until_idle(rt);
	runtime_end(rt);
}

/* --- at random -------------------------------------------------------------------------------- */

/* Children of random lengths are spawned, waited for and cancelled while waiting: each end comes
 * out once, in the order of the ends. */
static void test_random_children_come_out_once(void)
{
	for (uint64_t seed = 1; seed <= 200; seed++) {
		Chance chance = {seed};
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		ZynJoinSet *set = zyn_join_set_new(rt);
		uint64_t spawned = 0, sum = 0, got = 0, got_sum = 0;
		while (spawned < 30 || zyn_join_set_len(set) != 0) {
			uint32_t what = chance_below(&chance, 4);
			if (what < 2 && spawned < 30) {
				int64_t count = (int64_t)chance_below(&chance, 20);
				spawn(set, ticker_new(rt, count, 7));
				spawned++;
				sum += (uint64_t)count;
				continue;
			}
			ZynPromise *p = leaf_task_new(rt, &next, set);
			if (what == 2) {
				zyn_promise_poll(rt, p);
				zyn_rt_turn(rt);
				zyn_promise_cancel(p);
			}
			int32_t status = zyn_rt_block_on(rt, p, -1);
			CHECK(status == ZYN_READY || (status == ZYN_CANCELLED && what == 2));
			if (status == ZYN_READY && outcome_of(p) == ZYN_OUTCOME_DONE) {
				got++;
				got_sum += (uint64_t)result_of(p);
			}
			zyn_promise_release(p);
		}
		CHECK_EQ(got, spawned);
		CHECK_EQ(got_sum, sum);
		zyn_object_release(set);
		runtime_end(rt);
	}
}

static bool scenario(ZynRuntime *rt)
{
	ZynJoinSet *set = zyn_join_set_new(rt);
	ZynPromise *child = ticker_new(rt, 1, 10);
	ZynPromise *spawned = NULL;
	if (set != NULL && child != NULL)
		spawned = zyn_join_set_spawn(NULL, set, child, 0);
	ZynPromise *p = set != NULL ? leaf_task_new(rt, &next, set) : NULL;
	bool complete = spawned != NULL && p != NULL;
	if (p != NULL) {
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
		CHECK_EQ(outcome_of(p), spawned != NULL ? ZYN_OUTCOME_DONE : ZYN_OUTCOME_EMPTY);
	}
	zyn_promise_release(spawned);
	zyn_promise_release(child);
	zyn_promise_release(p);
	zyn_object_release(set);
	zyn_rt_run_until_idle(rt);
	return complete;
}

static void test_failing_allocations(void)
{
	fail_each_allocation(scenario);
}

int main(void)
{
	RUN(test_ends_come_in_their_order);
	RUN(test_a_failure_is_the_leafs_or_stays_in_the_promise);
	RUN(test_abort_all_ends_everything);
	RUN(test_a_set_that_goes_cancels_its_children);
	RUN(test_more_waiters_than_children);
	RUN(test_a_cancelled_waiter_passes_its_child_on);
	RUN(test_a_debugger_sees_how_many_are_left);
	RUN(test_futures_unordered_begin_with_the_first_wait);
	RUN(test_random_children_come_out_once);
	RUN(test_failing_allocations);
	return 0;
}
