/* Wakers, and the messages that other threads leave for the owner of a task.
 *
 * A waker is copied without being told, so it can own nothing.  The data of a task's waker is a
 * word, not a pointer:
 *
 *     bits 63..52   whose memory      index of the worker in a table of the process
 *     bits 51..34   which chunk       index in that worker's table
 *     bits 33..22   which block       its number in the chunk
 *     bits 21..0    which life of it  of the task's id
 *
 * A word whose worker, block or life is over finds nothing and does nothing.  A word that is kept
 * while 2^22 tasks are made may wake a stranger; every machine bears a wake it did not ask for.
 *
 * Owner:   the baton holder of a worker drains its inbox.
 * Others:  post.
 *
 * Rule 1.  ZynTask.inbox holds what is asked for.  Whoever turns it from 0 to not 0 pushes the
 *          task on the stack `inbox` of the worker that owns it; whoever finds it not 0 knows that
 *          it is on one.  Should the task go to another worker meanwhile, the one that finds it in
 *          its inbox passes it on as it is.
 * Rule 2.  the owner reads the link, makes sure that it is the owner, then turns inbox back to 0,
 *          then acts on the bits; after that the task may be pushed again.  So a task whose inbox
 *          is 0 has no message under way, and who takes it over may free it.
 * Rule 3.  a block may be freed and used again while it is on the stack.  inbox and the link,
 *          which lies beside the tasks, survive that (rule 2 of slab.c), and the worst that
 *          follows is a wake without a reason.
 * Rule 4.  a closed inbox takes nothing.  Whoever finds it closed takes the bits back and, if
 *          one of them says that the last reference is gone, frees the block as memory.c does
 *          with plain ones.
 * Rule 5.  the table of runtimes counts who looks at an entry; a runtime leaves the table before
 *          it is freed and waits for those.
 * Rule 6.  a message is posted before `signalled` is set, and `signalled` is cleared before
 *          messages are looked for; both are sequentially consistent, so a message is never left
 *          behind a descriptor that is not readable.
 * Rule 7.  a worker that has a descriptor sleeps in its parker, and a kick is an unpark, until
 *          `fd_watched` is set, for good: by a host that asks for the descriptor, or a poller that
 *          it is registered with.  Whoever sets it unparks next, and makes the descriptor readable
 *          if there was a token; whoever unparked looks at it next.  The word of the parker orders
 *          the two: who unparked first left the token, or somebody took it and looks for messages;
 *          who comes second sees it set.
 */
#include "futex.h"
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/eventfd.h>
#endif

#define BLOCK_SHIFT 22u
#define BLOCK_MASK 0xFFFu
#define LIFE_MASK 0x3FFFFFu
static_assert(ZYN_CHUNK_BYTES / (sizeof(ZynTask) + sizeof(ZynFrameHeader)) <= BLOCK_MASK + 1,
              "the blocks of a chunk can be numbered");

typedef struct ZynRegistrySlot {
	_Atomic(ZynRuntime *) runtime;
	_Atomic uint32_t users;
	_Atomic uint32_t taken;
} ZynRegistrySlot;

static ZynRegistrySlot registry[ZYN_RUNTIMES_MAX];
static _Atomic uint32_t registry_next;

bool zyn__registry_add(ZynRuntime *rt)
{
	/* Round robin, so that an index is used again as late as possible. */
	for (uint32_t tries = 0; tries < ZYN_RUNTIMES_MAX; tries++) {
		uint32_t index = atomic_fetch_add(&registry_next, 1) % ZYN_RUNTIMES_MAX;
		if (atomic_exchange(&registry[index].taken, 1) == 0) {
			rt->registry_index = index;
			return true;
		}
	}
	return false;
}

void zyn__registry_remove(ZynRuntime *rt)
{
	ZynRegistrySlot *slot = &registry[rt->registry_index];
	atomic_store(&slot->runtime, NULL);
	while (atomic_load(&slot->users) !=
	       0) /* Rule 5; each user does a handful of instructions. */
		sched_yield();
	atomic_store(&slot->taken, 0);
}

/* Pairs with the add: the runtime becomes visible to wakers once it is complete. */
void zyn__registry_publish(ZynRuntime *rt)
{
	atomic_store(&registry[rt->registry_index].runtime, rt);
}

/* The task that `word` means, or null when that life is over. */
static ZynTask *decode(ZynRuntime *rt, uint64_t word)
{
	uint64_t chunk_index = word >> 34 & (ZYN_CHUNKS_MAX - 1);
	size_t index = word >> BLOCK_SHIFT & BLOCK_MASK;
	ZynChunk *chunk = atomic_load_explicit(&rt->chunks[chunk_index], memory_order_acquire);
	if (chunk == NULL)
		return NULL;
	/* A word from a runtime that had the same index may name a block that is not there. */
	ZynTask *task = zyn__task_at(chunk, index);
	if ((const void *)task >= (const void *)chunk->links)
		return NULL;
	uint32_t id = zyn__get(&task->id);
	if (id == 0 || (id & LIFE_MASK) != (word & LIFE_MASK))
		return NULL;
	return task;
}

/* Rule 4; true: the caller frees the block, with free_orphan. */
static bool push(ZynTask *task)
{
	ZynRuntime *rt = zyn__owner(task);
	ZynTask *head = atomic_load_explicit(&rt->inbox, memory_order_acquire);
	do {
		if (head == ZYN_INBOX_CLOSED)
			return (atomic_exchange_explicit(&task->inbox, 0, memory_order_acq_rel) &
			        ZYN_INBOX_RELEASED) != 0;
		zyn__set(zyn__inbox_link(task), head);
	} while (!atomic_compare_exchange_weak(&rt->inbox, &head, task));
	if (head == NULL)
		zyn__kick(rt); /* Rule 6; who pushed onto something relies on the kick of the first.
		                */
	return false;
}

static bool post_message(ZynTask *task, uint32_t bits)
{
	return atomic_fetch_or_explicit(&task->inbox, bits, memory_order_acq_rel) == 0 &&
	       push(task); /* Rule 1. */
}

static void free_orphan(ZynTask *task)
{
	ZynEntry entry;
	zyn__enter(&entry, zyn__owner(task));
	zyn__frame_orphaned(entry.runtime, task);
	zyn__leave(&entry);
}

static void wake_word(void *data)
{
	uint64_t word = (uint64_t)(uintptr_t)data;
	ZynRegistrySlot *slot = &registry[word >> 52];
	ZynRuntime *rt = atomic_load_explicit(&slot->runtime, memory_order_acquire);
	if (rt == NULL)
		return;
	ZynRuntime *here = zyn__here_in(word >> 52);
	if (here != NULL) {
		zyn__waker_call(here, (ZynWaker){wake_word, data});
		return;
	}
	atomic_fetch_add(&slot->users, 1); /* Rule 5. */
	rt = atomic_load(&slot->runtime);
	ZynTask *task = rt != NULL ? decode(rt, word) : NULL;
	bool orphaned = task != NULL && post_message(task, ZYN_INBOX_WAKE);
	atomic_fetch_sub(&slot->users, 1); /* before the runtime may be freed, which waits for it */
	if (orphaned)
		free_orphan(task);
}

ZynWaker zyn__task_waker(ZynTask *task)
{
	const ZynChunk *chunk = zyn__chunk(task);
	uint64_t word = chunk->waker_base | (uint64_t)zyn__task_index(task) << BLOCK_SHIFT |
	                (zyn__get(&task->id) & LIFE_MASK);
	return (ZynWaker){wake_word, (void *)(uintptr_t)word};
}

/* The worker of `rt`'s team in whose memory the word points, or null. */
static ZynRuntime *home_of(ZynRuntime *rt, uint64_t word)
{
	uint64_t index = word >> 52;
	if (index == rt->registry_index)
		return rt;
	if (rt->team == NULL)
		return NULL;
	for (uint32_t i = 0; i < rt->team->count; i++)
		if (rt->team->workers[i]->registry_index == index)
			return rt->team->workers[i];
	return NULL;
}

ZynTask *zyn__waker_task(ZynRuntime *rt, ZynWaker waker)
{
	uint64_t word = (uint64_t)(uintptr_t)waker.data;
	ZynRuntime *home = waker.fn == wake_word ? home_of(rt, word) : NULL;
	return home != NULL ? decode(home, word) : NULL;
}

uint64_t zyn__waking_task(ZynRuntime *rt)
{
	if (rt->firing)
		return ZYN_BY_TIMER;
	ZynEntry *entry = zyn__entry_find(rt);
	while (entry != NULL && (entry->seat == NULL || entry->runtime != rt))
		entry = entry->previous;
	ZynTask *by = entry != NULL ? entry->seat->cx.task : NULL;
	return by != NULL ? zyn__task_id(by) : 0;
}

/* On behalf of a worker, which takes the task over if it is parked: waking another thread only to
 * have it run one task costs a system call, and who wakes a task has in its cache what that wants
 * to see. */
static void wake_here(ZynRuntime *rt, ZynTask *task)
{
	if (zyn__free_to_own(task))
		return; /* it waits to be polled, or was never scheduled */
	uint64_t by = rt->head->notes_tasks ? zyn__waking_task(rt) : 0;
	if (zyn__take_over(task, rt)) {
		zyn__task_wake(task, by);
		return;
	}
	ZynTaskNote *note = by != 0 ? zyn__note(task) : NULL;
	if (note != NULL)
		zyn__set(&note->asked_by, by);
	zyn__inbox_post(task, ZYN_INBOX_WAKE);
}

/* Who left the wake that was found in an inbox.  Of two that ask at once one is named, and the
 * other taken for the outside. */
static uint64_t asker(ZynRuntime *rt, ZynTask *task)
{
	ZynTaskNote *note = rt->head->notes_tasks ? zyn__note(task) : NULL;
	uint64_t by = note != NULL ? zyn__get(&note->asked_by) : 0;
	if (by != 0)
		zyn__set(&note->asked_by, 0);
	return by;
}

void zyn__waker_call(ZynRuntime *rt, ZynWaker waker)
{
	ZynTask *task = zyn__waker_task(rt, waker);
	if (task == NULL) {
		uint64_t word = (uint64_t)(uintptr_t)waker.data;
		bool over = waker.fn == wake_word && home_of(rt, word) != NULL;
		if (!over && waker.fn != NULL)
			waker.fn(waker.data);
		return;
	}
	zyn__set(&rt->wakes_total, zyn__get(&rt->wakes_total) + 1);
	wake_here(rt, task);
}

void zyn__wake_own(ZynContext *cx)
{
	ZynRuntime *rt = cx->runtime;
	ZynTask *task = cx->task;
	if (task == NULL || cx->waker.data != zyn__task_waker(task).data) {
		zyn__waker_call(rt, cx->waker);
		return;
	}
	zyn__set(&rt->wakes_total, zyn__get(&rt->wakes_total) + 1);
	if (zyn__get(&rt->head->watched) != 0)
		zyn__task_wake(task, zyn__task_id(task));
	else if (task->sched == ZYN_SCHED_RUNNING)
		task->woken = 1;
}

void zyn_waker_wake(ZynWaker waker)
{
	if (waker.fn != NULL)
		waker.fn(waker.data);
}

/* --- inbox ------------------------------------------------------------------------------------ */

void zyn__inbox_post(ZynTask *task, uint32_t bits)
{
	if (post_message(task, bits))
		free_orphan(task);
}

/* On a task that `rt` owns, because it has just claimed it or before. */
static void act(ZynRuntime *rt, ZynTask *task, uint32_t bits, bool claimed)
{
	if (task->sched == ZYN_SCHED_FREE)
		return; /* Rule 3. */
	if (claimed && bits == ZYN_INBOX_SCHEDULE && task->sched == ZYN_SCHED_QUEUED &&
	    zyn__team_publish(rt, task))
		return; /* it was to be found already, and so it stays: the head runs nothing */
	if (claimed)
		zyn__task_requeue(task);
	if (bits & ZYN_INBOX_SCHEDULE)
		zyn__task_schedule(task);
	if (bits & ZYN_INBOX_CANCEL)
		zyn__task_cancel(task, (bits & ZYN_INBOX_INTERRUPT) != 0);
	if (bits & ZYN_INBOX_WAKE)
		zyn__task_wake(task, asker(rt, task));
	if (bits & ZYN_INBOX_RELEASED)
		zyn__frame_orphaned(rt, task);
}

void zyn__inbox_deliver(ZynRuntime *rt, ZynTask *task, uint32_t bits)
{
	bool claimed = zyn__free_to_own(task) && zyn__claim(task, rt);
	if (zyn__hold(task, rt))
		act(rt, task, bits, claimed);
	else
		zyn__inbox_post(task, bits);
}

static void drain(ZynRuntime *rt, ZynTask *head)
{
	ZynTask *first = NULL;
	while (head != NULL && head != ZYN_INBOX_CLOSED) { /* last in, first out: turn it round */
		_Atomic(ZynTask *) *link = zyn__inbox_link(head);
		ZynTask *next = zyn__get(link);
		zyn__set(link, first);
		first = head;
		head = next;
	}
	while (first != NULL) { /* bounded by the number of blocks */
		ZynTask *task = first;
		first = zyn__get(zyn__inbox_link(task));
		bool claimed = zyn__free_to_own(task) && zyn__claim(task, rt);
		if (!zyn__hold(task, rt)) { /* Rule 2. */
			if (push(task))
				free_orphan(task);
			continue;
		}
		act(rt, task, atomic_exchange_explicit(&task->inbox, 0, memory_order_acq_rel),
		    claimed);
	}
}

void zyn__inbox_drain(ZynRuntime *rt)
{
	ZynTask *head = atomic_load(&rt->inbox);
	if (head == NULL || head == ZYN_INBOX_CLOSED)
		return;
	drain(rt, atomic_exchange(&rt->inbox, NULL));
}

void zyn__inbox_close(ZynRuntime *rt)
{
	drain(rt, atomic_exchange(&rt->inbox, ZYN_INBOX_CLOSED));
}

/* --- sleeping --------------------------------------------------------------------------------- */

bool zyn__wake_fd_open(ZynRuntime *rt)
{
	atomic_init(&rt->fd_watched, ZYN_FUTEX_IN_HANDLERS ? 0 : 1); /* zyn_rt_interrupt kicks */
#if defined(__linux__)
	rt->wake_read_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rt->wake_write_fd = rt->wake_read_fd;
	return rt->wake_read_fd >= 0;
#else
	int ends[2];
	if (pipe(ends) != 0)
		return false;
	for (int i = 0; i < 2; i++) {
		fcntl(ends[i], F_SETFD, FD_CLOEXEC);
		fcntl(ends[i], F_SETFL, O_NONBLOCK);
	}
	rt->wake_read_fd = ends[0];
	rt->wake_write_fd = ends[1];
	return true;
#endif
}

void zyn__wake_fd_close(ZynRuntime *rt)
{
	if (rt->wake_read_fd >= 0)
		close(rt->wake_read_fd);
	if (rt->wake_write_fd >= 0 && rt->wake_write_fd != rt->wake_read_fd)
		close(rt->wake_write_fd);
}

static void make_readable(ZynRuntime *rt)
{
	if (atomic_exchange(&rt->signalled, 1) != 0)
		return;
	uint64_t one = 1;
	ssize_t written = write(rt->wake_write_fd, &one, sizeof one);
	(void)written; /* full means readable, which is all that is wanted */
}

void zyn__kick(ZynRuntime *rt)
{
	int saved = errno; /* a signal handler must leave it as it was */
	if (rt->wake_read_fd < 0) {
		zyn__parker_unpark(&rt->parker);
		atomic_thread_fence(memory_order_seq_cst); /* rule 2 of reactor_sleep.c */
		if (atomic_load(&rt->in_reactor) != 0)
			zyn__reactor_kick(rt->head);
	} else {
		if (zyn__get(&rt->fd_watched) == 0)
			zyn__parker_unpark(&rt->parker);
		if (zyn__get(&rt->fd_watched) != 0) /* Rule 7. */
			make_readable(rt);
	}
	errno = saved;
}

void zyn__kick_drain(ZynRuntime *rt)
{
	if (zyn__get(&rt->parker.word) == ZYN_PARKER_TOKEN)
		zyn__parker_park(&rt->parker, 0);
	if (rt->wake_read_fd < 0 || atomic_load(&rt->signalled) == 0)
		return;
	uint64_t buffer;
	ssize_t got = read(rt->wake_read_fd, &buffer, sizeof buffer);
	(void)got;
	atomic_store(&rt->signalled, 0); /* Rule 6: the caller looks for messages after this. */
}

void zyn__wake_fd_watch(ZynRuntime *rt)
{
	bool had_token = atomic_exchange(&rt->fd_watched, 1) == 0 &&
	                 !zyn__parker_unpark(&rt->parker); /* Rule 7. */
	if (had_token)
		make_readable(rt);
}

void zyn__sleep(ZynRuntime *rt, int64_t timeout_ns)
{
	if (zyn__get(&rt->head->reactor) != NULL && zyn__reactor_sleep(rt, timeout_ns))
		return;
	if (rt->wake_read_fd < 0 || zyn__get(&rt->fd_watched) == 0) {
		zyn__parker_park(&rt->parker, timeout_ns);
		return;
	}
	struct pollfd wait = {.fd = rt->wake_read_fd, .events = POLLIN};
#if defined(__linux__)
	struct timespec timeout = {
		.tv_sec = (time_t)(timeout_ns / 1000000000),
		.tv_nsec = (long)(timeout_ns % 1000000000),
	};
	ppoll(&wait, 1, timeout_ns < 0 ? NULL : &timeout, NULL);
#else
	int64_t ms = timeout_ns < 0 ? -1 : (timeout_ns + ZYN_NS_PER_MS - 1) / ZYN_NS_PER_MS;
	poll(&wait, 1, ms > 1000000 ? 1000000 : (int)ms);
#endif
}

int zyn_rt_wake_fd(ZynRuntime *rt)
{
	zyn__wake_fd_watch(rt);
	int fd = zyn__reactor_fd(rt); /* readable for IO too */
	return fd >= 0 ? fd : rt->wake_read_fd;
}

/* The flag is what counts; the bits only make a machine look at it.  They are set on the seats
 * there are now, so a run that begins later passes the flag on to its own. */
void zyn_rt_interrupt(ZynRuntime *rt)
{
	atomic_store(&rt->interrupt, 1);
	for (uint32_t i = 0; i < zyn__worker_count(rt); i++)
		zyn__seats_ring(zyn__worker(rt, i), ZYN_ATTENTION_INTERRUPT);
	zyn__kick(rt);
}

void zyn_rt_interrupt_clear(ZynRuntime *rt)
{
	if (atomic_load(&rt->interrupt) != 0)
		atomic_store(&rt->interrupt, 0);
}

void zyn__interrupt_pass_on(ZynRuntime *rt, ZynContext *cx)
{
	if (atomic_load(&rt->head->interrupt) != 0)
		atomic_fetch_or(&cx->attention, ZYN_ATTENTION_INTERRUPT);
}
