/* A lock for readers and writers: a reader takes one permit, a writer all.  permits.h has the
 * rules. */
#include "permits.h"

#define ALL (1u << 30) /* more readers than there can be tasks */

static const ZynObjectOps rwlock_ops = {
	.kind = ZYN_OBJECT_RWLOCK,
	.free = zyn__permits_free,
	.describe = zyn__permits_describe,
};

static ZynPermits *permits_of(ZynRwLock *lock)
{
	return (ZynPermits *)lock;
}

ZynRwLock *zyn_rwlock_new(ZynRuntime *rt)
{
	return zyn__permits_new(rt, ALL, ALL, &rwlock_ops);
}

int32_t zyn_rwlock_try_read(ZynRwLock *lock)
{
	return (int32_t)zyn__permits_try(permits_of(lock), 1, 0);
}

int32_t zyn_rwlock_try_write(ZynContext *cx, ZynRwLock *lock)
{
	uint64_t task = cx != NULL ? zyn__task_id_of(cx) : 0;
	return (int32_t)zyn__permits_try(permits_of(lock), ALL, task);
}

int32_t zyn_rwlock_read_unlock(ZynRwLock *lock)
{
	return (int32_t)zyn__permits_release(permits_of(lock), 1);
}

int32_t zyn_rwlock_write_unlock(ZynRwLock *lock)
{
	return (int32_t)zyn__permits_release(permits_of(lock), ALL);
}

void zyn_rwlock_read_init(ZynContext *cx, void *mem, ZynRwLock *lock)
{
	zyn__permits_init(cx, mem, permits_of(lock), 1);
}

int64_t zyn_rwlock_read_poll(void *mem, ZynContext *cx)
{
	return zyn__permits_poll(mem, cx);
}

int32_t zyn_rwlock_read_take(void *mem, void *out)
{
	(void)out;
	return (int32_t)((ZynPermitsLeaf *)mem)->outcome;
}

void zyn_rwlock_read_drop(void *mem)
{
	zyn__permits_drop(mem);
}

void zyn_rwlock_write_init(ZynContext *cx, void *mem, ZynRwLock *lock)
{
	zyn__permits_init(cx, mem, permits_of(lock), ALL);
}

int64_t zyn_rwlock_write_poll(void *mem, ZynContext *cx)
{
	return zyn__permits_poll(mem, cx);
}

int32_t zyn_rwlock_write_take(void *mem, void *out)
{
	(void)out;
	return (int32_t)((ZynPermitsLeaf *)mem)->outcome;
}

void zyn_rwlock_write_drop(void *mem)
{
	zyn__permits_drop(mem);
}
