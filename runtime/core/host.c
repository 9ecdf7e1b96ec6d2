/* What a host does with functions and promises. */
#include "internal.h"

#include <string.h>

int32_t zyn_call_direct(ZynRuntime *rt, ZynThunk *thunk, const void *args, void *result,
                        ZynError **error)
{
	ZynEntry entry;
	zyn__sigint_begin(rt);
	zyn__enter(&entry, rt);
	ZynSeat *seat = zyn__seat_take(rt);
	if (error != NULL)
		*error = NULL;
	if (seat == NULL) {
		zyn__sigint_end();
		zyn__leave(&entry);
		return ZYN_OUT_OF_MEMORY;
	}
	entry.seat = seat;
	seat->cx.runtime = rt;
	seat->cx.stack_limit = zyn__stack_limit(rt->head->stack_bytes);
	ZYN_ASSERT(seat->cx.error.tag == 0);
	ZYN_ASSERT(seat->cx.task == NULL);
	if (!entry.nested)
		atomic_fetch_add(&rt->drivers, 1);
	zyn__interrupt_pass_on(rt, &seat->cx);
	uint64_t deadline_ns = rt->deadline_real_ns;
	if (!entry.nested)
		rt->deadline_real_ns = UINT64_MAX;
	if (rt->head->debugger != NULL)
		zyn__debug_call_begin(rt, &seat->cx);
	if (!entry.nested)
		zyn__fuel_call_begins(rt);
	if (entry.nested || zyn__fuel_burn(rt))
		thunk(&seat->cx, args, result);
	else
		zyn__error_set(&seat->cx, zyn__error_constant(ZYN_ERROR_OUT_OF_FUEL));
	ZynError *failure = zyn__error_take(&seat->cx);
	if (seat->cx.task != NULL)
		zyn__debug_call_end(&seat->cx, failure);
	rt->deadline_real_ns = deadline_ns;
	zyn__sigint_end();
	if (!entry.nested && atomic_fetch_sub(&rt->drivers, 1) == 1 && rt->stopped_mid_poll == 0)
		zyn_rt_interrupt_clear(rt);
	int32_t status = ZYN_READY;
	if (failure != NULL)
		status = failure->code == ZYN_ERROR_CANCELLED ? ZYN_CANCELLED : ZYN_FAILED;
	if (error != NULL)
		*error = failure;
	else
		zyn_error_release(failure);
	zyn__seat_put(rt, seat);
	entry.seat = NULL;
	zyn__leave(&entry);
	return status;
}

ZynPromise *zyn_call_async(ZynRuntime *rt, const ZynDescriptor *descriptor, const void *args,
                           uint32_t args_offset, uint32_t args_size)
{
	ZynEntry entry;
	zyn__enter(&entry, rt);
	ZYN_ASSERT((uint64_t)args_offset + args_size <= descriptor->size);
	ZynTask *task = zyn__frame_make(rt, descriptor);
	if (task != NULL) {
		if (args_size != 0)
			memcpy((char *)zyn__task_machine(task) + args_offset, args, args_size);
		zyn__task_become(rt, task, 0, 0);
		if (rt->team != NULL) /* whoever wants it first may schedule it */
			atomic_fetch_or(&task->worker, ZYN_FREE_TO_OWN);
	}
	zyn__leave(&entry);
	return task != NULL ? zyn__task_promise(task) : NULL;
}

void zyn_promise_spawn(ZynRuntime *rt, ZynPromise *p)
{
	ZynEntry entry;
	ZynTask *task = zyn__task_of_promise(p);
	ZynRuntime *here = zyn__here(rt);
	ZynRuntime *by = here != NULL ? here : rt;
	zyn__team_start(rt); /* without threads it waits for the next block_on, which will say so */
	zyn__enter(&entry, by);
	if (rt->team != NULL) { /* the host wants to hear of its end through the wake descriptor */
		zyn__task_lock(rt, task);
		if (zyn__get(&task->blockers) == 0)
			zyn__set(&task->blockers, 1);
		zyn__task_unlock(rt, task);
	}
	if (!zyn__task_ended(task)) {
		zyn__task_become(by, task, 0, 0);
		zyn__task_ask(by, task, ZYN_INBOX_SCHEDULE);
	}
	zyn__leave(&entry);
}

bool zyn__run_enter_soon(ZynRuntime *rt, ZynEntry *entry)
{
	/* Who has the baton and is no driver has it for a moment only: wait.  A driver may have it
	 * for long. */
	if (!zyn__baton_try(&rt->baton)) {
		if (atomic_load(&rt->drivers) != 0)
			return false;
		zyn__baton_acquire(&rt->baton, ZYN_BATON_NORMAL, UINT64_MAX);
	}
	zyn__baton_release(&rt->baton);
	return zyn__run_enter(rt, entry, UINT64_MAX);
}

/* Never polled, in no queue, and nobody has a say in what is polled when. */
static bool may_start(ZynRuntime *rt, ZynTask *task)
{
	return task->sched == ZYN_SCHED_IDLE && !task->kept && !task->cancelling &&
	       !zyn__flag(task, ZYN_FRAME_RUNNING) &&
	       *zyn__machine_state(zyn__task_machine(task)) == ZYN_STATE_START &&
	       !zyn__gate_closed(rt) && rt->debugger == NULL && rt->order == ZYN_ORDER_FIFO;
}

int32_t zyn_promise_start(ZynRuntime *rt, ZynPromise *p)
{
	ZynTask *task = zyn__task_of_promise(p);
	ZynEntry entry;
	if (zyn_promise_status(p) != ZYN_PENDING)
		return zyn_promise_status(p);
	if (zyn__here(rt) != NULL)
		return ZYN_BUSY;
	if (rt->team != NULL || !zyn__run_enter_soon(rt, &entry)) {
		zyn_promise_spawn(rt, p);
		return zyn_promise_status(p) | ZYN_STARTED_MORE;
	}
	bool more = true;
	if (entry.seat != NULL && may_start(rt, task)) {
		zyn__task_become(rt, task, 0, 0);
		rt->deadline_real_ns = UINT64_MAX;
		rt->deadline_clock_ns = UINT64_MAX;
		zyn__task_run(rt, &entry, task);
		more = zyn__idle_ns(rt) >= 0;
	}
	zyn__run_leave(&entry);
	return zyn_promise_status(p) | (more ? ZYN_STARTED_MORE : 0);
}

void zyn_promise_cancel(ZynPromise *p)
{
	ZynTask *task = zyn__task_of_promise(p);
	ZynRuntime *owner = zyn__owner(task);
	ZynRuntime *here = zyn__here(owner);
	ZynEntry entry;
	if (zyn__get(&owner->head->closed))
		return;
	if (here != NULL) {
		zyn__task_ask(here, task, ZYN_INBOX_CANCEL);
	} else if (owner->team != NULL && owner->worker_index == 0) {
		zyn__enter(&entry, owner); /* nobody has its baton for long */
		zyn__task_ask(owner, task, ZYN_INBOX_CANCEL);
		zyn__leave(&entry);
	} else if (owner->team == NULL && zyn__enter_try(&entry, owner)) {
		zyn__task_cancel(task, false);
		zyn__leave(&entry);
	} else {
		zyn__inbox_post(task, ZYN_INBOX_CANCEL);
		zyn__seats_ring(owner, ZYN_ATTENTION_TIMERS); /* it may be what runs */
	}
}

int32_t zyn_promise_status(ZynPromise *p)
{
	ZynTask *task = zyn__task_of_promise(p);
	uint32_t status = atomic_load_explicit(&task->status, memory_order_acquire);
	if (status == ZYN_PENDING && zyn__get(&zyn__owner(task)->head->closed))
		return ZYN_CANCELLED; /* nothing will ever poll it */
	return (int32_t)status;
}

uint64_t zyn_promise_polls(ZynPromise *p)
{
	return zyn__get(&zyn__task_of_promise(p)->polls);
}

uint64_t zyn_promise_task_id(ZynPromise *p)
{
	return zyn__task_id(zyn__task_of_promise(p));
}

const void *zyn_promise_result(ZynPromise *p)
{
	ZynTask *task = zyn__task_of_promise(p);
	if (zyn_promise_status(p) != ZYN_READY)
		return NULL;
	return (const char *)p->state_machine + zyn__task_header(task)->descriptor->result_offset;
}

const ZynTypeInfo *zyn_promise_result_info(ZynPromise *p)
{
	return zyn__task_header(zyn__task_of_promise(p))->descriptor->result_info;
}

ZynError *zyn_promise_error(ZynPromise *p)
{
	ZynTask *task = zyn__task_of_promise(p);
	int32_t status = zyn_promise_status(p);
	if (status != ZYN_FAILED && status != ZYN_CANCELLED)
		return NULL;
	ZynError *error = zyn__task_error(task);
	return error != NULL ? error : zyn__error_constant(ZYN_ERROR_CANCELLED);
}
