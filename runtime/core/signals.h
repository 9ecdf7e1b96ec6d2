/* Signals without a value: notify, barrier, once. */
#ifndef ZYN_SIGNALS_H
#define ZYN_SIGNALS_H

#include "waiters.h"

struct ZynNotify {
	ZynObject object;
	uint32_t is_set; /* guarded: a notification that nobody has had */
	uint32_t unused;
	ZynList queue;
};

struct ZynBarrier {
	ZynObject object;
	uint64_t parties; /* never changes */
	uint64_t arrived; /* guarded: of the group that gathers now */
	ZynList queue;
};

struct ZynOnce {
	ZynObject object;
	uint32_t is_done;    /* guarded, like what follows */
	uint32_t is_running; /* somebody does it now */
	uint64_t owner;      /* the task that does; 0: nobody, or the host */
	ZynList queue;
};

/* A leaf that waits for one of them, and what it is told: `amount` of its waiter. */
typedef ZynSyncLeaf ZynSignalLeaf;

/* The common poll.  `abandon` is called with the lock when a leaf gives up, and says what becomes
 * of what it was granted. */
int64_t zyn__signal_poll(ZynSignalLeaf *leaf, ZynContext *cx, void (*abandon)(ZynSignalLeaf *));
void zyn__signal_drop(ZynSignalLeaf *leaf, void (*abandon)(ZynSignalLeaf *));
/* The outcome, and whether the leaf was singled out, a byte, at `out` if that is not null. */
int32_t zyn__signal_take(ZynSignalLeaf *leaf, void *out);
/* Grants everybody the same, with the lock. */
void zyn__signal_all(ZynList *queue, uint32_t amount);

#endif
