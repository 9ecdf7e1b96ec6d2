/* What tests of pipes share: a writer and a reader that move more through one than it holds. */
#ifndef ZYN_PIPE_SUPPORT_H
#define ZYN_PIPE_SUPPORT_H

#include "io_support.h"

#define PIPE_BYTES 300000 /* more than a pipe holds */

static char source[PIPE_BYTES], target[PIPE_BYTES];

static int64_t write_all(Script *s, ZynContext *cx)
{
	ZynIo **ends = s->data;
	SCRIPT_BEGIN(s)
	AWAIT_INIT(zyn_io_write_from_init, io_write, zyn_io_write_take, &s->total, ends[1], source,
	           PIPE_BYTES);
	zyn_io_close(ends[1]);
	if (!OK(s))
		zyn_io_close(ends[0]);
	SCRIPT_END(s);
}

static int64_t read_all(Script *s, ZynContext *cx)
{
	ZynIo **ends = s->data;
	SCRIPT_BEGIN(s)
	s->number = 1;
	while (s->number > 0 && s->total < PIPE_BYTES) {
		AWAIT_INIT(zyn_io_read_into_init, io_read, zyn_io_read_take, &s->number, ends[0],
		           target + s->total, PIPE_BYTES - (size_t)s->total);
		if (!OK(s))
			s->number = 0;
		s->total += s->number;
	}
	if (!OK(s))
		zyn_io_close(ends[1]);
	SCRIPT_END(s);
}

/* How the two ended; READY where they never began. */
typedef struct PipeEnds {
	int32_t reader;
	int32_t writer;
} PipeEnds;

/* Whether all came through; `ended` is for the caller to judge. */
static bool goes_through_a_pipe(ZynRuntime *rt, PipeEnds *ended)
{
	ZynIo *ends[2];
	*ended = (PipeEnds){ZYN_READY, ZYN_READY};
	if (!host_pipe(rt, ends))
		return false;
	for (int i = 0; i < PIPE_BYTES; i++)
		source[i] = (char)(i * 7 + i / 256);
	ZynPromise *writer = script_new(rt, write_all, ends);
	ZynPromise *reader = writer != NULL ? script_new(rt, read_all, ends) : NULL;
	bool whole = reader != NULL;
	memset(target, 0, sizeof target);
	if (whole) {
		zyn_promise_spawn(rt, writer);
		ended->reader = zyn_rt_block_on(rt, reader, LIMIT_NS);
		whole = ended->reader == ZYN_READY && script_of(reader)->total == PIPE_BYTES;
		CHECK(!whole || memcmp(source, target, PIPE_BYTES) == 0);
		if (!whole)
			zyn_promise_cancel(writer);
		ended->writer = zyn_rt_block_on(rt, writer, LIMIT_NS);
	}
	zyn_promise_release(writer);
	zyn_promise_release(reader);
	zyn_object_release(ends[0]);
	zyn_object_release(ends[1]);
	return whole;
}

#endif
