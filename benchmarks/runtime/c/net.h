/* Connections of this process to itself, for the rows of A13: TCP over loopback, without delay. */
#ifndef ZYN_BENCH_NET_H
#define ZYN_BENCH_NET_H

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINKS_MAX 5000
#define BYTES_MAX 4096

typedef struct Link {
	int here;
	int there;
} Link;

/* How many connections, how many bytes each way, how many round trips in all. */
typedef struct Traffic {
	const char *name;
	int links;
	int bytes;
	int rounds;
} Traffic;

static const Traffic traffics[] = {
	{"echo_1", 1, 16, 20000},
	{"echo_64", 64, 16, 64 * 400},
	{"echo_5000", 5000, 16, 5000 * 8},
	{"echo_4k", 1, 4096, 20000},
};

static inline void link_up(Link *links, int count)
{
	struct sockaddr_in name = {.sin_family = AF_INET,
	                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof name;
	int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
	MUST(bind(listener, (struct sockaddr *)&name, sizeof name) == 0);
	MUST(listen(listener, 128) == 0);
	MUST(getsockname(listener, (struct sockaddr *)&name, &size) == 0);
	for (int i = 0; i < count; i++) {
		links[i].here = socket(AF_INET, SOCK_STREAM, 0);
		MUST(connect(links[i].here, (struct sockaddr *)&name, sizeof name) == 0);
		links[i].there = accept(listener, NULL, NULL);
		MUST(links[i].there >= 0);
		for (int k = 0; k < 2; k++) {
			int fd = k == 0 ? links[i].here : links[i].there;
			MUST(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
		}
	}
	close(listener);
}

#endif
