/* The leaf futures that wait for time, for a turn, and for nothing: delay, yield_now, pending.
 *
 * A leaf ends in its first poll or parks with the waker of that poll; a later poll renews the
 * waker, because the task that polls it may be another by then.
 */
#include "internal.h"

/* 292 years in milliseconds: what fits the clock. */
#define DELAY_MS_MAX (INT64_MAX / ZYN_NS_PER_MS)

static int64_t returned(uint32_t *state)
{
	*state = ZYN_STATE_RETURNED;
	return 1;
}

static int64_t cancelled(uint32_t *state, ZynContext *cx)
{
	*state = ZYN_STATE_CANCELLED;
	zyn_fail_cancelled(cx);
	return ZYN_POLL_LOOK;
}

void zyn_delay_init(ZynContext *cx, void *mem, int64_t ms)
{
	(void)cx;
	ZynDelay *delay = mem;
	int64_t clamped_ms = ms < 0 ? 0 : ms > DELAY_MS_MAX ? DELAY_MS_MAX : ms;
	*delay = (ZynDelay){.timer.deadline_tick = (uint64_t)clamped_ms};
}

static void arm(ZynRuntime *rt, ZynDelay *delay, ZynWaker waker)
{
	zyn__team_lock(rt, &rt->wheel_lock);
	delay->timer.waker = waker;
	zyn__wheel_insert(&rt->wheel, &delay->timer);
	zyn__team_unlock(rt, &rt->wheel_lock);
}

/* False when the timer has fired.  The task may have gone to another worker since it was armed. */
static bool renew(ZynRuntime *rt, ZynDelay *delay, ZynWaker waker)
{
	ZynRuntime *armed = zyn__worker(rt, delay->worker);
	zyn__team_lock(armed, &armed->wheel_lock);
	bool waits = zyn__list_linked(&delay->timer.link);
	if (waits)
		delay->timer.waker = waker;
	zyn__team_unlock(armed, &armed->wheel_lock);
	return waits;
}

static void disarm(ZynRuntime *rt, ZynDelay *delay)
{
	ZynRuntime *armed = zyn__worker(rt, delay->worker);
	zyn__team_lock(armed, &armed->wheel_lock);
	zyn__wheel_cancel(&armed->wheel, &delay->timer);
	zyn__team_unlock(armed, &armed->wheel_lock);
}

int64_t zyn_delay_poll(void *mem, ZynContext *cx)
{
	ZynDelay *delay = mem;
	ZynRuntime *rt = cx->runtime;
	if (zyn__attention(cx, ZYN_ATTENTION_CANCEL)) {
		if (delay->state != ZYN_STATE_START)
			disarm(rt, delay);
		return cancelled(&delay->state, cx);
	}
	if (delay->state == ZYN_STATE_START) {
		if (delay->timer.deadline_tick == 0)
			return returned(&delay->state);
		/* Rounded up, so that it never fires early; the clock cannot overflow in our
		 * lifetime. */
		uint64_t now_tick = (zyn__clock_now(rt) + ZYN_NS_PER_MS - 1) / ZYN_NS_PER_MS;
		delay->timer.deadline_tick += now_tick;
		delay->state = 1;
		delay->worker = rt->worker_index;
		arm(rt, delay, cx->waker);
		return 0;
	}
	return renew(rt, delay, cx->waker) ? 0 : returned(&delay->state);
}

void zyn_delay_drop(void *mem)
{
	ZynDelay *delay = mem;
	ZYN_ASSERT(delay->state == ZYN_STATE_START || !zyn__list_linked(&delay->timer.link));
}

void zyn_yield_now_init(ZynContext *cx, void *mem)
{
	(void)cx;
	*zyn__machine_state(mem) = ZYN_STATE_START;
}

int64_t zyn_yield_now_poll(void *mem, ZynContext *cx)
{
	uint32_t *state = mem;
	if (zyn__attention(cx, ZYN_ATTENTION_CANCEL))
		return cancelled(state, cx);
	if (*state != ZYN_STATE_START)
		return returned(state);
	*state = 1;
	zyn__wake_own(cx);
	return 0;
}

void zyn_yield_now_drop(void *mem)
{
	(void)mem;
}

void zyn_pending_init(ZynContext *cx, void *mem)
{
	(void)cx;
	*zyn__machine_state(mem) = ZYN_STATE_START;
}

int64_t zyn_pending_poll(void *mem, ZynContext *cx)
{
	uint32_t *state = mem;
	if (zyn__attention(cx, ZYN_ATTENTION_CANCEL))
		return cancelled(state, cx);
	*state = 1;
	return 0;
}

void zyn_pending_drop(void *mem)
{
	(void)mem;
}
