/* The slow half of biased_lock.h: numbers of threads, and taking a bias away. */
#include "biased_lock.h"
#include "internal.h"

#include <sched.h>
#if defined(__linux__)
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#if defined(__SANITIZE_THREAD__)
#define HAS_BARRIER 0
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HAS_BARRIER 0
#endif
#endif
#if !defined(HAS_BARRIER)
#if defined(__linux__) && defined(__NR_membarrier)
#define HAS_BARRIER 1
#else
#define HAS_BARRIER 0
#endif
#endif

enum { BARRIER_UNKNOWN, BARRIER_THERE, BARRIER_MISSING };

_Thread_local uint32_t zyn__thread_number;
static _Atomic uint32_t number_last;
static _Atomic uint32_t barrier_state;

#if HAS_BARRIER
static bool barrier_register(void)
{
	return syscall(__NR_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

/* Every thread of this process passes a full barrier before this comes back. */
static void barrier(void)
{
	bool done = syscall(__NR_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
	if (!done && barrier_register()) /* the child of a fork has to register again */
		done = syscall(__NR_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
	ZYN_ASSERT(done);
}
#else
static bool barrier_register(void)
{
	return false;
}

static void barrier(void)
{
	ZYN_ASSERT(!"there is no bias without a barrier");
}
#endif

/* Asked once; two threads that ask at the same time hear the same. */
static bool has_barrier(void)
{
	uint32_t state = zyn__get(&barrier_state);
	if (state == BARRIER_UNKNOWN) {
		state = barrier_register() ? BARRIER_THERE : BARRIER_MISSING;
		zyn__set(&barrier_state, state);
	}
	return state == BARRIER_THERE;
}

void zyn__thread_count(void)
{
	if (zyn__thread_number == 0)
		zyn__thread_number = atomic_fetch_add(&number_last, 1) + 1;
}

void zyn__biased_init(ZynBiasedLock *lock, bool biased)
{
	uint32_t bias = 0;
	if (biased && has_barrier()) {
		zyn__thread_count();
		bias = zyn__thread_number * 2;
	}
	*lock = (ZynBiasedLock){.biases = bias != 0};
	atomic_init(&lock->bias, bias);
}

void zyn__biased_revoke(ZynBiasedLock *lock)
{
	uint32_t bias = zyn__get(&lock->bias);
	zyn__set(&lock->bias, 0); /* Rule 1. */
	barrier();
	/* ends: the owner does not wait for anything inside, and does not come in again */
	while (atomic_load_explicit(&lock->inside[bias % ZYN_BIAS_PLACES], memory_order_acquire) !=
	       0)
		sched_yield();
}

void zyn__biased_note(ZynBiasedLock *lock)
{
	uint32_t self = zyn__thread_number;
	bool again = lock->last == self;
	lock->last = self;
	lock->row = 0;
	if (!again || self == 0 || lock->biases == 2 || !has_barrier())
		return;
	lock->biases = 2;
	zyn__set(&lock->bias, self * 2 + 1); /* Rule 1. */
}
