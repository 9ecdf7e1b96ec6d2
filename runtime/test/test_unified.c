/* The unified front: the same checks on the embedded and on the host runtime, so that what is one
 * behind the other is seen to be the same.  The names of the tests begin with the names of the
 * types. */
#include "support.h"

ZYN_EMBEDDED_MEMORY(memory, ZYN_EMBEDDED_TASKS);

static ZynUnified runtime;

static void begin(uint32_t mode)
{
	ZynOptions options = {.size = sizeof options, .clock = ZYN_CLOCK_VIRTUAL};
	CHECK_EQ(zyn_unified_init(&runtime, mode, memory, sizeof memory, &options), 0);
	CHECK_EQ(runtime.mode, mode);
}

static void end(void)
{
	if (runtime.host != NULL) {
		zyn__task_check(runtime.host);
		CHECK_EQ(zyn_rt_live_objects(runtime.host), 0);
	} else {
		CHECK_EQ(zyn_embedded_task_count(runtime.embedded), 0);
		CHECK_EQ(runtime.embedded->ended, 0);
	}
	zyn_unified_free(&runtime);
}

#define IN_BOTH_MODES(check) \
	do { \
		begin(ZYN_MODE_EMBEDDED); \
		check(); \
		end(); \
		begin(ZYN_MODE_HOST); \
		check(); \
		end(); \
	} while (0)

/* --- tasks ------------------------------------------------------------------------------------ */

typedef struct Countdown {
	int pending; /* polls that give pending, each with a wake */
	bool sleeps; /* the last of them without one */
	bool fails;
	int64_t value;
	int polls;
	bool cancelled;
	ZynWaker waker;
} Countdown;

static ZynPoll countdown(void *state, ZynContext *cx)
{
	Countdown *self = state;
	self->polls++;
	self->waker = cx->waker;
	self->cancelled = zyn__attention(cx, ZYN_ATTENTION_CANCEL);
	if (self->pending-- > 0) {
		if (self->pending > 0 || !self->sleeps)
			zyn_poll_again(cx);
		return zyn_poll_pending();
	}
	return self->fails ? zyn_poll_failed(self->value) : zyn_poll_ready(self->value);
}

static ZynUnifiedTask spawn(Countdown *state)
{
	ZynUnifiedTask task;
	CHECK_EQ(zyn_unified_spawn(&runtime, ZYN_PRIORITY_NORMAL, countdown, state, &task), 0);
	return task;
}

static int32_t blocked(void)
{
	return runtime.mode == ZYN_MODE_HOST ? (int32_t)ZYN_DEADLOCK : (int32_t)ZYN_PENDING;
}

/* --- UnifiedRuntime --------------------------------------------------------------------------- */

static void check_values(void)
{
	int64_t values[] = {0, -1, 1, INT64_MIN, INT64_MAX};
	for (int i = 0; i < 10; i++) {
		Countdown state = {.pending = i, .fails = i % 2 == 1, .value = values[i / 2]};
		ZynUnifiedTask task = spawn(&state);
		CHECK(!zyn_unified_is_finished(&runtime, &task));
		int64_t value = 99;
		CHECK_EQ(zyn_unified_block_on(&runtime, &task, &value),
		         i % 2 == 1 ? ZYN_FAILED : ZYN_READY);
		CHECK_EQ(value, values[i / 2]);
		CHECK_EQ(state.polls, i + 1);
		CHECK(zyn_unified_is_finished(&runtime, &task));
		/* the handle is used up */
		CHECK_EQ(zyn_unified_block_on(&runtime, &task, &value), ZYN_REFUSED_NO_TASK);
	}
}

static void test_unified_runtime_block_on(void)
{
	IN_BOTH_MODES(check_values);
}

static void check_spawn(void)
{
	Countdown states[10];
	ZynUnifiedTask tasks[10];
	for (int i = 0; i < 10; i++) {
		states[i] = (Countdown){.pending = i % 3, .value = i};
		tasks[i] = spawn(&states[i]);
	}
	for (int i = 9; i >= 0; i--) {
		int64_t value = -1;
		CHECK_EQ(zyn_unified_block_on(&runtime, &tasks[i], &value), ZYN_READY);
		CHECK_EQ(value, i);
	}
	ZynUnifiedTask refused;
	CHECK_EQ(zyn_unified_spawn(&runtime, ZYN_PRIORITIES, countdown, states, &refused),
	         ZYN_REFUSED_PRIORITY);
	CHECK(zyn_unified_is_finished(&runtime, &refused));
}

static void test_unified_runtime_spawn(void)
{
	IN_BOTH_MODES(check_spawn);
}

static void check_waiting(void)
{
	Countdown state = {.pending = 1, .sleeps = true, .value = 5};
	ZynUnifiedTask task = spawn(&state);
	int64_t value = 0;
	CHECK_EQ(zyn_unified_block_on(&runtime, &task, &value), blocked());
	CHECK_EQ(zyn_unified_block_on(&runtime, &task, &value), blocked());
	CHECK_EQ(state.polls, 1);
	state.waker.fn(state.waker.data);
	CHECK_EQ(zyn_unified_block_on(&runtime, &task, &value), ZYN_READY);
	CHECK_EQ(value, 5);
}

static void test_unified_runtime_says_when_nothing_can_go_on(void)
{
	IN_BOTH_MODES(check_waiting);
}

static void check_abort(void)
{
	Countdown started = {.pending = 1, .sleeps = true}, fresh = {.pending = 1};
	ZynUnifiedTask task = spawn(&started);
	CHECK_EQ(zyn_unified_block_on(&runtime, &task, NULL), blocked());
	zyn_unified_abort(&runtime, &task);
	CHECK_EQ(zyn_unified_block_on(&runtime, &task, NULL), ZYN_CANCELLED);
	CHECK(started.cancelled);
	CHECK_EQ(started.polls, 2);
	task = spawn(&fresh);
	zyn_unified_abort(&runtime, &task);
	CHECK_EQ(zyn_unified_block_on(&runtime, &task, NULL), ZYN_CANCELLED);
	CHECK_EQ(fresh.polls, 0);
}

static void test_task_handle_core_abort_is_the_same_in_both(void)
{
	IN_BOTH_MODES(check_abort);
}

static char order[8];

static ZynPoll write_name(void *state, ZynContext *cx)
{
	(void)cx;
	strncat(order, state, 1);
	return zyn_poll_ready(0);
}

static void check_priorities(void)
{
	static char names[] = "nicl";
	static const uint32_t priorities[] = {ZYN_PRIORITY_NORMAL, ZYN_PRIORITY_IDLE,
	                                      ZYN_PRIORITY_CRITICAL, ZYN_PRIORITY_LOW};
	ZynUnifiedTask tasks[4];
	order[0] = 0;
	for (int i = 0; i < 4; i++)
		CHECK_EQ(zyn_unified_spawn(&runtime, priorities[i], write_name, &names[i],
		                           &tasks[i]),
		         0);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(zyn_unified_block_on(&runtime, &tasks[i], NULL), ZYN_READY);
	CHECK_EQ(strcmp(order, "cnli"), 0);
}

static void test_priority_orders_tasks_in_both(void)
{
	IN_BOTH_MODES(check_priorities);
}

static void test_runtime_mode_is_chosen_once(void)
{
	ZynUnified made;
	CHECK_EQ(zyn_unified_init(&made, ZYN_MODE_EMBEDDED, memory, 100, NULL), ZYN_REFUSED_MEMORY);
	CHECK_EQ(zyn_unified_init(&made, ZYN_MODE_EMBEDDED, NULL, 0, NULL), ZYN_REFUSED_MEMORY);
	CHECK_EQ(zyn_unified_init(&made, 2, memory, sizeof memory, NULL), ZYN_REFUSED_MEMORY);
	CHECK_EQ(zyn_unified_init(&made, ZYN_MODE_HOST, NULL, 0, NULL), 0);
	CHECK(made.host != NULL);
	CHECK(made.embedded == NULL);
	zyn_unified_free(&made);
	CHECK(made.host == NULL);
}

/* --- join sets -------------------------------------------------------------------------------- */

static void check_join_set(void)
{
	ZynUnifiedJoinSet set;
	CHECK_EQ(zyn_unified_join_set(&runtime, &set), 0);
	int64_t value = -1;
	CHECK_EQ(zyn_unified_join_next(&set, &value), ZYN_REFUSED_EMPTY);
	CHECK_EQ(zyn_unified_try_join_next(&set, &value), ZYN_REFUSED_EMPTY);
	Countdown states[8];
	int64_t sum = 0;
	for (int i = 0; i < 8; i++) {
		states[i] = (Countdown){.pending = 8 - i, .fails = i == 3, .value = i};
		CHECK_EQ(zyn_unified_join_set_spawn(&set, ZYN_PRIORITY_NORMAL, countdown,
		                                    &states[i]),
		         0);
	}
	CHECK_EQ(zyn_unified_join_set_spawn(&set, 9, countdown, states), ZYN_REFUSED_PRIORITY);
	CHECK_EQ(zyn_unified_join_set_len(&set), 8);
	CHECK_EQ(zyn_unified_try_join_next(&set, &value), ZYN_PENDING);
	/* the one that needs the fewest polls ends first, and so on */
	for (int i = 7; i >= 0; i--) {
		CHECK_EQ(zyn_unified_join_next(&set, &value), i == 3 ? ZYN_FAILED : ZYN_READY);
		CHECK_EQ(value, i);
		sum += value;
		CHECK_EQ(zyn_unified_join_set_len(&set), i);
	}
	CHECK_EQ(sum, 28);
	CHECK_EQ(zyn_unified_join_next(&set, &value), ZYN_REFUSED_EMPTY);
	zyn_unified_join_set_free(&set);
}

static void test_join_set_core_joins_in_order_of_ending(void)
{
	IN_BOTH_MODES(check_join_set);
}

static void check_join_set_waits(void)
{
	ZynUnifiedJoinSet set;
	CHECK_EQ(zyn_unified_join_set(&runtime, &set), 0);
	Countdown a = {.pending = 1, .sleeps = true, .value = 1};
	Countdown b = {.pending = 1, .sleeps = true, .value = 2};
	zyn_unified_join_set_spawn(&set, ZYN_PRIORITY_NORMAL, countdown, &a);
	zyn_unified_join_set_spawn(&set, ZYN_PRIORITY_NORMAL, countdown, &b);
	int64_t value = 0;
	CHECK_EQ(zyn_unified_join_next(&set, &value), blocked());
	CHECK_EQ(zyn_unified_join_next(&set, &value), blocked());
	CHECK_EQ(zyn_unified_join_set_len(&set), 2);
	b.waker.fn(b.waker.data);
	CHECK_EQ(zyn_unified_join_next(&set, &value), ZYN_READY);
	CHECK_EQ(value, 2);
	zyn_unified_join_set_free(&set); /* ends the other one */
	CHECK(a.cancelled);
}

static void test_join_set_core_says_when_nothing_can_go_on(void)
{
	begin(ZYN_MODE_HOST);
	check_join_set_waits();
	end();
	/* embedded: any news polls all, so `a` would end with `b`; precise wakes make it the same
	 */
	begin(ZYN_MODE_EMBEDDED);
	runtime.embedded = zyn_embedded_init(memory, sizeof memory, ZYN_EMBEDDED_TASKS,
	                                     ZYN_EMBEDDED_PRECISE);
	check_join_set_waits();
	end();
}

static void check_join_set_abort(void)
{
	ZynUnifiedJoinSet set;
	CHECK_EQ(zyn_unified_join_set(&runtime, &set), 0);
	Countdown states[9];
	for (int i = 0; i < 6; i++) {
		states[i] = (Countdown){.pending = 1, .sleeps = true};
		zyn_unified_join_set_spawn(&set, ZYN_PRIORITY_NORMAL, countdown, &states[i]);
	}
	CHECK_EQ(zyn_unified_join_next(&set, NULL), blocked());
	for (int i = 6; i < 9; i++) { /* these are never polled */
		states[i] = (Countdown){.pending = 1};
		zyn_unified_join_set_spawn(&set, ZYN_PRIORITY_NORMAL, countdown, &states[i]);
	}
	zyn_unified_abort_all(&set);
	for (int i = 0; i < 9; i++)
		CHECK_EQ(zyn_unified_join_next(&set, NULL), ZYN_CANCELLED);
	for (int i = 0; i < 9; i++) {
		CHECK_EQ(states[i].cancelled, i < 6);
		CHECK_EQ(states[i].polls, i < 6 ? 2 : 0);
	}
	/* the set goes on being one */
	Countdown last = {.value = 6};
	int64_t value = 0;
	zyn_unified_join_set_spawn(&set, ZYN_PRIORITY_LOW, countdown, &last);
	CHECK_EQ(zyn_unified_join_next(&set, &value), ZYN_READY);
	CHECK_EQ(value, 6);
	zyn_unified_join_set_free(&set);
}

static void test_join_set_core_abort_all(void)
{
	IN_BOTH_MODES(check_join_set_abort);
}

/* --- the host's own sides --------------------------------------------------------------------- */

static void test_host_scheduler_has_no_capacity(void)
{
	enum { MANY = 3000 };
	static Countdown states[MANY];
	begin(ZYN_MODE_HOST);
	ZynUnifiedJoinSet set;
	CHECK_EQ(zyn_unified_join_set(&runtime, &set), 0);
	for (int i = 0; i < MANY; i++) {
		states[i] = (Countdown){.pending = i % 4, .value = i};
		CHECK_EQ(zyn_unified_join_set_spawn(&set, (uint32_t)i % 5, countdown, &states[i]),
		         0);
	}
	int64_t sum = 0, value;
	while (zyn_unified_join_next(&set, &value) == ZYN_READY)
		sum += value;
	CHECK_EQ(sum, (int64_t)MANY * (MANY - 1) / 2);
	zyn_unified_join_set_free(&set);
	end();
}

/* Tasks end on several threads at once while the set is joined. */
static void test_host_join_set_with_workers(void)
{
	enum { MANY = 2000 };
	static Countdown states[MANY];
	ZynOptions options = {.size = sizeof options, .workers = 3};
	CHECK_EQ(zyn_unified_init(&runtime, ZYN_MODE_HOST, NULL, 0, &options), 0);
	for (int round = 0; round < 3; round++) {
		ZynUnifiedJoinSet set;
		CHECK_EQ(zyn_unified_join_set(&runtime, &set), 0);
		int64_t sum = 0, value = 0;
		for (int i = 0; i < MANY; i++) {
			states[i] = (Countdown){.pending = i % 5, .value = i};
			CHECK_EQ(zyn_unified_join_set_spawn(&set, ZYN_PRIORITY_NORMAL, countdown,
			                                    &states[i]),
			         0);
			if (i % 3 == 0 && zyn_unified_try_join_next(&set, &value) == ZYN_READY)
				sum += value;
		}
		/* the last round leaves some to be cancelled */
		while (zyn_unified_join_set_len(&set) > (round == 2 ? 500u : 0u)) {
			CHECK_EQ(zyn_unified_join_next(&set, &value), ZYN_READY);
			sum += value;
		}
		if (round < 2)
			CHECK_EQ(sum, (int64_t)MANY * (MANY - 1) / 2);
		zyn_unified_join_set_free(&set);
	}
	zyn_unified_free(&runtime);
}

static void *wake_it(void *state)
{
	Countdown *self = state;
	self->waker.fn(self->waker.data);
	zyn_rt_outside(runtime.host, -1);
	return NULL;
}

static void test_host_future_is_woken_from_another_thread(void)
{
	begin(ZYN_MODE_HOST);
	for (int i = 0; i < 50; i++) {
		Countdown state = {.pending = 1, .sleeps = true, .value = i};
		ZynUnifiedTask task = spawn(&state);
		CHECK_EQ(zyn_unified_block_on(&runtime, &task, NULL), ZYN_DEADLOCK);
		zyn_rt_outside(runtime.host, 1);
		pthread_t thread;
		CHECK(pthread_create(&thread, NULL, wake_it, &state) == 0);
		int64_t value = -1;
		CHECK_EQ(zyn_unified_block_on(&runtime, &task, &value), ZYN_READY);
		CHECK_EQ(value, i);
		pthread_join(thread, NULL);
	}
	end();
}

static int permitted;

static bool permit_some(size_t bytes)
{
	(void)bytes;
	return permitted-- > 0;
}

/* The n-th allocation fails, for every n: a refusal, and nothing is left behind. */
static void test_host_join_set_when_memory_is_out(void)
{
	bool complete = false;
	for (int n = 0; n < 100 && !complete; n++) {
		begin(ZYN_MODE_HOST);
		zyn__allocator.permit = permit_some;
		permitted = n;
		ZynUnifiedJoinSet set;
		Countdown states[3];
		int made = 0;
		if (zyn_unified_join_set(&runtime, &set) == 0) {
			for (int i = 0; i < 3; i++) {
				states[made] = (Countdown){.pending = 1, .value = 1};
				made += zyn_unified_join_set_spawn(&set, ZYN_PRIORITY_NORMAL,
				                                   countdown, &states[made]) == 0;
			}
			complete = permitted >= 0 && made == 3;
			CHECK_EQ(zyn_unified_join_set_len(&set), made);
			zyn__allocator.permit = NULL;
			for (int i = 0; i < made; i++)
				CHECK_EQ(zyn_unified_join_next(&set, NULL), ZYN_READY);
			zyn_unified_join_set_free(&set);
		}
		zyn__allocator.permit = NULL;
		end();
	}
	CHECK(complete);
}

int main(void)
{
	RUN(test_unified_runtime_block_on);
	RUN(test_unified_runtime_spawn);
	RUN(test_unified_runtime_says_when_nothing_can_go_on);
	RUN(test_task_handle_core_abort_is_the_same_in_both);
	RUN(test_priority_orders_tasks_in_both);
	RUN(test_runtime_mode_is_chosen_once);
	RUN(test_join_set_core_joins_in_order_of_ending);
	RUN(test_join_set_core_says_when_nothing_can_go_on);
	RUN(test_join_set_core_abort_all);
	RUN(test_host_scheduler_has_no_capacity);
	RUN(test_host_join_set_with_workers);
	RUN(test_host_future_is_woken_from_another_thread);
	RUN(test_host_join_set_when_memory_is_out);
	return 0;
}
