/* Channels and locks. */
#include "bench.h"

#define ROUNDS 100000
#define MESSAGES 1000000
#define LOCKERS 1000
#define LOCKS 100
#define PEERS_MAX 128

/* --- sender, receiver: one end of a channel --------------------------------------------------- */

typedef struct End {
	uint32_t state; /* 1: the leaf waits */
	ZynChannel *channel;
	int64_t count;
	int64_t done;
	LEAF(112) leaf;
	int64_t result;
} End;

MACHINE(sender, End);
MACHINE(receiver, End);

static int64_t sender_poll(void *sm, ZynContext *cx)
{
	End *end = sm;
	for (; end->done < end->count; end->done++) {
		if (end->state == ZYN_STATE_START)
			zyn_channel_send_init(cx, &end->leaf, end->channel, &end->done);
		end->state = 1;
		if (zyn_channel_send_poll(&end->leaf, cx) == 0)
			return 0;
		end->state = ZYN_STATE_START;
	}
	return returned(&end->state, &end->result, end->done);
}

static int64_t receiver_poll(void *sm, ZynContext *cx)
{
	End *end = sm;
	int64_t value;
	for (; end->done < end->count; end->done++) {
		if (end->state == ZYN_STATE_START)
			zyn_channel_recv_init(cx, &end->leaf, end->channel);
		end->state = 1;
		if (zyn_channel_recv_poll(&end->leaf, cx) == 0)
			return 0;
		zyn_channel_recv_take(&end->leaf, &value);
		zyn_channel_recv_drop(&end->leaf);
		end->state = ZYN_STATE_START;
	}
	return returned(&end->state, &end->result, end->done);
}

/* --- player: sends and receives by turns ------------------------------------------------------ */

typedef struct Player {
	uint32_t state; /* 1: the leaf waits */
	uint32_t receives;
	ZynChannel *source;
	ZynChannel *target;
	int64_t steps; /* left */
	LEAF(112) leaf;
	int64_t result;
} Player;

MACHINE(player, Player);

static int64_t player_poll(void *sm, ZynContext *cx)
{
	Player *p = sm;
	int64_t value;
	for (; p->steps > 0; p->steps--, p->receives ^= 1) {
		if (p->receives == 0) {
			if (p->state == ZYN_STATE_START)
				zyn_channel_send_init(cx, &p->leaf, p->target, &p->steps);
			p->state = 1;
			if (zyn_channel_send_poll(&p->leaf, cx) == 0)
				return 0;
		} else {
			if (p->state == ZYN_STATE_START)
				zyn_channel_recv_init(cx, &p->leaf, p->source);
			p->state = 1;
			if (zyn_channel_recv_poll(&p->leaf, cx) == 0)
				return 0;
			zyn_channel_recv_take(&p->leaf, &value);
			zyn_channel_recv_drop(&p->leaf);
		}
		p->state = ZYN_STATE_START;
	}
	return returned(&p->state, &p->result, 1);
}

/* --- locker ----------------------------------------------------------------------------------- */

typedef struct Locker {
	uint32_t state; /* 1: the leaf waits */
	ZynMutex *mutex;
	int64_t count;
	int64_t done;
	LEAF(64) leaf;
	int64_t result;
} Locker;

MACHINE(locker, Locker);

static int64_t locker_poll(void *sm, ZynContext *cx)
{
	Locker *l = sm;
	for (; l->done < l->count; l->done++) {
		if (l->state == ZYN_STATE_START)
			zyn_mutex_lock_init(cx, &l->leaf, l->mutex);
		l->state = 1;
		if (zyn_mutex_lock_poll(&l->leaf, cx) == 0)
			return 0;
		zyn_mutex_unlock(l->mutex);
		l->state = ZYN_STATE_START;
	}
	return returned(&l->state, &l->result, l->done);
}

/* --- group: spawns what was made by the host, and awaits it ----------------------------------- */

typedef struct Group {
	uint32_t state;
	uint32_t next;
	ZynPromise **tasks; /* owned, the array not */
	int64_t count;
	Await leaf;
	int64_t result;
} Group;

MACHINE(group, Group);

static int64_t group_poll(void *sm, ZynContext *cx)
{
	Group *g = sm;
	if (g->state == ZYN_STATE_START) {
		g->state = 1;
		for (int64_t i = 0; i < g->count; i++)
			zyn_promise_release(zyn_spawn(cx, g->tasks[i], 0));
		zyn_await_promise_init(cx, &g->leaf, g->tasks[0]);
	}
	for (;;) {
		if (zyn_await_promise_poll(&g->leaf, cx) == 0)
			return 0;
		taken(&g->leaf, g->tasks[g->next]);
		if (++g->next == g->count)
			return returned(&g->state, &g->result, 1);
		zyn_await_promise_init(cx, &g->leaf, g->tasks[g->next]);
	}
}

/* --- running ---------------------------------------------------------------------------------- */

/* Runs tasks to their ends; nanoseconds for each of so many operations. */
static double all(ZynRuntime *rt, ZynPromise **tasks, int64_t count, double operations)
{
	struct {
		ZynPromise **tasks;
		int64_t count;
	} args = {tasks, count};
	return timed(rt, zyn_call_async(rt, &group, &args, offsetof(Group, tasks), sizeof args),
	             operations);
}

static ZynPromise *end_new(ZynRuntime *rt, const ZynDescriptor *kind, ZynChannel *channel,
                           int64_t count)
{
	struct {
		ZynChannel *channel;
		int64_t count;
	} args = {channel, count};
	return zyn_call_async(rt, kind, &args, offsetof(End, channel), sizeof args);
}

static double stream(ZynRuntime *rt, int pairs)
{
	ZynChannel *channel = zyn_channel_new(rt, 128, &type_i64);
	ZynPromise *tasks[PEERS_MAX];
	for (int i = 0; i < pairs; i++) {
		tasks[2 * i] = end_new(rt, &sender, channel, MESSAGES / pairs);
		tasks[2 * i + 1] = end_new(rt, &receiver, channel, MESSAGES / pairs);
	}
	double ns = all(rt, tasks, 2 * pairs, MESSAGES);
	zyn_object_release(channel);
	return ns;
}

static double chan_1p1c(ZynRuntime *rt, uint32_t workers)
{
	(void)workers;
	return stream(rt, 1);
}

static double chan_4p4c(ZynRuntime *rt, uint32_t workers)
{
	(void)workers;
	return stream(rt, 4);
}

static double chan_64p64c(ZynRuntime *rt, uint32_t workers)
{
	(void)workers;
	return stream(rt, 64);
}

static ZynPromise *player_new(ZynRuntime *rt, uint32_t receives, ZynChannel *source,
                              ZynChannel *target)
{
	struct {
		ZynChannel *source, *target;
		int64_t steps;
	} args = {source, target, 2 * ROUNDS};
	ZynPromise *p = zyn_call_async(rt, &player, &args, offsetof(Player, source), sizeof args);
	((Player *)p->state_machine)->receives = receives;
	return p;
}

static double ping_pong(ZynRuntime *rt, uint32_t workers)
{
	ZynChannel *there = zyn_channel_new(rt, 1, &type_i64);
	ZynChannel *back = zyn_channel_new(rt, 1, &type_i64);
	ZynPromise *tasks[2] = {player_new(rt, 0, back, there), player_new(rt, 1, there, back)};
	double ns = all(rt, tasks, 2, ROUNDS);
	(void)workers;
	zyn_object_release(there);
	zyn_object_release(back);
	return ns;
}

static double locked(ZynRuntime *rt, int tasks, int64_t locks)
{
	static ZynPromise *lockers[LOCKERS];
	ZynMutex *mutex = zyn_mutex_new(rt);
	struct {
		ZynMutex *mutex;
		int64_t count;
	} args = {mutex, locks};
	for (int i = 0; i < tasks; i++)
		lockers[i] = zyn_call_async(rt, &locker, &args, offsetof(Locker, mutex),
		                            sizeof args);
	double ns = all(rt, lockers, tasks, (double)tasks * (double)locks);
	zyn_object_release(mutex);
	return ns;
}

static double mutex_many(ZynRuntime *rt, uint32_t workers)
{
	(void)workers;
	return locked(rt, LOCKERS, LOCKS);
}

static double mutex_alone(ZynRuntime *rt, uint32_t workers)
{
	(void)workers;
	return locked(rt, 1, MESSAGES);
}

const Workload sync_workloads[] = {
	{"chan_1p1c", chan_1p1c},
	{"chan_4p4c", chan_4p4c},
	{"chan_64p64c", chan_64p64c},
	{"ping_pong", ping_pong},
	{"mutex", mutex_many},
	{"mutex_alone", mutex_alone},
	{NULL, NULL},
};
