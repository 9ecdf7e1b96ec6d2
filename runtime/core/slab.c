/* Where frames live: [ZynTask | ZynFrameHeader | frame] in one block.
 *
 * Owner:   the baton holder of the worker.
 * Others:  free blocks of it: they push them on `returned`, with compare-and-swap, and the owner
 *          takes them all when its own list is empty.
 *
 * Rule 1.  a chunk is ZYN_CHUNK_BYTES, aligned to its size, carved into blocks of one class, and
 *          goes back to the system when the runtime does; until then a block's task header stays
 *          a task header.  That is why a waker may look at it at any time (waker.c).
 * Rule 2.  the first fields of a task are not reset by reuse: who finds a block through a stale
 *          waker, or in its inbox, still finds an owner.
 * Rule 3.  the id is 0 and sched is FREE while the block is free.
 * Rule 4.  a task that is freed where it waits for its turn keeps its link, so its block stays in
 *          that queue; who finds it there calls zyn__slab_collect.
 *
 * A block too big for a chunk of its class gets a chunk of its own, in powers of two, and is
 * reused like any other.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define POISON(memory, bytes) ASAN_POISON_MEMORY_REGION(memory, bytes)
#define UNPOISON(memory, bytes) ASAN_UNPOISON_MEMORY_REGION(memory, bytes)
#else
#define POISON(memory, bytes) ((void)(memory), (void)(bytes))
#define UNPOISON(memory, bytes) ((void)(memory), (void)(bytes))
#endif

#define FIELDS_STABLE offsetof(ZynTask, next)
/* of each block, behind all of them: its link, and far behind, its place in a set */
#define BESIDE_BYTES (sizeof(_Atomic(ZynTask *)) + sizeof(ZynScopeChild))
#define PREFIX_BYTES (sizeof(ZynTask) + sizeof(ZynFrameHeader))

static_assert(sizeof(ZynChunk) <= ZYN_CHUNK_HEADER_BYTES,
              "a chunk's header lies in front of its blocks");

static uint32_t class_of(size_t bytes)
{
	if (bytes <= ZYN_SLAB_SMALL_CLASSES * ZYN_SLAB_STEP_BYTES)
		return (uint32_t)((bytes + ZYN_SLAB_STEP_BYTES - 1) / ZYN_SLAB_STEP_BYTES) - 1;
	uint32_t class_index = ZYN_SLAB_SMALL_CLASSES;
	for (size_t size = 4096; size < bytes; size *= 2)
		class_index++;
	return class_index;
}

static size_t class_bytes(uint32_t class_index)
{
	if (class_index < ZYN_SLAB_SMALL_CLASSES)
		return (size_t)(class_index + 1) * ZYN_SLAB_STEP_BYTES;
	return (size_t)4096 << (class_index - ZYN_SLAB_SMALL_CLASSES);
}

bool zyn__slab_init(ZynRuntime *rt)
{
	/* Mapped, not allocated: pages of the table that no chunk uses never become real. */
	rt->chunks = zyn__allocator.map(ZYN_CHUNKS_MAX * sizeof *rt->chunks);
	return rt->chunks != NULL;
}

void zyn__slab_destroy(ZynRuntime *rt)
{
	for (uint32_t i = 0; i < zyn__get(&rt->chunk_count); i++) {
		ZynChunk *chunk = zyn__get(&rt->chunks[i]);
		size_t bytes = chunk->bytes;
		UNPOISON(chunk, bytes);
		free(zyn__get(&chunk->notes));
		zyn__allocator.unmap(chunk, bytes);
	}
	if (rt->chunks != NULL)
		zyn__allocator.unmap(rt->chunks, ZYN_CHUNKS_MAX * sizeof *rt->chunks);
}

static size_t blocks_of(const ZynChunk *chunk)
{
	return (chunk->bytes - ZYN_CHUNK_HEADER_BYTES) / (chunk->block_bytes + BESIDE_BYTES);
}

static bool note_chunk(ZynChunk *chunk)
{
	if (zyn__get(&chunk->notes) != NULL)
		return true;
	if (zyn__allocator.permit != NULL && !zyn__allocator.permit(sizeof(ZynTaskNote)))
		return false;
	ZynTaskNote *notes = calloc(blocks_of(chunk), sizeof *notes);
	atomic_store_explicit(&chunk->notes, notes, memory_order_release);
	return notes != NULL;
}

bool zyn__slab_note(ZynRuntime *rt)
{
	bool done = true;
	for (uint32_t w = 0; w < zyn__worker_count(rt); w++) {
		ZynRuntime *worker = zyn__worker(rt, w);
		for (uint32_t i = 0; i < zyn__get(&worker->chunk_count); i++)
			done = note_chunk(zyn__get(&worker->chunks[i])) && done;
	}
	rt->head->notes_tasks = done;
	zyn__watch_update(rt);
	return done;
}

static bool class_grow(ZynRuntime *rt, uint32_t class_index)
{
	size_t block_bytes = class_bytes(class_index);
	size_t bytes = ZYN_CHUNK_BYTES;
	size_t least = ZYN_CHUNK_HEADER_BYTES + block_bytes + BESIDE_BYTES;
	if (least > bytes)
		bytes = (least + 4095) / 4096 * 4096;
	uint32_t index = zyn__get(&rt->chunk_count);
	if (index == ZYN_CHUNKS_MAX)
		return false;
	ZynChunk *chunk = zyn__allocator.map(bytes);
	if (chunk == NULL)
		return false;
	ZYN_ASSERT((uintptr_t)chunk % ZYN_CHUNK_BYTES == 0);
	*chunk = (ZynChunk){
		.runtime = rt,
		.workers = rt->team != NULL ? rt->team->workers : &rt->alone,
		.waker_base = (uint64_t)rt->registry_index << 52 | (uint64_t)index << 34,
		.bytes = bytes,
		.block_bytes = (uint32_t)block_bytes,
		.inverse = (uint32_t)((((uint64_t)1 << 32) + block_bytes - 1) / block_bytes),
		.class_index = class_index,
	};
	char *blocks = (char *)chunk + ZYN_CHUNK_HEADER_BYTES;
	char *blocks_end = blocks + blocks_of(chunk) * block_bytes;
	chunk->links = (_Atomic(ZynTask *) *)(void *)blocks_end;
	if (rt->head->notes_tasks && !note_chunk(chunk)) {
		zyn__allocator.unmap(chunk, bytes);
		return false;
	}
	atomic_store_explicit(&rt->chunks[index], chunk, memory_order_release);
	zyn__set(&rt->chunk_count, index + 1);
	ZynSlabClass *class = &rt->classes[class_index];
	class->fresh = blocks;
	class->fresh_end = blocks_end;
	return true;
}

/* Rule 2. */
static ZynTask *carve(ZynSlabClass *class, size_t block_bytes)
{
	ZynTask *task = (ZynTask *)(void *)class->fresh;
	class->fresh += block_bytes;
	task->sched = ZYN_SCHED_FREE; /* id and inbox are zero as the system gave them */
	return task;
}

static void put_here(ZynRuntime *rt, const ZynChunk *chunk, ZynTask *task)
{
	/* The block used last is the one in the cache, so it is the next to be used. */
	ZynTask **free = &rt->classes[chunk->class_index].free;
	task->next = *free;
	*free = task;
}

static void take_returned(ZynRuntime *rt)
{
	ZynTask *task = atomic_exchange_explicit(&rt->returned, NULL, memory_order_acquire);
	while (task != NULL) { /* bounded by the number of blocks */
		ZynTask *next = task->next;
		put_here(rt, zyn__chunk(task), task);
		task = next;
	}
}

ZynTask *zyn__slab_take(ZynRuntime *rt, size_t frame_bytes, size_t align)
{
	/* Blocks whose size is a multiple of 16 are aligned to 16, others to 8. */
	size_t bytes = PREFIX_BYTES + frame_bytes;
	uint32_t class_index = class_of(align > 8 ? (bytes + 15) / 16 * 16 : bytes);
	size_t block_bytes = class_bytes(class_index);
	if (!zyn__memory_charge(rt, block_bytes))
		return NULL;
	ZynSlabClass *class = &rt->classes[class_index];
	if (class->free == NULL && zyn__get(&rt->returned) != NULL)
		take_returned(rt);
	ZynTask *task = class->free;
	if (task != NULL) {
		class->free = task->next;
	} else {
		if (class->fresh == class->fresh_end && !class_grow(rt, class_index)) {
			zyn__memory_credit(rt, block_bytes);
			return NULL;
		}
		task = carve(class, block_bytes);
	}
	UNPOISON(task + 1, block_bytes - sizeof *task);
	memset((char *)task + FIELDS_STABLE, 0, PREFIX_BYTES - FIELDS_STABLE + frame_bytes);
	zyn__own(task, rt);
	ZynTaskNote *note = zyn__note(task);
	if (note != NULL)
		memset(note, 0, offsetof(ZynTaskNote, asked_by));
	ZYN_ASSERT(task->sched == ZYN_SCHED_FREE); /* Rule 3. */
	task->sched = ZYN_SCHED_IDLE;
	if (rt->head->profile != NULL)
		zyn__profile_made(rt, block_bytes, true);
	return task;
}

static void give_back(ZynRuntime *home, ZynTask *task)
{
	/* A message for a life that is over may still come: it is for whom the block is to be then.
	 */
	zyn__own(task, home);
	ZynTask *head = atomic_load_explicit(&home->returned, memory_order_relaxed);
	do {
		task->next = head;
	} while (!atomic_compare_exchange_weak_explicit(
		&home->returned, &head, task, memory_order_release, memory_order_relaxed));
}

void zyn__slab_collect(ZynRuntime *rt, ZynTask *task)
{
	const ZynChunk *chunk = zyn__chunk(task);
	if (chunk->runtime == rt)
		put_here(rt, chunk, task);
	else
		give_back(chunk->runtime, task);
}

void zyn__slab_put(ZynRuntime *rt, ZynTask *task)
{
	ZynChunk *chunk = zyn__chunk(task);
	ZYN_ASSERT(task->sched != ZYN_SCHED_FREE);
	zyn__set(&task->id, 0); /* Rule 3. */
	task->sched = ZYN_SCHED_FREE;
	POISON(task + 1, chunk->block_bytes - sizeof *task);
	zyn__memory_credit(rt, chunk->block_bytes);
	if (zyn__task_linked(task))
		zyn__ready_leave_dead(rt); /* Rule 4. */
	else
		zyn__slab_collect(rt, task);
}

bool zyn__slab_visit(ZynRuntime *rt, ZynTaskVisitor *visit, void *data)
{
	for (uint32_t i = 0; i < zyn__get(&rt->chunk_count); i++) {
		ZynChunk *chunk = zyn__get(&rt->chunks[i]);
		char *block = (char *)chunk + ZYN_CHUNK_HEADER_BYTES;
		char *end = block + blocks_of(chunk) * chunk->block_bytes;
		char *fresh = rt->classes[chunk->class_index].fresh;
		if (fresh >= block && fresh < end)
			end = fresh; /* the chunk that is being carved */
		for (; block < end; block += chunk->block_bytes) {
			ZynTask *task = (ZynTask *)(void *)block;
			bool alive = task->sched != ZYN_SCHED_FREE; /* Rule 3. */
			if (alive && zyn__flag(task, ZYN_FRAME_TASK) && !visit(task, data))
				return false;
		}
	}
	return true;
}
