/* What the machine and the system cost, without any runtime: `floor WORKLOAD WORKERS SAMPLES`, as
 * the other programs.
 *
 *     wake_parked      a thread that waits in a futex is woken by another
 *     mutex_alone      one compare-and-swap, and the store that undoes it
 *     embedded_*       a loop over an array of functions with a flag each
 *     echo_*           four system calls for each round trip, on one thread that never waits
 */
#include "bench.h"
#include "net.h"

#include <linux/futex.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#define WAKES 1000
#define PAUSE_NS 100000
#define LOCKS 1000000
#define TASKS 16
#define ROUNDS 50000

/* --- wake_parked ------------------------------------------------------------------------------ */

static _Atomic uint32_t word; /* 1: the thread waits */
static _Atomic uint32_t armed;
static double woken_ns;

static void *wake_thread(void *data)
{
	struct timespec pause = {.tv_nsec = PAUSE_NS};
	(void)data;
	for (uint32_t round = 1; round <= WAKES; round++) {
		while (atomic_load(&armed) < round)
			sched_yield();
		nanosleep(&pause, NULL);
		woken_ns = now_ns();
		atomic_store(&word, 0);
		syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	}
	return NULL;
}

static double wake_parked(void)
{
	static double latency_ns[WAKES];
	pthread_t thread;
	atomic_store(&armed, 0);
	MUST(pthread_create(&thread, NULL, wake_thread, NULL) == 0);
	for (uint32_t round = 0; round < WAKES; round++) {
		atomic_store(&word, 1);
		atomic_store(&armed, round + 1);
		while (atomic_load(&word) == 1)
			syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
		latency_ns[round] = now_ns() - woken_ns;
	}
	pthread_join(thread, NULL);
	for (int i = 0; i < WAKES; i++)
		printf("%.0f\n", latency_ns[i]);
	return NAN;
}

/* --- mutex_alone ------------------------------------------------------------------------------ */

static double mutex_alone(void)
{
	static _Atomic uint32_t lock;
	double begin = now_ns();
	for (int i = 0; i < LOCKS; i++) {
		uint32_t unlocked = 0;
		MUST(atomic_compare_exchange_strong_explicit(
			&lock, &unlocked, 1, memory_order_acquire, memory_order_relaxed));
		atomic_store_explicit(&lock, 0, memory_order_release);
	}
	return (now_ns() - begin) / LOCKS;
}

/* --- embedded --------------------------------------------------------------------------------- */

typedef struct PlainTask {
	ZynTaskFn *volatile poll;
	void *state;
	volatile uint8_t ready;
} PlainTask;

static ZynPoll waits(void *state, ZynContext *cx)
{
	(void)cx;
	++*(int64_t *)state;
	return zyn_poll_pending();
}

static double embedded(void)
{
	static PlainTask plain[TASKS];
	int64_t polls = 0;
	for (int i = 0; i < TASKS; i++)
		plain[i] = (PlainTask){.poll = waits, .state = &polls};
	double begin = now_ns();
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < TASKS; i++)
			plain[i].ready = 1;
		for (int i = 0; i < TASKS; i++) {
			if (!plain[i].ready)
				continue;
			plain[i].ready = 0;
			if (plain[i].poll(plain[i].state, NULL).status != ZYN_PENDING)
				plain[i].poll = NULL;
		}
	}
	return (now_ns() - begin) / (double)polls;
}

/* --- echo ------------------------------------------------------------------------------------- */

static void take(int fd, char *bytes, int size)
{
	MUST(recv(fd, bytes, (size_t)size, MSG_WAITALL) == size);
}

static void give(int fd, const char *bytes, int size)
{
	MUST(send(fd, bytes, (size_t)size, MSG_NOSIGNAL) == size);
}

/* Microseconds for each round trip. */
static double echo(const Traffic *traffic)
{
	static Link links[LINKS_MAX];
	static char bytes[BYTES_MAX];
	link_up(links, traffic->links);
	double begin = now_ns();
	for (int round = 0; round < traffic->rounds; round += traffic->links) {
		for (int i = 0; i < traffic->links; i++)
			give(links[i].here, bytes, traffic->bytes);
		for (int i = 0; i < traffic->links; i++) {
			take(links[i].there, bytes, traffic->bytes);
			give(links[i].there, bytes, traffic->bytes);
		}
		for (int i = 0; i < traffic->links; i++)
			take(links[i].here, bytes, traffic->bytes);
	}
	double us = (now_ns() - begin) / 1e3 / traffic->rounds;
	for (int i = 0; i < traffic->links; i++) {
		close(links[i].here);
		close(links[i].there);
	}
	return us;
}

/* --- running ---------------------------------------------------------------------------------- */

static double run(const char *name)
{
	if (strcmp(name, "wake_parked") == 0)
		return wake_parked();
	if (strcmp(name, "mutex_alone") == 0)
		return mutex_alone();
	if (strncmp(name, "embedded_", 9) == 0)
		return embedded();
	for (size_t i = 0; i < sizeof traffics / sizeof traffics[0]; i++) {
		if (strcmp(traffics[i].name, name) == 0)
			return echo(&traffics[i]);
	}
	fprintf(stderr, "no such workload\n");
	exit(2);
}

int main(int count, char **arguments)
{
	if (count != 4)
		return 1;
	for (int i = 0; i < atoi(arguments[3]); i++) {
		double value = run(arguments[1]);
		if (!isnan(value))
			printf("%f\n", value);
	}
	return 0;
}
