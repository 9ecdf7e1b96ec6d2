/* Input and output on many workers when memory is out: the answer is an error, no descriptor stays
 * open, nothing is left, and the runtime goes on. */
#include "team_memory_support.h"

#include "pipe_support.h"
#include "tcp_support.h"

static bool pipe_scenario(ZynRuntime *rt)
{
	PipeEnds ended;
	bool whole = goes_through_a_pipe(rt, &ended);
	CHECK(ended.reader == ZYN_READY || ended.reader == ZYN_OUT_OF_MEMORY);
	CHECK(ended.writer != ZYN_TIMEOUT && ended.writer != ZYN_DEADLOCK);
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

/* --- tests ----------------------------------------------------------------------------------- */

static void test_pipe_of_a_team_without_memory(void)
{
	each_allocation_of_a_team_fails(pipe_scenario, open_descriptors);
}

static void test_tcp_of_a_team_without_memory(void)
{
	each_allocation_of_a_team_fails(echo_scenario, open_descriptors);
}

static void test_files_of_a_team_without_memory(void)
{
	each_allocation_of_a_team_fails(file_scenario, open_descriptors);
}

int main(void)
{
	RUN(test_pipe_of_a_team_without_memory);
	RUN(test_tcp_of_a_team_without_memory);
	RUN(test_files_of_a_team_without_memory);
	return 0;
}
