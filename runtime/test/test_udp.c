/* Datagrams: whole ones, cut ones, empty ones, to a peer that is gone, and with faults. */
#include "io_support.h"

TEXT(ping, "ping");
TEXT(pong, "a longer answer");
TEXT(empty, "");
TEXT(nonsense, "not an address");
TEXT(six, "::1");

typedef struct Ends {
	ZynIo *here;
	ZynIo *there;
	int64_t here_port;
	int64_t there_port;
} Ends;

static bool ends_new(ZynRuntime *rt, Ends *ends)
{
	*ends = (Ends){.here = host_udp(rt), .there = host_udp(rt)};
	if (ends->here == NULL || ends->there == NULL)
		return false;
	ends->here_port = zyn_io_port(ends->here, 0);
	ends->there_port = zyn_io_port(ends->there, 0);
	return true;
}

static void ends_end(Ends *ends)
{
	zyn_object_release(ends->here);
	zyn_object_release(ends->there);
}

static void let_datagram_go(Script *s)
{
	zyn_string_release(s->datagram.text);
	zyn_string_release(s->datagram.host);
	s->datagram = (ZynDatagram){.port = 0};
}

/* Answers one datagram. */
static int64_t answer(Script *s, ZynContext *cx)
{
	Ends *ends = s->data;
	SCRIPT_BEGIN(s)
	AWAIT(udp_recv, &s->datagram, ends->there, 100);
	if (OK(s)) {
		AWAIT(udp_send, &s->number, ends->there, pong, s->datagram.host, s->datagram.port);
	}
	if (!OK(s))
		zyn_io_close(ends->here); /* or the other one waits for ever */
	s->total = OK(s);
	SCRIPT_END(s);
}

static int64_t ask(Script *s, ZynContext *cx)
{
	Ends *ends = s->data;
	SCRIPT_BEGIN(s)
	AWAIT(udp_send, &s->number, ends->here, ping, localhost, ends->there_port);
	if (OK(s)) {
		CHECK_EQ(s->number, 4);
		AWAIT(udp_recv, &s->datagram, ends->here, 100);
	}
	if (OK(s)) {
		CHECK(zyn_string_equal(s->datagram.text, pong));
		CHECK(zyn_string_equal(s->datagram.host, localhost));
		CHECK_EQ(s->datagram.port, ends->there_port);
		CHECK_EQ(s->datagram.length, pong->length);
	}
	s->total = OK(s);
	SCRIPT_END(s);
}

static bool scenario(ZynRuntime *rt)
{
	Ends ends;
	bool whole = ends_new(rt, &ends);
	ZynPromise *server = whole ? script_new(rt, answer, &ends) : NULL;
	ZynPromise *client = server != NULL ? script_new(rt, ask, &ends) : NULL;
	whole = client != NULL;
	if (whole) {
		zyn_promise_spawn(rt, server);
		int32_t status = zyn_rt_block_on(rt, client, LIMIT_NS);
		CHECK(status == ZYN_READY || status == ZYN_OUT_OF_MEMORY);
		whole = status == ZYN_READY && script_of(client)->total == 1;
		zyn_promise_cancel(server);
		status = zyn_rt_block_on(rt, server, LIMIT_NS);
		CHECK(status == ZYN_READY || status == ZYN_CANCELLED);
	}
	zyn_promise_release(server);
	zyn_promise_release(client);
	ends_end(&ends);
	return whole;
}

static void test_question_and_answer(void)
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
	hidden_faults(scenario, 200);
}

static void test_whatever_allocation_fails(void)
{
	each_allocation_fails(scenario);
}

static int64_t shapes(Script *s, ZynContext *cx)
{
	Ends *ends = s->data;
	SCRIPT_BEGIN(s)
	AWAIT(udp_send, &s->number, ends->here, empty, localhost, ends->there_port);
	CHECK(OK(s) && s->number == 0);
	AWAIT(udp_send, &s->number, ends->here, pong, localhost, ends->there_port);
	AWAIT(udp_send, &s->number, ends->here, ping, localhost, ends->there_port);
	AWAIT(udp_recv, &s->datagram, ends->there, 100);
	CHECK(OK(s) && s->datagram.text->length == 0); /* empty, and no end */
	let_datagram_go(s);
	AWAIT(udp_recv, &s->datagram, ends->there, 3);
	CHECK(OK(s) && s->datagram.text->length == 3); /* cut, and told so */
	CHECK_EQ(s->datagram.length, pong->length);
	let_datagram_go(s);
	AWAIT(udp_recv, &s->datagram, ends->there, 100);
	CHECK(OK(s) && zyn_string_equal(s->datagram.text, ping));
	s->total = 1;
	SCRIPT_END(s);
}

static void test_empty_and_cut_datagrams(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Ends ends;
	CHECK(ends_new(rt, &ends));
	CHECK_EQ(run_script(rt, shapes, &ends), 1);
	ends_end(&ends);
	runtime_end(rt);
}

static int64_t errors(Script *s, ZynContext *cx)
{
	Ends *ends = s->data;
	SCRIPT_BEGIN(s)
	AWAIT(udp_send, &s->number, ends->here, ping, nonsense, 80);
	CHECK(!OK(s));
	CHECK(strstr(s->error, ": Destination address required") != NULL);
	AWAIT(udp_send, &s->number, ends->here, ping, NULL, 0); /* not connected */
	CHECK(!OK(s));
	CHECK_EQ(zyn_udp_connect(cx, ends->here, nonsense, 80), 0);
	script_failed(s, cx);
	CHECK(strcmp(s->error, "connect not an address: Invalid argument") == 0);
	CHECK_EQ(zyn_udp_connect(cx, ends->here, localhost, ends->there_port), 1);
	CHECK_EQ(zyn_io_port(ends->here, 1), ends->there_port);
	AWAIT(udp_send, &s->number, ends->here, ping, NULL, 0);
	CHECK(OK(s) && s->number == 4);
	zyn_io_close(ends->there);
	/* The first one is sent to nobody, which the next call hears of. */
	AWAIT(udp_send, &s->number, ends->here, ping, NULL, 0);
	CHECK(OK(s));
	AWAIT(udp_recv, &s->datagram, ends->here, 100);
	CHECK(!OK(s));
	CHECK(strstr(s->error, ": Connection refused") != NULL);
	s->total = 1;
	SCRIPT_END(s);
}

static void test_errors(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Ends ends;
	CHECK(ends_new(rt, &ends));
	CHECK_EQ(run_script(rt, errors, &ends), 1);
	ends_end(&ends);
	runtime_end(rt);
}

static void bind_six(ZynContext *cx, const void *args, void *result)
{
	(void)args;
	*(ZynIo **)result = zyn_udp_bind(cx, six, 0);
}

static void test_the_other_family(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	ZynIo *io = NULL;
	ZynError *error = NULL;
	zyn_call_direct(rt, bind_six, NULL, &io, &error);
	if (io != NULL) {
		char subject[ZYN_IO_SUBJECT_BYTES_MAX + 1];
		zyn__io_subject(io, subject, sizeof subject);
		CHECK(strncmp(subject, "[::1]:", 6) == 0);
	} else { /* a machine without it says so */
		CHECK(strncmp(error->message, "bind [::1]:0: ", 14) == 0);
		printf("no IPv6 here: %s\n", error->message);
	}
	zyn_error_release(error);
	zyn_object_release(io);
	runtime_end(rt);
}

static int64_t receive(Script *s, ZynContext *cx)
{
	Ends *ends = s->data;
	SCRIPT_BEGIN(s)
	AWAIT(udp_recv, &s->datagram, ends->there, 100);
	s->total = OK(s) ? (int64_t)s->datagram.length : -1;
	SCRIPT_END(s);
}

static int64_t send_ping(Script *s, ZynContext *cx)
{
	Ends *ends = s->data;
	SCRIPT_BEGIN(s)
	AWAIT(udp_send, &s->total, ends->here, ping, localhost, ends->there_port);
	SCRIPT_END(s);
}

static void test_a_cancelled_receiver_loses_nothing(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Ends ends;
	CHECK(ends_new(rt, &ends));
	ZynPromise *p = script_new(rt, receive, &ends);
	zyn_promise_spawn(rt, p);
	CHECK_EQ(zyn_rt_turn(rt), 1);
	zyn_promise_cancel(p);
	CHECK_EQ(run_script(rt, send_ping, &ends), 4);
	CHECK_EQ(zyn_rt_block_on(rt, p, LIMIT_NS), ZYN_CANCELLED);
	zyn_promise_release(p);
	CHECK_EQ(run_script(rt, receive, &ends), 4);
	ends_end(&ends);
	runtime_end(rt);
}

int main(void)
{
	RUN(test_question_and_answer);
	RUN(test_whatever_call_fails);
	RUN(test_hidden_faults);
	RUN(test_whatever_allocation_fails);
	RUN(test_empty_and_cut_datagrams);
	RUN(test_errors);
	RUN(test_the_other_family);
	RUN(test_a_cancelled_receiver_loses_nothing);
	return 0;
}
