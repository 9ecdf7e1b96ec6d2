/* Stopping one task while the others go on.
 *
 * A task that stops inside a poll cannot be taken off its thread: its native frames are on that
 * stack.  So the thread blocks with it, and if nobody else turns the runtime, a substitute
 * thread does.
 *
 * Rule 1.  exactly one thread runs compiled code of a worker: the one with its baton.  A thread
 * that stops gives the baton up before it blocks and waits for it, in line, when its task is
 *          resumed.
 * Rule 2.  rt->drivers counts threads that turn the worker and are not blocked.  When it falls
 *          to 0 while a thread is blocked, a substitute is called; a substitute retires as soon
 *          as it is not the only driver.
 * Rule 3.  ZynDebugTask.stop is written with the baton and under pool_lock, so that the blocked
 *          thread, which has only the lock, can wait for it.
 * Rule 4.  stopped_mid_poll falls when the thread has the baton again, not when its task is
 *          resumed: until then the poll is still in the way of the virtual clock.
 * Rule 5.  a task that is kept is in no queue; a wake meanwhile is remembered in `woken`.
 * Rule 6.  the gate closes before the event is sent, so that nothing runs between a stop and its
 *          report.
 * Rule 7.  a task that is let go inside a poll finishes that poll before another task starts
 *          one; so the gate that is opened for it opens when its poll ends, and not at all if it
 *          stops again before.
 *
 * A step ends at a probe.  Where it began is the machine and its side table, because a machine
 * that suspends comes back with another activation; for a direct function it is the activation
 * itself.
 */
#include "internal.h"

#include <stdlib.h>

/* Compiled code runs there, so it gets what a main thread has. */
#define SUBSTITUTE_STACK_BYTES ((size_t)8 * 1024 * 1024)

ZynDebugTask *zyn__debug_task(ZynTask *task)
{
	ZynTaskNote *note = zyn__note(task);
	if (note == NULL)
		return NULL;
	if (note->debug == NULL) {
		note->debug = calloc(1, sizeof *note->debug);
		if (note->debug != NULL)
			zyn__cond_init(&note->debug->cond);
	}
	return note->debug;
}

bool zyn__debug_wants_stop(ZynTask *task)
{
	const ZynDebugTask *debug = zyn__debug_of(task);
	return debug != NULL && debug->pause_requested;
}

/* --- keeping a task from being polled --------------------------------------------------------- */

void zyn__debug_keep(ZynTask *task, uint32_t why)
{
	if (zyn__get(&task->worker) & ZYN_PARKED_FREE) /* nobody takes it over from here on */
		zyn__own(task, zyn__owner(task));
	if (task->kept == 0)
		zyn__owner(task)->kept_tasks++;
	task->kept |= (uint8_t)why;
	if (zyn__task_linked(task)) { /* Rule 5. */
		zyn__ready_remove(zyn__owner(task), task);
		task->sched = ZYN_SCHED_PARKED;
		task->woken = 1;
	}
}

void zyn__debug_unkeep(ZynTask *task, uint32_t why)
{
	if (task->kept == 0)
		return;
	task->kept &= (uint8_t)~why;
	if (task->kept != 0)
		return;
	ZYN_ASSERT(zyn__owner(task)->kept_tasks > 0);
	zyn__owner(task)->kept_tasks--;
	if (task->sched == ZYN_SCHED_PARKED && task->woken) {
		task->woken = 0;
		ZynTaskNote *note = zyn__note(task);
		zyn__task_wake(task, note != NULL ? note->waker_task : 0);
		if (note != NULL)
			note->wakes--; /* it was counted when it came */
	}
}

/* --- steps ------------------------------------------------------------------------------------ */

void zyn__debug_step_set(ZynTask *task, uint32_t mode)
{
	ZynDebugTask *debug = zyn__debug_task(task);
	ZynRuntime *rt = zyn__owner(task);
	if (debug == NULL)
		return;
	bool was_armed = debug->step != ZYN_STEP_NONE && debug->step != ZYN_STEP_POLL;
	bool is_armed = mode != ZYN_STEP_NONE && mode != ZYN_STEP_POLL;
	debug->step = mode;
	zyn__debug_lock(rt->head);
	rt->head->step_tasks += (uint32_t)is_armed - (uint32_t)was_armed;
	zyn__debug_unlock(rt->head);
	const ZynActivation *activation = zyn__note(task)->activation;
	debug->start_activation = activation;
	debug->start_machine = activation != NULL ? activation->state_machine
	                                          : debug->suspended_machine;
	debug->start_table = activation != NULL ? activation->side_table : debug->suspended_table;
}

/* What KEEP needs: the step that a stop is about to end. */
static void step_note(ZynDebugTask *debug)
{
	debug->kept_step = debug->step;
	debug->kept_table = debug->start_table;
	debug->kept_machine = debug->start_machine;
	debug->kept_activation = debug->start_activation;
}

static void step_keep(ZynTask *task)
{
	ZynDebugTask *debug = zyn__debug_of(task);
	zyn__debug_step_set(task, debug->kept_step);
	debug->start_table = debug->kept_table;
	debug->start_machine = debug->kept_machine;
	debug->start_activation = debug->kept_activation;
}

static void gate_open_for(ZynTask *task)
{
	ZynRuntime *head = zyn__owner(task)->head;
	if (zyn__get(&head->gate_opener) != task)
		return;
	zyn__set(&head->gate_opener, NULL);
	zyn__set(&head->gate_closed, 0);
	if (head->team != NULL)
		zyn__kick_all(head);
}

static bool is_start(const ZynDebugTask *debug, const ZynActivation *activation)
{
	if (debug->start_machine != NULL)
		return activation->state_machine == debug->start_machine &&
		       activation->side_table == debug->start_table;
	return activation == debug->start_activation;
}

static bool start_is_active(const ZynDebugTask *debug, const ZynActivation *newest)
{
	const ZynActivation *activation = newest;
	while (activation != NULL && !is_start(debug, activation)) /* as deep as the native stack */
		activation = activation->caller;
	return activation != NULL;
}

static bool step_ends(const ZynDebugTask *debug, const ZynActivation *newest, uint8_t byte)
{
	switch (debug->step) {
	case ZYN_STEP_INTO:
		return true;
	case ZYN_STEP_OVER:
		return is_start(debug, newest) || !start_is_active(debug, newest);
	case ZYN_STEP_OUT:
		return !start_is_active(debug, newest);
	case ZYN_STEP_AWAIT:
		return (byte & ZYN_PROBE_AWAIT) != 0;
	default:
		return false;
	}
}

/* --- stopping --------------------------------------------------------------------------------- */

static void stopped(ZynTask *task, uint32_t reason, bool mid_poll)
{
	ZynRuntime *rt = zyn__owner(task);
	ZynDebugTask *debug = zyn__debug_of(task);
	pthread_mutex_lock(&rt->pool_lock);
	debug->stop = reason; /* Rule 3. */
	pthread_mutex_unlock(&rt->pool_lock);
	debug->mid_poll = mid_poll;
	debug->pause_requested = false;
	step_note(debug);
	zyn__debug_step_set(task, ZYN_STEP_NONE);
	if (rt->head->stop_all) {
		zyn__set(&rt->head->gate_closed, 1); /* Rule 6. */
		zyn__set(&rt->head->gate_opener, NULL);
	}
	const ZynDebugEvents *events = &rt->head->debugger->events;
	zyn__events_lock(rt->head);
	if (events->stopped != NULL)
		events->stopped(events->data, zyn__task_id(task), reason, mid_poll);
	zyn__events_unlock(rt->head);
}

void zyn__debug_stop_parked(ZynTask *task, uint32_t reason)
{
	if (zyn__owner(task)->head->debugger == NULL || zyn__debug_task(task) == NULL)
		return;
	ZYN_ASSERT(task->sched != ZYN_SCHED_RUNNING);
	zyn__debug_keep(task, ZYN_KEPT_STOPPED);
	zyn__debug_of(task)->stop_site = 0;
	zyn__debug_of(task)->failure = NULL;
	stopped(task, reason, false);
}

void zyn__debug_stop_here(ZynContext *cx, uint32_t reason, ZynSite site)
{
	ZynRuntime *rt = cx->runtime;
	ZynTask *task = cx->task;
	ZynDebugTask *debug = zyn__debug_task(task);
	if (debug == NULL)
		return; /* no memory: the program runs on */
	ZYN_ASSERT(debug->stop == 0);
	debug->stop_site = site;
	debug->failure = cx->error.tag == 1 ? (ZynError *)(uintptr_t)cx->error.payload : NULL;
	rt->stopped_mid_poll++;
	stopped(task, reason, true);
	uint64_t deadline_real_ns = rt->deadline_real_ns;
	uint64_t deadline_clock_ns = rt->deadline_clock_ns;
	if (atomic_fetch_sub(&rt->drivers, 1) == 1)
		zyn__debug_substitute(rt); /* Rule 2. */
	pthread_mutex_lock(&rt->pool_lock);
	zyn__baton_release(&rt->baton); /* Rule 1. */
	while (debug->stop != 0)        /* as long as the debugger likes */
		pthread_cond_wait(&debug->cond, &rt->pool_lock);
	pthread_mutex_unlock(&rt->pool_lock);
	zyn__baton_acquire(&rt->baton, ZYN_BATON_NORMAL, UINT64_MAX);
	atomic_fetch_add(&rt->drivers, 1);
	ZYN_ASSERT(rt->stopped_mid_poll > 0);
	rt->stopped_mid_poll--; /* Rule 4. */
	rt->deadline_real_ns = deadline_real_ns;
	rt->deadline_clock_ns = deadline_clock_ns;
	debug->failure = NULL;
	debug->stop_site = 0;
	zyn__kick(rt); /* a sleeping substitute retires */
}

void zyn__debug_let_go(ZynTask *task, uint32_t mode)
{
	ZynRuntime *rt = zyn__owner(task);
	ZynDebugTask *debug = zyn__debug_of(task);
	if (debug == NULL)
		return;
	if ((mode & 0xFF) == ZYN_STEP_KEEP)
		step_keep(task);
	else
		zyn__debug_step_set(task, mode & 0xFF);
	zyn__probes_arm(rt);
	if (mode & ZYN_RESUME_OPEN) {
		zyn__set(&rt->head->gate_opener, task); /* Rule 7. */
		if (debug->stop == 0 || !debug->mid_poll)
			gate_open_for(task);
	}
	if (debug->stop == 0)
		return;
	pthread_mutex_lock(&rt->pool_lock);
	debug->stop = 0; /* Rule 3. */
	pthread_cond_signal(&debug->cond);
	pthread_mutex_unlock(&rt->pool_lock);
	if (!debug->mid_poll)
		zyn__debug_unkeep(task, ZYN_KEPT_STOPPED);
}

void zyn__debug_poll_ended(ZynTask *task)
{
	ZynDebugTask *debug = zyn__debug_of(task);
	gate_open_for(task);
	if (debug->step == ZYN_STEP_POLL)
		zyn__debug_stop_parked(task, ZYN_STOP_STEP);
	else if (debug->pause_requested)
		zyn__debug_stop_parked(task, ZYN_STOP_PAUSE);
}

void zyn__debug_task_ended(ZynTask *task)
{
	gate_open_for(task);
	zyn__debug_of(task)->pause_requested = false;
	zyn__debug_step_set(task, ZYN_STEP_NONE);
	zyn__debug_unkeep(task, ZYN_KEPT_HELD | ZYN_KEPT_STOPPED);
}

void zyn__debug_task_freed(ZynTask *task)
{
	gate_open_for(task);
	task->woken = 0; /* or letting go would queue it */
	zyn__debug_unkeep(task, ZYN_KEPT_HELD | ZYN_KEPT_STOPPED);
	ZynDebugTask *debug = zyn__debug_of(task);
	if (debug == NULL)
		return;
	zyn__debug_step_set(task, ZYN_STEP_NONE);
	pthread_cond_destroy(&debug->cond);
	free(debug);
	zyn__note(task)->debug = NULL;
}

void zyn__debug_failure(ZynContext *cx, ZynSite site)
{
	ZynRuntime *rt = cx->runtime;
	if (rt->head->debugger != NULL && cx->task != NULL &&
	    (rt->head->filters & ZYN_FILTER_FAILURE))
		zyn__debug_stop_here(cx, ZYN_STOP_FAILURE, site);
}

/* --- probes ----------------------------------------------------------------------------------- */

void zyn_probe_enter(ZynContext *cx, ZynActivation *activation)
{
	ZynTask *task = cx->task;
	ZynTaskNote *note = task != NULL ? zyn__note(task) : NULL;
	activation->caller = note != NULL ? note->activation : NULL;
	if (note == NULL)
		return; /* nobody looks */
	note->activation = activation;
	if (note->debug != NULL)
		note->debug->suspended_machine = NULL;
}

void zyn_probe_leave(ZynContext *cx, ZynActivation *activation)
{
	ZynTask *task = cx->task;
	ZynTaskNote *note = task != NULL ? zyn__note(task) : NULL;
	if (note == NULL)
		return;
	note->activation = activation->caller;
	void *sm = activation->state_machine;
	if (cx->runtime->head->debugger == NULL || sm == NULL ||
	    zyn__state_ended(*zyn__machine_state(sm)))
		return;
	/* The first machine to leave unended since the last one was entered is the innermost of a
	 * suspension. */
	ZynDebugTask *debug = zyn__debug_task(task);
	if (debug != NULL && debug->suspended_machine == NULL) {
		debug->suspended_machine = sm;
		debug->suspended_table = activation->side_table;
	}
}

static uint32_t stop_reason(ZynTask *task, const ZynActivation *activation, uint8_t byte)
{
	const ZynDebugTask *debug = zyn__debug_of(task);
	bool first = !task->entered && zyn__get(&task->polls) == 1;
	task->entered = 1;
	if (byte & ZYN_PROBE_BREAK)
		return ZYN_STOP_BREAKPOINT;
	if (debug != NULL && debug->pause_requested)
		return ZYN_STOP_PAUSE;
	if (first && (zyn__owner(task)->head->filters & ZYN_FILTER_ENTRY))
		return ZYN_STOP_ENTRY;
	if (debug != NULL && step_ends(debug, activation, byte))
		return ZYN_STOP_STEP;
	return 0;
}

int32_t zyn_probe(ZynContext *cx, ZynActivation *activation, uint32_t probe)
{
	ZynRuntime *rt = cx->runtime;
	ZynTask *task = cx->task;
	activation->probe = probe;
	if (rt == NULL || rt->head->debugger == NULL || task == NULL)
		return 0;
	if (zyn__get(&rt->baton.urgent) != 0)
		zyn__baton_lend(&rt->baton);
	if (rt->head->debugger == NULL)
		return 0;
	uint32_t reason = stop_reason(task, activation,
	                              zyn__probe_byte(rt, activation->side_table, probe));
	if (reason != 0)
		zyn__debug_stop_here(cx, reason, 0);
	if (!task->cancelling && !zyn__attention(cx, ZYN_ATTENTION_CANCEL))
		return 0;
	zyn_fail_cancelled(cx);
	return 1;
}

/* --- substitutes ------------------------------------------------------------------------------ */

static void substitute_drive(ZynRuntime *rt)
{
	ZynEntry entry;
	zyn__run_enter(rt, &entry, UINT64_MAX);
	/* Rule 2: until every blocked thread is back, or somebody else turns the runtime. */
	while (entry.seat != NULL && atomic_load(&rt->drivers) == 1 && rt->stopped_mid_poll != 0) {
		rt->deadline_real_ns = UINT64_MAX;
		rt->deadline_clock_ns = UINT64_MAX;
		zyn__turn(rt, &entry, NULL);
		zyn__give_way(rt);
		int64_t idle_ns = zyn__idle_ns(rt);
		if (idle_ns == 0 || atomic_load(&rt->drivers) != 1 || rt->stopped_mid_poll == 0)
			continue;
		if (rt->worker_index != 0)
			zyn__team_idle(rt, idle_ns);
		else
			zyn__idle(rt, idle_ns, zyn__ends_seen(rt));
	}
	zyn__run_leave(&entry);
}

static void *substitute_main(void *data)
{
	ZynRuntime *rt = data;
	pthread_mutex_lock(&rt->pool_lock);
	while (!rt->pool_closing) { /* until zyn_rt_free */
		if (rt->pool_jobs == 0) {
			rt->pool_idle++;
			pthread_cond_wait(&rt->pool_cond, &rt->pool_lock);
			rt->pool_idle--;
			continue;
		}
		rt->pool_jobs--;
		pthread_mutex_unlock(&rt->pool_lock);
		substitute_drive(rt);
		pthread_mutex_lock(&rt->pool_lock);
	}
	pthread_mutex_unlock(&rt->pool_lock);
	return NULL;
}

void zyn__debug_substitute(ZynRuntime *rt)
{
	pthread_mutex_lock(&rt->pool_lock);
	rt->pool_jobs++;
	if (rt->pool_idle >= rt->pool_jobs) {
		pthread_cond_signal(&rt->pool_cond);
	} else if (rt->pool_size < ZYN_SUBSTITUTES_MAX) {
		pthread_attr_t attributes;
		pthread_attr_init(&attributes);
		pthread_attr_setstacksize(&attributes, SUBSTITUTE_STACK_BYTES);
		if (pthread_create(&rt->pool[rt->pool_size], &attributes, substitute_main, rt) == 0)
			rt->pool_size++;
		pthread_attr_destroy(&attributes);
	} /* Else the job waits for a substitute to retire; until then the other tasks stand still.
	   */
	pthread_mutex_unlock(&rt->pool_lock);
}

void zyn__debug_pool_join(ZynRuntime *rt)
{
	pthread_mutex_lock(&rt->pool_lock);
	rt->pool_closing = 1;
	uint32_t count = rt->pool_size;
	pthread_cond_broadcast(&rt->pool_cond);
	pthread_mutex_unlock(&rt->pool_lock);
	for (uint32_t i = 0; i < count; i++)
		pthread_join(rt->pool[i], NULL);
}

/* --- direct calls of a host ------------------------------------------------------------------- */

static int64_t call_poll(void *sm, ZynContext *cx)
{
	return zyn_repoll(sm, cx); /* the call is over before anybody can poll it */
}

static ZynPollFn *call_cell = call_poll;
static const ZynTypeInfo call_result = {
	.size = 0, .align = 1, .kind = ZYN_KIND_VOID, .name = "void"};
static const ZynDescriptor call_descriptor = {
	.size = 8,
	.align = 8,
	.result_type = ZYN_KIND_VOID,
	.poll_cell = &call_cell,
	.poll = call_poll,
	.result_info = &call_result,
	.name = "call",
};

void zyn__debug_call_begin(ZynRuntime *rt, ZynContext *cx)
{
	ZynTask *task = zyn__frame_make(rt, &call_descriptor);
	if (task == NULL)
		return;    /* it runs, only nobody can stop it */
	task->foreign = 1; /* it stays where it is called */
	zyn__task_become(rt, task, 0, 0);
	*zyn__machine_state(zyn__task_machine(task)) = 1;
	task->sched = ZYN_SCHED_RUNNING;
	if (zyn__note(task) != NULL)
		zyn__note(task)->seat = ZYN_CONTAINER(cx, ZynSeat, cx);
	zyn__flag_set(task, ZYN_FRAME_RUNNING);
	zyn__set(&task->polls, 1);
	cx->task = task;
	cx->waker = zyn__task_waker(task);
}

void zyn__debug_call_end(ZynContext *cx, ZynError *failure)
{
	ZynTask *task = cx->task;
	cx->task = NULL;
	if (zyn__note(task) != NULL)
		zyn__note(task)->seat = NULL;
	zyn__flag_clear(task, ZYN_FRAME_RUNNING);
	*zyn__machine_state(zyn__task_machine(task)) = failure != NULL ? ZYN_STATE_FAILED
	                                                               : ZYN_STATE_RETURNED;
	if (failure != NULL)
		zyn__error_set(cx, zyn__error_retain(failure));
	zyn__task_end(task, cx);
	zyn_promise_release(zyn__task_promise(task));
}
