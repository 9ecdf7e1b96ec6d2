/* Polling a task inside the poll of another.
 *
 * zyn_start: the first segment of a task runs inside the poll of the task that makes it.  This is
 * what languages with eager async functions need; Zyntax, whose functions start when they are
 * polled, never calls it.
 *
 * Running ahead: a task that awaits the only task that is runnable would park, and the scheduler
 * would turn to that one next.  It is polled at once instead, and if it ends, and nothing else has
 * become runnable meanwhile, its parent goes on without having parked.  So nobody is polled
 * earlier or later with respect to anybody else than without it; who watches polls, a debugger or a
 * profile or a limit of fuel, sees the longer way.  In a team, which promises no order, it is
 * enough that the child is the one that this worker would poll next of those that were never
 * polled.
 *
 * Either way the task is an ordinary one afterwards: it parks, is woken and is joined like any
 * other.
 *
 * Rule 1.  the caller's context is lent to the new task and given back as it was, error included.
 * Rule 2.  a task that is already running, ended, held or cancelled is left alone.
 * Rule 3.  nothing runs ahead where the await is not the last thing that the poll under way does:
 *          under zyn_start, in a select or a timeout, and where the await lies in another frame
 *          than the task's.
 * Rule 4.  nothing runs ahead where a host turns the runtime by hand, more than AHEAD_MAX times in
 *          a turn, or on a stack that is not nearly empty.
 */
#include "internal.h"

/* Lends `cx` to `task` for one poll.  Rule 1. */
static void run_inside(ZynContext *cx, ZynTask *task)
{
	ZynTask *caller = cx->task;
	ZynWaker waker = cx->waker;
	ZynDyn error = cx->error;
	ZynEntry entry = {.seat = ZYN_CONTAINER(cx, ZynSeat, cx)};
	cx->task = NULL;
	cx->error = (ZynDyn){0};
	zyn__task_run(cx->runtime, &entry, task);
	cx->task = caller;
	cx->waker = waker;
	cx->error = error;
}

int32_t zyn_start(ZynContext *cx, ZynPromise *p, ZynSite site)
{
	ZynTask *task = zyn__task_of_promise(p);
	zyn__task_become(cx->runtime, task, zyn__task_id_of(cx), site);
	if (!zyn__hold(task, cx->runtime))
		return 0; /* another worker has it */
	if (zyn__task_ended(task) || task->kept || task->cancelling ||
	    zyn__flag(task, ZYN_FRAME_RUNNING))
		return 0; /* Rule 2. */
	if (zyn__ready_has(cx->runtime, task))
		zyn__ready_remove(cx->runtime, task);
	uint32_t ahead_left = cx->runtime->ahead_left;
	cx->runtime->ahead_left = 0; /* Rule 3. */
	run_inside(cx, task);
	cx->runtime->ahead_left = ahead_left;
	return zyn__task_ended(task) ? 1 : 0;
}

static bool lies_in(const ZynAwait *await, ZynTask *task)
{
	const char *frame = zyn__task_machine(task);
	uint32_t size = zyn__task_header(task)->descriptor->size;
	return (const char *)await >= frame && (const char *)await < frame + size;
}

/* Takes `task` out of its queue, if it is the one to be polled next. */
static bool take_next(ZynRuntime *rt, ZynTask *task)
{
	if (rt->team != NULL)
		return zyn__team_take_newest(rt, task);
	if (zyn__get(&rt->queued) != 1 || task->sched != ZYN_SCHED_QUEUED || task->kept ||
	    task->foreign)
		return false;
	zyn__ready_remove(rt, task);
	return true;
}

bool zyn__task_run_ahead(ZynContext *cx, const ZynAwait *await, ZynTask *task)
{
	ZynRuntime *rt = cx->runtime;
	if (rt->ahead_left == 0 || cx->task == NULL || !lies_in(await, cx->task) ||
	    zyn__polls_watched(rt) ||
	    (uintptr_t)__builtin_frame_address(0) < ZYN_CONTAINER(cx, ZynSeat, cx)->stack_ahead ||
	    zyn__get(&rt->baton.urgent) != 0 || zyn__gate_closed(rt) || !take_next(rt, task))
		return false; /* Rules 2 to 4. */
	rt->ahead_left--;
	run_inside(cx, task);
	return zyn__task_ended(task);
}
