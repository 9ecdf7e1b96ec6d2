/* The blocking pool, and the leaf that runs a function of the host there.  Rules in blocking.h. */
#include "blocking.h"

#include "io.h"

#include <stdlib.h>

struct ZynPool {
	pthread_mutex_t lock;
	pthread_cond_t work;
	ZynList queue;
	uint32_t threads;
	uint32_t idle;
	uint32_t queued;
	uint32_t closing;
	pthread_t ids[ZYN_POOL_THREADS_MAX];
};

static void *pool_main(void *data)
{
	ZynPool *pool = data;
	pthread_mutex_lock(&pool->lock);
	for (;;) { /* until the runtime ends */
		while (zyn__list_empty(&pool->queue) && !pool->closing) {
			pool->idle++;
			pthread_cond_wait(&pool->work, &pool->lock);
			pool->idle--;
		}
		ZynList *link = zyn__list_pop_front(&pool->queue);
		if (link == NULL)
			break;
		ZynJob *job = ZYN_CONTAINER(link, ZynJob, link);
		pool->queued--;
		job->state = ZYN_JOB_RUNNING;
		pthread_mutex_unlock(&pool->lock);
		job->run(job);
		pthread_mutex_lock(&pool->lock);
		job->state = ZYN_JOB_DONE;
		bool forgotten = job->forgotten;
		if (!forgotten)
			zyn_waker_wake(job->waker);
		if (forgotten) { /* Rule 1. */
			pthread_mutex_unlock(&pool->lock);
			job->over(job);
			pthread_mutex_lock(&pool->lock);
		}
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

static void pool_free(ZynPool *pool)
{
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

static ZynPool *pool_of(ZynReactor *reactor)
{
	ZynPool *pool = atomic_load_explicit(&reactor->pool, memory_order_acquire);
	if (pool != NULL)
		return pool;
	if (zyn__allocator.permit != NULL && !zyn__allocator.permit(sizeof(ZynPool)))
		return NULL;
	ZynPool *made = calloc(1, sizeof *made);
	if (made == NULL)
		return NULL;
	pthread_mutex_init(&made->lock, NULL);
	pthread_cond_init(&made->work, NULL);
	zyn__list_init(&made->queue);
	if (atomic_compare_exchange_strong(&reactor->pool, &pool, made))
		return made;
	pool_free(made);
	return pool;
}

int zyn__job_submit(ZynRuntime *rt, ZynJob *job)
{
	ZynReactor *reactor = zyn__reactor_of(rt);
	if (reactor == NULL)
		return errno;
	ZynPool *pool = pool_of(reactor);
	if (pool == NULL)
		return ENOMEM;
	int error = 0;
	pthread_mutex_lock(&pool->lock);
	if (pool->closing)
		error = ECANCELED;
	bool wanted = pool->queued >= pool->idle && pool->threads < ZYN_POOL_THREADS_MAX;
	if (error == 0 && wanted) {
		if (zyn__system.thread(&pool->ids[pool->threads], pool_main, pool) == 0)
			pool->threads++;
		else if (pool->threads == 0)
			error = errno; /* else one of those there are will do it */
	}
	if (error == 0) {
		job->pool = pool;
		job->state = ZYN_JOB_QUEUED;
		job->forgotten = 0;
		job->waker = (ZynWaker){NULL, NULL};
		zyn__list_push_back(&pool->queue, &job->link);
		pool->queued++;
		pthread_cond_signal(&pool->work);
	}
	pthread_mutex_unlock(&pool->lock);
	return error;
}

enum ZynJobState zyn__job_poll(ZynJob *job, ZynWaker waker)
{
	pthread_mutex_lock(&job->pool->lock);
	enum ZynJobState state = (enum ZynJobState)job->state;
	if (state < ZYN_JOB_DONE)
		job->waker = waker;
	pthread_mutex_unlock(&job->pool->lock);
	return state;
}

void zyn__job_forget(ZynJob *job)
{
	ZynPool *pool = job->pool;
	pthread_mutex_lock(&pool->lock);
	bool ours = job->state != ZYN_JOB_RUNNING; /* Rule 2. */
	if (job->state == ZYN_JOB_QUEUED) {
		zyn__list_remove(&job->link);
		pool->queued--;
		job->state = ZYN_JOB_CANCELLED;
	}
	job->forgotten = 1;
	pthread_mutex_unlock(&pool->lock);
	if (ours)
		job->over(job);
}

void zyn__pool_close(ZynReactor *reactor)
{
	ZynPool *pool = atomic_load_explicit(&reactor->pool, memory_order_acquire);
	if (pool == NULL)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->closing = 1;
	ZynList *link;
	while ((link = zyn__list_pop_front(&pool->queue)) != NULL) { /* Rule 4. */
		ZynJob *job = ZYN_CONTAINER(link, ZynJob, link);
		job->state = ZYN_JOB_CANCELLED;
		zyn_waker_wake(job->waker);
	}
	pool->queued = 0;
	pthread_cond_broadcast(&pool->work);
	uint32_t threads = pool->threads;
	pthread_mutex_unlock(&pool->lock);
	for (uint32_t i = 0; i < threads; i++)
		pthread_join(pool->ids[i], NULL);
	atomic_store(&reactor->pool, NULL);
	pool_free(pool);
}

/* --- the leaf --------------------------------------------------------------------------------- */

typedef struct ZynCallJob {
	ZynJob job;
	int64_t (*fn)(void *data);
	void *data;
	int64_t result;
} ZynCallJob;

static void call_run(ZynJob *job)
{
	ZynCallJob *call = ZYN_CONTAINER(job, ZynCallJob, job);
	call->result = call->fn(call->data);
}

static void call_over(ZynJob *job)
{
	zyn__block_release(ZYN_CONTAINER(job, ZynCallJob, job));
}

void zyn_blocking_init(ZynContext *cx, void *mem, int64_t (*fn)(void *data), void *data)
{
	(void)cx;
	ZynJobLeaf *leaf = mem;
	*leaf = (ZynJobLeaf){.op = ZYN_IO_OP_CALL, .fn = fn, .data = data};
}

static int64_t call_begin(ZynJobLeaf *leaf, ZynContext *cx)
{
	ZynCallJob *call = zyn__block_new(cx->runtime, sizeof *call);
	if (call == NULL)
		return zyn__io_no_memory(&leaf->state, cx);
	*call = (ZynCallJob){
		.job = {.run = call_run, .over = call_over}, .fn = leaf->fn, .data = leaf->data};
	int error = zyn__job_submit(cx->runtime, &call->job);
	if (error != 0) {
		zyn__block_release(call);
		return zyn__io_failed(&leaf->state, cx, "blocking call", "", error);
	}
	leaf->job = &call->job;
	leaf->state = 1;
	leaf->since_ns = zyn__clock_now(cx->runtime);
	zyn__outside_begin(cx->runtime);
	return 0;
}

int64_t zyn_blocking_poll(void *mem, ZynContext *cx)
{
	ZynJobLeaf *leaf = mem;
	if (zyn__attention(cx, ZYN_ATTENTION_CANCEL))
		return zyn__job_leaf_cancel(leaf, cx);
	if (leaf->state == ZYN_STATE_START) {
		int64_t failed = call_begin(leaf, cx);
		if (failed != 0)
			return failed;
	}
	enum ZynJobState state = zyn__job_poll(leaf->job, cx->waker);
	if (state < ZYN_JOB_DONE)
		return 0;
	leaf->result = ZYN_CONTAINER(leaf->job, ZynCallJob, job)->result;
	zyn__job_leaf_end(leaf, cx);
	if (state == ZYN_JOB_CANCELLED)
		return zyn__io_failed(&leaf->state, cx, "blocking call", "", ECANCELED);
	leaf->state = ZYN_STATE_RETURNED;
	return ZYN_POLL_LOOK;
}

void zyn_blocking_drop(void *mem)
{
	ZYN_ASSERT(((ZynJobLeaf *)mem)->job == NULL);
	(void)mem;
}

void zyn_blocking_take(void *mem, void *out)
{
	ZYN_ASSERT(((ZynJobLeaf *)mem)->state == ZYN_STATE_RETURNED);
	*(int64_t *)out = ((ZynJobLeaf *)mem)->result;
}

/* Ends a wait for a job: the leaf lets go of it. */
void zyn__job_leaf_end(ZynJobLeaf *leaf, ZynContext *cx)
{
	if (leaf->job == NULL)
		return;
	ZynJob *job = leaf->job;
	leaf->job = NULL;
	zyn__outside_end(cx->runtime);
	zyn__job_forget(job);
}

int64_t zyn__job_leaf_cancel(ZynJobLeaf *leaf, ZynContext *cx)
{
	zyn__job_leaf_end(leaf, cx);
	leaf->state = ZYN_STATE_CANCELLED;
	zyn_fail_cancelled(cx);
	return ZYN_POLL_LOOK;
}
