/* The debugger's part of internal.h, which includes it: debug_hooks.c, debug_stop.c,
 * debug_memory.c, probes.c, shadow.c.
 */
#ifndef ZYN_DEBUG_H
#define ZYN_DEBUG_H

/* What a debugger wants of one task; made when it first wants something. */
struct ZynDebugTask {
	pthread_cond_t cond; /* its thread waits here while it is stopped inside a poll */
	/* ZynStopReason while stopped, else 0; guarded by pool_lock as well */
	uint32_t stop;
	uint32_t step; /* ZynStepMode under way */
	bool mid_poll; /* stopped inside a poll, not where it waits */
	bool pause_requested;
	uint32_t suspended_table; /* of suspended_machine */
	/* innermost machine of the last suspension that a debug build saw */
	void *suspended_machine;
	uint32_t start_table; /* the activation that a step began in */
	void *start_machine;
	const ZynActivation *start_activation;
	uint32_t kept_step; /* the same four of the step that this stop ended, for KEEP */
	uint32_t kept_table;
	void *kept_machine;
	const ZynActivation *kept_activation;
	uint64_t stop_site;
	ZynError *failure; /* borrowed; why it is about to fail, while stopped for that */
};

/* The probe bytes of one build. */
struct ZynProbeTable {
	_Atomic uint8_t *flags; /* null: the slot is empty */
	uint32_t side_table;
	uint32_t count;
};

#define ZYN_PROBE_BREAK 0x01u /* a breakpoint is here */
#define ZYN_PROBE_STEP 0x02u  /* some task steps */
#define ZYN_PROBE_AWAIT 0x80u /* set by the build: this statement follows an await */

#define ZYN_FILTER_FAILURE 1u
#define ZYN_FILTER_DEADLOCK 2u
#define ZYN_FILTER_ENTRY 4u

/* Enters for a debugger, at the next safe point of whoever runs. */
void zyn__debug_enter(ZynEntry *entry, ZynRuntime *rt);
ZynDebugTask *zyn__debug_task(ZynTask *task); /* null: memory is out */
void zyn__debug_task_changed(ZynTask *task);
/* poll_trace.c: around a poll, while rt->poll_trace is not null. */
void zyn__poll_trace_begin(ZynRuntime *rt, ZynTask *task, ZynPollRecord *record);
void zyn__poll_trace_end(ZynRuntime *rt, ZynTask *task, ZynPollRecord *record);
/* `task`, whose note is `note`, was woken by `by`, as ZynTaskNote.waker_task. */
void zyn__poll_trace_woken(ZynTask *task, ZynTaskNote *note, uint64_t by);
void zyn__poll_trace_free(ZynRuntime *rt);
/* waker.c: who wakes what this thread, with the baton of `rt`, is about to wake: the task that it
 * polls, as ZynTaskNote.waker_task. */
uint64_t zyn__waking_task(ZynRuntime *rt);
void zyn__debug_task_freed(ZynTask *task);
void zyn__debug_task_ended(ZynTask *task);
/* A poll of `task` ended and the task did not: it may have to stop where it waits. */
void zyn__debug_poll_ended(ZynTask *task);
/* The task is inside a poll and wants to stop: blocks this thread until it is resumed. */
void zyn__debug_stop_here(ZynContext *cx, uint32_t reason, ZynSite site);
void zyn__debug_stop_parked(ZynTask *task, uint32_t reason);
void zyn__debug_let_go(ZynTask *task, uint32_t mode);
void zyn__debug_keep(ZynTask *task, uint32_t why);
void zyn__debug_unkeep(ZynTask *task, uint32_t why);
void zyn__debug_step_set(ZynTask *task, uint32_t mode);
void zyn__debug_failure(ZynContext *cx, ZynSite site);
bool zyn__debug_wants_stop(ZynTask *task);
/* Around a direct call of a host; gives it a task while a debugger is attached, so that it can
 * be stopped. */
void zyn__debug_call_begin(ZynRuntime *rt, ZynContext *cx);
void zyn__debug_call_end(ZynContext *cx, ZynError *failure);
bool zyn__debug_deadlock(ZynRuntime *rt); /* false: nobody wants to know */
void zyn__debug_detach(ZynRuntime *rt);
/* Makes sure that somebody turns the runtime while threads are blocked inside polls. */
void zyn__debug_substitute(ZynRuntime *rt);
void zyn__debug_pool_join(ZynRuntime *rt);
uint8_t zyn__probe_byte(ZynRuntime *rt, uint32_t side_table, uint32_t probe);
/* sets or clears the step bits as rt->step_tasks and filters say */
void zyn__probes_arm(ZynRuntime *rt);
void zyn__probes_clear(ZynRuntime *rt); /* no breakpoint and no step is left */
void zyn__probes_free(ZynRuntime *rt);
void zyn__shadow_frame_freed(ZynRuntime *rt, void *sm, uint32_t size);
void zyn__shadows_free(ZynRuntime *rt);

#endif
