/* A runtime from its beginning to its end, and to the end of what outlives it.
 *
 * zyn_rt_free closes a runtime: everything that was running is cancelled and cleaned up, threads
 * are joined, the messages of other threads are refused from then on.  What remains is an owner
 * of memory, and it goes with the last object that a host still holds.
 *
 * The order of closing, and what would break without it:
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

/* Each pass over the tasks ends at least one, or there is a machine that cannot be cancelled. */
#define CLOSE_PASSES_MAX 1000000u

uint32_t zyn_abi_version(void)
{
	return ZYN_ABI_VERSION;
}

static void runtime_free(ZynRuntime *rt)
{
	ZynSeat *seat = zyn__get(&rt->seats);
	while (seat != NULL) { /* as many as threads turned it */
		ZynSeat *next = zyn__get(&seat->next);
		free(seat);
		seat = next;
	}
	zyn__slab_destroy(rt);
	zyn__wake_fd_close(rt);
	zyn__baton_destroy(&rt->baton);
	pthread_cond_destroy(&rt->pool_cond);
	pthread_mutex_destroy(&rt->pool_lock);
	free(rt);
}

static bool options_known(const ZynOptions *options)
{
	return options->size >= sizeof *options && options->workers <= 1 &&
	       options->clock <= ZYN_CLOCK_VIRTUAL && options->flags == 0;
}

ZynRuntime *zyn_rt_new(const ZynOptions *options)
{
	ZynOptions defaults = {.size = sizeof defaults};
	if (options == NULL)
		options = &defaults;
	if (!options_known(options))
		return NULL;
	if (zyn__allocator.permit != NULL && !zyn__allocator.permit(sizeof(ZynRuntime)))
		return NULL;
	ZynRuntime *rt = calloc(1, sizeof *rt);
	if (rt == NULL)
		return NULL;
	rt->clock = options->clock;
	rt->stack_bytes = options->stack_bytes;
	rt->memory_max = options->memory_max;
	rt->clock_start_ns = zyn__monotonic_ns();
	rt->deadline_real_ns = UINT64_MAX;
	rt->deadline_clock_ns = UINT64_MAX;
	rt->wake_read_fd = -1;
	rt->wake_write_fd = -1;
	zyn__list_init(&rt->ready);
	zyn__list_init(&rt->round);
	zyn__list_init(&rt->foreign);
	zyn__list_init(&rt->tasks);
	zyn__list_init(&rt->dropped);
	zyn__wheel_init(&rt->wheel);
	pthread_mutex_init(&rt->pool_lock, NULL);
	pthread_cond_init(&rt->pool_cond, NULL);
	zyn__baton_init(&rt->baton);
	if (!zyn__registry_add(rt)) {
		runtime_free(rt);
		return NULL;
	}
	if (!zyn__slab_init(rt) || !zyn__wake_fd_open(rt)) {
		zyn__registry_remove(rt);
		runtime_free(rt);
		return NULL;
	}
	ZynSeat *seat = zyn__seat_take(
		rt); /* so that zyn_rt_free can cancel even when memory is out */
	if (seat == NULL) {
		zyn__registry_remove(rt);
		runtime_free(rt);
		return NULL;
	}
	zyn__seat_put(rt, seat);
	zyn__registry_publish(rt);
	return rt;
}

bool zyn__runtime_reap(ZynRuntime *rt)
{
	ZYN_ASSERT(zyn__get(&rt->closed));
	if (zyn__get(&rt->live_objects) != 0)
		return false;
	ZYN_ASSERT(zyn__get(&rt->live_bytes) == 0);
	zyn__registry_remove(rt);
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
static void cancel_all(ZynRuntime *rt, ZynEntry *entry)
{
	for (uint32_t pass = 0; pass < CLOSE_PASSES_MAX; pass++) {
		zyn__inbox_drain(rt);
		zyn__graveyard_drain(rt);
		ZynTask *task = NULL;
		for (ZynList *link = rt->tasks.next; link != &rt->tasks && task == NULL;
		     link = link->next) {
			ZynTask *candidate = ZYN_CONTAINER(link, ZynTask, all);
			if (!zyn__task_ended(candidate))
				task = candidate;
		}
		if (task == NULL)
			return;
		zyn__task_cancel(task, false);
		if (zyn__list_linked(&task->queue))
			zyn__list_remove(&task->queue);
		zyn__task_run(rt, entry, task);
	}
	ZYN_ASSERT(!"every task can be cancelled");
}

void zyn_rt_free(ZynRuntime *rt)
{
	if (rt == NULL)
		return;
	ZYN_ASSERT(zyn__entry_find(rt) == NULL);
	ZynEntry entry;
	zyn__run_enter(rt, &entry, UINT64_MAX);
	wait_for_polls(rt);
	rt->deadline_real_ns = UINT64_MAX;
	if (entry.seat != NULL)
		cancel_all(rt, &entry);
	zyn__baton_release(&rt->baton); /* step 3: those threads want it to leave */
	zyn__watchdog_join(rt);
	zyn__debug_pool_join(rt);
	zyn__baton_acquire(&rt->baton, ZYN_BATON_NORMAL, UINT64_MAX);
	atomic_store(&rt->closed, 1); /* step 4 */
	zyn__inbox_close(rt);
	zyn__graveyard_close(rt);
	zyn__probes_free(rt);
	zyn__poll_trace_free(rt);
	zyn__shadows_free(rt);
	zyn__run_leave(&entry);
}
