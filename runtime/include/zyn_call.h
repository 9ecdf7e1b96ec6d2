/* Operations on objects and texts in the one shape that compiled code calls: context, site,
 * arguments, and the place of a result that is no scalar.
 *
 * zynrt.h includes this file; nobody else need.  A host has zyn_sync.h and zyn_io.h.
 *
 * An operation that fails sets cx->error and gives 0.  It fails with NULL_VALUE for a null handle,
 * with OUT_OF_MEMORY, with PANIC for a number out of range and for a lock that is unlocked but was
 * not locked, and with IO for what the system refuses.  Those that give an int32_t say whether
 * something was done, and those that get an `out` write it then.
 */
#ifndef ZYN_CALL_H
#define ZYN_CALL_H

#include "zynrt.h"

ZYN_API void *zyn_do_channel(ZynContext *cx, ZynSite site, int64_t capacity,
                             const ZynTypeInfo *element);
/* 0: it is full or closed */
ZYN_API int32_t zyn_do_channel_try_send(ZynContext *cx, ZynSite site, ZynChannel *channel,
                                        const void *value);
/* 0: it is empty */
ZYN_API int32_t zyn_do_channel_try_recv(ZynContext *cx, ZynSite site, ZynChannel *channel,
                                        void *out);
ZYN_API void zyn_do_channel_close(ZynContext *cx, ZynSite site, ZynChannel *channel);
ZYN_API int64_t zyn_do_channel_len(ZynContext *cx, ZynSite site, ZynChannel *channel);

ZYN_API void *zyn_do_oneshot(ZynContext *cx, ZynSite site, const ZynTypeInfo *element);
/* 0: there was a value, or it is closed */
ZYN_API int32_t zyn_do_oneshot_send(ZynContext *cx, ZynSite site, ZynOneshot *oneshot,
                                    const void *value);
ZYN_API int32_t zyn_do_oneshot_try_recv(ZynContext *cx, ZynSite site, ZynOneshot *oneshot,
                                        void *out);
ZYN_API void zyn_do_oneshot_close(ZynContext *cx, ZynSite site, ZynOneshot *oneshot);

ZYN_API void *zyn_do_mutex(ZynContext *cx, ZynSite site);
ZYN_API int32_t zyn_do_mutex_try_lock(ZynContext *cx, ZynSite site, ZynMutex *mutex);
ZYN_API void zyn_do_mutex_unlock(ZynContext *cx, ZynSite site, ZynMutex *mutex);

ZYN_API void *zyn_do_rwlock(ZynContext *cx, ZynSite site);
ZYN_API int32_t zyn_do_rwlock_try_read(ZynContext *cx, ZynSite site, ZynRwLock *lock);
ZYN_API int32_t zyn_do_rwlock_try_write(ZynContext *cx, ZynSite site, ZynRwLock *lock);
ZYN_API void zyn_do_rwlock_read_unlock(ZynContext *cx, ZynSite site, ZynRwLock *lock);
ZYN_API void zyn_do_rwlock_write_unlock(ZynContext *cx, ZynSite site, ZynRwLock *lock);

ZYN_API void *zyn_do_semaphore(ZynContext *cx, ZynSite site, int64_t permits);
/* 0: there are too few, or it is closed */
ZYN_API int32_t zyn_do_semaphore_try_acquire(ZynContext *cx, ZynSite site, ZynSemaphore *semaphore,
                                             uint32_t permits);
ZYN_API void zyn_do_semaphore_release(ZynContext *cx, ZynSite site, ZynSemaphore *semaphore,
                                      uint32_t permits);
ZYN_API void zyn_do_semaphore_close(ZynContext *cx, ZynSite site, ZynSemaphore *semaphore);
ZYN_API int64_t zyn_do_semaphore_available(ZynContext *cx, ZynSite site, ZynSemaphore *semaphore);

ZYN_API void *zyn_do_barrier(ZynContext *cx, ZynSite site, int64_t parties);
ZYN_API void *zyn_do_notify(ZynContext *cx, ZynSite site);
ZYN_API void zyn_do_notify_one(ZynContext *cx, ZynSite site, ZynNotify *notify);
ZYN_API void zyn_do_notify_all(ZynContext *cx, ZynSite site, ZynNotify *notify);

ZYN_API void *zyn_do_join_set(ZynContext *cx, ZynSite site);
ZYN_API void zyn_do_join_set_spawn(ZynContext *cx, ZynSite site, ZynJoinSet *set,
                                   ZynPromise *promise);
ZYN_API void zyn_do_join_set_abort_all(ZynContext *cx, ZynSite site, ZynJoinSet *set);
ZYN_API int64_t zyn_do_join_set_len(ZynContext *cx, ZynSite site, ZynJoinSet *set);

ZYN_API void *zyn_do_nursery(ZynContext *cx, ZynSite site);
ZYN_API void zyn_do_nursery_spawn(ZynContext *cx, ZynSite site, ZynNursery *nursery,
                                  ZynPromise *promise);
ZYN_API void zyn_do_nursery_cancel(ZynContext *cx, ZynSite site, ZynNursery *nursery);
ZYN_API int64_t zyn_do_nursery_failures(ZynContext *cx, ZynSite site, ZynNursery *nursery);
/* `out` is a string */
ZYN_API int32_t zyn_do_nursery_failure(ZynContext *cx, ZynSite site, ZynNursery *nursery,
                                       int64_t index, void *out);

/* `address` in figures; port 0: any that is free */
ZYN_API void *zyn_do_tcp_listen(ZynContext *cx, ZynSite site, ZynString *address, int64_t port);
ZYN_API int64_t zyn_do_tcp_port(ZynContext *cx, ZynSite site, ZynIo *listener);
ZYN_API void zyn_do_io_shutdown(ZynContext *cx, ZynSite site, ZynIo *io);
ZYN_API void zyn_do_io_close(ZynContext *cx, ZynSite site, ZynIo *io);

ZYN_API int64_t zyn_do_string_len(ZynContext *cx, ZynSite site, const ZynString *text); /* bytes */

#endif
