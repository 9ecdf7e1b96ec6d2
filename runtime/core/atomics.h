/* C11 atomics under short names that carry their order.
 *
 * The lock-free files say ZA_LOAD(&x, acquire) instead of the three words of the standard, so that
 * the order, which is what a reader must check, stands out.  An order may itself be a macro: that
 * is how the model tests plant a wrong one (test/model).
 *
 * The explorer replaces <stdatomic.h> by a header of its own (test/model/shim), so nothing here
 * knows of it, and every file of the core can be explored as it is.
 *
 * There is deliberately no fence in our own files: the thread sanitizer does not understand fences,
 * and what they buy over an ordered operation on x86 and ARMv8 is nothing.
 */
#ifndef ZYN_ATOMICS_H
#define ZYN_ATOMICS_H

#include <stdatomic.h>

/* `order` is relaxed, acquire, release, acq_rel or seq_cst.  Arguments are pointers to _Atomic
 * objects. */
#define ZA_LOAD(object, order) ZA__LOAD(object, order)
#define ZA_STORE(object, value, order) ZA__STORE(object, value, order)
/* gives the value before */
#define ZA_EXCHANGE(object, value, order) ZA__EXCHANGE(object, value, order)
#define ZA_ADD(object, value, order) ZA__RMW(add, object, value, order)
#define ZA_SUB(object, value, order) ZA__RMW(sub, object, value, order)
#define ZA_OR(object, value, order) ZA__RMW(or, object, value, order)
#define ZA_AND(object, value, order) ZA__RMW(and, object, value, order)
/* true when `*expected` was found and replaced; else `*expected` is what was found */
#define ZA_CAS(object, expected, desired, order, failure_order) \
	ZA__CAS(strong, object, expected, desired, order, failure_order)
/* as ZA_CAS, but may fail for no reason; for loops */
#define ZA_CAS_WEAK(object, expected, desired, order, failure_order) \
	ZA__CAS(weak, object, expected, desired, order, failure_order)
/* not understood by the thread sanitizer; see above */
#define ZA_FENCE(order) ZA__FENCE(order)
/* before the object is shared */
#define ZA_INIT(object, value) atomic_init(object, value)

/* A second step, so that an order that is a macro is replaced before it is pasted. */
#define ZA__LOAD(object, order) atomic_load_explicit(object, memory_order_##order)
#define ZA__STORE(object, value, order) atomic_store_explicit(object, value, memory_order_##order)
#define ZA__EXCHANGE(object, value, order) \
	atomic_exchange_explicit(object, value, memory_order_##order)
#define ZA__RMW(verb, object, value, order) \
	atomic_fetch_##verb##_explicit(object, value, memory_order_##order)
#define ZA__CAS(kind, object, expected, desired, order, failure_order) \
	atomic_compare_exchange_##kind##_explicit(object, expected, desired, memory_order_##order, \
	                                          memory_order_##failure_order)
#define ZA__FENCE(order) atomic_thread_fence(memory_order_##order)

/* Plain memory that changes hands by the order of some atomic object.  Ordinary accesses, which the
 * explorer checks for races. */
#ifndef ZA_READ
#define ZA_READ(object) (*(object))
#define ZA_WRITE(object, value) (*(object) = (value))
#endif

/* Keeps what one thread writes off the line that others read. */
#define ZYN_CACHE_LINE_BYTES 64

#endif
