/* Tasks: a promise that the runtime schedules.
 *
 * What a frame can be, by its flags and ZynTask.sched:
 *
 *     plain      no TASK; IDLE.  Polled in place by the await that owns it, or not at all yet.
 *     task       TASK and an id; IDLE (made by a host), QUEUED, RUNNING, PARKED, FOREIGN or ENDED.
 *     detached   DETACHED as well: nobody holds it.
 *     free       FREE: the block is on a free list.
 *
 *     IDLE --schedule--> QUEUED --turn--> RUNNING --pending--> PARKED --wake--> QUEUED
 *                          ^                 |--pending, woken meanwhile--> QUEUED
 *                          |                 '--ready--> ENDED
 *                          '-- a foreign machine rests in FOREIGN instead of PARKED, one round long
 *
 * Owner:   the baton holder of the worker that owns the task changes everything here.
 * Others:  read id, polls and status; ask through the inbox (waker.c); join under the lock.
 *
 * Rule 1.  a task is in at most one queue, and in one exactly while it is QUEUED or FOREIGN.
 * Rule 2.  flags and the atomic counters have one writer, so they are stored, not added to.
 * Rule 3.  status is stored last, with release: who reads an end sees the result and the error.
 * Rule 4.  a task that is woken while it runs, or while a debugger keeps it back, is queued once
 *          afterwards.
 * Rule 5.  a plain frame becomes a task when a second one wants it; the await that owned it is
 *          woken and finds out.
 * Rule 6.  the first poll with attention CANCEL is the last but for a bounded number, unless the
 *          machine waits for a nursery, which it says with LINGERS; then it parks, and is polled
 * with CANCEL again when that has ended.  A machine that never started is not polled at all.
 * Rule 7.  the end unlinks every joiner before it calls it, because the call may free the joiner.
 */
#include "internal.h"

/* ids that a worker of a team takes from the common count at a time */
#define IDS_AT_ONCE 256u

/* There is more to do for a poll than to poll. */
static bool is_watched(const ZynRuntime *rt)
{
	return zyn__get(&rt->head->watched) != 0;
}

void zyn__watch_update(ZynRuntime *rt)
{
	const ZynRuntime *head = rt->head;
	bool polls = head->debugger != NULL || head->poll_trace != NULL || head->profile != NULL ||
	             head->order != ZYN_ORDER_FIFO || zyn__get(&head->fuel) != UINT64_MAX;
	zyn__set(&rt->head->watched,
	         (head->notes_tasks ? ZYN_WATCH_NOTES : 0) | (polls ? ZYN_WATCH_POLLS : 0));
}

static bool is_fresh(ZynTask *task)
{
	return *zyn__machine_state(zyn__task_machine(task)) == ZYN_STATE_START && !task->foreign &&
	       task->kept == 0 && task->priority == ZYN_PRIORITY_NORMAL;
}

static void queue_push(ZynTask *task)
{
	ZynRuntime *rt = zyn__owner(task);
	ZYN_ASSERT(!zyn__task_linked(task)); /* Rule 1. */
	ZYN_ASSERT(!zyn__task_ended(task));
	task->sched = ZYN_SCHED_QUEUED;
	if (rt->team != NULL && is_fresh(task) && zyn__team_spawned(rt, task))
		return;
	zyn__ready_push(rt, task);
}

void zyn__task_requeue(ZynTask *task)
{
	if (task->sched == ZYN_SCHED_QUEUED && !zyn__task_linked(task))
		zyn__ready_push(zyn__owner(task), task);
}

static void changed(ZynTask *task)
{
	if (zyn__get(&zyn__owner(task)->head->tells_changes))
		zyn__debug_task_changed(task);
}

uint64_t zyn__task_id_of(ZynContext *cx)
{
	return cx->task != NULL ? zyn__task_id(cx->task) : 0;
}

/* The lower half of the next id; never 0. */
static uint32_t next_id(ZynRuntime *rt)
{
	do {                            /* twice at most */
		if (rt->team == NULL) { /* nobody else counts */
			rt->task_id_last = zyn__get(&rt->task_ids) + 1;
			zyn__set(&rt->task_ids, rt->task_id_last);
			continue;
		}
		if (rt->task_id_last == rt->task_id_end) {
			rt->task_id_last = atomic_fetch_add(&rt->head->task_ids, IDS_AT_ONCE);
			rt->task_id_end = rt->task_id_last + IDS_AT_ONCE;
		}
		rt->task_id_last++;
	} while ((uint32_t)rt->task_id_last == 0);
	return (uint32_t)rt->task_id_last;
}

void zyn__task_become(ZynRuntime *rt, ZynTask *task, uint64_t parent, uint64_t spawn_site)
{
	if (zyn__flag(task, ZYN_FRAME_TASK))
		return;
	zyn__task_lock(rt, task); /* several workers may want to at the same time */
	bool first = !zyn__flag(task, ZYN_FRAME_TASK);
	const ZynAwait *polled_by = NULL;
	if (first) {
		ZYN_ASSERT(task->sched == ZYN_SCHED_IDLE || zyn__task_ended(task));
		zyn__own(task, rt);
		zyn__set(&task->id, next_id(rt));
		ZynTaskNote *note = zyn__note(task);
		if (note != NULL) {
			note->parent = parent;
			note->spawn_site = spawn_site;
		}
		polled_by = zyn__task_ended(task) ? NULL : task->owner;
		if (!zyn__task_ended(task))
			task->joiners = NULL;
		zyn__flag_set(task, ZYN_FRAME_TASK); /* last: who sees it sees the rest */
	}
	zyn__task_unlock(rt, task);
	if (!first)
		return;
	if (polled_by != NULL) /* Rule 5. */
		zyn__waker_call(rt, polled_by->joiner.waker);
	if (rt->head->profile != NULL)
		zyn__profile_spawned(rt, task);
	changed(task);
}

void zyn__task_ask(ZynRuntime *rt, ZynTask *task, uint32_t bits)
{
	if (zyn__owner(task) == rt || zyn__free_to_own(task))
		zyn__inbox_deliver(rt, task, bits);
	else
		zyn__inbox_post(task, bits);
}

void zyn__task_schedule(ZynTask *task)
{
	if (task->sched != ZYN_SCHED_IDLE || zyn__task_ended(task))
		return;
	if (task->kept) {
		task->sched = ZYN_SCHED_PARKED;
		task->woken = 1;
		return;
	}
	queue_push(task);
	changed(task);
}

void zyn__task_wake(ZynTask *task, uint64_t waker_task)
{
	if (task->sched == ZYN_SCHED_ENDED || task->sched == ZYN_SCHED_IDLE)
		return;
	ZynRuntime *rt = zyn__owner(task);
	ZynTaskNote *note = is_watched(rt) ? zyn__note(task) : NULL;
	if (note != NULL) {
		note->wakes++;
		note->waker_task = waker_task;
		if (rt->head->poll_trace != NULL)
			zyn__poll_trace_woken(task, note, waker_task);
	}
	if (task->sched == ZYN_SCHED_RUNNING || (task->sched == ZYN_SCHED_PARKED && task->kept)) {
		task->woken = 1; /* Rule 4. */
	} else if (task->sched == ZYN_SCHED_PARKED) {
		if (zyn__get(&task->worker) &
		    ZYN_PARKED_FREE) /* a debugger, which has all batons */
			zyn__own(task, rt);
		task->sched = ZYN_SCHED_QUEUED;
		zyn__ready_push(rt, task);
		if (is_watched(rt))
			changed(task);
	}
}

void zyn__task_cancel(ZynTask *task, bool interrupted)
{
	ZynRuntime *rt = zyn__owner(task);
	if (zyn__task_ended(task) || zyn__get(&rt->head->closed))
		return;
	task->cancelling = 1;
	if (interrupted)
		task->interrupted = ZYN_CANCELLED_BY_INTERRUPT;
	bool plain = !zyn__flag(task, ZYN_FRAME_TASK);
	if (plain && task->owner != NULL) {
		zyn__waker_call(rt, task->owner->joiner.waker); /* the await will poll it and see */
		return;
	}
	if (plain && zyn__flag(task, ZYN_FRAME_RUNNING))
		return; /* its first poll, in place, is under way; the await looks afterwards */
	zyn__task_become(rt, task, 0, 0);
	zyn__task_schedule(task);
	zyn__task_wake(task, rt->head->notes_tasks ? zyn__waking_task(rt) : 0);
	if (task->sched == ZYN_SCHED_RUNNING)
		zyn__seats_ring(rt, ZYN_ATTENTION_TIMERS); /* look at once */
}

/* --- polling ---------------------------------------------------------------------------------- */

bool zyn__task_poll_cancelled(ZynTask *task, ZynContext *cx)
{
	uint32_t *state = zyn__machine_state(zyn__task_machine(task));
	ZynPromise *promise = zyn__task_promise(task);
	if (*state == ZYN_STATE_START) { /* Rule 6. */
		/* Its parameters are released now: an ended frame has released them itself. */
		const ZynDescriptor *descriptor = zyn__task_header(task)->descriptor;
		if (descriptor->drop != NULL)
			descriptor->drop(zyn__task_machine(task));
		*state = ZYN_STATE_CANCELLED;
		zyn_fail_cancelled(cx);
		return true;
	}
	uint64_t before = atomic_fetch_or(&cx->attention, ZYN_ATTENTION_CANCEL);
	uint32_t polls = 0;
	bool ended = false;
	while (polls < ZYN_CANCEL_POLLS_MAX) {
		ended = promise->poll_fn(promise->state_machine, cx) != 0;
		if (ended || zyn__attention(cx, ZYN_ATTENTION_LINGERS))
			break;
		polls++;
	}
	if ((before & ZYN_ATTENTION_CANCEL) == 0) /* the outermost; those inside tell it */
		atomic_fetch_and(&cx->attention,
		                 ~(uint64_t)(ZYN_ATTENTION_CANCEL | ZYN_ATTENTION_LINGERS));
	ZYN_ASSERT(polls < ZYN_CANCEL_POLLS_MAX);
	return ended;
}

/* How the machine ended, with its error moved out of `cx`. */
static uint32_t settle(const ZynTask *task, uint32_t state, ZynContext *cx, ZynError **error)
{
	*error = zyn__error_take(cx);
	if (state == ZYN_STATE_RETURNED) {
		ZYN_ASSERT(*error == NULL);
		zyn_error_release(*error);
		*error = NULL;
		return ZYN_READY;
	}
	ZYN_ASSERT(state == ZYN_STATE_FAILED || state == ZYN_STATE_CANCELLED);
	if (state != ZYN_STATE_FAILED && task->interrupted == ZYN_CANCELLED_BY_FUEL) {
		/* It never began; of one that did, the frames have failed. */
		zyn_error_release(*error);
		*error = zyn__error_constant(ZYN_ERROR_OUT_OF_FUEL);
		return ZYN_FAILED;
	}
	if (state != ZYN_STATE_FAILED) {
		if (*error == NULL)
			*error = zyn__error_constant(ZYN_ERROR_CANCELLED);
		return ZYN_CANCELLED;
	}
	if (*error == NULL)
		*error = zyn__error_constant(ZYN_ERROR_PANIC);
	/* Cancelled at a loop's back-edge: to the machine that is a failure like any other. */
	bool cancelled = task->cancelling && ((*error)->code == ZYN_ERROR_CANCELLED ||
	                                      (*error)->code == ZYN_ERROR_INTERRUPTED);
	return cancelled ? ZYN_CANCELLED : ZYN_FAILED;
}

static void link_joiner(ZynJoiner **place, ZynJoiner *joiner)
{
	joiner->next = *place;
	joiner->place = place;
	if (zyn__is_joiner(joiner->next))
		joiner->next->place = &joiner->next;
	*place = joiner;
}

static void unlink_joiner(ZynJoiner *joiner)
{
	*joiner->place = joiner->next;
	if (zyn__is_joiner(joiner->next))
		joiner->next->place = joiner->place;
	joiner->next = NULL;
	joiner->place = NULL;
}

/* Turns the list round; the first one's place is for the caller to set.  `list` becomes what ended
 * it: null, or ZYN_JOINED_BY_SET. */
static ZynJoiner *oldest_first(ZynJoiner **list)
{
	ZynJoiner *first = NULL;
	while (zyn__is_joiner(*list)) {
		ZynJoiner *joiner = *list;
		*list = joiner->next;
		joiner->next = first;
		if (first != NULL)
			first->place = &joiner->next;
		first = joiner;
	}
	return first;
}

/* Publishes the end and wakes who waits for it; `let_go`: a reference is to be dropped. */
static bool publish(ZynRuntime *rt, ZynTask *task, uint32_t status, ZynError *error, bool *let_go)
{
	zyn__task_lock(rt, task);
	ZynJoiner *list = zyn__flag(task, ZYN_FRAME_TASK) ? task->joiners : NULL;
	ZynJoiner *first = oldest_first(&list);
	task->error = error;
	atomic_store_explicit(&task->status, (uint8_t)status, memory_order_release); /* Rule 3. */
	*let_go = list == ZYN_JOINED_BY_SET && zyn__child_ended(task);
	if (first != NULL)
		first->place = &first;
	while (first != NULL) {
		ZynJoiner *joiner = first;
		unlink_joiner(joiner); /* Rule 7. */
		zyn__waker_call(rt, joiner->waker);
	}
	bool blocks = zyn__get(&task->blockers) != 0;
	zyn__task_unlock(rt, task);
	return blocks;
}

void zyn__task_end(ZynTask *task, ZynContext *cx)
{
	ZynRuntime *rt = ZYN_CONTAINER(cx, ZynSeat, cx)->cx.runtime;
	ZYN_ASSERT(!zyn__task_ended(task));
	ZynError *error;
	uint32_t state = *zyn__machine_state(zyn__task_machine(task));
	uint32_t status = settle(task, state, cx, &error);
	if (zyn__ready_has(rt, task)) /* spawned while an await polled it in place */
		zyn__ready_remove(rt, task);
	task->sched = ZYN_SCHED_ENDED;
	task->woken = 0;
	bool watched = is_watched(rt);
	ZynTaskNote *note = watched ? zyn__note(task) : NULL;
	if (note != NULL) {
		note->activation = NULL;
		if (note->debug != NULL)
			zyn__debug_task_ended(task);
	}
	bool detached = zyn__flag(task, ZYN_FRAME_DETACHED);
	bool let_go;
	bool blocks = publish(rt, task, status, error, &let_go);
	if (watched)
		changed(task);
	if (blocks && (rt->team != NULL || zyn__get(&rt->sleepers) != 0)) {
		zyn__ends_tell(rt->head);
		zyn__kick(rt->head);
	}
	if (let_go && zyn__frame_let_go(rt, task))
		return;
	if (detached)
		zyn__frame_free(rt, task);
	else if (rt->team != NULL && zyn__get(&task->worker) == rt->worker_index &&
	         rt->head->debugger == NULL && zyn__flag(task, ZYN_FRAME_TASK))
		zyn__park_free(task, rt); /* for whoever releases it */
}

/* Whether a task that parked goes to whoever wakes it.  A debugger finds tasks where it left them,
 * and who has to clean up stays where it is. */
static bool is_free(const ZynRuntime *rt, const ZynTask *task)
{
	return task->sched == ZYN_SCHED_PARKED && task->kept == 0 && !task->foreign &&
	       !task->cancelling && rt->head->debugger == NULL;
}

/* false: a debugger that was told of the stop has let it go already. */
static bool tell_pending(const ZynRuntime *rt, ZynTask *task)
{
	ZynTaskNote *note = zyn__note(task);
	if (note != NULL) {
		note->parked_since_ns = rt->now_ns;
		note->activation = NULL;
		if (note->debug != NULL)
			zyn__debug_poll_ended(task);
	}
	return task->sched == ZYN_SCHED_PARKED;
}

static void pending(ZynRuntime *rt, ZynTask *task)
{
	bool watched = is_watched(rt);
	task->sched = ZYN_SCHED_PARKED;
	if (watched && !tell_pending(rt, task))
		return;
	if (task->kept) {
		task->woken = task->woken || task->foreign;
	} else if (task->woken) { /* Rule 4. */
		task->sched = ZYN_SCHED_QUEUED;
		zyn__ready_push(rt, task);
	} else if (task->foreign) {
		task->sched = ZYN_SCHED_FOREIGN;
		zyn__tasks_push_back(&rt->foreign, task);
		zyn__set(&rt->queued, zyn__get(&rt->queued) + 1);
	}
	if (watched)
		changed(task);
	if (rt->team != NULL && is_free(rt, task))
		zyn__park_free(task, rt); /* it may be another worker's from here on */
}

/* One poll of the machine, with all that somebody may want to know of it. */
static bool poll_watched(ZynRuntime *rt, ZynEntry *entry, ZynTask *task)
{
	ZynContext *cx = &entry->seat->cx;
	ZynPromise *promise = zyn__task_promise(task);
	ZynTaskNote *note = zyn__note(task);
	if (note != NULL)
		note->seat = entry->seat;
	if (!task->foreign && !task->cancelling && !zyn__fuel_burn(rt)) {
		task->cancelling = 1;
		task->interrupted = ZYN_CANCELLED_BY_FUEL;
	}
	changed(task);
	ZynPollRecord record;
	bool recorded = rt->head->poll_trace != NULL;
	if (recorded)
		zyn__poll_trace_begin(rt, task, &record);
	ZynProfilePoll profiled = {0};
	if (rt->head->profile != NULL)
		zyn__profile_begin(rt, task, true, &profiled);
	uint32_t before = *zyn__machine_state(promise->state_machine);
	bool ready = true;
	if (task->cancelling)
		ready = zyn__task_poll_cancelled(task, cx);
	else
		ready = promise->poll_fn(promise->state_machine, cx) != 0;
	if (profiled.on)
		zyn__profile_end(rt, task, &profiled);
	if (recorded)
		zyn__poll_trace_end(rt, task, &record);
	if (rt->order != ZYN_ORDER_FIFO)
		zyn__hash_poll(rt, task, before, *zyn__machine_state(zyn__task_machine(task)));
	if (note != NULL)
		note->seat = NULL;
	return ready;
}

void zyn__task_run(ZynRuntime *rt, ZynEntry *entry, ZynTask *task)
{
	ZynContext *cx = &entry->seat->cx;
	ZynPromise *promise = zyn__task_promise(task);
	ZYN_ASSERT(!zyn__task_linked(task));
	ZYN_ASSERT(!zyn__task_ended(task));
	ZYN_ASSERT(cx->task == NULL);
	if (zyn__flag(task, ZYN_FRAME_RUNNING)) {
		task->sched = ZYN_SCHED_IDLE; /* an await polls it in place right now, and will give
		                                 it back */
		task->woken = 1;
		return;
	}
	task->sched = ZYN_SCHED_RUNNING;
	task->woken = 0;
	zyn__flag_set(task, ZYN_FRAME_RUNNING);
	zyn__set(&task->polls, zyn__get(&task->polls) + 1); /* Rule 2. */
	zyn__set(&rt->polls_total, zyn__get(&rt->polls_total) + 1);
	cx->task = task;
	cx->waker = zyn__task_waker(task);
	bool ready;
	if (is_watched(rt))
		ready = poll_watched(rt, entry, task);
	else if (task->cancelling)
		ready = zyn__task_poll_cancelled(task, cx);
	else
		ready = promise->poll_fn(promise->state_machine, cx) != 0;
	zyn__flag_clear(task, ZYN_FRAME_RUNNING);
	if (ready)
		zyn__task_end(task, cx); /* wakes who joins it, and is told to have done so */
	cx->task = NULL;
	if (ready)
		return;
	ZYN_ASSERT(cx->error.tag == 0);
	pending(rt, task);
}

/* --- joining ---------------------------------------------------------------------------------- */

bool zyn__task_join(ZynTask *task, ZynJoiner *joiner)
{
	ZynRuntime *rt = zyn__owner(task);
	zyn__task_lock(rt, task);
	bool ended = zyn__task_ended(task);
	ZYN_ASSERT(joiner->place == NULL);
	if (!ended)
		link_joiner(&task->joiners, joiner);
	zyn__task_unlock(rt, task);
	return !ended;
}

void zyn__joiner_leave(ZynTask *task, ZynJoiner *joiner)
{
	ZynRuntime *rt = zyn__owner(task);
	zyn__task_lock(rt, task);
	if (joiner->place != NULL)
		unlink_joiner(joiner);
	zyn__task_unlock(rt, task);
}

void zyn__task_start(ZynRuntime *rt, ZynTask *task)
{
	if (rt->team == NULL)
		zyn__task_schedule(task);
	else
		zyn__task_ask(rt, task, ZYN_INBOX_SCHEDULE);
	if (zyn__has_to_share(rt))
		zyn__team_share(rt, false);
}

ZynPromise *zyn_spawn(ZynContext *cx, ZynPromise *p, ZynSite site)
{
	ZynTask *task = zyn__task_of_promise(p);
	zyn__promise_retain_compiled(p);
	zyn__task_become(cx->runtime, task,
	                 cx->runtime->head->notes_tasks ? zyn__task_id_of(cx) : 0, site);
	zyn__task_start(cx->runtime, task);
	return p;
}

/* --- self check ------------------------------------------------------------------------------- */

/* Walks every task and asserts what the rules above say.  Tests call it between turns. */
static bool check(ZynTask *task, void *data)
{
	(void)data;
	bool queued = task->sched == ZYN_SCHED_QUEUED || task->sched == ZYN_SCHED_FOREIGN;
	ZYN_ASSERT(zyn__flag(task, ZYN_FRAME_TASK));
	ZYN_ASSERT(zyn__get(&task->id) != 0);
	ZYN_ASSERT(queued == zyn__ready_has(zyn__owner(task), task) ||
	           zyn__free_to_own(task)); /* Rule 1. */
	ZYN_ASSERT(zyn__task_ended(task) == (task->sched == ZYN_SCHED_ENDED));
	ZYN_ASSERT(zyn__get(&zyn__task_header(task)->refs) != 0 ||
	           zyn__flag(task, ZYN_FRAME_DETACHED));
	return true;
}

void zyn__task_check(ZynRuntime *rt)
{
	zyn__slab_visit(rt, check, NULL);
}
