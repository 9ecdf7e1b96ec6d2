/* Ctrl-C ends what the listening thread runs, and nothing else; the host's handler is called. */
#include "support.h"

#include <signal.h>

static volatile sig_atomic_t heard;

static void on_sigint(int number)
{
	(void)number;
	heard++;
}

static void on_sigint_in_front(int number)
{
	(void)number;
	heard += 10;
}

static int64_t raise_once(void *data)
{
	bool *raised = data;
	if (!*raised)
		raise(SIGINT);
	*raised = true;
	return 0;
}

static int64_t forget(void *data)
{
	(void)data;
	return 1;
}

static void interrupted_run(ZynRuntime *rt)
{
	bool raised = false;
	int before = heard;
	ZynPromise *p = zyn_call_foreign(rt, raise_once, &raised, NULL);
	zyn_sigint_look();
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_CANCELLED);
	CHECK_EQ(heard, before + 1);
	zyn_promise_release(p);
	/* The next run is another matter. */
	p = ticker_new(rt, 2, 1);
	zyn_sigint_look();
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	zyn_promise_release(p);
}

static void test_a_run_is_interrupted_and_the_host_hears(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	signal(SIGINT, on_sigint);
	interrupted_run(rt);
	signal(SIGINT, on_sigint); /* what a host does that changes its mind about its own table */
	interrupted_run(rt);
	runtime_end(rt);
}

static void test_a_signal_between_the_look_and_the_run_ends_it(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	signal(SIGINT, on_sigint);
	ZynPromise *p = waiter_new(rt, WAIT_PENDING, 0, 0, NULL);
	uint64_t signals = zyn_sigint_look();
	raise(SIGINT);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_CANCELLED);
	zyn_promise_release(p);
	CHECK_EQ(zyn_sigint_look(), signals + 1);
	/* Once looked at, it is the host's. */
	p = ticker_new(rt, 2, 1);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	zyn_promise_release(p);
	/* One with no look before the run that follows is not meant for it. */
	raise(SIGINT);
	p = ticker_new(rt, 2, 1);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	zyn_promise_release(p);
	runtime_end(rt);
}

static void test_what_is_not_handled_stays_so(void)
{
	signal(SIGINT, SIG_IGN);
	zyn_sigint_look();
	struct sigaction now;
	sigaction(SIGINT, NULL, &now);
	CHECK(now.sa_handler == SIG_IGN);
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	bool raised = false;
	ZynPromise *p = zyn_call_foreign(rt, raise_once, &raised, NULL);
	CHECK_EQ(zyn_rt_block_on(rt, p, 1000000), ZYN_TIMEOUT);
	zyn_promise_cancel(p);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_CANCELLED);
	zyn_promise_release(p);
	runtime_end(rt);
}

static void test_a_handler_in_front_of_ours_is_left_there(void)
{
	signal(SIGINT, on_sigint);
	zyn_sigint_look();
	signal(SIGINT, on_sigint_in_front);
	zyn_sigint_look();
	heard = 0;
	raise(SIGINT);
	CHECK_EQ(heard, 10);
	signal(SIGINT, SIG_DFL);
}

static void *run_elsewhere(void *data)
{
	ZynRuntime *rt = data;
	bool raised = false;
	ZynPromise *p = zyn_call_foreign(rt, raise_once, &raised, NULL);
	zyn_promise_spawn(rt, p);
	CHECK_EQ(zyn_rt_turn(rt), 1);
	CHECK_EQ(zyn_promise_status(p), ZYN_PENDING);
	zyn_promise_release(p);
	return NULL;
}

static void test_other_threads_are_not_interrupted(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	pthread_t thread;
	signal(SIGINT, on_sigint);
	zyn_sigint_look();
	CHECK_EQ(pthread_create(&thread, NULL, run_elsewhere, rt), 0);
	pthread_join(thread, NULL);
	ZynPromise *p = zyn_call_foreign(rt, forget, NULL, NULL);
	zyn_sigint_look();
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	zyn_promise_release(p);
	runtime_end(rt);
}

int main(void)
{
	RUN(test_a_run_is_interrupted_and_the_host_hears);
	RUN(test_a_signal_between_the_look_and_the_run_ends_it);
	RUN(test_other_threads_are_not_interrupted);
	RUN(test_what_is_not_handled_stays_so);
	RUN(test_a_handler_in_front_of_ours_is_left_there);
	return 0;
}
