/* What a parked leaf waits for, in plain numbers, for a debugger and for a deadlock's report.
 *
 * The leaf is read without a lock of its own: its task is parked, so nobody else writes what is
 * read here, except the waiter, which the object's lock guards.
 */
#include "channel.h"
#include "combine.h"
#include "io.h"

#include <string.h>

static void describe_object(const ZynSyncLeaf *leaf, ZynWaitInfo *out)
{
	ZynObject *object = leaf->object;
	if (object == NULL)
		return;
	zyn__biased_lock(&object->lock);
	out->kind = object->ops->kind;
	out->object = object->id;
	out->closed = object->closed;
	out->senders = zyn__get(&object->senders);
	out->receivers = zyn__get(&object->receivers);
	if (object->ops->describe != NULL)
		object->ops->describe(object, &leaf->waiter, out);
	zyn__biased_unlock(&object->lock);
}

static void describe_delay(const ZynDelay *delay, ZynWaitInfo *out)
{
	out->deadline_ns = zyn__delay_tick(delay) * ZYN_NS_PER_MS;
}

static void describe_await(const ZynAwait *await, ZynWaitInfo *out)
{
	if (await->promise != NULL)
		out->task = zyn__task_id(zyn__task_of_promise(await->promise));
}

int32_t zyn_dbg_wait(uint32_t leaf, const void *mem, ZynWaitInfo *out)
{
	memset(out, 0, sizeof *out);
	switch (leaf) {
	case ZYN_LEAF_delay:
		describe_delay(mem, out);
		return 1;
	case ZYN_LEAF_await_promise:
		describe_await(mem, out);
		return 1;
	case ZYN_LEAF_channel_recv_for:
		describe_delay(&((const ZynRecvForLeaf *)mem)->delay, out);
		describe_object(mem, out);
		return 1;
	case ZYN_LEAF_channel_send:
	case ZYN_LEAF_channel_recv:
	case ZYN_LEAF_oneshot_recv:
	case ZYN_LEAF_mutex_lock:
	case ZYN_LEAF_rwlock_read:
	case ZYN_LEAF_rwlock_write:
	case ZYN_LEAF_semaphore_acquire:
	case ZYN_LEAF_join_next:
	case ZYN_LEAF_join_next_promise:
	case ZYN_LEAF_futures_next:
	case ZYN_LEAF_nursery_join:
	case ZYN_LEAF_notify_wait:
	case ZYN_LEAF_barrier_wait:
	case ZYN_LEAF_once_begin:
	case ZYN_LEAF_watch_changed:
	case ZYN_LEAF_broadcast_recv:
		describe_object(mem, out);
		return 1;
	case ZYN_LEAF_timeout:
	case ZYN_LEAF_within:
		describe_delay(&((const ZynTimeoutLeaf *)mem)->delay, out);
		describe_await(&((const ZynTimeoutLeaf *)mem)->await, out);
		return 1;
	case ZYN_LEAF_map:
	case ZYN_LEAF_and_then:
		describe_await(&((const ZynMapLeaf *)mem)->await, out);
		return 1;
	default:
		if (!zyn__is_io_leaf(leaf))
			return 0;
		zyn__io_wait_info(mem, out);
		return 1;
	}
}
