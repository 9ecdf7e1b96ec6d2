/* One front for both runtimes: which one is behind it is decided when it starts.
 *
 * On the host each task is a machine (HostTask) that calls the program's function, so the function
 * sees the same context and the same waker type as on the embedded runtime.  A set there is a join
 * set of the core (join_set.c).  This file is not in the embedded library.
 */
#include "children.h"

/* the frame of a task on the host */
typedef struct HostTask {
	uint32_t state;
	uint32_t unused;
	ZynTaskFn *poll;
	void *data;
	int64_t result; /* value, or the code of a failure */
} HostTask;

/* the frame of whoever waits for a set */
typedef struct Watch {
	uint32_t state;
	uint32_t unused;
	ZynJoinSet *set;
	ZynJoinNextLeaf leaf;
	ZynPromise *member; /* owned; who ended */
	int64_t result;
} Watch;

static int64_t host_task_poll(void *sm, ZynContext *cx);
static int64_t watch_poll(void *sm, ZynContext *cx);
static void watch_drop(void *sm);

static ZynPollFn *host_task_cell = host_task_poll;
static ZynPollFn *watch_cell = watch_poll;
static const ZynTypeInfo type_i64 = {.size = 8, .align = 8, .kind = ZYN_KIND_I64, .name = "i64"};

static const ZynDescriptor host_task = {
	.size = sizeof(HostTask),
	.align = 8,
	.result_offset = offsetof(HostTask, result),
	.result_type = ZYN_KIND_I64,
	.poll_cell = &host_task_cell,
	.poll = host_task_poll,
	.result_info = &type_i64,
	.name = "unified task",
};

static const ZynDescriptor watch = {
	.size = sizeof(Watch),
	.align = 8,
	.result_offset = offsetof(Watch, result),
	.result_type = ZYN_KIND_I64,
	.poll_cell = &watch_cell,
	.drop = watch_drop,
	.poll = watch_poll,
	.result_info = &type_i64,
	.name = "unified join",
};

/* --- machines --------------------------------------------------------------------------------- */

static int64_t host_task_poll(void *sm, ZynContext *cx)
{
	HostTask *task = sm;
	if (zyn__state_ended(task->state))
		return zyn_repoll(sm, cx);
	bool cancelled = zyn__attention(cx, ZYN_ATTENTION_CANCEL);
	task->state = 1;
	ZynPoll poll = task->poll(task->data, cx);
	if (cancelled) {
		/* as on the embedded runtime this was its last poll, whatever it said */
		task->state = ZYN_STATE_CANCELLED;
		zyn_fail_cancelled(cx);
		return ZYN_POLL_LOOK;
	}
	if (poll.status == ZYN_PENDING)
		return 0;
	task->result = poll.value;
	if (poll.status == ZYN_READY) {
		task->state = ZYN_STATE_RETURNED;
	} else {
		task->state = ZYN_STATE_FAILED;
		zyn__fail(cx, ZYN_ERROR_FOREIGN, 0, "the task failed with code %lld",
		          (long long)poll.value);
	}
	return poll.status == ZYN_READY && poll.value != 0 ? poll.value : ZYN_POLL_LOOK;
}

/* Ready once some member has ended. */
static int64_t watch_poll(void *sm, ZynContext *cx)
{
	Watch *self = sm;
	if (zyn__state_ended(self->state))
		return zyn_repoll(sm, cx);
	if (self->state == ZYN_STATE_START) {
		zyn_join_next_promise_init(cx, &self->leaf, self->set);
		self->state = 1;
	}
	if (zyn_join_next_promise_poll(&self->leaf, cx) == 0)
		return 0;
	self->state = self->leaf.base.state; /* it cannot fail */
	if (self->state == ZYN_STATE_RETURNED)
		zyn_join_next_promise_take(&self->leaf, &self->member);
	zyn_join_next_promise_drop(&self->leaf);
	return ZYN_POLL_LOOK;
}

static void watch_drop(void *sm)
{
	zyn_promise_release(((Watch *)sm)->member);
}

static HostTask *task_of(const ZynPromise *promise)
{
	return promise->state_machine;
}

/* A task that is not scheduled yet. */
static ZynPromise *host_task_new(ZynRuntime *rt, uint32_t priority, ZynTaskFn *poll, void *data)
{
	HostTask frame = {.poll = poll, .data = data};
	uint32_t from = offsetof(HostTask, poll);
	ZynPromise *promise = zyn_call_async(rt, &host_task, (char *)&frame + from, from,
	                                     sizeof frame - from);
	if (promise == NULL)
		return NULL;
	int32_t ordered = zyn_promise_priority(rt, promise, priority);
	ZYN_ASSERT(ordered != 0);
	return promise;
}

/* READY, FAILED or CANCELLED, and the handle is given back; else what block_on said. */
static int32_t host_join(ZynRuntime *rt, ZynPromise *promise, int64_t *value)
{
	int32_t status = zyn_promise_status(promise);
	if (status == ZYN_PENDING)
		status = zyn_rt_block_on(rt, promise, -1);
	if (status != ZYN_READY && status != ZYN_FAILED && status != ZYN_CANCELLED)
		return status;
	if (value != NULL && status != ZYN_CANCELLED)
		*value = task_of(promise)->result;
	zyn_promise_release(promise);
	return status;
}

/* --- runtime ---------------------------------------------------------------------------------- */

int32_t zyn_unified_init(ZynUnified *runtime, uint32_t mode, void *memory, size_t bytes,
                         const ZynOptions *options)
{
	static const ZynOptions usual = {.size = sizeof usual};
	*runtime = (ZynUnified){.mode = mode};
	if (mode == ZYN_MODE_EMBEDDED)
		runtime->embedded = zyn_embedded_init(memory, bytes, ZYN_EMBEDDED_TASKS, 0);
	else if (mode == ZYN_MODE_HOST)
		runtime->host = zyn_rt_new(options != NULL ? options : &usual);
	bool made = runtime->embedded != NULL || runtime->host != NULL;
	return made ? 0 : ZYN_REFUSED_MEMORY;
}

void zyn_unified_free(ZynUnified *runtime)
{
	if (runtime->host != NULL)
		zyn_rt_free(runtime->host);
	*runtime = (ZynUnified){.mode = runtime->mode};
}

int32_t zyn_unified_spawn(ZynUnified *runtime, uint32_t priority, ZynTaskFn *poll, void *state,
                          ZynUnifiedTask *task)
{
	*task = (ZynUnifiedTask){.id = -1};
	if (priority >= ZYN_PRIORITIES)
		return ZYN_REFUSED_PRIORITY;
	if (runtime->mode == ZYN_MODE_EMBEDDED) {
		task->id = zyn_embedded_spawn(runtime->embedded, priority, poll, state);
		return task->id < 0 ? task->id : 0;
	}
	task->promise = host_task_new(runtime->host, priority, poll, state);
	if (task->promise == NULL)
		return ZYN_REFUSED_MEMORY;
	zyn_promise_spawn(runtime->host, task->promise);
	return 0;
}

int32_t zyn_unified_block_on(ZynUnified *runtime, ZynUnifiedTask *task, int64_t *value)
{
	if (runtime->mode == ZYN_MODE_EMBEDDED)
		return zyn_embedded_block_on(runtime->embedded, task->id, value);
	if (task->promise == NULL)
		return ZYN_REFUSED_NO_TASK;
	int32_t status = host_join(runtime->host, task->promise, value);
	if (status == ZYN_READY || status == ZYN_FAILED || status == ZYN_CANCELLED)
		task->promise = NULL;
	return status;
}

bool zyn_unified_is_finished(ZynUnified *runtime, const ZynUnifiedTask *task)
{
	if (runtime->mode == ZYN_MODE_EMBEDDED)
		return zyn_embedded_is_finished(runtime->embedded, task->id);
	return task->promise == NULL || zyn_promise_status(task->promise) != ZYN_PENDING;
}

void zyn_unified_abort(ZynUnified *runtime, const ZynUnifiedTask *task)
{
	if (runtime->mode == ZYN_MODE_EMBEDDED)
		zyn_embedded_abort(runtime->embedded, task->id);
	else if (task->promise != NULL)
		zyn_promise_cancel(task->promise);
}

/* --- join set --------------------------------------------------------------------------------- */

int32_t zyn_unified_join_set(ZynUnified *runtime, ZynUnifiedJoinSet *set)
{
	*set = (ZynUnifiedJoinSet){.runtime = runtime};
	if (runtime->mode == ZYN_MODE_EMBEDDED) {
		zyn_embedded_join_set_init(&set->embedded, runtime->embedded);
		return 0;
	}
	set->host = zyn_join_set_new(runtime->host);
	return set->host != NULL ? 0 : ZYN_REFUSED_MEMORY;
}

int32_t zyn_unified_join_set_spawn(ZynUnifiedJoinSet *set, uint32_t priority, ZynTaskFn *poll,
                                   void *state)
{
	if (priority >= ZYN_PRIORITIES)
		return ZYN_REFUSED_PRIORITY;
	if (set->host == NULL) {
		int32_t id = zyn_embedded_join_set_spawn(&set->embedded, priority, poll, state);
		return id < 0 ? id : 0;
	}
	ZynPromise *promise = host_task_new(set->runtime->host, priority, poll, state);
	if (promise == NULL)
		return ZYN_REFUSED_MEMORY;
	ZynPromise *member = zyn_join_set_spawn(NULL, set->host, promise, 0);
	zyn_promise_release(promise);
	zyn_promise_release(member);
	return member != NULL ? 0 : ZYN_REFUSED_MEMORY;
}

uint32_t zyn_unified_join_set_len(const ZynUnifiedJoinSet *set)
{
	return set->host != NULL ? (uint32_t)zyn_join_set_len(set->host)
	                         : zyn_embedded_join_set_len(&set->embedded);
}

int32_t zyn_unified_try_join_next(ZynUnifiedJoinSet *set, int64_t *value)
{
	if (set->host == NULL)
		return zyn_embedded_try_join_next(&set->embedded, NULL, value);
	ZynPromise *member = NULL;
	int32_t outcome = zyn_join_set_try_join_next(set->host, &member);
	if (outcome == ZYN_OUTCOME_EMPTY)
		return ZYN_REFUSED_EMPTY;
	return member != NULL ? host_join(set->runtime->host, member, value) : ZYN_PENDING;
}

/* Turns the runtime until some member has ended, of which there must be one, and joins it. */
static int32_t host_join_next(ZynUnifiedJoinSet *set, int64_t *value)
{
	ZynRuntime *rt = set->runtime->host;
	ZynPromise *promise = zyn_call_async(rt, &watch, &set->host, offsetof(Watch, set),
	                                     sizeof set->host);
	if (promise == NULL)
		return ZYN_REFUSED_MEMORY;
	int32_t status = zyn_rt_block_on(rt, promise, -1);
	if (status != ZYN_READY) {
		zyn_promise_cancel(promise); /* or it would take who ends next */
		zyn_rt_block_on(rt, promise, -1);
	}
	ZynPromise *member = NULL;
	if (zyn_promise_status(promise) == ZYN_READY) {
		Watch *self = promise->state_machine;
		member = self->member;
		self->member = NULL;
	}
	zyn_promise_release(promise);
	return member != NULL ? host_join(rt, member, value) : status;
}

int32_t zyn_unified_join_next(ZynUnifiedJoinSet *set, int64_t *value)
{
	if (set->host == NULL)
		return zyn_embedded_join_next(&set->embedded, NULL, value);
	int32_t status = zyn_unified_try_join_next(set, value);
	return status == ZYN_PENDING ? host_join_next(set, value) : status;
}

void zyn_unified_abort_all(ZynUnifiedJoinSet *set)
{
	if (set->host == NULL)
		zyn_embedded_abort_all(&set->embedded);
	else
		zyn_join_set_abort_all(set->host);
}

void zyn_unified_join_set_free(ZynUnifiedJoinSet *set)
{
	zyn_unified_abort_all(set);
	/* ends: every join takes a member out, and a cancelled one ends by itself */
	while (zyn_unified_join_set_len(set) != 0)
		if (zyn_unified_join_next(set, NULL) < 0)
			break;
	zyn_object_release(set->host);
	*set = (ZynUnifiedJoinSet){.runtime = set->runtime};
}
