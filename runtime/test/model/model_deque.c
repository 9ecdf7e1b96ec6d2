/* core/deque.c under every schedule: an item goes to exactly one thread, with what was written
 * before it was pushed, and none is lost, also while the deque grows. */
#include "explorer.h"

#include "deque.h"

#define ITEMS 4

static ZynDeque deque, thief_deque;
static int payload[ITEMS];
static _Atomic int takers[ITEMS];

static void begin(void)
{
	MODEL_CHECK(zyn__deque_init(&deque));
	MODEL_CHECK(zyn__deque_init(&thief_deque));
	for (int i = 0; i < ITEMS; i++) {
		payload[i] = 0;
		atomic_init(&takers[i], 0);
	}
}

static void push(int i)
{
	MODEL_WRITE(&payload[i], i + 1);
	MODEL_CHECK(zyn__deque_push(&deque, &payload[i]));
}

static bool got(void *item)
{
	if (item == NULL || item == ZYN_STEAL_RETRY)
		return false;
	int i = (int)((int *)item - payload);
	MODEL_CHECK(i >= 0 && i < ITEMS);
	MODEL_CHECK(MODEL_READ(&payload[i]) == i + 1);
	takers[i]++; /* a plain operator: one step that nobody can interrupt */
	MODEL_CHECK(takers[i] == 1);
	return true;
}

static void end_with(int pushed)
{
	while (got(zyn__deque_pop(&deque)))
		continue;
	while (got(zyn__deque_take(&thief_deque)))
		continue;
	for (int i = 0; i < ITEMS; i++)
		MODEL_CHECK(takers[i] == (i < pushed));
	MODEL_CHECK(zyn__deque_count(&deque) == 0);
	MODEL_CHECK(zyn__deque_steal(&deque) == NULL);
	zyn__deque_destroy(&deque);
	zyn__deque_destroy(&thief_deque);
}

static void end_2(void)
{
	end_with(2);
}
static void end_3(void)
{
	end_with(3);
}

static void steal_one(void)
{
	got(zyn__deque_steal(&deque));
}
static void steal_two(void)
{
	got(zyn__deque_steal(&deque));
	got(zyn__deque_steal(&deque));
}
static void steal_half(void)
{
	zyn__deque_steal_half(&deque, &thief_deque);
	got(zyn__deque_pop(&thief_deque));
}

static void push_two_pop_two(void)
{
	push(0);
	push(1);
	got(zyn__deque_pop(&deque));
	got(zyn__deque_pop(&deque));
}
static void push_pop_push_pop(void)
{
	push(0);
	got(zyn__deque_pop(&deque));
	push(1);
	got(zyn__deque_pop(&deque));
}
static void push_two_take_pop(void)
{
	push(0);
	push(1);
	got(zyn__deque_take(&deque));
	got(zyn__deque_pop(&deque));
}
static void push_three_pop(void)
{
	push(0);
	push(1);
	push(2); /* the first capacity is 2 here */
	got(zyn__deque_pop(&deque));
}
/* the slots are used a second time, with and without growing */
static void push_two_take_push(void)
{
	push(0);
	push(1);
	got(zyn__deque_take(&deque));
	push(2);
	got(zyn__deque_pop(&deque));
}

int main(int argc, char **argv)
{
	static const ModelScenario scenarios[] = {
		{"pop against one thief", begin, {push_two_pop_two, steal_two}, end_2, 1, 0},
		{"the last item, again and again",
		 begin,
		 {push_pop_push_pop, steal_two},
		 end_2,
		 1,
		 0},
		{"take and pop against one thief",
		 begin,
		 {push_two_take_pop, steal_two},
		 end_2,
		 1,
		 0},
		{"growth against one thief", begin, {push_three_pop, steal_two}, end_3, 0, 0},
		{"slots used again", begin, {push_two_take_push, steal_two}, end_3, 0, 0},
		{"half of it against pop", begin, {push_two_pop_two, steal_half}, end_2, 0, 0},
		{"pop against two thieves",
		 begin,
		 {push_two_pop_two, steal_one, steal_one},
		 end_2,
		 0,
		 0},
		{"take and pop against two thieves",
		 begin,
		 {push_two_take_pop, steal_one, steal_one},
		 end_2,
		 0,
		 0},
		{"growth against two thieves",
		 begin,
		 {push_three_pop, steal_one, steal_one},
		 end_3,
		 -1,
		 0},
	};
	return model_main(argc, argv, scenarios, sizeof scenarios / sizeof scenarios[0]);
}
