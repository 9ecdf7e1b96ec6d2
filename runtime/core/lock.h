/* A lock of one byte for sections of a few dozen instructions.
 *
 * Zero is unlocked, so an object that was cleared is ready.  Whoever finds it taken spins for a
 * moment and then gives up its time slice, again and again; there is no list of waiters, which is
 * what lets the holder leave with a plain store instead of a second locked instruction.  The
 * holder must not wait for anything meanwhile.
 */
#ifndef ZYN_LOCK_H
#define ZYN_LOCK_H

#include <stdatomic.h>
#include <stdint.h>

typedef struct ZynLock {
	_Atomic uint8_t byte; /* 1 while taken */
} ZynLock;

void zyn__lock_slow(ZynLock *lock);

static inline void zyn__lock(ZynLock *lock)
{
	uint8_t free = 0;
	if (!atomic_compare_exchange_strong_explicit(&lock->byte, &free, 1, memory_order_acquire,
	                                             memory_order_relaxed))
		zyn__lock_slow(lock);
}

static inline void zyn__unlock(ZynLock *lock)
{
	atomic_store_explicit(&lock->byte, 0, memory_order_release);
}

/* What a spinning thread does between two looks. */
static inline void zyn__relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

#endif
