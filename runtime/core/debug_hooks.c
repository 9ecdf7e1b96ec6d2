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
#include "debug_tasks.h"

#include <stdlib.h>

/* Every task of every worker, until `visit` says false. */
void zyn__debug_visit(ZynRuntime *rt, ZynTaskVisitor *visit, void *data)
{
	for (uint32_t i = 0; i < zyn__worker_count(rt); i++)
		if (!zyn__slab_visit(zyn__worker(rt, i), visit, data))
			return;
}

typedef struct Search {
	uint64_t id;
	ZynTask *found;
} Search;

static bool is_sought(ZynTask *task, void *data)
{
	Search *search = data;
	if (zyn__task_id(task) != search->id)
		return true;
	search->found = task;
	return false;
}

static ZynTask *task_find(ZynRuntime *rt, uint64_t id)
{
	Search search = {.id = id};
	zyn__debug_visit(rt, is_sought, &search);
	return search.found;
}

uint32_t zyn__debug_state(ZynTask *task)
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

void zyn__debug_describe(ZynTask *task, ZynTaskInfo *out)
{
	static const ZynTaskNote nothing;
	const ZynTaskNote *noted = zyn__note(task);
	const ZynTaskNote *note = noted != NULL ? noted : &nothing;
	ZynDebugTask *debug = note->debug;
	bool stopped = debug != NULL && debug->stop != 0;
	bool mid_poll = stopped && debug->mid_poll;
	ZynError *failure = stopped ? debug->failure : NULL;
	*out = (ZynTaskInfo){
		.id = zyn__task_id(task),
		.parent = note->parent,
		.spawn_site = note->spawn_site,
		.state_machine = zyn__task_machine(task),
		.descriptor = zyn__task_header(task)->descriptor,
		.activation = mid_poll ? note->activation : NULL,
		.error = zyn__task_error(task) != NULL ? zyn__task_error(task) : failure,
		.polls = zyn__get(&task->polls),
		.wakes = note->wakes,
		.parked_since_ns = note->parked_since_ns,
		.waker = note->waker_task != ZYN_BY_TIMER ? note->waker_task : 0,
		.stop_site = stopped ? debug->stop_site : 0,
		.state = zyn__debug_state(task),
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
		zyn__slab_note(rt);
		if (rt->head->debugger == NULL)
			rt->head->debugger = calloc(1, sizeof *rt->head->debugger);
		if (rt->head->debugger != NULL)
			rt->head->debugger->events = *events;
		rt->head->tells_changes = rt->head->debugger != NULL;
		zyn__watch_update(rt);
		rt->now_ns = zyn__clock_now(rt);
	}
	zyn__leave(&entry);
}

static bool let_loose(ZynTask *task, void *data)
{
	(void)data;
	ZynDebugTask *debug = zyn__debug_of(task);
	if (debug != NULL) {
		debug->pause_requested = false;
		zyn__debug_let_go(task, ZYN_STEP_NONE);
	}
	zyn__debug_unkeep(task, ZYN_KEPT_HELD | ZYN_KEPT_STOPPED);
	return true;
}

void zyn__debug_detach(ZynRuntime *rt)
{
	zyn__debug_visit(rt, let_loose, NULL);
	free(rt->head->debugger);
	rt->head->debugger = NULL;
	rt->head->tells_changes = 0;
	zyn__watch_update(rt);
	zyn__set(&rt->head->gate_closed, 0);
	zyn__set(&rt->head->gate_opener, NULL);
	rt->head->stop_all = 0;
	rt->head->filters = 0;
	zyn__probes_clear(rt);
	zyn__kick_all(rt);
}

/* --- events ----------------------------------------------------------------------------------- */

void zyn__debug_task_changed(ZynTask *task)
{
	ZynRuntime *head = zyn__owner(task)->head;
	const ZynDebugEvents *events = &head->debugger->events;
	if (events->task_changed == NULL || !zyn__flag(task, ZYN_FRAME_TASK))
		return;
	zyn__events_lock(head);
	events->task_changed(events->data, zyn__task_id(task), zyn__debug_state(task));
	zyn__events_unlock(head);
}

static bool count_unended(ZynTask *task, void *data)
{
	*(uint64_t *)data += !zyn__task_ended(task);
	return true;
}

bool zyn__debug_deadlock(ZynRuntime *rt)
{
	const ZynDebugEvents *events = &rt->head->debugger->events;
	if ((rt->head->filters & ZYN_FILTER_DEADLOCK) == 0 || events->deadlock == NULL)
		return false;
	uint64_t tasks = 0;
	zyn__debug_visit(rt, count_unended, &tasks);
	if (rt->head->stop_all)
		zyn__set(&rt->head->gate_closed, 1);
	zyn__events_lock(rt->head);
	events->deadlock(events->data, tasks);
	zyn__events_unlock(rt->head);
	return true;
}

void zyn_dbg_changes(ZynRuntime *rt, int32_t on)
{
	if (zyn__here(rt) != NULL) { /* from inside an event */
		zyn__set(&rt->head->tells_changes, on && rt->head->debugger != NULL);
		return;
	}
	ZynEntry entry;
	zyn__debug_enter(&entry, rt);
	zyn__set(&rt->head->tells_changes, on && rt->head->debugger != NULL);
	zyn__leave(&entry);
}

/* --- requests --------------------------------------------------------------------------------- */

/* The `max` lowest ids above `after`: `out` is a heap with the highest of them on top, of which
 * only id and state_machine are used until all tasks were seen. */
typedef struct Page {
	uint64_t after;
	ZynTaskInfo *out;
	uint64_t count;
	uint64_t max;
} Page;

static void heap_swap(ZynTaskInfo *a, ZynTaskInfo *b)
{
	uint64_t id = a->id;
	void *sm = a->state_machine;
	a->id = b->id;
	a->state_machine = b->state_machine;
	b->id = id;
	b->state_machine = sm;
}

static void heap_down(ZynTaskInfo *heap, uint64_t count, uint64_t at)
{
	for (uint64_t child; (child = 2 * at + 1) < count; at = child) {
		if (child + 1 < count && heap[child + 1].id > heap[child].id)
			child++;
		if (heap[at].id >= heap[child].id)
			return;
		heap_swap(&heap[at], &heap[child]);
	}
}

static void heap_up(ZynTaskInfo *heap, uint64_t at)
{
	while (at != 0 && heap[(at - 1) / 2].id < heap[at].id) {
		heap_swap(&heap[at], &heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
}

static bool collect(ZynTask *task, void *data)
{
	Page *page = data;
	uint64_t id = zyn__task_id(task);
	if (id <= page->after || page->max == 0)
		return true;
	if (page->count < page->max) {
		page->out[page->count].id = id;
		page->out[page->count].state_machine = zyn__task_machine(task);
		heap_up(page->out, page->count++);
	} else if (id < page->out[0].id) {
		page->out[0].id = id;
		page->out[0].state_machine = zyn__task_machine(task);
		heap_down(page->out, page->count, 0);
	}
	return true;
}

uint64_t zyn_dbg_tasks(ZynRuntime *rt, uint64_t after, ZynTaskInfo *out, uint64_t max)
{
	ZynEntry entry;
	Page page = {.after = after, .out = out, .max = max};
	zyn__debug_enter(&entry, rt);
	zyn__debug_visit(rt, collect, &page);
	for (uint64_t left = page.count; left > 1;) { /* the highest goes to the end, and so on */
		heap_swap(&out[0], &out[--left]);
		heap_down(out, left, 0);
	}
	for (uint64_t i = 0; i < page.count; i++)
		zyn__debug_describe(zyn__task_of_machine(out[i].state_machine), &out[i]);
	zyn__leave(&entry);
	return page.count;
}

int32_t zyn_dbg_task(ZynRuntime *rt, uint64_t id, ZynTaskInfo *out)
{
	ZynEntry entry;
	zyn__debug_enter(&entry, rt);
	ZynTask *task = task_find(rt, id);
	if (task != NULL)
		zyn__debug_describe(task, out);
	zyn__leave(&entry);
	return task != NULL;
}

int32_t zyn_dbg_task_wait(ZynRuntime *rt, uint64_t id, uint64_t polls, uint32_t leaf,
                          const void *mem, ZynWaitInfo *out)
{
	ZynEntry entry;
	zyn__debug_enter(&entry, rt);
	ZynTask *task = task_find(rt, id);
	ZynTaskInfo info = {0};
	if (task != NULL)
		zyn__debug_describe(task, &info);
	bool waits = info.state == ZYN_TASK_PARKED || info.state == ZYN_TASK_HELD;
	int32_t known = 0;
	if (waits && info.polls == polls) /* so nobody wrote to its frames since it was seen */
		known = zyn_dbg_wait(leaf, mem, out);
	zyn__leave(&entry);
	return known;
}

/* Runs `act` on a task that has not ended; 0 when there is none. */
static int32_t with_task(ZynRuntime *rt, uint64_t id, void (*act)(ZynTask *task, uint32_t argument),
                         uint32_t argument)
{
	ZynEntry entry;
	zyn__debug_enter(&entry, rt);
	ZynTask *task = task_find(rt, id);
	bool found = task != NULL && !zyn__task_ended(task);
	if (found && zyn__free_to_own(task)) { /* with all batons nobody else can claim it */
		zyn__claim(task, zyn__owner(task));
		zyn__task_requeue(task);
	}
	if (found) {
		act(task, argument);
		zyn__kick_all(rt); /* somebody may sleep who can do something now */
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
	ZynSeat *seat = zyn__note(task)->seat;
	if (seat != NULL)
		atomic_fetch_or(&seat->cx.attention, ZYN_ATTENTION_STOP);
	else
		zyn__seats_ring(zyn__owner(task), ZYN_ATTENTION_STOP); /* it ran before the notes */
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
	if (zyn__owner(task)->head->debugger != NULL)
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
	zyn__set(&rt->head->gate_closed, closed != 0);
	zyn__set(&rt->head->gate_opener, NULL);
	zyn__kick_all(rt);
	zyn__leave(&entry);
}

void zyn_dbg_stop_all(ZynRuntime *rt, int32_t on)
{
	ZynEntry entry;
	zyn__debug_enter(&entry, rt);
	rt->head->stop_all = on != 0;
	zyn__leave(&entry);
}

void zyn_dbg_filters(ZynRuntime *rt, uint32_t bits)
{
	ZynEntry entry;
	zyn__debug_enter(&entry, rt);
	rt->head->filters = bits;
	zyn__probes_arm(rt);
	zyn__leave(&entry);
}
