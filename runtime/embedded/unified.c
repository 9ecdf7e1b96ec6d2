/* One front for both runtimes: which one is behind it is decided when it starts.
 *
 * On the host each task is a machine (HostTask) that calls the program's function, so the function
 * sees the same context and the same waker type as on the embedded runtime.  This file is not in
 * the embedded library.
 *
 * Rule 1.  `lock` of a set guards its lists, its waker and HostTask.set of its members.
 * Rule 2.  a member is in `running` until its function has ended, then in `ended`.  Its promise
 *          may be pending for a moment longer.
 * Rule 3.  a member that is cancelled before its first poll never calls its function, so after
 *          an abort the promises of `running` are looked at too.
 */
#include "internal.h"
#include "lock.h"

#include <string.h>

typedef struct ZynUnifiedSet ZynUnifiedSet;

/* the frame of a task on the host */
typedef struct HostTask {
	uint32_t state;
	uint32_t unused;
	ZynTaskFn *poll;
	void *data;
	int64_t result;     /* value, or the code of a failure */
	ZynUnifiedSet *set; /* null: not in one */
	ZynList link;       /* of the set */
	ZynPromise *promise;
} HostTask;

/* the frame of whoever waits for a set */
typedef struct Watch {
	uint32_t state;
	uint32_t unused;
	ZynUnifiedSet *set;
	int64_t result;
} Watch;

struct ZynUnifiedSet {
	ZynLock lock;
	bool aborted;
	uint32_t count;
	ZynList running;
	ZynList ended;
	ZynWaker waker; /* of the watch, while there is one */
};

static int64_t host_task_poll(void *sm, ZynContext *cx);
static int64_t watch_poll(void *sm, ZynContext *cx);

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
	.poll = watch_poll,
	.result_info = &type_i64,
	.name = "unified join",
};

/* --- machines --------------------------------------------------------------------------------- */

/* Rule 2; the last that the machine does to a set, which may be gone afterwards. */
static void leave_running(HostTask *task)
{
	ZynUnifiedSet *set = task->set;
	if (set == NULL)
		return;
	zyn__lock(&set->lock);
	zyn__list_remove(&task->link);
	zyn__list_push_back(&set->ended, &task->link);
	ZynWaker waker = set->waker;
	if (waker.fn != NULL)
		zyn_waker_wake(waker);
	zyn__unlock(&set->lock);
}

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
		leave_running(task);
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
	leave_running(task);
	return poll.status == ZYN_READY && poll.value != 0 ? poll.value : ZYN_POLL_LOOK;
}

/* Ready once some member has ended. */
static int64_t watch_poll(void *sm, ZynContext *cx)
{
	Watch *self = sm;
	if (zyn__state_ended(self->state))
		return zyn_repoll(sm, cx);
	ZynUnifiedSet *set = self->set;
	bool cancelled = zyn__attention(cx, ZYN_ATTENTION_CANCEL);
	zyn__lock(&set->lock);
	bool ended = !zyn__list_empty(&set->ended);
	set->waker = ended || cancelled ? (ZynWaker){.fn = NULL, .data = NULL} : cx->waker;
	zyn__unlock(&set->lock);
	if (cancelled) {
		self->state = ZYN_STATE_CANCELLED;
		zyn_fail_cancelled(cx);
		return ZYN_POLL_LOOK;
	}
	self->state = ended ? ZYN_STATE_RETURNED : 1;
	self->result = 1;
	return ended;
}

static HostTask *task_of(const ZynPromise *promise)
{
	return promise->state_machine;
}

static ZynPromise *host_spawn(ZynRuntime *rt, uint32_t priority, ZynTaskFn *poll, void *data,
                              ZynUnifiedSet *set)
{
	HostTask frame = {.poll = poll, .data = data, .set = set};
	uint32_t from = offsetof(HostTask, poll);
	ZynPromise *promise = zyn_call_async(rt, &host_task, (char *)&frame + from, from,
	                                     sizeof frame - from);
	if (promise == NULL)
		return NULL;
	HostTask *task = task_of(promise);
	task->promise = promise;
	if (set != NULL) {
		zyn__lock(&set->lock);
		zyn__list_push_back(&set->running, &task->link);
		set->count++;
		zyn__unlock(&set->lock);
	}
	int32_t ordered = zyn_promise_priority(rt, promise, priority);
	ZYN_ASSERT(ordered != 0); /* it is not scheduled yet */
	zyn_promise_spawn(rt, promise);
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
	task->promise = host_spawn(runtime->host, priority, poll, state, NULL);
	return task->promise != NULL ? 0 : ZYN_REFUSED_MEMORY;
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
	set->host = zyn__block_new(runtime->host, sizeof *set->host);
	if (set->host == NULL)
		return ZYN_REFUSED_MEMORY;
	memset(set->host, 0, sizeof *set->host);
	zyn__list_init(&set->host->running);
	zyn__list_init(&set->host->ended);
	return 0;
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
	bool made = host_spawn(set->runtime->host, priority, poll, state, set->host) != NULL;
	return made ? 0 : ZYN_REFUSED_MEMORY;
}

uint32_t zyn_unified_join_set_len(const ZynUnifiedJoinSet *set)
{
	return set->host != NULL ? set->host->count : zyn_embedded_join_set_len(&set->embedded);
}

/* Takes a member out that has ended, or null. */
static HostTask *take_ended(ZynUnifiedSet *set)
{
	HostTask *found = NULL;
	zyn__lock(&set->lock);
	if (!zyn__list_empty(&set->ended)) {
		found = ZYN_CONTAINER(set->ended.next, HostTask, link);
	} else if (set->aborted) {
		/* Rule 3.  Bounded by the members; only after an abort. */
		for (ZynList *link = set->running.next; link != &set->running && found == NULL;
		     link = link->next) {
			HostTask *task = ZYN_CONTAINER(link, HostTask, link);
			if (zyn_promise_status(task->promise) != ZYN_PENDING)
				found = task;
		}
	}
	if (found != NULL) {
		zyn__list_remove(&found->link);
		set->count--;
	}
	zyn__unlock(&set->lock);
	return found;
}

int32_t zyn_unified_try_join_next(ZynUnifiedJoinSet *set, int64_t *value)
{
	if (set->host == NULL)
		return zyn_embedded_try_join_next(&set->embedded, NULL, value);
	if (set->host->count == 0)
		return ZYN_REFUSED_EMPTY;
	HostTask *task = take_ended(set->host);
	if (task == NULL)
		return ZYN_PENDING;
	return host_join(set->runtime->host, task->promise, value);
}

/* Turns the runtime until some member has ended: READY, DEADLOCK, or a refusal. */
static int32_t host_wait(ZynUnifiedJoinSet *set)
{
	ZynRuntime *rt = set->runtime->host;
	if (set->host->aborted) {
		/* Rule 3: nobody would tell the watch.  The first of them ends soon. */
		zyn__lock(&set->host->lock);
		ZynList *first = set->host->running.next;
		ZynPromise *promise = first == &set->host->running
		                              ? NULL
		                              : ZYN_CONTAINER(first, HostTask, link)->promise;
		if (promise != NULL)
			zyn_promise_retain(promise);
		zyn__unlock(&set->host->lock);
		if (promise == NULL)
			return ZYN_READY;
		int32_t status = zyn_rt_block_on(rt, promise, -1);
		zyn_promise_release(promise);
		return status == ZYN_CANCELLED || status == ZYN_FAILED ? ZYN_READY : status;
	}
	ZynPromise *promise = zyn_call_async(rt, &watch, &set->host, offsetof(Watch, set),
	                                     sizeof set->host);
	if (promise == NULL)
		return ZYN_REFUSED_MEMORY;
	int32_t status = zyn_rt_block_on(rt, promise, -1);
	if (status != ZYN_READY) {
		zyn_promise_cancel(promise); /* it looks at the set, which may go before it */
		zyn_rt_block_on(rt, promise, -1);
	}
	zyn_promise_release(promise);
	return status;
}

int32_t zyn_unified_join_next(ZynUnifiedJoinSet *set, int64_t *value)
{
	if (set->host == NULL)
		return zyn_embedded_join_next(&set->embedded, NULL, value);
	for (;;) {
		int32_t status = zyn_unified_try_join_next(set, value);
		if (status != ZYN_PENDING)
			return status;
		status = host_wait(set);
		if (status != ZYN_READY)
			return status;
	}
}

void zyn_unified_abort_all(ZynUnifiedJoinSet *set)
{
	if (set->host == NULL) {
		zyn_embedded_abort_all(&set->embedded);
		return;
	}
	set->host->aborted = true;
	/* Not under the lock: a cancel may end a task at once.  Only the owner of the set takes
	 * members out, and those that end meanwhile go to the other list, so one walk over both by
	 * number of members is enough. */
	for (uint32_t left = set->host->count; left != 0; left--) {
		zyn__lock(&set->host->lock);
		ZynList *first = set->host->running.next;
		ZynPromise *promise = NULL;
		if (first != &set->host->running) {
			promise = ZYN_CONTAINER(first, HostTask, link)->promise;
			zyn_promise_retain(promise);
			zyn__list_remove(first); /* to the end, so that each is met once */
			zyn__list_push_back(&set->host->running, first);
		}
		zyn__unlock(&set->host->lock);
		if (promise == NULL)
			return;
		zyn_promise_cancel(promise);
		zyn_promise_release(promise);
	}
}

void zyn_unified_join_set_free(ZynUnifiedJoinSet *set)
{
	zyn_unified_abort_all(set);
	/* ends: every join takes a member out, and a cancelled one ends by itself */
	while (zyn_unified_join_set_len(set) != 0)
		if (zyn_unified_join_next(set, NULL) < 0)
			break;
	if (set->host != NULL)
		zyn__block_release(set->host);
	*set = (ZynUnifiedJoinSet){.runtime = set->runtime};
}
