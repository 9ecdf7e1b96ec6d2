/* Receivers that each see every value.  follow.h has the rules. */
#include "follow.h"

void zyn__feed_init(ZynFeed *feed, ZynElement element,
                    uint32_t (*read)(ZynFeed *, ZynFollower *, void *))
{
	feed->element = element;
	feed->read = read;
	feed->next = 1;
	zyn__list_init(&feed->queue);
}

void zyn__feed_publish(ZynFeed *feed)
{
	ZynWaiter *waiter;
	while ((waiter = zyn__waiter_first(&feed->queue)) != NULL) /* bounded by the queue */
		zyn_waker_wake(zyn__waiter_settle(waiter, ZYN_WAITER_GRANTED)); /* Rule 3. */
}

void zyn__feed_close(ZynFeed *feed)
{
	zyn__biased_lock(&feed->object.lock);
	feed->object.closed = 1;
	zyn__feed_publish(feed);
	zyn__biased_unlock(&feed->object.lock);
}

void zyn__feed_senders_gone(ZynObject *object)
{
	zyn__feed_close((ZynFeed *)object);
}

/* Receivers of a feed are objects of their own; its plain ends mean nothing. */
void zyn__feed_receivers_gone(ZynObject *object)
{
	(void)object;
}

/* --- receivers -------------------------------------------------------------------------------- */

static void follower_free(ZynObject *object)
{
	ZynFollower *follower = (ZynFollower *)object;
	ZynFeed *feed = follower->feed;
	zyn__biased_lock(&feed->object.lock);
	feed->followers--;
	zyn__biased_unlock(&feed->object.lock);
	zyn_object_release(feed);
}

static const ZynObjectOps watch_receiver_ops = {
	.kind = ZYN_OBJECT_WATCH_RECEIVER,
	.free = follower_free,
};

static const ZynObjectOps broadcast_receiver_ops = {
	.kind = ZYN_OBJECT_BROADCAST_RECEIVER,
	.free = follower_free,
};

ZynFollower *zyn__follower_new(ZynFeed *feed, uint32_t kind)
{
	const ZynObjectOps *ops = kind == ZYN_OBJECT_WATCH_RECEIVER ? &watch_receiver_ops
	                                                            : &broadcast_receiver_ops;
	ZynFollower *follower = zyn__object_new(feed->object.runtime, sizeof *follower, ops);
	if (follower == NULL)
		return NULL;
	follower->feed = feed;
	zyn_object_retain(feed);
	zyn__biased_lock(&feed->object.lock);
	feed->followers++;
	follower->next = feed->next;
	zyn__biased_unlock(&feed->object.lock);
	return follower;
}

int32_t zyn__follow_try(ZynFollower *follower, void *out)
{
	ZynFeed *feed = follower->feed;
	zyn__biased_lock(&feed->object.lock);
	uint32_t outcome = feed->read(feed, follower, out);
	zyn__biased_unlock(&feed->object.lock);
	return (int32_t)outcome;
}

/* --- waiting ---------------------------------------------------------------------------------- */

void zyn__follow_init(ZynContext *cx, ZynFollowLeaf *leaf, ZynFollower *follower)
{
	leaf->follower = NULL;
	leaf->value.held = 0;
	if (!zyn__wait_start(&leaf->base, cx, follower))
		return;
	ZynFeed *feed = follower->feed;
	void *place = zyn__value_room(&leaf->value, feed->object.runtime, &feed->element);
	if (place == NULL) {
		leaf->base.outcome = ZYN_OUTCOME_OUT_OF_MEMORY;
		return;
	}
	zyn__biased_lock(&feed->object.lock);
	uint32_t outcome = feed->read(feed, follower, place);
	if (outcome == ZYN_OUTCOME_PENDING) {
		zyn_object_retain(follower);
		leaf->follower = follower;
		zyn__wait_begin(&leaf->base, cx, &feed->object, &feed->queue);
	}
	zyn__biased_unlock(&feed->object.lock);
	leaf->base.outcome = outcome;
	if (outcome != ZYN_OUTCOME_DONE && outcome != ZYN_OUTCOME_PENDING)
		zyn__value_unroom(&leaf->value);
}

/* Leaves the queue, with the lock, and lets go of receiver and feed. */
static void leave(ZynFollowLeaf *leaf, bool has_value)
{
	ZynFollower *follower = leaf->follower;
	leaf->follower = NULL;
	zyn__wait_end(&leaf->base);
	if (!has_value)
		zyn__value_unroom(&leaf->value);
	zyn_object_release(follower);
}

static void *place_of(ZynFollowLeaf *leaf)
{
	return leaf->value.held == ZYN_VALUE_BLOCK ? leaf->value.block : leaf->value.bytes;
}

int64_t zyn__follow_poll(ZynFollowLeaf *leaf, ZynContext *cx)
{
	ZynFeed *feed = (ZynFeed *)leaf->base.object;
	if (feed == NULL)
		return zyn__wait_settled(&leaf->base, cx);
	bool cancelled = zyn__attention(cx, ZYN_ATTENTION_CANCEL);
	if (!cancelled && zyn__wait_unchanged(&leaf->base, cx))
		return 0;
	zyn__biased_lock(&feed->object.lock);
	if (cancelled) {
		leave(leaf, false); /* Rule 2. */
		return zyn__wait_cancelled(&leaf->base, cx);
	}
	uint32_t outcome = feed->read(feed, leaf->follower, place_of(leaf));
	if (outcome == ZYN_OUTCOME_PENDING) {
		leaf->base.waiter.waker = cx->waker;
		if (leaf->base.waiter.state != ZYN_WAITER_WAITING) { /* Rule 3. */
			leaf->base.waiter.state = ZYN_WAITER_WAITING;
			zyn__list_push_back(&feed->queue, &leaf->base.waiter.link);
		}
		zyn__biased_unlock(&feed->object.lock);
		return 0;
	}
	leaf->base.outcome = outcome;
	leave(leaf, outcome == ZYN_OUTCOME_DONE);
	return zyn__wait_settled(&leaf->base, cx);
}

int32_t zyn__follow_take(ZynFollowLeaf *leaf, void *out)
{
	ZYN_ASSERT(leaf->base.state == ZYN_STATE_RETURNED);
	if (leaf->value.held != 0)
		zyn__value_take(&leaf->value, out);
	return (int32_t)leaf->base.outcome;
}

void zyn__follow_drop(ZynFollowLeaf *leaf)
{
	if (leaf->base.object != NULL) {
		zyn__biased_lock(&leaf->base.object->lock);
		leave(leaf, false);
	}
	zyn__value_release(&leaf->value);
}
