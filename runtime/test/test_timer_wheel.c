/* The timer wheel against a plain list, with chance from a seed. */
#include "support.h"

#define TIMERS_MAX 400
#define STEPS 20000

typedef struct Model {
	ZynTimer timer;
	uint64_t deadline_tick;
	uint64_t serial; /* order of insertion */
	bool armed;
} Model;

static uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Distances from one slot to beyond the last level. */
static uint64_t random_distance(uint64_t *state)
{
	uint64_t bits = random_next(state) % 36;
	return random_next(state) & (((uint64_t)1 << bits) - 1);
}

static Model *model_first(Model *models, uint64_t tick)
{
	Model *first = NULL;
	for (int i = 0; i < TIMERS_MAX; i++) {
		Model *m = &models[i];
		if (!m->armed || m->deadline_tick > tick)
			continue;
		if (first == NULL || m->deadline_tick < first->deadline_tick ||
		    (m->deadline_tick == first->deadline_tick && m->serial < first->serial))
			first = m;
	}
	return first;
}

static void run_seed(uint64_t seed)
{
	static Model models[TIMERS_MAX];
	ZynWheel *wheel = malloc(sizeof *wheel);
	zyn__wheel_init(wheel);
	memset(models, 0, sizeof models);
	uint64_t state = seed * 2654435761u + 1;
	uint64_t now_tick = 0, serial = 0;
	for (int step = 0; step < STEPS; step++) {
		Model *m = &models[random_next(&state) % TIMERS_MAX];
		uint64_t action = random_next(&state) % 8;
		if (action < 4 && !m->armed) {
			m->deadline_tick = now_tick + random_distance(&state);
			m->serial = serial++;
			m->armed = true;
			zyn__timer_set(&m->timer, m->deadline_tick);
			zyn__wheel_insert(wheel, &m->timer);
		} else if (action < 6 && m->armed) {
			m->armed = false;
			zyn__wheel_cancel(wheel, &m->timer);
		} else if (action == 7) {
			/* Often exactly to a deadline, or to the tick before it. */
			Model *next = model_first(models, UINT64_MAX);
			uint64_t target = now_tick + random_distance(&state);
			if (next != NULL && random_next(&state) % 2)
				target = next->deadline_tick > now_tick
				                 ? next->deadline_tick - random_next(&state) % 2
				                 : now_tick;
			if (target < now_tick)
				target = now_tick;
			if (next != NULL)
				CHECK(zyn__wheel_next(wheel) <= next->deadline_tick);
			else
				CHECK(zyn__wheel_next(wheel) == UINT64_MAX);
			now_tick = target;
			ZynTimer *fired;
			while ((fired = zyn__wheel_expire(wheel, now_tick)) != NULL) {
				Model *expected = model_first(models, now_tick);
				CHECK(expected != NULL);
				CHECK(fired == &expected->timer);
				expected->armed = false;
			}
			CHECK(model_first(models, now_tick) == NULL);
		}
	}
	uint64_t armed = 0;
	for (int i = 0; i < TIMERS_MAX; i++)
		armed += models[i].armed;
	CHECK_EQ(wheel->count, armed);
	free(wheel);
}

static void test_wheel_agrees_with_a_list(void)
{
	for (uint64_t seed = 1; seed <= 30; seed++)
		run_seed(seed);
}

static void test_next_is_exact_when_nothing_was_cancelled(void)
{
	ZynWheel *wheel = malloc(sizeof *wheel);
	zyn__wheel_init(wheel);
	uint64_t deadlines[] = {
		5, 255, 256, 1000, 65536, 70000, 1ull << 24, 1ull << 32, (1ull << 40) + 3};
	ZynTimer timers[9];
	memset(timers, 0, sizeof timers);
	for (int i = 8; i >= 0; i--) {
		zyn__timer_set(&timers[i], deadlines[i]);
		zyn__wheel_insert(wheel, &timers[i]);
		CHECK_EQ(zyn__wheel_next(wheel), deadlines[i]);
	}
	for (int i = 0; i < 9; i++) {
		CHECK(zyn__wheel_expire(wheel, deadlines[i] - 1) == NULL);
		CHECK(zyn__wheel_expire(wheel, deadlines[i]) == &timers[i]);
	}
	free(wheel);
}

int main(void)
{
	RUN(test_wheel_agrees_with_a_list);
	RUN(test_next_is_exact_when_nothing_was_cancelled);
	return 0;
}
