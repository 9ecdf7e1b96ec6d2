/* Drivers that have nothing to do: rule 5 of scheduler.c.
 *
 * A kick makes a descriptor readable, and whoever drains it may be somebody else than it was meant
 * for.  So of several sleeping drivers only one listens to it, and nobody else drains it meanwhile;
 * the others listen to a count of ends.
 *
 * Rule 1.  whoever sleeps behind read `ends` before it looked whether its task has ended.
 * Rule 2.  `ends` grows after an end was published, and when a driver leaves while others sleep.
 */
#include "internal.h"

#include <time.h>

uint64_t zyn__ends_seen(ZynRuntime *rt)
{
	return atomic_load(&rt->ends);
}

void zyn__ends_tell(ZynRuntime *rt)
{
	pthread_mutex_lock(&rt->ends_lock);
	atomic_fetch_add(&rt->ends, 1);
	pthread_cond_broadcast(&rt->ends_cond);
	pthread_mutex_unlock(&rt->ends_lock);
}

/* Rule 1. */
static void sleep_behind(ZynRuntime *rt, int64_t limit_ns, uint64_t ends_seen)
{
	uint64_t deadline_ns = zyn__deadline_after(zyn__monotonic_ns(), limit_ns);
	struct timespec until = {
		.tv_sec = (time_t)(deadline_ns / 1000000000u),
		.tv_nsec = (long)(deadline_ns % 1000000000u),
	};
	int error = 0;
	pthread_mutex_lock(&rt->ends_lock);
	while (atomic_load(&rt->ends) == ends_seen && error == 0)
		error = deadline_ns == UINT64_MAX
		                ? pthread_cond_wait(&rt->ends_cond, &rt->ends_lock)
		                : pthread_cond_timedwait(&rt->ends_cond, &rt->ends_lock, &until);
	pthread_mutex_unlock(&rt->ends_lock);
}

void zyn__idle(ZynRuntime *rt, int64_t limit_ns, uint64_t ends_seen)
{
	bool first = !rt->has_sleeper;
	rt->has_sleeper = true;
	atomic_fetch_add(&rt->sleepers, 1);
	zyn__baton_release(&rt->baton);
	if (first)
		zyn__sleep(rt, limit_ns);
	else
		sleep_behind(rt, limit_ns, ends_seen);
	zyn__baton_acquire(&rt->baton, ZYN_BATON_NORMAL, UINT64_MAX);
	atomic_fetch_sub(&rt->sleepers, 1);
	if (!first)
		return;
	rt->has_sleeper = false;
	zyn__kick_drain(rt);
	zyn__reactor_awake(rt);
}
