/* The first of several promises to be ready, asked in order.
 *
 * A race makes tasks of its promises and lets all of them run.  A select polls in its own task and
 * in order, so that the first that is ready wins over all behind it: those behind it are not even
 * begun when it is ready at once.
 *
 * Rule 1.  every poll asks all promises from the first on, and ends with the first that ended.
 * Rule 2.  the others are stopped (rules 3 and 5 of leaf_await.c): cancelled, unless somebody else
 *          holds them.
 * Rule 3.  the select pends until all that it cancelled has ended, clean-up and children included;
 *          how its winner failed is kept until then.
 */
#include "combine.h"

#define COUNT_MAX UINT32_MAX

/* Owned; null: the winner has not failed, or its failure was told. */
static ZynError **failure_of(const ZynSelectLeaf *leaf)
{
	return (ZynError **)(void *)(leaf->awaits + leaf->count);
}

void zyn_select_init(ZynContext *cx, void *mem, ZynPromise *const *promises, uint64_t count)
{
	ZynSelectLeaf *leaf = mem;
	*leaf = (ZynSelectLeaf){.count = count};
	if (count == 0 || count > COUNT_MAX)
		return;
	leaf->awaits = zyn__object_block(cx->runtime,
	                                 count * sizeof leaf->awaits[0] + sizeof(ZynError *));
	if (leaf->awaits == NULL)
		return; /* the first poll says so */
	*failure_of(leaf) = NULL;
	for (uint64_t i = 0; i < count; i++)
		zyn_await_promise_init(cx, &leaf->awaits[i], promises[i]);
}

/* Between START and the end: ASKING while there is no winner. */
enum { ASKING = 1, STOPPING };

/* Stops all but `winner`; COUNT_MAX: all.  false: some have not ended yet (rule 3). */
static bool stop_others(ZynSelectLeaf *leaf, ZynContext *cx, uint64_t winner)
{
	bool stopped = true;
	for (uint64_t i = 0; i < leaf->count; i++) {
		if (i == winner)
			continue;
		if (zyn__leaf_stop(zyn_await_promise_poll, &leaf->awaits[i], cx)) /* Rule 2. */
			zyn_await_promise_drop(&leaf->awaits[i]);
		else
			stopped = false;
	}
	return stopped;
}

static void awaits_free(ZynSelectLeaf *leaf)
{
	if (leaf->awaits == NULL)
		return;
	if (*failure_of(leaf) != NULL)
		zyn_error_release(*failure_of(leaf));
	zyn__block_release(leaf->awaits);
	leaf->awaits = NULL;
}

static int64_t end(ZynSelectLeaf *leaf, ZynContext *cx, uint32_t winner)
{
	leaf->winner = winner;
	leaf->state = STOPPING;
	ZynError **failure = failure_of(leaf);
	if (cx->error.tag != 0)
		*failure = zyn__error_take(cx);
	if (!stop_others(leaf, cx, winner))
		return 0;
	leaf->state = leaf->awaits[winner].state;
	if (leaf->state == ZYN_STATE_RETURNED)
		return 1;
	zyn__error_set(cx, *failure);
	*failure = NULL;
	zyn_await_promise_drop(&leaf->awaits[winner]);
	awaits_free(leaf);
	return ZYN_POLL_LOOK;
}

int64_t zyn_select_poll(void *mem, ZynContext *cx)
{
	ZynSelectLeaf *leaf = mem;
	if (zyn__attention(cx, ZYN_ATTENTION_CANCEL)) {
		if (leaf->awaits != NULL && !stop_others(leaf, cx, COUNT_MAX))
			return 0;
		awaits_free(leaf);
		leaf->state = ZYN_STATE_CANCELLED;
		zyn_fail_cancelled(cx);
		return ZYN_POLL_LOOK;
	}
	if (leaf->count != 0 && leaf->awaits == NULL) {
		leaf->state = ZYN_STATE_FAILED;
		zyn__error_set(cx, zyn__error_constant(ZYN_ERROR_OUT_OF_MEMORY));
		return ZYN_POLL_LOOK;
	}
	if (leaf->state == STOPPING)
		return end(leaf, cx, leaf->winner);
	leaf->state = ASKING;
	for (uint64_t i = 0; i < leaf->count; i++) /* Rule 1. */
		if (zyn__await_poll_among(&leaf->awaits[i], cx) != 0)
			return end(leaf, cx, (uint32_t)i);
	return 0;
}

int32_t zyn_select_take(void *mem, void *out)
{
	ZynSelectLeaf *leaf = mem;
	ZYN_ASSERT(leaf->state == ZYN_STATE_RETURNED);
	zyn_await_promise_take(&leaf->awaits[leaf->winner], out);
	return (int32_t)leaf->winner;
}

void zyn_select_drop(void *mem)
{
	ZynSelectLeaf *leaf = mem;
	if (leaf->awaits == NULL)
		return;
	if (leaf->state == ZYN_STATE_RETURNED)
		zyn_await_promise_drop(&leaf->awaits[leaf->winner]);
	for (uint64_t i = 0; leaf->state == ZYN_STATE_START && i < leaf->count; i++)
		zyn_await_promise_drop(&leaf->awaits[i]);
	awaits_free(leaf);
}
