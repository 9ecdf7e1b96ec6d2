/* The probe bytes of debug builds: one byte for each statement, tested inline by the build, 0
 * nearly always.
 *
 * Found by side table in a hash table with linear probing.  Deleting leaves no mark: the few
 * that follow are put in again.
 */
#include "internal.h"

#include <stdlib.h>

#define SLOTS_MIN 64u

static uint32_t slot_of(uint32_t side_table, uint32_t slots)
{
	return (side_table * 2654435761u) & (slots - 1);
}

static ZynProbeTable *find(ZynRuntime *rt, uint32_t side_table)
{
	if (rt->head->probe_table_slots == 0)
		return NULL;
	uint32_t slot = slot_of(side_table, rt->head->probe_table_slots);
	while (rt->head->probe_tables[slot].flags != NULL) { /* ends: the table is never full */
		if (rt->head->probe_tables[slot].side_table == side_table)
			return &rt->head->probe_tables[slot];
		slot = (slot + 1) & (rt->head->probe_table_slots - 1);
	}
	return NULL;
}

static void put(ZynProbeTable *tables, uint32_t slots, ZynProbeTable table)
{
	uint32_t slot = slot_of(table.side_table, slots);
	while (tables[slot].flags != NULL)
		slot = (slot + 1) & (slots - 1);
	tables[slot] = table;
}

static bool grow(ZynRuntime *rt)
{
	if (rt->head->probe_table_count * 2 < rt->head->probe_table_slots)
		return true;
	uint32_t slots = rt->head->probe_table_slots == 0 ? SLOTS_MIN
	                                                  : rt->head->probe_table_slots * 2;
	ZynProbeTable *tables = calloc(slots, sizeof *tables);
	if (tables == NULL)
		return false;
	for (uint32_t i = 0; i < rt->head->probe_table_slots; i++)
		if (rt->head->probe_tables[i].flags != NULL)
			put(tables, slots, rt->head->probe_tables[i]);
	free(rt->head->probe_tables);
	rt->head->probe_tables = tables;
	rt->head->probe_table_slots = slots;
	return true;
}

static void set_bits(const ZynProbeTable *table, uint8_t clear, uint8_t set)
{
	for (uint32_t i = 0; i < table->count; i++) {
		uint8_t byte = zyn__get(&table->flags[i]);
		uint8_t wanted = (uint8_t)((byte & ~clear) | set);
		if (wanted != byte) /* only the baton holder writes; builds read */
			zyn__set(&table->flags[i], wanted);
	}
}

void zyn_dbg_probes(ZynRuntime *rt, uint32_t side_table, _Atomic uint8_t *flags, uint32_t count)
{
	ZynEntry entry;
	zyn__debug_enter(&entry, rt);
	ZynProbeTable table = {.flags = flags, .side_table = side_table, .count = count};
	ZynProbeTable *known = find(rt, side_table);
	if (flags != NULL && known != NULL) {
		*known = table; /* a new build of the same function */
	} else if (flags != NULL && grow(rt)) {
		put(rt->head->probe_tables, rt->head->probe_table_slots, table);
		rt->head->probe_table_count++;
	}
	if (flags != NULL && rt->head->probes_armed)
		set_bits(&table, 0, ZYN_PROBE_STEP);
	zyn__leave(&entry);
}

int32_t zyn_dbg_break(ZynRuntime *rt, uint32_t side_table, uint32_t probe, int32_t on)
{
	ZynEntry entry;
	zyn__debug_enter(&entry, rt);
	ZynProbeTable *table = find(rt, side_table);
	bool known = table != NULL && probe < table->count;
	if (known) {
		uint8_t byte = zyn__get(&table->flags[probe]);
		byte = (uint8_t)(on ? byte | ZYN_PROBE_BREAK : byte & ~ZYN_PROBE_BREAK);
		zyn__set(&table->flags[probe], byte);
	}
	zyn__leave(&entry);
	return known;
}

uint8_t zyn__probe_byte(ZynRuntime *rt, uint32_t side_table, uint32_t probe)
{
	ZynProbeTable *table = find(rt, side_table);
	return table != NULL && probe < table->count ? zyn__get(&table->flags[probe]) : 0;
}

void zyn__probes_arm(ZynRuntime *rt)
{
	zyn__debug_lock(rt->head);
	uint32_t step_tasks = rt->head->step_tasks;
	zyn__debug_unlock(rt->head);
	bool wanted = step_tasks != 0 || (rt->head->filters & ZYN_FILTER_ENTRY) != 0;
	if (wanted == (rt->head->probes_armed != 0))
		return;
	rt->head->probes_armed = wanted;
	for (uint32_t i = 0; i < rt->head->probe_table_slots; i++)
		if (rt->head->probe_tables[i].flags != NULL)
			set_bits(&rt->head->probe_tables[i], ZYN_PROBE_STEP,
			         wanted ? ZYN_PROBE_STEP : 0);
}

void zyn__probes_clear(ZynRuntime *rt)
{
	rt->head->probes_armed = 0;
	for (uint32_t i = 0; i < rt->head->probe_table_slots; i++)
		if (rt->head->probe_tables[i].flags != NULL)
			set_bits(&rt->head->probe_tables[i], ZYN_PROBE_STEP | ZYN_PROBE_BREAK, 0);
}

void zyn__probes_free(ZynRuntime *rt)
{
	free(rt->head->probe_tables);
	rt->head->probe_tables = NULL;
	rt->head->probe_table_slots = 0;
	rt->head->probe_table_count = 0;
}
