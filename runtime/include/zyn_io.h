/* Input and output: the part of zynrt.h about sockets, pipes, files and child processes.
 *
 * zynrt.h includes this file; nobody else need.
 *
 * A handle (ZynIo) is a counted object: zyn_object_retain and zyn_object_release.  Functions that
 * give a handle or a status say null or 0 when they failed; cx->error is set then, with the code
 * "io" and a message like "connect 127.0.0.1:80: Connection refused".  They do not wait.
 *
 * The leaves keep to the rules of zynrt.h.  init keeps references of its own to handles and
 * texts; memory behind a raw pointer must stay until the leaf ended.  A cancelled read has taken
 * no bytes; a cancelled write may have written some.  Numbers come out as an int64_t.
 */
#ifndef ZYN_IO_PUBLIC_H
#define ZYN_IO_PUBLIC_H

#include "zynrt.h"

typedef struct ZynIo ZynIo;

/* --- handles ---------------------------------------------------------------------------------- */

/* Closes the descriptor once no call uses it, and fails whoever waits; a second close does
 * nothing.  Any thread. */
ZYN_API void zyn_io_close(ZynIo *io);
ZYN_API int zyn_io_fd(ZynIo *io); /* borrowed; -1: closed */
/* Ends what this side sends; the other one reads an end of file.  0: failed. */
ZYN_API int32_t zyn_io_shutdown(ZynContext *cx, ZynIo *io);
/* Of this side or, with `peer`, of the other: the address in figures, "" when there is none; the
 * port, -1 when there is none. */
ZYN_API ZynString *zyn_io_host(ZynContext *cx, ZynIo *io, int32_t peer);
ZYN_API int64_t zyn_io_port(ZynIo *io, int32_t peer);
/* A handle for a connected socket, a pipe or a terminal that somebody else opened.  Owns `fd` from
 * here on, and closes it when it fails. */
ZYN_API ZynIo *zyn_io_adopt(ZynContext *cx, int fd);

/* --- streams ---------------------------------------------------------------------------------- */

/* `host` is an address in figures; port 0: any that is free; backlog 0: the usual. */
ZYN_API ZynIo *zyn_tcp_listen(ZynContext *cx, ZynString *host, int64_t port, int64_t backlog);
/* take: ZynIo * */
ZYN_API void zyn_tcp_accept_init(ZynContext *cx, void *mem, ZynIo *listener);
ZYN_API int64_t zyn_tcp_accept_poll(void *mem, ZynContext *cx);
ZYN_API void zyn_tcp_accept_drop(void *mem);
ZYN_API void zyn_tcp_accept_take(void *mem, void *out);
/* `host` is an address in figures or a name, whose addresses are tried in order.  take: ZynIo * */
ZYN_API void zyn_tcp_connect_init(ZynContext *cx, void *mem, ZynString *host, int64_t port);
ZYN_API int64_t zyn_tcp_connect_poll(void *mem, ZynContext *cx);
ZYN_API void zyn_tcp_connect_drop(void *mem);
ZYN_API void zyn_tcp_connect_take(void *mem, void *out);
/* Up to `max` bytes, at most 256 KiB at a time, as soon as there is one; none: the other side
 * ended, or `max` was 0.  A negative `max` fails.  take: ZynString *; of read_into: how many. */
ZYN_API void zyn_io_read_init(ZynContext *cx, void *mem, ZynIo *io, int64_t max);
ZYN_API void zyn_io_read_into_init(ZynContext *cx, void *mem, ZynIo *io, void *buffer,
                                   uint64_t size);
ZYN_API int64_t zyn_io_read_poll(void *mem, ZynContext *cx);
ZYN_API void zyn_io_read_drop(void *mem);
ZYN_API void zyn_io_read_take(void *mem, void *out);
/* All bytes, in one piece: writers of one handle go one after the other.  take: how many. */
ZYN_API void zyn_io_write_init(ZynContext *cx, void *mem, ZynIo *io, ZynString *text);
ZYN_API void zyn_io_write_from_init(ZynContext *cx, void *mem, ZynIo *io, const void *bytes,
                                    uint64_t size);
ZYN_API int64_t zyn_io_write_poll(void *mem, ZynContext *cx);
ZYN_API void zyn_io_write_drop(void *mem);
ZYN_API void zyn_io_write_take(void *mem, void *out);

#define ZYN_IO_READABLE 1u
#define ZYN_IO_WRITABLE 2u
#define ZYN_IO_HANGUP 4u /* only reported */
#define ZYN_IO_FAULTY 8u /* only reported: the next call fails */
/* Until a call in one of `directions` would not block, for calls of the host's own on the
 * descriptor.  take: what it is ready for. */
ZYN_API void zyn_io_ready_init(ZynContext *cx, void *mem, ZynIo *io, int64_t directions);
ZYN_API int64_t zyn_io_ready_poll(void *mem, ZynContext *cx);
ZYN_API void zyn_io_ready_drop(void *mem);
ZYN_API void zyn_io_ready_take(void *mem, void *out);

/* Both ends of a pipe; 0: failed. */
ZYN_API int32_t zyn_pipe_open(ZynContext *cx, ZynIo **reader, ZynIo **writer);

/* --- datagrams -------------------------------------------------------------------------------- */

typedef struct ZynDatagram {
	ZynString *text; /* owned */
	ZynString *host; /* of who sent it, in figures; owned */
	int64_t port;
	uint64_t length; /* of the datagram; more than the text's when that was cut */
} ZynDatagram;

ZYN_API ZynIo *zyn_udp_bind(ZynContext *cx, ZynString *host, int64_t port);
/* From now on the socket hears of nobody else.  0: failed. */
ZYN_API int32_t zyn_udp_connect(ZynContext *cx, ZynIo *io, ZynString *host, int64_t port);
/* A null or empty host: whoever the socket is connected to.  take: bytes sent. */
ZYN_API void zyn_udp_send_init(ZynContext *cx, void *mem, ZynIo *io, ZynString *text,
                               ZynString *host, int64_t port);
ZYN_API int64_t zyn_udp_send_poll(void *mem, ZynContext *cx);
ZYN_API void zyn_udp_send_drop(void *mem);
ZYN_API void zyn_udp_send_take(void *mem, void *out);
/* One datagram, up to `max` bytes of it.  take: ZynDatagram */
ZYN_API void zyn_udp_recv_init(ZynContext *cx, void *mem, ZynIo *io, int64_t max);
ZYN_API int64_t zyn_udp_recv_poll(void *mem, ZynContext *cx);
ZYN_API void zyn_udp_recv_drop(void *mem);
ZYN_API void zyn_udp_recv_take(void *mem, void *out);

/* --- files ------------------------------------------------------------------------------------ */

#define ZYN_FILE_READ 1u
#define ZYN_FILE_WRITE 2u
#define ZYN_FILE_CREATE 4u
#define ZYN_FILE_TRUNCATE 8u
#define ZYN_FILE_APPEND 16u
#define ZYN_FILE_NEW 32u /* fails when it is there already */

/* take: ZynIo * */
ZYN_API void zyn_file_open_init(ZynContext *cx, void *mem, ZynString *path, int64_t flags);
ZYN_API int64_t zyn_file_open_poll(void *mem, ZynContext *cx);
ZYN_API void zyn_file_open_drop(void *mem);
ZYN_API void zyn_file_open_take(void *mem, void *out);
/* From the position of the file on, up to `max` bytes; none: its end.  take as io_read. */
ZYN_API void zyn_file_read_init(ZynContext *cx, void *mem, ZynIo *io, int64_t max);
ZYN_API void zyn_file_read_into_init(ZynContext *cx, void *mem, ZynIo *io, void *buffer,
                                     uint64_t size);
ZYN_API int64_t zyn_file_read_poll(void *mem, ZynContext *cx);
ZYN_API void zyn_file_read_drop(void *mem);
ZYN_API void zyn_file_read_take(void *mem, void *out);
/* All bytes.  take: how many */
ZYN_API void zyn_file_write_init(ZynContext *cx, void *mem, ZynIo *io, ZynString *text);
ZYN_API void zyn_file_write_from_init(ZynContext *cx, void *mem, ZynIo *io, const void *bytes,
                                      uint64_t size);
ZYN_API int64_t zyn_file_write_poll(void *mem, ZynContext *cx);
ZYN_API void zyn_file_write_drop(void *mem);
ZYN_API void zyn_file_write_take(void *mem, void *out);
/* What was written survives a loss of power. */
ZYN_API void zyn_file_sync_init(ZynContext *cx, void *mem, ZynIo *io);
ZYN_API int64_t zyn_file_sync_poll(void *mem, ZynContext *cx);
ZYN_API void zyn_file_sync_drop(void *mem);
ZYN_API int64_t zyn_file_position(ZynIo *io); /* -1: not a file */
/* 0: not a file, a negative position, or an operation is under way */
ZYN_API int32_t zyn_file_seek(ZynIo *io, int64_t position);

/* --- child processes -------------------------------------------------------------------------- */

#define ZYN_PROCESS_INHERIT 0u
#define ZYN_PROCESS_PIPE 1u
#define ZYN_PROCESS_NULL 2u
/* what descriptors 0, 1 and 2 of a child are */
#define ZYN_PROCESS_STREAMS(in, out, err) ((in) | (out) << 2 | (err) << 4)

/* Starts the program arguments[0], which is looked for in PATH.  pipes[i] becomes our end of
 * descriptor i where that is a pipe, else null.  Returns when the child runs its program. */
ZYN_API ZynIo *zyn_process_start(ZynContext *cx, ZynString *const *arguments, uint64_t count,
                                 uint32_t streams, ZynIo *pipes[3]);
ZYN_API int64_t zyn_process_id(ZynIo *io); /* -1: not a process */
ZYN_API int32_t zyn_process_signal(ZynContext *cx, ZynIo *io, int64_t signal); /* 0: failed */
/* take: its exit status or, negative, the signal that ended it */
ZYN_API void zyn_process_wait_init(ZynContext *cx, void *mem, ZynIo *io);
ZYN_API int64_t zyn_process_wait_poll(void *mem, ZynContext *cx);
ZYN_API void zyn_process_wait_drop(void *mem);
ZYN_API void zyn_process_wait_take(void *mem, void *out);

/* --- calls that block ------------------------------------------------------------------------- */

/* fn(data) on one of four threads that the runtime keeps for that.  A cancelled call that has begun
 * goes on, and zyn_rt_free waits for it.  take: what it gave. */
ZYN_API void zyn_blocking_init(ZynContext *cx, void *mem, int64_t (*fn)(void *data), void *data);
ZYN_API int64_t zyn_blocking_poll(void *mem, ZynContext *cx);
ZYN_API void zyn_blocking_drop(void *mem);
ZYN_API void zyn_blocking_take(void *mem, void *out);

/* --- for a debugger --------------------------------------------------------------------------- */

typedef struct ZynIoInfo {
	uint64_t since_ns; /* runtime clock; 0: it has not waited yet */
	uint64_t done;     /* bytes moved so far */
	uint64_t length;   /* bytes wanted; 0 where that means nothing */
	int32_t fd;        /* -1: it has none, or no more */
	uint32_t unused;
	char text[256]; /* "read 127.0.0.1:80", zero terminated */
} ZynIoInfo;

/* What the leaf at `mem`, a ZynLeafKind, waits for.  Its task must be parked and stay so
 * meanwhile.  0: it is no leaf of this header. */
ZYN_API int32_t zyn_dbg_io(uint32_t leaf, const void *mem, ZynIoInfo *out);

#endif
