/* The reactor itself: registering, delivering, kicks, events that come too late, many threads. */
#include "io_support.h"

#include <poll.h>
#include <sys/socket.h>

/* A source with a waiter of its own, on one end of a socket pair. */
typedef struct Watch {
	ZynSource source;
	ZynIoWait wait[ZYN_DIRECTIONS];
	_Atomic uint32_t woken[ZYN_DIRECTIONS];
	int order; /* of its last wake */
	int peer;
} Watch;

static _Atomic int wakes;

typedef struct Target {
	Watch *watch;
	int direction;
} Target;

static void note_wake(void *data)
{
	Target *target = data;
	atomic_fetch_add(&target->watch->woken[target->direction], 1);
	target->watch->order = ++wakes;
}

static Target targets[1000][ZYN_DIRECTIONS];

static void watch_new(ZynRuntime *rt, Watch *watch, int number, uint32_t interest)
{
	int fds[2];
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	memset(watch, 0, sizeof *watch);
	zyn__source_init(&watch->source, fds[0]);
	watch->peer = fds[1];
	for (int i = 0; i < ZYN_DIRECTIONS; i++) {
		targets[number][i] = (Target){watch, i};
		watch->wait[i].waker = (ZynWaker){note_wake, &targets[number][i]};
		zyn__list_push_back(&watch->source.waiters[i], &watch->wait[i].link);
	}
	CHECK_EQ(zyn__reactor_register(rt, &watch->source, interest, 0), 0);
}

static void watch_end(Watch *watch)
{
	zyn__source_close(&watch->source);
	CHECK_EQ(watch->source.fd, -1);
	close(watch->peer);
}

#define BOTH (ZYN_READY_READ | ZYN_READY_WRITE)

static void test_no_io_no_reactor(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	ZynPromise *p = ticker_new(rt, 1, 1);
	int before = open_descriptors();
	CHECK_EQ(zyn_rt_block_on(rt, p, LIMIT_NS), ZYN_READY);
	CHECK(zyn__get(&rt->reactor) == NULL);
	CHECK_EQ(open_descriptors(), before);
	CHECK_EQ(zyn__reactor_poll(rt), -1);
	zyn_promise_release(p);
	runtime_end(rt);
}

static void test_readiness_reaches_its_waiters(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Watch w;
	watch_new(rt, &w, 0, ZYN_READY_READ);
	CHECK_EQ(zyn__reactor_poll(rt), 0);
	CHECK_EQ(w.source.ready, 0);
	CHECK_EQ(write(w.peer, "a", 1), 1);
	CHECK_EQ(zyn__reactor_poll(rt), 1);
	CHECK_EQ(w.source.ready, ZYN_READY_READ);
	CHECK_EQ(w.woken[ZYN_READER], 1);
	CHECK_EQ(w.woken[ZYN_WRITER], 0);
	CHECK_EQ(w.woken[ZYN_WATCHER], 1);
	CHECK_EQ(zyn__reactor_poll(rt), 0); /* an edge is told once */
	CHECK_EQ(write(w.peer, "b", 1), 1);
	CHECK_EQ(zyn__reactor_poll(rt), 1); /* and so is the next */
	watch_end(&w);
	runtime_end(rt);
}

static void test_modify_tells_again(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Watch w;
	watch_new(rt, &w, 0, ZYN_READY_READ);
	CHECK_EQ(zyn__reactor_modify(&w.source, BOTH), 0);
	CHECK_EQ(zyn__reactor_poll(rt), 1);
	CHECK_EQ(w.source.ready, ZYN_READY_WRITE);
	CHECK_EQ(w.woken[ZYN_READER], 0);
	CHECK_EQ(zyn__reactor_modify(&w.source, BOTH), 0);
	CHECK_EQ(w.source.ready, 0);
	CHECK_EQ(zyn__reactor_poll(rt), 1);
	CHECK_EQ(zyn__reactor_modify(&w.source, ZYN_READY_READ), 0);
	CHECK_EQ(zyn__reactor_poll(rt), 0);
	watch_end(&w);
	CHECK_EQ(zyn__reactor_modify(&w.source, BOTH), EBADF);
	runtime_end(rt);
}

static void test_hang_up_and_end_of_reading(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Watch half, whole;
	watch_new(rt, &half, 0, BOTH);
	watch_new(rt, &whole, 1, ZYN_READY_READ);
	CHECK_EQ(zyn__reactor_poll(rt), 1);
	shutdown(half.peer, SHUT_WR);
	CHECK_EQ(zyn__reactor_poll(rt), 1);
	CHECK(half.source.ready & ZYN_READY_READ_END);
	CHECK(!(half.source.ready & ZYN_READY_HANGUP));
	shutdown(whole.peer, SHUT_RDWR);
	CHECK_EQ(zyn__reactor_poll(rt), 1);
	CHECK(whole.source.ready & ZYN_READY_HANGUP);
	CHECK_EQ(whole.woken[ZYN_WRITER], 1); /* both directions are over */
	watch_end(&half);
	watch_end(&whole);
	runtime_end(rt);
}

static void test_error_is_told_to_both_directions(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	int fds[2];
	Watch w = {.peer = -1};
	CHECK_EQ(pipe2(fds, O_NONBLOCK), 0);
	zyn__source_init(&w.source, fds[1]);
	CHECK_EQ(zyn__reactor_register(rt, &w.source, ZYN_READY_WRITE, 0), 0);
	CHECK_EQ(zyn__reactor_poll(rt), 1);
	close(fds[0]);
	CHECK_EQ(zyn__reactor_poll(rt), 1);
	CHECK(w.source.ready & ZYN_READY_ERROR);
	zyn__source_close(&w.source);
	runtime_end(rt);
}

/* Events were taken from the kernel; then their sources go, and others come into their places. */
static void test_events_that_come_too_late(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Watch old[3], fresh;
	for (int i = 0; i < 3; i++) {
		watch_new(rt, &old[i], i, ZYN_READY_READ);
		CHECK_EQ(write(old[i].peer, "a", 1), 1);
	}
	CHECK_EQ(zyn__reactor_collect(rt, 0), 3);
	watch_end(&old[2]);
	zyn__reactor_deregister(&old[1].source, true);
	watch_new(rt, &fresh, 3, ZYN_READY_READ);
	CHECK_EQ(fresh.source.slot, 1); /* the place of the one that went last */
	CHECK_EQ(zyn__reactor_deliver(rt), 1);
	CHECK_EQ(old[0].woken[ZYN_READER], 1);
	CHECK_EQ(old[1].woken[ZYN_READER], 0);
	CHECK_EQ(old[2].woken[ZYN_READER], 1); /* by its close */
	CHECK_EQ(fresh.woken[ZYN_READER], 0);
	CHECK_EQ(fresh.source.ready, 0);
	CHECK_EQ(write(old[1].peer, "a", 1), 1); /* deregistered, and still open */
	CHECK_EQ(zyn__reactor_poll(rt), 0);
	watch_end(&old[0]);
	watch_end(&old[1]);
	watch_end(&fresh);
	runtime_end(rt);
}

static void test_a_batch_goes_in_order(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	static Watch w[10];
	for (int i = 0; i < 10; i++)
		watch_new(rt, &w[i], i, ZYN_READY_READ);
	for (int i = 9; i >= 0; i--)
		CHECK_EQ(write(w[i].peer, "a", 1), 1);
	wakes = 0;
	CHECK_EQ(zyn__reactor_poll(rt), 10);
	for (int i = 0; i < 10; i++)
		CHECK_EQ(w[i].order, 2 * (i + 1)); /* reader and watcher of each */
	for (int i = 0; i < 10; i++)
		watch_end(&w[i]);
	runtime_end(rt);
}

static void test_more_sources_than_a_batch(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	static Watch w[1000];
	int before = open_descriptors();
	for (int i = 0; i < 1000; i++) {
		watch_new(rt, &w[i], i, ZYN_READY_READ);
		CHECK_EQ(write(w[i].peer, "a", 1), 1);
	}
	int total = 0, count;
	while ((count = zyn__reactor_poll(rt)) > 0) {
		CHECK(count <= ZYN_EVENTS_MAX);
		total += count;
	}
	CHECK_EQ(total, 1000);
	for (int i = 0; i < 1000; i++) {
		CHECK_EQ(w[i].woken[ZYN_READER], 1);
		watch_end(&w[i]);
	}
	CHECK_EQ(zyn__get(&zyn__get(&rt->reactor)->sources), 0);
	runtime_end(rt);
	CHECK_EQ(open_descriptors(), before - 1); /* the runtime's own */
}

/* --- waiting ---------------------------------------------------------------------------------- */

static void *wait_for_io(void *data)
{
	ZynRuntime *rt = data;
	return (void *)(intptr_t)zyn__reactor_wait(rt, -1);
}

static void test_a_kick_ends_a_wait(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	pthread_t thread;
	void *count;
	CHECK(zyn__reactor_of(rt) != NULL);
	pthread_create(&thread, NULL, wait_for_io, rt);
	AWAIT_THREAD(zyn__get(&zyn__get(&rt->reactor)->polling) == 1);
	CHECK_EQ(zyn__reactor_wait(rt, -1), -1); /* one at a time */
	zyn__kick(rt);
	pthread_join(thread, &count);
	CHECK_EQ((intptr_t)count, 0);
	CHECK_EQ(zyn__reactor_wait(rt, -1), 0); /* until somebody drains it */
	zyn__kick_drain(rt);
	CHECK_EQ(zyn__reactor_wait(rt, 1), 0); /* the limit */
	runtime_end(rt);
}

static void test_io_during_a_wait(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	pthread_t thread;
	void *count;
	Watch w;
	watch_new(rt, &w, 0, ZYN_READY_READ);
	pthread_create(&thread, NULL, wait_for_io, rt);
	AWAIT_THREAD(zyn__get(&zyn__get(&rt->reactor)->polling) == 1);
	CHECK_EQ(write(w.peer, "a", 1), 1);
	pthread_join(thread, &count);
	CHECK_EQ((intptr_t)count, 1);
	CHECK_EQ(w.woken[ZYN_READER], 1);
	watch_end(&w);
	runtime_end(rt);
}

static int64_t read_pipe(Script *s, ZynContext *cx)
{
	ZynIo **pipe_ends = s->data;
	SCRIPT_BEGIN(s)
	AWAIT(io_read, &s->text, pipe_ends[0], 10);
	s->total = OK(s) ? (int64_t)s->text->length : -1;
	SCRIPT_END(s);
}

/* A host with a loop of its own watches one descriptor, for kicks and IO alike. */
static void test_a_host_that_turns_hears_of_io(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	ZynIo *ends[2];
	struct pollfd watch = {.fd = zyn_rt_wake_fd(rt), .events = POLLIN};
	CHECK(host_pipe(rt, ends));
	ZynPromise *p = script_new(rt, read_pipe, ends);
	zyn_promise_spawn(rt, p);
	CHECK_EQ(zyn_rt_turn(rt), 1);
	zyn_rt_turn(rt);
	CHECK_EQ(poll(&watch, 1, 0), 0);
	CHECK_EQ(write(zyn_io_fd(ends[1]), "abc", 3), 3);
	CHECK_EQ(poll(&watch, 1, 0), 1);
	CHECK_EQ(zyn_rt_turn(rt), 1);
	CHECK_EQ(zyn_promise_status(p), ZYN_READY);
	CHECK_EQ(script_of(p)->total, 3);
	zyn_rt_turn(rt);
	CHECK_EQ(poll(&watch, 1, 0), 0);
	zyn__kick(rt);
	CHECK_EQ(poll(&watch, 1, 0), 1);
	zyn_promise_release(p);
	zyn_object_release(ends[0]);
	zyn_object_release(ends[1]);
	runtime_end(rt);
}

/* A task that never waits must not keep IO from the others. */
typedef struct Spinner {
	uint32_t state;
	uint32_t unused;
	_Atomic uint32_t *stop;
	int64_t result;
} Spinner;

MACHINE(spinner, Spinner);

static int64_t spinner_poll(void *sm, ZynContext *cx)
{
	Spinner *s = sm;
	if (zyn__state_ended(s->state))
		return zyn_repoll(sm, cx);
	if (zyn__get(s->stop))
		return machine_return(&s->state, &s->result, 1);
	zyn_waker_wake(cx->waker);
	return 0;
}

static void spinner_drop(void *sm)
{
	(void)sm;
}

static int64_t stop_spinner(Script *s, ZynContext *cx)
{
	void **both = s->data;
	SCRIPT_BEGIN(s)
	AWAIT(io_read, &s->text, ((ZynIo **)both[0])[0], 10);
	zyn__set((_Atomic uint32_t *)both[1], 1);
	SCRIPT_END(s);
}

static void test_a_busy_program_still_gets_io(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	ZynIo *ends[2];
	_Atomic uint32_t stop = 0, *stop_place = &stop;
	CHECK(host_pipe(rt, ends));
	void *both[2] = {ends, &stop};
	ZynPromise *reader = script_new(rt, stop_spinner, both);
	zyn_promise_spawn(rt, reader);
	CHECK_EQ(zyn_rt_turn(rt), 1);
	CHECK_EQ(write(zyn_io_fd(ends[1]), "abc", 3), 3);
	ZynPromise *busy = zyn_call_async(rt, &spinner, &stop_place, offsetof(Spinner, stop),
	                                  sizeof stop_place);
	CHECK_EQ(zyn_rt_block_on(rt, busy, LIMIT_NS), ZYN_READY);
	run(rt, reader);
	zyn_promise_release(busy);
	zyn_promise_release(reader);
	zyn_object_release(ends[0]);
	zyn_object_release(ends[1]);
	runtime_end(rt);
}

/* The virtual clock goes with the real one while IO is under way, and stands when it is not. */
static void test_virtual_time_waits_for_io(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynIo *ends[2];
	CHECK(host_pipe(rt, ends));
	ZynPromise *reader = script_new(rt, read_pipe, ends);
	ZynPromise *timer = ticker_new(rt, 1, 3600000);
	zyn_promise_spawn(rt, timer);
	zyn_promise_spawn(rt, reader);
	CHECK_EQ(zyn_rt_turn(rt), 2);
	zyn_rt_turn(rt);
	CHECK(zyn_rt_now_ns(rt) < 3600000000000);
	CHECK_EQ(write(zyn_io_fd(ends[1]), "abc", 3), 3);
	run(rt, reader);
	CHECK_EQ(zyn_promise_status(timer), ZYN_PENDING);
	CHECK_EQ(zyn_rt_block_on(rt, timer, -1), ZYN_READY);
	CHECK(zyn_rt_now_ns(rt) >= 3600000000000);
	zyn_promise_release(reader);
	zyn_promise_release(timer);
	zyn_object_release(ends[0]);
	zyn_object_release(ends[1]);
	runtime_end(rt);
}

/* --- threads ---------------------------------------------------------------------------------- */

#define THREADS 3
#define ROUNDS 400

typedef struct Churn {
	ZynRuntime *rt;
	int number;
} Churn;

/* Registers, makes ready, waits to be woken, closes; while others do the same and one polls. */
static void *churn(void *data)
{
	Churn *c = data;
	for (int i = 0; i < ROUNDS; i++) {
		Watch w;
		watch_new(c->rt, &w, c->number, BOTH);
		CHECK_EQ(write(w.peer, "a", 1), 1);
		if (i % 3 != 0)
			AWAIT_THREAD(atomic_load(&w.woken[ZYN_READER]) != 0);
		watch_end(&w);
	}
	return NULL;
}

static _Atomic uint32_t polling_over;

static void *poll_on(void *data)
{
	while (!atomic_load(&polling_over))
		zyn__reactor_wait(data, 1000000);
	return NULL;
}

static void test_registering_while_another_thread_polls(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	pthread_t threads[THREADS], pollers[2];
	Churn churns[THREADS];
	for (int i = 0; i < 2; i++)
		pthread_create(&pollers[i], NULL, poll_on, rt);
	for (int i = 0; i < THREADS; i++) {
		churns[i] = (Churn){rt, i};
		pthread_create(&threads[i], NULL, churn, &churns[i]);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	atomic_store(&polling_over, 1);
	for (int i = 0; i < 2; i++)
		pthread_join(pollers[i], NULL);
	runtime_end(rt);
}

int main(void)
{
	RUN(test_no_io_no_reactor);
	RUN(test_readiness_reaches_its_waiters);
	RUN(test_modify_tells_again);
	RUN(test_hang_up_and_end_of_reading);
	RUN(test_error_is_told_to_both_directions);
	RUN(test_events_that_come_too_late);
	RUN(test_a_batch_goes_in_order);
	RUN(test_more_sources_than_a_batch);
	RUN(test_a_kick_ends_a_wait);
	RUN(test_io_during_a_wait);
	RUN(test_a_host_that_turns_hears_of_io);
	RUN(test_a_busy_program_still_gets_io);
	RUN(test_virtual_time_waits_for_io);
	RUN(test_registering_while_another_thread_polls);
	return 0;
}
