/* The thread that notices that a time limit passes during a poll, and that ticks for fuel.c.
 *
 * It is made by the first block_on with a limit, or with the first fuel, and ends with the runtime.
 * It never touches a task: it rings the attention words, and whoever runs looks why (context.c).
 *
 * Rule 1.  deadline_ns and tick_ns are guarded by lock; a deadline is rung for once.
 * Rule 2.  the thread is joined while the seats still exist.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define TICK_NS 250000000u

struct ZynWatchdog {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	pthread_t thread;
	ZynRuntime *runtime;
	uint64_t deadline_ns; /* CLOCK_MONOTONIC; UINT64_MAX: none */
	uint64_t tick_ns;     /* of the next tick, the same */
	bool closing;
};

static void ring_workers(ZynRuntime *rt)
{
	for (uint32_t i = 0; i < zyn__worker_count(rt); i++)
		zyn__seats_ring(zyn__worker(rt, i), ZYN_ATTENTION_FUEL);
}

static void *watch(void *data)
{
	ZynWatchdog *dog = data;
	pthread_mutex_lock(&dog->lock);
	while (!dog->closing) { /* until zyn_rt_free */
		uint64_t next_ns = dog->deadline_ns < dog->tick_ns ? dog->deadline_ns
		                                                   : dog->tick_ns;
		if (next_ns == UINT64_MAX) {
			pthread_cond_wait(&dog->cond, &dog->lock);
			continue;
		}
		uint64_t now_ns = zyn__monotonic_ns();
		if (now_ns >= next_ns) {
			if (dog->deadline_ns <= now_ns) {
				dog->deadline_ns = UINT64_MAX; /* Rule 1. */
				zyn__seats_ring(dog->runtime, ZYN_ATTENTION_FUEL);
			}
			if (dog->tick_ns <= now_ns) {
				dog->tick_ns = now_ns + TICK_NS;
				ring_workers(dog->runtime);
			}
			continue;
		}
		struct timespec until = {
			.tv_sec = (time_t)(next_ns / 1000000000u),
			.tv_nsec = (long)(next_ns % 1000000000u),
		};
		pthread_cond_timedwait(&dog->cond, &dog->lock, &until);
	}
	pthread_mutex_unlock(&dog->lock);
	return NULL;
}

static ZynWatchdog *watchdog_new(ZynRuntime *rt)
{
	ZynWatchdog *dog = calloc(1, sizeof *dog);
	if (dog == NULL)
		return NULL;
	dog->runtime = rt;
	dog->deadline_ns = UINT64_MAX;
	dog->tick_ns = UINT64_MAX;
	pthread_mutex_init(&dog->lock, NULL);
	zyn__cond_init(&dog->cond);
	if (pthread_create(&dog->thread, NULL, watch, dog) == 0)
		return dog;
	pthread_cond_destroy(&dog->cond);
	pthread_mutex_destroy(&dog->lock);
	free(dog);
	return NULL;
}

void zyn__watchdog_arm(ZynRuntime *rt, uint64_t deadline_ns)
{
	if (rt->watchdog == NULL && deadline_ns != UINT64_MAX)
		rt->watchdog = watchdog_new(
			rt); /* without a thread the limit still holds between polls */
	ZynWatchdog *dog = rt->watchdog;
	if (dog == NULL)
		return;
	pthread_mutex_lock(&dog->lock);
	bool sooner = deadline_ns < dog->deadline_ns;
	dog->deadline_ns = deadline_ns;
	if (sooner)
		pthread_cond_signal(
			&dog->cond); /* a later one is found out when it wakes by itself */
	pthread_mutex_unlock(&dog->lock);
}

void zyn__watchdog_tick(ZynRuntime *rt)
{
	if (rt->watchdog == NULL)
		rt->watchdog = watchdog_new(rt); /* without a thread only polls are counted */
	ZynWatchdog *dog = rt->watchdog;
	if (dog == NULL)
		return;
	pthread_mutex_lock(&dog->lock);
	if (dog->tick_ns == UINT64_MAX)
		dog->tick_ns = zyn__monotonic_ns() + TICK_NS;
	pthread_cond_signal(&dog->cond);
	pthread_mutex_unlock(&dog->lock);
}

void zyn__watchdog_join(ZynRuntime *rt)
{
	ZynWatchdog *dog = rt->watchdog;
	if (dog == NULL)
		return;
	pthread_mutex_lock(&dog->lock);
	dog->closing = true;
	pthread_cond_signal(&dog->cond);
	pthread_mutex_unlock(&dog->lock);
	pthread_join(dog->thread, NULL); /* Rule 2. */
	pthread_cond_destroy(&dog->cond);
	pthread_mutex_destroy(&dog->lock);
	free(dog);
	rt->watchdog = NULL;
}
