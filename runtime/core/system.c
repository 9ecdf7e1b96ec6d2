/* The system calls as they are. */
#include "system.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/syscall.h>
#endif

extern char **environ;

/* Non-blocking and closed on exec, where the call that made it could not say so. */
static int finish_fd(int fd)
{
	if (fd < 0)
		return fd;
	int flags = fcntl(fd, F_GETFL);
	if (flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

#if defined(__linux__)
#define NEW_SOCKET (SOCK_NONBLOCK | SOCK_CLOEXEC)
#else
#define NEW_SOCKET 0
#endif
#if !defined(MSG_NOSIGNAL)
#define MSG_NOSIGNAL 0 /* SO_NOSIGPIPE belongs here once there is a poller for that system */
#endif

static int real_socket(int domain, int type)
{
	int fd = socket(domain, type | NEW_SOCKET, 0);
	return NEW_SOCKET != 0 ? fd : finish_fd(fd);
}

static int real_accept(int fd, struct sockaddr *name, socklen_t *size)
{
#if defined(__linux__)
	return accept4(fd, name, size, NEW_SOCKET);
#else
	return finish_fd(accept(fd, name, size));
#endif
}

static int real_pipe(int ends[2])
{
#if defined(__linux__)
	return pipe2(ends, O_NONBLOCK | O_CLOEXEC);
#else
	if (pipe(ends) != 0)
		return -1;
	if (finish_fd(ends[0]) < 0) {
		close(ends[1]);
		return -1;
	}
	if (finish_fd(ends[1]) < 0) {
		close(ends[0]);
		return -1;
	}
	return 0;
#endif
}

/* A descriptor that somebody else made. */
static int real_adopt(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0)
		return -1;
	return fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

/* For the end of a pipe that a child gets: it expects to wait. */
static int real_block(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0)
		return -1;
	return fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

/* The C library declares these with a union of its own for the name. */
static int real_bind(int fd, const struct sockaddr *name, socklen_t size)
{
	return bind(fd, name, size);
}

static int real_connect(int fd, const struct sockaddr *name, socklen_t size)
{
	return connect(fd, name, size);
}

static int real_local_name(int fd, struct sockaddr *name, socklen_t *size)
{
	return getsockname(fd, name, size);
}

static int real_peer_name(int fd, struct sockaddr *name, socklen_t *size)
{
	return getpeername(fd, name, size);
}

static ssize_t real_receive(int fd, void *bytes, size_t size)
{
	return recv(fd, bytes, size, 0);
}

static ssize_t real_send(int fd, const void *bytes, size_t size)
{
	return send(fd, bytes, size, MSG_NOSIGNAL);
}

static ssize_t real_receive_from(int fd, void *bytes, size_t size, struct sockaddr *name,
                                 socklen_t *name_size, size_t *whole)
{
	struct iovec part = {bytes, size};
	struct msghdr message = {
		.msg_name = name, .msg_namelen = *name_size, .msg_iov = &part, .msg_iovlen = 1};
#if defined(__linux__)
	ssize_t got = recvmsg(fd, &message, MSG_TRUNC); /* gives the whole length */
#else
	ssize_t got = recvmsg(fd, &message, 0);
#endif
	if (got < 0)
		return -1;
	*name_size = message.msg_namelen;
	*whole = (size_t)got;
	return (size_t)got < size ? got : (ssize_t)size;
}

static ssize_t real_send_to(int fd, const void *bytes, size_t size, const struct sockaddr *name,
                            socklen_t name_size)
{
	return sendto(fd, bytes, size, MSG_NOSIGNAL, name, name_size);
}

/* A pipe has no MSG_NOSIGNAL.  The signal is for this thread, so it can be blocked and taken back.
 * A thread that blocked it already keeps it, as it may be waiting for one of its own. */
static ssize_t real_write(int fd, const void *bytes, size_t size)
{
	sigset_t broken, before;
	sigemptyset(&broken);
	sigaddset(&broken, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &broken, &before);
	ssize_t done = write(fd, bytes, size);
	int error = errno;
	if (done < 0 && error == EPIPE && sigismember(&before, SIGPIPE) == 0) {
#if defined(__linux__)
		struct timespec none = {0, 0};
		sigtimedwait(&broken, NULL, &none);
#else
		int taken;
		sigset_t waiting;
		sigpending(&waiting);
		if (sigismember(&waiting, SIGPIPE) == 1)
			sigwait(&broken, &taken);
#endif
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return done;
}

static int real_open(const char *path, int flags, mode_t mode)
{
	return open(path, flags | O_CLOEXEC | O_NOCTTY, mode);
}

static int real_resolve(const char *host, const struct addrinfo *hints, struct addrinfo **out)
{
	int status = getaddrinfo(host, NULL, hints, out);
	if (status == 0)
		return 0;
	if (status == EAI_AGAIN)
		errno = EAGAIN;
	else if (status == EAI_MEMORY)
		errno = ENOMEM;
	else if (status != EAI_SYSTEM)
		errno = ENOENT;
	return -1;
}

static bool plan_fds(posix_spawn_file_actions_t *actions, const ZynSpawnPlan *plan)
{
	for (int i = 0; i < 3; i++) {
		if (plan->fds[i] >= 0 &&
		    posix_spawn_file_actions_adddup2(actions, plan->fds[i], i) != 0)
			return false;
	}
	return true;
}

/* The child starts with no signal blocked and SIGPIPE as it should be, whatever a host did. */
static int real_spawn(pid_t *pid, const ZynSpawnPlan *plan)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, defaults;
	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	int error = posix_spawn_file_actions_init(&actions);
	if (error != 0) {
		errno = error;
		return -1;
	}
	error = posix_spawnattr_init(&attributes);
	if (error == 0) {
		posix_spawnattr_setsigmask(&attributes, &none);
		posix_spawnattr_setsigdefault(&attributes, &defaults);
		posix_spawnattr_setflags(&attributes,
		                         POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
		error = plan_fds(&actions, plan)
		                ? posix_spawnp(pid, plan->arguments[0], &actions, &attributes,
		                               plan->arguments, environ)
		                : ENOMEM;
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	errno = error;
	return error == 0 ? 0 : -1;
}

static int real_process_fd(pid_t pid)
{
#if defined(__linux__) && defined(SYS_pidfd_open)
	return (int)syscall(SYS_pidfd_open, pid, 0); /* closed on exec by itself */
#else
	(void)pid;
	errno = ENOSYS;
	return -1;
#endif
}

static int real_reap(pid_t pid, int *status, int flags)
{
	return (int)waitpid(pid, status, flags);
}

static int real_thread(pthread_t *thread, ZynThreadMain *main, void *data)
{
	/* Signals are the host's business: no thread of ours shall be the one to get them. */
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(thread, NULL, main, data);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return error == 0 ? 0 : -1;
}

#define REAL_SYSTEM \
	{ \
		.socket = real_socket, \
		.bind = real_bind, \
		.listen = listen, \
		.accept = real_accept, \
		.connect = real_connect, \
		.get_option = getsockopt, \
		.set_option = setsockopt, \
		.local_name = real_local_name, \
		.peer_name = real_peer_name, \
		.shutdown = shutdown, \
		.pipe = real_pipe, \
		.adopt = real_adopt, \
		.block = real_block, \
		.open = real_open, \
		.status = fstat, \
		.sync = fsync, \
		.resolve = real_resolve, \
		.poll_open = zyn__poll_open, \
		.spawn = real_spawn, \
		.process_fd = real_process_fd, \
		.reap = real_reap, \
		.kill = kill, \
		.thread = real_thread, \
		.receive = real_receive, \
		.send = real_send, \
		.read = read, \
		.write = real_write, \
		.read_at = pread, \
		.write_at = pwrite, \
		.receive_from = real_receive_from, \
		.send_to = real_send_to, \
		.poll_control = zyn__poll_control, \
		.poll_wait = zyn__poll_wait, \
		.close = close, \
	}

ZynSystem zyn__system = REAL_SYSTEM;
const ZynSystem zyn__system_real = REAL_SYSTEM;

const char *zyn__errno_text(int error, char *out, size_t size)
{
	/* Two functions have this name; the types tell which one it is. */
#if defined(__GLIBC__) && defined(_GNU_SOURCE)
	return strerror_r(error, out, size);
#else
	if (strerror_r(error, out, size) != 0)
		snprintf(out, size, "error %d", error);
	return out;
#endif
}
