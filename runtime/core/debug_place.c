/* Where a parked task waits: from its root frame inwards to the innermost one.
 *
 * The runtime knows no side tables; the debugger says what each state of each function awaits.
 *
 * Rule 1.  the caller has every baton and the task is parked, so its frames lie still.  Their sizes
 *          are checked all the same, because a debugger may have written to them.
 * Rule 2.  a promise whose address lies in a frame is read as a debugger reads: without a fault.
 */
#include "debug_tasks.h"

#include <string.h>

#define FRAMES_MAX 4096u /* of one task; more is a broken frame */

const ZynKnownFunction *zyn__debug_known(const ZynAwaitMap *map, uint32_t side_table)
{
	uint32_t low = 0;
	uint32_t high = map->function_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const ZynKnownFunction *function = &map->functions[middle];
		if (function->side_table == side_table)
			return function;
		if (function->side_table < side_table)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static const ZynAwaitStep *step_of(const ZynAwaitMap *map, uint32_t side_table, uint32_t state)
{
	uint64_t key = (uint64_t)side_table << 32 | state;
	uint32_t low = 0;
	uint32_t high = map->step_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const ZynAwaitStep *step = &map->steps[middle];
		uint64_t found = (uint64_t)step->side_table << 32 | step->state;
		if (found == key)
			return step;
		if (found < key)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* The bytes of a frame from `at` to its end. */
typedef struct Frame {
	const char *at;
	uint64_t left;
	bool still; /* Rule 1; else Rule 2 */
} Frame;

static bool frame_read(const Frame *frame, uint32_t offset, void *to, uint64_t size)
{
	if (offset > frame->left || size > frame->left - offset)
		return false;
	if (!frame->still)
		return zyn_dbg_read(frame->at + offset, to, size) == size;
	memcpy(to, frame->at + offset, size);
	return true;
}

/* The frame behind a promise, unless it is a task or of a function that is not known. */
static bool frame_follow(Frame *frame, const ZynAwaitMap *map, uint32_t offset,
                         uint32_t *side_table)
{
	const ZynPromise *promise = NULL;
	ZynFrameHeader header;
	ZynDescriptor descriptor;
	if (!frame_read(frame, offset, &promise, sizeof promise) || promise == NULL ||
	    zyn_dbg_read(promise, &header, sizeof header) != sizeof header ||
	    (atomic_load_explicit(&header.flags, memory_order_relaxed) & ZYN_FRAME_TASK) != 0 ||
	    zyn_dbg_read(header.descriptor, &descriptor, sizeof descriptor) != sizeof descriptor ||
	    zyn__debug_known(map, descriptor.side_table) == NULL)
		return false;
	*side_table = descriptor.side_table;
	*frame = (Frame){(const char *)promise + sizeof header, descriptor.size, false};
	return true;
}

ZynAwaitPlace zyn__debug_place(ZynTask *task, const ZynAwaitMap *map)
{
	const ZynDescriptor *descriptor = zyn__task_header(task)->descriptor;
	uint32_t side_table = descriptor->side_table;
	if (zyn__debug_known(map, side_table) == NULL)
		return (ZynAwaitPlace){.descriptor = descriptor};
	Frame frame = {zyn__task_machine(task), descriptor->size, true};
	const ZynAwaitStep *step = NULL;
	for (uint32_t depth = 0; depth < FRAMES_MAX; depth++) {
		uint32_t state = 0;
		if (!frame_read(&frame, 0, &state, sizeof state))
			state = 0;
		step = state != 0 ? step_of(map, side_table, state) : NULL;
		if (step == NULL)
			step = step_of(map, side_table, 0);
		if (step == NULL || step->state == 0)
			break;
		if (step->kind == ZYN_AWAIT_INSIDE && step->offset <= frame.left) {
			side_table = step->inner;
			frame.at += step->offset;
			frame.left -= step->offset;
		} else if (step->kind != ZYN_AWAIT_PROMISE ||
		           !frame_follow(&frame, map, step->offset, &side_table)) {
			break;
		}
	}
	return (ZynAwaitPlace){.side_table = side_table,
	                       .state = step != NULL ? step->state : 0,
	                       .wanted = step != NULL && step->wanted != 0};
}
