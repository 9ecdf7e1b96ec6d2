/* The part of internal.h, which includes it, that finds one thing in another: a task's header, its
 * machine, its flags, its owner.
 */
#ifndef ZYN_ACCESS_H
#define ZYN_ACCESS_H

#include "atomics.h"

#define ZYN_INBOX_CLOSED ((ZynTask *)(uintptr_t)1)
#define ZYN_GRAVEYARD_CLOSED ((void *)(uintptr_t)1)

#define zyn__get(object) atomic_load_explicit(object, memory_order_relaxed)
#define zyn__set(object, value) atomic_store_explicit(object, value, memory_order_relaxed)

static_assert(sizeof(ZynTask) % 16 == 0, "a frame header behind a task must be aligned");

static inline ZynTask *zyn__task_of_promise(const ZynPromise *p)
{
	return (ZynTask *)((char *)(uintptr_t)p - sizeof(ZynTask));
}

static inline ZynFrameHeader *zyn__task_header(ZynTask *task)
{
	return (ZynFrameHeader *)(task + 1);
}

static inline void *zyn__task_machine(ZynTask *task)
{
	return zyn__task_header(task) + 1;
}

static inline ZynTask *zyn__task_of_machine(void *sm)
{
	return (ZynTask *)((char *)sm - sizeof(ZynFrameHeader) - sizeof(ZynTask));
}

static inline ZynPromise *zyn__task_promise(ZynTask *task)
{
	return &zyn__task_header(task)->promise;
}

static inline uint32_t *zyn__machine_state(void *sm)
{
	return sm;
}

static inline bool zyn__state_ended(uint32_t state)
{
	return state >= ZYN_STATE_CANCELLED;
}

static inline ZynChunk *zyn__chunk(const ZynTask *task)
{
	return (ZynChunk *)((uintptr_t)task & ~(uintptr_t)(ZYN_CHUNK_BYTES - 1));
}

/* In ZynTask.worker beside its place: the task is parked, and a worker that wakes it may take it
 * over (rule 3 of team.c). */
#define ZYN_PARKED_FREE 0x40u

/* Orders that a model test replaces by a wrong one to see that it is found.  Who finds a task to be
 * its own may see it a moment after another worker gave it, before it arrived by mail. */
#ifndef ZYN_PARK_ORDER
#define ZYN_PARK_ORDER release
#endif
#ifndef ZYN_HOLD_ORDER
#define ZYN_HOLD_ORDER acquire
#endif
#ifndef ZYN_TAKE_OVER_ORDER
#define ZYN_TAKE_OVER_ORDER acquire
#endif

/* The number of the block in which the byte at `offset` lies, a multiple of 8, without a division;
 * exact within the reach of zyn__chunk's mask. */
static inline size_t zyn__block_index(const ZynChunk *chunk, size_t offset)
{
	return (size_t)((uint64_t)(offset - ZYN_CHUNK_HEADER_BYTES) * chunk->inverse >> 32);
}

static inline size_t zyn__task_index(const ZynTask *task)
{
	const ZynChunk *chunk = zyn__chunk(task);
	return zyn__block_index(chunk, (size_t)((const char *)task - (const char *)chunk));
}

/* The task whose block is the one with that number. */
static inline ZynTask *zyn__task_at(const ZynChunk *chunk, size_t index)
{
	char *blocks = (char *)(uintptr_t)chunk + ZYN_CHUNK_HEADER_BYTES;
	return (ZynTask *)(void *)(blocks + index * chunk->block_bytes);
}

/* Where `task` is linked while there is a message for it; beside the tasks, because few ever get
 * one, and pages that nobody touches are not real. */
static inline _Atomic(ZynTask *) *zyn__inbox_link(const ZynTask *task)
{
	return &zyn__chunk(task)->links[zyn__task_index(task)];
}

/* Whether its chunk has a ZynScopeChild for the task, where the address of one leads to the other:
 * a block of more than ZYN_CHUNK_BYTES has none. */
static inline bool zyn__has_child_place(const ZynTask *task)
{
	return zyn__chunk(task)->bytes == ZYN_CHUNK_BYTES;
}

static inline ZynScopeChild *zyn__child_of_task(const ZynTask *task)
{
	char *end = (char *)zyn__chunk(task) + ZYN_CHUNK_BYTES;
	return (ZynScopeChild *)(void *)end - 1 - zyn__task_index(task);
}

static inline ZynTask *zyn__task_of_child(const ZynScopeChild *child)
{
	const ZynChunk *chunk = zyn__chunk((const ZynTask *)(const void *)child);
	const char *end = (const char *)chunk + ZYN_CHUNK_BYTES;
	size_t behind = (size_t)(end - (const char *)child) / sizeof *child;
	return zyn__task_at(chunk, behind - 1);
}

/* The worker that owns `task`.  Stable for the owner; for everybody else a moment's truth. */
static inline ZynRuntime *zyn__owner(const ZynTask *task)
{
	uint8_t worker = atomic_load_explicit(&task->worker, memory_order_acquire);
	return zyn__chunk(task)->workers[worker & ~(ZYN_FREE_TO_OWN | ZYN_PARKED_FREE)];
}

static inline bool zyn__free_to_own(const ZynTask *task)
{
	return (zyn__get(&task->worker) & ZYN_FREE_TO_OWN) != 0;
}

/* Makes `rt` the owner of a task that is free to own; false: somebody else was first. */
static inline bool zyn__claim(ZynTask *task, const ZynRuntime *rt)
{
	uint8_t worker = zyn__get(&task->worker);
	return (worker & ZYN_FREE_TO_OWN) != 0 &&
	       atomic_compare_exchange_strong_explicit(&task->worker, &worker,
	                                               (uint8_t)rt->worker_index,
	                                               memory_order_acq_rel, memory_order_relaxed);
}

/* Whether `rt` may change the task, which nobody takes over from then on; only its owner may. */
static inline bool zyn__hold(ZynTask *task, const ZynRuntime *rt)
{
	uint8_t mine = (uint8_t)rt->worker_index;
	uint8_t worker = ZA_LOAD(&task->worker, ZYN_HOLD_ORDER);
	if (worker == mine)
		return true;
	return worker == (mine | ZYN_PARKED_FREE) &&
	       ZA_CAS(&task->worker, &worker, mine, acquire, relaxed);
}

/* The same, but takes over what any worker has parked.  The head does not, for it may not come to
 * poll it. */
static inline bool zyn__take_over(ZynTask *task, const ZynRuntime *rt)
{
	uint8_t mine = (uint8_t)rt->worker_index;
	uint8_t worker = ZA_LOAD(&task->worker, ZYN_TAKE_OVER_ORDER);
	if (worker == mine)
		return true;
	return (worker & ZYN_PARKED_FREE) != 0 && mine != 0 &&
	       ZA_CAS(&task->worker, &worker, mine, acquire, relaxed);
}

/* The owner's last word about a task that parked. */
static inline void zyn__park_free(ZynTask *task, const ZynRuntime *rt)
{
	ZA_STORE(&task->worker, (uint8_t)(rt->worker_index | ZYN_PARKED_FREE), ZYN_PARK_ORDER);
}

/* Only the owner names another. */
static inline void zyn__own(ZynTask *task, const ZynRuntime *rt)
{
	atomic_store_explicit(&task->worker, (uint8_t)rt->worker_index, memory_order_release);
}

/* The id of a task; 0 when it is none.  A task holds the lower half, and can only be mistaken for
 * one that 2^32 others came after. */
static inline uint64_t zyn__task_id(const ZynTask *task)
{
	uint32_t lower = zyn__get(&task->id);
	if (lower == 0)
		return 0;
	uint64_t last = zyn__get(&zyn__owner(task)->head->task_ids);
	return last - (uint32_t)((uint32_t)last - lower);
}

/* null while nobody wants notes */
static inline ZynTaskNote *zyn__note(const ZynTask *task)
{
	const ZynChunk *chunk = zyn__chunk(task);
	ZynTaskNote *notes = atomic_load_explicit(&chunk->notes, memory_order_acquire);
	if (notes == NULL)
		return NULL;
	return &notes[zyn__task_index(task)];
}

/* null when no debugger has taken an interest in the task */
static inline ZynDebugTask *zyn__debug_of(const ZynTask *task)
{
	ZynTaskNote *note = zyn__note(task);
	return note != NULL ? note->debug : NULL;
}

/* Who sees it sees the result and the error too. */
static inline bool zyn__task_ended(ZynTask *task)
{
	return atomic_load_explicit(&task->status, memory_order_acquire) != ZYN_PENDING;
}

/* Why it ended badly; borrowed; null when it did not, or has not. */
static inline ZynError *zyn__task_error(ZynTask *task)
{
	return zyn__task_ended(task) ? task->error : NULL;
}

static inline bool zyn__flag(ZynTask *task, uint32_t flag)
{
	/* who sees TASK sees the task's owner */
	return (atomic_load_explicit(&zyn__task_header(task)->flags, memory_order_acquire) &
	        flag) != 0;
}

/* Rule 2 of task.c: flags have one writer, the baton holder, so no locked instruction is needed. */
static inline void zyn__flag_set(ZynTask *task, uint32_t flag)
{
	_Atomic uint32_t *flags = &zyn__task_header(task)->flags;
	zyn__set(flags, zyn__get(flags) | flag);
}

static inline void zyn__flag_clear(ZynTask *task, uint32_t flag)
{
	_Atomic uint32_t *flags = &zyn__task_header(task)->flags;
	zyn__set(flags, zyn__get(flags) & ~flag);
}

/* Somebody sees each poll: no short cut may be taken. */
static inline bool zyn__polls_watched(const ZynRuntime *rt)
{
	return (zyn__get(&rt->head->watched) & ZYN_WATCH_POLLS) != 0;
}

/* No poll may start. */
static inline bool zyn__gate_closed(const ZynRuntime *rt)
{
	return zyn__get(&rt->head->gate_closed) != 0;
}

static inline bool zyn__attention(ZynContext *cx, uint64_t bits)
{
	return (zyn__get(&cx->attention) & bits) != 0;
}

#endif
