/* How deep a poll may go. */
#include "internal.h"

#if defined(__APPLE__)
#include <pthread.h>
#endif

/* Used where the system cannot say where the stack ends. */
#define STACK_BYTES_GUESS ((uintptr_t)512 * 1024)

static _Thread_local uintptr_t stack_lowest __attribute__((tls_model("initial-exec")));

/* The lowest address of this thread's stack; asked once per thread because the main thread's
 * answer is read from a file. */
static uintptr_t lowest(uintptr_t here)
{
	if (stack_lowest != 0)
		return stack_lowest;
	stack_lowest = here > STACK_BYTES_GUESS ? here - STACK_BYTES_GUESS : 1;
#if defined(__APPLE__)
	pthread_t self = pthread_self();
	stack_lowest = (uintptr_t)pthread_get_stackaddr_np(self) - pthread_get_stacksize_np(self);
#elif defined(__linux__) || defined(__FreeBSD__)
	pthread_attr_t attributes;
	void *address = NULL;
	size_t bytes = 0;
	if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
		if (pthread_attr_getstack(&attributes, &address, &bytes) == 0 && address != NULL)
			stack_lowest = (uintptr_t)address;
		pthread_attr_destroy(&attributes);
	}
#endif
	return stack_lowest;
}

uintptr_t zyn__stack_limit(uint64_t stack_bytes)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	uintptr_t limit = lowest(here) + ZYN_STACK_MARGIN_BYTES;
	if (stack_bytes != 0 && stack_bytes < here && here - stack_bytes > limit)
		limit = here - stack_bytes;
	return limit;
}
