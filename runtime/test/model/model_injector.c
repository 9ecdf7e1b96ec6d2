/* core/injector.c under every schedule: every item comes out once, one producer's in order, and a
 * segment is neither used after it was freed nor lost. */
#include "explorer.h"

#include "injector.h"

#define ITEMS 4

static ZynInjector queue;
static int payload[ITEMS];
static int taken_count;
static int taken[ITEMS]; /* in the order in which they were taken */

static void begin(void)
{
	MODEL_CHECK(zyn__injector_init(&queue));
	taken_count = 0;
	for (int i = 0; i < ITEMS; i++)
		payload[i] = 0;
}

static void push(int i)
{
	MODEL_WRITE(&payload[i], i + 1);
	MODEL_CHECK(zyn__injector_push(&queue, &payload[i]));
}

static void got(void *item)
{
	if (item == NULL)
		return;
	int i = (int)((int *)item - payload);
	MODEL_CHECK(i >= 0 && i < ITEMS);
	MODEL_CHECK(MODEL_READ(&payload[i]) == i + 1);
	for (int j = 0; j < taken_count; j++)
		MODEL_CHECK(taken[j] != i);
	taken[taken_count++] = i;
}

static void end_with(int pushed)
{
	void *item;
	while ((item = zyn__injector_pop(&queue)) != NULL)
		got(item);
	MODEL_CHECK(taken_count == pushed);
	MODEL_CHECK(zyn__injector_count(&queue) == 0);
	zyn__injector_destroy(&queue);
}
static void end_2(void)
{
	end_with(2);
}
static void end_3(void)
{
	end_with(3);
}

static void push_0(void)
{
	push(0);
}
static void push_1(void)
{
	push(1);
}
/* the segments hold one item here, so each push adds one and each pop frees one */
static void push_0_1(void)
{
	push(0);
	push(1);
}
static void push_many(void)
{
	void *items[3] = {&payload[0], &payload[1], &payload[2]};
	for (int i = 0; i < 3; i++)
		MODEL_WRITE(&payload[i], i + 1);
	MODEL_CHECK(zyn__injector_push_many(&queue, items, 3));
}
static void pop_two(void)
{
	got(zyn__injector_pop(&queue));
	got(zyn__injector_pop(&queue));
}
static void pop_two_in_order(void)
{
	void *first = zyn__injector_pop(&queue);
	void *second = zyn__injector_pop(&queue);
	if (second != NULL)
		MODEL_CHECK(first == NULL || first < second);
	got(first);
	got(second);
}
static void pop_many(void)
{
	void *items[3];
	uint32_t count = zyn__injector_pop_many(&queue, items, 3);
	for (uint32_t i = 0; i < count; i++) {
		MODEL_CHECK(i == 0 || (int *)items[i] == (int *)items[i - 1] + 1);
		got(items[i]);
	}
}

int main(int argc, char **argv)
{
	static const ModelScenario scenarios[] = {
		{"one producer, one consumer", begin, {push_0_1, pop_two_in_order}, end_2, 0, 0},
		{"many at a time", begin, {push_many, pop_many}, end_3, 0, 0},
		{"two producers, one consumer", begin, {push_0, push_1, pop_two}, end_2, 0, 0},
		{"one producer, two consumers", begin, {push_0_1, pop_two, pop_many}, end_2, -1, 0},
	};
	return model_main(argc, argv, scenarios, sizeof scenarios / sizeof scenarios[0]);
}
