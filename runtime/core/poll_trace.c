/* The last polls, for whoever wants to draw them: a ring that is written by the threads that
 * poll.
 *
 * Off it costs one comparison for each poll.  A record is complete before it is counted, and a
 * reader that was overtaken by the writer is told which records it missed by their numbers.
 *
 * A wake is recorded with the poll it led to: of those that came between two polls the first one,
 * which made the task runnable.  Until that poll it is in the task's note, so recording makes
 * notes.
 */
#include "debug_tasks.h"
#include "internal.h"

#include <stdlib.h>

#define RECORDS_MAX (1u << 16)

typedef struct ZynPollTrace {
	ZynLock lock;   /* in a team: guards the rest */
	uint64_t count; /* polls recorded so far; the last RECORDS_MAX of them are kept */
	ZynPollRecord records[RECORDS_MAX];
} ZynPollTrace;

void zyn__poll_trace_woken(ZynTask *task, ZynTaskNote *note, uint64_t by)
{
	bool leads_to_poll = task->sched == ZYN_SCHED_RUNNING || task->sched == ZYN_SCHED_PARKED;
	if (!leads_to_poll || note->woken_since_ns != 0)
		return;
	note->woken_since_ns = zyn__clock_now(zyn__owner(task)) + 1;
	note->woken_by = by;
}

static void take_wake(ZynTask *task, ZynPollRecord *record)
{
	ZynTaskNote *note = zyn__note(task);
	if (note->woken_since_ns == 0)
		return;
	record->woken_ns = note->woken_since_ns - 1;
	if (note->woken_by == ZYN_BY_TIMER) {
		record->wake = ZYN_WAKE_TIMER;
	} else {
		record->wake = note->woken_by != 0 ? ZYN_WAKE_TASK : ZYN_WAKE_OUTSIDE;
		record->waker = note->woken_by;
	}
	note->woken_since_ns = 0;
}

void zyn__poll_trace_begin(ZynRuntime *rt, ZynTask *task, ZynPollRecord *record)
{
	*record = (ZynPollRecord){
		.task = zyn__task_id(task),
		.begin_ns = zyn__clock_now(rt),
		.length_ns = zyn__monotonic_ns(),
		.side_table = zyn__task_header(task)->descriptor->side_table,
		.state_before = *zyn__machine_state(zyn__task_machine(task)),
	};
	take_wake(task, record);
}

void zyn__poll_trace_end(ZynRuntime *rt, ZynTask *task, ZynPollRecord *record)
{
	ZynPollTrace *trace = rt->head->poll_trace;
	if (trace == NULL)
		return; /* the debugger went during this poll */
	record->length_ns = zyn__monotonic_ns() - record->length_ns;
	record->state_after = *zyn__machine_state(zyn__task_machine(task));
	zyn__team_lock(rt, &trace->lock);
	trace->records[trace->count % RECORDS_MAX] = *record;
	trace->count++;
	zyn__team_unlock(rt, &trace->lock);
}

void zyn__poll_trace_free(ZynRuntime *rt)
{
	free(rt->poll_trace);
	rt->poll_trace = NULL;
}

/* What an earlier recording left. */
static bool forget_wake(ZynTask *task, void *data)
{
	(void)data;
	zyn__note(task)->woken_since_ns = 0;
	return true;
}

static void begin(ZynRuntime *rt)
{
	if (!zyn__slab_note(rt))
		return;
	zyn__debug_visit(rt, forget_wake, NULL);
	rt->poll_trace = calloc(1, sizeof *rt->poll_trace);
}

int32_t zyn_dbg_trace(ZynRuntime *rt, int32_t on)
{
	ZynEntry entry;
	zyn__debug_enter(&entry, rt);
	if (!on)
		zyn__poll_trace_free(rt);
	else if (rt->poll_trace == NULL)
		begin(rt);
	zyn__watch_update(rt);
	bool done = (rt->poll_trace != NULL) == (on != 0);
	zyn__leave(&entry);
	return done;
}

uint64_t zyn_dbg_trace_read(ZynRuntime *rt, uint64_t *from, ZynPollRecord *out, uint64_t max)
{
	ZynEntry entry;
	uint64_t written = 0;
	zyn__debug_enter(&entry, rt);
	ZynPollTrace *trace = rt->poll_trace;
	if (trace != NULL) {
		uint64_t first = trace->count > RECORDS_MAX ? trace->count - RECORDS_MAX : 0;
		if (*from < first)
			*from = first;
		while (*from < trace->count && written < max)
			out[written++] = trace->records[(*from)++ % RECORDS_MAX];
	}
	zyn__leave(&entry);
	return written;
}
