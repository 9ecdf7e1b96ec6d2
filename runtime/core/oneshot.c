/* A oneshot: a channel for a single value, closed behind it.  channel.h has the rules. */
#include "channel.h"

static const ZynObjectOps oneshot_ops = {
	.kind = ZYN_OBJECT_ONESHOT,
	.free = zyn__channel_free,
	.orphaned = zyn__channel_orphaned,
	.senders_gone = zyn__channel_senders_gone,
	.receivers_gone = zyn__channel_receivers_gone,
	.describe = zyn__channel_describe,
};

static ZynChannel *channel_of(ZynOneshot *oneshot)
{
	return (ZynChannel *)oneshot;
}

ZynOneshot *zyn_oneshot_new(ZynRuntime *rt, const ZynTypeInfo *element)
{
	ZynChannel *channel = zyn__channel_new(rt, 1, element, &oneshot_ops);
	if (channel != NULL)
		channel->is_oneshot = 1;
	return (ZynOneshot *)channel;
}

int32_t zyn_oneshot_send(ZynOneshot *oneshot, const void *value)
{
	int32_t outcome = zyn_channel_try_send(channel_of(oneshot), value);
	ZYN_ASSERT(outcome == ZYN_OUTCOME_DONE || outcome == ZYN_OUTCOME_CLOSED);
	return outcome;
}

int32_t zyn_oneshot_try_recv(ZynOneshot *oneshot, void *out)
{
	return zyn_channel_try_recv(channel_of(oneshot), out);
}

void zyn_oneshot_close(ZynOneshot *oneshot)
{
	zyn_channel_close(channel_of(oneshot));
}

void zyn_oneshot_recv_init(ZynContext *cx, void *mem, ZynOneshot *oneshot)
{
	zyn_channel_recv_init(cx, mem, channel_of(oneshot));
}

int64_t zyn_oneshot_recv_poll(void *mem, ZynContext *cx)
{
	return zyn_channel_recv_poll(mem, cx);
}

int32_t zyn_oneshot_recv_take(void *mem, void *out)
{
	return zyn_channel_recv_take(mem, out);
}

void zyn_oneshot_recv_drop(void *mem)
{
	zyn_channel_recv_drop(mem);
}
