/* What a step of the embedded scheduler costs: `tasks` tasks of one priority, polled in turn.
 *
 *     measure_embedded TASKS PRIORITY wake|burst|plain     prints the number of polls
 *
 * wake: every task wakes itself, so each step takes a wake flag, picks and polls.  burst: all are
 * woken together, as by an interrupt.  plain: no scheduler, a loop over an array of functions with
 * a flag each.  instructions.cmake counts the instructions under callgrind. */
#include "zynrt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 1000

ZYN_EMBEDDED_MEMORY(memory, ZYN_EMBEDDED_TASKS_MAX);

static ZynPoll wakes_itself(void *state, ZynContext *cx)
{
	(void)state;
	zyn_poll_again(cx);
	return zyn_poll_pending();
}

static ZynPoll waits(void *state, ZynContext *cx)
{
	(void)state;
	(void)cx;
	return zyn_poll_pending();
}

/* What one would write by hand. */
typedef struct PlainTask {
	ZynTaskFn *volatile poll;
	void *state;
	volatile uint8_t ready;
} PlainTask;

static PlainTask plain[ZYN_EMBEDDED_TASKS_MAX];

/* noinline, so that callgrind sees it */
static __attribute__((noinline)) uint32_t plain_round(uint32_t tasks, ZynContext *cx)
{
	uint32_t polls = 0;
	for (uint32_t i = 0; i < tasks; i++) {
		if (!plain[i].ready)
			continue;
		plain[i].ready = 0;
		polls++;
		if (plain[i].poll(plain[i].state, cx).status != ZYN_PENDING)
			plain[i].poll = NULL;
	}
	return polls;
}

int main(int argc, char **argv)
{
	uint32_t tasks = argc == 4 ? (uint32_t)atoi(argv[1]) : 0;
	if (tasks == 0 || tasks > ZYN_EMBEDDED_TASKS_MAX) {
		fprintf(stderr, "measure_embedded TASKS PRIORITY wake|burst|plain\n");
		return 2;
	}
	uint32_t capacity = tasks <= ZYN_EMBEDDED_TASKS ? ZYN_EMBEDDED_TASKS
	                                                : ZYN_EMBEDDED_TASKS_MAX;
	ZynEmbeddedScheduler *scheduler = zyn_embedded_init(memory, sizeof memory, capacity,
	                                                    ZYN_EMBEDDED_PRECISE);
	bool burst = strcmp(argv[3], "wake") != 0;
	for (uint32_t i = 0; i < tasks; i++) {
		plain[i].poll = waits;
		zyn_embedded_schedule(scheduler, (uint32_t)atoi(argv[2]),
		                      burst ? waits : wakes_itself, NULL);
	}
	uint32_t polls = 0;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		if (strcmp(argv[3], "plain") == 0) {
			for (uint32_t i = 0; i < tasks; i++)
				plain[i].ready = 1;
			polls += plain_round(tasks, &scheduler->cx);
			continue;
		}
		for (uint32_t i = 0; burst && i < tasks; i++)
			zyn_embedded_signal(scheduler, (int32_t)i);
		for (uint32_t i = 0; i < tasks; i++)
			polls += zyn_embedded_poll_next(scheduler) >= 0;
	}
	printf("%u\n", polls);
	return polls == ROUNDS * tasks ? 0 : 1;
}
