/* What explorer.c (choices and threads) and memory.c (values and views) share. */
#ifndef ZYN_MODEL_ENGINE_H
#define ZYN_MODEL_ENGINE_H

#include "explorer.h"

#define MODEL_LOCATIONS_MAX 128
#define MODEL_MESSAGES_MAX 2048 /* in one execution */
#define MODEL_PLAIN_MAX 256
#define MODEL_CHOICES_MAX 4096
#define MODEL_STEPS_MAX 3000 /* of one execution; beyond is a livelock */
#define MODEL_ARENA_BYTES 65536
#define MODEL_BLOCKS_MAX 64
#define MODEL_PRIVATE_MAX 16

/* one more than the threads: begin and end */
#define MODEL_ACTORS (MODEL_THREADS_MAX + 1)

/* What may be seen: of each location no older store than this, and of each actor everything up to
 * this step (which is what happened before). */
typedef struct View {
	uint16_t stores[MODEL_LOCATIONS_MAX];
	uint32_t steps[MODEL_ACTORS];
} View;

typedef struct Actor {
	View now;
	View acquired; /* what an acquire fence would add to now */
	View released; /* what a relaxed store carries, since the last release fence */
	/* locations that were read since it last yielded */
	uint64_t read[MODEL_LOCATIONS_MAX / 64];
	/* how often in a row it read the same store although there was a newer one */
	uint8_t stale[MODEL_LOCATIONS_MAX];
} Actor;

/* --- memory.c --------------------------------------------------------------------------------- */

void memory_begin(void);
/* the thread begins with what the set-up saw */
void memory_start(uint32_t thread);
/* the last look sees all that the threads did */
void memory_join(uint32_t threads);
/* the thread reads the newest of what it has spun on */
void memory_catch_up(uint32_t thread);
/* A seq_cst fence in every thread. */
void memory_barrier(void);
/* A relaxed load of the newest value, as the kernel's is; not a step. */
uint64_t memory_look(void *object, size_t size);

/* --- explorer.c ------------------------------------------------------------------------------- */

/* Before an operation that others can see: another thread may go first. */
void explorer_step(const void *object);
/* After one that others may wait for. */
void explorer_progress(void);
uint32_t explorer_choose(uint32_t options);
/* Things that happen for no reason: a few in one execution. */
bool explorer_spurious_left(void);
void explorer_spurious_spent(void);
/* Loads that read an old store are counted too, where the scenario limits them. */
bool explorer_stale_left(void);
void explorer_stale_spent(void);
bool explorer_tracing(void);
void explorer_trace(const char *format, ...) __attribute__((format(printf, 1, 2)));
extern const char *explorer_object, *explorer_function;

#endif
