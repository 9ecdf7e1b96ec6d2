/* The blocking pool: a few threads for calls that cannot be waited for in any other way.
 *
 * Owner:   `lock` of the pool guards the queue and the state of every job; jobs are rare and
 *          long, so one lock is enough.
 * Others:  a job that runs belongs to its thread, but for its state.
 *
 * Rule 1.  a job has two users, who waits for it and the pool.  The last to let go calls `over`,
 *          which frees it; never with the lock.
 * Rule 2.  who waits may let go at any time.  A job in the queue is then taken out; one that runs
 *          runs to its end.
 * Rule 3.  nothing that runs on a thread of the pool allocates memory of the runtime, because
 *          what runs out there could not be told to anybody.
 * Rule 4.  closing: no job begins any more, those in the queue are CANCELLED and their waiters
 *          woken; then the threads are joined, however long what they run takes.
 */
#ifndef ZYN_BLOCKING_H
#define ZYN_BLOCKING_H

#include "reactor.h"

#define ZYN_POOL_THREADS_MAX 4u

enum ZynJobState {
	ZYN_JOB_QUEUED,
	ZYN_JOB_RUNNING,
	ZYN_JOB_DONE,
	ZYN_JOB_CANCELLED, /* the pool was closed before its turn */
};

typedef struct ZynJob {
	ZynList link;
	ZynPool *pool;
	void (*run)(struct ZynJob *job);  /* Rule 3. */
	void (*over)(struct ZynJob *job); /* Rule 1; any thread */
	ZynWaker waker;
	uint32_t state;     /* ZynJobState */
	uint32_t forgotten; /* nobody waits for it */
} ZynJob;

/* Queues a job whose run and over are set; 0 or an errno, and then it was not touched. */
int zyn__job_submit(ZynRuntime *rt, ZynJob *job);
/* DONE or CANCELLED, else keeps the waker for when it is. */
enum ZynJobState zyn__job_poll(ZynJob *job, ZynWaker waker);
/* Whoever waited lets go; must be called once for each submitted job (rule 1). */
void zyn__job_forget(ZynJob *job);
/* Rule 4. */
void zyn__pool_close(ZynReactor *reactor);

#endif
