/* A semaphore: permits that are counted by whoever takes them.  permits.h has the rules. */
#include "permits.h"

static const ZynObjectOps semaphore_ops = {
	.kind = ZYN_OBJECT_SEMAPHORE,
	.free = zyn__permits_free,
	.describe = zyn__permits_describe,
};

static ZynPermits *permits_of(ZynSemaphore *semaphore)
{
	return (ZynPermits *)semaphore;
}

ZynSemaphore *zyn_semaphore_new(ZynRuntime *rt, uint64_t permits)
{
	return zyn__permits_new(rt, permits, 0, &semaphore_ops);
}

int32_t zyn_semaphore_try_acquire(ZynSemaphore *semaphore, uint32_t permits)
{
	return (int32_t)zyn__permits_try(permits_of(semaphore), permits, 0);
}

void zyn_semaphore_release(ZynSemaphore *semaphore, uint32_t permits)
{
	zyn__permits_release(permits_of(semaphore), permits);
}

void zyn_semaphore_close(ZynSemaphore *semaphore)
{
	zyn__permits_close(permits_of(semaphore));
}

uint64_t zyn_semaphore_available(ZynSemaphore *semaphore)
{
	ZynPermits *permits = permits_of(semaphore);
	zyn__biased_lock(&permits->object.lock);
	uint64_t free = permits->free;
	zyn__biased_unlock(&permits->object.lock);
	return free;
}

void zyn_semaphore_acquire_init(ZynContext *cx, void *mem, ZynSemaphore *semaphore,
                                uint32_t permits)
{
	zyn__permits_init(cx, mem, permits_of(semaphore), permits);
}

int64_t zyn_semaphore_acquire_poll(void *mem, ZynContext *cx)
{
	return zyn__permits_poll(mem, cx);
}

int32_t zyn_semaphore_acquire_take(void *mem, void *out)
{
	(void)out;
	return (int32_t)((ZynPermitsLeaf *)mem)->outcome;
}

void zyn_semaphore_acquire_drop(void *mem)
{
	zyn__permits_drop(mem);
}
