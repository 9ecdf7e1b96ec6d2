/* core/channel.c, oneshot.c and object.c under every schedule: a value is received once or is still
 * there, nobody who could go on sleeps for ever, closing is seen, and the object is freed once.
 *
 * A task here is a thread with a parker, whose waker unparks it. */
#include "explorer.h"

#include "channel.h"
#include "parker.h"
#if defined(ZYN_MODEL_BIASED_LOCK)
#include "biased_lock.h"
#endif

#include <string.h>

static ZynParker parkers[MODEL_THREADS_MAX];
static ZynContext contexts[MODEL_THREADS_MAX];
static ZynChannel *channel;
static ZynOneshot *oneshot;
static int64_t received[8]; /* how often each value came out */
static int64_t sent[8];
static uint32_t blocks; /* alive */
static ZynRuntime runtime;

static const ZynTypeInfo type_i64 = {.size = 8, .align = 8, .kind = ZYN_KIND_I64, .name = "i64"};

/* --- what the files need of the runtime ------------------------------------------------------- */

void zyn__enter(ZynEntry *entry, ZynRuntime *rt)
{
	entry->runtime = rt;
}

ZynRuntime *zyn__here(ZynRuntime *rt)
{
	return rt;
}

void zyn__leave(ZynEntry *entry)
{
	(void)entry;
}

void *zyn__block_new(ZynRuntime *rt, size_t bytes)
{
	(void)rt;
	blocks++;
	return model_get(bytes);
}

void zyn__block_release(void *block)
{
	blocks--;
	model_put(block);
}

uint64_t zyn__task_id_of(ZynContext *cx)
{
	return 1 + (uint64_t)(cx - contexts);
}

void zyn_waker_wake(ZynWaker waker)
{
	if (waker.fn != NULL)
		waker.fn(waker.data);
}

void zyn_fail_cancelled(ZynContext *cx)
{
	cx->error.tag = 1;
}

/* Failures other than a cancel, and time limits, are not in these scenarios. */
#define ABSENT(declaration) \
	declaration \
	{ \
		model_violation("%s is called", __func__); \
	}
ABSENT(void zyn__error_set(ZynContext *cx __attribute__((unused)),
                           ZynError *error __attribute__((unused))))
ABSENT(ZynError *zyn__error_constant(uint32_t code __attribute__((unused))))
ABSENT(ZynError *zyn__error_take(ZynContext *cx __attribute__((unused))))
ABSENT(void zyn_error_release(ZynError *error __attribute__((unused))))
ABSENT(void zyn_delay_init(ZynContext *cx __attribute__((unused)),
                           void *mem __attribute__((unused)), int64_t ms __attribute__((unused))))
ABSENT(int64_t zyn_delay_poll(void *mem __attribute__((unused)),
                              ZynContext *cx __attribute__((unused))))
ABSENT(void zyn_delay_drop(void *mem __attribute__((unused))))

/* --- tasks ------------------------------------------------------------------------------------ */

static void unpark(void *parker)
{
	zyn__parker_unpark(parker);
}

static ZynContext *self(void)
{
	return &contexts[model_self()];
}

static void park(void)
{
	zyn__parker_park(&parkers[model_self()], -1);
}

static int32_t send(int64_t value)
{
	ZynSendLeaf leaf;
	memset(&leaf, 0, sizeof leaf);
	zyn_channel_send_init(self(), &leaf, channel, &value);
	while (zyn_channel_send_poll(&leaf, self()) == 0)
		park();
	int32_t outcome = zyn_channel_send_take(&leaf, NULL);
	sent[value] += outcome == ZYN_OUTCOME_DONE;
	return outcome;
}

static void count(int64_t value)
{
	MODEL_CHECK(value >= 0 && value < 8);
	received[value]++;
	MODEL_CHECK(received[value] == 1);
}

static int32_t recv(void)
{
	ZynRecvLeaf leaf;
	memset(&leaf, 0, sizeof leaf);
	int64_t value = -1;
	zyn_channel_recv_init(self(), &leaf, channel);
	while (zyn_channel_recv_poll(&leaf, self()) == 0)
		park();
	int32_t outcome = zyn_channel_recv_take(&leaf, &value);
	if (outcome == ZYN_OUTCOME_DONE)
		count(value);
	return outcome;
}

/* Gives up after its first poll, if that has to wait. */
static void recv_and_cancel(void)
{
	ZynRecvLeaf leaf;
	memset(&leaf, 0, sizeof leaf);
	int64_t value = -1;
	zyn_channel_recv_init(self(), &leaf, channel);
	if (zyn_channel_recv_poll(&leaf, self()) == 0) {
		atomic_fetch_or(&self()->attention, ZYN_ATTENTION_CANCEL);
		MODEL_CHECK(zyn_channel_recv_poll(&leaf, self()) != 0);
		zyn_channel_recv_drop(&leaf);
	} else if (zyn_channel_recv_take(&leaf, &value) == ZYN_OUTCOME_DONE) {
		count(value);
	}
}

/* --- channel ---------------------------------------------------------------------------------- */

#if defined(ZYN_MODEL_BIASED_LOCK)
/* The channel is biased to whoever made it, which is nobody of the threads. */
static void number_thread(uint32_t thread)
{
	zyn__thread_number = thread + 1;
}
#endif

static void begin(void)
{
#if defined(ZYN_MODEL_BIASED_LOCK)
	model_on_switch(number_thread);
	number_thread(MODEL_THREADS_MAX);
#endif
	for (uint32_t i = 0; i < MODEL_THREADS_MAX; i++) {
		zyn__parker_init(&parkers[i]);
		contexts[i].waker = (ZynWaker){.fn = unpark, .data = &parkers[i]};
		contexts[i].error.tag = 0;
		atomic_init(&contexts[i].attention, 0);
		model_private(&contexts[i].attention);
	}
	memset(received, 0, sizeof received);
	memset(sent, 0, sizeof sent);
	blocks = 0;
	channel = NULL;
	oneshot = NULL;
	runtime.head = &runtime;
}

/* One sender and one receiver each for so many threads; the channel lives as long as they do. */
static void begin_channel(uint64_t capacity, int senders, int receivers)
{
	begin();
	channel = zyn_channel_new(&runtime, capacity, &type_i64);
	for (int i = 0; i < senders; i++)
		zyn_sender_new(channel);
	for (int i = 0; i < receivers; i++)
		zyn_receiver_new(channel);
	zyn_object_release(channel);
}

static void begin_1_1(void)
{
	begin_channel(1, 1, 1);
}
static void begin_2_1(void)
{
	begin_channel(1, 2, 1);
}
static void begin_1_2(void)
{
	begin_channel(2, 1, 2);
}
static void begin_1_2_kept(void)
{
	begin_channel(2, 1, 2);
	zyn_object_retain(channel);
}

static void end_all_freed(void)
{
	MODEL_CHECK(blocks == 0);
}

/* Every value that was sent came out. */
static void end_received(void)
{
	MODEL_CHECK(received[0] == sent[0] && received[1] == sent[1]);
	MODEL_CHECK(blocks == 0);
}

/* The same, with the receivers released here, because the last of them empties the channel. */
static void end_received_kept(void)
{
	int64_t value;
	MODEL_CHECK(zyn_channel_try_recv(channel, &value) == ZYN_OUTCOME_CLOSED);
	zyn_receiver_release(channel);
	zyn_receiver_release(channel);
	zyn_object_release(channel);
	MODEL_CHECK(received[0] == sent[0]);
	MODEL_CHECK(blocks == 0);
}

static void send_two(void)
{
	MODEL_CHECK(send(0) == ZYN_OUTCOME_DONE);
	MODEL_CHECK(send(1) == ZYN_OUTCOME_DONE);
	zyn_sender_release(channel);
}
static void send_0(void)
{
	MODEL_CHECK(send(0) == ZYN_OUTCOME_DONE);
	zyn_sender_release(channel);
}
static void send_1(void)
{
	MODEL_CHECK(send(1) == ZYN_OUTCOME_DONE);
	zyn_sender_release(channel);
}
static void send_until_closed(void)
{
	for (int64_t i = 0; i < 3 && send(i) == ZYN_OUTCOME_DONE; i++)
		continue;
	zyn_sender_release(channel);
}
static void recv_all(void)
{
	while (recv() == ZYN_OUTCOME_DONE)
		continue;
	zyn_receiver_release(channel);
}
static void recv_until_closed(void)
{
	while (recv() == ZYN_OUTCOME_DONE)
		continue;
}
static void recv_one(void)
{
	recv();
	zyn_receiver_release(channel);
}

/* --- oneshot ---------------------------------------------------------------------------------- */

static void oneshot_begin(void)
{
	begin();
	oneshot = zyn_oneshot_new(&runtime, &type_i64);
	channel = (ZynChannel *)oneshot;
	zyn_object_retain(oneshot);
}
static void oneshot_send(void)
{
	int64_t value = 5;
	zyn_oneshot_send(oneshot, &value);
	zyn_object_release(oneshot);
}
static void oneshot_close(void)
{
	zyn_oneshot_close(oneshot);
	zyn_object_release(oneshot);
}
static void oneshot_recv(void)
{
	int32_t outcome = recv();
	MODEL_CHECK(outcome == ZYN_OUTCOME_DONE || outcome == ZYN_OUTCOME_CLOSED);
	zyn_object_release(oneshot);
}
static void oneshot_recv_value(void)
{
	MODEL_CHECK(recv() == ZYN_OUTCOME_DONE);
	MODEL_CHECK(received[5] == 1);
	zyn_object_release(oneshot);
}

int main(int argc, char **argv)
{
	static const ModelScenario scenarios[] = {
		{"one value", begin_1_1, {send_0, recv_all}, end_received, 0, 2},
		{"two values through one place",
		 begin_1_1,
		 {send_two, recv_all},
		 end_received,
		 -1,
		 1},
		{"two senders", begin_2_1, {recv_all, send_0, send_1}, end_received, -1, 1},
		{"two receivers", begin_1_2, {send_0, recv_all, recv_all}, end_received, -1, 1},
		{"a receiver that gives up",
		 begin_1_2_kept,
		 {send_0, recv_and_cancel, recv_until_closed},
		 end_received_kept,
		 -1,
		 1},
		{"the last receiver goes",
		 begin_1_1,
		 {send_until_closed, recv_one},
		 end_all_freed,
		 -1,
		 1},
		{"a oneshot",
		 oneshot_begin,
		 {oneshot_recv_value, oneshot_send},
		 end_all_freed,
		 0,
		 2},
		{"a oneshot that is closed",
		 oneshot_begin,
		 {oneshot_recv, oneshot_close},
		 end_all_freed,
		 0,
		 2},
	};
	return model_main(argc, argv, scenarios, sizeof scenarios / sizeof scenarios[0]);
}
