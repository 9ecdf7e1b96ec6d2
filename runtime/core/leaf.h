/* The part of internal.h, which includes it, that is about the frames of the first leaf futures:
 * leaf_time.c, leaf_await.c, leaf_group.c, foreign.c.
 */
#ifndef ZYN_LEAF_H
#define ZYN_LEAF_H

/* In the attention word of a poll, for its own thread alone. */
/* the cancelled machine that was polled pends, because it waits for its children (nursery.c) */
#define ZYN_ATTENTION_LINGERS ((uint64_t)1 << 62)
/* nobody waits for children any more: the runtime is being freed */
#define ZYN_ATTENTION_HURRY ((uint64_t)1 << 63)

typedef struct ZynDelay {
	uint32_t state;
	uint32_t worker; /* the index of the one whose wheel the timer is in */
	ZynTimer timer;  /* the deadline holds the milliseconds until the first poll */
} ZynDelay;

typedef struct ZynAwait {
	uint32_t state;
	uint32_t in_place;
	ZynPromise *promise; /* owned */
	/* unlinked, but with our waker, while the child is polled in place */
	ZynJoiner joiner;
} ZynAwait;

typedef struct ZynGroup ZynGroup;

typedef struct ZynGroupLeaf {
	uint32_t state;
	uint32_t winner; /* of a race */
	ZynGroup *group; /* owned; null when there was no memory or no promise */
	uint64_t count;
	uint64_t unused;
} ZynGroupLeaf;

typedef struct ZynForeign {
	uint32_t state;
	uint32_t unused;
	union {
		int64_t (*fn)(void *machine);
		int64_t result; /* once it returned */
	};
	void *machine;
	void (*release)(void *machine);
} ZynForeign;

#endif
