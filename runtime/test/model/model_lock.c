/* core/lock.h under every schedule, and core/biased_lock.h where it is there: one thread at a time
 * is inside, and sees what the last one wrote. */
#include "explorer.h"

#include "internal.h"
#include "lock.h"
#if defined(ZYN_MODEL_BIASED_LOCK)
#include "biased_lock.h"
#endif

static int data;

static void enter_and_count(int expected_max)
{
	int seen = MODEL_READ(&data);
	MODEL_CHECK(seen < expected_max);
	MODEL_WRITE(&data, seen + 1);
}

static ZynLock lock;

static void lock_begin(void)
{
	data = 0;
	atomic_init(&lock.byte, 0);
}
static void lock_twice(void)
{
	for (int i = 0; i < 2; i++) {
		zyn__lock(&lock);
		enter_and_count(6);
		zyn__unlock(&lock);
	}
}
static void lock_end(void)
{
	MODEL_CHECK(MODEL_READ(&data) == 4 || MODEL_READ(&data) == 6);
}

#if defined(ZYN_MODEL_BIASED_LOCK)

static ZynBiasedLock biased;

static void number_thread(uint32_t thread)
{
	zyn__thread_number = thread + 1;
}

/* Thread 0 is the one that made it. */
static void biased_begin(void)
{
	data = 0;
	model_on_switch(number_thread);
	number_thread(0);
	zyn__biased_init(&biased, true);
	number_thread(MODEL_THREADS_MAX);
}
static void biased_twice(void)
{
	for (int i = 0; i < 2; i++) {
		zyn__biased_lock(&biased);
		enter_and_count(6);
		zyn__biased_unlock(&biased);
	}
}

/* Often enough for a second bias, of the one or the other; ZYN_BIAS_AFTER is 2 here. */
static void biased_often(void)
{
	for (int i = 0; i < 4; i++) {
		zyn__biased_lock(&biased);
		enter_and_count(6);
		zyn__biased_unlock(&biased);
	}
}

#endif

int main(int argc, char **argv)
{
	static const ModelScenario scenarios[] = {
		{"a lock for two", lock_begin, {lock_twice, lock_twice}, lock_end, 2, 0},
		{"a lock for three",
		 lock_begin,
		 {lock_twice, lock_twice, lock_twice},
		 lock_end,
		 0,
		 0},
#if defined(ZYN_MODEL_BIASED_LOCK)
		{"a biased lock for two",
		 biased_begin,
		 {biased_twice, biased_twice},
		 lock_end,
		 1,
		 0},
		{"a biased lock for three",
		 biased_begin,
		 {biased_twice, biased_twice, biased_twice},
		 lock_end,
		 0,
		 2},
		{"a lock that is biased a second time",
		 biased_begin,
		 {biased_twice, biased_often},
		 lock_end,
		 1,
		 0},
#endif
	};
	return model_main(argc, argv, scenarios, sizeof scenarios / sizeof scenarios[0]);
}
