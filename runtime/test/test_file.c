/* Files: positions, cancelled operations, a full disk, and the pool that carries them out. */
#include "io_support.h"

TEXT(first, "first line\n");
TEXT(second, "second line\n");

typedef struct Place {
	char path[64];
	ZynString *name; /* owned */
} Place;

static Place place_new(ZynRuntime *rt)
{
	Place place;
	strcpy(place.path, "zyn-test-file-XXXXXX");
	int fd = mkstemp(place.path);
	CHECK(fd >= 0);
	close(fd);
	place.name = zyn_string_new(rt, place.path, strlen(place.path));
	return place;
}

static void place_end(Place *place)
{
	unlink(place->path);
	zyn_string_release(place->name);
}

#define WRITING (ZYN_FILE_READ | ZYN_FILE_WRITE | ZYN_FILE_CREATE | ZYN_FILE_TRUNCATE)

static int64_t write_and_read(Script *s, ZynContext *cx)
{
	Place *place = s->data;
	SCRIPT_BEGIN(s)
	AWAIT(file_open, &s->io[0], place->name, WRITING);
	if (OK(s)) {
		AWAIT(file_write, &s->number, s->io[0], first);
	}
	if (OK(s)) {
		CHECK_EQ(s->number, (int64_t)first->length);
		AWAIT_INIT(zyn_file_write_from_init, file_write, zyn_file_write_take, &s->number,
		           s->io[0], second->bytes, second->length);
	}
	if (OK(s)) {
		AWAIT_INIT(zyn_file_sync_init, file_sync, NULL, NULL, s->io[0]);
	}
	if (OK(s)) {
		CHECK_EQ(zyn_file_position(s->io[0]), (int64_t)(first->length + second->length));
		CHECK_EQ(zyn_file_seek(s->io[0], 6), 1);
	}
	while (OK(s)) { /* a read may give less than there is */
		AWAIT(file_read, &s->text, s->io[0], 9);
		if (!OK(s) || s->text->length == 0)
			break;
		s->total += (int64_t)s->text->length;
		let_text_go(s);
	}
	SCRIPT_END(s);
}

static bool scenario(ZynRuntime *rt)
{
	Place place = place_new(rt);
	ZynPromise *p = place.name != NULL ? script_new(rt, write_and_read, &place) : NULL;
	bool whole = p != NULL && zyn_rt_block_on(rt, p, LIMIT_NS) == ZYN_READY;
	whole = whole && script_of(p)->failures == 0;
	CHECK(!whole || script_of(p)->total == (int64_t)(first->length + second->length - 6));
	zyn_promise_release(p);
	place_end(&place);
	return whole;
}

static void test_write_and_read(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	CHECK(scenario(rt));
	runtime_end(rt);
}

static void test_whatever_call_fails(void)
{
	each_call_fails(scenario);
}

static void test_hidden_faults(void)
{
	hidden_faults(scenario, 100);
}

static void test_whatever_allocation_fails(void)
{
	each_allocation_fails(scenario);
}

/* --- errors ----------------------------------------------------------------------------------- */

TEXT(missing, "/no/such/directory/file");
TEXT(directory, ".");
TEXT(full_disk, "/dev/full");

static int64_t errors(Script *s, ZynContext *cx)
{
	Place *place = s->data;
	SCRIPT_BEGIN(s)
	AWAIT(file_open, &s->io[0], missing, ZYN_FILE_READ);
	CHECK(strcmp(s->error, "open /no/such/directory/file: No such file or directory") == 0);
	AWAIT(file_open, &s->io[0], directory, ZYN_FILE_READ);
	CHECK(strcmp(s->error, "open .: Is a directory") == 0);
	AWAIT(file_open, &s->io[0], place->name, ZYN_FILE_WRITE | ZYN_FILE_NEW);
	CHECK(!OK(s) && strstr(s->error, ": File exists") != NULL);
	AWAIT(file_open, &s->io[0], place->name, 0);
	CHECK(!OK(s) && strstr(s->error, ": Invalid argument") != NULL);
	AWAIT(file_open, &s->io[0], NULL, ZYN_FILE_READ);
	CHECK(!OK(s));
	AWAIT(file_read, &s->text, NULL, 10);
	CHECK(!OK(s) && strcmp(s->error, "null value") == 0);
	AWAIT(file_open, &s->io[0], full_disk, ZYN_FILE_WRITE);
	CHECK(OK(s));
	AWAIT(file_write, &s->number, s->io[0], first);
	CHECK(!OK(s));
	CHECK(strcmp(s->error, "write /dev/full: No space left on device") == 0);
	CHECK_EQ(zyn_file_position(s->io[0]), 0);
	AWAIT(file_open, &s->io[1], place->name, ZYN_FILE_READ);
	AWAIT(file_write, &s->number, s->io[1], first);
	CHECK(!OK(s)); /* opened for reading */
	AWAIT(io_read, &s->text, s->io[1], 10);
	CHECK(!OK(s) && strstr(s->error, ": Invalid argument") != NULL);
	zyn_io_close(s->io[1]);
	AWAIT(file_read, &s->text, s->io[1], 10);
	CHECK(!OK(s) && strstr(s->error, ": the handle is closed") != NULL);
	CHECK_EQ(zyn_file_seek(s->io[1], -1), 0);
	s->total = 1;
	SCRIPT_END(s);
}

static void test_errors(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Place place = place_new(rt);
	CHECK_EQ(run_script(rt, errors, &place), 1);
	place_end(&place);
	runtime_end(rt);
}

/* --- a call of the pool that the test lets go ------------------------------------------------- */

typedef struct Gate {
	_Atomic uint32_t entered;
	_Atomic uint32_t open;
	_Atomic uint32_t left;
} Gate;

static int64_t pass_gate(void *data)
{
	Gate *gate = data;
	atomic_fetch_add(&gate->entered, 1);
	AWAIT_THREAD(atomic_load(&gate->open) != 0);
	atomic_fetch_add(&gate->left, 1);
	return 7;
}

static int64_t call_gate(Script *s, ZynContext *cx)
{
	SCRIPT_BEGIN(s)
	AWAIT(blocking, &s->total, pass_gate, s->data);
	SCRIPT_END(s);
}

#define CALLS 20

static void test_four_calls_at_a_time(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Gate gate = {0};
	ZynPromise *p[CALLS];
	for (int i = 0; i < CALLS; i++) {
		p[i] = script_new(rt, call_gate, &gate);
		zyn_promise_spawn(rt, p[i]);
	}
	CHECK_EQ(zyn_rt_turn(rt), CALLS);
	CHECK_EQ(zyn__get(&rt->outside), CALLS);
	AWAIT_THREAD(atomic_load(&gate.entered) == ZYN_POOL_THREADS_MAX);
	zyn_promise_cancel(p[CALLS - 1]); /* in the queue: taken out */
	CHECK_EQ(zyn_rt_block_on(rt, p[CALLS - 1], LIMIT_NS), ZYN_CANCELLED);
	CHECK_EQ(atomic_load(&gate.entered), ZYN_POOL_THREADS_MAX);
	zyn_promise_cancel(p[0]); /* under way: it goes on without us */
	CHECK_EQ(zyn_rt_block_on(rt, p[0], LIMIT_NS), ZYN_CANCELLED);
	atomic_store(&gate.open, 1);
	for (int i = 1; i < CALLS - 1; i++) {
		run(rt, p[i]);
		CHECK_EQ(script_of(p[i])->total, 7);
	}
	AWAIT_THREAD(atomic_load(&gate.left) == CALLS - 1);
	for (int i = 0; i < CALLS; i++)
		zyn_promise_release(p[i]);
	AWAIT_THREAD(zyn_rt_live_objects(rt) == 0); /* the forgotten one, too */
	runtime_end(rt);
}

typedef struct Opener {
	Gate *gate;
	ZynPromise **calls;
} Opener;

static void *open_gate(void *data)
{
	Opener *opener = data;
	/* The runtime is being freed: its tasks are over, and it waits for the calls under way. */
	for (int i = 0; i < CALLS; i++)
		AWAIT_THREAD(zyn_promise_status(opener->calls[i]) == ZYN_CANCELLED);
	atomic_store(&opener->gate->open, 1);
	return NULL;
}

static void test_freeing_waits_for_running_calls_and_drops_queued_ones(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Gate gate = {0};
	ZynPromise *p[CALLS];
	pthread_t thread;
	for (int i = 0; i < CALLS; i++) {
		p[i] = script_new(rt, call_gate, &gate);
		zyn_promise_spawn(rt, p[i]);
	}
	CHECK_EQ(zyn_rt_turn(rt), CALLS);
	AWAIT_THREAD(atomic_load(&gate.entered) == ZYN_POOL_THREADS_MAX);
	Opener opener = {&gate, p};
	pthread_create(&thread, NULL, open_gate, &opener);
	zyn_rt_free(rt);
	CHECK_EQ(atomic_load(&gate.left), ZYN_POOL_THREADS_MAX);
	for (int i = 0; i < CALLS; i++) {
		CHECK_EQ(zyn_promise_status(p[i]), ZYN_CANCELLED);
		zyn_promise_release(p[i]);
	}
	pthread_join(thread, NULL);
}

/* While something outside is under way there is no deadlock, and then there is. */
static void test_a_call_is_outside_work(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Gate gate = {.open = 1};
	ZynPromise *call = script_new(rt, call_gate, &gate);
	ZynPromise *stuck = waiter_new(rt, WAIT_PENDING, 0, 0, NULL);
	zyn_promise_spawn(rt, call);
	CHECK_EQ(zyn_rt_block_on(rt, stuck, LIMIT_NS), ZYN_DEADLOCK);
	CHECK_EQ(zyn_promise_status(call), ZYN_READY);
	zyn_promise_cancel(stuck);
	CHECK_EQ(zyn_rt_block_on(rt, stuck, LIMIT_NS), ZYN_CANCELLED);
	zyn_promise_release(call);
	zyn_promise_release(stuck);
	runtime_end(rt);
}

/* --- one file, several operations ------------------------------------------------------------- */

static ssize_t (*real_read_at)(int, void *, size_t, off_t);
static Gate read_gate;

static ssize_t slow_read_at(int fd, void *bytes, size_t size, off_t offset)
{
	pass_gate(&read_gate);
	return real_read_at(fd, bytes, size, offset);
}

typedef struct Opened {
	Place place;
	ZynIo *io;
} Opened;

static int64_t open_filled(Script *s, ZynContext *cx)
{
	Opened *opened = s->data;
	SCRIPT_BEGIN(s)
	AWAIT(file_open, &opened->io, opened->place.name, WRITING);
	AWAIT(file_write, &s->total, opened->io, first);
	CHECK_EQ(zyn_file_seek(opened->io, 0), 1);
	SCRIPT_END(s);
}

static int64_t read_five(Script *s, ZynContext *cx)
{
	Opened *opened = s->data;
	SCRIPT_BEGIN(s)
	AWAIT(file_read, &s->text, opened->io, 5);
	s->total = OK(s) ? s->text->bytes[0] : -1;
	SCRIPT_END(s);
}

/* A read is under way and others wait for the file when it is cancelled: it has read nothing, and
 * they get the bytes in order.  Then the file is closed below the last one. */
static void test_a_cancelled_read_leaves_the_position(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Opened opened = {.place = place_new(rt)};
	ZynIoInfo info;
	run_script(rt, open_filled, &opened);
	real_read_at = zyn__system.read_at;
	zyn__system.read_at = slow_read_at;
	ZynPromise *p[3];
	for (int i = 0; i < 3; i++) {
		p[i] = script_new(rt, read_five, &opened);
		zyn_promise_spawn(rt, p[i]);
	}
	CHECK_EQ(zyn_rt_turn(rt), 3);
	AWAIT_THREAD(atomic_load(&read_gate.entered) == 1);
	CHECK_EQ(zyn_file_seek(opened.io, 3), 0);
	CHECK_EQ(zyn_dbg_io(ZYN_LEAF_file_read, &script_of(p[1])->leaf, &info), 1);
	CHECK(strncmp(info.text, "read zyn-test-file-", 19) == 0);
	CHECK_EQ(info.length, 5);
	zyn_promise_cancel(p[0]);
	CHECK_EQ(zyn_rt_block_on(rt, p[0], LIMIT_NS), ZYN_CANCELLED);
	atomic_store(&read_gate.open, 1);
	run(rt, p[1]);
	run(rt, p[2]);
	CHECK_EQ(script_of(p[1])->total, 'f');
	CHECK_EQ(script_of(p[2])->total, ' ');
	atomic_store(&read_gate.open, 0);
	ZynPromise *last[2];
	for (int i = 0; i < 2; i++) {
		last[i] = script_new(rt, read_five, &opened);
		zyn_promise_spawn(rt, last[i]);
	}
	CHECK_EQ(zyn_rt_turn(rt), 2);
	AWAIT_THREAD(atomic_load(&read_gate.entered) == 4);
	zyn_io_close(opened.io); /* the call under way keeps the descriptor until it is done */
	run(rt, last[1]);
	CHECK_EQ(script_of(last[1])->total, -1);
	atomic_store(&read_gate.open, 1);
	run(rt, last[0]);
	CHECK_EQ(script_of(last[0])->total, '\n');
	zyn__system.read_at = real_read_at;
	for (int i = 0; i < 3; i++)
		zyn_promise_release(p[i]);
	for (int i = 0; i < 2; i++)
		zyn_promise_release(last[i]);
	zyn_object_release(opened.io);
	place_end(&opened.place);
	AWAIT_THREAD(zyn_rt_live_objects(rt) == 0);
	runtime_end(rt);
}

int main(void)
{
	RUN(test_write_and_read);
	RUN(test_whatever_call_fails);
	RUN(test_hidden_faults);
	RUN(test_whatever_allocation_fails);
	RUN(test_errors);
	RUN(test_four_calls_at_a_time);
	RUN(test_freeing_waits_for_running_calls_and_drops_queued_ones);
	RUN(test_a_call_is_outside_work);
	RUN(test_a_cancelled_read_leaves_the_position);
	return 0;
}
