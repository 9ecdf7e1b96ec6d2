/* A lock that costs its first owner no locked instruction.
 *
 * Most channels and locks of a program are used by one thread, the one that turns its runtime, and
 * a compare-and-swap costs more than all the rest of sending a value.  So a lock begins biased to
 * the thread that made it: that thread says with two plain stores that it is inside.  Another
 * thread that comes takes the bias away, and from then on everybody uses the lock of lock.h.  A
 * thread that then has it ZYN_BIAS_AFTER times in a row, because the tasks that share it have come
 * together there, gets a bias of its own, which is the last: in the end a lock that threads contend
 * for is a plain one.
 *
 * Two plain stores and a load would not be in order between processors.  The one that takes the
 * bias away pays for that: it makes every thread of the process pass a full barrier
 * (membarrier(2)), after which either the owner saw that the bias is gone, or we see that it is
 * inside.  D. Dice, H. Huang and M. Yang, "Asymmetric Dekker Synchronization", 2001; with thanks.
 *
 * Rule 1.  bias is changed by a thread that has the lock of lock.h: from a thread to none, twice
 *          at most, and once from none to a thread, itself.
 * Rule 2.  inside has a place for each of the two biases, written by its owner only.  It may show
 *          the owner for a moment, at any time after the bias is gone; the owner then leaves again
 *          without having been inside.  That is why the second bias needs a place of its own.
 * Rule 3.  lock is for whoever does not own the bias, and for all when there is none; who has
 *          it looks for a bias first.
 *
 * Where the system has no such barrier, or under the thread sanitizer, which does not know of it,
 * there is no bias.
 */
#ifndef ZYN_BIASED_LOCK_H
#define ZYN_BIASED_LOCK_H

#include "lock.h"

#include <stdbool.h>

/* What the model tests replace: to come there soon, and by a wrong one to see that it is found. */
#ifndef ZYN_BIAS_AFTER
#define ZYN_BIAS_AFTER 1000u
#endif
#ifndef ZYN_BIAS_PLACES
#define ZYN_BIAS_PLACES 2
#endif

typedef struct ZynBiasedLock {
	ZynLock lock;
	uint8_t biases;        /* how many there were; guarded by `lock` */
	uint16_t row;          /* how often in a row `last` had `lock`; guarded by it */
	uint32_t last;         /* the number of a thread; guarded by `lock` */
	_Atomic uint32_t bias; /* the number of the owner, times two, and which of the two it is */
	_Atomic uint32_t inside[ZYN_BIAS_PLACES]; /* the number of the owner while it is */
} ZynBiasedLock;

/* This thread's number, 1, 2, 3 .., never given twice; 0 until it has one. */
extern _Thread_local uint32_t zyn__thread_number __attribute__((tls_model("initial-exec")));
/* Gives it one. */
void zyn__thread_count(void);

/* Biased to this thread, if `biased` and if that can be. */
void zyn__biased_init(ZynBiasedLock *lock, bool biased);
/* With `lock`: takes the bias away; notes who has it now. */
void zyn__biased_revoke(ZynBiasedLock *lock);
void zyn__biased_note(ZynBiasedLock *lock);

static inline void zyn__biased_lock(ZynBiasedLock *lock)
{
	uint32_t self = zyn__thread_number;
	uint32_t bias = atomic_load_explicit(&lock->bias, memory_order_relaxed);
	if (bias != 0 && bias / 2 == self) {
		_Atomic uint32_t *inside = &lock->inside[bias % ZYN_BIAS_PLACES];
		atomic_store_explicit(inside, self, memory_order_relaxed);
		atomic_signal_fence(memory_order_seq_cst); /* the rest of the fence is theirs */
		if (atomic_load_explicit(&lock->bias, memory_order_relaxed) == bias)
			return;
		atomic_store_explicit(inside, 0, memory_order_release); /* Rule 2. */
	}
	zyn__lock(&lock->lock);
	if (atomic_load_explicit(&lock->bias, memory_order_relaxed) != 0)
		zyn__biased_revoke(lock); /* Rule 3. */
	if (lock->last != self || ++lock->row == ZYN_BIAS_AFTER)
		zyn__biased_note(lock);
}

static inline void zyn__biased_unlock(ZynBiasedLock *lock)
{
	uint32_t self = zyn__thread_number;
	for (int i = 0; i < ZYN_BIAS_PLACES && self != 0; i++) {
		if (atomic_load_explicit(&lock->inside[i], memory_order_relaxed) != self)
			continue;
		atomic_store_explicit(&lock->inside[i], 0, memory_order_release);
		return;
	}
	zyn__unlock(&lock->lock);
}

#endif
