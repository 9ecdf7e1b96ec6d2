/* Echo over TCP on this machine: 16 bytes there and back, on one thread unless more are asked for
 * (row A13 of the suite).
 *
 *     echo [round trips [workers]]
 *
 * Three ways, interleaved, on 1 and on 64 connections; microseconds of wall time per round trip,
 * the median of nine runs, and the ratio to the first:
 *
 *     floor     four system calls, blocking: nobody waits for anything, so this is what the
 *               network of the system costs
 *     poller    the same with epoll in between, edge-triggered: what waiting costs at least
 *     tasks     two tasks for each connection, io_read and io_write
 */
#include "internal.h"
#include "reactor.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define BYTES 16
#define CONNECTIONS_MAX 64
#define RUNS 9
#define WAYS 3

#define MUST(condition) \
	do { \
		if (!(condition)) { \
			perror(#condition); \
			exit(1); \
		} \
	} while (0)

typedef struct Link {
	int here;
	int there;
} Link;

static Link links[CONNECTIONS_MAX];
static int count;
static uint32_t workers = 1;

static void connect_all(int flags)
{
	struct sockaddr_in name = {.sin_family = AF_INET,
	                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof name;
	int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
	MUST(bind(listener, (struct sockaddr *)&name, sizeof name) == 0);
	MUST(listen(listener, CONNECTIONS_MAX) == 0);
	MUST(getsockname(listener, (struct sockaddr *)&name, &size) == 0);
	for (int i = 0; i < count; i++) {
		links[i].here = socket(AF_INET, SOCK_STREAM, 0);
		MUST(connect(links[i].here, (struct sockaddr *)&name, sizeof name) == 0);
		links[i].there = accept4(listener, NULL, NULL, flags);
		MUST(links[i].there >= 0);
		for (int k = 0; k < 2; k++) {
			int fd = k == 0 ? links[i].here : links[i].there;
			MUST(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
		}
	}
	close(listener);
}

static void close_all(void)
{
	for (int i = 0; i < count; i++) {
		close(links[i].here);
		close(links[i].there);
	}
}

/* --- floor ------------------------------------------------------------------------------------ */

static void move(int source, int target)
{
	char bytes[BYTES];
	MUST(recv(source, bytes, BYTES, 0) == BYTES);
	if (target >= 0)
		MUST(send(target, bytes, BYTES, MSG_NOSIGNAL) == BYTES);
}

static void floor_rounds(int64_t rounds)
{
	char bytes[BYTES] = "0123456789abcde";
	for (int64_t round = 0; round < rounds; round += count) {
		for (int i = 0; i < count; i++)
			MUST(send(links[i].here, bytes, BYTES, MSG_NOSIGNAL) == BYTES);
		for (int i = 0; i < count; i++)
			move(links[i].there, links[i].there);
		for (int i = 0; i < count; i++)
			move(links[i].here, -1);
	}
}

/* --- poller ----------------------------------------------------------------------------------- */

static void poller_rounds(int64_t rounds)
{
	char bytes[BYTES] = "0123456789abcde";
	int poll_fd = epoll_create1(0);
	for (int i = 0; i < count; i++) {
		for (int k = 0; k < 2; k++) {
			int fd = k == 0 ? links[i].here : links[i].there;
			struct epoll_event event = {.events = EPOLLIN | EPOLLET,
			                            .data.u32 = (uint32_t)(2 * i + k)};
			MUST(epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event) == 0);
		}
		MUST(send(links[i].here, bytes, BYTES, MSG_NOSIGNAL) == BYTES);
	}
	int64_t left = rounds, to_send = rounds - count;
	while (left > 0) {
		struct epoll_event events[ZYN_EVENTS_MAX];
		int ready = epoll_wait(poll_fd, events, ZYN_EVENTS_MAX, -1);
		for (int e = 0; e < ready; e++) {
			Link *link = &links[events[e].data.u32 / 2];
			if (events[e].data.u32 % 2 == 1) {
				move(link->there, link->there);
				continue;
			}
			left--;
			move(link->here, to_send-- > 0 ? link->here : -1);
		}
	}
	close(poll_fd);
}

/* --- tasks ------------------------------------------------------------------------------------ */

typedef struct Peer {
	uint32_t state;
	uint32_t step; /* 1 reads, 2 writes */
	ZynIo *io;     /* owned */
	int64_t rounds;
	int64_t begins;
	char bytes[64];
	char leaf[80];
	int64_t result;
} Peer;

static const ZynTypeInfo type_i64 = {.size = 8, .align = 8, .kind = ZYN_KIND_I64, .name = "i64"};

static int64_t peer_poll(void *sm, ZynContext *cx);
static ZynPollFn *peer_cell = peer_poll;
static const ZynDescriptor peer = {.size = sizeof(Peer),
                                   .align = 8,
                                   .result_offset = offsetof(Peer, result),
                                   .result_type = ZYN_KIND_I64,
                                   .poll_cell = &peer_cell,
                                   .poll = peer_poll,
                                   .result_info = &type_i64,
                                   .name = "peer"};

static void begin_step(Peer *p, ZynContext *cx, uint32_t step)
{
	p->step = step;
	if (step == 1)
		zyn_io_read_into_init(cx, p->leaf, p->io, p->bytes, sizeof p->bytes);
	else
		zyn_io_write_from_init(cx, p->leaf, p->io, p->bytes, BYTES);
}

static int64_t peer_poll(void *sm, ZynContext *cx)
{
	Peer *p = sm;
	if (p->state == ZYN_STATE_START) {
		p->state = 1;
		begin_step(p, cx, p->begins ? 2 : 1);
	}
	for (;;) {
		if (p->step == 1) {
			if (zyn_io_read_poll(p->leaf, cx) == 0)
				return 0;
			int64_t got = 0;
			zyn_io_read_take(p->leaf, &got);
			MUST(got == BYTES);
			zyn_io_read_drop(p->leaf);
			p->rounds -= p->begins;
		} else {
			if (zyn_io_write_poll(p->leaf, cx) == 0)
				return 0;
			zyn_io_write_drop(p->leaf);
			p->rounds -= !p->begins;
		}
		if (p->rounds == 0)
			break;
		begin_step(p, cx, 3 - p->step);
	}
	zyn_object_release(p->io);
	p->result = 1;
	p->state = ZYN_STATE_RETURNED;
	return 1;
}

static void adopt(ZynContext *cx, const void *args, void *result)
{
	*(ZynIo **)result = zyn_io_adopt(cx, *(const int *)args);
	MUST(*(ZynIo **)result != NULL);
}

static void tasks_rounds(int64_t rounds)
{
	ZynOptions options = {.size = sizeof options, .workers = workers};
	ZynRuntime *rt = zyn_rt_new(&options);
	ZynPromise *promises[2 * CONNECTIONS_MAX];
	for (int i = 0; i < 2 * count; i++) {
		struct {
			ZynIo *io;
			int64_t rounds, begins;
		} args = {.rounds = rounds / count, .begins = i % 2};
		int fd = dup(i % 2 ? links[i / 2].here : links[i / 2].there);
		zyn_call_direct(rt, adopt, &fd, &args.io, NULL);
		promises[i] = zyn_call_async(rt, &peer, &args, offsetof(Peer, io), sizeof args);
		zyn_promise_spawn(rt, promises[i]);
	}
	for (int i = 0; i < 2 * count; i++) {
		MUST(zyn_rt_block_on(rt, promises[i], -1) == ZYN_READY);
		zyn_promise_release(promises[i]);
	}
	zyn_rt_free(rt);
}

/* --- measuring -------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static double timed(void (*rounds_of)(int64_t), int64_t rounds, bool blocking)
{
	connect_all(0);
	for (int i = 0; i < count && !blocking; i++) {
		zyn__system_real.adopt(links[i].here);
		zyn__system_real.adopt(links[i].there);
	}
	uint64_t begin_ns = zyn__monotonic_ns();
	rounds_of(rounds);
	uint64_t end_ns = zyn__monotonic_ns();
	close_all();
	return (double)(end_ns - begin_ns) / 1000 / (double)rounds;
}

int main(int argc, char **argv)
{
	static const char *const names[WAYS] = {"floor", "poller", "tasks"};
	static void (*const ways[WAYS])(int64_t) = {floor_rounds, poller_rounds, tasks_rounds};
	int64_t rounds = argc > 1 ? atoll(argv[1]) : 40000;
	workers = argc > 2 ? (uint32_t)atoi(argv[2]) : 1;
	for (count = 1; count <= CONNECTIONS_MAX; count *= CONNECTIONS_MAX) {
		double us[WAYS][RUNS];
		int64_t whole = rounds / count * count;
		for (int run = 0; run < RUNS; run++) {
			for (int way = 0; way < WAYS; way++)
				us[way][run] = timed(ways[way], whole, way == 0);
		}
		for (int way = 0; way < WAYS; way++)
			qsort(us[way], RUNS, sizeof us[way][0], by_value);
		for (int way = 0; way < WAYS; way++)
			printf("%2d connections  %-7s %6.2f us  %5.2f\n", count, names[way],
			       us[way][RUNS / 2], us[way][RUNS / 2] / us[0][RUNS / 2]);
	}
	return 0;
}
