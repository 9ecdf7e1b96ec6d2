/* The head of every counted object: channels, locks, sets of tasks.
 *
 * A handle is the address of an object and owns one reference.  Three kinds of handles exist:
 * plain ones, senders and receivers.  All senders of an object together own one plain reference,
 * and so do all receivers, so that copying an end costs one locked instruction.
 *
 * Owner:   whoever has `lock` changes what the comments say is guarded.
 * Others:  retain and release.
 *
 * Rule 1.  refs becomes 0 under the lock only, and stays 0.
 * Rule 2.  a leaf that waits, or that has something of the object to give back, is counted in
 *          `parked` instead of in refs: it takes the lock anyway, so that costs nothing.
 * Rule 3.  whoever leaves the lock with refs and parked both 0 frees the object, and nobody else
 *          can see that, because each of the two is left under the lock only.
 * Rule 4.  an object without handles whose leaves still wait is told so (`orphaned`): a channel
 *          closes then, because nobody could ever send again.
 * Rule 5.  with a lock held, no other lock is taken, nothing is allocated and nothing released.
 *          Waking is allowed; retaining a value is, because that is one locked instruction.
 */
#ifndef ZYN_OBJECT_H
#define ZYN_OBJECT_H

#include "biased_lock.h"
#include "internal.h"

typedef struct ZynObject ZynObject;
struct ZynWaiter;

typedef struct ZynObjectOps {
	uint32_t kind;                           /* ZynObjectKind */
	void (*free)(ZynObject *object);         /* gives back what it holds, not its own block */
	void (*orphaned)(ZynObject *object);     /* with the lock; null: nothing to do */
	void (*senders_gone)(ZynObject *object); /* without the lock; null: has no senders */
	void (*receivers_gone)(ZynObject *object);
	/* with the lock; fills what only this kind knows of one that waits for the object */
	void (*describe)(ZynObject *object, const struct ZynWaiter *waiter, ZynWaitInfo *out);
} ZynObjectOps;

struct ZynObject {
	const ZynObjectOps *ops;
	_Atomic uint32_t refs;
	ZynBiasedLock lock;
	uint32_t parked; /* guarded */
	uint32_t closed; /* guarded */
	_Atomic uint32_t senders;
	_Atomic uint32_t receivers;
	ZynRuntime *runtime; /* the head of its team */
	union {
		uint64_t id;           /* 1, 2, 3 .. in this process; for people */
		ZynObject *dying_next; /* while it waits to be freed */
	};
};

/* A value in a leaf lies in it up to this size, beyond in a block. */
#define ZYN_VALUE_INLINE_BYTES 32u

/* What an object knows of the values that go through it. */
typedef struct ZynElement {
	uint32_t size;
	uint32_t stride; /* size with what alignment needs */
	bool is_small;   /* fits into a leaf */
	void (*retain)(void *value);
	void (*release)(void *value);
} ZynElement;

/* Enters the team of `rt` as the worker that this thread is, else as the head; gives which. */
ZynRuntime *zyn__object_enter(ZynEntry *entry, ZynRuntime *rt);
/* Zeroed but for the head, with one reference; null: memory is out.  Any thread. */
void *zyn__object_new(ZynRuntime *rt, size_t bytes, const ZynObjectOps *ops);
/* A plain block for an object of `rt`; any thread, without a lock. */
void *zyn__object_block(ZynRuntime *rt, size_t bytes);
void zyn__object_free(ZynObject *object);

/* Leaves the lock after the caller took a leaf out of `parked` (rule 3). */
static inline void zyn__object_unlock(ZynObject *object)
{
	bool last = object->parked == 0 && zyn__get(&object->refs) == 0;
	zyn__biased_unlock(&object->lock);
	if (last)
		zyn__object_free(object);
}

ZynElement zyn__element_of(const ZynTypeInfo *info);

/* Bytes only: the reference in `source` is now the one in `target`. */
static inline void zyn__element_move(const ZynElement *element, void *target, const void *source)
{
	if (element->size == 8)
		__builtin_memcpy(target, source, 8); /* one load and one store */
	else
		__builtin_memcpy(target, source, element->size);
}

static inline void zyn__element_copy(const ZynElement *element, void *target, const void *source)
{
	zyn__element_move(element, target, source);
	if (element->retain != NULL)
		element->retain(target);
}

/* A value on its way to a program: held until it is taken or released. */
typedef struct ZynValue {
	uint32_t held; /* ZYN_VALUE_*; 0: there is none */
	uint32_t size;
	void (*release)(void *value);
	union {
		char bytes[ZYN_VALUE_INLINE_BYTES];
		void *block; /* owned */
	};
} ZynValue;

#define ZYN_VALUE_INLINE 1u
#define ZYN_VALUE_BLOCK 2u

/* The caller moves a small value to the place that this gives. */
static inline void *zyn__value_place(ZynValue *value, const ZynElement *element)
{
	value->held = ZYN_VALUE_INLINE;
	value->size = element->size;
	value->release = element->release;
	return value->bytes;
}

/* The same for a value of any size; null: memory is out.  Without a lock. */
void *zyn__value_room(ZynValue *value, ZynRuntime *rt, const ZynElement *element);
/* Gives the room back that was not filled. */
void zyn__value_unroom(ZynValue *value);
void zyn__value_take_block(ZynValue *value, void *out);
void zyn__value_release_held(ZynValue *value);

static inline void zyn__value_take(ZynValue *value, void *out)
{
	if (value->held != ZYN_VALUE_INLINE) {
		zyn__value_take_block(value, out);
		return;
	}
	value->held = 0;
	if (value->size == 8)
		__builtin_memcpy(out, value->bytes, 8);
	else
		__builtin_memcpy(out, value->bytes, value->size);
}

static inline void zyn__value_release(ZynValue *value)
{
	if (value->held != 0)
		zyn__value_release_held(value);
}

static inline void zyn__element_release(const ZynElement *element, void *value)
{
	if (element->release != NULL)
		element->release(value);
}

#endif
