/* Futures and sets of the embedded runtime.  The names of the tests begin with the names of the
 * types that they are about. */
#include "embedded_support.h"

/* --- futures ---------------------------------------------------------------------------------- */

typedef struct Sleeper {
	ZynEmbeddedFuture *future;
	int polls;
} Sleeper;

static ZynPoll wait_for(void *state, ZynContext *cx)
{
	Sleeper *self = state;
	self->polls++;
	return zyn_embedded_future_poll(self->future, cx);
}

static void test_embedded_future_wakes_who_polled_it(void)
{
	ZynEmbeddedScheduler *s = scheduler_new(4, ZYN_EMBEDDED_PRECISE);
	ZynEmbeddedFuture future = {.status = 0}; /* zero is pending */
	Sleeper waiter = {&future, 0};
	int32_t id = zyn_embedded_spawn(s, ZYN_PRIORITY_NORMAL, wait_for, &waiter);
	CHECK_EQ(zyn_embedded_run_until_idle(s), 1);
	CHECK_EQ(zyn_embedded_run_until_idle(s), 0);
	CHECK(!zyn_embedded_future_is_ready(&future));
	CHECK(zyn_embedded_future_complete(&future, -8));
	CHECK(!zyn_embedded_future_complete(&future, 9));
	CHECK(!zyn_embedded_future_fail(&future, 9));
	int64_t value = 0;
	CHECK_EQ(zyn_embedded_block_on(s, id, &value), ZYN_READY);
	CHECK_EQ(value, -8);
	CHECK_EQ(waiter.polls, 2);
}

static void test_future_core_ready_failed_and_polled_again(void)
{
	ZynEmbeddedScheduler *s = scheduler_new(4, 0);
	ZynEmbeddedFuture future;
	zyn_embedded_future_init(&future);
	CHECK(zyn_embedded_future_fail(&future, 12));
	for (int i = 0; i < 2; i++) { /* an end may be looked at as often as one likes */
		ZynPoll poll = zyn_embedded_future_poll(&future, &s->cx);
		CHECK_EQ(poll.status, ZYN_FAILED);
		CHECK_EQ(poll.value, 12);
	}
	CHECK(zyn_embedded_future_is_ready(&future));
	/* a task that polls twice before it comes is woken once, by its last waker */
	zyn_embedded_future_init(&future);
	Sleeper waiter = {&future, 0};
	int32_t id = zyn_embedded_spawn(s, ZYN_PRIORITY_NORMAL, wait_for, &waiter);
	zyn_embedded_run_until_idle(s);
	zyn_embedded_signal(s, id);
	zyn_embedded_run_until_idle(s);
	CHECK_EQ(waiter.polls, 2);
	zyn_embedded_future_complete(&future, 0);
	CHECK_EQ(zyn_embedded_block_on(s, id, NULL), ZYN_READY);
}

static void test_embedded_future_pool_gives_32(void)
{
	static ZynEmbeddedFutures pool;
	ZynEmbeddedFuture *given[32];
	for (int i = 0; i < 32; i++) {
		given[i] = zyn_embedded_future_get(&pool);
		CHECK(given[i] != NULL);
		for (int k = 0; k < i; k++)
			CHECK(given[k] != given[i]);
		zyn_embedded_future_complete(given[i], i);
	}
	CHECK(zyn_embedded_future_get(&pool) == NULL);
	CHECK_EQ(given[31]->value, 31); /* and nothing was lost */
	zyn_embedded_future_put(&pool, given[11]);
	ZynEmbeddedFuture *again = zyn_embedded_future_get(&pool);
	CHECK(again == given[11]);
	CHECK(!zyn_embedded_future_is_ready(again));
}

static void test_futures_unordered_core_gives_them_as_they_complete(void)
{
	ZynEmbeddedFuturesUnordered set;
	ZynEmbeddedFuture futures[33];
	zyn_embedded_unordered_init(&set);
	int32_t place = -1;
	int64_t value = -1;
	CHECK_EQ(zyn_embedded_unordered_next(&set, NULL, &place, &value), ZYN_REFUSED_EMPTY);
	for (int i = 0; i < 33; i++) {
		zyn_embedded_future_init(&futures[i]);
		CHECK_EQ(zyn_embedded_unordered_push(&set, &futures[i]),
		         i < 32 ? i : ZYN_REFUSED_FULL);
	}
	CHECK_EQ(zyn_embedded_unordered_len(&set), 32);
	CHECK_EQ(zyn_embedded_unordered_next(&set, NULL, &place, &value), ZYN_PENDING);
	zyn_embedded_future_complete(&futures[20], 200);
	CHECK_EQ(zyn_embedded_unordered_next(&set, NULL, &place, &value), ZYN_READY);
	CHECK_EQ(place, 20);
	CHECK_EQ(value, 200);
	zyn_embedded_future_complete(&futures[3], 30);
	zyn_embedded_future_fail(&futures[21], 210);
	CHECK_EQ(zyn_embedded_unordered_next(&set, NULL, &place, &value), ZYN_FAILED);
	CHECK_EQ(place, 21); /* in turn: behind the last one */
	CHECK_EQ(zyn_embedded_unordered_next(&set, NULL, &place, &value), ZYN_READY);
	CHECK_EQ(place, 3);
	CHECK_EQ(zyn_embedded_unordered_len(&set), 29);
	CHECK_EQ(zyn_embedded_unordered_push(&set, &futures[32]), 3);
}

typedef struct Collector {
	ZynEmbeddedFuturesUnordered set;
	int64_t sum;
	int polls;
} Collector;

static ZynPoll collect(void *state, ZynContext *cx)
{
	Collector *self = state;
	self->polls++;
	for (;;) {
		int64_t value = 0;
		int32_t status = zyn_embedded_unordered_next(&self->set, cx, NULL, &value);
		if (status == ZYN_REFUSED_EMPTY)
			return zyn_poll_ready(self->sum);
		if (status == ZYN_PENDING)
			return zyn_poll_pending();
		self->sum += value;
	}
}

static void test_embedded_futures_unordered_in_a_task(void)
{
	ZynEmbeddedScheduler *s = scheduler_new(4, ZYN_EMBEDDED_PRECISE);
	static ZynEmbeddedFutures pool;
	static Collector collector;
	ZynEmbeddedFuture *futures[5];
	zyn_embedded_unordered_init(&collector.set);
	for (int i = 0; i < 5; i++) {
		futures[i] = zyn_embedded_future_get(&pool);
		zyn_embedded_unordered_push(&collector.set, futures[i]);
	}
	int32_t id = zyn_embedded_spawn(s, ZYN_PRIORITY_NORMAL, collect, &collector);
	CHECK_EQ(zyn_embedded_block_on(s, id, NULL), ZYN_PENDING);
	for (int i = 4; i > 0; i--) {
		zyn_embedded_future_complete(futures[i], i);
		CHECK_EQ(zyn_embedded_block_on(s, id, NULL), ZYN_PENDING);
	}
	zyn_embedded_future_complete(futures[0], 100);
	int64_t value = 0;
	CHECK_EQ(zyn_embedded_block_on(s, id, &value), ZYN_READY);
	CHECK_EQ(value, 110);
	CHECK_EQ(collector.polls, 6);
}

/* --- EmbeddedJoinSet -------------------------------------------------------------------------- */

static void test_embedded_join_set_joins_as_they_end(void)
{
	ZynEmbeddedScheduler *s = scheduler_new(32, 0);
	ZynEmbeddedJoinSet set;
	zyn_embedded_join_set_init(&set, s);
	int32_t id = -1;
	int64_t value = -1;
	CHECK_EQ(zyn_embedded_join_next(&set, &id, &value), ZYN_REFUSED_EMPTY);
	Script tasks[33], other = {.name = 'o', .steps = "r", .value = 1000};
	CHECK_EQ(zyn_embedded_spawn(s, ZYN_PRIORITY_CRITICAL, script, &other), 0);
	for (int i = 0; i < 31; i++) {
		tasks[i] = (Script){.name = 'a', .steps = "p", .value = i};
		CHECK_EQ(zyn_embedded_join_set_spawn(&set, ZYN_PRIORITY_NORMAL, script, &tasks[i]),
		         i + 1);
	}
	CHECK_EQ(zyn_embedded_join_set_spawn(&set, ZYN_PRIORITY_NORMAL, script, &tasks[0]),
	         ZYN_REFUSED_FULL);
	CHECK_EQ(zyn_embedded_join_set_len(&set), 31);
	CHECK_EQ(zyn_embedded_try_join_next(&set, &id, &value), ZYN_PENDING);
	CHECK_EQ(zyn_embedded_join_next(&set, &id, &value), ZYN_PENDING);
	tasks[17].steps = "r";
	zyn_embedded_signal(s, 18);
	CHECK_EQ(zyn_embedded_join_next(&set, &id, &value), ZYN_READY);
	CHECK_EQ(id, 18);
	CHECK_EQ(value, 17);
	tasks[2].steps = "f";
	zyn_embedded_signal(s, 3);
	CHECK_EQ(zyn_embedded_join_next(&set, &id, &value), ZYN_FAILED);
	CHECK_EQ(id, 3);
	CHECK_EQ(zyn_embedded_join_set_len(&set), 29);
	/* the other one is not a member, and is still there */
	CHECK_EQ(zyn_embedded_take(s, 0, &value), ZYN_READY);
	CHECK_EQ(value, 1000);
	zyn_embedded_abort_all(&set);
	for (int i = 0; i < 29; i++)
		CHECK_EQ(zyn_embedded_join_next(&set, &id, &value), ZYN_CANCELLED);
	CHECK_EQ(zyn_embedded_join_next(&set, &id, &value), ZYN_REFUSED_EMPTY);
	CHECK_EQ(zyn_embedded_task_count(s), 0);
	log_text[0] = 0;
}

int main(void)
{
	RUN(test_embedded_future_wakes_who_polled_it);
	RUN(test_future_core_ready_failed_and_polled_again);
	RUN(test_embedded_future_pool_gives_32);
	RUN(test_futures_unordered_core_gives_them_as_they_complete);
	RUN(test_embedded_futures_unordered_in_a_task);
	RUN(test_embedded_join_set_joins_as_they_end);
	return 0;
}
