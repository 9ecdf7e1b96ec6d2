/* The baton of a worker, and what a thread has while it is inside one.
 *
 * Owner:   the thread that acquired it.  Almost everything in ZynRuntime belongs to the owner.
 * Others:  wait, or leave a message (waker.c) or a block (memory.c) for the owner.
 *
 * Rule 1.  state goes 0 -> 1 by the acquirer, 1 -> 0 by the owner, each with one
 *          compare-and-swap; nobody waits.
 * Rule 2.  state is 2 exactly while the list of waiters is not empty; it changes to and from 2
 *          under the lock.
 * Rule 3.  releasing a baton that is waited for hands it to the first waiter of the best class;
 *          state never shows 0 in between, so a newcomer cannot overtake.  That is what makes it
 *          fair.
 * Rule 4.  a waiter's node lies on its own stack; it leaves only after it saw `granted` under
 *          the lock, or after it unlinked itself under the lock because its deadline passed.
 * Rule 5.  inside a poll the baton is lent to debuggers only: another driver there would break
 *          the promise that nothing else runs between two awaits.
 * Rule 6.  who wants the batons of a whole team takes them in the order of its workers.  Nobody
 *          who has one waits for another in any other way.
 *
 * A thread finds the runtimes it is inside of through a list of entries on its stack; the
 * innermost comes first.  The wait for a baton without a deadline has no limit, because a poll
 * has none.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

typedef struct ZynBatonWaiter {
	ZynList link;
	pthread_cond_t cond;
	enum ZynBatonClass class;
	bool granted;
} ZynBatonWaiter;

static _Thread_local ZynEntry *entry_top __attribute__((tls_model("initial-exec")));

bool zyn__baton_init(ZynBaton *baton)
{
	atomic_init(&baton->state, 0);
	atomic_init(&baton->urgent, 0);
	zyn__list_init(&baton->waiters);
	return pthread_mutex_init(&baton->lock, NULL) == 0;
}

void zyn__baton_destroy(ZynBaton *baton)
{
	ZYN_ASSERT(zyn__list_empty(&baton->waiters));
	pthread_mutex_destroy(&baton->lock);
}

bool zyn__baton_try(ZynBaton *baton)
{
	uint32_t expected = 0;
	return atomic_compare_exchange_strong_explicit(&baton->state, &expected, 1,
	                                               memory_order_acquire, memory_order_relaxed);
}

static void waiter_insert(ZynBaton *baton, ZynBatonWaiter *waiter)
{
	ZynList *before = baton->waiters.next;
	while (before != &baton->waiters &&
	       ZYN_CONTAINER(before, ZynBatonWaiter, link)->class <= waiter->class)
		before = before->next;
	zyn__list_push_back(before, &waiter->link);
}

void zyn__cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
#if !defined(__APPLE__)
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
#endif
	pthread_cond_init(cond, &attributes);
	pthread_condattr_destroy(&attributes);
}

/* Waits with the lock held; false when the deadline passed first. */
static bool waiter_wait(ZynBaton *baton, ZynBatonWaiter *waiter, uint64_t deadline_ns)
{
	struct timespec until = {
		.tv_sec = (time_t)(deadline_ns / 1000000000u),
		.tv_nsec = (long)(deadline_ns % 1000000000u),
	};
	while (!waiter->granted) {
		if (deadline_ns == UINT64_MAX) {
			pthread_cond_wait(&waiter->cond, &baton->lock);
		} else if (pthread_cond_timedwait(&waiter->cond, &baton->lock, &until) ==
		                   ETIMEDOUT &&
		           !waiter->granted) {
			return false;
		}
	}
	return true;
}

/* Rule 2: takes a free baton, or marks it as waited for; true when it was taken. */
static bool take_or_mark(ZynBaton *baton)
{
	uint32_t state = zyn__get(&baton->state);
	/* ends: only the owner changes state beside us, and at most twice before it needs our lock
	 */
	for (;;) {
		uint32_t wanted = state == 0 ? 1 : 2;
		if (state == 2)
			return false;
		if (atomic_compare_exchange_weak_explicit(&baton->state, &state, wanted,
		                                          memory_order_acquire,
		                                          memory_order_relaxed))
			return wanted == 1;
	}
}

bool zyn__baton_acquire(ZynBaton *baton, enum ZynBatonClass class, uint64_t deadline_ns)
{
	if (zyn__baton_try(baton)) /* Rule 1. */
		return true;
	pthread_mutex_lock(&baton->lock);
	if (take_or_mark(baton)) {
		pthread_mutex_unlock(&baton->lock);
		return true;
	}
	ZynBatonWaiter waiter = {.class = class};
	zyn__cond_init(&waiter.cond);
	waiter_insert(baton, &waiter);
	if (class == ZYN_BATON_DEBUGGER) {
		atomic_fetch_add(&baton->urgent, 1);
		/* Rung after it shows, so that who runs cannot look too early and miss it. */
		zyn__seats_ring(ZYN_CONTAINER(baton, ZynRuntime, baton), ZYN_ATTENTION_TIMERS);
	}
	bool granted = waiter_wait(baton, &waiter, deadline_ns);
	if (class == ZYN_BATON_DEBUGGER)
		atomic_fetch_sub(&baton->urgent, 1);
	if (!granted) { /* Rule 4. */
		zyn__list_remove(&waiter.link);
		if (zyn__list_empty(&baton->waiters))
			atomic_store(&baton->state, 1);
	}
	pthread_mutex_unlock(&baton->lock);
	pthread_cond_destroy(&waiter.cond);
	return granted;
}

void zyn__baton_release(ZynBaton *baton)
{
	uint32_t expected = 1;
	if (atomic_compare_exchange_strong_explicit(&baton->state, &expected, 0,
	                                            memory_order_release, memory_order_relaxed))
		return;
	ZYN_ASSERT(expected == 2);
	pthread_mutex_lock(&baton->lock);
	ZynList *link = zyn__list_pop_front(&baton->waiters);
	ZYN_ASSERT(link != NULL);
	if (zyn__list_empty(&baton->waiters))
		atomic_store(&baton->state,
		             1); /* Rule 3: from one owner to the next, never free. */
	ZynBatonWaiter *waiter = ZYN_CONTAINER(link, ZynBatonWaiter, link);
	waiter->granted = true;
	pthread_cond_signal(&waiter->cond);
	pthread_mutex_unlock(&baton->lock);
}

void zyn__baton_lend(ZynBaton *baton)
{
	while (zyn__get(&baton->urgent) !=
	       0) { /* Rule 5; ends when the debuggers have had their turn. */
		/* Class RETURNING comes behind every waiting debugger and in front of everybody
		 * else. */
		pthread_mutex_lock(&baton->lock);
		ZynList *link = baton->waiters.next;
		bool debugger = link != &baton->waiters &&
		                ZYN_CONTAINER(link, ZynBatonWaiter, link)->class ==
		                        ZYN_BATON_DEBUGGER;
		if (!debugger) {
			pthread_mutex_unlock(&baton->lock);
			return;
		}
		zyn__list_remove(link);
		ZynBatonWaiter self = {.class = ZYN_BATON_RETURNING};
		zyn__cond_init(&self.cond);
		waiter_insert(baton, &self);
		ZynBatonWaiter *waiter = ZYN_CONTAINER(link, ZynBatonWaiter, link);
		waiter->granted = true;
		pthread_cond_signal(&waiter->cond);
		waiter_wait(baton, &self, UINT64_MAX);
		pthread_mutex_unlock(&baton->lock);
		pthread_cond_destroy(&self.cond);
	}
}

/* --- entries ---------------------------------------------------------------------------------- */

ZynEntry *zyn__entry_find(ZynRuntime *rt)
{
	ZynEntry *entry = entry_top;
	/* as long as hosts nest runtimes in one another's polls */
	while (entry != NULL && entry->runtime != rt)
		entry = entry->previous;
	return entry;
}

ZynRuntime *zyn__here(ZynRuntime *rt)
{
	ZynEntry *entry = entry_top;
	while (entry != NULL && entry->runtime->head != rt->head)
		entry = entry->previous;
	return entry != NULL ? entry->runtime : NULL;
}

ZynRuntime *zyn__here_in(uint64_t registry_index)
{
	for (ZynEntry *entry = entry_top; entry != NULL; entry = entry->previous) {
		ZynRuntime *rt = entry->runtime;
		if (rt->registry_index == registry_index)
			return rt;
		for (uint32_t i = 0; i < zyn__worker_count(rt); i++)
			if (zyn__worker(rt, i)->registry_index == registry_index)
				return rt;
	}
	return NULL;
}

void zyn__entry_push(ZynEntry *entry, ZynRuntime *rt)
{
	*entry = (ZynEntry){.runtime = rt, .previous = entry_top};
	entry_top = entry;
}

void zyn__entry_pop(ZynEntry *entry)
{
	ZYN_ASSERT(entry_top == entry);
	entry_top = entry->previous;
}

static void entry_began(ZynRuntime *rt)
{
	if (zyn__get(&rt->mail) != NULL)
		zyn__mail_drain(rt);
	if (zyn__get(&rt->inbox) != NULL || zyn__get(&rt->graveyard) != NULL) {
		zyn__inbox_drain(rt);
		zyn__graveyard_drain(rt);
	}
}

void zyn__enter(ZynEntry *entry, ZynRuntime *rt)
{
	bool nested = zyn__entry_find(rt) != NULL;
	if (!nested)
		zyn__baton_acquire(&rt->baton, ZYN_BATON_NORMAL, UINT64_MAX);
	zyn__entry_push(entry, rt);
	if (nested)
		entry->nested = true; /* whoever is further up owns the baton: do not release it */
	else
		entry_began(rt);
}

void zyn__debug_enter(ZynEntry *entry, ZynRuntime *rt)
{
	bool nested = zyn__here(rt) != NULL;
	for (uint32_t i = 0; !nested && i < zyn__worker_count(rt); i++) /* Rule 6. */
		zyn__baton_acquire(&zyn__worker(rt, i)->baton, ZYN_BATON_DEBUGGER, UINT64_MAX);
	zyn__entry_push(entry, rt);
	entry->nested = nested;
	entry->world = !nested;
	for (uint32_t i = 0; !nested && i < zyn__worker_count(rt); i++)
		entry_began(zyn__worker(rt, i));
}

bool zyn__enter_try(ZynEntry *entry, ZynRuntime *rt)
{
	bool nested = zyn__entry_find(rt) != NULL;
	if (!nested && !zyn__baton_try(&rt->baton))
		return false;
	zyn__entry_push(entry, rt);
	if (nested)
		entry->nested = true;
	else
		entry_began(rt);
	return true;
}

static void give_back(ZynRuntime *rt)
{
	if (zyn__get(&rt->sleepers) != 0)
		zyn__kick(rt); /* what was changed may concern a thread that sleeps in block_on */
	zyn__baton_release(&rt->baton);
}

void zyn__leave(ZynEntry *entry)
{
	ZynRuntime *rt = entry->runtime;
	zyn__entry_pop(entry);
	if (entry->nested)
		return;
	if (zyn__get(&rt->head->closed) && zyn__runtime_reap(rt->head))
		return;
	for (uint32_t i = zyn__worker_count(rt); entry->world && i-- > 1;)
		give_back(zyn__worker(rt, i));
	give_back(rt);
}

/* --- seats ------------------------------------------------------------------------------------ */

ZynSeat *zyn__seat_take(ZynRuntime *rt)
{
	ZynSeat *seat = rt->seats_free;
	if (seat != NULL) {
		rt->seats_free = seat->free_next;
		return seat;
	}
	if (zyn__allocator.permit != NULL && !zyn__allocator.permit(sizeof *seat))
		return NULL;
	seat = zyn__zeroed_apart(sizeof *seat);
	if (seat == NULL)
		return NULL;
	/* Linked for good before it is used, so that zyn__seats_ring needs no lock. */
	atomic_store_explicit(&seat->next, zyn__get(&rt->seats), memory_order_relaxed);
	atomic_store_explicit(&rt->seats, seat, memory_order_release);
	return seat;
}

void zyn__seat_put(ZynRuntime *rt, ZynSeat *seat)
{
	ZYN_ASSERT(seat->cx.error.tag == 0);
	seat->free_next = rt->seats_free;
	rt->seats_free = seat;
}

void zyn__seats_ring(ZynRuntime *rt, uint64_t bits)
{
	ZynSeat *seat = atomic_load_explicit(&rt->seats, memory_order_acquire);
	/* one seat per thread that ever turned this runtime */
	for (; seat != NULL; seat = zyn__get(&seat->next))
		atomic_fetch_or(&seat->cx.attention, bits);
}
