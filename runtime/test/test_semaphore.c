/* A semaphore: nobody overtakes the queue, nothing is lost; also at random, against a plain one. */
#include "permits.h"
#include "sync_support.h"

static bool acquire_begin(Actor *actor, ZynSemaphore *semaphore, uint32_t permits)
{
	zyn_semaphore_acquire_init(&actor->cx, &actor->leaf, semaphore, permits);
	return zyn_semaphore_acquire_poll(&actor->leaf, &actor->cx) != 0;
}

static bool acquire_poll(Actor *actor)
{
	return zyn_semaphore_acquire_poll(&actor->leaf, &actor->cx) != 0;
}

static int32_t acquired(Actor *actor)
{
	CHECK_EQ(actor->leaf.state, ZYN_STATE_RETURNED);
	int32_t outcome = zyn_semaphore_acquire_take(&actor->leaf, NULL);
	zyn_semaphore_acquire_drop(&actor->leaf);
	return outcome;
}

static void test_many_are_served_before_later_few(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynSemaphore *semaphore = zyn_semaphore_new(rt, 4);
	Actor a[3];
	for (int i = 0; i < 3; i++)
		actor_init(&a[i], rt);
	CHECK(acquire_begin(&a[0], semaphore, 3));
	CHECK_EQ(acquired(&a[0]), ZYN_OUTCOME_DONE);
	CHECK(!acquire_begin(&a[1], semaphore, 3));
	CHECK(!acquire_begin(&a[2], semaphore, 1)); /* there is one, but it was later */
	CHECK_EQ(zyn_semaphore_try_acquire(semaphore, 1), ZYN_OUTCOME_FULL);
	CHECK_EQ(zyn_semaphore_available(semaphore), 1);
	actor_cancel(&a[1], zyn_semaphore_acquire_poll); /* it stood in the way */
	CHECK(actor_was_woken(&a[2]));
	CHECK(acquire_poll(&a[2]));
	CHECK_EQ(acquired(&a[2]), ZYN_OUTCOME_DONE);
	zyn_semaphore_release(semaphore, 4);
	CHECK_EQ(zyn_semaphore_available(semaphore), 4);
	zyn_semaphore_release(semaphore, 2); /* more than there were */
	CHECK_EQ(zyn_semaphore_try_acquire(semaphore, 6), ZYN_OUTCOME_DONE);
	zyn_object_release(semaphore);
	runtime_end(rt);
}

static void test_close_refuses_who_waits_and_who_comes(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynSemaphore *semaphore = zyn_semaphore_new(rt, 0);
	Actor a[2];
	actor_init(&a[0], rt);
	actor_init(&a[1], rt);
	CHECK(!acquire_begin(&a[0], semaphore, 1));
	zyn_semaphore_close(semaphore);
	CHECK(actor_was_woken(&a[0]));
	CHECK(acquire_poll(&a[0]));
	CHECK_EQ(acquired(&a[0]), ZYN_OUTCOME_CLOSED);
	CHECK(acquire_begin(&a[1], semaphore, 1));
	CHECK_EQ(acquired(&a[1]), ZYN_OUTCOME_CLOSED);
	CHECK_EQ(zyn_semaphore_try_acquire(semaphore, 1), ZYN_OUTCOME_CLOSED);
	zyn_object_release(semaphore);
	runtime_end(rt);
}

/* --- against a model -------------------------------------------------------------------------- */

#define ACTORS 8

typedef struct Model {
	ZynSemaphore *semaphore;
	Chance chance;
	Actor actors[ACTORS];
	int queue[ACTORS]; /* who waits, in order */
	int waiting;
	uint64_t free;
	uint32_t wants[ACTORS]; /* 0: does nothing */
	bool has[ACTORS];       /* of what it wants: the plain one says so */
	uint32_t taken[ACTORS];
} Model;

static void model_serve(Model *model)
{
	while (model->waiting > 0 && model->wants[model->queue[0]] <= model->free) {
		model->free -= model->wants[model->queue[0]];
		model->has[model->queue[0]] = true;
		memmove(model->queue, model->queue + 1, (ACTORS - 1) * sizeof model->queue[0]);
		model->waiting--;
	}
}

static void model_leave(Model *model, int actor)
{
	int kept = 0;
	for (int i = 0; i < model->waiting; i++)
		if (model->queue[i] != actor)
			model->queue[kept++] = model->queue[i];
	model->waiting = kept;
	if (model->has[actor])
		model->free += model->wants[actor];
	model->has[actor] = false;
	model->wants[actor] = 0;
	model_serve(model);
}

static void model_got(Model *model, int i)
{
	CHECK(model->has[i]);
	CHECK_EQ(acquired(&model->actors[i]), ZYN_OUTCOME_DONE);
	model->taken[i] = model->wants[i];
	model->wants[i] = 0;
	model->has[i] = false;
}

static void model_step(Model *model)
{
	int i = (int)chance_below(&model->chance, ACTORS);
	Actor *actor = &model->actors[i];
	if (model->taken[i] != 0) {
		uint32_t amount = model->taken[i];
		model->taken[i] = 0;
		model->free += amount;
		model_serve(model);
		zyn_semaphore_release(model->semaphore, amount);
	} else if (model->wants[i] == 0) {
		model->wants[i] = 1 + chance_below(&model->chance, 3);
		model->queue[model->waiting++] = i;
		model_serve(model);
		if (acquire_begin(actor, model->semaphore, model->wants[i]))
			model_got(model, i);
		else
			CHECK(!model->has[i]);
	} else if (chance_below(&model->chance, 4) == 0) {
		model_leave(model, i);
		actor_cancel(actor, zyn_semaphore_acquire_poll);
	} else if (model->has[i]) {
		CHECK(actor_was_woken(actor));
		CHECK(acquire_poll(actor));
		model_got(model, i);
	} else {
		CHECK(!acquire_poll(actor));
	}
	CHECK_EQ(zyn_semaphore_available(model->semaphore), model->free);
}

static void test_random_interleavings_against_a_plain_one(void)
{
	static Model model;
	for (uint64_t seed = 1; seed <= 400; seed++) {
		memset(&model, 0, sizeof model);
		model.chance.state = seed;
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		model.free = 1 + chance_below(&model.chance, 5);
		uint64_t all = model.free;
		model.semaphore = zyn_semaphore_new(rt, all);
		for (int i = 0; i < ACTORS; i++)
			actor_init(&model.actors[i], rt);
		for (int i = 0; i < 300; i++)
			model_step(&model);
		for (int i = 0; i < ACTORS; i++) {
			if (model.wants[i] != 0)
				zyn_semaphore_acquire_drop(&model.actors[i].leaf);
			if (model.taken[i] != 0)
				zyn_semaphore_release(model.semaphore, model.taken[i]);
		}
		CHECK_EQ(zyn_semaphore_available(model.semaphore), all);
		zyn_object_release(model.semaphore);
		runtime_end(rt);
	}
}

int main(void)
{
	RUN(test_many_are_served_before_later_few);
	RUN(test_close_refuses_who_waits_and_who_comes);
	RUN(test_random_interleavings_against_a_plain_one);
	return 0;
}
