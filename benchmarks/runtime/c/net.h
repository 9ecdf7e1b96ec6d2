/* Connections of this process to itself, or to another that does the answering, for the rows of
 * A13: TCP over loopback, without delay.
 */
#ifndef ZYN_BENCH_NET_H
#define ZYN_BENCH_NET_H

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINKS_MAX 10000
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
	{"echo_10000", 10000, 16, 10000 * 4}, /* two processes: see echo.c */
};

/* As many descriptors as the system lets this process have. */
static inline void raise_descriptors(void)
{
	struct rlimit limit;
	MUST(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = limit.rlim_max;
	MUST(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

static inline struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
	                            .sin_port = htons((uint16_t)port),
	                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* A listener, whose port becomes `*port`. */
static inline int link_listener(int *port)
{
	struct sockaddr_in name = loopback(0);
	socklen_t size = sizeof name;
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	MUST(bind(listener, (struct sockaddr *)&name, sizeof name) == 0);
	MUST(listen(listener, 4096) == 0); /* or more of them wait a second to be let in */
	MUST(getsockname(listener, (struct sockaddr *)&name, &size) == 0);
	*port = ntohs(name.sin_port);
	return listener;
}

static inline int without_delay(int fd)
{
	int on = 1;
	MUST(fd >= 0);
	MUST(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
	return fd;
}

static inline int link_to(int port)
{
	struct sockaddr_in name = loopback(port);
	int fd = without_delay(socket(AF_INET, SOCK_STREAM, 0));
	MUST(connect(fd, (struct sockaddr *)&name, sizeof name) == 0);
	return fd;
}

static inline int link_from(int listener)
{
	return without_delay(accept(listener, NULL, NULL));
}

static inline void link_up(Link *links, int count)
{
	int port, listener = link_listener(&port);
	for (int i = 0; i < count; i++) {
		links[i].here = link_to(port);
		links[i].there = link_from(listener);
	}
	close(listener);
}

#endif
