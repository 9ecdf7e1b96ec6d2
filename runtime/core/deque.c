/* The slow half of deque.h, where the rules are. */
#include "deque.h"

#include "internal.h"

static_assert((ZYN_DEQUE_FIRST_CAPACITY & (ZYN_DEQUE_FIRST_CAPACITY - 1)) == 0,
              "a slot is found by a mask");

/* Far below what overflows a size. */
#define CAPACITY_MAX ((int64_t)1 << 40)

static size_t array_bytes(int64_t capacity)
{
	return sizeof(ZynDequeArray) + (size_t)capacity * sizeof(_Atomic(void *));
}

static ZynDequeArray *array_new(int64_t capacity, ZynDequeArray *older)
{
	size_t bytes = array_bytes(capacity);
	if (zyn__allocator.permit != NULL && !zyn__allocator.permit(bytes))
		return NULL;
	ZynDequeArray *array = zyn__allocator.get(bytes);
	if (array == NULL)
		return NULL;
	array->capacity = capacity;
	array->older = older;
	return array;
}

static void arrays_free(ZynDequeArray *array)
{
	while (array != NULL) {
		ZynDequeArray *older = array->older;
		zyn__allocator.put(array, array_bytes(array->capacity));
		array = older;
	}
}

bool zyn__deque_init(ZynDeque *deque)
{
	ZynDequeArray *array = array_new(ZYN_DEQUE_FIRST_CAPACITY, NULL);
	if (array == NULL)
		return false;
	ZA_INIT(&deque->top, 0);
	ZA_INIT(&deque->bottom, 0);
	ZA_INIT(&deque->array, array);
	deque->top_seen = 0;
	return true;
}

void zyn__deque_destroy(ZynDeque *deque)
{
	arrays_free(ZA_LOAD(&deque->array, relaxed));
	ZA_STORE(&deque->array, NULL, relaxed);
}

void zyn__deque_collect(ZynDeque *deque)
{
	ZynDequeArray *array = ZA_LOAD(&deque->array, relaxed);
	arrays_free(array->older);
	array->older = NULL;
}

bool zyn__deque_reserve(ZynDeque *deque, int64_t count)
{
	ZYN_ASSERT(count >= 0 && count <= CAPACITY_MAX);
	int64_t bottom = ZA_LOAD(&deque->bottom, relaxed);
	ZynDequeArray *array = ZA_LOAD(&deque->array, relaxed);
	if (bottom - deque->top_seen + count <= array->capacity)
		return true;
	int64_t top = ZA_LOAD(&deque->top, acquire); /* Rule 5. */
	deque->top_seen = top;
	if (bottom - top + count <= array->capacity)
		return true;
	int64_t capacity = array->capacity;
	while (capacity < bottom - top + count) {
		if (capacity >= CAPACITY_MAX)
			return false;
		capacity *= 2;
	}
	ZynDequeArray *grown = array_new(capacity, array);
	if (grown == NULL)
		return false;
	/* Some of these may be stolen meanwhile; their copies are never read. */
	for (int64_t position = top; position < bottom; position++) {
		void *item = ZA_LOAD(zyn__deque_slot(array, position), relaxed);
		ZA_INIT(zyn__deque_slot(grown, position), item);
	}
	ZA_STORE(&deque->array, grown, release); /* Rule 6. */
	return true;
}

bool zyn__deque_push_slow(ZynDeque *deque, void *item)
{
	ZYN_ASSERT(item != NULL);
	ZYN_ASSERT(item != ZYN_STEAL_RETRY);
	if (!zyn__deque_reserve(deque, 1))
		return false;
	int64_t bottom = ZA_LOAD(&deque->bottom, relaxed);
	ZynDequeArray *array = ZA_LOAD(&deque->array, relaxed);
	ZYN_ASSERT(bottom - deque->top_seen < array->capacity);
	ZA_STORE(zyn__deque_slot(array, bottom), item, relaxed);
	ZA_STORE(&deque->bottom, bottom + 1, ZYN_DEQUE_PUBLISH_ORDER); /* Rule 2. */
	return true;
}

void *zyn__deque_pop_slow(ZynDeque *deque, int64_t bottom)
{
	ZA_STORE(&deque->bottom, bottom, ZYN_DEQUE_LOWER_ORDER); /* Rule 3. */
	int64_t top = ZA_LOAD(&deque->top, seq_cst);
	deque->top_seen = top;
	if (top > bottom) {
		/* Thieves had them all.  Raising bottom again publishes nothing new. */
		ZA_STORE(&deque->bottom, bottom + 1, relaxed);
		return NULL;
	}
	ZynDequeArray *array = ZA_LOAD(&deque->array, relaxed);
	void *item = ZA_LOAD(zyn__deque_slot(array, bottom), relaxed);
	if (top == bottom) {
		/* Rule 4. */
		if (!ZA_CAS(&deque->top, &top, top + 1, seq_cst, relaxed))
			item = NULL;
		ZA_STORE(&deque->bottom, bottom + 1, relaxed);
	}
	return item;
}

void *zyn__deque_steal(ZynDeque *victim)
{
	int64_t top = ZA_LOAD(&victim->top, seq_cst);
	int64_t bottom = ZA_LOAD(&victim->bottom, ZYN_DEQUE_BOTTOM_ORDER); /* Rule 3. */
	if (top >= bottom)
		return NULL;
	/* After bottom, so that the array is one that holds the position (Rule 2). */
	ZynDequeArray *array = ZA_LOAD(&victim->array, acquire);
	void *item = ZA_LOAD(zyn__deque_slot(array, top), relaxed);
	if (!ZA_CAS(&victim->top, &top, top + 1, seq_cst, relaxed))
		return ZYN_STEAL_RETRY;
	return item;
}

/* One by one: the owner pops without a compare-and-swap while more than one is left, so raising
 * `top` by more than one at a time could take what the owner takes. */
int64_t zyn__deque_steal_half(ZynDeque *victim, ZynDeque *thief)
{
	ZYN_ASSERT(victim != thief);
	int64_t half = (zyn__deque_count(victim) + 1) / 2;
	if (half > ZYN_STEAL_MAX)
		half = ZYN_STEAL_MAX;
	if (half == 0 || !zyn__deque_reserve(thief, half))
		return 0;
	int64_t count = 0;
	for (int64_t attempt = 0; attempt < half; attempt++) {
		void *item = zyn__deque_steal(victim);
		if (item == NULL)
			break;
		if (item == ZYN_STEAL_RETRY)
			continue;
		bool pushed = zyn__deque_push(thief, item);
		ZYN_ASSERT(pushed);
		count++;
	}
	return count;
}
