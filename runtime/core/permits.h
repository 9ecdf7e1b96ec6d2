/* Permits: what a semaphore, a mutex and a lock for readers and writers are made of.
 *
 * A mutex has one permit.  A lock for readers and writers has very many: a reader takes one, a
 * writer takes all.  Whoever cannot have what it wants queues, and nobody overtakes the queue, so
 * a writer waits for those before it and for nobody else.
 *
 * Rule 1.  free is what nobody has.  A waiter is granted all it wants at once, and owns it from
 *          then on; a cancelled one gives it back.
 * Rule 2.  only the first of the queue is ever granted anything; if it wants more than is free,
 *          the ones behind it wait too.
 * Rule 3.  owner is the task that has the lock alone; 0 when several share it, nobody has it, or
 *          the host does.
 */
#ifndef ZYN_PERMITS_H
#define ZYN_PERMITS_H

#include "waiters.h"

typedef struct ZynPermits {
	ZynObject object;
	uint64_t free;     /* guarded, like what follows */
	uint64_t capacity; /* of a lock: all there are; of a semaphore: what it began with */
	uint64_t owner;
	uint32_t exclusive; /* who takes so many has the lock alone; 0: a semaphore */
	uint32_t is_alone;  /* somebody has */
	ZynList queue;
} ZynPermits;

typedef ZynSyncLeaf ZynPermitsLeaf;

void *zyn__permits_new(ZynRuntime *rt, uint64_t count, uint32_t exclusive, const ZynObjectOps *ops);
void zyn__permits_free(ZynObject *object);
void zyn__permits_describe(ZynObject *object, const ZynWaiter *waiter, ZynWaitInfo *out);
void zyn__permits_close(ZynPermits *permits);

/* DONE, FULL or CLOSED; `task` will be the owner. */
uint32_t zyn__permits_try(ZynPermits *permits, uint32_t amount, uint64_t task);
/* Gives back and serves the queue: DONE, or REFUSED when that many were not taken. */
uint32_t zyn__permits_release(ZynPermits *permits, uint32_t amount);

void zyn__permits_init(ZynContext *cx, ZynPermitsLeaf *leaf, ZynPermits *permits, uint32_t amount);
int64_t zyn__permits_poll(ZynPermitsLeaf *leaf, ZynContext *cx);
void zyn__permits_drop(ZynPermitsLeaf *leaf);

#endif
