/* Files, through the blocking pool: what file.c (leaves) and file_job.c (the pool's side) share.
 *
 * A file has a position, as the operations of a program see it, and one operation at a time; the
 * others wait in line.
 *
 * Rule 1.  `busy` and the position are guarded by the lock of the source.  A job that uses the
 *          descriptor counts in its users, so a close waits for it.
 * Rule 2.  a read moves the position when its leaf takes the bytes, not before: one that is
 *          cancelled on the way has read nothing.
 * Rule 3.  a write moves the position by what was written, taken notice of or not; one that is
 *          cancelled on its way may still be carried out.
 * Rule 4.  a job reads into memory of its own, so that one nobody waits for harms nobody.
 */
#ifndef ZYN_FILE_H
#define ZYN_FILE_H

#include "io.h"

typedef struct ZynFileJob {
	ZynJob job;
	ZynIo *io;       /* retained; null: the job opens a file */
	ZynString *text; /* owned: what is read or written, or the path */
	uint32_t op;     /* ZynIoOp */
	int flags;
	int fd;
	int error;
	uint64_t length;
	uint64_t done;
	int64_t offset;
	bool taken; /* the leaf has seen the result */
} ZynFileJob;

/* On a thread of the pool. */
void zyn__file_run(ZynJob *job);
/* Nobody waits for the job any more and it does not run: the file is free for the next in line, and
 * what the job held is gone. */
void zyn__file_over(ZynJob *job);

#endif
