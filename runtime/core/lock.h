/* A lock of four bytes for sections of a few dozen instructions.
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
	_Atomic uint32_t word; /* 1 while taken */
} ZynLock;

/* The same in one byte. */
typedef struct ZynByteLock {
	_Atomic uint8_t byte;
} ZynByteLock;

void zyn__lock_slow(ZynLock *lock);
void zyn__byte_lock_slow(ZynByteLock *lock);

static inline void zyn__byte_lock(ZynByteLock *lock)
{
	if (atomic_exchange_explicit(&lock->byte, 1, memory_order_acquire) != 0)
		zyn__byte_lock_slow(lock);
}

static inline void zyn__byte_unlock(ZynByteLock *lock)
{
	atomic_store_explicit(&lock->byte, 0, memory_order_release);
}

static inline void zyn__lock(ZynLock *lock)
{
	uint32_t free = 0;
	if (!atomic_compare_exchange_strong_explicit(&lock->word, &free, 1, memory_order_acquire,
	                                             memory_order_relaxed))
		zyn__lock_slow(lock);
}

static inline void zyn__unlock(ZynLock *lock)
{
	atomic_store_explicit(&lock->word, 0, memory_order_release);
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
