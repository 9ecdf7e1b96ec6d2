/* zynrt: the native runtime of zyn.
 *
 * Everything a compiled program, a host or a debugger may touch is in this file; what is not
 * here may change.  No Python.h, no C++: a C program needs this header and the library only.
 *
 * Threads.  One thread at a time turns a runtime (the one that holds its baton).  From any other
 * thread these are legal: zyn_waker_wake, zyn_promise_retain, zyn_promise_release,
 * zyn_promise_cancel, zyn_rt_interrupt, zyn_rt_wake_fd, the zyn_dbg_* functions, and the readers
 * whose comment says so.
 *
 * Memory.  The caller of a function that gives a ZynPromise *, ZynString * or ZynError * owns
 * one reference to it unless its comment says "borrowed".
 */
#ifndef ZYNRT_H
#define ZYNRT_H

#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
#error "zynrt.h is C11; wrap it yourself for C++"
#endif
#include <stdatomic.h>

#if defined(_WIN32)
#define ZYN_API __declspec(dllexport)
#else
#define ZYN_API __attribute__((visibility("default")))
#endif

#define ZYN_ABI_VERSION 1

/* --- tables ----------------------------------------------------------------------------------- */

#define ZYN_TASK_STATE(name, value, text) ZYN_TASK_##name = value,
enum ZynTaskState {
#include "zynrt.def"
};
#define ZYN_ERROR_CODE(name, value, text) ZYN_ERROR_##name = value,
enum ZynErrorCode {
#include "zynrt.def"
};
#define ZYN_STATUS(name, value, text) ZYN_##name = value,
enum ZynStatus {
#include "zynrt.def"
};
#define ZYN_TYPE_KIND(name, value, size) ZYN_KIND_##name = value,
enum ZynTypeKind {
#include "zynrt.def"
};
#define ZYN_ATTENTION(name, value) ZYN_ATTENTION_##name = value,
enum ZynAttention {
#include "zynrt.def"
};
#define ZYN_STEP(name, value, text) ZYN_STEP_##name = value,
enum ZynStepMode {
#include "zynrt.def"
};
#define ZYN_STOP_REASON(name, value, text) ZYN_STOP_##name = value,
enum ZynStopReason {
#include "zynrt.def"
};

#define ZYN_OUTCOME(name, value, text) ZYN_OUTCOME_##name = value,
enum ZynOutcome {
#include "zynrt.def"
};
#define ZYN_OBJECT(name, value, text) ZYN_OBJECT_##name = value,
enum ZynObjectKind {
#include "zynrt.def"
};
#define ZYN_WAKE(name, value, text) ZYN_WAKE_##name = value,
enum ZynWake {
#include "zynrt.def"
};
/* The leaf futures, numbered in the order of their rows. */
#define ZYN_LEAF(name, size, align, wait_kind) ZYN_LEAF_##name,
enum ZynLeafKind {
#include "zynrt.def"
};

#define ZYN_STATE_START 0u
#define ZYN_STATE_CANCELLED 0xFFFFFFFDu
#define ZYN_STATE_RETURNED 0xFFFFFFFEu
#define ZYN_STATE_FAILED 0xFFFFFFFFu

/* What a poll gives when the value does not fit the i64 convention: "look at state and slot". */
#define ZYN_POLL_LOOK INT64_MIN

/* --- structures that compiled code knows ------------------------------------------------------ */

typedef struct ZynRuntime ZynRuntime;
typedef struct ZynTask ZynTask;
typedef struct ZynContext ZynContext;
typedef struct ZynDescriptor ZynDescriptor;

typedef int64_t ZynPollFn(void *state_machine, ZynContext *cx);
typedef void ZynDropFn(void *state_machine);
typedef void ZynWakeFn(void *data);

/* A tagged value of 16 bytes.  As ZynContext.error: tag 0 is "no error", 1 is a ZynError * in
 * payload. */
typedef struct ZynDyn {
	uint64_t tag;
	uint64_t payload;
} ZynDyn;

/* Whoever waits keeps a copy of this; waking twice or after the task ended is harmless. */
typedef struct ZynWaker {
	ZynWakeFn *fn;
	void *data;
} ZynWaker;

struct ZynContext {
	ZynTask *task;  /* null in a direct call made by a host */
	ZynWaker waker; /* may be replaced for a child */
	/* bits of ZynAttention; tested at entries and loop back-edges */
	_Atomic uint64_t attention;
	uintptr_t stack_limit; /* the lowest address a frame may reach */
	ZynDyn error;          /* set by whoever fails */
	ZynRuntime *runtime;
};

typedef struct ZynPromise {
	void *state_machine;
	ZynPollFn *poll_fn; /* the stable stub */
} ZynPromise;

/* In front of every frame that is not placed inside its caller's. */
typedef struct ZynFrameHeader {
	ZynPromise promise;
	_Atomic uint32_t refs;
	_Atomic uint32_t flags; /* ZYN_FRAME_* */
	const ZynDescriptor *descriptor;
} ZynFrameHeader;

#define ZYN_FRAME_RUNNING 1u  /* is being polled now */
#define ZYN_FRAME_TASK 2u     /* is scheduled by the runtime; awaited through its join list */
#define ZYN_FRAME_DETACHED 4u /* nobody holds it; it is being cancelled and frees itself */

typedef struct ZynTypeInfo {
	uint32_t size;
	uint32_t align;
	uint32_t kind; /* ZynTypeKind */
	uint32_t flags;
	void (*retain)(void *value); /* null when the value holds no reference */
	void (*release)(void *value);
	const char *name;
} ZynTypeInfo;

struct ZynDescriptor {
	uint32_t size;  /* bytes from the state word on; the header is not included */
	uint32_t align; /* at most 16 */
	uint32_t result_offset;
	uint32_t result_type; /* ZynTypeKind */
	void *init;
	ZynPollFn **poll_cell; /* one store here changes the build that runs */
	ZynDropFn *drop;       /* null when neither parameters nor result hold a reference */
	uint32_t side_table;
	uint32_t flags;
	ZynPollFn *poll;                /* the stable stub */
	const ZynTypeInfo *result_info; /* never null */
	const char *name;
};

/* Immutable text.  refs == UINT32_MAX is a constant that is never freed. */
typedef struct ZynString {
	_Atomic uint32_t refs;
	uint32_t hash;   /* 0 when not computed */
	uint64_t length; /* bytes */
	char bytes[];    /* UTF-8, and a zero byte that length does not count */
} ZynString;

typedef struct ZynError {
	_Atomic uint32_t refs;
	uint32_t code;       /* ZynErrorCode */
	uint32_t line;       /* 1-based; 0 when no source line is to blame */
	uint32_t side_table; /* of the function that failed; 0 when none */
	uint64_t length;
	char message[]; /* UTF-8, zero terminated */
} ZynError;

/* A place in a source program, as compiled code passes it: side table id in the high half, line
 * in the low. */
typedef uint64_t ZynSite;

/* --- called by compiled code ------------------------------------------------------------------ */

/* A frame of its own for `descriptor`, zeroed, one reference, state START.  Null and cx->error
 * when memory is out. */
ZYN_API void *zyn_frame_new(ZynContext *cx, const ZynDescriptor *descriptor);
/* Attention was not zero at `site`.  0: go on.  1: cx->error is set, clean up and end.  May
 * block for a debugger.  `sm` is the machine being polled, null in a direct function. */
ZYN_API int32_t zyn_attend(ZynContext *cx, void *sm, ZynSite site);
/* On entry the stack is low or attention is not zero: as zyn_attend, after a test of the stack. */
ZYN_API int32_t zyn_enter(ZynContext *cx, void *sm, ZynSite site);
/* A machine that has ended is polled again: the i64 of its first answer, from state and slot. */
ZYN_API int64_t zyn_repoll(void *sm, ZynContext *cx);
/* The end of a poll with cx->error set: the state becomes FAILED or CANCELLED; gives
 * ZYN_POLL_LOOK. */
ZYN_API int64_t zyn_failed(void *sm, ZynContext *cx);
/* cx->error becomes a cancelled error; what a resumed frame calls when attention says CANCEL. */
ZYN_API void zyn_fail_cancelled(ZynContext *cx);
ZYN_API void zyn_fail_stack(ZynContext *cx, ZynSite site);
ZYN_API void zyn_fail_division(ZynContext *cx, ZynSite site, int64_t dividend);
ZYN_API void zyn_fail_index(ZynContext *cx, ZynSite site, int64_t index, uint64_t length);
ZYN_API void zyn_fail_null(ZynContext *cx, ZynSite site);
ZYN_API void zyn_fail_panic(ZynContext *cx, ZynSite site, ZynString *message);
/* Gives an error of input or output in cx a place, unless it has one; leaves others alone. */
ZYN_API void zyn_fail_at(ZynContext *cx, ZynSite site);

ZYN_API void zyn_string_retain(ZynString *s); /* null is legal and does nothing, here and below */
ZYN_API void zyn_string_release(ZynString *s);
/* null: cx->error is set */
ZYN_API ZynString *zyn_string_concat(ZynContext *cx, ZynString *a, ZynString *b);
ZYN_API int32_t zyn_string_equal(const ZynString *a, const ZynString *b); /* 0 or 1 */
/* <0, 0, >0; bytewise */
ZYN_API int32_t zyn_string_compare(const ZynString *a, const ZynString *b);
ZYN_API ZynString *zyn_string_from_i64(ZynContext *cx, int64_t value);

ZYN_API void zyn_promise_retain(ZynPromise *p);
/* Drops a reference, on any thread.  The last one frees a machine that ended or never started,
 * and hands a live one to its runtime, which cancels it and frees it. */
ZYN_API void zyn_promise_release(ZynPromise *p);
/* Makes `p` a task and puts it in the ready queue, if it is not one already.  Gives `p`,
 * retained. */
ZYN_API ZynPromise *zyn_spawn(ZynContext *cx, ZynPromise *p, ZynSite site);

/* As zyn_spawn, and runs the first segment of `p` at once, inside the caller's poll.  1 when it
 * ended there. */
ZYN_API int32_t zyn_start(ZynContext *cx, ZynPromise *p, ZynSite site);

/* Leaf futures.  init fills `mem` (size and align as in zynrt.def) and keeps no reference of the
 * caller's; poll is a ZynPollFn; drop is legal on a leaf that ended or never started; take moves
 * the result to `out`, retained, once, after the poll said Ready and the state is RETURNED.  A
 * failed child leaves cx->error and state FAILED. */
ZYN_API void zyn_delay_init(ZynContext *cx, void *mem, int64_t ms);
ZYN_API int64_t zyn_delay_poll(void *mem, ZynContext *cx);
ZYN_API void zyn_delay_drop(void *mem);
ZYN_API void zyn_yield_now_init(ZynContext *cx, void *mem);
ZYN_API int64_t zyn_yield_now_poll(void *mem, ZynContext *cx);
ZYN_API void zyn_yield_now_drop(void *mem);
ZYN_API void zyn_pending_init(ZynContext *cx, void *mem);
ZYN_API int64_t zyn_pending_poll(void *mem, ZynContext *cx);
ZYN_API void zyn_pending_drop(void *mem);
/* Awaits any promise: polls it in place when this task is its only user, else waits on its join
 * list. */
ZYN_API void zyn_await_promise_init(ZynContext *cx, void *mem, ZynPromise *p);
ZYN_API int64_t zyn_await_promise_poll(void *mem, ZynContext *cx);
ZYN_API void zyn_await_promise_drop(void *mem);
ZYN_API void zyn_await_promise_take(void *mem, void *out);
/* Several promises, made tasks by the first poll, in order.  join: all values, or the first
 * failure at once. */
ZYN_API void zyn_join_init(ZynContext *cx, void *mem, ZynPromise *const *promises, uint64_t count);
ZYN_API int64_t zyn_join_poll(void *mem, ZynContext *cx);
ZYN_API void zyn_join_drop(void *mem);
ZYN_API void zyn_join_take(void *mem, void *out); /* `count` results, one after the other */
/* race: the first to end, lowest index first among those ended in one round; its failure is the
 * race's. */
ZYN_API void zyn_race_init(ZynContext *cx, void *mem, ZynPromise *const *promises, uint64_t count);
ZYN_API int64_t zyn_race_poll(void *mem, ZynContext *cx);
ZYN_API void zyn_race_drop(void *mem);
ZYN_API void zyn_race_take(void *mem, void *out);
/* all_settled: waits for every one, never fails.  take writes `count` records of `stride` bytes:
 * a bool at `ok`, the value at `value` when ok, else a retained ZynString * message at `error`;
 * bytes not written are zero. */
ZYN_API void zyn_all_settled_init(ZynContext *cx, void *mem, ZynPromise *const *promises,
                                  uint64_t count);
ZYN_API int64_t zyn_all_settled_poll(void *mem, ZynContext *cx);
ZYN_API void zyn_all_settled_drop(void *mem);
ZYN_API void zyn_all_settled_take(void *mem, void *out, uint32_t stride, uint32_t ok,
                                  uint32_t value, uint32_t error);

/* --- called by debug builds ------------------------------------------------------------------- */

/* One activation of a debug-build function: one call of a direct function, one poll of a state
 * machine.  It lies on the native stack; the chain from the newest is the logical stack of the
 * running task. */
typedef struct ZynActivation {
	struct ZynActivation *caller;
	void *state_machine; /* null in a direct function */
	void *shadow;        /* the locals, at the shadow offsets of the side table */
	uint32_t side_table;
	uint32_t probe; /* the statement being executed */
	uint64_t flags;
} ZynActivation;

ZYN_API void zyn_probe_enter(ZynContext *cx, ZynActivation *activation);
ZYN_API void zyn_probe_leave(ZynContext *cx, ZynActivation *activation);
/* Called when the byte of this probe in the function's probe table is not 0.  Blocks while the
 * task is stopped.  Gives 1 when the task was cancelled meanwhile: cx->error is set, clean up
 * and end. */
ZYN_API int32_t zyn_probe(ZynContext *cx, ZynActivation *activation, uint32_t probe);
/* The shadow block of `sm`: `size` bytes that live as long as the frame, zeroed when new or when
 * the state is START. Null when memory is out: the build then runs on a block of its stack. */
ZYN_API void *zyn_shadow(ZynContext *cx, void *sm, uint32_t side_table, uint32_t size);

/* --- called by a host ------------------------------------------------------------------------- */

#define ZYN_CLOCK_REAL 0u
#define ZYN_CLOCK_VIRTUAL 1u

/* For every task who spawned it and where, how often and by whom it was woken.  A debugger turns
 * this on when it attaches; of tasks made before then it does not know. */
#define ZYN_NOTE_TASKS 1u
/* With a seed: by random priorities that change at a few polls (PCT), instead of at random. */
#define ZYN_SEED_PCT 2u

/* One worker for each core that the process may use; with a virtual clock or a seed, one. */
#define ZYN_WORKERS_AUTO UINT32_MAX

typedef struct ZynOptions {
	uint32_t size;    /* sizeof(ZynOptions) */
	uint32_t workers; /* 0, 1: the caller's thread is the worker; n: threads, real clock only */
	uint32_t clock;   /* ZYN_CLOCK_* */
	uint32_t flags;   /* ZYN_NOTE_TASKS, ZYN_SEED_PCT */
	uint64_t seed; /* 0: tasks are polled first in first out; else in an order made from it */
	uint64_t stack_bytes; /* of one poll; 0: what the thread has, less a margin */
	/* bytes of frames, strings and errors alive at once; 0: no limit */
	uint64_t memory_max;
	uint64_t fuel; /* polls of tasks and direct calls, see zyn_rt_fuel; 0: no limit */
} ZynOptions;

ZYN_API uint32_t zyn_abi_version(void);
/* null when memory is out or an option is unknown */
ZYN_API ZynRuntime *zyn_rt_new(const ZynOptions *options);
/* Cancels every task, runs their clean-up and frees the runtime.  Promises that a host still
 * holds stay readable and may be released later; polling them gives CANCELLED. */
ZYN_API void zyn_rt_free(ZynRuntime *rt);

/* One turn: fires due timers (virtual: advances to the next deadline if nothing is runnable),
 * then polls every task that was in the ready queue at its start once.  Gives the number of
 * polls, or -1 when another thread has the baton or the call comes from inside a poll. */
ZYN_API int64_t zyn_rt_turn(ZynRuntime *rt);
/* Nanoseconds until the next timer; 0: something is runnable now; -1: only an outside wake can
 * make work. */
ZYN_API int64_t zyn_rt_next_deadline(ZynRuntime *rt);
/* A file descriptor that is readable after a wake from outside; zyn_rt_turn drains it.  Once it
 * was asked for, wakes cost a system call more.  Any thread. */
ZYN_API int zyn_rt_wake_fd(ZynRuntime *rt);
/* Turns until `p` ended, `timeout_ns` passed (-1: none) or nothing can ever wake it (DEADLOCK).
 * Waits for outside wakes in between, without spinning.  A running poll is cancelled when the
 * timeout passes inside it. */
ZYN_API int32_t zyn_rt_block_on(ZynRuntime *rt, ZynPromise *p, int64_t timeout_ns);
/* Turns until nothing is runnable and no timer is left. */
ZYN_API int32_t zyn_rt_run_until_idle(ZynRuntime *rt);
/* Asks whatever runs now to end with INTERRUPTED; if nothing does, the next run, so that an
 * interrupt in the moment before a call is not lost.  Any thread, and from a signal handler. */
ZYN_API void zyn_rt_interrupt(ZynRuntime *rt);
/* Takes back an interrupt that came too late to end anything.  Any thread, and from a signal
 * handler. */
ZYN_API void zyn_rt_interrupt_clear(ZynRuntime *rt);
/* For a host whose own handler of SIGINT cannot answer while native code runs.  From the first
 * call on, a signal that comes while this thread runs code of a runtime interrupts it
 * (zyn_rt_interrupt), and then the host's handler is called as before; a default or ignored signal
 * stays so.  A signal between a call of this and the run that follows ends that run: call it
 * before each, then let the host's handler have its say.  One thread of the process only, best its
 * main one.  Gives how many signals came so far. */
ZYN_API uint64_t zyn_sigint_look(void);
/* `delta` operations of the host that will wake some task began (or, negative, ended).  While
 * one is under way there is no deadlock and the virtual clock waits.  Any thread. */
ZYN_API void zyn_rt_outside(ZynRuntime *rt, int64_t delta);
/* Bytes and objects alive: frames, strings, errors, groups.  Any thread. */
ZYN_API uint64_t zyn_rt_live_objects(ZynRuntime *rt);
ZYN_API uint64_t zyn_rt_live_bytes(ZynRuntime *rt);
/* How many more polls of tasks and direct calls there may be; UINT64_MAX: no limit.  At 0 each
 * fails with OUT_OF_FUEL.  One that does not come back for about a second has used up what was
 * left. Any thread. */
ZYN_API uint64_t zyn_rt_fuel(ZynRuntime *rt);
/* Changes that.  What failed before stays failed. */
ZYN_API void zyn_rt_refuel(ZynRuntime *rt, uint64_t fuel);
ZYN_API uint64_t zyn_rt_now_ns(ZynRuntime *rt);

/* Calls a direct function: thunk(cx, args, result).  READY, or FAILED / CANCELLED with *error. */
typedef void ZynThunk(ZynContext *cx, const void *args, void *result);
ZYN_API int32_t zyn_call_direct(ZynRuntime *rt, ZynThunk *thunk, const void *args, void *result,
                                ZynError **error);
/* A task for an async function, not yet scheduled: `args` are the parameters as the frame lays
 * them out from its offset `args_offset` on; their references move into the frame. */
ZYN_API ZynPromise *zyn_call_async(ZynRuntime *rt, const ZynDescriptor *descriptor,
                                   const void *args, uint32_t args_offset, uint32_t args_size);
/* A task around a foreign machine: polled once per round with `fn(machine)`; 0 is pending,
 * anything else the value (an i64).  `release`, if any, gets `machine` once, when the task is
 * dropped. */
ZYN_API ZynPromise *zyn_call_foreign(ZynRuntime *rt, int64_t (*fn)(void *machine), void *machine,
                                     void (*release)(void *machine));
/* Ends a foreign machine with a failure from inside its fn: the text is copied; fn's return
 * value is ignored. */
ZYN_API void zyn_foreign_fail(ZynRuntime *rt, const char *message, uint64_t length);

/* One turn in which `p` is polled exactly once (see zyn_rt_turn); gives its status.  BUSY as
 * there. */
ZYN_API int32_t zyn_promise_poll(ZynRuntime *rt, ZynPromise *p);
/* Polls `p` at once, before and without anything else that is runnable, if it was neither polled
 * nor scheduled yet, so that one that need not wait costs no turn.  A team gets it to run, and so
 * does a thread that turns the runtime already.  Gives its status, with STARTED_MORE when the
 * runtime has to be turned for something; BUSY as zyn_rt_turn. */
ZYN_API int32_t zyn_promise_start(ZynRuntime *rt, ZynPromise *p);
#define ZYN_STARTED_MORE 0x100
ZYN_API int32_t zyn_promise_status(ZynPromise *p);     /* any thread */
ZYN_API uint64_t zyn_promise_polls(ZynPromise *p);     /* any thread */
ZYN_API uint64_t zyn_promise_task_id(ZynPromise *p);   /* 0 when it is no task; any thread */
ZYN_API const void *zyn_promise_result(ZynPromise *p); /* borrowed; null unless READY */
ZYN_API const ZynTypeInfo *zyn_promise_result_info(ZynPromise *p);
/* borrowed; null unless FAILED or CANCELLED */
ZYN_API ZynError *zyn_promise_error(ZynPromise *p);
/* delivered at its next poll; any thread */
ZYN_API void zyn_promise_cancel(ZynPromise *p);
ZYN_API void zyn_promise_spawn(ZynRuntime *rt, ZynPromise *p);

/* null: memory is out */
ZYN_API ZynString *zyn_string_new(ZynRuntime *rt, const char *bytes, uint64_t length);
ZYN_API void zyn_error_release(ZynError *e);
ZYN_API void zyn_waker_wake(ZynWaker waker); /* any thread */

/* --- called by a debugger --------------------------------------------------------------------- */

typedef struct ZynTaskInfo {
	uint64_t id;         /* 1, 2, 3 .. in the order of creation; never reused */
	uint64_t parent;     /* the task that spawned it; 0 when the host did */
	uint64_t spawn_site; /* ZynSite; 0 when the host did, or nobody took notes */
	void *state_machine;
	const ZynDescriptor *descriptor;
	const ZynActivation *activation; /* newest, while stopped inside a poll; else null */
	ZynError *error;                 /* borrowed; null unless failed */
	uint64_t polls;
	uint64_t wakes;
	uint64_t parked_since_ns; /* runtime clock */
	uint64_t waker;           /* the task that woke it last; 0: a timer or the outside */
	uint64_t stop_site;       /* ZynSite of an attention stop in a fast build; else 0 */
	uint32_t state;           /* ZynTaskState */
	uint32_t stop;            /* ZynStopReason while stopped; else 0 */
	uint32_t held;            /* 1 while held */
	uint32_t cancelling;      /* 1 once a cancel was asked for */
} ZynTaskInfo;

/* What a debugger is told, on the thread that it happened on; must not call back into the
 * runtime except for the functions of this section, and must return at once. */
typedef struct ZynDebugEvents {
	void *data;
	/* `task` stopped.  `probe_site` is its ZynSite, `mid_poll` 0 when it stopped parked. */
	void (*stopped)(void *data, uint64_t task, uint32_t reason, uint32_t mid_poll);
	void (*task_changed)(void *data, uint64_t task, uint32_t state);
	/* A round found tasks but nothing that can wake any of them. */
	void (*deadlock)(void *data, uint64_t tasks);
} ZynDebugEvents;

/* Attaches; null detaches, which lets every stopped and held task go. */
ZYN_API void zyn_dbg_attach(ZynRuntime *rt, const ZynDebugEvents *events);
/* Tasks with id > `after`, in order of id, at most `max`; gives how many were written.  Ended
 * tasks that still have a holder are included. */
ZYN_API uint64_t zyn_dbg_tasks(ZynRuntime *rt, uint64_t after, ZynTaskInfo *out, uint64_t max);
ZYN_API int32_t zyn_dbg_task(ZynRuntime *rt, uint64_t id, ZynTaskInfo *out); /* 0: no such task */
/* The probe bytes of a debug build; `flags` belongs to the build and must outlive the runtime. */
ZYN_API void zyn_dbg_probes(ZynRuntime *rt, uint32_t side_table, _Atomic uint8_t *flags,
                            uint32_t count);
/* Arms or disarms a breakpoint. */
ZYN_API int32_t zyn_dbg_break(ZynRuntime *rt, uint32_t side_table, uint32_t probe, int32_t on);
/* Lets a stopped task go, as far as `mode` says.  A task that is not stopped gets the mode for
 * its next run, which is how "poll" steps a parked task.  0: no such task, or it ended. */
/* added to a mode: opens the gate, at the end of the poll that the task stopped in */
#define ZYN_RESUME_OPEN 0x100u
ZYN_API int32_t zyn_dbg_resume(ZynRuntime *rt, uint64_t task, uint32_t mode);
/* Stops a task: at its next probe, back-edge or entry when it runs, where it waits when it is
 * parked or runnable. */
ZYN_API int32_t zyn_dbg_pause(ZynRuntime *rt, uint64_t task);
/* While `closed` no task starts a poll and the virtual clock stands still; a poll under way goes
 * on. */
ZYN_API void zyn_dbg_gate(ZynRuntime *rt, int32_t closed);
/* Closes the gate by itself at every stop, before the event is sent. */
ZYN_API void zyn_dbg_stop_all(ZynRuntime *rt, int32_t on);
ZYN_API int32_t zyn_dbg_hold(ZynRuntime *rt, uint64_t task, int32_t on);
ZYN_API int32_t zyn_dbg_wake(ZynRuntime *rt, uint64_t task);
ZYN_API int32_t zyn_dbg_cancel(ZynRuntime *rt, uint64_t task);
/* Which events stop: bit 0 a task failure, bit 1 a deadlock, bit 2 the first statement of every
 * new task. */
ZYN_API void zyn_dbg_filters(ZynRuntime *rt, uint32_t bits);
/* Reads or writes the debuggee's memory without a fault; gives the bytes done. */
ZYN_API uint64_t zyn_dbg_read(const void *address, void *out, uint64_t size);
ZYN_API uint64_t zyn_dbg_write(void *address, const void *bytes, uint64_t size);
/* The shadow block of a frame, or null. */
ZYN_API void *zyn_dbg_shadow(ZynRuntime *rt, void *sm, uint32_t *side_table, uint32_t *size);

/* Tells gdb or lldb, if one is there now or comes later, of an object file in memory whose sections
 * say where they were loaded.  It stays in use for ever.  0: no memory.  Any thread. */
ZYN_API int32_t zyn_gdb_register(const void *object, uint64_t size);

/* Whether task_changed is called; attaching turns it on.  A debugger that hears too much may turn
 * it off, also from inside the call, and then costs a busy program nothing. */
ZYN_API void zyn_dbg_changes(ZynRuntime *rt, int32_t on);

/* One poll of one task.  It begins on the runtime's clock; its length is real time, also under a
 * virtual clock, and contains the time that it was stopped. */
typedef struct ZynPollRecord {
	uint64_t task;
	uint64_t begin_ns;
	uint64_t length_ns;
	uint32_t side_table;
	uint32_t state_before;
	uint32_t state_after;
	uint32_t wake;     /* ZynWake: what it was woken for this poll by */
	uint64_t woken_ns; /* when that was, on the runtime's clock; 0 unless woken */
	uint64_t waker;    /* the task that did it; 0 unless one did */
} ZynPollRecord;

/* Records polls from now on, the last 65,536 of them; off forgets them.  0: memory is out. */
ZYN_API int32_t zyn_dbg_trace(ZynRuntime *rt, int32_t on);
/* Records from number `*from` on, oldest first, at most `max`; moves `*from` behind them. */
ZYN_API uint64_t zyn_dbg_trace_read(ZynRuntime *rt, uint64_t *from, ZynPollRecord *out,
                                    uint64_t max);

#include "zyn_sync.h"
#include "zyn_io.h"

#include "zyn_call.h"
#include "zyn_embedded.h"

/* --- order and counters ----------------------------------------------------------------------- */

/* Which of two runnable tasks is polled first.  One of low priority that waited 64 rounds moves
 * up. */
#define ZYN_PRIORITY_CRITICAL 0u
#define ZYN_PRIORITY_HIGH 1u
#define ZYN_PRIORITY_NORMAL 2u
#define ZYN_PRIORITY_LOW 3u
#define ZYN_PRIORITY_IDLE 4u
/* Of a promise that is not scheduled yet.  0: it is, or there is no such priority. */
ZYN_API int32_t zyn_promise_priority(ZynRuntime *rt, ZynPromise *p, uint32_t priority);

/* A number that stands for every poll so far, in order: which task, from which state to which, and
 * when.  Two runs with one seed have the same.  0 when the runtime has no seed. */
ZYN_API uint64_t zyn_rt_trace_hash(ZynRuntime *rt);

/* What one worker did since the beginning, except for `queued`. */
typedef struct ZynMetrics {
	uint64_t polls;
	uint64_t parks;  /* times it found nothing to do and went to sleep */
	uint64_t wakes;  /* wakers called on it */
	uint64_t steals; /* tasks taken from other workers, before their first poll */
	uint64_t given;  /* tasks handed to others, after it */
	uint64_t queued; /* tasks that are runnable now */
} ZynMetrics;

/* Counters of worker 0 .. n - 1, each right by itself and moments apart; gives n.  Of several
 * workers the first is the host's: it polls foreign machines only.  Any thread. */
ZYN_API uint32_t zyn_rt_metrics(ZynRuntime *rt, uint32_t worker, ZynMetrics *out);

/* --- profile ---------------------------------------------------------------------------------- */

/* In `state` the frame of `side_table` has the one that it awaits inside it. */
typedef struct ZynProfileFrame {
	uint32_t side_table;
	uint32_t state;
	uint32_t offset; /* bytes from the state word */
	uint32_t inner;  /* side table of the frame there */
} ZynProfileFrame;

/* What polls cost that resumed one stack of awaits.  Every frame of the stack counts the poll and
 * the time parked; the time in poll and what was made belong to the innermost. */
typedef struct ZynProfileStack {
	uint64_t polls;
	uint64_t poll_ns;    /* real time, without that of polls inside */
	uint64_t parked_ns;  /* runtime clock, from one poll to the next, in queues too */
	uint64_t frames;     /* promises made */
	uint64_t blocks;     /* other objects: strings, errors, groups */
	uint64_t bytes;      /* of both */
	uint32_t outer;      /* the stack around: who awaits or spawned it; 0: the host */
	uint32_t side_table; /* 0: a machine of the host */
	uint32_t state;      /* in which the polls began */
	uint32_t unused;
} ZynProfileStack;

/* Sums up every poll from now on; off forgets it.  `frames` is copied.  0: memory is out. */
ZYN_API int32_t zyn_dbg_profile(ZynRuntime *rt, int32_t on, const ZynProfileFrame *frames,
                                uint64_t count);
/* Stacks 0 .. n - 1, of which at most `max` are written; gives n.  Number 0 is outside of every
 * poll; a stack's `outer` is less than its own number. */
ZYN_API uint64_t zyn_dbg_profile_read(ZynRuntime *rt, ZynProfileStack *out, uint64_t max);

#endif
