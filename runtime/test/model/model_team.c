/* core/team.c and core/waker.c under every schedule: what other threads ask of a task reaches its
 * owner, fresh tasks are taken by exactly one worker, tasks that are handed over arrive, and none
 * of it is left behind a sleeper.
 *
 * The two files are compiled into this one, because the functions in question are not for others.
 * A worker is a thread that looks for messages and tasks in the order of a turn, and sleeps as
 * zyn__team_idle does; what else these files call is absent. */
#include "explorer.h"

#include "waker.c"

#include "team.c"

#define WORKERS 2
#define TASKS 2

static ZynRuntime
	workers[WORKERS + 1]; /* the head does nothing; thread 0 is the first of the others */
static ZynTeam team;
static _Alignas(ZYN_CHUNK_BYTES) char chunk_memory[ZYN_CHUNK_BYTES];
static ZynTask *task;
static uint32_t told_bits; /* ZYN_INBOX_* that the owner was told of */
static uint32_t runs;      /* of the task */
/* Of the scenarios in which the task is polled, parks and is woken again. */
static bool is_polled;
static int frame;                  /* what only the poll under way touches */
static _Atomic uint32_t wanted[2]; /* a reason for each wake; relaxed: the wake is what orders it */
static bool served[2];             /* seen by the last poll */
static int asked[2]; /* written before a wake, before a cancel; read when they are delivered */

/* --- what the files call ---------------------------------------------------------------------- */

static ZynRuntime *self(void)
{
	return &workers[1 + model_self()];
}

/* Lets the other worker end, as zyn__team_stop does. */
static void close_team(void)
{
	atomic_store(&team.closing, 1);
	for (uint32_t i = 1; i < team.count; i++)
		if (model_self() == MODEL_THREADS_MAX || &workers[i] != self())
			zyn__kick(&workers[i]);
}

static void told(const ZynTask *about, uint32_t bit)
{
	MODEL_CHECK(about == task);
	MODEL_CHECK((told_bits & bit) == 0);
	MODEL_CHECK(!zyn__free_to_own(about));
	if (model_self() != MODEL_THREADS_MAX)
		MODEL_CHECK(zyn__owner(about) == self()); /* only the owner is told */
	told_bits |= bit;
}

/* What that of task.c does. */
static void wake_really(ZynTask *about)
{
	MODEL_CHECK(zyn__get(&about->worker) == self()->worker_index); /* and no bit beside it */
	if (MODEL_READ(&about->sched) == ZYN_SCHED_RUNNING) {
		about->woken = 1;
	} else if (about->sched == ZYN_SCHED_PARKED) {
		about->sched = ZYN_SCHED_QUEUED;
		zyn__tasks_push_back(&self()->ready[0], about);
	}
}

void zyn__task_wake(ZynTask *about, uint64_t waker_task)
{
	(void)waker_task;
	if (is_polled) {
		wake_really(about);
		return;
	}
	told(about, ZYN_INBOX_WAKE);
	MODEL_CHECK(MODEL_READ(&asked[0]) == 1);
}

void zyn__task_cancel(ZynTask *about, bool interrupted)
{
	(void)interrupted;
	told(about, ZYN_INBOX_CANCEL);
	MODEL_CHECK(MODEL_READ(&asked[1]) == 1);
}

ZynEntry *zyn__entry_find(ZynRuntime *rt)
{
	(void)rt;
	return NULL; /* who woke is for debuggers */
}

bool zyn__reactor_unattended(ZynRuntime *rt)
{
	(void)rt;
	return false;
}

void zyn__reactor_awake(ZynRuntime *rt)
{
	(void)rt;
}

void zyn__baton_release(ZynBaton *baton)
{
	(void)baton; /* a worker's own thread is the only one that wants it */
}

bool zyn__baton_acquire(ZynBaton *baton, enum ZynBatonClass class, uint64_t deadline_ns)
{
	(void)baton;
	(void)class;
	(void)deadline_ns;
	return true;
}

bool zyn__baton_try(ZynBaton *baton)
{
	(void)baton;
	return false; /* its thread has it; who takes a sleeper's is not explored here */
}

uint64_t zyn__monotonic_ns(void)
{
	return 0; /* how long work took is for who rests, which is not explored */
}

void zyn__seats_ring(ZynRuntime *rt, uint64_t bits)
{
	(void)rt;
	(void)bits;
}

void zyn__ready_push(ZynRuntime *rt, ZynTask *about)
{
	zyn__tasks_push_back(&rt->ready[0], about);
}

void zyn__task_requeue(ZynTask *about)
{
	about->sched = ZYN_SCHED_QUEUED;
	zyn__ready_push(self(), about);
}

/* Closed runtimes, IO and tasks of hosts are not in these scenarios. */
#define ABSENT(declaration) \
	declaration \
	{ \
		model_violation("%s is called", __func__); \
	}
#define UNUSED __attribute__((unused))
ABSENT(void zyn__enter(ZynEntry *entry UNUSED, ZynRuntime *rt UNUSED))
ABSENT(void zyn__leave(ZynEntry *entry UNUSED))
ABSENT(void zyn__frame_orphaned(ZynRuntime *rt UNUSED, ZynTask *about UNUSED))
ABSENT(void zyn__reactor_kick(ZynRuntime *head UNUSED))
ABSENT(bool zyn__reactor_sleep(ZynRuntime *rt UNUSED, int64_t timeout_ns UNUSED))
ABSENT(void zyn__task_schedule(ZynTask *about UNUSED))

/* --- workers ---------------------------------------------------------------------------------- */

static void begin(void)
{
	static ZynRuntime *places[WORKERS + 1];
	model_limits_never_pass();
	team.count = WORKERS + 1;
	for (uint32_t i = 0; i <= WORKERS; i++) {
		ZynRuntime *rt = &workers[i];
		places[i] = rt;
		team.workers[i] = rt;
		rt->team = &team;
		rt->head = &workers[0];
		rt->worker_index = i;
		rt->wake_read_fd = -1;
		for (uint32_t k = 0; k < ZYN_PRIORITIES; k++)
			rt->ready[k] = (ZynTaskList){NULL, NULL};
		zyn__parker_init(&rt->parker);
		MODEL_CHECK(zyn__deque_init(&rt->fresh));
		rt->fresh_turns = 0;
		rt->steal_turns = 0;
		rt->taken = 0;
		atomic_init(&rt->newest, NULL);
		model_private(&rt->newest);
		atomic_init(&rt->stolen_total, 0);
		rt->round = (ZynTaskList){NULL, NULL};
		atomic_init(&rt->queued, 0);
		model_private(&rt->queued);
		atomic_init(&rt->inbox, NULL);
		atomic_init(&rt->mail, NULL);
		atomic_init(&rt->signalled, 0);
		atomic_init(&rt->sleepers, 0);
		atomic_init(&rt->in_reactor, 0);
		atomic_init(&rt->parks_total, 0);
		atomic_init(&rt->given_total, 0);
		model_private(&rt->parks_total);
	}
	atomic_init(&workers[0].reactor, NULL);
	atomic_init(&team.idle, 0);
	atomic_init(&team.closing, 0);
	ZynChunk *chunk = (ZynChunk *)(void *)chunk_memory;
	static _Atomic(ZynTask *) links[TASKS];
	chunk->workers = places;
	chunk->links = links; /* the task is the first of the chunk */
	task = (ZynTask *)(void *)(chunk_memory + ZYN_CHUNK_HEADER_BYTES);
	atomic_init(&task->inbox, 0);
	atomic_init(&links[0], NULL);
	atomic_init(&task->worker, 1);
	task->sched = ZYN_SCHED_PARKED;
	task->foreign = false;
	task->kept = 0;
	task->next = NULL;
	is_polled = false;
	frame = 0;
	for (int i = 0; i < 2; i++) {
		atomic_init(&wanted[i], 0);
		served[i] = false;
	}
	task->woken = 0;
	told_bits = 0;
	runs = 0;
	asked[0] = 0;
	asked[1] = 0;
}

/* The task is runnable, and the second worker's. */
static void begin_runnable(void)
{
	begin();
	atomic_init(&task->worker, 2);
	task->sched = ZYN_SCHED_QUEUED;
	zyn__tasks_push_back(&workers[2].ready[0], task);
}

/* The task is parked, and any worker may take it over. */
static void begin_parked(void)
{
	begin();
	is_polled = true;
	zyn__park_free(task, &workers[1]);
}

/* What zyn__task_run does, as far as others can see it: they may wake the task meanwhile. */
static void poll_and_park(ZynRuntime *rt, ZynTask *about)
{
	about->sched = ZYN_SCHED_RUNNING;
	about->woken = 0;
	MODEL_WRITE(&frame, MODEL_READ(&frame) + 1); /* a race, if two poll at once */
	for (int i = 0; i < 2; i++)
		served[i] = zyn__get(&wanted[i]) != 0;
	about->sched = ZYN_SCHED_PARKED;
	if (about->woken) {
		about->sched = ZYN_SCHED_QUEUED;
		zyn__tasks_push_back(&rt->ready[0], about);
		return;
	}
	zyn__park_free(about, rt);
}

/* What a turn does with messages, in its order. */
static void look_around(ZynRuntime *rt)
{
	zyn__kick_drain(rt);
	zyn__mail_drain(rt);
	zyn__inbox_drain(rt);
}

/* And with what is runnable. */
static void turn(ZynRuntime *rt)
{
	look_around(rt);
	ZynTask *next;
	ZynTask *fresh;
	while ((fresh = zyn__team_fresh(rt, true)) != NULL) {
		MODEL_CHECK(fresh == task);
		MODEL_CHECK(MODEL_READ(&asked[0]) == 1);
		runs++;
	}
	while ((next = zyn__tasks_pop_front(&rt->ready[0])) != NULL) {
		MODEL_CHECK(zyn__owner(next) == rt);
		MODEL_CHECK(next->sched == ZYN_SCHED_QUEUED);
		if (is_polled) {
			poll_and_park(rt, next);
			continue;
		}
		next->sched = ZYN_SCHED_PARKED;
		runs++;
	}
}

/* As zyn__team_idle without spinning first, which only looks more often. */
static void sleep_as_idle(ZynRuntime *rt)
{
	uint64_t bit = (uint64_t)1 << rt->worker_index;
	atomic_fetch_or(&team.idle, bit);
	sleep_idle(rt, -1);
	atomic_fetch_and(&team.idle, ~bit);
}

static void work_until(uint32_t bits)
{
	for (;;) {
		turn(self());
		if ((told_bits & bits) == bits)
			return;
		sleep_as_idle(self());
	}
}

static void work_until_woken(void)
{
	work_until(ZYN_INBOX_WAKE);
}
static void work_until_both(void)
{
	work_until(ZYN_INBOX_WAKE | ZYN_INBOX_CANCEL);
}
static void post_wake(void)
{
	MODEL_WRITE(&asked[0], 1);
	zyn__inbox_post(task, ZYN_INBOX_WAKE);
}
static void post_cancel(void)
{
	MODEL_WRITE(&asked[1], 1);
	zyn__inbox_post(task, ZYN_INBOX_CANCEL);
}

/* Ends once it has run the task, or the other one says that it has. */
static void work_until_run_or_closed(void)
{
	while (zyn__get(&team.closing) == 0) {
		turn(self());
		if (runs != 0)
			return;
		sleep_as_idle(self());
	}
}
static void hand_over_or_run(void)
{
	if (zyn__somebody_idle(self()))
		zyn__team_share(self(), true);
	if (zyn__tasks_empty(&self()->ready[0]))
		return; /* handed over: the other one finds it by itself */
	turn(self());
	close_team();
}

/* A host makes a task: it lies with the head, and one worker must find it. */
static void work_until_run(void)
{
	for (;;) {
		turn(self());
		if (runs != 0)
			return;
		sleep_as_idle(self());
	}
}
static void publish(void)
{
	MODEL_WRITE(&asked[0], 1);
	task->sched = ZYN_SCHED_QUEUED; /* as queue_push does */
	MODEL_CHECK(zyn__team_publish(&workers[0], task));
}
/* Two workers: the one that has run it lets the other go. */
static void work_until_somebody_ran(void)
{
	while (zyn__get(&team.closing) == 0) {
		turn(self());
		if (runs != 0) {
			close_team();
			return;
		}
		sleep_as_idle(self());
	}
}

static void serve(void)
{
	while (zyn__get(&team.closing) == 0) {
		turn(self());
		if (served[0] && served[1])
			close_team();
		else
			sleep_as_idle(self());
	}
}
/* A worker wakes the task, as if from a poll, and goes on until a poll has seen both reasons. */
static void wake_and_serve(void)
{
	zyn__set(&wanted[self()->worker_index - 1], 1);
	wake_here(self(), task);
	serve();
}
/* The same from a thread that is no worker. */
static void wake_from_outside(void)
{
	zyn__set(&wanted[1], 1);
	zyn__inbox_post(task, ZYN_INBOX_WAKE);
}

/* The task is runnable, and the worker's that has that place; both look for work, so that it may
 * be handed over and back. */
static void begin_given(uint32_t place)
{
	begin();
	is_polled = true;
	atomic_init(&task->worker, (uint8_t)place);
	task->sched = ZYN_SCHED_QUEUED;
	zyn__tasks_push_back(&workers[place].ready[0], task);
	atomic_init(&team.idle, all_bits(&team));
	atomic_init(&wanted[0], 1);
}
static void begin_given_by_first(void)
{
	begin_given(1);
}
static void begin_given_by_second(void)
{
	begin_given(2);
}
/* Writes to the task, as its owner does until it gives it. */
static void give(void)
{
	MODEL_WRITE(&task->sched, ZYN_SCHED_QUEUED);
	zyn__team_share(self(), true);
}
static void give_and_serve(void)
{
	give();
	serve();
}
/* A message for the task may have reached the first worker before it gave the task, and is found
 * there when the task is that worker's again, but still in its mail. */
static void give_back_and_serve(void)
{
	while (zyn__get(&team.closing) == 0 && zyn__tasks_empty(&self()->ready[0])) {
		look_around(self());
		if (zyn__tasks_empty(&self()->ready[0]))
			sleep_as_idle(self());
	}
	if (!zyn__tasks_empty(&self()->ready[0]))
		give();
	serve();
}
/* The worker that it is given to wakes it, as if from a poll. */
static void wake_given_and_serve(void)
{
	zyn__set(&wanted[1], 1);
	wake_here(self(), task);
	serve();
}

/* The worker that is told of the wake lets the other one go. */
static void work_until_somebody_was_woken(void)
{
	while (zyn__get(&team.closing) == 0) {
		turn(self());
		if (told_bits != 0) {
			close_team();
			return;
		}
		sleep_as_idle(self());
	}
}
static void hand_over_and_work(void)
{
	if (zyn__somebody_idle(self()))
		zyn__team_share(self(), true);
	work_until_somebody_was_woken();
}

/* The task lies fresh with the second worker. */
static void begin_fresh(void)
{
	begin();
	MODEL_WRITE(&asked[0], 1);
	task->sched = ZYN_SCHED_QUEUED; /* as queue_push does */
	MODEL_CHECK(zyn__team_publish(&workers[2], task));
}
static void end_fresh(void)
{
	for (uint32_t i = WORKERS; i > 0; i--) /* what came for a worker that had ended already */
		zyn__inbox_drain(&workers[i]);
	zyn__inbox_drain(&workers[WORKERS]);
	MODEL_CHECK(told_bits == ZYN_INBOX_CANCEL);
	MODEL_CHECK(runs == 1);
}

static void end_served(void)
{
	MODEL_CHECK(served[0] && served[1]);
	MODEL_CHECK(zyn__tasks_empty(&workers[1].ready[0]) ||
	            zyn__tasks_empty(&workers[2].ready[0]));
}

static void end_run_once(void)
{
	MODEL_CHECK(runs == 1);
}
static void end_woken(void)
{
	MODEL_CHECK(told_bits == ZYN_INBOX_WAKE);
	for (uint32_t i = 1; i <= WORKERS; i++) /* as zyn_rt_free does */
		zyn__mail_drain(&workers[i]);
	MODEL_CHECK(runs + !zyn__tasks_empty(&zyn__owner(task)->ready[0]) == 1);
}

int main(int argc, char **argv)
{
	static const ModelScenario scenarios[] = {
		{"a wake and a sleeping worker", begin, {work_until_woken, post_wake}, NULL, 1, 0},
		{"a wake, a cancel and a sleeping worker",
		 begin,
		 {work_until_both, post_wake, post_cancel},
		 NULL,
		 -1,
		 0},
		{"a host makes a task", begin, {work_until_run, publish}, end_run_once, 0, 2},
		{"a host makes a task for two workers",
		 begin,
		 {work_until_somebody_ran, work_until_somebody_ran, publish},
		 end_run_once,
		 -1,
		 1},
		{"a fresh task is cancelled while it is taken",
		 begin_fresh,
		 {work_until_somebody_ran, work_until_somebody_ran, post_cancel},
		 end_fresh,
		 -1,
		 1},
		{"a runnable task is handed over",
		 begin_runnable,
		 {work_until_run_or_closed, hand_over_or_run},
		 end_run_once,
		 0,
		 0},
		{"two workers wake a parked task",
		 begin_parked,
		 {wake_and_serve, wake_and_serve},
		 end_served,
		 0,
		 1},
		{"a worker and another thread wake a parked task",
		 begin_parked,
		 {wake_and_serve, serve, wake_from_outside},
		 end_served,
		 -1,
		 1},
		{"a worker wakes a task that it is given",
		 begin_given_by_second,
		 {wake_given_and_serve, give_and_serve},
		 end_served,
		 0,
		 1},
		{"a task is given and given back while it is woken",
		 begin_given_by_first,
		 {give_and_serve, give_back_and_serve, wake_from_outside},
		 end_served,
		 -1,
		 1},
		{"a task moves while it is woken",
		 begin_runnable,
		 {work_until_somebody_was_woken, hand_over_and_work, post_wake},
		 end_woken,
		 -1,
		 1},
	};
	return model_main(argc, argv, scenarios, sizeof scenarios / sizeof scenarios[0]);
}
