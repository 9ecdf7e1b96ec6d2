/* Frames and the references to them.
 *
 * Rule 1.  a reference is a count in the header; anybody who has one may make another, on any
 *          thread.
 * Rule 2.  neither the scheduler nor a waker has one.  So "nobody holds it" is decided by the
 *          count alone.
 * Rule 3.  the last reference to a frame that ended or never started frees it; to a live one
 *          makes it DETACHED, which cancels it, and its end frees it.
 * Rule 4.  both need the baton of the task's owner.  A thread that cannot have it at once posts
 *          RELEASED to the inbox.  A plain frame is scheduled by nobody: any worker of the team
 *          may free it, and an ended task too, which it takes over for that.
 * Rule 5.  dropping a frame may release the last reference to another.  Those queue up in
 *          `dropped` instead of recursing, because a program can build a chain of promises as
 *          long as memory lasts.
 * Rule 6.  a frame that has a message under way is freed when that has come, or a cancel would
 *          reach the one that gets the block next, unless nobody gets it.  Who asked had a
 *          reference, so none can follow but a wake.
 */
#include "internal.h"

#include <string.h>

ZynTask *zyn__frame_make(ZynRuntime *rt, const ZynDescriptor *descriptor)
{
	ZYN_ASSERT(descriptor->align <= 16);
	ZYN_ASSERT(descriptor->result_info != NULL);
	if (zyn__get(&rt->head->closed) || descriptor->size > ZYN_FRAME_BYTES_MAX)
		return NULL;
	ZynTask *task = zyn__slab_take(rt, descriptor->size, descriptor->align);
	if (task == NULL)
		return NULL;
	ZynFrameHeader *header = zyn__task_header(task);
	task->priority = ZYN_PRIORITY_NORMAL;
	header->promise = (ZynPromise){zyn__task_machine(task), descriptor->poll};
	header->descriptor = descriptor;
	zyn__set(&header->refs, 1);
	return task;
}

void *zyn_frame_new(ZynContext *cx, const ZynDescriptor *descriptor)
{
	ZynTask *task = zyn__frame_make(cx->runtime, descriptor);
	if (task == NULL) {
		zyn__error_set(cx, zyn__error_constant(ZYN_ERROR_OUT_OF_MEMORY));
		return NULL;
	}
	return zyn__task_machine(task);
}

static void frame_drop(ZynRuntime *rt, ZynTask *task)
{
	const ZynDescriptor *descriptor = zyn__task_header(task)->descriptor;
	void *sm = zyn__task_machine(task);
	uint32_t state = *zyn__machine_state(sm);
	bool ended = zyn__task_ended(task);
	ZYN_ASSERT(ended || !zyn__flag(task, ZYN_FRAME_TASK) || task->joiners == NULL);
	if (rt->head->debugger != NULL || zyn__debug_of(task) != NULL)
		zyn__debug_task_freed(task);
	/* A machine that ended badly, by a bug of its own, is not dropped: a leak is better than a
	 * double free. */
	if (descriptor->drop != NULL && (state == ZYN_STATE_START || zyn__state_ended(state)))
		descriptor->drop(sm);
	if (zyn__get(&rt->head->shadows) != NULL)
		zyn__shadow_frame_freed(rt->head, sm, descriptor->size);
	if (ended)
		zyn_error_release(task->error);
	zyn__slab_put(rt, task);
}

void zyn__frame_free(ZynRuntime *rt, ZynTask *task)
{
	ZYN_ASSERT(!zyn__flag(task, ZYN_FRAME_RUNNING));
	ZYN_ASSERT(task->sched != ZYN_SCHED_FREE && task->sched != ZYN_SCHED_MOVING);
	ZYN_ASSERT(!zyn__task_linked(task) || zyn__owner(task) == rt);
	if (zyn__get(&task->inbox) != 0 && !zyn__get(&rt->head->closed)) { /* Rule 6. */
		zyn__inbox_post(task, ZYN_INBOX_RELEASED);
		return;
	}
	if (zyn__get(&rt->newest) == task)
		zyn__set(&rt->newest, NULL);
	if (rt->dropping) { /* Rule 5; nobody calls its machine any more. */
		zyn__task_promise(task)->state_machine = rt->dropped;
		rt->dropped = task;
		return;
	}
	rt->dropping = true;
	frame_drop(rt, task);
	while ((task = rt->dropped) != NULL) { /* bounded by what is alive */
		rt->dropped = zyn__task_promise(task)->state_machine;
		frame_drop(rt, task);
	}
	rt->dropping = false;
}

void zyn__frame_orphaned(ZynRuntime *rt, ZynTask *task)
{
	uint32_t state = *zyn__machine_state(zyn__task_machine(task));
	bool running = zyn__flag(task, ZYN_FRAME_RUNNING) || task->sched == ZYN_SCHED_MOVING;
	ZYN_ASSERT(zyn__get(&zyn__task_header(task)->refs) == 0);
	if (!running &&
	    (zyn__task_ended(task) || state == ZYN_STATE_START || zyn__get(&rt->head->closed))) {
		zyn__frame_free(rt, task);
		return;
	}
	zyn__flag_set(task, ZYN_FRAME_DETACHED); /* Rule 3. */
	zyn__task_cancel(task, false);
}

bool zyn__frame_let_go(ZynRuntime *rt, ZynTask *task)
{
	_Atomic uint32_t *refs = &zyn__task_header(task)->refs;
	if (atomic_load_explicit(refs, memory_order_acquire) == 1)
		zyn__set(refs, 0); /* the only one: nobody can be making another */
	else if (atomic_fetch_sub_explicit(refs, 1, memory_order_acq_rel) != 1)
		return false;
	zyn__frame_free(rt, task);
	return true;
}

void zyn_promise_retain(ZynPromise *p)
{
	if (p == NULL)
		return;
	ZynFrameHeader *header = (ZynFrameHeader *)(void *)p;
	ZYN_ASSERT(zyn__get(&header->refs) != 0);
	atomic_fetch_add_explicit(&header->refs, 1, memory_order_relaxed);
}

void zyn_promise_release(ZynPromise *p)
{
	if (p == NULL)
		return;
	ZynTask *task = zyn__task_of_promise(p);
	ZynFrameHeader *header = zyn__task_header(task);
	uint32_t refs = atomic_load_explicit(&header->refs, memory_order_acquire);
	ZYN_ASSERT(refs != 0);
	if (refs != 1) {
		if (atomic_fetch_sub_explicit(&header->refs, 1, memory_order_acq_rel) != 1)
			return;
	} else {
		zyn__set(&header->refs, 0); /* the only one: nobody can be making another */
	}
	ZynRuntime *owner = zyn__owner(task);
	ZynRuntime *here = zyn__here(owner);
	if (here != NULL && owner->team == NULL) {
		zyn__frame_orphaned(here, task);
		return;
	}
	bool plain = !zyn__flag(task, ZYN_FRAME_TASK);
	if (here != NULL && !plain && zyn__task_ended(task) && zyn__take_over(task, here)) {
		zyn__frame_free(here, task);
		return;
	}
	if (here != NULL && zyn__free_to_own(task) && zyn__claim(task, here)) {
		zyn__task_requeue(task);
		owner = here;
	}
	if (here != NULL && (plain || (here == owner && zyn__hold(task, here)))) {
		zyn__frame_orphaned(here, task);
		return;
	}
	ZynEntry entry;
	if (here == NULL && owner->team == NULL && zyn__enter_try(&entry, owner)) {
		zyn__frame_orphaned(owner, task);
		zyn__leave(&entry);
		return;
	}
	if (here == NULL && owner->team != NULL && owner->worker_index == 0) {
		zyn__enter(&entry, owner); /* nobody has its baton for long */
		zyn__task_ask(owner, task, ZYN_INBOX_RELEASED);
		zyn__leave(&entry);
		return;
	}
	zyn__inbox_post(task, ZYN_INBOX_RELEASED); /* Rule 4. */
}

/* --- results ---------------------------------------------------------------------------------- */

void zyn__result_copy(ZynTask *task, void *out)
{
	const ZynDescriptor *descriptor = zyn__task_header(task)->descriptor;
	const ZynTypeInfo *info = descriptor->result_info;
	ZYN_ASSERT(zyn__get(&task->status) == ZYN_READY);
	if (info->size == 0)
		return;
	const char *result = (char *)zyn__task_machine(task) + descriptor->result_offset;
	if (info->size == 8)
		memcpy(out, result, 8); /* what most are, without a call */
	else
		memcpy(out, result, info->size);
	if (info->retain != NULL)
		info->retain(out);
}

/* The i64 that stands for the result, as a machine of compiled code gives it. */
static int64_t result_word(const ZynDescriptor *descriptor, const char *result)
{
	int64_t value = 0;
	switch (descriptor->result_type) {
	case ZYN_KIND_VOID:
		return 1;
	case ZYN_KIND_BOOL:
		value = *(const uint8_t *)result != 0;
		break;
	case ZYN_KIND_I8:
		value = *(const int8_t *)result;
		break;
	case ZYN_KIND_U8:
		value = *(const uint8_t *)result;
		break;
	case ZYN_KIND_I16:
		value = *(const int16_t *)(const void *)result;
		break;
	case ZYN_KIND_U16:
		value = *(const uint16_t *)(const void *)result;
		break;
	case ZYN_KIND_I32:
		value = *(const int32_t *)(const void *)result;
		break;
	case ZYN_KIND_U32:
		value = *(const uint32_t *)(const void *)result;
		break;
	case ZYN_KIND_I64:
	case ZYN_KIND_U64:
		value = *(const int64_t *)(const void *)result;
		break;
	default:
		break; /* does not fit */
	}
	return value != 0 ? value : ZYN_POLL_LOOK;
}

int64_t zyn_repoll(void *sm, ZynContext *cx)
{
	ZynTask *task = zyn__task_of_machine(sm);
	const ZynDescriptor *descriptor = zyn__task_header(task)->descriptor;
	uint32_t state = *zyn__machine_state(sm);
	ZYN_ASSERT(zyn__state_ended(state));
	if (state == ZYN_STATE_RETURNED)
		return result_word(descriptor, (const char *)sm + descriptor->result_offset);
	if (task->error != NULL)
		zyn__error_set(cx, zyn__error_retain(task->error));
	else
		zyn_fail_cancelled(cx);
	return ZYN_POLL_LOOK;
}
