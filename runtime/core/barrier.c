/* A barrier: as many as it has parties go on together, again and again.
 *
 * Rule 1.  the last to arrive lets its group go and is its leader; it does not wait.
 * Rule 2.  who is cancelled while it waits has not arrived; once its group was let go, it has.
 */
#include "signals.h"

static void barrier_free(ZynObject *object)
{
	ZYN_ASSERT(zyn__list_empty(&((ZynBarrier *)object)->queue));
}

static void barrier_describe(ZynObject *object, const ZynWaiter *waiter, ZynWaitInfo *out)
{
	ZynBarrier *barrier = (ZynBarrier *)object;
	out->fill = barrier->arrived;
	out->capacity = barrier->parties;
	out->waiting = zyn__waiters_count(&barrier->queue, waiter, out);
}

static const ZynObjectOps barrier_ops = {
	.kind = ZYN_OBJECT_BARRIER,
	.free = barrier_free,
	.describe = barrier_describe,
};

ZynBarrier *zyn_barrier_new(ZynRuntime *rt, uint64_t parties)
{
	ZynBarrier *barrier = zyn__object_new(rt, sizeof *barrier, &barrier_ops);
	if (barrier == NULL)
		return NULL;
	barrier->parties = parties != 0 ? parties : 1;
	zyn__list_init(&barrier->queue);
	return barrier;
}

static void abandon(ZynSignalLeaf *leaf)
{
	if (leaf->waiter.state == ZYN_WAITER_WAITING)
		((ZynBarrier *)leaf->object)->arrived--; /* Rule 2. */
}

void zyn_barrier_wait_init(ZynContext *cx, void *mem, ZynBarrier *barrier)
{
	ZynSignalLeaf *leaf = mem;
	if (!zyn__wait_start(leaf, cx, barrier))
		return;
	leaf->waiter.amount = 0;
	zyn__biased_lock(&barrier->object.lock);
	if (++barrier->arrived < barrier->parties) {
		zyn__wait_begin(leaf, cx, &barrier->object, &barrier->queue);
	} else { /* Rule 1. */
		barrier->arrived = 0;
		leaf->waiter.amount = 1;
		zyn__signal_all(&barrier->queue, 0);
	}
	zyn__biased_unlock(&barrier->object.lock);
}

int64_t zyn_barrier_wait_poll(void *mem, ZynContext *cx)
{
	return zyn__signal_poll(mem, cx, abandon);
}

int32_t zyn_barrier_wait_take(void *mem, void *out)
{
	return zyn__signal_take(mem, out);
}

void zyn_barrier_wait_drop(void *mem)
{
	zyn__signal_drop(mem, abandon);
}
