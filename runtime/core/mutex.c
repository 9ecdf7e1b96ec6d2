/* A mutex: one permit.  permits.h has the rules. */
#include "permits.h"

static const ZynObjectOps mutex_ops = {
	.kind = ZYN_OBJECT_MUTEX,
	.free = zyn__permits_free,
	.describe = zyn__permits_describe,
};

static ZynPermits *permits_of(ZynMutex *mutex)
{
	return (ZynPermits *)mutex;
}

ZynMutex *zyn_mutex_new(ZynRuntime *rt)
{
	return zyn__permits_new(rt, 1, 1, &mutex_ops);
}

int32_t zyn_mutex_try_lock(ZynContext *cx, ZynMutex *mutex)
{
	uint64_t task = cx != NULL ? zyn__task_id_of(cx) : 0;
	return (int32_t)zyn__permits_try(permits_of(mutex), 1, task);
}

int32_t zyn_mutex_unlock(ZynMutex *mutex)
{
	return (int32_t)zyn__permits_release(permits_of(mutex), 1);
}

void zyn_mutex_lock_init(ZynContext *cx, void *mem, ZynMutex *mutex)
{
	zyn__permits_init(cx, mem, permits_of(mutex), 1);
}

int64_t zyn_mutex_lock_poll(void *mem, ZynContext *cx)
{
	return zyn__permits_poll(mem, cx);
}

int32_t zyn_mutex_lock_take(void *mem, void *out)
{
	(void)out;
	return (int32_t)((ZynPermitsLeaf *)mem)->outcome;
}

void zyn_mutex_lock_drop(void *mem)
{
	zyn__permits_drop(mem);
}
