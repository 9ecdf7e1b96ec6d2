/* Channels by hand: numbers go in, numbers come out, and every reference is checked on the way. */
#ifndef ZYN_TEST_CHANNEL_SUPPORT_H
#define ZYN_TEST_CHANNEL_SUPPORT_H

#include "channel.h"
#include "sync_support.h"

#define DONE ZYN_OUTCOME_DONE
#define CLOSED ZYN_OUTCOME_CLOSED

static Values values; /* of the run under way */

static inline int32_t try_send(ZynChannel *channel, uint64_t number)
{
	Large value = value_make(number);
	int32_t outcome = zyn_channel_try_send(channel, &value);
	value_give_up(&value);
	return outcome;
}

/* The number received; -1 empty, -2 closed. */
static inline int64_t try_recv(ZynChannel *channel)
{
	Large value;
	int32_t outcome = zyn_channel_try_recv(channel, &value);
	if (outcome == DONE)
		return (int64_t)value_check(values, &value);
	CHECK(outcome == ZYN_OUTCOME_EMPTY || outcome == CLOSED);
	return outcome == CLOSED ? -2 : -1;
}

static inline bool send_begin(Actor *actor, ZynChannel *channel, uint64_t number)
{
	Large value = value_make(number);
	zyn_channel_send_init(&actor->cx, &actor->leaf, channel, &value);
	value_give_up(&value);
	return zyn_channel_send_poll(&actor->leaf, &actor->cx) != 0;
}

static inline bool send_poll(Actor *actor)
{
	return zyn_channel_send_poll(&actor->leaf, &actor->cx) != 0;
}

static inline int32_t send_outcome(Actor *actor)
{
	CHECK_EQ(actor->leaf.state, ZYN_STATE_RETURNED);
	int32_t outcome = zyn_channel_send_take(&actor->leaf, NULL);
	zyn_channel_send_drop(&actor->leaf);
	return outcome;
}

static inline bool recv_begin(Actor *actor, ZynChannel *channel)
{
	zyn_channel_recv_init(&actor->cx, &actor->leaf, channel);
	return zyn_channel_recv_poll(&actor->leaf, &actor->cx) != 0;
}

static inline bool recv_poll(Actor *actor)
{
	return zyn_channel_recv_poll(&actor->leaf, &actor->cx) != 0;
}

/* The number received; -2 closed. */
static inline int64_t recv_value(Actor *actor)
{
	Large value;
	CHECK_EQ(actor->leaf.state, ZYN_STATE_RETURNED);
	int32_t outcome = zyn_channel_recv_take(&actor->leaf, &value);
	zyn_channel_recv_drop(&actor->leaf);
	if (outcome == DONE)
		return (int64_t)value_check(values, &value);
	CHECK_EQ(outcome, CLOSED);
	return -2;
}

static inline void actors_init(Actor *actors, int count, ZynRuntime *rt)
{
	for (int i = 0; i < count; i++)
		actor_init(&actors[i], rt);
}

static inline void end(ZynRuntime *rt, ZynChannel *channel)
{
	zyn_object_release(channel);
	runtime_end(rt);
	values_all_gone();
}

#endif
