/* The slow half of value_queue.h. */
#include "value_queue.h"

ZynRing *zyn__queue_retire(ZynValueQueue *queue)
{
	ZynRing *ring = queue->oldest;
	ZYN_ASSERT(ring->count == 0);
	ZYN_ASSERT(ring != queue->newest);
	queue->oldest = ring->next;
	ring->next = NULL;
	ring->head = 0;
	ZynRing *spare = queue->spare;
	if (spare == NULL) {
		queue->spare = ring;
		return NULL;
	}
	if (!ring->is_embedded)
		return ring;
	queue->spare = ring; /* this one cannot be freed; the other can */
	return spare;
}

void zyn__queue_free(ZynValueQueue *queue, const ZynElement *element)
{
	for (ZynRing *ring = queue->oldest; ring != NULL;) { /* bounded by what is queued */
		for (uint32_t i = 0; i < ring->count && element->release != NULL; i++) {
			uint64_t index = ((uint64_t)ring->head + i) % ring->slots;
			element->release(ring->bytes + index * element->stride);
		}
		ZynRing *next = ring->next;
		if (!ring->is_embedded)
			zyn__block_release(ring);
		ring = next;
	}
	if (queue->spare != NULL && !queue->spare->is_embedded)
		zyn__block_release(queue->spare);
}
