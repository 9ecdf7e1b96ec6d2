/* Parking on one word; the rules are in parker.h. */
#include "parker.h"

#include "futex.h"
#include "internal.h"

void zyn__parker_init(ZynParker *parker)
{
	ZA_INIT(&parker->word, ZYN_PARKER_EMPTY);
}

void zyn__parker_destroy(ZynParker *parker)
{
	ZYN_ASSERT(ZA_LOAD(&parker->word, relaxed) != ZYN_PARKER_PARKED);
}

bool zyn__parker_park(ZynParker *parker, int64_t timeout_ns)
{
	uint32_t word = ZYN_PARKER_TOKEN;
	if (ZA_CAS(&parker->word, &word, ZYN_PARKER_EMPTY, ZYN_PARKER_TAKE_ORDER, relaxed))
		return true; /* Rule 3. */
	if (timeout_ns == 0)
		return false;
	ZYN_ASSERT(word == ZYN_PARKER_EMPTY);
	uint64_t deadline_ns = zyn__futex_deadline(timeout_ns);
	if (!ZA_CAS(&parker->word, &word, ZYN_PARKER_PARKED, relaxed, relaxed)) {
		/* the token came meanwhile; only the owner takes it away */
		ZYN_ASSERT(word == ZYN_PARKER_TOKEN);
		word = ZA_EXCHANGE(&parker->word, ZYN_PARKER_EMPTY, ZYN_PARKER_TAKE_ORDER);
		return true;
	}
	/* Without a limit when the caller set none: then an unpark is what ends it. */
	for (;;) {
		bool in_time = zyn__futex_wait(&parker->word, ZYN_PARKER_PARKED, deadline_ns);
		word = ZYN_PARKER_TOKEN;
		if (ZA_CAS(&parker->word, &word, ZYN_PARKER_EMPTY, ZYN_PARKER_TAKE_ORDER, relaxed))
			return true;
		if (in_time)
			continue;
		/* Late.  A token that comes right now is taken, not left to the next park. */
		word = ZA_EXCHANGE(&parker->word, ZYN_PARKER_EMPTY, ZYN_PARKER_TAKE_ORDER);
		return word == ZYN_PARKER_TOKEN;
	}
}

bool zyn__parker_unpark(ZynParker *parker)
{
	uint32_t before = ZA_EXCHANGE(&parker->word, ZYN_PARKER_TOKEN,
	                              ZYN_PARKER_UNPARK_ORDER); /* Rule 2. */
	if (before == ZYN_PARKER_PARKED)
		zyn__futex_wake(&parker->word);
	return before != ZYN_PARKER_TOKEN;
}
