/* What tests of teams without memory share: which allocation fails, and trying each.
 *
 * Which allocation is the n-th depends on the workers.  From that one on all fail, until the count
 * is set anew. */
#ifndef ZYN_TEAM_MEMORY_SUPPORT_H
#define ZYN_TEAM_MEMORY_SUPPORT_H

#include "support.h"

#define WORKERS 3
#define ENOUGH (INT64_MAX / 2)

static _Atomic int64_t permits = ENOUGH;

static bool permit(size_t bytes)
{
	(void)bytes;
	return atomic_fetch_sub(&permits, 1) > 0;
}

/* The scenario says whether all went well.  `held` counts what must not grow; null: nothing. */
static void each_allocation_of_a_team_fails(bool (*scenario)(ZynRuntime *), int (*held)(void))
{
	int before = held != NULL ? held() : 0;
	int64_t failures = 0;
	bool whole = false;
	for (int64_t n = 0; !whole; n++) {
		CHECK(n < 5000);
		ZynOptions options = {.size = sizeof options, .workers = WORKERS};
		zyn__allocator.permit = permit; /* no other thread is there */
		atomic_store(&permits, n);
		ZynRuntime *rt = zyn_rt_new(&options);
		if (rt != NULL) {
			whole = scenario(rt) && atomic_load(&permits) >= 0;
			atomic_store(&permits, ENOUGH);
			AWAIT_THREAD(zyn_rt_live_objects(rt) == 0);
			CHECK(scenario(rt)); /* as good as before */
			AWAIT_THREAD(zyn_rt_live_objects(rt) == 0);
			zyn_rt_free(rt);
		}
		failures += !whole;
		zyn__allocator.permit = NULL;
		CHECK_EQ(held != NULL ? held() : 0, before);
	}
	CHECK(failures > 5);
}

#endif
