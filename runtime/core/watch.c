/* A watch: the latest value, and who waits for another.  follow.h has the rules of its receivers.
 *
 * Rule 1.  only the latest value is kept; a receiver that was slow sees it, and none before it.
 * Rule 2.  a receiver has seen the value that there was when it was made.
 */
#include "follow.h"

struct ZynWatch {
	ZynFeed feed;
	_Alignas(16) char value[]; /* guarded */
};

static void watch_free(ZynObject *object)
{
	ZynWatch *watch = (ZynWatch *)object;
	ZYN_ASSERT(zyn__list_empty(&watch->feed.queue));
	zyn__element_release(&watch->feed.element, watch->value);
}

static void watch_describe(ZynObject *object, const ZynWaiter *waiter, ZynWaitInfo *out)
{
	ZynFeed *feed = (ZynFeed *)object;
	out->receivers = (uint32_t)feed->followers;
	out->waiting = zyn__waiters_count(&feed->queue, waiter, out);
}

static const ZynObjectOps watch_ops = {
	.kind = ZYN_OBJECT_WATCH,
	.free = watch_free,
	.senders_gone = zyn__feed_senders_gone,
	.receivers_gone = zyn__feed_receivers_gone,
	.describe = watch_describe,
};

static uint32_t read_latest(ZynFeed *feed, ZynFollower *follower, void *out)
{
	ZynWatch *watch = (ZynWatch *)feed;
	if (follower->next == feed->next)
		return feed->object.closed ? ZYN_OUTCOME_CLOSED : ZYN_OUTCOME_PENDING;
	follower->next = feed->next; /* Rule 1. */
	zyn__element_copy(&feed->element, out, watch->value);
	return ZYN_OUTCOME_DONE;
}

ZynWatch *zyn_watch_new(ZynRuntime *rt, const ZynTypeInfo *info, const void *value)
{
	ZynElement element = zyn__element_of(info);
	ZynWatch *watch = zyn__object_new(rt, sizeof *watch + element.stride, &watch_ops);
	if (watch == NULL)
		return NULL;
	zyn__feed_init(&watch->feed, element, read_latest);
	zyn__element_copy(&element, watch->value, value);
	return watch;
}

int32_t zyn_watch_send(ZynWatch *watch, const void *value)
{
	ZynObject *object = &watch->feed.object;
	ZynValue old = {0}; /* released without the lock */
	void *place = zyn__value_room(&old, object->runtime, &watch->feed.element);
	if (place == NULL)
		return ZYN_OUTCOME_OUT_OF_MEMORY;
	zyn__biased_lock(&object->lock);
	bool closed = object->closed;
	if (!closed) {
		zyn__element_move(&watch->feed.element, place, watch->value);
		zyn__element_copy(&watch->feed.element, watch->value, value);
		watch->feed.next++;
		zyn__feed_publish(&watch->feed);
	}
	zyn__biased_unlock(&object->lock);
	if (closed)
		zyn__value_unroom(&old);
	zyn__value_release(&old);
	return closed ? ZYN_OUTCOME_CLOSED : ZYN_OUTCOME_DONE;
}

void zyn_watch_get(ZynWatch *watch, void *out)
{
	zyn__biased_lock(&watch->feed.object.lock);
	zyn__element_copy(&watch->feed.element, out, watch->value);
	zyn__biased_unlock(&watch->feed.object.lock);
}

void zyn_watch_close(ZynWatch *watch)
{
	zyn__feed_close(&watch->feed);
}

ZynWatchReceiver *zyn_watch_subscribe(ZynWatch *watch)
{
	return (ZynWatchReceiver *)zyn__follower_new(&watch->feed, ZYN_OBJECT_WATCH_RECEIVER);
}

int32_t zyn_watch_try_changed(ZynWatchReceiver *receiver, void *out)
{
	return zyn__follow_try((ZynFollower *)receiver, out);
}

void zyn_watch_changed_init(ZynContext *cx, void *mem, ZynWatchReceiver *receiver)
{
	zyn__follow_init(cx, mem, (ZynFollower *)receiver);
}

int64_t zyn_watch_changed_poll(void *mem, ZynContext *cx)
{
	return zyn__follow_poll(mem, cx);
}

int32_t zyn_watch_changed_take(void *mem, void *out)
{
	return zyn__follow_take(mem, out);
}

void zyn_watch_changed_drop(void *mem)
{
	zyn__follow_drop(mem);
}
