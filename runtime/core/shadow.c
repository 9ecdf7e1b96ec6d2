/* Shadow blocks: where a debug build keeps the locals that the frame layout has no room for.
 *
 * Keyed by machine, because an inlined child has no header to hang anything on.  A child's
 * machine lies inside the frame of its own that it is inlined in, so a frame that is freed takes
 * along every block whose key lies in it.  These bytes are the debugger's, not the program's:
 * they are not counted as live.
 */
#include "internal.h"

#include <string.h>

#define BUCKETS_MIN 256u
#define KEY_ALIGN 4u /* the least alignment of a machine */

typedef struct ZynShadow {
	struct ZynShadow *next;
	void *machine;
	uint32_t side_table;
	uint32_t size;
	_Alignas(16) char bytes[];
} ZynShadow;

struct ZynShadows {
	uint32_t bucket_count; /* a power of two */
	uint32_t count;
	ZynShadow **buckets;
};

static uint32_t bucket_of(const ZynShadows *shadows, const void *machine)
{
	uint64_t key = (uint64_t)(uintptr_t)machine / KEY_ALIGN * 0x9E3779B97F4A7C15u;
	return (uint32_t)(key >> 32) & (shadows->bucket_count - 1);
}

static ZynShadow **find(const ZynShadows *shadows, const void *machine)
{
	ZynShadow **link = &shadows->buckets[bucket_of(shadows, machine)];
	while (*link != NULL && (*link)->machine != machine)
		link = &(*link)->next;
	return link;
}

static void *get_zeroed(size_t bytes)
{
	if (zyn__allocator.permit != NULL && !zyn__allocator.permit(bytes))
		return NULL;
	void *memory = zyn__allocator.get(bytes);
	if (memory != NULL)
		memset(memory, 0, bytes);
	return memory;
}

static void shadow_remove(ZynShadows *shadows, ZynShadow **link)
{
	ZynShadow *shadow = *link;
	*link = shadow->next;
	zyn__allocator.put(shadow, sizeof *shadow + shadow->size);
	shadows->count--;
}

static ZynShadows *shadows_of(ZynRuntime *rt)
{
	ZynShadows *known = zyn__get(&rt->shadows);
	if (known != NULL)
		return known;
	ZynShadows *shadows = get_zeroed(sizeof *shadows);
	if (shadows == NULL)
		return NULL;
	shadows->bucket_count = BUCKETS_MIN;
	shadows->buckets = get_zeroed(BUCKETS_MIN * sizeof *shadows->buckets);
	if (shadows->buckets == NULL) {
		zyn__allocator.put(shadows, sizeof *shadows);
		return NULL;
	}
	zyn__set(&rt->shadows, shadows);
	return shadows;
}

/* Doubles the buckets; when there is no memory for that, chains grow longer instead. */
static void grow(ZynShadows *shadows)
{
	if (shadows->count < shadows->bucket_count)
		return;
	ZynShadows larger = {.bucket_count = shadows->bucket_count * 2};
	larger.buckets = get_zeroed(larger.bucket_count * sizeof *larger.buckets);
	if (larger.buckets == NULL)
		return;
	for (uint32_t i = 0; i < shadows->bucket_count; i++) {
		for (ZynShadow *shadow = shadows->buckets[i], *next; shadow != NULL;
		     shadow = next) {
			next = shadow->next;
			ZynShadow **bucket = &larger.buckets[bucket_of(&larger, shadow->machine)];
			shadow->next = *bucket;
			*bucket = shadow;
		}
	}
	zyn__allocator.put(shadows->buckets, shadows->bucket_count * sizeof *shadows->buckets);
	shadows->buckets = larger.buckets;
	shadows->bucket_count = larger.bucket_count;
}

static void *shadow_of(ZynShadows *shadows, void *sm, uint32_t side_table, uint32_t size)
{
	ZynShadow **link = find(shadows, sm);
	ZynShadow *shadow = *link;
	if (shadow != NULL && (shadow->side_table != side_table || shadow->size != size)) {
		shadow_remove(shadows, link); /* another child lives in that region now */
		shadow = NULL;
	}
	if (shadow != NULL) {
		if (*zyn__machine_state(sm) == ZYN_STATE_START)
			memset(shadow->bytes, 0, size);
		return shadow->bytes;
	}
	shadow = get_zeroed(sizeof *shadow + size);
	if (shadow == NULL)
		return NULL;
	shadow->machine = sm;
	shadow->side_table = side_table;
	shadow->size = size;
	grow(shadows);
	ZynShadow **bucket = &shadows->buckets[bucket_of(shadows, sm)];
	shadow->next = *bucket;
	*bucket = shadow;
	shadows->count++;
	return shadow->bytes;
}

void *zyn_shadow(ZynContext *cx, void *sm, uint32_t side_table, uint32_t size)
{
	if (cx->runtime == NULL || sm == NULL)
		return NULL;
	ZynRuntime *head = cx->runtime->head;
	zyn__debug_lock(head);
	ZynShadows *shadows = shadows_of(head);
	void *bytes = shadows != NULL ? shadow_of(shadows, sm, side_table, size) : NULL;
	zyn__debug_unlock(head);
	return bytes;
}

static void frame_freed(ZynShadows *shadows, char *begin, uint32_t size)
{
	/* Look up every possible key, or look at every block, whichever is less. */
	if (size / KEY_ALIGN <= shadows->count) {
		for (uint32_t offset = 0; offset < size; offset += KEY_ALIGN) {
			ZynShadow **link = find(shadows, begin + offset);
			if (*link != NULL)
				shadow_remove(shadows, link);
		}
		return;
	}
	for (uint32_t i = 0; shadows->count != 0 && i < shadows->bucket_count; i++) {
		ZynShadow **link = &shadows->buckets[i];
		while (*link != NULL) {
			char *machine = (*link)->machine;
			if (machine >= begin && machine < begin + size)
				shadow_remove(shadows, link);
			else
				link = &(*link)->next;
		}
	}
}

void zyn__shadow_frame_freed(ZynRuntime *head, void *sm, uint32_t size)
{
	zyn__debug_lock(head);
	frame_freed(zyn__get(&head->shadows), sm, size);
	zyn__debug_unlock(head);
}

void zyn__shadows_free(ZynRuntime *rt)
{
	ZynShadows *shadows = zyn__get(&rt->shadows);
	if (shadows == NULL)
		return;
	for (uint32_t i = 0; i < shadows->bucket_count; i++)
		while (shadows->buckets[i] != NULL)
			shadow_remove(shadows, &shadows->buckets[i]);
	zyn__allocator.put(shadows->buckets, shadows->bucket_count * sizeof *shadows->buckets);
	zyn__allocator.put(shadows, sizeof *shadows);
	zyn__set(&rt->shadows, NULL);
}

void *zyn_dbg_shadow(ZynRuntime *rt, void *sm, uint32_t *side_table, uint32_t *size)
{
	ZynEntry entry;
	zyn__debug_enter(&entry, rt);
	ZynShadows *shadows = zyn__get(&rt->shadows);
	ZynShadow *shadow = shadows != NULL ? *find(shadows, sm) : NULL;
	if (shadow != NULL && side_table != NULL)
		*side_table = shadow->side_table;
	if (shadow != NULL && size != NULL)
		*size = shadow->size;
	zyn__leave(&entry);
	return shadow != NULL ? shadow->bytes : NULL;
}
