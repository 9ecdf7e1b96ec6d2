/* What a thread of the pool does to a file, and how a job ends.  Rules in file.h. */
#include "file.h"

#define MODE_OF_NEW 0666 /* less the umask */

/* --- on a thread of the pool ------------------------------------------------------------------ */

static void run_open(ZynFileJob *job)
{
	struct stat status;
	int done;
	ZYN_RETRY(job->fd, zyn__system.open(job->text->bytes, job->flags, MODE_OF_NEW));
	if (job->fd < 0) {
		job->error = errno;
		return;
	}
	ZYN_RETRY(done, zyn__system.status(job->fd, &status));
	if (done != 0)
		job->error = errno;
	else if (S_ISDIR(status.st_mode))
		job->error = EISDIR;
}

static void run_read(ZynFileJob *job)
{
	ssize_t got;
	ZYN_RETRY(got, zyn__system.read_at(job->fd, job->text->bytes, job->length, job->offset));
	if (got < 0)
		job->error = errno;
	else
		job->done = (uint64_t)got;
}

static void run_write(ZynFileJob *job)
{
	while (job->done < job->length) { /* each pass writes something or ends it */
		ssize_t put;
		ZYN_RETRY(put, zyn__system.write_at(job->fd, job->text->bytes + job->done,
		                                    job->length - job->done,
		                                    job->offset + (int64_t)job->done));
		if (put <= 0) {
			job->error = put < 0 ? errno : ENOSPC;
			return;
		}
		job->done += (uint64_t)put;
	}
}

static void run_sync(ZynFileJob *job)
{
	int status;
	ZYN_RETRY(status, zyn__system.sync(job->fd));
	if (status != 0)
		job->error = errno;
}

void zyn__file_run(ZynJob *base)
{
	ZynFileJob *job = ZYN_CONTAINER(base, ZynFileJob, job);
	switch (job->op) {
	case ZYN_IO_OP_OPEN:
		run_open(job);
		break;
	case ZYN_IO_OP_FILE_READ:
		run_read(job);
		break;
	case ZYN_IO_OP_FILE_WRITE:
		run_write(job);
		break;
	default:
		run_sync(job);
	}
}

/* The file is free for the next in line; rules 2 and 3. */
static void file_done(ZynFileJob *job)
{
	ZynSource *source = &job->io->source;
	zyn__lock(&source->lock);
	if (job->op == ZYN_IO_OP_FILE_WRITE || job->taken)
		job->io->file.position = job->offset + (int64_t)job->done;
	job->io->busy = 0;
	ZynList *line = &source->waiters[ZYN_READER];
	for (ZynList *link = line->next; link != line; link = link->next)
		zyn_waker_wake(ZYN_CONTAINER(link, ZynIoWait, link)->waker);
	int fd = zyn__source_left(source);
	zyn__unlock(&source->lock);
	zyn__source_finish(source, fd);
}

void zyn__file_over(ZynJob *base)
{
	ZynFileJob *job = ZYN_CONTAINER(base, ZynFileJob, job);
	if (job->io != NULL)
		file_done(job);
	else if (job->fd >= 0)
		zyn__system.close(job->fd); /* opened, and nobody wants it */
	zyn_object_release(job->io);
	zyn_string_release(job->text);
	zyn__block_release(job);
}
