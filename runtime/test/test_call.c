/* Operations as compiled code calls them: what becomes a failure, with its place, and what does
 * not.
 */
#include "sync_support.h"

#define SITE ((ZynSite)3 << 32 | 12)

/* The failure that an operation left, which must blame the site. */
static uint32_t failure_at_site(Actor *actor)
{
	ZynError *error = zyn__error_take(&actor->cx);
	CHECK(error != NULL);
	uint32_t code = error->code;
	CHECK_EQ(error->line, 12);
	CHECK_EQ(error->side_table, 3);
	zyn_error_release(error);
	return code;
}

static void test_null_handles_are_failures(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Actor a;
	actor_init(&a, rt);
	ZynContext *cx = &a.cx;
	int64_t value = 1;
#define NULL_FAILS(call) \
	do { \
		call; \
		CHECK_EQ(failure_at_site(&a), ZYN_ERROR_NULL_VALUE); \
	} while (0)
	NULL_FAILS(CHECK_EQ(zyn_do_channel_try_send(cx, SITE, NULL, &value), 0));
	NULL_FAILS(CHECK_EQ(zyn_do_channel_try_recv(cx, SITE, NULL, &value), 0));
	NULL_FAILS(zyn_do_channel_close(cx, SITE, NULL));
	NULL_FAILS(CHECK_EQ(zyn_do_channel_len(cx, SITE, NULL), 0));
	NULL_FAILS(CHECK_EQ(zyn_do_oneshot_send(cx, SITE, NULL, &value), 0));
	NULL_FAILS(CHECK_EQ(zyn_do_oneshot_try_recv(cx, SITE, NULL, &value), 0));
	NULL_FAILS(zyn_do_oneshot_close(cx, SITE, NULL));
	NULL_FAILS(CHECK_EQ(zyn_do_mutex_try_lock(cx, SITE, NULL), 0));
	NULL_FAILS(zyn_do_mutex_unlock(cx, SITE, NULL));
	NULL_FAILS(CHECK_EQ(zyn_do_rwlock_try_read(cx, SITE, NULL), 0));
	NULL_FAILS(CHECK_EQ(zyn_do_rwlock_try_write(cx, SITE, NULL), 0));
	NULL_FAILS(zyn_do_rwlock_read_unlock(cx, SITE, NULL));
	NULL_FAILS(zyn_do_rwlock_write_unlock(cx, SITE, NULL));
	NULL_FAILS(CHECK_EQ(zyn_do_semaphore_try_acquire(cx, SITE, NULL, 1), 0));
	NULL_FAILS(zyn_do_semaphore_release(cx, SITE, NULL, 1));
	NULL_FAILS(zyn_do_semaphore_close(cx, SITE, NULL));
	NULL_FAILS(CHECK_EQ(zyn_do_semaphore_available(cx, SITE, NULL), 0));
	NULL_FAILS(zyn_do_notify_one(cx, SITE, NULL));
	NULL_FAILS(zyn_do_notify_all(cx, SITE, NULL));
	NULL_FAILS(zyn_do_join_set_spawn(cx, SITE, NULL, NULL));
	NULL_FAILS(zyn_do_join_set_abort_all(cx, SITE, NULL));
	NULL_FAILS(CHECK_EQ(zyn_do_join_set_len(cx, SITE, NULL), 0));
	NULL_FAILS(zyn_do_nursery_spawn(cx, SITE, NULL, NULL));
	NULL_FAILS(zyn_do_nursery_cancel(cx, SITE, NULL));
	NULL_FAILS(zyn_do_nursery_failures(cx, SITE, NULL));
	NULL_FAILS(zyn_do_nursery_failure(cx, SITE, NULL, 0, NULL));
	NULL_FAILS(CHECK_EQ(zyn_do_tcp_port(cx, SITE, NULL), 0));
	NULL_FAILS(zyn_do_io_shutdown(cx, SITE, NULL));
	NULL_FAILS(zyn_do_io_close(cx, SITE, NULL));
#undef NULL_FAILS
	runtime_end(rt);
}

static void test_numbers_out_of_range_are_failures(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Actor a;
	actor_init(&a, rt);
	CHECK(zyn_do_channel(&a.cx, SITE, -1, &type_i64) == NULL);
	CHECK_EQ(failure_at_site(&a), ZYN_ERROR_PANIC);
	CHECK(zyn_do_semaphore(&a.cx, SITE, INT64_MIN) == NULL);
	CHECK_EQ(failure_at_site(&a), ZYN_ERROR_PANIC);
	CHECK(zyn_do_barrier(&a.cx, SITE, 0) == NULL);
	CHECK_EQ(failure_at_site(&a), ZYN_ERROR_PANIC);
	runtime_end(rt);
}

static void test_unlocking_what_is_not_locked_is_a_failure(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Actor a;
	actor_init(&a, rt);
	ZynMutex *mutex = zyn_do_mutex(&a.cx, SITE);
	CHECK_EQ(zyn_do_mutex_try_lock(&a.cx, SITE, mutex), 1);
	CHECK_EQ(zyn_do_mutex_try_lock(&a.cx, SITE, mutex), 0);
	zyn_do_mutex_unlock(&a.cx, SITE, mutex);
	CHECK_EQ(a.cx.error.tag, 0);
	zyn_do_mutex_unlock(&a.cx, SITE, mutex);
	CHECK_EQ(failure_at_site(&a), ZYN_ERROR_PANIC);
	ZynRwLock *lock = zyn_do_rwlock(&a.cx, SITE);
	zyn_do_rwlock_write_unlock(&a.cx, SITE, lock);
	CHECK_EQ(failure_at_site(&a), ZYN_ERROR_PANIC);
	zyn_do_rwlock_read_unlock(&a.cx, SITE, lock);
	CHECK_EQ(failure_at_site(&a), ZYN_ERROR_PANIC);
	zyn_object_release(mutex);
	zyn_object_release(lock);
	runtime_end(rt);
}

static void *make(Actor *actor, int kind)
{
	ZynContext *cx = &actor->cx;
	switch (kind) {
	case 0:
		return zyn_do_channel(cx, SITE, 0, &type_i64);
	case 1:
		return zyn_do_oneshot(cx, SITE, &type_i64);
	case 2:
		return zyn_do_mutex(cx, SITE);
	case 3:
		return zyn_do_rwlock(cx, SITE);
	case 4:
		return zyn_do_semaphore(cx, SITE, 1);
	case 5:
		return zyn_do_barrier(cx, SITE, 1);
	case 6:
		return zyn_do_notify(cx, SITE);
	case 7:
		return zyn_do_join_set(cx, SITE);
	default:
		return zyn_do_nursery(cx, SITE);
	}
}

/* Makes one of each and fills the channel; false, with the failure, when memory is out. */
static bool make_all(ZynRuntime *rt)
{
	Actor a;
	actor_init(&a, rt);
	void *made[9] = {0};
	bool enough = true;
	for (int kind = 0; kind < 9 && enough; kind++) {
		made[kind] = make(&a, kind);
		enough = made[kind] != NULL;
	}
	int64_t value = 7;
	for (int i = 0; i < 100 && enough; i++)
		enough = zyn_do_channel_try_send(&a.cx, SITE, made[0], &value);
	CHECK_EQ(a.cx.error.tag, !enough);
	if (!enough) {
		ZynError *error = zyn__error_take(&a.cx);
		CHECK_EQ(error->code, ZYN_ERROR_OUT_OF_MEMORY);
		zyn_error_release(error);
	}
	for (int kind = 0; kind < 9; kind++)
		zyn_object_release(made[kind]);
	return enough;
}

static void test_every_allocation_may_fail(void)
{
	fail_each_allocation(make_all);
}

static void test_children_are_the_sets_alone(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Actor a;
	actor_init(&a, rt);
	ZynJoinSet *set = zyn_do_join_set(&a.cx, SITE);
	ZynNursery *nursery = zyn_do_nursery(&a.cx, SITE);
	ZynPromise *child = plain_ticker(rt, 2, 1), *other = plain_ticker(rt, 2, 1);
	zyn_do_join_set_spawn(&a.cx, SITE, set, child);
	zyn_do_nursery_spawn(&a.cx, SITE, nursery, other);
	zyn_promise_release(child);
	zyn_promise_release(other);
	CHECK_EQ(zyn_do_join_set_len(&a.cx, SITE, set), 1);
	CHECK_EQ(zyn_rt_run_until_idle(rt), ZYN_READY);
	CHECK_EQ(zyn_do_join_set_len(&a.cx, SITE, set), 1);
	zyn_do_join_set_abort_all(&a.cx, SITE, set);
	zyn_do_nursery_cancel(&a.cx, SITE, nursery);
	zyn_object_release(set);
	zyn_object_release(nursery);
	runtime_end(rt);
}

static void test_what_the_system_refuses_has_a_place(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_REAL);
	Actor a;
	actor_init(&a, rt);
	ZynContext *cx = &a.cx;
	ZynString *here = zyn_string_new(rt, "127.0.0.1", 9);
	CHECK(zyn_do_tcp_listen(cx, SITE, here, 65536) == NULL);
	CHECK_EQ(failure_at_site(&a), ZYN_ERROR_IO);
	CHECK(zyn_do_tcp_listen(cx, SITE, NULL, 0) == NULL);
	CHECK_EQ(failure_at_site(&a), ZYN_ERROR_IO);
	ZynIo *listener = zyn_do_tcp_listen(cx, SITE, here, 0);
	CHECK(listener != NULL);
	CHECK(zyn_do_tcp_port(cx, SITE, listener) > 0);
	zyn_do_io_close(cx, SITE, listener);
	CHECK_EQ(cx->error.tag, 0);
	zyn_do_io_shutdown(cx, SITE, listener);
	CHECK_EQ(failure_at_site(&a), ZYN_ERROR_IO);
	zyn_object_release(listener);
	zyn_string_release(here);
	runtime_end(rt);
}

/* A place that is there stays, others than of input and output get none, and none is nothing. */
static void test_only_errors_of_io_get_a_place(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Actor a;
	actor_init(&a, rt);
	zyn_fail_at(&a.cx, SITE);
	CHECK_EQ(a.cx.error.tag, 0);
	zyn__error_set(&a.cx, zyn__error_make(rt, ZYN_ERROR_IO, SITE, "once", 4));
	zyn_fail_at(&a.cx, SITE + 1);
	CHECK_EQ(failure_at_site(&a), ZYN_ERROR_IO);
	zyn_fail_cancelled(&a.cx);
	zyn_fail_at(&a.cx, SITE);
	ZynError *error = zyn__error_take(&a.cx);
	CHECK(error == zyn__error_constant(ZYN_ERROR_CANCELLED));
	runtime_end(rt);
}

static void test_the_length_of_a_text(void)
{
	ZynRuntime *rt = runtime_new(ZYN_CLOCK_VIRTUAL);
	Actor a;
	actor_init(&a, rt);
	ZynString *text = zyn_string_new(rt, "a\0b", 3);
	CHECK_EQ(zyn_do_string_len(&a.cx, SITE, text), 3);
	CHECK_EQ(zyn_do_string_len(&a.cx, SITE, NULL), 0);
	zyn_string_release(text);
	runtime_end(rt);
}

int main(void)
{
	RUN(test_null_handles_are_failures);
	RUN(test_numbers_out_of_range_are_failures);
	RUN(test_unlocking_what_is_not_locked_is_a_failure);
	RUN(test_every_allocation_may_fail);
	RUN(test_children_are_the_sets_alone);
	RUN(test_what_the_system_refuses_has_a_place);
	RUN(test_only_errors_of_io_get_a_place);
	RUN(test_the_length_of_a_text);
	return 0;
}
