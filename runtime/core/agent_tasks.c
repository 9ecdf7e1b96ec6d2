/* Requests about many tasks: a page of them, where they wait, what each of some waits for. */

#include <stdlib.h>
#include <string.h>

#include "agent_internal.h"
#include "debug_tasks.h"

#define WAIT_BYTES (3 * sizeof(uint64_t) + sizeof(uint32_t))

/* What was asked for cannot be done, though it is no nonsense: the rest of it is skipped. */
static uint32_t too_much(ZynReader *in)
{
	in->at = in->end;
	return ZYN_AGENT_STATUS_LIMIT;
}

/* Room for a number of things that come next and take so many bytes each; null: they do not come,
 * or memory is out. */
static void *room(ZynReader *in, uint32_t count, size_t bytes, size_t size)
{
	if (zyn__read_left(in) / bytes < count) {
		in->failed = true;
		return NULL;
	}
	return calloc((size_t)count + 1, size);
}

static const uint8_t *read_text(ZynReader *in, uint32_t *size)
{
	*size = zyn__read_u32(in);
	if (zyn__read_left(in) < *size) {
		in->failed = true;
		*size = 0;
	}
	const uint8_t *text = in->at;
	in->at += *size;
	return text;
}

/* False: not understood or no memory.  What it allocated is `map_free`'s either way. */
static bool read_map(ZynReader *in, ZynAwaitMap *map)
{
	map->function_count = zyn__read_u32(in);
	ZynKnownFunction *functions = room(in, map->function_count, 8, sizeof *functions);
	map->functions = functions;
	for (uint32_t i = 0; functions != NULL && i < map->function_count; i++) {
		functions[i].side_table = zyn__read_u32(in);
		functions[i].named = zyn__read_u32(in);
	}
	map->step_count = zyn__read_u32(in);
	ZynAwaitStep *steps = room(in, map->step_count, 24, sizeof *steps);
	map->steps = steps;
	for (uint32_t i = 0; steps != NULL && i < map->step_count; i++) {
		steps[i].side_table = zyn__read_u32(in);
		steps[i].state = zyn__read_u32(in);
		steps[i].kind = zyn__read_u32(in);
		steps[i].offset = zyn__read_u32(in);
		steps[i].inner = zyn__read_u32(in);
		steps[i].wanted = zyn__read_u32(in);
	}
	return functions != NULL && steps != NULL && !in->failed;
}

static void map_free(ZynAwaitMap *map)
{
	free((void *)map->functions);
	free((void *)map->steps);
}

static bool read_query(ZynReader *in, ZynTaskQuery *query)
{
	query->states = zyn__read_u32(in);
	query->flags = zyn__read_u32(in);
	query->parent = zyn__read_u64(in);
	query->id = zyn__read_u64(in);
	query->start = zyn__read_u64(in);
	query->max = zyn__read_u32(in);
	for (uint32_t i = 0; i < ZYN_TASK_STATES; i++)
		query->rank[i] = zyn__read_u32(in);
	query->text = read_text(in, &query->text_size);
	query->place = read_text(in, &query->place_size);
	query->first_count = zyn__read_u32(in);
	uint64_t *first = room(in, query->first_count, 8, sizeof *first);
	query->first = first;
	for (uint32_t i = 0; first != NULL && i < query->first_count; i++)
		first[i] = zyn__read_u64(in);
	return read_map(in, &query->map) && first != NULL;
}

static uint32_t put_page(ZynAgent *agent, const ZynTaskQuery *query, ZynBytes *out)
{
	uint32_t *children = calloc((size_t)query->max + 1, sizeof *children);
	uint64_t count = 0;
	uint64_t total = 0;
	bool good = children != NULL &&
	            zyn__debug_page(agent->rt, query, agent->infos, children, &count, &total);
	if (good) {
		zyn__bytes_u64(out, total);
		zyn__bytes_u32(out, (uint32_t)count);
	}
	for (uint64_t i = 0; good && i < count; i++) {
		zyn__bytes_u32(out, children[i]);
		zyn__agent_put_task(out, &agent->infos[i]);
	}
	free(children);
	return good ? ZYN_AGENT_STATUS_OK : ZYN_AGENT_STATUS_LIMIT;
}

uint32_t zyn__agent_page(ZynAgent *agent, ZynReader *in, ZynBytes *out)
{
	ZynTaskQuery query = {0};
	uint32_t status = ZYN_AGENT_STATUS_LIMIT;
	if (agent->infos == NULL)
		agent->infos = malloc(ZYN_AGENT_TASKS_MAX * sizeof *agent->infos);
	if (read_query(in, &query) && agent->infos != NULL) {
		if (query.max > ZYN_AGENT_TASKS_MAX)
			query.max = ZYN_AGENT_TASKS_MAX;
		status = put_page(agent, &query, out);
	}
	free((void *)query.first);
	map_free(&query.map);
	return status == ZYN_AGENT_STATUS_OK ? status : too_much(in);
}

uint32_t zyn__agent_groups(ZynAgent *agent, ZynReader *in, ZynBytes *out)
{
	ZynAwaitMap map = {0};
	ZynAwaitGroup *groups = NULL;
	uint32_t count = 0;
	bool good = read_map(in, &map) && zyn__debug_groups(agent->rt, &map, &groups, &count);
	if (good)
		zyn__bytes_u32(out, count);
	for (uint32_t i = 0; good && i < count; i++) {
		const ZynAwaitGroup *group = &groups[i];
		zyn__bytes_u32(out, group->side_table);
		zyn__bytes_u32(out, group->state);
		zyn__bytes_u64(out, group->count);
		zyn__bytes_u64(out, group->oldest_ns);
		zyn__agent_put_name(out, group->descriptor ? group->descriptor->name : NULL);
		zyn__bytes_u32(out, group->id_count);
		for (uint32_t k = 0; k < group->id_count; k++)
			zyn__bytes_u64(out, group->ids[k]);
	}
	free(groups);
	map_free(&map);
	return good ? ZYN_AGENT_STATUS_OK : too_much(in);
}

static void put_wait(ZynBytes *out, const ZynWaitInfo *info, const ZynIoInfo *io)
{
	const uint64_t wide[] = {
		info->object, info->task,  info->owner,       info->fill,    info->capacity,
		info->amount, info->ahead, info->deadline_ns, info->waiting, info->waiting_senders,
	};
	const uint32_t narrow[] = {info->kind, info->senders, info->receivers, info->closed};
	for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
		zyn__bytes_u64(out, wide[i]);
	for (size_t i = 0; i < sizeof narrow / sizeof narrow[0]; i++)
		zyn__bytes_u32(out, narrow[i]);
	uint32_t size = (uint32_t)strlen(io->text);
	zyn__bytes_u32(out, size);
	zyn__bytes_put(out, io->text, size);
}

uint32_t zyn__agent_waits(ZynAgent *agent, ZynReader *in, ZynBytes *out)
{
	size_t wanted = zyn__read_left(in) / WAIT_BYTES;
	if (wanted > ZYN_AGENT_TASKS_MAX)
		return too_much(in);
	uint32_t count = (uint32_t)wanted;
	ZynWaitQuery *queries = calloc((size_t)count + 1, sizeof *queries);
	ZynWaitInfo *waits = calloc((size_t)count + 1, sizeof *waits);
	ZynIoInfo *io = calloc((size_t)count + 1, sizeof *io);
	bool *known = calloc((size_t)count + 1, sizeof *known);
	bool good = queries != NULL && waits != NULL && io != NULL && known != NULL;
	for (uint32_t i = 0; good && i < count; i++) {
		queries[i].task = zyn__read_u64(in);
		queries[i].polls = zyn__read_u64(in);
		queries[i].address = zyn__read_u64(in);
		queries[i].leaf = zyn__read_u32(in);
		queries[i].place = i;
	}
	if (good && count != 0)
		zyn__debug_waits(agent->rt, queries, count, waits, io, known);
	for (uint32_t i = 0; good && i < count; i++) {
		zyn__bytes_u32(out, known[i]);
		if (known[i])
			put_wait(out, &waits[i], &io[i]);
	}
	free(queries);
	free(waits);
	free(io);
	free(known);
	return good ? ZYN_AGENT_STATUS_OK : too_much(in);
}

uint32_t zyn__agent_metrics(ZynAgent *agent, ZynReader *in, ZynBytes *out)
{
	(void)in;
	ZynMetrics metrics;
	zyn__bytes_u64(out, zyn__debug_timers(agent->rt));
	uint32_t count = zyn_rt_metrics(agent->rt, 0, &metrics);
	zyn__bytes_u32(out, count);
	for (uint32_t i = 0; i < count; i++) {
		zyn_rt_metrics(agent->rt, i, &metrics);
		zyn__bytes_u64(out, metrics.polls);
		zyn__bytes_u64(out, metrics.steals);
		zyn__bytes_u64(out, metrics.given);
		zyn__bytes_u64(out, metrics.parks);
		zyn__bytes_u64(out, metrics.wakes);
		zyn__bytes_u64(out, metrics.queued);
	}
	return ZYN_AGENT_STATUS_OK;
}
