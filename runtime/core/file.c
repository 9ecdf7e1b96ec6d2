/* The leaves of files: open, read, write, sync; and their position.  Rules in file.h. */
#include "file.h"

#include <fcntl.h>
#include <string.h>

/* --- leaves ----------------------------------------------------------------------------------- */

static ZynFileJob *job_of(ZynFileLeaf *leaf)
{
	return ZYN_CONTAINER(leaf->job, ZynFileJob, job);
}

static void leave_line(ZynFileLeaf *leaf)
{
	if ((leaf->flags & ZYN_LEAF_IN_LINE) == 0)
		return;
	ZynSource *source = &leaf->io->source;
	zyn__lock(&source->lock);
	zyn__list_remove(&leaf->wait.link);
	leaf->flags &= (uint8_t)~ZYN_LEAF_IN_LINE;
	zyn__unlock(&source->lock);
}

static void end_wait(ZynFileLeaf *leaf, ZynContext *cx)
{
	ZynJob *job = leaf->job;
	leaf->job = NULL;
	leave_line(leaf);
	if (leaf->flags & ZYN_LEAF_OUTSIDE) {
		leaf->flags &= (uint8_t)~ZYN_LEAF_OUTSIDE;
		zyn__outside_end(cx->runtime);
	}
	if (job != NULL)
		zyn__job_forget(job);
}

static void begin_wait(ZynFileLeaf *leaf, ZynContext *cx)
{
	leaf->state = 1;
	if (leaf->flags & ZYN_LEAF_OUTSIDE)
		return;
	leaf->flags |= ZYN_LEAF_OUTSIDE;
	leaf->since_ns = zyn__clock_now(cx->runtime);
	zyn__outside_begin(cx->runtime);
}

static int64_t fail(ZynFileLeaf *leaf, ZynContext *cx, int error)
{
	char subject[ZYN_IO_SUBJECT_BYTES_MAX + 1] = "";
	end_wait(leaf, cx);
	if (leaf->io != NULL)
		zyn__io_subject(leaf->io, subject, sizeof subject);
	const char *path = leaf->text != NULL ? leaf->text->bytes : "";
	return zyn__io_failed(&leaf->state, cx, zyn__io_op_text(leaf->op),
	                      leaf->io != NULL ? subject : path, error);
}

/* The file is this job's from here on; 0: in line, EBADF: closed, -1: it is. */
static int take_file(ZynFileLeaf *leaf, ZynContext *cx, ZynFileJob *job)
{
	ZynSource *source = &leaf->io->source;
	int error = -1;
	zyn__lock(&source->lock);
	if (source->closed) {
		error = EBADF;
	} else if (leaf->io->busy) {
		leaf->wait.waker = cx->waker;
		if ((leaf->flags & ZYN_LEAF_IN_LINE) == 0) {
			leaf->flags |= ZYN_LEAF_IN_LINE;
			zyn__list_push_back(&source->waiters[ZYN_READER], &leaf->wait.link);
		}
		error = 0;
	} else {
		leaf->io->busy = 1; /* Rule 1. */
		source->users++;
		job->fd = source->fd;
		job->offset = leaf->io->file.position;
		if (leaf->flags & ZYN_LEAF_IN_LINE) {
			zyn__list_remove(&leaf->wait.link);
			leaf->flags &= (uint8_t)~ZYN_LEAF_IN_LINE;
		}
	}
	zyn__unlock(&source->lock);
	return error;
}

/* The job of a leaf, with the memory that it needs; null: memory is out. */
static ZynFileJob *job_new(ZynFileLeaf *leaf, ZynContext *cx)
{
	ZynFileJob *job = zyn__block_new(cx->runtime, sizeof *job);
	if (job == NULL)
		return NULL;
	*job = (ZynFileJob){.job = {.run = zyn__file_run, .over = zyn__file_over}, .fd = -1};
	job->op = leaf->op;
	job->length = leaf->length;
	if (leaf->text != NULL) { /* to be written, or the path */
		zyn_string_retain(leaf->text);
		job->text = leaf->text;
	} else if (leaf->op != ZYN_IO_OP_SYNC) { /* Rule 4. */
		job->text = zyn__io_text_new(cx->runtime, leaf->length);
		if (job->text == NULL) {
			zyn__block_release(job);
			return NULL;
		}
		if (leaf->op == ZYN_IO_OP_FILE_WRITE && leaf->length != 0)
			memcpy(job->text->bytes, leaf->buffer, leaf->length);
	}
	return job;
}

static void job_discard(ZynFileJob *job)
{
	zyn_string_release(job->text);
	zyn__block_release(job);
}

static int64_t submit(ZynFileLeaf *leaf, ZynContext *cx, ZynFileJob *job)
{
	if (leaf->io != NULL) {
		zyn_object_retain(leaf->io);
		job->io = leaf->io;
	}
	int error = zyn__job_submit(cx->runtime, &job->job);
	if (error != 0) {
		zyn__file_over(&job->job);
		return fail(leaf, cx, error);
	}
	leaf->job = &job->job;
	begin_wait(leaf, cx);
	return 0;
}

/* 0: under way, or in line */
static int64_t begin(ZynFileLeaf *leaf, ZynContext *cx)
{
	if (leaf->io != NULL && leaf->io->kind != ZYN_IO_FILE)
		return fail(leaf, cx, EINVAL);
	ZynFileJob *job = job_new(leaf, cx);
	if (job == NULL)
		return fail(leaf, cx, ENOMEM);
	if (leaf->io == NULL) {
		job->flags = (int)leaf->done;
		return submit(leaf, cx, job);
	}
	int error = take_file(leaf, cx, job);
	if (error >= 0)
		job_discard(job);
	if (error > 0)
		return fail(leaf, cx, error);
	if (error == 0) {
		begin_wait(leaf, cx);
		return 0;
	}
	return submit(leaf, cx, job);
}

/* Moves what an opened descriptor becomes into the leaf; 0 or an errno. */
static int finish_open(ZynFileLeaf *leaf, ZynContext *cx, ZynFileJob *job)
{
	ZynIo *io = zyn__io_new(cx->runtime, ZYN_IO_FILE, job->fd);
	if (io == NULL)
		return ENOMEM;
	job->fd = -1;
	io->file.path = leaf->text;
	leaf->text = NULL;
	leaf->buffer = io;
	return 0;
}

/* The job is done: its result becomes the leaf's; 0 or an errno. */
static int finish(ZynFileLeaf *leaf, ZynContext *cx, ZynFileJob *job)
{
	leaf->done = job->done;
	if (job->error != 0)
		return job->error;
	if (job->op == ZYN_IO_OP_OPEN)
		return finish_open(leaf, cx, job);
	if (job->op == ZYN_IO_OP_FILE_READ) {
		if (leaf->buffer != NULL) {
			memcpy(leaf->buffer, job->text->bytes, job->done);
		} else {
			leaf->text = zyn__io_text_fit(cx->runtime, job->text, job->done);
			job->text = NULL;
		}
	}
	job->taken = true;
	return 0;
}

static int64_t file_poll(ZynFileLeaf *leaf, ZynContext *cx)
{
	if (zyn__attention(cx, ZYN_ATTENTION_CANCEL)) {
		end_wait(leaf, cx);
		leaf->state = ZYN_STATE_CANCELLED;
		zyn_fail_cancelled(cx);
		return ZYN_POLL_LOOK;
	}
	if (leaf->flags & ZYN_LEAF_BAD)
		return fail(leaf, cx, EINVAL);
	if (leaf->op != ZYN_IO_OP_OPEN && leaf->io == NULL) {
		zyn__error_set(cx, zyn__error_constant(ZYN_ERROR_NULL_VALUE));
		leaf->state = ZYN_STATE_FAILED;
		return ZYN_POLL_LOOK;
	}
	if (leaf->job == NULL) {
		int64_t ended = begin(leaf, cx);
		if (ended != 0 || leaf->job == NULL)
			return ended;
	}
	enum ZynJobState state = zyn__job_poll(leaf->job, cx->waker);
	if (state < ZYN_JOB_DONE)
		return 0;
	int error = state == ZYN_JOB_CANCELLED ? ECANCELED : finish(leaf, cx, job_of(leaf));
	if (error != 0)
		return fail(leaf, cx, error);
	end_wait(leaf, cx);
	leaf->state = ZYN_STATE_RETURNED;
	return ZYN_POLL_LOOK;
}

static void file_drop(ZynFileLeaf *leaf)
{
	ZYN_ASSERT(leaf->job == NULL);
	ZYN_ASSERT((leaf->flags & (ZYN_LEAF_IN_LINE | ZYN_LEAF_OUTSIDE)) == 0);
	if (leaf->op == ZYN_IO_OP_OPEN)
		zyn_object_release(leaf->buffer);
	zyn_string_release(leaf->text);
	zyn_object_release(leaf->io);
	leaf->buffer = NULL;
	leaf->text = NULL;
	leaf->io = NULL;
}

/* --- file_open -------------------------------------------------------------------------------- */

static int open_flags(int64_t flags)
{
	bool reads = (flags & ZYN_FILE_READ) != 0, writes = (flags & ZYN_FILE_WRITE) != 0;
	int bits = writes ? (reads ? O_RDWR : O_WRONLY) : O_RDONLY;
	if (flags & ZYN_FILE_CREATE)
		bits |= O_CREAT;
	if (flags & ZYN_FILE_TRUNCATE)
		bits |= O_TRUNC;
	if (flags & ZYN_FILE_APPEND)
		bits |= O_APPEND;
	if (flags & ZYN_FILE_NEW)
		bits |= O_CREAT | O_EXCL;
	return bits | O_NONBLOCK; /* a FIFO without a peer must not hold up a thread of the pool */
}

void zyn_file_open_init(ZynContext *cx, void *mem, ZynString *path, int64_t flags)
{
	(void)cx;
	const int64_t known = ZYN_FILE_READ | ZYN_FILE_WRITE | ZYN_FILE_CREATE | ZYN_FILE_TRUNCATE |
	                      ZYN_FILE_APPEND | ZYN_FILE_NEW;
	ZynFileLeaf *leaf = mem;
	zyn_string_retain(path);
	*leaf = (ZynFileLeaf){.op = ZYN_IO_OP_OPEN, .text = path};
	leaf->done = (uint64_t)open_flags(flags); /* until it is done */
	bool some = (flags & (ZYN_FILE_READ | ZYN_FILE_WRITE)) != 0;
	if (path == NULL || zyn__io_c_text(path) == NULL || (flags & ~known) != 0 || !some)
		leaf->flags = ZYN_LEAF_BAD;
}

int64_t zyn_file_open_poll(void *mem, ZynContext *cx)
{
	return file_poll(mem, cx);
}

void zyn_file_open_drop(void *mem)
{
	file_drop(mem);
}

void zyn_file_open_take(void *mem, void *out)
{
	ZynFileLeaf *leaf = mem;
	ZYN_ASSERT(leaf->state == ZYN_STATE_RETURNED);
	*(ZynIo **)out = leaf->buffer;
	leaf->buffer = NULL;
}

/* --- file_read -------------------------------------------------------------------------------- */

void zyn_file_read_init(ZynContext *cx, void *mem, ZynIo *io, int64_t max)
{
	(void)cx;
	uint64_t length = max < 0 ? 0 : (uint64_t)max;
	zyn_object_retain(io);
	*(ZynFileLeaf *)mem = (ZynFileLeaf){
		.op = ZYN_IO_OP_FILE_READ,
		.io = io,
		.length = length < ZYN_READ_BYTES_MAX ? length : ZYN_READ_BYTES_MAX,
	};
}

void zyn_file_read_into_init(ZynContext *cx, void *mem, ZynIo *io, void *buffer, uint64_t size)
{
	zyn_file_read_init(cx, mem, io, size < INT64_MAX ? (int64_t)size : INT64_MAX);
	((ZynFileLeaf *)mem)->buffer = buffer;
}

int64_t zyn_file_read_poll(void *mem, ZynContext *cx)
{
	return file_poll(mem, cx);
}

void zyn_file_read_drop(void *mem)
{
	file_drop(mem);
}

void zyn_file_read_take(void *mem, void *out)
{
	ZynFileLeaf *leaf = mem;
	ZYN_ASSERT(leaf->state == ZYN_STATE_RETURNED);
	if (leaf->buffer != NULL) {
		*(int64_t *)out = (int64_t)leaf->done;
	} else {
		*(ZynString **)out = leaf->text;
		leaf->text = NULL;
	}
}

/* --- file_write, file_sync -------------------------------------------------------------------- */

void zyn_file_write_init(ZynContext *cx, void *mem, ZynIo *io, ZynString *text)
{
	(void)cx;
	zyn_object_retain(io);
	zyn_string_retain(text);
	*(ZynFileLeaf *)mem = (ZynFileLeaf){
		.op = ZYN_IO_OP_FILE_WRITE,
		.io = io,
		.text = text,
		.length = text != NULL ? text->length : 0,
	};
}

void zyn_file_write_from_init(ZynContext *cx, void *mem, ZynIo *io, const void *bytes,
                              uint64_t size)
{
	(void)cx;
	zyn_object_retain(io);
	*(ZynFileLeaf *)mem = (ZynFileLeaf){
		.op = ZYN_IO_OP_FILE_WRITE,
		.io = io,
		.buffer = (void *)(uintptr_t)bytes,
		.length = size,
	};
}

int64_t zyn_file_write_poll(void *mem, ZynContext *cx)
{
	return file_poll(mem, cx);
}

void zyn_file_write_drop(void *mem)
{
	file_drop(mem);
}

void zyn_file_write_take(void *mem, void *out)
{
	ZYN_ASSERT(((ZynFileLeaf *)mem)->state == ZYN_STATE_RETURNED);
	*(int64_t *)out = (int64_t)((ZynFileLeaf *)mem)->done;
}

void zyn_file_sync_init(ZynContext *cx, void *mem, ZynIo *io)
{
	(void)cx;
	zyn_object_retain(io);
	*(ZynFileLeaf *)mem = (ZynFileLeaf){.op = ZYN_IO_OP_SYNC, .io = io};
}

int64_t zyn_file_sync_poll(void *mem, ZynContext *cx)
{
	return file_poll(mem, cx);
}

void zyn_file_sync_drop(void *mem)
{
	file_drop(mem);
}

/* --- the position ----------------------------------------------------------------------------- */

int64_t zyn_file_position(ZynIo *io)
{
	if (io == NULL || io->kind != ZYN_IO_FILE)
		return -1;
	zyn__lock(&io->source.lock);
	int64_t position = io->file.position;
	zyn__unlock(&io->source.lock);
	return position;
}

int32_t zyn_file_seek(ZynIo *io, int64_t position)
{
	if (io == NULL || io->kind != ZYN_IO_FILE || position < 0)
		return 0;
	zyn__lock(&io->source.lock);
	bool free = !io->busy; /* else the operation under way would set it again */
	if (free)
		io->file.position = position;
	zyn__unlock(&io->source.lock);
	return free;
}
