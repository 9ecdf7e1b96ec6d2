/* UDP: sockets, sending and receiving one datagram. */
#include "io.h"

#include <string.h>

/* --- sockets ---------------------------------------------------------------------------------- */

static int open_socket(ZynIo *io)
{
	int fd, status;
	ZYN_RETRY(fd, zyn__system.socket(io->address.any.sa_family, SOCK_DGRAM));
	if (fd < 0)
		return errno;
	io->source.fd = fd;
	ZYN_RETRY(status, zyn__system.bind(fd, &io->address.any, zyn__address_bytes(&io->address)));
	socklen_t size = sizeof io->address;
	if (status == 0)
		ZYN_RETRY(status, zyn__system.local_name(fd, &io->address.any, &size));
	if (status != 0)
		return errno;
	return zyn__io_register(io, ZYN_READY_READ | ZYN_READY_WRITE);
}

ZynIo *zyn_udp_bind(ZynContext *cx, ZynString *host, int64_t port)
{
	ZynAddress address;
	char subject[ZYN_ADDRESS_TEXT_BYTES];
	const char *text = zyn__io_c_text(host);
	if (text == NULL || !zyn__address_parse(&address, text, port)) {
		zyn__io_error(cx, "bind", text != NULL ? text : host->bytes, EINVAL);
		return NULL;
	}
	zyn__address_text(&address, subject);
	ZynIo *io = zyn__io_new(cx->runtime, ZYN_IO_DATAGRAM, -1);
	if (io == NULL) {
		zyn__error_set(cx, zyn__error_constant(ZYN_ERROR_OUT_OF_MEMORY));
		return NULL;
	}
	io->address = address;
	int error = open_socket(io);
	if (error == 0)
		return io;
	zyn__io_error(cx, "bind", subject, error);
	zyn_object_release(io);
	return NULL;
}

int32_t zyn_udp_connect(ZynContext *cx, ZynIo *io, ZynString *host, int64_t port)
{
	ZynAddress address;
	char subject[ZYN_ADDRESS_TEXT_BYTES];
	const char *text = zyn__io_c_text(host);
	if (io == NULL) {
		zyn__error_set(cx, zyn__error_constant(ZYN_ERROR_NULL_VALUE));
		return 0;
	}
	if (io->kind != ZYN_IO_DATAGRAM || text == NULL ||
	    !zyn__address_parse(&address, text, port)) {
		zyn__io_error(cx, "connect", text != NULL ? text : host->bytes, EINVAL);
		return 0;
	}
	int error = EBADF, status, fd = zyn__io_borrow(io);
	if (fd >= 0) {
		ZYN_RETRY(status,
		          zyn__system.connect(fd, &address.any, zyn__address_bytes(&address)));
		error = status == 0 ? 0 : errno;
		zyn__io_give_back(io);
	}
	if (error == 0)
		return 1;
	zyn__address_text(&address, subject);
	zyn__io_error(cx, "connect", subject, error);
	return 0;
}

static void release_leaf(ZynUdpLeaf *leaf)
{
	ZYN_ASSERT((leaf->base.flags & (ZYN_LEAF_IN_LINE | ZYN_LEAF_OUTSIDE)) == 0);
	zyn_string_release(leaf->base.buffer);
	zyn_string_release(leaf->host);
	zyn_object_release(leaf->base.io);
	leaf->base.buffer = NULL;
	leaf->host = NULL;
	leaf->base.io = NULL;
}

/* --- udp_send --------------------------------------------------------------------------------- */

/* A null or empty host means whoever the socket is connected to. */
void zyn_udp_send_init(ZynContext *cx, void *mem, ZynIo *io, ZynString *text, ZynString *host,
                       int64_t port)
{
	(void)cx;
	ZynUdpLeaf *leaf = mem;
	zyn_object_retain(io);
	zyn_string_retain(text);
	*leaf = (ZynUdpLeaf){.base = {.op = ZYN_IO_OP_SEND,
	                              .flags = ZYN_LEAF_OWNS_TEXT | ZYN_LEAF_WRITER,
	                              .io = io,
	                              .buffer = text,
	                              .length = text != NULL ? text->length : 0}};
	const char *name = zyn__io_c_text(host);
	if (name == NULL || (name[0] != 0 && !zyn__address_parse(&leaf->address, name, port)))
		leaf->base.flags |= ZYN_LEAF_BAD;
}

static enum ZynIoOutcome send_try(ZynIoLeaf *base, ZynContext *cx, int fd)
{
	(void)cx;
	ZynUdpLeaf *leaf = (ZynUdpLeaf *)(void *)base;
	ZynString *text = base->buffer;
	if (base->flags & ZYN_LEAF_BAD) {
		errno = EDESTADDRREQ;
		return ZYN_IO_ERROR;
	}
	bool connected = leaf->address.any.sa_family == 0;
	ssize_t put;
	ZYN_RETRY(put, zyn__system.send_to(fd, text != NULL ? text->bytes : "", base->length,
	                                   connected ? NULL : &leaf->address.any,
	                                   connected ? 0 : zyn__address_bytes(&leaf->address)));
	if (put < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? ZYN_IO_AGAIN : ZYN_IO_ERROR;
	base->done = (uint64_t)put;
	return ZYN_IO_DONE;
}

int64_t zyn_udp_send_poll(void *mem, ZynContext *cx)
{
	return zyn__io_poll(mem, cx, 1u << ZYN_IO_DATAGRAM, send_try);
}

void zyn_udp_send_drop(void *mem)
{
	release_leaf(mem);
}

void zyn_udp_send_take(void *mem, void *out)
{
	ZYN_ASSERT(((ZynUdpLeaf *)mem)->base.state == ZYN_STATE_RETURNED);
	*(int64_t *)out = (int64_t)((ZynUdpLeaf *)mem)->base.done;
}

/* --- udp_recv --------------------------------------------------------------------------------- */

void zyn_udp_recv_init(ZynContext *cx, void *mem, ZynIo *io, int64_t max)
{
	(void)cx;
	uint64_t length = max < 0 ? 0 : (uint64_t)max;
	zyn_object_retain(io);
	*(ZynUdpLeaf *)mem = (ZynUdpLeaf){
		.base = {.op = ZYN_IO_OP_RECEIVE,
		         .flags = ZYN_LEAF_OWNS_TEXT,
		         .io = io,
		         .length = length < ZYN_READ_BYTES_MAX ? length : ZYN_READ_BYTES_MAX}};
}

static enum ZynIoOutcome receive_try(ZynIoLeaf *base, ZynContext *cx, int fd)
{
	ZynUdpLeaf *leaf = (ZynUdpLeaf *)(void *)base;
	/* Rule 2 of io.h: room for the bytes and for the name of who sent them. */
	ZynString *text = zyn__io_text_new(cx->runtime, base->length);
	ZynString *host = zyn__io_text_new(cx->runtime, ZYN_ADDRESS_TEXT_BYTES - 1);
	socklen_t size = sizeof leaf->address;
	size_t whole = 0;
	ssize_t got = -1;
	int error = ENOMEM;
	if (text != NULL && host != NULL) {
		ZYN_RETRY(got, zyn__system.receive_from(fd, text->bytes, base->length,
		                                        &leaf->address.any, &size, &whole));
		error = errno;
	}
	if (got < 0) {
		zyn_string_release(text);
		zyn_string_release(host);
		errno = error;
		return error == EAGAIN || error == EWOULDBLOCK ? ZYN_IO_AGAIN : ZYN_IO_ERROR;
	}
	base->buffer = zyn__io_text_fit(cx->runtime, text, (uint64_t)got);
	base->done = (uint64_t)got;
	zyn__address_host(&leaf->address, host->bytes);
	host->length = strlen(host->bytes);
	leaf->host = host;
	leaf->whole = whole;
	return ZYN_IO_DONE;
}

int64_t zyn_udp_recv_poll(void *mem, ZynContext *cx)
{
	return zyn__io_poll(mem, cx, 1u << ZYN_IO_DATAGRAM, receive_try);
}

void zyn_udp_recv_drop(void *mem)
{
	release_leaf(mem);
}

void zyn_udp_recv_take(void *mem, void *out)
{
	ZynUdpLeaf *leaf = mem;
	ZYN_ASSERT(leaf->base.state == ZYN_STATE_RETURNED);
	*(ZynDatagram *)out = (ZynDatagram){
		.text = leaf->base.buffer,
		.host = leaf->host,
		.port = zyn__address_port(&leaf->address),
		.length = leaf->whole,
	};
	leaf->base.buffer = NULL;
	leaf->host = NULL;
}
