/* A broadcast: every receiver gets every value sent since it was made.  follow.h has the rules of
 * receivers.
 *
 * Rule 1.  sending never waits.  The last `capacity` values are kept; a receiver that is further
 *          behind is told once how many it missed, and goes on with the oldest that is left.
 * Rule 2.  a value that nobody could receive is not kept.
 */
#include "follow.h"

struct ZynBroadcast {
	ZynFeed feed;
	uint64_t capacity; /* never changes */
	uint64_t oldest;   /* guarded: the number of the oldest value kept */
	_Alignas(16) char slots[];
};

static void *slot(ZynBroadcast *broadcast, uint64_t number)
{
	return broadcast->slots + number % broadcast->capacity * broadcast->feed.element.stride;
}

static void broadcast_free(ZynObject *object)
{
	ZynBroadcast *broadcast = (ZynBroadcast *)object;
	ZYN_ASSERT(zyn__list_empty(&broadcast->feed.queue));
	ZYN_ASSERT(broadcast->feed.followers == 0);
	/* bounded by the capacity */
	for (uint64_t n = broadcast->oldest; n < broadcast->feed.next; n++)
		zyn__element_release(&broadcast->feed.element, slot(broadcast, n));
}

static void broadcast_describe(ZynObject *object, const ZynWaiter *waiter, ZynWaitInfo *out)
{
	ZynBroadcast *broadcast = (ZynBroadcast *)object;
	out->fill = broadcast->feed.next - broadcast->oldest;
	out->capacity = broadcast->capacity;
	out->receivers = (uint32_t)broadcast->feed.followers;
	out->waiting = zyn__waiters_count(&broadcast->feed.queue, waiter, out);
}

static const ZynObjectOps broadcast_ops = {
	.kind = ZYN_OBJECT_BROADCAST,
	.free = broadcast_free,
	.senders_gone = zyn__feed_senders_gone,
	.receivers_gone = zyn__feed_receivers_gone,
	.describe = broadcast_describe,
};

static uint32_t read_next(ZynFeed *feed, ZynFollower *follower, void *out)
{
	ZynBroadcast *broadcast = (ZynBroadcast *)feed;
	if (follower->next == feed->next)
		return feed->object.closed ? ZYN_OUTCOME_CLOSED : ZYN_OUTCOME_PENDING;
	if (follower->next < broadcast->oldest) { /* Rule 1. */
		follower->missed = broadcast->oldest - follower->next;
		follower->next = broadcast->oldest;
		return ZYN_OUTCOME_LAGGED;
	}
	zyn__element_copy(&feed->element, out, slot(broadcast, follower->next++));
	return ZYN_OUTCOME_DONE;
}

ZynBroadcast *zyn_broadcast_new(ZynRuntime *rt, uint64_t capacity, const ZynTypeInfo *info)
{
	ZynElement element = zyn__element_of(info);
	uint64_t slots = capacity != 0 ? capacity : 1;
	if (element.stride != 0 && slots > SIZE_MAX / 4 / element.stride)
		return NULL;
	ZynBroadcast *broadcast = zyn__object_new(
		rt, sizeof *broadcast + (size_t)slots * element.stride, &broadcast_ops);
	if (broadcast == NULL)
		return NULL;
	zyn__feed_init(&broadcast->feed, element, read_next);
	broadcast->capacity = slots;
	broadcast->oldest = 1;
	return broadcast;
}

int32_t zyn_broadcast_send(ZynBroadcast *broadcast, const void *value)
{
	ZynFeed *feed = &broadcast->feed;
	ZynValue old = {0}; /* released without the lock */
	void *place = zyn__value_room(&old, feed->object.runtime, &feed->element);
	if (place == NULL)
		return ZYN_OUTCOME_OUT_OF_MEMORY;
	zyn__biased_lock(&feed->object.lock);
	bool useless = feed->object.closed || feed->followers == 0; /* Rule 2. */
	bool is_full = feed->next - broadcast->oldest == broadcast->capacity;
	if (!useless) {
		void *target = slot(broadcast, feed->next);
		if (is_full) {
			zyn__element_move(&feed->element, place, target);
			broadcast->oldest++;
		}
		zyn__element_copy(&feed->element, target, value);
		feed->next++;
		zyn__feed_publish(feed);
	}
	zyn__biased_unlock(&feed->object.lock);
	if (useless || !is_full)
		zyn__value_unroom(&old);
	zyn__value_release(&old);
	return useless ? ZYN_OUTCOME_CLOSED : ZYN_OUTCOME_DONE;
}

void zyn_broadcast_close(ZynBroadcast *broadcast)
{
	zyn__feed_close(&broadcast->feed);
}

ZynBroadcastReceiver *zyn_broadcast_subscribe(ZynBroadcast *broadcast)
{
	return (ZynBroadcastReceiver *)zyn__follower_new(&broadcast->feed,
	                                                 ZYN_OBJECT_BROADCAST_RECEIVER);
}

int32_t zyn_broadcast_try_recv(ZynBroadcastReceiver *receiver, void *out)
{
	return zyn__follow_try((ZynFollower *)receiver, out);
}

uint64_t zyn_broadcast_missed(ZynBroadcastReceiver *receiver)
{
	ZynFollower *follower = (ZynFollower *)receiver;
	zyn__biased_lock(&follower->feed->object.lock);
	uint64_t missed = follower->missed;
	zyn__biased_unlock(&follower->feed->object.lock);
	return missed;
}

void zyn_broadcast_recv_init(ZynContext *cx, void *mem, ZynBroadcastReceiver *receiver)
{
	zyn__follow_init(cx, mem, (ZynFollower *)receiver);
}

int64_t zyn_broadcast_recv_poll(void *mem, ZynContext *cx)
{
	return zyn__follow_poll(mem, cx);
}

int32_t zyn_broadcast_recv_take(void *mem, void *out)
{
	return zyn__follow_take(mem, out);
}

void zyn_broadcast_recv_drop(void *mem)
{
	zyn__follow_drop(mem);
}
