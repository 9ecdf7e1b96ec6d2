/* Which task is polled next: priorities, seeds, counters. */
#include "support.h"

/* --- stepper: writes its number whenever it is polled, yields `polls` times ------------------ */

#define LOG_MAX 4096

static int64_t log_entries[LOG_MAX];
static int log_count;

typedef struct Stepper {
	uint32_t state;
	uint32_t leaf;
	int64_t number;
	int64_t polls;
	int64_t result;
} Stepper;

MACHINE(stepper, Stepper);

static int64_t stepper_poll(void *sm, ZynContext *cx)
{
	Stepper *s = sm;
	if (zyn__state_ended(s->state))
		return zyn_repoll(sm, cx);
	CHECK(log_count < LOG_MAX);
	log_entries[log_count++] = s->number;
	while (s->polls > 0) {
		if (s->state == ZYN_STATE_START)
			zyn_yield_now_init(cx, &s->leaf);
		s->state = 1;
		if (zyn_yield_now_poll(&s->leaf, cx) == 0)
			return 0;
		if (s->leaf == ZYN_STATE_CANCELLED)
			return machine_cancelled(&s->state);
		s->polls--;
		s->state = ZYN_STATE_START;
	}
	return machine_return(&s->state, &s->result, s->number);
}

static void stepper_drop(void *sm)
{
	(void)sm;
}

static ZynPromise *stepper_new(ZynRuntime *rt, int64_t number, int64_t polls)
{
	int64_t args[2] = {number, polls};
	ZynPromise *p = zyn_call_async(rt, &stepper, args, offsetof(Stepper, number), sizeof args);
	CHECK(p != NULL);
	return p;
}

static ZynRuntime *seeded_new(uint64_t seed, uint32_t flags)
{
	ZynOptions options = {
		.size = sizeof options, .clock = ZYN_CLOCK_VIRTUAL, .flags = flags, .seed = seed};
	ZynRuntime *rt = zyn_rt_new(&options);
	CHECK(rt != NULL);
	return rt;
}

/* --- priorities ----------------------------------------------------------------------------- */

static void test_better_priorities_come_first(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	log_count = 0;
	ZynPromise *promises[ZYN_PRIORITIES];
	for (int64_t i = 0; i < (int64_t)ZYN_PRIORITIES; i++) { /* the worst is spawned first */
		ZynPromise *p = stepper_new(rt, ZYN_PRIORITY_IDLE - i, 2);
		CHECK(zyn_promise_priority(rt, p, (uint32_t)(ZYN_PRIORITY_IDLE - i)));
		zyn_promise_spawn(rt, p);
		CHECK(!zyn_promise_priority(rt, p, ZYN_PRIORITY_HIGH)); /* too late */
		promises[i] = p;
	}
	CHECK_EQ(zyn_rt_run_until_idle(rt), ZYN_READY);
	CHECK_EQ(log_count, 15);
	for (int i = 0; i < log_count; i++)
		CHECK_EQ(log_entries[i], i / 3);
	for (uint32_t i = 0; i < ZYN_PRIORITIES; i++)
		zyn_promise_release(promises[i]);
	runtime_end(rt);
}

static void test_a_task_that_waited_64_rounds_moves_up(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	log_count = 0;
	ZynPromise *idle = stepper_new(rt, 4, 0);
	CHECK(zyn_promise_priority(rt, idle, ZYN_PRIORITY_IDLE));
	zyn_promise_spawn(rt, idle);
	ZynPromise *critical = stepper_new(rt, 0, 200);
	CHECK(zyn_promise_priority(rt, critical, ZYN_PRIORITY_CRITICAL));
	CHECK_EQ(zyn_rt_block_on(rt, critical, -1), ZYN_READY);
	int at = 0;
	while (log_entries[at] == 0)
		at++;
	CHECK_EQ(at, (int)ZYN_ROUNDS_WAITED);
	zyn_promise_release(idle);
	zyn_promise_release(critical);
	runtime_end(rt);
}

static void test_priority_out_of_range(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *p = stepper_new(rt, 0, 0);
	CHECK(!zyn_promise_priority(rt, p, ZYN_PRIORITIES));
	zyn_promise_release(p);
	runtime_end(rt);
}

/* --- seeds ---------------------------------------------------------------------------------- */

static uint64_t run_seeded(uint64_t seed, uint32_t flags)
{
	ZynRuntime *rt = seeded_new(seed, flags);
	log_count = 0;
	ZynPromise *promises[8];
	for (int i = 0; i < 8; i++) {
		promises[i] = stepper_new(rt, i, 5);
		zyn_promise_spawn(rt, promises[i]);
	}
	CHECK_EQ(zyn_rt_run_until_idle(rt), ZYN_READY);
	for (int i = 0; i < 8; i++) {
		CHECK_EQ(zyn_promise_status(promises[i]), ZYN_READY);
		CHECK_EQ(zyn_promise_polls(promises[i]), 6);
		zyn_promise_release(promises[i]);
	}
	uint64_t hash = zyn_rt_trace_hash(rt);
	runtime_end(rt);
	return hash;
}

static void test_no_seed_is_first_in_first_out(void)
{
	CHECK_EQ(run_seeded(0, 0), 0);
	for (int i = 0; i < log_count; i++)
		CHECK_EQ(log_entries[i], i % 8);
}

static void test_one_seed_one_order(void)
{
	for (uint32_t flags = 0; flags <= ZYN_SEED_PCT; flags += ZYN_SEED_PCT)
		for (uint64_t seed = 1; seed <= 1000; seed++) {
			int64_t before[LOG_MAX];
			uint64_t hash = run_seeded(seed, flags);
			int count = log_count;
			memcpy(before, log_entries, sizeof before);
			CHECK_EQ(run_seeded(seed, flags), hash);
			CHECK_EQ(log_count, count);
			CHECK(memcmp(before, log_entries, (size_t)count * sizeof *before) == 0);
		}
}

/* Some seed lets each of the eight begin, and each end last. */
static void test_seeds_reach_other_orders(void)
{
	for (uint32_t flags = 0; flags <= ZYN_SEED_PCT; flags += ZYN_SEED_PCT) {
		uint32_t first = 0;
		uint32_t last = 0;
		for (uint64_t seed = 1; seed <= 200; seed++) {
			run_seeded(seed, flags);
			first |= 1u << log_entries[0];
			last |= 1u << log_entries[log_count - 1];
		}
		CHECK_EQ(first, 0xFF);
		CHECK_EQ(last, 0xFF);
	}
}

/* --- counters ------------------------------------------------------------------------------- */

static void test_metrics(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *p = stepper_new(rt, 0, 3);
	ZynMetrics metrics;
	zyn_promise_spawn(rt, p);
	CHECK_EQ(zyn_rt_metrics(rt, 0, &metrics), 1);
	CHECK_EQ(metrics.queued, 1);
	CHECK_EQ(metrics.polls, 0);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(zyn_rt_metrics(rt, 0, &metrics), 1);
	CHECK_EQ(metrics.queued, 0);
	CHECK_EQ(metrics.polls, 4);
	CHECK_EQ(metrics.wakes, 3);
	CHECK_EQ(zyn_rt_metrics(rt, 1, NULL), 1); /* there is none: how many there are */
	zyn_promise_release(p);
	runtime_end(rt);
}

int main(void)
{
	RUN(test_better_priorities_come_first);
	RUN(test_a_task_that_waited_64_rounds_moves_up);
	RUN(test_priority_out_of_range);
	RUN(test_no_seed_is_first_in_first_out);
	RUN(test_one_seed_one_order);
	RUN(test_seeds_reach_other_orders);
	RUN(test_metrics);
	return 0;
}
