/* How the scheduler and the reactor meet: sleeping, being kicked, looking in between.
 *
 * A runtime that works alone sleeps in the poller, where its wake descriptor is registered.  Of a
 * team one idle worker does, for all; the others sleep as they always do.  It is kicked through a
 * descriptor of the reactor.  The head never does: the tasks are with the workers.
 *
 * Rule 1.  a thread sleeps without the baton but wakes tasks with it: so what it found is kept
 *          for zyn__reactor_awake.
 * Rule 2.  a worker says that it is in the reactor before it looks for a kick the last time, and
 *          who kicks says so before it looks where the worker sleeps; both sequentially
 *          consistent.
 * Rule 3.  nobody attends to IO while no leaf waits for it; what becomes ready then stays with
 *          the poller.
 */
#include "reactor.h"

#include <unistd.h>

#define POLLS_MIN 61u /* in one turn, after which the reactor has its turn too */
#define TURNS_MAX 32u /* after which it has in any case */

static _Thread_local bool collected; /* Rule 1. */

static bool somebody_waits(ZynRuntime *rt)
{
	return zyn__get(&rt->head->outside) != 0;
}

bool zyn__reactor_sleep(ZynRuntime *rt, int64_t timeout_ns)
{
	if ((rt->team != NULL && rt->worker_index == 0) || !somebody_waits(rt))
		return false;
	if (rt->team != NULL)
		atomic_fetch_add(&rt->in_reactor, 1);
	if (rt->team != NULL && atomic_load(&rt->parker.word) == ZYN_PARKER_TOKEN) /* Rule 2. */
		timeout_ns = 0;
	collected = zyn__reactor_collect(rt, timeout_ns) >= 0;
	if (rt->team != NULL)
		atomic_fetch_sub(&rt->in_reactor, 1);
	return collected;
}

void zyn__reactor_awake(ZynRuntime *rt)
{
	if (!collected)
		return;
	collected = false;
	zyn__reactor_deliver(rt);
}

void zyn__reactor_kick(ZynRuntime *head)
{
	ZynReactor *reactor = atomic_load_explicit(&head->reactor, memory_order_acquire);
	int saved = errno; /* a signal handler must leave it as it was */
	uint64_t one = 1;
	ssize_t written = write(reactor->kick_fd, &one, sizeof one);
	(void)written; /* full means readable, which is all that is wanted */
	errno = saved;
}

bool zyn__reactor_unattended(ZynRuntime *rt)
{
	ZynReactor *reactor = atomic_load_explicit(&rt->head->reactor, memory_order_acquire);
	return reactor != NULL && zyn__get(&reactor->polling) == 0 && somebody_waits(rt);
}

void zyn__reactor_turn(ZynRuntime *rt, int64_t polls)
{
	if ((polls >= (int64_t)POLLS_MIN || rt->turn % TURNS_MAX == 0) && somebody_waits(rt))
		zyn__reactor_poll(rt);
}

int zyn__reactor_fd(ZynRuntime *rt)
{
	ZynReactor *reactor = rt->team == NULL ? zyn__reactor_of(rt) : NULL;
	return reactor != NULL ? reactor->poll_fd : -1;
}
