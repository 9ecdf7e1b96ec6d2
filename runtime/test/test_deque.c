/* The work-stealing deque: order, growth, memory running out, and threads that fight over it. */
#include "support.h"

#include "deque.h"

static char things[100000];

/* Items are places in `things`, so that an item says its number. */
static void *item(int64_t number)
{
	return &things[number];
}

static int64_t number(void *item)
{
	return item == NULL ? -1 : (char *)item - things;
}

static ZynDeque *deque_new(void)
{
	ZynDeque *deque = malloc(sizeof *deque);
	CHECK(deque != NULL);
	CHECK(zyn__deque_init(deque));
	return deque;
}

static void deque_free(ZynDeque *deque)
{
	zyn__deque_destroy(deque);
	free(deque);
}

static void push_range(ZynDeque *deque, int64_t from, int64_t to)
{
	for (int64_t i = from; i < to; i++)
		CHECK(zyn__deque_push(deque, item(i)));
}

static void test_pop_gives_the_newest_and_take_and_steal_the_oldest(void)
{
	ZynDeque *deque = deque_new();
	push_range(deque, 0, 6);
	CHECK_EQ(zyn__deque_count(deque), 6);
	CHECK_EQ(number(zyn__deque_newest(deque)), 5);
	CHECK_EQ(number(zyn__deque_pop(deque)), 5);
	CHECK_EQ(number(zyn__deque_take(deque)), 0);
	CHECK_EQ(number(zyn__deque_steal(deque)), 1);
	CHECK_EQ(number(zyn__deque_pop(deque)), 4);
	CHECK_EQ(zyn__deque_count(deque), 2);
	CHECK_EQ(number(zyn__deque_take(deque)), 2);
	CHECK_EQ(number(zyn__deque_pop(deque)), 3);
	CHECK(zyn__deque_newest(deque) == NULL);
	CHECK(zyn__deque_pop(deque) == NULL);
	CHECK(zyn__deque_take(deque) == NULL);
	CHECK(zyn__deque_steal(deque) == NULL);
	CHECK_EQ(zyn__deque_count(deque), 0);
	deque_free(deque);
}

static void test_the_last_item_comes_out_once_by_each_way(void)
{
	ZynDeque *deque = deque_new();
	for (int64_t round = 0; round < 3000; round++) {
		CHECK(zyn__deque_push(deque, item(round)));
		void *got = round % 3 == 0   ? zyn__deque_pop(deque)
		            : round % 3 == 1 ? zyn__deque_take(deque)
		                             : zyn__deque_steal(deque);
		CHECK_EQ(number(got), round);
		CHECK(zyn__deque_pop(deque) == NULL);
		CHECK_EQ(zyn__deque_count(deque), 0);
	}
	deque_free(deque);
}

static void test_it_grows_and_keeps_order(void)
{
	ZynDeque *deque = deque_new();
	int64_t total = 5 * ZYN_DEQUE_FIRST_CAPACITY;
	push_range(deque, 0, ZYN_DEQUE_FIRST_CAPACITY);
	for (int64_t i = 0; i < 100; i++)
		CHECK_EQ(number(zyn__deque_take(deque)), i);
	push_range(deque, ZYN_DEQUE_FIRST_CAPACITY, total); /* wraps, then grows twice */
	CHECK_EQ(zyn__deque_count(deque), total - 100);
	zyn__deque_collect(deque);
	for (int64_t i = 100; i < total / 2; i++)
		CHECK_EQ(number(zyn__deque_take(deque)), i);
	for (int64_t i = total - 1; i >= total / 2; i--)
		CHECK_EQ(number(zyn__deque_pop(deque)), i);
	CHECK(zyn__deque_pop(deque) == NULL);
	deque_free(deque);
}

static void test_steal_half_takes_the_older_half_in_order(void)
{
	ZynDeque *victim = deque_new();
	ZynDeque *thief = deque_new();
	CHECK_EQ(zyn__deque_steal_half(victim, thief), 0);
	push_range(victim, 0, 7);
	CHECK_EQ(zyn__deque_steal_half(victim, thief), 4);
	for (int64_t i = 0; i < 4; i++)
		CHECK_EQ(number(zyn__deque_take(thief)), i);
	CHECK_EQ(zyn__deque_steal_half(victim, thief), 2);
	CHECK_EQ(zyn__deque_steal_half(victim, thief), 1);
	CHECK_EQ(zyn__deque_count(victim), 0);
	CHECK_EQ(zyn__deque_count(thief), 3);
	push_range(victim, 0, 4 * ZYN_STEAL_MAX);
	CHECK_EQ(zyn__deque_steal_half(victim, thief), ZYN_STEAL_MAX);
	CHECK_EQ(zyn__deque_count(victim), 3 * ZYN_STEAL_MAX);
	deque_free(victim);
	deque_free(thief);
}

static bool refuse(size_t bytes)
{
	(void)bytes;
	return false;
}

static void test_nothing_is_lost_when_memory_is_out(void)
{
	ZynDeque *victim = deque_new();
	ZynDeque *thief = deque_new();
	push_range(victim, 0, ZYN_DEQUE_FIRST_CAPACITY);
	push_range(thief, 0, ZYN_DEQUE_FIRST_CAPACITY);
	zyn__allocator.permit = refuse;
	ZynDeque failed;
	CHECK(!zyn__deque_init(&failed));
	CHECK(!zyn__deque_push(victim, item(ZYN_DEQUE_FIRST_CAPACITY)));
	CHECK(!zyn__deque_reserve(victim, 1));
	CHECK(zyn__deque_reserve(victim, 0));
	CHECK_EQ(zyn__deque_steal_half(victim, thief), 0);
	CHECK_EQ(zyn__deque_count(victim), ZYN_DEQUE_FIRST_CAPACITY);
	/* room that is taken from the other end is found without memory */
	CHECK_EQ(number(zyn__deque_take(victim)), 0);
	CHECK(zyn__deque_push(victim, item(ZYN_DEQUE_FIRST_CAPACITY)));
	CHECK(!zyn__deque_push(victim, item(0)));
	zyn__allocator.permit = NULL;
	CHECK(zyn__deque_push(victim, item(ZYN_DEQUE_FIRST_CAPACITY + 1)));
	for (int64_t i = 1; i <= ZYN_DEQUE_FIRST_CAPACITY + 1; i++)
		CHECK_EQ(number(zyn__deque_take(victim)), i);
	deque_free(victim);
	deque_free(thief);
}

/* --- threads ---------------------------------------------------------------------------------- */

#define THIEVES 3
#define STRESS_ITEMS ((int64_t)sizeof things)

typedef struct Stress {
	ZynDeque *shared;
	_Atomic uint32_t pushed_all;
	_Atomic uint32_t takers[sizeof things]; /* how many threads got the item */
	int64_t payload[sizeof things];         /* plain memory, published with the item */
} Stress;

static Stress stress;

static void got(void *taken)
{
	int64_t i = number(taken);
	CHECK(i >= 0 && i < STRESS_ITEMS);
	CHECK_EQ(stress.payload[i], i * 7);
	atomic_fetch_add_explicit(&stress.takers[i], 1, memory_order_relaxed);
}

static void *steal_singly(void *unused)
{
	(void)unused;
	for (;;) {
		bool over = atomic_load_explicit(&stress.pushed_all, memory_order_acquire);
		void *stolen = zyn__deque_steal(stress.shared);
		if (stolen != NULL && stolen != ZYN_STEAL_RETRY)
			got(stolen);
		else if (stolen == NULL && over)
			return NULL;
		else if (stolen == NULL)
			sched_yield();
	}
}

static void *steal_by_half(void *unused)
{
	(void)unused;
	ZynDeque *own = deque_new();
	for (;;) {
		bool over = atomic_load_explicit(&stress.pushed_all, memory_order_acquire);
		int64_t count = zyn__deque_steal_half(stress.shared, own);
		CHECK_EQ(zyn__deque_count(own), count);
		void *stolen;
		while ((stolen = zyn__deque_pop(own)) != NULL)
			got(stolen);
		if (count == 0 && over && zyn__deque_count(stress.shared) == 0)
			break;
		if (count == 0)
			sched_yield();
	}
	deque_free(own);
	return NULL;
}

static void test_every_item_goes_to_exactly_one_thread(void)
{
	stress.shared = deque_new();
	pthread_t thieves[THIEVES];
	for (int i = 0; i < THIEVES; i++)
		CHECK(pthread_create(&thieves[i], NULL, i == 0 ? steal_by_half : steal_singly,
		                     NULL) == 0);
	uint32_t chance = 1;
	for (int64_t i = 0; i < STRESS_ITEMS; i++) {
		stress.payload[i] = i * 7;
		CHECK(zyn__deque_push(stress.shared, item(i)));
		chance = chance * 1664525u + 1013904223u;
		/* bursts of pushes that grow it, and stretches where owner and thieves meet at the
		 * last item */
		uint32_t takes = i % 20000 < 4000 ? 0 : chance >> 30;
		while (takes-- != 0) {
			void *own = (chance & 1024) != 0 ? zyn__deque_pop(stress.shared)
			                                 : zyn__deque_take(stress.shared);
			if (own != NULL)
				got(own);
		}
	}
	void *rest;
	while ((rest = zyn__deque_pop(stress.shared)) != NULL)
		got(rest);
	atomic_store_explicit(&stress.pushed_all, 1, memory_order_release);
	for (int i = 0; i < THIEVES; i++)
		pthread_join(thieves[i], NULL);
	CHECK_EQ(zyn__deque_count(stress.shared), 0);
	for (int64_t i = 0; i < STRESS_ITEMS; i++)
		CHECK_EQ(stress.takers[i], 1);
	deque_free(stress.shared);
}

int main(void)
{
	RUN(test_pop_gives_the_newest_and_take_and_steal_the_oldest);
	RUN(test_the_last_item_comes_out_once_by_each_way);
	RUN(test_it_grows_and_keeps_order);
	RUN(test_steal_half_takes_the_older_half_in_order);
	RUN(test_nothing_is_lost_when_memory_is_out);
	RUN(test_every_item_goes_to_exactly_one_thread);
	return 0;
}
