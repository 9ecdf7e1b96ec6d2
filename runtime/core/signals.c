/* What notify, barrier and once have in common. */
#include "signals.h"

static void leave(ZynSignalLeaf *leaf, void (*abandon)(ZynSignalLeaf *))
{
	zyn__biased_lock(&leaf->object->lock);
	if (abandon != NULL)
		abandon(leaf);
	zyn__wait_end(leaf);
}

int64_t zyn__signal_poll(ZynSignalLeaf *leaf, ZynContext *cx, void (*abandon)(ZynSignalLeaf *))
{
	if (leaf->object == NULL)
		return zyn__wait_settled(leaf, cx);
	if (zyn__attention(cx, ZYN_ATTENTION_CANCEL)) {
		leave(leaf, abandon);
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
	zyn__wait_end(leaf);
	return zyn__wait_settled(leaf, cx);
}

void zyn__signal_drop(ZynSignalLeaf *leaf, void (*abandon)(ZynSignalLeaf *))
{
	if (leaf->object != NULL)
		leave(leaf, abandon);
}

int32_t zyn__signal_take(ZynSignalLeaf *leaf, void *out)
{
	ZYN_ASSERT(leaf->state == ZYN_STATE_RETURNED);
	if (out != NULL)
		*(uint8_t *)out = leaf->waiter.amount != 0;
	return (int32_t)leaf->outcome;
}

void zyn__signal_all(ZynList *queue, uint32_t amount)
{
	ZynWaiter *waiter;
	while ((waiter = zyn__waiter_first(queue)) != NULL) { /* bounded by the queue */
		waiter->amount = amount;
		zyn_waker_wake(zyn__waiter_settle(waiter, ZYN_WAITER_GRANTED));
	}
}
