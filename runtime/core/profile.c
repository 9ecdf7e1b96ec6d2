/* The profile: exact sums for each stack of awaits, not samples.
 *
 * A stack is a number: its innermost frame (function and state) and the number of the rest.  Below
 * a task's own frames are those that spawned it, as they stood then.  Frames that lie inside their
 * caller's are found by walking the states when a poll begins; `frames` says where they lie.
 *
 * Rule 1.  a worker writes the sums of its own table only; who reads has the batons of all.
 * Rule 2.  numbers are the same for all workers: the first that meets a stack takes one under the
 *          lock, and every worker remembers those that it met.
 * Rule 3.  a frame that is in its stack already is not added again, so that recursion is one row
 *          and the number of stacks does not grow with its depth.
 * Rule 4.  beyond STACKS_MAX, and when memory is out, a stack is counted as its caller.
 * Rule 5.  with a debugger, what is made while one poll is stopped and another goes on may be
 *          counted at the wrong one of the two.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define STACKS_MAX (1u << 16)
#define LINE_BYTES 64u /* of the cache: workers do not share one */

typedef struct Key {
	uint32_t outer; /* stack, or side table in the map of inner frames */
	uint32_t side_table;
	uint32_t state;
	uint32_t value; /* plus one; 0: the slot is empty */
} Key;

typedef struct Map {
	Key *slots;
	uint32_t capacity; /* a power of two, or 0 */
	uint32_t count;
} Map;

typedef struct WorkerProfile {
	Map map; /* what this worker met */
	ZynProfileStack *sums;
	uint32_t sums_count;
	uint32_t at; /* stack of the poll under way; 0: none */
	uint64_t nested_ns;
	char unused[LINE_BYTES];
} WorkerProfile;

struct ZynProfile {
	uint64_t run;
	Map inner; /* (0, side table, state) to an index of frames; read only */
	ZynProfileFrame *frames;
	ZynLock lock; /* in a team: guards map and stacks */
	Map map;
	ZynProfileStack *stacks; /* their places; no sums */
	uint32_t stacks_count;
	uint32_t stacks_room;
	uint32_t workers_count;
	WorkerProfile workers[];
};

static _Atomic uint64_t runs;

/* --- memory ----------------------------------------------------------------------------------- */

/* `memory` with room for `count`, what is new zeroed; null: it is out, and `memory` as it was. */
static void *grown(void *memory, size_t item, size_t old_count, size_t count)
{
	if (zyn__allocator.permit != NULL && !zyn__allocator.permit(item * count))
		return NULL;
	char *more = realloc(memory, item * count);
	if (more != NULL)
		memset(more + item * old_count, 0, item * (count - old_count));
	return more;
}

static Key *slot_of(const Map *map, uint32_t outer, uint32_t side_table, uint32_t state)
{
	uint64_t mixed = ((uint64_t)outer << 32 | state) * 0x9E3779B97F4A7C15u;
	mixed = (mixed ^ (mixed >> 29) ^ side_table) * 0xBF58476D1CE4E5B9u;
	uint32_t at = (uint32_t)(mixed >> 32) & (map->capacity - 1);
	for (;; at = (at + 1) & (map->capacity - 1)) { /* bounded: some slot is empty */
		Key *key = &map->slots[at];
		if (key->value == 0 ||
		    (key->outer == outer && key->side_table == side_table && key->state == state))
			return key;
	}
}

static bool map_room(Map *map)
{
	if (map->count < map->capacity / 2)
		return true;
	Map more = {.capacity = map->capacity != 0 ? map->capacity * 2 : 64, .count = map->count};
	more.slots = grown(NULL, sizeof(Key), 0, more.capacity);
	if (more.slots == NULL)
		return false;
	for (uint32_t i = 0; i < map->capacity; i++) {
		const Key *key = &map->slots[i];
		if (key->value != 0)
			*slot_of(&more, key->outer, key->side_table, key->state) = *key;
	}
	free(map->slots);
	*map = more;
	return true;
}

static uint32_t map_get(const Map *map, uint32_t outer, uint32_t side_table, uint32_t state)
{
	return map->capacity != 0 ? slot_of(map, outer, side_table, state)->value : 0;
}

/* After map_room. */
static void map_put(Map *map, uint32_t outer, uint32_t side_table, uint32_t state, uint32_t value)
{
	*slot_of(map, outer, side_table, state) = (Key){outer, side_table, state, value};
	map->count++;
}

/* --- stacks ----------------------------------------------------------------------------------- */

/* With the lock: the number of a stack that may be new. */
static uint32_t number(struct ZynProfile *profile, uint32_t outer, uint32_t side_table,
                       uint32_t state)
{
	uint32_t known = map_get(&profile->map, outer, side_table, state);
	if (known != 0)
		return known - 1;
	uint32_t found = outer;
	while (found != 0 && (profile->stacks[found].side_table != side_table ||
	                      profile->stacks[found].state != state))
		found = profile->stacks[found].outer; /* Rule 3. */
	if (!map_room(&profile->map))
		return outer; /* Rule 4. */
	if (found == 0) {
		uint32_t count = profile->stacks_count;
		if (count == STACKS_MAX)
			return outer;
		if (count == profile->stacks_room) {
			ZynProfileStack *more = grown(profile->stacks, sizeof *more, count,
			                              (size_t)count * 2);
			if (more == NULL)
				return outer;
			profile->stacks = more;
			profile->stacks_room = count * 2;
		}
		profile->stacks[count] = (ZynProfileStack){
			.outer = outer, .side_table = side_table, .state = state};
		profile->stacks_count++;
		found = count;
	}
	map_put(&profile->map, outer, side_table, state, found + 1);
	return found;
}

static uint32_t stack_of(ZynRuntime *rt, WorkerProfile *mine, uint32_t outer, uint32_t side_table,
                         uint32_t state)
{
	struct ZynProfile *profile = rt->head->profile;
	uint32_t known = map_get(&mine->map, outer, side_table, state);
	if (known != 0)
		return known - 1;
	zyn__team_lock(rt, &profile->lock);
	uint32_t stack = number(profile, outer, side_table, state);
	zyn__team_unlock(rt, &profile->lock);
	if (stack >= mine->sums_count) {
		uint32_t count = mine->sums_count * 2 > stack ? mine->sums_count * 2 : stack + 1;
		ZynProfileStack *more = grown(mine->sums, sizeof *more, mine->sums_count, count);
		if (more == NULL) /* Rule 4; who spawned it may be known to other workers only. */
			return outer < mine->sums_count ? outer : 0;
		mine->sums = more;
		mine->sums_count = count;
	}
	if (map_room(&mine->map))
		map_put(&mine->map, outer, side_table, state, stack + 1);
	return stack;
}

/* --- polls ------------------------------------------------------------------------------------ */

static WorkerProfile *of_worker(ZynRuntime *rt)
{
	return &rt->head->profile->workers[rt->worker_index];
}

/* Counts the frame of `task` and those inside it; gives the innermost stack. */
static uint32_t count_frames(ZynRuntime *rt, ZynTask *task, uint32_t outer, uint64_t parked_ns)
{
	const struct ZynProfile *profile = rt->head->profile;
	WorkerProfile *mine = of_worker(rt);
	uint32_t side_table = zyn__task_header(task)->descriptor->side_table;
	char *machine = zyn__task_machine(task);
	uint32_t stack = outer;
	for (;;) { /* bounded: each frame is smaller than the one around it */
		uint32_t state = *zyn__machine_state(machine);
		stack = stack_of(rt, mine, stack, side_table, state);
		mine->sums[stack].polls++;
		mine->sums[stack].parked_ns += parked_ns;
		uint32_t inner = map_get(&profile->inner, 0, side_table, state);
		if (inner == 0)
			return stack;
		machine += profile->frames[inner - 1].offset;
		side_table = profile->frames[inner - 1].inner;
		state = *zyn__machine_state(machine);
		if (state == ZYN_STATE_START || zyn__state_ended(state))
			return stack;
	}
}

void zyn__profile_begin(ZynRuntime *rt, ZynTask *task, bool is_task, ZynProfilePoll *poll)
{
	struct ZynProfile *profile = rt->head->profile;
	WorkerProfile *mine = of_worker(rt);
	ZynTaskNote *note = zyn__note(task);
	uint64_t parked_ns = 0;
	uint32_t outer = mine->at;
	if (note != NULL) {
		bool known = note->profile_run == profile->run;
		if (known && note->profile_since_ns != 0)
			parked_ns = zyn__clock_now(rt) + 1 - note->profile_since_ns;
		if (is_task)
			outer = known ? note->profile_outer : 0;
	}
	*poll = (ZynProfilePoll){
		.nested_ns = mine->nested_ns, .run = profile->run, .around = mine->at, .on = 1};
	mine->at = count_frames(rt, task, outer, parked_ns);
	mine->nested_ns = 0;
	poll->begin_ns = zyn__monotonic_ns();
}

void zyn__profile_end(ZynRuntime *rt, ZynTask *task, const ZynProfilePoll *poll)
{
	struct ZynProfile *profile = rt->head->profile;
	if (profile == NULL || !poll->on || profile->run != poll->run)
		return; /* turned off during this poll */
	WorkerProfile *mine = of_worker(rt);
	uint64_t length_ns = zyn__monotonic_ns() - poll->begin_ns;
	uint64_t nested_ns = mine->nested_ns;
	mine->sums[mine->at].poll_ns += length_ns > nested_ns ? length_ns - nested_ns : 0;
	mine->at = poll->around;
	mine->nested_ns = poll->nested_ns + length_ns;
	ZynTaskNote *note = zyn__note(task);
	if (note == NULL)
		return;
	if (note->profile_run != profile->run)
		note->profile_outer = 0;
	note->profile_run = profile->run;
	note->profile_since_ns = zyn__clock_now(rt) + 1;
}

void zyn__profile_spawned(ZynRuntime *rt, ZynTask *task)
{
	ZynTaskNote *note = zyn__note(task);
	if (note == NULL)
		return;
	uint64_t run = rt->head->profile->run;
	if (note->profile_run != run)
		note->profile_since_ns = 0;
	note->profile_run = run;
	note->profile_outer = of_worker(rt)->at;
}

void zyn__profile_made(ZynRuntime *rt, size_t bytes, bool is_frame)
{
	WorkerProfile *mine = of_worker(rt);
	ZynProfileStack *sums = &mine->sums[mine->at];
	sums->bytes += bytes;
	if (is_frame)
		sums->frames++;
	else
		sums->blocks++;
}

/* --- on, off, reading ------------------------------------------------------------------------- */

void zyn__profile_free(ZynRuntime *rt)
{
	struct ZynProfile *profile = rt->profile;
	rt->profile = NULL;
	if (profile == NULL)
		return;
	for (uint32_t i = 0; i < profile->workers_count; i++) {
		free(profile->workers[i].map.slots);
		free(profile->workers[i].sums);
	}
	free(profile->map.slots);
	free(profile->stacks);
	free(profile->inner.slots);
	free(profile->frames);
	free(profile);
}

static bool begin(ZynRuntime *rt, const ZynProfileFrame *frames, uint64_t count)
{
	uint32_t workers = zyn__worker_count(rt);
	struct ZynProfile *profile = grown(NULL, 1, 0,
	                                   sizeof *profile + workers * sizeof profile->workers[0]);
	rt->profile = profile;
	if (profile == NULL || count >= UINT32_MAX)
		return false;
	profile->run = atomic_fetch_add(&runs, 1) + 1;
	profile->workers_count = workers;
	profile->stacks_room = 64;
	profile->stacks_count = 1; /* number 0: outside of every poll */
	profile->stacks = grown(NULL, sizeof *profile->stacks, 0, profile->stacks_room);
	profile->frames = grown(NULL, sizeof *frames, 0, (size_t)count + 1);
	bool done = profile->stacks != NULL && profile->frames != NULL;
	for (uint32_t i = 0; done && i < workers; i++) {
		WorkerProfile *mine = &profile->workers[i];
		mine->sums_count = 64;
		mine->sums = grown(NULL, sizeof *mine->sums, 0, mine->sums_count);
		done = mine->sums != NULL;
	}
	for (uint32_t i = 0; done && i < count; i++) {
		profile->frames[i] = frames[i];
		done = map_room(&profile->inner);
		if (done && !map_get(&profile->inner, 0, frames[i].side_table, frames[i].state))
			map_put(&profile->inner, 0, frames[i].side_table, frames[i].state, i + 1);
	}
	return done && zyn__slab_note(rt);
}

int32_t zyn_dbg_profile(ZynRuntime *rt, int32_t on, const ZynProfileFrame *frames, uint64_t count)
{
	ZynEntry entry;
	zyn__debug_enter(&entry, rt);
	zyn__profile_free(rt);
	bool done = !on || begin(rt, frames, count);
	if (!done)
		zyn__profile_free(rt);
	zyn__watch_update(rt);
	zyn__leave(&entry);
	return done;
}

uint64_t zyn_dbg_profile_read(ZynRuntime *rt, ZynProfileStack *out, uint64_t max)
{
	ZynEntry entry;
	zyn__debug_enter(&entry, rt);
	const struct ZynProfile *profile = rt->profile;
	uint64_t count = profile != NULL ? profile->stacks_count : 0;
	for (uint64_t i = 0; i < count && i < max; i++) {
		out[i] = profile->stacks[i];
		for (uint32_t w = 0; w < profile->workers_count; w++) { /* Rule 1. */
			if (i >= profile->workers[w].sums_count)
				continue;
			const ZynProfileStack *sums = &profile->workers[w].sums[i];
			out[i].polls += sums->polls;
			out[i].poll_ns += sums->poll_ns;
			out[i].parked_ns += sums->parked_ns;
			out[i].frames += sums->frames;
			out[i].blocks += sums->blocks;
			out[i].bytes += sums->bytes;
		}
	}
	zyn__leave(&entry);
	return count;
}
