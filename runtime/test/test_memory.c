/* Memory: counted exactly, refused cleanly, given back from any thread and after the runtime's
 * end. */
#include "support.h"

#include <pthread.h>

static void test_strings(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	ZynContext cx = {.runtime = rt};
	ZynString *a = zyn_string_new(rt, "ab", 2), *b = zyn_string_new(rt, "\0c", 2);
	ZynString *empty = zyn_string_new(rt, NULL, 0);
	CHECK_EQ(zyn_rt_live_objects(rt), 3);
	ZynEntry entry;
	zyn__enter(&entry, rt);
	ZynString *ab = zyn_string_concat(&cx, a, b), *same = zyn_string_concat(&cx, a, empty);
	ZynString *low = zyn_string_from_i64(&cx, INT64_MIN);
	zyn__leave(&entry);
	CHECK_EQ(ab->length, 4);
	CHECK(memcmp(ab->bytes, "ab\0c", 5) == 0);
	CHECK(zyn_string_equal(a, same));
	CHECK(zyn_string_equal(NULL, empty));
	CHECK(!zyn_string_equal(a, b));
	CHECK(zyn_string_compare(a, ab) < 0);
	CHECK(zyn_string_compare(a, b) > 0);
	CHECK_EQ(zyn_string_compare(a, same), 0);
	CHECK(strcmp(low->bytes, "-9223372036854775808") == 0);
	zyn_string_retain(a);
	zyn_string_release(a);
	ZynString *all[] = {a, b, empty, ab, same, low, NULL};
	for (int i = 0; i < 7; i++)
		zyn_string_release(all[i]);
	zyn_string_retain(NULL);
	static struct {
		_Atomic uint32_t refs;
		uint32_t hash;
		uint64_t length;
		char bytes[4];
	} constant = {ZYN_IMMORTAL, 0, 3, "abc"};
	zyn_string_retain((ZynString *)(void *)&constant);
	zyn_string_release((ZynString *)(void *)&constant);
	zyn_string_release((ZynString *)(void *)&constant);
	CHECK_EQ(constant.refs, ZYN_IMMORTAL);
	runtime_end(rt);
}

static void test_frames_of_every_size(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	for (int pass = 0; pass < 2; pass++) {
		for (uint32_t size = 16; size < 4000000; size += size / 3 + 1) {
			ZynDescriptor descriptor = looper;
			descriptor.size = size;
			ZynPromise *p = zyn_call_async(rt, &descriptor, NULL, 0, 0);
			CHECK(p != NULL);
			char *frame = p->state_machine;
			CHECK((uintptr_t)frame % 16 == 0);
			for (uint32_t i = 0; i < size; i++)
				CHECK(frame[i] == 0);
			memset(frame + 4, 0xEE, size - 4);
			CHECK_EQ(zyn_rt_live_objects(rt), 1);
			CHECK(zyn_rt_live_bytes(rt) >= size);
			zyn_promise_release(p);
		}
	}
	ZynDescriptor huge = looper;
	huge.size = UINT32_MAX;
	CHECK(zyn_call_async(rt, &huge, NULL, 0, 0) == NULL);
	runtime_end(rt);
}

static void test_memory_max(void)
{
	ZynOptions options = {
		.size = sizeof options, .clock = ZYN_CLOCK_VIRTUAL, .memory_max = 64 * 1024};
	ZynRuntime *rt = zyn_rt_new(&options);
	ZynPromise *p[1000];
	int count = 0;
	while (count < 1000 && (p[count] = ticker_new(rt, 1, 1)) != NULL)
		count++;
	CHECK(count > 10);
	CHECK(count < 1000);
	CHECK(zyn_rt_live_bytes(rt) <= options.memory_max);
	CHECK(zyn_string_new(rt, "x", 60000) == NULL);
	ZynContext cx = {.runtime = rt};
	CHECK(zyn_frame_new(&cx, &ticker) == NULL);
	CHECK_EQ(cx.error.tag, 1);
	CHECK_EQ(zyn__error_take(&cx)->code, ZYN_ERROR_OUT_OF_MEMORY);
	for (int i = 0; i < count; i++)
		zyn_promise_release(p[i]);
	ZynPromise *again = ticker_new(rt, 1, 1);
	CHECK_EQ(zyn_rt_block_on(rt, again, -1), ZYN_READY);
	zyn_promise_release(again);
	runtime_end(rt);
}

/* --- a chain as long as memory lasts ---------------------------------------------------------- */

static void test_drop_of_a_long_chain_does_not_recurse(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	ZynPromise *p = NULL;
	for (int i = 0; i < 200000; i++)
		p = waiter_new(rt, WAIT_AWAIT, 0, 1, &p);
	zyn_promise_release(p);
	runtime_end(rt);
}

/* --- other threads ---------------------------------------------------------------------------- */

#define THREADS 4
#define ROUNDS 300

typedef struct Dropper {
	ZynRuntime *rt;
	ZynPromise *promises[ROUNDS];
	ZynString *strings[ROUNDS];
} Dropper;

static void *drop_all(void *data)
{
	Dropper *d = data;
	for (int i = 0; i < ROUNDS; i++) {
		if (i % 3 == 0)
			zyn_promise_cancel(d->promises[i]);
		zyn_promise_retain(d->promises[i]);
		zyn_promise_release(d->promises[i]);
		zyn_promise_release(d->promises[i]);
		zyn_string_release(d->strings[i]);
	}
	return NULL;
}

static void test_release_on_other_threads_while_turning(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	static Dropper droppers[THREADS];
	pthread_t threads[THREADS];
	for (int t = 0; t < THREADS; t++) {
		droppers[t].rt = rt;
		for (int i = 0; i < ROUNDS; i++) {
			droppers[t].promises[i] = ticker_new(rt, i % 5, i % 7);
			droppers[t].strings[i] = zyn_string_new(rt, "text", 4);
			if (i % 2)
				zyn_promise_spawn(rt, droppers[t].promises[i]);
		}
	}
	for (int t = 0; t < THREADS; t++)
		pthread_create(&threads[t], NULL, drop_all, &droppers[t]);
	ZynPromise *p = ticker_new(rt, 2000, 1);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	zyn_promise_release(p);
	for (int t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
	CHECK_EQ(zyn_rt_run_until_idle(rt), ZYN_READY);
	runtime_end(rt);
}

static void test_promises_outlive_their_runtime(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	static Dropper droppers[THREADS];
	pthread_t threads[THREADS];
	ZynPromise *ended = ticker_new(rt, 4, 1), *failed = failer_new(rt, 1),
		   *unstarted = ticker_new(rt, 1, 1);
	ZynPromise *plain = plain_ticker(rt, 1, 1);
	zyn_rt_block_on(rt, ended, -1);
	zyn_rt_block_on(rt, failed, -1);
	for (int t = 0; t < THREADS; t++) {
		for (int i = 0; i < ROUNDS; i++) {
			droppers[t].promises[i] = ticker_new(rt, i % 5, i % 7);
			droppers[t].strings[i] = zyn_string_new(rt, "text", 4);
			if (i % 2)
				zyn_promise_poll(rt, droppers[t].promises[i]);
		}
	}
	for (int t = 0; t < THREADS; t++)
		pthread_create(&threads[t], NULL, drop_all, &droppers[t]);
	zyn_rt_free(rt); /* while they are at it */
	CHECK_EQ(result_of(ended), 4);
	CHECK_EQ(zyn_promise_error(failed)->line, 17);
	CHECK_EQ(zyn_promise_status(unstarted), ZYN_CANCELLED);
	CHECK_EQ(zyn_promise_error(unstarted)->code, ZYN_ERROR_CANCELLED);
	CHECK_EQ(zyn_promise_status(plain), ZYN_CANCELLED);
	zyn_promise_cancel(plain);
	CHECK_EQ(zyn_promise_poll(rt, ended), ZYN_READY);
	zyn_promise_release(ended);
	zyn_promise_release(failed);
	zyn_promise_release(unstarted);
	for (int t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
	zyn_promise_release(plain);
}

/* --- the n-th allocation fails ---------------------------------------------------------------- */

static int64_t permits_left;

static bool permit_some(size_t bytes)
{
	(void)bytes;
	return permits_left-- > 0;
}

/* Everything there is, in one program; true when it got to its end. */
static bool scenario(ZynRuntime *rt, int kind)
{
	ZynPromise *p[3] = {NULL, NULL, NULL};
	bool whole = true;
	for (int i = 0; i < 3; i++) {
		p[i] = i == 1 ? failer_new(rt, 3) : ticker_new(rt, 2, 3 + i);
		whole = whole && p[i] != NULL;
	}
	ZynString *s = zyn_string_new(rt, "some text", 9);
	whole = whole && s != NULL;
	zyn_string_release(s);
	ZynPromise *w = NULL;
	if (whole) {
		uint64_t count = kind < WAIT_AWAIT ? 0 : kind == WAIT_AWAIT ? 1 : 3;
		w = waiter_new(rt, (enum WaitKind)kind, 5, count, p);
		for (uint64_t i = 0; i < count; i++)
			p[i] = NULL;
	}
	if (w != NULL) {
		int32_t status = zyn_rt_block_on(rt, w, -1);
		bool refused = status == ZYN_OUT_OF_MEMORY ||
		               (status == ZYN_FAILED &&
		                zyn_promise_error(w)->code == ZYN_ERROR_OUT_OF_MEMORY);
		whole = !refused;
		CHECK(status == ZYN_READY || status == ZYN_FAILED || status == ZYN_DEADLOCK ||
		      refused);
		zyn_promise_release(w);
	}
	whole = whole && w != NULL;
	for (int i = 0; i < 3; i++)
		zyn_promise_release(p[i]);
	return whole;
}

static void test_every_allocation_may_fail(void)
{
	int failures = 0;
	for (int kind = WAIT_DELAY; kind <= WAIT_SETTLED; kind++) {
		for (int64_t nth = 0;; nth++) {
			CHECK(nth < 100);
			zyn__allocator.permit = permit_some;
			permits_left = nth;
			ZynOptions options = {.size = sizeof options, .clock = ZYN_CLOCK_VIRTUAL};
			ZynRuntime *rt = zyn_rt_new(&options);
			bool whole = rt != NULL && scenario(rt, kind) && permits_left >= 0;
			zyn__allocator.permit = NULL;
			if (rt != NULL) {
				for (int i = 0; i < 5; i++)
					zyn_rt_turn(rt);
				CHECK_EQ(zyn_rt_live_objects(rt), 0);
				permits_left = 1000;
				CHECK(scenario(rt, kind)); /* and it works again */
				for (int i = 0; i < 5; i++)
					zyn_rt_turn(rt);
				runtime_end(rt);
			}
			if (whole)
				break;
			failures++;
		}
	}
	CHECK(failures > 30);
}

static void *refuse_map(size_t bytes)
{
	(void)bytes;
	return NULL;
}

static void test_no_pages_left(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	void *(*map)(size_t) = zyn__allocator.map;
	zyn__allocator.map = refuse_map;
	CHECK(ticker_new(rt, 1, 1) == NULL);
	CHECK(zyn_rt_new(NULL) == NULL);
	zyn__allocator.map = map;
	CHECK_EQ(zyn_rt_live_objects(rt), 0);
	ZynPromise *p = ticker_new(rt, 1, 1);
	CHECK_EQ(zyn_rt_block_on(rt, p, -1), ZYN_READY);
	zyn_promise_release(p);
	runtime_end(rt);
}

int main(void)
{
	RUN(test_strings);
	RUN(test_frames_of_every_size);
	RUN(test_memory_max);
	RUN(test_drop_of_a_long_chain_does_not_recurse);
	RUN(test_release_on_other_threads_while_turning);
	RUN(test_promises_outlive_their_runtime);
	RUN(test_every_allocation_may_fail);
	RUN(test_no_pages_left);
	return 0;
}
