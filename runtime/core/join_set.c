/* Join sets: tasks whose ends are taken one by one, in the order in which they end.  Unordered
 * futures are the same, but begin with the first wait.  children.h has the rules. */
#include "children.h"

static const ZynObjectOps join_set_ops = {
	.kind = ZYN_OBJECT_JOIN_SET,
	.free = zyn__children_free,
	.describe = zyn__children_describe,
};

static const ZynObjectOps futures_ops = {
	.kind = ZYN_OBJECT_FUTURES,
	.free = zyn__children_free,
	.describe = zyn__children_describe,
};

static ZynChildren *children_of(void *handle)
{
	return handle;
}

ZynJoinSet *zyn_join_set_new(ZynRuntime *rt)
{
	return (ZynJoinSet *)zyn__children_new(rt, &join_set_ops);
}

ZynPromise *zyn_join_set_spawn(ZynContext *cx, ZynJoinSet *set, ZynPromise *promise, ZynSite site)
{
	if (!zyn__children_add(children_of(set), cx, promise, site, false))
		return NULL;
	zyn_promise_retain(promise);
	return promise;
}

int32_t zyn_join_set_try_join_next(ZynJoinSet *handle, ZynPromise **promise)
{
	ZynChildren *set = children_of(handle);
	ZynScopeChild *child = NULL;
	zyn__biased_lock(&set->object.lock);
	if (zyn__children_has_ended(set))
		child = zyn__children_pop(set);
	bool is_empty = set->unfinished == 0;
	zyn__biased_unlock(&set->object.lock);
	if (child == NULL)
		return is_empty ? ZYN_OUTCOME_EMPTY : ZYN_OUTCOME_PENDING;
	*promise = zyn__scope_child_take(child);
	return ZYN_OUTCOME_DONE;
}

void zyn_join_set_abort_all(ZynJoinSet *set)
{
	zyn__children_abort(children_of(set));
}

uint64_t zyn_join_set_len(ZynJoinSet *handle)
{
	ZynChildren *set = children_of(handle);
	zyn__biased_lock(&set->object.lock);
	uint64_t len = set->unfinished + set->ended_count - set->ended_due;
	zyn__biased_unlock(&set->object.lock);
	return len;
}

/* --- waiting for the next --------------------------------------------------------------------- */

static void next_init(ZynContext *cx, ZynJoinNextLeaf *leaf, ZynChildren *set, bool gives_promise)
{
	leaf->promise = NULL;
	leaf->gives_promise = gives_promise;
	if (!zyn__wait_start(&leaf->base, cx, set))
		return;
	ZynScopeChild *child = NULL;
	zyn__biased_lock(&set->object.lock);
	if (zyn__children_has_ended(set))
		child = zyn__children_pop(set);
	else if (set->unfinished == 0)
		leaf->base.outcome = ZYN_OUTCOME_EMPTY;
	else
		zyn__wait_begin(&leaf->base, cx, &set->object, &set->waiters);
	zyn__biased_unlock(&set->object.lock);
	if (child != NULL)
		leaf->promise = zyn__scope_child_take(child);
}

/* Ends with the child in the leaf, if there is one: with its failure, or well. */
static int64_t settle(ZynJoinNextLeaf *leaf, ZynContext *cx)
{
	ZynTask *task = leaf->promise != NULL ? zyn__task_of_promise(leaf->promise) : NULL;
	if (task == NULL || leaf->gives_promise || zyn__get(&task->status) == ZYN_READY)
		return zyn__wait_settled(&leaf->base, cx);
	zyn__error_set(cx, zyn__error_retain(task->error));
	zyn_promise_release(leaf->promise);
	leaf->promise = NULL;
	leaf->base.state = ZYN_STATE_FAILED;
	return ZYN_POLL_LOOK;
}

static void abandon(ZynJoinNextLeaf *leaf)
{
	ZynChildren *set = (ZynChildren *)leaf->base.object;
	zyn__biased_lock(&set->object.lock);
	if (leaf->base.waiter.state == ZYN_WAITER_GRANTED) {
		set->ended_due--;
		zyn__children_serve(set); /* Rule 2. */
	}
	zyn__wait_end(&leaf->base);
}

int64_t zyn_join_next_poll(void *mem, ZynContext *cx)
{
	ZynJoinNextLeaf *leaf = mem;
	ZynChildren *set = (ZynChildren *)leaf->base.object;
	if (set == NULL)
		return settle(leaf, cx);
	if (zyn__attention(cx, ZYN_ATTENTION_CANCEL)) {
		abandon(leaf);
		return zyn__wait_cancelled(&leaf->base, cx);
	}
	if (zyn__wait_unchanged(&leaf->base, cx))
		return 0;
	ZynScopeChild *child = NULL;
	zyn__biased_lock(&set->object.lock);
	if (leaf->base.waiter.state == ZYN_WAITER_WAITING) {
		leaf->base.waiter.waker = cx->waker;
		zyn__biased_unlock(&set->object.lock);
		return 0;
	}
	if (leaf->base.waiter.state == ZYN_WAITER_GRANTED) {
		set->ended_due--;
		child = zyn__children_pop(set);
	} else {
		leaf->base.outcome = ZYN_OUTCOME_EMPTY;
	}
	zyn__wait_end(&leaf->base);
	if (child != NULL)
		leaf->promise = zyn__scope_child_take(child);
	return settle(leaf, cx);
}

void zyn_join_next_init(ZynContext *cx, void *mem, ZynJoinSet *set)
{
	next_init(cx, mem, children_of(set), false);
}

int32_t zyn_join_next_take(void *mem, void *out)
{
	ZynJoinNextLeaf *leaf = mem;
	ZYN_ASSERT(leaf->base.state == ZYN_STATE_RETURNED);
	if (leaf->promise != NULL)
		zyn__result_copy(zyn__task_of_promise(leaf->promise), out);
	return (int32_t)leaf->base.outcome;
}

void zyn_join_next_drop(void *mem)
{
	ZynJoinNextLeaf *leaf = mem;
	if (leaf->base.object != NULL)
		abandon(leaf);
	zyn_promise_release(leaf->promise);
	leaf->promise = NULL;
}

void zyn_join_next_promise_init(ZynContext *cx, void *mem, ZynJoinSet *set)
{
	next_init(cx, mem, children_of(set), true);
}

int64_t zyn_join_next_promise_poll(void *mem, ZynContext *cx)
{
	return zyn_join_next_poll(mem, cx);
}

int32_t zyn_join_next_promise_take(void *mem, void *out)
{
	ZynJoinNextLeaf *leaf = mem;
	ZYN_ASSERT(leaf->base.state == ZYN_STATE_RETURNED);
	if (leaf->promise != NULL)
		*(ZynPromise **)out = leaf->promise;
	leaf->promise = NULL;
	return (int32_t)leaf->base.outcome;
}

void zyn_join_next_promise_drop(void *mem)
{
	zyn_join_next_drop(mem);
}

/* --- unordered futures ------------------------------------------------------------------------ */

ZynFutures *zyn_futures_new(ZynRuntime *rt)
{
	return (ZynFutures *)zyn__children_new(rt, &futures_ops);
}

int32_t zyn_futures_push(ZynContext *cx, ZynFutures *futures, ZynPromise *promise)
{
	bool added = zyn__children_add(children_of(futures), cx, promise, 0, true);
	return added ? ZYN_OUTCOME_DONE : ZYN_OUTCOME_OUT_OF_MEMORY;
}

uint64_t zyn_futures_len(ZynFutures *futures)
{
	return zyn_join_set_len((ZynJoinSet *)futures);
}

void zyn_futures_next_init(ZynContext *cx, void *mem, ZynFutures *futures)
{
	if (futures != NULL && !zyn__attention(cx, ZYN_ATTENTION_CANCEL))
		zyn__children_begin(children_of(futures), cx);
	next_init(cx, mem, children_of(futures), false);
}

int64_t zyn_futures_next_poll(void *mem, ZynContext *cx)
{
	return zyn_join_next_poll(mem, cx);
}

int32_t zyn_futures_next_take(void *mem, void *out)
{
	return zyn_join_next_take(mem, out);
}

void zyn_futures_next_drop(void *mem)
{
	zyn_join_next_drop(mem);
}
