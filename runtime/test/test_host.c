/* What a host sees: statuses, limits, refusals, direct calls, foreign machines, interrupts. */
#include "support.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#define MS 1000000ll

static void test_abi_and_options(void)
{
	CHECK_EQ(zyn_abi_version(), ZYN_ABI_VERSION);
	ZynOptions options = {.size = sizeof options, .workers = 65};
	CHECK(zyn_rt_new(&options) == NULL);
	options = (ZynOptions){.size = sizeof options, .clock = 2};
	CHECK(zyn_rt_new(&options) == NULL);
	options = (ZynOptions){.size = 8};
	CHECK(zyn_rt_new(&options) == NULL);
	ZynRuntime *rt = zyn_rt_new(NULL);
	CHECK(rt != NULL);
	zyn_rt_free(rt);
	zyn_rt_free(NULL);
}

static void test_limit_between_polls(void)
{
	for (uint32_t clock = ZYN_CLOCK_REAL; clock <= ZYN_CLOCK_VIRTUAL; clock++) {
		ZynRuntime *rt = runtime_new(clock);
		ZynPromise *p = ticker_new(rt, 1, 60000);
		CHECK_EQ(zyn_rt_block_on(rt, p, 5 * MS), ZYN_TIMEOUT);
		CHECK_EQ(zyn_promise_status(p), ZYN_PENDING);
		CHECK(zyn_rt_now_ns(rt) >= 5 * MS);
		if (clock == ZYN_CLOCK_VIRTUAL) {
			CHECK_EQ(zyn_rt_now_ns(rt), 5 * MS);
			CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
			CHECK_EQ(zyn_rt_now_ns(rt), 60000 * MS);
		}
		zyn_promise_release(p);
		zyn_rt_turn(rt);
		runtime_end(rt);
	}
}

static void test_limit_inside_a_poll(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	ZynPromise *p = zyn_call_async(rt, &looper, NULL, 0, 0);
	ZynPromise *other = ticker_new(rt, 1, 0);
	zyn_promise_spawn(rt, p);
	zyn_promise_spawn(rt, other);
	int32_t status;
	do { /* on a busy machine the limit may pass before the first poll */
		status = zyn_rt_block_on(rt, p, 3 * MS);
	} while (status == ZYN_TIMEOUT);
	CHECK_EQ(status, ZYN_FAILED);
	CHECK_EQ(zyn_promise_error(p)->code, ZYN_ERROR_TIMEOUT);
	CHECK_EQ(zyn_promise_error(p)->line, 8);
	CHECK_EQ(zyn_rt_block_on(rt, other, -1), ZYN_READY);
	zyn_promise_release(p);
	zyn_promise_release(other);
	runtime_end(rt);
}

typedef struct Interrupter {
	ZynRuntime *rt;
	ZynPromise *p;
} Interrupter;

static void *interrupt_when_polled(void *data)
{
	Interrupter *i = data;
	AWAIT_THREAD(zyn_promise_polls(i->p) != 0);
	zyn_rt_interrupt(i->rt);
	return NULL;
}

static void test_interrupt_ends_what_runs_or_waits(void)
{
	for (int parked = 0; parked < 2; parked++) {
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
		ZynPromise *p = parked ? ticker_new(rt, 1, 100000)
		                       : zyn_call_async(rt, &looper, NULL, 0, 0);
		Interrupter i = {rt, p};
		pthread_t thread;
		pthread_create(&thread, NULL, interrupt_when_polled, &i);
		int32_t status = zyn_rt_block_on(rt, p, -1);
		CHECK_EQ(status, parked ? ZYN_CANCELLED : ZYN_FAILED);
		CHECK_EQ(zyn_promise_error(p)->code, ZYN_ERROR_INTERRUPTED);
		pthread_join(thread, NULL);
		zyn_promise_release(p);
		p = ticker_new(rt, 1, 1); /* an old interrupt does not end a new run */
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
		zyn_promise_release(p);
		runtime_end(rt);
	}
}

static void spin(ZynContext *cx, const void *args, void *result);

static void test_interrupt_before_a_run_ends_it_and_no_other(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	for (int way = 0; way < 3; way++) {
		ZynPromise *p = zyn_call_async(rt, &looper, NULL, 0, 0);
		zyn_rt_interrupt(rt);
		if (way == 0) {
			CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_CANCELLED); /* not even begun */
			CHECK_EQ(zyn_promise_error(p)->code, ZYN_ERROR_INTERRUPTED);
		} else if (way == 1) {
			CHECK_EQ(zyn_promise_poll(rt, p), ZYN_FAILED);
			CHECK_EQ(zyn_promise_error(p)->code, ZYN_ERROR_INTERRUPTED);
		} else {
			ZynError *error = NULL;
			CHECK_EQ(zyn_call_direct(rt, spin, NULL, NULL, &error), ZYN_FAILED);
			CHECK_EQ(error->code, ZYN_ERROR_INTERRUPTED);
			zyn_error_release(error);
		}
		zyn_promise_release(p);
		p = ticker_new(rt, 1, 1);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
		zyn_promise_release(p);
		zyn_rt_interrupt(rt);
		zyn_rt_interrupt_clear(rt);
		p = ticker_new(rt, 1, 1);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
		zyn_promise_release(p);
	}
	runtime_end(rt);
}

static ZynRuntime *signalled_rt;

static void on_signal(int number)
{
	(void)number;
	zyn_rt_interrupt(signalled_rt);
}

static void *signal_when_polled(void *data)
{
	Interrupter *i = data;
	AWAIT_THREAD(zyn_promise_polls(i->p) != 0);
	raise(SIGUSR1);
	return NULL;
}

static void test_interrupt_from_a_signal_handler(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	signalled_rt = rt;
	signal(SIGUSR1, on_signal);
	ZynPromise *p = zyn_call_async(rt, &looper, NULL, 0, 0);
	Interrupter i = {rt, p};
	pthread_t thread;
	pthread_create(&thread, NULL, signal_when_polled, &i);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_FAILED);
	pthread_join(thread, NULL);
	signal(SIGUSR1, SIG_DFL);
	zyn_promise_release(p);
	runtime_end(rt);
}

/* --- direct calls ----------------------------------------------------------------------------- */

static void double_it(ZynContext *cx, const void *args, void *result)
{
	CHECK(cx->task == NULL);
	CHECK(cx->stack_limit != 0);
	CHECK(cx->stack_limit < (uintptr_t)__builtin_frame_address(0));
	*(int64_t *)result = *(const int64_t *)args * 2;
}

static void divide(ZynContext *cx, const void *args, void *result)
{
	(void)result;
	zyn_fail_division(cx, 4, *(const int64_t *)args);
}

static void recurse(ZynContext *cx, const void *args, void *result)
{
	volatile char room[256];
	room[0] = 1;
	if ((uintptr_t)__builtin_frame_address(0) < cx->stack_limit) {
		zyn_fail_stack(cx, 6);
		return;
	}
	recurse(cx, args, result);
	room[1] = room[0];
}

static void spin(ZynContext *cx, const void *args, void *result)
{
	(void)args;
	(void)result;
	while (zyn__get(&cx->attention) == 0 || !zyn_attend(cx, NULL, 5))
		continue;
}

static void test_direct_call(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	int64_t arg = 21, result = 0;
	ZynError *error = NULL;
	CHECK_EQ(zyn_call_direct(rt, double_it, &arg, &result, &error), ZYN_READY);
	CHECK_EQ(result, 42);
	CHECK(error == NULL);
	CHECK_EQ(zyn_call_direct(rt, divide, &arg, &result, &error), ZYN_FAILED);
	CHECK(strcmp(error->message, "division of 21 by zero") == 0);
	CHECK_EQ(error->line, 4);
	zyn_error_release(error);
	CHECK_EQ(zyn_call_direct(rt, recurse, &arg, &result, &error), ZYN_FAILED);
	CHECK_EQ(error->code, ZYN_ERROR_STACK_OVERFLOW);
	zyn_error_release(error);
	CHECK_EQ(zyn_call_direct(rt, divide, &arg, &result, NULL), ZYN_FAILED);
	runtime_end(rt);
}

static void test_stack_bytes_is_a_limit(void)
{
	ZynOptions options = {.size = sizeof options, .stack_bytes = 16384};
	ZynRuntime *rt = zyn_rt_new(&options);
	ZynError *error = NULL;
	CHECK_EQ(zyn_call_direct(rt, recurse, NULL, NULL, &error), ZYN_FAILED);
	zyn_error_release(error);
	runtime_end(rt);
}

static void fail_each(ZynContext *cx, const void *args, void *result)
{
	(void)result;
	ZynString *text = zyn_string_new(cx->runtime, "no way", 6);
	switch (*(const int64_t *)args) {
	case 0:
		zyn_fail_index(cx, 1, 7, 3);
		break;
	case 1:
		zyn_fail_index(cx, 1, INT64_MIN, UINT64_MAX);
		break;
	case 2:
		zyn_fail_null(cx, 2);
		break;
	case 3:
		zyn_fail_panic(cx, 3, text);
		break;
	case 4:
		zyn_fail_panic(cx, 3, NULL);
		break;
	default:
		zyn_fail_division(cx, 4, INT64_MIN);
		break;
	}
	zyn_string_release(text);
}

static void test_messages_carry_values(void)
{
	static const char *const expected[] = {
		"index 7 is out of range for length 3",
		"index -9223372036854775808 is out of range for length 18446744073709551615",
		"the value is null",
		"no way",
		"",
		"division of -9223372036854775808 by zero",
	};
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	for (int64_t i = 0; i < 6; i++) {
		ZynError *error;
		CHECK_EQ(zyn_call_direct(rt, fail_each, &i, NULL, &error), ZYN_FAILED);
		CHECK(strcmp(error->message, expected[i]) == 0);
		CHECK_EQ(error->length, strlen(expected[i]));
		zyn_error_release(error);
	}
	runtime_end(rt);
}

/* --- foreign machines ------------------------------------------------------------------------- */

typedef struct Host {
	ZynRuntime *rt;
	ZynPromise *self;
	int calls;
	int calls_max;
	int released;
	int64_t value;
} Host;

static int64_t host_poll(void *machine)
{
	Host *host = machine;
	CHECK_EQ(zyn_rt_turn(host->rt), -1);
	CHECK_EQ(zyn_rt_block_on(host->rt, host->self, 0), ZYN_BUSY);
	CHECK_EQ(zyn_promise_poll(host->rt, host->self), ZYN_BUSY);
	CHECK_EQ(zyn_rt_run_until_idle(host->rt), ZYN_BUSY);
	if (++host->calls < host->calls_max)
		return 0;
	if (host->value == 0)
		zyn_foreign_fail(host->rt, "host says no", 12);
	return host->value != 0 ? host->value : 99;
}

static void host_release(void *machine)
{
	((Host *)machine)->released++;
}

static void test_foreign_machine_is_polled_once_a_round(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Host host = {.rt = rt, .calls_max = 3, .value = -4};
	host.self = zyn_call_foreign(rt, host_poll, &host, host_release);
	CHECK_EQ(zyn_promise_poll(rt, host.self), ZYN_PENDING);
	CHECK_EQ(host.calls, 1);
	CHECK_EQ(zyn_rt_turn(rt), 1);
	CHECK_EQ(host.calls, 2);
	CHECK_EQ(zyn_rt_block_on(rt, host.self, -1), ZYN_READY);
	CHECK_EQ(host.calls, 3);
	CHECK_EQ(result_of(host.self), -4);
	CHECK_EQ(host.released, 0);
	zyn_promise_release(host.self);
	CHECK_EQ(host.released, 1);
	runtime_end(rt);
}

static void test_foreign_failure_cancel_and_drop(void)
{
	for (int way = 0; way < 4; way++) {
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
		Host host = {.rt = rt, .calls_max = way == 0 ? 2 : 1000000};
		ZynPromise *p = host.self = zyn_call_foreign(rt, host_poll, &host, host_release);
		if (way == 0) {
			CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_FAILED);
			CHECK(strcmp(zyn_promise_error(p)->message, "host says no") == 0);
			CHECK_EQ(zyn_promise_error(p)->code, ZYN_ERROR_FOREIGN);
			zyn_promise_release(p);
		} else if (way == 1) {
			zyn_promise_poll(rt, p);
			zyn_promise_cancel(p);
			CHECK_EQ(zyn_promise_poll(rt, p), ZYN_CANCELLED);
			zyn_promise_release(p);
		} else if (way == 2) {
			zyn_promise_poll(rt, p);
			zyn_promise_release(p);
			zyn_rt_turn(rt);
		} else {
			zyn_promise_release(p);
		}
		CHECK_EQ(host.released, 1);
		runtime_end(rt);
	}
}

static void test_waiting_for_a_foreign_machine_does_not_spin(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Host host = {.rt = rt, .calls_max = 1000000};
	host.self = zyn_call_foreign(rt, host_poll, &host, host_release);
	CHECK_EQ(zyn_rt_block_on(rt, host.self, 30 * MS), ZYN_TIMEOUT);
	CHECK(host.calls <= 32);
	zyn_promise_release(host.self);
	zyn_rt_turn(rt);
	runtime_end(rt);
}

static void test_virtual_clock_waits_for_the_host(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *p = ticker_new(rt, 1, 1000000);
	zyn_rt_outside(rt, 1);
	CHECK_EQ(zyn_promise_poll(rt, p), ZYN_PENDING);
	CHECK_EQ(zyn_promise_poll(rt, p), ZYN_PENDING); /* no leap to the timer */
	CHECK(zyn_rt_now_ns(rt) < 1000000 * MS);
	zyn_rt_outside(rt, -1);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(zyn_rt_now_ns(rt), 1000000 * MS);
	zyn_promise_release(p);
	runtime_end(rt);
}

/* --- the wake descriptor and asyncio's way of driving ----------------------------------------- */

static void test_limit_on_a_virtual_clock_while_the_host_is_busy(void)
{
	uint64_t now_ns = 0;
	while (now_ns < 20 * MS) { /* again if the machine stood still for the second it may take */
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		Host host = {.rt = rt, .calls_max = 1000000};
		host.self = zyn_call_foreign(rt, host_poll, &host, host_release);
		CHECK_EQ(zyn_rt_block_on(rt, host.self, 20 * MS), ZYN_TIMEOUT);
		now_ns = zyn_rt_now_ns(rt);
		zyn_promise_release(host.self);
		zyn_rt_turn(rt);
		runtime_end(rt);
	}
	CHECK_EQ(now_ns, 20 * MS);
}

static void test_next_deadline(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	CHECK_EQ(zyn_rt_next_deadline(rt), -1);
	ZynPromise *p = ticker_new(rt, 1, 3600000); /* not to be reached on any machine */
	CHECK_EQ(zyn_rt_next_deadline(rt), -1);
	zyn_promise_spawn(rt, p);
	CHECK_EQ(zyn_rt_next_deadline(rt), 0);
	zyn_rt_turn(rt);
	int64_t left_ns = zyn_rt_next_deadline(rt);
	CHECK(left_ns > 0);
	CHECK(left_ns <= 3600001 * MS);
	zyn_promise_release(p);
	zyn_rt_turn(rt);
	CHECK_EQ(zyn_rt_next_deadline(rt), -1);
	runtime_end(rt);
}

static void test_results_of_every_width_come_back(void)
{
	static const struct {
		uint32_t kind;
		int64_t stored, word;
	} cases[] = {
		{ZYN_KIND_BOOL, 1, 1},
		{ZYN_KIND_BOOL, 0, ZYN_POLL_LOOK},
		{ZYN_KIND_I8, 0xFF, -1},
		{ZYN_KIND_U8, 0xFF, 255},
		{ZYN_KIND_I16, 0x8000, -32768},
		{ZYN_KIND_U16, 0x8000, 32768},
		{ZYN_KIND_I32, 0x80000000, INT32_MIN},
		{ZYN_KIND_U32, 0x80000000, 0x80000000},
		{ZYN_KIND_I64, -7, -7},
		{ZYN_KIND_I64, 0, ZYN_POLL_LOOK},
		{ZYN_KIND_U64, -1, -1},
		{ZYN_KIND_F64, 5, ZYN_POLL_LOOK},
		{ZYN_KIND_VOID, 0, 1},
		{ZYN_KIND_STRING, 0, ZYN_POLL_LOOK},
	};
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		ZynDescriptor descriptor = looper;
		descriptor.result_type = cases[i].kind;
		ZynPromise *p = zyn_call_async(rt, &descriptor, NULL, 0, 0);
		Looper *l = p->state_machine;
		l->result = cases[i].stored;
		l->state = ZYN_STATE_RETURNED;
		ZynContext cx = {.runtime = rt};
		CHECK_EQ(zyn_repoll(l, &cx), cases[i].word);
		l->state = ZYN_STATE_START;
		zyn_promise_release(p);
	}
	runtime_end(rt);
}

int main(void)
{
	RUN(test_abi_and_options);
	RUN(test_limit_between_polls);
	RUN(test_limit_inside_a_poll);
	RUN(test_interrupt_ends_what_runs_or_waits);
	RUN(test_interrupt_before_a_run_ends_it_and_no_other);
	RUN(test_interrupt_from_a_signal_handler);
	RUN(test_direct_call);
	RUN(test_stack_bytes_is_a_limit);
	RUN(test_messages_carry_values);
	RUN(test_foreign_machine_is_polled_once_a_round);
	RUN(test_foreign_failure_cancel_and_drop);
	RUN(test_waiting_for_a_foreign_machine_does_not_spin);
	RUN(test_virtual_clock_waits_for_the_host);
	RUN(test_limit_on_a_virtual_clock_while_the_host_is_busy);
	RUN(test_next_deadline);
	RUN(test_results_of_every_width_come_back);
	return 0;
}
