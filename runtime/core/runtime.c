/* A runtime from its beginning to its end, and to the end of what outlives it.
 *
 * zyn_rt_free closes a runtime: everything that was running is cancelled and cleaned up, threads
 * are joined, the messages of other threads are refused from then on.  What remains is an owner
 * of memory, and it goes with the last object that a host still holds.
 *
 * The order of closing, and what would break without it:
 *   0.  join the workers of a team; from then on the head does everything.
 *   1.  detach the debugger: a thread stopped inside a poll must finish that poll before its
 *       task can end.
 *   2.  cancel every task, so that each machine has run its clean-up and each await has let go.
 *   3.  join the threads of our own: they look at seats and at the baton.
 *   4.  close the inbox and the graveyard, in the same hold of the baton that sets `closed`: who
 *       finds them closed may rely on nothing running any more.
 */
#include "internal.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Each pass over the tasks ends at least one, or there is a machine that cannot be cancelled. */
#define CLOSE_PASSES_MAX 1000000u
/* ... of which nurseries wait for their children in the first: one for each level of a tree */
#define PATIENT_PASSES 256u

uint32_t zyn_abi_version(void)
{
	return ZYN_ABI_VERSION;
}

static void worker_free(ZynRuntime *rt)
{
	ZynSeat *seat = zyn__get(&rt->seats);
	while (seat != NULL) { /* as many as threads turned it */
		ZynSeat *next = zyn__get(&seat->next);
		free(seat);
		seat = next;
	}
	zyn__slab_destroy(rt);
	zyn__ready_free(rt);
	if (rt->team != NULL)
		zyn__deque_destroy(&rt->fresh);
	zyn__parker_destroy(&rt->parker);
	zyn__wake_fd_close(rt);
	zyn__baton_destroy(&rt->baton);
	pthread_cond_destroy(&rt->pool_cond);
	pthread_mutex_destroy(&rt->pool_lock);
	pthread_cond_destroy(&rt->ends_cond);
	pthread_mutex_destroy(&rt->ends_lock);
	free(rt);
}

static bool options_known(const ZynOptions *options)
{
	return options->size >= offsetof(ZynOptions, fuel) &&
	       (options->workers <= ZYN_WORKERS_MAX || options->workers == ZYN_WORKERS_AUTO) &&
	       options->clock <= ZYN_CLOCK_VIRTUAL &&
	       (options->flags & ~(ZYN_NOTE_TASKS | ZYN_SEED_PCT)) == 0;
}

/* What the process may use, as far as a runtime can have so many workers. */
static uint32_t cores(void)
{
#if defined(__linux__)
	cpu_set_t set;
	long found = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
#else
	long found = sysconf(_SC_NPROCESSORS_ONLN);
#endif
	if (found < 1)
		return 1;
	return found < (long)ZYN_WORKERS_MAX ? (uint32_t)found : ZYN_WORKERS_MAX;
}

/* The options with what an older host does not know, and the number of workers that is meant. */
static ZynOptions complete(const ZynOptions *options)
{
	ZynOptions whole = {0};
	memcpy(&whole, options, options->size < sizeof whole ? options->size : sizeof whole);
	whole.size = sizeof whole;
	if (whole.workers == ZYN_WORKERS_AUTO)
		whole.workers = whole.clock == ZYN_CLOCK_REAL && whole.seed == 0 ? cores() : 1;
	return whole;
}

static ZynRuntime *worker_new(ZynRuntime *head, uint32_t index, const ZynOptions *options)
{
	if (zyn__allocator.permit != NULL && !zyn__allocator.permit(sizeof(ZynRuntime)))
		return NULL;
	ZynRuntime *rt = zyn__zeroed_apart(sizeof *rt);
	if (rt == NULL)
		return NULL;
	rt->head = head != NULL ? head : rt;
	rt->alone = rt;
	rt->worker_index = index;
	rt->clock = options->clock;
	rt->stack_bytes = options->stack_bytes;
	rt->memory_max = options->memory_max;
	rt->fuel = options->fuel != 0 ? options->fuel : UINT64_MAX;
	rt->clock_start_ns = zyn__monotonic_ns();
	rt->deadline_real_ns = UINT64_MAX;
	rt->deadline_clock_ns = UINT64_MAX;
	rt->wake_read_fd = -1;
	rt->wake_write_fd = -1;
	zyn__ready_init(rt);
	rt->random = options->seed;
	rt->pct_seed = options->seed;
	if (options->seed != 0 && options->workers <= 1)
		rt->order = options->flags & ZYN_SEED_PCT ? ZYN_ORDER_PCT : ZYN_ORDER_RANDOM;
	zyn__wheel_init(&rt->wheel);
	pthread_mutex_init(&rt->pool_lock, NULL);
	pthread_cond_init(&rt->pool_cond, NULL);
	pthread_mutex_init(&rt->ends_lock, NULL);
	zyn__cond_init(&rt->ends_cond);
	zyn__baton_init(&rt->baton);
	if (!zyn__registry_add(rt)) {
		worker_free(rt);
		return NULL;
	}
	zyn__parker_init(&rt->parker);
	/* a seat, so that zyn_rt_free can cancel even when memory is out */
	ZynSeat *seat = zyn__slab_init(rt) && (index != 0 || zyn__wake_fd_open(rt))
	                        ? zyn__seat_take(rt)
	                        : NULL;
	if (seat == NULL) {
		zyn__registry_remove(rt);
		worker_free(rt);
		return NULL;
	}
	zyn__seat_put(rt, seat);
	return rt;
}

static void runtime_free(ZynRuntime *head)
{
	ZynTeam *team = head->team;
	for (uint32_t i = zyn__worker_count(head); i-- > 0;) {
		ZynRuntime *worker = team != NULL ? team->workers[i] : head;
		if (worker != NULL)
			zyn__registry_remove(worker);
	}
	for (uint32_t i = zyn__worker_count(head); team != NULL && i-- > 1;)
		if (team->workers[i] != NULL)
			worker_free(team->workers[i]);
	worker_free(head);
	free(team);
}

static bool team_make(ZynRuntime *head, const ZynOptions *options)
{
	ZynTeam *team = zyn__zeroed_apart(sizeof *team);
	if (team == NULL)
		return false;
	pthread_mutex_init(&team->events_lock, NULL);
	team->count = options->workers + 1;
	team->workers[0] = head;
	head->team = team;
	bool done = zyn__deque_init(&head->fresh);
	for (uint32_t i = 1; i < team->count && done; i++) {
		team->workers[i] = worker_new(head, i, options);
		done = team->workers[i] != NULL && zyn__deque_init(&team->workers[i]->fresh);
		if (team->workers[i] != NULL)
			team->workers[i]->team = team;
	}
	return done;
}

ZynRuntime *zyn_rt_new(const ZynOptions *given)
{
	static const ZynOptions defaults = {.size = sizeof defaults};
	if (given == NULL)
		given = &defaults;
	if (!options_known(given))
		return NULL;
	const ZynOptions whole = complete(given);
	const ZynOptions *options = &whole;
	ZynRuntime *head = worker_new(NULL, 0, options);
	if (head == NULL)
		return NULL;
	/* Virtual time means deterministic, and that means one thread. */
	if (options->workers > 1 && options->clock == ZYN_CLOCK_REAL && !team_make(head, options)) {
		runtime_free(head);
		return NULL;
	}
	head->notes_tasks = options->flags & ZYN_NOTE_TASKS;
	zyn__watch_update(head);
	for (uint32_t i = 0; i < zyn__worker_count(head); i++)
		zyn__registry_publish(zyn__worker(head, i));
	if (zyn__fuel_is_bounded(head))
		zyn__watchdog_tick(head);
	return head;
}

bool zyn__runtime_reap(ZynRuntime *rt)
{
	ZYN_ASSERT(zyn__get(&rt->closed));
	if (zyn__live(rt, offsetof(ZynRuntime, live_objects)) != 0)
		return false;
	ZYN_ASSERT(zyn__live(rt, offsetof(ZynRuntime, live_bytes)) == 0);
	zyn__baton_release(&rt->baton);
	runtime_free(rt);
	return true;
}

/* Step 1: waits until no poll is under way on another thread. */
static void wait_for_polls(ZynRuntime *rt)
{
	zyn__debug_detach(rt);
	/* each of them is about to leave */
	while (atomic_load(&rt->drivers) > 1 || rt->stopped_mid_poll != 0) {
		zyn__kick(rt);
		zyn__baton_release(&rt->baton);
		sched_yield();
		zyn__baton_acquire(&rt->baton, ZYN_BATON_NORMAL, UINT64_MAX);
	}
}

/* Step 2. */
static bool cancel_one(ZynTask *task, void *data)
{
	ZynEntry *entry = data;
	ZynRuntime *rt = entry->runtime;
	ZynRuntime *owner = zyn__owner(task);
	if (zyn__task_linked(task))
		zyn__ready_clear(owner);
	zyn__own(task, rt);
	if (zyn__task_ended(task))
		return true;
	zyn__task_cancel(task, false);
	if (zyn__task_linked(task))
		zyn__ready_clear(rt);
	zyn__task_run(rt, entry, task);
	return true;
}

static bool is_live(ZynTask *task, void *data)
{
	(void)data;
	return zyn__task_ended(task);
}

/* Every worker's tasks, by the head alone: the other threads are gone.  A pass may free tasks and
 * make new ones; a block that is freed during it is skipped, one that is new is met or left to
 * the next pass. */
static void cancel_all(ZynRuntime *rt, ZynEntry *entry)
{
	for (uint32_t pass = 0; pass < CLOSE_PASSES_MAX; pass++) {
		bool over = true;
		if (pass == PATIENT_PASSES)
			atomic_fetch_or(&entry->seat->cx.attention, ZYN_ATTENTION_HURRY);
		for (uint32_t i = 0; i < zyn__worker_count(rt); i++) {
			ZynRuntime *worker = zyn__worker(rt, i);
			zyn__mail_drain(worker);
			zyn__inbox_drain(worker);
			zyn__graveyard_drain(worker);
		}
		for (uint32_t i = 0; i < zyn__worker_count(rt); i++) {
			ZynRuntime *worker = zyn__worker(rt, i);
			zyn__slab_visit(worker, cancel_one, entry);
			over = zyn__slab_visit(worker, is_live, NULL) && over;
		}
		if (over)
			return;
	}
	ZYN_ASSERT(!"every task can be cancelled");
}

void zyn_rt_free(ZynRuntime *rt)
{
	if (rt == NULL)
		return;
	ZYN_ASSERT(zyn__here(rt) == NULL);
	ZynEntry entry;
	zyn__team_stop(rt); /* step 0 */
	zyn__run_enter(rt, &entry, UINT64_MAX);
	zyn__sigint_end(); /* clean-up is not interrupted */
	wait_for_polls(rt);
	rt->deadline_real_ns = UINT64_MAX;
	if (entry.seat != NULL)
		cancel_all(rt, &entry);
	zyn__baton_release(&rt->baton); /* step 3: those threads want it to leave */
	zyn__watchdog_join(rt);
	for (uint32_t i = 0; i < zyn__worker_count(rt); i++)
		zyn__debug_pool_join(zyn__worker(rt, i));
	zyn__baton_acquire(&rt->baton, ZYN_BATON_NORMAL, UINT64_MAX);
	zyn__reactor_close(rt);
	atomic_store(&rt->closed, 1); /* step 4 */
	for (uint32_t i = 0; i < zyn__worker_count(rt); i++) {
		zyn__inbox_close(zyn__worker(rt, i));
		zyn__graveyard_close(zyn__worker(rt, i));
	}
	zyn__probes_free(rt);
	zyn__poll_trace_free(rt);
	zyn__profile_free(rt);
	zyn__shadows_free(rt);
	zyn__run_leave(&entry);
}
