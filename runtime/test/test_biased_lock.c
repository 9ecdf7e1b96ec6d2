/* A biased lock: it excludes before, while and after its bias is taken away. */
#include "biased_lock.h"
#include "support.h"

#include <pthread.h>

#define ROUNDS 2000
#define OWNER_STEPS 200
#define OTHERS 2
#define OTHER_STEPS 20

typedef struct Shared {
	ZynBiasedLock lock;
	uint64_t first, second; /* guarded: equal outside of sections */
	_Atomic uint32_t go;
} Shared;

static void section(Shared *shared)
{
	zyn__biased_lock(&shared->lock);
	CHECK_EQ(shared->first, shared->second);
	shared->first++;
	atomic_signal_fence(memory_order_seq_cst); /* or the compiler would add both at once */
	shared->second++;
	zyn__biased_unlock(&shared->lock);
}

static void *other_thread(void *data)
{
	Shared *shared = data;
	AWAIT_THREAD(atomic_load(&shared->go) != 0);
	for (int i = 0; i < OTHER_STEPS; i++)
		section(shared);
	return NULL;
}

static void test_alone_it_takes_no_word(void)
{
	Shared shared = {.first = 0};
	zyn__biased_init(&shared.lock, true);
	zyn__biased_lock(&shared.lock);
	bool biased = atomic_load(&shared.lock.bias) != 0;
	CHECK_EQ(atomic_load(&shared.lock.lock.byte), biased ? 0 : 1);
	CHECK_EQ(atomic_load(&shared.lock.inside[0]) != 0, biased);
	zyn__biased_unlock(&shared.lock);
	CHECK_EQ(atomic_load(&shared.lock.lock.byte), 0);
	CHECK_EQ(atomic_load(&shared.lock.inside[0]), 0);
	for (int i = 0; i < 10; i++)
		section(&shared);
	CHECK_EQ(shared.second, 10);
	printf("bias: %s\n", biased ? "yes" : "not on this system or under this sanitizer");
}

static void test_without_a_bias_it_is_a_plain_lock(void)
{
	Shared shared = {.first = 0};
	zyn__biased_init(&shared.lock, false);
	zyn__biased_lock(&shared.lock);
	CHECK_EQ(atomic_load(&shared.lock.lock.byte), 1);
	zyn__biased_unlock(&shared.lock);
	CHECK_EQ(atomic_load(&shared.lock.lock.byte), 0);
}

/* The others come while the owner is inside, outside, or on its way, in every round anew. */
static void test_the_bias_is_taken_away_while_the_owner_works(void)
{
	for (int round = 0; round < ROUNDS; round++) {
		Shared shared = {.first = 0};
		zyn__biased_init(&shared.lock, true);
		pthread_t threads[OTHERS];
		for (int i = 0; i < OTHERS; i++)
			CHECK_EQ(pthread_create(&threads[i], NULL, other_thread, &shared), 0);
		for (int i = 0; i < OWNER_STEPS; i++) {
			if (i == round % OWNER_STEPS)
				atomic_store(&shared.go, 1);
			section(&shared);
		}
		for (int i = 0; i < OTHERS; i++)
			pthread_join(threads[i], NULL);
		CHECK_EQ(shared.first, OWNER_STEPS + OTHERS * OTHER_STEPS);
		CHECK_EQ(shared.second, shared.first);
		CHECK_EQ(atomic_load(&shared.lock.bias), 0);
		CHECK_EQ(atomic_load(&shared.lock.inside[0]), 0);
		section(&shared); /* the owner, through the word */
	}
}

static bool is_biased(const Shared *shared)
{
	return atomic_load(&shared->lock.bias) != 0;
}

static void test_who_comes_again_and_again_gets_a_bias_once(void)
{
	Shared shared = {.first = 0};
	zyn__thread_count();
	zyn__biased_init(&shared.lock, true);
	bool possible = is_biased(&shared);
	zyn__biased_init(&shared.lock, false); /* as in a team */
	for (uint32_t i = 0; i < ZYN_BIAS_AFTER; i++)
		section(&shared);
	CHECK_EQ(is_biased(&shared), false);
	section(&shared);
	CHECK_EQ(is_biased(&shared), possible);
	section(&shared);
	pthread_t thread;
	CHECK_EQ(pthread_create(&thread, NULL, other_thread, &shared), 0);
	atomic_store(&shared.go, 1);
	for (uint32_t i = 0; i < 3 * ZYN_BIAS_AFTER; i++)
		section(&shared);
	pthread_join(thread, NULL);
	for (uint32_t i = 0; i < 3 * ZYN_BIAS_AFTER; i++)
		section(&shared);
	CHECK_EQ(is_biased(&shared), false);
	CHECK_EQ(shared.first, 7 * ZYN_BIAS_AFTER + 2 + OTHER_STEPS);
	CHECK_EQ(shared.second, shared.first);
}

/* Threads that take turns of some thousand sections each. */
static void *long_turns(void *data)
{
	Shared *shared = data;
	zyn__thread_count();
	for (int turn = 0; turn < 5; turn++) {
		for (uint32_t i = 0; i < 3 * ZYN_BIAS_AFTER; i++)
			section(shared);
		sched_yield();
	}
	return NULL;
}

static void test_the_second_bias_is_taken_away_while_its_owner_works(void)
{
	for (int round = 0; round < 100; round++) {
		Shared shared = {.first = 0};
		zyn__biased_init(&shared.lock, round % 2 == 0);
		pthread_t threads[OTHERS];
		for (int i = 0; i < OTHERS; i++)
			CHECK_EQ(pthread_create(&threads[i], NULL, long_turns, &shared), 0);
		long_turns(&shared);
		for (int i = 0; i < OTHERS; i++)
			pthread_join(threads[i], NULL);
		CHECK_EQ(shared.first, (OTHERS + 1) * 5 * 3 * ZYN_BIAS_AFTER);
		CHECK_EQ(shared.second, shared.first);
	}
}

int main(void)
{
	RUN(test_alone_it_takes_no_word);
	RUN(test_without_a_bias_it_is_a_plain_lock);
	RUN(test_the_bias_is_taken_away_while_the_owner_works);
	RUN(test_who_comes_again_and_again_gets_a_bias_once);
	RUN(test_the_second_bias_is_taken_away_while_its_owner_works);
	return 0;
}
