/* Tasks that belong together: what join sets, nurseries and unordered futures are made of.
 *
 * A child is a plain block with the joiner that hears of the task's end.  It is in one list, by
 * what is known of it: idle (not begun), live, aborted (live, and asked to end), ended, failed.
 *
 * Rule 1.  the set's lock guards the lists.  A joiner is called with the lock of its task held, so
 *          nothing of a task is called with the lock of the set held.
 * Rule 2.  an ended child is promised to who waits longest, as a value of a channel is; a
 *          cancelled waiter passes it on.
 * Rule 3.  who waits is refused when there is no child left that could end.
 * Rule 4.  a set that goes cancels its children.
 * Rule 5.  a child of a nursery that failed goes to `failed` instead, and stays there with its
 *          error as long as there is a handle of the nursery.
 */
#ifndef ZYN_CHILDREN_H
#define ZYN_CHILDREN_H

#include "waiters.h"

typedef struct ZynChildren ZynChildren;

typedef struct ZynScopeChild {
	ZynList link;
	ZynJoiner joiner;
	ZynChildren *set;
	ZynPromise *promise; /* owned */
} ZynScopeChild;

struct ZynChildren {
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
	uint64_t raised; /* the first of them was */
	ZynList waiters;
};

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
/* Takes the child that ended first, of which there must be one; with the lock. */
ZynScopeChild *zyn__children_pop(ZynChildren *set);
static inline bool zyn__children_has_ended(const ZynChildren *set)
{
	return set->ended_count > set->ended_due;
}
/* Rules 2 and 3, with the lock. */
void zyn__children_serve(ZynChildren *set);
/* Lets go of a child that is in no list, without the lock. */
void zyn__scope_child_free(ZynScopeChild *child);

#endif
