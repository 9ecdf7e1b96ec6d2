/* The embedded scheduler.  The names of the tests begin with the names of the types that they are
 * about. */
#include "embedded_support.h"

/* --- what both runtimes share ----------------------------------------------------------------- */

static void test_poll_keeps_status_and_value_apart(void)
{
	CHECK_EQ(zyn_poll_pending().status, ZYN_PENDING);
	int64_t values[] = {0, -1, INT64_MIN, INT64_MAX};
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(zyn_poll_ready(values[i]).status, ZYN_READY);
		CHECK_EQ(zyn_poll_ready(values[i]).value, values[i]);
		CHECK_EQ(zyn_poll_failed(values[i]).status, ZYN_FAILED);
		/* and so through a task: zero is a value */
		ZynEmbeddedScheduler *s = scheduler_new(4, 0);
		Script a = {.name = 'a', .steps = "r", .value = values[i]};
		int64_t value = 99;
		int32_t id = zyn_embedded_spawn(s, ZYN_PRIORITY_NORMAL, script, &a);
		CHECK_EQ(zyn_embedded_block_on(s, id, &value), ZYN_READY);
		CHECK_EQ(value, values[i]);
	}
	check_log("aaaa");
}

static void test_task_state_goes_from_runnable_to_its_end(void)
{
	ZynEmbeddedScheduler *s = scheduler_new(8, 0);
	Script a = {.name = 'a', .steps = "pr"}, b = {.name = 'b', .steps = "f", .value = 7};
	int32_t first = zyn_embedded_spawn(s, ZYN_PRIORITY_HIGH, script, &a);
	CHECK_EQ(zyn_embedded_state(s, first), ZYN_TASK_RUNNABLE);
	CHECK_EQ(zyn_embedded_poll_next(s), first);
	CHECK_EQ(zyn_embedded_state(s, first), ZYN_TASK_PARKED);
	zyn_embedded_signal(s, first);
	CHECK_EQ(zyn_embedded_poll_next(s), first);
	CHECK_EQ(zyn_embedded_state(s, first), ZYN_TASK_COMPLETED);
	int32_t second = zyn_embedded_spawn(s, ZYN_PRIORITY_HIGH, script, &b);
	int32_t third = zyn_embedded_spawn(s, ZYN_PRIORITY_HIGH, script, &a);
	zyn_embedded_abort(s, third);
	zyn_embedded_run_until_idle(s);
	CHECK_EQ(zyn_embedded_state(s, second), ZYN_TASK_FAILED);
	CHECK_EQ(zyn_embedded_state(s, third), ZYN_TASK_CANCELLED);
	int64_t code = 0;
	CHECK_EQ(zyn_embedded_take(s, second, &code), ZYN_FAILED);
	CHECK_EQ(code, 7);
	CHECK_EQ(zyn_embedded_state(s, second), ZYN_REFUSED_NO_TASK);
	CHECK_EQ(zyn_embedded_state(s, 1000), ZYN_REFUSED_NO_TASK);
	CHECK_EQ(zyn_embedded_state(s, -1), ZYN_REFUSED_NO_TASK);
	check_log("aab");
}

static int32_t state_seen;

static ZynPoll look_at_self(void *state, ZynContext *cx)
{
	(void)cx;
	ZynEmbeddedScheduler *s = state;
	state_seen = zyn_embedded_state(s, 0);
	CHECK_EQ(zyn_embedded_poll_next(s), ZYN_REFUSED_INSIDE);
	CHECK_EQ(zyn_embedded_block_on(s, 0, NULL), ZYN_REFUSED_INSIDE);
	return zyn_poll_ready(0);
}

static void test_task_state_is_running_inside_a_poll(void)
{
	ZynEmbeddedScheduler *s = scheduler_new(1, 0);
	CHECK_EQ(zyn_embedded_schedule(s, ZYN_PRIORITY_LOW, look_at_self, s), 0);
	CHECK_EQ(zyn_embedded_run_until_idle(s), 1);
	CHECK_EQ(state_seen, ZYN_TASK_RUNNING);
}

static void test_priority_decides_who_is_polled_first(void)
{
	ZynEmbeddedScheduler *s = scheduler_new(8, 0);
	Script tasks[5];
	static const char names[] = "chnli";
	uint32_t order[] = {4, 2, 0, 3, 1};
	for (int i = 0; i < 5; i++) {
		tasks[order[i]] = (Script){.name = names[order[i]], .steps = "r"};
		zyn_embedded_schedule(s, order[i], script, &tasks[order[i]]);
	}
	CHECK_EQ(ZYN_PRIORITY_CRITICAL, 0);
	CHECK_EQ(ZYN_PRIORITY_IDLE, 4);
	CHECK_EQ(zyn_embedded_schedule(s, 5, script, tasks), ZYN_REFUSED_PRIORITY);
	CHECK_EQ(zyn_embedded_run_until_idle(s), 5);
	check_log("chnli");
}

/* --- EmbeddedScheduler ------------------------------------------------------------------------ */

static void test_embedded_scheduler_takes_turns_among_equals(void)
{
	ZynEmbeddedScheduler *s = scheduler_new(8, 0);
	Script tasks[4];
	for (int i = 0; i < 3; i++) {
		tasks[i] = (Script){.name = (char)('a' + i), .steps = "yyyr"};
		zyn_embedded_schedule(s, ZYN_PRIORITY_NORMAL, script, &tasks[i]);
	}
	/* one of a higher priority in between does not start the turn anew */
	tasks[3] = (Script){.name = 'X', .steps = "ppppr"};
	int32_t high = zyn_embedded_schedule(s, ZYN_PRIORITY_HIGH, script, &tasks[3]);
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(zyn_embedded_poll_next(s), high);
		CHECK_EQ(zyn_embedded_poll_next(s), i % 3);
		zyn_embedded_signal(s, high);
	}
	zyn_embedded_run_until_idle(s);
	CHECK_EQ(zyn_embedded_task_count(s), 0);
	CHECK_EQ(strncmp(log_text, "XaXbXcXa", 8), 0);
	log_text[0] = 0;
}

/* Decision 21: a task that stays pending does not keep run_until_idle from ending. */
static void test_embedded_scheduler_run_until_idle_ends_when_all_wait(void)
{
	ZynEmbeddedScheduler *s = scheduler_new(8, 0);
	Script a = {.name = 'a', .steps = "p"}, b = {.name = 'b', .steps = "p"};
	Script c = {.name = 'c', .steps = "yr"};
	zyn_embedded_schedule(s, ZYN_PRIORITY_NORMAL, script, &a);
	int32_t id = zyn_embedded_schedule(s, ZYN_PRIORITY_NORMAL, script, &b);
	CHECK_EQ(zyn_embedded_run_until_idle(s), 2);
	check_log("ab");
	CHECK_EQ(zyn_embedded_run_until_idle(s), 0);
	CHECK(zyn_embedded_is_idle(s));
	/* a wake flag is news for everybody, in turn; once */
	zyn_embedded_signal(s, id);
	CHECK(!zyn_embedded_is_idle(s));
	CHECK_EQ(zyn_embedded_run_until_idle(s), 2);
	check_log("ab");
	/* so is a new task, its wake of itself, and its end */
	zyn_embedded_schedule(s, ZYN_PRIORITY_NORMAL, script, &c);
	zyn_embedded_run_until_idle(s);
	check_log("cabcab");
	CHECK_EQ(zyn_embedded_task_count(s), 2);
}

static void test_embedded_scheduler_precise_wakes_only_whom_the_flag_names(void)
{
	ZynEmbeddedScheduler *s = scheduler_new(8, ZYN_EMBEDDED_PRECISE);
	Script a = {.name = 'a', .steps = "p"}, b = {.name = 'b', .steps = "ppr"};
	zyn_embedded_schedule(s, ZYN_PRIORITY_NORMAL, script, &a);
	int32_t id = zyn_embedded_schedule(s, ZYN_PRIORITY_LOW, script, &b);
	zyn_embedded_run_until_idle(s);
	check_log("ab");
	b.waker.fn(b.waker.data);
	zyn_embedded_run_until_idle(s);
	check_log("b");
	zyn_embedded_signal(s, id); /* its end is news for all */
	zyn_embedded_run_until_idle(s);
	check_log("ba");
}

static void test_embedded_scheduler_when_full_says_so_and_loses_nothing(void)
{
	for (uint32_t capacity = 1; capacity <= 32; capacity *= 2) {
		ZynEmbeddedScheduler *s = scheduler_new(capacity, 0);
		Script tasks[33];
		for (uint32_t i = 0; i < capacity; i++) {
			tasks[i] = (Script){.name = 'a', .steps = "pr", .value = i};
			CHECK_EQ(zyn_embedded_spawn(s, i % 5, script, &tasks[i]), i);
		}
		tasks[capacity] = (Script){.name = 'z', .steps = "r"};
		for (int again = 0; again < 2; again++) {
			CHECK_EQ(zyn_embedded_spawn(s, 0, script, &tasks[capacity]),
			         ZYN_REFUSED_FULL);
			CHECK_EQ(zyn_embedded_schedule(s, 0, script, &tasks[capacity]),
			         ZYN_REFUSED_FULL);
		}
		CHECK(strstr(zyn_refusal_text(ZYN_REFUSED_FULL), "taken") != NULL);
		zyn_embedded_run_until_idle(s);
		zyn_embedded_signal(s, 0);
		zyn_embedded_run_until_idle(s);
		/* ended, but not taken: the places are still in use */
		CHECK_EQ(zyn_embedded_schedule(s, 0, script, &tasks[capacity]), ZYN_REFUSED_FULL);
		CHECK_EQ(zyn_embedded_task_count(s), 0);
		for (uint32_t i = 0; i < capacity; i++) {
			int64_t value = -1;
			CHECK_EQ(zyn_embedded_take(s, (int32_t)i, &value), ZYN_READY);
			CHECK_EQ(value, i);
		}
		CHECK_EQ(zyn_embedded_schedule(s, 0, script, &tasks[capacity]), capacity);
		log_text[0] = 0;
	}
}

static void test_embedded_scheduler_memory_must_fit(void)
{
	CHECK(ZYN_EMBEDDED_BYTES(ZYN_EMBEDDED_TASKS) <= 512);
	CHECK(zyn_embedded_init(NULL, 1000, 16, 0) == NULL);
	CHECK(zyn_embedded_init(memory, ZYN_EMBEDDED_BYTES(16) - 1, 16, 0) == NULL);
	CHECK(zyn_embedded_init(memory + 1, sizeof memory - 1, 16, 0) == NULL);
	uint32_t wrong[] = {0, 3, 12, 17, 64, UINT32_MAX};
	for (int i = 0; i < 6; i++)
		CHECK(zyn_embedded_init(memory, sizeof memory, wrong[i], 0) == NULL);
	CHECK(zyn_embedded_init(memory, sizeof memory, 16, 2) == NULL);
	CHECK(zyn_embedded_init(memory, ZYN_EMBEDDED_BYTES(16), 16, 0) != NULL);
}

/* A long random run against a plain list of what must hold. */
static void test_embedded_scheduler_against_a_list(void)
{
	ZynEmbeddedScheduler *s = scheduler_new(16, ZYN_EMBEDDED_PRECISE);
	enum { TASKS = 20000 };
	static Script tasks[TASKS];
	static int64_t ids[TASKS];
	uint32_t chance = 7;
	int made = 0, taken = 0;
	int32_t last = -1;
	while (taken < TASKS) {
		chance = chance * 1664525u + 1013904223u;
		if (made < TASKS && chance >> 31 != 0) {
			tasks[made] = (Script){
				.name = 'a',
				.steps = "ypyr" + (chance >> 28) % 4,
				.value = made,
			};
			int32_t id = zyn_embedded_spawn(s, chance >> 8 & 3, script, &tasks[made]);
			CHECK_EQ(id == ZYN_REFUSED_FULL, made - taken == 16);
			if (id >= 0) {
				CHECK(id > last);
				last = id;
				ids[made++] = id;
			}
		}
		for (uint32_t n = chance >> 20 & 3; n > 0; n--)
			zyn_embedded_poll_next(s);
		log_text[0] = 0;
		if (made == taken)
			continue;
		/* whoever is oldest gets on, and is taken once it has ended */
		int64_t value = -1;
		int32_t status = zyn_embedded_take(s, (int32_t)ids[taken], &value);
		if (status == ZYN_PENDING) {
			zyn_embedded_signal(s, (int32_t)ids[taken]);
			continue;
		}
		CHECK_EQ(status, ZYN_READY);
		CHECK_EQ(value, taken);
		taken++;
	}
	CHECK_EQ(zyn_embedded_task_count(s), 0);
}

/* --- task handles ----------------------------------------------------------------------------- */

static void test_task_ids_count_from_zero_and_are_never_used_twice(void)
{
	ZynEmbeddedScheduler *s = scheduler_new(4, 0);
	Script stays = {.name = 's', .steps = "p"}, goes = {.name = 'g', .steps = "r"};
	CHECK_EQ(zyn_embedded_schedule(s, ZYN_PRIORITY_LOW, script, &stays), 0);
	int32_t last = 0;
	for (int i = 0; i < 300; i++) {
		int32_t id = zyn_embedded_schedule(s, ZYN_PRIORITY_LOW, script, &goes);
		CHECK(id > last);
		CHECK(id % 4 != 0); /* that place is taken */
		last = id;
		zyn_embedded_run_until_idle(s);
		log_text[0] = 0;
	}
	ZynEmbeddedScheduler *fresh = scheduler_new(16, 0);
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(zyn_embedded_schedule(fresh, ZYN_PRIORITY_LOW, script, &goes), i);
		zyn_embedded_run_until_idle(fresh);
	}
	check_log("gggg");
}

static void test_task_handle_core_abort(void)
{
	ZynEmbeddedScheduler *s = scheduler_new(8, 0);
	Script a = {.name = 'a', .steps = "p"}, b = {.name = 'b', .steps = "p"};
	Script c = {.name = 'c', .steps = "r", .value = 3};
	int32_t started = zyn_embedded_spawn(s, ZYN_PRIORITY_NORMAL, script, &a);
	zyn_embedded_run_until_idle(s);
	int32_t fresh = zyn_embedded_spawn(s, ZYN_PRIORITY_NORMAL, script, &b);
	CHECK_EQ(zyn_embedded_abort(s, started), 0);
	CHECK_EQ(zyn_embedded_abort(s, fresh), 0);
	CHECK(zyn_embedded_is_finished(s, fresh)); /* never polled: nothing to clean up */
	CHECK(!zyn_embedded_is_finished(s, started));
	CHECK_EQ(zyn_embedded_block_on(s, started, NULL), ZYN_CANCELLED);
	CHECK(a.cancelled);
	CHECK_EQ(b.polls, 0);
	CHECK_EQ(zyn_embedded_take(s, fresh, NULL), ZYN_CANCELLED);
	/* too late: the result stays */
	int32_t done = zyn_embedded_spawn(s, ZYN_PRIORITY_NORMAL, script, &c);
	zyn_embedded_run_until_idle(s);
	CHECK_EQ(zyn_embedded_abort(s, done), 0);
	int64_t value = 0;
	CHECK_EQ(zyn_embedded_take(s, done, &value), ZYN_READY);
	CHECK_EQ(value, 3);
	CHECK(!c.cancelled); /* the next one's context is clean */
	CHECK_EQ(zyn_embedded_abort(s, done), ZYN_REFUSED_NO_TASK);
	CHECK_EQ(zyn_embedded_take(s, done, NULL), ZYN_REFUSED_NO_TASK);
	check_log("aac");
}

static ZynPoll abort_self(void *state, ZynContext *cx)
{
	if (zyn__attention(cx, ZYN_ATTENTION_CANCEL))
		return zyn_poll_ready(5); /* its last poll, whatever it says */
	CHECK_EQ(zyn_embedded_abort(state, 0), 0);
	return zyn_poll_pending();
}

static void test_task_handle_core_abort_from_inside(void)
{
	ZynEmbeddedScheduler *s = scheduler_new(2, ZYN_EMBEDDED_PRECISE);
	int32_t id = zyn_embedded_spawn(s, ZYN_PRIORITY_NORMAL, abort_self, s);
	CHECK_EQ(zyn_embedded_block_on(s, id, NULL), ZYN_CANCELLED);
	CHECK_EQ(zyn_embedded_task_count(s), 0);
}

static void test_task_handle_core_block_on_says_when_nothing_can_run(void)
{
	ZynEmbeddedScheduler *s = scheduler_new(2, 0);
	Script a = {.name = 'a', .steps = "ppr", .value = 4};
	int32_t id = zyn_embedded_spawn(s, ZYN_PRIORITY_NORMAL, script, &a);
	int64_t value = 0;
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(zyn_embedded_block_on(s, id, &value), ZYN_PENDING);
		zyn_embedded_signal(s, id); /* as an interrupt would */
	}
	CHECK_EQ(zyn_embedded_block_on(s, id, &value), ZYN_READY);
	CHECK_EQ(value, 4);
	check_log("aaa");
}

/* --- wake flags ------------------------------------------------------------------------------- */

static void test_waker_registry_signal_check_clear_reset(void)
{
	ZynEmbeddedScheduler *s = scheduler_new(16, 0);
	zyn_embedded_signal(s, 5);
	zyn_embedded_signal(s, 40);
	zyn_embedded_signal(s, 63);
	CHECK(zyn_embedded_check(s, 5));
	CHECK(zyn_embedded_check(s, 40));
	CHECK(!zyn_embedded_check(s, 6));
	CHECK(!zyn_embedded_check(s, 8));
	zyn_embedded_clear(s, 5);
	CHECK(!zyn_embedded_check(s, 5));
	CHECK(zyn_embedded_check(s, 63));
	/* the scheduler takes them all before a poll */
	Script a = {.name = 'a', .steps = "p"};
	int32_t id = zyn_embedded_schedule(s, ZYN_PRIORITY_NORMAL, script, &a);
	zyn_embedded_signal(s, id);
	zyn_embedded_run_until_idle(s);
	CHECK(!zyn_embedded_check(s, id));
	CHECK(!zyn_embedded_check(s, 40));
	CHECK(zyn_embedded_is_idle(s));
	zyn_embedded_signal(s, 40 + 1); /* nobody's: no news */
	CHECK(zyn_embedded_is_idle(s));
	CHECK_EQ(zyn_embedded_run_until_idle(s), 0);
	zyn_embedded_signal(s, 62);
	zyn_embedded_reset(s);
	for (int32_t i = 0; i < 64; i++)
		CHECK(!zyn_embedded_check(s, i));
	log_text[0] = 0;
}

static void test_waker_registry_reaches_tasks_beyond_the_first_64(void)
{
	ZynEmbeddedScheduler *s = scheduler_new(16, ZYN_EMBEDDED_PRECISE);
	Script goes = {.name = 'g', .steps = "r"}, waits = {.name = 'w', .steps = "pr"};
	for (int i = 0; i < 1000; i++) {
		int32_t id = zyn_embedded_spawn(s, (uint32_t)i % 5, script, &waits);
		CHECK_EQ(zyn_embedded_poll_next(s), id);
		CHECK_EQ(zyn_embedded_poll_next(s), ZYN_IDLE);
		zyn_embedded_signal(s, id);
		CHECK_EQ(zyn_embedded_block_on(s, id, NULL), ZYN_READY);
		waits.steps = "pr";
		zyn_embedded_schedule(s, ZYN_PRIORITY_IDLE, script, &goes);
		zyn_embedded_run_until_idle(s);
		log_text[0] = 0;
	}
}

static _Atomic uint32_t signals_over;

static void *signal_often(void *scheduler)
{
	for (int i = 0; i < 20000; i++)
		zyn_embedded_signal(scheduler, 0);
	atomic_store(&signals_over, 1);
	return NULL;
}

/* A signal from elsewhere is never lost: after the last one there is a poll. */
static void test_waker_registry_from_another_thread(void)
{
	ZynEmbeddedScheduler *s = scheduler_new(2, 0);
	Script a = {.name = 'a', .steps = "p"};
	zyn_embedded_schedule(s, ZYN_PRIORITY_NORMAL, script, &a);
	pthread_t thread;
	CHECK(pthread_create(&thread, NULL, signal_often, s) == 0);
	while (atomic_load(&signals_over) == 0) {
		zyn_embedded_poll_next(s);
		log_text[0] = 0;
	}
	pthread_join(thread, NULL);
	zyn_embedded_run_until_idle(s);
	zyn_embedded_signal(s, 0);
	int before = a.polls;
	CHECK_EQ(zyn_embedded_run_until_idle(s), 1);
	CHECK_EQ(a.polls, before + 1);
	log_text[0] = 0;
}

int main(void)
{
	RUN(test_poll_keeps_status_and_value_apart);
	RUN(test_task_state_goes_from_runnable_to_its_end);
	RUN(test_task_state_is_running_inside_a_poll);
	RUN(test_priority_decides_who_is_polled_first);
	RUN(test_embedded_scheduler_takes_turns_among_equals);
	RUN(test_embedded_scheduler_run_until_idle_ends_when_all_wait);
	RUN(test_embedded_scheduler_precise_wakes_only_whom_the_flag_names);
	RUN(test_embedded_scheduler_when_full_says_so_and_loses_nothing);
	RUN(test_embedded_scheduler_memory_must_fit);
	RUN(test_embedded_scheduler_against_a_list);
	RUN(test_task_ids_count_from_zero_and_are_never_used_twice);
	RUN(test_task_handle_core_abort);
	RUN(test_task_handle_core_abort_from_inside);
	RUN(test_task_handle_core_block_on_says_when_nothing_can_run);
	RUN(test_waker_registry_signal_check_clear_reset);
	RUN(test_waker_registry_reaches_tasks_beyond_the_first_64);
	RUN(test_waker_registry_from_another_thread);
	return 0;
}
