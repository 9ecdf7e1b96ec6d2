/* Waiting for a channel: send, receive, receive with a time limit. */
#include "channel.h"

static ZynChannel *channel_of(ZynSyncLeaf *leaf)
{
	return (ZynChannel *)leaf->object;
}

/* --- send ------------------------------------------------------------------------------------- */

/* Keeps a copy of `value` in the leaf; false: memory is out. */
static bool stash(ZynSendLeaf *leaf, ZynChannel *channel, const void *value)
{
	void *place = leaf->value;
	if (!channel->element.is_small) {
		place = zyn__object_block(channel->object.runtime, channel->element.size);
		if (place == NULL)
			return false;
		leaf->block = place;
	}
	zyn__element_copy(&channel->element, place, value);
	return true;
}

static void *stashed(ZynSendLeaf *leaf, const ZynElement *element)
{
	return element->is_small ? leaf->value : leaf->block;
}

/* Forgets the stashed value; `moved`: its reference is somewhere else by now. */
static void stash_free(ZynSendLeaf *leaf, const ZynElement *element, bool moved)
{
	if (!moved)
		zyn__element_release(element, stashed(leaf, element));
	if (!element->is_small)
		zyn__block_release(leaf->block);
}

/* With the lock, which it leaves: wakes a receiver, or queues the leaf. */
static void send_slowly(ZynSendLeaf *leaf, ZynContext *cx, ZynChannel *channel, const void *value)
{
	ZynWaker wake = {0};
	uint32_t outcome = zyn__channel_put(channel, value, &wake);
	if (outcome == ZYN_OUTCOME_FULL) {
		/* Copied without the lock, and tried again, for there may be a place by now. */
		zyn__biased_unlock(&channel->object.lock);
		if (!stash(leaf, channel, value)) {
			leaf->base.outcome = ZYN_OUTCOME_OUT_OF_MEMORY;
			return;
		}
		zyn__biased_lock(&channel->object.lock);
		outcome = zyn__channel_put(channel, value, &wake);
		if (outcome == ZYN_OUTCOME_FULL)
			zyn__wait_begin(&leaf->base, cx, &channel->object, &channel->senders);
		zyn__biased_unlock(&channel->object.lock);
		if (outcome != ZYN_OUTCOME_FULL)
			stash_free(leaf, &channel->element, false);
	} else {
		zyn__biased_unlock(&channel->object.lock);
	}
	leaf->base.outcome = outcome;
	zyn_waker_wake(wake);
}

void zyn_channel_send_init(ZynContext *cx, void *mem, ZynChannel *channel, const void *value)
{
	ZynSendLeaf *leaf = mem;
	if (!zyn__wait_start(&leaf->base, cx, channel))
		return;
	zyn__biased_lock(&channel->object.lock);
	if (zyn__channel_put_simple(channel, value))
		zyn__biased_unlock(&channel->object.lock);
	else
		send_slowly(leaf, cx, channel, value);
}

/* Gives up its place or its promise, with the lock, which it leaves. */
static void send_abandon(ZynSendLeaf *leaf)
{
	ZynChannel *channel = channel_of(&leaf->base);
	ZynElement element = channel->element;
	ZynWaker wake = {0};
	if (leaf->base.waiter.state == ZYN_WAITER_GRANTED) {
		channel->senders_due--;
		wake = zyn__channel_serve_sender(channel);
	}
	zyn__wait_end(&leaf->base);
	zyn_waker_wake(wake);
	stash_free(leaf, &element, false);
}

int64_t zyn_channel_send_poll(void *mem, ZynContext *cx)
{
	ZynSendLeaf *leaf = mem;
	ZynChannel *channel = channel_of(&leaf->base);
	if (channel == NULL)
		return zyn__wait_settled(&leaf->base, cx);
	if (zyn__attention(cx, ZYN_ATTENTION_CANCEL)) {
		zyn_channel_send_drop(mem);
		return zyn__wait_cancelled(&leaf->base, cx);
	}
	if (zyn__wait_unchanged(&leaf->base, cx))
		return 0;
	zyn__biased_lock(&channel->object.lock);
	if (leaf->base.waiter.state == ZYN_WAITER_WAITING) {
		leaf->base.waiter.waker = cx->waker;
		zyn__biased_unlock(&channel->object.lock);
		return 0;
	}
	leaf->base.outcome = ZYN_OUTCOME_CLOSED;
	bool granted = leaf->base.waiter.state == ZYN_WAITER_GRANTED;
	if (granted && !zyn__channel_grow(channel))
		leaf->base.outcome = ZYN_OUTCOME_OUT_OF_MEMORY;
	else if (granted && !channel->object.closed)
		leaf->base.outcome = ZYN_OUTCOME_DONE;
	if (leaf->base.outcome != ZYN_OUTCOME_DONE) {
		send_abandon(leaf);
		return zyn__wait_settled(&leaf->base, cx);
	}
	ZynElement element = channel->element;
	channel->senders_due--;
	ZynWaker wake = zyn__channel_push(channel, stashed(leaf, &element));
	zyn__wait_end(&leaf->base);
	zyn_waker_wake(wake);
	stash_free(leaf, &element, true);
	return zyn__wait_settled(&leaf->base, cx);
}

int32_t zyn_channel_send_take(void *mem, void *out)
{
	ZynSendLeaf *leaf = mem;
	(void)out;
	return (int32_t)leaf->base.outcome;
}

void zyn_channel_send_drop(void *mem)
{
	ZynSendLeaf *leaf = mem;
	if (leaf->base.object == NULL)
		return;
	zyn__biased_lock(&leaf->base.object->lock);
	send_abandon(leaf);
}

/* --- receive ---------------------------------------------------------------------------------- */

/* Takes the oldest value into the leaf, with the lock; gives what to wake and free after it. */
static ZynWaker take_in(ZynRecvLeaf *leaf, ZynChannel *channel, ZynRing **ring)
{
	void *place = zyn__value_place(&leaf->value, &channel->element);
	return zyn__channel_pop(channel, place, ring);
}

static void recv_small(ZynRecvLeaf *leaf, ZynChannel *channel)
{
	ZynRing *ring;
	ZynWaker wake = take_in(leaf, channel, &ring);
	zyn__biased_unlock(&channel->object.lock);
	if (ring != NULL)
		zyn__block_release(ring);
	if (wake.fn != NULL)
		wake.fn(wake.data);
}

void zyn_channel_recv_init(ZynContext *cx, void *mem, ZynChannel *channel)
{
	ZynRecvLeaf *leaf = mem;
	leaf->value.held = 0;
	if (!zyn__wait_start(&leaf->base, cx, channel))
		return;
	zyn__biased_lock(&channel->object.lock);
	if (zyn__channel_has_value(channel)) {
		if (channel->element.is_small) {
			recv_small(leaf, channel);
			return;
		}
		channel->receivers_due++;
		leaf->base.state = 1;
		leaf->base.waiter.state = ZYN_WAITER_GRANTED;
		zyn__wait_hold(&leaf->base, &channel->object);
	} else if (channel->object.closed && channel->receivers_due == 0) {
		leaf->base.outcome = ZYN_OUTCOME_CLOSED;
	} else {
		zyn__wait_begin(&leaf->base, cx, &channel->object, &channel->receivers);
	}
	zyn__biased_unlock(&channel->object.lock);
}

/* Gives up waiting, or what it was promised. */
static void recv_abandon(ZynRecvLeaf *leaf)
{
	ZynChannel *channel = channel_of(&leaf->base);
	ZynWaker wake = {0};
	zyn__biased_lock(&channel->object.lock);
	if (leaf->base.waiter.state == ZYN_WAITER_GRANTED) {
		channel->receivers_due--;
		wake = zyn__channel_serve_receiver(channel);
		zyn__channel_settle(channel);
	}
	zyn__wait_end(&leaf->base);
	zyn_waker_wake(wake);
}

int64_t zyn_channel_recv_poll(void *mem, ZynContext *cx)
{
	ZynRecvLeaf *leaf = mem;
	ZynChannel *channel = channel_of(&leaf->base);
	if (channel == NULL)
		return zyn__wait_settled(&leaf->base, cx);
	if (zyn__attention(cx, ZYN_ATTENTION_CANCEL)) {
		recv_abandon(leaf);
		return zyn__wait_cancelled(&leaf->base, cx);
	}
	if (zyn__wait_unchanged(&leaf->base, cx))
		return 0;
	ZynWaker wake = {0};
	ZynRing *ring = NULL;
	zyn__biased_lock(&channel->object.lock);
	if (leaf->base.waiter.state == ZYN_WAITER_WAITING) {
		leaf->base.waiter.waker = cx->waker;
		zyn__biased_unlock(&channel->object.lock);
		return 0;
	}
	if (leaf->base.waiter.state == ZYN_WAITER_REFUSED) {
		leaf->base.outcome = ZYN_OUTCOME_CLOSED;
	} else if (channel->element.is_small) {
		channel->receivers_due--;
		wake = take_in(leaf, channel, &ring);
		zyn__channel_settle(channel);
	} else { /* it stays promised until zyn_channel_recv_take */
		zyn__biased_unlock(&channel->object.lock);
		return zyn__wait_settled(&leaf->base, cx);
	}
	zyn__wait_end(&leaf->base);
	if (ring != NULL)
		zyn__block_release(ring);
	zyn_waker_wake(wake);
	return zyn__wait_settled(&leaf->base, cx);
}

/* Takes a large value straight out of the queue. */
static void take_promised(ZynRecvLeaf *leaf, void *out)
{
	ZynChannel *channel = channel_of(&leaf->base);
	ZynRing *ring = NULL;
	zyn__biased_lock(&channel->object.lock);
	channel->receivers_due--;
	ZynWaker wake = zyn__channel_pop(channel, out, &ring);
	zyn__channel_settle(channel);
	zyn__wait_end(&leaf->base);
	if (ring != NULL)
		zyn__block_release(ring);
	zyn_waker_wake(wake);
}

int32_t zyn_channel_recv_take(void *mem, void *out)
{
	ZynRecvLeaf *leaf = mem;
	ZYN_ASSERT(leaf->base.state == ZYN_STATE_RETURNED);
	if (leaf->value.held)
		zyn__value_take(&leaf->value, out);
	else if (leaf->base.object != NULL)
		take_promised(leaf, out);
	return (int32_t)leaf->base.outcome;
}

void zyn_channel_recv_drop(void *mem)
{
	ZynRecvLeaf *leaf = mem;
	if (leaf->base.object != NULL)
		recv_abandon(leaf);
	zyn__value_release(&leaf->value);
}

/* --- receive with a time limit ---------------------------------------------------------------- */

void zyn_channel_recv_for_init(ZynContext *cx, void *mem, ZynChannel *channel, int64_t ms)
{
	ZynRecvForLeaf *leaf = mem;
	zyn_channel_recv_init(cx, &leaf->recv, channel);
	zyn_delay_init(cx, &leaf->delay, ms);
}

int64_t zyn_channel_recv_for_poll(void *mem, ZynContext *cx)
{
	ZynRecvForLeaf *leaf = mem;
	int64_t answer = zyn_channel_recv_poll(&leaf->recv, cx);
	if (answer != 0) {
		zyn__delay_stop(&leaf->delay, cx);
		return answer;
	}
	if (zyn_delay_poll(&leaf->delay, cx) == 0)
		return 0;
	recv_abandon(&leaf->recv);
	if (leaf->delay.state == ZYN_STATE_FAILED) { /* there is no memory for the timer */
		leaf->recv.base.outcome = ZYN_OUTCOME_OUT_OF_MEMORY;
		return zyn__wait_failed(&leaf->recv.base, cx);
	}
	leaf->recv.base.outcome = ZYN_OUTCOME_TIMEOUT;
	return zyn__wait_settled(&leaf->recv.base, cx);
}

int32_t zyn_channel_recv_for_take(void *mem, void *out)
{
	return zyn_channel_recv_take(mem, out);
}

void zyn_channel_recv_for_drop(void *mem)
{
	ZynRecvForLeaf *leaf = mem;
	zyn_channel_recv_drop(&leaf->recv);
	zyn_delay_drop(&leaf->delay);
}
