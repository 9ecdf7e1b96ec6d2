/* The part of internal.h, which includes it, that is about many workers: team.c. */
#ifndef ZYN_TEAM_H
#define ZYN_TEAM_H

typedef struct ZynTeam {
	uint32_t count;                           /* of workers, the head included; never changes */
	ZynRuntime *workers[ZYN_WORKERS_MAX + 1]; /* never changes */
	pthread_t threads[ZYN_WORKERS_MAX + 1];
	_Atomic uint64_t idle; /* a bit for each worker that would take a task; any thread */
	_Atomic uint32_t closing;
	_Atomic uint32_t started;    /* threads were made, or tried to be */
	uint32_t thread_count;       /* the head, which has none, included */
	pthread_mutex_t events_lock; /* the debugger is told of one thing at a time */
} ZynTeam;

bool zyn__team_start(ZynRuntime *head); /* the threads; false: the system has none */
void zyn__team_stop(ZynRuntime *head);
/* Nothing to do for `idle_ns`, or until somebody has something; gives up the baton meanwhile. */
void zyn__team_idle(ZynRuntime *rt, int64_t idle_ns);
/* Hands runnable tasks to idle workers; `all`: does not keep half. */
void zyn__team_share(ZynRuntime *rt, bool all);
void zyn__mail_drain(ZynRuntime *rt);
/* What a poll that lasts long does for the others when it is asked. */
void zyn__team_serve(ZynRuntime *rt);
/* Nothing runs, nothing is queued and no timer is left in any worker; exact, so it takes all
 * batons. */
bool zyn__team_stuck(ZynRuntime *head);

static inline ZynRuntime *zyn__worker(ZynRuntime *rt, uint32_t index)
{
	return rt->team != NULL ? rt->team->workers[index] : rt;
}

static inline uint32_t zyn__worker_count(const ZynRuntime *rt)
{
	return rt->team != NULL ? rt->team->count : 1;
}

/* Offers a task that was never polled to every worker; false: memory is out. */
bool zyn__team_publish(ZynRuntime *rt, ZynTask *task);
/* The same of a task that `rt` has just made: it keeps the newest one for itself. */
bool zyn__team_spawned(ZynRuntime *rt, ZynTask *task);
/* Whether `task` is what `rt` would poll next of the fresh ones, which it then takes out. */
bool zyn__team_take_newest(ZynRuntime *rt, ZynTask *task);
/* A fresh task to poll, now owned by `rt`, of others too if it `steals`; null: there is none. */
ZynTask *zyn__team_fresh(ZynRuntime *rt, bool steals);
void zyn__kick_all(ZynRuntime *rt);
/* Around a call of the debugger's: workers of a team have something to tell at the same time. */
void zyn__events_lock(ZynRuntime *head);
void zyn__events_unlock(ZynRuntime *head);

/* Some worker would take a task. */
static inline bool zyn__somebody_idle(const ZynRuntime *rt)
{
	return rt->team != NULL && zyn__get(&rt->team->idle) != 0;
}

/* Some worker would take a task, and there is more than one that waits here to be polled. */
static inline bool zyn__has_to_share(const ZynRuntime *rt)
{
	return zyn__somebody_idle(rt) &&
	       zyn__get(&rt->queued) + (zyn__get(&rt->newest) != NULL) > 1;
}

/* Locks that one worker alone does not need. */
static inline void zyn__team_lock(const ZynRuntime *rt, ZynLock *lock)
{
	if (rt->team != NULL)
		zyn__lock(lock);
}

static inline void zyn__debug_lock(ZynRuntime *head)
{
	if (head->team != NULL)
		zyn__lock(&head->debug_lock);
}

static inline void zyn__debug_unlock(ZynRuntime *head)
{
	if (head->team != NULL)
		zyn__unlock(&head->debug_lock);
}

static inline void zyn__task_lock(const ZynRuntime *rt, ZynTask *task)
{
	if (rt->team != NULL)
		zyn__lock(&task->lock);
}

static inline void zyn__task_unlock(const ZynRuntime *rt, ZynTask *task)
{
	if (rt->team != NULL)
		zyn__unlock(&task->lock);
}

static inline void zyn__team_unlock(const ZynRuntime *rt, ZynLock *lock)
{
	if (rt->team != NULL)
		zyn__unlock(lock);
}

#endif
