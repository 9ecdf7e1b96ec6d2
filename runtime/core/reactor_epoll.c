/* The poller of Linux: epoll, edge-triggered.
 *
 * The wake descriptor of the runtime is registered without interest flags of ours and stays
 * level-triggered: whoever turns the runtime drains it, and until then no wait shall block.
 */
#if defined(__linux__)

#include "reactor.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* Set once when the kernel has no wait with nanoseconds (before Linux 5.11). */
static _Atomic uint32_t only_milliseconds;

int zyn__poll_open(void)
{
	return epoll_create1(EPOLL_CLOEXEC);
}

int zyn__poll_kick_fd(void)
{
	return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

int zyn__poll_control(int poll_fd, enum ZynPollChange change, int fd, uint32_t interest,
                      uint64_t data)
{
	static const int operations[] = {
		[ZYN_POLL_ADD] = EPOLL_CTL_ADD,
		[ZYN_POLL_MODIFY] = EPOLL_CTL_MOD,
		[ZYN_POLL_REMOVE] = EPOLL_CTL_DEL,
	};
	struct epoll_event event = {.data.u64 = data};
	if (interest == 0)
		event.events = EPOLLIN;
	else
		event.events = EPOLLET | EPOLLRDHUP;
	if (interest & ZYN_READY_READ)
		event.events |= EPOLLIN | EPOLLPRI;
	if (interest & ZYN_READY_WRITE)
		event.events |= EPOLLOUT;
	return epoll_ctl(poll_fd, operations[change], fd, &event);
}

static uint32_t ready_bits(uint32_t events)
{
	uint32_t bits = 0;
	if (events & (EPOLLIN | EPOLLPRI))
		bits |= ZYN_READY_READ;
	if (events & EPOLLPRI)
		bits |= ZYN_READY_URGENT;
	if (events & EPOLLOUT)
		bits |= ZYN_READY_WRITE;
	if (events & EPOLLRDHUP)
		bits |= ZYN_READY_READ_END;
	if (events & EPOLLHUP)
		bits |= ZYN_READY_HANGUP;
	if (events & EPOLLERR)
		bits |= ZYN_READY_ERROR;
	return bits;
}

static int wait_milliseconds(int poll_fd, struct epoll_event *events, int events_max,
                             int64_t timeout_ns)
{
	int timeout_ms = -1;
	if (timeout_ns >= 0) { /* rounded up: to wake early is to spin */
		int64_t ms = timeout_ns / ZYN_NS_PER_MS + (timeout_ns % ZYN_NS_PER_MS != 0);
		timeout_ms = ms > INT32_MAX ? INT32_MAX : (int)ms;
	}
	return epoll_wait(poll_fd, events, events_max, timeout_ms);
}

int zyn__poll_wait(int poll_fd, ZynPollEvent *out, int events_max, int64_t timeout_ns)
{
	struct epoll_event events[ZYN_EVENTS_MAX];
	events_max = events_max < ZYN_EVENTS_MAX ? events_max : ZYN_EVENTS_MAX;
	int count = -1;
	bool exact = timeout_ns > 0 && !zyn__get(&only_milliseconds);
	if (exact) {
		struct timespec timeout = {
			.tv_sec = (time_t)(timeout_ns / 1000000000),
			.tv_nsec = (long)(timeout_ns % 1000000000),
		};
		count = epoll_pwait2(poll_fd, events, events_max, &timeout, NULL);
		if (count < 0 && (errno == ENOSYS || errno == EPERM)) { /* old, or forbidden */
			zyn__set(&only_milliseconds, 1);
			exact = false;
		}
	}
	if (!exact)
		count = wait_milliseconds(poll_fd, events, events_max, timeout_ns);
	for (int i = 0; i < count; i++)
		out[i] = (ZynPollEvent){events[i].data.u64, ready_bits(events[i].events)};
	return count;
}

#endif
