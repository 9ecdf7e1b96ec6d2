/* What a debugger asks for and what it is told.
 *
 * A debugger is a thread that takes the baton like any other, but out of turn: who runs is rung,
 * and lends the baton at its next safe point, which is the end of a poll, a loop's back-edge, a
 * function's entry or a probe.  So nothing here needs a lock of its own, and a runtime without a
 * debugger pays one comparison for each poll.
 *
 * What is absent: a way to get hold of a runtime whose thread is inside a function of the host.
 * A request then waits for that function to return.
 */
#include "internal.h"

#include <stdlib.h>

static ZynTask *task_find(ZynRuntime *rt, uint64_t id)
{
	for (ZynList *link = rt->tasks.next; link != &rt->tasks; link = link->next) {
		ZynTask *task = ZYN_CONTAINER(link, ZynTask, all);
		if (zyn__get(&task->id) >= id)
			return zyn__get(&task->id) == id ? task : NULL;
	}
	return NULL;
}

static uint32_t task_state(ZynTask *task)
{
	switch (zyn__get(&task->status)) {
	case ZYN_READY:
		return ZYN_TASK_COMPLETED;
	case ZYN_FAILED:
		return ZYN_TASK_FAILED;
	case ZYN_CANCELLED:
		return ZYN_TASK_CANCELLED;
	default:
		break;
	}
	if (task->sched == ZYN_SCHED_RUNNING)
		return ZYN_TASK_RUNNING;
	if (task->kept & ZYN_KEPT_HELD)
		return ZYN_TASK_HELD;
	if (task->sched == ZYN_SCHED_IDLE)
		return ZYN_TASK_PENDING;
	return task->sched == ZYN_SCHED_QUEUED || task->woken ? ZYN_TASK_RUNNABLE : ZYN_TASK_PARKED;
}

static void task_describe(ZynTask *task, ZynTaskInfo *out)
{
	ZynDebugTask *debug = task->debug;
	bool stopped = debug != NULL && debug->stop != 0;
	bool mid_poll = stopped && debug->mid_poll;
	ZynError *failure = stopped ? debug->failure : NULL;
	*out = (ZynTaskInfo){
		.id = zyn__get(&task->id),
		.parent = task->parent,
		.spawn_site = task->spawn_site,
		.state_machine = zyn__task_machine(task),
		.descriptor = zyn__task_header(task)->descriptor,
		.activation = mid_poll ? task->activation : NULL,
		.error = task->error != NULL ? task->error : failure,
		.polls = zyn__get(&task->polls),
		.wakes = task->wakes,
		.parked_since_ns = task->parked_since_ns,
		.waker = task->waker_task,
		.stop_site = stopped ? debug->stop_site : 0,
		.state = task_state(task),
		.stop = stopped ? debug->stop : 0,
		.held = (task->kept & ZYN_KEPT_HELD) != 0,
		.cancelling = task->cancelling,
	};
}

/* --- attaching -------------------------------------------------------------------------------- */

void zyn_dbg_attach(ZynRuntime *rt, const ZynDebugEvents *events)
{
	ZynEntry entry;
	zyn__debug_enter(&entry, rt);
	if (events == NULL) {
		zyn__debug_detach(rt);
	} else {
		if (rt->debugger == NULL)
			rt->debugger = calloc(1, sizeof *rt->debugger);
		if (rt->debugger != NULL)
			rt->debugger->events = *events;
		rt->tells_changes = rt->debugger != NULL;
		rt->now_ns = zyn__clock_now(rt);
	}
	zyn__leave(&entry);
}

void zyn__debug_detach(ZynRuntime *rt)
{
	for (ZynList *link = rt->tasks.next; link != &rt->tasks; link = link->next) {
		ZynTask *task = ZYN_CONTAINER(link, ZynTask, all);
		if (task->debug != NULL) {
			task->debug->pause_requested = false;
			zyn__debug_let_go(task, ZYN_STEP_NONE);
		}
		zyn__debug_unkeep(task, ZYN_KEPT_HELD | ZYN_KEPT_STOPPED);
	}
	free(rt->debugger);
	rt->debugger = NULL;
	rt->tells_changes = 0;
	rt->gate_closed = 0;
	rt->gate_opener = NULL;
	rt->stop_all = 0;
	rt->filters = 0;
	zyn__probes_clear(rt);
	zyn__kick(rt);
}

/* --- events ----------------------------------------------------------------------------------- */

void zyn__debug_task_changed(ZynTask *task)
{
	const ZynDebugEvents *events = &task->runtime->debugger->events;
	if (events->task_changed != NULL && zyn__flag(task, ZYN_FRAME_TASK))
		events->task_changed(events->data, zyn__get(&task->id), task_state(task));
}

bool zyn__debug_deadlock(ZynRuntime *rt)
{
	const ZynDebugEvents *events = &rt->debugger->events;
	if ((rt->filters & ZYN_FILTER_DEADLOCK) == 0 || events->deadlock == NULL)
		return false;
	uint64_t tasks = 0;
	for (ZynList *link = rt->tasks.next; link != &rt->tasks; link = link->next)
		tasks += !zyn__task_ended(ZYN_CONTAINER(link, ZynTask, all));
	if (rt->stop_all)
		rt->gate_closed = 1;
	events->deadlock(events->data, tasks);
	return true;
}

void zyn_dbg_changes(ZynRuntime *rt, int32_t on)
{
	ZynEntry entry;
	zyn__debug_enter(&entry, rt);
	rt->tells_changes = on && rt->debugger != NULL;
	zyn__leave(&entry);
}

/* --- requests --------------------------------------------------------------------------------- */

uint64_t zyn_dbg_tasks(ZynRuntime *rt, uint64_t after, ZynTaskInfo *out, uint64_t max)
{
	ZynEntry entry;
	uint64_t written = 0;
	zyn__debug_enter(&entry, rt);
	for (ZynList *link = rt->tasks.next; link != &rt->tasks && written < max;
	     link = link->next) {
		ZynTask *task = ZYN_CONTAINER(link, ZynTask, all);
		if (zyn__get(&task->id) > after)
			task_describe(task, &out[written++]);
	}
	zyn__leave(&entry);
	return written;
}

int32_t zyn_dbg_task(ZynRuntime *rt, uint64_t id, ZynTaskInfo *out)
{
	ZynEntry entry;
	zyn__debug_enter(&entry, rt);
	ZynTask *task = task_find(rt, id);
	if (task != NULL)
		task_describe(task, out);
	zyn__leave(&entry);
	return task != NULL;
}

/* Runs `act` on a task that has not ended; 0 when there is none. */
static int32_t with_task(ZynRuntime *rt, uint64_t id, void (*act)(ZynTask *task, uint32_t argument),
                         uint32_t argument)
{
	ZynEntry entry;
	zyn__debug_enter(&entry, rt);
	ZynTask *task = task_find(rt, id);
	bool found = task != NULL && !zyn__task_ended(task);
	if (found) {
		act(task, argument);
		zyn__kick(rt); /* somebody may sleep who can do something now */
	}
	zyn__leave(&entry);
	return found;
}

static void act_pause(ZynTask *task, uint32_t argument)
{
	(void)argument;
	ZynDebugTask *debug = zyn__debug_task(task);
	if (debug == NULL || debug->stop != 0)
		return;
	if (task->sched != ZYN_SCHED_RUNNING) {
		zyn__debug_stop_parked(task, ZYN_STOP_PAUSE);
		return;
	}
	debug->pause_requested = true;
	if (task->seat != NULL)
		atomic_fetch_or(&task->seat->cx.attention, ZYN_ATTENTION_STOP);
}

static void act_resume(ZynTask *task, uint32_t mode)
{
	ZynDebugTask *debug = zyn__debug_task(task);
	if (debug != NULL)
		debug->pause_requested = false;
	zyn__debug_let_go(task, mode);
}

static void act_hold(ZynTask *task, uint32_t on)
{
	if (on)
		zyn__debug_keep(task, ZYN_KEPT_HELD);
	else
		zyn__debug_unkeep(task, ZYN_KEPT_HELD);
	if (task->runtime->debugger != NULL)
		zyn__debug_task_changed(task);
}

static void act_wake(ZynTask *task, uint32_t argument)
{
	(void)argument;
	zyn__task_schedule(task);
	zyn__task_wake(task, 0);
}

static void act_cancel(ZynTask *task, uint32_t argument)
{
	(void)argument;
	zyn__task_cancel(task, false);
}

int32_t zyn_dbg_resume(ZynRuntime *rt, uint64_t task, uint32_t mode)
{
	return with_task(rt, task, act_resume, mode);
}

int32_t zyn_dbg_pause(ZynRuntime *rt, uint64_t task)
{
	return with_task(rt, task, act_pause, 0);
}

int32_t zyn_dbg_hold(ZynRuntime *rt, uint64_t task, int32_t on)
{
	return with_task(rt, task, act_hold, on != 0);
}

int32_t zyn_dbg_wake(ZynRuntime *rt, uint64_t task)
{
	return with_task(rt, task, act_wake, 0);
}

int32_t zyn_dbg_cancel(ZynRuntime *rt, uint64_t task)
{
	return with_task(rt, task, act_cancel, 0);
}

void zyn_dbg_gate(ZynRuntime *rt, int32_t closed)
{
	ZynEntry entry;
	zyn__debug_enter(&entry, rt);
	rt->gate_closed = closed != 0;
	rt->gate_opener = NULL;
	zyn__kick(rt);
	zyn__leave(&entry);
}

void zyn_dbg_stop_all(ZynRuntime *rt, int32_t on)
{
	ZynEntry entry;
	zyn__debug_enter(&entry, rt);
	rt->stop_all = on != 0;
	zyn__leave(&entry);
}

void zyn_dbg_filters(ZynRuntime *rt, uint32_t bits)
{
	ZynEntry entry;
	zyn__debug_enter(&entry, rt);
	rt->filters = bits;
	zyn__probes_arm(rt);
	zyn__leave(&entry);
}
