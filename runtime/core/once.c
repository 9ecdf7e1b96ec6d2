/* Something to be done once: the first to ask does it, the others wait until it is done.
 *
 * Rule 1.  exactly one is told to do it at a time; it says finish or abort afterwards.
 * Rule 2.  after an abort the longest waiting is told to do it; so it is when the one that was told
 *          is cancelled before it heard.
 * Rule 3.  after finish nobody waits and nobody is told.
 */
#include "signals.h"

#define DOES_IT 1u /* amount of a waiter */

static void once_free(ZynObject *object)
{
	ZYN_ASSERT(zyn__list_empty(&((ZynOnce *)object)->queue));
}

static void once_describe(ZynObject *object, const ZynWaiter *waiter, ZynWaitInfo *out)
{
	ZynOnce *once = (ZynOnce *)object;
	out->owner = once->owner;
	out->waiting = zyn__waiters_count(&once->queue, waiter, out);
}

static const ZynObjectOps once_ops = {
	.kind = ZYN_OBJECT_ONCE,
	.free = once_free,
	.describe = once_describe,
};

ZynOnce *zyn_once_new(ZynRuntime *rt)
{
	ZynOnce *once = zyn__object_new(rt, sizeof *once, &once_ops);
	if (once != NULL)
		zyn__list_init(&once->queue);
	return once;
}

/* Rule 2, with the lock. */
static ZynWaker pass_on(ZynOnce *once)
{
	ZynWaiter *waiter = zyn__waiter_first(&once->queue);
	once->owner = waiter != NULL ? waiter->task : 0;
	once->is_running = waiter != NULL;
	if (waiter == NULL)
		return (ZynWaker){0};
	waiter->amount = DOES_IT;
	return zyn__waiter_settle(waiter, ZYN_WAITER_GRANTED);
}

int32_t zyn_once_finish(ZynOnce *once)
{
	zyn__biased_lock(&once->object.lock);
	bool was_running = once->is_running;
	if (was_running) {
		once->is_running = 0;
		once->is_done = 1;
		once->owner = 0;
		zyn__signal_all(&once->queue, 0); /* Rule 3. */
	}
	zyn__biased_unlock(&once->object.lock);
	return was_running ? ZYN_OUTCOME_DONE : ZYN_OUTCOME_REFUSED;
}

int32_t zyn_once_abort(ZynOnce *once)
{
	ZynWaker wake = {0};
	zyn__biased_lock(&once->object.lock);
	bool was_running = once->is_running;
	if (was_running)
		wake = pass_on(once);
	zyn__biased_unlock(&once->object.lock);
	zyn_waker_wake(wake);
	return was_running ? ZYN_OUTCOME_DONE : ZYN_OUTCOME_REFUSED;
}

int32_t zyn_once_is_done(ZynOnce *once)
{
	zyn__biased_lock(&once->object.lock);
	int32_t is_done = once->is_done != 0;
	zyn__biased_unlock(&once->object.lock);
	return is_done;
}

static void abandon(ZynSignalLeaf *leaf)
{
	if (leaf->waiter.state == ZYN_WAITER_GRANTED && leaf->waiter.amount == DOES_IT)
		zyn_waker_wake(pass_on((ZynOnce *)leaf->object));
}

void zyn_once_begin_init(ZynContext *cx, void *mem, ZynOnce *once)
{
	ZynSignalLeaf *leaf = mem;
	if (!zyn__wait_start(leaf, cx, once))
		return;
	leaf->waiter.amount = 0;
	zyn__biased_lock(&once->object.lock);
	if (!once->is_done && once->is_running) {
		zyn__wait_begin(leaf, cx, &once->object, &once->queue);
	} else if (!once->is_done) { /* Rule 1. */
		once->is_running = 1;
		once->owner = zyn__task_id_of(cx);
		leaf->waiter.amount = DOES_IT;
	}
	zyn__biased_unlock(&once->object.lock);
}

int64_t zyn_once_begin_poll(void *mem, ZynContext *cx)
{
	return zyn__signal_poll(mem, cx, abandon);
}

int32_t zyn_once_begin_take(void *mem, void *out)
{
	return zyn__signal_take(mem, out);
}

void zyn_once_begin_drop(void *mem)
{
	zyn__signal_drop(mem, abandon);
}
