/* Awaiting a promise.
 *
 * A promise that only this await uses is polled in place: no task, no queue, the child's leaves
 * park with our waker.  As soon as a second one wants it, it becomes a task (rule 5 of task.c)
 * and everybody waits on its join list.
 *
 * Rule 1.  while polled in place, ZynTask.owner is this leaf; who finds it changed, or a task, has
 *          lost the place.
 * Rule 2.  the leaf holds one reference until it is dropped, or until it ends without a value.
 * Rule 3.  a cancelled await stops its child: one that it polled in place is cancelled at once, and
 *          pended for as long as it waits for something itself; a task, by rule 5.
 * Rule 4.  in a team a child is polled in place only if this leaf has the only reference: another
 *          worker may be just as interested.
 * Rule 5.  who does not want a task any more stops it: one that nobody else holds is cancelled and
 *          waited for, clean-up included, unless the runtime is being freed; any other is let go.
 */
#include "internal.h"

/* Between START and the end: STOPPING once it is cancelled. */
enum { WAITING = 1, STOPPING };

/* --- stopping --------------------------------------------------------------------------------- */

/* Whether the end of `task` is to be waited for: it may have something to clean up, and nobody else
 * could want to know.  Rule 5. */
static bool is_ours_to_end(ZynTask *task, ZynContext *cx)
{
	if (!zyn__flag(task, ZYN_FRAME_TASK) || task == cx->task ||
	    zyn__attention(cx, ZYN_ATTENTION_HURRY))
		return false;
	if (cx->runtime->team == NULL &&
	    *zyn__machine_state(zyn__task_machine(task)) == ZYN_STATE_START)
		return false; /* it never began: letting go frees it at once */
	return atomic_load_explicit(&zyn__task_header(task)->refs, memory_order_acquire) == 1;
}

bool zyn__joined_stop(ZynPromise **place, ZynJoiner *joiner, bool again, ZynContext *cx)
{
	ZynPromise *promise = *place;
	if (promise == NULL)
		return true;
	ZynTask *task = zyn__task_of_promise(promise);
	/* Until then another worker may count its end, and look at the promise for that. */
	zyn__joiner_leave(task, joiner);
	if (!zyn__task_ended(task) && is_ours_to_end(task, cx)) {
		if (!again)
			zyn_promise_cancel(promise);
		joiner->waker = cx->waker;
		if (zyn__task_join(task, joiner)) {
			if (zyn__attention(cx, ZYN_ATTENTION_CANCEL))
				atomic_fetch_or(&cx->attention, ZYN_ATTENTION_LINGERS);
			return false;
		}
	}
	*place = NULL;
	zyn_promise_release(promise);
	return true;
}

/* --- the leaf --------------------------------------------------------------------------------- */

static void let_go(ZynAwait *await)
{
	ZynPromise *promise = await->promise;
	await->promise = NULL;
	if (promise != NULL)
		zyn__joiner_leave(zyn__task_of_promise(promise), &await->joiner);
	zyn_promise_release(promise);
}

/* Ends the await with what its ended child has to say. */
static int64_t answer(ZynAwait *await, ZynContext *cx)
{
	ZynTask *child = zyn__task_of_promise(await->promise);
	ZYN_ASSERT(zyn__task_ended(child));
	await->in_place = 0;
	if (zyn__get(&child->status) == ZYN_READY) {
		await->state = ZYN_STATE_RETURNED; /* Rule 2: the value stays there until it is
		                                      taken. */
		return ZYN_POLL_LOOK;
	}
	zyn__error_set(cx, zyn__error_retain(child->error));
	await->state = ZYN_STATE_FAILED;
	let_go(await);
	return ZYN_POLL_LOOK;
}

static int64_t fail_busy(ZynAwait *await, ZynContext *cx)
{
	zyn__error_set(cx, zyn__error_constant(ZYN_ERROR_BUSY));
	await->state = ZYN_STATE_FAILED;
	let_go(await);
	return ZYN_POLL_LOOK;
}

/* Polls the child once; true when it ended. */
static bool poll_in_place(ZynAwait *await, ZynTask *child, ZynContext *cx)
{
	ZynPromise *promise = zyn__task_promise(child);
	ZynSeat *seat = ZYN_CONTAINER(cx, ZynSeat, cx);
	zyn__flag_set(child, ZYN_FRAME_RUNNING);
	await->joiner.outer = seat->in_place;
	seat->in_place = await;
	zyn__set(&child->polls, zyn__get(&child->polls) + 1);
	ZynProfilePoll profiled = {0};
	if (cx->runtime->head->profile != NULL)
		zyn__profile_begin(cx->runtime, child, false, &profiled);
	bool ready;
	bool cancelled = child->cancelling || zyn__attention(cx, ZYN_ATTENTION_CANCEL);
	if (cancelled)
		ready = zyn__task_poll_cancelled(child, cx);
	else
		ready = promise->poll_fn(promise->state_machine, cx) != 0;
	if (!ready && !cancelled && child->cancelling) /* asked for while it ran */
		ready = zyn__task_poll_cancelled(child, cx);
	if (profiled.on)
		zyn__profile_end(cx->runtime, child, &profiled);
	zyn__flag_clear(child, ZYN_FRAME_RUNNING);
	seat->in_place = await->joiner.outer;
	await->joiner.outer = NULL;
	if (ready)
		zyn__task_end(child, cx);
	return ready;
}

static int64_t wait_for_task(ZynAwait *await, ZynTask *child, ZynContext *cx)
{
	if (await->state != ZYN_STATE_START && !await->in_place) /* a wake that nobody asked for */
		zyn__joiner_leave(child, &await->joiner);
	if (!zyn__flag(child, ZYN_FRAME_TASK))
		zyn__task_become(cx->runtime, child, zyn__task_id_of(cx), 0);
	if (cx->runtime->team == NULL)
		zyn__task_schedule(child);
	else
		zyn__task_ask(cx->runtime, child, ZYN_INBOX_SCHEDULE);
	await->in_place = 0;
	await->state = WAITING;
	await->joiner.waker = cx->waker;
	if (zyn__task_run_ahead(cx, await, child)) {
		if (cx->runtime->team != NULL || zyn__get(&cx->runtime->queued) == 0)
			return answer(await, cx);
		zyn__wake_own(cx); /* what is queued was to run first */
		return 0;
	}
	return zyn__task_join(child, &await->joiner) ? 0 : answer(await, cx);
}

/* A child that has not ended is still this leaf's to poll. */
static bool in_place_of(const ZynAwait *await, ZynTask *child)
{
	return !zyn__flag(child, ZYN_FRAME_TASK) && child->owner == await;
}

static int64_t cancel(ZynAwait *await, ZynContext *cx)
{
	ZynTask *child = await->promise != NULL ? zyn__task_of_promise(await->promise) : NULL;
	if (child != NULL && await->in_place && in_place_of(await, child)) {
		await->joiner.waker = cx->waker;
		if (!poll_in_place(await, child, cx)) /* Rule 3. */
			return 0;
		zyn_error_release(zyn__error_take(cx));
	}
	bool again = await->state == STOPPING;
	await->state = STOPPING;
	await->in_place = 0;
	if (!zyn__joined_stop(&await->promise, &await->joiner, again, cx))
		return 0;
	await->state = ZYN_STATE_CANCELLED;
	zyn_fail_cancelled(cx);
	return ZYN_POLL_LOOK;
}

void zyn_await_promise_init(ZynContext *cx, void *mem, ZynPromise *p)
{
	(void)cx;
	ZynAwait *await = mem;
	zyn__promise_retain_compiled(p);
	*await = (ZynAwait){.promise = p};
}

/* Rules 1 and 4, of a child that is no task. */
static bool is_ours(ZynAwait *await, ZynTask *child, ZynContext *cx)
{
	if (await->in_place || cx->runtime->team == NULL)
		return child->owner == await || child->owner == NULL;
	return atomic_load_explicit(&zyn__task_header(child)->refs, memory_order_acquire) == 1;
}

/* Whether the child runs further up this very stack; elsewhere it may run too, while a debugger has
 * that thread stopped. */
static bool polls_itself(const ZynAwait *await, ZynContext *cx)
{
	const ZynAwait *above = ZYN_CONTAINER(cx, ZynSeat, cx)->in_place;
	while (above != NULL && above->promise != await->promise) /* as deep as awaits nest */
		above = above->joiner.outer;
	return above != NULL;
}

int64_t zyn_await_promise_poll(void *mem, ZynContext *cx)
{
	ZynAwait *await = mem;
	if (zyn__attention(cx, ZYN_ATTENTION_CANCEL))
		return cancel(await, cx);
	if (await->promise == NULL) { /* a null promise in the program */
		zyn__error_set(cx, zyn__error_constant(ZYN_ERROR_NULL_VALUE));
		await->state = ZYN_STATE_FAILED;
		return ZYN_POLL_LOOK;
	}
	ZynTask *child = zyn__task_of_promise(await->promise);
	if (zyn__task_ended(child))
		return answer(await, cx);
	bool plain = !zyn__flag(child, ZYN_FRAME_TASK);
	if (plain && zyn__flag(child, ZYN_FRAME_RUNNING) && polls_itself(await, cx))
		return fail_busy(await, cx);
	if (!plain || !is_ours(await, child, cx))
		return wait_for_task(await, child, cx);
	ZYN_ASSERT(!zyn__flag(child, ZYN_FRAME_RUNNING));
	await->in_place = 1;
	await->state = WAITING;
	child->owner = await;
	await->joiner.waker = cx->waker;
	if (poll_in_place(await, child, cx))
		return answer(await, cx);
	if (!in_place_of(await, child))
		return wait_for_task(await, child, cx); /* it was spawned while it ran */
	return 0;
}

int64_t zyn__await_poll_among(ZynAwait *await, ZynContext *cx)
{
	uint32_t ahead_left = cx->runtime->ahead_left;
	cx->runtime->ahead_left = 0;
	int64_t answer = zyn_await_promise_poll(await, cx);
	cx->runtime->ahead_left = ahead_left;
	return answer;
}

void zyn_await_promise_drop(void *mem)
{
	ZynAwait *await = mem;
	ZYN_ASSERT(await->joiner.place == NULL);
	if (await->promise != NULL)
		let_go(await);
}

void zyn_await_promise_take(void *mem, void *out)
{
	ZynAwait *await = mem;
	ZYN_ASSERT(await->state == ZYN_STATE_RETURNED);
	ZYN_ASSERT(await->promise != NULL);
	zyn__result_copy(zyn__task_of_promise(await->promise), out);
}
