/* The parker: its token, its time limit, and that no wake is lost between two threads. */
#include "support.h"

#include "futex.h"
#include "parker.h"

#define SECOND_NS 1000000000

static void test_a_token_is_kept_and_two_count_as_one(void)
{
	ZynParker parker;
	zyn__parker_init(&parker);
	CHECK(!zyn__parker_park(&parker, 0));
	zyn__parker_unpark(&parker);
	zyn__parker_unpark(&parker);
	CHECK(zyn__parker_park(&parker, -1));
	CHECK(!zyn__parker_park(&parker, 0));
	zyn__parker_unpark(&parker);
	CHECK(zyn__parker_park(&parker, 0));
	zyn__parker_unpark(&parker);
	CHECK(zyn__parker_park(&parker, INT64_MAX));
	zyn__parker_destroy(&parker);
}

static void test_time_passes_without_a_token(void)
{
	ZynParker parker;
	zyn__parker_init(&parker);
	CHECK(!zyn__parker_park(&parker, 1));
	CHECK(!zyn__parker_park(&parker, 1000000));
	/* and the parker is as new */
	zyn__parker_unpark(&parker);
	CHECK(zyn__parker_park(&parker, 1));
	zyn__parker_destroy(&parker);
}

static void test_a_wait_for_another_value_returns_at_once(void)
{
	_Atomic uint32_t word = 5;
	CHECK(zyn__futex_wait(&word, 4, UINT64_MAX));
	CHECK(!zyn__futex_wait(&word, 5, zyn__futex_deadline(1)));
	CHECK_EQ(zyn__futex_deadline(-1), -1);
	CHECK_EQ(zyn__futex_deadline(INT64_MAX), -1);
	CHECK(zyn__futex_deadline(SECOND_NS) >= (uint64_t)SECOND_NS);
	zyn__futex_wake(&word);
}

/* --- threads ---------------------------------------------------------------------------------- */

#define ROUNDS 5000

typedef struct Pair {
	ZynParker parkers[2];
	uint64_t turns; /* plain: handed over by unpark and park only */
} Pair;

typedef struct Player {
	Pair *pair;
	uint64_t index;
} Player;

/* Two threads that write the same plain memory in turn; a lost wake hangs, a missing order is a
 * race. */
static void *play(void *player_)
{
	Player *player = player_;
	Pair *pair = player->pair;
	for (uint64_t round = 0; round < ROUNDS; round++) {
		/* no time limit in one half, a useless one in the other */
		while (!zyn__parker_park(&pair->parkers[player->index], round % 2 == 0 ? -1 : 1000))
			continue;
		CHECK_EQ(pair->turns, 2 * round + player->index);
		pair->turns++;
		zyn__parker_unpark(&pair->parkers[1 - player->index]);
	}
	return NULL;
}

static void test_two_threads_hand_over_without_a_lost_wake(void)
{
	Pair pair = {.turns = 0};
	zyn__parker_init(&pair.parkers[0]);
	zyn__parker_init(&pair.parkers[1]);
	Player players[2] = {{&pair, 0}, {&pair, 1}};
	pthread_t threads[2];
	for (int i = 0; i < 2; i++)
		CHECK(pthread_create(&threads[i], NULL, play, &players[i]) == 0);
	zyn__parker_unpark(&pair.parkers[0]);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	CHECK_EQ(pair.turns, 2 * ROUNDS);
	CHECK(zyn__parker_park(&pair.parkers[0], 0)); /* the last hand-over */
	zyn__parker_destroy(&pair.parkers[0]);
	zyn__parker_destroy(&pair.parkers[1]);
}

#define UNPARKERS 3

typedef struct Crowd {
	ZynParker parker;
	_Atomic uint64_t posted;
} Crowd;

static void *post(void *crowd_)
{
	Crowd *crowd = crowd_;
	for (int i = 0; i < ROUNDS; i++) {
		atomic_fetch_add_explicit(&crowd->posted, 1, memory_order_relaxed);
		zyn__parker_unpark(&crowd->parker);
	}
	return NULL;
}

/* Every post is seen by the sleeper, however many unparks fall together. */
static void test_many_unparkers_and_one_sleeper(void)
{
	Crowd crowd = {.posted = 0};
	zyn__parker_init(&crowd.parker);
	pthread_t threads[UNPARKERS];
	for (int i = 0; i < UNPARKERS; i++)
		CHECK(pthread_create(&threads[i], NULL, post, &crowd) == 0);
	while (atomic_load_explicit(&crowd.posted, memory_order_relaxed) < UNPARKERS * ROUNDS)
		CHECK(zyn__parker_park(&crowd.parker, -1));
	for (int i = 0; i < UNPARKERS; i++)
		pthread_join(threads[i], NULL);
	zyn__parker_destroy(&crowd.parker);
}

int main(void)
{
	RUN(test_a_token_is_kept_and_two_count_as_one);
	RUN(test_time_passes_without_a_token);
	RUN(test_a_wait_for_another_value_returns_at_once);
	RUN(test_two_threads_hand_over_without_a_lost_wake);
	RUN(test_many_unparkers_and_one_sleeper);
	return 0;
}
