/* TCP: what two ends say to each other, how they end, and what the system may do to them. */
#include "tcp_support.h"

TEXT(nowhere, "no-such-host.invalid");
TEXT(by_name, "localhost");
TEXT(nonsense, "12.34.56.999");

/* --- echo ------------------------------------------------------------------------------------- */

static void test_echo(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	CHECK(echo_scenario(rt));
	CHECK_EQ(zyn_rt_live_objects(rt), 0);
	runtime_end(rt);
}

static void test_echo_whatever_call_fails(void)
{
	each_call_fails(echo_scenario);
}

static void test_echo_bears_short_transfers(void)
{
	hidden_faults(echo_scenario, 200);
}

static void test_echo_whatever_allocation_fails(void)
{
	each_allocation_fails(echo_scenario);
}

/* --- errors and their words ------------------------------------------------------------------- */

static int64_t connect_once(Script *s, ZynContext *cx)
{
	Net *net = s->data;
	SCRIPT_BEGIN(s)
	AWAIT(tcp_connect, &s->io[0], localhost, net->port);
	SCRIPT_END(s);
}

static void test_a_refused_connection_says_so(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Net net = net_new(rt);
	char expected[100];
	snprintf(expected, sizeof expected, "connect 127.0.0.1:%d: Connection refused",
	         (int)net.port);
	net_end(&net);
	ZynPromise *p = script_new(rt, connect_once, &net);
	run(rt, p);
	CHECK(strcmp(script_of(p)->error, expected) == 0);
	zyn_promise_release(p);
	runtime_end(rt);
}

static int64_t connect_to_names(Script *s, ZynContext *cx)
{
	Net *net = s->data;
	SCRIPT_BEGIN(s)
	AWAIT(tcp_connect, &s->io[0], nowhere, 80);
	CHECK(strcmp(s->error, "connect no-such-host.invalid: no such host") == 0 ||
	      strstr(s->error, "Resource temporarily") != NULL);
	AWAIT(tcp_connect, &s->io[0], nonsense, 80);
	CHECK(!OK(s));
	AWAIT(tcp_connect, &s->io[0], NULL, 80);
	CHECK(strcmp(s->error, "connect: Invalid argument") == 0);
	AWAIT(tcp_connect, &s->io[0], localhost, 65536);
	CHECK(strcmp(s->error, "connect 127.0.0.1: Invalid argument") == 0);
	AWAIT(tcp_connect, &s->io[0], by_name, net->port);
	CHECK(OK(s));
	CHECK_EQ(zyn_io_port(s->io[0], 1), net->port);
	s->total = 1;
	SCRIPT_END(s);
}

static void test_connect_to_names(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Net net = net_new(rt);
	CHECK_EQ(run_script(rt, connect_to_names, &net), 1);
	net_end(&net);
	runtime_end(rt);
}

static int64_t wrong_handles(Script *s, ZynContext *cx)
{
	Net *net = s->data;
	SCRIPT_BEGIN(s)
	AWAIT(io_read, &s->text, net->listener, 8);
	CHECK(!OK(s));
	CHECK(strstr(s->error, ": Invalid argument") != NULL);
	AWAIT(io_write, &s->number, net->listener, hello);
	CHECK(!OK(s));
	AWAIT(tcp_accept, &s->io[0], NULL);
	CHECK(!OK(s));
	CHECK(strcmp(s->error, "null value") == 0);
	AWAIT(file_read, &s->text, net->listener, 8);
	CHECK(!OK(s));
	AWAIT(process_wait, &s->number, net->listener);
	CHECK(!OK(s));
	AWAIT(udp_recv, &s->datagram, net->listener, 8);
	CHECK(!OK(s));
	CHECK(zyn_tcp_listen(cx, localhost, net->port, 5) == NULL);
	script_failed(s, cx);
	CHECK(strstr(s->error, ": Address already in use") != NULL);
	CHECK(zyn_tcp_listen(cx, nonsense, 0, 5) == NULL);
	script_failed(s, cx);
	CHECK(strcmp(s->error, "listen 12.34.56.999: Invalid argument") == 0);
	s->total = s->failures;
	SCRIPT_END(s);
}

static void test_operations_on_the_wrong_handle(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Net net = net_new(rt);
	/* the listener counts as ready at first, so each call is tried once */
	CHECK_EQ(run_script(rt, wrong_handles, &net), 8);
	net_end(&net);
	runtime_end(rt);
}

/* --- how connections end ---------------------------------------------------------------------- */

static int64_t half_open(Script *s, ZynContext *cx)
{
	Pair *pair = s->data;
	SCRIPT_BEGIN(s)
	CHECK_EQ(zyn_io_shutdown(cx, pair->here), 1);
	AWAIT(io_read, &s->text, pair->there, 10);
	CHECK(OK(s) && s->text->length == 0); /* the end, and again */
	let_text_go(s);
	AWAIT(io_read, &s->text, pair->there, 10);
	CHECK(OK(s) && s->text->length == 0);
	let_text_go(s);
	/* the other direction still works */
	AWAIT(io_write, &s->number, pair->there, hello);
	CHECK(OK(s));
	AWAIT(io_read, &s->text, pair->here, 100);
	CHECK(OK(s) && s->text->length == hello->length);
	let_text_go(s);
	AWAIT(io_write, &s->number, pair->here, hello);
	CHECK(!OK(s));
	CHECK(strstr(s->error, ": Broken pipe") != NULL);
	zyn_io_close(pair->there);
	AWAIT(io_read, &s->text, pair->here, 10);
	CHECK(OK(s) && s->text->length == 0);
	s->total = 1;
	SCRIPT_END(s);
}

static void test_half_open_connections(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Pair pair = pair_new(rt);
	CHECK_EQ(run_script(rt, half_open, &pair), 1);
	pair_end(&pair);
	runtime_end(rt);
}

static void reset(ZynIo *io)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};
	CHECK_EQ(setsockopt(zyn_io_fd(io), SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
	zyn_io_close(io);
}

static int64_t read_until_error(Script *s, ZynContext *cx)
{
	Pair *pair = s->data;
	SCRIPT_BEGIN(s)
	AWAIT(io_read, &s->text, pair->there, 10);
	CHECK(!OK(s));
	CHECK(strstr(s->error, ": Connection reset by peer") != NULL);
	CHECK(strncmp(s->error, "read 127.0.0.1:", 15) == 0);
	AWAIT(io_write, &s->number, pair->there, hello);
	CHECK(!OK(s)); /* and no SIGPIPE */
	s->total = 1;
	SCRIPT_END(s);
}

static void test_a_reset_reaches_who_waits(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Pair pair = pair_new(rt);
	ZynPromise *p = script_new(rt, read_until_error, &pair);
	zyn_promise_spawn(rt, p);
	CHECK_EQ(zyn_rt_turn(rt), 1); /* it waits */
	reset(pair.here);
	run(rt, p);
	CHECK_EQ(script_of(p)->total, 1);
	zyn_promise_release(p);
	pair_end(&pair);
	runtime_end(rt);
}

static int64_t read_until_closed(Script *s, ZynContext *cx)
{
	Pair *pair = s->data;
	SCRIPT_BEGIN(s)
	AWAIT(io_read, &s->text, pair->there, 10);
	CHECK(!OK(s));
	CHECK(strstr(s->error, ": the handle is closed") != NULL);
	s->total = 1;
	SCRIPT_END(s);
}

static void test_closing_a_handle_fails_its_waiters(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Pair pair = pair_new(rt);
	ZynPromise *p[3];
	for (int i = 0; i < 3; i++) {
		p[i] = script_new(rt, read_until_closed, &pair);
		zyn_promise_spawn(rt, p[i]);
	}
	CHECK_EQ(zyn_rt_turn(rt), 3);
	zyn_io_close(pair.there);
	zyn_io_close(pair.there);
	CHECK_EQ(zyn_io_fd(pair.there), -1);
	for (int i = 0; i < 3; i++) {
		run(rt, p[i]);
		CHECK_EQ(script_of(p[i])->total, 1);
		zyn_promise_release(p[i]);
	}
	pair_end(&pair);
	runtime_end(rt);
}

/* --- cancelling ------------------------------------------------------------------------------- */

static int64_t read_some(Script *s, ZynContext *cx)
{
	Pair *pair = s->data;
	SCRIPT_BEGIN(s)
	AWAIT(io_read, &s->text, pair->there, 100);
	s->total = OK(s) ? (int64_t)s->text->length : -1;
	SCRIPT_END(s);
}

static int64_t write_hello(Script *s, ZynContext *cx)
{
	Pair *pair = s->data;
	SCRIPT_BEGIN(s)
	AWAIT(io_write, &s->total, pair->here, hello);
	SCRIPT_END(s);
}

static void test_a_cancelled_read_loses_nothing(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Pair pair = pair_new(rt);
	ZynPromise *p = script_new(rt, read_some, &pair);
	zyn_promise_spawn(rt, p);
	CHECK_EQ(zyn_rt_turn(rt), 1);
	CHECK_EQ(run_script(rt, write_hello, &pair), (int64_t)hello->length);
	/* The bytes are there, and it may have been woken for them: it is cancelled all the same.
	 */
	zyn_promise_cancel(p);
	int32_t status = zyn_rt_block_on(rt, p, LIMIT_NS);
	int64_t before = status == ZYN_READY ? script_of(p)->total : 0;
	zyn_promise_release(p);
	int64_t after = before == 0 ? run_script(rt, read_some, &pair) : 0;
	CHECK_EQ(before + after, (int64_t)hello->length);
	pair_end(&pair);
	runtime_end(rt);
}

static void test_every_wait_can_be_cancelled(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Pair pair = pair_new(rt);
	ScriptBody *bodies[] = {pair_accept, read_some, read_until_closed};
	for (int i = 0; i < 3; i++) {
		ZynPromise *p = script_new(rt, bodies[i], &pair);
		zyn_promise_spawn(rt, p);
		CHECK_EQ(zyn_rt_turn(rt), 1);
		CHECK_EQ(zyn__get(&rt->outside), 1);
		zyn_promise_cancel(p);
		CHECK_EQ(zyn_rt_block_on(rt, p, LIMIT_NS), ZYN_CANCELLED);
		CHECK_EQ(zyn__get(&rt->outside), 0);
		zyn_promise_release(p);
	}
	pair_end(&pair);
	runtime_end(rt);
}

static void test_a_runtime_is_freed_with_open_connections(void)
{
	int before = open_descriptors();
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Pair pair = pair_new(rt);
	ZynPromise *p = script_new(rt, read_some, &pair);
	zyn_promise_spawn(rt, p);
	CHECK_EQ(zyn_rt_turn(rt), 1);
	zyn_rt_free(rt);
	/* all but the wake descriptor, which stays until the last handle goes */
	CHECK_EQ(open_descriptors(), before + 1);
	CHECK_EQ(zyn_promise_status(p), ZYN_CANCELLED);
	zyn_promise_release(p);
	zyn_io_close(pair.here);
	CHECK_EQ(zyn_io_port(pair.listener, 1), -1);
	pair_end(&pair);
	CHECK_EQ(open_descriptors(), before);
}

/* --- what a debugger sees --------------------------------------------------------------------- */

static void test_what_a_parked_leaf_waits_for(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Pair pair = pair_new(rt);
	ZynPromise *p = script_new(rt, read_some, &pair);
	char expected[100];
	ZynIoInfo io;
	ZynWaitInfo wait;
	zyn_promise_spawn(rt, p);
	CHECK_EQ(zyn_rt_turn(rt), 1);
	CHECK_EQ(zyn_dbg_io(ZYN_LEAF_io_read, &script_of(p)->leaf, &io), 1);
	snprintf(expected, sizeof expected, "read 127.0.0.1:%d", (int)zyn_io_port(pair.there, 1));
	CHECK(strcmp(io.text, expected) == 0);
	CHECK_EQ(io.fd, zyn_io_fd(pair.there));
	CHECK_EQ(io.length, 100);
	CHECK(io.since_ns > 0);
	CHECK(io.since_ns <= zyn_rt_now_ns(rt));
	CHECK_EQ(zyn_dbg_wait(ZYN_LEAF_io_read, &script_of(p)->leaf, &wait), 1);
	CHECK_EQ(wait.kind, ZYN_OBJECT_IO);
	CHECK_EQ(wait.object, zyn_object_id(pair.there));
	CHECK_EQ(wait.closed, 0);
	CHECK_EQ(zyn_dbg_io(ZYN_LEAF_delay, &script_of(p)->leaf, &io), 0);
	zyn_promise_cancel(p);
	CHECK_EQ(zyn_rt_block_on(rt, p, LIMIT_NS), ZYN_CANCELLED);
	zyn_promise_release(p);
	pair_end(&pair);
	runtime_end(rt);
}

static int64_t names(Script *s, ZynContext *cx)
{
	Pair *pair = s->data;
	s->text = zyn_io_host(cx, pair->here, 1);
	CHECK(zyn_string_equal(s->text, localhost));
	let_text_go(s);
	s->text = zyn_io_host(cx, pair->listener, 1);
	CHECK_EQ(s->text->length, 0);
	let_text_go(s);
	CHECK_EQ(zyn_io_port(pair->here, 0), zyn_io_port(pair->there, 1));
	CHECK_EQ(zyn_io_port(pair->here, 1), zyn_io_port(pair->listener, 0));
	CHECK_EQ(zyn_io_port(NULL, 0), -1);
	CHECK_EQ(zyn_io_shutdown(cx, pair->listener), 1);
	CHECK_EQ(zyn_io_shutdown(cx, NULL), 0);
	script_failed(s, cx);
	zyn_io_close(pair->here);
	CHECK_EQ(zyn_io_shutdown(cx, pair->here), 0);
	script_failed(s, cx);
	CHECK(strstr(s->error, "shut down 127.0.0.1:") == s->error);
	s->total = 1;
	return 1;
}

static void test_names_of_both_ends(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Pair pair = pair_new(rt);
	CHECK_EQ(run_script(rt, names, &pair), 1);
	pair_end(&pair);
	runtime_end(rt);
}

int main(void)
{
	RUN(test_echo);
	RUN(test_echo_whatever_call_fails);
	RUN(test_echo_bears_short_transfers);
	RUN(test_echo_whatever_allocation_fails);
	RUN(test_a_refused_connection_says_so);
	RUN(test_connect_to_names);
	RUN(test_operations_on_the_wrong_handle);
	RUN(test_half_open_connections);
	RUN(test_a_reset_reaches_who_waits);
	RUN(test_closing_a_handle_fails_its_waiters);
	RUN(test_a_cancelled_read_loses_nothing);
	RUN(test_every_wait_can_be_cancelled);
	RUN(test_a_runtime_is_freed_with_open_connections);
	RUN(test_what_a_parked_leaf_waits_for);
	RUN(test_names_of_both_ends);
	return 0;
}
