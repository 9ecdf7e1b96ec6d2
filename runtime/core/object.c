/* Counted objects: references, ends, and the order in which they are freed. */
#include "waiters.h"

#include <string.h>

static _Atomic uint64_t id_last;

/* Objects to free, while one is being freed: a channel of channels must not need more stack the
 * longer its chain is. */
static _Thread_local ZynObject *dying;
static _Thread_local bool freeing;

ZynRuntime *zyn__object_enter(ZynEntry *entry, ZynRuntime *rt)
{
	ZynRuntime *here = zyn__here(rt);
	ZynRuntime *by = here != NULL ? here : rt->head;
	zyn__enter(entry, by);
	return by;
}

void *zyn__object_block(ZynRuntime *rt, size_t bytes)
{
	ZynEntry entry;
	ZynRuntime *by = zyn__object_enter(&entry, rt);
	void *block = zyn__block_new(by, bytes);
	zyn__leave(&entry);
	return block;
}

void *zyn__object_new(ZynRuntime *rt, size_t bytes, const ZynObjectOps *ops)
{
	ZynObject *object = zyn__object_block(rt, bytes);
	if (object == NULL)
		return NULL;
	memset(object, 0, bytes);
	object->ops = ops;
	object->runtime = rt->head;
	object->id = atomic_fetch_add_explicit(&id_last, 1, memory_order_relaxed) + 1;
	atomic_init(&object->refs, 1);
	zyn__biased_init(&object->lock, rt->team == NULL); /* workers would take it away at once */
	return object;
}

void zyn__object_free(ZynObject *object)
{
	ZYN_ASSERT(zyn__get(&object->refs) == 0);
	ZYN_ASSERT(object->parked == 0);
	object->dying_next = dying;
	dying = object;
	if (freeing)
		return;
	freeing = true;
	while ((object = dying) != NULL) { /* bounded by what is alive */
		dying = object->dying_next;
		object->ops->free(object);
		zyn__block_release(object);
	}
	freeing = false;
}

ZynElement zyn__element_of(const ZynTypeInfo *info)
{
	if (info == NULL)
		return (ZynElement){.is_small = true};
	uint32_t align = info->align > 8 ? 16 : 8;
	ZYN_ASSERT(info->align <= 16);
	return (ZynElement){
		.size = info->size,
		.stride = (info->size + align - 1) / align * align,
		.is_small = info->size <= ZYN_VALUE_INLINE_BYTES && align == 8,
		.retain = info->retain,
		.release = info->release,
	};
}

void *zyn__value_room(ZynValue *value, ZynRuntime *rt, const ZynElement *element)
{
	if (element->is_small)
		return zyn__value_place(value, element);
	void *block = zyn__object_block(rt, element->size);
	if (block == NULL)
		return NULL;
	zyn__value_place(value, element);
	value->held = ZYN_VALUE_BLOCK;
	value->block = block;
	return block;
}

void zyn__value_unroom(ZynValue *value)
{
	if (value->held == ZYN_VALUE_BLOCK)
		zyn__block_release(value->block);
	value->held = 0;
}

void zyn__value_take_block(ZynValue *value, void *out)
{
	ZYN_ASSERT(value->held == ZYN_VALUE_BLOCK);
	memcpy(out, value->block, value->size);
	zyn__value_unroom(value);
}

void zyn__value_release_held(ZynValue *value)
{
	if (value->release != NULL)
		value->release(value->held == ZYN_VALUE_BLOCK ? value->block : value->bytes);
	zyn__value_unroom(value);
}

/* --- references ------------------------------------------------------------------------------- */

void zyn_object_retain(void *handle)
{
	ZynObject *object = handle;
	if (object == NULL)
		return;
	ZYN_ASSERT(zyn__get(&object->refs) != 0);
	atomic_fetch_add_explicit(&object->refs, 1, memory_order_relaxed);
}

/* Drops one unless it is the last; the last is dropped with the lock. */
static bool drop_unless_last(_Atomic uint32_t *count)
{
	uint32_t seen = atomic_load_explicit(count, memory_order_acquire);
	ZYN_ASSERT(seen != 0);
	while (seen > 1) /* ends: a failed exchange means that somebody else went on */
		if (atomic_compare_exchange_weak_explicit(
			    count, &seen, seen - 1, memory_order_acq_rel, memory_order_acquire))
			return true;
	return false;
}

static void release_last(ZynObject *object)
{
	zyn__biased_lock(&object->lock);
	/* Rule 1: others may have retained meanwhile only if ours is not the last. */
	uint32_t before = atomic_fetch_sub_explicit(&object->refs, 1, memory_order_acq_rel);
	if (before == 1 && object->parked != 0 && object->ops->orphaned != NULL)
		object->ops->orphaned(object); /* Rule 4. */
	bool last = before == 1 && object->parked == 0;
	zyn__biased_unlock(&object->lock);
	if (last)
		zyn__object_free(object); /* Rule 3. */
}

void zyn_object_release(void *handle)
{
	ZynObject *object = handle;
	if (object != NULL && !drop_unless_last(&object->refs))
		release_last(object);
}

uint64_t zyn_object_id(const void *handle)
{
	const ZynObject *object = handle;
	return object != NULL ? object->id : 0;
}

/* --- ends ------------------------------------------------------------------------------------- */

static void *end_new(ZynObject *object, _Atomic uint32_t *count)
{
	if (object == NULL)
		return NULL;
	zyn__biased_lock(&object->lock);
	if (atomic_fetch_add_explicit(count, 1, memory_order_relaxed) == 0)
		atomic_fetch_add_explicit(&object->refs, 1, memory_order_relaxed);
	zyn__biased_unlock(&object->lock);
	return object;
}

static void end_release(ZynObject *object, _Atomic uint32_t *count, void (*gone)(ZynObject *))
{
	if (drop_unless_last(count))
		return;
	zyn__biased_lock(&object->lock);
	bool last = atomic_fetch_sub_explicit(count, 1, memory_order_acq_rel) == 1;
	zyn__biased_unlock(&object->lock);
	if (!last)
		return;
	gone(object);
	zyn_object_release(object);
}

void *zyn_sender_new(void *handle)
{
	ZynObject *object = handle;
	ZYN_ASSERT(object == NULL || object->ops->senders_gone != NULL);
	return end_new(object, &object->senders);
}

void zyn_sender_retain(void *sender)
{
	ZynObject *object = sender;
	if (object != NULL)
		atomic_fetch_add_explicit(&object->senders, 1, memory_order_relaxed);
}

void zyn_sender_release(void *sender)
{
	ZynObject *object = sender;
	if (object != NULL)
		end_release(object, &object->senders, object->ops->senders_gone);
}

void *zyn_receiver_new(void *handle)
{
	ZynObject *object = handle;
	ZYN_ASSERT(object == NULL || object->ops->receivers_gone != NULL);
	return end_new(object, &object->receivers);
}

void zyn_receiver_retain(void *receiver)
{
	ZynObject *object = receiver;
	if (object != NULL)
		atomic_fetch_add_explicit(&object->receivers, 1, memory_order_relaxed);
}

void zyn_receiver_release(void *receiver)
{
	ZynObject *object = receiver;
	if (object != NULL)
		end_release(object, &object->receivers, object->ops->receivers_gone);
}

/* The same for a ZynTypeInfo, whose functions get the address of the handle. */
#define SLOT(name) \
	void name##_slot(void *slot) \
	{ \
		name(*(void **)slot); \
	}
SLOT(zyn_object_retain)
SLOT(zyn_object_release)
SLOT(zyn_sender_retain)
SLOT(zyn_sender_release)
SLOT(zyn_receiver_retain)
SLOT(zyn_receiver_release)

/* --- leaves that wait for an object ----------------------------------------------------------- */

uint64_t zyn__waiters_count(const ZynList *queue, const ZynWaiter *waiter, ZynWaitInfo *out)
{
	uint64_t count = 0;
	for (const ZynList *link = queue->next; link != queue; link = link->next) {
		if (waiter != NULL && link == &waiter->link)
			out->ahead = count;
		count++;
	}
	return count;
}

int64_t zyn__wait_cancelled(ZynSyncLeaf *leaf, ZynContext *cx)
{
	ZYN_ASSERT(leaf->object == NULL);
	leaf->state = ZYN_STATE_CANCELLED;
	zyn_fail_cancelled(cx);
	return ZYN_POLL_LOOK;
}

int64_t zyn__wait_failed(ZynSyncLeaf *leaf, ZynContext *cx)
{
	if (leaf->outcome == ZYN_OUTCOME_CANCELLED)
		return zyn__wait_cancelled(leaf, cx);
	bool is_null = leaf->outcome == ZYN_OUTCOME_NULL;
	ZYN_ASSERT(is_null || leaf->outcome == ZYN_OUTCOME_OUT_OF_MEMORY);
	leaf->state = ZYN_STATE_FAILED;
	zyn__error_set(
		cx, zyn__error_constant(is_null ? ZYN_ERROR_NULL_VALUE : ZYN_ERROR_OUT_OF_MEMORY));
	return ZYN_POLL_LOOK;
}

bool zyn__leaf_stop(ZynPollFn *poll, void *mem, ZynContext *cx)
{
	ZynDyn error = cx->error;
	cx->error = (ZynDyn){0, 0};
	uint64_t before = atomic_fetch_or(&cx->attention, ZYN_ATTENTION_CANCEL);
	int64_t answer = poll(mem, cx);
	ZYN_ASSERT(answer != 0 || zyn__attention(cx, ZYN_ATTENTION_LINGERS));
	if ((before & ZYN_ATTENTION_CANCEL) == 0)
		atomic_fetch_and(&cx->attention,
		                 ~(uint64_t)(ZYN_ATTENTION_CANCEL | ZYN_ATTENTION_LINGERS));
	zyn_error_release(zyn__error_take(cx));
	cx->error = error;
	return answer != 0;
}

void zyn__delay_stop(ZynDelay *delay, ZynContext *cx)
{
	if (delay->state != ZYN_STATE_START && !zyn__state_ended(delay->state))
		zyn__leaf_stop(zyn_delay_poll, delay, cx);
}
