/* Errors: counted, immutable, with the place in the source that is to blame.
 *
 * An error that cannot be allocated must not get lost, so for each code there is a constant one
 * that has no line.  Cancelling uses its constant always: it is not the fault of a line, and it
 * must work when memory is out.
 */
#include "internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TAG_ERROR 1u

typedef struct ConstantError {
	_Atomic uint32_t refs;
	uint32_t code;
	uint32_t line;
	uint32_t side_table;
	uint64_t length;
	char message[48];
} ConstantError;
static_assert(offsetof(ConstantError, message) == offsetof(ZynError, message),
              "it must pass for a ZynError");

#define CONSTANT(code_name, text) \
	[ZYN_ERROR_##code_name] = {ZYN_IMMORTAL, ZYN_ERROR_##code_name, 0, 0, sizeof text - 1, text}

static ConstantError constants[] = {
	CONSTANT(PANIC, "panic"),
	CONSTANT(DIVISION_BY_ZERO, "division by zero"),
	CONSTANT(INDEX_OUT_OF_RANGE, "index out of range"),
	CONSTANT(STACK_OVERFLOW, "stack overflow"),
	CONSTANT(OUT_OF_MEMORY, "out of memory"),
	CONSTANT(OUT_OF_FUEL, "the fuel of this run is used up"),
	CONSTANT(CANCELLED, "cancelled"),
	CONSTANT(DEADLOCK, "deadlock"),
	CONSTANT(TIMEOUT, "the time limit of this run passed"),
	CONSTANT(BUSY, "a running promise cannot be polled"),
	CONSTANT(FOREIGN, "a host function failed"),
	CONSTANT(NULL_VALUE, "null value"),
	CONSTANT(INTERRUPTED, "interrupted"),
	CONSTANT(IO, "input or output failed"),
};

ZynError *zyn__error_constant(uint32_t code)
{
	ZYN_ASSERT(code >= ZYN_ERROR_PANIC);
	ZYN_ASSERT(code < sizeof constants / sizeof constants[0]);
	return (ZynError *)(void *)&constants[code];
}

ZynError *zyn__error_make(ZynRuntime *rt, uint32_t code, ZynSite site, const char *message,
                          uint64_t length)
{
	ZynError *error = NULL;
	if (length < SIZE_MAX / 2)
		error = zyn__block_new(rt, sizeof *error + length + 1);
	if (error == NULL)
		return zyn__error_constant(code);
	atomic_init(&error->refs, 1);
	error->code = code;
	error->line = (uint32_t)site;
	error->side_table = (uint32_t)(site >> 32);
	error->length = length;
	memcpy(error->message, message, length);
	error->message[length] = 0;
	return error;
}

ZynError *zyn__error_retain(ZynError *error)
{
	if (zyn__get(&error->refs) != ZYN_IMMORTAL)
		atomic_fetch_add_explicit(&error->refs, 1, memory_order_relaxed);
	return error;
}

void zyn_error_release(ZynError *error)
{
	if (error == NULL)
		return;
	uint32_t refs = atomic_load_explicit(&error->refs, memory_order_acquire);
	if (refs == ZYN_IMMORTAL)
		return;
	if (refs != 1 && atomic_fetch_sub_explicit(&error->refs, 1, memory_order_acq_rel) != 1)
		return;
	zyn__block_release(error);
}

void zyn__error_set(ZynContext *cx, ZynError *error)
{
	if (cx->error.tag == TAG_ERROR)
		zyn_error_release((ZynError *)(uintptr_t)cx->error.payload);
	cx->error = (ZynDyn){TAG_ERROR, (uint64_t)(uintptr_t)error};
}

ZynError *zyn__error_take(ZynContext *cx)
{
	if (cx->error.tag != TAG_ERROR)
		return NULL;
	ZynError *error = (ZynError *)(uintptr_t)cx->error.payload;
	cx->error = (ZynDyn){0, 0};
	return error;
}

void zyn__fail(ZynContext *cx, uint32_t code, ZynSite site, const char *format, ...)
{
	char message[ZYN_MESSAGE_BYTES_MAX];
	va_list values;
	va_start(values, format);
	int length = vsnprintf(message, sizeof message, format, values);
	va_end(values);
	ZYN_ASSERT(length >= 0);
	ZYN_ASSERT((size_t)length < sizeof message);
	zyn__error_set(cx, zyn__error_make(cx->runtime, code, site, message, (uint64_t)length));
}

void zyn_fail_cancelled(ZynContext *cx)
{
	uint32_t why = cx->task != NULL ? cx->task->interrupted : 0;
	uint32_t code = why == ZYN_CANCELLED_BY_FUEL        ? ZYN_ERROR_OUT_OF_FUEL
	                : why == ZYN_CANCELLED_BY_INTERRUPT ? ZYN_ERROR_INTERRUPTED
	                                                    : ZYN_ERROR_CANCELLED;
	zyn__error_set(cx, zyn__error_constant(code));
}

void zyn_fail_stack(ZynContext *cx, ZynSite site)
{
	zyn__fail(cx, ZYN_ERROR_STACK_OVERFLOW, site, "stack overflow");
	zyn__debug_failure(cx, site);
}

void zyn_fail_division(ZynContext *cx, ZynSite site, int64_t dividend)
{
	zyn__fail(cx, ZYN_ERROR_DIVISION_BY_ZERO, site, "division of %" PRId64 " by zero",
	          dividend);
	zyn__debug_failure(cx, site);
}

void zyn_fail_index(ZynContext *cx, ZynSite site, int64_t index, uint64_t length)
{
	zyn__fail(cx, ZYN_ERROR_INDEX_OUT_OF_RANGE, site,
	          "index %" PRId64 " is out of range for length %" PRIu64, index, length);
	zyn__debug_failure(cx, site);
}

void zyn_fail_null(ZynContext *cx, ZynSite site)
{
	zyn__fail(cx, ZYN_ERROR_NULL_VALUE, site, "the value is null");
	zyn__debug_failure(cx, site);
}

void zyn_fail_at(ZynContext *cx, ZynSite site)
{
	const ZynError *error = (const ZynError *)(uintptr_t)cx->error.payload;
	if (cx->error.tag != TAG_ERROR || error->code != ZYN_ERROR_IO || error->line != 0)
		return;
	/* Others may hold the error, so it is copied. */
	zyn__error_set(cx, zyn__error_make(cx->runtime, ZYN_ERROR_IO, site, error->message,
	                                   error->length));
	zyn__debug_failure(cx, site);
}

void zyn_fail_panic(ZynContext *cx, ZynSite site, ZynString *message)
{
	/* A null text is empty, as everywhere. */
	const char *bytes = message != NULL ? message->bytes : "";
	uint64_t length = message != NULL ? message->length : 0;
	zyn__error_set(cx, zyn__error_make(cx->runtime, ZYN_ERROR_PANIC, site, bytes, length));
	zyn__debug_failure(cx, site);
}
