/* Operations on objects as compiled code calls them: zyn_call.h has the shape.
 *
 * Absent here: what an operation does.  The functions for hosts know that; here their outcomes
 * become failures with a place in the source.
 */
#include "children.h"

#include <inttypes.h>

/* Whether there is an object; else the failure is set. */
static bool is_there(ZynContext *cx, ZynSite site, const void *handle)
{
	if (handle == NULL)
		zyn_fail_null(cx, site);
	return handle != NULL;
}

/* A new object, or the failure of having no memory for one. */
static void *made(ZynContext *cx, void *object)
{
	if (object == NULL)
		zyn__error_set(cx, zyn__error_constant(ZYN_ERROR_OUT_OF_MEMORY));
	return object;
}

/* Whether an operation was done; having no memory is a failure. */
static int32_t done(ZynContext *cx, int32_t outcome)
{
	if (outcome == ZYN_OUTCOME_OUT_OF_MEMORY)
		zyn__error_set(cx, zyn__error_constant(ZYN_ERROR_OUT_OF_MEMORY));
	return outcome == ZYN_OUTCOME_DONE;
}

static bool in_range(ZynContext *cx, ZynSite site, int64_t value, int64_t least, const char *what)
{
	if (value >= least)
		return true;
	zyn__fail(cx, ZYN_ERROR_PANIC, site, "%s must be at least %" PRId64 ", not %" PRId64, what,
	          least, value);
	zyn__debug_failure(cx, site);
	return false;
}

static void unlocked(ZynContext *cx, ZynSite site, int32_t outcome, const char *what)
{
	if (outcome != ZYN_OUTCOME_REFUSED)
		return;
	zyn__fail(cx, ZYN_ERROR_PANIC, site, "%s", what);
	zyn__debug_failure(cx, site);
}

/* --- channels --------------------------------------------------------------------------------- */

void *zyn_do_channel(ZynContext *cx, ZynSite site, int64_t capacity, const ZynTypeInfo *element)
{
	if (!in_range(cx, site, capacity, 0, "the capacity of a channel"))
		return NULL;
	return made(cx, zyn_channel_new(cx->runtime, (uint64_t)capacity, element));
}

int32_t zyn_do_channel_try_send(ZynContext *cx, ZynSite site, ZynChannel *channel,
                                const void *value)
{
	return is_there(cx, site, channel) && done(cx, zyn_channel_try_send(channel, value));
}

int32_t zyn_do_channel_try_recv(ZynContext *cx, ZynSite site, ZynChannel *channel, void *out)
{
	return is_there(cx, site, channel) && done(cx, zyn_channel_try_recv(channel, out));
}

void zyn_do_channel_close(ZynContext *cx, ZynSite site, ZynChannel *channel)
{
	if (is_there(cx, site, channel))
		zyn_channel_close(channel);
}

int64_t zyn_do_channel_len(ZynContext *cx, ZynSite site, ZynChannel *channel)
{
	return is_there(cx, site, channel) ? (int64_t)zyn_channel_len(channel) : 0;
}

void *zyn_do_oneshot(ZynContext *cx, ZynSite site, const ZynTypeInfo *element)
{
	(void)site;
	return made(cx, zyn_oneshot_new(cx->runtime, element));
}

int32_t zyn_do_oneshot_send(ZynContext *cx, ZynSite site, ZynOneshot *oneshot, const void *value)
{
	return is_there(cx, site, oneshot) && done(cx, zyn_oneshot_send(oneshot, value));
}

int32_t zyn_do_oneshot_try_recv(ZynContext *cx, ZynSite site, ZynOneshot *oneshot, void *out)
{
	return is_there(cx, site, oneshot) && done(cx, zyn_oneshot_try_recv(oneshot, out));
}

void zyn_do_oneshot_close(ZynContext *cx, ZynSite site, ZynOneshot *oneshot)
{
	if (is_there(cx, site, oneshot))
		zyn_oneshot_close(oneshot);
}

/* --- locks ------------------------------------------------------------------------------------ */

void *zyn_do_mutex(ZynContext *cx, ZynSite site)
{
	(void)site;
	return made(cx, zyn_mutex_new(cx->runtime));
}

int32_t zyn_do_mutex_try_lock(ZynContext *cx, ZynSite site, ZynMutex *mutex)
{
	return is_there(cx, site, mutex) && done(cx, zyn_mutex_try_lock(cx, mutex));
}

void zyn_do_mutex_unlock(ZynContext *cx, ZynSite site, ZynMutex *mutex)
{
	if (is_there(cx, site, mutex))
		unlocked(cx, site, zyn_mutex_unlock(mutex), "the mutex is not locked");
}

void *zyn_do_rwlock(ZynContext *cx, ZynSite site)
{
	(void)site;
	return made(cx, zyn_rwlock_new(cx->runtime));
}

int32_t zyn_do_rwlock_try_read(ZynContext *cx, ZynSite site, ZynRwLock *lock)
{
	return is_there(cx, site, lock) && done(cx, zyn_rwlock_try_read(lock));
}

int32_t zyn_do_rwlock_try_write(ZynContext *cx, ZynSite site, ZynRwLock *lock)
{
	return is_there(cx, site, lock) && done(cx, zyn_rwlock_try_write(cx, lock));
}

void zyn_do_rwlock_read_unlock(ZynContext *cx, ZynSite site, ZynRwLock *lock)
{
	if (is_there(cx, site, lock))
		unlocked(cx, site, zyn_rwlock_read_unlock(lock), "no reader has locked this");
}

void zyn_do_rwlock_write_unlock(ZynContext *cx, ZynSite site, ZynRwLock *lock)
{
	if (is_there(cx, site, lock))
		unlocked(cx, site, zyn_rwlock_write_unlock(lock), "no writer has locked this");
}

void *zyn_do_semaphore(ZynContext *cx, ZynSite site, int64_t permits)
{
	if (!in_range(cx, site, permits, 0, "the permits of a semaphore"))
		return NULL;
	return made(cx, zyn_semaphore_new(cx->runtime, (uint64_t)permits));
}

int32_t zyn_do_semaphore_try_acquire(ZynContext *cx, ZynSite site, ZynSemaphore *semaphore,
                                     uint32_t permits)
{
	return is_there(cx, site, semaphore) &&
	       done(cx, zyn_semaphore_try_acquire(semaphore, permits));
}

void zyn_do_semaphore_release(ZynContext *cx, ZynSite site, ZynSemaphore *semaphore,
                              uint32_t permits)
{
	if (is_there(cx, site, semaphore))
		zyn_semaphore_release(semaphore, permits);
}

void zyn_do_semaphore_close(ZynContext *cx, ZynSite site, ZynSemaphore *semaphore)
{
	if (is_there(cx, site, semaphore))
		zyn_semaphore_close(semaphore);
}

int64_t zyn_do_semaphore_available(ZynContext *cx, ZynSite site, ZynSemaphore *semaphore)
{
	return is_there(cx, site, semaphore) ? (int64_t)zyn_semaphore_available(semaphore) : 0;
}

/* --- signals ---------------------------------------------------------------------------------- */

void *zyn_do_barrier(ZynContext *cx, ZynSite site, int64_t parties)
{
	if (!in_range(cx, site, parties, 1, "the parties of a barrier"))
		return NULL;
	return made(cx, zyn_barrier_new(cx->runtime, (uint64_t)parties));
}

void *zyn_do_notify(ZynContext *cx, ZynSite site)
{
	(void)site;
	return made(cx, zyn_notify_new(cx->runtime));
}

void zyn_do_notify_one(ZynContext *cx, ZynSite site, ZynNotify *notify)
{
	if (is_there(cx, site, notify))
		zyn_notify_one(notify);
}

void zyn_do_notify_all(ZynContext *cx, ZynSite site, ZynNotify *notify)
{
	if (is_there(cx, site, notify))
		zyn_notify_all(notify);
}

/* --- sets of tasks ---------------------------------------------------------------------------- */

void *zyn_do_join_set(ZynContext *cx, ZynSite site)
{
	(void)site;
	return made(cx, zyn_join_set_new(cx->runtime));
}

void zyn_do_join_set_spawn(ZynContext *cx, ZynSite site, ZynJoinSet *set, ZynPromise *promise)
{
	if (is_there(cx, site, set) && is_there(cx, site, promise))
		zyn__children_add((ZynChildren *)set, cx, promise, site, false);
}

void zyn_do_join_set_abort_all(ZynContext *cx, ZynSite site, ZynJoinSet *set)
{
	if (is_there(cx, site, set))
		zyn_join_set_abort_all(set);
}

int64_t zyn_do_join_set_len(ZynContext *cx, ZynSite site, ZynJoinSet *set)
{
	return is_there(cx, site, set) ? (int64_t)zyn_join_set_len(set) : 0;
}

void *zyn_do_nursery(ZynContext *cx, ZynSite site)
{
	(void)site;
	return made(cx, zyn_nursery_new(cx->runtime));
}

void zyn_do_nursery_spawn(ZynContext *cx, ZynSite site, ZynNursery *nursery, ZynPromise *promise)
{
	if (is_there(cx, site, nursery) && is_there(cx, site, promise))
		zyn__children_add((ZynChildren *)nursery, cx, promise, site, false);
}

void zyn_do_nursery_cancel(ZynContext *cx, ZynSite site, ZynNursery *nursery)
{
	if (is_there(cx, site, nursery))
		zyn_nursery_cancel(nursery);
}

int64_t zyn_do_nursery_failures(ZynContext *cx, ZynSite site, ZynNursery *nursery)
{
	return is_there(cx, site, nursery) ? (int64_t)zyn_nursery_failures(nursery) : 0;
}

int32_t zyn_do_nursery_failure(ZynContext *cx, ZynSite site, ZynNursery *nursery, int64_t index,
                               void *out)
{
	if (!is_there(cx, site, nursery) || index < 0)
		return 0;
	ZynError *error = zyn_nursery_failure(nursery, (uint64_t)index);
	if (error == NULL)
		return 0;
	ZynString *message = zyn_string_new(cx->runtime, error->message, error->length);
	zyn_error_release(error);
	*(ZynString **)out = made(cx, message);
	return message != NULL;
}

/* --- streams ---------------------------------------------------------------------------------- */

void *zyn_do_tcp_listen(ZynContext *cx, ZynSite site, ZynString *address, int64_t port)
{
	ZynIo *listener = zyn_tcp_listen(cx, address, port, 0);
	if (listener == NULL)
		zyn_fail_at(cx, site);
	return listener;
}

int64_t zyn_do_tcp_port(ZynContext *cx, ZynSite site, ZynIo *listener)
{
	return is_there(cx, site, listener) ? zyn_io_port(listener, 0) : 0;
}

void zyn_do_io_shutdown(ZynContext *cx, ZynSite site, ZynIo *io)
{
	if (is_there(cx, site, io) && !zyn_io_shutdown(cx, io))
		zyn_fail_at(cx, site);
}

void zyn_do_io_close(ZynContext *cx, ZynSite site, ZynIo *io)
{
	if (is_there(cx, site, io))
		zyn_io_close(io);
}

/* --- texts ------------------------------------------------------------------------------------ */

int64_t zyn_do_string_len(ZynContext *cx, ZynSite site, const ZynString *text)
{
	(void)cx, (void)site;
	return text != NULL ? (int64_t)text->length : 0; /* a null text is empty */
}
