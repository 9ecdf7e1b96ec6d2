/* The reactor of a runtime: who waits for which descriptor, and the poller below (per OS).
 *
 * Made by the first IO operation.  A descriptor is registered once, edge-triggered, for as long as
 * it is open; readiness is remembered in its ZynSource until a call says that nothing is left.
 *
 * Owner of a source:  whoever has its lock.
 * Owner of the poll:  one thread at a time waits (`polling`); others register meanwhile.
 *
 * Rule 1.  a source is guarded by its lock; a slot by its own.  Order: slot, then source; nothing
 *          else is locked while one of them is held.  Wakers are called under both.
 * Rule 2.  an event names a slot and its generation.  A slot lives as long as the reactor, and
 *          its generation changes when its source leaves, so an event that was under way finds
 *          nothing.
 * Rule 3.  `tick` counts deliveries.  Who finds a descriptor exhausted clears the readiness only
 *          if no delivery came since it looked: the edge may have been for what came after.
 * Rule 4.  a descriptor is closed by the last thread that uses it (`users`), so that its number
 *          cannot become another one's during a call.
 * Rule 5.  waiters stay in line until their leaf ends; a delivery wakes all of them, and each
 *          bears a wake for nothing.  So a waiter that is held by a debugger keeps nobody back.
 * Rule 6.  the reactor is freed by the last of the runtime and its sources (`refs`); closing it
 *          takes every source out.
 */
#ifndef ZYN_REACTOR_H
#define ZYN_REACTOR_H

#include "internal.h"
#include "lock.h"
#include "system.h"

#define ZYN_READY_READ 1u
#define ZYN_READY_WRITE 2u
#define ZYN_READY_READ_END 4u /* the peer sends no more; what it sent may still be there */
#define ZYN_READY_HANGUP 8u   /* neither direction works any more */
#define ZYN_READY_ERROR 16u   /* the next call says which */
#define ZYN_READY_URGENT 32u  /* a read may stop at a mark although more is there */
#define ZYN_READY_FOR_READ \
	(ZYN_READY_READ | ZYN_READY_READ_END | ZYN_READY_HANGUP | ZYN_READY_ERROR)
#define ZYN_READY_FOR_WRITE (ZYN_READY_WRITE | ZYN_READY_HANGUP | ZYN_READY_ERROR)

#define ZYN_EVENTS_MAX 256      /* taken from the poller at a time */
#define ZYN_SLOTS_FIRST 64u     /* in the first chunk; each further one is twice as long */
#define ZYN_SLOT_CHUNKS_MAX 15u /* 2,097,088 descriptors in one runtime */

typedef struct ZynReactor ZynReactor;
typedef struct ZynPool ZynPool;

enum ZynDirection {
	ZYN_READER,
	ZYN_WRITER,
	ZYN_WATCHER, /* of both; takes nothing itself */
	ZYN_DIRECTIONS,
};

/* One leaf in line; lies in its frame. */
typedef struct ZynIoWait {
	ZynList link;
	ZynWaker waker;
} ZynIoWait;

typedef struct ZynSource {
	ZynLock lock;
	int fd;                          /* -1 once closed */
	uint32_t ready;                  /* ZYN_READY_* */
	uint32_t tick;                   /* Rule 3. */
	uint32_t users;                  /* calls under way, and jobs of the pool */
	uint32_t slot;                   /* of the reactor below */
	uint32_t closed;                 /* no call begins any more */
	uint32_t ordered;                /* a writer waits for those before it in line */
	ZynReactor *reactor;             /* null when not registered */
	ZynList waiters[ZYN_DIRECTIONS]; /* by ZynDirection: ZynIoWait.link */
} ZynSource;

typedef struct ZynSlot {
	ZynLock lock;
	uint32_t generation;
	ZynSource *source; /* null while free */
	uint32_t index;
	uint32_t free_next; /* index + 1 of the next free slot; 0: none */
} ZynSlot;

struct ZynReactor {
	ZynRuntime *runtime;
	_Atomic uint64_t refs; /* Rule 6. */
	int poll_fd;
	int kick_fd; /* of a team; -1: the wake descriptor of the runtime is in the poller */
	_Atomic uint32_t polling;
	_Atomic uint32_t deputy;           /* a worker is; rule 4 of reactor_sleep.c */
	_Atomic uint64_t deputy_missed_ns; /* since when nobody is, monotonic; 0: not known */
	ZynLock lock; /* guards the slots as a set: the next two, and growing */
	uint32_t free_first;
	uint32_t slot_count;
	_Atomic(ZynSlot *) chunks[ZYN_SLOT_CHUNKS_MAX];
	_Atomic(ZynPool *) pool;   /* null until the first blocking operation */
	struct ZynOrphan *orphans; /* child processes whose handles are gone; guarded by lock */

	/* Any thread reads. */
	_Atomic uint64_t waits;
	_Atomic uint64_t deliveries;
	_Atomic uint64_t sources;

	/* of the thread that polls */
	int event_count; /* collected and not delivered */
	ZynPollEvent events[ZYN_EVENTS_MAX];
};

/* Makes the reactor if there is none; null with errno set.  Any thread. */
ZynReactor *zyn__reactor_of(ZynRuntime *rt);
/* Another user of the reactor, while one is known to be there; and one less. */
void zyn__reactor_retain(ZynReactor *reactor);
void zyn__reactor_release(ZynReactor *reactor);
/* Cancels queued jobs, waits for running ones, closes every source.  No thread turns `rt`. */
void zyn__reactor_close(ZynRuntime *rt);

/* Waits for readiness or for a kick of the runtime, at most `timeout_ns` (-1: no limit), then wakes
 * whoever waits for what is ready.  Gives the number of sources, or -1 when another thread is
 * waiting already or there is no reactor. */
int zyn__reactor_wait(ZynRuntime *rt, int64_t timeout_ns);
int zyn__reactor_poll(ZynRuntime *rt); /* the same without waiting */
/* The two halves of a wait.  Who gets 0 or more from collect must deliver next. */
int zyn__reactor_collect(ZynRuntime *rt, int64_t timeout_ns);
int zyn__reactor_deliver(ZynRuntime *rt);

/* Child processes without a handle (process.c): one more, and the end of all. */
void zyn__orphan_add(ZynReactor *reactor, pid_t pid);
void zyn__orphans_reap(ZynReactor *reactor, bool last);

void zyn__source_init(ZynSource *source, int fd);
/* 0 or an errno.  `interest`: ZYN_READY_READ, ZYN_READY_WRITE or both; errors and hang-ups come
 * always.  `ready` is what the source counts as until the poller knows better: mostly the same,
 * because trying costs less than asking. */
int zyn__reactor_register(ZynRuntime *rt, ZynSource *source, uint32_t interest, uint32_t ready);
/* Forgets the readiness and has what is ready now reported again; 0 or an errno. */
int zyn__reactor_modify(ZynSource *source, uint32_t interest);
/* Takes the source out; events under way miss it.  `open`: the descriptor stays open. */
void zyn__reactor_deregister(ZynSource *source, bool open);

/* No call begins any more, everybody is woken, the descriptor is closed now or by its last user. */
void zyn__source_close(ZynSource *source);
/* One of `users` is done (rule 4). */
void zyn__source_leave(ZynSource *source);
/* The same in two steps: with the lock, gives the descriptor if it is this thread's to close;
 * without it, closes what the first step gave. */
int zyn__source_left(ZynSource *source);
void zyn__source_finish(ZynSource *source, int fd);

#endif
