/* A nursery: children that do not outlive a scope.  children.h has the rules of its children.
 *
 * Rule 1.  join ends when every child has ended, and fails with the first failure of a child.  A
 *          child that was cancelled is no failure.
 * Rule 2.  the first failure closes the nursery: join cancels the siblings, and what is spawned
 *          afterwards is cancelled before it begins.
 * Rule 3.  a cancelled join cancels every child and waits on: the machines that wait for it pend
 *          although they are cancelled (rule 6 of task.c), up to their task or to the timeout or
 *          select that stopped them.  A child that waits for a nursery of its own does the same, so
 *          a tree ends from its leaves up, and when its root ends all of it has.
 * Rule 4.  a child that joins the nursery that it is in does not wait, once it is cancelled, nor
 *          does anybody while the runtime is being freed.
 * Rule 5.  a nursery whose last handle goes cancels its children, so leaving the scope by a
 *          failure cancels the tree too; nobody is left who could wait.
 * Rule 6.  failures are kept in the order in which the children ended, the raised one first; what a
 *          child that was cancelled fails with while it cleans up is one of them.
 */
#include "children.h"

static const ZynObjectOps nursery_ops = {
	.kind = ZYN_OBJECT_NURSERY,
	.free = zyn__children_free,
	.describe = zyn__children_describe,
};

static ZynChildren *children_of(void *handle)
{
	return handle;
}

/* The error of a child in `failed`. */
static ZynError *failure_of(ZynList *link)
{
	return zyn__scope_child_task(ZYN_CONTAINER(link, ZynScopeChild, link))->error;
}

ZynNursery *zyn_nursery_new(ZynRuntime *rt)
{
	return (ZynNursery *)zyn__children_new(rt, &nursery_ops);
}

ZynPromise *zyn_nursery_spawn(ZynContext *cx, ZynNursery *nursery, ZynPromise *promise,
                              ZynSite site)
{
	if (!zyn__children_add(children_of(nursery), cx, promise, site, false))
		return NULL;
	zyn_promise_retain(promise);
	return promise;
}

void zyn_nursery_cancel(ZynNursery *nursery)
{
	ZynChildren *set = children_of(nursery);
	zyn__biased_lock(&set->object.lock);
	set->object.closed = 1;
	zyn__biased_unlock(&set->object.lock);
	zyn__children_abort(set);
}

uint64_t zyn_nursery_failures(ZynNursery *nursery)
{
	ZynChildren *set = children_of(nursery);
	zyn__biased_lock(&set->object.lock);
	uint64_t count = set->failed_count;
	zyn__biased_unlock(&set->object.lock);
	return count;
}

ZynError *zyn_nursery_failure(ZynNursery *nursery, uint64_t index)
{
	ZynChildren *set = children_of(nursery);
	ZynError *error = NULL;
	zyn__biased_lock(&set->object.lock);
	if (index < set->failed_count) {
		ZynList *link = set->failed.next;
		while (index-- != 0)
			link = link->next;
		error = zyn__error_retain(failure_of(link));
	}
	zyn__biased_unlock(&set->object.lock);
	return error;
}

/* --- join ------------------------------------------------------------------------------------- */

void zyn_nursery_join_init(ZynContext *cx, void *mem, ZynNursery *nursery)
{
	ZynNurseryJoinLeaf *leaf = mem;
	ZynChildren *set = children_of(nursery);
	if (!zyn__wait_start(leaf, cx, set))
		return;
	zyn__biased_lock(&set->object.lock);
	zyn__wait_begin(leaf, cx, &set->object, &set->waiters);
	zyn__biased_unlock(&set->object.lock);
	leaf->state = 1; /* its first poll has to look: a child may have failed before */
}

static void abandon(ZynNurseryJoinLeaf *leaf)
{
	zyn__biased_lock(&leaf->object->lock);
	zyn__wait_end(leaf);
}

/* Lets go of the guests that did not fail; all have ended.  Leaves the leaf, and gives the failure,
 * if any. */
static ZynError *finish(ZynNurseryJoinLeaf *leaf, ZynChildren *set)
{
	ZynList ended;
	zyn__list_init(&ended);
	zyn__biased_lock(&set->object.lock);
	zyn__list_splice_back(&ended, &set->ended);
	ZynError *error = NULL;
	if (set->failed_count != 0 && !set->raised) {
		error = zyn__error_retain(failure_of(set->failed.next)); /* Rule 6. */
		set->raised = true;
	}
	zyn__wait_end(leaf);
	ZynList *link;
	while ((link = zyn__list_pop_front(&ended)) != NULL) /* bounded by the guests */
		zyn_promise_release(
			zyn__scope_child_take(ZYN_CONTAINER(link, ZynScopeChild, link)));
	return error;
}

/* Rule 3. */
static int64_t poll_cancelled(ZynNurseryJoinLeaf *leaf, ZynChildren *set, ZynContext *cx)
{
	zyn_nursery_cancel((ZynNursery *)set);
	zyn__biased_lock(&set->object.lock);
	leaf->waiter.waker = cx->waker;
	bool waits = set->unfinished != 0 && !zyn__children_has(set, cx->task); /* Rule 4. */
	zyn__biased_unlock(&set->object.lock);
	if (waits && !zyn__attention(cx, ZYN_ATTENTION_HURRY)) {
		atomic_fetch_or(&cx->attention, ZYN_ATTENTION_LINGERS);
		return 0;
	}
	abandon(leaf);
	return zyn__wait_cancelled(leaf, cx);
}

int64_t zyn_nursery_join_poll(void *mem, ZynContext *cx)
{
	ZynNurseryJoinLeaf *leaf = mem;
	ZynChildren *set = (ZynChildren *)leaf->object;
	if (set == NULL)
		return zyn__wait_settled(leaf, cx);
	if (zyn__attention(cx, ZYN_ATTENTION_CANCEL))
		return poll_cancelled(leaf, set, cx);
	zyn__biased_lock(&set->object.lock);
	leaf->waiter.waker = cx->waker;
	bool cancels = set->failed_count != 0 && !zyn__list_empty(&set->live);
	bool is_over = set->unfinished == 0;
	zyn__biased_unlock(&set->object.lock);
	if (cancels)
		zyn__children_abort(set); /* Rule 2; their last end wakes us again. */
	if (!is_over)
		return 0;
	ZynError *error = finish(leaf, set); /* Rule 1. */
	if (error == NULL)
		return zyn__wait_settled(leaf, cx);
	zyn__error_set(cx, error);
	leaf->state = ZYN_STATE_FAILED;
	return ZYN_POLL_LOOK;
}

int32_t zyn_nursery_join_take(void *mem, void *out)
{
	(void)out;
	return (int32_t)((ZynNurseryJoinLeaf *)mem)->outcome;
}

void zyn_nursery_join_drop(void *mem)
{
	ZynNurseryJoinLeaf *leaf = mem;
	if (leaf->object != NULL)
		abandon(leaf);
}
