/* Child processes: their streams, how they end, signals, and who reaps them. */
#include "io_support.h"

#include <sys/wait.h>

TEXT(shell, "sh");
TEXT(command, "-c");
TEXT(cat, "cat");
TEXT(unknown, "no-such-program-anywhere");
TEXT(exit_three, "exit 3");
TEXT(kill_itself, "kill -9 $$");
TEXT(wait_long, "exec sleep 1000");
TEXT(speak, "echo out; echo err >&2");
TEXT(hello, "hello, child\n");
TEXT(with_zero, "a\0b");

static ZynIo *start(ZynContext *cx, ZynString *script_text, uint32_t streams, ZynIo *pipes[3])
{
	ZynString *arguments[] = {shell, command, script_text};
	return zyn_process_start(cx, arguments, 3, streams, pipes);
}

/* --- a conversation --------------------------------------------------------------------------- */

/* io 0: the child, 1: what it reads, 2: what it says. */
static int64_t converse(Script *s, ZynContext *cx)
{
	ZynIo *pipes[3];
	SCRIPT_BEGIN(s)
	s->io[0] = zyn_process_start(
		cx, &(ZynString *){cat}, 1,
		ZYN_PROCESS_STREAMS(ZYN_PROCESS_PIPE, ZYN_PROCESS_PIPE, ZYN_PROCESS_NULL), pipes);
	if (s->io[0] == NULL) {
		script_failed(s, cx);
		break;
	}
	s->io[1] = pipes[0];
	s->io[2] = pipes[1];
	CHECK(pipes[2] == NULL);
	CHECK(zyn_process_id(s->io[0]) > 0);
	AWAIT(io_write, &s->number, s->io[1], hello);
	zyn_io_close(s->io[1]); /* the child hears of it, too */
	while (OK(s)) {
		AWAIT(io_read, &s->text, s->io[2], 5);
		if (!OK(s) || s->text->length == 0)
			break;
		s->total += (int64_t)s->text->length;
		let_text_go(s);
	}
	AWAIT(process_wait, &s->number, s->io[0]);
	if (OK(s)) {
		CHECK_EQ(s->number, 0);
	}
	SCRIPT_END(s);
}

static bool scenario(ZynRuntime *rt)
{
	ZynPromise *p = script_new(rt, converse, NULL);
	bool whole = p != NULL && zyn_rt_block_on(rt, p, LIMIT_NS) == ZYN_READY &&
	             script_of(p)->failures == 0;
	CHECK(!whole || script_of(p)->total == (int64_t)hello->length);
	zyn_promise_release(p);
	return whole;
}

static void test_a_conversation(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	CHECK(scenario(rt));
	runtime_end(rt);
	CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left */
}

static void test_whatever_call_fails(void)
{
	each_call_fails(scenario);
	while (waitpid(-1, NULL, 0) > 0)
		continue; /* children whose handles went first */
}

static void test_hidden_faults(void)
{
	hidden_faults(scenario, 30);
}

static void test_whatever_allocation_fails(void)
{
	each_allocation_fails(scenario);
}

/* --- how they end ----------------------------------------------------------------------------- */

static int64_t ends(Script *s, ZynContext *cx)
{
	SCRIPT_BEGIN(s)
	s->io[0] = start(cx, exit_three, 0, NULL);
	AWAIT(process_wait, &s->number, s->io[0]);
	CHECK_EQ(s->number, 3);
	AWAIT(process_wait, &s->number, s->io[0]); /* as often as one likes */
	CHECK_EQ(s->number, 3);
	CHECK_EQ(zyn_process_signal(cx, s->io[0], SIGKILL), 0);
	script_failed(s, cx);
	CHECK(strstr(s->error, "signal process ") == s->error);
	CHECK(strstr(s->error, ": No such process") != NULL);
	s->io[1] = start(cx, kill_itself, 0, NULL);
	AWAIT(process_wait, &s->number, s->io[1]);
	CHECK_EQ(s->number, -9);
	s->io[2] = start(cx, wait_long, 0, NULL);
	CHECK_EQ(zyn_process_signal(cx, s->io[2], SIGTERM), 1);
	AWAIT(process_wait, &s->number, s->io[2]);
	CHECK_EQ(s->number, -SIGTERM);
	s->total = 1;
	SCRIPT_END(s);
}

static void test_statuses_and_signals(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	CHECK_EQ(run_script(rt, ends, NULL), 1);
	runtime_end(rt);
}

static int no_process_fd(pid_t pid)
{
	(void)pid;
	errno = ENOSYS;
	return -1;
}

static void test_where_there_is_no_pidfd(void)
{
	int before = open_descriptors();
	zyn__system.process_fd = no_process_fd;
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	CHECK(scenario(rt));
	CHECK_EQ(run_script(rt, ends, NULL), 1);
	runtime_end(rt);
	zyn__system.process_fd = zyn__system_real.process_fd;
	AWAIT_THREAD(open_descriptors() == before); /* the threads close their ends */
}

static int64_t errors(Script *s, ZynContext *cx)
{
	ZynString *arguments[] = {with_zero};
	CHECK(zyn_process_start(cx, &(ZynString *){unknown}, 1, 0, NULL) == NULL);
	script_failed(s, cx);
	CHECK(strcmp(s->error, "start no-such-program-anywhere: No such file or directory") == 0);
	CHECK(zyn_process_start(cx, NULL, 0, 0, NULL) == NULL);
	script_failed(s, cx);
	CHECK(strcmp(s->error, "start: Invalid argument") == 0);
	CHECK(zyn_process_start(cx, arguments, 1, 0, NULL) == NULL);
	script_failed(s, cx);
	CHECK_EQ(zyn_process_signal(cx, NULL, 9), 0);
	script_failed(s, cx);
	CHECK_EQ(zyn_process_id(NULL), -1);
	s->total = 1;
	return 1;
}

static void test_errors(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	int before = open_descriptors();
	CHECK_EQ(run_script(rt, errors, NULL), 1);
	CHECK_EQ(open_descriptors(), before + 1); /* the poller */
	runtime_end(rt);
}

static int64_t listen_to(Script *s, ZynContext *cx)
{
	ZynIo *pipes[3];
	SCRIPT_BEGIN(s)
	s->io[0] = start(cx, speak,
	                 ZYN_PROCESS_STREAMS(ZYN_PROCESS_NULL, ZYN_PROCESS_PIPE, ZYN_PROCESS_PIPE),
	                 pipes);
	s->io[1] = pipes[1];
	s->io[2] = pipes[2];
	CHECK(pipes[0] == NULL);
	AWAIT(process_wait, &s->number, s->io[0]);
	AWAIT(io_read, &s->text, s->io[1], 100);
	CHECK(strcmp(s->text->bytes, "out\n") == 0);
	let_text_go(s);
	AWAIT(io_read, &s->text, s->io[2], 100);
	CHECK(strcmp(s->text->bytes, "err\n") == 0);
	s->total = 1;
	SCRIPT_END(s);
}

static void test_streams(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	CHECK_EQ(run_script(rt, listen_to, NULL), 1);
	runtime_end(rt);
}

/* --- orphans, and cancelled waits ------------------------------------------------------------- */

static int64_t abandon(Script *s, ZynContext *cx)
{
	pid_t *pid = s->data;
	SCRIPT_BEGIN(s)
	s->io[0] = start(cx, wait_long, 0, NULL);
	*pid = (pid_t)zyn_process_id(s->io[0]);
	AWAIT(process_wait, &s->number, s->io[0]);
	SCRIPT_END(s);
}

static int64_t start_another(Script *s, ZynContext *cx)
{
	SCRIPT_BEGIN(s)
	s->io[0] = start(cx, exit_three, 0, NULL);
	AWAIT(process_wait, &s->total, s->io[0]);
	SCRIPT_END(s);
}

static void test_a_child_without_a_handle_is_reaped_later(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	pid_t pid = 0;
	siginfo_t info;
	ZynPromise *p = script_new(rt, abandon, &pid);
	zyn_promise_spawn(rt, p);
	CHECK_EQ(zyn_rt_turn(rt), 1);
	zyn_promise_cancel(p);
	CHECK_EQ(zyn_rt_block_on(rt, p, LIMIT_NS), ZYN_CANCELLED);
	zyn_promise_release(p);
	CHECK_EQ(kill(pid, 0), 0); /* to wait no longer ends nothing */
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	CHECK_EQ(run_script(rt, start_another, NULL), 3);
	CHECK_EQ(waitpid(pid, NULL, WNOHANG), -1);
	runtime_end(rt);
}

int main(void)
{
	RUN(test_a_conversation);
	RUN(test_statuses_and_signals);
	RUN(test_streams);
	RUN(test_errors);
	RUN(test_where_there_is_no_pidfd);
	RUN(test_a_child_without_a_handle_is_reaped_later);
	RUN(test_whatever_call_fails);
	RUN(test_hidden_faults);
	RUN(test_whatever_allocation_fails);
	return 0;
}
