/* The embedded scheduler: tasks are bits, and whom to poll next is found by looking at words.
 *
 * Owner:   one thread calls everything but signal, check, clear and reset.
 * Others:  threads and interrupt handlers touch `wakes` only.
 *
 * Rule 1.  slot = id modulo capacity, flag = id modulo 64; capacity divides 64, so tasks alive at
 * once have different slots and different flags. Rule 2.  live, ended and free slots are disjoint;
 * ready is part of live; levels divide live. Rule 3.  news makes live tasks ready: a wake flag of a
 * live task, an end, a new task.  A poll clears the ready bit before it calls the task, so a wake
 * during the poll counts. Rule 4.  the end of a task is written in full before anybody else is
 * polled. Rule 5.  no path of poll_next has a loop whose length depends on the number of tasks.
 */
#include "embedded.h"

/* bits of ZynEmbeddedTask.flags */
#define KEPT 1u
#define STARTED 2u
#define CANCELLING 4u

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
		.running = ZYN__EMBEDDED_NONE,
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
	scheduler->owned[id / 32 % 2] |= bit_of(id % 32);
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
	scheduler->owned[task->id / 32 % 2] &= ~bit_of(task->id % 32);
	if ((task->flags & KEPT) != 0)
		scheduler->ended |= bit;
	scheduler->ready = scheduler->live; /* Rule 3. */
}

/* --- polling ---------------------------------------------------------------------------------- */

/* Takes the wake flags of live tasks and makes those ready whom they concern. */
static __attribute__((noinline)) void take_wakes(ZynEmbeddedScheduler *scheduler)
{
	uint32_t woken = 0;
	for (uint32_t i = 0; i < ZYN_WAKE_FLAGS / 32; i++) {
		uint32_t owned = scheduler->owned[i];
		/* acquire: the task sees what was written before the wake */
		woken |= ZA_AND(&scheduler->wakes[i], ~owned, acquire) & owned;
	}
	/* flag to slot (rule 1): at most five halvings */
	for (uint32_t width = 16; width >= scheduler->capacity; width /= 2)
		woken |= woken >> width;
	scheduler->ready |= scheduler->live & (scheduler->precise ? woken : UINT32_MAX);
}

/* The slot to poll; something is ready. */
static inline uint32_t pick(ZynEmbeddedScheduler *scheduler)
{
	uint32_t level = 0;
	uint32_t tasks;
	/* ends at the last level, because ready is part of live and levels divide it (rule 2) */
	while ((tasks = scheduler->ready & scheduler->levels[level]) == 0)
		level++;
	/* in turn: behind the one that was polled last, else from the start */
	uint32_t later = tasks & UINT32_MAX << 1 << scheduler->last[level];
	uint32_t slot = lowest(later != 0 ? later : tasks);
	scheduler->last[level] = (uint8_t)slot;
	return slot;
}

static inline bool woken(const ZynEmbeddedScheduler *scheduler)
{
	return ((ZA_LOAD(&scheduler->wakes[0], relaxed) & scheduler->owned[0]) |
	        (ZA_LOAD(&scheduler->wakes[1], relaxed) & scheduler->owned[1])) != 0;
}

int32_t zyn_embedded_poll_next(ZynEmbeddedScheduler *scheduler)
{
	if (scheduler->running != ZYN__EMBEDDED_NONE)
		return ZYN_REFUSED_INSIDE;
	if (woken(scheduler))
		take_wakes(scheduler);
	if (scheduler->ready == 0)
		return ZYN_IDLE;
	uint32_t slot = pick(scheduler);
	ZynEmbeddedTask *task = &scheduler->tasks[slot];
	int32_t id = (int32_t)task->id;
	scheduler->ready &= ~bit_of(slot);
	scheduler->running = (uint8_t)slot;
	scheduler->cx.waker.data = task;
	task->flags |= STARTED;
	bool last = (task->flags & CANCELLING) != 0;
	if (last) {
		scheduler->cx = context(ZYN_ATTENTION_CANCEL);
		scheduler->cx.waker.data = task;
	}
	ZynPoll result = task->poll(task->state, &scheduler->cx);
	scheduler->running = ZYN__EMBEDDED_NONE;
	if (last) {
		scheduler->cx = context(0);
		end(scheduler, task, ZYN_CANCELLED, 0);
	} else if (result.status != ZYN_PENDING) {
		end(scheduler, task, result.status == ZYN_READY ? ZYN_READY : ZYN_FAILED,
		    result.value);
	} else if ((task->flags & CANCELLING) != 0) {
		scheduler->ready |= bit_of(slot); /* aborted from inside its own poll */
	}
	return id;
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
	return scheduler->ready == 0 && !woken(scheduler);
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
	if (scheduler->running == task->slot)
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
		if (scheduler->running != task->slot)
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
