/* Turning a runtime: rounds and idling.  Who turns it is in drivers.c.
 *
 * One turn:   messages of other threads -> due timers -> (virtual clock: the next timer, if
 * nothing else can be done)
 *             -> a round: the tasks that are runnable now, once, as ready.c orders them.
 *
 * What is left of a round when a task stops inside a poll stays in `rt->round`, and the next
 * turn, of whichever thread, begins with it.
 *
 * Rule 1.  a thread that turns a runtime is a driver from run_enter to run_leave, also while it
 *          sleeps, but not while a debugger blocks it.
 * Rule 2.  a driver sleeps without the baton.  Whoever leaves the baton while one sleeps kicks,
 *          because what it did may be what the other waits for.
 * Rule 3.  no poll starts while the gate is closed, nor after the time limit of the driver passed.
 * Rule 4.  the virtual clock moves only when nothing can be done at the present time: no task in
 *          a queue, none stopped inside a poll, no foreign machine, no operation of the host
 *          under way, gate open; and only if some timer belongs to a task that a debugger does
 *          not keep back.  If only the host is in the way, it goes as fast as the real clock: a
 *          time limit on an operation of the host must pass some day.
 * Rule 5.  of several drivers that sleep only the first hears kicks; it drains them, turns the
 *          runtime for all, and the others sleep until some block_on may have what it waits for
 *          (`ends`): a task that somebody blocks on has ended, or a driver has left.
 */
#include "internal.h"

/* fresh tasks polled in one turn: what was woken meanwhile waits no longer than that */
#define FRESH_MAX 64
/* turns after which a worker that has enough to do looks what others, the host too, have made */
#define STEAL_EVERY 61u
/* the same for rounds of a few tasks each, and for children that run in their parent's await */
#define ROUND_POLLS_MAX 64
#define AHEAD_MAX 128u

bool zyn__run_enter(ZynRuntime *rt, ZynEntry *entry, uint64_t deadline_ns)
{
	zyn__sigint_begin(rt);
	if (!zyn__baton_acquire(&rt->baton, ZYN_BATON_NORMAL, deadline_ns)) {
		zyn__sigint_end();
		return false;
	}
	zyn__entry_push(entry, rt);
	entry->seat = zyn__seat_take(rt);
	ZynContext *cx = entry->seat != NULL ? &entry->seat->cx : NULL;
	if (cx == NULL) { /* the caller finds the seat missing and leaves at once */
		atomic_fetch_add(&rt->drivers, 1);
		return true;
	}
	atomic_fetch_add(&rt->drivers, 1);
	zyn__interrupt_pass_on(rt, cx);
	cx->runtime = rt;
	cx->stack_limit = zyn__stack_limit(rt->head->stack_bytes);
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	entry->seat->stack_ahead = here - (here - cx->stack_limit) / 8;
	return true;
}

void zyn__run_leave(ZynEntry *entry)
{
	ZynRuntime *rt = entry->runtime;
	bool drove = entry->seat != NULL;
	zyn__sigint_end();
	if (drove)
		zyn__seat_put(rt, entry->seat);
	entry->seat = NULL;
	if (atomic_fetch_sub(&rt->drivers, 1) == 1) {
		if (rt->stopped_mid_poll == 0)
			zyn_rt_interrupt_clear(rt); /* the run that it was meant for is over */
		else if (drove)
			zyn__debug_substitute(rt);
	}
	if (zyn__get(&rt->sleepers) != 0)
		zyn__ends_tell(rt); /* Rule 5: one of them has to take this one's place */
	zyn__leave(entry);          /* Rule 2. */
}

/* --- one turn --------------------------------------------------------------------------------- */

/* Others may cancel a timer here at any time: a moment's truth in a team. */
bool zyn__has_timers(ZynRuntime *rt)
{
	zyn__team_lock(rt, &rt->wheel_lock);
	bool some = rt->wheel.count != 0;
	zyn__team_unlock(rt, &rt->wheel_lock);
	return some;
}

void zyn__fire_timers(ZynRuntime *rt)
{
	if (!zyn__has_timers(rt))
		return;
	rt->now_ns = zyn__clock_now(rt);
	ZynTimer *timer;
	zyn__team_lock(rt, &rt->wheel_lock);
	rt->firing = true;
	while ((timer = zyn__wheel_expire(&rt->wheel, rt->now_ns / ZYN_NS_PER_MS)) != NULL)
		zyn__timer_fire(rt, timer); /* bounded: nothing sets a timer in here */
	rt->firing = false;
	zyn__team_unlock(rt, &rt->wheel_lock);
}

static bool nothing_runnable(ZynRuntime *rt)
{
	return zyn__ready_empty(rt) && zyn__get(&rt->newest) == NULL &&
	       (rt->worker_index == 0 || zyn__deque_count(&rt->fresh) == 0);
}

static bool host_is_busy(ZynRuntime *rt)
{
	return !zyn__tasks_empty(&rt->foreign) || zyn__get(&rt->head->outside) != 0;
}

/* Whether only the host keeps a virtual clock from going to the next timer.  A poll that is
 * stopped does too, except where a stop stops everything: there the gate says whether the others
 * may go on. */
static bool time_could_pass(ZynRuntime *rt)
{
	return rt->clock == ZYN_CLOCK_VIRTUAL && nothing_runnable(rt) &&
	       (rt->stopped_mid_poll == 0 || rt->stop_all) && !zyn__gate_closed(rt);
}

static bool wakes_somebody(const ZynTimer *timer, void *data)
{
	ZynTask *task = zyn__timer_task(data, timer);
	return task == NULL || task->kept == 0;
}

/* Rule 4. */
static bool may_advance(ZynRuntime *rt)
{
	if (!time_could_pass(rt) || rt->wheel.count == 0 || host_is_busy(rt))
		return false;
	return rt->kept_tasks == 0 || zyn__wheel_any(&rt->wheel, wakes_somebody, rt);
}

/* When the next timer is due or the limit of the block_on under way passes; UINT64_MAX: never. */
static uint64_t next_event_ns(ZynRuntime *rt)
{
	zyn__team_lock(rt, &rt->wheel_lock);
	uint64_t next_tick = zyn__wheel_next(&rt->wheel);
	uint64_t next_ns = next_tick * ZYN_NS_PER_MS;
	if (next_tick >= INT64_MAX / ZYN_NS_PER_MS) /* so far away, or none */
		next_ns = rt->wheel.count != 0 ? INT64_MAX : UINT64_MAX;
	zyn__team_unlock(rt, &rt->wheel_lock);
	return next_ns < rt->deadline_clock_ns ? next_ns : rt->deadline_clock_ns;
}

/* Rule 4: what passed on the real clock since the last turn, up to the next event. */
static void follow_real_clock(ZynRuntime *rt)
{
	uint64_t since_ns = rt->real_wait_since_ns;
	rt->real_wait_since_ns = 0;
	if (since_ns == 0 || !time_could_pass(rt))
		return;
	uint64_t before_ns = zyn__get(&rt->virtual_now_ns);
	uint64_t now_ns = before_ns + (zyn__monotonic_ns() - since_ns);
	uint64_t next_ns = next_event_ns(rt);
	now_ns = now_ns < next_ns ? now_ns : next_ns;
	zyn__set(&rt->virtual_now_ns, now_ns > before_ns ? now_ns : before_ns);
}

static void advance_clock(ZynRuntime *rt)
{
	/* ends: each pass reaches a timer or learns a later lower bound of the next */
	while (may_advance(rt)) {
		uint64_t next_tick = zyn__wheel_next(&rt->wheel);
		uint64_t next_ns = next_tick >= UINT64_MAX / ZYN_NS_PER_MS
		                           ? UINT64_MAX
		                           : next_tick * ZYN_NS_PER_MS;
		uint64_t now_ns = zyn__get(&rt->virtual_now_ns);
		if (next_ns > rt->deadline_clock_ns) {
			if (rt->deadline_clock_ns > now_ns)
				zyn__set(&rt->virtual_now_ns, rt->deadline_clock_ns);
			return; /* the limit of the block_on under way comes first */
		}
		if (next_ns > now_ns)
			zyn__set(&rt->virtual_now_ns, next_ns);
		uint64_t count = rt->wheel.count;
		zyn__fire_timers(rt);
		if (rt->wheel.count == count && zyn__wheel_next(&rt->wheel) <= next_tick)
			return; /* cannot be; better idle than spin */
	}
}

static void enqueue_extra(ZynRuntime *rt, ZynTask *extra)
{
	if (zyn__task_ended(extra) || extra->kept)
		return;
	if (extra->sched != ZYN_SCHED_PARKED && extra->sched != ZYN_SCHED_IDLE)
		return;
	extra->sched = ZYN_SCHED_QUEUED;
	zyn__ready_push(rt, extra);
}

static bool out_of_time(ZynRuntime *rt, ZynEntry *entry)
{
	return zyn__attention(&entry->seat->cx, ZYN_ATTENTION_FUEL) &&
	       rt->deadline_real_ns != UINT64_MAX && zyn__monotonic_ns() >= rt->deadline_real_ns;
}

static int64_t poll_round(ZynRuntime *rt, ZynEntry *entry)
{
	uint64_t turn = rt->turn;
	int64_t polls = 0;
	ZynTask *task;
	/* bounded by what was queued at the start */
	while ((task = zyn__round_next(rt)) != NULL) {
		if (task->kept) {
			task->sched = ZYN_SCHED_PARKED;
			task->woken = 1;
			continue;
		}
		zyn__task_run(rt, entry, task);
		polls++;
		if (zyn__get(&rt->baton.urgent) != 0)
			zyn__baton_lend(&rt->baton);
		/* Another thread may have turned the runtime while a debugger had this one stopped.
		 */
		if (rt->turn != turn || zyn__gate_closed(rt) ||
		    out_of_time(rt, entry)) /* Rule 3. */
			break;
		if (zyn__has_to_share(rt))
			zyn__team_share(rt, false);
	}
	return polls;
}

/* Tasks of a team that were never polled, whoever made them. */
static int64_t poll_fresh(ZynRuntime *rt, ZynEntry *entry)
{
	uint64_t turn = rt->turn;
	int64_t polls = 0;
	ZynTask *task;
	bool steals = zyn__get(&rt->queued) == 0 || turn % STEAL_EVERY == 0;
	while (polls < FRESH_MAX && !zyn__gate_closed(rt) &&
	       (task = zyn__team_fresh(rt, steals)) != NULL) {
		if (task->kept) {
			task->sched = ZYN_SCHED_PARKED;
			task->woken = 1;
			continue;
		}
		zyn__task_run(rt, entry, task);
		polls++;
		if (zyn__get(&rt->baton.urgent) != 0)
			zyn__baton_lend(&rt->baton);
		if (rt->turn != turn || zyn__get(&rt->mail) != NULL)
			break;
	}
	return polls;
}

/* Whether the next turn would do nothing but begin another round. */
static bool is_quiet(ZynRuntime *rt, uint64_t turn)
{
	return rt->turn == turn && !nothing_runnable(rt) && zyn__get(&rt->inbox) == NULL &&
	       zyn__get(&rt->mail) == NULL && zyn__get(&rt->graveyard) == NULL &&
	       zyn__get(&rt->head->interrupt) == 0 && zyn__get(&rt->baton.state) == 1 &&
	       !zyn__gate_closed(rt) && zyn__tasks_empty(&rt->foreign) &&
	       rt->order == ZYN_ORDER_FIFO && rt->head->debugger == NULL;
}

/* A turn in which `extra`, if any, gets a poll even if nobody woke it. */
int64_t zyn__turn(ZynRuntime *rt, ZynEntry *entry, ZynTask *extra)
{
	ZYN_ASSERT(entry->seat != NULL);
	rt->turn++;
	if (!rt->has_sleeper) /* Rule 5: else the kick may be meant for it */
		zyn__kick_drain(rt);
	zyn__mail_drain(rt);
	zyn__inbox_drain(rt);
	zyn__graveyard_drain(rt);
	if (zyn__gate_closed(rt))
		return 0; /* Rule 3. */
	if (rt->real_wait_since_ns != 0)
		follow_real_clock(rt);
	zyn__fire_timers(rt);
	bool extra_runnable = extra != NULL && extra->sched == ZYN_SCHED_IDLE;
	if (rt->head->clock == ZYN_CLOCK_VIRTUAL && !extra_runnable)
		advance_clock(rt);
	if (extra != NULL)
		enqueue_extra(rt, extra);
	zyn__tasks_splice_back(&rt->ready[ZYN_PRIORITY_NORMAL], &rt->foreign);
	zyn__round_begin(rt);
	int64_t polls = poll_round(rt, entry);
	if (rt->worker_index != 0)
		polls += poll_fresh(rt, entry);
	if (zyn__get(&rt->head->reactor) != NULL)
		zyn__reactor_turn(rt, polls);
	if (time_could_pass(rt) && host_is_busy(rt))
		rt->real_wait_since_ns = zyn__monotonic_ns();
	return polls;
}

int64_t zyn__turn_long(ZynRuntime *rt, ZynEntry *entry, ZynTask *task)
{
	rt->ahead_left = AHEAD_MAX;
	int64_t polls = zyn__turn(rt, entry, NULL);
	uint64_t turn = rt->turn;
	while (polls < ROUND_POLLS_MAX && rt->ahead_left != 0 && is_quiet(rt, turn) &&
	       (task == NULL || !zyn__task_ended(task)) && !out_of_time(rt, entry)) {
		turn = ++rt->turn;
		zyn__round_begin(rt);
		int64_t more = poll_round(rt, entry);
		if (rt->worker_index != 0)
			more += poll_fresh(rt, entry);
		polls += more;
		if (zyn__get(&rt->head->reactor) != NULL)
			zyn__reactor_turn(rt, more);
	}
	rt->ahead_left = 0;
	return polls;
}

/* --- between turns ---------------------------------------------------------------------------- */

int64_t zyn__idle_ns(ZynRuntime *rt)
{
	if (zyn__get(&rt->inbox) != NULL || zyn__get(&rt->mail) != NULL)
		return 0;
	if (zyn__gate_closed(rt))
		return -1;
	if (!nothing_runnable(rt) || may_advance(rt))
		return 0;
	int64_t idle_ns = -1;
	bool real = rt->head->clock == ZYN_CLOCK_REAL && zyn__has_timers(rt);
	bool follows = time_could_pass(rt) && host_is_busy(rt);
	uint64_t next_ns = real || follows ? next_event_ns(rt) : UINT64_MAX;
	if (next_ns != UINT64_MAX) {
		uint64_t now_ns = zyn__clock_now(rt);
		idle_ns = next_ns > now_ns ? (int64_t)(next_ns - now_ns) : 0;
	}
	if (!zyn__tasks_empty(&rt->foreign) && (idle_ns < 0 || idle_ns > ZYN_FOREIGN_ROUND_NS))
		idle_ns = ZYN_FOREIGN_ROUND_NS;
	return idle_ns;
}

bool zyn__work_left(ZynRuntime *rt)
{
	return zyn__get(&rt->inbox) != NULL || zyn__get(&rt->mail) != NULL ||
	       !nothing_runnable(rt) || !zyn__tasks_empty(&rt->foreign) || zyn__has_timers(rt) ||
	       (rt->team != NULL && zyn__deque_count(&rt->fresh) != 0) ||
	       rt->stopped_mid_poll != 0 || rt->kept_tasks != 0;
}

void zyn__give_way(ZynRuntime *rt)
{
	if (!zyn__baton_wanted(&rt->baton))
		return;
	zyn__baton_release(&rt->baton);
	zyn__baton_acquire(&rt->baton, ZYN_BATON_NORMAL, UINT64_MAX);
}
