/* Faults between the runtime and the system: by number, or drawn from a seed.
 *
 * An injected EAGAIN, or a transfer cut short, is a lie: the kernel would have given more.  An
 * edge-triggered poller reports what changed, so after a lie nobody would ever hear of the rest.
 * Real kernels do not lie; therefore the liar asks the poller to report the descriptor once more
 * (ZYN_POLL_MODIFY), for which it keeps what was registered for each descriptor.
 *
 * Calls may come from several threads; one lock makes them a sequence.  With one thread the same
 * seed gives the same faults.
 */
#include "lock.h"
#include "system.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define FDS_MAX 4096 /* descriptors above this are not lied about */
#define ERRORS_MAX 6
#define SHORT_BYTES_MIN 2 /* a transfer of one byte cannot be cut */

enum Choice { CHOICE_NONE, CHOICE_ERROR, CHOICE_SHORT };

/* What a call may do without anybody noticing, besides EINTR. */
enum Manner {
	MANNER_PLAIN,    /* EAGAIN is an error like others */
	MANNER_WAITS,    /* EAGAIN means "later" */
	MANNER_TRANSFER, /* that, and fewer bytes */
};

typedef struct Watched {
	int poll_fd;
	uint32_t interest;
	uint64_t data;
	bool there;
} Watched;

static ZynLock lock;
static uint64_t state, calls, struck, target;
static uint32_t chance_per_mille, allowed, variant_wanted;
static bool by_number;
static Watched watched[FDS_MAX];

static uint64_t draw(void)
{
	/* splitmix64, Steele, Lea and Flood, 2014 */
	uint64_t z = state += 0x9E3779B97F4A7C15u;
	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return z ^ z >> 31;
}

static uint32_t kind_of(int error, enum Manner manner)
{
	if (error == EINTR)
		return ZYN_FAULT_INTERRUPTED;
	return error == EAGAIN && manner != MANNER_PLAIN ? ZYN_FAULT_AGAIN : ZYN_FAULT_ERROR;
}

static enum Choice choose_by_seed(const int *errors, enum Manner manner, int *error)
{
	if (draw() % 1000 >= chance_per_mille)
		return CHOICE_NONE;
	int fitting[ERRORS_MAX + 1];
	uint32_t count = 0;
	for (uint32_t i = 0; errors[i] != 0; i++) {
		if (kind_of(errors[i], manner) & allowed)
			fitting[count++] = errors[i];
	}
	if (manner == MANNER_TRANSFER && (allowed & ZYN_FAULT_SHORT))
		fitting[count++] = 0;
	if (count == 0)
		return CHOICE_NONE;
	*error = fitting[draw() % count];
	return *error == 0 ? CHOICE_SHORT : CHOICE_ERROR;
}

static enum Choice choose_by_number(const int *errors, enum Manner manner, int *error)
{
	if (calls - 1 != target)
		return CHOICE_NONE;
	for (uint32_t i = 0; errors[i] != 0; i++) {
		if (i == variant_wanted) {
			*error = errors[i];
			return CHOICE_ERROR;
		}
	}
	return manner == MANNER_TRANSFER ? CHOICE_SHORT : CHOICE_NONE;
}

/* `errors` ends with 0. */
static enum Choice choose(const int *errors, enum Manner manner)
{
	int error = 0;
	zyn__lock(&lock);
	calls++;
	enum Choice choice = by_number ? choose_by_number(errors, manner, &error)
	                               : choose_by_seed(errors, manner, &error);
	if (choice != CHOICE_NONE)
		struck++;
	zyn__unlock(&lock);
	errno = error;
	return choice;
}

/* The poller shall report `fd` again although nothing changed. */
static void report_again(int fd)
{
	if (fd < 0 || fd >= FDS_MAX)
		return;
	int saved = errno;
	zyn__lock(&lock);
	Watched entry = watched[fd];
	zyn__unlock(&lock);
	if (entry.there)
		zyn__system_real.poll_control(entry.poll_fd, ZYN_POLL_MODIFY, fd, entry.interest,
		                              entry.data);
	errno = saved;
}

#define ERRORS(...) ((const int[]){__VA_ARGS__, 0})

/* --- the table -------------------------------------------------------------------------------- */

#define CALL(result, name, parameters, arguments, faults) \
	static result faulty_##name parameters \
	{ \
		if (choose(ERRORS faults, MANNER_PLAIN) == CHOICE_ERROR) \
			return -1; \
		return zyn__system_real.name arguments; \
	}
ZYN_SYSTEM_CALLS(CALL)
#undef CALL

#define CALL(name, parameters, arguments, faults) \
	static ssize_t faulty_##name parameters \
	{ \
		enum Choice choice = choose( \
			ERRORS faults, size >= SHORT_BYTES_MIN ? MANNER_TRANSFER : MANNER_WAITS); \
		if (choice == CHOICE_ERROR) { \
			if (errno == EAGAIN) \
				report_again(fd); \
			return -1; \
		} \
		if (choice == CHOICE_NONE) \
			return zyn__system_real.name arguments; \
		size /= 2; \
		ssize_t done = zyn__system_real.name arguments; \
		report_again(fd); \
		return done; \
	}
ZYN_SYSTEM_TRANSFERS(CALL)
#undef CALL

static int faulty_accept(int fd, struct sockaddr *name, socklen_t *size)
{
	if (choose(ERRORS(EMFILE, ECONNABORTED, ENOBUFS, EINTR, EAGAIN), MANNER_WAITS) ==
	    CHOICE_ERROR) {
		if (errno == EAGAIN)
			report_again(fd);
		return -1;
	}
	return zyn__system_real.accept(fd, name, size);
}

static ssize_t faulty_receive_from(int fd, void *bytes, size_t size, struct sockaddr *name,
                                   socklen_t *name_size, size_t *whole)
{
	if (choose(ERRORS(EINTR, EAGAIN), MANNER_WAITS) == CHOICE_ERROR) {
		if (errno == EAGAIN)
			report_again(fd);
		return -1;
	}
	return zyn__system_real.receive_from(fd, bytes, size, name, name_size, whole);
}

static ssize_t faulty_send_to(int fd, const void *bytes, size_t size, const struct sockaddr *name,
                              socklen_t name_size)
{
	if (choose(ERRORS(ENOBUFS, ENETUNREACH, EINTR, EAGAIN), MANNER_WAITS) == CHOICE_ERROR) {
		if (errno == EAGAIN)
			report_again(fd);
		return -1;
	}
	return zyn__system_real.send_to(fd, bytes, size, name, name_size);
}

static int faulty_poll_control(int poll_fd, enum ZynPollChange change, int fd, uint32_t interest,
                               uint64_t data)
{
	/* taking out what is in does not fail */
	if (change != ZYN_POLL_REMOVE &&
	    choose(ERRORS(ENOSPC, ENOMEM), MANNER_PLAIN) == CHOICE_ERROR)
		return -1;
	int status = zyn__system_real.poll_control(poll_fd, change, fd, interest, data);
	if (status == 0 && fd >= 0 && fd < FDS_MAX) {
		zyn__lock(&lock);
		watched[fd] = (Watched){poll_fd, interest, data, change != ZYN_POLL_REMOVE};
		zyn__unlock(&lock);
	}
	return status;
}

static int faulty_poll_wait(int poll_fd, ZynPollEvent *out, int events_max, int64_t timeout_ns)
{
	if (choose(ERRORS(EINTR), MANNER_PLAIN) == CHOICE_ERROR)
		return -1;
	return zyn__system_real.poll_wait(poll_fd, out, events_max, timeout_ns);
}

static int faulty_close(int fd)
{
	if (fd >= 0 && fd < FDS_MAX) {
		zyn__lock(&lock);
		watched[fd].there = false;
		zyn__unlock(&lock);
	}
	enum Choice choice = choose(ERRORS(EIO, EINTR), MANNER_PLAIN);
	int error = errno;
	int status = zyn__system_real.close(fd);
	errno = choice == CHOICE_ERROR ? error : errno;
	return choice == CHOICE_ERROR ? -1 : status;
}

static void use_faulty(void)
{
	ZynSystem faulty = {
#define CALL(result, name, parameters, arguments, faults) .name = faulty_##name,
		ZYN_SYSTEM_CALLS(CALL)
#undef CALL
#define CALL(name, parameters, arguments, faults) .name = faulty_##name,
			ZYN_SYSTEM_TRANSFERS(CALL)
#undef CALL
				.accept = faulty_accept,
		.receive_from = faulty_receive_from,
		.send_to = faulty_send_to,
		.poll_control = faulty_poll_control,
		.poll_wait = faulty_poll_wait,
		.close = faulty_close,
	};
	calls = 0;
	struck = 0;
	zyn__system = faulty;
}

void zyn__faults_seed(uint64_t seed, uint32_t per_mille, uint32_t kinds)
{
	by_number = false;
	state = seed;
	chance_per_mille = per_mille;
	allowed = kinds;
	use_faulty();
}

void zyn__faults_nth(uint64_t nth, uint32_t variant)
{
	by_number = true;
	target = nth;
	variant_wanted = variant;
	use_faulty();
}

void zyn__faults_off(void)
{
	zyn__system = zyn__system_real;
	memset(watched, 0, sizeof watched);
}

uint64_t zyn__faults_calls(void)
{
	return calls;
}

uint64_t zyn__faults_struck(void)
{
	return struck;
}
