/* The embedded scheduler: tasks are bits, and whom to poll next is found by looking at words.
 *
 * Owner:   one thread calls everything but signal, check, clear and reset.
 * Others:  threads and interrupt handlers touch `wakes` only.
 *
 * Rule 1.  slot = id modulo capacity, flag = id modulo 64; capacity divides 64, so tasks alive
 *          at once have different slots and different flags.
 * Rule 2.  live, ended and free slots are disjoint; ready is part of live; levels divide live.
 * Rule 3.  news makes live tasks ready: a wake flag of a live task, an end, a new task.  A poll
 *          clears the ready bit before it calls the task, so a wake during the poll counts.
 * Rule 4.  cx.waker.data is the task that is being polled, and null between polls.
 * Rule 5.  the end of a task is written in full before anybody else is polled.
 * Rule 6.  no path of poll_next has a loop whose length depends on the number of tasks.
 */
#include "embedded.h"

/* bits of ZynEmbeddedTask.flags */
#define KEPT 1u
#define STARTED 2u
#define CANCELLING 4u
#define LAST 8u /* this is its last poll */

_Static_assert(sizeof(void *) != 8 || ZYN_EMBEDDED_BYTES(ZYN_EMBEDDED_TASKS) <= 512,
               "the usual scheduler has half a kilobyte");
_Static_assert(ZYN_WAKE_FLAGS % ZYN_EMBEDDED_TASKS_MAX == 0, "rule 1");

static void wake_task(void *data)
{
	ZynEmbeddedTask *task = data;
	ZynEmbeddedTask *first = task - task->slot;
	char *scheduler = (char *)first - offsetof(ZynEmbeddedScheduler, tasks);
	zyn_embedded_signal((ZynEmbeddedScheduler *)(void *)scheduler, (int32_t)task->id);
}

static ZynContext context(uint64_t attention)
{
	return (ZynContext){.waker.fn = wake_task, .attention = attention};
}

static uint32_t bit_of(uint32_t slot)
{
	return UINT32_C(1) << slot;
}

static uint32_t lowest(uint32_t mask)
{
	return (uint32_t)__builtin_ctz(mask);
}

ZynEmbeddedScheduler *zyn_embedded_init(void *memory, size_t bytes, uint32_t tasks, uint32_t flags)
{
	if (memory == NULL || tasks == 0 || tasks > ZYN_EMBEDDED_TASKS_MAX ||
	    (tasks & (tasks - 1)) != 0 || (flags & ~ZYN_EMBEDDED_PRECISE) != 0 ||
	    bytes < ZYN_EMBEDDED_BYTES(tasks) ||
	    (uintptr_t)memory % _Alignof(ZynEmbeddedScheduler) != 0)
		return NULL;
	ZynEmbeddedScheduler *scheduler = memory;
	*scheduler = (ZynEmbeddedScheduler){
		.cx = context(0),
		.capacity = (uint8_t)tasks,
		.precise = (flags & ZYN_EMBEDDED_PRECISE) != 0,
	};
	for (uint32_t level = 0; level < ZYN_PRIORITIES; level++)
		scheduler->last[level] = ZYN_EMBEDDED_TASKS_MAX - 1; /* begin with the first */
	for (uint32_t slot = 0; slot < tasks; slot++)
		scheduler->tasks[slot] = (ZynEmbeddedTask){.slot = (uint8_t)slot};
	return scheduler;
}

/* --- adding and ending ------------------------------------------------------------------------ */

static int32_t add(ZynEmbeddedScheduler *scheduler, uint32_t priority, ZynTaskFn *poll, void *state,
                   uint8_t flags)
{
	if (priority >= ZYN_PRIORITIES)
		return ZYN_REFUSED_PRIORITY;
	uint32_t capacity = scheduler->capacity;
	uint32_t places = capacity == 32 ? UINT32_MAX : bit_of(capacity) - 1;
	uint32_t free = places & ~(scheduler->live | scheduler->ended);
	if (free == 0)
		return ZYN_REFUSED_FULL;
	/* Rule 1: the first id from id_next on whose slot is free. */
	uint32_t start = scheduler->id_next & (capacity - 1);
	uint32_t later = free & UINT32_MAX << start;
	uint32_t slot = lowest(later != 0 ? later : free);
	uint32_t id = scheduler->id_next + ((slot - start) & (capacity - 1));
	scheduler->id_next = (id + 1) & INT32_MAX;
	scheduler->tasks[slot] = (ZynEmbeddedTask){
		.poll = poll,
		.state = state,
		.id = id & INT32_MAX,
		.slot = (uint8_t)slot,
		.status = ZYN_PENDING,
		.priority = (uint8_t)priority,
		.flags = flags,
	};
	scheduler->live |= bit_of(slot);
	scheduler->levels[priority] |= bit_of(slot);
	scheduler->ready = scheduler->live; /* Rule 3. */
	return (int32_t)(id & INT32_MAX);
}

int32_t zyn_embedded_schedule(ZynEmbeddedScheduler *scheduler, uint32_t priority, ZynTaskFn *poll,
                              void *state)
{
	return add(scheduler, priority, poll, state, 0);
}

int32_t zyn_embedded_spawn(ZynEmbeddedScheduler *scheduler, uint32_t priority, ZynTaskFn *poll,
                           void *state)
{
	return add(scheduler, priority, poll, state, KEPT);
}

static void end(ZynEmbeddedScheduler *scheduler, ZynEmbeddedTask *task, uint32_t status,
                int64_t value)
{
	uint32_t bit = bit_of(task->slot);
	task->status = (uint8_t)status;
	task->value = value;
	scheduler->live &= ~bit;
	scheduler->levels[task->priority] &= ~bit;
	if ((task->flags & KEPT) != 0)
		scheduler->ended |= bit;
	scheduler->ready = scheduler->live; /* Rule 3. */
}

/* --- polling ---------------------------------------------------------------------------------- */

/* Rule 1: slots from flags; at most five halvings. */
static uint32_t slots_of(const ZynEmbeddedScheduler *scheduler, uint32_t flags)
{
	for (uint32_t width = 16; width >= scheduler->capacity; width /= 2)
		flags |= flags >> width;
	return flags & scheduler->live;
}

/* Takes the wake flags and makes those ready whom they concern (rule 3).  Apart, to keep the
 * registers of poll_next few. */
static __attribute__((noinline)) void take_wakes(ZynEmbeddedScheduler *scheduler)
{
	/* acquire: the task sees what was written before the wake */
	uint32_t flags = ZA_EXCHANGE(&scheduler->wakes[0], 0, acquire) |
	                 ZA_EXCHANGE(&scheduler->wakes[1], 0, acquire);
	uint32_t woken = slots_of(scheduler, flags);
	scheduler->ready |= scheduler->precise || woken == 0 ? woken : scheduler->live;
}

static inline uint32_t flags_set(const ZynEmbeddedScheduler *scheduler)
{
	return ZA_LOAD(&scheduler->wakes[0], relaxed) | ZA_LOAD(&scheduler->wakes[1], relaxed);
}

static __attribute__((noinline)) void begin_last_poll(ZynEmbeddedScheduler *scheduler,
                                                      ZynEmbeddedTask *task)
{
	task->flags |= LAST;
	scheduler->cx = context(ZYN_ATTENTION_CANCEL);
	scheduler->cx.waker.data = task;
}

/* After a poll that ended a task, or in which it was aborted. */
static __attribute__((noinline)) void settle(ZynEmbeddedScheduler *scheduler, ZynEmbeddedTask *task,
                                             ZynPoll result)
{
	if ((task->flags & LAST) != 0) {
		scheduler->cx = context(0);
		end(scheduler, task, ZYN_CANCELLED, 0);
	} else if (result.status != ZYN_PENDING) {
		end(scheduler, task, result.status == ZYN_READY ? ZYN_READY : ZYN_FAILED,
		    result.value);
	} else {
		scheduler->ready |= bit_of(task->slot); /* aborted from inside its own poll */
	}
}

static __attribute__((noinline)) int32_t poll_task(ZynEmbeddedScheduler *scheduler,
                                                   ZynEmbeddedTask *task)
{
	scheduler->cx.waker.data = task; /* Rule 4. */
	task->flags |= STARTED;
	if (task->flags >= CANCELLING)
		begin_last_poll(scheduler, task);
	ZynPoll result = task->poll(task->state, &scheduler->cx);
	scheduler->cx.waker.data = NULL;
	if (result.status != ZYN_PENDING || task->flags >= CANCELLING)
		settle(scheduler, task, result);
	return (int32_t)task->id;
}

/* Takes the next of `tasks`, which are those of `level` that are ready, out of the ready ones: in
 * turn, behind the one that was polled last, else from the start. */
static inline ZynEmbeddedTask *pick(ZynEmbeddedScheduler *scheduler, uint32_t level, uint32_t tasks)
{
	uint32_t later = tasks & UINT32_C(0xFFFFFFFE) << scheduler->last[level];
	uint32_t slot = lowest(later != 0 ? later : tasks);
	scheduler->last[level] = (uint8_t)slot;
	scheduler->ready &= ~bit_of(slot);
	return &scheduler->tasks[slot];
}

/* Written out by level, because this is what a pick costs: 18 to 29 instructions on x86-64. */
static __attribute__((noinline)) int32_t poll_ready(ZynEmbeddedScheduler *scheduler)
{
	const uint32_t *levels = scheduler->levels;
	uint32_t ready = scheduler->ready;
	_Static_assert(ZYN_PRIORITIES == 5, "one line for each but the last");
	if ((ready & levels[0]) != 0)
		return poll_task(scheduler, pick(scheduler, 0, ready & levels[0]));
	if ((ready & levels[1]) != 0)
		return poll_task(scheduler, pick(scheduler, 1, ready & levels[1]));
	if ((ready & levels[2]) != 0)
		return poll_task(scheduler, pick(scheduler, 2, ready & levels[2]));
	if ((ready & levels[3]) != 0)
		return poll_task(scheduler, pick(scheduler, 3, ready & levels[3]));
	/* Rule 2: what is ready is live, so the rest is of the last level. */
	if (ready != 0)
		return poll_task(scheduler, pick(scheduler, 4, ready));
	return ZYN_IDLE;
}

/* Three functions, each of which ends in a call of the next, so that none saves registers for
 * another. */
int32_t zyn_embedded_poll_next(ZynEmbeddedScheduler *scheduler)
{
	if (scheduler->cx.waker.data != NULL)
		return ZYN_REFUSED_INSIDE;
	if (flags_set(scheduler) != 0)
		take_wakes(scheduler);
	return poll_ready(scheduler);
}

uint32_t zyn_embedded_run(ZynEmbeddedScheduler *scheduler, uint32_t polls)
{
	uint32_t done = 0;
	while (done < polls && zyn_embedded_poll_next(scheduler) >= 0)
		done++;
	return done;
}

uint32_t zyn_embedded_run_until_idle(ZynEmbeddedScheduler *scheduler)
{
	uint32_t done = 0;
	while (zyn_embedded_poll_next(scheduler) >= 0)
		done++;
	return done;
}

uint32_t zyn_embedded_task_count(const ZynEmbeddedScheduler *scheduler)
{
	return zyn__embedded_count(scheduler->live);
}

bool zyn_embedded_is_idle(const ZynEmbeddedScheduler *scheduler)
{
	return scheduler->ready == 0 && slots_of(scheduler, flags_set(scheduler)) == 0;
}

/* --- handles ---------------------------------------------------------------------------------- */

/* null: no task alive or kept has this id */
static ZynEmbeddedTask *find(const ZynEmbeddedScheduler *scheduler, int32_t id)
{
	uint32_t slot = (uint32_t)id & (scheduler->capacity - 1u);
	const ZynEmbeddedTask *task = &scheduler->tasks[slot];
	if (id < 0 || task->id != (uint32_t)id ||
	    ((scheduler->live | scheduler->ended) & bit_of(slot)) == 0)
		return NULL;
	return (ZynEmbeddedTask *)(uintptr_t)task;
}

int32_t zyn_embedded_state(const ZynEmbeddedScheduler *scheduler, int32_t id)
{
	const ZynEmbeddedTask *task = find(scheduler, id);
	if (task == NULL)
		return ZYN_REFUSED_NO_TASK;
	if (task->status != ZYN_PENDING)
		return task->status == ZYN_READY    ? ZYN_TASK_COMPLETED
		       : task->status == ZYN_FAILED ? ZYN_TASK_FAILED
		                                    : ZYN_TASK_CANCELLED;
	if (scheduler->cx.waker.data == task)
		return ZYN_TASK_RUNNING;
	return (scheduler->ready & bit_of(task->slot)) != 0 ? ZYN_TASK_RUNNABLE : ZYN_TASK_PARKED;
}

bool zyn_embedded_is_finished(const ZynEmbeddedScheduler *scheduler, int32_t id)
{
	const ZynEmbeddedTask *task = find(scheduler, id);
	return task == NULL || task->status != ZYN_PENDING;
}

int32_t zyn_embedded_take(ZynEmbeddedScheduler *scheduler, int32_t id, int64_t *value)
{
	ZynEmbeddedTask *task = find(scheduler, id);
	if (task == NULL)
		return ZYN_REFUSED_NO_TASK;
	if (task->status == ZYN_PENDING)
		return ZYN_PENDING;
	if (value != NULL)
		*value = task->value;
	scheduler->ended &= ~bit_of(task->slot);
	return task->status;
}

int32_t zyn_embedded_block_on(ZynEmbeddedScheduler *scheduler, int32_t id, int64_t *value)
{
	for (;;) {
		int32_t status = zyn_embedded_take(scheduler, id, value);
		if (status != ZYN_PENDING)
			return status;
		int32_t polled = zyn_embedded_poll_next(scheduler);
		if (polled < 0)
			return polled == ZYN_IDLE ? ZYN_PENDING : polled;
	}
}

int32_t zyn_embedded_abort(ZynEmbeddedScheduler *scheduler, int32_t id)
{
	ZynEmbeddedTask *task = find(scheduler, id);
	if (task == NULL)
		return ZYN_REFUSED_NO_TASK;
	if (task->status != ZYN_PENDING)
		return 0; /* it ended before; its result stays */
	if ((task->flags & STARTED) == 0) {
		end(scheduler, task, ZYN_CANCELLED, 0);
	} else {
		task->flags |= CANCELLING;
		if (scheduler->cx.waker.data != task)
			scheduler->ready |= bit_of(task->slot);
	}
	return 0;
}

/* --- wake flags ------------------------------------------------------------------------------- */

void zyn_embedded_signal(ZynEmbeddedScheduler *scheduler, int32_t id)
{
	uint32_t flag = (uint32_t)id % ZYN_WAKE_FLAGS;
	ZA_OR(&scheduler->wakes[flag / 32], bit_of(flag % 32), release);
}

bool zyn_embedded_check(const ZynEmbeddedScheduler *scheduler, int32_t id)
{
	uint32_t flag = (uint32_t)id % ZYN_WAKE_FLAGS;
	return (ZA_LOAD(&scheduler->wakes[flag / 32], acquire) & bit_of(flag % 32)) != 0;
}

void zyn_embedded_clear(ZynEmbeddedScheduler *scheduler, int32_t id)
{
	uint32_t flag = (uint32_t)id % ZYN_WAKE_FLAGS;
	ZA_AND(&scheduler->wakes[flag / 32], ~bit_of(flag % 32), relaxed);
}

void zyn_embedded_reset(ZynEmbeddedScheduler *scheduler)
{
	ZA_STORE(&scheduler->wakes[0], 0, relaxed);
	ZA_STORE(&scheduler->wakes[1], 0, relaxed);
}
