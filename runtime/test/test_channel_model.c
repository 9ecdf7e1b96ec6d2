/* Channels: every rule at once, against a plain queue, without memory, and from several threads. */
#include "channel_support.h"

/* --- against a model -------------------------------------------------------------------------- */

#define MODEL_ACTORS 12
#define MODEL_STEPS 400

typedef struct Model {
	ZynRuntime *rt;
	ZynChannel *channel;
	Chance chance;
	uint64_t queue[COUNTED_MAX]; /* numbers in the channel, in order */
	uint64_t first, last;
	uint64_t capacity;
	uint64_t number; /* of the next value */
	bool closed;
	Actor actors[MODEL_ACTORS];
	int doing[MODEL_ACTORS]; /* 0 nothing, 1 sends, 2 receives */
	uint64_t sending[MODEL_ACTORS];
} Model;

static void model_sent(Model *model, uint64_t number)
{
	CHECK(!model->closed);
	model->queue[model->last++] = number;
	CHECK(model->last - model->first <= model->capacity);
}

static void model_received(Model *model, int64_t number)
{
	if (number == -2) {
		CHECK(model->closed);
		return;
	}
	CHECK(model->first < model->last);
	CHECK_EQ(number, model->queue[model->first++]);
}

static void model_send_ended(Model *model, int i)
{
	int32_t outcome = send_outcome(&model->actors[i]);
	CHECK(outcome == DONE || model->closed);
	if (outcome == DONE)
		model_sent(model, model->sending[i]);
	model->doing[i] = 0;
}

static void model_begin(Model *model, int i)
{
	Actor *actor = &model->actors[i];
	if (chance_below(&model->chance, 2) == 0) {
		model->sending[i] = model->number++;
		model->doing[i] = 1;
		if (send_begin(actor, model->channel, model->sending[i]))
			model_send_ended(model, i);
		return;
	}
	model->doing[i] = 2;
	if (recv_begin(actor, model->channel)) {
		model_received(model, recv_value(actor));
		model->doing[i] = 0;
	}
}

static void model_go_on(Model *model, int i)
{
	Actor *actor = &model->actors[i];
	if (model->doing[i] == 1 && send_poll(actor)) {
		model_send_ended(model, i);
	} else if (model->doing[i] == 2 && recv_poll(actor)) {
		model_received(model, recv_value(actor));
		model->doing[i] = 0;
	}
}

static void model_cancel(Model *model, int i)
{
	bool drops = chance_below(&model->chance, 2) == 0;
	Actor *actor = &model->actors[i];
	if (drops && model->doing[i] == 1)
		zyn_channel_send_drop(&actor->leaf);
	else if (drops)
		zyn_channel_recv_drop(&actor->leaf);
	else
		actor_cancel(actor,
		             model->doing[i] == 1 ? zyn_channel_send_poll : zyn_channel_recv_poll);
	model->doing[i] = 0;
}

static void model_step(Model *model)
{
	int i = (int)chance_below(&model->chance, MODEL_ACTORS);
	uint32_t what = chance_below(&model->chance, 100);
	if (what < 5) {
		uint64_t number = model->number++;
		int32_t outcome = try_send(model->channel, number);
		if (outcome == DONE)
			model_sent(model, number);
	} else if (what < 10) {
		int64_t number = try_recv(model->channel);
		if (number != -1)
			model_received(model, number);
	} else if (model->doing[i] == 0) {
		model_begin(model, i);
	} else if (what < 25) {
		model_cancel(model, i);
	} else {
		model_go_on(model, i);
	}
	ZynChannel *channel = model->channel; /* channel.h, rules 1, 2 and 3 */
	CHECK_EQ(channel->queue.count, model->last - model->first);
	CHECK(channel->receivers_due <= channel->queue.count);
	CHECK(channel->queue.count + channel->senders_due <= model->capacity);
	CHECK(zyn__list_empty(&channel->receivers) ||
	      channel->receivers_due == channel->queue.count);
	CHECK(zyn__list_empty(&channel->senders) ||
	      channel->queue.count + channel->senders_due == model->capacity);
}

/* Polls whoever was woken until nothing moves: nobody may be left who could go on. */
static void model_settle(Model *model)
{
	bool moved = true;
	while (moved) {
		moved = false;
		for (int i = 0; i < MODEL_ACTORS; i++) {
			bool woken = actor_was_woken(&model->actors[i]);
			moved = moved || woken;
			if (woken)
				model_go_on(model, i);
		}
	}
	ZynChannel *channel = model->channel;
	CHECK_EQ(channel->receivers_due, 0);
	CHECK_EQ(channel->senders_due, 0);
	for (int i = 0; i < MODEL_ACTORS; i++) {
		CHECK(model->doing[i] == 0 || !model->closed);
		CHECK(model->doing[i] != 1 || model->last - model->first == model->capacity);
		CHECK(model->doing[i] != 2 || model->first == model->last);
	}
}

static void test_random_interleavings_against_a_queue(void)
{
	static Model model;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		memset(&model, 0, sizeof model);
		model.chance.state = seed;
		model.rt = runtime_new(ZYN_CLOCK_VIRTUAL);
		uint64_t capacity = chance_below(&model.chance, 5);
		model.capacity = capacity != 0 ? capacity : UINT64_MAX;
		model.channel = zyn_channel_new(model.rt, capacity, values.type);
		actors_init(model.actors, MODEL_ACTORS, model.rt);
		for (int i = 0; i < MODEL_STEPS; i++) {
			model_step(&model);
			if (chance_below(&model.chance, 40) == 0)
				model_settle(&model);
		}
		zyn_channel_close(model.channel);
		model.closed = true;
		model_settle(&model);
		int64_t number;
		while ((number = try_recv(model.channel)) != -2)
			model_received(&model, number);
		CHECK_EQ(model.first, model.last);
		end(model.rt, model.channel);
	}
}

/* --- failing allocations ---------------------------------------------------------------------- */

/* Fills an unbounded channel beyond a ring, has a sender wait for a bounded one. */
static bool channel_scenario(ZynRuntime *rt)
{
	ZynChannel *unbounded = zyn_channel_new(rt, 0, values.type);
	ZynChannel *bounded = zyn_channel_new(rt, 1, values.type);
	bool complete = unbounded != NULL && bounded != NULL;
	Actor a;
	actor_init(&a, rt);
	uint64_t sent = 0;
	for (uint64_t i = 0; unbounded != NULL && i < 1200; i++) {
		int32_t outcome = try_send(unbounded, i);
		CHECK(outcome == DONE || outcome == ZYN_OUTCOME_OUT_OF_MEMORY);
		complete = complete && outcome == DONE;
		if (outcome != DONE)
			break;
		sent++;
	}
	for (uint64_t i = 0; i < sent; i++) /* nothing is lost */
		CHECK_EQ(try_recv(unbounded), i);
	if (bounded != NULL) {
		CHECK_EQ(try_send(bounded, 1), DONE);
		if (send_begin(&a, bounded, 2)) {
			CHECK_EQ(actor_failure(&a), ZYN_ERROR_OUT_OF_MEMORY);
			complete = false;
		} else {
			CHECK_EQ(try_recv(bounded), 1);
			CHECK(send_poll(&a));
			CHECK_EQ(send_outcome(&a), DONE);
		}
	}
	zyn_object_release(unbounded);
	zyn_object_release(bounded);
	values_all_gone();
	return complete;
}

static void test_failing_allocations(void)
{
	fail_each_allocation(channel_scenario);
}

/* --- threads ---------------------------------------------------------------------------------- */

#define THREAD_VALUES 3000

typedef struct Side {
	ZynRuntime *rt;
	ZynChannel *channel;
	uint64_t from; /* of a sender: its first number */
	uint64_t received;
	uint64_t sum;
} Side;

static void *sender_thread(void *data)
{
	Side *side = data;
	Actor a;
	actor_init(&a, side->rt);
	for (uint64_t i = 0; i < THREAD_VALUES; i++) {
		bool ended = send_begin(&a, side->channel, side->from + i);
		while (!ended) {
			actor_sleep(&a);
			ended = send_poll(&a);
		}
		CHECK_EQ(send_outcome(&a), DONE);
	}
	zyn_sender_release(side->channel);
	return NULL;
}

/* Cancels one receive in seven, and must not lose anything by it. */
static void *receiver_thread(void *data)
{
	Side *side = data;
	Actor a;
	actor_init(&a, side->rt);
	int64_t newest[2] = {-1, -1};
	for (uint64_t tries = 0;; tries++) {
		bool ended = recv_begin(&a, side->channel);
		if (!ended && tries % 7 == 0) {
			actor_cancel(&a, zyn_channel_recv_poll);
			continue;
		}
		while (!ended) {
			actor_sleep(&a);
			ended = recv_poll(&a);
		}
		int64_t number = recv_value(&a);
		if (number == -2)
			break;
		int sender = number >= THREAD_VALUES;
		CHECK(number > newest[sender]); /* first in, first out for each sender */
		newest[sender] = number;
		side->received++;
		side->sum += (uint64_t)number;
	}
	zyn_receiver_release(side->channel);
	return NULL;
}

static void run_threads(uint64_t capacity)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynChannel *channel = zyn_channel_new(rt, capacity, values.type);
	pthread_t threads[4];
	Side sides[4];
	for (int i = 0; i < 4; i++) {
		void *handle = i < 2 ? zyn_sender_new(channel) : zyn_receiver_new(channel);
		sides[i] = (Side){rt, handle, (uint64_t)i * THREAD_VALUES, 0, 0};
	}
	zyn_object_release(channel);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, i < 2 ? sender_thread : receiver_thread,
		                        &sides[i]),
		         0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	uint64_t all = 2 * THREAD_VALUES;
	CHECK_EQ(sides[2].received + sides[3].received, all);
	CHECK_EQ(sides[2].sum + sides[3].sum, all * (all - 1) / 2);
	runtime_end(rt);
	values_all_gone();
}

static void test_threads_lose_nothing(void)
{
	uint64_t capacities[] = {1, 2, 64, 0};
	for (int i = 0; i < 4; i++)
		run_threads(capacities[i]);
}

static void run_all(Values these)
{
	values = these;
	RUN(test_random_interleavings_against_a_queue);
	RUN(test_failing_allocations);
	RUN(test_threads_lose_nothing);
}

int main(void)
{
	run_all(values_small);
	run_all(values_large);
	return 0;
}
