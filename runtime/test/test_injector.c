/* The global queue: order, segments, memory running out, and threads at both ends. */
#include "support.h"

#include "injector.h"

#define SEGMENT ((int64_t)ZYN_INJECTOR_SEGMENT_ITEMS)

static char things[200000];

static void *item(int64_t number)
{
	return &things[number];
}

static int64_t number(void *item)
{
	return item == NULL ? -1 : (char *)item - things;
}

static void test_first_in_is_first_out(void)
{
	ZynInjector queue;
	CHECK(zyn__injector_init(&queue));
	CHECK(zyn__injector_pop(&queue) == NULL);
	int64_t in = 0, out = 0;
	/* lengths that cross the ends of segments in every position */
	for (int64_t length = 0; length < 3 * SEGMENT; length += 5) {
		while (in - out < length)
			CHECK(zyn__injector_push(&queue, item(in++)));
		CHECK_EQ(zyn__injector_count(&queue), length);
		for (int64_t i = 0; i < length / 2; i++)
			CHECK_EQ(number(zyn__injector_pop(&queue)), out++);
	}
	while (out < in)
		CHECK_EQ(number(zyn__injector_pop(&queue)), out++);
	CHECK(zyn__injector_pop(&queue) == NULL);
	CHECK_EQ(zyn__injector_count(&queue), 0);
	zyn__injector_destroy(&queue);
}

static void test_many_at_a_time(void)
{
	ZynInjector queue;
	CHECK(zyn__injector_init(&queue));
	static void *items[1000], *out[1000];
	for (int64_t i = 0; i < 1000; i++)
		items[i] = item(i);
	CHECK(zyn__injector_push_many(&queue, items, 0));
	CHECK_EQ(zyn__injector_pop_many(&queue, out, 1000), 0);
	CHECK(zyn__injector_push_many(&queue, items, 1000));
	CHECK_EQ(zyn__injector_count(&queue), 1000);
	CHECK_EQ(zyn__injector_pop_many(&queue, out, 0), 0);
	CHECK_EQ(zyn__injector_pop_many(&queue, out, 300), 300);
	CHECK_EQ(zyn__injector_pop_many(&queue, out + 300, 1000), 700);
	for (int64_t i = 0; i < 1000; i++)
		CHECK_EQ(number(out[i]), i);
	CHECK_EQ(zyn__injector_count(&queue), 0);
	zyn__injector_destroy(&queue);
}

static int permitted;

static bool permit_some(size_t bytes)
{
	(void)bytes;
	return permitted-- > 0;
}

static void test_all_or_none_when_memory_is_out(void)
{
	ZynInjector queue;
	zyn__allocator.permit = permit_some;
	permitted = 0;
	CHECK(!zyn__injector_init(&queue));
	permitted = 1;
	CHECK(zyn__injector_init(&queue));
	static void *items[500];
	for (int64_t i = 0; i < 500; i++)
		items[i] = item(i);
	/* 500 need the first segment and three more */
	for (int n = 0; n < 3; n++) {
		permitted = n;
		CHECK(!zyn__injector_push_many(&queue, items, 500));
		CHECK_EQ(zyn__injector_count(&queue), 0);
		CHECK(zyn__injector_pop(&queue) == NULL);
	}
	permitted = 3;
	CHECK(zyn__injector_push_many(&queue, items, 500));
	for (int64_t i = 0; i < 500; i++)
		CHECK_EQ(number(zyn__injector_pop(&queue)), i);
	/* the spare segment serves a queue that has no memory */
	permitted = 0;
	for (int64_t i = 0; i < SEGMENT; i++)
		CHECK(zyn__injector_push(&queue, item(i)));
	zyn__allocator.permit = NULL;
	zyn__injector_destroy(&queue);
}

/* --- threads ---------------------------------------------------------------------------------- */

#define PRODUCERS 2
#define CONSUMERS 2
#define EACH 50000

static ZynInjector shared;
static _Atomic uint32_t consumers_of[PRODUCERS * EACH];
static int64_t payload[PRODUCERS * EACH];
static _Atomic uint32_t producing;

static void *produce(void *first)
{
	int64_t next = number(first), end = next + EACH;
	void *batch[50];
	while (next < end) {
		uint32_t count = 0;
		uint32_t size = (uint32_t)(next % 50) + 1;
		while (next < end && count < size) {
			payload[next] = next * 3;
			batch[count++] = item(next++);
		}
		CHECK(zyn__injector_push_many(&shared, batch, count));
	}
	atomic_fetch_sub(&producing, 1);
	return NULL;
}

static void *consume(void *unused)
{
	(void)unused;
	int64_t last[PRODUCERS] = {-1, -1};
	void *batch[40];
	for (;;) {
		bool over = atomic_load(&producing) == 0;
		uint32_t count = zyn__injector_pop_many(&shared, batch, 40);
		for (uint32_t i = 0; i < count; i++) {
			int64_t n = number(batch[i]);
			CHECK_EQ(payload[n], n * 3);
			CHECK(n > last[n / EACH]); /* one producer's items keep their order */
			last[n / EACH] = n;
			atomic_fetch_add_explicit(&consumers_of[n], 1, memory_order_relaxed);
		}
		if (count == 0 && over)
			return NULL;
		if (count == 0)
			sched_yield();
	}
}

static void test_every_item_goes_to_exactly_one_thread(void)
{
	CHECK(zyn__injector_init(&shared));
	atomic_store(&producing, PRODUCERS);
	pthread_t threads[PRODUCERS + CONSUMERS];
	for (int i = 0; i < PRODUCERS + CONSUMERS; i++)
		CHECK(pthread_create(&threads[i], NULL, i < PRODUCERS ? produce : consume,
		                     i < PRODUCERS ? item((int64_t)i * EACH) : NULL) == 0);
	for (int i = 0; i < PRODUCERS + CONSUMERS; i++)
		pthread_join(threads[i], NULL);
	for (int64_t i = 0; i < PRODUCERS * EACH; i++)
		CHECK_EQ(consumers_of[i], 1);
	CHECK_EQ(zyn__injector_count(&shared), 0);
	zyn__injector_destroy(&shared);
}

int main(void)
{
	RUN(test_first_in_is_first_out);
	RUN(test_many_at_a_time);
	RUN(test_all_or_none_when_memory_is_out);
	RUN(test_every_item_goes_to_exactly_one_thread);
	return 0;
}
