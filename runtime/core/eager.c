/* Starting a task at once: its first segment runs inside the poll of the task that makes it.
 *
 * This is what languages with eager async functions need; Zyntax, whose functions start when they
 * are polled, never calls it.  The new task is an ordinary one afterwards: it parks, is woken and
 * is joined like any other.
 *
 * Rule 1.  the caller's context is lent to the new task and given back as it was, error included.
 * Rule 2.  a task that is already running, ended, held or cancelled is left alone.
 */
#include "internal.h"

int32_t zyn_start(ZynContext *cx, ZynPromise *p, ZynSite site)
{
	ZynTask *task = zyn__task_of_promise(p);
	zyn__task_become(cx->runtime, task, zyn__task_id_of(cx), site);
	if (!zyn__hold(task, cx->runtime))
		return 0; /* another worker has it */
	if (zyn__task_ended(task) || task->kept || task->cancelling ||
	    zyn__flag(task, ZYN_FRAME_RUNNING))
		return 0; /* Rule 2. */
	if (zyn__list_linked(&task->queue))
		zyn__ready_remove(cx->runtime, task);
	ZynTask *caller = cx->task;
	ZynWaker waker = cx->waker;
	ZynDyn error = cx->error;
	ZynEntry entry = {.seat = ZYN_CONTAINER(cx, ZynSeat, cx)};
	cx->task = NULL;
	cx->error = (ZynDyn){0};
	zyn__task_run(cx->runtime, &entry, task);
	cx->task = caller; /* Rule 1. */
	cx->waker = waker;
	cx->error = error;
	return zyn__task_ended(task) ? 1 : 0;
}
