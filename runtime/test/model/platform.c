/* What the files of the core need below them, for a model: memory, sleep, the slow half of the
 * lock, and where a broken invariant is reported. */
#include "engine.h"

#include "futex.h"
#include "internal.h"
#include "lock.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>

static void *arena_get(size_t bytes)
{
	return model_get(bytes);
}

static void arena_put(void *memory, size_t bytes)
{
	(void)bytes;
	model_put(memory);
}

ZynAllocator zyn__allocator = {.get = arena_get, .put = arena_put};

void zyn__bug(const char *condition, const char *file, int line)
{
	model_violation("%s does not hold (%s:%d)", condition, file, line);
}

bool zyn__futex_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t deadline_ns)
{
	return model_sleep(word, expected, deadline_ns != UINT64_MAX);
}

void zyn__futex_wake(_Atomic uint32_t *word)
{
	model_wake(word);
}

uint64_t zyn__futex_deadline(int64_t timeout_ns)
{
	return timeout_ns < 0 ? UINT64_MAX : (uint64_t)timeout_ns;
}

/* The names under which the files call the system here (CMakeLists.txt). */
#undef syscall
#undef sched_yield

int model_sched_yield(void);
int model_sched_yield(void)
{
	model_yield();
	return 0;
}

long model_syscall(long number, long command, ...);
long model_syscall(long number, long command, ...)
{
	if (number != __NR_membarrier)
		model_violation("a system call that has no model");
	if (command == MEMBARRIER_CMD_PRIVATE_EXPEDITED)
		model_barrier();
	return 0;
}

/* lock.c spins a fixed number of times between two offers of the time slice, which for a model is
 * the same thing many times over. */
void zyn__lock_slow(ZynLock *lock)
{
	for (;;) {
		uint8_t free = 0;
		model_yield();
		if (atomic_compare_exchange_strong_explicit(
			    &lock->byte, &free, 1, memory_order_acquire, memory_order_relaxed))
			return;
	}
}
