/* The agent's life: its thread, its connection, and the news that other threads leave for it.
 *
 *     runtime thread --callback--> news --+
 *     host thread --publish, answer-------+--> agent thread --socket--> debugger
 *     agent thread <--requests-- socket <-- debugger
 *
 * Shutdown, in order: zyn_agent_close wakes the host's thread; zyn_agent_stop lets the agent's
 * thread send what is left, join it, let every task go, free.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent_internal.h"

#define EXIT_ABANDONED 70
#define RECEIVE_BYTES 65536u

/* --- news ------------------------------------------------------------------------------------- */

void zyn__agent_wake(ZynAgent *agent)
{
	if (atomic_exchange(&agent->wake_sent, true))
		return;
	char byte = 1;
	ssize_t written = write(agent->wake_write, &byte, 1);
	(void)written; /* a full pipe is readable, which is all that is wanted */
}

bool zyn__agent_news(ZynAgent *agent, ZynNews news)
{
	pthread_mutex_lock(&agent->lock);
	ZynNewsList *list = &agent->news;
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 64;
		ZynNews *grown = realloc(list->items, capacity * sizeof(*grown));
		if (grown) {
			list->items = grown;
			list->capacity = capacity;
		}
	}
	bool taken = list->count < list->capacity;
	if (taken)
		list->items[list->count++] = news;
	pthread_mutex_unlock(&agent->lock);
	if (!taken) {
		free(news.bytes);
		atomic_store(&agent->news_lost, true);
	}
	zyn__agent_wake(agent);
	return taken;
}

static void on_stopped(void *data, uint64_t task, uint32_t reason, uint32_t mid_poll)
{
	ZynNews news = {.kind = ZYN_AGENT_STOPPED, .a = reason, .b = mid_poll, .task = task};
	zyn__agent_news(data, news);
}

static int take_one(atomic_int *budget)
{
	int left = atomic_load_explicit(budget, memory_order_relaxed);
	/* Not one instruction: only the thread with the baton gets here, and what a tick adds
	 * meanwhile may be lost. */
	if (left > 0)
		atomic_store_explicit(budget, left - 1, memory_order_relaxed);
	return left;
}

static void on_task_changed(void *data, uint64_t task, uint32_t state)
{
	ZynAgent *agent = data;
	bool shown = state != ZYN_TASK_RUNNING && state != ZYN_TASK_RUNNABLE;
	if (take_one(&agent->calls_left) <= 0 || (shown && take_one(&agent->changes_left) <= 0)) {
		atomic_store_explicit(&agent->changes_lost, true, memory_order_relaxed);
		zyn_dbg_changes(agent->rt, 0); /* Rule 6; the next tick turns it on again */
		zyn__agent_wake(agent);
		return;
	}
	if (!shown)
		return;
	ZynNews news = {.kind = ZYN_AGENT_CHANGED, .a = state, .task = task};
	zyn__agent_news(agent, news);
}

static void on_deadlock(void *data, uint64_t tasks)
{
	ZynNews news = {.kind = ZYN_AGENT_DEADLOCK, .task = tasks};
	zyn__agent_news(data, news);
}

static void put_stopped(ZynAgent *agent, const ZynNews *news)
{
	ZynBytes *out = &agent->out;
	ZynTaskInfo info;
	if (!zyn_dbg_task(agent->rt, news->task, &info))
		return;
	size_t begin = zyn__message_begin(out, ZYN_AGENT_STOPPED, 0);
	zyn__bytes_u64(out, news->task);
	zyn__bytes_u32(out, news->a);
	zyn__bytes_u32(out, news->b);
	zyn__agent_put_task(out, &info);
	zyn__agent_put_chain(out, info.activation);
	zyn__message_end(out, begin, ZYN_AGENT_STATUS_OK);
}

static void put_changed(ZynAgent *agent, const ZynNews *news)
{
	ZynBytes *out = &agent->out;
	ZynTaskInfo info;
	bool known = zyn_dbg_task(agent->rt, news->task, &info);
	size_t begin = zyn__message_begin(out, ZYN_AGENT_CHANGED, 0);
	zyn__bytes_u64(out, news->task);
	zyn__bytes_u32(out, news->a);
	zyn__bytes_u32(out, known);
	if (known)
		zyn__agent_put_task(out, &info);
	zyn__message_end(out, begin, ZYN_AGENT_STATUS_OK);
}

static void put_news(ZynAgent *agent, const ZynNews *news)
{
	ZynBytes *out = &agent->out;
	size_t begin;
	if (news->generation != 0 && news->generation != atomic_load(&agent->generation))
		return;
	switch (news->kind) {
	case ZYN_AGENT_STOPPED:
		put_stopped(agent, news);
		return;
	case ZYN_AGENT_CHANGED:
		put_changed(agent, news);
		return;
	case ZYN_AGENT_DEADLOCK:
		begin = zyn__message_begin(out, ZYN_AGENT_DEADLOCK, 0);
		zyn__bytes_u64(out, news->task);
		break;
	case ZYN_AGENT_PUBLISHED:
		if (!agent->told_all)
			return; /* METADATA will tell it */
		begin = zyn__message_begin(out, ZYN_AGENT_PUBLISHED, 0);
		zyn__bytes_u32(out, news->a);
		zyn__bytes_u32(out, news->b);
		break;
	case ZYN_AGENT_HOST:
		begin = zyn__message_begin(out, ZYN_AGENT_HOST, news->a);
		break;
	default:
		begin = zyn__message_begin(out, news->kind, 0);
		break;
	}
	zyn__bytes_put(out, news->bytes, news->size);
	zyn__message_end(out, begin, news->kind == ZYN_AGENT_HOST ? news->b : ZYN_AGENT_STATUS_OK);
}

static void drain_news(ZynAgent *agent)
{
	pthread_mutex_lock(&agent->lock);
	ZynNewsList list = agent->news;
	agent->news = (ZynNewsList){0};
	pthread_mutex_unlock(&agent->lock);
	for (size_t i = 0; i < list.count; i++) {
		if (agent->fd >= 0)
			put_news(agent, &list.items[i]);
		free(list.items[i].bytes);
	}
	free(list.items);
}

/* --- the connection --------------------------------------------------------------------------- */

static void connected(ZynAgent *agent, int fd, bool trusted)
{
	int one = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
	           sizeof(one)); /* fails for other sockets, which need it not */
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	agent->fd = fd;
	agent->trusted = trusted;
	agent->told_all = false;
	agent->leaving = false;
	agent->generation_last = agent->generation_last == UINT32_MAX ? 1
	                                                              : agent->generation_last + 1;
	atomic_store(&agent->generation, agent->generation_last);
}

static void attach(ZynAgent *agent)
{
	ZynDebugEvents events = {agent, on_stopped, on_task_changed, on_deadlock};
	zyn_dbg_attach(agent->rt, &events);
}

static void let_all_go(ZynAgent *agent)
{
	for (size_t i = 0; i < agent->armed_count; i++)
		zyn_dbg_break(agent->rt, agent->armed[i].side_table, agent->armed[i].probe, 0);
	agent->armed_count = 0;
	zyn_dbg_filters(agent->rt, 0);
	zyn_dbg_trace(agent->rt, 0);
	zyn_dbg_stop_all(agent->rt, 0);
	zyn_dbg_gate(agent->rt, 0);
	zyn_dbg_attach(agent->rt, NULL);
}

static void disconnected(ZynAgent *agent)
{
	if (agent->fd < 0)
		return;
	close(agent->fd);
	agent->fd = -1;
	atomic_store(&agent->generation, 0);
	zyn__bytes_free(&agent->in);
	zyn__bytes_free(&agent->out);
	if (!atomic_load(&agent->stopping)) {
		if (agent->flags & ZYN_AGENT_LAUNCHED)
			_exit(EXIT_ABANDONED); /* nobody is left who could want anything of this
			                          process */
		if (agent->trusted)
			let_all_go(agent);
	}
	agent->trusted = false;
}

static bool send_some(ZynAgent *agent)
{
	ZynBytes *out = &agent->out;
	size_t sent = 0;
	while (sent < out->size) {
		ssize_t done = send(agent->fd, out->data + sent, out->size - sent, MSG_NOSIGNAL);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (done <= 0)
			return false;
		sent += (size_t)done;
	}
	zyn__bytes_drop_front(out, sent);
	return !out->failed && out->size <= ZYN_AGENT_UNSENT_MAX;
}

/* Serves every whole message in `in`. */
static bool serve_messages(ZynAgent *agent)
{
	size_t used = 0;
	bool good = true;
	while (good && !agent->leaving) {
		ZynReader header = {agent->in.data + used, agent->in.data + agent->in.size, false};
		if (zyn__read_left(&header) < ZYN_AGENT_HEADER_SIZE)
			break;
		uint32_t size = zyn__read_u32(&header);
		uint32_t kind = zyn__read_u16(&header);
		zyn__read_u16(&header);
		uint32_t id = zyn__read_u32(&header);
		if (size > ZYN_AGENT_MESSAGE_MAX)
			return false; /* Rule 1 */
		if (zyn__read_left(&header) < size)
			break;
		ZynReader payload = {header.at, header.at + size, false};
		bool trusted = agent->trusted;
		good = zyn__agent_serve(agent, kind, id, payload) && !agent->out.failed;
		if (!trusted && agent->trusted)
			attach(agent);
		used += ZYN_AGENT_HEADER_SIZE + size;
	}
	zyn__bytes_drop_front(&agent->in, used);
	return good;
}

static bool receive(ZynAgent *agent)
{
	uint8_t *place = zyn__bytes_grow(&agent->in, RECEIVE_BYTES);
	if (!place)
		return false;
	ssize_t got = recv(agent->fd, place, RECEIVE_BYTES, 0);
	agent->in.size -= RECEIVE_BYTES - (size_t)(got > 0 ? got : 0);
	if (got < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
	return got > 0 && serve_messages(agent);
}

static void accept_one(ZynAgent *agent)
{
	int fd = accept(agent->listen_fd, NULL, NULL);
	if (fd < 0)
		return;
	/* The one before may have gone without our having looked. */
	if (agent->fd >= 0 && !receive(agent))
		disconnected(agent);
	if (agent->fd >= 0)
		close(fd); /* one debugger at a time */
	else
		connected(agent, fd, false);
}

/* --- the thread ------------------------------------------------------------------------------- */

static void tick(ZynAgent *agent)
{
	atomic_store_explicit(&agent->changes_left, ZYN_AGENT_CHANGES_MAX, memory_order_relaxed);
	atomic_store_explicit(&agent->calls_left, ZYN_AGENT_CALLS_MAX, memory_order_relaxed);
	bool lost = atomic_exchange_explicit(&agent->changes_lost, false, memory_order_relaxed);
	if (lost && agent->trusted)
		zyn_dbg_changes(agent->rt, 1);
	if (atomic_exchange(&agent->news_lost, false) || lost) {
		ZynNews news = {.kind = ZYN_AGENT_MANY_CHANGED};
		if (agent->fd >= 0 && agent->trusted)
			put_news(agent, &news);
	}
}

static int timeout_ms(ZynAgent *agent)
{
	int left = atomic_load_explicit(&agent->changes_left, memory_order_relaxed);
	if (atomic_load(&agent->stopping))
		return 0;
	bool waits = left < ZYN_AGENT_CHANGES_MAX || atomic_load(&agent->changes_lost) ||
	             atomic_load(&agent->news_lost);
	return waits ? ZYN_AGENT_TICK_MS : -1;
}

static void wait_and_serve(ZynAgent *agent)
{
	struct pollfd fds[3] = {
		{agent->wake_read, POLLIN, 0},
		{agent->fd, POLLIN, 0}, /* a negative descriptor is left out by poll */
		{agent->listen_fd, POLLIN, 0},
	};
	if (agent->out.size > 0)
		fds[1].events |= POLLOUT;
	int ready = poll(fds, 3, timeout_ms(agent));
	if (ready == 0)
		tick(agent);
	if (fds[0].revents & POLLIN) {
		char bytes[64];
		ssize_t got = read(agent->wake_read, bytes, sizeof(bytes));
		(void)got;
		atomic_store(&agent->wake_sent, false);
	}
	drain_news(agent);
	bool good = true;
	if (ready > 0 && agent->fd == fds[1].fd && fds[1].revents & (POLLIN | POLLHUP | POLLERR))
		good = receive(agent);
	if (good && agent->fd >= 0)
		good = send_some(agent);
	if (agent->fd >= 0 && (!good || (agent->leaving && agent->out.size == 0)))
		disconnected(agent);
	if (ready > 0 && fds[2].revents & POLLIN)
		accept_one(agent);
}

/* Sends what is left to a debugger that reads, for a bounded time. */
static void flush(ZynAgent *agent)
{
	drain_news(agent);
	for (int waited_ms = 0; agent->fd >= 0 && waited_ms < ZYN_AGENT_FLUSH_MS;
	     waited_ms += ZYN_AGENT_TICK_MS) {
		if (!send_some(agent) || agent->out.size == 0)
			break;
		struct pollfd fd = {agent->fd, POLLOUT, 0};
		poll(&fd, 1, ZYN_AGENT_TICK_MS);
	}
	if (agent->trusted)
		let_all_go(agent);
	disconnected(agent);
}

static void *run(void *data)
{
	ZynAgent *agent = data;
	if (agent->trusted)
		attach(agent);
	/* No limit: ends when zyn_agent_stop says so. */
	while (!atomic_load(&agent->stopping))
		wait_and_serve(agent);
	flush(agent);
	return NULL;
}

/* --- start and stop --------------------------------------------------------------------------- */

static void agent_free(ZynAgent *agent)
{
	zyn__agent_host_free(agent);
	zyn__bytes_free(&agent->in);
	zyn__bytes_free(&agent->out);
	free(agent->news.items);
	free(agent->armed);
	free(agent->infos);
	free(agent->token);
	if (agent->wake_read >= 0)
		close(agent->wake_read);
	if (agent->wake_write >= 0)
		close(agent->wake_write);
	pthread_cond_destroy(&agent->host_ready);
	pthread_mutex_destroy(&agent->lock);
	free(agent);
}

static ZynAgent *agent_new(ZynRuntime *rt, uint32_t flags)
{
	ZynAgent *agent = calloc(1, sizeof(*agent));
	if (!agent)
		return NULL;
	int pipes[2];
	agent->rt = rt;
	agent->flags = flags;
	agent->fd = agent->listen_fd = agent->wake_read = agent->wake_write = -1;
	atomic_store(&agent->changes_left, ZYN_AGENT_CHANGES_MAX);
	atomic_store(&agent->calls_left, ZYN_AGENT_CALLS_MAX);
	pthread_mutex_init(&agent->lock, NULL);
	pthread_cond_init(&agent->host_ready, NULL);
	if (pipe(pipes) != 0) {
		agent_free(agent);
		return NULL;
	}
	agent->wake_read = pipes[0];
	agent->wake_write = pipes[1];
	for (int i = 0; i < 2; i++) {
		fcntl(pipes[i], F_SETFL, fcntl(pipes[i], F_GETFL) | O_NONBLOCK);
		fcntl(pipes[i], F_SETFD, FD_CLOEXEC);
	}
	return agent;
}

/* Signals belong to the host's threads, not to this one. */
static bool thread_start(ZynAgent *agent)
{
	sigset_t all;
	sigset_t before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&agent->thread, NULL, run, agent);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error == 0;
}

ZynAgent *zyn_agent_start(ZynRuntime *rt, int fd, uint32_t flags)
{
	ZynAgent *agent = agent_new(rt, flags);
	if (!agent)
		return NULL;
	connected(agent, fd, true);
	if (!thread_start(agent)) {
		agent_free(agent);
		return NULL;
	}
	return agent;
}

static int listen_on(uint16_t port, uint16_t *bound)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0)
		return -1;
	int one = 1;
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	socklen_t size = sizeof(address);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 4) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
		int error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	*bound = ntohs(address.sin_port);
	return fd;
}

ZynAgent *zyn_agent_listen(ZynRuntime *rt, uint16_t port, const char *token, uint16_t *bound)
{
	int fd = listen_on(port, bound);
	if (fd < 0)
		return NULL;
	ZynAgent *agent = agent_new(rt, 0);
	if (agent)
		agent->token = strdup(token);
	if (agent && agent->token) {
		agent->token_size = strlen(token);
		agent->listen_fd = fd;
		if (thread_start(agent))
			return agent;
	}
	if (agent)
		agent_free(agent);
	close(fd);
	errno = ENOMEM;
	return NULL;
}

void zyn_agent_stop(ZynAgent *agent)
{
	zyn_agent_close(agent);
	atomic_store(&agent->stopping, true);
	zyn__agent_wake(agent);
	pthread_join(agent->thread, NULL);
	if (agent->listen_fd >= 0)
		close(agent->listen_fd);
	agent_free(agent);
}

int32_t zyn_agent_connected(ZynAgent *agent)
{
	return atomic_load(&agent->generation) != 0;
}
