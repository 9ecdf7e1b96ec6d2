/* Channels, locks, signals and sets of tasks: the part of zynrt.h that tasks use among themselves.
 *
 * zynrt.h includes this file; nobody else need.
 */
#ifndef ZYN_SYNC_H
#define ZYN_SYNC_H

#include "zynrt.h"

/* --- handles ---------------------------------------------------------------------------------- */

/* A handle is the address of a counted object and owns one reference.  These functions and those
 * of all objects are legal on any thread.  The functions whose names end in _slot get the address
 * of a handle, as a ZynTypeInfo wants it.  Null is legal and does nothing.
 *
 * Values are the bytes of a ZynTypeInfo, which must outlive the object.  What goes in is copied
 * and retained; what comes out is moved: its reference is the caller's.
 *
 * The leaves below keep to the rules above, and to these.
 *  - init begins: what can be done at once is done there.  `mem` stays where it is from init on.
 *    The handle and the value are borrowed until init comes back.
 *  - A leaf that ended well is RETURNED, and its take says how: a ZynOutcome.  `out` is written
 *    when that is DONE, and may be null where there is no value.
 *  - drop of a leaf that was not taken releases the value, or gives back what it acquired.
 *  - A cancelled leaf did nothing: no value is lost, no place in a queue is kept. */
ZYN_API void zyn_object_retain(void *handle);
ZYN_API void zyn_object_release(void *handle);
ZYN_API void zyn_object_retain_slot(void *slot);
ZYN_API void zyn_object_release_slot(void *slot);
ZYN_API uint64_t zyn_object_id(const void *handle); /* 1, 2, 3 .. in this process; 0: null */

/* Ends.  A sender or a receiver is a handle that is counted apart: the last sender to go closes
 * the object, the last receiver to go makes sending useless, which closes it too.  Plain handles
 * count as neither.  new gives a further end for any handle of the object. */
ZYN_API void *zyn_sender_new(void *handle);
ZYN_API void zyn_sender_retain(void *sender);
ZYN_API void zyn_sender_release(void *sender);
ZYN_API void zyn_sender_retain_slot(void *slot);
ZYN_API void zyn_sender_release_slot(void *slot);
ZYN_API void *zyn_receiver_new(void *handle);
ZYN_API void zyn_receiver_retain(void *receiver);
ZYN_API void zyn_receiver_release(void *receiver);
ZYN_API void zyn_receiver_retain_slot(void *slot);
ZYN_API void zyn_receiver_release_slot(void *slot);

/* --- channels --------------------------------------------------------------------------------- */

/* A queue for any number of senders and receivers, first in first out.  Capacity 0: no limit.
 * Null: memory is out. */
typedef struct ZynChannel ZynChannel;
ZYN_API ZynChannel *zyn_channel_new(ZynRuntime *rt, uint64_t capacity, const ZynTypeInfo *element);
/* DONE, FULL, CLOSED or OUT_OF_MEMORY */
ZYN_API int32_t zyn_channel_try_send(ZynChannel *channel, const void *value);
/* DONE, EMPTY or CLOSED (and empty) */
ZYN_API int32_t zyn_channel_try_recv(ZynChannel *channel, void *out);
/* Up to `max` values, one after the other; gives how many. */
ZYN_API uint64_t zyn_channel_try_recv_many(ZynChannel *channel, void *out, uint64_t max);
ZYN_API void zyn_channel_close(ZynChannel *channel); /* what is queued can still be received */
ZYN_API uint64_t zyn_channel_len(ZynChannel *channel);
/* DONE or CLOSED */
ZYN_API void zyn_channel_send_init(ZynContext *cx, void *mem, ZynChannel *channel,
                                   const void *value);
ZYN_API int64_t zyn_channel_send_poll(void *mem, ZynContext *cx);
ZYN_API int32_t zyn_channel_send_take(void *mem, void *out);
ZYN_API void zyn_channel_send_drop(void *mem);
/* DONE or CLOSED */
ZYN_API void zyn_channel_recv_init(ZynContext *cx, void *mem, ZynChannel *channel);
ZYN_API int64_t zyn_channel_recv_poll(void *mem, ZynContext *cx);
ZYN_API int32_t zyn_channel_recv_take(void *mem, void *out);
ZYN_API void zyn_channel_recv_drop(void *mem);
/* DONE, CLOSED or, after `ms` milliseconds, TIMEOUT */
ZYN_API void zyn_channel_recv_for_init(ZynContext *cx, void *mem, ZynChannel *channel, int64_t ms);
ZYN_API int64_t zyn_channel_recv_for_poll(void *mem, ZynContext *cx);
ZYN_API int32_t zyn_channel_recv_for_take(void *mem, void *out);
ZYN_API void zyn_channel_recv_for_drop(void *mem);

/* A channel for one value: it closes behind it. */
typedef struct ZynOneshot ZynOneshot;
ZYN_API ZynOneshot *zyn_oneshot_new(ZynRuntime *rt, const ZynTypeInfo *element);
/* DONE, or CLOSED: there was a value, or nobody will receive it */
ZYN_API int32_t zyn_oneshot_send(ZynOneshot *oneshot, const void *value);
/* DONE, EMPTY or CLOSED */
ZYN_API int32_t zyn_oneshot_try_recv(ZynOneshot *oneshot, void *out);
ZYN_API void zyn_oneshot_close(ZynOneshot *oneshot);
/* DONE or CLOSED */
ZYN_API void zyn_oneshot_recv_init(ZynContext *cx, void *mem, ZynOneshot *oneshot);
ZYN_API int64_t zyn_oneshot_recv_poll(void *mem, ZynContext *cx);
ZYN_API int32_t zyn_oneshot_recv_take(void *mem, void *out);
ZYN_API void zyn_oneshot_recv_drop(void *mem);

/* The latest value.  Sending replaces it; a receiver waits for one that it has not seen. */
typedef struct ZynWatch ZynWatch;
typedef struct ZynWatchReceiver ZynWatchReceiver;
ZYN_API ZynWatch *zyn_watch_new(ZynRuntime *rt, const ZynTypeInfo *element, const void *value);
/* DONE, CLOSED or OUT_OF_MEMORY */
ZYN_API int32_t zyn_watch_send(ZynWatch *watch, const void *value);
ZYN_API void zyn_watch_get(ZynWatch *watch, void *out); /* a copy of the latest value */
ZYN_API void zyn_watch_close(ZynWatch *watch);
/* An object of its own that has seen the present value; null: memory is out */
ZYN_API ZynWatchReceiver *zyn_watch_subscribe(ZynWatch *watch);
/* DONE and the latest value, PENDING: it was seen; or CLOSED */
ZYN_API int32_t zyn_watch_try_changed(ZynWatchReceiver *receiver, void *out);
/* DONE and the latest value, or CLOSED */
ZYN_API void zyn_watch_changed_init(ZynContext *cx, void *mem, ZynWatchReceiver *receiver);
ZYN_API int64_t zyn_watch_changed_poll(void *mem, ZynContext *cx);
ZYN_API int32_t zyn_watch_changed_take(void *mem, void *out);
ZYN_API void zyn_watch_changed_drop(void *mem);

/* Every receiver gets every value sent since it was made, but at most the last `capacity`. */
typedef struct ZynBroadcast ZynBroadcast;
typedef struct ZynBroadcastReceiver ZynBroadcastReceiver;
ZYN_API ZynBroadcast *zyn_broadcast_new(ZynRuntime *rt, uint64_t capacity,
                                        const ZynTypeInfo *element);
/* Never waits.  DONE, CLOSED (also when there is no receiver) or OUT_OF_MEMORY */
ZYN_API int32_t zyn_broadcast_send(ZynBroadcast *broadcast, const void *value);
ZYN_API void zyn_broadcast_close(ZynBroadcast *broadcast);
ZYN_API ZynBroadcastReceiver *zyn_broadcast_subscribe(ZynBroadcast *broadcast);
/* DONE, PENDING, LAGGED: values were skipped, the next call goes on; or CLOSED */
ZYN_API int32_t zyn_broadcast_try_recv(ZynBroadcastReceiver *receiver, void *out);
/* How many the last LAGGED skipped. */
ZYN_API uint64_t zyn_broadcast_missed(ZynBroadcastReceiver *receiver);
/* DONE, LAGGED or CLOSED */
ZYN_API void zyn_broadcast_recv_init(ZynContext *cx, void *mem, ZynBroadcastReceiver *receiver);
ZYN_API int64_t zyn_broadcast_recv_poll(void *mem, ZynContext *cx);
ZYN_API int32_t zyn_broadcast_recv_take(void *mem, void *out);
ZYN_API void zyn_broadcast_recv_drop(void *mem);

/* --- locks ------------------------------------------------------------------------------------ */

/* All of them serve in the order of asking, and nobody overtakes who waits.  A lock is the task's
 * once its leaf is RETURNED; it must be unlocked by hand, by any task.  try gives DONE or FULL;
 * its context says which task a debugger shows as the owner, and may be null. */
typedef struct ZynMutex ZynMutex;
ZYN_API ZynMutex *zyn_mutex_new(ZynRuntime *rt);
ZYN_API int32_t zyn_mutex_try_lock(ZynContext *cx, ZynMutex *mutex);
ZYN_API int32_t zyn_mutex_unlock(ZynMutex *mutex); /* DONE, or REFUSED: it is not locked */
/* DONE */
ZYN_API void zyn_mutex_lock_init(ZynContext *cx, void *mem, ZynMutex *mutex);
ZYN_API int64_t zyn_mutex_lock_poll(void *mem, ZynContext *cx);
ZYN_API int32_t zyn_mutex_lock_take(void *mem, void *out);
ZYN_API void zyn_mutex_lock_drop(void *mem);

/* Any number of readers, or one writer.  A reader that comes after a waiting writer waits too. */
typedef struct ZynRwLock ZynRwLock;
ZYN_API ZynRwLock *zyn_rwlock_new(ZynRuntime *rt);
ZYN_API int32_t zyn_rwlock_try_read(ZynRwLock *lock);
ZYN_API int32_t zyn_rwlock_try_write(ZynContext *cx, ZynRwLock *lock);
/* DONE, or REFUSED: it is not locked in this way */
ZYN_API int32_t zyn_rwlock_read_unlock(ZynRwLock *lock);
ZYN_API int32_t zyn_rwlock_write_unlock(ZynRwLock *lock);
/* DONE */
ZYN_API void zyn_rwlock_read_init(ZynContext *cx, void *mem, ZynRwLock *lock);
ZYN_API int64_t zyn_rwlock_read_poll(void *mem, ZynContext *cx);
ZYN_API int32_t zyn_rwlock_read_take(void *mem, void *out);
ZYN_API void zyn_rwlock_read_drop(void *mem);
/* DONE */
ZYN_API void zyn_rwlock_write_init(ZynContext *cx, void *mem, ZynRwLock *lock);
ZYN_API int64_t zyn_rwlock_write_poll(void *mem, ZynContext *cx);
ZYN_API int32_t zyn_rwlock_write_take(void *mem, void *out);
ZYN_API void zyn_rwlock_write_drop(void *mem);

/* Permits, any number at a time.  Who wants many is served before those that came later and want
 * few.  release may add permits that nobody took. */
typedef struct ZynSemaphore ZynSemaphore;
ZYN_API ZynSemaphore *zyn_semaphore_new(ZynRuntime *rt, uint64_t permits);
/* DONE, FULL or CLOSED */
ZYN_API int32_t zyn_semaphore_try_acquire(ZynSemaphore *semaphore, uint32_t permits);
ZYN_API void zyn_semaphore_release(ZynSemaphore *semaphore, uint32_t permits);
ZYN_API void zyn_semaphore_close(ZynSemaphore *semaphore);
ZYN_API uint64_t zyn_semaphore_available(ZynSemaphore *semaphore);
/* DONE or CLOSED */
ZYN_API void zyn_semaphore_acquire_init(ZynContext *cx, void *mem, ZynSemaphore *semaphore,
                                        uint32_t permits);
ZYN_API int64_t zyn_semaphore_acquire_poll(void *mem, ZynContext *cx);
ZYN_API int32_t zyn_semaphore_acquire_take(void *mem, void *out);
ZYN_API void zyn_semaphore_acquire_drop(void *mem);

/* --- signals ---------------------------------------------------------------------------------- */

/* A notification for one waiting task, or kept for the next; or for all that wait. */
typedef struct ZynNotify ZynNotify;
ZYN_API ZynNotify *zyn_notify_new(ZynRuntime *rt);
ZYN_API void zyn_notify_one(ZynNotify *notify);
ZYN_API void zyn_notify_all(ZynNotify *notify);
/* DONE */
ZYN_API void zyn_notify_wait_init(ZynContext *cx, void *mem, ZynNotify *notify);
ZYN_API int64_t zyn_notify_wait_poll(void *mem, ZynContext *cx);
ZYN_API int32_t zyn_notify_wait_take(void *mem, void *out);
ZYN_API void zyn_notify_wait_drop(void *mem);

/* `parties` go on together, again and again. */
typedef struct ZynBarrier ZynBarrier;
ZYN_API ZynBarrier *zyn_barrier_new(ZynRuntime *rt, uint64_t parties);
/* DONE and a bool: whether this was the last to arrive */
ZYN_API void zyn_barrier_wait_init(ZynContext *cx, void *mem, ZynBarrier *barrier);
ZYN_API int64_t zyn_barrier_wait_poll(void *mem, ZynContext *cx);
ZYN_API int32_t zyn_barrier_wait_take(void *mem, void *out);
ZYN_API void zyn_barrier_wait_drop(void *mem);

/* Something that is done once. */
typedef struct ZynOnce ZynOnce;
ZYN_API ZynOnce *zyn_once_new(ZynRuntime *rt);
/* What the one that was told to do it says afterwards: it is done; somebody else may try.  DONE, or
 * REFUSED: nobody was told. */
ZYN_API int32_t zyn_once_finish(ZynOnce *once);
ZYN_API int32_t zyn_once_abort(ZynOnce *once);
ZYN_API int32_t zyn_once_is_done(ZynOnce *once);
/* DONE and a bool: true, do it now; false, it is done */
ZYN_API void zyn_once_begin_init(ZynContext *cx, void *mem, ZynOnce *once);
ZYN_API int64_t zyn_once_begin_poll(void *mem, ZynContext *cx);
ZYN_API int32_t zyn_once_begin_take(void *mem, void *out);
ZYN_API void zyn_once_begin_drop(void *mem);

/* --- promises made of promises ---------------------------------------------------------------- */

/* These leaves retain their promises.  They fail as the promise does that they end with; take
 * writes its value.  What they do not want any more is cancelled and has ended, clean-up included,
 * when they end, unless somebody else holds it. */

/* The value of `promise`; after `ms` milliseconds it is cancelled, and this fails with TIMEOUT. */
ZYN_API void zyn_timeout_init(ZynContext *cx, void *mem, ZynPromise *promise, int64_t ms);
ZYN_API int64_t zyn_timeout_poll(void *mem, ZynContext *cx);
ZYN_API int32_t zyn_timeout_take(void *mem, void *out);
ZYN_API void zyn_timeout_drop(void *mem);
/* The same, but who comes too late is no failure: DONE and the value, or TIMEOUT. */
ZYN_API void zyn_within_init(ZynContext *cx, void *mem, int64_t ms, ZynPromise *promise);
ZYN_API int64_t zyn_within_poll(void *mem, ZynContext *cx);
ZYN_API int32_t zyn_within_take(void *mem, void *out);
ZYN_API void zyn_within_drop(void *mem);
/* The first to be ready, asked in order in this task; take gives its index.  Unlike a race, this
 * makes no tasks, and begins none behind one that is ready at once. */
ZYN_API void zyn_select_init(ZynContext *cx, void *mem, ZynPromise *const *promises,
                             uint64_t count);
ZYN_API int64_t zyn_select_poll(void *mem, ZynContext *cx);
ZYN_API int32_t zyn_select_take(void *mem, void *out);
ZYN_API void zyn_select_drop(void *mem);
/* `value`, at once */
ZYN_API void zyn_ready_init(ZynContext *cx, void *mem, const ZynTypeInfo *info, const void *value);
ZYN_API int64_t zyn_ready_poll(void *mem, ZynContext *cx);
ZYN_API int32_t zyn_ready_take(void *mem, void *out);
ZYN_API void zyn_ready_drop(void *mem);
/* What `fn` makes of the value of `promise`: a value of type `result` at `out`, or cx->error.
 * `value` is borrowed; `data` must live until the leaf has ended. */
typedef void ZynMapFn(ZynContext *cx, void *data, const void *value, void *out);
ZYN_API void zyn_map_init(ZynContext *cx, void *mem, ZynPromise *promise, ZynMapFn *fn, void *data,
                          const ZynTypeInfo *result);
ZYN_API int64_t zyn_map_poll(void *mem, ZynContext *cx);
ZYN_API int32_t zyn_map_take(void *mem, void *out);
ZYN_API void zyn_map_drop(void *mem);
/* The value of the promise that `fn` makes of the value of `promise`; null: cx->error says why. */
typedef ZynPromise *ZynThenFn(ZynContext *cx, void *data, const void *value);
ZYN_API void zyn_and_then_init(ZynContext *cx, void *mem, ZynPromise *promise, ZynThenFn *fn,
                               void *data);
ZYN_API int64_t zyn_and_then_poll(void *mem, ZynContext *cx);
ZYN_API int32_t zyn_and_then_take(void *mem, void *out);
ZYN_API void zyn_and_then_drop(void *mem);

/* --- sets of tasks ---------------------------------------------------------------------------- */

/* The functions that add a promise retain it.  Their context may be null when the host calls.  A
 * set whose last handle goes cancels its tasks. */

/* Tasks whose ends are taken one by one, in the order in which they end. */
typedef struct ZynJoinSet ZynJoinSet;
ZYN_API ZynJoinSet *zyn_join_set_new(ZynRuntime *rt);
/* As zyn_spawn; null: cx->error is set */
ZYN_API ZynPromise *zyn_join_set_spawn(ZynContext *cx, ZynJoinSet *set, ZynPromise *promise,
                                       ZynSite site);
/* DONE and the ended promise, owned; PENDING: none has ended; EMPTY: there are none */
ZYN_API int32_t zyn_join_set_try_join_next(ZynJoinSet *set, ZynPromise **promise);
ZYN_API void zyn_join_set_abort_all(ZynJoinSet *set);
ZYN_API uint64_t zyn_join_set_len(ZynJoinSet *set); /* those that were not taken */
/* DONE and the value of the next to end, whose failure is this leaf's; or EMPTY */
ZYN_API void zyn_join_next_init(ZynContext *cx, void *mem, ZynJoinSet *set);
ZYN_API int64_t zyn_join_next_poll(void *mem, ZynContext *cx);
ZYN_API int32_t zyn_join_next_take(void *mem, void *out);
ZYN_API void zyn_join_next_drop(void *mem);
/* DONE and the next to end itself, a ZynPromise *, whichever way it ended; or EMPTY */
ZYN_API void zyn_join_next_promise_init(ZynContext *cx, void *mem, ZynJoinSet *set);
ZYN_API int64_t zyn_join_next_promise_poll(void *mem, ZynContext *cx);
ZYN_API int32_t zyn_join_next_promise_take(void *mem, void *out);
ZYN_API void zyn_join_next_promise_drop(void *mem);

/* The same, but nothing begins before somebody waits. */
typedef struct ZynFutures ZynFutures;
ZYN_API ZynFutures *zyn_futures_new(ZynRuntime *rt);
/* DONE, or OUT_OF_MEMORY; cx->error is set */
ZYN_API int32_t zyn_futures_push(ZynContext *cx, ZynFutures *futures, ZynPromise *promise);
ZYN_API uint64_t zyn_futures_len(ZynFutures *futures);
/* As join_next */
ZYN_API void zyn_futures_next_init(ZynContext *cx, void *mem, ZynFutures *futures);
ZYN_API int64_t zyn_futures_next_poll(void *mem, ZynContext *cx);
ZYN_API int32_t zyn_futures_next_take(void *mem, void *out);
ZYN_API void zyn_futures_next_drop(void *mem);

/* Children of a scope: join ends when all have ended, or fails with the first failure after the
 * others were cancelled. */
typedef struct ZynNursery ZynNursery;
ZYN_API ZynNursery *zyn_nursery_new(ZynRuntime *rt);
/* As zyn_spawn; null: cx->error is set */
ZYN_API ZynPromise *zyn_nursery_spawn(ZynContext *cx, ZynNursery *nursery, ZynPromise *promise,
                                      ZynSite site);
ZYN_API void zyn_nursery_cancel(ZynNursery *nursery);
/* How many children have failed so far, and the error of one of them in the order of their ends; 0
 * is the one that join raises.  They are kept as long as the nursery. */
ZYN_API uint64_t zyn_nursery_failures(ZynNursery *nursery);
/* Retained; null: there are not so many */
ZYN_API ZynError *zyn_nursery_failure(ZynNursery *nursery, uint64_t index);
/* DONE.  A cancelled join cancels every child and pends until all have ended. */
ZYN_API void zyn_nursery_join_init(ZynContext *cx, void *mem, ZynNursery *nursery);
ZYN_API int64_t zyn_nursery_join_poll(void *mem, ZynContext *cx);
ZYN_API int32_t zyn_nursery_join_take(void *mem, void *out);
ZYN_API void zyn_nursery_join_drop(void *mem);

/* --- what a parked task waits for ------------------------------------------------------------- */

/* Fields that mean nothing for a leaf are 0. */
typedef struct ZynWaitInfo {
	uint64_t object;      /* id of the object; 0: the leaf does not wait for one */
	uint64_t task;        /* id of the task whose end it waits for */
	uint64_t owner;       /* id of the task that has the lock; 0: nobody, or the host */
	uint64_t fill;        /* values queued, permits free, tasks arrived or children alive */
	uint64_t capacity;    /* of the channel, the semaphore or the barrier; 0: no limit */
	uint64_t amount;      /* how many permits the leaf wants */
	uint64_t ahead;       /* waiters of the same queue that come first */
	uint64_t deadline_ns; /* runtime clock; 0: none */
	uint64_t waiting;     /* leaves in the queue; of a channel, those that receive */
	uint64_t waiting_senders;
	uint32_t kind;    /* ZynObjectKind; 0: none */
	uint32_t senders; /* counted ends */
	uint32_t receivers;
	uint32_t closed;
} ZynWaitInfo;

/* What the leaf at `mem`, a ZynLeafKind, waits for.  Its task must be parked and stay so
 * meanwhile.  0: nothing is known of it, and *out is all zero. */
ZYN_API int32_t zyn_dbg_wait(uint32_t leaf, const void *mem, ZynWaitInfo *out);
/* The same for a leaf that was found in a frame of `task` when it had been polled so often; 0 as
 * well when it is not parked any more, or was polled since.  Any thread. */
ZYN_API int32_t zyn_dbg_task_wait(ZynRuntime *rt, uint64_t task, uint64_t polls, uint32_t leaf,
                                  const void *mem, ZynWaitInfo *out);

#endif
