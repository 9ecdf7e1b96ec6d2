/* Futures of fixed size, a pool of them, and sets in which they are awaited together.
 *
 * A future is a cell between one task that polls and one party that completes, which may be an
 * interrupt handler, so neither ever waits for the other.
 *
 * Rule 1.  EMPTY <-> ARMED by the polling task; EMPTY -> DONE, ARMED -> LEAVING -> DONE by the
 *          completing party, once.
 * Rule 2.  the task writes the waker while EMPTY; the completing party reads it while LEAVING.
 * Rule 3.  status and value are written before DONE and never after it.
 * Rule 4.  DONE is the last that the completing party does to the future, for the task may
 *          reuse its memory at once; it calls a copy of the waker afterwards.
 */
#include "embedded.h"

/* Orders that the model tests replace by wrong ones to see that they are found. */
#ifndef ZYN_FUTURE_DONE_ORDER
#define ZYN_FUTURE_DONE_ORDER release
#endif
#ifndef ZYN_FUTURE_ARM_ORDER
#define ZYN_FUTURE_ARM_ORDER release
#endif

#define EMPTY 0u
#define ARMED 1u
#define LEAVING 2u
#define DONE 3u

void zyn_embedded_future_init(ZynEmbeddedFuture *future)
{
	ZA_INIT(&future->word, EMPTY);
	future->status = ZYN_PENDING;
	future->value = 0;
	future->waker = (ZynWaker){.fn = NULL, .data = NULL};
}

static ZynPoll outcome(const ZynEmbeddedFuture *future)
{
	return (ZynPoll){.status = ZA_READ(&future->status), .value = ZA_READ(&future->value)};
}

ZynPoll zyn_embedded_future_poll(ZynEmbeddedFuture *future, ZynContext *cx)
{
	uint32_t word = ZA_LOAD(&future->word, acquire);
	if (word == ARMED && ZA_CAS(&future->word, &word, EMPTY, acquire, acquire))
		word = EMPTY;
	if (word == EMPTY) {
		ZA_WRITE(&future->waker, cx->waker); /* Rule 2. */
		if (ZA_CAS(&future->word, &word, ARMED, ZYN_FUTURE_ARM_ORDER, acquire))
			return zyn_poll_pending();
	}
	/* LEAVING: the waker of the last poll, which is the same task's, is about to be called */
	return word == DONE ? outcome(future) : zyn_poll_pending();
}

bool zyn_embedded_future_is_ready(const ZynEmbeddedFuture *future)
{
	return ZA_LOAD(&future->word, acquire) == DONE;
}

static bool complete(ZynEmbeddedFuture *future, int32_t status, int64_t value)
{
	uint32_t word = ZA_LOAD(&future->word, relaxed);
	if (word >= LEAVING)
		return false;
	ZA_WRITE(&future->status, status);
	ZA_WRITE(&future->value, value);
	/* ends: fails only when the task polled in between */
	for (;;) {
		if (word == EMPTY) {
			if (ZA_CAS(&future->word, &word, DONE, ZYN_FUTURE_DONE_ORDER, relaxed))
				return true;
		} else if (ZA_CAS(&future->word, &word, LEAVING, acquire, relaxed)) {
			ZynWaker waker = ZA_READ(&future->waker);
			ZA_STORE(&future->word, DONE, ZYN_FUTURE_DONE_ORDER); /* Rule 4. */
			waker.fn(waker.data);
			return true;
		}
	}
}

bool zyn_embedded_future_complete(ZynEmbeddedFuture *future, int64_t value)
{
	return complete(future, ZYN_READY, value);
}

bool zyn_embedded_future_fail(ZynEmbeddedFuture *future, int64_t code)
{
	return complete(future, ZYN_FAILED, code);
}

/* --- the pool --------------------------------------------------------------------------------- */

_Static_assert(ZYN_EMBEDDED_FUTURES == 32, "the masks of this file have 32 bits");

ZynEmbeddedFuture *zyn_embedded_future_get(ZynEmbeddedFutures *pool)
{
	uint32_t free = ~pool->used;
	if (free == 0)
		return NULL;
	uint32_t place = (uint32_t)__builtin_ctz(free);
	pool->used |= UINT32_C(1) << place;
	zyn_embedded_future_init(&pool->futures[place]);
	return &pool->futures[place];
}

void zyn_embedded_future_put(ZynEmbeddedFutures *pool, ZynEmbeddedFuture *future)
{
	pool->used &= ~(UINT32_C(1) << (uint32_t)(future - pool->futures));
}

/* --- EmbeddedFuturesUnordered ----------------------------------------------------------------- */

void zyn_embedded_unordered_init(ZynEmbeddedFuturesUnordered *set)
{
	set->active = 0;
	set->last = ZYN_EMBEDDED_FUTURES - 1;
}

int32_t zyn_embedded_unordered_push(ZynEmbeddedFuturesUnordered *set, ZynEmbeddedFuture *future)
{
	uint32_t free = ~set->active;
	if (free == 0)
		return ZYN_REFUSED_FULL;
	int32_t place = __builtin_ctz(free);
	set->futures[place] = future;
	set->active |= UINT32_C(1) << place;
	return place;
}

uint32_t zyn_embedded_unordered_len(const ZynEmbeddedFuturesUnordered *set)
{
	return zyn__embedded_count(set->active);
}

int32_t zyn_embedded_unordered_next(ZynEmbeddedFuturesUnordered *set, ZynContext *cx,
                                    int32_t *place, int64_t *value)
{
	if (set->active == 0)
		return ZYN_REFUSED_EMPTY;
	/* bounded by the capacity; begins behind the one that was taken last */
	for (uint32_t i = 1; i <= ZYN_EMBEDDED_FUTURES; i++) {
		uint32_t at = (set->last + i) % ZYN_EMBEDDED_FUTURES;
		if ((set->active >> at & 1) == 0)
			continue;
		ZynEmbeddedFuture *future = set->futures[at];
		ZynPoll poll = zyn_embedded_future_is_ready(future) ? outcome(future)
		               : cx != NULL ? zyn_embedded_future_poll(future, cx)
		                            : zyn_poll_pending();
		if (poll.status == ZYN_PENDING)
			continue;
		set->active &= ~(UINT32_C(1) << at);
		set->last = at;
		if (place != NULL)
			*place = (int32_t)at;
		if (value != NULL)
			*value = poll.value;
		return poll.status;
	}
	return ZYN_PENDING;
}
