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

/* --- delay ------------------------------------------------------------------------------------ */

/* Bits of a delay that waits, below its deadline; nothing that they make up is another state. */
#define WAITS 1u /* always */
#define FAR 2u   /* the timer in the wheel is that of a ZynFarTimer, to which `link.next` points */
#define WORKER_SHIFT 2u
#define WORKER_MASK 127u /* the index of the one whose wheel the timer is in */
static_assert(ZYN_WORKERS_MAX <= WORKER_MASK, "a delay names its worker");

/* Of a delay that cannot wake the task in whose frame it lies: the timer, and the waker. */
typedef struct ZynFarTimer {
	ZynTimer timer;
	ZynWaker waker;
} ZynFarTimer;

static bool is_far(const ZynDelay *delay)
{
	return (delay->state & FAR) != 0;
}

static bool waits(const ZynDelay *delay)
{
	return delay->state != ZYN_STATE_START && !zyn__state_ended(delay->state);
}

uint64_t zyn__delay_tick(const ZynDelay *delay)
{
	return waits(delay) ? zyn__timer_tick(&delay->timer) : 0;
}

/* What the wheel holds for `delay`. */
static ZynTimer *timer_of(ZynDelay *delay)
{
	return is_far(delay) ? &((ZynFarTimer *)(void *)delay->timer.link.next)->timer
	                     : &delay->timer;
}

static ZynRuntime *armed_in(ZynRuntime *rt, const ZynDelay *delay)
{
	return zyn__worker(rt, delay->state >> WORKER_SHIFT & WORKER_MASK);
}

/* The task in whose block `timer` lies. */
static ZynTask *task_around(const ZynTimer *timer)
{
	const ZynChunk *chunk = zyn__chunk((const ZynTask *)(const void *)timer);
	size_t offset = (size_t)((const char *)timer - (const char *)chunk);
	return zyn__task_at(chunk, zyn__block_index(chunk, offset));
}

static bool lies_in(const ZynDelay *delay, ZynTask *task)
{
	const char *frame = zyn__task_machine(task);
	const char *here = (const char *)delay;
	/* The frame may be larger than what the mask of zyn__chunk reaches. */
	return here >= frame && here < frame + zyn__task_header(task)->descriptor->size &&
	       zyn__chunk((const ZynTask *)(const void *)delay) == zyn__chunk(task);
}

/* Whether woken_by finds whom the waker of `cx` wakes: the delay lies in the frame of the task that
 * is polled, or of what that polls in place.  In a team it may be another worker that looks, to
 * whom the await of the latter is a secret. */
static bool is_near(const ZynDelay *delay, ZynContext *cx)
{
	const ZynAwait *await = ZYN_CONTAINER(cx, ZynSeat, cx)->in_place;
	if (await != NULL && cx->runtime->team == NULL &&
	    lies_in(delay, zyn__task_of_promise(await->promise)))
		return cx->waker.data == await->joiner.waker.data;
	return cx->task != NULL && lies_in(delay, cx->task) &&
	       cx->waker.data == zyn__task_waker(cx->task).data;
}

static ZynWaker woken_by(const ZynTimer *timer)
{
	if ((timer->bits & FAR) != 0)
		return ZYN_CONTAINER(timer, ZynFarTimer, timer)->waker;
	ZynTask *task = task_around(timer);
	bool in_place = !zyn__flag(task, ZYN_FRAME_TASK) && task->owner != NULL;
	return in_place ? task->owner->joiner.waker : zyn__task_waker(task);
}

ZynTask *zyn__timer_task(ZynRuntime *rt, const ZynTimer *timer)
{
	return zyn__waker_task(rt, woken_by(timer));
}

void zyn__timer_fire(ZynRuntime *rt, ZynTimer *timer)
{
	zyn__waker_call(rt, woken_by(timer));
}

void zyn_delay_init(ZynContext *cx, void *mem, int64_t ms)
{
	(void)cx;
	ZynDelay *delay = mem;
	int64_t clamped_ms = ms < 0 ? 0 : ms > DELAY_MS_MAX ? DELAY_MS_MAX : ms;
	/* The links are free until there is a deadline, and the state must be that of a start. */
	*delay = (ZynDelay){.state = ZYN_STATE_START};
	delay->timer.link.prev = (ZynList *)(uintptr_t)clamped_ms;
}

static int64_t set_timer(ZynRuntime *rt, ZynDelay *delay)
{
	zyn__team_lock(rt, &rt->wheel_lock);
	zyn__wheel_insert(&rt->wheel, timer_of(delay));
	zyn__team_unlock(rt, &rt->wheel_lock);
	return 0;
}

static int64_t arm(ZynDelay *delay, ZynContext *cx, uint64_t deadline_tick)
{
	ZynRuntime *rt = cx->runtime;
	uint32_t bits = WAITS | rt->worker_index << WORKER_SHIFT;
	delay->timer = (ZynTimer){.bits = bits};
	zyn__timer_set(&delay->timer, deadline_tick);
	if (is_near(delay, cx))
		return set_timer(rt, delay);
	ZynFarTimer *far = zyn__block_new(rt, sizeof *far);
	if (far == NULL) {
		delay->state = ZYN_STATE_FAILED;
		zyn__error_set(cx, zyn__error_constant(ZYN_ERROR_OUT_OF_MEMORY));
		return ZYN_POLL_LOOK;
	}
	delay->state |= FAR;
	*far = (ZynFarTimer){.timer = delay->timer, .waker = cx->waker};
	delay->timer.link.next = (ZynList *)(void *)far;
	return set_timer(rt, delay);
}

/* Takes the timer out of its wheel; whether it had not fired. */
static bool disarm(ZynRuntime *rt, ZynDelay *delay)
{
	ZynRuntime *armed = armed_in(rt, delay);
	ZynTimer *timer = timer_of(delay);
	zyn__team_lock(armed, &armed->wheel_lock);
	bool waited = zyn__list_linked(&timer->link);
	zyn__wheel_cancel(&armed->wheel, timer);
	zyn__team_unlock(armed, &armed->wheel_lock);
	if (is_far(delay))
		zyn__block_release(ZYN_CONTAINER(timer, ZynFarTimer, timer));
	return waited;
}

/* False when the timer has fired.  The task may have gone to another worker since it was armed. */
static bool renew(ZynRuntime *rt, ZynDelay *delay, ZynWaker waker)
{
	ZynRuntime *armed = armed_in(rt, delay);
	ZynTimer *timer = timer_of(delay);
	zyn__team_lock(armed, &armed->wheel_lock);
	bool waited = zyn__list_linked(&timer->link);
	if (waited && is_far(delay))
		ZYN_CONTAINER(timer, ZynFarTimer, timer)->waker = waker;
	zyn__team_unlock(armed, &armed->wheel_lock);
	return waited;
}

int64_t zyn_delay_poll(void *mem, ZynContext *cx)
{
	ZynDelay *delay = mem;
	ZynRuntime *rt = cx->runtime;
	if (zyn__attention(cx, ZYN_ATTENTION_CANCEL)) {
		if (waits(delay))
			disarm(rt, delay);
		return cancelled(&delay->state, cx);
	}
	if (delay->state == ZYN_STATE_START) {
		uint64_t ms = (uintptr_t)delay->timer.link.prev;
		if (ms == 0)
			return returned(&delay->state);
		/* Rounded up, so that it never fires early; the clock cannot overflow in our
		 * lifetime. */
		uint64_t now_tick = (zyn__clock_now(rt) + ZYN_NS_PER_MS - 1) / ZYN_NS_PER_MS;
		return arm(delay, cx, now_tick + ms);
	}
	if (!waits(delay))
		return returned(&delay->state);
	if (renew(rt, delay, cx->waker)) {
		if (is_far(delay) || is_near(delay, cx))
			return 0;
		uint64_t deadline_tick = zyn__timer_tick(&delay->timer);
		if (disarm(rt, delay)) /* somebody else is to be woken from now on */
			return arm(delay, cx, deadline_tick);
		return returned(&delay->state);
	}
	if (is_far(delay))
		disarm(rt, delay);
	return returned(&delay->state);
}

void zyn_delay_drop(void *mem)
{
	ZynDelay *delay = mem;
	ZYN_ASSERT(!waits(delay));
}

/* --- yield_now, pending ----------------------------------------------------------------------- */

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
