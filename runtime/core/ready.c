/* What a worker polls next, and in which order.
 *
 * Runnable tasks wait in five lists, one for each priority; a turn takes the best list that is not
 * empty, whole, as its round.  Who becomes runnable during a round waits for a later one, so a
 * round ends.
 *
 * Order inside a round:
 *     no seed        first in, first out
 *     a seed         shuffled, and cut at a random place: what is left is shuffled again with what
 *                    became runnable meanwhile, so that any task may run before any other
 *     PCT            every task has a random priority, the best runs alone in its round, and at a
 *                    few random polls the one that runs becomes the worst (Burckhardt, Kothari,
 *                    Musuvathi and Nagarakatte, "A randomized scheduler with probabilistic
 *                    guarantees of finding bugs", 2010)
 *
 * Owner:   the baton holder of the worker.
 *
 * Rule 1.  a list of lower priority that was passed over ZYN_ROUNDS_WAITED times in a row joins the
 *          next round behind the better ones; so nobody starves.
 * Rule 2.  the same seed and the same program give the same order: nothing here looks at a clock,
 *          an address or a thread.
 * Rule 3.  a task that is freed where it waits leaves a dead block in the list, which goes back to
 *          the slab when its turn comes; when dead ones are the majority they are swept out.
 */
#include "internal.h"

#include <stdlib.h>

#define PCT_POLLS 1024u /* among the first so many polls ... */
#define PCT_CHANGES 4u  /* ... so many change a priority */
#define DEAD_MIN 64u    /* fewer dead blocks are not worth a sweep */

void zyn__ready_init(ZynRuntime *rt)
{
	for (uint32_t i = 0; i < ZYN_PRIORITIES; i++)
		rt->ready[i] = (ZynTaskList){NULL, NULL};
	rt->round = (ZynTaskList){NULL, NULL};
	rt->foreign = (ZynTaskList){NULL, NULL};
}

static void count(ZynRuntime *rt, uint64_t change)
{
	zyn__set(&rt->queued, zyn__get(&rt->queued) + change);
}

void zyn__ready_free(ZynRuntime *rt)
{
	free(rt->scratch);
}

void zyn__ready_push(ZynRuntime *rt, ZynTask *task)
{
	zyn__tasks_push_back(&rt->ready[task->priority], task);
	count(rt, 1);
}

/* The list at `index` of those that a task can wait in; null: there are no more. */
static ZynTaskList *list_at(ZynRuntime *rt, uint32_t index)
{
	if (index < ZYN_PRIORITIES)
		return &rt->ready[index];
	return index == ZYN_PRIORITIES       ? &rt->round
	       : index == ZYN_PRIORITIES + 1 ? &rt->foreign
	                                     : NULL;
}

static bool remove_from(ZynTaskList *list, ZynTask *sought)
{
	ZynTask *before = NULL;
	for (ZynTask *task = list->first; task != NULL; task = zyn__tasks_next(task)) {
		if (task == sought) {
			zyn__tasks_take(list, before, task);
			return true;
		}
		before = task;
	}
	return false;
}

void zyn__ready_remove(ZynRuntime *rt, ZynTask *task)
{
	if (zyn__get(&rt->newest) == task) {
		zyn__set(&rt->newest, NULL);
		return;
	}
	ZynTaskList *list;
	bool removed = false;
	for (uint32_t i = 0; !removed && (list = list_at(rt, i)) != NULL; i++)
		removed = remove_from(list, task);
	ZYN_ASSERT(removed);
	count(rt, (uint64_t)-1);
}

void zyn__ready_clear(ZynRuntime *rt)
{
	ZynTaskList *list;
	for (uint32_t i = 0; (list = list_at(rt, i)) != NULL; i++) {
		ZynTask *task;
		while ((task = zyn__tasks_pop_front(list)) != NULL) /* bounded by its length */
			if (task->sched == ZYN_SCHED_FREE)
				zyn__slab_collect(rt, task);
	}
	rt->dead = 0;
	zyn__set(&rt->queued, 0);
	zyn__set(&rt->newest, NULL);
}

/* Rule 3. */
static void sweep(ZynRuntime *rt)
{
	ZynTaskList *list;
	for (uint32_t i = 0; (list = list_at(rt, i)) != NULL; i++) {
		ZynTaskList kept = {NULL, NULL};
		ZynTask *task;
		while ((task = zyn__tasks_pop_front(list)) != NULL) /* bounded by its length */
			if (task->sched == ZYN_SCHED_FREE)
				zyn__slab_collect(rt, task);
			else
				zyn__tasks_push_back(&kept, task);
		*list = kept;
	}
	rt->dead = 0;
}

void zyn__ready_leave_dead(ZynRuntime *rt)
{
	count(rt, (uint64_t)-1);
	if (++rt->dead > zyn__get(&rt->queued) + DEAD_MIN)
		sweep(rt);
}

bool zyn__ready_empty(ZynRuntime *rt)
{
	if (rt->dead != 0)
		sweep(rt);
	for (uint32_t i = 0; i < ZYN_PRIORITIES; i++)
		if (!zyn__tasks_empty(&rt->ready[i]))
			return false;
	return zyn__tasks_empty(&rt->round);
}

/* --- order ------------------------------------------------------------------------------------ */

/* splitmix64, by Steele, Lea and Flood (2014) */
static uint64_t mix(uint64_t z)
{
	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return z ^ z >> 31;
}

uint64_t zyn__random(ZynRuntime *rt)
{
	rt->random += 0x9E3779B97F4A7C15u;
	return mix(rt->random);
}

/* Puts `wanted` tasks, drawn at random, in front; when memory is out the order stays. */
static void draw(ZynRuntime *rt, uint32_t wanted, uint32_t count)
{
	if (count > rt->scratch_count) {
		ZynTask **larger = realloc(rt->scratch, count * 2 * sizeof *larger);
		if (larger == NULL)
			return;
		rt->scratch = larger;
		rt->scratch_count = count * 2;
	}
	uint32_t filled = 0;
	ZynTask *task;
	while ((task = zyn__tasks_pop_front(&rt->round)) != NULL)
		rt->scratch[filled++] = task;
	for (uint32_t i = 0; i < count; i++) { /* Fisher and Yates, as far as it is needed */
		uint32_t from = i < wanted ? i + (uint32_t)(zyn__random(rt) % (count - i)) : i;
		ZynTask *drawn = rt->scratch[from];
		rt->scratch[from] = rt->scratch[i];
		zyn__tasks_push_back(&rt->round, drawn);
	}
}

static uint32_t length(const ZynTaskList *list)
{
	uint32_t count = 0;
	for (const ZynTask *task = list->first; task != NULL; task = zyn__tasks_next(task))
		count++;
	return count;
}

static uint64_t pct_priority(const ZynRuntime *rt, const ZynTask *task)
{
	uint64_t id = zyn__task_id(task);
	for (uint32_t i = 0; i < PCT_CHANGES; i++)
		if (rt->pct_demoted[i] == id)
			return i; /* below every random one, and below who was demoted later */
	return mix(id ^ rt->pct_seed) | (uint64_t)1 << 63;
}

static void pct_best_first(ZynRuntime *rt)
{
	ZynTask *best = NULL;
	ZynTask *before_best = NULL;
	ZynTask *before = NULL;
	uint64_t highest = 0;
	for (ZynTask *task = rt->round.first; task != NULL; task = zyn__tasks_next(task)) {
		uint64_t priority = pct_priority(rt, task);
		if (best == NULL || priority > highest) {
			highest = priority;
			best = task;
			before_best = before;
		}
		before = task;
	}
	zyn__tasks_take(&rt->round, before_best, best);
	zyn__tasks_push_front(&rt->round, best);
	uint64_t polls = zyn__get(&rt->polls_total);
	for (uint32_t i = 0; i < PCT_CHANGES; i++)
		if (rt->pct_demoted[i] == 0 && mix(rt->pct_seed + i) % PCT_POLLS == polls)
			rt->pct_demoted[i] = zyn__task_id(best);
}

static void order(ZynRuntime *rt)
{
	rt->round_limit = UINT32_MAX;
	if (rt->order == ZYN_ORDER_FIFO || zyn__tasks_empty(&rt->round))
		return;
	if (rt->order == ZYN_ORDER_PCT) {
		pct_best_first(rt);
		rt->round_limit = 1;
		return;
	}
	uint32_t count = length(&rt->round);
	rt->round_limit = 1 + (uint32_t)(zyn__random(rt) % count);
	draw(rt, rt->round_limit, count);
}

/* --- rounds ----------------------------------------------------------------------------------- */

void zyn__round_begin(ZynRuntime *rt)
{
	bool better = false;
	if (rt->dead != 0 && rt->order != ZYN_ORDER_FIFO)
		sweep(rt); /* no dead one is drawn */
	for (uint32_t i = 0; i < ZYN_PRIORITIES; i++) {
		if (zyn__tasks_empty(&rt->ready[i])) {
			rt->waited[i] = 0;
			continue;
		}
		if (better && ++rt->waited[i] < ZYN_ROUNDS_WAITED) /* Rule 1. */
			continue;
		rt->waited[i] = 0;
		better = true;
		zyn__tasks_splice_back(&rt->round, &rt->ready[i]);
	}
	order(rt);
}

ZynTask *zyn__round_next(ZynRuntime *rt)
{
	if (rt->round_limit == 0)
		return NULL;
	ZynTask *task = zyn__tasks_pop_front(&rt->round);
	while (task != NULL && task->sched == ZYN_SCHED_FREE) { /* Rule 3. */
		rt->dead--;
		zyn__slab_collect(rt, task);
		task = zyn__tasks_pop_front(&rt->round);
	}
	if (task == NULL)
		return NULL;
	if (rt->round_limit != UINT32_MAX)
		rt->round_limit--;
	count(rt, (uint64_t)-1);
	return task;
}

/* --- what was decided ------------------------------------------------------------------------- */

void zyn__hash_poll(ZynRuntime *rt, const ZynTask *task, uint32_t before, uint32_t after)
{
	uint64_t what = zyn__task_id(task) * 0x9E3779B97F4A7C15u ^ ((uint64_t)before << 32 | after);
	rt->trace_hash = mix(rt->trace_hash + mix(what ^ rt->now_ns));
}

uint64_t zyn_rt_trace_hash(ZynRuntime *rt)
{
	ZynEntry entry;
	zyn__enter(&entry, rt);
	uint64_t hash = rt->trace_hash;
	zyn__leave(&entry);
	return hash;
}

int32_t zyn_promise_priority(ZynRuntime *rt, ZynPromise *p, uint32_t priority)
{
	ZynTask *task = zyn__task_of_promise(p);
	ZynEntry entry;
	if (priority >= ZYN_PRIORITIES)
		return 0;
	zyn__enter(&entry, rt);
	bool ours = zyn__owner(task) == rt && task->sched == ZYN_SCHED_IDLE;
	if (ours)
		task->priority = (uint8_t)priority & 7u;
	zyn__leave(&entry);
	return ours;
}

uint32_t zyn_rt_metrics(ZynRuntime *rt, uint32_t worker, ZynMetrics *out)
{
	uint32_t workers = zyn__worker_count(rt);
	if (worker >= workers)
		return workers;
	ZynRuntime *of = zyn__worker(rt, worker);
	uint64_t fresh = of->team != NULL ? (uint64_t)zyn__deque_count(&of->fresh) : 0;
	fresh += zyn__get(&of->newest) != NULL;
	*out = (ZynMetrics){
		.polls = zyn__get(&of->polls_total),
		.parks = zyn__get(&of->parks_total),
		.wakes = zyn__get(&of->wakes_total),
		.steals = zyn__get(&of->stolen_total),
		.given = zyn__get(&of->given_total),
		.queued = zyn__get(&of->queued) + fresh,
	};
	return workers;
}
