/* What a running machine does when its attention word is not zero.
 *
 * STOP, FUEL, INTERRUPT and TIMERS may be set by other threads at any time, also too late, when
 * the seat already polls something else.  So each of them only means "look", and this function
 * looks whether there is a reason.  CANCEL is different: compiled code believes it without
 * asking.  Only the thread that polls sets and clears it.
 */
#include "internal.h"

static void quiet(ZynContext *cx, uint64_t bit)
{
	atomic_fetch_and(&cx->attention, ~bit);
}

/* A debugger wants something of this task, or of the runtime in general. */
static void serve_debugger(ZynContext *cx, ZynSite site)
{
	ZynRuntime *rt = cx->runtime;
	/* before looking, so that no later ring is lost */
	quiet(cx, ZYN_ATTENTION_TIMERS | ZYN_ATTENTION_STOP);
	uint64_t deadline_ns = rt->deadline_real_ns;
	zyn__baton_lend(&rt->baton);
	if (rt->team != NULL)
		zyn__team_serve(rt);
	if (rt->head->debugger != NULL && cx->task != NULL && zyn__debug_wants_stop(cx->task))
		zyn__debug_stop_here(cx, ZYN_STOP_PAUSE, site);
	rt->deadline_real_ns = deadline_ns; /* others may have turned the runtime meanwhile */
}

static bool deadline_passed(ZynRuntime *rt)
{
	if (rt->head->debugger != NULL && rt->head->clock == ZYN_CLOCK_VIRTUAL)
		return false; /* somebody may look at a stopped program for as long as they like */
	return rt->deadline_real_ns != UINT64_MAX && zyn__monotonic_ns() >= rt->deadline_real_ns;
}

int32_t zyn_attend(ZynContext *cx, void *sm, ZynSite site)
{
	ZynRuntime *rt = cx->runtime;
	(void)sm;
	if (rt == NULL)
		return 0;
	if (zyn__attention(cx, ZYN_ATTENTION_STOP | ZYN_ATTENTION_TIMERS))
		serve_debugger(cx, site);
	if (zyn__attention(cx, ZYN_ATTENTION_INTERRUPT)) {
		quiet(cx, ZYN_ATTENTION_INTERRUPT);
		if (atomic_load(&rt->head->interrupt) != 0) {
			zyn__fail(cx, ZYN_ERROR_INTERRUPTED, site, "interrupted");
			return 1;
		}
	}
	bool closing = rt->team != NULL && zyn__get(&rt->team->closing) != 0;
	if (closing || zyn__attention(cx, ZYN_ATTENTION_CANCEL) ||
	    (cx->task != NULL && cx->task->cancelling)) {
		zyn_fail_cancelled(cx);
		return 1;
	}
	if (zyn__attention(cx, ZYN_ATTENTION_FUEL)) {
		if (deadline_passed(rt)) { /* stays set: clean-up must not run for ever either */
			zyn__fail(cx, ZYN_ERROR_TIMEOUT, site, "the time limit of this run passed");
			return 1;
		}
		if (zyn__fuel_ticked(rt)) { /* stays set, too */
			zyn__fail(cx, ZYN_ERROR_OUT_OF_FUEL, site,
			          "this poll does not come back and has used up the fuel of this "
			          "run");
			return 1;
		}
		quiet(cx, ZYN_ATTENTION_FUEL);
	}
	return 0;
}
