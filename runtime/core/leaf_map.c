/* Something to do with the value of a promise: map makes another value of it, and_then another
 * promise, which is awaited in its turn.
 *
 * Rule 1.  the function is called once, inside the poll in which the promise ended well, and not
 *          at all if it failed or was cancelled.
 * Rule 2.  the function borrows the value.  What it fails with, in cx->error, is the failure.
 */
#include "combine.h"

static void init(ZynContext *cx, ZynMapLeaf *leaf, ZynPromise *promise, void *data)
{
	leaf->state = ZYN_STATE_START;
	leaf->is_second = 0;
	leaf->data = data;
	leaf->result = NULL;
	leaf->promise = promise;
	leaf->value.held = 0;
	zyn_await_promise_init(cx, &leaf->await, promise);
}

void zyn_map_init(ZynContext *cx, void *mem, ZynPromise *promise, ZynMapFn *fn, void *data,
                  const ZynTypeInfo *result)
{
	ZynMapLeaf *leaf = mem;
	init(cx, leaf, promise, data);
	leaf->map = fn;
	leaf->result = result;
}

void zyn_and_then_init(ZynContext *cx, void *mem, ZynPromise *promise, ZynThenFn *fn, void *data)
{
	ZynMapLeaf *leaf = mem;
	init(cx, leaf, promise, data);
	leaf->then = fn;
}

static int64_t fail(ZynMapLeaf *leaf, ZynContext *cx, uint32_t code)
{
	if (cx->error.tag == 0)
		zyn__error_set(cx, zyn__error_constant(code));
	leaf->state = ZYN_STATE_FAILED;
	return ZYN_POLL_LOOK;
}

/* Moves the value of the ended promise to `value`; false: memory is out. */
static bool take_value(ZynMapLeaf *leaf, ZynContext *cx, ZynValue *value, void **place)
{
	ZynElement element = zyn__element_of(zyn_promise_result_info(leaf->promise));
	value->held = 0;
	*place = zyn__value_room(value, cx->runtime, &element);
	if (*place != NULL)
		zyn_await_promise_take(&leaf->await, *place);
	zyn_await_promise_drop(&leaf->await);
	return *place != NULL;
}

int64_t zyn_map_poll(void *mem, ZynContext *cx)
{
	ZynMapLeaf *leaf = mem;
	int64_t answer = zyn_await_promise_poll(&leaf->await, cx);
	leaf->state = answer != 0 ? leaf->await.state : 1;
	if (answer == 0 || leaf->state != ZYN_STATE_RETURNED)
		return answer;
	ZynValue value;
	void *place;
	if (!take_value(leaf, cx, &value, &place))
		return fail(leaf, cx, ZYN_ERROR_OUT_OF_MEMORY);
	ZynElement element = zyn__element_of(leaf->result);
	void *out = zyn__value_room(&leaf->value, cx->runtime, &element);
	if (out != NULL)
		leaf->map(cx, leaf->data, place, out);
	zyn__value_release(&value);
	if (out != NULL && cx->error.tag == 0)
		return 1;
	if (out != NULL)
		zyn__value_unroom(&leaf->value);
	return fail(leaf, cx, ZYN_ERROR_OUT_OF_MEMORY); /* Rule 2. */
}

int32_t zyn_map_take(void *mem, void *out)
{
	ZynMapLeaf *leaf = mem;
	ZYN_ASSERT(leaf->state == ZYN_STATE_RETURNED);
	zyn__value_take(&leaf->value, out);
	return ZYN_OUTCOME_DONE;
}

void zyn_map_drop(void *mem)
{
	ZynMapLeaf *leaf = mem;
	if (leaf->state == ZYN_STATE_START)
		zyn_await_promise_drop(&leaf->await);
	zyn__value_release(&leaf->value);
}

/* Calls the function and begins to await what it made; false: it failed. */
static bool second(ZynMapLeaf *leaf, ZynContext *cx)
{
	ZynValue value;
	void *place;
	if (!take_value(leaf, cx, &value, &place))
		return false;
	ZynPromise *promise = leaf->then(cx, leaf->data, place);
	zyn__value_release(&value);
	if (promise == NULL && cx->error.tag == 0)
		zyn__error_set(cx, zyn__error_constant(ZYN_ERROR_NULL_VALUE));
	if (promise == NULL)
		return false;
	leaf->is_second = 1;
	leaf->promise = promise;
	zyn_await_promise_init(cx, &leaf->await, promise);
	zyn_promise_release(promise); /* the await has one of its own */
	return true;
}

int64_t zyn_and_then_poll(void *mem, ZynContext *cx)
{
	ZynMapLeaf *leaf = mem;
	int64_t answer = zyn_await_promise_poll(&leaf->await, cx);
	if (answer != 0 && leaf->await.state == ZYN_STATE_RETURNED && !leaf->is_second) {
		if (!second(leaf, cx))
			return fail(leaf, cx, ZYN_ERROR_OUT_OF_MEMORY);
		answer = zyn_await_promise_poll(&leaf->await, cx);
	}
	leaf->state = answer != 0 ? leaf->await.state : 1;
	return answer;
}

int32_t zyn_and_then_take(void *mem, void *out)
{
	ZynMapLeaf *leaf = mem;
	ZYN_ASSERT(leaf->state == ZYN_STATE_RETURNED);
	zyn_await_promise_take(&leaf->await, out);
	return ZYN_OUTCOME_DONE;
}

void zyn_and_then_drop(void *mem)
{
	ZynMapLeaf *leaf = mem;
	if (leaf->state == ZYN_STATE_START || leaf->state == ZYN_STATE_RETURNED)
		zyn_await_promise_drop(&leaf->await);
}
