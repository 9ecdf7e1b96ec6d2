/* What the tests of TCP share: an echo, and a pair of connected handles. */
#ifndef ZYN_TEST_TCP_SUPPORT_H
#define ZYN_TEST_TCP_SUPPORT_H

#include "io_support.h"

#include <sys/socket.h>

TEXT(hello, "hello, world");

typedef struct Net {
	ZynIo *listener; /* owned by the test */
	int64_t port;
} Net;

static inline Net net_new(ZynRuntime *rt)
{
	Net net = {.listener = host_listen(rt)};
	net.port = net.listener != NULL ? zyn_io_port(net.listener, 0) : -1;
	return net;
}

static inline void net_end(Net *net)
{
	zyn_object_release(net->listener);
}

/* --- echo ------------------------------------------------------------------------------------- */

/* Accepts once and sends back what comes, until the other side ends or something fails. */
static inline int64_t echo_server(Script *s, ZynContext *cx)
{
	Net *net = s->data;
	SCRIPT_BEGIN(s)
	AWAIT(tcp_accept, &s->io[0], net->listener);
	while (OK(s)) {
		AWAIT(io_read, &s->text, s->io[0], 7);
		if (!OK(s) || s->text->length == 0)
			break;
		AWAIT(io_write, &s->number, s->io[0], s->text);
		if (OK(s)) {
			CHECK_EQ(s->number, (int64_t)s->text->length);
			s->total += s->number;
		}
		let_text_go(s);
	}
	if (s->failures != 0)
		zyn_io_close(net->listener); /* or the client waits for ever */
	SCRIPT_END(s);
}

/* Sends a text and reads until it is back. */
static inline int64_t echo_client(Script *s, ZynContext *cx)
{
	Net *net = s->data;
	SCRIPT_BEGIN(s)
	AWAIT(tcp_connect, &s->io[0], localhost, net->port);
	if (OK(s)) {
		AWAIT(io_write, &s->number, s->io[0], hello);
	}
	while (OK(s) && s->total < (int64_t)hello->length) {
		AWAIT(io_read, &s->text, s->io[0], 100);
		if (!OK(s) || s->text->length == 0)
			break;
		CHECK(memcmp(s->text->bytes, hello->bytes + s->total, s->text->length) == 0);
		s->total += (int64_t)s->text->length;
		let_text_go(s);
	}
	if (!OK(s))
		zyn_io_close(net->listener);
	SCRIPT_END(s);
}

static inline bool echo_scenario(ZynRuntime *rt)
{
	Net net = net_new(rt);
	if (net.listener == NULL || net.port < 0) {
		net_end(&net);
		return false;
	}
	ZynPromise *server = script_new(rt, echo_server, &net);
	ZynPromise *client = server != NULL ? script_new(rt, echo_client, &net) : NULL;
	bool whole = client != NULL;
	if (whole) {
		zyn_promise_spawn(rt, server);
		int32_t status = zyn_rt_block_on(rt, client, LIMIT_NS);
		CHECK(status == ZYN_READY || status == ZYN_OUT_OF_MEMORY);
		if (status != ZYN_READY || script_of(client)->failures != 0)
			zyn_promise_cancel(server);
		whole = status == ZYN_READY && script_of(client)->total == (int64_t)hello->length;
		status = zyn_rt_block_on(rt, server, LIMIT_NS);
		CHECK(status == ZYN_READY || status == ZYN_CANCELLED);
	}
	zyn_promise_release(server);
	zyn_promise_release(client);
	net_end(&net);
	return whole;
}

/* --- a pair of handles ------------------------------------------------------------------------ */

typedef struct Pair {
	ZynIo *listener;
	ZynIo *here;  /* connected */
	ZynIo *there; /* accepted */
	int64_t port;
} Pair;

static inline int64_t pair_accept(Script *s, ZynContext *cx)
{
	Pair *pair = s->data;
	SCRIPT_BEGIN(s)
	AWAIT(tcp_accept, &pair->there, pair->listener);
	CHECK(OK(s));
	SCRIPT_END(s);
}

static inline int64_t pair_connect(Script *s, ZynContext *cx)
{
	Pair *pair = s->data;
	SCRIPT_BEGIN(s)
	AWAIT(tcp_connect, &pair->here, localhost, pair->port);
	CHECK(OK(s));
	SCRIPT_END(s);
}

static inline Pair pair_new(ZynRuntime *rt)
{
	Pair pair = {.listener = host_listen(rt)};
	pair.port = zyn_io_port(pair.listener, 0);
	ZynPromise *accept = script_new(rt, pair_accept, &pair);
	zyn_promise_spawn(rt, accept);
	run_script(rt, pair_connect, &pair);
	run(rt, accept);
	zyn_promise_release(accept);
	return pair;
}

static inline void pair_end(Pair *pair)
{
	zyn_object_release(pair->listener);
	zyn_object_release(pair->here);
	zyn_object_release(pair->there);
}

#endif
