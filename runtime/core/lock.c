/* The slow half of lock.h. */
#include "lock.h"

#include <sched.h>

#define SPINS 64

void zyn__lock_slow(ZynLock *lock)
{
	/* ends: whoever holds the lock does not wait for anything */
	for (int spins = 0;; spins++) {
		uint8_t free = 0;
		if (atomic_load_explicit(&lock->byte, memory_order_relaxed) == 0 &&
		    atomic_compare_exchange_weak_explicit(
			    &lock->byte, &free, 1, memory_order_acquire, memory_order_relaxed))
			return;
		if (spins < SPINS)
			zyn__relax();
		else
			sched_yield();
	}
}
