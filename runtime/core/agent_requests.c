/* One function per request of the debugger.  All run on the agent's thread. */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent_internal.h"
#include "internal.h"

#define MESSAGE_SHOWN_MAX 4096u
#define NAME_SHOWN_MAX 256u

/* Bytes that the debuggee may be freeing meanwhile: read without a fault. */
static void put_memory(ZynBytes *out, const void *address, uint64_t size)
{
	size_t place = out->size;
	zyn__bytes_u32(out, 0);
	uint8_t *to = zyn__bytes_grow(out, size);
	uint64_t done = to && size ? zyn_dbg_read(address, to, size) : 0;
	if (to)
		out->size -= size - done;
	zyn__bytes_patch_u32(out, place, (uint32_t)done);
}

static uint64_t at_most(uint64_t size, uint64_t max)
{
	return size < max ? size : max;
}

void zyn__agent_put_name(ZynBytes *out, const char *name)
{
	char shown[NAME_SHOWN_MAX];
	uint64_t done = name ? zyn_dbg_read(name, shown, sizeof(shown)) : 0;
	const char *end = memchr(shown, 0, done);
	uint32_t size = (uint32_t)(end ? (uint64_t)(end - shown) : done);
	zyn__bytes_u32(out, size);
	zyn__bytes_put(out, shown, size);
}

void zyn__agent_put_task(ZynBytes *out, const ZynTaskInfo *info)
{
	ZynDescriptor descriptor = {0};
	ZynError error = {0};
	if (info->descriptor)
		zyn_dbg_read(info->descriptor, &descriptor, sizeof(descriptor));
	if (info->error)
		zyn_dbg_read(info->error, &error, sizeof(error));
	const uint64_t wide[] = {info->id,
	                         info->parent,
	                         info->spawn_site,
	                         (uintptr_t)info->state_machine,
	                         (uintptr_t)info->descriptor,
	                         (uintptr_t)info->activation,
	                         info->polls,
	                         info->wakes,
	                         info->parked_since_ns,
	                         info->waker,
	                         info->stop_site};
	const uint32_t narrow[] = {info->state,           info->stop, info->held, info->cancelling,
	                           descriptor.side_table, error.code, error.line, error.side_table};
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		zyn__bytes_u64(out, wide[i]);
	for (size_t i = 0; i < sizeof(narrow) / sizeof(narrow[0]); i++)
		zyn__bytes_u32(out, narrow[i]);
	zyn__agent_put_name(out, descriptor.name);
	put_memory(out, info->error ? info->error->message : NULL,
	           at_most(error.length, MESSAGE_SHOWN_MAX));
	put_memory(out, info->state_machine, at_most(descriptor.size, ZYN_AGENT_FRAME_MAX));
}

void zyn__agent_put_chain(ZynBytes *out, const ZynActivation *newest)
{
	size_t place = out->size;
	uint32_t count = 0;
	zyn__bytes_u32(out, 0);
	for (const ZynActivation *next = newest; next && count < ZYN_AGENT_CHAIN_MAX; count++) {
		ZynActivation activation;
		if (zyn_dbg_read(next, &activation, sizeof(activation)) != sizeof(activation))
			break;
		zyn__bytes_u64(out, (uintptr_t)next);
		zyn__bytes_u64(out, (uintptr_t)activation.state_machine);
		zyn__bytes_u64(out, (uintptr_t)activation.shadow);
		zyn__bytes_u32(out, activation.side_table);
		zyn__bytes_u32(out, activation.probe);
		zyn__bytes_u64(out, activation.flags);
		next = activation.caller;
	}
	zyn__bytes_patch_u32(out, place, count);
}

static uint32_t serve_hello(ZynAgent *agent, ZynReader *in, ZynBytes *out)
{
	uint32_t version = zyn__read_u32(in);
	size_t size = zyn__read_left(in);
	uint8_t difference = size != agent->token_size;
	/* The time taken says nothing about where the first wrong byte is. */
	for (size_t i = 0; i < size && i < agent->token_size; i++)
		difference |= (uint8_t)(in->at[i] ^ (uint8_t)agent->token[i]);
	in->at = in->end;
	if (version != ZYN_AGENT_VERSION || (!agent->trusted && difference))
		return ZYN_AGENT_STATUS_REFUSED;
	agent->trusted = true;
	zyn__bytes_u32(out, ZYN_AGENT_VERSION);
	zyn__bytes_u32(out, zyn_abi_version());
	zyn__bytes_u32(out, (uint32_t)getpid());
	zyn__bytes_u32(out, agent->flags);
	/* Where the debugger finds in the leaf futures what a task waits for. */
	int32_t places[10] = {
		(int32_t)offsetof(ZynTask, id) - (int32_t)(sizeof(ZynTask)),
		(int32_t)offsetof(ZynDelay, timer),
		(int32_t)offsetof(ZynAwait, promise),
		(int32_t)offsetof(ZynAwait, in_place),
		(int32_t)offsetof(ZynGroupLeaf, group),
		(int32_t)offsetof(ZynGroupLeaf, count),
	};
	zyn__group_places(places + 6);
	places[9] = (int32_t)offsetof(ZynTask, joiners) - (int32_t)sizeof(ZynTask);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		zyn__bytes_u32(out, (uint32_t)places[i]);
	return ZYN_AGENT_STATUS_OK;
}

static uint32_t serve_tasks(ZynAgent *agent, ZynReader *in, ZynBytes *out)
{
	uint64_t after = zyn__read_u64(in);
	uint32_t max = zyn__read_u32(in);
	if (in->failed)
		return ZYN_AGENT_STATUS_REFUSED;
	if (max > ZYN_AGENT_TASKS_MAX)
		max = ZYN_AGENT_TASKS_MAX;
	if (!agent->infos)
		agent->infos = malloc(ZYN_AGENT_TASKS_MAX * sizeof(*agent->infos));
	if (!agent->infos)
		return ZYN_AGENT_STATUS_LIMIT;
	uint64_t count = zyn_dbg_tasks(agent->rt, after, agent->infos, max);
	zyn__bytes_u32(out, (uint32_t)count);
	for (uint64_t i = 0; i < count; i++)
		zyn__agent_put_task(out, &agent->infos[i]);
	return ZYN_AGENT_STATUS_OK;
}

static uint32_t serve_task(ZynAgent *agent, ZynReader *in, ZynBytes *out)
{
	ZynTaskInfo info;
	if (!zyn_dbg_task(agent->rt, zyn__read_u64(in), &info))
		return ZYN_AGENT_STATUS_NOT_FOUND;
	zyn__agent_put_task(out, &info);
	return ZYN_AGENT_STATUS_OK;
}

static uint32_t serve_chain(ZynAgent *agent, ZynReader *in, ZynBytes *out)
{
	ZynTaskInfo info;
	if (!zyn_dbg_task(agent->rt, zyn__read_u64(in), &info))
		return ZYN_AGENT_STATUS_NOT_FOUND;
	zyn__agent_put_task(out, &info);
	zyn__agent_put_chain(out, info.activation);
	return ZYN_AGENT_STATUS_OK;
}

static uint32_t serve_read(ZynAgent *agent, ZynReader *in, ZynBytes *out)
{
	(void)agent;
	uint64_t total = 0;
	while (!in->failed && zyn__read_left(in) > 0) {
		uint64_t address = zyn__read_u64(in);
		uint32_t size = zyn__read_u32(in);
		total += size;
		if (in->failed || total > ZYN_AGENT_READ_MAX)
			return ZYN_AGENT_STATUS_LIMIT;
		put_memory(out, (const void *)(uintptr_t)address, size);
	}
	return ZYN_AGENT_STATUS_OK;
}

static uint32_t serve_write(ZynAgent *agent, ZynReader *in, ZynBytes *out)
{
	(void)agent;
	uint64_t address = zyn__read_u64(in);
	if (!in->failed)
		zyn__bytes_u64(
			out, zyn_dbg_write((void *)(uintptr_t)address, in->at, zyn__read_left(in)));
	in->at = in->end;
	return ZYN_AGENT_STATUS_OK;
}

static uint32_t serve_shadow(ZynAgent *agent, ZynReader *in, ZynBytes *out)
{
	uint32_t side_table = 0;
	uint32_t size = 0;
	void *shadow = zyn_dbg_shadow(agent->rt, (void *)(uintptr_t)zyn__read_u64(in), &side_table,
	                              &size);
	if (!shadow)
		return ZYN_AGENT_STATUS_NOT_FOUND;
	zyn__bytes_u64(out, (uintptr_t)shadow);
	zyn__bytes_u32(out, side_table);
	zyn__bytes_u32(out, size);
	return ZYN_AGENT_STATUS_OK;
}

/* Remembers what is armed, so that a vanished debugger leaves nothing behind. */
static void note_armed(ZynAgent *agent, ZynArmed armed, bool on)
{
	for (size_t i = 0; i < agent->armed_count; i++) {
		ZynArmed *known = &agent->armed[i];
		if (known->side_table != armed.side_table || known->probe != armed.probe)
			continue;
		if (!on)
			*known = agent->armed[--agent->armed_count];
		return;
	}
	if (!on)
		return;
	if (agent->armed_count == agent->armed_capacity) {
		size_t capacity = agent->armed_capacity ? agent->armed_capacity * 2 : 64;
		ZynArmed *grown = realloc(agent->armed, capacity * sizeof(*grown));
		if (!grown)
			return;
		agent->armed = grown;
		agent->armed_capacity = capacity;
	}
	agent->armed[agent->armed_count++] = armed;
}

static uint32_t serve_break(ZynAgent *agent, ZynReader *in, ZynBytes *out)
{
	uint32_t known = 0;
	while (!in->failed && zyn__read_left(in) > 0) {
		ZynArmed armed = {.side_table = zyn__read_u32(in)};
		armed.probe = zyn__read_u32(in);
		uint32_t on = zyn__read_u32(in);
		if (in->failed)
			break;
		if (zyn_dbg_break(agent->rt, armed.side_table, armed.probe, on != 0))
			known++;
		note_armed(agent, armed, on != 0);
	}
	zyn__bytes_u32(out, known);
	return ZYN_AGENT_STATUS_OK;
}

static uint32_t found(int32_t yes)
{
	return yes ? ZYN_AGENT_STATUS_OK : ZYN_AGENT_STATUS_NOT_FOUND;
}

static uint32_t serve_resume(ZynAgent *agent, ZynReader *in, ZynBytes *out)
{
	(void)out;
	uint64_t task = zyn__read_u64(in);
	uint32_t mode = zyn__read_u32(in);
	uint32_t open_gate = zyn__read_u32(in);
	if (in->failed)
		return ZYN_AGENT_STATUS_REFUSED;
	if (task == 0) {
		zyn_dbg_gate(agent->rt, open_gate == 0);
		return ZYN_AGENT_STATUS_OK;
	}
	if (open_gate)
		mode |= ZYN_RESUME_OPEN;
	return found(zyn_dbg_resume(agent->rt, task, mode));
}

static uint32_t serve_pause(ZynAgent *agent, ZynReader *in, ZynBytes *out)
{
	(void)out;
	uint64_t task = zyn__read_u64(in);
	return in->failed ? ZYN_AGENT_STATUS_REFUSED : found(zyn_dbg_pause(agent->rt, task));
}

static uint32_t serve_gate(ZynAgent *agent, ZynReader *in, ZynBytes *out)
{
	(void)out;
	uint32_t closed = zyn__read_u32(in);
	if (!in->failed)
		zyn_dbg_gate(agent->rt, closed != 0);
	return ZYN_AGENT_STATUS_OK;
}

static uint32_t serve_stop_all(ZynAgent *agent, ZynReader *in, ZynBytes *out)
{
	(void)out;
	uint32_t on = zyn__read_u32(in);
	if (!in->failed)
		zyn_dbg_stop_all(agent->rt, on != 0);
	return ZYN_AGENT_STATUS_OK;
}

static uint32_t serve_hold(ZynAgent *agent, ZynReader *in, ZynBytes *out)
{
	(void)out;
	uint64_t task = zyn__read_u64(in);
	uint32_t on = zyn__read_u32(in);
	return in->failed ? ZYN_AGENT_STATUS_REFUSED
	                  : found(zyn_dbg_hold(agent->rt, task, on != 0));
}

static uint32_t serve_wake(ZynAgent *agent, ZynReader *in, ZynBytes *out)
{
	(void)out;
	uint64_t task = zyn__read_u64(in);
	return in->failed ? ZYN_AGENT_STATUS_REFUSED : found(zyn_dbg_wake(agent->rt, task));
}

static uint32_t serve_cancel(ZynAgent *agent, ZynReader *in, ZynBytes *out)
{
	(void)out;
	uint64_t task = zyn__read_u64(in);
	return in->failed ? ZYN_AGENT_STATUS_REFUSED : found(zyn_dbg_cancel(agent->rt, task));
}

static uint32_t serve_filters(ZynAgent *agent, ZynReader *in, ZynBytes *out)
{
	(void)out;
	uint32_t bits = zyn__read_u32(in);
	if (!in->failed)
		zyn_dbg_filters(agent->rt, bits);
	return ZYN_AGENT_STATUS_OK;
}

static uint32_t serve_state(ZynAgent *agent, ZynReader *in, ZynBytes *out)
{
	(void)in;
	zyn__bytes_u64(out, zyn_rt_now_ns(agent->rt));
	zyn__bytes_u64(out, zyn_rt_live_objects(agent->rt));
	zyn__bytes_u64(out, zyn_rt_live_bytes(agent->rt));
	return ZYN_AGENT_STATUS_OK;
}

static uint32_t serve_detach(ZynAgent *agent, ZynReader *in, ZynBytes *out)
{
	(void)in;
	(void)out;
	agent->flags &= ~ZYN_AGENT_LAUNCHED;
	agent->leaving = true;
	return ZYN_AGENT_STATUS_OK;
}

static uint32_t serve_interrupt(ZynAgent *agent, ZynReader *in, ZynBytes *out)
{
	(void)in;
	(void)out;
	zyn_rt_interrupt(agent->rt);
	return ZYN_AGENT_STATUS_OK;
}

static uint32_t serve_trace(ZynAgent *agent, ZynReader *in, ZynBytes *out)
{
	uint64_t from = zyn__read_u64(in);
	uint32_t max = zyn__read_u32(in);
	uint32_t on = zyn__read_u32(in);
	if (in->failed)
		return ZYN_AGENT_STATUS_REFUSED;
	if (max > ZYN_AGENT_TASKS_MAX)
		max = ZYN_AGENT_TASKS_MAX;
	if (!zyn_dbg_trace(agent->rt, on != 0))
		return ZYN_AGENT_STATUS_LIMIT;
	ZynPollRecord *records = malloc((max + 1) * sizeof(*records));
	if (!records)
		return ZYN_AGENT_STATUS_LIMIT;
	uint64_t count = zyn_dbg_trace_read(agent->rt, &from, records, max);
	zyn__bytes_u64(out, from);
	zyn__bytes_u32(out, (uint32_t)count);
	for (uint64_t i = 0; i < count; i++) {
		zyn__bytes_u64(out, records[i].task);
		zyn__bytes_u64(out, records[i].begin_ns);
		zyn__bytes_u64(out, records[i].length_ns);
		zyn__bytes_u32(out, records[i].side_table);
		zyn__bytes_u32(out, records[i].state_before);
		zyn__bytes_u32(out, records[i].state_after);
		zyn__bytes_u32(out, records[i].wake);
		zyn__bytes_u64(out, records[i].woken_ns);
		zyn__bytes_u64(out, records[i].waker);
	}
	free(records);
	return ZYN_AGENT_STATUS_OK;
}

typedef uint32_t Serve(ZynAgent *agent, ZynReader *in, ZynBytes *out);

static Serve *const SERVED[] = {
	[ZYN_AGENT_HELLO] = serve_hello,        [ZYN_AGENT_TASKS] = serve_tasks,
	[ZYN_AGENT_TASK] = serve_task,          [ZYN_AGENT_READ] = serve_read,
	[ZYN_AGENT_WRITE] = serve_write,        [ZYN_AGENT_SHADOW] = serve_shadow,
	[ZYN_AGENT_BREAK] = serve_break,        [ZYN_AGENT_RESUME] = serve_resume,
	[ZYN_AGENT_PAUSE] = serve_pause,        [ZYN_AGENT_GATE] = serve_gate,
	[ZYN_AGENT_STOP_ALL] = serve_stop_all,  [ZYN_AGENT_HOLD] = serve_hold,
	[ZYN_AGENT_WAKE] = serve_wake,          [ZYN_AGENT_CANCEL] = serve_cancel,
	[ZYN_AGENT_FILTERS] = serve_filters,    [ZYN_AGENT_STATE] = serve_state,
	[ZYN_AGENT_DETACH] = serve_detach,      [ZYN_AGENT_INTERRUPT] = serve_interrupt,
	[ZYN_AGENT_CHAIN] = serve_chain,        [ZYN_AGENT_TRACE] = serve_trace,
	[ZYN_AGENT_WAIT] = zyn__agent_waits,    [ZYN_AGENT_PAGE] = zyn__agent_page,
	[ZYN_AGENT_GROUPS] = zyn__agent_groups, [ZYN_AGENT_METRICS] = zyn__agent_metrics,
};

bool zyn__agent_serve(ZynAgent *agent, uint32_t kind, uint32_t id, ZynReader payload)
{
	ZynBytes *out = &agent->out;
	bool hello = kind == ZYN_AGENT_HELLO;
	if (id == 0 || (!agent->trusted && !hello))
		return false; /* Rules 1 and 3 */
	if (kind == ZYN_AGENT_HOST) {
		size_t size = zyn__read_left(&payload);
		if (zyn__agent_host_request(agent, id, payload.at, size))
			return true;
		zyn__message_end(out, zyn__message_begin(out, kind, id), ZYN_AGENT_STATUS_BUSY);
		return true;
	}
	if (kind == ZYN_AGENT_METADATA) {
		zyn__agent_tell_all(agent);
		agent->told_all = true;
	}
	size_t begin = zyn__message_begin(out, kind, id);
	uint32_t status = ZYN_AGENT_STATUS_OK;
	if (kind < sizeof(SERVED) / sizeof(SERVED[0]) && SERVED[kind]) {
		status = SERVED[kind](agent, &payload, out);
		if (payload.failed || zyn__read_left(&payload) > 0) {
			out->size = out->failed ? out->size : begin;
			return false; /* Rule 1 */
		}
	} else if (kind != ZYN_AGENT_METADATA) {
		status = ZYN_AGENT_STATUS_UNKNOWN; /* Rule 2 */
	}
	zyn__message_end(out, begin, status);
	if (hello && status != ZYN_AGENT_STATUS_OK)
		agent->leaving = true;
	return true;
}
