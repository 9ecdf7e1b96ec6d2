/* embedded/future.c and the wake flags of embedded/scheduler.c under every schedule: the task that
 * waits is woken, sees the value, and may reuse the future's memory at once. */
#include "explorer.h"

#include "parker.h"
#include "zynrt.h"

static ZynParker parker; /* where the polling thread sleeps between two polls */
static ZynEmbeddedFuture *future;
static int data;

static void wake(void *unused)
{
	(void)unused;
	zyn__parker_unpark(&parker);
}

static void begin(void)
{
	zyn__parker_init(&parker);
	future = model_get(sizeof *future);
	zyn_embedded_future_init(future);
	data = 0;
}

static void complete(void)
{
	MODEL_WRITE(&data, 3);
	MODEL_CHECK(zyn_embedded_future_complete(future, 7));
}

static void await_and_free(void)
{
	ZynContext cx = {.waker.fn = wake};
	ZynPoll poll;
	while ((poll = zyn_embedded_future_poll(future, &cx)).status == ZYN_PENDING)
		zyn__parker_park(&parker, -1);
	MODEL_CHECK(poll.status == ZYN_READY);
	MODEL_CHECK(poll.value == 7);
	MODEL_CHECK(MODEL_READ(&data) == 3);
	model_put(future);
}

/* polls once more for no reason, as after a wake that was meant for something else */
static void poll_twice_and_free(void)
{
	ZynContext cx = {.waker.fn = wake};
	if (zyn_embedded_future_poll(future, &cx).status == ZYN_PENDING)
		zyn_embedded_future_poll(future, &cx);
	await_and_free();
}

/* --- wake flags ------------------------------------------------------------------------------- */

static _Alignas(ZynEmbeddedScheduler) unsigned char memory[ZYN_EMBEDDED_BYTES(2)];
static ZynEmbeddedScheduler *scheduler;
static int polls;

/* Wakes are precise, so whoever polls a second time does so because of the flag. */
static ZynPoll wait_for_flag(void *state, ZynContext *cx)
{
	(void)state;
	(void)cx;
	if (polls++ == 0)
		return zyn_poll_pending();
	MODEL_CHECK(MODEL_READ(&data) == 3);
	return zyn_poll_ready(0);
}

static void scheduler_begin(void)
{
	scheduler = zyn_embedded_init(memory, sizeof memory, 2, ZYN_EMBEDDED_PRECISE);
	atomic_init(&scheduler->wakes[0], 0);
	atomic_init(&scheduler->wakes[1], 0);
	zyn__parker_init(&parker);
	polls = 0;
	data = 0;
	MODEL_CHECK(zyn_embedded_spawn(scheduler, ZYN_PRIORITY_NORMAL, wait_for_flag, NULL) == 0);
	MODEL_CHECK(zyn_embedded_poll_next(scheduler) == 0);
}

static void run(void)
{
	while (zyn_embedded_block_on(scheduler, 0, NULL) == ZYN_PENDING)
		zyn__parker_park(&parker, -1); /* until an interrupt */
}

static void interrupt(void)
{
	MODEL_WRITE(&data, 3);
	zyn_embedded_signal(scheduler, 0);
	zyn__parker_unpark(&parker);
}

static void interrupt_for_somebody_else(void)
{
	zyn_embedded_signal(scheduler, 1);
	zyn_embedded_clear(scheduler, 1);
}

int main(int argc, char **argv)
{
	static const ModelScenario scenarios[] = {
		{"a future is awaited and freed", begin, {await_and_free, complete}, NULL, 2, 0},
		{"a future is polled too often",
		 begin,
		 {poll_twice_and_free, complete},
		 NULL,
		 1,
		 0},
		{"a wake flag set by an interrupt", scheduler_begin, {run, interrupt}, NULL, 1, 0},
		{"wake flags of two",
		 scheduler_begin,
		 {run, interrupt, interrupt_for_somebody_else},
		 NULL,
		 0,
		 0},
	};
	return model_main(argc, argv, scenarios, sizeof scenarios / sizeof scenarios[0]);
}
