/* Echo over TCP: two tasks for each connection, one that asks and one that answers. */
#include "bench.h"
#include "net.h"

typedef struct Peer {
	uint32_t state;
	uint32_t writes; /* what the leaf does */
	ZynIo *io;       /* owned */
	int64_t rounds;  /* left */
	int64_t asks;    /* 1: writes first */
	int64_t bytes;
	int64_t got; /* of the bytes that it reads */
	char *buffer;
	LEAF(80) leaf;
	int64_t result;
} Peer;

MACHINE(peer, Peer);

static void peer_begin(Peer *p, ZynContext *cx)
{
	if (p->writes != 0)
		zyn_io_write_from_init(cx, &p->leaf, p->io, p->buffer, (uint64_t)p->bytes);
	else
		zyn_io_read_into_init(cx, &p->leaf, p->io, p->buffer + p->got,
		                      (uint64_t)(p->bytes - p->got));
}

static int64_t peer_poll(void *sm, ZynContext *cx)
{
	Peer *p = sm;
	if (p->state == ZYN_STATE_START) {
		p->state = 1;
		p->writes = (uint32_t)p->asks;
		peer_begin(p, cx);
	}
	for (;; peer_begin(p, cx)) {
		int64_t moved = 0;
		if ((p->writes != 0 ? zyn_io_write_poll : zyn_io_read_poll)(&p->leaf, cx) == 0)
			return 0;
		MUST(cx->error.tag == 0);
		if (p->writes != 0) {
			zyn_io_write_drop(&p->leaf);
		} else {
			zyn_io_read_take(&p->leaf, &moved);
			zyn_io_read_drop(&p->leaf);
			MUST(moved > 0);
			p->got += moved;
			if (p->got < p->bytes)
				continue;
			p->got = 0;
		}
		/* a round ends with the answer: read by who asks, written by who answers */
		if ((p->writes == 0) == (p->asks != 0) && --p->rounds == 0)
			break;
		p->writes ^= 1;
	}
	zyn_object_release(p->io);
	free(p->buffer);
	return returned(&p->state, &p->result, 1);
}

static void adopt(ZynContext *cx, const void *args, void *result)
{
	*(ZynIo **)result = zyn_io_adopt(cx, *(const int *)args);
	MUST(*(ZynIo **)result != NULL);
}

static ZynPromise *peer_new(ZynRuntime *rt, int fd, int64_t rounds, int64_t asks, int64_t bytes)
{
	struct {
		ZynIo *io;
		int64_t rounds, asks, bytes, got;
		char *buffer;
	} args = {.rounds = rounds, .asks = asks, .bytes = bytes};
	args.buffer = calloc(1, (size_t)bytes);
	MUST(args.buffer != NULL);
	zyn_call_direct(rt, adopt, &fd, &args.io, NULL);
	return zyn_call_async(rt, &peer, &args, offsetof(Peer, io), sizeof args);
}

/* Microseconds for each round trip. */
static double echo(ZynRuntime *rt, const char *name)
{
	static Link links[LINKS_MAX];
	static ZynPromise *peers[2 * LINKS_MAX];
	const Traffic *traffic = traffics;
	while (strcmp(traffic->name, name) != 0)
		traffic++;
	link_up(links, traffic->links);
	int64_t rounds = traffic->rounds / traffic->links;
	for (int i = 0; i < traffic->links; i++) {
		peers[2 * i] = peer_new(rt, links[i].there, rounds, 0, traffic->bytes);
		peers[2 * i + 1] = peer_new(rt, links[i].here, rounds, 1, traffic->bytes);
	}
	double begin = now_ns();
	for (int i = 0; i < 2 * traffic->links; i++)
		zyn_promise_spawn(rt, peers[i]);
	for (int i = 0; i < 2 * traffic->links; i++) {
		MUST(zyn_rt_block_on(rt, peers[i], -1) == ZYN_READY);
		zyn_promise_release(peers[i]);
	}
	return (now_ns() - begin) / 1e3 / traffic->rounds;
}

static double echo_1(ZynRuntime *rt, uint32_t workers)
{
	(void)workers;
	return echo(rt, "echo_1");
}

static double echo_64(ZynRuntime *rt, uint32_t workers)
{
	(void)workers;
	return echo(rt, "echo_64");
}

static double echo_5000(ZynRuntime *rt, uint32_t workers)
{
	(void)workers;
	return echo(rt, "echo_5000");
}

static double echo_4k(ZynRuntime *rt, uint32_t workers)
{
	(void)workers;
	return echo(rt, "echo_4k");
}

const Workload echo_workloads[] = {
	{"echo_1", echo_1},   {"echo_64", echo_64}, {"echo_5000", echo_5000},
	{"echo_4k", echo_4k}, {NULL, NULL},
};
