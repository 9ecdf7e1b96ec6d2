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
 */
#include "internal.h"

#include <stdlib.h>

#define PCT_POLLS 1024u /* among the first so many polls ... */
#define PCT_CHANGES 4u  /* ... so many change a priority */

void zyn__ready_init(ZynRuntime *rt)
{
	for (uint32_t i = 0; i < ZYN_PRIORITIES; i++)
		zyn__list_init(&rt->ready[i]);
	zyn__list_init(&rt->round);
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
	zyn__list_push_back(&rt->ready[task->priority], &task->queue);
	count(rt, 1);
}

void zyn__ready_remove(ZynRuntime *rt, ZynTask *task)
{
	zyn__list_remove(&task->queue);
	count(rt, (uint64_t)-1);
}

bool zyn__ready_empty(const ZynRuntime *rt)
{
	for (uint32_t i = 0; i < ZYN_PRIORITIES; i++)
		if (!zyn__list_empty(&rt->ready[i]))
			return false;
	return zyn__list_empty(&rt->round);
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
		ZynList **larger = realloc(rt->scratch, count * 2 * sizeof *larger);
		if (larger == NULL)
			return;
		rt->scratch = larger;
		rt->scratch_count = count * 2;
	}
	uint32_t filled = 0;
	for (ZynList *link = rt->round.next; link != &rt->round; link = link->next)
		rt->scratch[filled++] = link;
	zyn__list_init(&rt->round);
	for (uint32_t i = 0; i < count; i++) { /* Fisher and Yates, as far as it is needed */
		uint32_t from = i < wanted ? i + (uint32_t)(zyn__random(rt) % (count - i)) : i;
		ZynList *drawn = rt->scratch[from];
		rt->scratch[from] = rt->scratch[i];
		zyn__list_push_back(&rt->round, drawn);
	}
}

static uint32_t length(const ZynList *list)
{
	uint32_t count = 0;
	for (const ZynList *link = list->next; link != list; link = link->next)
		count++;
	return count;
}

static uint64_t pct_priority(const ZynRuntime *rt, const ZynTask *task)
{
	uint64_t id = zyn__get(&task->id);
	for (uint32_t i = 0; i < PCT_CHANGES; i++)
		if (rt->pct_demoted[i] == id)
			return i; /* below every random one, and below who was demoted later */
	return mix(id ^ rt->pct_seed) | (uint64_t)1 << 63;
}

static void pct_best_first(ZynRuntime *rt)
{
	ZynList *best = rt->round.next;
	uint64_t highest = 0;
	for (ZynList *link = rt->round.next; link != &rt->round; link = link->next) {
		uint64_t priority = pct_priority(rt, ZYN_CONTAINER(link, ZynTask, queue));
		if (priority > highest) {
			highest = priority;
			best = link;
		}
	}
	zyn__list_remove(best);
	zyn__list_push_back(rt->round.next, best);
	uint64_t polls = zyn__get(&rt->polls_total);
	for (uint32_t i = 0; i < PCT_CHANGES; i++)
		if (rt->pct_demoted[i] == 0 && mix(rt->pct_seed + i) % PCT_POLLS == polls)
			rt->pct_demoted[i] = zyn__get(&ZYN_CONTAINER(best, ZynTask, queue)->id);
}

static void order(ZynRuntime *rt)
{
	rt->round_limit = UINT32_MAX;
	if (rt->order == ZYN_ORDER_FIFO || zyn__list_empty(&rt->round))
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
	for (uint32_t i = 0; i < ZYN_PRIORITIES; i++) {
		if (zyn__list_empty(&rt->ready[i])) {
			rt->waited[i] = 0;
			continue;
		}
		if (better && ++rt->waited[i] < ZYN_ROUNDS_WAITED) /* Rule 1. */
			continue;
		rt->waited[i] = 0;
		better = true;
		zyn__list_splice_back(&rt->round, &rt->ready[i]);
	}
	order(rt);
}

ZynTask *zyn__round_next(ZynRuntime *rt)
{
	if (rt->round_limit == 0)
		return NULL;
	ZynList *link = zyn__list_pop_front(&rt->round);
	if (link == NULL)
		return NULL;
	if (rt->round_limit != UINT32_MAX)
		rt->round_limit--;
	count(rt, (uint64_t)-1);
	return ZYN_CONTAINER(link, ZynTask, queue);
}

/* --- what was decided ------------------------------------------------------------------------- */

void zyn__hash_poll(ZynRuntime *rt, const ZynTask *task, uint32_t before, uint32_t after)
{
	uint64_t what = zyn__get(&task->id) * 0x9E3779B97F4A7C15u ^
	                ((uint64_t)before << 32 | after);
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
