/* A lock that costs its first owner no locked instruction.
 *
 * Most channels and locks of a program are used by one thread, the one that turns its runtime, and
 * a compare-and-swap costs more than all the rest of sending a value.  So a lock begins biased to
 * the thread that made it: that thread says with two plain stores that it is inside.  The first
 * other thread that comes takes the bias away for good, and from then on everybody uses the lock
 * of lock.h.
 *
 * Two plain stores and a load would not be in order between processors.  The one that takes the
 * bias away pays for that: it makes every thread of the process pass a full barrier
 * (membarrier(2)), after which either the owner saw that the bias is gone, or we see that it is
 * inside.  D. Dice, H. Huang and M. Yang, "Asymmetric Dekker Synchronization", 2001; with thanks.
 *
 * Rule 1.  bias goes from a thread's number to 0, once, by a thread that has the lock of lock.h.
 * Rule 2.  inside is written by the owner only.  It may show its number for a moment after the
 *          bias is gone; the owner then leaves again without having been inside.
 * Rule 3.  that one is for whoever does not own the bias, and for all when it is gone.
 *
 * Where the system has no such barrier, or under the thread sanitizer, which does not know of it, a
 * lock begins without a bias.
 */
#ifndef ZYN_BIASED_LOCK_H
#define ZYN_BIASED_LOCK_H

#include "lock.h"

#include <stdbool.h>

typedef struct ZynBiasedLock {
	ZynLock lock;
	_Atomic uint32_t bias;   /* the number of the owner; 0: none */
	_Atomic uint32_t inside; /* the number of the owner while it is */
} ZynBiasedLock;

/* This thread's number, 1, 2, 3 .., never given twice; 0 until it has one. */
extern _Thread_local uint32_t zyn__thread_number __attribute__((tls_model("initial-exec")));

/* Biased to this thread, if `biased` and if that can be. */
void zyn__biased_init(ZynBiasedLock *lock, bool biased);
void zyn__biased_lock_slow(ZynBiasedLock *lock);

static inline void zyn__biased_lock(ZynBiasedLock *lock)
{
	uint32_t self = zyn__thread_number;
	uint32_t bias = atomic_load_explicit(&lock->bias, memory_order_relaxed);
	if (bias == 0) { /* Rule 1: for good */
		zyn__lock(&lock->lock);
		return;
	}
	if (bias == self) {
		atomic_store_explicit(&lock->inside, self, memory_order_relaxed);
		atomic_signal_fence(memory_order_seq_cst); /* the rest of the fence is theirs */
		if (atomic_load_explicit(&lock->bias, memory_order_relaxed) == self)
			return;
		atomic_store_explicit(&lock->inside, 0, memory_order_release); /* Rule 2. */
	}
	zyn__biased_lock_slow(lock);
}

static inline void zyn__biased_unlock(ZynBiasedLock *lock)
{
	uint32_t inside = atomic_load_explicit(&lock->inside, memory_order_relaxed);
	if (inside != 0 && inside == zyn__thread_number)
		atomic_store_explicit(&lock->inside, 0, memory_order_release);
	else
		zyn__unlock(&lock->lock);
}

#endif
