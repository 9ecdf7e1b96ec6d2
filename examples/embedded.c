/* Three tasks on the embedded runtime: no operating system, no allocation, 512 bytes of scheduler.
 *
 * A sampler completes futures as an interrupt handler would, a filter awaits them one after the
 * other, and a heartbeat of the lowest priority runs when nobody else does.
 *
 *     make embedded
 *     cc -Iruntime/include examples/embedded.c build/release/runtime/libzynrt_embedded.a
 */
#include "zynrt.h"

#include <stdio.h>

#define SAMPLES 3

ZYN_EMBEDDED_MEMORY(scheduler_memory, ZYN_EMBEDDED_TASKS);

static ZynEmbeddedFuture samples[SAMPLES];

typedef struct Filter {
	uint32_t next;
	int64_t sum;
} Filter;

/* Awaits each sample; a pending one wakes this task when it comes. */
static ZynPoll filter(void *state, ZynContext *cx)
{
	Filter *self = state;
	while (self->next < SAMPLES) {
		ZynPoll sample = zyn_embedded_future_poll(&samples[self->next], cx);
		if (sample.status != ZYN_READY)
			return sample;
		self->sum += sample.value;
		self->next++;
	}
	return zyn_poll_ready(self->sum);
}

/* One sample at a time, and lets others run in between. */
static ZynPoll sampler(void *state, ZynContext *cx)
{
	uint32_t *next = state;
	zyn_embedded_future_complete(&samples[*next], 10 * (*next + 1));
	if (++*next == SAMPLES)
		return zyn_poll_ready(SAMPLES);
	zyn_poll_again(cx);
	return zyn_poll_pending();
}

static ZynPoll heartbeat(void *state, ZynContext *cx)
{
	(void)cx;
	printf("heartbeat %d\n", ++*(int *)state);
	return zyn_poll_pending();
}

int main(void)
{
	ZynEmbeddedScheduler *scheduler = zyn_embedded_init(
		scheduler_memory, sizeof scheduler_memory, ZYN_EMBEDDED_TASKS,
		ZYN_EMBEDDED_PRECISE);
	Filter state = {0, 0};
	uint32_t taken = 0;
	int beats = 0;
	int32_t id = zyn_embedded_spawn(scheduler, ZYN_PRIORITY_HIGH, filter, &state);
	zyn_embedded_schedule(scheduler, ZYN_PRIORITY_NORMAL, sampler, &taken);
	zyn_embedded_schedule(scheduler, ZYN_PRIORITY_IDLE, heartbeat, &beats);

	int64_t sum = 0;
	if (zyn_embedded_block_on(scheduler, id, &sum) != ZYN_READY)
		return 1;
	printf("sum of the samples: %lld\n", (long long)sum);

	zyn_embedded_run_until_idle(scheduler);

	/* A full scheduler says so, and what is in it goes on. */
	int32_t refused;
	do
		refused = zyn_embedded_schedule(scheduler, ZYN_PRIORITY_IDLE, heartbeat, &beats);
	while (refused >= 0);
	printf("no room: %s\n", zyn_refusal_text(refused));
	return zyn_embedded_task_count(scheduler) == ZYN_EMBEDDED_TASKS ? 0 : 1;
}
