/* A channel: values in a queue, whoever waits to put one in, whoever waits to take one out.
 *
 * A value never leaves the queue for a receiver that might be cancelled.  A receiver that is woken
 * is promised some value (`receivers_due`), one that is there by then; when it is polled it takes
 * the oldest.  Senders are promised a place in the same way.
 *
 * Rule 1.  receivers_due <= count: a promise is kept.  Newcomers see what is not promised.
 * Rule 2.  count + senders_due <= capacity.
 * Rule 3.  receivers wait only while every value is promised, senders only while every place is.
 * Rule 4.  a cancelled send did not send; a cancelled receive did not take.
 * Rule 5.  a closed channel refuses senders, also those that were promised a place; receivers get
 *          what is queued, and are refused after that: when no promise is left, because whoever was
 *          promised a value may give it up, and then the next receiver gets it.
 */
#ifndef ZYN_CHANNEL_H
#define ZYN_CHANNEL_H

#include "value_queue.h"
#include "waiters.h"

struct ZynChannel {
	ZynObject object;
	/* all guarded by object.lock, but what never changes */
	ZynValueQueue queue;
	uint64_t capacity; /* UINT64_MAX: no limit; never changes */
	uint64_t receivers_due;
	uint64_t senders_due;
	ZynElement element; /* never changes */
	ZynList receivers;
	ZynList senders;
	uint32_t is_oneshot; /* closes behind its first value; never changes */
	uint32_t ring_slots; /* of the next ring; never changes */
	_Alignas(16) ZynRing first;
};

typedef struct ZynSendLeaf {
	ZynSyncLeaf base;
	union {
		char value[ZYN_VALUE_INLINE_BYTES];
		void *block; /* of a value that is not small; owned while it waits */
	};
} ZynSendLeaf;

typedef struct ZynRecvLeaf {
	ZynSyncLeaf base;
	ZynValue value; /* a large one stays in the queue, promised, until it is taken */
} ZynRecvLeaf;

typedef struct ZynRecvForLeaf {
	ZynRecvLeaf recv;
	ZynDelay delay;
} ZynRecvForLeaf;

ZynChannel *zyn__channel_new(ZynRuntime *rt, uint64_t capacity, const ZynTypeInfo *element,
                             const ZynObjectOps *ops);
void zyn__channel_free(ZynObject *object);
void zyn__channel_senders_gone(ZynObject *object);
void zyn__channel_receivers_gone(ZynObject *object);
void zyn__channel_orphaned(ZynObject *object);
void zyn__channel_describe(ZynObject *object, const ZynWaiter *waiter, ZynWaitInfo *out);

/* All of these with the lock.  Those that give a waker may have granted something to it. */
/* Puts a copy in, if there is a place for a newcomer: DONE, FULL, CLOSED or OUT_OF_MEMORY.  May
 * leave the lock for a moment. */
uint32_t zyn__channel_put(ZynChannel *channel, const void *value, ZynWaker *wake);
/* Room in memory for one value more; may leave the lock for a moment.  false: memory is out. */
bool zyn__channel_grow(ZynChannel *channel);
/* Moves a value in, for which there is a place and memory. */
ZynWaker zyn__channel_push(ZynChannel *channel, void *value);
/* Promises what is free to who waits longest. */
ZynWaker zyn__channel_serve_receiver(ZynChannel *channel);
ZynWaker zyn__channel_serve_sender(ZynChannel *channel);
/* Moves the oldest value out, of which there must be one; *ring is to be freed, if not null. */
static inline ZynWaker zyn__channel_pop(ZynChannel *channel, void *out, ZynRing **ring)
{
	ZYN_ASSERT(channel->queue.count > 0);
	*ring = zyn__queue_pop(&channel->queue, &channel->element, out);
	if (zyn__list_empty(&channel->senders))
		return (ZynWaker){0};
	return zyn__channel_serve_sender(channel); /* Rule 3. */
}

void zyn__channel_close_locked(ZynChannel *channel);
/* A promise to a receiver was kept or given up: on a closed channel it may have been the last. */
void zyn__channel_settle(ZynChannel *channel);

/* The same when it is simple: there is a place, there is memory, and nobody waits to receive. */
static inline bool zyn__channel_put_simple(ZynChannel *channel, const void *value)
{
	if (channel->object.closed || channel->is_oneshot ||
	    channel->queue.count + channel->senders_due >= channel->capacity ||
	    channel->queue.newest->count == channel->queue.newest->slots ||
	    !zyn__list_empty(&channel->receivers))
		return false;
	void *place = zyn__queue_push(&channel->queue, &channel->element);
	zyn__element_copy(&channel->element, place, value);
	return true;
}

static inline bool zyn__channel_has_value(const ZynChannel *channel)
{
	return channel->queue.count > channel->receivers_due;
}

#endif
