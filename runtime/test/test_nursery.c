/* Nurseries: the rules of nursery.c one by one, then random trees against a plain reckoning. */
#include "children.h"
#include "sync_support.h"

#define MS 1000000ull

/* --- a task with a nursery of its own --------------------------------------------------------- */

/* What a branch of a tree does: `ms` and `fails` of a leaf, else its children. */
typedef struct Plan {
	int64_t ms;
	bool fails;
	int count;
	struct Plan *children[6];
	int64_t end_ms; /* reckoned: when it ends, and whether well */
	bool ends_well;
} Plan;

typedef struct Branch {
	uint32_t state;
	uint32_t unused;
	const Plan *plan;
	ZynRuntime *rt;
	ZynNursery *nursery;
	ZynNurseryJoinLeaf leaf;
	int64_t result;
} Branch;

MACHINE(branch, Branch);

static int alive; /* machines that began and did not end */

static ZynPromise *plan_new(ZynRuntime *rt, const Plan *plan)
{
	struct {
		const Plan *plan;
		ZynRuntime *rt;
	} args = {plan, rt};
	if (plan->count == 0 && plan->fails)
		return failer_new(rt, plan->ms);
	if (plan->count == 0)
		return ticker_new(rt, 1, plan->ms);
	return zyn_call_async(rt, &branch, &args, offsetof(Branch, plan), sizeof args);
}

/* Makes the nursery and its children, and begins to wait; false: memory is out. */
static bool branch_begin(Branch *b, ZynContext *cx)
{
	b->nursery = zyn_nursery_new(b->rt);
	bool complete = b->nursery != NULL;
	for (int i = 0; i < b->plan->count && complete; i++) {
		ZynPromise *child = plan_new(b->rt, b->plan->children[i]);
		complete = child != NULL && zyn_nursery_spawn(cx, b->nursery, child, 0) != NULL;
		zyn_promise_release(child);
		if (complete)
			zyn_promise_release(child); /* what spawn gave */
	}
	if (!complete) {
		zyn_object_release(b->nursery);
		b->nursery = NULL;
		zyn__error_set(cx, zyn__error_constant(ZYN_ERROR_OUT_OF_MEMORY));
		return false;
	}
	zyn_nursery_join_init(cx, &b->leaf, b->nursery);
	return true;
}

static int64_t branch_poll(void *sm, ZynContext *cx)
{
	Branch *b = sm;
	if (zyn__state_ended(b->state))
		return zyn_repoll(sm, cx);
	if (b->state == ZYN_STATE_START) {
		if (!branch_begin(b, cx))
			return machine_fail(&b->state);
		alive++;
		b->state = 1;
	}
	if (zyn_nursery_join_poll(&b->leaf, cx) == 0)
		return 0;
	alive--;
	uint32_t state = b->leaf.state;
	zyn_nursery_join_drop(&b->leaf);
	ZynNursery *nursery = b->nursery;
	b->nursery = NULL;
	zyn_object_release(nursery);
	if (state == ZYN_STATE_CANCELLED)
		return machine_cancelled(&b->state);
	return state == ZYN_STATE_FAILED ? machine_fail(&b->state)
	                                 : machine_return(&b->state, &b->result, 1);
}

static void branch_drop(void *sm)
{
	(void)sm;
}

/* The same, as no task: an await polls it in place. */
static ZynPromise *plain_tree(ZynRuntime *rt, const Plan *plan)
{
	ZynEntry entry;
	zyn__enter(&entry, rt);
	ZynTask *task = zyn__frame_make(rt, &branch);
	zyn__leave(&entry);
	if (task == NULL)
		return NULL;
	Branch *b = zyn__task_machine(task);
	b->plan = plan;
	b->rt = rt;
	return zyn__task_promise(task);
}

/* --- a child that fails while it cleans up ---------------------------------------------------- */

static int64_t sore_poll(void *sm, ZynContext *cx)
{
	Ticker *t = sm;
	if (zyn__state_ended(t->state))
		return zyn_repoll(sm, cx);
	int64_t answer = ticker_run(t, cx);
	if (answer == 0 || t->state != ZYN_STATE_CANCELLED)
		return answer;
	zyn_error_release(zyn__error_take(cx));
	zyn__error_set(cx, zyn__error_constant(ZYN_ERROR_NULL_VALUE));
	return machine_fail(&t->state);
}

static void sore_drop(void *sm)
{
	(void)sm;
}

MACHINE(sore, Ticker);

static ZynPromise *sore_new(ZynRuntime *rt)
{
	int64_t args[] = {1, 50};
	return zyn_call_async(rt, &sore, args, offsetof(Ticker, count), sizeof args);
}

/* --- one by one ------------------------------------------------------------------------------- */

static Plan leaf(int64_t ms, bool fails)
{
	return (Plan){.ms = ms, .fails = fails};
}

static void test_join_waits_for_every_child(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Plan a = leaf(30, false), b = leaf(10, false), root = {.count = 2, .children = {&a, &b}};
	ZynPromise *p = plan_new(rt, &root);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(zyn_rt_now_ns(rt), 30 * MS);
	zyn_promise_release(p);
	runtime_end(rt);
}

/* Rules 1 and 2. */
static void test_the_first_failure_cancels_the_siblings_and_is_raised(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Plan a = leaf(30, false), b = leaf(10, true), c = leaf(20, true);
	Plan inner = {.count = 1, .children = {&a}};
	Plan root = {.count = 4, .children = {&a, &inner, &c, &b}};
	ZynPromise *p = plan_new(rt, &root);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_FAILED);
	CHECK_EQ(zyn_promise_error(p)->code, ZYN_ERROR_DIVISION_BY_ZERO);
	CHECK_EQ(zyn_rt_now_ns(rt), 10 * MS);
	CHECK_EQ(alive, 0);
	zyn_promise_release(p);
	zyn_rt_run_until_idle(rt);
	CHECK_EQ(zyn_rt_now_ns(rt), 10 * MS);
	runtime_end(rt);
}

static void test_a_cancelled_child_is_no_failure(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynNursery *nursery = zyn_nursery_new(rt);
	ZynPromise *child = ticker_new(rt, 5, 10);
	zyn_promise_release(zyn_nursery_spawn(NULL, nursery, child, 0));
	zyn_rt_turn(rt);
	zyn_promise_cancel(child);
	Actor a;
	actor_init(&a, rt);
	zyn_nursery_join_init(&a.cx, &a.leaf, nursery);
	CHECK_EQ(zyn_nursery_join_poll(&a.leaf, &a.cx), 0);
	zyn_rt_run_until_idle(rt);
	CHECK(actor_was_woken(&a));
	CHECK(zyn_nursery_join_poll(&a.leaf, &a.cx) != 0);
	CHECK_EQ(a.leaf.state, ZYN_STATE_RETURNED);
	CHECK_EQ(zyn_promise_status(child), ZYN_CANCELLED);
	zyn_promise_release(child);
	zyn_object_release(nursery);
	runtime_end(rt);
}

/* Rule 2. */
static void test_a_failed_nursery_begins_nothing_more(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynNursery *nursery = zyn_nursery_new(rt);
	ZynPromise *child = failer_new(rt, 0), *late = plain_ticker(rt, 5, 10);
	zyn_promise_release(zyn_nursery_spawn(NULL, nursery, child, 0));
	zyn_rt_turn(rt);
	zyn_promise_release(zyn_nursery_spawn(NULL, nursery, late, 0));
	zyn_rt_run_until_idle(rt);
	CHECK_EQ(zyn_promise_status(late), ZYN_CANCELLED);
	CHECK_EQ(zyn_rt_now_ns(rt), 0);
	Actor a;
	actor_init(&a, rt);
	zyn_nursery_join_init(&a.cx, &a.leaf, nursery);
	CHECK(zyn_nursery_join_poll(&a.leaf, &a.cx) != 0); /* at once: all have ended */
	CHECK_EQ(actor_failure(&a), ZYN_ERROR_DIVISION_BY_ZERO);
	zyn_promise_release(child);
	zyn_promise_release(late);
	zyn_object_release(nursery);
	runtime_end(rt);
}

/* Rule 3. */
static void test_cancel_of_the_parent_cancels_the_tree(void)
{
	Plan a = leaf(100, false), b = leaf(50, false);
	Plan inner = {.count = 2, .children = {&a, &b}};
	Plan middle = {.count = 2, .children = {&inner, &b}};
	Plan root = {.count = 2, .children = {&middle, &inner}};
	for (int way = 0; way < 2; way++) {
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		ZynPromise *p = plan_new(rt, &root);
		zyn_promise_spawn(rt, p);
		for (int i = 0; i < 5; i++)
			zyn_rt_turn(rt);
		CHECK_EQ(alive, 4);
		if (way == 0) {
			zyn_promise_cancel(p);
			CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_CANCELLED);
			CHECK_EQ(alive, 0);
			CHECK_EQ(zyn_rt_live_objects(rt), 1); /* nothing is left but itself */
		}
		zyn_promise_release(p); /* the other way: by letting go of it */
		CHECK_EQ(zyn_rt_run_until_idle(rt), ZYN_READY);
		CHECK_EQ(alive, 0);
		CHECK(zyn_rt_now_ns(rt) <= 50 * MS);
		runtime_end(rt);
	}
}

static void timeout_init(ZynContext *cx, void *mem, void *arg)
{
	zyn_timeout_init(cx, mem, arg, 10);
}

static void select_init(ZynContext *cx, void *mem, void *arg)
{
	zyn_select_init(cx, mem, arg, 2);
}

static void join_init(ZynContext *cx, void *mem, void *arg)
{
	zyn_nursery_join_init(cx, mem, arg);
}

static const LeafOps join_ops = {join_init, zyn_nursery_join_poll, NULL, zyn_nursery_join_drop};
static const LeafOps timeout_ops = {timeout_init, zyn_timeout_poll, NULL, zyn_timeout_drop};
static const LeafOps select_ops = {select_init, zyn_select_poll, NULL, zyn_select_drop};

static Plan tree_a = {.ms = 100};
static Plan tree_inner = {.count = 2, .children = {&tree_a, &tree_a}};
static Plan tree = {.count = 2, .children = {&tree_inner, &tree_a}};

/* Rule 3, of a tree whose root is polled in place by a timeout or a select. */
static void test_who_stops_a_tree_goes_on_when_it_has_ended(void)
{
	for (int way = 0; way < 4; way++) {
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		ZynPromise *ways[] = {plain_tree(rt, &tree), plain_ticker(rt, 1, 10)};
		ZynPromise *p = way % 2 == 0 ? leaf_task_new(rt, &timeout_ops, ways[0])
		                             : leaf_task_new(rt, &select_ops, ways);
		int32_t expected = way % 2 == 0 ? ZYN_FAILED : ZYN_READY;
		if (way >= 2) { /* cancelled itself, before the time */
			CHECK_EQ(zyn_rt_block_on(rt, p, 5 * MS), ZYN_TIMEOUT);
			CHECK_EQ(alive, 2);
			zyn_promise_cancel(p);
			expected = ZYN_CANCELLED;
		}
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), expected);
		CHECK_EQ(alive, 0);
		/* the three that the test holds, and a message */
		CHECK_EQ(zyn_rt_live_objects(rt), 3 + (expected == ZYN_FAILED));
		CHECK_EQ(zyn_rt_now_ns(rt), (way >= 2 ? 5 : 10) * MS);
		if (expected == ZYN_FAILED)
			CHECK_EQ(zyn_promise_error(p)->code, ZYN_ERROR_TIMEOUT);
		CHECK_EQ(zyn_promise_status(ways[0]), ZYN_CANCELLED);
		zyn_promise_release(p);
		zyn_promise_release(ways[0]);
		zyn_promise_release(ways[1]);
		runtime_end(rt);
	}
}

/* Cancelled once more while it already waits for its tree. */
static void test_cancelled_at_every_moment_of_a_stop(void)
{
	for (int turns = 0; turns < 8; turns++) {
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		ZynPromise *root = plain_tree(rt, &tree);
		ZynPromise *p = leaf_task_new(rt, &timeout_ops, root);
		CHECK_EQ(zyn_rt_block_on(rt, p, 9 * MS), ZYN_TIMEOUT);
		for (int i = 0; i < turns; i++)
			zyn_rt_turn(rt); /* the time limit comes, and the stop goes through */
		zyn_promise_cancel(p);
		int32_t status = zyn_rt_block_on(rt, p, -1);
		CHECK(status == ZYN_CANCELLED || status == ZYN_FAILED);
		CHECK_EQ(alive, 0);
		CHECK_EQ(zyn_rt_live_objects(rt), 2 + (status == ZYN_FAILED)); /* its message */
		zyn_promise_release(p);
		zyn_promise_release(root);
		runtime_end(rt);
	}
}

/* Rule 6. */
static void test_failures_are_kept_in_their_order(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynNursery *nursery = zyn_nursery_new(rt);
	ZynPromise *children[] = {sore_new(rt), failer_new(rt, 10), failer_new(rt, 20),
	                          ticker_new(rt, 1, 5), sore_new(rt)};
	for (int i = 0; i < 5; i++) {
		zyn_promise_release(zyn_nursery_spawn(NULL, nursery, children[i], 0));
		zyn_promise_release(children[i]);
	}
	CHECK_EQ(zyn_nursery_failures(nursery), 0);
	CHECK(zyn_nursery_failure(nursery, 0) == NULL);
	Actor a;
	actor_init(&a, rt);
	zyn_nursery_join_init(&a.cx, &a.leaf, nursery);
	while (zyn_nursery_join_poll(&a.leaf, &a.cx) == 0) {
		CHECK_EQ(zyn_rt_run_until_idle(rt), ZYN_READY); /* ends as each child ends */
		CHECK(actor_was_woken(&a));
	}
	CHECK_EQ(actor_failure(&a), ZYN_ERROR_DIVISION_BY_ZERO);
	CHECK_EQ(zyn_nursery_failures(nursery), 2); /* the second before the join looked */
	for (uint64_t i = 0; i < 2; i++) {
		ZynError *error = zyn_nursery_failure(nursery, i);
		CHECK_EQ(error->code, ZYN_ERROR_DIVISION_BY_ZERO);
		zyn_error_release(error);
	}
	zyn_nursery_join_init(&a.cx, &a.leaf, nursery); /* raised once */
	CHECK(zyn_nursery_join_poll(&a.leaf, &a.cx) != 0);
	CHECK_EQ(a.leaf.state, ZYN_STATE_RETURNED);
	zyn_object_release(nursery);
	runtime_end(rt);
}

/* Rules 2 and 6: the first to fail is raised, and what its siblings fail with in their clean-up
 * is kept behind it, in the order in which they were spawned. */
static void test_a_failure_in_a_clean_up_is_kept(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynNursery *nursery = zyn_nursery_new(rt);
	ZynPromise *children[] = {sore_new(rt), failer_new(rt, 10), ticker_new(rt, 1, 50),
	                          sore_new(rt)};
	for (int i = 0; i < 4; i++)
		zyn_promise_release(zyn_nursery_spawn(NULL, nursery, children[i], 0));
	ZynPromise *p = leaf_task_new(rt, &join_ops, nursery);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_FAILED);
	CHECK_EQ(zyn_promise_error(p)->code, ZYN_ERROR_DIVISION_BY_ZERO);
	CHECK_EQ(zyn_rt_now_ns(rt), 10 * MS);
	CHECK_EQ(zyn_promise_status(children[2]), ZYN_CANCELLED);
	uint32_t codes[] = {ZYN_ERROR_DIVISION_BY_ZERO, ZYN_ERROR_NULL_VALUE, ZYN_ERROR_NULL_VALUE};
	CHECK_EQ(zyn_nursery_failures(nursery), 3);
	for (uint64_t i = 0; i < 3; i++) {
		ZynError *error = zyn_nursery_failure(nursery, i);
		CHECK_EQ(error->code, codes[i]);
		zyn_error_release(error);
	}
	CHECK(zyn_nursery_failure(nursery, 3) == NULL);
	for (int i = 0; i < 4; i++)
		zyn_promise_release(children[i]);
	zyn_promise_release(p);
	zyn_object_release(nursery);
	runtime_end(rt);
}

/* Rule 4: a wait for oneself would last for ever. */
static void test_a_cancelled_child_does_not_wait_for_itself(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynNursery *nursery = zyn_nursery_new(rt);
	ZynPromise *p = leaf_task_new(rt, &join_ops, nursery);
	zyn_promise_release(zyn_nursery_spawn(NULL, nursery, p, 0));
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_DEADLOCK);
	zyn_promise_cancel(p);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_CANCELLED);
	zyn_promise_release(p);
	zyn_object_release(nursery);
	runtime_end(rt);
}

/* Rule 4: two nurseries that wait for each other end with their runtime. */
static void test_a_runtime_is_freed_whoever_waits_for_whom(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynNursery *nurseries[] = {zyn_nursery_new(rt), zyn_nursery_new(rt)};
	for (int i = 0; i < 2; i++) {
		ZynPromise *p = leaf_task_new(rt, &join_ops, nurseries[i]);
		zyn_promise_release(zyn_nursery_spawn(NULL, nurseries[1 - i], p, 0));
		zyn_promise_release(p);
	}
	zyn_rt_turn(rt);
	zyn_nursery_cancel(nurseries[0]);
	zyn_rt_run_until_idle(rt);
	CHECK(zyn_rt_live_objects(rt) > 2);
	zyn_object_release(nurseries[0]);
	zyn_object_release(nurseries[1]);
	zyn_rt_free(rt); /* the leak checkers look whether all is gone */
}

/* Rule 5. */
static void test_a_nursery_that_goes_cancels_its_children(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynNursery *nursery = zyn_nursery_new(rt);
	ZynPromise *child = ticker_new(rt, 5, 10);
	zyn_promise_release(zyn_nursery_spawn(NULL, nursery, child, 0));
	zyn_rt_turn(rt);
	zyn_object_release(nursery);
	zyn_rt_run_until_idle(rt);
	CHECK_EQ(zyn_promise_status(child), ZYN_CANCELLED);
	zyn_promise_release(child);
	runtime_end(rt);
}

static void test_of_nothing_null_and_never_polled(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynNursery *nursery = zyn_nursery_new(rt);
	Actor a;
	actor_init(&a, rt);
	zyn_nursery_join_init(&a.cx, &a.leaf, nursery);
	zyn_nursery_join_drop(&a.leaf);
	zyn_nursery_join_init(&a.cx, &a.leaf, nursery);
	CHECK(zyn_nursery_join_poll(&a.leaf, &a.cx) != 0);
	CHECK_EQ(a.leaf.state, ZYN_STATE_RETURNED);
	zyn_nursery_join_init(&a.cx, &a.leaf, NULL);
	CHECK(zyn_nursery_join_poll(&a.leaf, &a.cx) != 0);
	CHECK_EQ(actor_failure(&a), ZYN_ERROR_NULL_VALUE);
	CHECK(zyn_nursery_spawn(&a.cx, nursery, NULL, 0) == NULL);
	zyn_error_release(zyn__error_take(&a.cx));
	zyn_object_release(nursery);
	runtime_end(rt);
}

/* --- against a tree --------------------------------------------------------------------------- */

#define PLANS_MAX 400

static Plan plans[PLANS_MAX];
static int plan_count;
static int64_t ms_next; /* every leaf ends at a time of its own, so that the first is one */

static Plan *plan_random(Chance *chance, int depth)
{
	Plan *plan = &plans[plan_count++];
	CHECK(plan_count < PLANS_MAX);
	*plan = (Plan){0};
	if (depth > 0 && chance_below(chance, 3) != 0) {
		plan->count = 1 + (int)chance_below(chance, 4);
		for (int i = 0; i < plan->count; i++)
			plan->children[i] = plan_random(chance, depth - 1);
		return plan;
	}
	plan->ms = (int64_t)chance_below(chance, 1000) * PLANS_MAX + ms_next++;
	plan->fails = chance_below(chance, 12) == 0;
	return plan;
}

/* A branch ends with its last child, or with the first child that fails. */
static void reckon(Plan *plan)
{
	plan->end_ms = plan->ms;
	plan->ends_well = !plan->fails;
	for (int i = 0; i < plan->count; i++) {
		Plan *child = plan->children[i];
		reckon(child);
		bool first_failure = !child->ends_well &&
		                     (plan->ends_well || child->end_ms < plan->end_ms);
		bool later = child->ends_well && plan->ends_well && child->end_ms > plan->end_ms;
		if (first_failure || later)
			plan->end_ms = child->end_ms;
		plan->ends_well = plan->ends_well && child->ends_well;
	}
}

static void test_random_trees_against_a_reckoning(void)
{
	for (uint64_t seed = 1; seed <= 300; seed++) {
		Chance chance = {seed};
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		plan_count = 0;
		ms_next = 0;
		Plan *root = plan_random(&chance, 4);
		reckon(root);
		ZynPromise *p = plan_new(rt, root);
		int64_t cut_ms = chance_below(&chance, 3) == 0 ? root->end_ms / 2 : -1;
		if (cut_ms >= 0) { /* cancelled half-way */
			int32_t status = zyn_rt_block_on(rt, p, cut_ms * (int64_t)MS);
			CHECK(status == ZYN_TIMEOUT || root->end_ms <= cut_ms);
			zyn_promise_cancel(p);
			status = zyn_rt_block_on(rt, p, -1);
			CHECK(status == ZYN_CANCELLED || root->end_ms <= cut_ms);
			CHECK((int64_t)zyn_rt_now_ns(rt) <= root->end_ms * (int64_t)MS);
		} else {
			int32_t status = zyn_rt_block_on(rt, p, -1);
			CHECK_EQ(status, root->ends_well ? ZYN_READY : ZYN_FAILED);
			CHECK_EQ(zyn_rt_now_ns(rt), root->end_ms * (int64_t)MS);
		}
		CHECK_EQ(alive, 0); /* Rule 3: at once, not only when all have been polled again */
		CHECK_EQ(zyn_rt_live_objects(rt), 1 + (zyn_promise_status(p) == ZYN_FAILED));
		uint64_t now_ns = zyn_rt_now_ns(rt);
		zyn_promise_release(p);
		CHECK_EQ(zyn_rt_run_until_idle(rt), ZYN_READY);
		CHECK_EQ(zyn_rt_now_ns(rt), now_ns); /* nothing of the tree went on */
		CHECK_EQ(alive, 0);
		runtime_end(rt);
	}
}

static bool scenario(ZynRuntime *rt)
{
	Plan a = leaf(10, false), b = leaf(20, false);
	Plan inner = {.count = 2, .children = {&a, &b}};
	Plan root = {.count = 2, .children = {&inner, &b}};
	ZynPromise *p = plan_new(rt, &root);
	int32_t status = p != NULL ? zyn_rt_block_on(rt, p, -1) : ZYN_FAILED;
	if (p != NULL && status == ZYN_FAILED)
		CHECK_EQ(zyn_promise_error(p)->code, ZYN_ERROR_OUT_OF_MEMORY);
	zyn_promise_release(p);
	zyn_rt_run_until_idle(rt);
	CHECK_EQ(alive, 0);
	return status == ZYN_READY;
}

static bool scenario_of_a_timeout(ZynRuntime *rt)
{
	ZynPromise *root = plain_tree(rt, &tree);
	ZynPromise *p = root != NULL ? leaf_task_new(rt, &timeout_ops, root) : NULL;
	int32_t status = p != NULL ? zyn_rt_block_on(rt, p, -1) : ZYN_FAILED;
	bool late = p != NULL && zyn_promise_error(p)->code == ZYN_ERROR_TIMEOUT;
	if (status != ZYN_OUT_OF_MEMORY)
		CHECK_EQ(status, ZYN_FAILED);
	CHECK_EQ(alive, 0);
	zyn_promise_release(p);
	zyn_promise_release(root);
	zyn_rt_run_until_idle(rt);
	return late;
}

static void test_failing_allocations(void)
{
	fail_each_allocation(scenario);
	fail_each_allocation(scenario_of_a_timeout);
}

int main(void)
{
	RUN(test_join_waits_for_every_child);
	RUN(test_the_first_failure_cancels_the_siblings_and_is_raised);
	RUN(test_a_cancelled_child_is_no_failure);
	RUN(test_a_failed_nursery_begins_nothing_more);
	RUN(test_cancel_of_the_parent_cancels_the_tree);
	RUN(test_who_stops_a_tree_goes_on_when_it_has_ended);
	RUN(test_cancelled_at_every_moment_of_a_stop);
	RUN(test_failures_are_kept_in_their_order);
	RUN(test_a_failure_in_a_clean_up_is_kept);
	RUN(test_a_cancelled_child_does_not_wait_for_itself);
	RUN(test_a_runtime_is_freed_whoever_waits_for_whom);
	RUN(test_a_nursery_that_goes_cancels_its_children);
	RUN(test_of_nothing_null_and_never_polled);
	RUN(test_random_trees_against_a_reckoning);
	RUN(test_failing_allocations);
	return 0;
}
