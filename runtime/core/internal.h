/* What the files of the runtime core share and nobody else sees.
 *
 * Words used throughout:
 *   worker   a ZynRuntime: queues, timers and memory that one thread at a time works with.  A
 *            runtime of one worker is just that; one of many is a team of them (team.c).
 *   head     the worker that a host knows as "the runtime": itself, or the first of its team.
 *   baton    the right to touch a worker.  One thread has it at a time (baton.c).
 *   block    one slab allocation [ZynTask | ZynFrameHeader | frame] (slab.c).
 *   seat     the ZynContext that a thread polls with; it outlives the poll, so that another
 *            thread may ring its attention word without a lock (baton.c).
 *
 * A field without a comment about threads is touched with the baton of its worker only; a field
 * of a task or frame with the baton of the worker that owns the task (rule 1 of team.c).
 */
#ifndef ZYN_INTERNAL_H
#define ZYN_INTERNAL_H

#include "deque.h"
#include "list.h"
#include "lock.h"
#include "parker.h"
#include "timer_wheel.h"
#include "zynrt.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- limits ----------------------------------------------------------------------------------- */

/* kept free below stack_limit for C code of ours and of the host */
#define ZYN_STACK_MARGIN_BYTES (64u * 1024u)
/* what the slab asks of the system at a time; also its alignment */
#define ZYN_CHUNK_BYTES ((size_t)256 * 1024)
#define ZYN_CHUNK_HEADER_BYTES ((size_t)64) /* in front of a chunk's blocks */
#define ZYN_CHUNKS_MAX (1u << 18)           /* 64 GiB of frames in one runtime */
#define ZYN_RUNTIMES_MAX 4096u              /* workers alive at once in one process */
#define ZYN_WORKERS_MAX 63u                 /* of one runtime */
#define ZYN_PRIORITIES 5u
#define ZYN_ORDER_FIFO 0u
#define ZYN_ORDER_RANDOM 1u
#define ZYN_ORDER_PCT 2u
#define ZYN_ROUNDS_WAITED 64u /* after which a task of low priority moves up */
/* a cancelled machine that pends more often than this is broken */
#define ZYN_CANCEL_POLLS_MAX 1000u
/* threads that stand in for ones blocked by a debugger */
#define ZYN_SUBSTITUTES_MAX 256u
/* pause between two rounds that poll nothing but foreign machines */
#define ZYN_FOREIGN_ROUND_NS 1000000
#define ZYN_FRAME_BYTES_MAX ((uint64_t)1 << 31)
#define ZYN_NS_PER_MS 1000000u
#define ZYN_MESSAGE_BYTES_MAX 256 /* of a message that the runtime words itself */

#define ZYN_IMMORTAL UINT32_MAX /* a count that is never changed */

/* --- bugs ------------------------------------------------------------------------------------- */

/* A broken invariant of zyn itself.  Debug builds stop at once; release builds say it once and
 * go on with whatever the caller does next, because losing one task is better than losing the
 * host. */
#define ZYN_ASSERT(condition) ((condition) ? (void)0 : zyn__bug(#condition, __FILE__, __LINE__))
void zyn__bug(const char *condition, const char *file, int line);

/* --- structures ------------------------------------------------------------------------------- */

typedef struct ZynSeat ZynSeat;
typedef struct ZynDebugTask ZynDebugTask;
typedef struct ZynProbeTable ZynProbeTable;

#include "task.h"

struct ZynSeat {
	ZynContext cx;
	_Atomic(ZynSeat *) next; /* of all seats; never changes once linked */
	ZynSeat *free_next;
	struct ZynAwait *in_place; /* innermost await that polls its child in place */
	uintptr_t stack_ahead;     /* nothing runs ahead of its turn below this address */
	ZynError *foreign_error;   /* left by zyn_foreign_fail during the foreign call under way */
	bool foreign_call;
};

/* One thread being inside one runtime; lies on that thread's stack. */
typedef struct ZynEntry {
	ZynRuntime *runtime;
	struct ZynEntry *previous;
	ZynSeat *seat; /* null unless it turns the runtime */
	bool nested;   /* an entry further up has the baton */
	bool world;    /* has the batons of all workers */
} ZynEntry;

enum ZynBatonClass {
	ZYN_BATON_DEBUGGER,  /* served at the next safe point, even inside a poll */
	ZYN_BATON_RETURNING, /* lent the baton to a debugger inside a poll and wants it back */
	ZYN_BATON_NORMAL,
};

typedef struct ZynBaton {
	_Atomic uint32_t state;  /* 0 free, 1 held, 2 held and waited for */
	_Atomic uint32_t urgent; /* debuggers that wait */
	pthread_mutex_t lock;    /* guards waiters */
	ZynList waiters;
} ZynBaton;

/* Allocation, so that a test can make the n-th one fail.  Replaced before the first runtime is
 * made. */
typedef struct ZynAllocator {
	bool (*permit)(size_t bytes); /* null: always; asked once for each object */
	void *(*get)(size_t bytes);   /* not zeroed */
	void (*put)(void *memory, size_t bytes);
	void *(*map)(size_t bytes); /* zeroed, aligned to ZYN_CHUNK_BYTES */
	void (*unmap)(void *memory, size_t bytes);
} ZynAllocator;
extern ZynAllocator zyn__allocator;

#define ZYN_SLAB_SMALL_CLASSES 256u /* 8 .. 2048 bytes in steps of 8 */
#define ZYN_SLAB_STEP_BYTES 8u
#define ZYN_SLAB_LARGE_CLASSES 32u /* powers of two from 4096 bytes on */
#define ZYN_SLAB_CLASSES (ZYN_SLAB_SMALL_CLASSES + ZYN_SLAB_LARGE_CLASSES)

typedef struct ZynChunk {
	ZynRuntime *runtime;          /* its home: the worker whose slab it belongs to */
	ZynRuntime *const *workers;   /* of the home's team */
	uint64_t waker_base;          /* of a waker word: whose memory, which chunk */
	_Atomic(ZynTaskNote *) notes; /* one for each block; null while nobody wants them */
	size_t bytes;
	uint32_t block_bytes;
	uint32_t inverse; /* of it, times 2^32, rounded up */
	uint32_t class_index;
	_Atomic(ZynTask *) *links; /* of messages, one for each block: waker.c */
} ZynChunk;

typedef struct ZynSlabClass {
	ZynTask *free;   /* blocks that were used before, the newest first */
	char *fresh;     /* blocks that were not: from here .. */
	char *fresh_end; /* .. to here */
} ZynSlabClass;

typedef struct ZynDebugger {
	ZynDebugEvents events;
} ZynDebugger;
typedef struct ZynShadows ZynShadows;
typedef struct ZynWatchdog ZynWatchdog;

/* What there is to do for a poll beside polling (bits of ZynRuntime.watched). */
#define ZYN_WATCH_NOTES 1u /* tasks have notes */
#define ZYN_WATCH_POLLS 2u /* somebody counts, records, orders or stops polls */

/* One worker.  The fields from `clock` on of a team's head stand for the whole team. */
struct ZynRuntime {
	ZynBaton baton;
	ZynRuntime *head;      /* never changes; itself when it works alone */
	struct ZynTeam *team;  /* never changes; null when it works alone */
	ZynRuntime *alone;     /* itself: its team, as an array, when it works alone */
	uint32_t worker_index; /* in its team; 0 is the head */

	ZynTaskList ready[ZYN_PRIORITIES]; /* ready.c */
	uint32_t waited[ZYN_PRIORITIES];   /* rounds in a row that passed it over */
	ZynTaskList round;                 /* what is left of the turn under way */
	ZynTaskList foreign;               /* foreign machines that wait for the next round */
	uint64_t dead;                     /* free blocks in these lists */
	uint32_t round_limit;              /* how many more of it this turn polls */
	uint32_t order;                    /* ZYN_ORDER_* */
	uint64_t random;                   /* state of zyn__random */
	uint64_t pct_seed;
	uint64_t pct_demoted[4]; /* ids */
	uint64_t trace_hash;     /* of every poll since the beginning, when there is a seed */
	ZynTask **scratch;       /* of the order */
	uint32_t scratch_count;
	char apart_before[ZYN_CACHE_LINE_BYTES]; /* other workers look at the next two all the time
	                                          */
	_Atomic(ZynTask *) mail; /* tasks that other workers handed over, newest first */
	ZynDeque fresh;          /* in a team: tasks that were never polled, for anybody to take */
	char apart_behind[ZYN_CACHE_LINE_BYTES];
	_Atomic(ZynTask *) newest; /* rule 7 of team.c; any thread reads */
	uint64_t taken;            /* tasks of others since it last had nothing to do: rule 8 */
	uint64_t taken_since_ns;   /* CLOCK_MONOTONIC */
	uint64_t rest_ns;          /* how long it last rested for that; 0: not */
	uint64_t fresh_turns;      /* how often something was to be taken from it */
	uint64_t steal_turns;      /* how often something was to be stolen */
	uint64_t turn;             /* number of the turn under way */
	uint32_t ahead_left;       /* how many children may still run ahead in it: eager.c */
	uint64_t task_id_last;     /* of the ids that are this worker's to give */
	uint64_t task_id_end;
	_Atomic uint64_t polls_total; /* these five: any thread reads */
	_Atomic uint64_t parks_total;
	_Atomic uint64_t wakes_total;
	_Atomic uint64_t given_total;  /* tasks handed to other workers */
	_Atomic uint64_t stolen_total; /* fresh ones taken from them */
	_Atomic uint64_t queued;       /* tasks that are runnable */

	ZynWheel wheel;
	ZynLock wheel_lock; /* in a team: guards wheel */
	bool firing;        /* a timer wakes: no task does */
	uint64_t now_ns;    /* when the turn under way began */
	/* a virtual clock goes with the real one since then; 0: it stands */
	uint64_t real_wait_since_ns;

	ZynSeat *seats_free;
	_Atomic(ZynSeat *) seats; /* any thread, and signal handlers */

	/* Outside wakes. */
	_Atomic(ZynTask *) inbox;    /* ZYN_INBOX_CLOSED once the runtime was freed */
	_Atomic(void *) graveyard;   /* plain blocks released by other threads; same mark */
	_Atomic uint32_t signalled;  /* the wake descriptor is readable */
	ZynParker parker;            /* where it sleeps while nobody watches its descriptor */
	_Atomic uint32_t fd_watched; /* by a host or a poller; rule 7 of waker.c */
	_Atomic uint32_t sleepers;   /* threads that sleep without the baton */
	bool has_sleeper;            /* one that hears kicks */
	pthread_mutex_t ends_lock;   /* rule 5 of scheduler.c */
	pthread_cond_t ends_cond;
	_Atomic uint64_t ends;
	_Atomic uint32_t in_reactor; /* one of them waits for IO too */
	int wake_read_fd;            /* -1: a worker of a team that is not its head */
	int wake_write_fd;
	uint32_t registry_index;

	/* Memory.  In a team one worker's count alone means nothing, only the sum does. */
	_Atomic uint64_t live_objects; /* any thread reads */
	_Atomic uint64_t live_bytes;   /* any thread reads */
	bool dropping;                 /* a frame is being dropped; more go to dropped */
	ZynTask *dropped;              /* linked through the state_machine of their promises */
	_Atomic(ZynChunk *) *chunks;   /* a chunk, once there, stays; any thread reads */
	_Atomic uint32_t chunk_count;  /* any thread reads */
	ZynSlabClass classes[ZYN_SLAB_CLASSES];
	_Atomic(ZynTask *) returned; /* blocks that other workers freed */

	/* of the block_on under way, CLOCK_MONOTONIC; UINT64_MAX when none */
	uint64_t deadline_real_ns;
	uint64_t deadline_clock_ns; /* the same on the runtime's clock */

	uint64_t fuel_polls; /* polls_total at the last tick of the watchdog */
	uint32_t fuel_ticks; /* in the poll under way */

	/* Debugger: threads that turn this worker and are not blocked by it */
	_Atomic uint32_t drivers;
	uint32_t stopped_mid_poll;
	uint32_t kept_tasks;
	pthread_mutex_t pool_lock; /* guards the fields below, and every ZynDebugTask.cond */
	pthread_cond_t pool_cond;
	uint32_t pool_idle;
	uint32_t pool_jobs;
	uint32_t pool_closing;
	uint32_t pool_size;
	pthread_t pool[ZYN_SUBSTITUTES_MAX];

	/* --- from here on only the head's are used ------------------------------------------ */
	uint32_t clock;
	uint64_t clock_start_ns;
	_Atomic uint64_t virtual_now_ns; /* any thread reads */
	uint64_t stack_bytes;
	uint64_t memory_max;
	_Atomic uint64_t fuel; /* UINT64_MAX: no limit; any thread reads */
	_Atomic uint32_t interrupt;
	_Atomic int64_t outside;   /* operations of the host that will wake some task */
	_Atomic uint32_t closed;   /* zyn_rt_free was called; any thread reads */
	_Atomic uint64_t task_ids; /* handed out to workers; any thread */
	ZynWatchdog *watchdog;

	/* Changed with the batons of all workers, so that the holder of any may read. */
	ZynDebugger *debugger;       /* null when none is attached */
	ZynProbeTable *probe_tables; /* a hash table by side table id */
	uint32_t probe_table_slots;
	uint32_t probe_table_count;
	uint32_t stop_all;
	uint32_t filters;
	_Atomic uint32_t watched;        /* ZYN_WATCH_*; any thread reads */
	uint32_t notes_tasks;            /* every chunk has notes */
	struct ZynPollTrace *poll_trace; /* null: polls are not recorded */
	struct ZynProfile *profile;      /* null: nothing is summed up */

	/* Changed by any worker under debug_lock. */
	ZynLock debug_lock;
	_Atomic(ZynShadows *) shadows; /* once there, it stays */
	uint32_t step_tasks;
	uint32_t probes_armed;

	_Atomic uint32_t gate_closed;
	_Atomic(ZynTask *) gate_opener; /* when its poll ends the gate opens; null: none */
	/* a debugger is attached and wants to hear of every change */
	_Atomic uint32_t tells_changes;

	_Atomic(struct ZynReactor *) reactor; /* null until the first IO operation */
};

#include "access.h"
#include "leaf.h"

/* --- baton.c ---------------------------------------------------------------------------------- */

bool zyn__baton_init(ZynBaton *baton);
void zyn__baton_destroy(ZynBaton *baton);
void zyn__cond_init(pthread_cond_t *cond); /* timed waits go by CLOCK_MONOTONIC */
bool zyn__baton_try(ZynBaton *baton);
/* `deadline_ns` is CLOCK_MONOTONIC, UINT64_MAX for none; false when it passed. */
bool zyn__baton_acquire(ZynBaton *baton, enum ZynBatonClass class, uint64_t deadline_ns);
void zyn__baton_release(ZynBaton *baton);
static inline bool zyn__baton_wanted(ZynBaton *baton)
{
	return zyn__get(&baton->state) == 2;
}
/* Lets every waiting debugger have its turn; the caller keeps the baton afterwards. */
void zyn__baton_lend(ZynBaton *baton);

/* The entry of this thread into `rt`, or null. */
ZynEntry *zyn__entry_find(ZynRuntime *rt);
/* The worker of `rt`'s team that this thread is inside of, the innermost; null when of none. */
ZynRuntime *zyn__here(ZynRuntime *rt);
/* The same for the team that a place in the table of workers belongs to. */
ZynRuntime *zyn__here_in(uint64_t registry_index);
void zyn__entry_push(ZynEntry *entry, ZynRuntime *rt);
void zyn__entry_pop(ZynEntry *entry);
/* Enters on behalf of a function that touches but does not turn; waits for the baton.  Nested
 * calls are free. */
void zyn__enter(ZynEntry *entry, ZynRuntime *rt);
bool zyn__enter_try(ZynEntry *entry, ZynRuntime *rt);
void zyn__leave(ZynEntry *entry);

ZynSeat *zyn__seat_take(ZynRuntime *rt); /* null: memory is out */
void zyn__seat_put(ZynRuntime *rt, ZynSeat *seat);
void zyn__seats_ring(ZynRuntime *rt, uint64_t bits); /* any thread, and signal handlers */

/* --- sigint.c --------------------------------------------------------------------------------- */

/* Around what a thread that listens for SIGINT runs; nothing on other threads. */
void zyn__sigint_begin(ZynRuntime *rt);
void zyn__sigint_end(void);

/* --- stack.c ---------------------------------------------------------------------------------- */

uintptr_t zyn__stack_limit(uint64_t stack_bytes);

/* --- clock.c ---------------------------------------------------------------------------------- */

uint64_t zyn__monotonic_ns(void);
uint64_t zyn__clock_now(ZynRuntime *rt); /* any thread */
uint64_t zyn__deadline_after(uint64_t now_ns, int64_t timeout_ns);

/* --- timer_wheel.c ---------------------------------------------------------------------------- */

void zyn__wheel_init(ZynWheel *wheel);
void zyn__wheel_insert(ZynWheel *wheel, ZynTimer *timer);
void zyn__wheel_cancel(ZynWheel *wheel, ZynTimer *timer);
/* Unlinks one timer whose deadline is at most `tick`, in order of deadline, first in first out;
 * null: none. */
ZynTimer *zyn__wheel_expire(ZynWheel *wheel, uint64_t tick);
/* The next deadline or, when the earliest timer was cancelled, something before it; UINT64_MAX:
 * no timer. */
uint64_t zyn__wheel_next(const ZynWheel *wheel);
/* Whether `test` holds for some timer.  Looks at all of them. */
typedef bool ZynTimerTest(const ZynTimer *timer, void *data);
bool zyn__wheel_any(const ZynWheel *wheel, ZynTimerTest *test, void *data);

/* --- memory.c, slab.c ------------------------------------------------------------------------- */

/* From malloc, zeroed, in cache lines of its own: for what a worker writes to in every poll. */
void *zyn__zeroed_apart(size_t bytes);
/* The sum of a counter, given by its offset, over all workers; moments apart. */
uint64_t zyn__live(ZynRuntime *rt, size_t field);
bool zyn__memory_charge(ZynRuntime *rt, size_t bytes); /* false: refused */
void zyn__memory_credit(ZynRuntime *rt, size_t bytes);
/* A plain block of the runtime's memory; the baton is not needed to release it. */
void *zyn__block_new(ZynRuntime *rt, size_t bytes);
void zyn__block_release(void *block);
void zyn__graveyard_drain(ZynRuntime *rt);
void zyn__graveyard_close(ZynRuntime *rt);

bool zyn__slab_init(ZynRuntime *rt);
void zyn__slab_destroy(ZynRuntime *rt);
/* Notes for every task from now on; false: memory is out.  In a team with all batons. */
bool zyn__slab_note(ZynRuntime *rt);
/* The frame is zeroed; `align` is at most 16; null: memory is out. */
ZynTask *zyn__slab_take(ZynRuntime *rt, size_t frame_bytes, size_t align);
void zyn__slab_put(ZynRuntime *rt, ZynTask *task);     /* `rt`: who frees it, not its home */
void zyn__slab_collect(ZynRuntime *rt, ZynTask *task); /* freed while it was in a queue */
/* Calls `visit` for every task whose block has its home here, ended ones too, until it says
 * false.  In a team with the batons of all workers. */
typedef bool ZynTaskVisitor(ZynTask *task, void *data);
bool zyn__slab_visit(ZynRuntime *rt, ZynTaskVisitor *visit, void *data);

/* --- frame.c ---------------------------------------------------------------------------------- */

/* Retains on behalf of compiled code.  A count of one is then a slot of its frame and nobody
 * else's, so that no locked instruction is needed; a host may share one reference between
 * threads, and must use zyn_promise_retain. */
static inline void zyn__promise_retain_compiled(ZynPromise *p)
{
	if (p == NULL)
		return;
	_Atomic uint32_t *refs = &((ZynFrameHeader *)(void *)p)->refs;
	if (atomic_load_explicit(refs, memory_order_acquire) == 1)
		zyn__set(refs, 2);
	else
		atomic_fetch_add_explicit(refs, 1, memory_order_relaxed);
}

ZynTask *zyn__frame_make(ZynRuntime *rt, const ZynDescriptor *descriptor);
/* Drops what an ended or never started frame holds and frees it. */
void zyn__frame_free(ZynRuntime *rt, ZynTask *task);
/* The last reference to `task`, which `rt` owns or nobody schedules, is gone. */
void zyn__frame_orphaned(ZynRuntime *rt, ZynTask *task);
/* Drops a reference to a task that has just ended in a poll of `rt`; whether it was the last, so
 * that the task is gone. */
bool zyn__frame_let_go(ZynRuntime *rt, ZynTask *task);
void zyn__result_copy(ZynTask *task, void *out);

/* --- ready.c ---------------------------------------------------------------------------------- */

void zyn__ready_init(ZynRuntime *rt);
void zyn__ready_free(ZynRuntime *rt);
void zyn__ready_push(ZynRuntime *rt, ZynTask *task);
/* Whether it is in a queue of this worker, which owns it. */
static inline bool zyn__ready_has(const ZynRuntime *rt, const ZynTask *task)
{
	return zyn__task_linked(task) || zyn__get(&rt->newest) == task;
}
/* Of a task in any queue of this worker; looks through them. */
void zyn__ready_remove(ZynRuntime *rt, ZynTask *task);
/* Takes every task out of its queue, for whoever cancels them all. */
void zyn__ready_clear(ZynRuntime *rt);
/* A task in some queue is freed: its block stays there until its turn comes, or a sweep. */
void zyn__ready_leave_dead(ZynRuntime *rt);
bool zyn__ready_empty(ZynRuntime *rt);
void zyn__round_begin(ZynRuntime *rt);
ZynTask *zyn__round_next(ZynRuntime *rt); /* null: the turn is over */
uint64_t zyn__random(ZynRuntime *rt);     /* the same row for the same seed */
void zyn__hash_poll(ZynRuntime *rt, const ZynTask *task, uint32_t before, uint32_t after);

/* --- task.c ----------------------------------------------------------------------------------- */

/* Makes a task of a plain frame, owned by `rt`, unless it is one. */
void zyn__task_become(ZynRuntime *rt, ZynTask *task, uint64_t parent, uint64_t spawn_site);
/* On behalf of `rt`, of a task that another worker may own: the same as the functions below, or a
 * message to the owner. */
void zyn__task_ask(ZynRuntime *rt, ZynTask *task, uint32_t bits);
void zyn__task_schedule(ZynTask *task);
/* Of a task that a poll of `rt` spawns: schedules it, and tells who would take one. */
void zyn__task_start(ZynRuntime *rt, ZynTask *task);
/* What was just claimed is in no queue that counts: puts it in one if it is runnable. */
void zyn__task_requeue(ZynTask *task);
void zyn__task_wake(ZynTask *task, uint64_t waker_task);
void zyn__task_cancel(ZynTask *task, bool interrupted);
void zyn__task_run(ZynRuntime *rt, ZynEntry *entry, ZynTask *task);
/* To be called when one of these changed: whether tasks have notes, and whether polls are looked
 * at, by a debugger, a trace, a profile or a limit of fuel, or drawn by a seed. */
void zyn__watch_update(ZynRuntime *rt);
/* A machine ended: publishes how, moves cx->error into the header, wakes who waits; may free the
 * task. */
void zyn__task_end(ZynTask *task, ZynContext *cx);
/* Waits for the end of a task of any worker; false when it has ended already.  The waker is
 * called with the task's lock held, by the worker that ends it. */
bool zyn__task_join(ZynTask *task, ZynJoiner *joiner);
/* The end of a task whose joiners end with ZYN_JOINED_BY_SET, with its lock; true: the set lets go
 * of its reference (children.c). */
bool zyn__child_ended(ZynTask *task);
/* Afterwards the waker is not called and not being called. */
void zyn__joiner_leave(ZynTask *task, ZynJoiner *joiner);
/* Polls the machine of `task` with attention CANCEL until it ends; one that never started just
 * ends.  false: it waits for its children first. */
bool zyn__task_poll_cancelled(ZynTask *task, ZynContext *cx);
void zyn__task_check(ZynRuntime *rt);
uint64_t zyn__task_id_of(ZynContext *cx);

/* --- waker.c ---------------------------------------------------------------------------------- */

bool zyn__registry_add(ZynRuntime *rt);
void zyn__registry_publish(ZynRuntime *rt);
void zyn__registry_remove(ZynRuntime *rt);
ZynWaker zyn__task_waker(ZynTask *task);
void zyn__waker_call(ZynRuntime *rt, ZynWaker waker); /* with the baton */
/* null: it is over, or not one of this runtime */
ZynTask *zyn__waker_task(ZynRuntime *rt, ZynWaker waker);
void zyn__inbox_post(ZynTask *task, uint32_t bits); /* any thread */
void zyn__inbox_drain(ZynRuntime *rt);
void zyn__inbox_close(ZynRuntime *rt);
void zyn__inbox_deliver(ZynRuntime *rt, ZynTask *task, uint32_t bits);
bool zyn__wake_fd_open(ZynRuntime *rt);
void zyn__wake_fd_close(ZynRuntime *rt);
/* From now on kicks make the descriptor readable; now it is if there was one.  Any thread. */
void zyn__wake_fd_watch(ZynRuntime *rt);
void zyn__kick(ZynRuntime *rt); /* any thread, and signal handlers */
void zyn__kick_drain(ZynRuntime *rt);
void zyn__interrupt_pass_on(ZynRuntime *rt, ZynContext *cx);
/* until a kick; -1: no limit; without the baton */
void zyn__sleep(ZynRuntime *rt, int64_t timeout_ns);

/* --- scheduler.c, drivers.c ------------------------------------------------------------------- */

bool zyn__has_timers(ZynRuntime *rt);
void zyn__fire_timers(ZynRuntime *rt);
bool zyn__run_enter(ZynRuntime *rt, ZynEntry *entry, uint64_t deadline_ns);
/* The same, but false when another thread turns the runtime and may do so for long. */
bool zyn__run_enter_soon(ZynRuntime *rt, ZynEntry *entry);
void zyn__run_leave(ZynEntry *entry);
int64_t zyn__turn(ZynRuntime *rt, ZynEntry *entry, ZynTask *extra);
/* A turn of somebody who waits for `task`, or for the end of all work: short rounds follow one
 * another without looking around, which costs more than polling one task. */
int64_t zyn__turn_long(ZynRuntime *rt, ZynEntry *entry, ZynTask *task);
/* Nanoseconds until something can be done: 0 now, -1 never without an outside wake. */
int64_t zyn__idle_ns(ZynRuntime *rt);
/* Lets others have the baton between two turns. */
void zyn__give_way(ZynRuntime *rt);
/* Gives up the baton, sleeps until a kick or `limit_ns`, takes it again. */
void zyn__idle(ZynRuntime *rt, int64_t limit_ns, uint64_t ends_seen);
uint64_t zyn__ends_seen(ZynRuntime *rt);
/* A task that some block_on waits for has ended; any thread. */
void zyn__ends_tell(ZynRuntime *rt);
/* Whether a turn would find something to do; with the baton. */
bool zyn__work_left(ZynRuntime *rt);

/* --- runtime.c -------------------------------------------------------------------------------- */

/* Frees a closed runtime once its last object is gone; the caller has the baton and loses it
 * with the rest. */
bool zyn__runtime_reap(ZynRuntime *rt);

/* --- reactor.c -------------------------------------------------------------------------------- */

/* As zyn__sleep, waking up for IO too; false: another thread attends to that, or may.  Who slept
 * so calls awake next, with the baton. */
bool zyn__reactor_sleep(ZynRuntime *rt, int64_t timeout_ns);
void zyn__reactor_awake(ZynRuntime *rt);
void zyn__reactor_kick(ZynRuntime *head); /* any thread, and signal handlers */
/* There is IO, and no thread waits for it. */
bool zyn__reactor_unattended(ZynRuntime *rt);
/* After a turn of that many polls: looks for IO once in a while, for a busy worker never sleeps. */
void zyn__reactor_turn(ZynRuntime *rt, int64_t polls);
/* What a host that turns `rt` itself may watch for kicks and IO alike; -1: nothing. */
int zyn__reactor_fd(ZynRuntime *rt);
int zyn__reactor_poll(ZynRuntime *rt);
void zyn__reactor_close(ZynRuntime *rt);

/* --- watchdog.c ------------------------------------------------------------------------------- */

void zyn__watchdog_arm(ZynRuntime *rt, uint64_t deadline_ns); /* UINT64_MAX disarms */
void zyn__watchdog_tick(ZynRuntime *rt);                      /* from now on; see fuel.c */
void zyn__watchdog_join(ZynRuntime *rt);

/* --- fuel.c ----------------------------------------------------------------------------------- */

bool zyn__fuel_is_bounded(ZynRuntime *rt);
bool zyn__fuel_burn(ZynRuntime *rt);   /* false: there is none */
bool zyn__fuel_ticked(ZynRuntime *rt); /* whether this poll has now used up what was left */
void zyn__fuel_call_begins(ZynRuntime *rt);

/* --- leaf_group.c ----------------------------------------------------------------------------- */

/* Where a debugger finds the promises of a group: of the first child, from child to child, in a
 * child. */
void zyn__group_places(int32_t places[3]);

/* --- error.c, string.c ------------------------------------------------------------------------ */

ZynError *zyn__error_make(ZynRuntime *rt, uint32_t code, ZynSite site, const char *message,
                          uint64_t length);
ZynError *zyn__error_retain(ZynError *error);
/* takes the reference; drops what was there */
void zyn__error_set(ZynContext *cx, ZynError *error);
ZynError *zyn__error_take(ZynContext *cx);
ZynError *zyn__error_constant(uint32_t code);
void zyn__fail(ZynContext *cx, uint32_t code, ZynSite site, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#include "debug.h"
#include "profile.h"
#include "team.h"

#endif
