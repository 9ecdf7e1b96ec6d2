/* Input and output on many workers when memory is out: the answer is an error, no descriptor stays
 * open, nothing is left, and the runtime goes on.
 *
 * Which allocation is the n-th depends on the workers.  From that one on all fail, until the count
 * is set anew. */
#include "tcp_support.h"

#define WORKERS 3
#define ENOUGH (INT64_MAX / 2)

static _Atomic int64_t permits = ENOUGH;

static bool permit(size_t bytes)
{
	(void)bytes;
	return atomic_fetch_sub(&permits, 1) > 0;
}

/* --- a pipe ----------------------------------------------------------------------------------- */

#define BYTES 100000 /* more than a pipe holds */

static char source[BYTES], target[BYTES];

static int64_t write_all(Script *s, ZynContext *cx)
{
	ZynIo **ends = s->data;
	SCRIPT_BEGIN(s)
	AWAIT_INIT(zyn_io_write_from_init, io_write, zyn_io_write_take, &s->total, ends[1], source,
	           BYTES);
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
	while (s->number > 0 && s->total < BYTES) {
		AWAIT_INIT(zyn_io_read_into_init, io_read, zyn_io_read_take, &s->number, ends[0],
		           target + s->total, BYTES - (size_t)s->total);
		if (!OK(s))
			s->number = 0;
		s->total += s->number;
	}
	if (!OK(s))
		zyn_io_close(ends[1]);
	SCRIPT_END(s);
}

static bool pipe_scenario(ZynRuntime *rt)
{
	ZynIo *ends[2];
	if (!host_pipe(rt, ends))
		return false;
	ZynPromise *writer = script_new(rt, write_all, ends);
	ZynPromise *reader = writer != NULL ? script_new(rt, read_all, ends) : NULL;
	bool whole = reader != NULL;
	memset(target, 0, sizeof target);
	if (whole) {
		zyn_promise_spawn(rt, writer);
		int32_t status = zyn_rt_block_on(rt, reader, LIMIT_NS);
		CHECK(status == ZYN_READY || status == ZYN_OUT_OF_MEMORY);
		whole = status == ZYN_READY && script_of(reader)->total == BYTES;
		CHECK(!whole || memcmp(source, target, BYTES) == 0);
		if (!whole)
			zyn_promise_cancel(writer);
		status = zyn_rt_block_on(rt, writer, LIMIT_NS);
		CHECK(status != ZYN_TIMEOUT && status != ZYN_DEADLOCK);
	}
	zyn_promise_release(writer);
	zyn_promise_release(reader);
	zyn_object_release(ends[0]);
	zyn_object_release(ends[1]);
	return whole;
}

/* --- a file ----------------------------------------------------------------------------------- */

TEXT(null_device, "/dev/null");

static int64_t write_to_nothing(Script *s, ZynContext *cx)
{
	SCRIPT_BEGIN(s)
	AWAIT(file_open, &s->io[0], null_device, ZYN_FILE_WRITE);
	if (OK(s)) {
		AWAIT_INIT(zyn_file_write_from_init, file_write, zyn_file_write_take, &s->total,
		           s->io[0], source, 1000);
	}
	SCRIPT_END(s);
}

static bool file_scenario(ZynRuntime *rt)
{
	ZynPromise *promises[3];
	bool whole = true;
	for (int i = 0; i < 3; i++) {
		promises[i] = script_new(rt, write_to_nothing, NULL);
		if (promises[i] != NULL)
			zyn_promise_spawn(rt, promises[i]);
	}
	for (int i = 0; i < 3; i++) {
		int32_t status = promises[i] != NULL ? zyn_rt_block_on(rt, promises[i], LIMIT_NS)
		                                     : ZYN_OUT_OF_MEMORY;
		CHECK(status == ZYN_READY || status == ZYN_OUT_OF_MEMORY);
		whole = whole && status == ZYN_READY && script_of(promises[i])->total == 1000;
		zyn_promise_release(promises[i]);
	}
	return whole;
}

/* --- the loop --------------------------------------------------------------------------------- */

static void each_allocation_of_a_team_fails(Scenario *scenario)
{
	int before = open_descriptors();
	int64_t failures = 0;
	bool whole = false;
	for (int64_t n = 0; !whole; n++) {
		CHECK(n < 5000);
		ZynOptions options = {.size = sizeof options, .workers = WORKERS};
		zyn__allocator.permit = permit; /* no other thread is there */
		atomic_store(&permits, n);
		ZynRuntime *rt = zyn_rt_new(&options);
		if (rt != NULL) {
			whole = scenario(rt) && atomic_load(&permits) >= 0;
			atomic_store(&permits, ENOUGH);
			AWAIT_THREAD(zyn_rt_live_objects(rt) == 0);
			CHECK(scenario(rt)); /* as good as before */
			AWAIT_THREAD(zyn_rt_live_objects(rt) == 0);
			zyn_rt_free(rt);
		}
		failures += !whole;
		zyn__allocator.permit = NULL;
		CHECK_EQ(open_descriptors(), before);
	}
	CHECK(failures > 5);
}

static void test_pipe_of_a_team_without_memory(void)
{
	each_allocation_of_a_team_fails(pipe_scenario);
}

static void test_tcp_of_a_team_without_memory(void)
{
	each_allocation_of_a_team_fails(echo_scenario);
}

static void test_files_of_a_team_without_memory(void)
{
	each_allocation_of_a_team_fails(file_scenario);
}

int main(void)
{
	RUN(test_pipe_of_a_team_without_memory);
	RUN(test_tcp_of_a_team_without_memory);
	RUN(test_files_of_a_team_without_memory);
	return 0;
}
