/* Echo over TCP: two tasks for each connection, one that asks and one that answers.  Of 10,000
 * connections the ends that answer are in a process of their own, this program once more.
 */
#include "bench.h"
#include "net.h"

#include <math.h>
#include <spawn.h>
#include <sys/wait.h>

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

static ZynPromise *peers[2 * LINKS_MAX];

static const Traffic *traffic_named(const char *name)
{
	const Traffic *traffic = traffics;
	while (strcmp(traffic->name, name) != 0)
		traffic++;
	return traffic;
}

/* Microseconds until the first `count` peers have ended. */
static double peers_run(ZynRuntime *rt, int count)
{
	double begin = now_ns();
	for (int i = 0; i < count; i++)
		zyn_promise_spawn(rt, peers[i]);
	for (int i = 0; i < count; i++) {
		MUST(zyn_rt_block_on(rt, peers[i], -1) == ZYN_READY);
		zyn_promise_release(peers[i]);
	}
	return (now_ns() - begin) / 1e3;
}

/* Microseconds for each round trip. */
static double echo(ZynRuntime *rt, const char *name)
{
	static Link links[LINKS_MAX];
	const Traffic *traffic = traffic_named(name);
	raise_descriptors();
	link_up(links, traffic->links);
	int64_t rounds = traffic->rounds / traffic->links;
	for (int i = 0; i < traffic->links; i++) {
		peers[2 * i] = peer_new(rt, links[i].there, rounds, 0, traffic->bytes);
		peers[2 * i + 1] = peer_new(rt, links[i].here, rounds, 1, traffic->bytes);
	}
	return peers_run(rt, 2 * traffic->links) / traffic->rounds;
}

/* The process that answers: prints its port, and a line more once it has all connections. */
static double echo_answers(ZynRuntime *rt, uint32_t workers)
{
	const Traffic *traffic = traffic_named("echo_10000");
	int port, listener = link_listener(&port);
	(void)workers;
	raise_descriptors();
	printf("%d\n", port);
	fflush(stdout);
	for (int i = 0; i < traffic->links; i++)
		peers[i] = peer_new(rt, link_from(listener), traffic->rounds / traffic->links, 0,
		                    traffic->bytes);
	printf("ready\n");
	fflush(stdout);
	peers_run(rt, traffic->links);
	return NAN;
}

/* Starts this program as the one that answers; gives where it prints. */
static FILE *answers_start(uint32_t workers, pid_t *child)
{
	extern char **environ;
	posix_spawn_file_actions_t actions;
	char count[12];
	int ends[2];
	snprintf(count, sizeof count, "%u", workers);
	char *arguments[] = {"futures", "echo_answers", count, "1", NULL};
	MUST(pipe(ends) == 0);
	MUST(posix_spawn_file_actions_init(&actions) == 0);
	MUST(posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO) == 0);
	MUST(posix_spawn_file_actions_addclose(&actions, ends[0]) == 0);
	MUST(posix_spawn(child, "/proc/self/exe", &actions, NULL, arguments, environ) == 0);
	MUST(posix_spawn_file_actions_destroy(&actions) == 0);
	close(ends[1]);
	return fdopen(ends[0], "r");
}

static double echo_10000(ZynRuntime *rt, uint32_t workers)
{
	const Traffic *traffic = traffic_named("echo_10000");
	char word[16];
	int port, status;
	pid_t child;
	raise_descriptors();
	FILE *answers = answers_start(workers, &child);
	MUST(fscanf(answers, "%d", &port) == 1);
	for (int i = 0; i < traffic->links; i++)
		peers[i] = peer_new(rt, link_to(port), traffic->rounds / traffic->links, 1,
		                    traffic->bytes);
	MUST(fscanf(answers, "%15s", word) == 1);
	double us = peers_run(rt, traffic->links);
	MUST(waitpid(child, &status, 0) == child && status == 0);
	fclose(answers);
	return us / traffic->rounds;
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
	{"echo_1", echo_1},   {"echo_64", echo_64},       {"echo_5000", echo_5000},
	{"echo_4k", echo_4k}, {"echo_10000", echo_10000}, {"echo_answers", echo_answers},
	{NULL, NULL},
};
