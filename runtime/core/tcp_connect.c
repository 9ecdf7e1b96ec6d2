/* tcp_connect: a name or an address, its addresses one after the other, the first that answers.
 *
 * States: 1 the name is being looked up (on a thread of the pool), 2 a connection is being made.
 */
#include "io.h"

#include <netinet/tcp.h>
#include <string.h>

#define HOST_BYTES_MAX 255 /* of a name, RFC 1035 */
#define STATE_RESOLVING 1u
#define STATE_CONNECTING 2u

struct ZynResolve {
	ZynJob job;
	struct addrinfo *found;
	int error;
	char host[HOST_BYTES_MAX + 1];
};

static void resolve_run(ZynJob *job)
{
	ZynResolve *resolve = ZYN_CONTAINER(job, ZynResolve, job);
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	int status;
	ZYN_RETRY(status, zyn__system.resolve(resolve->host, &hints, &resolve->found));
	resolve->error = status == 0 ? 0 : errno;
}

static void resolve_over(ZynJob *job)
{
	ZynResolve *resolve = ZYN_CONTAINER(job, ZynResolve, job);
	if (resolve->found != NULL)
		freeaddrinfo(resolve->found);
	zyn__block_release(resolve);
}

void zyn_tcp_connect_init(ZynContext *cx, void *mem, ZynString *host, int64_t port)
{
	(void)cx;
	ZynConnect *leaf = mem;
	zyn_string_retain(host);
	*leaf = (ZynConnect){.host = host};
	leaf->base.op = ZYN_IO_OP_CONNECT;
	leaf->base.flags = ZYN_LEAF_WRITER;
	leaf->base.length = (uint64_t)port;
}

static const char *host_of(const ZynConnect *leaf)
{
	return leaf->host != NULL ? leaf->host->bytes : "";
}

static void drop_attempt(ZynConnect *leaf, ZynContext *cx)
{
	zyn__io_unpark(&leaf->base, cx);
	zyn_object_release(leaf->base.io);
	leaf->base.io = NULL;
}

static void drop_resolve(ZynConnect *leaf, ZynContext *cx)
{
	ZynResolve *resolve = leaf->resolve;
	leaf->resolve = NULL;
	leaf->next = NULL;
	if (leaf->base.flags & ZYN_LEAF_OUTSIDE) {
		leaf->base.flags &= (uint8_t)~ZYN_LEAF_OUTSIDE;
		zyn__outside_end(cx->runtime);
	}
	if (resolve != NULL)
		zyn__job_forget(&resolve->job);
}

static int64_t give_up(ZynConnect *leaf, ZynContext *cx, int error)
{
	char subject[ZYN_ADDRESS_TEXT_BYTES];
	zyn__address_text(&leaf->address, subject);
	drop_attempt(leaf, cx);
	drop_resolve(leaf, cx);
	return zyn__io_failed(&leaf->base.state, cx, "connect",
	                      subject[0] != 0 ? subject : host_of(leaf), error);
}

/* --- one address ------------------------------------------------------------------------------ */

/* A second connect() tells how the first one went, on every system. */
static int connect_status(ZynIo *io, int fd)
{
	int status;
	ZYN_RETRY(status,
	          zyn__system.connect(fd, &io->address.any, zyn__address_bytes(&io->address)));
	if (status == 0 || errno == EISCONN)
		return 0;
	return errno == EALREADY ? EINPROGRESS : errno;
}

/* Begins an attempt: 0 connected, EINPROGRESS, or why not. */
static int attempt(ZynConnect *leaf, ZynContext *cx)
{
	ZynIo *io = zyn__io_new(cx->runtime, ZYN_IO_STREAM, -1);
	int fd, on = 1, status;
	if (io == NULL)
		return ENOMEM;
	leaf->base.io = io;
	io->address = leaf->address;
	ZYN_RETRY(fd, zyn__system.socket(leaf->address.any.sa_family, SOCK_STREAM));
	if (fd < 0)
		return errno;
	io->source.fd = fd;
	ZYN_RETRY(status, zyn__system.set_option(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
	if (status != 0)
		return errno;
	int error = connect_status(io, fd);
	if (error != 0 && error != EINPROGRESS)
		return error;
	/* Registered after connect: before, a socket counts as hung up. */
	uint32_t ready = error == 0 ? ZYN_READY_READ | ZYN_READY_WRITE : 0;
	int refused = zyn__io_register(io, ready);
	return refused != 0 ? refused : error;
}

static enum ZynIoOutcome connect_try(ZynIoLeaf *leaf, ZynContext *cx, int fd)
{
	(void)cx;
	int error = connect_status(leaf->io, fd);
	if (error == 0)
		return ZYN_IO_DONE;
	errno = error;
	return error == EINPROGRESS ? ZYN_IO_AGAIN : ZYN_IO_ERROR;
}

/* The next address that can be one; false: none is left. */
static bool next_address(ZynConnect *leaf)
{
	while (leaf->next != NULL) { /* bounded by what the resolver gave */
		struct addrinfo *entry = leaf->next;
		leaf->next = entry->ai_next;
		if (zyn__address_copy(&leaf->address, entry->ai_addr, (int64_t)leaf->base.length))
			return true;
	}
	return false;
}

/* Attempts until one is under way (0), made it, or all failed. */
static int64_t try_addresses(ZynConnect *leaf, ZynContext *cx)
{
	for (;;) { /* bounded by the addresses */
		int error = attempt(leaf, cx);
		if (error == 0) {
			leaf->base.state = ZYN_STATE_RETURNED;
			drop_resolve(leaf, cx);
			return ZYN_POLL_LOOK;
		}
		if (error == EINPROGRESS) {
			leaf->base.state = STATE_CONNECTING;
			return 0;
		}
		if (error == ENOMEM || error == EMFILE || error == ENFILE || leaf->next == NULL)
			return give_up(leaf, cx, error);
		drop_attempt(leaf, cx);
		if (!next_address(leaf))
			return give_up(leaf, cx, error);
	}
}

/* --- the leaf --------------------------------------------------------------------------------- */

static int64_t begin(ZynConnect *leaf, ZynContext *cx)
{
	const char *host = host_of(leaf);
	int64_t port = (int64_t)leaf->base.length;
	size_t length = strlen(host);
	bool whole = leaf->host != NULL && length == leaf->host->length;
	if (whole && zyn__address_parse(&leaf->address, host, port))
		return try_addresses(leaf, cx);
	bool is_name = whole && length > 0 && length <= HOST_BYTES_MAX;
	if (!is_name || !zyn__address_parse(&leaf->address, "0.0.0.0", port)) {
		memset(&leaf->address, 0, sizeof leaf->address);
		return give_up(leaf, cx, EINVAL);
	}
	memset(&leaf->address, 0, sizeof leaf->address);
	ZynResolve *resolve = zyn__block_new(cx->runtime, sizeof *resolve);
	if (resolve == NULL)
		return zyn__io_no_memory(&leaf->base.state, cx);
	*resolve = (ZynResolve){.job = {.run = resolve_run, .over = resolve_over}};
	memcpy(resolve->host, host, length + 1);
	int error = zyn__job_submit(cx->runtime, &resolve->job);
	if (error != 0) {
		zyn__block_release(resolve);
		return give_up(leaf, cx, error);
	}
	leaf->resolve = resolve;
	leaf->base.op = ZYN_IO_OP_RESOLVE;
	leaf->base.state = STATE_RESOLVING;
	leaf->base.flags |= ZYN_LEAF_OUTSIDE;
	leaf->base.since_ns = zyn__clock_now(cx->runtime);
	zyn__outside_begin(cx->runtime);
	return 0;
}

/* 0: the name is still being looked up */
static int64_t poll_resolve(ZynConnect *leaf, ZynContext *cx)
{
	enum ZynJobState state = zyn__job_poll(&leaf->resolve->job, cx->waker);
	if (state < ZYN_JOB_DONE)
		return 0;
	leaf->base.op = ZYN_IO_OP_CONNECT;
	leaf->base.flags &= (uint8_t)~ZYN_LEAF_OUTSIDE;
	zyn__outside_end(cx->runtime);
	int error = state == ZYN_JOB_CANCELLED ? ECANCELED : leaf->resolve->error;
	leaf->next = error == 0 ? leaf->resolve->found : NULL;
	if (error == ENOENT || (error == 0 && !next_address(leaf))) {
		drop_resolve(leaf, cx);
		zyn__fail(cx, ZYN_ERROR_IO, 0, "connect %.100s: no such host", host_of(leaf));
		leaf->base.state = ZYN_STATE_FAILED;
		return ZYN_POLL_LOOK;
	}
	return error != 0 ? give_up(leaf, cx, error) : try_addresses(leaf, cx);
}

static int64_t cancel(ZynConnect *leaf, ZynContext *cx)
{
	drop_attempt(leaf, cx);
	drop_resolve(leaf, cx);
	leaf->base.state = ZYN_STATE_CANCELLED;
	zyn_fail_cancelled(cx);
	return ZYN_POLL_LOOK;
}

static int64_t poll_connect(ZynConnect *leaf, ZynContext *cx)
{
	int64_t ended = 0;
	if (zyn__attention(cx, ZYN_ATTENTION_CANCEL))
		return cancel(leaf, cx);
	if (leaf->base.state == ZYN_STATE_START)
		ended = begin(leaf, cx);
	if (ended == 0 && leaf->base.state == STATE_RESOLVING)
		ended = poll_resolve(leaf, cx);
	if (ended != 0 || leaf->base.state != STATE_CONNECTING)
		return ended;
	for (;;) { /* bounded by the addresses */
		if (zyn__io_poll(&leaf->base, cx, ~0u, connect_try) == 0) {
			leaf->base.state = STATE_CONNECTING;
			return 0;
		}
		if (leaf->base.state == ZYN_STATE_RETURNED || leaf->next == NULL) {
			drop_resolve(leaf, cx);
			return ZYN_POLL_LOOK;
		}
		zyn_error_release(zyn__error_take(cx));
		drop_attempt(leaf, cx);
		if (!next_address(leaf))
			return give_up(leaf, cx, EAFNOSUPPORT);
		ended = try_addresses(leaf, cx);
		if (ended != 0)
			return ended;
	}
}

int64_t zyn_tcp_connect_poll(void *mem, ZynContext *cx)
{
	ZynConnect *leaf = mem;
	int64_t answer = poll_connect(leaf, cx);
	if (answer != 0 && leaf->base.state != ZYN_STATE_RETURNED)
		zyn_tcp_connect_drop(leaf); /* Rule 5 of io.h. */
	return answer;
}

void zyn_tcp_connect_drop(void *mem)
{
	ZynConnect *leaf = mem;
	ZYN_ASSERT(leaf->resolve == NULL);
	zyn_object_release(
		leaf->base.io); /* connected, and nobody took it; or the one that failed */
	leaf->base.io = NULL;
	zyn_string_release(leaf->host);
	leaf->host = NULL;
}

void zyn_tcp_connect_take(void *mem, void *out)
{
	ZynConnect *leaf = mem;
	ZYN_ASSERT(leaf->base.state == ZYN_STATE_RETURNED);
	*(ZynIo **)out = leaf->base.io;
	leaf->base.io = NULL;
}
