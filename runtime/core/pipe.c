/* Pipes, and descriptors that somebody else opened. */
#include "io.h"

/* A handle for `fd`, or null, cx->error set and fd closed. */
static ZynIo *make_handle(ZynContext *cx, enum ZynIoKind kind, int fd, bool is_socket,
                          const char *operation)
{
	ZynIo *io = zyn__io_new(cx->runtime, kind, fd);
	if (io == NULL) {
		zyn__system.close(fd);
		zyn__error_set(cx, zyn__error_constant(ZYN_ERROR_OUT_OF_MEMORY));
		return NULL;
	}
	io->is_socket = is_socket;
	int error = zyn__io_register(io, ZYN_READY_READ | ZYN_READY_WRITE);
	if (error == 0)
		return io;
	zyn__io_error(cx, operation, "", error);
	zyn_object_release(io);
	return NULL;
}

int32_t zyn_pipe_open(ZynContext *cx, ZynIo **reader, ZynIo **writer)
{
	int ends[2], status;
	*reader = NULL;
	*writer = NULL;
	ZYN_RETRY(status, zyn__system.pipe(ends));
	if (status != 0) {
		zyn__io_error(cx, "pipe", "", errno);
		return 0;
	}
	*reader = make_handle(cx, ZYN_IO_PIPE, ends[0], false, "pipe");
	if (*reader == NULL) {
		zyn__system.close(ends[1]);
		return 0;
	}
	*writer = make_handle(cx, ZYN_IO_PIPE, ends[1], false, "pipe");
	if (*writer == NULL) {
		zyn_object_release(*reader);
		*reader = NULL;
		return 0;
	}
	return 1;
}

/* A connected stream socket, a pipe, a terminal: whatever a poller takes. */
ZynIo *zyn_io_adopt(ZynContext *cx, int fd)
{
	struct stat status;
	int done;
	ZYN_RETRY(done, zyn__system.adopt(fd));
	if (done >= 0)
		ZYN_RETRY(done, zyn__system.status(fd, &status));
	if (done < 0) {
		zyn__io_error(cx, "adopt", "", errno == EBADF ? EINVAL : errno);
		zyn__system.close(fd);
		return NULL;
	}
	return make_handle(cx, ZYN_IO_PIPE, fd, S_ISSOCK(status.st_mode), "adopt");
}
