/* Child processes: started, signalled, waited for, reaped.
 *
 * The handle of a child is a descriptor that becomes readable when it ended: a pidfd, or where
 * there is none the end of a pipe into which a thread of its own writes what waitpid gave.
 *
 * Rule 1.  a child is reaped once, by the first poll that finds it ended; the status is kept.
 *          Until then its number is its own, so that a signal cannot hit another process.
 * Rule 2.  ZynChild is guarded by the lock of the handle's source.
 * Rule 3.  a child whose handle goes before it ended becomes an orphan of the reactor, which tries
 *          to reap it whenever another child starts, and once more at the end.
 */
#include "io.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define ARGUMENTS_MAX 65536u

/* --- the fallback thread ---------------------------------------------------------------------- */

/* What it is told.  It touches nothing of the runtime, so it may outlive it. */
typedef struct Reaper {
	pid_t pid;
	int write_fd;
} Reaper;

static void *reaper_main(void *data)
{
	Reaper reaper = *(Reaper *)data;
	int status = 0, got;
	free(data);
	ZYN_RETRY(got, zyn__system_real.reap(reaper.pid, &status, 0));
	ssize_t put = 0;
	if (got == reaper.pid) /* else somebody else reaped it, and the end of the pipe says so */
		put = zyn__system_real.write(reaper.write_fd, &status, sizeof status);
	(void)put; /* who does not want to know has closed the other end */
	zyn__system_real.close(reaper.write_fd);
	return NULL;
}

/* -1 and errno */
static int reaper_fd(pid_t pid)
{
	int ends[2], status;
	pthread_t thread;
	Reaper *reaper = malloc(sizeof *reaper);
	if (reaper == NULL)
		return -1;
	ZYN_RETRY(status, zyn__system.pipe(ends));
	if (status != 0) {
		free(reaper);
		return -1;
	}
	*reaper = (Reaper){pid, ends[1]};
	if (zyn__system.thread(&thread, reaper_main, reaper) == 0) {
		pthread_detach(thread);
		return ends[0];
	}
	int error = errno;
	zyn__system.close(ends[0]);
	zyn__system.close(ends[1]);
	free(reaper);
	errno = error;
	return -1;
}

/* --- reaping ---------------------------------------------------------------------------------- */

/* Rules 1 and 2: whether the child is over.  errno is EAGAIN where it is not. */
static bool try_reap(ZynChild *child, int fd)
{
	if (child->reaped)
		return true;
	if (child->by_thread) {
		int status = 0;
		ssize_t bytes;
		ZYN_RETRY(bytes, zyn__system.read(fd, &status, sizeof status));
		if (bytes < 0) /* anything but EAGAIN is an injected fault: once more */
			return false;
		child->status = status;
	} else {
		int got;
		ZYN_RETRY(got, zyn__system.reap(child->pid, &child->status, WNOHANG));
		errno = EAGAIN;
		if (got == 0)
			return false;
		if (got < 0) /* somebody else reaped it */
			child->status = 0;
	}
	child->reaped = 1;
	return true;
}

typedef struct ZynOrphan {
	pid_t pid;
	struct ZynOrphan *next;
} ZynOrphan;

void zyn__orphan_add(ZynReactor *reactor, pid_t pid)
{
	ZynOrphan *orphan = malloc(sizeof *orphan);
	if (orphan == NULL)
		return; /* it stays a zombie until the host ends, which is all that is lost */
	orphan->pid = pid;
	zyn__lock(&reactor->lock);
	orphan->next = reactor->orphans;
	reactor->orphans = orphan;
	zyn__unlock(&reactor->lock);
}

void zyn__orphans_reap(ZynReactor *reactor, bool last)
{
	ZynOrphan *gone = NULL;
	zyn__lock(&reactor->lock);
	ZynOrphan **place = &reactor->orphans;
	while (*place != NULL) { /* bounded by the orphans */
		ZynOrphan *orphan = *place;
		int status;
		bool runs = zyn__system_real.reap(orphan->pid, &status, WNOHANG) == 0;
		if (runs && !last) {
			place = &orphan->next;
			continue;
		}
		*place = orphan->next;
		orphan->next = gone;
		gone = orphan;
	}
	zyn__unlock(&reactor->lock);
	while (gone != NULL) {
		ZynOrphan *next = gone->next;
		free(gone);
		gone = next;
	}
}

/* Rule 3. */
void zyn__child_let_go(ZynIo *io)
{
	zyn__lock(&io->source.lock);
	ZynReactor *reactor = io->source.reactor;
	pid_t pid = io->child.pid;
	bool leave = !io->source.closed && reactor != NULL && pid > 0 && !io->child.by_thread &&
	             !try_reap(&io->child, io->source.fd);
	if (leave) {
		io->child.reaped = 1; /* no signals from here on */
		zyn__reactor_retain(reactor);
	}
	zyn__unlock(&io->source.lock);
	if (!leave)
		return;
	zyn__orphan_add(reactor, pid);
	zyn__reactor_release(reactor);
}

/* --- starting --------------------------------------------------------------------------------- */

typedef struct Start {
	ZynContext *cx;
	char **arguments;
	ZynIo *process;
	ZynIo *pipes[3];  /* our ends */
	int child_fds[3]; /* theirs; -1: none */
} Start;

static int open_null(int direction)
{
	int fd;
	ZYN_RETRY(fd, zyn__system.open("/dev/null", direction == 0 ? O_RDONLY : O_WRONLY, 0));
	return fd;
}

/* The ends of stream `i`; 0 or an errno. */
static int open_stream(Start *start, int i, uint32_t how)
{
	int ends[2], status;
	if (how == ZYN_PROCESS_INHERIT)
		return 0;
	if (how == ZYN_PROCESS_NULL) {
		start->child_fds[i] = open_null(i);
		return start->child_fds[i] < 0 ? errno : 0;
	}
	ZYN_RETRY(status, zyn__system.pipe(ends));
	if (status != 0)
		return errno;
	start->child_fds[i] = ends[i == 0 ? 0 : 1];
	int ours = ends[i == 0 ? 1 : 0];
	start->pipes[i] = zyn__io_new(start->cx->runtime, ZYN_IO_PIPE, ours);
	if (start->pipes[i] == NULL) {
		zyn__system.close(ours);
		return ENOMEM;
	}
	ZYN_RETRY(status, zyn__system.block(start->child_fds[i]));
	if (status < 0)
		return errno;
	return zyn__io_register(start->pipes[i], ZYN_READY_READ | ZYN_READY_WRITE);
}

static int copy_arguments(Start *start, ZynString *const *arguments, uint64_t count)
{
	if (count == 0 || count > ARGUMENTS_MAX)
		return EINVAL;
	start->arguments = zyn__block_new(start->cx->runtime, (count + 1) * sizeof(char *));
	if (start->arguments == NULL)
		return ENOMEM;
	for (uint64_t i = 0; i < count; i++) {
		const char *text = zyn__io_c_text(arguments[i]);
		if (text == NULL)
			return EINVAL;
		start->arguments[i] = (char *)(uintptr_t)text; /* posix_spawn writes nothing */
	}
	start->arguments[count] = NULL;
	return 0;
}

/* The child runs; makes its handle wait for it.  0 or an errno. */
static int watch(Start *start, pid_t pid)
{
	ZynIo *io = start->process;
	int fd;
	ZYN_RETRY(fd, zyn__system.process_fd(pid));
	bool by_thread = fd < 0;
	if (by_thread) /* an old kernel, a filter of system calls, or no descriptor left */
		fd = reaper_fd(pid);
	if (fd < 0)
		return errno;
	io->source.fd = fd;
	io->child = (ZynChild){.pid = pid, .by_thread = by_thread};
	return zyn__io_register(io, 0);
}

static int start_child(Start *start)
{
	ZynSpawnPlan plan = {.arguments = start->arguments};
	pid_t pid = 0;
	int status;
	memcpy(plan.fds, start->child_fds, sizeof plan.fds);
	ZYN_RETRY(status, zyn__system.spawn(&pid, &plan));
	if (status != 0)
		return errno;
	int error = watch(start, pid);
	if (error != 0) { /* nobody could ever wait for it */
		zyn__system_real.kill(pid, SIGKILL);
		if (!start->process->child.by_thread)
			ZYN_RETRY(status, zyn__system_real.reap(pid, &status, 0));
		start->process->child.reaped = 1;
	}
	return error;
}

static void close_child_fds(Start *start)
{
	for (int i = 0; i < 3; i++) {
		if (start->child_fds[i] >= 0)
			zyn__system.close(start->child_fds[i]);
	}
}

ZynIo *zyn_process_start(ZynContext *cx, ZynString *const *arguments, uint64_t count,
                         uint32_t streams, ZynIo *pipes[3])
{
	Start start = {.cx = cx, .child_fds = {-1, -1, -1}};
	ZynReactor *reactor = zyn__reactor_of(cx->runtime);
	int error = reactor == NULL ? errno : copy_arguments(&start, arguments, count);
	if (reactor != NULL)
		zyn__orphans_reap(reactor, false);
	if (error == 0) {
		start.process = zyn__io_new(cx->runtime, ZYN_IO_PROCESS, -1);
		error = start.process == NULL ? ENOMEM : 0;
	}
	for (int i = 0; i < 3 && error == 0; i++)
		error = open_stream(&start, i, streams >> 2 * i & 3);
	if (error == 0)
		error = start_child(&start);
	close_child_fds(&start);
	if (error != 0) {
		const char *program = count > 0 ? zyn__io_c_text(arguments[0]) : "";
		zyn__io_error(cx, "start", program != NULL ? program : "", error);
		zyn_object_release(start.process);
		start.process = NULL;
	}
	for (int i = 0; i < 3; i++) {
		if (error != 0)
			zyn_object_release(start.pipes[i]);
		if (pipes != NULL)
			pipes[i] = error == 0 ? start.pipes[i] : NULL;
		else if (error == 0)
			zyn_object_release(start.pipes[i]);
	}
	if (start.arguments != NULL)
		zyn__block_release(start.arguments);
	return start.process;
}

int64_t zyn_process_id(ZynIo *io)
{
	return io != NULL && io->kind == ZYN_IO_PROCESS ? (int64_t)io->child.pid : -1;
}

int32_t zyn_process_signal(ZynContext *cx, ZynIo *io, int64_t signal)
{
	char subject[ZYN_IO_SUBJECT_BYTES_MAX + 1];
	int error = EINVAL;
	if (io == NULL) {
		zyn__error_set(cx, zyn__error_constant(ZYN_ERROR_NULL_VALUE));
		return 0;
	}
	if (io->kind == ZYN_IO_PROCESS && signal >= 0 && signal <= INT32_MAX) {
		int status = 0;
		zyn__lock(&io->source.lock);
		if (io->source.closed) {
			error = EBADF;
		} else if (try_reap(&io->child, io->source.fd)) { /* Rule 1. */
			error = ESRCH;
		} else {
			ZYN_RETRY(status, zyn__system.kill(io->child.pid, (int)signal));
			error = status == 0 ? 0 : errno;
		}
		zyn__unlock(&io->source.lock);
	}
	if (error == 0)
		return 1;
	zyn__io_subject(io, subject, sizeof subject);
	zyn__io_error(cx, "signal", subject, error);
	return 0;
}

/* --- process_wait ----------------------------------------------------------------------------- */

void zyn_process_wait_init(ZynContext *cx, void *mem, ZynIo *io)
{
	(void)cx;
	zyn_object_retain(io);
	*(ZynIoLeaf *)mem = (ZynIoLeaf){.op = ZYN_IO_OP_WAIT, .io = io};
}

static enum ZynIoOutcome wait_try(ZynIoLeaf *leaf, ZynContext *cx, int fd)
{
	(void)cx;
	zyn__lock(&leaf->io->source.lock);
	ZynChild *child = &leaf->io->child;
	bool over = try_reap(child, fd);
	int status = child->status;
	zyn__unlock(&leaf->io->source.lock);
	if (!over)
		return errno == EAGAIN || errno == EWOULDBLOCK ? ZYN_IO_AGAIN : ZYN_IO_MORE;
	leaf->done = (uint64_t)(WIFSIGNALED(status) ? -(int64_t)WTERMSIG(status)
	                                            : (int64_t)WEXITSTATUS(status));
	return ZYN_IO_DONE;
}

int64_t zyn_process_wait_poll(void *mem, ZynContext *cx)
{
	return zyn__io_poll(mem, cx, 1u << ZYN_IO_PROCESS, wait_try);
}

void zyn_process_wait_drop(void *mem)
{
	ZynIoLeaf *leaf = mem;
	ZYN_ASSERT((leaf->flags & (ZYN_LEAF_IN_LINE | ZYN_LEAF_OUTSIDE)) == 0);
	zyn_object_release(leaf->io);
	leaf->io = NULL;
}

void zyn_process_wait_take(void *mem, void *out)
{
	ZYN_ASSERT(((ZynIoLeaf *)mem)->state == ZYN_STATE_RETURNED);
	*(int64_t *)out = (int64_t)((ZynIoLeaf *)mem)->done;
}
