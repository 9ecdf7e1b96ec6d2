/* The portable half of the reactor; its rules stand in reactor.h. */
#include "reactor.h"

#include "blocking.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define KICK_DATA UINT64_MAX /* what the wake descriptor is registered with */

/* --- slots ------------------------------------------------------------------------------------ */

static uint32_t chunk_length(uint32_t chunk)
{
	return ZYN_SLOTS_FIRST << chunk;
}

/* Chunk 0 has indexes 0..63, chunk 1 64..191, chunk 2 192..447 and so on. */
static ZynSlot *slot_at(ZynReactor *reactor, uint32_t index)
{
	uint32_t shifted = index / ZYN_SLOTS_FIRST + 1;
	uint32_t chunk = 31 - (uint32_t)__builtin_clz(shifted);
	uint32_t before = (chunk_length(chunk) - ZYN_SLOTS_FIRST);
	ZynSlot *slots = atomic_load_explicit(&reactor->chunks[chunk], memory_order_acquire);
	ZYN_ASSERT(slots != NULL);
	return &slots[index - before];
}

static bool grow(ZynReactor *reactor)
{
	uint32_t chunk = 0;
	while (chunk < ZYN_SLOT_CHUNKS_MAX && zyn__get(&reactor->chunks[chunk]) != NULL)
		chunk++;
	if (chunk == ZYN_SLOT_CHUNKS_MAX)
		return false;
	uint32_t length = chunk_length(chunk);
	size_t bytes = length * sizeof(ZynSlot);
	if (zyn__allocator.permit != NULL && !zyn__allocator.permit(bytes))
		return false;
	ZynSlot *slots = calloc(length, sizeof(ZynSlot));
	if (slots == NULL)
		return false;
	uint32_t first = reactor->slot_count;
	for (uint32_t i = 0; i < length; i++) {
		slots[i].index = first + i;
		slots[i].free_next = i + 1 < length ? first + i + 2 : 0;
	}
	atomic_store_explicit(&reactor->chunks[chunk], slots, memory_order_release);
	reactor->free_first = first + 1;
	reactor->slot_count += length;
	return true;
}

/* null: memory is out */
static ZynSlot *slot_take(ZynReactor *reactor)
{
	ZynSlot *slot = NULL;
	zyn__lock(&reactor->lock);
	if (reactor->free_first != 0 || grow(reactor)) {
		slot = slot_at(reactor, reactor->free_first - 1);
		reactor->free_first = slot->free_next;
	}
	zyn__unlock(&reactor->lock);
	return slot;
}

static void slot_put(ZynReactor *reactor, ZynSlot *slot)
{
	zyn__lock(&slot->lock);
	slot->generation++; /* Rule 2. */
	slot->source = NULL;
	zyn__unlock(&slot->lock);
	zyn__lock(&reactor->lock);
	slot->free_next = reactor->free_first;
	reactor->free_first = slot->index + 1;
	zyn__unlock(&reactor->lock);
}

static uint64_t slot_data(const ZynSlot *slot)
{
	return (uint64_t)slot->generation << 32 | slot->index;
}

/* --- beginning and end ------------------------------------------------------------------------ */

void zyn__reactor_retain(ZynReactor *reactor)
{
	atomic_fetch_add(&reactor->refs, 1);
}

void zyn__reactor_release(ZynReactor *reactor)
{
	if (atomic_fetch_sub(&reactor->refs, 1) != 1)
		return;
	if (reactor->poll_fd >= 0)
		zyn__system.close(reactor->poll_fd);
	if (reactor->kick_fd >= 0)
		close(reactor->kick_fd);
	for (uint32_t i = 0; i < ZYN_SLOT_CHUNKS_MAX; i++)
		free(zyn__get(&reactor->chunks[i]));
	free(reactor);
}

/* What ends a wait from outside; 0 or an errno. */
static int register_kick(ZynReactor *reactor, ZynRuntime *head)
{
	int fd = head->wake_read_fd;
	if (head->team != NULL) {
		reactor->kick_fd = zyn__poll_kick_fd();
		fd = reactor->kick_fd;
	} else {
		zyn__wake_fd_watch(head);
	}
	if (fd < 0 ||
	    zyn__system.poll_control(reactor->poll_fd, ZYN_POLL_ADD, fd, 0, KICK_DATA) != 0)
		return errno;
	return 0;
}

static ZynReactor *reactor_new(ZynRuntime *head)
{
	errno = ENOMEM;
	if (zyn__allocator.permit != NULL && !zyn__allocator.permit(sizeof(ZynReactor)))
		return NULL;
	ZynReactor *reactor = calloc(1, sizeof *reactor);
	if (reactor == NULL)
		return NULL;
	reactor->runtime = head;
	reactor->kick_fd = -1;
	atomic_init(&reactor->refs, 1);
	ZYN_RETRY(reactor->poll_fd, zyn__system.poll_open());
	int error = reactor->poll_fd < 0 ? errno : register_kick(reactor, head);
	if (error == 0)
		return reactor;
	zyn__reactor_release(reactor);
	errno = error;
	return NULL;
}

ZynReactor *zyn__reactor_of(ZynRuntime *rt)
{
	ZynReactor *reactor = atomic_load_explicit(&rt->head->reactor, memory_order_acquire);
	if (reactor != NULL)
		return reactor;
	ZynReactor *made = reactor_new(rt->head);
	if (made == NULL)
		return NULL;
	if (atomic_compare_exchange_strong(&rt->head->reactor, &reactor, made))
		return made;
	zyn__reactor_release(made);
	return reactor;
}

void zyn__reactor_close(ZynRuntime *rt)
{
	ZynReactor *reactor = atomic_load_explicit(&rt->head->reactor, memory_order_acquire);
	if (reactor == NULL)
		return;
	zyn__pool_close(reactor);
	uint32_t count = reactor->slot_count;
	for (uint32_t i = 0; i < count; i++) {
		ZynSlot *slot = slot_at(reactor, i);
		zyn__lock(&slot->lock);
		ZynSource *source = slot->source;
		ZYN_ASSERT(source == NULL || source->slot == i);
		int fd = -1;
		if (source != NULL) { /* a host holds the handle, and may be closing it now */
			zyn__lock(&source->lock);
			fd = source->users == 0 ? source->fd : -1;
			source->fd = source->users == 0 ? -1 : source->fd;
			source->closed = 1;
			if (source->reactor != NULL) {
				source->reactor = NULL;
				slot->source = NULL;
				slot->generation++;
				zyn__reactor_release(reactor);
			}
			zyn__unlock(&source->lock);
		}
		zyn__unlock(&slot->lock);
		if (fd >= 0)
			zyn__system.close(fd);
	}
	zyn__orphans_reap(reactor, true);
	atomic_store(&rt->head->reactor, NULL);
	zyn__reactor_release(reactor);
}

/* --- sources ---------------------------------------------------------------------------------- */

void zyn__source_init(ZynSource *source, int fd)
{
	*source = (ZynSource){.fd = fd};
	for (int i = 0; i < ZYN_DIRECTIONS; i++)
		zyn__list_init(&source->waiters[i]);
}

int zyn__reactor_register(ZynRuntime *rt, ZynSource *source, uint32_t interest, uint32_t ready)
{
	ZynReactor *reactor = zyn__reactor_of(rt);
	if (reactor == NULL)
		return errno;
	ZYN_ASSERT(source->reactor == NULL);
	ZynSlot *slot = slot_take(reactor);
	if (slot == NULL)
		return ENOMEM;
	zyn__reactor_retain(reactor);
	atomic_fetch_add_explicit(&reactor->sources, 1, memory_order_relaxed);
	zyn__lock(&slot->lock);
	slot->source = source;
	uint64_t data = slot_data(slot);
	zyn__lock(&source->lock);
	source->slot = slot->index;
	source->reactor = reactor;
	source->ready = ready;
	int fd = source->fd;
	zyn__unlock(&source->lock);
	zyn__unlock(&slot->lock);
	if (zyn__system.poll_control(reactor->poll_fd, ZYN_POLL_ADD, fd, interest, data) == 0)
		return 0;
	int error = errno;
	zyn__reactor_deregister(source, false);
	return error;
}

int zyn__reactor_modify(ZynSource *source, uint32_t interest)
{
	zyn__lock(&source->lock);
	ZynReactor *reactor = source->reactor;
	if (source->closed || reactor == NULL) {
		zyn__unlock(&source->lock);
		return EBADF;
	}
	source->ready = 0;
	source->users++; /* Rule 4: neither the descriptor nor the reactor goes meanwhile. */
	ZynSlot *slot = slot_at(reactor, source->slot);
	int fd = source->fd;
	zyn__unlock(&source->lock);
	int error = 0;
	if (zyn__system.poll_control(reactor->poll_fd, ZYN_POLL_MODIFY, fd, interest,
	                             slot_data(slot)) != 0)
		error = errno;
	zyn__source_leave(source);
	return error;
}

void zyn__reactor_deregister(ZynSource *source, bool open)
{
	zyn__lock(&source->lock);
	ZynReactor *reactor = source->reactor;
	uint32_t index = source->slot;
	int fd = source->fd;
	source->reactor = NULL; /* from here on it is ours to take out */
	zyn__unlock(&source->lock);
	if (reactor == NULL)
		return;
	if (open)
		zyn__system.poll_control(reactor->poll_fd, ZYN_POLL_REMOVE, fd, 0, 0);
	slot_put(reactor, slot_at(reactor, index));
	atomic_fetch_sub_explicit(&reactor->sources, 1, memory_order_relaxed);
	zyn__reactor_release(reactor);
}

static void wake_all(ZynSource *source, enum ZynDirection direction)
{
	ZynList *waiters = &source->waiters[direction];
	for (ZynList *link = waiters->next; link != waiters; link = link->next)
		zyn_waker_wake(ZYN_CONTAINER(link, ZynIoWait, link)->waker); /* Rule 5. */
}

/* With the lock: the descriptor, if it is this thread's to close. */
static int last_use(ZynSource *source)
{
	int fd = -1;
	if (source->closed && source->users == 0) {
		fd = source->fd;
		source->fd = -1;
	}
	return fd;
}

void zyn__source_finish(ZynSource *source, int fd)
{
	if (fd < 0)
		return;
	zyn__reactor_deregister(source, false); /* closing takes it out of the poller */
	zyn__system.close(fd);
}

void zyn__source_close(ZynSource *source)
{
	zyn__lock(&source->lock);
	bool first = !source->closed;
	source->closed = 1;
	int fd = last_use(source);
	for (int i = 0; first && i < ZYN_DIRECTIONS; i++)
		wake_all(source, (enum ZynDirection)i);
	zyn__unlock(&source->lock);
	zyn__source_finish(source, fd);
}

int zyn__source_left(ZynSource *source)
{
	ZYN_ASSERT(source->users > 0);
	source->users--;
	return last_use(source);
}

void zyn__source_leave(ZynSource *source)
{
	zyn__lock(&source->lock);
	int fd = zyn__source_left(source);
	zyn__unlock(&source->lock);
	zyn__source_finish(source, fd);
}

/* --- waiting ---------------------------------------------------------------------------------- */

/* A batch in the order in which its sources were registered, so that what the kernel happened to
 * notice first does not decide; with a seed, shuffled.  Batches are short. */
static void sort_events(ZynRuntime *rt, ZynReactor *reactor)
{
	ZynPollEvent *events = reactor->events;
	for (int i = 1; i < reactor->event_count; i++) {
		ZynPollEvent event = events[i];
		int j = i;
		for (; j > 0 && (uint32_t)events[j - 1].data > (uint32_t)event.data; j--)
			events[j] = events[j - 1];
		events[j] = event;
	}
	for (int i = reactor->event_count; rt->order != ZYN_ORDER_FIFO && i > 1; i--) {
		int with = (int)(zyn__random(rt) % (uint64_t)i);
		ZynPollEvent event = events[with];
		events[with] = events[i - 1];
		events[i - 1] = event;
	}
}

int zyn__reactor_collect(ZynRuntime *rt, int64_t timeout_ns)
{
	ZynReactor *reactor = atomic_load_explicit(&rt->head->reactor, memory_order_acquire);
	if (reactor == NULL || atomic_exchange(&reactor->polling, 1) != 0)
		return -1;
	atomic_fetch_add_explicit(&reactor->waits, 1, memory_order_relaxed);
	int count = zyn__system.poll_wait(reactor->poll_fd, reactor->events, ZYN_EVENTS_MAX,
	                                  timeout_ns);
	reactor->event_count = count < 0 ? 0 : count; /* a signal: the caller looks around */
	for (int i = 0; i < reactor->event_count && reactor->kick_fd >= 0; i++) {
		uint64_t kicks;
		if (reactor->events[i].data == KICK_DATA &&
		    read(reactor->kick_fd, &kicks, sizeof kicks) < 0)
			break; /* another wait has drained it */
	}
	return reactor->event_count;
}

static bool deliver(ZynReactor *reactor, ZynPollEvent event)
{
	ZynSlot *slot = slot_at(reactor, (uint32_t)event.data);
	zyn__lock(&slot->lock); /* Rule 1. */
	ZynSource *source = slot->source;
	bool there = source != NULL && slot->generation == event.data >> 32; /* Rule 2. */
	if (there) {
		zyn__lock(&source->lock);
		source->tick++;
		source->ready |= event.bits;
		if (event.bits & ZYN_READY_FOR_READ)
			wake_all(source, ZYN_READER);
		if (event.bits & ZYN_READY_FOR_WRITE)
			wake_all(source, ZYN_WRITER);
		wake_all(source, ZYN_WATCHER);
		zyn__unlock(&source->lock);
	}
	zyn__unlock(&slot->lock);
	return there;
}

int zyn__reactor_deliver(ZynRuntime *rt)
{
	ZynReactor *reactor = atomic_load_explicit(&rt->head->reactor, memory_order_acquire);
	ZYN_ASSERT(reactor != NULL);
	ZYN_ASSERT(zyn__get(&reactor->polling) == 1);
	int count = 0;
	sort_events(rt, reactor);
	for (int i = 0; i < reactor->event_count; i++) {
		if (reactor->events[i].data != KICK_DATA)
			count += deliver(reactor, reactor->events[i]);
	}
	reactor->event_count = 0;
	atomic_fetch_add_explicit(&reactor->deliveries, (uint64_t)count, memory_order_relaxed);
	atomic_store(&reactor->polling, 0);
	return count;
}

int zyn__reactor_wait(ZynRuntime *rt, int64_t timeout_ns)
{
	if (zyn__reactor_collect(rt, timeout_ns) < 0)
		return -1;
	return zyn__reactor_deliver(rt);
}

int zyn__reactor_poll(ZynRuntime *rt)
{
	return zyn__reactor_wait(rt, 0);
}
