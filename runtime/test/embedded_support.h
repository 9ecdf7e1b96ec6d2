/* What the tests of the embedded runtime share: one scheduler, and tasks that follow a script. */
#ifndef ZYN_TEST_EMBEDDED_SUPPORT_H
#define ZYN_TEST_EMBEDDED_SUPPORT_H

#include "support.h"

ZYN_EMBEDDED_MEMORY(memory, ZYN_EMBEDDED_TASKS_MAX);

static inline ZynEmbeddedScheduler *scheduler_new(uint32_t tasks, uint32_t flags)
{
	memset(memory, 0xA5, sizeof memory); /* what the program left there must not matter */
	ZynEmbeddedScheduler *scheduler = zyn_embedded_init(memory, sizeof memory, tasks, flags);
	CHECK(scheduler != NULL);
	return scheduler;
}

/* --- tasks ------------------------------------------------------------------------------------ */

/* Which tasks were polled, in order. */
static char log_text[200];

typedef struct Script {
	char name;
	const char *steps; /* p: pending, y: wakes itself, r: ready, f: failed */
	int64_t value;
	int polls;
	bool cancelled;
	ZynWaker waker;
} Script;

static inline ZynPoll script(void *state, ZynContext *cx)
{
	Script *self = state;
	size_t length = strlen(log_text);
	CHECK(length + 2 < sizeof log_text);
	log_text[length] = self->name;
	log_text[length + 1] = 0;
	self->polls++;
	self->waker = cx->waker;
	self->cancelled = zyn__attention(cx, ZYN_ATTENTION_CANCEL);
	switch (*self->steps) {
	case 'r':
		return zyn_poll_ready(self->value);
	case 'f':
		return zyn_poll_failed(self->value);
	case 'y':
		zyn_poll_again(cx);
	}
	if (self->steps[1] != 0)
		self->steps++;
	return zyn_poll_pending();
}

static inline void check_log(const char *expected)
{
	if (strcmp(log_text, expected) != 0) {
		fprintf(stderr, "polled %s, expected %s\n", log_text, expected);
		exit(1);
	}
	log_text[0] = 0;
}

#endif
