/* A notification, for one task or for all.
 *
 * Rule 1.  one that comes when nobody waits is kept for the next who does; a second one is not.
 * Rule 2.  one that was meant for a single task goes on to the next when that is cancelled.
 * Rule 3.  one for all reaches who waits now, and is not kept.
 */
#include "signals.h"

#define FOR_ONE 1u /* amount of a waiter: the notification was meant for it alone */

static void notify_free(ZynObject *object)
{
	ZYN_ASSERT(zyn__list_empty(&((ZynNotify *)object)->queue));
}

static void notify_describe(ZynObject *object, const ZynWaiter *waiter, ZynWaitInfo *out)
{
	ZynNotify *notify = (ZynNotify *)object;
	out->fill = notify->is_set;
	out->waiting = zyn__waiters_count(&notify->queue, waiter, out);
}

static const ZynObjectOps notify_ops = {
	.kind = ZYN_OBJECT_NOTIFY,
	.free = notify_free,
	.describe = notify_describe,
};

ZynNotify *zyn_notify_new(ZynRuntime *rt)
{
	ZynNotify *notify = zyn__object_new(rt, sizeof *notify, &notify_ops);
	if (notify != NULL)
		zyn__list_init(&notify->queue);
	return notify;
}

/* With the lock. */
static ZynWaker notify_one(ZynNotify *notify)
{
	ZynWaiter *waiter = zyn__waiter_first(&notify->queue);
	if (waiter == NULL) {
		notify->is_set = 1; /* Rule 1. */
		return (ZynWaker){0};
	}
	waiter->amount = FOR_ONE;
	return zyn__waiter_settle(waiter, ZYN_WAITER_GRANTED);
}

void zyn_notify_one(ZynNotify *notify)
{
	zyn__biased_lock(&notify->object.lock);
	ZynWaker wake = notify_one(notify);
	zyn__biased_unlock(&notify->object.lock);
	zyn_waker_wake(wake);
}

void zyn_notify_all(ZynNotify *notify)
{
	zyn__biased_lock(&notify->object.lock);
	zyn__signal_all(&notify->queue, 0); /* Rule 3. */
	zyn__biased_unlock(&notify->object.lock);
}

static void abandon(ZynSignalLeaf *leaf)
{
	if (leaf->waiter.state == ZYN_WAITER_GRANTED && leaf->waiter.amount == FOR_ONE)
		zyn_waker_wake(notify_one((ZynNotify *)leaf->object)); /* Rule 2. */
}

void zyn_notify_wait_init(ZynContext *cx, void *mem, ZynNotify *notify)
{
	ZynSignalLeaf *leaf = mem;
	if (!zyn__wait_start(leaf, cx, notify))
		return;
	zyn__biased_lock(&notify->object.lock);
	if (notify->is_set)
		notify->is_set = 0;
	else
		zyn__wait_begin(leaf, cx, &notify->object, &notify->queue);
	zyn__biased_unlock(&notify->object.lock);
}

int64_t zyn_notify_wait_poll(void *mem, ZynContext *cx)
{
	return zyn__signal_poll(mem, cx, abandon);
}

int32_t zyn_notify_wait_take(void *mem, void *out)
{
	(void)out;
	return (int32_t)((ZynSignalLeaf *)mem)->outcome;
}

void zyn_notify_wait_drop(void *mem)
{
	zyn__signal_drop(mem, abandon);
}
