/* What the tests of channels, locks and scopes share: actors, counted values, tasks of one leaf.
 *
 * An actor polls leaves by hand, as a task would, so that a test decides every interleaving and may
 * do so from several threads.
 */
#ifndef ZYN_TEST_SYNC_SUPPORT_H
#define ZYN_TEST_SYNC_SUPPORT_H

#include "support.h"

#include <pthread.h>

/* --- chance ----------------------------------------------------------------------------------- */

typedef struct Chance {
	uint64_t state;
} Chance;

static inline uint64_t chance_next(Chance *chance)
{
	uint64_t z = chance->state += 0x9E3779B97F4A7C15u; /* splitmix64 */
	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return z ^ z >> 31;
}

static inline uint32_t chance_below(Chance *chance, uint32_t limit)
{
	return (uint32_t)(chance_next(chance) % limit);
}

/* --- actors ----------------------------------------------------------------------------------- */

typedef struct Actor {
	ZynContext cx;
	_Atomic uint32_t woken;
	union {
		uint32_t state;
		char bytes[512];
		_Alignas(16) uint64_t align;
	} leaf;
} Actor;

static void actor_wake(void *data)
{
	Actor *actor = data;
	atomic_fetch_add(&actor->woken, 1);
}

static inline void actor_init(Actor *actor, ZynRuntime *rt)
{
	memset(actor, 0, sizeof *actor);
	actor->cx.runtime = rt;
	actor->cx.waker = (ZynWaker){actor_wake, actor};
}

/* Waits, for another thread, until a poll may find something. */
static inline void actor_sleep(Actor *actor)
{
	AWAIT_THREAD(atomic_exchange(&actor->woken, 0) != 0);
}

static inline bool actor_was_woken(Actor *actor)
{
	return atomic_exchange(&actor->woken, 0) != 0;
}

/* Polls with attention CANCEL, which must end the leaf. */
static inline void actor_cancel(Actor *actor, ZynPollFn *poll)
{
	atomic_fetch_or(&actor->cx.attention, ZYN_ATTENTION_CANCEL);
	CHECK(poll(&actor->leaf, &actor->cx) != 0);
	atomic_fetch_and(&actor->cx.attention, ~(uint64_t)ZYN_ATTENTION_CANCEL);
	CHECK_EQ(actor->leaf.state, ZYN_STATE_CANCELLED);
	ZynError *error = zyn__error_take(&actor->cx);
	CHECK_EQ(error->code, ZYN_ERROR_CANCELLED);
}

static inline uint32_t actor_failure(Actor *actor)
{
	CHECK_EQ(actor->leaf.state, ZYN_STATE_FAILED);
	ZynError *error = zyn__error_take(&actor->cx);
	uint32_t code = error->code;
	zyn_error_release(error);
	return code;
}

/* --- counted values --------------------------------------------------------------------------- */

#define COUNTED_MAX 65536

static _Atomic int32_t counted_refs[COUNTED_MAX];

static void counted_retain(void *value)
{
	uint64_t index = *(uint64_t *)value;
	CHECK(index < COUNTED_MAX);
	CHECK(atomic_fetch_add(&counted_refs[index], 1) >= 1);
}

static void counted_release(void *value)
{
	uint64_t index = *(uint64_t *)value;
	CHECK(index < COUNTED_MAX);
	CHECK(atomic_fetch_sub(&counted_refs[index], 1) >= 1);
}

static const ZynTypeInfo type_counted = {.size = 8,
                                         .align = 8,
                                         .kind = ZYN_KIND_STRING,
                                         .retain = counted_retain,
                                         .release = counted_release,
                                         .name = "counted"};

/* A value too large for a leaf: its number, and bytes that must come along. */
typedef struct Large {
	uint64_t number;
	uint64_t rest[9];
} Large;

static const ZynTypeInfo type_large = {.size = sizeof(Large),
                                       .align = 16,
                                       .kind = ZYN_KIND_STRUCT,
                                       .retain = counted_retain,
                                       .release = counted_release,
                                       .name = "large"};

/* One of the two types of values, so that each test runs with both. */
typedef struct Values {
	const ZynTypeInfo *type;
	bool large;
} Values;

static const Values values_small = {&type_counted, false};
static const Values values_large = {&type_large, true};

/* A value with the one reference of its maker. */
static inline Large value_make(uint64_t number)
{
	Large value = {.number = number};
	for (int i = 0; i < 9; i++)
		value.rest[i] = number * 31 + (uint64_t)i;
	CHECK_EQ(atomic_fetch_add(&counted_refs[number], 1), 0);
	return value;
}

static inline void value_give_up(Large *value)
{
	counted_release(value);
}

/* What came out: checks its bytes, gives its number, drops its reference. */
static inline uint64_t value_check(Values values, Large *value)
{
	for (int i = 0; values.large && i < 9; i++)
		CHECK_EQ(value->rest[i], value->number * 31 + (uint64_t)i);
	counted_release(value);
	return value->number;
}

static inline void values_all_gone(void)
{
	for (int i = 0; i < COUNTED_MAX; i++)
		CHECK_EQ(atomic_load(&counted_refs[i]), 0);
}

/* --- a task of one leaf ----------------------------------------------------------------------- */

typedef struct LeafOps {
	void (*init)(ZynContext *cx, void *mem, void *arg);
	ZynPollFn *poll;
	int32_t (*take)(void *mem, void *out); /* null: the leaf has none */
	ZynDropFn *drop;
} LeafOps;

/* result: the first eight bytes of the value; outcome beside it. */
typedef struct LeafTask {
	uint32_t state;
	int32_t outcome;
	const LeafOps *ops;
	void *arg;
	union {
		uint32_t state;
		char bytes[512];
		_Alignas(16) uint64_t align;
	} leaf;
	Large value;
	int64_t result;
} LeafTask;

MACHINE(leaf_task, LeafTask);

static int64_t leaf_task_poll(void *sm, ZynContext *cx)
{
	LeafTask *task = sm;
	if (zyn__state_ended(task->state))
		return zyn_repoll(sm, cx);
	if (task->state == ZYN_STATE_START) {
		task->ops->init(cx, &task->leaf, task->arg);
		task->state = 1;
	}
	if (task->ops->poll(&task->leaf, cx) == 0)
		return 0;
	uint32_t leaf_state = task->leaf.state;
	if (leaf_state == ZYN_STATE_RETURNED && task->ops->take != NULL)
		task->outcome = task->ops->take(&task->leaf, &task->value);
	task->ops->drop(&task->leaf);
	if (leaf_state == ZYN_STATE_CANCELLED)
		return machine_cancelled(&task->state);
	if (leaf_state == ZYN_STATE_FAILED)
		return machine_fail(&task->state);
	return machine_return(&task->state, &task->result, (int64_t)task->value.number);
}

static void leaf_task_drop(void *sm)
{
	(void)sm;
}

static inline ZynPromise *leaf_task_new(ZynRuntime *rt, const LeafOps *ops, void *arg)
{
	struct {
		const LeafOps *ops;
		void *arg;
	} args = {ops, arg};
	return zyn_call_async(rt, &leaf_task, &args, offsetof(LeafTask, ops), sizeof args);
}

static inline int32_t outcome_of(ZynPromise *p)
{
	return ((LeafTask *)p->state_machine)->outcome;
}

/* --- allocation that fails -------------------------------------------------------------------- */

static int64_t allocations_left = INT64_MAX;

static bool permit_some(size_t bytes)
{
	(void)bytes;
	return allocations_left-- > 0;
}

/* Runs `scenario` with the 1st, 2nd, .. allocation failing, until one run needs no more than it
 * gets.  It is to bear every failure and leave nothing behind. */
static inline void fail_each_allocation(bool (*scenario)(ZynRuntime *rt))
{
	for (int64_t n = 0;; n++) {
		CHECK(n < 1000);
		ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		zyn__allocator.permit = permit_some;
		allocations_left = n;
		bool complete = scenario(rt);
		bool enough = allocations_left >= 0;
		zyn__allocator.permit = NULL;
		allocations_left = INT64_MAX;
		CHECK(complete || !enough);
		runtime_end(rt);
		if (enough)
			return;
	}
}

#endif
