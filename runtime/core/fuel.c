/* How much a runtime may still do.
 *
 * One unit is one poll of a task, or one direct call of a host.  A task that is to be polled when
 * no unit is left is cancelled instead, and ends as failed with OUT_OF_FUEL; so does a direct
 * call, which then is not made.  Units depend on the program alone: a deterministic run ends at
 * the same poll every time.
 *
 * Compiled loops count nothing, since that would cost every program that is never bounded.  For
 * the poll that does not come back there is the watchdog: it ticks, and a poll that sees
 * ZYN_FUEL_TICKS ticks has used up all that is left.  A tick is long, so that a slow machine does
 * not change what a deterministic run does, and none counts while a debugger is attached.
 *
 * Not counted: foreign machines, which the runtime polls in every round for as long as they wait,
 * and promises that an await polls in place, as part of its own poll.
 *
 * Rule 1.  fuel is shared by all workers; fuel_polls and fuel_ticks belong to whoever holds the
 *          worker's baton.
 */
#include "internal.h"

#define ZYN_FUEL_TICKS 4u

bool zyn__fuel_is_bounded(ZynRuntime *rt)
{
	return zyn__get(&rt->head->fuel) != UINT64_MAX;
}

bool zyn__fuel_burn(ZynRuntime *rt)
{
	_Atomic uint64_t *fuel = &rt->head->fuel;
	uint64_t left = zyn__get(fuel);
	do { /* ends: a failed exchange means that another worker's succeeded */
		if (left == UINT64_MAX)
			return true;
		if (left == 0)
			return false;
	} while (!atomic_compare_exchange_weak(fuel, &left, left - 1));
	return true;
}

void zyn__fuel_call_begins(ZynRuntime *rt)
{
	rt->fuel_ticks = 0;
}

bool zyn__fuel_ticked(ZynRuntime *rt)
{
	if (!zyn__fuel_is_bounded(rt) || rt->head->debugger != NULL)
		return false;
	uint64_t polls = zyn__get(&rt->polls_total);
	if (rt->fuel_polls != polls) {
		rt->fuel_polls = polls;
		rt->fuel_ticks = 0;
	}
	if (++rt->fuel_ticks < ZYN_FUEL_TICKS)
		return false;
	zyn__set(&rt->head->fuel, 0);
	return true;
}

uint64_t zyn_rt_fuel(ZynRuntime *rt)
{
	return zyn__get(&rt->head->fuel);
}

void zyn_rt_refuel(ZynRuntime *rt, uint64_t fuel)
{
	ZynEntry entry;
	zyn__enter(&entry, rt);
	zyn__set(&rt->head->fuel, fuel);
	zyn__watch_update(rt);
	if (fuel != UINT64_MAX)
		zyn__watchdog_tick(rt->head);
	zyn__leave(&entry);
}
