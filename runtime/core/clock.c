/* The two clocks.  Both start at 0 when the runtime is made; the virtual one is moved by the
 * scheduler only. */
#include "internal.h"

#include <time.h>

uint64_t zyn__monotonic_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t zyn__clock_now(ZynRuntime *rt)
{
	ZynRuntime *head = rt->head;
	if (head->clock == ZYN_CLOCK_VIRTUAL)
		return zyn__get(&head->virtual_now_ns);
	return zyn__monotonic_ns() - head->clock_start_ns;
}

uint64_t zyn__deadline_after(uint64_t now_ns, int64_t timeout_ns)
{
	if (timeout_ns < 0)
		return UINT64_MAX;
	uint64_t deadline_ns = now_ns + (uint64_t)timeout_ns;
	return deadline_ns < now_ns ? UINT64_MAX : deadline_ns;
}

uint64_t zyn_rt_now_ns(ZynRuntime *rt)
{
	return zyn__clock_now(rt);
}
