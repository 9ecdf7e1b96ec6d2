/* Handles: made, counted, closed, named. */
#include "io.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The last handle is gone, and no leaf waits, because each holds one. */
static void io_free(ZynObject *object)
{
	ZynIo *io = (ZynIo *)object;
	zyn_io_close(io);
	ZYN_ASSERT(io->source.users == 0);
	ZYN_ASSERT(io->source.fd < 0);
	for (int i = 0; i < ZYN_DIRECTIONS; i++)
		ZYN_ASSERT(zyn__list_empty(&io->source.waiters[i]));
	if (io->kind == ZYN_IO_FILE)
		zyn_string_release(io->file.path);
}

static const ZynObjectOps io_ops = {.kind = ZYN_OBJECT_IO, .free = io_free};

ZynIo *zyn__io_new(ZynRuntime *rt, enum ZynIoKind kind, int fd)
{
	ZynIo *io = zyn__object_new(rt, sizeof *io, &io_ops);
	if (io == NULL)
		return NULL;
	zyn__source_init(&io->source, fd);
	io->kind = kind;
	io->is_socket = kind == ZYN_IO_STREAM || kind == ZYN_IO_LISTENER || kind == ZYN_IO_DATAGRAM;
	io->source.ordered = kind == ZYN_IO_STREAM || kind == ZYN_IO_PIPE;
	return io;
}

int zyn__io_register(ZynIo *io, uint32_t ready)
{
	uint32_t interest = ZYN_READY_READ | ZYN_READY_WRITE;
	if (io->kind == ZYN_IO_LISTENER || io->kind == ZYN_IO_PROCESS)
		interest = ZYN_READY_READ;
	return zyn__reactor_register(io->object.runtime, &io->source, interest, ready & interest);
}

void zyn_io_close(ZynIo *io)
{
	if (io == NULL)
		return;
	if (io->kind == ZYN_IO_PROCESS)
		zyn__child_let_go(io);
	zyn__source_close(&io->source);
}

int zyn_io_fd(ZynIo *io)
{
	zyn__lock(&io->source.lock);
	int fd = io->source.closed ? -1 : io->source.fd;
	zyn__unlock(&io->source.lock);
	return fd;
}

int zyn__io_borrow(ZynIo *io)
{
	zyn__lock(&io->source.lock);
	int fd = io->source.closed ? -1 : io->source.fd;
	io->source.users += fd >= 0;
	zyn__unlock(&io->source.lock);
	return fd;
}

void zyn__io_give_back(ZynIo *io)
{
	zyn__source_leave(&io->source);
}

void zyn__io_subject(const ZynIo *io, char *out, size_t size)
{
	char text[ZYN_ADDRESS_TEXT_BYTES];
	switch (io->kind) {
	case ZYN_IO_LISTENER:
	case ZYN_IO_STREAM:
	case ZYN_IO_DATAGRAM:
		zyn__address_text(&io->address, text);
		snprintf(out, size, "%s", text);
		break;
	case ZYN_IO_FILE:
		snprintf(out, size, "%.*s", ZYN_IO_SUBJECT_BYTES_MAX, io->file.path->bytes);
		break;
	case ZYN_IO_PROCESS:
		snprintf(out, size, "process %" PRId64, (int64_t)io->child.pid);
		break;
	default:
		snprintf(out, size, "pipe");
	}
}

/* --- texts ------------------------------------------------------------------------------------ */

ZynString *zyn__io_text_new(ZynRuntime *rt, uint64_t capacity)
{
	ZynString *text = zyn__block_new(rt, sizeof *text + capacity + 1);
	if (text == NULL)
		return NULL;
	atomic_init(&text->refs, 1);
	text->hash = 0;
	text->length = capacity;
	text->bytes[capacity] = 0;
	return text;
}

ZynString *zyn__io_text_fit(ZynRuntime *rt, ZynString *text, uint64_t length)
{
	ZYN_ASSERT(length <= text->length);
	uint64_t spare = text->length - length;
	ZynString *exact = spare > length && spare > 256 ? zyn__io_text_new(rt, length) : NULL;
	if (exact == NULL) { /* also when memory is out: then it stays as it is */
		text->length = length;
		text->bytes[length] = 0;
		return text;
	}
	memcpy(exact->bytes, text->bytes, length);
	zyn_string_release(text);
	return exact;
}

const char *zyn__io_c_text(const ZynString *text)
{
	if (text == NULL)
		return "";
	return strlen(text->bytes) == text->length ? text->bytes : NULL;
}

/* --- errors ----------------------------------------------------------------------------------- */

const char *zyn__io_op_text(uint32_t op)
{
	static const char *const texts[] = {
		[ZYN_IO_OP_READ] = "read",       [ZYN_IO_OP_WRITE] = "write",
		[ZYN_IO_OP_READY] = "wait for",  [ZYN_IO_OP_ACCEPT] = "accept",
		[ZYN_IO_OP_CONNECT] = "connect", [ZYN_IO_OP_RESOLVE] = "resolve",
		[ZYN_IO_OP_SEND] = "send",       [ZYN_IO_OP_RECEIVE] = "receive",
		[ZYN_IO_OP_WAIT] = "wait for",   [ZYN_IO_OP_OPEN] = "open",
		[ZYN_IO_OP_FILE_READ] = "read",  [ZYN_IO_OP_FILE_WRITE] = "write",
		[ZYN_IO_OP_SYNC] = "sync",       [ZYN_IO_OP_CALL] = "blocking call",
	};
	ZYN_ASSERT(op < sizeof texts / sizeof texts[0]);
	return texts[op];
}

/* Bytes of the longest prefix of whole UTF-8 characters. */
static size_t whole_characters(const char *text, size_t length)
{
	size_t end = length;
	while (end > 0 && length - end < 3 && ((unsigned char)text[end - 1] & 0xC0) == 0x80)
		end--;
	if (end == 0 || (unsigned char)text[end - 1] < 0xC0)
		return length; /* it ends with ASCII, or is no UTF-8 anyway */
	unsigned char lead = (unsigned char)text[end - 1];
	size_t wanted = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
	return length - (end - 1) >= wanted ? length : end - 1;
}

void zyn__io_error(ZynContext *cx, const char *operation, const char *subject, int error)
{
	char message[512], words[128];
	if (error ==
	    ENOMEM) { /* it has a code of its own, and there may be no memory to say more */
		zyn__error_set(cx, zyn__error_constant(ZYN_ERROR_OUT_OF_MEMORY));
		return;
	}
	/* our own words where the system's would lead astray */
	const char *reason = error == EBADF       ? "the handle is closed"
	                     : error == ECANCELED ? "the runtime is closing"
	                     : error == ENOSYS    ? "not there yet on this system"
	                                          : zyn__errno_text(error, words, sizeof words);
	size_t length = strlen(subject);
	if (length > ZYN_IO_SUBJECT_BYTES_MAX)
		length = ZYN_IO_SUBJECT_BYTES_MAX;
	length = whole_characters(subject, length);
	if (length == 0)
		snprintf(message, sizeof message, "%s: %s", operation, reason);
	else
		snprintf(message, sizeof message, "%s %.*s: %s", operation, (int)length, subject,
		         reason);
	zyn__error_set(cx, zyn__error_make(cx->runtime, ZYN_ERROR_IO, 0, message, strlen(message)));
}

int64_t zyn__io_failed(uint32_t *state, ZynContext *cx, const char *operation, const char *subject,
                       int error)
{
	zyn__io_error(cx, operation, subject, error);
	*state = ZYN_STATE_FAILED;
	return ZYN_POLL_LOOK;
}

int64_t zyn__io_no_memory(uint32_t *state, ZynContext *cx)
{
	zyn__error_set(cx, zyn__error_constant(ZYN_ERROR_OUT_OF_MEMORY));
	*state = ZYN_STATE_FAILED;
	return ZYN_POLL_LOOK;
}

/* --- for a debugger --------------------------------------------------------------------------- */

bool zyn__is_io_leaf(uint32_t leaf)
{
	return leaf >= ZYN_LEAF_io_read && leaf <= ZYN_LEAF_blocking;
}

static void describe_progress(const ZynIoHead *head, uint64_t *done, uint64_t *length)
{
	if (head->op == ZYN_IO_OP_READ || head->op == ZYN_IO_OP_WRITE) {
		*done = ((const ZynIoLeaf *)(const void *)head)->done;
		*length = ((const ZynIoLeaf *)(const void *)head)->length;
	} else if (head->op == ZYN_IO_OP_FILE_READ || head->op == ZYN_IO_OP_FILE_WRITE) {
		*length = ((const ZynFileLeaf *)(const void *)head)->length;
	}
}

static void describe_subject(const ZynIoHead *head, char *out, size_t size)
{
	const ZynString *name = NULL;
	out[0] = 0;
	if (head->io != NULL) {
		zyn__io_subject(head->io, out, size);
		return;
	}
	if (head->op == ZYN_IO_OP_CONNECT || head->op == ZYN_IO_OP_RESOLVE)
		name = ((const ZynConnect *)(const void *)head)->host;
	else if (head->op == ZYN_IO_OP_OPEN)
		name = ((const ZynFileLeaf *)(const void *)head)->text;
	if (name != NULL)
		snprintf(out, size, "%.*s", ZYN_IO_SUBJECT_BYTES_MAX, name->bytes);
}

void zyn__io_wait_info(const void *mem, ZynWaitInfo *out)
{
	const ZynIoHead *head = mem;
	if (head->io != NULL) {
		out->kind = ZYN_OBJECT_IO;
		out->object = zyn_object_id(head->io);
		out->closed = zyn_io_fd(head->io) < 0;
	}
	describe_progress(head, &out->fill, &out->amount);
}

int32_t zyn_dbg_io(uint32_t leaf, const void *mem, ZynIoInfo *out)
{
	const ZynIoHead *head = mem;
	char subject[ZYN_IO_SUBJECT_BYTES_MAX + 1];
	memset(out, 0, sizeof *out);
	out->fd = -1;
	if (!zyn__is_io_leaf(leaf))
		return 0;
	out->since_ns = head->since_ns;
	describe_progress(head, &out->done, &out->length);
	if (head->io != NULL)
		out->fd = zyn_io_fd(head->io);
	describe_subject(head, subject, sizeof subject);
	snprintf(out->text, sizeof out->text, subject[0] != 0 ? "%s %s" : "%s",
	         zyn__io_op_text(head->op), subject);
	return 1;
}
