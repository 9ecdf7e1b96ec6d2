/* Takes the place of <stdatomic.h> in a model: every operation goes to the explorer.
 *
 * The files of the core are compiled against it as they are.  What it cannot see are plain
 * operators on _Atomic objects (x = 1, x++); the core uses none where threads meet.  Objects are
 * integers, booleans and pointers of at most 8 bytes.
 */
#ifndef ZYN_MODEL_STDATOMIC_H
#define ZYN_MODEL_STDATOMIC_H

#include_next <stdatomic.h>

#include "explorer.h"

#undef atomic_init
#undef atomic_load
#undef atomic_store
#undef atomic_exchange
#undef atomic_compare_exchange_strong
#undef atomic_compare_exchange_weak
#undef atomic_fetch_add
#undef atomic_fetch_sub
#undef atomic_fetch_or
#undef atomic_fetch_and
#undef atomic_fetch_xor
#undef atomic_load_explicit
#undef atomic_store_explicit
#undef atomic_exchange_explicit
#undef atomic_compare_exchange_strong_explicit
#undef atomic_compare_exchange_weak_explicit
#undef atomic_fetch_add_explicit
#undef atomic_fetch_sub_explicit
#undef atomic_fetch_or_explicit
#undef atomic_fetch_and_explicit
#undef atomic_fetch_xor_explicit
#undef atomic_thread_fence
#undef atomic_signal_fence

/* The type of the object without its qualifiers; the way of gcc's own header. */
#define MODEL_TYPE(object) __typeof__((void)0, *(object))
#define MODEL_ADDRESS(object) ((void *)(uintptr_t)(object))
#define MODEL_PLACE(object) MODEL_ADDRESS(object), sizeof(*(object))
#define MODEL_BITS(object, value) \
	__extension__({ \
		MODEL_TYPE(object) value_ = (value); \
		(uint64_t)(uintptr_t)value_; \
	})
#define MODEL_VALUE(object, bits) ((MODEL_TYPE(object))(uintptr_t)(bits))

#define atomic_init(object, value) model_init(MODEL_PLACE(object), MODEL_BITS(object, value))
#define atomic_load_explicit(object, order) \
	__extension__({ \
		model_at(#object, __func__); \
		MODEL_VALUE(object, model_load(MODEL_PLACE(object), order)); \
	})
#define atomic_store_explicit(object, value, order) \
	__extension__({ \
		uint64_t bits_ = MODEL_BITS(object, value); \
		model_at(#object, __func__); \
		model_store(MODEL_PLACE(object), bits_, order); \
	})
#define MODEL_RMW(kind, object, value, order) \
	__extension__({ \
		uint64_t operand_ = MODEL_BITS(object, value); \
		model_at(#object, __func__); \
		MODEL_VALUE(object, model_rmw(kind, MODEL_PLACE(object), operand_, order)); \
	})
#define atomic_exchange_explicit(object, value, order) \
	MODEL_RMW(MODEL_EXCHANGE, object, value, order)
#define atomic_fetch_add_explicit(object, value, order) MODEL_RMW(MODEL_ADD, object, value, order)
#define atomic_fetch_sub_explicit(object, value, order) MODEL_RMW(MODEL_SUB, object, value, order)
#define atomic_fetch_or_explicit(object, value, order) MODEL_RMW(MODEL_OR, object, value, order)
#define atomic_fetch_and_explicit(object, value, order) MODEL_RMW(MODEL_AND, object, value, order)
#define atomic_fetch_xor_explicit(object, value, order) MODEL_RMW(MODEL_XOR, object, value, order)
#define MODEL_CAS(weak, object, expected, desired, order, failure_order) \
	__extension__({ \
		uint64_t found_ = MODEL_BITS(object, *(expected)); \
		model_at(#object, __func__); \
		bool done_ = model_cas(weak, MODEL_PLACE(object), &found_, \
		                       MODEL_BITS(object, desired), order, failure_order); \
		if (!done_) \
			*(expected) = MODEL_VALUE(object, found_); \
		done_; \
	})
#define atomic_compare_exchange_strong_explicit(object, expected, desired, order, failure_order) \
	MODEL_CAS(false, object, expected, desired, order, failure_order)
#define atomic_compare_exchange_weak_explicit(object, expected, desired, order, failure_order) \
	MODEL_CAS(true, object, expected, desired, order, failure_order)
/* for core/atomics.h */
#define ZA_READ(object) MODEL_READ(object)
#define ZA_WRITE(object, value) MODEL_WRITE(object, value)
#define atomic_thread_fence(order) model_fence(order)
#define atomic_signal_fence(order) ((void)(order))

#define atomic_load(object) atomic_load_explicit(object, memory_order_seq_cst)
#define atomic_store(object, value) atomic_store_explicit(object, value, memory_order_seq_cst)
#define atomic_exchange(object, value) \
	MODEL_RMW(MODEL_EXCHANGE, object, value, memory_order_seq_cst)
#define atomic_fetch_add(object, value) MODEL_RMW(MODEL_ADD, object, value, memory_order_seq_cst)
#define atomic_fetch_sub(object, value) MODEL_RMW(MODEL_SUB, object, value, memory_order_seq_cst)
#define atomic_fetch_or(object, value) MODEL_RMW(MODEL_OR, object, value, memory_order_seq_cst)
#define atomic_fetch_and(object, value) MODEL_RMW(MODEL_AND, object, value, memory_order_seq_cst)
#define atomic_fetch_xor(object, value) MODEL_RMW(MODEL_XOR, object, value, memory_order_seq_cst)
#define atomic_compare_exchange_strong(object, expected, desired) \
	MODEL_CAS(false, object, expected, desired, memory_order_seq_cst, memory_order_seq_cst)
#define atomic_compare_exchange_weak(object, expected, desired) \
	MODEL_CAS(true, object, expected, desired, memory_order_seq_cst, memory_order_seq_cst)

#endif
