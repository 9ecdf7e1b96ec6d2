/* A queue of values: a chain of rings, the oldest first.
 *
 * A bounded channel has one ring for life; an unbounded one adds a ring when the newest is full and
 * keeps one that ran empty as a spare.  Nothing in here allocates or takes a lock: the caller
 * brings rings, and frees those it is handed, outside its own lock.
 */
#ifndef ZYN_VALUE_QUEUE_H
#define ZYN_VALUE_QUEUE_H

#include "object.h"

typedef struct ZynRing {
	struct ZynRing *next;
	uint32_t slots;
	uint32_t head; /* of the oldest value */
	uint32_t count;
	uint32_t is_embedded; /* lies inside its channel and is never freed alone */
	uint64_t unused;
	char bytes[];
} ZynRing;
static_assert(sizeof(ZynRing) % 16 == 0, "values in a ring are aligned to 16");

typedef struct ZynValueQueue {
	ZynRing *oldest;
	ZynRing *newest;
	ZynRing *spare;
	uint64_t count; /* in all rings */
} ZynValueQueue;

static inline void zyn__ring_init(ZynRing *ring, uint32_t slots, bool is_embedded)
{
	*ring = (ZynRing){.slots = slots, .is_embedded = is_embedded};
}

static inline bool zyn__queue_has_room(const ZynValueQueue *queue)
{
	return queue->newest->count < queue->newest->slots || queue->spare != NULL;
}

static inline void zyn__queue_add_ring(ZynValueQueue *queue, ZynRing *ring)
{
	queue->newest->next = ring;
	queue->newest = ring;
}

/* Where the next value goes; it counts from now on.  There must be room. */
static inline void *zyn__queue_push(ZynValueQueue *queue, const ZynElement *element)
{
	if (queue->newest->count == queue->newest->slots) {
		zyn__queue_add_ring(queue, queue->spare);
		queue->spare = NULL;
	}
	ZynRing *ring = queue->newest;
	uint32_t index = ring->head + ring->count;
	if (index >= ring->slots)
		index -= ring->slots;
	ring->count++;
	queue->count++;
	return ring->bytes + (size_t)index * element->stride;
}

/* Takes an empty ring that is not the newest out; gives one to free, or null. */
ZynRing *zyn__queue_retire(ZynValueQueue *queue);

/* Moves the oldest value to `out`; gives a ring to free, or null. */
static inline ZynRing *zyn__queue_pop(ZynValueQueue *queue, const ZynElement *element, void *out)
{
	ZynRing *ring = queue->oldest;
	zyn__element_move(element, out, ring->bytes + (size_t)ring->head * element->stride);
	if (++ring->head == ring->slots)
		ring->head = 0;
	ring->count--;
	queue->count--;
	return ring->count == 0 && ring->next != NULL ? zyn__queue_retire(queue) : NULL;
}

/* Releases all values and all rings that are not embedded; of an object that nobody sees. */
void zyn__queue_free(ZynValueQueue *queue, const ZynElement *element);

#endif
