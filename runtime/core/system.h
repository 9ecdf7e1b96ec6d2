/* The system calls of the IO half of the runtime, as one table of functions.
 *
 * Everything that opens, moves bytes or waits goes through `zyn__system`, so that a test or the
 * deterministic mode can put faults in between (system_faults.c).  Not in the table: the wake
 * descriptor, the clocks and memory, which have seams of their own.
 *
 * Each function behaves as its manual page says, -1 and errno included, except where a comment
 * says more.  Descriptors come back non-blocking and closed on exec.
 */
#ifndef ZYN_SYSTEM_H
#define ZYN_SYSTEM_H

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>

/* A call that EINTR ends more often than this fails with it. */
#define ZYN_INTERRUPTIONS_MAX 10000u

/* result = call, again while a signal interrupts it */
#define ZYN_RETRY(result, call) \
	do { \
		uint32_t tries_left = ZYN_INTERRUPTIONS_MAX; \
		do \
			(result) = (call); \
		while ((result) < 0 && errno == EINTR && --tries_left != 0); \
	} while (0)

/* What a poller found.  `bits` are ZYN_READY_* of reactor.h, `data` what was registered. */
typedef struct ZynPollEvent {
	uint64_t data;
	uint32_t bits;
} ZynPollEvent;

enum ZynPollChange {
	ZYN_POLL_ADD,
	ZYN_POLL_MODIFY, /* what is ready already is reported once more */
	ZYN_POLL_REMOVE,
};

/* A child process to be.  fds[i] becomes descriptor i; -1 leaves the parent's in place. */
typedef struct ZynSpawnPlan {
	char *const *arguments; /* the program first, searched in PATH; ends with null */
	int fds[3];
} ZynSpawnPlan;

typedef void *ZynThreadMain(void *data);

/* CALL(result, name, parameters, arguments, faults): `faults` are the errors that an injected
 * failure picks from; the first that a row lists is the most likely one in the wild. */
#define ZYN_SYSTEM_CALLS(CALL) \
	CALL(int, socket, (int domain, int type), (domain, type), (EMFILE, ENOMEM, EINTR)) \
	CALL(int, bind, (int fd, const struct sockaddr *name, socklen_t size), (fd, name, size), \
	     (EADDRINUSE, EACCES, EINTR)) \
	CALL(int, listen, (int fd, int backlog), (fd, backlog), (EADDRINUSE, EINTR)) \
	CALL(int, connect, (int fd, const struct sockaddr *name, socklen_t size), \
	     (fd, name, size), (ECONNREFUSED, ENETUNREACH, EINTR)) \
	CALL(int, get_option, (int fd, int level, int option, void *value, socklen_t *size), \
	     (fd, level, option, value, size), (ENOBUFS, EINTR)) \
	CALL(int, set_option, (int fd, int level, int option, const void *value, socklen_t size), \
	     (fd, level, option, value, size), (ENOMEM, EINTR)) \
	CALL(int, local_name, (int fd, struct sockaddr *name, socklen_t *size), (fd, name, size), \
	     (ENOBUFS, EINTR)) \
	CALL(int, peer_name, (int fd, struct sockaddr *name, socklen_t *size), (fd, name, size), \
	     (ENOBUFS, EINTR)) \
	CALL(int, shutdown, (int fd, int how), (fd, how), (ENOTCONN, EINTR)) \
	CALL(int, pipe, (int ends[2]), (ends), (EMFILE, ENFILE, EINTR)) \
	CALL(int, adopt, (int fd), (fd), (EBADF, EINTR)) \
	CALL(int, block, (int fd), (fd), (EBADF, EINTR)) \
	CALL(int, open, (const char *path, int flags, mode_t mode), (path, flags, mode), \
	     (EMFILE, EACCES, ENOSPC, EINTR)) \
	CALL(int, status, (int fd, struct stat *out), (fd, out), (EIO, EINTR)) \
	CALL(int, sync, (int fd), (fd), (EIO, ENOSPC, EINTR)) \
	CALL(int, resolve, \
	     (const char *host, const struct addrinfo *hints, struct addrinfo **out), \
	     (host, hints, out), (EAGAIN, ENOENT, EINTR)) \
	CALL(int, poll_open, (void), (), (EMFILE, ENOMEM, EINTR)) \
	CALL(int, spawn, (pid_t * pid, const ZynSpawnPlan *plan), (pid, plan), \
	     (ENOENT, EAGAIN, ENOMEM, EINTR)) \
	CALL(int, process_fd, (pid_t pid), (pid), (ENOSYS, EMFILE, EINTR)) \
	CALL(int, reap, (pid_t pid, int *status, int flags), (pid, status, flags), (EINTR)) \
	CALL(int, kill, (pid_t pid, int signal), (pid, signal), (EPERM, EINTR)) \
	CALL(int, thread, (pthread_t * thread, ZynThreadMain * main, void *data), \
	     (thread, main, data), (EAGAIN, ENOMEM))

/* Calls that move bytes: a fault may also make them move fewer than they could. */
#define ZYN_SYSTEM_TRANSFERS(CALL) \
	CALL(receive, (int fd, void *bytes, size_t size), (fd, bytes, size), \
	     (ECONNRESET, EINTR, EAGAIN)) \
	CALL(send, (int fd, const void *bytes, size_t size), (fd, bytes, size), \
	     (ECONNRESET, EPIPE, EINTR, EAGAIN)) \
	CALL(read, (int fd, void *bytes, size_t size), (fd, bytes, size), (EIO, EINTR, EAGAIN)) \
	CALL(write, (int fd, const void *bytes, size_t size), (fd, bytes, size), \
	     (EPIPE, EINTR, EAGAIN)) \
	CALL(read_at, (int fd, void *bytes, size_t size, off_t offset), (fd, bytes, size, offset), \
	     (EIO, EINTR)) \
	CALL(write_at, (int fd, const void *bytes, size_t size, off_t offset), \
	     (fd, bytes, size, offset), (ENOSPC, EIO, EINTR))

/* adopt makes a descriptor non-blocking, block makes one blocking.  send and write never raise
 * SIGPIPE.  resolve gives -1 with errno ENOENT for an unknown name. reap is waitpid with 0 for
 * "still runs".  thread is pthread_create, its error in errno. */
typedef struct ZynSystem {
#define CALL(result, name, parameters, arguments, faults) result(*name) parameters;
	ZYN_SYSTEM_CALLS(CALL)
#undef CALL
#define CALL(name, parameters, arguments, faults) ssize_t(*name) parameters;
	ZYN_SYSTEM_TRANSFERS(CALL)
#undef CALL
	int (*accept)(int fd, struct sockaddr *name, socklen_t *size);
	/* One datagram.  `*whole` is its length even when more than `size`. */
	ssize_t (*receive_from)(int fd, void *bytes, size_t size, struct sockaddr *name,
	                        socklen_t *name_size, size_t *whole);
	ssize_t (*send_to)(int fd, const void *bytes, size_t size, const struct sockaddr *name,
	                   socklen_t name_size);
	int (*poll_control)(int poll_fd, enum ZynPollChange change, int fd, uint32_t interest,
	                    uint64_t data);
	/* timeout_ns -1: no limit.  An interrupted wait found nothing. */
	int (*poll_wait)(int poll_fd, ZynPollEvent *out, int events_max, int64_t timeout_ns);
	int (*close)(int fd); /* the descriptor is gone whatever this gives */
} ZynSystem;

/* What is called.  Replaced only while no runtime does IO. */
extern ZynSystem zyn__system;
/* The real thing; never changes. */
extern const ZynSystem zyn__system_real;

/* The words for an error number, as the C library has them; `out` may be used for them. */
const char *zyn__errno_text(int error, char *out, size_t size);

/* Per OS: reactor_epoll.c, and reactor_none.c where there is none yet. */
int zyn__poll_open(void);
int zyn__poll_kick_fd(void); /* a descriptor that a write of eight bytes makes readable */
int zyn__poll_control(int poll_fd, enum ZynPollChange change, int fd, uint32_t interest,
                      uint64_t data);
int zyn__poll_wait(int poll_fd, ZynPollEvent *out, int events_max, int64_t timeout_ns);

/* --- system_faults.c -------------------------------------------------------------------------- */

#define ZYN_FAULT_INTERRUPTED 1u /* EINTR */
#define ZYN_FAULT_AGAIN 2u       /* EAGAIN although there is something */
#define ZYN_FAULT_SHORT 4u       /* fewer bytes than there are */
#define ZYN_FAULT_ERROR 8u       /* ECONNRESET, EMFILE, ENOSPC and their like */
/* what no correct program can notice */
#define ZYN_FAULTS_HIDDEN (ZYN_FAULT_INTERRUPTED | ZYN_FAULT_AGAIN | ZYN_FAULT_SHORT)

/* From now on each call fails with a chance of `per_mille` in a way that `kinds` allows, drawn
 * from `seed` in the order of the calls. */
void zyn__faults_seed(uint64_t seed, uint32_t per_mille, uint32_t kinds);
/* From now on call number `nth` (0 is the next) fails once, with the error `variant` of its list;
 * a variant behind the end of the list makes a transfer short and leaves other calls alone. */
void zyn__faults_nth(uint64_t nth, uint32_t variant);
/* Back to the real table. */
void zyn__faults_off(void);
uint64_t zyn__faults_calls(void);  /* calls since the last of these two began */
uint64_t zyn__faults_struck(void); /* faults since then */

#endif
