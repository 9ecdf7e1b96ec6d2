/* A promise that is ready with a value. */
#include "combine.h"

void zyn_ready_init(ZynContext *cx, void *mem, const ZynTypeInfo *info, const void *value)
{
	ZynReadyLeaf *leaf = mem;
	ZynElement element = zyn__element_of(info);
	*leaf = (ZynReadyLeaf){.state = ZYN_STATE_START};
	void *place = zyn__value_room(&leaf->value, cx->runtime, &element);
	leaf->failed = place == NULL;
	if (place != NULL)
		zyn__element_copy(&element, place, value);
}

int64_t zyn_ready_poll(void *mem, ZynContext *cx)
{
	ZynReadyLeaf *leaf = mem;
	if (zyn__attention(cx, ZYN_ATTENTION_CANCEL)) {
		zyn__value_release(&leaf->value);
		leaf->state = ZYN_STATE_CANCELLED;
		zyn_fail_cancelled(cx);
		return ZYN_POLL_LOOK;
	}
	if (leaf->failed) {
		leaf->state = ZYN_STATE_FAILED;
		zyn__error_set(cx, zyn__error_constant(ZYN_ERROR_OUT_OF_MEMORY));
		return ZYN_POLL_LOOK;
	}
	leaf->state = ZYN_STATE_RETURNED;
	return 1;
}

int32_t zyn_ready_take(void *mem, void *out)
{
	ZynReadyLeaf *leaf = mem;
	zyn__value_take(&leaf->value, out);
	return ZYN_OUTCOME_DONE;
}

void zyn_ready_drop(void *mem)
{
	zyn__value_release(&((ZynReadyLeaf *)mem)->value);
}
