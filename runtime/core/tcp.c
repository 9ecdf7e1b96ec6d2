/* TCP: listening, accepting, connecting.
 *
 * TCP_NODELAY is on for every stream: a program that awaits each write would otherwise wait for
 * the acknowledgement of the one before.
 */
#include "io.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

#define BACKLOG_DEFAULT 1024

static int set_flag(int fd, int level, int option)
{
	int on = 1, status;
	ZYN_RETRY(status, zyn__system.set_option(fd, level, option, &on, sizeof on));
	return status;
}

/* --- listening -------------------------------------------------------------------------------- */

/* 0 or an errno */
static int bind_and_listen(ZynIo *io, int backlog)
{
	int fd = io->source.fd, status;
	/* Connections that linger from an earlier run are no reason to refuse the port. */
	if (set_flag(fd, SOL_SOCKET, SO_REUSEADDR) != 0 ||
	    set_flag(fd, IPPROTO_TCP, TCP_NODELAY) != 0) /* those accepted inherit it */
		return errno;
	ZYN_RETRY(status, zyn__system.bind(fd, &io->address.any, zyn__address_bytes(&io->address)));
	if (status == 0)
		ZYN_RETRY(status, zyn__system.listen(fd, backlog));
	socklen_t size = sizeof io->address;
	if (status == 0)
		ZYN_RETRY(status, zyn__system.local_name(fd, &io->address.any, &size));
	return status == 0 ? 0 : errno;
}

ZynIo *zyn_tcp_listen(ZynContext *cx, ZynString *host, int64_t port, int64_t backlog)
{
	ZynAddress address;
	char subject[ZYN_ADDRESS_TEXT_BYTES];
	const char *text = zyn__io_c_text(host);
	if (text == NULL || !zyn__address_parse(&address, text, port)) {
		zyn__io_error(cx, "listen", text != NULL ? text : host->bytes, EINVAL);
		return NULL;
	}
	zyn__address_text(&address, subject);
	ZynIo *io = zyn__io_new(cx->runtime, ZYN_IO_LISTENER, -1);
	if (io == NULL) {
		zyn__error_set(cx, zyn__error_constant(ZYN_ERROR_OUT_OF_MEMORY));
		return NULL;
	}
	int fd, error = 0;
	ZYN_RETRY(fd, zyn__system.socket(address.any.sa_family, SOCK_STREAM));
	io->source.fd = fd;
	io->address = address;
	if (fd < 0)
		error = errno;
	if (error == 0)
		error = bind_and_listen(io, backlog > 0 && backlog < INT32_MAX ? (int)backlog
		                                                               : BACKLOG_DEFAULT);
	if (error == 0)
		error = zyn__io_register(io, ZYN_READY_READ);
	if (error == 0)
		return io;
	zyn__io_error(cx, "listen", subject, error);
	zyn_object_release(io);
	return NULL;
}

/* --- accepting -------------------------------------------------------------------------------- */

void zyn_tcp_accept_init(ZynContext *cx, void *mem, ZynIo *io)
{
	(void)cx;
	zyn_object_retain(io);
	*(ZynIoLeaf *)mem = (ZynIoLeaf){.op = ZYN_IO_OP_ACCEPT, .io = io};
}

/* Errors of the connection that was to be accepted, not of the listener: accept(2). */
static bool concerns_connection(int error)
{
	static const int errors[] = {ECONNABORTED, EPROTO,       ENETDOWN,    ENOPROTOOPT,
	                             EHOSTDOWN,    EHOSTUNREACH, ENETUNREACH, EPERM};
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		if (errors[i] == error)
			return true;
	}
	return false;
}

static enum ZynIoOutcome accept_try(ZynIoLeaf *leaf, ZynContext *cx, int fd)
{
	/* Memory first: an accepted connection that has no place is lost. */
	ZynIo *stream = zyn__io_new(cx->runtime, ZYN_IO_STREAM, -1);
	if (stream == NULL) {
		zyn__io_no_memory(&leaf->state, cx);
		return ZYN_IO_FAILED;
	}
	socklen_t size = sizeof stream->address;
	int accepted;
	ZYN_RETRY(accepted, zyn__system.accept(fd, &stream->address.any, &size));
	int error = accepted < 0 ? errno : 0;
	if (error == 0) {
		stream->source.fd = accepted;
		error = zyn__io_register(stream, ZYN_READY_READ | ZYN_READY_WRITE);
		if (error == 0) {
			leaf->buffer = stream;
			return ZYN_IO_DONE;
		}
	}
	zyn_object_release(stream);
	errno = error;
	if (accepted >= 0)
		return ZYN_IO_ERROR;
	if (error == EAGAIN || error == EWOULDBLOCK)
		return ZYN_IO_AGAIN;
	return concerns_connection(error) ? ZYN_IO_MORE : ZYN_IO_ERROR;
}

int64_t zyn_tcp_accept_poll(void *mem, ZynContext *cx)
{
	ZynIoLeaf *leaf = mem;
	int64_t answer = zyn__io_poll(leaf, cx, 1u << ZYN_IO_LISTENER, accept_try);
	if (answer != 0 && leaf->state != ZYN_STATE_RETURNED)
		zyn_tcp_accept_drop(leaf); /* Rule 5 of io.h. */
	return answer;
}

void zyn_tcp_accept_drop(void *mem)
{
	ZynIoLeaf *leaf = mem;
	ZYN_ASSERT((leaf->flags & (ZYN_LEAF_IN_LINE | ZYN_LEAF_OUTSIDE)) == 0);
	zyn_object_release(leaf->buffer); /* accepted, and nobody took it */
	zyn_object_release(leaf->io);
	leaf->buffer = NULL;
	leaf->io = NULL;
}

void zyn_tcp_accept_take(void *mem, void *out)
{
	ZynIoLeaf *leaf = mem;
	ZYN_ASSERT(leaf->state == ZYN_STATE_RETURNED);
	*(ZynIo **)out = leaf->buffer;
	leaf->buffer = NULL;
}

/* --- what a socket is called, and ending one direction ---------------------------------------- */

static bool socket_name(ZynIo *io, bool peer, ZynAddress *out)
{
	socklen_t size = sizeof *out;
	memset(out, 0, sizeof *out);
	if (io == NULL || !io->is_socket)
		return false;
	if (peer == (io->kind == ZYN_IO_STREAM)) { /* what the handle has noted */
		*out = io->address;
		return true;
	}
	int status = -1, fd = zyn__io_borrow(io);
	if (fd < 0)
		return false;
	if (peer)
		ZYN_RETRY(status, zyn__system.peer_name(fd, &out->any, &size));
	else
		ZYN_RETRY(status, zyn__system.local_name(fd, &out->any, &size));
	zyn__io_give_back(io);
	return status == 0;
}

ZynString *zyn_io_host(ZynContext *cx, ZynIo *io, int32_t peer)
{
	ZynAddress address;
	char host[ZYN_ADDRESS_TEXT_BYTES] = "";
	if (socket_name(io, peer != 0, &address))
		zyn__address_host(&address, host);
	ZynString *text = zyn_string_new(cx->runtime, host, strlen(host));
	if (text == NULL)
		zyn__error_set(cx, zyn__error_constant(ZYN_ERROR_OUT_OF_MEMORY));
	return text;
}

int64_t zyn_io_port(ZynIo *io, int32_t peer)
{
	ZynAddress address;
	return socket_name(io, peer != 0, &address) ? zyn__address_port(&address) : -1;
}

int32_t zyn_io_shutdown(ZynContext *cx, ZynIo *io)
{
	char subject[ZYN_IO_SUBJECT_BYTES_MAX + 1];
	int error = EBADF, status;
	if (io == NULL) {
		zyn__error_set(cx, zyn__error_constant(ZYN_ERROR_NULL_VALUE));
		return 0;
	}
	int fd = zyn__io_borrow(io);
	if (fd >= 0) {
		ZYN_RETRY(status, zyn__system.shutdown(fd, SHUT_WR));
		error = status == 0 ? 0 : errno;
		zyn__io_give_back(io);
	}
	if (error == 0)
		return 1;
	zyn__io_subject(io, subject, sizeof subject);
	zyn__io_error(cx, "shut down", subject, error);
	return 0;
}
