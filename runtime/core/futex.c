/* The two ways to sleep on a word; futex.h says what they promise. */
#include "futex.h"

#include "internal.h"

#include <errno.h>
#include <time.h>

static uint64_t monotonic_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){.tv_sec = (time_t)(ns / 1000000000u),
	                         .tv_nsec = (long)(ns % 1000000000u)};
}

uint64_t zyn__futex_deadline(int64_t timeout_ns)
{
	if (timeout_ns < 0)
		return UINT64_MAX;
	uint64_t now_ns = monotonic_ns();
	return (uint64_t)timeout_ns > (uint64_t)INT64_MAX - now_ns ? UINT64_MAX
	                                                           : now_ns + (uint64_t)timeout_ns;
}

#if ZYN_FUTEX_IN_HANDLERS

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

bool zyn__futex_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t deadline_ns)
{
	struct timespec deadline = timespec_of(deadline_ns);
	/* The variant with a bit set takes a deadline instead of a length of time. */
	long result = syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, expected,
	                      deadline_ns == UINT64_MAX ? NULL : &deadline, NULL,
	                      FUTEX_BITSET_MATCH_ANY);
	/* EAGAIN: the word is another; EINTR: a signal.  The caller looks again. */
	return !(result == -1 && errno == ETIMEDOUT);
}

void zyn__futex_wake(_Atomic uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

#else

#define BUCKETS 64u

/* Two words may share a bucket, so a wake wakes everybody in it; they look again. */
typedef struct Bucket {
	pthread_mutex_t lock;
	pthread_cond_t changed;
} Bucket;

static Bucket buckets[BUCKETS];
static pthread_once_t buckets_once = PTHREAD_ONCE_INIT;

static void buckets_init(void)
{
	for (uint32_t i = 0; i < BUCKETS; i++) {
		pthread_mutex_init(&buckets[i].lock, NULL);
		zyn__cond_init(&buckets[i].changed);
	}
}

static Bucket *bucket_of(const void *word)
{
	pthread_once(&buckets_once, buckets_init);
	uint64_t hash = (uint64_t)(uintptr_t)word * 0x9E3779B97F4A7C15u;
	return &buckets[hash >> 58];
}
static_assert(BUCKETS == 1u << 6, "the hash keeps 6 bits");

bool zyn__futex_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t deadline_ns)
{
	Bucket *bucket = bucket_of(word);
	struct timespec deadline = timespec_of(deadline_ns);
	int result = 0;
	pthread_mutex_lock(&bucket->lock);
	/* The waker changed the word before it took the lock, so this sees it or is woken. */
	if (ZA_LOAD(word, relaxed) == expected)
		result = deadline_ns == UINT64_MAX
		                 ? pthread_cond_wait(&bucket->changed, &bucket->lock)
		                 : pthread_cond_timedwait(&bucket->changed, &bucket->lock,
		                                          &deadline);
	pthread_mutex_unlock(&bucket->lock);
	return result != ETIMEDOUT;
}

void zyn__futex_wake(_Atomic uint32_t *word)
{
	Bucket *bucket = bucket_of(word);
	pthread_mutex_lock(&bucket->lock);
	pthread_cond_broadcast(&bucket->changed);
	pthread_mutex_unlock(&bucket->lock);
}

#endif
