/* Pushing to and popping from the list of segments; the rules are in injector.h. */
#include "injector.h"

#include "internal.h"

/* Taken under one lock at most; more goes round again, so that the section stays short. */
#define BATCH_MAX 64u

static ZynInjectorSegment *segment_new(void)
{
	if (zyn__allocator.permit != NULL && !zyn__allocator.permit(sizeof(ZynInjectorSegment)))
		return NULL;
	ZynInjectorSegment *segment = zyn__allocator.get(sizeof *segment);
	if (segment != NULL)
		segment->next = NULL;
	return segment;
}

static void segments_free(ZynInjectorSegment *segment)
{
	while (segment != NULL) {
		ZynInjectorSegment *next = segment->next;
		zyn__allocator.put(segment, sizeof *segment);
		segment = next;
	}
}

bool zyn__injector_init(ZynInjector *queue)
{
	*queue = (ZynInjector){.head = segment_new()};
	queue->tail = queue->head;
	return queue->head != NULL;
}

void zyn__injector_destroy(ZynInjector *queue)
{
	segments_free(queue->head);
	segments_free(queue->spare);
	*queue = (ZynInjector){.head = NULL};
}

static void count_add(ZynInjector *queue, uint64_t change)
{
	uint64_t count = ZA_LOAD(&queue->count, relaxed); /* Rule 2: the lock makes us alone. */
	ZA_STORE(&queue->count, count + change, ZYN_INJECTOR_COUNT_ORDER);
}

/* How many segments must be added before `count` more items fit; under the lock. */
static uint32_t segments_missing(const ZynInjector *queue, uint32_t count)
{
	uint32_t room = ZYN_INJECTOR_SEGMENT_ITEMS - queue->tail_index;
	if (count <= room)
		return 0;
	return (count - room + ZYN_INJECTOR_SEGMENT_ITEMS - 1) / ZYN_INJECTOR_SEGMENT_ITEMS;
}

/* Puts all items in, taking segments from `fresh` as they are needed; under the lock. */
static void put(ZynInjector *queue, void *const *items, uint32_t count, ZynInjectorSegment **fresh)
{
	for (uint32_t i = 0; i < count; i++) {
		if (queue->tail_index == ZYN_INJECTOR_SEGMENT_ITEMS) {
			ZynInjectorSegment *segment = *fresh;
			*fresh = segment->next;
			segment->next = NULL;
			queue->tail->next = segment;
			queue->tail = segment;
			queue->tail_index = 0;
		}
		queue->tail->items[queue->tail_index++] = items[i];
	}
	count_add(queue, count);
}

bool zyn__injector_push_many(ZynInjector *queue, void *const *items, uint32_t count)
{
	ZynInjectorSegment *fresh = NULL;
	uint32_t fresh_count = 0;
	/* ends: each round brings a segment, and others only use up as many as they bring */
	for (;;) {
		zyn__lock(&queue->lock);
		uint32_t missing = segments_missing(queue, count);
		if (fresh_count < missing && queue->spare != NULL) {
			queue->spare->next = fresh;
			fresh = queue->spare;
			queue->spare = NULL;
			fresh_count++;
		}
		if (fresh_count >= missing) {
			put(queue, items, count, &fresh);
			zyn__unlock(&queue->lock);
			segments_free(fresh); /* others made room while we allocated */
			return true;
		}
		zyn__unlock(&queue->lock);
		while (fresh_count < missing) {
			ZynInjectorSegment *segment = segment_new();
			if (segment == NULL) {
				segments_free(fresh);
				return false;
			}
			segment->next = fresh;
			fresh = segment;
			fresh_count++;
		}
	}
}

bool zyn__injector_push(ZynInjector *queue, void *item)
{
	return zyn__injector_push_many(queue, &item, 1);
}

/* Takes at most `max`, and a segment that became empty as `*emptied`; under the lock. */
static uint32_t take(ZynInjector *queue, void **items, uint32_t max, ZynInjectorSegment **emptied)
{
	uint32_t taken = 0;
	while (taken < max) {
		bool last = queue->head == queue->tail;
		uint32_t end = last ? queue->tail_index : ZYN_INJECTOR_SEGMENT_ITEMS;
		if (queue->head_index < end) {
			items[taken++] = queue->head->items[queue->head_index++];
			continue;
		}
		if (last) {
			queue->head_index = 0; /* empty: its one segment is used from the start */
			queue->tail_index = 0;
			break;
		}
		if (*emptied != NULL)
			break;
		*emptied = queue->head;
		queue->head = queue->head->next;
		queue->head_index = 0;
	}
	if (taken != 0)
		count_add(queue, 0 - (uint64_t)taken);
	if (*emptied != NULL) {
		(*emptied)->next = NULL;
		if (queue->spare == NULL) {
			queue->spare = *emptied;
			*emptied = NULL;
		}
	}
	return taken;
}

uint32_t zyn__injector_pop_many(ZynInjector *queue, void **items, uint32_t max)
{
	uint32_t taken = 0;
	/* ends: a round that takes nothing ends it, and `max` bounds those that do */
	while (taken < max && zyn__injector_count(queue) != 0) {
		uint32_t wanted = max - taken < BATCH_MAX ? max - taken : BATCH_MAX;
		ZynInjectorSegment *emptied = NULL;
		zyn__lock(&queue->lock);
		uint32_t more = take(queue, items + taken, wanted, &emptied);
		zyn__unlock(&queue->lock);
		segments_free(emptied);
		if (more == 0)
			break;
		taken += more;
	}
	return taken;
}

void *zyn__injector_pop(ZynInjector *queue)
{
	void *item;
	return zyn__injector_pop_many(queue, &item, 1) == 1 ? item : NULL;
}
