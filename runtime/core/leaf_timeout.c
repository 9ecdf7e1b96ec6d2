/* A promise with a time limit.
 *
 * Two leaves: for `timeout` who comes too late is a failure, for `within` an outcome.
 *
 * Rule 1.  in one poll the promise is asked before the clock: one that ends in time is in time.
 * Rule 2.  who comes too late is cancelled, also when somebody else holds it; a timeout that is
 *          itself cancelled cancels only what nobody else holds.
 * Rule 3.  what nobody else holds is over when it has ended, clean-up and children included (rules
 *          3 and 5 of leaf_await.c); until then the timeout pends.
 */
#include "combine.h"

#include <inttypes.h>

void zyn_timeout_init(ZynContext *cx, void *mem, ZynPromise *promise, int64_t ms)
{
	ZynTimeoutLeaf *leaf = mem;
	leaf->state = ZYN_STATE_START;
	leaf->is_late = ZYN_LATE_NOT;
	leaf->ms = ms;
	leaf->promise = promise;
	zyn_await_promise_init(cx, &leaf->await, promise);
	zyn_delay_init(cx, &leaf->delay, ms);
}

/* Not 0 once the promise is over that came too late, or would have. */
static int64_t stop_late(ZynTimeoutLeaf *leaf, ZynContext *cx)
{
	if (!zyn__leaf_stop(zyn_await_promise_poll, &leaf->await, cx))
		return 0; /* Rule 3. */
	zyn_await_promise_drop(&leaf->await);
	leaf->is_late = ZYN_LATE_OVER;
	return ZYN_POLL_LOOK;
}

/* Whether the promise ended; 0: not yet, and the time has not come either. */
static int64_t poll_both(ZynTimeoutLeaf *leaf, ZynContext *cx)
{
	if (leaf->is_late == ZYN_LATE_STOPPING)
		return stop_late(leaf, cx);
	int64_t answer = zyn__await_poll_among(&leaf->await, cx); /* Rule 1. */
	if (answer != 0) {
		zyn__delay_stop(&leaf->delay, cx);
		leaf->state = leaf->await.state;
		return answer;
	}
	leaf->state = 1;
	if (zyn__attention(cx, ZYN_ATTENTION_CANCEL)) {
		zyn__delay_stop(&leaf->delay, cx); /* Rule 3: only the promise is waited for */
		return 0;
	}
	if (zyn_delay_poll(&leaf->delay, cx) == 0)
		return 0;
	if (leaf->delay.state == ZYN_STATE_FAILED) /* there is no memory for the timer */
		zyn_error_release(zyn__error_take(cx));
	leaf->is_late = ZYN_LATE_STOPPING;
	zyn_promise_cancel(leaf->promise); /* Rule 2. */
	return stop_late(leaf, cx);
}

/* Cancelled itself, while its promise, which is over by now, came to an end. */
static int64_t cancelled(ZynTimeoutLeaf *leaf, ZynContext *cx)
{
	leaf->state = ZYN_STATE_CANCELLED;
	zyn_fail_cancelled(cx);
	return ZYN_POLL_LOOK;
}

/* Ends what came too late, or would have: 0 when that is how it ended. */
static int64_t failed(ZynTimeoutLeaf *leaf, ZynContext *cx)
{
	if (zyn__attention(cx, ZYN_ATTENTION_CANCEL))
		return cancelled(leaf, cx);
	if (leaf->delay.state != ZYN_STATE_FAILED)
		return 0;
	leaf->state = ZYN_STATE_FAILED;
	zyn__error_set(cx, zyn__error_constant(ZYN_ERROR_OUT_OF_MEMORY));
	return ZYN_POLL_LOOK;
}

int64_t zyn_timeout_poll(void *mem, ZynContext *cx)
{
	ZynTimeoutLeaf *leaf = mem;
	int64_t answer = poll_both(leaf, cx);
	if (leaf->is_late != ZYN_LATE_OVER || (answer = failed(leaf, cx)) != 0)
		return answer;
	zyn__fail(cx, ZYN_ERROR_TIMEOUT, 0, "timed out after %" PRId64 " ms",
	          leaf->ms > 0 ? leaf->ms : 0);
	leaf->state = ZYN_STATE_FAILED;
	return ZYN_POLL_LOOK;
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

void zyn_within_init(ZynContext *cx, void *mem, int64_t ms, ZynPromise *promise)
{
	zyn_timeout_init(cx, mem, promise, ms);
}

int64_t zyn_within_poll(void *mem, ZynContext *cx)
{
	ZynTimeoutLeaf *leaf = mem;
	int64_t answer = poll_both(leaf, cx);
	if (leaf->is_late != ZYN_LATE_OVER || (answer = failed(leaf, cx)) != 0)
		return answer;
	leaf->state = ZYN_STATE_RETURNED;
	return 1;
}

int32_t zyn_within_take(void *mem, void *out)
{
	ZynTimeoutLeaf *leaf = mem;
	return leaf->is_late != ZYN_LATE_NOT ? ZYN_OUTCOME_TIMEOUT : zyn_timeout_take(mem, out);
}

void zyn_within_drop(void *mem)
{
	ZynTimeoutLeaf *leaf = mem;
	if (leaf->is_late != ZYN_LATE_OVER)
		zyn_await_promise_drop(&leaf->await);
	zyn_delay_drop(&leaf->delay);
}
