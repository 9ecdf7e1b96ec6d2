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

/* The word of state shares the first of the timer: what a leaf waits for is in the other bits. */
typedef struct ZynDelay {
	union {
		uint32_t state;
		ZynTimer timer; /* until the first poll the deadline holds the milliseconds */
	};
} ZynDelay;

/* Wakes whom a timer that has expired, and whose wheel is `rt`'s, stands for. */
void zyn__timer_fire(ZynRuntime *rt, ZynTimer *timer);
/* The task that it will wake; null: there is none, or it is not one of this runtime. */
ZynTask *zyn__timer_task(ZynRuntime *rt, const ZynTimer *timer);
/* When a delay ends; 0: it has not begun, or has ended. */
uint64_t zyn__delay_tick(const ZynDelay *delay);

typedef struct ZynAwait {
	uint32_t state;
	uint32_t in_place;
	ZynPromise *promise; /* owned */
	/* unlinked, but with our waker, while the child is polled in place */
	ZynJoiner joiner;
} ZynAwait;

/* zyn_await_promise_poll where it is not the last thing that the poll under way does. */
int64_t zyn__await_poll_among(ZynAwait *await, ZynContext *cx);
/* Stops the promise in `*place`, which becomes null (rule 5 of leaf_await.c).  false: it has to end
 * first, of which `joiner` hears and wakes this task; then `again`, with true. */
bool zyn__joined_stop(ZynPromise **place, ZynJoiner *joiner, bool again, ZynContext *cx);
/* Polls `task` now, in the await of `cx`'s task, if it would be next anyway; true when that ended
 * it: eager.c. */
bool zyn__task_run_ahead(ZynContext *cx, const ZynAwait *await, ZynTask *task);

/* zyn__waker_call of the waker of `cx`, which most often is that of the task that is polled. */
void zyn__wake_own(ZynContext *cx);

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
