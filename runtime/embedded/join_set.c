/* EmbeddedJoinSet: the set is a mask over the slots of its scheduler, because the scheduler keeps
 * what its tasks gave until somebody takes it. */
#include "embedded.h"

const char *zyn_refusal_text(int32_t refusal)
{
	switch (refusal) {
	case ZYN_REFUSED_FULL:
		return "every place is taken; join or wait for a task first";
	case ZYN_REFUSED_NO_TASK:
		return "no task has this id, or its result was taken";
	case ZYN_REFUSED_PRIORITY:
		return "there is no such priority";
	case ZYN_REFUSED_INSIDE:
		return "a task that is being polled cannot poll others";
	case ZYN_REFUSED_EMPTY:
		return "the set has no members";
	case ZYN_REFUSED_MEMORY:
		return "the memory is too small, not aligned, or out";
	case ZYN_IDLE:
		return "nothing is runnable";
	default:
		return "not a refusal";
	}
}

void zyn_embedded_join_set_init(ZynEmbeddedJoinSet *set, ZynEmbeddedScheduler *scheduler)
{
	set->scheduler = scheduler;
	set->members = 0;
}

int32_t zyn_embedded_join_set_spawn(ZynEmbeddedJoinSet *set, uint32_t priority, ZynTaskFn *poll,
                                    void *state)
{
	int32_t id = zyn_embedded_spawn(set->scheduler, priority, poll, state);
	if (id >= 0)
		set->members |= UINT32_C(1) << ((uint32_t)id & (set->scheduler->capacity - 1u));
	return id;
}

uint32_t zyn_embedded_join_set_len(const ZynEmbeddedJoinSet *set)
{
	return zyn__embedded_count(set->members);
}

int32_t zyn_embedded_try_join_next(ZynEmbeddedJoinSet *set, int32_t *id, int64_t *value)
{
	if (set->members == 0)
		return ZYN_REFUSED_EMPTY;
	uint32_t over = set->members & set->scheduler->ended;
	if (over == 0)
		return ZYN_PENDING;
	uint32_t slot = (uint32_t)__builtin_ctz(over);
	int32_t task = (int32_t)set->scheduler->tasks[slot].id;
	set->members &= ~(UINT32_C(1) << slot);
	if (id != NULL)
		*id = task;
	return zyn_embedded_take(set->scheduler, task, value);
}

int32_t zyn_embedded_join_next(ZynEmbeddedJoinSet *set, int32_t *id, int64_t *value)
{
	for (;;) {
		int32_t status = zyn_embedded_try_join_next(set, id, value);
		if (status != ZYN_PENDING)
			return status;
		int32_t polled = zyn_embedded_poll_next(set->scheduler);
		if (polled < 0)
			return polled == ZYN_IDLE ? ZYN_PENDING : polled;
	}
}

void zyn_embedded_abort_all(ZynEmbeddedJoinSet *set)
{
	/* bounded: each round takes a bit away */
	for (uint32_t left = set->members; left != 0; left &= left - 1) {
		uint32_t slot = (uint32_t)__builtin_ctz(left);
		zyn_embedded_abort(set->scheduler, (int32_t)set->scheduler->tasks[slot].id);
	}
}
