/* The queue into which anybody puts and from which anybody takes: what is spawned or woken outside
 * the workers, and what a worker has too much of.
 *
 * A list of segments under a short lock.  It grows by a segment at a time instead of by doubling a
 * ring, so that nobody ever copies under the lock, and memory is asked for outside of it.  FIFO.
 *
 * Rule 1.  head, tail, the segments and spare are touched under the lock only.
 * Rule 2.  `count` is written under the lock and read by anybody.  Writes and reads are
 *          sequentially consistent, so that "I put something in, does anybody sleep?" and "I
 *          say that I sleep, is there something in?" cannot both get no for an answer, if the
 *          sleeper says so with a sequentially consistent operation too.
 *
 * Not here: waking anybody, priorities, a limit (memory is the limit; push says so).
 */
#ifndef ZYN_INJECTOR_H
#define ZYN_INJECTOR_H

#include "atomics.h"
#include "lock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef ZYN_INJECTOR_SEGMENT_ITEMS
#define ZYN_INJECTOR_SEGMENT_ITEMS 126u /* with the link and the end: 1 KiB */
#endif

/* An order that the model tests replace by a wrong one to see that it is found. */
#ifndef ZYN_INJECTOR_COUNT_ORDER
#define ZYN_INJECTOR_COUNT_ORDER seq_cst
#endif

typedef struct ZynInjectorSegment {
	struct ZynInjectorSegment *next;
	void *items[ZYN_INJECTOR_SEGMENT_ITEMS];
} ZynInjectorSegment;

typedef struct ZynInjector {
	ZynLock lock;
	uint32_t head_index;      /* of the oldest item in head */
	uint32_t tail_index;      /* of the first free place in tail */
	ZynInjectorSegment *head; /* never null while in use; tail when there is one segment */
	ZynInjectorSegment *tail;
	ZynInjectorSegment *spare; /* kept from being freed, or null */
	_Atomic uint64_t count;
} ZynInjector;

/* false: memory is out, and there is nothing to destroy. */
bool zyn__injector_init(ZynInjector *queue);
/* Items left in it are forgotten. */
void zyn__injector_destroy(ZynInjector *queue);
/* Any thread.  false: memory is out, and the item is not in the queue. */
bool zyn__injector_push(ZynInjector *queue, void *item);
/* Any thread: all, in order and without another's between them, or none (false: memory is out). */
bool zyn__injector_push_many(ZynInjector *queue, void *const *items, uint32_t count);
/* Any thread: the oldest, or null. */
void *zyn__injector_pop(ZynInjector *queue);
/* Any thread: the oldest, at most `max`, in order; gives how many. */
uint32_t zyn__injector_pop_many(ZynInjector *queue, void **items, uint32_t max);

/* Any thread: how many there were a moment ago; no lock. */
static inline uint64_t zyn__injector_count(const ZynInjector *queue)
{
	return ZA_LOAD(&queue->count, seq_cst);
}

#endif
