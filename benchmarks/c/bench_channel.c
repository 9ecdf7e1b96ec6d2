/* Channels and locks on one worker, in nanoseconds of user CPU time per operation.
 *
 *     bench_channel [rounds]
 *
 * The machines are written by hand in the way compiled ones are, so this is the floor that a
 * compiled program comes close to.  `cas` is one uncontended compare-and-swap with the store that
 * undoes it, measured in the same run, because that is what the costs are to be compared with.
 */
#include "internal.h"
#include "lock.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static const ZynTypeInfo type_i64 = {.size = 8, .align = 8, .kind = ZYN_KIND_I64, .name = "i64"};

static double user_ns(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (double)usage.ru_utime.tv_sec * 1e9 + (double)usage.ru_utime.tv_usec * 1e3;
}

typedef struct Peer {
	uint32_t state;
	uint32_t step;
	ZynChannel *source; /* null: it begins */
	ZynChannel *target;
	int64_t count;
	int64_t done;
	char leaf[160];
	int64_t result;
} Peer;

#define PEER(peer) \
	static int64_t peer##_poll(void *sm, ZynContext *cx); \
	static ZynPollFn *peer##_cell = peer##_poll; \
	static const ZynDescriptor peer = {.size = sizeof(Peer), \
	                                   .align = 8, \
	                                   .result_offset = offsetof(Peer, result), \
	                                   .result_type = ZYN_KIND_I64, \
	                                   .poll_cell = &peer##_cell, \
	                                   .poll = peer##_poll, \
	                                   .result_info = &type_i64, \
	                                   .name = #peer}

PEER(sender);
PEER(receiver);
PEER(player);
PEER(locker);

static int64_t peer_end(Peer *peer)
{
	peer->result = peer->done;
	peer->state = ZYN_STATE_RETURNED;
	return ZYN_POLL_LOOK;
}

static int64_t sender_poll(void *sm, ZynContext *cx)
{
	Peer *peer = sm;
	for (; peer->done < peer->count; peer->done++) {
		if (peer->state == 0)
			zyn_channel_send_init(cx, peer->leaf, peer->target, &peer->done);
		peer->state = 1;
		if (zyn_channel_send_poll(peer->leaf, cx) == 0)
			return 0;
		peer->state = 0;
	}
	return peer_end(peer);
}

static int64_t receiver_poll(void *sm, ZynContext *cx)
{
	Peer *peer = sm;
	int64_t value;
	for (; peer->done < peer->count; peer->done++) {
		if (peer->state == 0)
			zyn_channel_recv_init(cx, peer->leaf, peer->source);
		peer->state = 1;
		if (zyn_channel_recv_poll(peer->leaf, cx) == 0)
			return 0;
		zyn_channel_recv_take(peer->leaf, &value);
		zyn_channel_recv_drop(peer->leaf);
		peer->state = 0;
	}
	return peer_end(peer);
}

/* Sends and receives by turns; `step` 0 sends next, 1 receives next. */
static int64_t player_poll(void *sm, ZynContext *cx)
{
	Peer *peer = sm;
	int64_t value;
	while (peer->done < peer->count) {
		if (peer->step == 0) {
			if (peer->state == 0)
				zyn_channel_send_init(cx, peer->leaf, peer->target, &peer->done);
			peer->state = 1;
			if (zyn_channel_send_poll(peer->leaf, cx) == 0)
				return 0;
			peer->step = 1;
		} else {
			if (peer->state == 0)
				zyn_channel_recv_init(cx, peer->leaf, peer->source);
			peer->state = 1;
			if (zyn_channel_recv_poll(peer->leaf, cx) == 0)
				return 0;
			zyn_channel_recv_take(peer->leaf, &value);
			zyn_channel_recv_drop(peer->leaf);
			peer->step = 0;
		}
		peer->state = 0;
		peer->done++;
	}
	return peer_end(peer);
}

/* Locks and unlocks; `source` is the mutex. */
static int64_t locker_poll(void *sm, ZynContext *cx)
{
	Peer *peer = sm;
	ZynMutex *mutex = (ZynMutex *)peer->source;
	for (; peer->done < peer->count; peer->done++) {
		if (peer->state == 0)
			zyn_mutex_lock_init(cx, peer->leaf, mutex);
		peer->state = 1;
		if (zyn_mutex_lock_poll(peer->leaf, cx) == 0)
			return 0;
		zyn_mutex_unlock(mutex);
		peer->state = 0;
	}
	return peer_end(peer);
}

static ZynPromise *peer_new(ZynRuntime *rt, const ZynDescriptor *descriptor, uint32_t step,
                            ZynChannel *source, ZynChannel *target, int64_t count)
{
	struct {
		ZynChannel *source, *target;
		int64_t count;
	} args = {source, target, count};
	ZynPromise *p = zyn_call_async(rt, descriptor, &args, offsetof(Peer, source), sizeof args);
	((Peer *)p->state_machine)->step = step;
	return p;
}

static double run_two(ZynRuntime *rt, ZynPromise *a, ZynPromise *b, int64_t count)
{
	zyn_promise_spawn(rt, a);
	zyn_promise_spawn(rt, b);
	double begin = user_ns();
	if (zyn_rt_block_on(rt, a, -1) != ZYN_READY || zyn_rt_block_on(rt, b, -1) != ZYN_READY)
		exit(1);
	double length = user_ns() - begin;
	zyn_promise_release(a);
	zyn_promise_release(b);
	return length / (double)count;
}

static double stream(ZynRuntime *rt, uint64_t capacity, int64_t count)
{
	ZynChannel *channel = zyn_channel_new(rt, capacity, &type_i64);
	ZynPromise *a = peer_new(rt, &sender, 0, NULL, channel, count);
	ZynPromise *b = peer_new(rt, &receiver, 0, channel, NULL, count);
	double ns = run_two(rt, a, b, count);
	zyn_object_release(channel);
	return ns;
}

static double ping_pong(ZynRuntime *rt, int64_t count)
{
	ZynChannel *there = zyn_channel_new(rt, 1, &type_i64);
	ZynChannel *back = zyn_channel_new(rt, 1, &type_i64);
	ZynPromise *a = peer_new(rt, &player, 0, back, there, 2 * count);
	ZynPromise *b = peer_new(rt, &player, 1, there, back, 2 * count);
	double ns = run_two(rt, a, b, count);
	zyn_object_release(there);
	zyn_object_release(back);
	return ns;
}

static double lock_alone(ZynRuntime *rt, int64_t count)
{
	ZynMutex *mutex = zyn_mutex_new(rt);
	ZynPromise *a = peer_new(rt, &locker, 0, (ZynChannel *)mutex, NULL, count);
	ZynPromise *b = peer_new(rt, &locker, 0, (ZynChannel *)mutex, NULL, 0);
	double ns = run_two(rt, a, b, count);
	zyn_object_release(mutex);
	return ns;
}

static double compare_and_swap(int64_t count)
{
	static ZynLock lock;
	double begin = user_ns();
	for (int64_t i = 0; i < count; i++) {
		zyn__lock(&lock);
		zyn__unlock(&lock);
	}
	return (user_ns() - begin) / (double)count;
}

int main(int argc, char **argv)
{
	int64_t rounds = argc > 1 ? atoll(argv[1]) : 5;
	int64_t count = argc > 2 ? atoll(argv[2]) : 2000000;
	ZynOptions options = {.size = sizeof options};
	ZynRuntime *rt = zyn_rt_new(&options);
	for (int64_t i = 0; i < rounds; i++)
		printf("cas %5.1f  channel(128) %5.1f  channel(0) %5.1f  channel(1) %5.1f  "
		       "ping-pong %5.1f  lock and unlock %5.1f\n",
		       compare_and_swap(count), stream(rt, 128, count), stream(rt, 0, count),
		       stream(rt, 1, count), ping_pong(rt, count / 4), lock_alone(rt, count));
	zyn_rt_free(rt);
	return 0;
}
