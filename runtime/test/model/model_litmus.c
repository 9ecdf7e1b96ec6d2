/* The explorer itself: small programs whose outcomes under C11 are known.  Each scenario lists what
 * its threads read; after the exploration the set of outcomes is compared with the known one, so
 * that an explorer which forbids too much fails as one that allows too much. */
#include "explorer.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static _Atomic int x, y;
static int r[4];
static int data;
/* outcomes seen: bit r[0] + 3 * r[1] + 9 * r[2] + 27 * r[3] */
static bool seen[81];

#define LOAD(object, order) atomic_load_explicit(&object, memory_order_##order)
#define STORE(object, value, order) atomic_store_explicit(&object, value, memory_order_##order)
#define FENCE(order) atomic_thread_fence(memory_order_##order)

static void begin(void)
{
	atomic_init(&x, 0);
	atomic_init(&y, 0);
	memset(r, 0, sizeof r);
	data = 0;
}

static void end(void)
{
	seen[r[0] + 3 * r[1] + 9 * r[2] + 27 * r[3]] = true;
}

/* store buffering */
#define STORE_BUFFERING(name, store_order, between, load_order) \
	static void name##_0(void) \
	{ \
		STORE(x, 1, store_order); \
		between; \
		r[0] = LOAD(y, load_order); \
	} \
	static void name##_1(void) \
	{ \
		STORE(y, 1, store_order); \
		between; \
		r[1] = LOAD(x, load_order); \
	}
STORE_BUFFERING(sb_release, release, (void)0, acquire)
STORE_BUFFERING(sb_seq_cst, seq_cst, (void)0, seq_cst)
STORE_BUFFERING(sb_fence, relaxed, FENCE(seq_cst), relaxed)

/* message passing: r0 the flag, r1 the value */
#define MESSAGE_PASSING(name, before_store, store_order, load_order, after_load) \
	static void name##_0(void) \
	{ \
		STORE(x, 1, relaxed); \
		before_store; \
		STORE(y, 1, store_order); \
	} \
	static void name##_1(void) \
	{ \
		r[0] = LOAD(y, load_order); \
		after_load; \
		r[1] = LOAD(x, relaxed); \
	}
MESSAGE_PASSING(mp_relaxed, (void)0, relaxed, relaxed, (void)0)
MESSAGE_PASSING(mp_release, (void)0, release, acquire, (void)0)
MESSAGE_PASSING(mp_half, (void)0, release, relaxed, (void)0)
MESSAGE_PASSING(mp_fences, FENCE(release), relaxed, relaxed, FENCE(acquire))
MESSAGE_PASSING(mp_one_fence, FENCE(release), relaxed, relaxed, (void)0)

/* coherence: two reads of one location never go back */
static void coherence_0(void)
{
	STORE(x, 1, relaxed);
	STORE(x, 2, relaxed);
}
static void coherence_1(void)
{
	r[0] = LOAD(x, relaxed);
	r[1] = LOAD(x, relaxed);
}

/* a release sequence goes on through another thread's relaxed read-modify-write */
static void sequence_0(void)
{
	STORE(x, 1, relaxed);
	STORE(y, 1, release);
}
static void sequence_1(void)
{
	int expected = 1;
	atomic_compare_exchange_strong_explicit(&y, &expected, 2, memory_order_relaxed,
	                                        memory_order_relaxed);
}
static void sequence_2(void)
{
	r[0] = LOAD(y, acquire);
	r[1] = LOAD(x, relaxed);
}

/* independent reads of independent writes */
#define INDEPENDENT(name, store_order, load_order) \
	static void name##_0(void) \
	{ \
		STORE(x, 1, store_order); \
	} \
	static void name##_1(void) \
	{ \
		STORE(y, 1, store_order); \
	} \
	static void name##_2(void) \
	{ \
		r[0] = LOAD(x, load_order); \
		r[1] = LOAD(y, load_order); \
	} \
	static void name##_3(void) \
	{ \
		r[2] = LOAD(y, load_order); \
		r[3] = LOAD(x, load_order); \
	}
INDEPENDENT(iriw_acquire, release, acquire)
INDEPENDENT(iriw_seq_cst, seq_cst, seq_cst)

static void add_once(void)
{
	atomic_fetch_add_explicit(&x, 1, memory_order_relaxed);
}
static void add_end(void)
{
	r[0] = LOAD(x, relaxed);
	end();
}

typedef struct Litmus {
	ModelScenario scenario;
	const char *outcomes; /* r0 and so on, one after the other, with spaces between */
	uint32_t registers;
} Litmus;

static const Litmus litmus[] = {
	{{"store buffering, release and acquire", begin, {sb_release_0, sb_release_1}, end, 0, 0},
	 "00 01 10 11",
	 2},
	{{"store buffering, seq_cst", begin, {sb_seq_cst_0, sb_seq_cst_1}, end, 0, 0},
	 "01 10 11",
	 2},
	{{"store buffering, seq_cst fences", begin, {sb_fence_0, sb_fence_1}, end, 0, 0},
	 "01 10 11",
	 2},
	{{"message passing, relaxed", begin, {mp_relaxed_0, mp_relaxed_1}, end, 0, 0},
	 "00 01 10 11",
	 2},
	{{"message passing, release and acquire", begin, {mp_release_0, mp_release_1}, end, 0, 0},
	 "00 01 11",
	 2},
	{{"message passing, release and relaxed", begin, {mp_half_0, mp_half_1}, end, 0, 0},
	 "00 01 10 11",
	 2},
	{{"message passing, two fences", begin, {mp_fences_0, mp_fences_1}, end, 0, 0},
	 "00 01 11",
	 2},
	{{"message passing, one fence", begin, {mp_one_fence_0, mp_one_fence_1}, end, 0, 0},
	 "00 01 10 11",
	 2},
	{{"coherence", begin, {coherence_0, coherence_1}, end, 0, 0}, "00 01 02 11 12 22", 2},
	{{"release sequence", begin, {sequence_0, sequence_1, sequence_2}, end, 0, 0},
	 "00 01 11 21",
	 2},
	{{"independent reads, acquire",
	  begin,
	  {iriw_acquire_0, iriw_acquire_1, iriw_acquire_2, iriw_acquire_3},
	  end,
	  1,
	  0},
	 "0000 0001 0010 0011 0100 0101 0110 0111 1000 1001 1010 1011 1100 1101 1110 1111",
	 4},
	{{"independent reads, seq_cst",
	  begin,
	  {iriw_seq_cst_0, iriw_seq_cst_1, iriw_seq_cst_2, iriw_seq_cst_3},
	  end,
	  1,
	  0},
	 "0000 0001 0010 0011 0100 0101 0110 0111 1000 1001 1011 1100 1101 1110 1111",
	 4},
	{{"read-modify-write loses nothing", begin, {add_once, add_once}, add_end, 0, 0}, "2", 1},
};

static bool allowed(const Litmus *test, int outcome)
{
	char text[8];
	for (uint32_t i = 0; i < test->registers; i++, outcome /= 3)
		text[i] = (char)('0' + outcome % 3);
	text[test->registers] = 0;
	return strstr(test->outcomes, text) != NULL;
}

static int check_outcomes(int argc, char **argv, const Litmus *test)
{
	memset(seen, 0, sizeof seen);
	if (model_main(argc, argv, &test->scenario, 1) != 0)
		return 1;
	int limit = 1, wrong = 0;
	for (uint32_t i = 0; i < test->registers; i++)
		limit *= 3;
	for (int outcome = 0; outcome < limit; outcome++)
		if (seen[outcome] != allowed(test, outcome)) {
			fprintf(stderr, "%s: outcome %d is %s\n", test->scenario.name, outcome,
			        seen[outcome] ? "reached, but forbidden"
			                      : "allowed, but not reached");
			wrong = 1;
		}
	return wrong;
}

/* Violations of each kind, each of which must be found. */

static void race_0(void)
{
	MODEL_WRITE(&data, 1);
	STORE(x, 1, relaxed);
}
static void race_1(void)
{
	if (LOAD(x, acquire) == 1)
		MODEL_CHECK(MODEL_READ(&data) == 1);
}

static _Atomic uint32_t word;
static void sleep_begin(void)
{
	begin();
	atomic_init(&word, 0);
}
static void sleep_0(void)
{
	/* looks at one word and sleeps on another */
	if (LOAD(x, seq_cst) == 0)
		model_sleep(&word, 0, false);
}
static void sleep_1(void)
{
	STORE(x, 1, seq_cst);
	model_wake(&word);
}

static void spin_0(void)
{
	while (LOAD(x, relaxed) == 0)
		model_yield();
}

static int *block;
static void free_begin(void)
{
	begin();
	block = model_get(sizeof *block);
	MODEL_WRITE(block, 7);
}
static void free_0(void)
{
	model_put(block);
}
static void free_1(void)
{
	MODEL_CHECK(MODEL_READ(block) == 7);
}

static const ModelScenario broken[] = {
	{"a race on plain memory", begin, {race_0, race_1}, NULL, 0, 0},
	{"a lost wake", sleep_begin, {sleep_0, sleep_1}, NULL, 0, 0},
	{"a spin that nobody ends", begin, {spin_0, race_1}, NULL, 0, 0},
	{"memory used after it was freed", free_begin, {free_0, free_1}, NULL, 0, 0},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof litmus / sizeof litmus[0]; i++)
		if (check_outcomes(argc, argv, &litmus[i]) != 0)
			return 1;
	char *expect_bug[] = {argv[0], "--expect-bug"};
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		if (model_main(2, expect_bug, &broken[i], 1) != 0)
			return 1;
	return 0;
}
