/* The timing wheel of timer_wheel.c. */
#ifndef ZYN_TIMER_WHEEL_H
#define ZYN_TIMER_WHEEL_H

#include "list.h"
#include "zynrt.h"

#include <assert.h>

#define ZYN_WHEEL_LEVELS 4u
#define ZYN_WHEEL_SLOTS 256u

/* 24 bytes, because every task that sleeps has one in its frame.  Whom it wakes is not here: the
 * task in whose frame it lies, or what a larger structure around it says (leaf_time.c). */
typedef struct ZynTimer {
	uint32_t bits;  /* from ZYN_TIMER_SHIFT on the upper bits of the deadline; below, the leaf's
	                 */
	uint32_t lower; /* bits of the deadline, in milliseconds of the runtime clock */
	ZynList link;
} ZynTimer;
static_assert(sizeof(ZynTimer) == 24, "every sleeping task pays for it");

#define ZYN_TIMER_SHIFT 12u
#define ZYN_TIMER_TICK_MAX (((uint64_t)1 << 51) - 1) /* 71,000 years; bit 31 stays clear */

static inline uint64_t zyn__timer_tick(const ZynTimer *timer)
{
	return (uint64_t)(timer->bits >> ZYN_TIMER_SHIFT) << 32 | timer->lower;
}

static inline void zyn__timer_set(ZynTimer *timer, uint64_t deadline_tick)
{
	uint32_t upper = (uint32_t)(deadline_tick >> 32) << ZYN_TIMER_SHIFT;
	timer->bits = upper | (timer->bits & ((1u << ZYN_TIMER_SHIFT) - 1));
	timer->lower = (uint32_t)deadline_tick;
}

typedef struct ZynWheel {
	uint64_t now_tick; /* every timer with a deadline up to here was fired */
	uint64_t count;
	ZynList slots[ZYN_WHEEL_LEVELS][ZYN_WHEEL_SLOTS];
	uint64_t occupied[ZYN_WHEEL_LEVELS][ZYN_WHEEL_SLOTS / 64];
	/* lower bound of the slot's deadlines */
	uint64_t earliest[ZYN_WHEEL_LEVELS][ZYN_WHEEL_SLOTS];
	ZynList far; /* deadlines whose upper 32 bits differ from now_tick's */
} ZynWheel;

#endif
