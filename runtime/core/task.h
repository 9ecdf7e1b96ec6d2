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
	ZYN_SCHED_FREE,   /* the block is on a free list, or in a queue on its way there */
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

/* In front of every frame header, used once the promise is a task: 32 bytes.  The first group keeps
 * its meaning while the block is free, because a stale waker may still look at it (waker.c).
 *
 * Not here: who parents it and other things that only a debugger asks for (ZynTaskNote), the link
 * of messages from other threads (ZynChunk.links), and the upper half of its id, which
 * zyn__task_id finds. */
struct ZynTask {
	_Atomic uint32_t id;   /* any thread; which life of the block it is: 0 when it is no task */
	_Atomic uint8_t inbox; /* any thread */
	_Atomic uint8_t worker; /* who owns it, by its place in the team, and ZYN_FREE_TO_OWN */
	ZynLock lock;           /* in a team: guards joiners, and status against them */
	uint8_t sched;          /* ZynSched */

	/* In a ZynTaskList, on its way elsewhere, or on a free list; null: in none. */
	ZynTask *next;
	union {
		struct ZynJoiner *joiners; /* of a task: who waits for the end, newest first */
		struct ZynAwait *owner;    /* of a plain frame: the await leaf that polls it */
		ZynError *error; /* of what ended: owned, or null; written before status */
	};
	_Atomic uint32_t polls; /* any thread reads */
	/* ZynStatus; any thread reads; PENDING, READY, FAILED or CANCELLED */
	_Atomic uint8_t status;
	_Atomic uint8_t blockers; /* not 0: some block_on waits for it; any thread */
	uint8_t kept : 2;         /* ZYN_KEPT_* */
	uint8_t priority : 3;     /* ZYN_PRIORITY_* */
	uint8_t interrupted : 2;  /* why it is cancelled: ZYN_CANCELLED_BY_*; 0: by request */
	bool woken : 1;           /* woken while it was running or kept back */
	bool cancelling : 1;
	bool entered : 1; /* its first statement was seen by a debugger */
	bool foreign : 1; /* wraps a foreign machine */
};
static_assert(sizeof(ZynTask) == 32, "every task pays for it");

/* What a debugger or a profile wants to know of a task and nobody else: beside the task, so that a
 * program without either does not pay for it.  Made for every block of a chunk at once. */
struct ZynTaskNote {
	uint64_t parent;
	uint64_t spawn_site;
	uint64_t wakes;
	uint64_t parked_since_ns;
	uint64_t waker_task; /* who woke it last: its id, 0: the outside, or ZYN_BY_TIMER */
	uint64_t woken_by;   /* the same of the first wake since its last poll, and when that was,
	                        runtime clock, plus 1; 0: none that was recorded (poll_trace.c) */
	uint64_t woken_since_ns;
	ZynActivation *activation; /* newest activation of a debug build */
	ZynSeat *seat;             /* while running */
	ZynDebugTask *debug;       /* null until a debugger takes an interest */
	uint64_t profile_run;      /* which profile the next two are of */
	uint64_t profile_since_ns; /* when its last poll ended, runtime clock, plus 1; 0: never */
	uint32_t profile_outer;    /* the stack that spawned it */
	/* Who left a wake in the inbox, as waker_task; any thread.  Last, because it keeps its
	 * meaning while the block is free, as the inbox does. */
	_Atomic uint64_t asked_by;
};
#define ZYN_BY_TIMER UINT64_MAX

/* At the end of each chunk, one for each block, backwards: the place of a task in the set that it
 * is a child of (children.h).  There, because pages that nobody touches are not real. */
typedef struct ZynScopeChild {
	ZynList link;
	_Atomic uintptr_t set; /* the set, and ZYN_CHILD_GUEST; 0: it is a child of none */
} ZynScopeChild;

/* One waiter on a task's end.  It is unlinked before the waker is called. */
typedef struct ZynJoiner {
	union {
		struct ZynJoiner *next;
		/* of an await that polls its child in place: the one further up the stack, if any
		 */
		struct ZynAwait *outer;
	};
	struct ZynJoiner **place; /* what points here; null: unlinked */
	ZynWaker waker;
} ZynJoiner;

/* What the list of a task's joiners ends with, instead of null, while a set is to hear of its end
 * by the task's ZynScopeChild.  The set hears of it first. */
#define ZYN_JOINED_BY_SET ((ZynJoiner *)(uintptr_t)1)

static inline bool zyn__is_joiner(const ZynJoiner *joiner)
{
	return (uintptr_t)joiner > (uintptr_t)ZYN_JOINED_BY_SET;
}

/* --- lists of tasks --------------------------------------------------------------------------- */

/* First in, first out, with one link in each task: nothing is taken out of the middle where many
 * may lie in front of it.  The last one's link is not null, so that a link says whether its task is
 * in a list. */
typedef struct ZynTaskList {
	ZynTask *first; /* null: it is empty */
	ZynTask *last;
} ZynTaskList;

#define ZYN_TASK_LAST ((ZynTask *)(uintptr_t)1)

static inline bool zyn__task_linked(const ZynTask *task)
{
	return task->next != NULL;
}

static inline bool zyn__tasks_empty(const ZynTaskList *list)
{
	return list->first == NULL;
}

/* The one behind, or null. */
static inline ZynTask *zyn__tasks_next(const ZynTask *task)
{
	return task->next == ZYN_TASK_LAST ? NULL : task->next;
}

static inline void zyn__tasks_push_back(ZynTaskList *list, ZynTask *task)
{
	task->next = ZYN_TASK_LAST;
	if (list->first == NULL)
		list->first = task;
	else
		list->last->next = task;
	list->last = task;
}

static inline void zyn__tasks_push_front(ZynTaskList *list, ZynTask *task)
{
	task->next = list->first != NULL ? list->first : ZYN_TASK_LAST;
	if (list->first == NULL)
		list->last = task;
	list->first = task;
}

/* Takes out `task`, which lies behind `before`; null: in front. */
static inline void zyn__tasks_take(ZynTaskList *list, ZynTask *before, ZynTask *task)
{
	ZynTask *behind = zyn__tasks_next(task);
	if (before == NULL)
		list->first = behind;
	else
		before->next = task->next;
	if (behind == NULL)
		list->last = before;
	task->next = NULL;
}

static inline ZynTask *zyn__tasks_pop_front(ZynTaskList *list)
{
	ZynTask *task = list->first;
	if (task != NULL)
		zyn__tasks_take(list, NULL, task);
	return task;
}

/* Moves everything in `source` behind what is in `target`, in order. */
static inline void zyn__tasks_splice_back(ZynTaskList *target, ZynTaskList *source)
{
	if (source->first == NULL)
		return;
	if (target->first == NULL)
		target->first = source->first;
	else
		target->last->next = source->first;
	target->last = source->last;
	*source = (ZynTaskList){NULL, NULL};
}

#endif
