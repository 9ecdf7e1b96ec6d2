/* The thread that notices that a time limit passes during a poll.
 *
 * It is made by the first block_on with a limit and ends with the runtime.  It never touches a
 * task: it rings the attention words, and whoever runs looks at the clock itself (context.c).
 *
 * Rule 1.  deadline_ns is guarded by lock; a deadline is rung for once.
 * Rule 2.  the thread is joined while the seats still exist.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

struct ZynWatchdog {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	pthread_t thread;
	ZynRuntime *runtime;
	uint64_t deadline_ns; /* CLOCK_MONOTONIC; UINT64_MAX: none */
	bool closing;
};

static void *watch(void *data)
{
	ZynWatchdog *dog = data;
	pthread_mutex_lock(&dog->lock);
	while (!dog->closing) { /* until zyn_rt_free */
		if (dog->deadline_ns == UINT64_MAX) {
			pthread_cond_wait(&dog->cond, &dog->lock);
			continue;
		}
		if (zyn__monotonic_ns() >= dog->deadline_ns) {
			dog->deadline_ns = UINT64_MAX; /* Rule 1. */
			zyn__seats_ring(dog->runtime, ZYN_ATTENTION_FUEL);
			continue;
		}
		struct timespec until = {
			.tv_sec = (time_t)(dog->deadline_ns / 1000000000u),
			.tv_nsec = (long)(dog->deadline_ns % 1000000000u),
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
