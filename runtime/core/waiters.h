/* Who waits for an object: a queue of waiters, first in first out, linked through the leaves.
 *
 * A leaf of this kind does at init what can be done at once, and is then over without ever having
 * held the object: its first poll only says so.  What cannot be done at once queues at init, so a
 * leaf must not move from init on.
 *
 * Rule 1.  the object's lock guards ZynWaiter and the queues.
 * Rule 2.  WAITING is linked, GRANTED and REFUSED are not; whoever unlinks a waiter says which
 *          and wakes it.  What is granted is the waiter's: a cancelled one passes it on.
 * Rule 3.  a queue that is not empty means that nothing is left for a newcomer: whoever gives
 *          something back serves the queue before it leaves the lock.  That makes it fair.
 * Rule 4.  the first poll needs no lock when its waker is the one that init saw: what happened
 *          meanwhile has woken that.
 */
#ifndef ZYN_WAITERS_H
#define ZYN_WAITERS_H

#include "object.h"

enum ZynWaiterState { ZYN_WAITER_NONE, ZYN_WAITER_WAITING, ZYN_WAITER_GRANTED, ZYN_WAITER_REFUSED };

typedef struct ZynWaiter {
	ZynList link;
	ZynWaker waker;
	uint64_t task;   /* 0: the host */
	uint32_t amount; /* of what it wants; each object says of what */
	uint32_t state;  /* ZynWaiterState */
} ZynWaiter;

/* What every leaf that waits for an object begins with. */
typedef struct ZynSyncLeaf {
	uint32_t state;
	uint32_t outcome;  /* ZynOutcome, once known */
	ZynObject *object; /* counted in its `parked`; null: nothing of it is held */
	ZynWaiter waiter;
} ZynSyncLeaf;

/* Further outcomes, of a leaf that will end in its first poll without a value. */
#define ZYN_OUTCOME_CANCELLED UINT32_MAX
#define ZYN_OUTCOME_NULL (UINT32_MAX - 1)

/* Counts the leaf in, for what it was granted at once; with the lock. */
static inline void zyn__wait_hold(ZynSyncLeaf *leaf, ZynObject *object)
{
	object->parked++;
	leaf->object = object;
}

/* Queues the leaf; with the lock. */
static inline void zyn__wait_begin(ZynSyncLeaf *leaf, ZynContext *cx, ZynObject *object,
                                   ZynList *queue)
{
	zyn__wait_hold(leaf, object);
	leaf->waiter.state = ZYN_WAITER_WAITING;
	leaf->waiter.waker = cx->waker;
	leaf->waiter.task = zyn__task_id_of(cx);
	zyn__list_push_back(queue, &leaf->waiter.link);
}

/* Counts the leaf out and leaves the lock; the object may be gone afterwards. */
static inline void zyn__wait_end(ZynSyncLeaf *leaf)
{
	ZynObject *object = leaf->object;
	leaf->object = NULL;
	if (leaf->waiter.state == ZYN_WAITER_WAITING)
		zyn__list_remove(&leaf->waiter.link);
	leaf->waiter.state = ZYN_WAITER_NONE;
	object->parked--;
	zyn__object_unlock(object);
}

/* Rule 2, with the lock; gives the waker to call, best after the lock. */
static inline ZynWaker zyn__waiter_settle(ZynWaiter *waiter, enum ZynWaiterState state)
{
	zyn__list_remove(&waiter->link);
	waiter->state = state;
	return waiter->waker;
}

static inline ZynWaiter *zyn__waiter_first(ZynList *queue)
{
	return zyn__list_empty(queue) ? NULL : ZYN_CONTAINER(queue->next, ZynWaiter, link);
}

/* Refuses everybody, with the lock; the wakers are called at once, for there may be many. */
static inline void zyn__waiters_refuse(ZynList *queue)
{
	ZynWaiter *waiter;
	while ((waiter = zyn__waiter_first(queue)) != NULL) /* bounded by the leaves that wait */
		zyn_waker_wake(zyn__waiter_settle(waiter, ZYN_WAITER_REFUSED));
}

/* How many wait in `queue`; writes how many of them come before `waiter`, if it is one of them and
 * not null. */
uint64_t zyn__waiters_count(const ZynList *queue, const ZynWaiter *waiter, ZynWaitInfo *out);

/* Whether this poll finds nothing new for certain (rule 4).  A leaf that was granted something at
 * init is past START. */
static inline bool zyn__wait_unchanged(ZynSyncLeaf *leaf, ZynContext *cx)
{
	if (leaf->state != ZYN_STATE_START)
		return false;
	leaf->state = 1;
	return leaf->waiter.waker.data == cx->waker.data && leaf->waiter.waker.fn == cx->waker.fn;
}

/* Begins a leaf; false when it is over already: cancelled, or the handle is null. */
static inline bool zyn__wait_start(ZynSyncLeaf *leaf, ZynContext *cx, const void *object)
{
	leaf->state = ZYN_STATE_START;
	leaf->outcome = ZYN_OUTCOME_DONE;
	leaf->object = NULL;
	leaf->waiter.state = ZYN_WAITER_NONE;
	if (object != NULL && !zyn__attention(cx, ZYN_ATTENTION_CANCEL))
		return true;
	leaf->outcome = object == NULL ? ZYN_OUTCOME_NULL : ZYN_OUTCOME_CANCELLED;
	return false;
}

/* The end of a leaf that ends badly, by its outcome. */
int64_t zyn__wait_failed(ZynSyncLeaf *leaf, ZynContext *cx);
/* The end of a leaf that is done with its object, by its outcome. */
static inline int64_t zyn__wait_settled(ZynSyncLeaf *leaf, ZynContext *cx)
{
	if (leaf->outcome == ZYN_OUTCOME_OUT_OF_MEMORY || leaf->outcome >= ZYN_OUTCOME_NULL)
		return zyn__wait_failed(leaf, cx);
	leaf->state = ZYN_STATE_RETURNED;
	return 1;
}

int64_t zyn__wait_cancelled(ZynSyncLeaf *leaf, ZynContext *cx);
/* Cancels a leaf that something else made needless: polls it once with attention CANCEL.  false: it
 * waits for children first; once more when they wake this task. */
bool zyn__leaf_stop(ZynPollFn *poll, void *mem, ZynContext *cx);
/* The same for a delay, which may not have begun. */
void zyn__delay_stop(ZynDelay *delay, ZynContext *cx);

#endif
