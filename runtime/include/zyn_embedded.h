/* The embedded runtime, and a front that is either it or the host runtime: part of zynrt.h.
 *
 * zynrt.h includes this file; nobody else need.  The embedded part is a library of its own
 * (libzynrt_embedded.a) that asks nothing of an operating system and never allocates: capacities
 * are fixed, and all memory is the caller's.  It is in libzynrt too.
 *
 * A task is a function and a pointer.  It is polled until it says READY or FAILED; PENDING means
 * "poll me again when there is news".  One poll at a time, never two of one scheduler at once.
 *
 * Not here: time (a timer interrupt completes a future), threads, allocation.
 */
#ifndef ZYN_EMBEDDED_H
#define ZYN_EMBEDDED_H

#include "zynrt.h"

#include <stdbool.h>

/* --- what both runtimes share ----------------------------------------------------------------- */

/* Priorities are ZYN_PRIORITY_CRITICAL to ZYN_PRIORITY_IDLE.  The embedded scheduler keeps to them
 * strictly; on the host nobody starves. */
#define ZYN_PRIORITIES 5u

/* What a poll gives: how it stands, and apart from that a value, so that every value is one. */
typedef struct ZynPoll {
	int32_t status; /* ZYN_PENDING, ZYN_READY or ZYN_FAILED */
	int64_t value;  /* when ready; when failed, a code of the program's own */
} ZynPoll;

/* A task.  `cx->waker` may be copied and woken later; when ZYN_ATTENTION_CANCEL is set this is the
 * last poll: clean up and return. */
typedef ZynPoll ZynTaskFn(void *state, ZynContext *cx);

static inline ZynPoll zyn_poll_pending(void)
{
	return (ZynPoll){.status = ZYN_PENDING, .value = 0};
}

static inline ZynPoll zyn_poll_ready(int64_t value)
{
	return (ZynPoll){.status = ZYN_READY, .value = value};
}

static inline ZynPoll zyn_poll_failed(int64_t code)
{
	return (ZynPoll){.status = ZYN_FAILED, .value = code};
}

/* Asks for another poll of the task that is being polled: pending, but not waiting. */
static inline void zyn_poll_again(ZynContext *cx)
{
	cx->waker.fn(cx->waker.data);
}

/* Why something was not done; nothing changed and nothing was lost. */
enum ZynRefusal {
	ZYN_REFUSED_FULL = -1,     /* every place is taken */
	ZYN_REFUSED_NO_TASK = -2,  /* no task has this id, or its result was taken */
	ZYN_REFUSED_PRIORITY = -3, /* no such priority */
	ZYN_REFUSED_INSIDE = -4,   /* called from inside a poll */
	ZYN_REFUSED_EMPTY = -5,    /* a set without members */
	ZYN_REFUSED_MEMORY = -6,   /* too small, not aligned, or (host) out */
	ZYN_IDLE = -7,             /* nothing to poll */
};
/* A sentence without a full stop; never null. */
ZYN_API const char *zyn_refusal_text(int32_t refusal);

/* --- EmbeddedScheduler ------------------------------------------------------------------------ */

#define ZYN_EMBEDDED_TASKS 16u     /* the usual capacity */
#define ZYN_EMBEDDED_TASKS_MAX 32u /* tasks are bits of a word */
#define ZYN_WAKE_FLAGS 64u         /* flag of a task: its id modulo this */

typedef struct ZynEmbeddedTask {
	union {
		ZynTaskFn *poll;
		int64_t value; /* once it ended */
	};
	void *state;
	uint32_t id;
	uint8_t slot;     /* its own index */
	uint8_t status;   /* ZynStatus */
	uint8_t priority; /* ZYN_PRIORITY_* */
	uint8_t flags;
} ZynEmbeddedTask;

/* Masks have one bit per slot.  Only `wakes` is touched by others than the polling thread. */
typedef struct ZynEmbeddedScheduler {
	ZynContext cx;
	uint32_t live;                               /* tasks that have not ended */
	uint32_t ended;                              /* tasks whose result nobody has taken */
	uint32_t ready;                              /* tasks to be polled */
	uint32_t levels[ZYN_PRIORITIES];             /* live tasks by priority */
	_Atomic uint32_t wakes[ZYN_WAKE_FLAGS / 32]; /* any thread and interrupt handlers */
	uint8_t last[8];                             /* by priority: the slot polled last */
	uint32_t id_next;
	uint8_t capacity;
	uint8_t precise;
	uint8_t unused;
	ZynEmbeddedTask tasks[];
} ZynEmbeddedScheduler;

/* Bytes of a scheduler for so many tasks; at most 512 for the usual capacity. */
#define ZYN_EMBEDDED_BYTES(tasks) \
	(sizeof(ZynEmbeddedScheduler) + (size_t)(tasks) * sizeof(ZynEmbeddedTask))
/* Static memory for a scheduler. */
#define ZYN_EMBEDDED_MEMORY(name, tasks) \
	static _Alignas(ZynEmbeddedScheduler) unsigned char name[ZYN_EMBEDDED_BYTES(tasks)]

/* A wake flag makes its own task runnable, and only that.  Without it any news (a wake flag, a task
 * that ends or is added) makes every waiting task runnable, so tasks that look at each other's
 * data need no wakers. */
#define ZYN_EMBEDDED_PRECISE 1u

/* A scheduler in the caller's memory, for the rest of its life.  `tasks`: 1, 2, 4, 8, 16 or 32.
 * Null: `tasks` or `flags` is none of these, or the memory is too small or not aligned. */
ZYN_API ZynEmbeddedScheduler *zyn_embedded_init(void *memory, size_t bytes, uint32_t tasks,
                                                uint32_t flags);
/* A task that nobody waits for: its place is free once it ends.  Gives its id (0, 1, 2 ..; a number
 * is left out when the place that belongs to it is taken) or a ZynRefusal. */
ZYN_API int32_t zyn_embedded_schedule(ZynEmbeddedScheduler *scheduler, uint32_t priority,
                                      ZynTaskFn *poll, void *state);
/* A task whose result is kept, and keeps its place, until it is taken. */
ZYN_API int32_t zyn_embedded_spawn(ZynEmbeddedScheduler *scheduler, uint32_t priority,
                                   ZynTaskFn *poll, void *state);
/* Polls the runnable task of the highest priority, in turn among equals.  Gives its id, ZYN_IDLE or
 * ZYN_REFUSED_INSIDE.  Its own work is bounded by a constant. */
ZYN_API int32_t zyn_embedded_poll_next(ZynEmbeddedScheduler *scheduler);
/* Polls until every task was polled once since the last news, so a task that stays pending does not
 * keep it from ending; gives the number of polls.  No limit of its own: a task that wakes itself
 * for ever runs for ever. */
ZYN_API uint32_t zyn_embedded_run_until_idle(ZynEmbeddedScheduler *scheduler);
/* The same, at most `polls` polls. */
ZYN_API uint32_t zyn_embedded_run(ZynEmbeddedScheduler *scheduler, uint32_t polls);
ZYN_API uint32_t zyn_embedded_task_count(const ZynEmbeddedScheduler *scheduler); /* not ended */
/* nothing is runnable now */
ZYN_API bool zyn_embedded_is_idle(const ZynEmbeddedScheduler *scheduler);

/* --- task handles: the id of a spawned task --------------------------------------------------- */

/* ZynTaskState, or ZYN_REFUSED_NO_TASK. */
ZYN_API int32_t zyn_embedded_state(const ZynEmbeddedScheduler *scheduler, int32_t id);
ZYN_API bool zyn_embedded_is_finished(const ZynEmbeddedScheduler *scheduler, int32_t id);
/* Takes the result: ZYN_READY with *value, ZYN_FAILED with the code there, ZYN_CANCELLED;
 * ZYN_PENDING while it runs; ZYN_REFUSED_NO_TASK.  `value` may be null. */
ZYN_API int32_t zyn_embedded_take(ZynEmbeddedScheduler *scheduler, int32_t id, int64_t *value);
/* Polls others and it until it ends, then as take.  ZYN_PENDING: nothing is runnable; only an
 * interrupt or another thread can wake something, so sleep and call again. */
ZYN_API int32_t zyn_embedded_block_on(ZynEmbeddedScheduler *scheduler, int32_t id, int64_t *value);
/* Ends a task: one more poll with ZYN_ATTENTION_CANCEL if it was polled before, none if not.  0, or
 * ZYN_REFUSED_NO_TASK. */
ZYN_API int32_t zyn_embedded_abort(ZynEmbeddedScheduler *scheduler, int32_t id);

/* --- wake flags: any thread, and interrupt handlers ------------------------------------------- */

/* Sets the flag of a task. */
ZYN_API void zyn_embedded_signal(ZynEmbeddedScheduler *scheduler, int32_t id);
/* Set, and neither cleared nor seen by the scheduler, which takes all flags before each poll. */
ZYN_API bool zyn_embedded_check(const ZynEmbeddedScheduler *scheduler, int32_t id);
ZYN_API void zyn_embedded_clear(ZynEmbeddedScheduler *scheduler, int32_t id);
ZYN_API void zyn_embedded_reset(ZynEmbeddedScheduler *scheduler); /* clears all flags */

/* --- EmbeddedFuture --------------------------------------------------------------------------- */

#define ZYN_EMBEDDED_FUTURES 32u

/* A value that comes later.  One task polls it; one other party (task, thread or interrupt handler)
 * completes it.  All zero is a future that is pending. */
typedef struct ZynEmbeddedFuture {
	_Atomic uint32_t word; /* states: future.c */
	int32_t status;        /* ZynStatus */
	int64_t value;
	ZynWaker waker;
} ZynEmbeddedFuture;

ZYN_API void zyn_embedded_future_init(ZynEmbeddedFuture *future);
/* The value, or pending: then completing it wakes the task of `cx`. */
ZYN_API ZynPoll zyn_embedded_future_poll(ZynEmbeddedFuture *future, ZynContext *cx);
ZYN_API bool zyn_embedded_future_is_ready(const ZynEmbeddedFuture *future);
/* false: it was complete already, and stays as it was */
ZYN_API bool zyn_embedded_future_complete(ZynEmbeddedFuture *future, int64_t value);
ZYN_API bool zyn_embedded_future_fail(ZynEmbeddedFuture *future, int64_t code);

/* Futures to give out, for programs that do not place them themselves. */
typedef struct ZynEmbeddedFutures {
	uint32_t used;
	ZynEmbeddedFuture futures[ZYN_EMBEDDED_FUTURES];
} ZynEmbeddedFutures;

/* null: all are in use */
ZYN_API ZynEmbeddedFuture *zyn_embedded_future_get(ZynEmbeddedFutures *pool);
ZYN_API void zyn_embedded_future_put(ZynEmbeddedFutures *pool, ZynEmbeddedFuture *future);

/* --- EmbeddedJoinSet and EmbeddedFuturesUnordered --------------------------------------------- */

/* Tasks of one scheduler that are joined in whatever order they end; among those that have ended
 * the lowest place first.  At most 32, and not more than the scheduler holds. */
typedef struct ZynEmbeddedJoinSet {
	ZynEmbeddedScheduler *scheduler;
	uint32_t members; /* mask of slots */
} ZynEmbeddedJoinSet;

ZYN_API void zyn_embedded_join_set_init(ZynEmbeddedJoinSet *set, ZynEmbeddedScheduler *scheduler);
/* As zyn_embedded_spawn. */
ZYN_API int32_t zyn_embedded_join_set_spawn(ZynEmbeddedJoinSet *set, uint32_t priority,
                                            ZynTaskFn *poll, void *state);
ZYN_API uint32_t zyn_embedded_join_set_len(const ZynEmbeddedJoinSet *set);
/* A member that ended leaves the set: as zyn_embedded_take, with its id in *id.  ZYN_PENDING: none
 * has ended; ZYN_REFUSED_EMPTY.  Legal inside a poll. */
ZYN_API int32_t zyn_embedded_try_join_next(ZynEmbeddedJoinSet *set, int32_t *id, int64_t *value);
/* Polls until one has ended; ZYN_PENDING as zyn_embedded_block_on. */
ZYN_API int32_t zyn_embedded_join_next(ZynEmbeddedJoinSet *set, int32_t *id, int64_t *value);
ZYN_API void zyn_embedded_abort_all(ZynEmbeddedJoinSet *set);

/* Futures that are taken in whatever order they complete; among those complete, in turn. */
typedef struct ZynEmbeddedFuturesUnordered {
	uint32_t active; /* mask */
	uint32_t last;
	ZynEmbeddedFuture *futures[ZYN_EMBEDDED_FUTURES];
} ZynEmbeddedFuturesUnordered;

ZYN_API void zyn_embedded_unordered_init(ZynEmbeddedFuturesUnordered *set);
/* Its place (0 .. 31), or ZYN_REFUSED_FULL.  The set borrows the future until it is taken. */
ZYN_API int32_t zyn_embedded_unordered_push(ZynEmbeddedFuturesUnordered *set,
                                            ZynEmbeddedFuture *future);
ZYN_API uint32_t zyn_embedded_unordered_len(const ZynEmbeddedFuturesUnordered *set);
/* The next complete one leaves the set: its ZynStatus, with *place and *value.  ZYN_PENDING: none
 * is, and each wakes the task of `cx` (if not null); ZYN_REFUSED_EMPTY. */
ZYN_API int32_t zyn_embedded_unordered_next(ZynEmbeddedFuturesUnordered *set, ZynContext *cx,
                                            int32_t *place, int64_t *value);

/* --- UnifiedRuntime: in libzynrt only --------------------------------------------------------- */

enum ZynRuntimeMode { ZYN_MODE_EMBEDDED, ZYN_MODE_HOST };

/* One of the two behind the same functions. */
typedef struct ZynUnified {
	uint32_t mode; /* ZynRuntimeMode */
	ZynEmbeddedScheduler *embedded;
	ZynRuntime *host;
} ZynUnified;

/* A task of one of the two; owns one reference to a host's. */
typedef struct ZynUnifiedTask {
	int32_t id;          /* embedded */
	ZynPromise *promise; /* host */
} ZynUnifiedTask;

typedef struct ZynUnifiedJoinSet {
	ZynUnified *runtime;
	ZynEmbeddedJoinSet embedded;
	ZynJoinSet *host; /* owned; null on the embedded runtime */
} ZynUnifiedJoinSet;

/* Embedded: in `memory`, with the usual capacity.  Host: a runtime of its own with `options` (null:
 * the usual ones), and `memory` may be null.  0 or ZYN_REFUSED_MEMORY. */
ZYN_API int32_t zyn_unified_init(ZynUnified *runtime, uint32_t mode, void *memory, size_t bytes,
                                 const ZynOptions *options);
/* Host: cancels what is left and frees the runtime.  Embedded: nothing to do. */
ZYN_API void zyn_unified_free(ZynUnified *runtime);
/* 0 with *task, or a ZynRefusal.  *task goes to block_on or detach. */
ZYN_API int32_t zyn_unified_spawn(ZynUnified *runtime, uint32_t priority, ZynTaskFn *poll,
                                  void *state, ZynUnifiedTask *task);
/* Runs until it ends: ZYN_READY with *value, ZYN_FAILED with the code there, ZYN_CANCELLED; the
 * handle is used up.  ZYN_PENDING (embedded) or ZYN_DEADLOCK (host): nothing can go on until
 * something outside wakes a task; the handle stays. */
ZYN_API int32_t zyn_unified_block_on(ZynUnified *runtime, ZynUnifiedTask *task, int64_t *value);
ZYN_API bool zyn_unified_is_finished(ZynUnified *runtime, const ZynUnifiedTask *task);
ZYN_API void zyn_unified_abort(ZynUnified *runtime, const ZynUnifiedTask *task);
/* 0 or ZYN_REFUSED_MEMORY */
ZYN_API int32_t zyn_unified_join_set(ZynUnified *runtime, ZynUnifiedJoinSet *set);
/* Aborts what is left and runs its clean-up. */
ZYN_API void zyn_unified_join_set_free(ZynUnifiedJoinSet *set);
/* 0 or a ZynRefusal */
ZYN_API int32_t zyn_unified_join_set_spawn(ZynUnifiedJoinSet *set, uint32_t priority,
                                           ZynTaskFn *poll, void *state);
ZYN_API uint32_t zyn_unified_join_set_len(const ZynUnifiedJoinSet *set);
/* As their embedded namesakes; ZYN_DEADLOCK as zyn_unified_block_on. */
ZYN_API int32_t zyn_unified_try_join_next(ZynUnifiedJoinSet *set, int64_t *value);
ZYN_API int32_t zyn_unified_join_next(ZynUnifiedJoinSet *set, int64_t *value);
ZYN_API void zyn_unified_abort_all(ZynUnifiedJoinSet *set);

#endif
