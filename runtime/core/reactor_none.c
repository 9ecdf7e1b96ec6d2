/* Where there is no poller yet: every IO operation fails with "Function not implemented".
 *
 * What a new one has to give are the four functions below; kqueue maps onto them one to one
 * (EV_CLEAR is the edge, EV_EOF the end of reading).
 */
#if !defined(__linux__)

#include "system.h"

int zyn__poll_open(void)
{
	errno = ENOSYS;
	return -1;
}

int zyn__poll_kick_fd(void)
{
	errno = ENOSYS;
	return -1;
}

int zyn__poll_control(int poll_fd, enum ZynPollChange change, int fd, uint32_t interest,
                      uint64_t data)
{
	(void)poll_fd, (void)change, (void)fd, (void)interest, (void)data;
	errno = ENOSYS;
	return -1;
}

int zyn__poll_wait(int poll_fd, ZynPollEvent *out, int events_max, int64_t timeout_ns)
{
	(void)poll_fd, (void)out, (void)events_max, (void)timeout_ns;
	errno = ENOSYS;
	return -1;
}

#else
typedef int ZynNothing; /* a file without a declaration is no C */
#endif
