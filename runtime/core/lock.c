/* The slow half of lock.h.
 *
 * Who waits looks less and less often.  Looking takes the cache line away from the holder, who will
 * want it again: two threads that take a lock in turns cost each other five times what the sections
 * cost one of them.
 */
#include "lock.h"

#include <sched.h>
#include <stdbool.h>

#define PAUSES_MAX 64u /* between two looks: some 3 us */
#define LOOKS_MAX 16u  /* of those, after which somebody else may need the processor */

static bool take(ZynLock *lock)
{
	uint8_t free = 0;
	return atomic_load_explicit(&lock->byte, memory_order_relaxed) == 0 &&
	       atomic_compare_exchange_weak_explicit(&lock->byte, &free, 1, memory_order_acquire,
	                                             memory_order_relaxed);
}

void zyn__lock_slow(ZynLock *lock)
{
	uint32_t pauses = 1;
	/* ends: whoever holds the lock does not wait for anything */
	for (uint32_t looks = 1; !take(lock); looks++) {
		for (uint32_t i = 0; i < pauses; i++)
			zyn__relax();
		if (pauses < PAUSES_MAX)
			pauses *= 2;
		else if (looks % LOOKS_MAX == 0)
			sched_yield();
	}
}
