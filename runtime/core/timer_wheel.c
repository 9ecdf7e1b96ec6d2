/* Timers: 4 wheels of 256 slots, the finest of one millisecond.
 *
 *     level 0   1 ms a slot       covers 256 ms
 *     level 1   256 ms            65 s
 *     level 2   65 s              4.6 h
 *     level 3   4.6 h             49.7 days
 *     far       everything later, looked at again when level 3 has gone round
 *
 * A timer lies on the level of the highest byte in which its deadline differs from now_tick, in
 * the slot that this byte names.  So slots of a higher level are always later than those of a
 * lower one, slots of one level never wrap, and two timers with one deadline are always in one
 * slot, in the order they were set: reaching a slot moves its timers down in that order, and
 * later ones are appended.
 *
 * After Varghese and Lauck, "Hashed and hierarchical timing wheels" (1987); the bitmaps are what
 * tokio and the Linux kernel add to find the next slot without a scan.
 *
 * Owner:   the baton holder.
 *
 * Rule 1.  now_tick only grows, and never past the deadline of a timer that was not fired.
 * Rule 2.  a bit of `occupied` is 0 only if the slot is empty; it may be 1 for a slot whose
 *          timers were cancelled.
 * Rule 3.  `earliest` is not later than any deadline in its slot.
 */
#include "internal.h"

#define SLOT_BITS 8u
#define SLOT_MASK (ZYN_WHEEL_SLOTS - 1)
#define WORD_BITS 64u

static_assert(ZYN_WHEEL_SLOTS == 1u << SLOT_BITS, "a level is one byte of the tick");

void zyn__wheel_init(ZynWheel *wheel)
{
	wheel->now_tick = 0;
	wheel->count = 0;
	for (uint32_t level = 0; level < ZYN_WHEEL_LEVELS; level++) {
		for (uint32_t slot = 0; slot < ZYN_WHEEL_SLOTS; slot++)
			zyn__list_init(&wheel->slots[level][slot]);
		for (uint32_t word = 0; word < ZYN_WHEEL_SLOTS / WORD_BITS; word++)
			wheel->occupied[level][word] = 0;
	}
	zyn__list_init(&wheel->far);
}

static void place(ZynWheel *wheel, ZynTimer *timer)
{
	uint64_t deadline_tick = zyn__timer_tick(timer);
	uint64_t differs = deadline_tick ^ wheel->now_tick;
	ZYN_ASSERT(deadline_tick >= wheel->now_tick); /* Rule 1. */
	if (differs >> (ZYN_WHEEL_LEVELS * SLOT_BITS) != 0) {
		zyn__list_push_back(&wheel->far, &timer->link);
		return;
	}
	uint32_t level = differs == 0 ? 0 : (63u - (uint32_t)__builtin_clzll(differs)) / SLOT_BITS;
	uint32_t slot = (uint32_t)(deadline_tick >> (level * SLOT_BITS)) & SLOT_MASK;
	ZynList *list = &wheel->slots[level][slot];
	if (zyn__list_empty(list) || deadline_tick < wheel->earliest[level][slot])
		wheel->earliest[level][slot] = deadline_tick; /* Rule 3. */
	wheel->occupied[level][slot / WORD_BITS] |= (uint64_t)1 << slot % WORD_BITS;
	zyn__list_push_back(list, &timer->link);
}

void zyn__wheel_insert(ZynWheel *wheel, ZynTimer *timer)
{
	ZYN_ASSERT(!zyn__list_linked(&timer->link));
	if (zyn__timer_tick(timer) < wheel->now_tick)
		zyn__timer_set(timer, wheel->now_tick);
	place(wheel, timer);
	wheel->count++;
}

void zyn__wheel_cancel(ZynWheel *wheel, ZynTimer *timer)
{
	if (!zyn__list_linked(&timer->link))
		return;
	zyn__list_remove(&timer->link);
	ZYN_ASSERT(wheel->count > 0);
	wheel->count--;
}

/* The first slot of `level` from `slot` on that holds a timer, or ZYN_WHEEL_SLOTS.  Clears bits
 * that lie. */
static uint32_t next_slot(ZynWheel *wheel, uint32_t level, uint32_t slot)
{
	while (slot < ZYN_WHEEL_SLOTS) {
		uint64_t bits = wheel->occupied[level][slot / WORD_BITS] >> slot % WORD_BITS;
		if (bits == 0) {
			slot = (slot / WORD_BITS + 1) * WORD_BITS;
			continue;
		}
		slot += (uint32_t)__builtin_ctzll(bits);
		if (!zyn__list_empty(&wheel->slots[level][slot]))
			return slot;
		wheel->occupied[level][slot / WORD_BITS] &= ~((uint64_t)1
		                                              << slot % WORD_BITS); /* Rule 2. */
	}
	return ZYN_WHEEL_SLOTS;
}

/* The tick at which `slot` of `level` begins, given where now_tick is. */
static uint64_t slot_tick(const ZynWheel *wheel, uint32_t level, uint32_t slot)
{
	uint32_t shift = level * SLOT_BITS;
	uint64_t above = wheel->now_tick >> (shift + SLOT_BITS) << (shift + SLOT_BITS);
	return above | (uint64_t)slot << shift;
}

/* Puts every timer of `list` where it belongs now. */
static void replace_all(ZynWheel *wheel, ZynList *list)
{
	ZynList moved;
	zyn__list_init(&moved);
	zyn__list_splice_back(&moved, list);
	ZynList *link;
	/* each timer moves down at most once a level */
	while ((link = zyn__list_pop_front(&moved)) != NULL)
		place(wheel, ZYN_CONTAINER(link, ZynTimer, link));
}

/* Moves now_tick to the next place where a slot begins, at most to `tick`; false when that is as
 * far as it goes. */
static bool step(ZynWheel *wheel, uint64_t tick)
{
	for (uint32_t level = 1; level < ZYN_WHEEL_LEVELS; level++) {
		uint32_t current = (uint32_t)(wheel->now_tick >> (level * SLOT_BITS)) & SLOT_MASK;
		uint32_t slot = next_slot(wheel, level, current + 1);
		if (slot == ZYN_WHEEL_SLOTS)
			continue;
		uint64_t begins_tick = slot_tick(wheel, level, slot);
		if (begins_tick > tick)
			break;
		wheel->now_tick = begins_tick;
		replace_all(wheel, &wheel->slots[level][slot]);
		return true;
	}
	uint64_t round_bits = ZYN_WHEEL_LEVELS * SLOT_BITS;
	uint64_t round_tick = ((wheel->now_tick >> round_bits) + 1) << round_bits;
	bool lower_empty = true;
	for (uint32_t level = 0; level < ZYN_WHEEL_LEVELS; level++)
		lower_empty = lower_empty && next_slot(wheel, level, 0) == ZYN_WHEEL_SLOTS;
	if (!lower_empty || zyn__list_empty(&wheel->far) || round_tick > tick)
		return false;
	/* Nothing is due before the far ones: go to the round of the earliest of them at once. */
	uint64_t earliest_tick = UINT64_MAX;
	for (ZynList *link = wheel->far.next; link != &wheel->far; link = link->next) {
		uint64_t deadline_tick = zyn__timer_tick(ZYN_CONTAINER(link, ZynTimer, link));
		earliest_tick = deadline_tick < earliest_tick ? deadline_tick : earliest_tick;
	}
	uint64_t target_tick = earliest_tick < tick ? earliest_tick : tick;
	wheel->now_tick = target_tick >> round_bits << round_bits;
	replace_all(wheel, &wheel->far);
	return true;
}

ZynTimer *zyn__wheel_expire(ZynWheel *wheel, uint64_t tick)
{
	if (wheel->count == 0) {
		if (tick > wheel->now_tick)
			wheel->now_tick = tick;
		return NULL;
	}
	for (;;) { /* every step moves timers to a lower level, of which there are four */
		uint32_t slot = next_slot(wheel, 0, (uint32_t)wheel->now_tick & SLOT_MASK);
		if (slot != ZYN_WHEEL_SLOTS) {
			uint64_t due_tick = slot_tick(wheel, 0, slot);
			if (due_tick > tick)
				break;
			wheel->now_tick = due_tick;
			ZynList *link = zyn__list_pop_front(&wheel->slots[0][slot]);
			ZynTimer *timer = ZYN_CONTAINER(link, ZynTimer, link);
			ZYN_ASSERT(zyn__timer_tick(timer) == due_tick);
			wheel->count--;
			return timer;
		}
		if (!step(wheel, tick))
			break;
	}
	if (tick > wheel->now_tick)
		wheel->now_tick = tick; /* Rule 1: nothing is due up to here. */
	return NULL;
}

uint64_t zyn__wheel_next(const ZynWheel *wheel)
{
	if (wheel->count == 0)
		return UINT64_MAX;
	ZynWheel *clean = (ZynWheel *)(uintptr_t)
		wheel; /* clearing a bit that lies changes nothing */
	for (uint32_t level = 0; level < ZYN_WHEEL_LEVELS; level++) {
		uint32_t current = (uint32_t)(wheel->now_tick >> (level * SLOT_BITS)) & SLOT_MASK;
		uint32_t slot = next_slot(clean, level, level == 0 ? current : current + 1);
		if (slot != ZYN_WHEEL_SLOTS)
			return wheel->earliest[level][slot];
	}
	uint64_t earliest_tick = UINT64_MAX;
	for (ZynList *link = wheel->far.next; link != &wheel->far; link = link->next) {
		uint64_t deadline_tick = zyn__timer_tick(ZYN_CONTAINER(link, ZynTimer, link));
		earliest_tick = deadline_tick < earliest_tick ? deadline_tick : earliest_tick;
	}
	return earliest_tick;
}

static bool any_in(const ZynList *list, ZynTimerTest *test, void *data)
{
	for (const ZynList *link = list->next; link != list; link = link->next)
		if (test(ZYN_CONTAINER(link, ZynTimer, link), data))
			return true;
	return false;
}

bool zyn__wheel_any(const ZynWheel *wheel, ZynTimerTest *test, void *data)
{
	for (uint32_t level = 0; level < ZYN_WHEEL_LEVELS; level++)
		for (uint32_t slot = 0; slot < ZYN_WHEEL_SLOTS; slot++)
			if (any_in(&wheel->slots[level][slot], test, data))
				return true;
	return any_in(&wheel->far, test, data);
}
