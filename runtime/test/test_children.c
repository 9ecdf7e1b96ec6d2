/* What a child of a set costs and how long it stays: no memory of its own, no wake of who joins a
 * nursery before the last end, gone when it has ended well; and tasks that are children twice. */
#include "children.h"
#include "sync_support.h"

#define MS 1000000ull

static void join_init(ZynContext *cx, void *mem, void *arg)
{
	zyn_nursery_join_init(cx, mem, arg);
}

static void next_init(ZynContext *cx, void *mem, void *arg)
{
	zyn_join_next_init(cx, mem, arg);
}

static const LeafOps join = {join_init, zyn_nursery_join_poll, NULL, zyn_nursery_join_drop};
static const LeafOps next = {next_init, zyn_join_next_poll, zyn_join_next_take, zyn_join_next_drop};

static void add(ZynNursery *nursery, ZynPromise *child)
{
	zyn_promise_release(zyn_nursery_spawn(NULL, nursery, child, 0));
}

/* Spawns, and lets go of every reference but the nursery's. */
static void give(ZynNursery *nursery, ZynPromise *child)
{
	add(nursery, child);
	zyn_promise_release(child);
}

static int32_t join_all(ZynRuntime *rt, ZynNursery *nursery)
{
	ZynPromise *p = leaf_task_new(rt, &join, nursery);
	int32_t status = zyn_rt_block_on(rt, p, -1);
	zyn_promise_release(p);
	return status;
}

/* --- a machine with a frame of more than a chunk ---------------------------------------------- */

typedef struct Wide {
	uint32_t state;
	uint32_t unused;
	ZynNursery *nursery; /* borrowed; null: it yields once instead of joining this */
	char leaf[160];
	char bytes[300 * 1024];
	int64_t result;
} Wide;

MACHINE(wide, Wide);

static int64_t wide_poll(void *sm, ZynContext *cx)
{
	Wide *w = sm;
	if (zyn__state_ended(w->state))
		return zyn_repoll(sm, cx);
	if (w->state == ZYN_STATE_START && w->nursery != NULL)
		zyn_nursery_join_init(cx, w->leaf, w->nursery);
	else if (w->state == ZYN_STATE_START)
		zyn_yield_now_init(cx, w->leaf);
	w->state = 1;
	int64_t told = w->nursery != NULL ? zyn_nursery_join_poll(w->leaf, cx)
	                                  : zyn_yield_now_poll(w->leaf, cx);
	if (told == 0)
		return 0;
	if (*zyn__machine_state(w->leaf) == ZYN_STATE_CANCELLED)
		return machine_cancelled(&w->state);
	return machine_return(&w->state, &w->result, 5);
}

static void wide_drop(void *sm)
{
	(void)sm;
}

static ZynPromise *wide_new(ZynRuntime *rt, ZynNursery *nursery)
{
	return zyn_call_async(rt, &wide, &nursery, offsetof(Wide, nursery), sizeof nursery);
}

/* --- memory ----------------------------------------------------------------------------------- */

static void test_places_and_tasks_lead_to_each_other(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *all[4000];
	CHECK_EQ(sizeof(ZynScopeChild), 24);
	for (int i = 0; i < 4000; i++) { /* more than a chunk of them */
		all[i] = ticker_new(rt, 1, 1);
		const ZynTask *task = zyn__task_of_promise(all[i]);
		const ZynChunk *chunk = zyn__chunk(task);
		const ZynScopeChild *child = zyn__child_of_task(task);
		CHECK(zyn__has_child_place(task));
		CHECK(zyn__task_of_child(child) == task);
		CHECK((const char *)(child + 1) <= (const char *)chunk + chunk->bytes);
		/* behind the block, and behind all links up to its own at least */
		CHECK((const char *)child > (const char *)zyn__inbox_link(task));
	}
	CHECK(zyn__get(&rt->chunk_count) > 1);
	const ZynChunk *first = zyn__get(&rt->chunks[0]); /* full */
	size_t count = ((size_t)((const char *)first->links - (const char *)first) -
	                ZYN_CHUNK_HEADER_BYTES) /
	               first->block_bytes;
	const ZynTask *last = zyn__task_at(first, count - 1);
	CHECK((const void *)(first->links + count) <= (const void *)zyn__child_of_task(last));
	for (int i = 0; i < 4000; i++)
		zyn_promise_release(all[i]);
	runtime_end(rt);
}

static bool refuse_all;

static bool permit(size_t bytes)
{
	(void)bytes;
	return !refuse_all;
}

static void test_to_spawn_a_child_allocates_nothing(void)
{
	zyn__allocator.permit = permit;
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynNursery *nursery = zyn_nursery_new(rt);
	ZynJoinSet *set = zyn_join_set_new(rt);
	ZynFutures *futures = zyn_futures_new(rt);
	ZynPromise *children[3];
	for (int i = 0; i < 3; i++)
		children[i] = ticker_new(rt, 1, 10);
	refuse_all = true;
	CHECK(zyn_nursery_spawn(NULL, nursery, children[0], 0) == children[0]);
	CHECK(zyn_join_set_spawn(NULL, set, children[1], 0) == children[1]);
	CHECK_EQ(zyn_futures_push(NULL, futures, children[2]), ZYN_OUTCOME_DONE);
	CHECK(zyn_nursery_spawn(NULL, nursery, children[1], 0) == NULL); /* a guest does */
	refuse_all = false;
	for (int i = 0; i < 3; i++)
		zyn_promise_release(children[i]);
	zyn_promise_release(children[0]);
	zyn_promise_release(children[1]);
	zyn_object_release(nursery);
	zyn_object_release(set);
	zyn_object_release(futures);
	zyn_rt_run_until_idle(rt);
	runtime_end(rt);
	zyn__allocator.permit = NULL;
}

/* Rule 5. */
static void test_who_ended_well_is_gone_before_the_join(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynNursery *nursery = zyn_nursery_new(rt);
	for (int i = 0; i < 1000; i++)
		give(nursery, ticker_new(rt, 1, i % 7));
	ZynPromise *held = ticker_new(rt, 3, 1), *cancelled = ticker_new(rt, 1, 5);
	add(nursery, held);
	give(nursery, cancelled);
	zyn_rt_turn(rt);
	zyn_promise_cancel(cancelled);
	give(nursery, failer_new(rt, 9));
	zyn_rt_run_until_idle(rt);
	CHECK_EQ(zyn_rt_live_objects(rt), 4); /* nursery, held, the failed one and its message */
	CHECK_EQ(zyn_promise_status(held), ZYN_READY);
	CHECK_EQ(result_of(held), 3);
	zyn_promise_release(held);
	CHECK_EQ(zyn_nursery_failures(nursery), 1);
	CHECK_EQ(join_all(rt, nursery), ZYN_FAILED);
	CHECK_EQ(zyn_nursery_failures(nursery), 1);
	zyn_object_release(nursery);
	runtime_end(rt);
}

/* --- wakes ------------------------------------------------------------------------------------ */

/* Rule 6. */
static void test_only_the_last_end_wakes_who_joins(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynNursery *nursery = zyn_nursery_new(rt);
	for (int i = 1; i <= 20; i++)
		give(nursery, ticker_new(rt, 1, i));
	ZynPromise *p = leaf_task_new(rt, &join, nursery);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(zyn_rt_now_ns(rt), 20 * MS);
	CHECK_EQ(zyn_promise_polls(p), 2);
	zyn_promise_release(p);
	zyn_object_release(nursery);
	runtime_end(rt);
}

/* Rule 6: the join has to cancel the others. */
static void test_the_first_failure_wakes_who_joins(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynNursery *nursery = zyn_nursery_new(rt);
	for (int i = 1; i <= 10; i++)
		give(nursery, ticker_new(rt, 1, i));
	give(nursery, failer_new(rt, 5));
	give(nursery, ticker_new(rt, 1, 100));
	ZynPromise *p = leaf_task_new(rt, &join, nursery);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_FAILED);
	CHECK_EQ(zyn_rt_now_ns(rt), 5 * MS);
	CHECK_EQ(zyn_promise_polls(p), 3); /* begins, cancels the rest, has seen the last end */
	zyn_promise_release(p);
	zyn_object_release(nursery);
	runtime_end(rt);
}

/* --- the same task more than once ------------------------------------------------------------- */

static void test_a_task_of_several_sets(void)
{
	for (int fails = 0; fails < 2; fails++) {
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		ZynNursery *nurseries[] = {zyn_nursery_new(rt), zyn_nursery_new(rt)};
		ZynJoinSet *set = zyn_join_set_new(rt);
		ZynPromise *child = fails ? failer_new(rt, 10) : ticker_new(rt, 4, 10);
		for (int i = 0; i < 2; i++) {
			add(nurseries[i], child);
			add(nurseries[i], child);
		}
		zyn_promise_release(zyn_join_set_spawn(NULL, set, child, 0));
		zyn_promise_release(child);
		for (int i = 0; i < 2; i++) {
			CHECK_EQ(join_all(rt, nurseries[i]), fails ? ZYN_FAILED : ZYN_READY);
			CHECK_EQ(zyn_nursery_failures(nurseries[i]), fails ? 2 : 0);
			zyn_object_release(nurseries[i]);
		}
		ZynPromise *p = leaf_task_new(rt, &next, set);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), fails ? ZYN_FAILED : ZYN_READY);
		if (!fails)
			CHECK_EQ(result_of(p), 4);
		zyn_promise_release(p);
		CHECK_EQ(zyn_join_set_len(set), 0);
		zyn_object_release(set);
		runtime_end(rt);
	}
}

static void test_a_set_that_goes_leaves_the_other(void)
{
	for (int first = 0; first < 2; first++) {
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		ZynNursery *nurseries[] = {zyn_nursery_new(rt), zyn_nursery_new(rt)};
		ZynPromise *child = ticker_new(rt, 1, 10);
		add(nurseries[0], child);
		add(nurseries[1], child);
		zyn_rt_turn(rt);
		zyn_object_release(nurseries[first]); /* cancels it */
		CHECK_EQ(join_all(rt, nurseries[1 - first]), ZYN_READY);
		CHECK_EQ(zyn_promise_status(child), ZYN_CANCELLED);
		CHECK_EQ(zyn_rt_now_ns(rt), 0);
		add(nurseries[1 - first], child); /* has ended long ago */
		CHECK_EQ(join_all(rt, nurseries[1 - first]), ZYN_READY);
		zyn_promise_release(child);
		zyn_object_release(nurseries[1 - first]);
		runtime_end(rt);
	}
}

static void test_what_has_ended_before(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynNursery *nursery = zyn_nursery_new(rt);
	ZynPromise *well = ticker_new(rt, 1, 1), *badly = failer_new(rt, 1);
	zyn_promise_spawn(rt, well);
	zyn_promise_spawn(rt, badly);
	CHECK_EQ(zyn_rt_run_until_idle(rt), ZYN_READY);
	give(nursery, well);
	CHECK_EQ(zyn_rt_live_objects(rt), 3); /* nursery, the failed one and its message */
	give(nursery, badly);
	CHECK_EQ(zyn_nursery_failures(nursery), 1);
	CHECK_EQ(join_all(rt, nursery), ZYN_FAILED);
	zyn_object_release(nursery);
	runtime_end(rt);
}

static int heard[3];
static int heard_count;

static void hear(void *data)
{
	heard[heard_count++] = *(int *)data;
}

/* Those who waited before it was spawned into the nursery, or after, hear of its end. */
static void test_a_set_among_others_who_wait(void)
{
	static int numbers[3] = {1, 2, 3};
	for (int leaves = 0; leaves < 4; leaves++) { /* which of them leaves; 3: none */
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		ZynNursery *nursery = zyn_nursery_new(rt);
		ZynPromise *child = ticker_new(rt, 1, 1);
		ZynTask *task = zyn__task_of_promise(child);
		ZynJoiner joiners[3];
		memset(joiners, 0, sizeof joiners);
		heard_count = 0;
		for (int i = 0; i < 3; i++) {
			joiners[i].waker = (ZynWaker){hear, &numbers[i]};
			CHECK(zyn__task_join(task, &joiners[i]));
			if (i == 1)
				add(nursery, child);
		}
		if (leaves < 3)
			zyn__joiner_leave(task, &joiners[leaves]);
		CHECK_EQ(join_all(rt, nursery), ZYN_READY);
		CHECK_EQ(zyn_promise_status(child), ZYN_READY);
		CHECK_EQ(heard_count, leaves < 3 ? 2 : 3);
		for (int i = 1; i < heard_count; i++)
			CHECK(heard[i - 1] < heard[i]);
		zyn_promise_release(child);
		zyn_object_release(nursery);
		runtime_end(rt);
	}
}

static void test_frames_of_more_than_a_chunk(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynNursery *nursery = zyn_nursery_new(rt);
	ZynPromise *child = wide_new(rt, NULL), *selfish = wide_new(rt, nursery);
	CHECK(!zyn__has_child_place(zyn__task_of_promise(child)));
	add(nursery, child);
	add(nursery, selfish);
	CHECK_EQ(zyn_rt_block_on(rt, selfish, -1), ZYN_DEADLOCK);
	CHECK_EQ(result_of(child), 5);
	zyn_promise_cancel(selfish); /* rule 4 of nursery.c */
	CHECK_EQ(zyn_rt_block_on(rt, selfish, -1), ZYN_CANCELLED);
	CHECK_EQ(join_all(rt, nursery), ZYN_READY);
	zyn_promise_release(child);
	zyn_promise_release(selfish);
	zyn_object_release(nursery);
	runtime_end(rt);
}

static bool scenario(ZynRuntime *rt)
{
	ZynNursery *nursery = zyn_nursery_new(rt);
	ZynPromise *child = nursery != NULL ? failer_new(rt, 1) : NULL;
	ZynPromise *first = child != NULL ? zyn_nursery_spawn(NULL, nursery, child, 0) : NULL;
	ZynPromise *second = first != NULL ? zyn_nursery_spawn(NULL, nursery, child, 0) : NULL;
	CHECK((first != NULL) == (child != NULL));
	zyn_rt_run_until_idle(rt);
	if (nursery != NULL)
		CHECK_EQ(zyn_nursery_failures(nursery), (first != NULL) + (second != NULL));
	zyn_promise_release(child);
	zyn_promise_release(first);
	zyn_promise_release(second);
	zyn_object_release(nursery);
	return second != NULL;
}

static void test_failing_allocations(void)
{
	fail_each_allocation(scenario);
}

/* --- between threads -------------------------------------------------------------------------- */

#define SHARED 200

typedef struct Rival {
	ZynRuntime *rt;
	ZynPromise **promises;
	ZynNursery *nursery;
	pthread_t thread;
} Rival;

static void *rival_main(void *data)
{
	Rival *rival = data;
	for (int i = 0; i < SHARED; i++)
		add(rival->nursery, rival->promises[i]);
	return NULL;
}

/* Two threads of the host put the same tasks into two nurseries while they end. */
static void test_rivals_for_the_same_tasks(void)
{
	for (uint32_t workers = 1; workers <= 4; workers *= 2) {
		ZynOptions options = {.size = sizeof options, .workers = workers};
		ZynRuntime *rt = zyn_rt_new(&options);
		ZynPromise *promises[SHARED];
		for (int i = 0; i < SHARED; i++)
			promises[i] = i % 10 == 9 ? failer_new(rt, 0) : ticker_new(rt, i % 2, 0);
		Rival rivals[2];
		for (int i = 0; i < 2; i++) {
			rivals[i] = (Rival){.rt = rt, .promises = promises};
			rivals[i].nursery = zyn_nursery_new(rt);
			CHECK_EQ(pthread_create(&rivals[i].thread, NULL, rival_main, &rivals[i]),
			         0);
		}
		for (int i = 0; i < 2; i++)
			CHECK_EQ(pthread_join(rivals[i].thread, NULL), 0);
		uint64_t failed = 0;
		for (int i = 0; i < SHARED; i++)
			zyn_rt_block_on(rt, promises[i], -1);
		for (int i = 0; i < SHARED; i++)
			failed += zyn_promise_status(promises[i]) == ZYN_FAILED;
		for (int i = 0; i < 2; i++) {
			CHECK_EQ(join_all(rt, rivals[i].nursery), failed ? ZYN_FAILED : ZYN_READY);
			CHECK_EQ(zyn_nursery_failures(rivals[i].nursery), failed);
			zyn_object_release(rivals[i].nursery);
		}
		for (int i = 0; i < SHARED; i++)
			zyn_promise_release(promises[i]);
		AWAIT_THREAD(zyn_rt_live_objects(rt) == 0);
		zyn_rt_free(rt);
	}
}

/* The last handle of a nursery goes while its children end on other threads. */
static void test_a_nursery_goes_while_its_children_end(void)
{
	for (uint32_t round = 0; round < 60; round++) {
		ZynOptions options = {.size = sizeof options, .workers = 1 + round % 4};
		ZynRuntime *rt = zyn_rt_new(&options);
		ZynNursery *nursery = zyn_nursery_new(rt);
		ZynPromise *twice = ticker_new(rt, 1, 0);
		for (int i = 0; i < 50; i++)
			give(nursery, ticker_new(rt, i % 5, 0));
		add(nursery, twice);
		give(nursery, twice);
		ZynPromise *p = ticker_new(rt, 1, round % 2);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
		zyn_promise_release(p);
		zyn_object_release(nursery);
		CHECK_EQ(zyn_rt_run_until_idle(rt), ZYN_READY);
		AWAIT_THREAD(zyn_rt_live_objects(rt) == 0);
		zyn_rt_free(rt);
	}
}

int main(void)
{
	RUN(test_places_and_tasks_lead_to_each_other);
	RUN(test_to_spawn_a_child_allocates_nothing);
	RUN(test_who_ended_well_is_gone_before_the_join);
	RUN(test_only_the_last_end_wakes_who_joins);
	RUN(test_the_first_failure_wakes_who_joins);
	RUN(test_a_task_of_several_sets);
	RUN(test_a_set_that_goes_leaves_the_other);
	RUN(test_what_has_ended_before);
	RUN(test_a_set_among_others_who_wait);
	RUN(test_frames_of_more_than_a_chunk);
	RUN(test_failing_allocations);
	RUN(test_rivals_for_the_same_tasks);
	RUN(test_a_nursery_goes_while_its_children_end);
	return 0;
}
