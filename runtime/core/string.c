/* Strings: counted, immutable.  A string whose count is ZYN_IMMORTAL lies in the constants of a
 * compiled module. */
#include "internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static ZynString *string_make(ZynRuntime *rt, uint64_t length)
{
	if (length >= SIZE_MAX / 2)
		return NULL;
	ZynString *s = zyn__block_new(rt, sizeof *s + length + 1);
	if (s == NULL)
		return NULL;
	atomic_init(&s->refs, 1);
	s->hash = 0;
	s->length = length;
	s->bytes[length] = 0;
	return s;
}

static ZynString *string_or_fail(ZynContext *cx, uint64_t length)
{
	ZynString *s = string_make(cx->runtime, length);
	if (s == NULL)
		zyn__error_set(cx, zyn__error_constant(ZYN_ERROR_OUT_OF_MEMORY));
	return s;
}

ZynString *zyn_string_new(ZynRuntime *rt, const char *bytes, uint64_t length)
{
	ZynEntry entry;
	zyn__enter(&entry, rt);
	ZynString *s = string_make(rt, length);
	if (s != NULL && length != 0)
		memcpy(s->bytes, bytes, length);
	zyn__leave(&entry);
	return s;
}

void zyn_string_retain(ZynString *s)
{
	if (s != NULL && zyn__get(&s->refs) != ZYN_IMMORTAL)
		atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
}

void zyn_string_release(ZynString *s)
{
	if (s == NULL)
		return;
	uint32_t refs = atomic_load_explicit(&s->refs, memory_order_acquire);
	if (refs == ZYN_IMMORTAL)
		return;
	ZYN_ASSERT(refs != 0);
	/* A count of one is ours alone, so that no locked instruction is needed to drop it. */
	if (refs != 1 && atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
		return;
	zyn__block_release(s);
}

ZynString *zyn_string_concat(ZynContext *cx, ZynString *a, ZynString *b)
{
	uint64_t a_length = a != NULL ? a->length : 0;
	uint64_t b_length = b != NULL ? b->length : 0;
	if (a_length > UINT64_MAX / 4 || b_length > UINT64_MAX / 4) {
		zyn__error_set(cx, zyn__error_constant(ZYN_ERROR_OUT_OF_MEMORY));
		return NULL;
	}
	ZynString *s = string_or_fail(cx, a_length + b_length);
	if (s == NULL)
		return NULL;
	if (a_length != 0)
		memcpy(s->bytes, a->bytes, a_length);
	if (b_length != 0)
		memcpy(s->bytes + a_length, b->bytes, b_length);
	return s;
}

int32_t zyn_string_compare(const ZynString *a, const ZynString *b)
{
	uint64_t a_length = a != NULL ? a->length : 0;
	uint64_t b_length = b != NULL ? b->length : 0;
	uint64_t common = a_length < b_length ? a_length : b_length;
	int order = common != 0 ? memcmp(a->bytes, b->bytes, common) : 0;
	if (order != 0)
		return order < 0 ? -1 : 1;
	return a_length < b_length ? -1 : a_length > b_length;
}

int32_t zyn_string_equal(const ZynString *a, const ZynString *b)
{
	return a == b || zyn_string_compare(a, b) == 0;
}

ZynString *zyn_string_from_i64(ZynContext *cx, int64_t value)
{
	char digits[24];
	int length = snprintf(digits, sizeof digits, "%" PRId64, value);
	ZYN_ASSERT(length > 0);
	ZynString *s = string_or_fail(cx, (uint64_t)length);
	if (s != NULL)
		memcpy(s->bytes, digits, (size_t)length);
	return s;
}
