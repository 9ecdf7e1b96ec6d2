/* TCP under load: large transfers, writers in line, a thousand connections, many workers. */
#include "tcp_support.h"

/* --- large transfers, and writers in line ----------------------------------------------------- */

#define BLOCK_BYTES 700000
#define WRITERS 4

static char blocks[WRITERS][BLOCK_BYTES];

typedef struct Block {
	Pair *pair;
	int index;
} Block;

static int64_t write_block(Script *s, ZynContext *cx)
{
	Block *block = s->data;
	SCRIPT_BEGIN(s)
	AWAIT_INIT(zyn_io_write_from_init, io_write, zyn_io_write_take, &s->total,
	           block->pair->here, blocks[block->index], BLOCK_BYTES);
	CHECK(OK(s));
	SCRIPT_END(s);
}

static char received[WRITERS * BLOCK_BYTES];

static int64_t read_blocks(Script *s, ZynContext *cx)
{
	Pair *pair = s->data;
	SCRIPT_BEGIN(s)
	while (s->total < WRITERS * BLOCK_BYTES) {
		AWAIT_INIT(zyn_io_read_into_init, io_read, zyn_io_read_take, &s->number,
		           pair->there, received + s->total, sizeof received - (size_t)s->total);
		CHECK(OK(s) && s->number > 0);
		s->total += s->number;
	}
	SCRIPT_END(s);
}

static void test_writers_of_one_stream_do_not_mix(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Pair pair = pair_new(rt);
	ZynPromise *writers[WRITERS];
	Block parts[WRITERS];
	for (int i = 0; i < WRITERS; i++) {
		memset(blocks[i], 'a' + i, BLOCK_BYTES);
		parts[i] = (Block){&pair, i};
		writers[i] = script_new(rt, write_block, &parts[i]);
		zyn_promise_spawn(rt, writers[i]);
	}
	zyn_rt_turn(rt);
	CHECK_EQ(run_script(rt, read_blocks, &pair), WRITERS * BLOCK_BYTES);
	for (int i = 0; i < WRITERS; i++) {
		run(rt, writers[i]);
		CHECK(memcmp(received + i * BLOCK_BYTES, blocks[i], BLOCK_BYTES) == 0);
		zyn_promise_release(writers[i]);
	}
	pair_end(&pair);
	runtime_end(rt);
}

static void test_a_cancelled_writer_lets_the_next_one_go(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Pair pair = pair_new(rt);
	ZynPromise *writers[WRITERS];
	Block parts[WRITERS];
	int small = 8192;
	CHECK_EQ(setsockopt(zyn_io_fd(pair.here), SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
	for (int i = 0; i < WRITERS; i++) {
		parts[i] = (Block){&pair, i};
		writers[i] = script_new(rt, write_block, &parts[i]);
		zyn_promise_spawn(rt, writers[i]);
	}
	for (int i = 0; i < 5; i++)
		zyn_rt_turn(rt);
	for (int i = 0; i < WRITERS; i++) { /* first those in front, then nobody is left */
		CHECK_EQ(zyn_promise_status(writers[i]), ZYN_PENDING);
		zyn_promise_cancel(writers[i]);
		CHECK_EQ(zyn_rt_block_on(rt, writers[i], LIMIT_NS), ZYN_CANCELLED);
		zyn_promise_release(writers[i]);
	}
	CHECK_EQ(zyn__get(&rt->outside), 0);
	pair_end(&pair);
	runtime_end(rt);
}

static bool blocks_scenario(ZynRuntime *rt)
{
	Pair pair = pair_new(rt);
	Block part = {&pair, 0};
	ZynPromise *writers[WRITERS];
	for (int i = 0; i < WRITERS; i++) {
		writers[i] = script_new(rt, write_block, &part);
		zyn_promise_spawn(rt, writers[i]);
	}
	CHECK_EQ(run_script(rt, read_blocks, &pair), WRITERS * BLOCK_BYTES);
	for (int i = 0; i < WRITERS; i++) {
		run(rt, writers[i]);
		zyn_promise_release(writers[i]);
	}
	pair_end(&pair);
	return true;
}

static void test_large_transfers_bear_short_ones(void)
{
	hidden_faults(blocks_scenario, 5);
}

/* --- many ------------------------------------------------------------------------------------- */

#define CONNECTIONS 1000

static void test_a_thousand_connections(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Net net = net_new(rt);
	static ZynPromise *servers[CONNECTIONS], *clients[CONNECTIONS];
	for (int i = 0; i < CONNECTIONS; i++) {
		servers[i] = script_new(rt, echo_server, &net);
		zyn_promise_spawn(rt, servers[i]);
	}
	for (int i = 0; i < CONNECTIONS; i++) {
		clients[i] = script_new(rt, echo_client, &net);
		zyn_promise_spawn(rt, clients[i]);
	}
	for (int i = 0; i < CONNECTIONS; i++) {
		run(rt, clients[i]);
		CHECK_EQ(script_of(clients[i])->total, (int64_t)hello->length);
		CHECK_EQ(script_of(clients[i])->failures, 0);
		zyn_promise_release(clients[i]);
	}
	for (int i = 0; i < CONNECTIONS; i++) {
		run(rt, servers[i]);
		zyn_promise_release(servers[i]);
	}
	net_end(&net);
	runtime_end(rt);
}

static void test_many_workers(void)
{
	ZynOptions options = {.size = sizeof options, .workers = 3};
	ZynRuntime *rt = zyn_rt_new(&options);
	CHECK(rt != NULL);
	Net net = net_new(rt);
	static ZynPromise *servers[100], *clients[100];
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 100; i++) {
			servers[i] = script_new(rt, echo_server, &net);
			clients[i] = script_new(rt, echo_client, &net);
			zyn_promise_spawn(rt, servers[i]);
			zyn_promise_spawn(rt, clients[i]);
		}
		for (int i = 0; i < 100; i++) {
			run(rt, clients[i]);
			run(rt, servers[i]);
			CHECK_EQ(script_of(clients[i])->total, (int64_t)hello->length);
			zyn_promise_release(clients[i]);
			zyn_promise_release(servers[i]);
		}
	}
	net_end(&net);
	zyn_rt_free(rt);
}

/* --- a worker that is stuck ------------------------------------------------------------------- */

typedef struct Stuck {
	uint32_t state;
	uint32_t unused;
	_Atomic uint32_t *stop;
	int64_t result;
} Stuck;

MACHINE(stuck, Stuck);

static int64_t stuck_poll(void *sm, ZynContext *cx)
{
	Stuck *s = sm;
	(void)cx;
	AWAIT_THREAD(atomic_load(s->stop) != 0);
	return machine_return(&s->state, &s->result, 1);
}

static void stuck_drop(void *sm)
{
	(void)sm;
}

static _Atomic uint32_t somebody_read;

static int64_t read_and_tell(Script *s, ZynContext *cx)
{
	ZynIo **ends = s->data;
	SCRIPT_BEGIN(s)
	AWAIT(io_read, &s->text, ends[0], 10);
	CHECK(OK(s));
	atomic_store(&somebody_read, 1);
	SCRIPT_END(s);
}

/* Inside a poll, on some worker that was free, from here until `stop`. */
static ZynPromise *get_stuck(ZynRuntime *rt, _Atomic uint32_t *stop)
{
	ZynPromise *p = zyn_call_async(rt, &stuck, &stop, offsetof(Stuck, stop), sizeof stop);
	atomic_store(stop, 0);
	zyn_promise_spawn(rt, p);
	AWAIT_THREAD(zyn_promise_polls(p) == 1);
	return p;
}

static ZynPromise *park_reader(ZynRuntime *rt, ZynIo **ends)
{
	int64_t before = zyn__get(&rt->outside);
	ZynPromise *p = script_new(rt, read_and_tell, ends);
	zyn_promise_spawn(rt, p);
	AWAIT_THREAD(zyn__get(&rt->outside) == before + 1);
	return p;
}

/* A reader parks on each of two workers, which is made sure of by having the other one stuck.  Then
 * a worker is stuck until the reader of the other has its byte, also when it is the stuck one that
 * attended to IO before. */
static void test_a_stuck_worker_keeps_io_from_nobody(void)
{
	ZynOptions options = {.size = sizeof options, .workers = 2};
	ZynRuntime *rt = zyn_rt_new(&options);
	for (int round = 0; round < 20; round++) {
		ZynIo *ends[2][2];
		_Atomic uint32_t stop[2];
		CHECK(host_pipe(rt, ends[0]) && host_pipe(rt, ends[1]));
		ZynPromise *first = get_stuck(rt, &stop[0]);
		ZynPromise *readers[2] = {park_reader(rt, ends[0])};
		ZynPromise *second = get_stuck(rt, &stop[1]);
		atomic_store(&stop[0], 1);
		run(rt, first);
		readers[1] = park_reader(rt, ends[1]);
		atomic_store(&stop[1], 1);
		run(rt, second);
		for (uint32_t i = 1; i <= 2; i++) /* one of them attends to IO */
			AWAIT_THREAD(atomic_load(&rt->team->workers[i]->sleepers) == 1);
		ZynPromise *third = get_stuck(rt, &somebody_read);
		for (int i = 0; i < 2; i++)
			CHECK_EQ(write(zyn_io_fd(ends[i][1]), "a", 1), 1);
		run(rt, third);
		for (int i = 0; i < 2; i++) {
			run(rt, readers[i]);
			zyn_promise_release(readers[i]);
			zyn_object_release(ends[i][0]);
			zyn_object_release(ends[i][1]);
		}
		zyn_promise_release(first);
		zyn_promise_release(second);
		zyn_promise_release(third);
	}
	zyn_rt_free(rt);
}

int main(void)
{
	RUN(test_writers_of_one_stream_do_not_mix);
	RUN(test_a_cancelled_writer_lets_the_next_one_go);
	RUN(test_large_transfers_bear_short_ones);
	RUN(test_a_thousand_connections);
	RUN(test_many_workers);
	RUN(test_a_stuck_worker_keeps_io_from_nobody);
	return 0;
}
