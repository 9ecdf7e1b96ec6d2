/* The part of internal.h, which includes it, that is about one task: its header, what is noted
 * beside it, and who waits for its end.
 */
#ifndef ZYN_TASK_H
#define ZYN_TASK_H

enum ZynSched {
	ZYN_SCHED_IDLE,    /* made, never scheduled */
	ZYN_SCHED_QUEUED,  /* linked in the ready queue or in the running round */
	ZYN_SCHED_RUNNING, /* inside its poll function; also while stopped there */
	ZYN_SCHED_PARKED,  /* waits for a wake, or is kept back by a debugger */
	ZYN_SCHED_FOREIGN, /* a foreign machine that waits for the next round */
	ZYN_SCHED_ENDED,
	ZYN_SCHED_FREE,   /* the block is on a free list of the slab */
	ZYN_SCHED_MOVING, /* runnable, on its way to another worker */
};

/* What another thread asks of a task (bits of ZynTask.inbox). */
#define ZYN_INBOX_WAKE 1u
#define ZYN_INBOX_CANCEL 2u
#define ZYN_INBOX_RELEASED 4u   /* its last reference was dropped */
#define ZYN_INBOX_SCHEDULE 8u   /* it shall run, if it never was in a queue */
#define ZYN_INBOX_INTERRUPT 16u /* with CANCEL: because the host interrupted the run */

/* Why a task is cancelled (ZynTask.interrupted), when nobody asked for that one. */
#define ZYN_CANCELLED_BY_INTERRUPT 1u
#define ZYN_CANCELLED_BY_FUEL 2u

/* In ZynTask.worker: whoever takes this bit away owns the task (team.c). */
#define ZYN_FREE_TO_OWN 0x80u

/* Why a debugger keeps a task back (bits of ZynTask.kept). */
#define ZYN_KEPT_HELD 1u
#define ZYN_KEPT_STOPPED 2u /* stopped where it waits, not inside a poll */

typedef struct ZynTaskNote ZynTaskNote;

/* In front of every frame header, used once the promise is a task.  The first group keeps its
 * meaning while the block is free, because a stale waker may still look at it (waker.c). */
struct ZynTask {
	_Atomic uint32_t generation; /* any thread; odd while free */
	_Atomic uint8_t inbox;       /* any thread */
	_Atomic uint8_t worker; /* who owns it, by its place in the team, and ZYN_FREE_TO_OWN */
	uint8_t sched;          /* ZynSched */
	ZynLock lock;           /* in a team: guards joiners, and status against them */
	_Atomic(ZynTask *) inbox_next; /* owned by whoever turned inbox from 0 to not 0 */

	ZynList queue; /* ready queue, round, foreign list, free list, or on its way elsewhere */
	union {
		ZynList joiners; /* of a task: ZynJoiner.link of whoever waits for the end; see lock
		                  */
		struct {
			struct ZynAwait *owner; /* of a plain frame: the await leaf that polls it */
			ZynSeat *seat;          /* of a plain frame: while it is polled in place */
		};
		struct {
			ZynError *error; /* of what ended: owned, or null; written before status */
			void *unused;
		};
	};
	_Atomic uint64_t id;    /* any thread reads; 0 when it is no task */
	_Atomic uint32_t polls; /* any thread reads */
	/* ZynStatus; any thread reads; PENDING, READY, FAILED or CANCELLED */
	_Atomic uint8_t status;
	uint8_t kept : 2;         /* ZYN_KEPT_* */
	uint8_t priority : 3;     /* ZYN_PRIORITY_* */
	_Atomic uint8_t blockers; /* not 0: some block_on waits for it; any thread */
	bool woken : 1;           /* woken while it was running or kept back */
	bool cancelling : 1;
	uint8_t interrupted : 2; /* why it is cancelled: ZYN_CANCELLED_BY_*; 0: by request */
	bool entered : 1;        /* its first statement was seen by a debugger */
	bool foreign : 1;        /* wraps a foreign machine */
};

/* What a debugger or a profile wants to know of a task and nobody else: beside the task, so that a
 * program without either does not pay for it.  Made for every block of a chunk at once. */
struct ZynTaskNote {
	uint64_t parent;
	uint64_t spawn_site;
	uint64_t wakes;
	uint64_t parked_since_ns;
	uint64_t waker_task;
	ZynActivation *activation; /* newest activation of a debug build */
	ZynSeat *seat;             /* while running */
	ZynDebugTask *debug;       /* null until a debugger takes an interest */
	uint64_t profile_run;      /* which profile the next two are of */
	uint64_t profile_since_ns; /* when its last poll ended, runtime clock, plus 1; 0: never */
	uint32_t profile_outer;    /* the stack that spawned it */
};

/* One waiter on a task's end.  The link is unlinked before the waker is called. */
typedef struct ZynJoiner {
	ZynList link;
	ZynWaker waker;
} ZynJoiner;

#endif
