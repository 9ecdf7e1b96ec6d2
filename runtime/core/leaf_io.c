/* The leaves of a stream: io_read, io_write, io_ready. */
#include "io.h"

#include <string.h>

/* Short transfers are told apart from complete ones by this alone, so it is what was asked for. */
static size_t clamp(uint64_t length)
{
	return (size_t)(length < ZYN_TRANSFER_BYTES_MAX ? length : ZYN_TRANSFER_BYTES_MAX);
}

static void release_io(ZynIoLeaf *leaf)
{
	ZYN_ASSERT((leaf->flags & (ZYN_LEAF_IN_LINE | ZYN_LEAF_OUTSIDE)) == 0);
	if (leaf->flags & ZYN_LEAF_OWNS_TEXT)
		zyn_string_release(leaf->buffer);
	zyn_object_release(leaf->io);
	leaf->io = NULL;
	leaf->buffer = NULL;
}

/* What a poll gives: a leaf that did not return lets go of what it holds (rule 5 of io.h). */
static int64_t answered(ZynIoLeaf *leaf, int64_t answer)
{
	if (answer != 0 && leaf->state != ZYN_STATE_RETURNED)
		release_io(leaf);
	return answer;
}

/* Handles of the other kinds have operations of their own. */
#define BYTE_KINDS (1u << ZYN_IO_STREAM | 1u << ZYN_IO_PIPE)

/* --- io_read ---------------------------------------------------------------------------------- */

void zyn_io_read_init(ZynContext *cx, void *mem, ZynIo *io, int64_t max)
{
	(void)cx;
	uint64_t length = max < 0 ? 0 : (uint64_t)max;
	zyn_object_retain(io);
	*(ZynIoLeaf *)mem = (ZynIoLeaf){
		.op = ZYN_IO_OP_READ,
		.flags = max < 0 ? ZYN_LEAF_OWNS_TEXT | ZYN_LEAF_BAD : ZYN_LEAF_OWNS_TEXT,
		.io = io,
		.length = length < ZYN_READ_BYTES_MAX ? length : ZYN_READ_BYTES_MAX,
	};
}

void zyn_io_read_into_init(ZynContext *cx, void *mem, ZynIo *io, void *buffer, uint64_t size)
{
	(void)cx;
	zyn_object_retain(io);
	*(ZynIoLeaf *)mem = (ZynIoLeaf){
		.op = ZYN_IO_OP_READ, .io = io, .buffer = buffer, .length = size};
}

static enum ZynIoOutcome read_try(ZynIoLeaf *leaf, ZynContext *cx, int fd)
{
	bool as_text = (leaf->flags & ZYN_LEAF_OWNS_TEXT) != 0;
	ZynString *text = NULL;
	if (as_text) { /* Rule 2 of io.h: the memory is there before the bytes are. */
		text = zyn__io_text_new(cx->runtime, leaf->length);
		if (text == NULL) {
			zyn__io_no_memory(&leaf->state, cx);
			return ZYN_IO_FAILED;
		}
	}
	void *bytes = as_text ? text->bytes : leaf->buffer;
	size_t wanted = clamp(leaf->length);
	ssize_t got = 0;
	if (wanted != 0) {
		if (leaf->io->is_socket)
			ZYN_RETRY(got, zyn__system.receive(fd, bytes, wanted));
		else
			ZYN_RETRY(got, zyn__system.read(fd, bytes, wanted));
	}
	if (got < 0) {
		int error = errno;
		zyn_string_release(text);
		errno = error;
		return error == EAGAIN || error == EWOULDBLOCK ? ZYN_IO_AGAIN : ZYN_IO_ERROR;
	}
	leaf->done = (uint64_t)got;
	if (as_text)
		leaf->buffer = zyn__io_text_fit(cx->runtime, text, (uint64_t)got);
	return (size_t)got < wanted && got != 0 ? ZYN_IO_DRAINED : ZYN_IO_DONE;
}

int64_t zyn_io_read_poll(void *mem, ZynContext *cx)
{
	ZynIoLeaf *leaf = mem;
	uint32_t kinds = leaf->flags & ZYN_LEAF_BAD ? 0 : BYTE_KINDS; /* 0: none will do */
	return answered(leaf, zyn__io_poll(leaf, cx, kinds, read_try));
}

void zyn_io_read_drop(void *mem)
{
	release_io(mem);
}

void zyn_io_read_take(void *mem, void *out)
{
	ZynIoLeaf *leaf = mem;
	ZYN_ASSERT(leaf->state == ZYN_STATE_RETURNED);
	if (leaf->flags & ZYN_LEAF_OWNS_TEXT) {
		*(ZynString **)out = leaf->buffer;
		leaf->buffer = NULL;
	} else {
		*(int64_t *)out = (int64_t)leaf->done;
	}
}

/* --- io_write --------------------------------------------------------------------------------- */

void zyn_io_write_init(ZynContext *cx, void *mem, ZynIo *io, ZynString *text)
{
	(void)cx;
	zyn_object_retain(io);
	zyn_string_retain(text);
	*(ZynIoLeaf *)mem = (ZynIoLeaf){
		.op = ZYN_IO_OP_WRITE,
		.flags = ZYN_LEAF_OWNS_TEXT | ZYN_LEAF_WRITER,
		.io = io,
		.buffer = text,
		.length = text != NULL ? text->length : 0, /* a null text is empty */
	};
}

void zyn_io_write_from_init(ZynContext *cx, void *mem, ZynIo *io, const void *bytes, uint64_t size)
{
	(void)cx;
	zyn_object_retain(io);
	*(ZynIoLeaf *)mem = (ZynIoLeaf){
		.op = ZYN_IO_OP_WRITE,
		.flags = ZYN_LEAF_WRITER,
		.io = io,
		.buffer = (void *)(uintptr_t)bytes,
		.length = size,
	};
}

static enum ZynIoOutcome write_try(ZynIoLeaf *leaf, ZynContext *cx, int fd)
{
	(void)cx;
	if (leaf->length == 0)
		return ZYN_IO_DONE;
	const char *bytes = leaf->flags & ZYN_LEAF_OWNS_TEXT ? ((ZynString *)leaf->buffer)->bytes
	                                                     : (const char *)leaf->buffer;
	size_t wanted = clamp(leaf->length - leaf->done);
	ssize_t put;
	if (leaf->io->is_socket)
		ZYN_RETRY(put, zyn__system.send(fd, bytes + leaf->done, wanted));
	else
		ZYN_RETRY(put, zyn__system.write(fd, bytes + leaf->done, wanted));
	if (put < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? ZYN_IO_AGAIN : ZYN_IO_ERROR;
	leaf->done += (uint64_t)put;
	if (leaf->done == leaf->length)
		return ZYN_IO_DONE;
	return (size_t)put < wanted ? ZYN_IO_FULL : ZYN_IO_MORE;
}

int64_t zyn_io_write_poll(void *mem, ZynContext *cx)
{
	return answered(mem, zyn__io_poll(mem, cx, BYTE_KINDS, write_try));
}

void zyn_io_write_drop(void *mem)
{
	release_io(mem);
}

void zyn_io_write_take(void *mem, void *out)
{
	ZYN_ASSERT(((ZynIoLeaf *)mem)->state == ZYN_STATE_RETURNED);
	*(int64_t *)out = (int64_t)((ZynIoLeaf *)mem)->done;
}

/* --- io_ready --------------------------------------------------------------------------------- */

void zyn_io_ready_init(ZynContext *cx, void *mem, ZynIo *io, int64_t directions)
{
	(void)cx;
	zyn_object_retain(io);
	*(ZynIoLeaf *)mem = (ZynIoLeaf){
		.op = ZYN_IO_OP_READY,
		.io = io,
		.length = (uint64_t)directions,
	};
}

/* Gets here only when the direction is ready: what it is ready for, in the words of zynrt.h. */
static enum ZynIoOutcome ready_try(ZynIoLeaf *leaf, ZynContext *cx, int fd)
{
	(void)cx, (void)fd;
	ZynSource *source = &leaf->io->source;
	zyn__lock(&source->lock);
	uint32_t ready = source->ready;
	zyn__unlock(&source->lock);
	leaf->done = 0;
	if (ready & (ZYN_READY_READ | ZYN_READY_READ_END))
		leaf->done |= ZYN_IO_READABLE;
	if (ready & ZYN_READY_WRITE)
		leaf->done |= ZYN_IO_WRITABLE;
	if (ready & ZYN_READY_HANGUP)
		leaf->done |= ZYN_IO_HANGUP;
	if (ready & ZYN_READY_ERROR)
		leaf->done |= ZYN_IO_FAULTY;
	return ZYN_IO_DONE;
}

int64_t zyn_io_ready_poll(void *mem, ZynContext *cx)
{
	ZynIoLeaf *leaf = mem;
	bool first = leaf->io != NULL && (leaf->flags & ZYN_LEAF_REARMED) == 0 &&
	             !zyn__attention(cx, ZYN_ATTENTION_CANCEL);
	if (first) {
		/* What is remembered may be used up by calls of the host: ask again. */
		leaf->flags |= ZYN_LEAF_REARMED;
		uint32_t interest = ZYN_READY_READ;
		if (leaf->io->kind != ZYN_IO_LISTENER && leaf->io->kind != ZYN_IO_PROCESS)
			interest |= ZYN_READY_WRITE;
		int error = zyn__reactor_modify(&leaf->io->source, interest);
		if (error != 0) {
			char subject[ZYN_IO_SUBJECT_BYTES_MAX + 1];
			zyn__io_subject(leaf->io, subject, sizeof subject);
			return zyn__io_failed(&leaf->state, cx, zyn__io_op_text(leaf->op), subject,
			                      error);
		}
	}
	return zyn__io_poll(leaf, cx, ~0u, ready_try);
}

void zyn_io_ready_drop(void *mem)
{
	release_io(mem);
}

void zyn_io_ready_take(void *mem, void *out)
{
	ZYN_ASSERT(((ZynIoLeaf *)mem)->state == ZYN_STATE_RETURNED);
	*(int64_t *)out = (int64_t)((ZynIoLeaf *)mem)->done;
}
