/* Waiting for a descriptor: the one poll function behind the leaves of io.h. */
#include "io.h"

static enum ZynDirection direction_of(const ZynIoLeaf *leaf)
{
	if (leaf->op == ZYN_IO_OP_READY)
		return ZYN_WATCHER;
	return leaf->flags & ZYN_LEAF_WRITER ? ZYN_WRITER : ZYN_READER;
}

/* What it waits for; also what is cleared when a call found nothing left. */
static uint32_t bits_of(const ZynIoLeaf *leaf)
{
	uint32_t bits = 0;
	if (leaf->op != ZYN_IO_OP_READY)
		return leaf->flags & ZYN_LEAF_WRITER ? ZYN_READY_FOR_WRITE : ZYN_READY_FOR_READ;
	if (leaf->length & ZYN_IO_READABLE)
		bits |= ZYN_READY_FOR_READ;
	if (leaf->length & ZYN_IO_WRITABLE)
		bits |= ZYN_READY_FOR_WRITE;
	return bits;
}

static bool in_order(const ZynSource *source, const ZynIoLeaf *leaf)
{
	return source->ordered && direction_of(leaf) == ZYN_WRITER;
}

/* With the lock: the next in line may go (rule 3 of io.h). */
static void leave_line(ZynSource *source, ZynIoLeaf *leaf)
{
	if ((leaf->flags & ZYN_LEAF_IN_LINE) == 0)
		return;
	ZynList *line = &source->waiters[direction_of(leaf)];
	bool was_first = line->next == &leaf->wait.link;
	zyn__list_remove(&leaf->wait.link);
	leaf->flags &= (uint8_t)~ZYN_LEAF_IN_LINE;
	if (was_first && in_order(source, leaf) && !zyn__list_empty(line))
		zyn_waker_wake(ZYN_CONTAINER(line->next, ZynIoWait, link)->waker);
}

void zyn__io_unpark(ZynIoLeaf *leaf, ZynContext *cx)
{
	if (leaf->flags & ZYN_LEAF_IN_LINE) {
		zyn__lock(&leaf->io->source.lock);
		leave_line(&leaf->io->source, leaf);
		zyn__unlock(&leaf->io->source.lock);
	}
	if (leaf->flags & ZYN_LEAF_OUTSIDE) {
		leaf->flags &= (uint8_t)~ZYN_LEAF_OUTSIDE;
		zyn__outside_end(cx->runtime);
	}
}

static int64_t fail(ZynIoLeaf *leaf, ZynContext *cx, int error)
{
	char subject[ZYN_IO_SUBJECT_BYTES_MAX + 1];
	zyn__io_unpark(leaf, cx);
	zyn__io_subject(leaf->io, subject, sizeof subject);
	return zyn__io_failed(&leaf->state, cx, zyn__io_op_text(leaf->op), subject, error);
}

/* With the lock.  Stays in the place that it had. */
static void park(ZynSource *source, ZynIoLeaf *leaf, ZynContext *cx)
{
	leaf->wait.waker = cx->waker;
	if (leaf->flags & ZYN_LEAF_IN_LINE)
		return;
	leaf->flags |= ZYN_LEAF_IN_LINE;
	zyn__list_push_back(&source->waiters[direction_of(leaf)], &leaf->wait.link);
}

static void begin_wait(ZynIoLeaf *leaf, ZynContext *cx)
{
	if (leaf->flags & ZYN_LEAF_OUTSIDE)
		return;
	leaf->flags |= ZYN_LEAF_OUTSIDE;
	leaf->since_ns = zyn__clock_now(cx->runtime);
	leaf->state = 1;
	zyn__outside_begin(cx->runtime);
}

enum Entry { ENTERED, PARKED, CLOSED };

static bool has_turn(const ZynSource *source, const ZynIoLeaf *leaf)
{
	const ZynList *line = &source->waiters[direction_of(leaf)];
	if (!in_order(source, leaf))
		return true;
	return zyn__list_empty(line) || line->next == &leaf->wait.link;
}

/* Rule 1 of io.h. */
static enum Entry io_enter(ZynIoLeaf *leaf, ZynContext *cx, uint32_t *tick, int *fd)
{
	ZynSource *source = &leaf->io->source;
	enum Entry entry = ENTERED;
	zyn__lock(&source->lock);
	if (source->closed) {
		entry = CLOSED;
	} else if ((source->ready & bits_of(leaf)) == 0 || !has_turn(source, leaf)) {
		park(source, leaf, cx);
		entry = PARKED;
	} else {
		if (in_order(source, leaf))
			park(source, leaf, cx); /* keeps others out of what it writes */
		source->users++;
		*tick = source->tick;
		*fd = source->fd;
	}
	zyn__unlock(&source->lock);
	return entry;
}

/* What the outcome says about readiness (rule 3 of reactor.h), and whether the leaf leaves the
 * line. */
static void io_leave(ZynIoLeaf *leaf, enum ZynIoOutcome outcome, uint32_t tick)
{
	ZynSource *source = &leaf->io->source;
	zyn__lock(&source->lock);
	bool unchanged = source->tick == tick;
	if (outcome == ZYN_IO_AGAIN && unchanged) {
		source->ready &= ~bits_of(leaf);
	} else if ((outcome == ZYN_IO_DRAINED || outcome == ZYN_IO_FULL) && unchanged) {
		/* A short transfer says that there is no more, but not that there is no end or no
		 * error behind it; and an urgent mark makes it say nothing. */
		uint32_t sticky = ZYN_READY_READ_END | ZYN_READY_HANGUP | ZYN_READY_ERROR |
		                  ZYN_READY_URGENT;
		if ((source->ready & sticky) == 0)
			source->ready &= ~bits_of(leaf);
	}
	if (outcome != ZYN_IO_AGAIN && outcome != ZYN_IO_MORE && outcome != ZYN_IO_FULL)
		leave_line(source, leaf);
	int fd = zyn__source_left(source);
	zyn__unlock(&source->lock);
	zyn__source_finish(source, fd);
}

int64_t zyn__io_poll(ZynIoLeaf *leaf, ZynContext *cx, uint32_t kinds, ZynIoTry *try)
{
	if (zyn__attention(cx, ZYN_ATTENTION_CANCEL)) {
		zyn__io_unpark(leaf, cx);
		leaf->state = ZYN_STATE_CANCELLED;
		zyn_fail_cancelled(cx);
		return ZYN_POLL_LOOK;
	}
	if (leaf->io == NULL) {
		zyn__error_set(cx, zyn__error_constant(ZYN_ERROR_NULL_VALUE));
		leaf->state = ZYN_STATE_FAILED;
		return ZYN_POLL_LOOK;
	}
	if ((kinds >> leaf->io->kind & 1) == 0)
		return fail(leaf, cx, EINVAL);
	for (uint32_t pass = 0; pass < ZYN_IO_PASSES_MAX; pass++) {
		uint32_t tick = 0;
		int fd = -1;
		enum Entry entry = io_enter(leaf, cx, &tick, &fd);
		if (entry == CLOSED)
			return fail(leaf, cx, EBADF);
		if (entry == PARKED) {
			begin_wait(leaf, cx);
			return 0;
		}
		enum ZynIoOutcome outcome = try(leaf, cx, fd);
		int error = errno;
		io_leave(leaf, outcome, tick);
		if (outcome == ZYN_IO_DONE || outcome == ZYN_IO_DRAINED) {
			zyn__io_unpark(leaf, cx);
			leaf->state = ZYN_STATE_RETURNED;
			return ZYN_POLL_LOOK;
		}
		if (outcome == ZYN_IO_ERROR)
			return fail(leaf, cx, error);
		if (outcome == ZYN_IO_FAILED) {
			zyn__io_unpark(leaf, cx);
			leaf->state = ZYN_STATE_FAILED;
			return ZYN_POLL_LOOK;
		}
	}
	/* There is more to move: others have their turn first. */
	begin_wait(leaf, cx);
	zyn__lock(&leaf->io->source.lock);
	park(&leaf->io->source, leaf, cx);
	zyn__unlock(&leaf->io->source.lock);
	zyn_waker_wake(cx->waker);
	return 0;
}
