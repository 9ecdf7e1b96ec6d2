/* Tasks that belong together: what join sets, nurseries and unordered futures are made of.
 *
 * A child is in one list of its set, by what is known of it: idle (not begun), live, aborted (live,
 * and asked to end), ended, failed.  What links it there lies beside its task (ZynScopeChild in
 * task.h), so that to spawn a child allocates nothing.  A task that is a child already, of this set
 * or another, comes as a guest, as a frame of more than a chunk does: a plain block, with a joiner
 * that hears of the end.
 *
 * Rule 1.  the set's lock guards the lists.  The set hears of an end with the lock of the task
 *          held, so nothing of a task is called with the lock of the set held.
 * Rule 2.  an ended child is promised to who waits longest, as a value of a channel is; a
 *          cancelled waiter passes it on.
 * Rule 3.  who waits is refused when there is no child left that could end.
 * Rule 4.  a set that goes cancels its children.
 * Rule 5.  a child of a nursery that failed goes to `failed`, and stays there with its error as
 *          long as there is a handle of the nursery.  One that did not is let go at its end, for
 *          nobody can ask the nursery about it; a guest stays until the nursery is joined.
 * Rule 6.  who waits for a nursery is woken by its first failure and by its last end.
 * Rule 7.  ZynScopeChild.set is 0 while nobody has claimed it.  Whoever took the child out of its
 *          list, with the lock of the set, gives it up and has the reference to the promise.
 */
#ifndef ZYN_CHILDREN_H
#define ZYN_CHILDREN_H

#include "waiters.h"

#define ZYN_CHILD_GUEST ((uintptr_t)1) /* in ZynScopeChild.set */

typedef struct ZynGuestChild {
	ZynScopeChild child;
	ZynJoiner joiner;
	ZynPromise *promise; /* owned */
} ZynGuestChild;

typedef struct ZynChildren {
	ZynObject object;
	/* all guarded by object.lock */
	ZynList idle;
	ZynList live;
	ZynList aborted;
	ZynList ended;       /* in the order of their ends */
	uint64_t unfinished; /* in the first three */
	uint64_t ended_count;
	uint64_t ended_due; /* promised to waiters */
	ZynList failed;     /* of a nursery, in the order of their failures */
	uint64_t failed_count;
	uint64_t guests; /* that have not ended */
	bool raised;     /* the first failure was */
	ZynList waiters;
} ZynChildren;

typedef struct ZynJoinNextLeaf {
	ZynSyncLeaf base;
	ZynPromise *promise;    /* owned; the child that ended */
	uint64_t gives_promise; /* the promise is the result, else its value is */
} ZynJoinNextLeaf;

typedef ZynSyncLeaf ZynNurseryJoinLeaf;

ZynChildren *zyn__children_new(ZynRuntime *rt, const ZynObjectOps *ops);
void zyn__children_free(ZynObject *object);
void zyn__children_describe(ZynObject *object, const ZynWaiter *waiter, ZynWaitInfo *out);
/* Adds `promise`, retained, as a task that runs, or idle.  Null `cx`: the host does.  false:
 * memory is out, or the promise is null; cx->error says so. */
bool zyn__children_add(ZynChildren *set, ZynContext *cx, ZynPromise *promise, ZynSite site,
                       bool idle);
/* Begins what is idle. */
void zyn__children_begin(ZynChildren *set, ZynContext *cx);
/* Cancels every child that has not ended. */
void zyn__children_abort(ZynChildren *set);
/* Whether `task`, which is being polled, is a child that has begun; with the lock. */
bool zyn__children_has(ZynChildren *set, const ZynTask *task);
/* Takes the child that ended first, of which there must be one; with the lock. */
ZynScopeChild *zyn__children_pop(ZynChildren *set);
static inline bool zyn__children_has_ended(const ZynChildren *set)
{
	return set->ended_count > set->ended_due;
}
/* Rules 2 and 3, with the lock. */
void zyn__children_serve(ZynChildren *set);
/* Of a child in no list, without the lock: gives up its place, and gives its promise, owned. */
ZynPromise *zyn__scope_child_take(ZynScopeChild *child);
/* The task that a child is. */
ZynTask *zyn__scope_child_task(const ZynScopeChild *child);

#endif
