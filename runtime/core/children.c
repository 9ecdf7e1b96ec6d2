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

/* --- places ----------------------------------------------------------------------------------- */

static ZynGuestChild *guest_of(const ZynScopeChild *child)
{
	bool is_guest = (zyn__get(&child->set) & ZYN_CHILD_GUEST) != 0;
	return is_guest ? (ZynGuestChild *)(uintptr_t)child : NULL;
}

static ZynChildren *set_of(const ZynScopeChild *child)
{
	return (ZynChildren *)(zyn__get(&child->set) & ~ZYN_CHILD_GUEST);
}

static ZynScopeChild *child_of(ZynList *link)
{
	return ZYN_CONTAINER(link, ZynScopeChild, link);
}

ZynTask *zyn__scope_child_task(const ZynScopeChild *child)
{
	const ZynGuestChild *guest = guest_of(child);
	return guest != NULL ? zyn__task_of_promise(guest->promise) : zyn__task_of_child(child);
}

static ZynPromise *promise_of(const ZynScopeChild *child)
{
	return zyn__task_promise(zyn__scope_child_task(child));
}

/* Rule 7; other workers may want the same place. */
static bool claim(ZynScopeChild *child, const ZynChildren *set)
{
	uintptr_t nobody = 0;
	if (atomic_load_explicit(&child->set, memory_order_acquire) != 0)
		return false;
	if (set->object.runtime->team != NULL)
		return atomic_compare_exchange_strong_explicit(&child->set, &nobody, (uintptr_t)set,
		                                               memory_order_acquire,
		                                               memory_order_relaxed);
	zyn__set(&child->set, (uintptr_t)set);
	return true;
}

/* A place for `promise`, in no list; null: memory is out. */
static ZynScopeChild *place_for(ZynChildren *set, ZynPromise *promise)
{
	ZynTask *task = zyn__task_of_promise(promise);
	if (zyn__has_child_place(task)) {
		ZynScopeChild *child = zyn__child_of_task(task);
		if (claim(child, set))
			return child;
	}
	ZynGuestChild *guest = zyn__object_block(set->object.runtime, sizeof *guest);
	if (guest == NULL)
		return NULL;
	*guest = (ZynGuestChild){.promise = promise};
	zyn__set(&guest->child.set, (uintptr_t)set | ZYN_CHILD_GUEST);
	return &guest->child;
}

ZynPromise *zyn__scope_child_take(ZynScopeChild *child)
{
	ZynPromise *promise = promise_of(child);
	ZynGuestChild *guest = guest_of(child);
	if (guest != NULL)
		zyn__block_release(guest);
	else
		atomic_store_explicit(&child->set, 0, memory_order_release);
	return promise;
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

/* A child of a nursery ended, with the lock; true: it is let go. */
static bool nursery_child_ended(ZynChildren *set, ZynScopeChild *child, bool failed)
{
	bool let_go = false;
	if (failed) { /* Rule 5. */
		zyn__list_push_back(&set->failed, &child->link);
		set->failed_count++;
		set->object.closed = 1;
	} else if (guest_of(child) != NULL) {
		zyn__list_push_back(&set->ended, &child->link);
	} else {
		let_go = true;
		atomic_store_explicit(&child->set, 0, memory_order_release);
	}
	if (set->unfinished == 0 || (failed && set->failed_count == 1)) /* Rule 6. */
		wake_all(set);
	return let_go;
}

/* True: the set has let go of it, and the caller has the reference. */
static bool ended(ZynScopeChild *child, ZynTask *task)
{
	ZynChildren *set = set_of(child);
	uint32_t status = atomic_load_explicit(&task->status, memory_order_acquire);
	bool let_go = false;
	ZYN_ASSERT(status != ZYN_PENDING);
	zyn__biased_lock(&set->object.lock);
	zyn__list_remove(&child->link);
	set->unfinished--;
	set->guests -= guest_of(child) != NULL;
	if (set->object.ops->kind == ZYN_OBJECT_NURSERY) {
		let_go = nursery_child_ended(set, child, status == ZYN_FAILED);
	} else {
		zyn__list_push_back(&set->ended, &child->link);
		set->ended_count++;
		zyn__children_serve(set);
	}
	zyn__biased_unlock(&set->object.lock);
	return let_go;
}

bool zyn__child_ended(ZynTask *task)
{
	return ended(zyn__child_of_task(task), task);
}

/* The waker of a guest's joiner. */
static void guest_ended(void *data)
{
	ZynGuestChild *guest = data;
	ended(&guest->child, zyn__task_of_promise(guest->promise));
}

static ZynJoiner **end_of_joiners(ZynTask *task)
{
	ZynJoiner **place = &task->joiners;
	while (zyn__is_joiner(*place)) /* as many as wait for it alone */
		place = &(*place)->next;
	return place;
}

/* Hears of the end of a child that is a task by now. */
static void watch(ZynScopeChild *child, ZynTask *task)
{
	ZynGuestChild *guest = guest_of(child);
	if (guest != NULL) {
		guest->joiner.waker = (ZynWaker){guest_ended, guest};
		if (!zyn__task_join(task, &guest->joiner))
			guest_ended(guest);
		return;
	}
	ZynRuntime *rt = zyn__owner(task);
	zyn__task_lock(rt, task);
	bool is_over = zyn__task_ended(task);
	if (!is_over)
		*end_of_joiners(task) = ZYN_JOINED_BY_SET;
	zyn__task_unlock(rt, task);
	if (is_over && ended(child, task))
		zyn_promise_release(zyn__task_promise(task));
}

/* --- children --------------------------------------------------------------------------------- */

/* Makes a task of the promise, whose parent is the task that polls, if there is one.  Watches it
 * before it can run. */
static void begin(ZynScopeChild *child, ZynTask *task, ZynContext *cx, ZynRuntime *by, ZynSite site)
{
	uint64_t parent = cx != NULL && by->head->notes_tasks ? zyn__task_id_of(cx) : 0;
	zyn__task_become(by, task, parent, site);
	watch(child, task);
	if (cx != NULL)
		zyn__task_start(by, task);
	else
		zyn_promise_spawn(by->head, zyn__task_promise(task));
}

static void tell_failure(ZynContext *cx, uint32_t code)
{
	if (cx != NULL)
		zyn__error_set(cx, zyn__error_constant(code));
}

/* Enters the runtime for the caller, unless it is in a poll of it. */
static ZynRuntime *enter(ZynEntry *entry, const ZynChildren *set, ZynContext *cx)
{
	entry->runtime = NULL;
	if (cx != NULL && cx->task != NULL)
		return cx->runtime;
	ZynRuntime *by = zyn__object_enter(entry, set->object.runtime);
	return cx != NULL ? cx->runtime : by;
}

static void leave(ZynEntry *entry)
{
	if (entry->runtime != NULL)
		zyn__leave(entry);
}

/* The caller's reference outlasts the call, so it does not matter who takes an ended child. */
static void add(ZynChildren *set, ZynScopeChild *child, ZynPromise *promise, ZynContext *cx,
                ZynRuntime *by, ZynSite site, bool idle)
{
	if (cx != NULL)
		zyn__promise_retain_compiled(promise);
	else
		zyn_promise_retain(promise);
	zyn__biased_lock(&set->object.lock);
	zyn__list_push_back(idle ? &set->idle : &set->live, &child->link);
	set->unfinished++;
	set->guests += guest_of(child) != NULL;
	bool closed = set->object.closed;
	zyn__biased_unlock(&set->object.lock);
	if (idle)
		return;
	begin(child, zyn__task_of_promise(promise), cx, by, site);
	if (closed)
		zyn_promise_cancel(promise);
}

bool zyn__children_add(ZynChildren *set, ZynContext *cx, ZynPromise *promise, ZynSite site,
                       bool idle)
{
	if (promise == NULL) {
		tell_failure(cx, ZYN_ERROR_NULL_VALUE);
		return false;
	}
	ZynEntry entry;
	ZynRuntime *by = enter(&entry, set, cx);
	ZynScopeChild *child = place_for(set, promise);
	if (child != NULL)
		add(set, child, promise, cx, by, site, idle);
	else
		tell_failure(cx, ZYN_ERROR_OUT_OF_MEMORY);
	leave(&entry);
	return child != NULL;
}

void zyn__children_begin(ZynChildren *set, ZynContext *cx)
{
	ZynEntry entry;
	ZynRuntime *by = enter(&entry, set, cx);
	for (;;) { /* bounded by the children */
		zyn__biased_lock(&set->object.lock);
		ZynList *link = zyn__list_pop_front(&set->idle);
		if (link != NULL)
			zyn__list_push_back(&set->live, link);
		zyn__biased_unlock(&set->object.lock);
		if (link == NULL)
			break;
		/* Held for the call: what ends may be taken by another thread at once. */
		ZynPromise *promise = promise_of(child_of(link));
		zyn_promise_retain(promise);
		begin(child_of(link), zyn__task_of_promise(promise), cx, by, 0);
		zyn_promise_release(promise);
	}
	leave(&entry);
}

void zyn__children_abort(ZynChildren *set)
{
	for (;;) { /* bounded by the children */
		zyn__biased_lock(&set->object.lock);
		ZynList *link = zyn__list_pop_front(&set->live);
		ZynPromise *promise = NULL;
		if (link != NULL) {
			zyn__list_push_back(&set->aborted, link);
			promise = promise_of(child_of(link));
			zyn_promise_retain(promise);
		}
		zyn__biased_unlock(&set->object.lock);
		if (promise == NULL)
			return;
		zyn_promise_cancel(promise); /* Rule 1: not with the lock. */
		zyn_promise_release(promise);
	}
}

bool zyn__children_has(ZynChildren *set, const ZynTask *task)
{
	if (task == NULL)
		return false;
	if (zyn__has_child_place(task) &&
	    zyn__get(&zyn__child_of_task(task)->set) == (uintptr_t)set)
		return true;
	ZynList *lists[] = {&set->live, &set->aborted};
	for (int i = 0; i < 2 && set->guests != 0; i++)
		for (ZynList *link = lists[i]->next; link != lists[i]; link = link->next)
			if (zyn__scope_child_task(child_of(link)) == task)
				return true;
	return false;
}

ZynScopeChild *zyn__children_pop(ZynChildren *set)
{
	ZynList *link = zyn__list_pop_front(&set->ended);
	ZYN_ASSERT(link != NULL);
	set->ended_count--;
	return child_of(link);
}

/* --- the end of a set ------------------------------------------------------------------------- */

/* With the lock; null: there is none. */
static ZynScopeChild *any_child(ZynChildren *set)
{
	ZynList *lists[] = {&set->idle, &set->live, &set->aborted, &set->ended, &set->failed};
	for (int i = 0; i < 5; i++)
		if (!zyn__list_empty(lists[i]))
			return child_of(lists[i]->next);
	return NULL;
}

/* The set shall not hear of the end of `task` any more. */
static void unwatch(ZynScopeChild *child, ZynTask *task)
{
	ZynGuestChild *guest = guest_of(child);
	if (guest != NULL)
		zyn__joiner_leave(task, &guest->joiner);
	else if (zyn__flag(task, ZYN_FRAME_TASK) && !zyn__task_ended(task))
		*end_of_joiners(task) = NULL;
}

/* Takes `child` out of the set, unless it has ended meanwhile and was let go; the caller holds its
 * task. */
static void forget(ZynChildren *set, ZynScopeChild *child, ZynTask *task)
{
	ZynRuntime *rt = zyn__owner(task);
	bool is_guest = guest_of(child) != NULL; /* which stays, whatever ends */
	if (is_guest)
		unwatch(child, task);
	else
		zyn__task_lock(rt, task); /* before that of the set */
	zyn__biased_lock(&set->object.lock);
	bool ours = is_guest || zyn__get(&child->set) == (uintptr_t)set;
	if (ours)
		zyn__list_remove(&child->link);
	zyn__biased_unlock(&set->object.lock);
	if (!is_guest) {
		if (ours)
			unwatch(child, task);
		zyn__task_unlock(rt, task);
	}
	if (!ours)
		return;
	if (!zyn__task_ended(task))
		zyn_promise_cancel(zyn__task_promise(task));
	zyn_promise_release(zyn__scope_child_take(child));
}

/* Rule 4.  Nobody has a handle, but children may still end, on other threads. */
void zyn__children_free(ZynObject *object)
{
	ZynChildren *set = (ZynChildren *)object;
	ZYN_ASSERT(zyn__list_empty(&set->waiters));
	ZynEntry entry;
	zyn__object_enter(&entry, object->runtime);
	for (;;) { /* bounded by the children */
		ZynPromise *promise = NULL;
		zyn__biased_lock(&object->lock);
		ZynScopeChild *child = any_child(set);
		if (child != NULL) {
			promise = promise_of(child);
			zyn_promise_retain(promise);
		}
		zyn__biased_unlock(&object->lock);
		if (child == NULL)
			break;
		forget(set, child, zyn__task_of_promise(promise));
		zyn_promise_release(promise);
	}
	zyn__leave(&entry);
}
