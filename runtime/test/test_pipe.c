/* Pipes: back pressure, their ends, descriptors of others, and waiting for readiness alone. */
#include "pipe_support.h"

#include <sys/socket.h>

TEXT(line, "one line\n");

static bool scenario(ZynRuntime *rt)
{
	PipeEnds ended;
	bool whole = goes_through_a_pipe(rt, &ended);
	CHECK(ended.writer == ZYN_READY || ended.writer == ZYN_CANCELLED);
	return whole;
}

static void test_more_than_a_pipe_holds(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	CHECK(scenario(rt));
	runtime_end(rt);
}

static void test_whatever_call_fails(void)
{
	each_call_fails(scenario);
}

static void test_hidden_faults(void)
{
	hidden_faults(scenario, 50);
}

static void test_whatever_allocation_fails(void)
{
	each_allocation_fails(scenario);
}

static int64_t write_to_nobody(Script *s, ZynContext *cx)
{
	ZynIo **ends = s->data;
	SCRIPT_BEGIN(s)
	zyn_io_close(ends[0]);
	AWAIT(io_write, &s->number, ends[1], line);
	CHECK(!OK(s));
	CHECK(strcmp(s->error, "write pipe: Broken pipe") == 0);
	s->total = 1;
	SCRIPT_END(s);
}

static _Atomic int pipe_signals;

static void count_signal(int signal)
{
	(void)signal;
	pipe_signals++;
}

static void test_a_broken_pipe_is_an_error_and_no_signal(void)
{
	struct sigaction count = {.sa_handler = count_signal}, before;
	sigaction(SIGPIPE, &count, &before);
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	ZynIo *ends[2];
	CHECK(host_pipe(rt, ends));
	CHECK_EQ(run_script(rt, write_to_nobody, ends), 1);
	CHECK_EQ(pipe_signals, 0);
	zyn_object_release(ends[0]);
	zyn_object_release(ends[1]);
	runtime_end(rt);
	sigaction(SIGPIPE, &before, NULL);
}

static int64_t read_line(Script *s, ZynContext *cx)
{
	ZynIo **ends = s->data;
	SCRIPT_BEGIN(s)
	AWAIT(io_read, &s->text, ends[0], 100);
	s->total = OK(s) ? (int64_t)s->text->length : -1;
	SCRIPT_END(s);
}

/* Both are woken; one gets the line, the other goes on waiting in its place. */
static void test_two_readers_one_line(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	ZynIo *ends[2];
	CHECK(host_pipe(rt, ends));
	ZynPromise *first = script_new(rt, read_line, ends);
	ZynPromise *second = script_new(rt, read_line, ends);
	zyn_promise_spawn(rt, first);
	zyn_promise_spawn(rt, second);
	CHECK_EQ(zyn_rt_turn(rt), 2);
	CHECK_EQ(write(zyn_io_fd(ends[1]), "abc", 3), 3);
	run(rt, first);
	CHECK_EQ(script_of(first)->total, 3);
	CHECK_EQ(zyn_promise_status(second), ZYN_PENDING);
	zyn_io_close(ends[1]);
	run(rt, second);
	CHECK_EQ(script_of(second)->total, 0);
	zyn_promise_release(first);
	zyn_promise_release(second);
	zyn_object_release(ends[0]);
	zyn_object_release(ends[1]);
	runtime_end(rt);
}

/* --- readiness alone -------------------------------------------------------------------------- */

static int64_t wait_readable(Script *s, ZynContext *cx)
{
	ZynIo **ends = s->data;
	SCRIPT_BEGIN(s)
	AWAIT(io_ready, &s->total, ends[0], ZYN_IO_READABLE);
	CHECK(OK(s));
	SCRIPT_END(s);
}

static int64_t wait_writable(Script *s, ZynContext *cx)
{
	ZynIo **ends = s->data;
	SCRIPT_BEGIN(s)
	AWAIT(io_ready, &s->total, ends[1], ZYN_IO_WRITABLE);
	CHECK(OK(s));
	SCRIPT_END(s);
}

static void test_waiting_for_readiness(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	ZynIo *ends[2];
	char bytes[8];
	CHECK(host_pipe(rt, ends));
	CHECK_EQ(run_script(rt, wait_writable, ends), ZYN_IO_WRITABLE);
	ZynPromise *p = script_new(rt, wait_readable, ends);
	zyn_promise_spawn(rt, p);
	for (int i = 0; i < 5; i++)
		zyn_rt_turn(rt);
	CHECK_EQ(zyn_promise_status(p), ZYN_PENDING); /* what is remembered does not count */
	CHECK_EQ(write(zyn_io_fd(ends[1]), "abc", 3), 3);
	run(rt, p);
	CHECK_EQ(script_of(p)->total, ZYN_IO_READABLE);
	zyn_promise_release(p);
	CHECK_EQ(run_script(rt, wait_readable, ends), ZYN_IO_READABLE); /* still */
	CHECK_EQ(read(zyn_io_fd(ends[0]), bytes, sizeof bytes), 3);     /* behind its back */
	p = script_new(rt, wait_readable, ends);
	zyn_promise_spawn(rt, p);
	for (int i = 0; i < 5; i++)
		zyn_rt_turn(rt);
	CHECK_EQ(zyn_promise_status(p), ZYN_PENDING);
	zyn_io_close(ends[1]);
	run(rt, p);
	CHECK(script_of(p)->total & ZYN_IO_HANGUP);
	zyn_promise_release(p);
	zyn_object_release(ends[0]);
	zyn_object_release(ends[1]);
	runtime_end(rt);
}

/* --- descriptors of others -------------------------------------------------------------------- */

typedef struct Adopted {
	int fds[2];
	ZynIo *ends[2];
} Adopted;

static void adopt_thunk(ZynContext *cx, const void *args, void *result)
{
	Adopted *adopted = result;
	(void)args;
	for (int i = 0; i < 2; i++)
		adopted->ends[i] = zyn_io_adopt(cx, adopted->fds[i]);
}

static void test_an_adopted_socket(void)
{
	int before = open_descriptors();
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Adopted adopted;
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, adopted.fds), 0);
	zyn_call_direct(rt, adopt_thunk, NULL, &adopted, NULL);
	ZynPromise *p = script_new(rt, read_line, adopted.ends);
	zyn_promise_spawn(rt, p);
	CHECK_EQ(zyn_rt_turn(rt), 1);
	CHECK_EQ(write(adopted.fds[1], "12345", 5), 5);
	run(rt, p);
	CHECK_EQ(script_of(p)->total, 5);
	zyn_promise_release(p);
	zyn_object_release(adopted.ends[0]);
	zyn_object_release(adopted.ends[1]);
	runtime_end(rt);
	CHECK_EQ(open_descriptors(), before);
}

static void test_what_cannot_be_adopted(void)
{
	int before = open_descriptors();
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	ZynError *error = NULL;
	Adopted adopted = {.fds = {open("/dev/null", O_RDWR), 99999}};
	zyn_call_direct(rt, adopt_thunk, NULL, &adopted, &error);
	CHECK(adopted.ends[0] == NULL); /* no poller takes it */
	CHECK(adopted.ends[1] == NULL);
	CHECK(strcmp(error->message, "adopt: Invalid argument") == 0);
	zyn_error_release(error);
	runtime_end(rt);
	CHECK_EQ(open_descriptors(), before);
}

int main(void)
{
	RUN(test_more_than_a_pipe_holds);
	RUN(test_whatever_call_fails);
	RUN(test_hidden_faults);
	RUN(test_whatever_allocation_fails);
	RUN(test_a_broken_pipe_is_an_error_and_no_signal);
	RUN(test_two_readers_one_line);
	RUN(test_waiting_for_readiness);
	RUN(test_an_adopted_socket);
	RUN(test_what_cannot_be_adopted);
	return 0;
}
