/* A queue with one owner, from which other threads steal.
 *
 * Chase and Lev, "Dynamic Circular Work-Stealing Deque", SPAA 2005, with the orders of Lê, Pop,
 * Cohen and Zappa Nardelli, "Correct and Efficient Work-Stealing for Weak Memory Models", PPoPP
 * 2013.  Where they use a sequentially consistent fence this uses sequentially consistent
 * operations on `top` and `bottom`: the same instructions on x86, and a thread sanitizer
 * understands them.
 *
 * Owner:   one thread at a time.  Only it calls push, pop, take, reserve and collect.  The
 *          right may move to another thread with a happens-before edge of the caller's.
 * Others:  any thread may call steal and count, and steal_half with a deque of its own as
 *          target.
 *
 *      top                     bottom
 *       |                        |
 *   ... [oldest] ....... [newest] free ...      positions only ever grow; slot = position & mask
 *
 * Rule 1.  `bottom` is written by the owner only; `top` is changed by compare-and-swap only,
 *          and only upwards.
 * Rule 2.  an item is published by the release store of `bottom` behind it, so a thief that
 *          sees the position sees the item, and the array that holds it.
 * Rule 3.  pop lowers `bottom` before it looks at `top`; a thief looks at `top` before it looks
 *          at `bottom`; all four are sequentially consistent.  So either the thief sees the
 *          lowered bottom, or the owner sees the raised top, and they never both have the same
 *          item without a compare-and-swap between them.
 * Rule 4.  the last item is taken by compare-and-swap, by whomever.
 * Rule 5.  a slot is written again only after the owner has seen `top` beyond it (acquire), so
 *          a thief that read a slot too late fails its compare-and-swap.
 * Rule 6.  growing copies to an array of twice the size and keeps the old one, whose slots stay
 *          as they were: a thief may still read it.  Old arrays go at collect or destroy, when
 *          nobody is stealing.
 *
 * Not here: a limit of the length (memory is the limit; push says so), waking anybody, and order
 * between items of different deques.
 */
#ifndef ZYN_DEQUE_H
#define ZYN_DEQUE_H

#include "atomics.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Orders that the model tests replace by wrong ones to see that they are found. */
#ifndef ZYN_DEQUE_PUBLISH_ORDER
#define ZYN_DEQUE_PUBLISH_ORDER release
#endif
#ifndef ZYN_DEQUE_LOWER_ORDER
#define ZYN_DEQUE_LOWER_ORDER seq_cst
#endif
#ifndef ZYN_DEQUE_BOTTOM_ORDER
#define ZYN_DEQUE_BOTTOM_ORDER seq_cst
#endif

#ifndef ZYN_DEQUE_COUNT_ORDER
#define ZYN_DEQUE_COUNT_ORDER seq_cst
#endif

#ifndef ZYN_DEQUE_FIRST_CAPACITY
#define ZYN_DEQUE_FIRST_CAPACITY 256 /* 2 KiB; a power of two */
#endif
/* at most so many in one steal_half, so that a thief gets to work soon */
#define ZYN_STEAL_MAX 256

/* What steal gives when it lost against another thread: there may be more. */
#define ZYN_STEAL_RETRY ((void *)(uintptr_t)1)

typedef struct ZynDequeArray {
	int64_t capacity; /* a power of two */
	struct ZynDequeArray *older;
	_Atomic(void *) slots[];
} ZynDequeArray;

/* Padded, not aligned, so that it may lie in any allocation: a line apart is enough. */
typedef struct ZynDeque {
	_Atomic int64_t top; /* anybody writes */
	char apart[ZYN_CACHE_LINE_BYTES - sizeof(int64_t)];
	_Atomic int64_t bottom; /* from here on the owner writes */
	_Atomic(ZynDequeArray *) array;
	int64_t top_seen; /* owner: `top` was at least this */
} ZynDeque;

/* false: memory is out, and nothing was changed. */
bool zyn__deque_init(ZynDeque *deque);
/* Frees the arrays.  The deque is not used by anybody any more; items left in it are forgotten. */
void zyn__deque_destroy(ZynDeque *deque);
/* Owner: room for `count` more, so that as many pushes cannot fail.  false: memory is out. */
bool zyn__deque_reserve(ZynDeque *deque, int64_t count);
/* Owner, while nobody steals: frees the arrays that were outgrown. */
void zyn__deque_collect(ZynDeque *deque);

bool zyn__deque_push_slow(ZynDeque *deque, void *item);
void *zyn__deque_pop_slow(ZynDeque *deque, int64_t bottom);

/* Any thread: the oldest; null: it is empty; ZYN_STEAL_RETRY: another thread was faster. */
void *zyn__deque_steal(ZynDeque *victim);
/* The owner of `thief`: moves at most half of `victim`, rounded up, to the newest end of `thief`,
 * oldest first, and gives how many.  0: it was empty, others were faster, or memory is out (then
 * nothing was moved). */
int64_t zyn__deque_steal_half(ZynDeque *victim, ZynDeque *thief);

static inline _Atomic(void *) *zyn__deque_slot(ZynDequeArray *array, int64_t position)
{
	return &array->slots[position & (array->capacity - 1)];
}

/* Owner: `item` (neither null nor ZYN_STEAL_RETRY) becomes the newest.  false: memory is out, and
 * the item is not in the deque. */
static inline bool zyn__deque_push(ZynDeque *deque, void *item)
{
	int64_t bottom = ZA_LOAD(&deque->bottom, relaxed);
	ZynDequeArray *array = ZA_LOAD(&deque->array, relaxed);
	if (bottom - deque->top_seen >= array->capacity)
		return zyn__deque_push_slow(deque, item);
	ZA_STORE(zyn__deque_slot(array, bottom), item, relaxed);
	ZA_STORE(&deque->bottom, bottom + 1, ZYN_DEQUE_PUBLISH_ORDER); /* Rule 2. */
	return true;
}

/* Owner: the newest, or null. */
static inline void *zyn__deque_pop(ZynDeque *deque)
{
	int64_t bottom = ZA_LOAD(&deque->bottom, relaxed);
	/* Nobody but the owner adds, so what looks empty is empty; saves the ordered store. */
	if (bottom <= ZA_LOAD(&deque->top, relaxed))
		return NULL;
	return zyn__deque_pop_slow(deque, bottom - 1);
}

/* Owner: what pop would give if no thief is faster; null: nothing. */
static inline void *zyn__deque_newest(ZynDeque *deque)
{
	int64_t bottom = ZA_LOAD(&deque->bottom, relaxed);
	if (bottom <= ZA_LOAD(&deque->top, relaxed))
		return NULL;
	return ZA_LOAD(zyn__deque_slot(ZA_LOAD(&deque->array, relaxed), bottom - 1), relaxed);
}

/* Owner: the oldest, or null. */
static inline void *zyn__deque_take(ZynDeque *deque)
{
	int64_t bottom = ZA_LOAD(&deque->bottom, relaxed);
	int64_t top = ZA_LOAD(&deque->top, acquire);
	/* ends: each round that fails has seen a thief raise top */
	while (top < bottom) {
		void *item = ZA_LOAD(zyn__deque_slot(ZA_LOAD(&deque->array, relaxed), top),
		                     relaxed);
		if (ZA_CAS(&deque->top, &top, top + 1, seq_cst, acquire))
			return item;
	}
	return NULL;
}

/* Any thread: how many there were a moment ago.  Exact for the owner while nobody steals.  A thread
 * that says so with a seq_cst operation before it looks here, and then sleeps, is seen by whoever
 * pushes, puts a seq_cst fence behind it and then looks for sleepers. */
static inline int64_t zyn__deque_count(const ZynDeque *deque)
{
	int64_t top = ZA_LOAD(&deque->top, ZYN_DEQUE_COUNT_ORDER);
	int64_t count = ZA_LOAD(&deque->bottom, ZYN_DEQUE_COUNT_ORDER) - top;
	return count < 0 ? 0 : count;
}

#endif
