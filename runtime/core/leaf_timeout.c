/* A promise with a time limit.
 *
 * Rule 1.  in one poll the promise is asked before the clock: one that ends in time is in time.
 * Rule 2.  who comes too late is cancelled, also when somebody else holds it; a timeout that is
 *          itself cancelled treats its promise as an await does.
 */
#include "combine.h"

#include <inttypes.h>

void zyn_timeout_init(ZynContext *cx, void *mem, ZynPromise *promise, int64_t ms)
{
	ZynTimeoutLeaf *leaf = mem;
	leaf->state = ZYN_STATE_START;
	leaf->ms = ms;
	leaf->promise = promise;
	zyn_await_promise_init(cx, &leaf->await, promise);
	zyn_delay_init(cx, &leaf->delay, ms);
}

static int64_t too_late(ZynTimeoutLeaf *leaf, ZynContext *cx)
{
	zyn_promise_cancel(leaf->promise); /* Rule 2. */
	zyn__leaf_stop(zyn_await_promise_poll, &leaf->await, cx);
	zyn_await_promise_drop(&leaf->await);
	zyn__fail(cx, ZYN_ERROR_TIMEOUT, 0, "timed out after %" PRId64 " ms",
	          leaf->ms > 0 ? leaf->ms : 0);
	leaf->state = ZYN_STATE_FAILED;
	return ZYN_POLL_LOOK;
}

int64_t zyn_timeout_poll(void *mem, ZynContext *cx)
{
	ZynTimeoutLeaf *leaf = mem;
	int64_t answer = zyn_await_promise_poll(&leaf->await, cx); /* Rule 1. */
	if (answer != 0) {
		zyn__delay_stop(&leaf->delay, cx);
		leaf->state = leaf->await.state;
		return answer;
	}
	leaf->state = 1;
	return zyn_delay_poll(&leaf->delay, cx) != 0 ? too_late(leaf, cx) : 0;
}

int32_t zyn_timeout_take(void *mem, void *out)
{
	ZynTimeoutLeaf *leaf = mem;
	zyn_await_promise_take(&leaf->await, out);
	return ZYN_OUTCOME_DONE;
}

void zyn_timeout_drop(void *mem)
{
	ZynTimeoutLeaf *leaf = mem;
	zyn_await_promise_drop(&leaf->await);
	zyn_delay_drop(&leaf->delay);
}
