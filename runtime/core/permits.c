/* Taking permits, waiting for them, giving them back.  permits.h has the rules. */
#include "permits.h"

void *zyn__permits_new(ZynRuntime *rt, uint64_t count, uint32_t exclusive, const ZynObjectOps *ops)
{
	ZynPermits *permits = zyn__object_new(rt, sizeof *permits, ops);
	if (permits == NULL)
		return NULL;
	permits->free = count;
	permits->capacity = count;
	permits->exclusive = exclusive;
	zyn__list_init(&permits->queue);
	return permits;
}

void zyn__permits_free(ZynObject *object)
{
	ZynPermits *permits = (ZynPermits *)object;
	ZYN_ASSERT(zyn__list_empty(&permits->queue));
}

void zyn__permits_describe(ZynObject *object, const ZynWaiter *waiter, ZynWaitInfo *out)
{
	ZynPermits *permits = (ZynPermits *)object;
	out->fill = permits->free;
	out->capacity = permits->capacity;
	out->owner = permits->owner;
	out->amount = waiter->amount;
	out->waiting = zyn__waiters_count(&permits->queue, waiter, out);
}

static inline void hand_out(ZynPermits *permits, uint32_t amount, uint64_t task)
{
	permits->free -= amount;
	if (amount == permits->exclusive) { /* Rule 3. */
		permits->is_alone = 1;
		permits->owner = task;
	}
}

static inline bool take(ZynPermits *permits, uint32_t amount, uint64_t task)
{
	if (permits->free < amount || !zyn__list_empty(&permits->queue)) /* Rule 2. */
		return false;
	hand_out(permits, amount, task);
	return true;
}

/* With the lock.  The wakers are called at once, for one release may serve many readers. */
static void serve(ZynPermits *permits)
{
	ZynWaiter *waiter;
	while ((waiter = zyn__waiter_first(&permits->queue)) != NULL) { /* bounded by the queue */
		if (waiter->amount > permits->free)
			return;
		hand_out(permits, waiter->amount, waiter->task); /* Rule 1. */
		zyn_waker_wake(zyn__waiter_settle(waiter, ZYN_WAITER_GRANTED));
	}
}

static inline void give_back(ZynPermits *permits, uint32_t amount)
{
	permits->free += amount;
	permits->is_alone = 0;
	permits->owner = 0;
	if (!zyn__list_empty(&permits->queue))
		serve(permits);
}

uint32_t zyn__permits_try(ZynPermits *permits, uint32_t amount, uint64_t task)
{
	zyn__biased_lock(&permits->object.lock);
	uint32_t outcome = ZYN_OUTCOME_DONE;
	if (permits->object.closed)
		outcome = ZYN_OUTCOME_CLOSED;
	else if (!take(permits, amount, task))
		outcome = ZYN_OUTCOME_FULL;
	zyn__biased_unlock(&permits->object.lock);
	return outcome;
}

/* A lock knows what was taken; to a semaphore anybody may add permits. */
static bool was_taken(const ZynPermits *permits, uint32_t amount)
{
	if (permits->exclusive == 0)
		return true;
	if (permits->is_alone)
		return amount == permits->exclusive;
	return amount != permits->exclusive && permits->free < permits->capacity;
}

uint32_t zyn__permits_release(ZynPermits *permits, uint32_t amount)
{
	zyn__biased_lock(&permits->object.lock);
	bool taken = was_taken(permits, amount);
	if (taken)
		give_back(permits, amount);
	zyn__biased_unlock(&permits->object.lock);
	return taken ? ZYN_OUTCOME_DONE : ZYN_OUTCOME_REFUSED;
}

void zyn__permits_close(ZynPermits *permits)
{
	zyn__biased_lock(&permits->object.lock);
	permits->object.closed = 1;
	zyn__waiters_refuse(&permits->queue);
	zyn__biased_unlock(&permits->object.lock);
}

/* --- waiting ---------------------------------------------------------------------------------- */

void zyn__permits_init(ZynContext *cx, ZynPermitsLeaf *leaf, ZynPermits *permits, uint32_t amount)
{
	if (!zyn__wait_start(leaf, cx, permits))
		return;
	leaf->waiter.amount = amount;
	zyn__biased_lock(&permits->object.lock);
	if (permits->object.closed)
		leaf->outcome = ZYN_OUTCOME_CLOSED;
	else if (!take(permits, amount, zyn__task_id_of(cx)))
		zyn__wait_begin(leaf, cx, &permits->object, &permits->queue);
	zyn__biased_unlock(&permits->object.lock);
}

/* Leaves the queue, or gives back what it was granted, and lets those behind it have a try. */
static void abandon(ZynPermitsLeaf *leaf)
{
	ZynPermits *permits = (ZynPermits *)leaf->object;
	zyn__biased_lock(&permits->object.lock);
	bool waited = leaf->waiter.state == ZYN_WAITER_WAITING;
	if (leaf->waiter.state == ZYN_WAITER_GRANTED)
		give_back(permits, leaf->waiter.amount);
	if (waited) {
		zyn__list_remove(&leaf->waiter.link);
		leaf->waiter.state = ZYN_WAITER_NONE;
		serve(permits); /* it may have been the one that wanted too much */
	}
	zyn__wait_end(leaf);
}

int64_t zyn__permits_poll(ZynPermitsLeaf *leaf, ZynContext *cx)
{
	if (leaf->object == NULL)
		return zyn__wait_settled(leaf, cx);
	if (zyn__attention(cx, ZYN_ATTENTION_CANCEL)) {
		abandon(leaf);
		return zyn__wait_cancelled(leaf, cx);
	}
	if (zyn__wait_unchanged(leaf, cx))
		return 0;
	zyn__biased_lock(&leaf->object->lock);
	if (leaf->waiter.state == ZYN_WAITER_WAITING) {
		leaf->waiter.waker = cx->waker;
		zyn__biased_unlock(&leaf->object->lock);
		return 0;
	}
	if (leaf->waiter.state == ZYN_WAITER_REFUSED)
		leaf->outcome = ZYN_OUTCOME_CLOSED;
	zyn__wait_end(leaf);
	return zyn__wait_settled(leaf, cx);
}

void zyn__permits_drop(ZynPermitsLeaf *leaf)
{
	if (leaf->object != NULL)
		abandon(leaf);
}
