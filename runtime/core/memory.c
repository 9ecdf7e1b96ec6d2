/* Counting what is alive, and the plain blocks: strings, errors, groups.
 *
 * Owner:   the baton holder.  Only it changes the counters of its worker, so they are exact and
 *          cost no locked instruction.  In a team a block may be counted by one worker and
 *          counted out by another: one worker's count may go below zero, the sum is exact.
 * Others:  may read the counters, and may release a block: if the baton is free they take it for
 *          a moment, else they leave the block in the graveyard.
 *
 * Rule 1.  graveyard is a stack: anybody pushes with compare-and-swap, the owner takes all of it
 *          with one exchange.
 * Rule 2.  a closed graveyard (zyn_rt_free) takes nothing; whoever finds it closed waits for the
 *          baton instead.  Nothing runs in a closed runtime, so the wait is short.
 * Rule 3.  the last object of a closed runtime takes the runtime with it (zyn__runtime_reap).
 */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* In front of every plain block. */
typedef struct ZynBlock {
	union {
		ZynRuntime *runtime;
		struct ZynBlock *dead_next; /* in the graveyard, where the runtime is known */
	};
	size_t bytes; /* with this header */
} ZynBlock;
static_assert(sizeof(ZynBlock) == 16, "what follows must be aligned to 16");

static void *default_get(size_t bytes)
{
	return malloc(bytes);
}

static void default_put(void *memory, size_t bytes)
{
	(void)bytes;
	free(memory);
}

/* Maps more than is asked for and gives back the ends, which is the portable way to an aligned
 * mapping. */
static void *default_map(size_t bytes)
{
	size_t total = bytes + ZYN_CHUNK_BYTES;
	char *memory = mmap(NULL, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	                    0);
	if (memory == MAP_FAILED)
		return NULL;
	size_t before = (ZYN_CHUNK_BYTES - (uintptr_t)memory % ZYN_CHUNK_BYTES) % ZYN_CHUNK_BYTES;
	size_t after = total - before - bytes;
	if (before != 0)
		munmap(memory, before);
	if (after != 0)
		munmap(memory + before + bytes, after);
	return memory + before;
}

static void default_unmap(void *memory, size_t bytes)
{
	munmap(memory, bytes);
}

ZynAllocator zyn__allocator = {
	.get = default_get,
	.put = default_put,
	.map = default_map,
	.unmap = default_unmap,
};

void *zyn__zeroed_apart(size_t bytes)
{
	size_t whole = (bytes + ZYN_CACHE_LINE_BYTES - 1) / ZYN_CACHE_LINE_BYTES;
	void *memory = aligned_alloc(ZYN_CACHE_LINE_BYTES, whole * ZYN_CACHE_LINE_BYTES);
	if (memory != NULL)
		memset(memory, 0, bytes);
	return memory;
}

void zyn__bug(const char *condition, const char *file, int line)
{
	fprintf(stderr, "zyn bug: %s does not hold (%s:%d), please report\n", condition, file,
	        line);
#ifndef NDEBUG
	abort();
#endif
}

uint64_t zyn__live(ZynRuntime *rt, size_t field)
{
	uint64_t sum = 0;
	for (uint32_t i = 0; i < zyn__worker_count(rt); i++) {
		char *worker = (char *)zyn__worker(rt, i);
		sum += zyn__get((_Atomic uint64_t *)(void *)(worker + field));
	}
	return sum;
}

bool zyn__memory_charge(ZynRuntime *rt, size_t bytes)
{
	if (zyn__allocator.permit != NULL && !zyn__allocator.permit(bytes))
		return false;
	uint64_t live_bytes = zyn__get(&rt->live_bytes);
	uint64_t memory_max = rt->head->memory_max;
	if (memory_max != 0) {
		uint64_t sum = zyn__live(rt, offsetof(ZynRuntime, live_bytes));
		if (bytes > memory_max || sum > memory_max - bytes)
			return false;
	}
	zyn__set(&rt->live_bytes, live_bytes + bytes);
	zyn__set(&rt->live_objects, zyn__get(&rt->live_objects) + 1);
	return true;
}

void zyn__memory_credit(ZynRuntime *rt, size_t bytes)
{
	uint64_t live_bytes = zyn__get(&rt->live_bytes);
	uint64_t live_objects = zyn__get(&rt->live_objects);
	ZYN_ASSERT(rt->team != NULL || live_bytes >= bytes);
	ZYN_ASSERT(rt->team != NULL || live_objects > 0);
	zyn__set(&rt->live_bytes, live_bytes - bytes);
	zyn__set(&rt->live_objects, live_objects - 1);
}

void *zyn__block_new(ZynRuntime *rt, size_t bytes)
{
	if (bytes > SIZE_MAX / 2)
		return NULL;
	size_t total = bytes + sizeof(ZynBlock);
	if (!zyn__memory_charge(rt, total))
		return NULL;
	ZynBlock *block = zyn__allocator.get(total);
	if (block == NULL) {
		zyn__memory_credit(rt, total);
		return NULL;
	}
	block->runtime = rt;
	block->bytes = total;
	if (rt->head->profile != NULL)
		zyn__profile_made(rt, total, false);
	return block + 1;
}

static void block_free(ZynRuntime *rt, ZynBlock *block)
{
	size_t bytes = block->bytes;
	zyn__allocator.put(block, bytes);
	zyn__memory_credit(rt, bytes);
}

/* Rule 1; false when the graveyard is closed. */
static bool bury(ZynRuntime *rt, ZynBlock *block)
{
	void *head = atomic_load_explicit(&rt->graveyard, memory_order_acquire);
	do {
		if (head == ZYN_GRAVEYARD_CLOSED) {
			block->runtime = rt;
			return false;
		}
		block->dead_next = head;
	} while (!atomic_compare_exchange_weak_explicit(
		&rt->graveyard, &head, block, memory_order_release, memory_order_acquire));
	return true;
}

void zyn__block_release(void *memory)
{
	ZynBlock *block = (ZynBlock *)memory - 1;
	ZynRuntime *rt = block->runtime;
	ZynRuntime *here = zyn__here(rt);
	if (here != NULL) {
		block_free(here, block);
		return;
	}
	ZynEntry entry;
	if (!zyn__enter_try(&entry, rt)) {
		if (bury(rt, block))
			return;
		zyn__enter(&entry, rt); /* Rule 2. */
	}
	block_free(rt, block);
	zyn__leave(&entry); /* Rule 3. */
}

static void free_chain(ZynRuntime *rt, ZynBlock *block)
{
	while (block != NULL) { /* bounded by what was alive */
		ZynBlock *next = block->dead_next;
		block_free(rt, block);
		block = next;
	}
}

void zyn__graveyard_drain(ZynRuntime *rt)
{
	void *head = zyn__get(&rt->graveyard);
	if (head == NULL || head == ZYN_GRAVEYARD_CLOSED)
		return;
	free_chain(rt, atomic_exchange_explicit(&rt->graveyard, NULL, memory_order_acquire));
}

void zyn__graveyard_close(ZynRuntime *rt)
{
	free_chain(rt, atomic_exchange_explicit(&rt->graveyard, ZYN_GRAVEYARD_CLOSED,
	                                        memory_order_acq_rel));
}

static uint64_t read_live(ZynRuntime *rt, size_t counter)
{
	/* What other threads left behind is no longer alive; count it out if that can be done
	 * without waiting. */
	for (uint32_t i = 0; i < zyn__worker_count(rt); i++) {
		ZynEntry entry;
		if (zyn__here(rt) == NULL && zyn__enter_try(&entry, zyn__worker(rt, i)))
			zyn__leave(&entry);
	}
	return zyn__live(rt, counter);
}

uint64_t zyn_rt_live_objects(ZynRuntime *rt)
{
	return read_live(rt, offsetof(ZynRuntime, live_objects));
}

uint64_t zyn_rt_live_bytes(ZynRuntime *rt)
{
	return read_live(rt, offsetof(ZynRuntime, live_bytes));
}
