/* Tasks that belong together.  children.h has the rules. */
#include "children.h"

ZynChildren *zyn__children_new(ZynRuntime *rt, const ZynObjectOps *ops)
{
	ZynChildren *set = zyn__object_new(rt, sizeof *set, ops);
	if (set == NULL)
		return NULL;
	zyn__list_init(&set->idle);
	zyn__list_init(&set->live);
	zyn__list_init(&set->aborted);
	zyn__list_init(&set->ended);
	zyn__list_init(&set->failed);
	zyn__list_init(&set->waiters);
	return set;
}

void zyn__children_describe(ZynObject *object, const ZynWaiter *waiter, ZynWaitInfo *out)
{
	ZynChildren *set = (ZynChildren *)object;
	out->fill = set->unfinished;
	out->waiting = zyn__waiters_count(&set->waiters, waiter, out);
}

static ZynTask *task_of(const ZynScopeChild *child)
{
	return zyn__task_of_promise(child->promise);
}

/* --- ends ------------------------------------------------------------------------------------- */

void zyn__children_serve(ZynChildren *set)
{
	ZynWaiter *waiter;
	while ((waiter = zyn__waiter_first(&set->waiters)) != NULL) { /* bounded by the queue */
		if (zyn__children_has_ended(set)) {
			set->ended_due++; /* Rule 2. */
			zyn_waker_wake(zyn__waiter_settle(waiter, ZYN_WAITER_GRANTED));
		} else if (set->unfinished == 0) {
			zyn_waker_wake(
				zyn__waiter_settle(waiter, ZYN_WAITER_REFUSED)); /* Rule 3. */
		} else {
			return;
		}
	}
}

/* Those who wait for a nursery look for themselves. */
static void wake_all(ZynChildren *set)
{
	for (ZynList *link = set->waiters.next; link != &set->waiters; link = link->next)
		zyn_waker_wake(ZYN_CONTAINER(link, ZynWaiter, link)->waker);
}

/* The waker of a child's joiner. */
static void child_ended(void *data)
{
	ZynScopeChild *child = data;
	ZynChildren *set = child->set;
	ZynTask *task = task_of(child);
	ZYN_ASSERT(zyn__task_ended(task));
	zyn__biased_lock(&set->object.lock);
	bool is_nursery = set->object.ops->kind == ZYN_OBJECT_NURSERY;
	bool failed = is_nursery &&
	              atomic_load_explicit(&task->status, memory_order_acquire) == ZYN_FAILED;
	zyn__list_remove(&child->link);
	set->unfinished--;
	if (failed) { /* Rule 5. */
		zyn__list_push_back(&set->failed, &child->link);
		set->failed_count++;
		set->object.closed = 1;
	} else {
		zyn__list_push_back(&set->ended, &child->link);
		set->ended_count++;
	}
	if (is_nursery)
		wake_all(set);
	else
		zyn__children_serve(set);
	zyn__biased_unlock(&set->object.lock);
}

/* Hears of the end of a child that is a task by now. */
static void watch(ZynScopeChild *child)
{
	ZynTask *task = task_of(child);
	child->joiner.waker = (ZynWaker){child_ended, child};
	if (!zyn__task_join(task, &child->joiner))
		child_ended(child);
}

/* --- children --------------------------------------------------------------------------------- */

/* Makes a task of the promise, whose parent is the task that polls, if there is one. */
static void begin(ZynScopeChild *child, ZynContext *cx, ZynSite site)
{
	ZynEntry entry;
	zyn__object_enter(&entry, child->set->object.runtime);
	if (cx != NULL)
		zyn_promise_release(zyn_spawn(cx, child->promise, site));
	else
		zyn_promise_spawn(child->set->object.runtime, child->promise);
	watch(child);
	zyn__leave(&entry);
}

bool zyn__children_add(ZynChildren *set, ZynContext *cx, ZynPromise *promise, ZynSite site,
                       bool idle)
{
	ZynScopeChild *child = NULL;
	if (promise != NULL)
		child = zyn__object_block(set->object.runtime, sizeof *child);
	if (child == NULL) {
		if (cx != NULL)
			zyn__error_set(cx,
			               zyn__error_constant(promise != NULL ? ZYN_ERROR_OUT_OF_MEMORY
			                                                   : ZYN_ERROR_NULL_VALUE));
		return false;
	}
	*child = (ZynScopeChild){.set = set, .promise = promise};
	zyn_promise_retain(promise);
	zyn__biased_lock(&set->object.lock);
	zyn__list_push_back(idle ? &set->idle : &set->live, &child->link);
	set->unfinished++;
	bool closed = set->object.closed;
	zyn__biased_unlock(&set->object.lock);
	if (idle)
		return true;
	/* Held for the call: a child that ended may be taken by another thread at once. */
	zyn_promise_retain(promise);
	begin(child, cx, site);
	if (closed)
		zyn_promise_cancel(promise);
	zyn_promise_release(promise);
	return true;
}

void zyn__children_begin(ZynChildren *set, ZynContext *cx)
{
	for (;;) { /* bounded by the children */
		zyn__biased_lock(&set->object.lock);
		ZynList *link = zyn__list_pop_front(&set->idle);
		if (link != NULL)
			zyn__list_push_back(&set->live, link);
		zyn__biased_unlock(&set->object.lock);
		if (link == NULL)
			return;
		begin(ZYN_CONTAINER(link, ZynScopeChild, link), cx, 0);
	}
}

void zyn__children_abort(ZynChildren *set)
{
	for (;;) { /* bounded by the children */
		zyn__biased_lock(&set->object.lock);
		ZynList *link = zyn__list_pop_front(&set->live);
		ZynPromise *promise = NULL;
		if (link != NULL) {
			zyn__list_push_back(&set->aborted, link);
			promise = ZYN_CONTAINER(link, ZynScopeChild, link)->promise;
			zyn_promise_retain(promise);
		}
		zyn__biased_unlock(&set->object.lock);
		if (promise == NULL)
			return;
		zyn_promise_cancel(promise); /* Rule 1: not with the lock. */
		zyn_promise_release(promise);
	}
}

ZynScopeChild *zyn__children_pop(ZynChildren *set)
{
	ZynList *link = zyn__list_pop_front(&set->ended);
	ZYN_ASSERT(link != NULL);
	set->ended_count--;
	return ZYN_CONTAINER(link, ZynScopeChild, link);
}

void zyn__scope_child_free(ZynScopeChild *child)
{
	zyn_promise_release(child->promise);
	zyn__block_release(child);
}

static ZynScopeChild *any_child(ZynChildren *set)
{
	ZynList *lists[] = {&set->idle, &set->live, &set->aborted, &set->ended, &set->failed};
	for (int i = 0; i < 5; i++)
		if (!zyn__list_empty(lists[i]))
			return ZYN_CONTAINER(lists[i]->next, ZynScopeChild, link);
	return NULL;
}

/* Rule 4.  Nobody has a handle, but children may still end, on other threads. */
void zyn__children_free(ZynObject *object)
{
	ZynChildren *set = (ZynChildren *)object;
	ZYN_ASSERT(zyn__list_empty(&set->waiters));
	ZynEntry entry;
	zyn__object_enter(&entry, object->runtime);
	for (;;) { /* bounded by the children */
		zyn__biased_lock(&object->lock);
		ZynScopeChild *child = any_child(set);
		zyn__biased_unlock(&object->lock);
		if (child == NULL)
			break;
		zyn__joiner_leave(task_of(child), &child->joiner);
		zyn__biased_lock(&object->lock);
		zyn__list_remove(&child->link);
		zyn__biased_unlock(&object->lock);
		if (!zyn__task_ended(task_of(child)))
			zyn_promise_cancel(child->promise);
		zyn__scope_child_free(child);
	}
	zyn__leave(&entry);
}
