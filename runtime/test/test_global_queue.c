/* The global queue: what hosts spawn, from whatever thread, lies in the deque of the head, from
 * which workers take it.  Whoever wants to know the protocol: team.c; every schedule of a host and
 * a worker: model_team.c. */
#include "support.h"

#include <pthread.h>

#define HOSTS 4
#define EACH 400

static ZynRuntime *team_new(void)
{
	ZynOptions options = {.size = sizeof options, .workers = 3};
	ZynRuntime *rt = zyn_rt_new(&options);
	CHECK(rt != NULL);
	return rt;
}

static void team_end(ZynRuntime *rt)
{
	AWAIT_THREAD(zyn_rt_live_objects(rt) == 0);
	zyn_rt_free(rt);
}

typedef struct Host {
	ZynRuntime *rt;
	ZynPromise *promises[EACH];
} Host;

static void *spawn_all(void *data)
{
	Host *host = data;
	for (int i = 0; i < EACH; i++) {
		host->promises[i] = ticker_new(host->rt, i % 3, 0);
		CHECK(host->promises[i] != NULL);
		zyn_promise_spawn(host->rt, host->promises[i]);
	}
	return NULL;
}

/* Nobody waits for them: the workers alone find them. */
static void test_global_queue_takes_spawns_from_every_thread(void)
{
	ZynRuntime *rt = team_new();
	static Host hosts[HOSTS];
	pthread_t threads[HOSTS];
	for (int i = 0; i < HOSTS; i++) {
		hosts[i].rt = rt;
		CHECK_EQ(pthread_create(&threads[i], NULL, spawn_all, &hosts[i]), 0);
	}
	for (int i = 0; i < HOSTS; i++)
		pthread_join(threads[i], NULL);
	uint64_t polls = 0;
	for (int i = 0; i < HOSTS; i++) {
		for (int k = 0; k < EACH; k++) {
			ZynPromise *p = hosts[i].promises[k];
			AWAIT_THREAD(zyn_promise_status(p) != ZYN_PENDING);
			CHECK_EQ(result_of(p), k % 3);
			polls += zyn_promise_polls(p);
			zyn_promise_release(p);
		}
	}
	AWAIT_THREAD(zyn_rt_live_objects(rt) == 0);
	uint64_t counted = 0, stolen = 0;
	ZynMetrics metrics;
	for (uint32_t i = 0; i < zyn_rt_metrics(rt, i, &metrics); i++) {
		counted += metrics.polls;
		stolen += metrics.steals;
		CHECK_EQ(metrics.queued, 0);
		CHECK(i != 0 || metrics.polls == 0); /* the head runs foreign machines only */
	}
	CHECK_EQ(counted, polls); /* each by one worker */
	CHECK(stolen >= HOSTS * EACH);
	team_end(rt);
}

/* The host that waits sleeps with the head; another thread spawns meanwhile. */
static void test_global_queue_while_a_host_waits(void)
{
	ZynRuntime *rt = team_new();
	OutsideBox box = {.parked = 0};
	ZynPromise *waits = outsider_new(rt, &box);
	zyn_promise_spawn(rt, waits);
	zyn_rt_outside(rt, 1);
	AWAIT_THREAD(atomic_load(&box.parked));
	static Host host;
	host.rt = rt;
	pthread_t thread;
	CHECK_EQ(pthread_create(&thread, NULL, spawn_all, &host), 0);
	for (int i = 0; i < EACH; i++) {
		ZynPromise *p = ticker_new(rt, 1, 0);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
		zyn_promise_release(p);
	}
	pthread_join(thread, NULL);
	for (int i = 0; i < EACH; i++) {
		CHECK_EQ(zyn_rt_block_on(rt, host.promises[i], -1), ZYN_READY);
		zyn_promise_release(host.promises[i]);
	}
	atomic_store(&box.ready, 1);
	zyn_waker_wake(box.waker);
	CHECK_EQ(zyn_rt_block_on(rt, waits, -1), ZYN_READY);
	zyn_rt_outside(rt, -1);
	zyn_promise_release(waits);
	team_end(rt);
}

/* Dropped where they lie: none is run, or it is run and cancelled; nothing is left. */
static void test_global_queue_of_tasks_that_nobody_wants(void)
{
	for (int round = 0; round < 20; round++) {
		ZynRuntime *rt = team_new();
		static Host host;
		host.rt = rt;
		spawn_all(&host);
		for (int i = 0; i < EACH; i++)
			zyn_promise_release(host.promises[i]);
		if (round % 2 == 0)
			AWAIT_THREAD(zyn_rt_live_objects(rt) == 0);
		zyn_rt_free(rt);
	}
}

int main(void)
{
	RUN(test_global_queue_takes_spawns_from_every_thread);
	RUN(test_global_queue_while_a_host_waits);
	RUN(test_global_queue_of_tasks_that_nobody_wants);
	return 0;
}
