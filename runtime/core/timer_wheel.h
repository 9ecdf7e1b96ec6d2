/* The timing wheel of timer_wheel.c. */
#ifndef ZYN_TIMER_WHEEL_H
#define ZYN_TIMER_WHEEL_H

#include "list.h"
#include "zynrt.h"

#define ZYN_WHEEL_LEVELS 4u
#define ZYN_WHEEL_SLOTS 256u

typedef struct ZynTimer {
	ZynList link;
	uint64_t deadline_tick; /* milliseconds of the runtime clock */
	ZynWaker waker;
} ZynTimer;

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
