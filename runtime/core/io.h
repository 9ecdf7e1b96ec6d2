/* IO handles and what their leaves share.
 *
 * A handle is counted; a leaf that waits holds a reference.  Its descriptor is closed by
 * zyn_io_close, or by the last release, and every waiter then fails with "the handle is closed".
 *
 * Rule 1.  a call on a descriptor happens between io_enter and io_leave (io.c), without a lock
 *          and counted in `users` of the source, so that closing waits for it.
 * Rule 2.  bytes are taken from a descriptor only by the poll that ends its leaf with them, and
 *          only into memory that was there before.  So a leaf that is cancelled, or that finds
 *          memory out, has taken nothing.
 * Rule 3.  the writers of a stream go one after the other, in line from their first poll on, so
 *          that what one writes is not mixed with what another does.
 * Rule 4.  a leaf counts as outside work from its first wait to its end.  Both are polls, so the
 *          count needs no kick: whoever polls looks around before it sleeps.
 * Rule 5.  io_read, io_write, tcp_accept and tcp_connect hold nothing once they failed or were
 *          cancelled: compiled code drops only what returned.
 */
#ifndef ZYN_IO_H
#define ZYN_IO_H

#include "address.h"
#include "blocking.h"
#include "object.h"
#include "reactor.h"

#define ZYN_IO_PASSES_MAX 16u /* calls in one poll; then others have their turn */
#define ZYN_READ_BYTES_MAX ((uint64_t)256 * 1024)  /* of one read into a string */
#define ZYN_TRANSFER_BYTES_MAX ((uint64_t)1 << 30) /* of one call */
#define ZYN_IO_SUBJECT_BYTES_MAX 200               /* of a path in a message */

enum ZynIoKind {
	ZYN_IO_LISTENER,
	ZYN_IO_STREAM, /* TCP */
	ZYN_IO_PIPE,   /* a pipe or anything else that read and write work on */
	ZYN_IO_DATAGRAM,
	ZYN_IO_FILE, /* through the pool */
	ZYN_IO_PROCESS,
};

enum ZynIoOp {
	ZYN_IO_OP_READ,
	ZYN_IO_OP_WRITE,
	ZYN_IO_OP_READY,
	ZYN_IO_OP_ACCEPT,
	ZYN_IO_OP_CONNECT,
	ZYN_IO_OP_RESOLVE,
	ZYN_IO_OP_SEND,
	ZYN_IO_OP_RECEIVE,
	ZYN_IO_OP_WAIT, /* for a process */
	ZYN_IO_OP_OPEN,
	ZYN_IO_OP_FILE_READ,
	ZYN_IO_OP_FILE_WRITE,
	ZYN_IO_OP_SYNC,
	ZYN_IO_OP_CALL,
};

/* A child process; guarded by the lock of the source.  Rules in process.c. */
typedef struct ZynChild {
	pid_t pid;
	int status;        /* as waitpid has it */
	uint8_t reaped;    /* status is there, or the child is an orphan */
	uint8_t by_thread; /* a thread of its own reaps it */
} ZynChild;

struct ZynIo {
	ZynObject object; /* its lock guards nothing here; the source has one of its own */
	ZynSource source;
	uint8_t kind; /* ZynIoKind */
	uint8_t is_socket;
	uint8_t busy; /* file: a job uses it; guarded by the source's lock */
	union {
		ZynAddress address; /* the peer's; of a listener or datagram socket: its own */
		struct {
			ZynString *path;  /* owned */
			int64_t position; /* guarded by the source's lock */
		} file;
		ZynChild child;
	};
};

/* What each leaf here begins with; `io` is null in some. */
typedef struct ZynIoHead {
	uint32_t state;
	uint8_t op; /* ZynIoOp */
	uint8_t flags;
	uint16_t unused;
	ZynIo *io;         /* retained */
	uint64_t since_ns; /* when it first waited; 0: it did not */
} ZynIoHead;

#define ZYN_LEAF_OWNS_TEXT 1u /* `buffer` is a ZynString of the leaf */
#define ZYN_LEAF_IN_LINE 2u   /* `wait` is linked; changed with the source's lock */
#define ZYN_LEAF_OUTSIDE 4u   /* counted (rule 4) */
#define ZYN_LEAF_WRITER 8u    /* in line with the writers */
#define ZYN_LEAF_REARMED 16u  /* io_ready asked the poller again */
#define ZYN_LEAF_BAD 32u      /* a parameter was refused by init; the poll says so */

typedef struct ZynIoLeaf {
	uint32_t state;
	uint8_t op;
	uint8_t flags; /* ZYN_LEAF_* */
	uint16_t unused;
	ZynIo *io;
	uint64_t since_ns;
	ZynIoWait wait;
	void *buffer;
	uint64_t length; /* bytes wanted */
	uint64_t done;   /* bytes moved, or another number that is the result */
} ZynIoLeaf;

typedef struct ZynUdpLeaf {
	ZynIoLeaf base;
	ZynAddress address; /* to or from */
	uint32_t unused;
	ZynString *host; /* of who sent; owned */
	uint64_t whole;
} ZynUdpLeaf;

typedef struct ZynResolve ZynResolve;

typedef struct ZynConnect {
	ZynIoLeaf base;        /* io is the attempt under way, length the port */
	ZynString *host;       /* owned */
	ZynResolve *resolve;   /* null when the host is in figures */
	struct addrinfo *next; /* to try when this attempt fails */
	ZynAddress address;
	uint32_t unused;
} ZynConnect;

typedef struct ZynJobLeaf {
	uint32_t state;
	uint8_t op;
	uint8_t flags;
	uint16_t unused;
	ZynIo *io;
	uint64_t since_ns;
	ZynJob *job; /* null when none is under way */
	int64_t (*fn)(void *data);
	void *data;
	int64_t result;
} ZynJobLeaf;

typedef struct ZynFileLeaf {
	uint32_t state;
	uint8_t op;
	uint8_t flags;
	uint16_t unused;
	ZynIo *io;
	uint64_t since_ns;
	ZynJob *job;    /* null when none is under way */
	ZynIoWait wait; /* while another job uses the file */
	ZynString *text;
	void *buffer; /* of the caller; null: the text is the buffer */
	uint64_t length;
	uint64_t done;
} ZynFileLeaf;

/* --- handles (io.c) --------------------------------------------------------------------------- */

/* A handle for `fd`, not registered, one reference; null: memory is out, fd is untouched. */
ZynIo *zyn__io_new(ZynRuntime *rt, enum ZynIoKind kind, int fd);
/* Registers the handle for what its kind needs; 0 or an errno. */
int zyn__io_register(ZynIo *io, uint32_t ready);
/* What a message calls it: an address, a path, "process 7", "pipe". */
void zyn__io_subject(const ZynIo *io, char *out, size_t size);
ZynString *zyn__io_text_new(ZynRuntime *rt, uint64_t capacity); /* length is the capacity */
/* `text` with the first `length` bytes only; gives back memory when that is worth it. */
ZynString *zyn__io_text_fit(ZynRuntime *rt, ZynString *text, uint64_t length);

/* The text for a system call; null when it has a zero byte in it, "" for a null text. */
const char *zyn__io_c_text(const ZynString *text);
/* Begins and ends a call outside of a leaf: -1 when the handle is closed. */
int zyn__io_borrow(ZynIo *io);
void zyn__io_give_back(ZynIo *io);

/* --- failing: each sets cx->error and *state, and gives what the poll gives ------------------- */

int64_t zyn__io_failed(uint32_t *state, ZynContext *cx, const char *operation, const char *subject,
                       int error);
int64_t zyn__io_no_memory(uint32_t *state, ZynContext *cx);
/* For functions that are no leaves: sets cx->error alone. */
void zyn__io_error(ZynContext *cx, const char *operation, const char *subject, int error);
const char *zyn__io_op_text(uint32_t op);

/* --- waiting (io_wait.c) ---------------------------------------------------------------------- */

enum ZynIoOutcome {
	ZYN_IO_DONE,    /* the leaf has its result */
	ZYN_IO_DRAINED, /* done, and the descriptor has no more for now */
	ZYN_IO_MORE,    /* something moved; once more */
	ZYN_IO_FULL,    /* something moved, and no more can for now */
	ZYN_IO_AGAIN,   /* nothing moved: wait */
	ZYN_IO_ERROR,   /* errno says which */
	ZYN_IO_FAILED,  /* cx->error is set */
};

/* One attempt, without a lock. */
typedef enum ZynIoOutcome ZynIoTry(ZynIoLeaf *leaf, ZynContext *cx, int fd);
/* The poll of every leaf that waits for a descriptor.  `kinds`: of which handles, a bit for each
 * ZynIoKind; the others are refused. */
int64_t zyn__io_poll(ZynIoLeaf *leaf, ZynContext *cx, uint32_t kinds, ZynIoTry *try);
/* Takes a leaf out of line and out of the count; legal at any time. */
void zyn__io_unpark(ZynIoLeaf *leaf, ZynContext *cx);

/* Rule 4. */
static inline void zyn__outside_begin(ZynRuntime *rt)
{
	atomic_fetch_add(&rt->head->outside, 1);
}

static inline void zyn__outside_end(ZynRuntime *rt)
{
	atomic_fetch_sub(&rt->head->outside, 1);
}

/* --- process.c -------------------------------------------------------------------------------- */

void zyn__child_let_go(ZynIo *io); /* its handle is being closed */

void zyn__job_leaf_end(ZynJobLeaf *leaf, ZynContext *cx);
int64_t zyn__job_leaf_cancel(ZynJobLeaf *leaf, ZynContext *cx);

/* --- for a debugger --------------------------------------------------------------------------- */

/* Whether the leaf is one of this family. */
bool zyn__is_io_leaf(uint32_t leaf);
/* The numbers alone, for zyn_dbg_wait. */
void zyn__io_wait_info(const void *mem, ZynWaitInfo *out);

#endif
