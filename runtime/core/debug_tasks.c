/* Lists of tasks for a debugger, made where the tasks are: a page costs what a page holds to send,
 * and one pass over the tasks to find.
 *
 * Rule 1.  everything here happens with every baton, in one go: a page is true at one moment.
 * Rule 2.  of a page only ids and addresses are kept until its tasks are known; the rest is filled
 *          in then, still with the batons.
 */
#include "debug_tasks.h"

#include <stdlib.h>
#include <string.h>

/* --- arrays that grow ------------------------------------------------------------------------- */

static void *grown(void *items, uint64_t count, uint64_t *capacity, size_t size)
{
	if (count < *capacity)
		return items;
	uint64_t wanted = *capacity != 0 ? *capacity * 2 : 256;
	void *more = realloc(items, wanted * size);
	if (more != NULL)
		*capacity = wanted;
	return more;
}

static int by_number(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a;
	uint64_t right = *(const uint64_t *)b;
	return left < right ? -1 : left > right;
}

static bool has_number(const uint64_t *sorted, uint64_t count, uint64_t wanted)
{
	return count != 0 && bsearch(&wanted, sorted, count, sizeof *sorted, by_number) != NULL;
}

/* --- a page ----------------------------------------------------------------------------------- */

typedef struct Match {
	uint64_t id;
	ZynTask *task;
	uint32_t rank;
} Match;

/* `matches` becomes a heap with the last of them on top once there are `limit`. */
typedef struct Search {
	const ZynTaskQuery *query;
	Match *matches;
	uint64_t count;
	uint64_t capacity;
	uint64_t limit;
	uint64_t total;
	uint64_t *ids; /* of every task, in order; only where parents are asked for */
	uint64_t id_count;
	uint64_t id_capacity;
	bool parent_known;
	bool failed;
} Search;

static bool before(const Match *a, const Match *b)
{
	return a->rank != b->rank ? a->rank < b->rank : a->id < b->id;
}

static int by_order(const void *a, const void *b)
{
	return before(a, b) ? -1 : before(b, a);
}

static void heap_down(Match *heap, uint64_t count, uint64_t at)
{
	for (uint64_t child; (child = 2 * at + 1) < count; at = child) {
		if (child + 1 < count && before(&heap[child], &heap[child + 1]))
			child++;
		if (!before(&heap[at], &heap[child]))
			return;
		Match match = heap[at];
		heap[at] = heap[child];
		heap[child] = match;
	}
}

static bool collect_id(ZynTask *task, void *data)
{
	Search *search = data;
	uint64_t *ids = grown(search->ids, search->id_count, &search->id_capacity, sizeof *ids);
	if (ids == NULL) {
		search->failed = true;
		return false;
	}
	search->ids = ids;
	ids[search->id_count++] = zyn__task_id(task);
	return true;
}

static bool part_of(const uint8_t *text, uint32_t size, const char *name)
{
	for (size_t at = 0; name != NULL; at++) {
		uint32_t same = 0;
		while (same < size) {
			char one = name[at + same];
			if (one >= 'A' && one <= 'Z')
				one = (char)(one - 'A' + 'a');
			if ((uint8_t)one != text[same] || one == 0)
				break;
			same++;
		}
		if (same == size)
			return true;
		if (name[at] == 0)
			return false;
	}
	return false;
}

static bool is_named(const Search *search, ZynTask *task)
{
	const ZynTaskQuery *query = search->query;
	if (query->id != 0 && zyn__task_id(task) == query->id)
		return true;
	const ZynDescriptor *descriptor = zyn__task_header(task)->descriptor;
	const ZynKnownFunction *known = zyn__debug_known(&query->map, descriptor->side_table);
	return known != NULL ? known->named != 0
	                     : part_of(query->text, query->text_size, descriptor->name);
}

static bool has_parent(const Search *search, ZynTask *task)
{
	const ZynTaskNote *note = zyn__note(task);
	uint64_t parent = note != NULL ? note->parent : 0;
	if (search->query->parent != 0)
		return search->parent_known && parent == search->query->parent;
	return parent == 0 || !has_number(search->ids, search->id_count, parent);
}

static bool is_there(const Search *search, ZynTask *task)
{
	const ZynTaskQuery *query = search->query;
	if (zyn__debug_state(task) != ZYN_TASK_PARKED)
		return false;
	ZynAwaitPlace place = zyn__debug_place(task, &query->map);
	if (place.descriptor == NULL)
		return place.wanted;
	const char *name = place.descriptor->name;
	return (query->flags & ZYN_QUERY_BARE_PLACE) != 0 && name != NULL &&
	       strlen(name) == query->place_size &&
	       memcmp(name, query->place, query->place_size) == 0;
}

static bool collect(ZynTask *task, void *data)
{
	Search *search = data;
	const ZynTaskQuery *query = search->query;
	uint32_t state = zyn__debug_state(task);
	if ((query->states >> state & 1) == 0 ||
	    ((query->flags & ZYN_QUERY_PARENT) && !has_parent(search, task)) ||
	    ((query->flags & ZYN_QUERY_NAMED) && !is_named(search, task)) ||
	    ((query->flags & ZYN_QUERY_PLACE) && !is_there(search, task)))
		return true;
	search->total++;
	Match match = {.id = zyn__task_id(task), .task = task, .rank = query->rank[state] + 1};
	if (has_number(query->first, query->first_count, match.id))
		match.rank = 0;
	if (search->count < search->limit) {
		Match *matches = grown(search->matches, search->count, &search->capacity,
		                       sizeof *matches);
		if (matches == NULL) {
			search->failed = true;
			return false;
		}
		search->matches = matches;
		matches[search->count++] = match;
		for (uint64_t at = search->count / 2;
		     search->count == search->limit && at-- > 0;) /* full: from here on a heap */
			heap_down(matches, search->count, at);
	} else if (search->limit != 0 && before(&match, &search->matches[0])) {
		search->matches[0] = match;
		heap_down(search->matches, search->count, 0);
	}
	return true;
}

/* How many children each task of a page has. */
typedef struct Family {
	uint64_t (*ids)[2]; /* id and place in the page, in order of id */
	uint64_t count;
	uint32_t *children;
} Family;

static bool count_child(ZynTask *task, void *data)
{
	const Family *family = data;
	const ZynTaskNote *note = zyn__note(task);
	if (note == NULL || note->parent == 0)
		return true;
	const uint64_t *found = bsearch(&note->parent, family->ids, family->count,
	                                sizeof family->ids[0], by_number);
	if (found != NULL)
		family->children[found[1]]++;
	return true;
}

static bool count_children(ZynRuntime *rt, const ZynTaskInfo *page, uint64_t count,
                           uint32_t *children)
{
	if (count == 0)
		return true;
	Family family = {malloc(count * sizeof family.ids[0]), count, children};
	if (family.ids == NULL)
		return false;
	for (uint64_t i = 0; i < count; i++) {
		family.ids[i][0] = page[i].id;
		family.ids[i][1] = i;
		children[i] = 0;
	}
	qsort(family.ids, count, sizeof family.ids[0], by_number);
	zyn__debug_visit(rt, count_child, &family);
	free(family.ids);
	return true;
}

bool zyn__debug_page(ZynRuntime *rt, const ZynTaskQuery *query, ZynTaskInfo *out,
                     uint32_t *children, uint64_t *count, uint64_t *total)
{
	ZynEntry entry;
	Search search = {.query = query, .limit = query->start + query->max};
	if (search.limit < query->start)
		search.limit = UINT64_MAX;
	zyn__debug_enter(&entry, rt);
	if (query->flags & ZYN_QUERY_PARENT) {
		zyn__debug_visit(rt, collect_id, &search);
		if (search.id_count != 0)
			qsort(search.ids, search.id_count, sizeof *search.ids, by_number);
		search.parent_known = has_number(search.ids, search.id_count, query->parent);
	}
	if (!search.failed)
		zyn__debug_visit(rt, collect, &search);
	if (search.count != 0)
		qsort(search.matches, search.count, sizeof *search.matches, by_order);
	*count = 0;
	for (uint64_t i = query->start; i < search.count && *count < query->max; i++)
		zyn__debug_describe(search.matches[i].task, &out[(*count)++]);
	bool good = !search.failed && count_children(rt, out, *count, children);
	zyn__leave(&entry);
	*total = search.total;
	free(search.matches);
	free(search.ids);
	return good;
}

/* --- groups ----------------------------------------------------------------------------------- */

/* Finds a group by its place; `slots` has numbers of groups plus 1, and room for twice as many. */
typedef struct Groups {
	const ZynAwaitMap *map;
	ZynAwaitGroup *items;
	uint64_t count;
	uint64_t capacity;
	uint32_t *slots;
	uint64_t slot_count; /* a power of 2, or 0 */
	bool failed;
} Groups;

static uint64_t hash_of(const ZynDescriptor *descriptor, uint32_t side_table, uint32_t state)
{
	uint64_t key = (uintptr_t)descriptor ^ ((uint64_t)side_table << 32 | state);
	key *= 0x9E3779B97F4A7C15u; /* Fibonacci hashing: the high bits are well mixed */
	return key >> 32;
}

static uint32_t *slot_of(const Groups *groups, const ZynAwaitPlace *place)
{
	uint64_t at = hash_of(place->descriptor, place->side_table, place->state);
	for (;; at++) { /* ends: at most half of the slots are taken */
		uint32_t *slot = &groups->slots[at & (groups->slot_count - 1)];
		if (*slot == 0)
			return slot;
		const ZynAwaitGroup *group = &groups->items[*slot - 1];
		if (group->descriptor == place->descriptor &&
		    group->side_table == place->side_table && group->state == place->state)
			return slot;
	}
}

static bool slots_grow(Groups *groups)
{
	if (groups->count * 2 < groups->slot_count)
		return true;
	uint64_t count = groups->slot_count != 0 ? groups->slot_count * 2 : 64;
	uint32_t *slots = calloc(count, sizeof *slots);
	if (slots == NULL)
		return false;
	free(groups->slots);
	groups->slots = slots;
	groups->slot_count = count;
	for (uint64_t i = 0; i < groups->count; i++) {
		const ZynAwaitGroup *group = &groups->items[i];
		ZynAwaitPlace place = {group->descriptor, group->side_table, group->state, false};
		*slot_of(groups, &place) = (uint32_t)i + 1;
	}
	return true;
}

static void group_add(ZynAwaitGroup *group, uint64_t id, uint64_t since_ns)
{
	group->count++;
	if (since_ns < group->oldest_ns)
		group->oldest_ns = since_ns;
	uint32_t at = group->id_count;
	if (at == ZYN_GROUP_IDS_MAX && group->ids[--at] < id)
		return;
	for (; at > 0 && group->ids[at - 1] > id; at--)
		group->ids[at] = group->ids[at - 1];
	group->ids[at] = id;
	if (group->id_count < ZYN_GROUP_IDS_MAX)
		group->id_count++;
}

static bool collect_group(ZynTask *task, void *data)
{
	Groups *groups = data;
	if (zyn__debug_state(task) != ZYN_TASK_PARKED)
		return true;
	ZynAwaitPlace place = zyn__debug_place(task, groups->map);
	ZynAwaitGroup *items = grown(groups->items, groups->count, &groups->capacity,
	                             sizeof *items);
	if (items == NULL) {
		groups->failed = true;
		return false;
	}
	groups->items = items;
	if (!slots_grow(groups)) {
		groups->failed = true;
		return false;
	}
	uint32_t *slot = slot_of(groups, &place);
	if (*slot == 0) {
		items[groups->count] = (ZynAwaitGroup){.descriptor = place.descriptor,
		                                       .side_table = place.side_table,
		                                       .state = place.state,
		                                       .oldest_ns = UINT64_MAX};
		*slot = (uint32_t)++groups->count;
	}
	const ZynTaskNote *note = zyn__note(task);
	group_add(&items[*slot - 1], zyn__task_id(task), note != NULL ? note->parked_since_ns : 0);
	return true;
}

bool zyn__debug_groups(ZynRuntime *rt, const ZynAwaitMap *map, ZynAwaitGroup **groups,
                       uint32_t *count)
{
	ZynEntry entry;
	Groups found = {.map = map};
	zyn__debug_enter(&entry, rt);
	zyn__debug_visit(rt, collect_group, &found);
	zyn__leave(&entry);
	free(found.slots);
	*groups = found.items;
	*count = (uint32_t)found.count;
	return !found.failed;
}

/* --- timers ----------------------------------------------------------------------------------- */

uint64_t zyn__debug_timers(ZynRuntime *rt)
{
	ZynEntry entry;
	uint64_t timers = 0;
	zyn__debug_enter(&entry, rt);
	for (uint32_t i = 0; i < zyn__worker_count(rt); i++) {
		ZynRuntime *worker = zyn__worker(rt, i);
		zyn__team_lock(worker, &worker->wheel_lock);
		timers += worker->wheel.count;
		zyn__team_unlock(worker, &worker->wheel_lock);
	}
	zyn__leave(&entry);
	return timers;
}

/* --- waits ------------------------------------------------------------------------------------ */

typedef struct Waits {
	const ZynWaitQuery *queries; /* in order of task */
	uint32_t count;
	ZynWaitInfo *out;
	ZynIoInfo *io;
	bool *known;
} Waits;

static int by_task(const void *a, const void *b)
{
	return by_number(&((const ZynWaitQuery *)a)->task, &((const ZynWaitQuery *)b)->task);
}

static bool answer(ZynTask *task, void *data)
{
	const Waits *waits = data;
	ZynWaitQuery sought = {.task = zyn__task_id(task)};
	const ZynWaitQuery *query = bsearch(&sought, waits->queries, waits->count, sizeof sought,
	                                    by_task);
	if (query == NULL)
		return true;
	while (query > waits->queries && query[-1].task == sought.task)
		query--;
	uint32_t state = zyn__debug_state(task);
	if (state != ZYN_TASK_PARKED && state != ZYN_TASK_HELD)
		return true;
	for (; query < waits->queries + waits->count && query->task == sought.task; query++) {
		const void *leaf = (const void *)(uintptr_t)query->address;
		if (zyn__get(&task->polls) != query->polls)
			continue; /* somebody wrote to its frames since */
		waits->known[query->place] = zyn_dbg_wait(query->leaf, leaf,
		                                          &waits->out[query->place]);
		zyn_dbg_io(query->leaf, leaf, &waits->io[query->place]);
	}
	return true;
}

void zyn__debug_waits(ZynRuntime *rt, ZynWaitQuery *queries, uint32_t count, ZynWaitInfo *out,
                      ZynIoInfo *io, bool *known)
{
	ZynEntry entry;
	Waits waits = {queries, count, out, io, known};
	qsort(queries, count, sizeof *queries, by_task);
	zyn__debug_enter(&entry, rt);
	zyn__debug_visit(rt, answer, &waits);
	zyn__leave(&entry);
}
