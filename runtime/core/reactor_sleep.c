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
 * Rule 4.  who attended to IO may be in a long poll now, and nobody is told when it left.  So one
 *          of the workers that sleep elsewhere, the deputy, sleeps for a limited time only and
 *          takes its place then.  Who attends has one called.  A worker that sleeps is kicked at
 *          once; one that looks for work becomes the deputy by itself when it goes to sleep, and a
 *          kick would only make it look again: so it has a moment, in which nobody waits for long.
 */
#include "reactor.h"

#include <unistd.h>

#define POLLS_MIN 61u /* in one turn, after which the reactor has its turn too */
#define TURNS_MAX 32u /* after which it has in any case */
#define DEPUTY_SLEEP_NS 10000000
#define DEPUTY_GRACE_NS 1000000 /* a worker looks for work for less */

static _Thread_local bool collected; /* Rule 1. */

static bool somebody_waits(ZynRuntime *rt)
{
	return zyn__get(&rt->head->outside) != 0;
}

/* Rule 4; false: another one is the deputy. */
static bool sleep_as_deputy(ZynRuntime *rt, int64_t timeout_ns)
{
	ZynReactor *reactor = atomic_load_explicit(&rt->head->reactor, memory_order_acquire);
	if (atomic_exchange(&reactor->deputy, 1) != 0)
		return false;
	bool limited = timeout_ns >= 0 && timeout_ns < DEPUTY_SLEEP_NS;
	zyn__parker_park(&rt->parker, limited ? timeout_ns : DEPUTY_SLEEP_NS);
	atomic_store(&reactor->deputy, 0);
	return true;
}

/* Who attends to IO from now on sees to it that there is a deputy, if somebody has the time.  Gives
 * for how long it may attend; < 0: no limit. */
static int64_t call_deputy(ZynRuntime *rt, int64_t timeout_ns)
{
	ZynReactor *reactor = atomic_load_explicit(&rt->head->reactor, memory_order_acquire);
	uint64_t idle = zyn__get(&rt->team->idle) & ~((uint64_t)1 << rt->worker_index);
	uint64_t missed_ns = zyn__get(&reactor->deputy_missed_ns);
	if (idle == 0 || zyn__get(&reactor->deputy) != 0 || zyn__get(&reactor->polling) != 0) {
		if (missed_ns != 0)
			zyn__set(&reactor->deputy_missed_ns, 0);
		return timeout_ns;
	}
	ZynRuntime *other = rt->team->workers[__builtin_ctzll(idle)];
	uint64_t now_ns = zyn__monotonic_ns();
	bool late = missed_ns != 0 && now_ns - missed_ns >= DEPUTY_GRACE_NS;
	if (late || zyn__get(&other->parker.word) == ZYN_PARKER_PARKED) {
		zyn__set(&reactor->deputy_missed_ns, 0);
		zyn__kick(other);
		return timeout_ns;
	}
	if (missed_ns == 0)
		zyn__set(&reactor->deputy_missed_ns, now_ns);
	return timeout_ns >= 0 && timeout_ns < DEPUTY_GRACE_NS ? timeout_ns : DEPUTY_GRACE_NS;
}

bool zyn__reactor_sleep(ZynRuntime *rt, int64_t timeout_ns)
{
	if (rt->team == NULL) {
		collected = somebody_waits(rt) && zyn__reactor_collect(rt, timeout_ns) >= 0;
		return collected;
	}
	if (rt->worker_index == 0 || !somebody_waits(rt))
		return false;
	int64_t limit_ns = call_deputy(rt, timeout_ns);
	atomic_fetch_add(&rt->in_reactor, 1);
	bool kicked = atomic_load(&rt->parker.word) == ZYN_PARKER_TOKEN; /* Rule 2. */
	collected = zyn__reactor_collect(rt, kicked ? 0 : limit_ns) >= 0;
	atomic_fetch_sub(&rt->in_reactor, 1);
	return collected || sleep_as_deputy(rt, timeout_ns);
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
