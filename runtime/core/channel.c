/* Channels: making, closing, and what needs no waiting.  channel.h has the rules. */
#include "channel.h"

#include <string.h>

/* What a bounded channel keeps ready at most; one with more places adds rings like an unbounded
 * one, so that a large bound costs nothing until it is used. */
#define READY_BYTES_MAX ((size_t)64 * 1024)
#define RING_BYTES ((size_t)4096) /* of a ring that is added */
#define RING_SLOTS_MIN 8u

ZynChannel *zyn__channel_new(ZynRuntime *rt, uint64_t capacity, const ZynTypeInfo *element_info,
                             const ZynObjectOps *ops)
{
	ZynElement element = zyn__element_of(element_info);
	size_t stride = element.stride != 0 ? element.stride : 1;
	uint64_t ring_slots = RING_BYTES / stride;
	ring_slots = ring_slots > RING_SLOTS_MIN ? ring_slots : RING_SLOTS_MIN;
	uint64_t ready = capacity;
	if (capacity == 0 || capacity > READY_BYTES_MAX / stride)
		ready = capacity != 0 && capacity < ring_slots ? capacity : ring_slots;
	size_t bytes = sizeof(ZynChannel) + (size_t)ready * element.stride;
	ZynChannel *channel = zyn__object_new(rt, bytes, ops);
	if (channel == NULL)
		return NULL;
	channel->element = element;
	channel->capacity = capacity != 0 ? capacity : UINT64_MAX;
	channel->ring_slots = (uint32_t)ring_slots;
	zyn__list_init(&channel->receivers);
	zyn__list_init(&channel->senders);
	zyn__ring_init(&channel->first, (uint32_t)ready, true);
	channel->queue.oldest = &channel->first;
	channel->queue.newest = &channel->first;
	return channel;
}

void zyn__channel_free(ZynObject *object)
{
	ZynChannel *channel = (ZynChannel *)object;
	ZYN_ASSERT(zyn__list_empty(&channel->receivers));
	ZYN_ASSERT(zyn__list_empty(&channel->senders));
	ZYN_ASSERT(channel->senders_due == 0);
	zyn__queue_free(&channel->queue, &channel->element);
}

/* --- with the lock ---------------------------------------------------------------------------- */

ZynWaker zyn__channel_serve_receiver(ZynChannel *channel)
{
	ZynWaiter *waiter = zyn__waiter_first(&channel->receivers);
	if (waiter == NULL || !zyn__channel_has_value(channel))
		return (ZynWaker){0};
	channel->receivers_due++; /* Rule 1. */
	return zyn__waiter_settle(waiter, ZYN_WAITER_GRANTED);
}

static bool has_place(const ZynChannel *channel)
{
	return channel->queue.count + channel->senders_due < channel->capacity;
}

ZynWaker zyn__channel_serve_sender(ZynChannel *channel)
{
	ZynWaiter *waiter = zyn__waiter_first(&channel->senders);
	if (waiter == NULL || !has_place(channel))
		return (ZynWaker){0};
	channel->senders_due++; /* Rule 2. */
	return zyn__waiter_settle(waiter, ZYN_WAITER_GRANTED);
}

bool zyn__channel_grow(ZynChannel *channel)
{
	if (zyn__queue_has_room(&channel->queue))
		return true;
	zyn__biased_unlock(&channel->object.lock);
	size_t bytes = sizeof(ZynRing) + (size_t)channel->ring_slots * channel->element.stride;
	ZynRing *ring = zyn__object_block(channel->object.runtime, bytes);
	if (ring != NULL)
		zyn__ring_init(ring, channel->ring_slots, false);
	zyn__biased_lock(&channel->object.lock);
	bool has_room = zyn__queue_has_room(&channel->queue);
	if (ring == NULL || !has_room) {
		channel->queue.spare = has_room ? channel->queue.spare : ring;
		return has_room || ring != NULL;
	}
	zyn__biased_unlock(&channel->object.lock); /* somebody else was faster */
	zyn__block_release(ring);
	zyn__biased_lock(&channel->object.lock);
	return true;
}

ZynWaker zyn__channel_push(ZynChannel *channel, void *value)
{
	ZYN_ASSERT(channel->queue.count < channel->capacity);
	void *place = zyn__queue_push(&channel->queue, &channel->element);
	zyn__element_move(&channel->element, place, value);
	return zyn__channel_serve_receiver(channel); /* Rule 3. */
}

uint32_t zyn__channel_put(ZynChannel *channel, const void *value, ZynWaker *wake)
{
	for (;;) { /* ends: another pass means that somebody else's value went in */
		if (channel->object.closed)
			return ZYN_OUTCOME_CLOSED;
		if (!has_place(channel))
			return ZYN_OUTCOME_FULL;
		if (zyn__queue_has_room(&channel->queue))
			break;
		if (!zyn__channel_grow(channel))
			return ZYN_OUTCOME_OUT_OF_MEMORY;
	}
	void *place = zyn__queue_push(&channel->queue, &channel->element);
	zyn__element_copy(&channel->element, place, value);
	*wake = zyn__channel_serve_receiver(channel);
	if (channel->is_oneshot)
		zyn__channel_close_locked(channel);
	return ZYN_OUTCOME_DONE;
}

void zyn__channel_close_locked(ZynChannel *channel)
{
	channel->object.closed = 1;
	zyn__waiters_refuse(&channel->senders);
	zyn__channel_settle(channel);
}

void zyn__channel_settle(ZynChannel *channel)
{
	if (channel->object.closed && channel->receivers_due == 0)
		zyn__waiters_refuse(&channel->receivers); /* Rule 5. */
}

/* --- ends ------------------------------------------------------------------------------------- */

void zyn__channel_orphaned(ZynObject *object)
{
	zyn__channel_close_locked((ZynChannel *)object);
}

void zyn__channel_senders_gone(ZynObject *object)
{
	zyn_channel_close((ZynChannel *)object);
}

/* Nobody will receive: what is queued goes at once, for it may hold senders of this channel. */
void zyn__channel_receivers_gone(ZynObject *object)
{
	ZynChannel *channel = (ZynChannel *)object;
	zyn__biased_lock(&object->lock);
	zyn__channel_close_locked(channel);
	ZynValueQueue queue = {0};
	if (channel->receivers_due == 0) { /* else a leaf of a plain handle was promised one */
		queue = channel->queue;
		channel->queue = (ZynValueQueue){.oldest = &channel->first,
		                                 .newest = &channel->first};
	}
	zyn__biased_unlock(&object->lock);
	if (queue.oldest == NULL)
		return;
	/* The rings are ours: a closed channel takes no value, and one that is empty gives none. */
	zyn__queue_free(&queue, &channel->element);
	zyn__biased_lock(&object->lock);
	zyn__ring_init(&channel->first, channel->first.slots, true);
	zyn__biased_unlock(&object->lock);
}

void zyn__channel_describe(ZynObject *object, const ZynWaiter *waiter, ZynWaitInfo *out)
{
	ZynChannel *channel = (ZynChannel *)object;
	out->fill = channel->queue.count;
	out->capacity = channel->capacity != UINT64_MAX ? channel->capacity : 0;
	out->waiting = zyn__waiters_count(&channel->receivers, waiter, out);
	out->waiting_senders = zyn__waiters_count(&channel->senders, waiter, out);
}

/* --- public ----------------------------------------------------------------------------------- */

static const ZynObjectOps channel_ops = {
	.kind = ZYN_OBJECT_CHANNEL,
	.free = zyn__channel_free,
	.orphaned = zyn__channel_orphaned,
	.senders_gone = zyn__channel_senders_gone,
	.receivers_gone = zyn__channel_receivers_gone,
	.describe = zyn__channel_describe,
};

ZynChannel *zyn_channel_new(ZynRuntime *rt, uint64_t capacity, const ZynTypeInfo *element)
{
	return zyn__channel_new(rt, capacity, element, &channel_ops);
}

int32_t zyn_channel_try_send(ZynChannel *channel, const void *value)
{
	ZynWaker wake = {0};
	zyn__biased_lock(&channel->object.lock);
	if (zyn__channel_put_simple(channel, value)) {
		zyn__biased_unlock(&channel->object.lock);
		return ZYN_OUTCOME_DONE;
	}
	uint32_t outcome = zyn__channel_put(channel, value, &wake);
	zyn__biased_unlock(&channel->object.lock);
	zyn_waker_wake(wake);
	return (int32_t)outcome;
}

int32_t zyn_channel_try_recv(ZynChannel *channel, void *out)
{
	ZynWaker wake = {0};
	ZynRing *ring = NULL;
	zyn__biased_lock(&channel->object.lock);
	bool has_value = zyn__channel_has_value(channel);
	uint32_t outcome = channel->object.closed ? ZYN_OUTCOME_CLOSED : ZYN_OUTCOME_EMPTY;
	if (has_value)
		wake = zyn__channel_pop(channel, out, &ring);
	zyn__biased_unlock(&channel->object.lock);
	if (ring != NULL)
		zyn__block_release(ring);
	zyn_waker_wake(wake);
	return has_value ? ZYN_OUTCOME_DONE : (int32_t)outcome;
}

uint64_t zyn_channel_try_recv_many(ZynChannel *channel, void *out, uint64_t max)
{
	size_t size = channel->element.size;
	uint64_t taken = 0;
	ZynRing *emptied = NULL;
	zyn__biased_lock(&channel->object.lock);
	while (taken < max && zyn__channel_has_value(channel)) {
		ZynRing *ring = NULL;
		zyn_waker_wake(zyn__channel_pop(channel, (char *)out + taken * size, &ring));
		taken++;
		if (ring != NULL) {
			ring->next = emptied;
			emptied = ring;
		}
	}
	zyn__biased_unlock(&channel->object.lock);
	while (emptied != NULL) {
		ZynRing *next = emptied->next;
		zyn__block_release(emptied);
		emptied = next;
	}
	return taken;
}

void zyn_channel_close(ZynChannel *channel)
{
	zyn__biased_lock(&channel->object.lock);
	zyn__channel_close_locked(channel);
	zyn__biased_unlock(&channel->object.lock);
}

uint64_t zyn_channel_len(ZynChannel *channel)
{
	zyn__biased_lock(&channel->object.lock);
	uint64_t count = channel->queue.count - channel->receivers_due;
	zyn__biased_unlock(&channel->object.lock);
	return count;
}
