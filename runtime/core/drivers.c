/* Who turns a runtime: a thread that blocks until a task has ended or all work is done, and a host
 * that turns by hand.  What a turn is, and the rules, are in scheduler.c.
 */
#include "internal.h"

/* A limit on the virtual clock ends a poll that never comes back only after this long on the real
 * one: a slow machine must not change what a deterministic run does. */
#define VIRTUAL_LIMIT_NS_MIN 1000000000

static bool can_be_woken(ZynRuntime *rt)
{
	return zyn__get(&rt->outside) != 0 || zyn__gate_closed(rt) || rt->stopped_mid_poll != 0 ||
	       rt->kept_tasks != 0 || (rt->team != NULL && !zyn__team_stuck(rt));
}

int64_t zyn_rt_turn(ZynRuntime *rt)
{
	ZynEntry entry;
	if (zyn__here(rt) != NULL || !zyn__run_enter_soon(rt, &entry))
		return -1;
	int64_t polls = 0;
	if (entry.seat != NULL) {
		rt->deadline_real_ns = UINT64_MAX;
		rt->deadline_clock_ns = UINT64_MAX;
		zyn__reactor_poll(rt);
		polls = zyn__turn(rt, &entry, NULL);
	}
	zyn__run_leave(&entry);
	return polls;
}

int64_t zyn_rt_next_deadline(ZynRuntime *rt)
{
	ZynEntry entry;
	zyn__enter(&entry, rt);
	int64_t idle_ns = zyn__idle_ns(rt);
	zyn__leave(&entry);
	return idle_ns;
}

typedef struct BlockOn {
	ZynRuntime *runtime;
	ZynTask *task;
	uint64_t deadline_real_ns;
	uint64_t deadline_clock_ns;
	bool deadlock_told;
	uint64_t ends_seen; /* before it looked whether its task has ended */
} BlockOn;

static bool limit_passed(const BlockOn *block)
{
	ZynRuntime *rt = block->runtime;
	if (block->deadline_clock_ns == UINT64_MAX)
		return false;
	if (zyn__clock_now(rt) >= block->deadline_clock_ns)
		return true;
	/* A virtual clock that stands still must not make a limit useless, unless a debugger made
	 * it stand still. */
	return rt->clock == ZYN_CLOCK_VIRTUAL && rt->debugger == NULL &&
	       zyn__monotonic_ns() >= block->deadline_real_ns;
}

/* Sleeps until there is something to do; DEADLOCK when there never will be, else PENDING. */
static int32_t wait_for_work(BlockOn *block)
{
	ZynRuntime *rt = block->runtime;
	int64_t idle_ns = zyn__idle_ns(rt);
	if (idle_ns == 0)
		return ZYN_PENDING;
	bool wakeable = idle_ns > 0 || can_be_woken(rt) || zyn__has_timers(rt);
	/* Who leaves a message and then stops being able to is seen in this order only. */
	if (!wakeable && (zyn__idle_ns(rt) == 0 || zyn__task_ended(block->task)))
		return ZYN_PENDING; /* another worker may have ended it since it was looked at */
	if (!wakeable) {
		if (rt->debugger == NULL || block->deadlock_told || !zyn__debug_deadlock(rt))
			return ZYN_DEADLOCK;
		block->deadlock_told = true;
		return ZYN_PENDING; /* once more: the debugger may have closed the gate or woken
		                       something */
	}
	if (block->deadline_real_ns != UINT64_MAX) {
		uint64_t now_ns = zyn__monotonic_ns();
		int64_t left_ns = now_ns < block->deadline_real_ns
		                          ? (int64_t)(block->deadline_real_ns - now_ns)
		                          : 0;
		if (rt->clock == ZYN_CLOCK_REAL || rt->debugger == NULL)
			idle_ns = idle_ns < 0 || left_ns < idle_ns ? left_ns : idle_ns;
	}
	zyn__idle(rt, idle_ns, block->ends_seen);
	return ZYN_PENDING;
}

/* Makes the workers of a team look at their messages, also inside a poll. */
static void ring_others(ZynRuntime *rt)
{
	for (uint32_t i = 1; i < zyn__worker_count(rt); i++)
		zyn__seats_ring(zyn__worker(rt, i), ZYN_ATTENTION_TIMERS);
}

static int32_t block_loop(BlockOn *block, ZynEntry *entry)
{
	ZynRuntime *rt = block->runtime;
	for (;;) { /* the wait for a task has no limit but the caller's */
		block->ends_seen = zyn__ends_seen(rt);
		if (zyn__task_ended(block->task))
			return (int32_t)zyn__get(&block->task->status);
		if (zyn__get(&rt->interrupt) != 0 && atomic_exchange(&rt->interrupt, 0) != 0) {
			zyn__task_ask(rt, block->task, ZYN_INBOX_CANCEL | ZYN_INBOX_INTERRUPT);
			ring_others(rt);
		}
		if (limit_passed(block))
			return ZYN_TIMEOUT;
		rt->deadline_real_ns = block->deadline_real_ns;
		rt->deadline_clock_ns = block->deadline_clock_ns;
		if (zyn__turn_long(rt, entry, block->task) != 0)
			block->deadlock_told = false;
		if (zyn__task_ended(block->task))
			continue;
		zyn__give_way(rt);
		if (zyn__task_ended(block->task))
			continue; /* in a turn of another thread */
		int32_t status = wait_for_work(block);
		if (status != ZYN_PENDING)
			return status;
	}
}

/* Under the lock that its end looks at it with. */
static void task_blockers(ZynTask *task, int change)
{
	ZynRuntime *rt = zyn__owner(task);
	zyn__task_lock(rt, task);
	zyn__set(&task->blockers, (uint8_t)(zyn__get(&task->blockers) + change));
	zyn__task_unlock(rt, task);
}

int32_t zyn_rt_block_on(ZynRuntime *rt, ZynPromise *p, int64_t timeout_ns)
{
	ZynTask *task = zyn__task_of_promise(p);
	ZYN_ASSERT(zyn__owner(task)->head == rt);
	int32_t status = zyn_promise_status(p);
	if (status != ZYN_PENDING)
		return status;
	if (zyn__here(rt) != NULL)
		return ZYN_BUSY;
	if (!zyn__team_start(rt))
		return ZYN_OUT_OF_MEMORY;
	uint64_t deadline_ns = zyn__deadline_after(zyn__monotonic_ns(), timeout_ns);
	ZynEntry entry;
	if (!zyn__run_enter(rt, &entry, deadline_ns))
		return ZYN_TIMEOUT;
	status = ZYN_OUT_OF_MEMORY;
	if (entry.seat != NULL) {
		BlockOn block = {
			.runtime = rt,
			.task = task,
			.deadline_real_ns = deadline_ns,
			.deadline_clock_ns = zyn__deadline_after(zyn__clock_now(rt), timeout_ns),
		};
		task_blockers(task, 1);
		if (!zyn__task_ended(task)) {
			zyn__task_become(rt, task, 0, 0);
			zyn__task_ask(rt, task, ZYN_INBOX_SCHEDULE);
		}
		if (rt->clock == ZYN_CLOCK_VIRTUAL && timeout_ns >= 0 &&
		    timeout_ns < VIRTUAL_LIMIT_NS_MIN)
			block.deadline_real_ns = zyn__deadline_after(zyn__monotonic_ns(),
			                                             VIRTUAL_LIMIT_NS_MIN);
		if (deadline_ns != UINT64_MAX)
			zyn__watchdog_arm(rt, block.deadline_real_ns);
		status = block_loop(&block, &entry);
		task_blockers(task, -1);
		if (deadline_ns != UINT64_MAX)
			zyn__watchdog_arm(rt, UINT64_MAX);
		rt->deadline_real_ns = UINT64_MAX;
		rt->deadline_clock_ns = UINT64_MAX;
	}
	zyn__run_leave(&entry);
	return status;
}

int32_t zyn_rt_run_until_idle(ZynRuntime *rt)
{
	if (zyn__here(rt) != NULL)
		return ZYN_BUSY;
	if (!zyn__team_start(rt))
		return ZYN_OUT_OF_MEMORY;
	ZynEntry entry;
	zyn__run_enter(rt, &entry, UINT64_MAX);
	int32_t status = entry.seat != NULL ? ZYN_PENDING : ZYN_OUT_OF_MEMORY;
	while (status == ZYN_PENDING) { /* the caller asked for as long as it takes */
		rt->deadline_real_ns = UINT64_MAX;
		rt->deadline_clock_ns = UINT64_MAX;
		zyn__turn_long(rt, &entry, NULL);
		zyn__give_way(rt);
		uint64_t ends_seen = zyn__ends_seen(rt);
		int64_t idle_ns = zyn__idle_ns(rt);
		if (zyn__get(&rt->interrupt) != 0 && atomic_exchange(&rt->interrupt, 0) != 0)
			status = ZYN_CANCELLED;
		else if (idle_ns < 0 && !can_be_woken(rt) && zyn__idle_ns(rt) != 0)
			status = ZYN_READY;
		else if (idle_ns != 0)
			zyn__idle(rt, idle_ns, ends_seen);
	}
	zyn__run_leave(&entry);
	return status;
}

int32_t zyn_promise_poll(ZynRuntime *rt, ZynPromise *p)
{
	ZynTask *task = zyn__task_of_promise(p);
	int32_t status = zyn_promise_status(p);
	if (status != ZYN_PENDING)
		return status; /* the same answer again, and nothing runs */
	if (zyn__here(rt) != NULL)
		return ZYN_BUSY;
	if (rt->team != NULL) {
		zyn_promise_spawn(rt, p);
		return zyn_promise_status(p);
	}
	ZynEntry entry;
	zyn__run_enter(rt, &entry, UINT64_MAX);
	if (entry.seat == NULL) {
		status = ZYN_OUT_OF_MEMORY;
	} else if (zyn__flag(task, ZYN_FRAME_RUNNING)) {
		status = ZYN_BUSY; /* stopped inside a poll of another thread */
	} else {
		while (zyn__gate_closed(rt)) /* until the debugger opens it */
			zyn__idle(rt, -1, zyn__ends_seen(rt));
		if (!zyn__task_ended(task)) {
			zyn__task_become(rt, task, 0, 0);
			rt->deadline_real_ns = UINT64_MAX;
			rt->deadline_clock_ns = UINT64_MAX;
			zyn__reactor_poll(rt);
			zyn__turn(rt, &entry, task);
		}
		status = (int32_t)zyn__get(&task->status);
	}
	zyn__run_leave(&entry);
	return status;
}

void zyn_rt_outside(ZynRuntime *rt, int64_t delta)
{
	int64_t before = atomic_fetch_add(&rt->outside, delta);
	ZYN_ASSERT(before + delta >= 0);
	if (delta < 0)
		zyn__kick(rt); /* whoever sleeps because of it may have to see a deadlock now */
}
