/* Many workers for one runtime.
 *
 * Each worker of a team is what a runtime of one worker is: queues, timers, memory and a baton that
 * one thread holds while it turns it.  Nothing in a worker is shared, so what a task does with
 * tasks of its own worker costs no locked instruction.  What crosses workers:
 *
 *     wake, cancel, release, schedule    a message to the owner of the task (waker.c)
 *     runnable tasks                     handed over by whoever has them (here)
 *     joining, timers, groups, channels  a lock of four bytes in each of them
 *
 * So work is not stolen, it is asked for: a worker without work shows a bit, and whoever sees it
 * and has more than one runnable task hands over half of them.  That is the receiver-initiated
 * scheme with private queues of Acar, Chargueraud and Rainey, "Scheduling parallel programs by work
 * stealing with private deques" (2013).  A worker that is inside a long poll is asked through its
 * attention word, and answers at the next back-edge or entry.
 *
 * The head is the worker that a host has its hands on.  No thread turns it all the time, so it owns
 * foreign machines only; every other task that a host makes belongs to one of the others.
 *
 * Rule 1.  a task has one owner, ZynTask.runtime, which alone schedules, polls, wakes, cancels and
 *          frees it.  Only the owner names another, while the task is runnable and in its queue.
 * Rule 2.  on its way a task is MOVING: in the mail of the new owner, in no queue.  Messages may
 *          overtake it.
 * Rule 3.  a worker shows its bit before it looks for mail the last time, and whoever hands
 *          something over rings after the mail is there; both are sequentially consistent, so no
 *          mail is left behind a sleeper.
 * Rule 4.  the bits say who would take something, no more: a bit may be gone when it is acted on,
 *          and then a busy worker gets the tasks, which is no loss.
 */
#include "internal.h"

#include <stdlib.h>

#define SHARE_MAX 64u         /* tasks handed over at once */
#define LOOK_MAX 256u         /* tasks looked at for that */
#define SPINS 2000u           /* looks for mail before a worker sleeps */
#define LONG_POLL_NS 10000000 /* after which an idle worker asks the busy ones */
#define WORKER_STACK_BYTES ((size_t)8 * 1024 * 1024) /* what a main thread has */

/* --- handing over ----------------------------------------------------------------------------- */

ZynRuntime *zyn__team_home(ZynRuntime *rt)
{
	if (rt->team == NULL || rt->worker_index != 0)
		return rt;
	return rt->team->workers[1 + rt->turn++ % (rt->team->count - 1)];
}

static bool movable(const ZynTask *task)
{
	return !task->foreign && task->kept == 0;
}

/* Takes every second movable task of `list`, or all, and chains them by queue.next. */
static uint32_t take(ZynList *list, bool all, ZynTask **chain, ZynTask **last, ZynRuntime *target)
{
	uint32_t taken = 0;
	uint32_t seen = 0;
	ZynList *link = list->next;
	for (; link != list && taken < SHARE_MAX && seen < LOOK_MAX; seen++) {
		ZynTask *task = ZYN_CONTAINER(link, ZynTask, queue);
		link = link->next;
		if (!movable(task) || (!all && seen % 2 == 0))
			continue;
		zyn__list_remove(&task->queue);
		task->sched = ZYN_SCHED_MOVING;
		task->queue.next = (ZynList *)(void *)*chain;
		task->queue.prev = NULL;
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
		last->queue.next = (ZynList *)(void *)head;
	} while (!atomic_compare_exchange_weak(&target->mail, &head, chain));
	zyn__kick(target); /* Rule 3. */
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
	while ((index = idle_other(rt)) != 0) { /* bounded by the number of workers */
		ZynRuntime *target = rt->team->workers[index];
		ZynTask *chain = NULL;
		ZynTask *last = NULL;
		uint32_t taken = take(&rt->ready, all, &chain, &last, target);
		if (taken == 0)
			taken = take(&rt->round, all, &chain, &last, target);
		if (taken == 0)
			return;
		atomic_fetch_and(&rt->team->idle, ~((uint64_t)1 << index)); /* Rule 4. */
		zyn__set(&rt->given_total, zyn__get(&rt->given_total) + taken);
		post(target, chain, last);
	}
}

void zyn__mail_drain(ZynRuntime *rt)
{
	if (zyn__get(&rt->mail) == NULL)
		return;
	ZynTask *task = atomic_exchange_explicit(&rt->mail, NULL, memory_order_acquire);
	ZynList list;
	zyn__list_init(&list);
	while (task != NULL) { /* bounded by what others had runnable */
		ZynTask *next = (ZynTask *)(void *)task->queue.next;
		zyn__list_init(&task->queue);
		zyn__list_push_back(list.next, &task->queue); /* newest first: turn it round */
		task = next;
	}
	ZynList *link;
	while ((link = zyn__list_pop_front(&list)) != NULL) {
		task = ZYN_CONTAINER(link, ZynTask, queue);
		task->sched = ZYN_SCHED_QUEUED;
		zyn__list_push_back(&rt->ready, &task->queue);
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
	       zyn__get(&rt->signalled) != 0 || zyn__get(&rt->team->closing) != 0 ||
	       zyn__baton_wanted(&rt->baton);
}

static bool spin(ZynRuntime *rt)
{
	for (uint32_t i = 0; i < SPINS; i++) {
		if (called(rt))
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
	if (alone && zyn__get(&team->workers[0]->sleepers) != 0)
		zyn__kick(
			team->workers[0]); /* whoever waits for an end may have to see a deadlock */
	if (atomic_load(&rt->mail) == NULL && atomic_load(&rt->inbox) == NULL)
		zyn__sleep(rt, limit_ns); /* Rule 3. */
	zyn__baton_acquire(&rt->baton, ZYN_BATON_NORMAL, UINT64_MAX);
	atomic_fetch_sub(&rt->sleepers, 1);
	zyn__kick_drain(rt);
	zyn__reactor_awake(rt);
}

static void idle(ZynRuntime *rt, int64_t idle_ns)
{
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
	zyn__run_enter(rt, &entry, UINT64_MAX);
	while (zyn__get(&rt->team->closing) == 0 && entry.seat != NULL) { /* until zyn_rt_free */
		zyn__turn(rt, &entry, NULL);
		zyn__give_way(rt);
		int64_t idle_ns = zyn__idle_ns(rt);
		if (idle_ns != 0)
			idle(rt, idle_ns);
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
