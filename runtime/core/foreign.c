/* A foreign machine: a function of the host that is asked once a round whether it is done.
 *
 * Nothing else sees the host's pointer.  The function runs inside a poll, so it may call
 * whatever is legal there, and it may end itself with zyn_foreign_fail; what it returns is then
 * ignored.
 */
#include "internal.h"

static int64_t foreign_poll(void *sm, ZynContext *cx);
static void foreign_drop(void *sm);

static ZynPollFn *foreign_cell = foreign_poll;

static const ZynTypeInfo foreign_result = {
	.size = 8,
	.align = 8,
	.kind = ZYN_KIND_I64,
	.name = "i64",
};

static const ZynDescriptor foreign_descriptor = {
	.size = sizeof(ZynForeign),
	.align = 8,
	.result_offset = offsetof(ZynForeign, result),
	.result_type = ZYN_KIND_I64,
	.poll_cell = &foreign_cell,
	.drop = foreign_drop,
	.poll = foreign_poll,
	.result_info = &foreign_result,
	.name = "foreign",
};

static int64_t foreign_poll(void *sm, ZynContext *cx)
{
	ZynForeign *foreign = sm;
	if (zyn__state_ended(foreign->state))
		return zyn_repoll(sm, cx);
	if (zyn__attention(cx, ZYN_ATTENTION_CANCEL)) {
		foreign->state = ZYN_STATE_CANCELLED;
		zyn_fail_cancelled(cx);
		return ZYN_POLL_LOOK;
	}
	ZynSeat *seat = ZYN_CONTAINER(cx, ZynSeat, cx);
	bool outer = seat->foreign_call;
	foreign->state = 1;
	seat->foreign_call = true;
	int64_t value = foreign->fn(foreign->machine);
	seat->foreign_call = outer;
	ZynError *error = seat->foreign_error;
	seat->foreign_error = NULL;
	if (error != NULL) {
		zyn__error_set(cx, error);
		foreign->state = ZYN_STATE_FAILED;
		return ZYN_POLL_LOOK;
	}
	if (value == 0)
		return 0;
	foreign->result = value;
	foreign->state = ZYN_STATE_RETURNED;
	return value;
}

static void foreign_drop(void *sm)
{
	ZynForeign *foreign = sm;
	if (foreign->release != NULL)
		foreign->release(foreign->machine);
	foreign->release = NULL; /* dropped at its cancel when it never started, then once more */
}

ZynPromise *zyn_call_foreign(ZynRuntime *rt, int64_t (*fn)(void *machine), void *machine,
                             void (*release)(void *machine))
{
	ZynEntry entry;
	zyn__enter(&entry, rt);
	ZynTask *task = zyn__frame_make(rt, &foreign_descriptor);
	if (task != NULL) {
		ZynForeign *foreign = zyn__task_machine(task);
		foreign->fn = fn;
		foreign->machine = machine;
		foreign->release = release;
		task->foreign = 1;
		zyn__task_become(rt, task, 0, 0);
	}
	zyn__leave(&entry);
	return task != NULL ? zyn__task_promise(task) : NULL;
}

void zyn_foreign_fail(ZynRuntime *rt, const char *message, uint64_t length)
{
	/* The seat of the foreign call is the innermost one of this thread. */
	ZynEntry *entry = zyn__entry_find(rt);
	while (entry != NULL &&
	       (entry->runtime != rt || entry->seat == NULL || !entry->seat->foreign_call))
		entry = entry->previous;
	if (entry == NULL)
		return; /* not called from inside a foreign machine: there is nothing to fail */
	zyn_error_release(entry->seat->foreign_error);
	entry->seat->foreign_error = zyn__error_make(rt, ZYN_ERROR_FOREIGN, 0, message, length);
}
