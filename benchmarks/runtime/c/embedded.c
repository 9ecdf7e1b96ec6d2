/* The embedded scheduler: 16 tasks that wake themselves or are woken together, and its memory. */
#include "bench.h"

#define TASKS ZYN_EMBEDDED_TASKS
#define ROUNDS 50000

ZYN_EMBEDDED_MEMORY(memory, TASKS);

static ZynPoll wakes_itself(void *state, ZynContext *cx)
{
	++*(int64_t *)state;
	zyn_poll_again(cx);
	return zyn_poll_pending();
}

static ZynPoll waits(void *state, ZynContext *cx)
{
	(void)cx;
	++*(int64_t *)state;
	return zyn_poll_pending();
}

static double steps(ZynTaskFn *poll, int burst)
{
	int64_t polls = 0;
	ZynEmbeddedScheduler *scheduler = zyn_embedded_init(memory, sizeof memory, TASKS,
	                                                    ZYN_EMBEDDED_PRECISE);
	for (uint32_t i = 0; i < TASKS; i++)
		zyn_embedded_schedule(scheduler, i % ZYN_PRIORITIES, poll, &polls);
	double begin = now_ns();
	for (int round = 0; round < ROUNDS; round++) {
		for (int32_t i = 0; burst && i < (int32_t)TASKS; i++)
			zyn_embedded_signal(scheduler, i);
		for (uint32_t i = 0; i < TASKS; i++)
			zyn_embedded_poll_next(scheduler);
	}
	double ns = (now_ns() - begin) / (double)polls;
	MUST(polls == (int64_t)ROUNDS * TASKS);
	return ns;
}

static double embedded_turns(ZynRuntime *rt, uint32_t workers)
{
	(void)rt;
	(void)workers;
	return steps(wakes_itself, 0);
}

static double embedded_bursts(ZynRuntime *rt, uint32_t workers)
{
	(void)rt;
	(void)workers;
	return steps(waits, 1);
}

static double embedded_bytes(ZynRuntime *rt, uint32_t workers)
{
	(void)rt;
	(void)workers;
	return (double)sizeof memory;
}

const Workload embedded_workloads[] = {
	{"embedded_turns", embedded_turns},
	{"embedded_bursts", embedded_bursts},
	{"embedded_bytes", embedded_bytes},
	{NULL, NULL},
};
