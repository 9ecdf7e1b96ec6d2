/* Many workers for one runtime.
 *
 * Each worker of a team is what a runtime of one worker is: queues, timers, memory and a baton that
 * one thread holds while it turns it.  What a task does with tasks of its own worker costs no
 * locked instruction, unless it makes new ones.  What crosses workers:
 *
 *     tasks that were never polled       lie in a deque of the worker that made them, for anybody
 *                                        to steal, half of them at a time (deque.h)
 *     tasks that were woken              are handed over by their owner, half of them at a time,
 *                                        to a worker that shows that it has nothing to do
 *     a wake of a parked task            makes it the waker's, which puts it into its own queue;
 *                                        so tasks that talk to each other come to one worker
 *     cancel, release, schedule, and     are messages to the owner of the task (waker.c)
 *     a wake from no worker's poll
 *     joining, timers, groups, channels  have a lock of a byte each
 *
 * So stealing needs no cooperation where the work comes from, and a task that has begun is never
 * touched by two workers at once: its timers, children and awaits need not be prepared for that.
 * Handing over is the receiver-initiated scheme of Acar, Chargueraud and Rainey, "Scheduling
 * parallel programs by work stealing with private deques" (2013).  A worker inside a long poll is
 * asked for it through its attention word, and answers at the next back-edge or entry.
 *
 * The head is the worker that a host has its hands on.  No thread turns it all the time, so it runs
 * foreign machines only; its deque is the global queue of what hosts spawn.
 *
 * Rule 1.  a task has one owner, ZynTask.worker, which alone schedules, polls, wakes, cancels and
 *          frees it.  Only the owner names another, while the task is runnable and in its queue.
 * Rule 2.  a task with the bit FREE_TO_OWN belongs to whoever takes the bit away, with one
 *          compare-and-swap, and until then nobody changes it.  A deque may hold pointers to tasks
 *          that have been claimed otherwise, or to blocks that are something else by now: who
 *          finds the bit missing passes on, and who finds it again has found a task to run.
 *          So it is with the bit PARKED_FREE, which the owner sets as the last thing that it
 *          does to a task that parks.  A waker that finds the bit missing leaves a message, for
 *          the owner is still at it; the message follows the task to whoever has taken it
 *          meanwhile.
 * Rule 3.  on its way by hand a task is MOVING: in the mail of the new owner, in no queue.
 *          Messages may overtake it.
 * Rule 4.  a worker shows its bit before it looks for work the last time, and whoever brings some
 *          looks for bits after that; both are sequentially consistent where nobody else would
 *          find the work soon.
 * Rule 5.  the bits say who would take something, no more: a bit may be gone when it is acted on,
 *          and then a busy worker gets the tasks, which is no loss.
 * Rule 6.  a host that waits looks whether the team is stuck after it drained its kicks, and
 *          finds it stuck only when it gets every baton; so every worker that finds all bits
 *          shown after it gave up its baton kicks the host, and the last of them is not too
 *          early.  While IO or a host may still wake something there is nothing to be found; who
 *          ends the last of that kicks, or polls and is then such a worker.
 * Rule 7.  the newest fresh task of a worker, in `newest`, is its own, for it is about to run it:
 * at the end of the poll under way, or when that awaits it (eager.c).  Others see it as soon as
 * something else is to be run before it, or when they ask in a long poll. Rule 8.  a worker that
 * was soon done with what it took from others rests for a while before it shows its bit again, and
 * longer each time, up to REST_NS_MAX: what is that small, or goes back to where it came from,
 * costs more to move than to leave.
 */
#include "biased_lock.h"
#include "internal.h"

#include <sched.h>
#include <stdlib.h>

#define SHARE_MAX 64u         /* tasks handed over at once */
#define LOOK_MAX 256u         /* tasks looked at for that */
#define OLDEST_EVERY 61u      /* of this many fresh tasks one is the oldest */
#define SPINS 2000u           /* looks for mail before a worker sleeps */
#define STEAL_LOOK_EVERY 8u   /* of these one is for something to steal, at others' expense */
#define LONG_POLL_NS 10000000 /* after which an idle worker asks the busy ones */
#define WORTH_NS \
	500u /* of work in each task that is taken from another worker, or it costs \
	        both of them more to move it than to leave it */
#define REST_NS_MIN 20000u
#define REST_NS_MAX 1000000u
#define WORKER_STACK_BYTES ((size_t)8 * 1024 * 1024) /* what a main thread has */

/* --- handing over ----------------------------------------------------------------------------- */

/* Rule 8. */
static void note_taken(ZynRuntime *rt, uint64_t count)
{
	if (rt->taken == 0)
		rt->taken_since_ns = zyn__monotonic_ns();
	rt->taken += count;
}

static void show_newest(ZynRuntime *rt)
{
	ZynTask *newest = zyn__get(&rt->newest);
	if (newest == NULL)
		return;
	zyn__set(&rt->newest, NULL);
	if (!zyn__team_publish(rt, newest))
		zyn__ready_push(rt, newest);
}

static bool movable(const ZynTask *task)
{
	return !task->foreign && task->kept == 0 && task->sched != ZYN_SCHED_FREE;
}

/* Takes up to `max` movable tasks from the front of `list` and chains them by their links.  Not
 * every second one: neighbours share cache lines. */
static uint32_t take(ZynRuntime *rt, ZynTaskList *list, uint64_t max, ZynTask **chain,
                     ZynTask **last, ZynRuntime *target)
{
	uint32_t taken = 0;
	uint32_t seen = 0;
	ZynTask *before = NULL;
	ZynTask *behind;
	for (ZynTask *task = list->first; task != NULL && taken < max && seen < LOOK_MAX;
	     task = behind, seen++) {
		behind = zyn__tasks_next(task);
		if (!movable(task)) {
			before = task;
			continue;
		}
		zyn__tasks_take(list, before, task);
		zyn__set(&rt->queued, zyn__get(&rt->queued) - 1);
		task->sched = ZYN_SCHED_MOVING;
		task->next = *chain;
		zyn__own(task, target); /* Rule 1. */
		if (*chain == NULL)
			*last = task;
		*chain = task;
		taken++;
	}
	return taken;
}

static void post(ZynRuntime *target, ZynTask *chain, ZynTask *last)
{
	ZynTask *head = zyn__get(&target->mail);
	do {
		last->next = head;
	} while (!atomic_compare_exchange_weak(&target->mail, &head, chain));
	zyn__kick(target); /* Rule 4. */
}

/* An idle worker other than `rt`, from its neighbour on; 0: none. */
static uint32_t idle_other(const ZynRuntime *rt)
{
	uint64_t idle = zyn__get(&rt->team->idle) & ~((uint64_t)1 << rt->worker_index);
	if (idle == 0)
		return 0;
	uint64_t above = idle & ~(((uint64_t)2 << rt->worker_index) - 1);
	return (uint32_t)__builtin_ctzll(above != 0 ? above : idle);
}

void zyn__team_share(ZynRuntime *rt, bool all)
{
	uint32_t index;
	show_newest(rt);
	while ((index = idle_other(rt)) != 0) { /* bounded by the number of workers */
		ZynRuntime *target = rt->team->workers[index];
		ZynTask *chain = NULL;
		ZynTask *last = NULL;
		uint64_t max = all ? SHARE_MAX : zyn__get(&rt->queued) / 2;
		max = max < SHARE_MAX ? max : SHARE_MAX;
		uint32_t taken = take(rt, &rt->round, max, &chain, &last, target);
		for (uint32_t i = 0; taken == 0 && i < ZYN_PRIORITIES; i++)
			taken = take(rt, &rt->ready[i], max, &chain, &last, target);
		if (taken == 0)
			return;
		atomic_fetch_and(&rt->team->idle, ~((uint64_t)1 << index)); /* Rule 5. */
		zyn__set(&rt->given_total, zyn__get(&rt->given_total) + taken);
		post(target, chain, last);
	}
}

void zyn__mail_drain(ZynRuntime *rt)
{
	if (zyn__get(&rt->mail) == NULL)
		return;
	ZynTask *task = atomic_exchange_explicit(&rt->mail, NULL, memory_order_acquire);
	ZynTaskList list = {NULL, NULL};
	uint32_t count = 0;
	while (task != NULL) { /* bounded by what others had runnable */
		ZynTask *next = task->next;
		zyn__tasks_push_front(&list, task); /* newest first: turn it round */
		task = next;
		count++;
	}
	note_taken(rt, count);
	while ((task = zyn__tasks_pop_front(&list)) != NULL) {
		task->sched = ZYN_SCHED_QUEUED;
		zyn__ready_push(rt, task);
	}
}

void zyn__team_serve(ZynRuntime *rt)
{
	if (rt->worker_index == 0)
		return;
	zyn__mail_drain(rt);
	zyn__inbox_drain(rt);
	zyn__fire_timers(rt);
	if (zyn__somebody_idle(rt))
		zyn__team_share(rt, true);
}

/* --- fresh tasks ------------------------------------------------------------------------------ */

static void kick_idle(ZynRuntime *rt)
{
	uint32_t index = idle_other(rt);
	if (index == 0)
		return;
	atomic_fetch_and(&rt->team->idle, ~((uint64_t)1 << index)); /* Rule 5. */
	zyn__kick(rt->team->workers[index]);
}

bool zyn__team_publish(ZynRuntime *rt, ZynTask *task)
{
	/* Room first: after the bit is set the task is no longer ours. */
	if (!zyn__deque_reserve(&rt->fresh, 1))
		return false;
	atomic_store_explicit(&task->worker, (uint8_t)(rt->worker_index | ZYN_FREE_TO_OWN),
	                      memory_order_release);
	zyn__deque_push(&rt->fresh, task);
	if (rt->worker_index == 0) {
		atomic_thread_fence(memory_order_seq_cst); /* Rule 4: nobody else will look here. */
		kick_idle(rt);
	} else if (zyn__somebody_idle(rt)) {
		kick_idle(rt);
	}
	return true;
}

bool zyn__team_spawned(ZynRuntime *rt, ZynTask *task)
{
	if (rt->worker_index == 0 || zyn__polls_watched(rt))
		return zyn__team_publish(rt, task);
	ZynTask *older = zyn__get(&rt->newest);
	zyn__set(&rt->newest, task); /* Rule 7. */
	if (older != NULL && !zyn__team_publish(rt, older))
		zyn__ready_push(rt, older);
	return true;
}

/* Half of what some other worker has, in an order that differs from worker to worker and from
 * time to time. */
static bool steal(ZynRuntime *rt)
{
	ZynTeam *team = rt->team;
	uint64_t mixed = (++rt->steal_turns + rt->worker_index) * 0x9E3779B97F4A7C15u;
	uint32_t first = (uint32_t)(mixed >> 40) % team->count;
	for (uint32_t i = 0; i < team->count; i++) {
		ZynRuntime *victim = team->workers[(first + i) % team->count];
		if (victim == rt || zyn__deque_count(&victim->fresh) == 0)
			continue;
		int64_t stolen = zyn__deque_steal_half(&victim->fresh, &rt->fresh);
		if (stolen == 0)
			continue;
		zyn__set(&rt->stolen_total, zyn__get(&rt->stolen_total) + (uint64_t)stolen);
		note_taken(rt, (uint64_t)stolen);
		if (stolen > 1 && zyn__somebody_idle(rt))
			kick_idle(rt); /* one wakes the next, so that a burst wakes them all */
		return true;
	}
	return false;
}

/* Rule 2.  What is found again may also be a host's promise that nobody has scheduled yet. */
static bool claim_runnable(ZynRuntime *rt, ZynTask *task)
{
	if (!zyn__claim(task, rt))
		return false;
	if (task->sched == ZYN_SCHED_QUEUED)
		return true;
	atomic_fetch_or_explicit(&task->worker, ZYN_FREE_TO_OWN, memory_order_release);
	return false;
}

bool zyn__team_take_newest(ZynRuntime *rt, ZynTask *task)
{
	if (zyn__get(&rt->newest) == task) {
		zyn__set(&rt->newest, NULL);
		return true;
	}
	return zyn__deque_newest(&rt->fresh) == task && zyn__deque_pop(&rt->fresh) == task &&
	       claim_runnable(rt, task);
}

/* The newest first, because it is in the cache and its memory will be used again soonest; now and
 * then the oldest, so that it does not wait for ever. */
ZynTask *zyn__team_fresh(ZynRuntime *rt, bool steals)
{
	ZynTask *newest = zyn__get(&rt->newest);
	if (newest != NULL) {
		zyn__set(&rt->newest, NULL);
		return newest;
	}
	do {
		void *item;
		while ((item = ++rt->fresh_turns % OLDEST_EVERY == 0
		                       ? zyn__deque_take(&rt->fresh)
		                       : zyn__deque_pop(&rt->fresh)) != NULL)
			if (claim_runnable(rt, item))
				return item;
	} while (steals && steal(rt));
	return NULL;
}

static bool something_fresh(const ZynTeam *team)
{
	for (uint32_t i = 0; i < team->count; i++)
		if (zyn__deque_count(&team->workers[i]->fresh) != 0)
			return true;
	return false;
}

/* --- workers ---------------------------------------------------------------------------------- */

static uint64_t all_bits(const ZynTeam *team)
{
	return ((uint64_t)1 << (team->count - 1)) * 2 -
	       2; /* the head is never idle in this sense */
}

/* Asks whoever is inside a poll now to serve the others. */
static void ring_busy(ZynRuntime *rt)
{
	uint64_t busy = all_bits(rt->team) & ~zyn__get(&rt->team->idle);
	for (; busy != 0; busy &= busy - 1)
		zyn__seats_ring(rt->team->workers[__builtin_ctzll(busy)], ZYN_ATTENTION_TIMERS);
}

static bool called(ZynRuntime *rt)
{
	return atomic_load(&rt->mail) != NULL || atomic_load(&rt->inbox) != NULL ||
	       zyn__get(&rt->parker.word) == ZYN_PARKER_TOKEN ||
	       zyn__get(&rt->team->closing) != 0 || zyn__baton_wanted(&rt->baton);
}

static bool spin(ZynRuntime *rt)
{
	for (uint32_t i = 0; i < SPINS; i++) {
		if (called(rt) || (i % STEAL_LOOK_EVERY == 0 && something_fresh(rt->team)))
			return true;
		zyn__relax();
	}
	return false;
}

static void sleep_idle(ZynRuntime *rt, int64_t idle_ns)
{
	ZynTeam *team = rt->team;
	zyn__set(&rt->parks_total, zyn__get(&rt->parks_total) + 1);
	ring_busy(rt);
	bool alone = (all_bits(team) & ~atomic_load(&team->idle)) == 0;
	int64_t limit_ns = idle_ns;
	if (!alone && (limit_ns < 0 || limit_ns > LONG_POLL_NS))
		limit_ns = LONG_POLL_NS;
	atomic_fetch_add(&rt->sleepers, 1);
	zyn__baton_release(&rt->baton);
	/* Rule 6: asked again, because another may have shown its bit and not given up its baton.
	 */
	ZynRuntime *head = team->workers[0];
	if ((all_bits(team) & ~atomic_load(&team->idle)) == 0 && atomic_load(&head->outside) == 0 &&
	    atomic_load(&head->drivers) != 0)
		zyn__kick(head);
	if (atomic_load(&rt->mail) == NULL && atomic_load(&rt->inbox) == NULL &&
	    !something_fresh(team))
		zyn__sleep(rt, limit_ns); /* Rule 4. */
	zyn__baton_acquire(&rt->baton, ZYN_BATON_NORMAL, UINT64_MAX);
	atomic_fetch_sub(&rt->sleepers, 1);
	zyn__kick_drain(rt);
	zyn__reactor_awake(rt);
}

/* Rule 8: how long to rest, now that it has done what it took from others; 0: not at all. */
static uint64_t rest_ns(ZynRuntime *rt)
{
	uint64_t taken = rt->taken;
	if (taken == 0)
		return 0;
	rt->taken = 0;
	if (zyn__monotonic_ns() - rt->taken_since_ns >= taken * WORTH_NS)
		rt->rest_ns = 0;
	else if (rt->rest_ns == 0)
		rt->rest_ns = REST_NS_MIN;
	else if (rt->rest_ns < REST_NS_MAX)
		rt->rest_ns *= 2;
	return rt->rest_ns;
}

/* Sleeps where only messages and its own timers end it early, and without its bit. */
static void rest(ZynRuntime *rt, int64_t limit_ns)
{
	atomic_fetch_add(&rt->sleepers, 1);
	zyn__baton_release(&rt->baton);
	if (atomic_load(&rt->mail) == NULL && atomic_load(&rt->inbox) == NULL)
		zyn__parker_park(&rt->parker, limit_ns);
	zyn__baton_acquire(&rt->baton, ZYN_BATON_NORMAL, UINT64_MAX);
	atomic_fetch_sub(&rt->sleepers, 1);
	zyn__kick_drain(rt);
}

void zyn__team_idle(ZynRuntime *rt, int64_t idle_ns)
{
	if (atomic_load(&rt->drivers) > 1) { /* one thread sleeps here at a time */
		zyn__baton_release(&rt->baton);
		sched_yield();
		zyn__baton_acquire(&rt->baton, ZYN_BATON_NORMAL, UINT64_MAX);
		return;
	}
	int64_t rests_ns = (int64_t)rest_ns(rt);
	if (rests_ns != 0 && !zyn__reactor_unattended(rt)) {
		rest(rt, idle_ns >= 0 && idle_ns < rests_ns ? idle_ns : rests_ns);
		return;
	}
	uint64_t bit = (uint64_t)1 << rt->worker_index;
	atomic_fetch_or(&rt->team->idle, bit);
	if (zyn__reactor_unattended(rt) || !spin(rt))
		sleep_idle(rt, idle_ns);
	atomic_fetch_and(&rt->team->idle, ~bit);
}

static void *worker_main(void *data)
{
	ZynRuntime *rt = data;
	ZynEntry entry;
	zyn__thread_count();
	zyn__run_enter(rt, &entry, UINT64_MAX);
	while (zyn__get(&rt->team->closing) == 0 && entry.seat != NULL) { /* until zyn_rt_free */
		zyn__turn_long(rt, &entry, NULL);
		zyn__give_way(rt);
		int64_t idle_ns = zyn__idle_ns(rt);
		if (idle_ns != 0)
			zyn__team_idle(rt, idle_ns);
	}
	zyn__run_leave(&entry);
	return NULL;
}

bool zyn__team_start(ZynRuntime *head)
{
	ZynTeam *team = head->team;
	if (team == NULL || atomic_exchange(&team->started, 1) != 0)
		return true;
	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, WORKER_STACK_BYTES);
	uint32_t started = 1;
	while (started < team->count && pthread_create(&team->threads[started], &attributes,
	                                               worker_main, team->workers[started]) == 0)
		started++;
	pthread_attr_destroy(&attributes);
	team->thread_count = started;
	return started == team->count;
}

void zyn__team_stop(ZynRuntime *head)
{
	ZynTeam *team = head->team;
	if (team == NULL)
		return;
	zyn_dbg_attach(head, NULL); /* a worker stopped inside a poll must finish it */
	atomic_store(&team->closing, 1);
	for (uint32_t i = 1; i < team->thread_count; i++) {
		zyn__seats_ring(team->workers[i], ZYN_ATTENTION_TIMERS);
		zyn__kick(team->workers[i]);
	}
	for (uint32_t i = 1; i < team->thread_count; i++)
		pthread_join(team->threads[i], NULL);
}

/* --- the whole team --------------------------------------------------------------------------- */

void zyn__kick_all(ZynRuntime *rt)
{
	for (uint32_t i = 0; i < zyn__worker_count(rt); i++)
		zyn__kick(zyn__worker(rt, i));
}

void zyn__events_lock(ZynRuntime *head)
{
	if (head->team != NULL)
		pthread_mutex_lock(&head->team->events_lock);
}

void zyn__events_unlock(ZynRuntime *head)
{
	if (head->team != NULL)
		pthread_mutex_unlock(&head->team->events_lock);
}

/* The caller has the head's baton.  A worker whose baton is not to be had is at work. */
bool zyn__team_stuck(ZynRuntime *head)
{
	ZynTeam *team = head->team;
	if ((all_bits(team) & ~atomic_load(&team->idle)) != 0)
		return false;
	uint32_t taken = 1;
	while (taken < team->count && zyn__baton_try(&team->workers[taken]->baton))
		taken++;
	bool stuck = taken == team->count;
	for (uint32_t i = 0; stuck && i < team->count; i++)
		stuck = !zyn__work_left(team->workers[i]);
	while (taken-- > 1)
		zyn__baton_release(&team->workers[taken]->baton);
	return stuck;
}
