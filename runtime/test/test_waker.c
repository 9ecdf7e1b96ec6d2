/* Wakes from other threads, wakes that come too late, and several threads in one runtime. */
#include "support.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>

static void *wake_when_parked(void *data)
{
	OutsideBox *box = data;
	AWAIT_THREAD(atomic_load(&box->parked));
	atomic_store(&box->ready, 1);
	zyn_waker_wake(box->waker);
	zyn_waker_wake(box->waker);
	return NULL;
}

static void test_wake_from_a_second_thread(void)
{
	for (int round = 0; round < 200; round++) {
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
		OutsideBox box = {.parked = 0};
		ZynPromise *p = outsider_new(rt, &box);
		zyn_rt_outside(rt, 1);
		pthread_t thread;
		pthread_create(&thread, NULL, wake_when_parked, &box);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
		CHECK_EQ(result_of(p), 7);
		zyn_rt_outside(rt, -1);
		zyn_promise_release(p);
		pthread_join(thread, NULL);
		runtime_end(rt);
	}
}

static void test_wake_descriptor(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	OutsideBox box = {.parked = 0};
	ZynPromise *p = outsider_new(rt, &box);
	CHECK_EQ(zyn_promise_poll(rt, p), ZYN_PENDING);
	struct pollfd wait = {.fd = zyn_rt_wake_fd(rt), .events = POLLIN};
	CHECK_EQ(poll(&wait, 1, 0), 0);
	CHECK_EQ(zyn_rt_turn(rt), 0);
	pthread_t thread;
	pthread_create(&thread, NULL, wake_when_parked, &box);
	CHECK_EQ(poll(&wait, 1, -1), 1);
	CHECK_EQ(zyn_rt_turn(rt), 1);
	pthread_join(thread, NULL);
	zyn_rt_turn(rt);
	CHECK_EQ(poll(&wait, 1, 0), 0);
	CHECK_EQ(zyn_promise_status(p), ZYN_READY);
	zyn_promise_release(p);
	runtime_end(rt);
}

/* Rule 7: what came before somebody watched. */
static void test_a_wake_before_the_descriptor_is_asked_for(void)
{
	for (int turned = 0; turned < 2; turned++) {
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
		OutsideBox box = {.parked = 0};
		ZynPromise *p = outsider_new(rt, &box);
		CHECK_EQ(zyn_promise_poll(rt, p), ZYN_PENDING);
		wake_when_parked(&box);
		if (turned)
			CHECK_EQ(zyn_rt_turn(rt), 1);
		struct pollfd wait = {.fd = zyn_rt_wake_fd(rt), .events = POLLIN};
		CHECK_EQ(poll(&wait, 1, 0), 1 - turned);
		zyn_rt_turn(rt);
		CHECK_EQ(poll(&wait, 1, 0), 0);
		CHECK_EQ(zyn_promise_status(p), ZYN_READY);
		zyn_promise_release(p);
		runtime_end(rt);
	}
}

typedef struct Asker {
	ZynRuntime *rt;
	OutsideBox *box;
	pthread_t sleeper;
} Asker;

static void *ask_for_the_descriptor(void *data)
{
	const Asker *asker = data;
	AWAIT_THREAD(atomic_load(&asker->box->parked));
	CHECK(zyn_rt_wake_fd(asker->rt) >= 0);
	return NULL;
}

/* Rule 7: one thread sleeps, one begins to watch, one wakes. */
static void test_the_descriptor_is_asked_for_while_it_sleeps(void)
{
	for (int round = 0; round < 200; round++) {
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
		OutsideBox box = {.parked = 0};
		Asker asker = {.rt = rt, .box = &box};
		ZynPromise *p = outsider_new(rt, &box);
		zyn_rt_outside(rt, 1);
		pthread_t threads[2];
		pthread_create(&threads[0], NULL, ask_for_the_descriptor, &asker);
		pthread_create(&threads[1], NULL, wake_when_parked, &box);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
		zyn_rt_outside(rt, -1);
		zyn_promise_release(p);
		for (int i = 0; i < 2; i++)
			pthread_join(threads[i], NULL);
		runtime_end(rt);
	}
}

static ZynRuntime *signalled_rt;

static void interrupt_it(int number)
{
	(void)number;
	zyn_rt_interrupt(signalled_rt);
}

static void *signal_the_sleeper(void *data)
{
	const Asker *asker = data;
	AWAIT_THREAD(atomic_load(&asker->box->parked));
	CHECK_EQ(pthread_kill(asker->sleeper, SIGUSR1), 0);
	return NULL;
}

/* In the thread that sleeps, or is about to; with and without a watched descriptor. */
static void test_a_signal_handler_wakes_its_own_thread(void)
{
	struct sigaction action = {.sa_handler = interrupt_it, .sa_flags = SA_RESTART};
	struct sigaction before;
	CHECK_EQ(sigaction(SIGUSR1, &action, &before), 0);
	for (int round = 0; round < 100; round++) {
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
		OutsideBox box = {.parked = 0};
		Asker asker = {.rt = rt, .box = &box, .sleeper = pthread_self()};
		signalled_rt = rt;
		if (round % 2 != 0)
			CHECK(zyn_rt_wake_fd(rt) >= 0);
		ZynPromise *p = outsider_new(rt, &box);
		zyn_rt_outside(rt, 1);
		pthread_t thread;
		pthread_create(&thread, NULL, signal_the_sleeper, &asker);
		CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_CANCELLED);
		zyn_rt_outside(rt, -1);
		pthread_join(thread, NULL);
		zyn_promise_release(p);
		runtime_end(rt);
	}
	CHECK_EQ(sigaction(SIGUSR1, &before, NULL), 0);
}

static void test_stale_wakers_do_nothing(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	OutsideBox box = {.parked = 0};
	ZynPromise *p = outsider_new(rt, &box);
	zyn_promise_poll(rt, p);
	ZynWaker waker = box.waker;
	zyn_waker_wake(waker); /* in time, without a reason */
	CHECK_EQ(zyn_rt_turn(rt), 1);
	box.ready = 1;
	CHECK_EQ(zyn_promise_poll(rt, p), ZYN_READY);
	zyn_waker_wake(waker); /* after its end */
	CHECK_EQ(zyn_rt_turn(rt), 0);
	zyn_promise_release(p);
	zyn_waker_wake(waker); /* after its frame */
	CHECK_EQ(zyn_rt_turn(rt), 0);
	OutsideBox other = {.parked = 0};
	p = outsider_new(rt, &other); /* the same block, another life */
	zyn_promise_poll(rt, p);
	zyn_waker_wake(waker);
	CHECK_EQ(zyn_rt_turn(rt), 0);
	zyn_promise_release(p);
	zyn_rt_turn(rt);
	runtime_end(rt);
	zyn_waker_wake(waker); /* after its runtime */
	zyn_waker_wake((ZynWaker){NULL, NULL});
}

static void test_wake_while_running_counts_once(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	ZynPromise *p = waiter_new(rt, WAIT_YIELD, 0, 0, NULL);
	zyn_promise_spawn(rt, p);
	zyn_promise_spawn(rt, p);
	CHECK_EQ(zyn_rt_turn(rt), 1);
	zyn_waker_wake(zyn__task_waker(zyn__task_of_promise(p)));
	CHECK_EQ(zyn_rt_turn(rt), 1);
	CHECK_EQ(zyn_promise_polls(p), 2);
	zyn_promise_release(p);
	runtime_end(rt);
}

/* --- several threads in one runtime ----------------------------------------------------------- */

#define THREADS 4

typedef struct Blocker {
	ZynRuntime *rt;
	int64_t ms;
	int rounds;
} Blocker;

static void *block_often(void *data)
{
	Blocker *b = data;
	for (int i = 0; i < b->rounds; i++) {
		ZynPromise *child = ticker_new(b->rt, 2, b->ms);
		ZynPromise *p = waiter_new(b->rt, WAIT_AWAIT, 0, 1, &child);
		CHECK_EQ(zyn_rt_block_on(b->rt, p, -1), ZYN_READY);
		CHECK_EQ(result_of(p), 2);
		zyn_promise_release(p);
		zyn_promise_release(child = ticker_new(b->rt, 1, 1));
	}
	return NULL;
}

static void test_many_threads_block_on_one_runtime(void)
{
	for (uint32_t clock = ZYN_CLOCK_REAL; clock <= ZYN_CLOCK_VIRTUAL; clock++) {
		ZynRuntime *rt = runtime_new(clock);
		Blocker blockers[THREADS];
		pthread_t threads[THREADS];
		for (int t = 0; t < THREADS; t++) {
			blockers[t] = (Blocker){rt, t % 3, 40};
			pthread_create(&threads[t], NULL, block_often, &blockers[t]);
		}
		for (int t = 0; t < THREADS; t++)
			pthread_join(threads[t], NULL);
		runtime_end(rt);
	}
}

static void *wake_for_ever(void *data)
{
	OutsideBox *box = data;
	AWAIT_THREAD(atomic_load(&box->parked));
	while (!atomic_load(&box->ready))
		zyn_waker_wake(box->waker);
	return NULL;
}

static void test_wakes_race_with_ends_and_reuse(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	for (int round = 0; round < 100; round++) {
		OutsideBox box = {.parked = 0};
		ZynPromise *p = outsider_new(rt, &box);
		pthread_t threads[2];
		for (int t = 0; t < 2; t++)
			pthread_create(&threads[t], NULL, wake_for_ever, &box);
		zyn_promise_poll(rt, p);
		for (int i = 0; i < 5; i++)
			zyn_rt_turn(rt);
		zyn_promise_release(p);
		zyn_rt_turn(rt);
		ZynPromise *next = ticker_new(rt, 1,
		                              0); /* in the block that is still being woken */
		CHECK_EQ(zyn_rt_block_on(rt, next, -1), ZYN_READY);
		zyn_promise_release(next);
		atomic_store(&box.ready, 1);
		for (int t = 0; t < 2; t++)
			pthread_join(threads[t], NULL);
		zyn_rt_turn(rt);
	}
	runtime_end(rt);
}

static void test_wakes_race_with_the_end_of_the_runtime(void)
{
	for (int round = 0; round < 100; round++) {
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
		OutsideBox box = {.parked = 0};
		ZynPromise *p = outsider_new(rt, &box);
		pthread_t thread;
		pthread_create(&thread, NULL, wake_for_ever, &box);
		zyn_promise_poll(rt, p);
		if (round % 2)
			zyn_promise_release(p);
		zyn_rt_free(rt);
		if (round % 2 == 0)
			zyn_promise_release(p);
		atomic_store(&box.ready, 1);
		pthread_join(thread, NULL);
	}
}

typedef struct Held {
	ZynRuntime *rt;
	_Atomic uint32_t inside;
	_Atomic uint32_t go;
} Held;

static int64_t hold_the_baton(void *machine)
{
	Held *held = machine;
	atomic_store(&held->inside, 1);
	AWAIT_THREAD(atomic_load(&held->go));
	return 1;
}

static void *run_holder(void *data)
{
	Held *held = data;
	ZynPromise *p = zyn_call_foreign(held->rt, hold_the_baton, held, NULL);
	CHECK_EQ(zyn_rt_block_on(held->rt, p, -1), ZYN_READY);
	zyn_promise_release(p);
	return NULL;
}

static void test_waiting_for_the_baton_obeys_the_limit(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	ZynPromise *p = ticker_new(rt, 1, 1);
	Held held = {.rt = rt};
	pthread_t thread;
	pthread_create(&thread, NULL, run_holder, &held);
	AWAIT_THREAD(atomic_load(&held.inside));
	CHECK_EQ(zyn_rt_turn(rt), -1);
	CHECK_EQ(zyn_rt_block_on(rt, p, 2000000), ZYN_TIMEOUT);
	zyn_promise_release(p); /* from here to the inbox: the baton is taken */
	CHECK_EQ(zyn_rt_live_objects(rt), 2);
	atomic_store(&held.go, 1);
	pthread_join(thread, NULL);
	runtime_end(rt);
}

int main(void)
{
	RUN(test_wake_from_a_second_thread);
	RUN(test_wake_descriptor);
	RUN(test_a_wake_before_the_descriptor_is_asked_for);
	RUN(test_the_descriptor_is_asked_for_while_it_sleeps);
#if defined(__SANITIZE_THREAD__)
	printf("skipped test_a_signal_handler_wakes_its_own_thread: the thread sanitizer puts "
	       "signals off while a thread sleeps in a futex\n");
	(void)test_a_signal_handler_wakes_its_own_thread;
#else
	RUN(test_a_signal_handler_wakes_its_own_thread);
#endif
	RUN(test_stale_wakers_do_nothing);
	RUN(test_wake_while_running_counts_once);
	RUN(test_many_threads_block_on_one_runtime);
	RUN(test_wakes_race_with_ends_and_reuse);
	RUN(test_wakes_race_with_the_end_of_the_runtime);
	RUN(test_waiting_for_the_baton_obeys_the_limit);
	return 0;
}
