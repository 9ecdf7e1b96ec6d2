/* Every allocation of a team may fail, in whatever thread: the answer is out-of-memory, nobody
 * waits for ever, nothing is left, and the runtime goes on. */
#include "team_memory_support.h"

#include "sync_support.h"

static bool is_memory(ZynPromise *p, int32_t status)
{
	return status == ZYN_OUT_OF_MEMORY ||
	       (status == ZYN_FAILED && zyn_promise_error(p)->code == ZYN_ERROR_OUT_OF_MEMORY);
}

/* Waits for `p`; true when it ended as it should. */
static bool ended(ZynRuntime *rt, ZynPromise *p, int64_t expected)
{
	int32_t status = zyn_rt_block_on(rt, p, -1);
	CHECK(status == ZYN_READY || is_memory(p, status));
	if (status == ZYN_READY)
		CHECK_EQ(result_of(p), expected);
	return status == ZYN_READY;
}

/* A group of `kind` over three groups over three tickers each, on whatever workers. */
static ZynPromise *groups(ZynRuntime *rt, enum WaitKind kind)
{
	ZynPromise *outer[3] = {NULL, NULL, NULL};
	for (int i = 0; i < 3; i++) {
		ZynPromise *inner[3] = {NULL, NULL, NULL};
		for (int k = 0; k < 3; k++)
			inner[k] = ticker_new(rt, 1, 0);
		if (inner[0] != NULL && inner[1] != NULL && inner[2] != NULL)
			outer[i] = waiter_new(rt, kind, 0, 3, inner);
		else
			for (int k = 0; k < 3; k++)
				zyn_promise_release(inner[k]);
	}
	if (outer[0] != NULL && outer[1] != NULL && outer[2] != NULL)
		return waiter_new(rt, kind, 0, 3, outer);
	for (int i = 0; i < 3; i++)
		zyn_promise_release(outer[i]);
	return NULL;
}

static bool groups_scenario(ZynRuntime *rt)
{
	static const enum WaitKind kinds[] = {WAIT_JOIN, WAIT_SETTLED, WAIT_RACE};
	bool whole = true;
	for (int i = 0; i < 3; i++) {
		ZynPromise *p = groups(rt, kinds[i]);
		if (p == NULL) {
			whole = false;
			continue;
		}
		int32_t status = zyn_rt_block_on(rt, p, -1);
		/* all_settled tells of a failure as of a value */
		CHECK(status == ZYN_READY || is_memory(p, status));
		whole = whole && status == ZYN_READY &&
		        result_of(p) == (kinds[i] == WAIT_RACE ? 1 : 9);
		zyn_promise_release(p);
	}
	return whole;
}

static bool spawn_scenario(ZynRuntime *rt)
{
	ZynPromise *promises[100];
	bool whole = true;
	for (int i = 0; i < 100; i++) {
		promises[i] = ticker_new(rt, i % 3, i % 2);
		if (promises[i] != NULL)
			zyn_promise_spawn(rt, promises[i]);
	}
	for (int i = 0; i < 100; i++) {
		whole = whole && promises[i] != NULL && ended(rt, promises[i], i % 3);
		zyn_promise_release(promises[i]);
	}
	return whole;
}

/* Children of a nursery and of a join set, and a channel that is filled by the host. */
static bool objects_scenario(ZynRuntime *rt)
{
	ZynChannel *channel = zyn_channel_new(rt, 0, &type_i64);
	ZynJoinSet *set = zyn_join_set_new(rt);
	ZynNursery *nursery = zyn_nursery_new(rt);
	bool whole = channel != NULL && set != NULL && nursery != NULL;
	for (int i = 0; i < 8; i++) {
		ZynPromise *p = ticker_new(rt, 1, 0);
		ZynPromise *added = NULL;
		if (p != NULL && set != NULL && nursery != NULL)
			added = i % 2 ? zyn_join_set_spawn(NULL, set, p, 0)
			              : zyn_nursery_spawn(NULL, nursery, p, 0);
		whole = whole && added != NULL;
		zyn_promise_release(added);
		zyn_promise_release(p);
	}
	for (int64_t i = 0; channel != NULL && i < 200; i++) {
		int32_t outcome = zyn_channel_try_send(channel, &i);
		CHECK(outcome == ZYN_OUTCOME_DONE || outcome == ZYN_OUTCOME_OUT_OF_MEMORY);
		whole = whole && outcome == ZYN_OUTCOME_DONE;
	}
	if (set != NULL)
		zyn_join_set_abort_all(set);
	zyn_object_release(channel);
	zyn_object_release(set);
	zyn_object_release(nursery);
	return whole;
}

/* --- what is followed by tasks on any worker -------------------------------------------------- */

static void changed_init(ZynContext *cx, void *mem, void *arg)
{
	zyn_watch_changed_init(cx, mem, arg);
}
static void recv_init(ZynContext *cx, void *mem, void *arg)
{
	zyn_broadcast_recv_init(cx, mem, arg);
}

static const LeafOps followers[2] = {
	{changed_init, zyn_watch_changed_poll, zyn_watch_changed_take, zyn_watch_changed_drop},
	{recv_init, zyn_broadcast_recv_poll, zyn_broadcast_recv_take, zyn_broadcast_recv_drop},
};

#define FOLLOWERS 6 /* every second one of the broadcast */

/* Values that are sent and closed behind: everybody sees them, if there was memory for all. */
static bool follow_scenario(ZynRuntime *rt)
{
	int64_t value = 0;
	ZynWatch *watch = zyn_watch_new(rt, &type_i64, &value);
	ZynBroadcast *broadcast = zyn_broadcast_new(rt, 2, &type_i64);
	void *receivers[FOLLOWERS] = {NULL};
	ZynPromise *promises[FOLLOWERS] = {NULL};
	bool whole = watch != NULL && broadcast != NULL;
	for (int i = 0; whole && i < FOLLOWERS; i++) {
		receivers[i] = i % 2 ? (void *)zyn_broadcast_subscribe(broadcast)
		                     : (void *)zyn_watch_subscribe(watch);
		if (receivers[i] != NULL)
			promises[i] = leaf_task_new(rt, &followers[i % 2], receivers[i]);
		if (promises[i] != NULL)
			zyn_promise_spawn(rt, promises[i]);
		else
			whole = false;
	}
	value = 7;
	if (watch != NULL && broadcast != NULL) {
		whole = zyn_watch_send(watch, &value) == ZYN_OUTCOME_DONE && whole;
		whole = zyn_broadcast_send(broadcast, &value) == ZYN_OUTCOME_DONE && whole;
		zyn_watch_close(watch);
		zyn_broadcast_close(broadcast);
	}
	bool sent = whole;
	for (int i = 0; i < FOLLOWERS; i++) {
		if (promises[i] != NULL) {
			int32_t status = zyn_rt_block_on(rt, promises[i], -1);
			CHECK(status == ZYN_READY || is_memory(promises[i], status));
			whole = whole && status == ZYN_READY;
			if (sent && status == ZYN_READY)
				CHECK_EQ(result_of(promises[i]), 7);
		}
		zyn_promise_release(promises[i]);
		zyn_object_release(receivers[i]);
	}
	zyn_object_release(watch);
	zyn_object_release(broadcast);
	return whole;
}

static void test_team_runs_out_of_memory_while_it_spawns(void)
{
	each_allocation_of_a_team_fails(spawn_scenario, NULL);
}

static void test_team_runs_out_of_memory_in_groups(void)
{
	each_allocation_of_a_team_fails(groups_scenario, NULL);
}

static void test_team_runs_out_of_memory_in_objects(void)
{
	each_allocation_of_a_team_fails(objects_scenario, NULL);
}

static void test_team_runs_out_of_memory_in_watches_and_broadcasts(void)
{
	each_allocation_of_a_team_fails(follow_scenario, NULL);
}

int main(void)
{
	RUN(test_team_runs_out_of_memory_in_watches_and_broadcasts);
	RUN(test_team_runs_out_of_memory_while_it_spawns);
	RUN(test_team_runs_out_of_memory_in_groups);
	RUN(test_team_runs_out_of_memory_in_objects);
	return 0;
}
