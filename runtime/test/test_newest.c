/* What a worker of a team has spawned last is its own for a moment (rule 7 of team.c): whatever
 * happens to it meanwhile, nothing is polled twice, lost, or cancelled in another's place.
 */
#include "support.h"

#include <pthread.h>

#define ROUNDS 300
#define SHORTS 3

/* --- short: ends in its first poll, or after `yields` more ------------------------------------ */

typedef struct Short {
	uint32_t state;
	uint32_t yielding;
	int64_t yields;
	uint32_t leaf;
	int64_t result;
} Short;

MACHINE(short_task, Short);

static _Atomic uint64_t shorts_ended;

static int64_t short_task_poll(void *sm, ZynContext *cx)
{
	Short *s = sm;
	if (zyn__state_ended(s->state))
		return zyn_repoll(sm, cx);
	s->state = 1;
	while (s->yielding || s->yields != 0) {
		if (!s->yielding) {
			zyn_yield_now_init(cx, &s->leaf);
			s->yielding = 1;
			s->yields--;
		}
		if (zyn_yield_now_poll(&s->leaf, cx) == 0)
			return 0;
		if (cx->error.tag != 0)
			return zyn_failed(sm, cx);
		s->yielding = 0;
	}
	atomic_fetch_add(&shorts_ended, 1);
	return machine_return(&s->state, &s->result, 1);
}

static void short_task_drop(void *sm)
{
	(void)sm;
}

static ZynPromise *short_spawned(ZynContext *cx, int64_t yields)
{
	Short *s = zyn_frame_new(cx, &short_task);
	CHECK(s != NULL);
	s->yields = yields;
	ZynPromise *p = zyn__task_promise(zyn__task_of_machine(s));
	zyn_promise_release(zyn_spawn(cx, p, 0));
	return p;
}

/* --- parent: `rounds` times `step`, which says whether it awaits something ------------------- */

typedef struct Parent Parent;
typedef ZynPromise *Step(Parent *p, ZynContext *cx);

struct Parent {
	uint32_t state;
	uint32_t waiting;
	Step *step;
	int64_t rounds;
	ZynPromise *child; /* owned; awaited */
	ZynAwait await;
	int64_t sum;
	int64_t result;
};

MACHINE(parent, Parent);

static int64_t parent_poll(void *sm, ZynContext *cx)
{
	Parent *p = sm;
	if (zyn__state_ended(p->state))
		return zyn_repoll(sm, cx);
	p->state = 1;
	while (p->child != NULL || p->rounds-- != 0) {
		if (p->child == NULL)
			p->child = p->step(p, cx);
		if (p->child == NULL)
			continue;
		if (!p->waiting)
			zyn_await_promise_init(cx, &p->await, p->child);
		p->waiting = 1;
		if (zyn_await_promise_poll(&p->await, cx) == 0)
			return 0;
		CHECK_EQ(cx->error.tag, 0); /* nobody cancels what is awaited */
		int64_t value = 0;
		zyn_await_promise_take(&p->await, &value);
		zyn_await_promise_drop(&p->await);
		zyn_promise_release(p->child);
		p->child = NULL;
		p->waiting = 0;
		p->sum += value;
	}
	return machine_return(&p->state, &p->result, p->sum);
}

static void parent_drop(void *sm)
{
	(void)sm; /* every parent comes to its end here */
}

static uint64_t run(uint32_t workers, Step *step, int64_t rounds, int64_t expected)
{
	ZynOptions options = {.size = sizeof options, .workers = workers};
	ZynRuntime *rt = zyn_rt_new(&options);
	CHECK(rt != NULL);
	struct {
		Step *step;
		int64_t rounds;
	} arguments = {step, rounds};
	ZynPromise *p = zyn_call_async(rt, &parent, &arguments, offsetof(Parent, step),
	                               sizeof arguments);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	CHECK_EQ(result_of(p), expected);
	uint64_t polls = zyn_promise_polls(p);
	zyn_promise_release(p);
	AWAIT_THREAD(zyn_rt_live_objects(rt) == 0);
	CHECK_EQ(zyn_rt_live_bytes(rt), 0);
	zyn_rt_free(rt);
	return polls;
}

/* --- tests ------------------------------------------------------------------------------------ */

static ZynPromise *spawn_and_await(Parent *p, ZynContext *cx)
{
	(void)p;
	return short_spawned(cx, 0);
}

static void test_who_awaits_the_newest_need_not_park(void)
{
	CHECK(run(2, spawn_and_await, 1000, 1000) < 500);
	CHECK(run(4, spawn_and_await, 1000, 1000) < 500);
}

static ZynPromise *spawn_and_release(Parent *p, ZynContext *cx)
{
	ZynPromise *child = short_spawned(cx, p->rounds % 2);
	if (p->rounds % 3 == 0)
		zyn_promise_cancel(child);
	zyn_promise_release(child);
	return p->rounds % 5 == 0 ? short_spawned(cx, 1) : NULL;
}

static void test_the_newest_is_released_where_it_waits(void)
{
	for (uint32_t workers = 2; workers <= 4; workers += 2)
		run(workers, spawn_and_release, ROUNDS * 5, ROUNDS);
}

/* Of several that were spawned, those in the middle are cancelled and released at some time between
 * their first poll and long after their end; no message for one may reach who comes after it. */
static ZynPromise *spawn_and_cancel_late(Parent *p, ZynContext *cx)
{
	static ZynPromise *kept[SHORTS];
	int at = (int)(p->rounds % SHORTS);
	if (kept[at] != NULL) {
		zyn_promise_cancel(kept[at]);
		zyn_promise_release(kept[at]);
	}
	kept[at] = p->rounds >= SHORTS ? short_spawned(cx, p->rounds % 4) : NULL;
	return short_spawned(cx, p->rounds % 3);
}

static void test_a_late_cancel_reaches_nobody_else(void)
{
	for (uint32_t workers = 2; workers <= 4; workers++)
		run(workers, spawn_and_cancel_late, ROUNDS * 10, ROUNDS * 10);
}

/* Two tasks, and a poll that goes on until both have ended: others have to take them. */
static ZynPromise *spawn_and_stay(Parent *p, ZynContext *cx)
{
	uint64_t before = atomic_load(&shorts_ended);
	ZynPromise *children[2] = {short_spawned(cx, 0), short_spawned(cx, 1)};
	while (atomic_load(&shorts_ended) < before + 2)
		if (zyn__get(&cx->attention) != 0)
			CHECK_EQ(zyn_attend(cx, p, 0), 0);
	zyn_promise_release(children[0]);
	return children[1];
}

static void test_others_take_the_newest_from_a_long_poll(void)
{
	for (uint32_t workers = 2; workers <= 4; workers += 2)
		run(workers, spawn_and_stay, 5, 5);
}

/* An ended task is released while a cancel from another thread is still under way; the next task
 * gets its block. */
static void *cancel(void *promise)
{
	zyn_promise_cancel(promise);
	return NULL;
}

static ZynPromise *spawn_and_cancel_from_outside(Parent *p, ZynContext *cx)
{
	static ZynPromise *ended;
	if (p->rounds % 2 != 0) {
		ended = short_spawned(cx, 0);
		zyn_promise_retain(ended);
		return ended;
	}
	pthread_t thread;
	CHECK_EQ(pthread_create(&thread, NULL, cancel, ended), 0);
	pthread_join(thread, NULL);
	zyn_promise_release(ended);
	return short_spawned(cx, 1);
}

static void test_a_cancel_under_way_reaches_nobody_else(void)
{
	for (uint32_t workers = 1; workers <= 3; workers++)
		run(workers, spawn_and_cancel_from_outside, ROUNDS, ROUNDS);
}

int main(void)
{
	RUN(test_who_awaits_the_newest_need_not_park);
	RUN(test_the_newest_is_released_where_it_waits);
	RUN(test_a_late_cancel_reaches_nobody_else);
	RUN(test_others_take_the_newest_from_a_long_poll);
	RUN(test_a_cancel_under_way_reaches_nobody_else);
	return 0;
}
