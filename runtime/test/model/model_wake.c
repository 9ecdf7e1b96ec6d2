/* core/waker.c's kicks under every schedule: a message never stays behind a worker that sleeps in
 * its parker or waits for its descriptor, nor behind a host that watches the descriptor, whenever
 * somebody begins to watch it.
 *
 * The file is compiled into this one.  The descriptor is a word here; a sleeper does what a
 * scheduler that waits for a task does, and a message is a bit, set as those of the inbox are. */
#include "explorer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define write model_write
#define read model_read
#define ppoll model_ppoll
static ssize_t model_write(int fd, const void *buffer, size_t bytes);
static ssize_t model_read(int fd, void *buffer, size_t bytes);
static int model_ppoll(const struct pollfd *wait, nfds_t count, const struct timespec *timeout,
                       const void *signals);

#include "waker.c"

#undef write
#undef read
#undef ppoll

static ZynRuntime worker;
static _Atomic uint32_t readable; /* the descriptor is */
static _Atomic uint32_t messages;
static int data[2]; /* what comes with each */

/* The system locks a descriptor, so each of the three is at least this much of an order. */
static ssize_t model_write(int fd, const void *buffer, size_t bytes)
{
	(void)fd;
	(void)buffer;
	ZA_EXCHANGE(&readable, 1, acq_rel);
	model_wake(&readable);
	return (ssize_t)bytes;
}

static ssize_t model_read(int fd, void *buffer, size_t bytes)
{
	(void)fd;
	(void)buffer;
	return ZA_EXCHANGE(&readable, 0, acq_rel) != 0 ? (ssize_t)bytes : -1;
}

static int model_ppoll(const struct pollfd *wait, nfds_t count, const struct timespec *timeout,
                       const void *signals)
{
	(void)wait;
	(void)count;
	(void)signals;
	while (ZA_ADD(&readable, 0, acq_rel) == 0)
		if (!model_sleep(&readable, 0, timeout != NULL))
			return 0;
	return 1;
}

/* Of reactor_sleep.c: there is no reactor. */
bool zyn__reactor_sleep(ZynRuntime *rt, int64_t timeout_ns)
{
	(void)rt;
	(void)timeout_ns;
	return false;
}

int zyn__reactor_fd(ZynRuntime *rt)
{
	(void)rt;
	return -1;
}

void zyn__reactor_kick(ZynRuntime *head)
{
	(void)head;
	model_violation("there is no reactor");
}

static void begin(void)
{
	model_limits_never_pass();
	worker.head = &worker;
	worker.wake_read_fd = 0;
	worker.wake_write_fd = 0;
	zyn__parker_init(&worker.parker);
	atomic_init(&worker.fd_watched, 0);
	atomic_init(&worker.signalled, 0);
	atomic_init(&worker.reactor, NULL);
	atomic_init(&readable, 0);
	atomic_init(&messages, 0);
	data[0] = data[1] = 0;
}

static void post(uint32_t number)
{
	MODEL_WRITE(&data[number], 1);
	if (atomic_fetch_or(&messages, 1u << number) == 0)
		zyn__kick(&worker); /* who adds to messages relies on the kick of the first */
}

static void post_first(void)
{
	post(0);
}

static void post_second(void)
{
	post(1);
}

static void watch(void)
{
	zyn_rt_wake_fd(&worker);
}

/* What a turn begins with: the messages that there are, which are gone then. */
static uint32_t turn(void)
{
	zyn__kick_drain(&worker);
	uint32_t got = atomic_load(&messages) != 0 ? atomic_exchange(&messages, 0) : 0;
	for (uint32_t i = 0; i < 2; i++)
		if (got & 1u << i)
			MODEL_CHECK(MODEL_READ(&data[i]) == 1);
	return got;
}

static void sleep_for(uint32_t wanted)
{
	uint32_t got = turn();
	while (got != wanted) {
		zyn__sleep(&worker, -1);
		got |= turn();
	}
}

static void sleep_for_one(void)
{
	sleep_for(1);
}

static void sleep_for_two(void)
{
	sleep_for(3);
}

/* A host with a loop of its own; it looks only when the descriptor says so. */
static void watch_for_one(void)
{
	struct pollfd wait = {.fd = zyn_rt_wake_fd(&worker), .events = POLLIN};
	uint32_t got = 0;
	while (got != 1) {
		model_ppoll(&wait, 1, NULL, NULL);
		got |= turn();
	}
}

/* The same, but it turned the worker before it asked for the descriptor. */
static void turn_and_watch_for_one(void)
{
	if (turn() == 0)
		watch_for_one();
}

int main(int argc, char **argv)
{
	static const ModelScenario scenarios[] = {
		{"a sleeper and a message", begin, {sleep_for_one, post_first}, NULL, 1, 0},
		{"two messages", begin, {sleep_for_two, post_first, post_second}, NULL, 0, 0},
		{"watched while it sleeps", begin, {sleep_for_one, post_first, watch}, NULL, 0, 0},
		{"a host that watches", begin, {watch_for_one, post_first}, NULL, 1, 0},
		{"it turned before", begin, {turn_and_watch_for_one, post_first}, NULL, 1, 0},
	};
	return model_main(argc, argv, scenarios, sizeof scenarios / sizeof scenarios[0]);
}
