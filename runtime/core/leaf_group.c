/* Waiting for several promises: join, race, all_settled.
 *
 * The frame of such a leaf has a fixed size, so what there is one of for each promise lies in a
 * group: a plain block, made by init, owned by the leaf, gone when the leaf is dropped or ends
 * without values.
 *
 * Rule 1.  the first poll makes every promise a task, in order, and joins those that have not
 *          ended.
 * Rule 2.  a child's end counts once, through its joiner; the leaf's task is woken only if that
 *          decides something.
 * Rule 3.  once it is decided, what is not needed any more is stopped (rule 5 of leaf_await.c), and
 *          the leaf pends until all that it cancelled has ended, clean-up and children included.
 * Rule 4.  in a team children end on any worker, so counting goes under the group's lock, which is
 *          taken under the child's (rule 7 of task.c) and never the other way round.
 */
#include "internal.h"

#include <string.h>

#define NO_CHILD UINT32_MAX

/* Between START and the end: STOPPING once it is decided. */
enum { WAITING = 1, STOPPING };

enum GroupKind { GROUP_JOIN, GROUP_RACE, GROUP_SETTLED };

typedef struct GroupChild {
	ZynJoiner joiner;
	ZynGroup *group;
	ZynPromise *promise; /* owned; null once let go */
	ZynString *message;  /* owned; why it failed, for all_settled */
} GroupChild;

static void child_ended(void *data);

struct ZynGroup {
	enum GroupKind kind;
	uint32_t failed; /* the first child to fail, NO_CHILD when none did */
	uint32_t winner; /* the lowest of those that ended in the turn in which the first did */
	uint64_t winner_turn;
	uint64_t count;
	uint64_t ended;
	ZynWaker waker; /* with the lock */
	ZynRuntime *head;
	ZynLock lock;
	GroupChild children[];
};

static void group_init(ZynContext *cx, void *mem, ZynPromise *const *promises, uint64_t count,
                       enum GroupKind kind)
{
	ZynGroupLeaf *leaf = mem;
	*leaf = (ZynGroupLeaf){.winner = NO_CHILD, .count = count};
	if (count == 0 || count >= NO_CHILD)
		return;
	ZynGroup *group = zyn__block_new(cx->runtime, sizeof *group + count * sizeof(GroupChild));
	if (group == NULL)
		return; /* the first poll says so */
	memset(group, 0, sizeof *group + count * sizeof(GroupChild));
	group->kind = kind;
	group->failed = NO_CHILD;
	group->winner = NO_CHILD;
	group->count = count;
	group->head = cx->runtime->head;
	for (uint64_t i = 0; i < count; i++) {
		zyn__promise_retain_compiled(promises[i]);
		group->children[i].joiner.waker = (ZynWaker){child_ended, &group->children[i]};
		group->children[i].group = group;
		group->children[i].promise = promises[i];
	}
	leaf->group = group;
}

static void child_let_go(GroupChild *child)
{
	ZynPromise *promise = child->promise;
	if (promise == NULL)
		return;
	/* Until then another worker may count its end, and look at the promise for that. */
	zyn__joiner_leave(zyn__task_of_promise(promise), &child->joiner);
	child->promise = NULL;
	zyn_promise_release(promise);
}

static void group_free(ZynGroupLeaf *leaf)
{
	ZynGroup *group = leaf->group;
	leaf->group = NULL;
	if (group == NULL)
		return;
	for (uint64_t i = 0; i < group->count; i++) {
		child_let_go(&group->children[i]);
		zyn_string_release(group->children[i].message);
	}
	zyn__block_release(group);
}

static bool decided(const ZynGroup *group)
{
	switch (group->kind) {
	case GROUP_JOIN:
		return group->ended == group->count || group->failed != NO_CHILD;
	case GROUP_RACE:
		return group->ended != 0;
	default:
		return group->ended == group->count;
	}
}

static void count_end(GroupChild *child)
{
	ZynGroup *group = child->group;
	ZynTask *task = zyn__task_of_promise(child->promise);
	ZYN_ASSERT(zyn__task_ended(task));
	group->ended++;
	ZYN_ASSERT(group->ended <= group->count);
	uint32_t index = (uint32_t)(child - group->children);
	/* The workers of a team have no common turn: there whoever is first is alone in it. */
	uint64_t turn = group->head->team == NULL ? group->head->turn : group->ended;
	if (group->winner == NO_CHILD)
		group->winner_turn = turn;
	/* NO_CHILD is larger than any index. */
	if (group->winner_turn == turn && index < group->winner)
		group->winner = index;
	if (zyn__get(&task->status) != ZYN_READY && group->failed == NO_CHILD)
		group->failed = index;
}

/* The waker of a child's joiner, until the child is stopped. */
static void child_ended(void *data)
{
	GroupChild *child = data;
	ZynGroup *group = child->group;
	zyn__team_lock(group->head, &group->lock);
	bool before = decided(group);
	count_end(child);
	bool decides = !before && decided(group);
	ZynWaker waker = group->waker;
	zyn__team_unlock(group->head, &group->lock);
	if (decides)
		zyn_waker_wake(waker); /* Rule 2. */
}

/* Rule 1; false when a promise is null. */
static bool group_start(ZynGroup *group, ZynContext *cx)
{
	for (uint64_t i = 0; i < group->count; i++)
		if (group->children[i].promise == NULL)
			return false;
	for (uint64_t i = 0; i < group->count; i++) {
		GroupChild *child = &group->children[i];
		ZynTask *task = zyn__task_of_promise(child->promise);
		if (!zyn__task_ended(task)) {
			zyn__task_become(cx->runtime, task, zyn__task_id_of(cx), 0);
			zyn__task_ask(cx->runtime, task, ZYN_INBOX_SCHEDULE);
		}
		if (zyn__task_join(task, &child->joiner))
			continue;
		zyn__team_lock(group->head, &group->lock);
		count_end(child);
		zyn__team_unlock(group->head, &group->lock);
	}
	return true;
}

static int64_t end(ZynGroupLeaf *leaf, ZynContext *cx, uint32_t state, ZynError *error)
{
	leaf->state = state;
	if (error != NULL)
		zyn__error_set(cx, error);
	if (state != ZYN_STATE_RETURNED)
		group_free(leaf);
	return state == ZYN_STATE_RETURNED ? 1 : ZYN_POLL_LOOK;
}

/* Rule 3: all children but `kept`; NO_CHILD: all.  false: some have not ended yet. */
static bool stop_others(ZynGroup *group, uint32_t kept, ZynContext *cx)
{
	bool stopped = true;
	for (uint64_t i = 0; i < group->count; i++) {
		GroupChild *child = &group->children[i];
		bool again = child->joiner.waker.fn != child_ended;
		if (i != kept && !zyn__joined_stop(&child->promise, &child->joiner, again, cx))
			stopped = false;
	}
	return stopped;
}

/* Ends with what the child `decisive` gave, once the others are over. */
static int64_t end_with(ZynGroupLeaf *leaf, ZynContext *cx, uint32_t decisive)
{
	ZynGroup *group = leaf->group;
	ZYN_ASSERT(decisive != NO_CHILD); /* decided() said that one of them has ended */
	leaf->winner = decisive;
	leaf->state = STOPPING;
	if (!stop_others(group, decisive, cx))
		return 0;
	ZynTask *task = zyn__task_of_promise(group->children[decisive].promise);
	if (zyn__get(&task->status) == ZYN_READY)
		return end(leaf, cx, ZYN_STATE_RETURNED, NULL);
	return end(leaf, cx, ZYN_STATE_FAILED, zyn__error_retain(task->error));
}

/* Makes the messages while a failure to do so can still be told. */
static int64_t end_settled(ZynGroupLeaf *leaf, ZynContext *cx)
{
	ZynGroup *group = leaf->group;
	for (uint64_t i = 0; i < group->count; i++) {
		ZynTask *task = zyn__task_of_promise(group->children[i].promise);
		if (zyn__get(&task->status) == ZYN_READY)
			continue;
		ZynString *message = zyn_string_new(cx->runtime, task->error->message,
		                                    task->error->length);
		if (message == NULL)
			return end(leaf, cx, ZYN_STATE_FAILED,
			           zyn__error_constant(ZYN_ERROR_OUT_OF_MEMORY));
		group->children[i].message = message;
	}
	return end(leaf, cx, ZYN_STATE_RETURNED, NULL);
}

static int64_t group_poll(ZynGroupLeaf *leaf, ZynContext *cx, enum GroupKind kind)
{
	ZynGroup *group = leaf->group;
	if (zyn__attention(cx, ZYN_ATTENTION_CANCEL)) {
		if (group != NULL && !stop_others(group, NO_CHILD, cx))
			return 0;
		zyn_fail_cancelled(cx);
		return end(leaf, cx, ZYN_STATE_CANCELLED, NULL);
	}
	if (leaf->count == 0) {
		leaf->state = WAITING;
		return kind == GROUP_RACE ? 0 : end(leaf, cx, ZYN_STATE_RETURNED, NULL);
	}
	if (group == NULL)
		return end(leaf, cx, ZYN_STATE_FAILED,
		           zyn__error_constant(ZYN_ERROR_OUT_OF_MEMORY));
	if (leaf->state == STOPPING)
		return end_with(leaf, cx, leaf->winner);
	zyn__team_lock(group->head, &group->lock);
	group->waker = cx->waker;
	zyn__team_unlock(group->head, &group->lock);
	if (leaf->state == ZYN_STATE_START) {
		leaf->state = WAITING;
		if (!group_start(group, cx))
			return end(leaf, cx, ZYN_STATE_FAILED,
			           zyn__error_constant(ZYN_ERROR_NULL_VALUE));
	}
	zyn__team_lock(group->head, &group->lock);
	bool over = decided(group);
	zyn__team_unlock(group->head, &group->lock);
	if (!over)
		return 0;
	if (kind == GROUP_RACE)
		return end_with(leaf, cx, group->winner);
	if (kind == GROUP_SETTLED)
		return end_settled(leaf, cx);
	if (group->failed != NO_CHILD)
		return end_with(leaf, cx, group->failed);
	return end(leaf, cx, ZYN_STATE_RETURNED, NULL);
}

/* --- the three leaves ------------------------------------------------------------------------- */

void zyn_join_init(ZynContext *cx, void *mem, ZynPromise *const *promises, uint64_t count)
{
	group_init(cx, mem, promises, count, GROUP_JOIN);
}

int64_t zyn_join_poll(void *mem, ZynContext *cx)
{
	return group_poll(mem, cx, GROUP_JOIN);
}

void zyn_join_drop(void *mem)
{
	group_free(mem);
}

void zyn_join_take(void *mem, void *out)
{
	ZynGroupLeaf *leaf = mem;
	ZYN_ASSERT(leaf->state == ZYN_STATE_RETURNED);
	size_t offset = 0;
	for (uint64_t i = 0; leaf->group != NULL && i < leaf->group->count; i++) {
		ZynTask *task = zyn__task_of_promise(leaf->group->children[i].promise);
		const ZynTypeInfo *info = zyn__task_header(task)->descriptor->result_info;
		size_t align = info->align != 0 ? info->align : 1;
		offset = (offset + align - 1) / align * align;
		zyn__result_copy(task, (char *)out + offset);
		offset += info->size;
	}
}

void zyn_race_init(ZynContext *cx, void *mem, ZynPromise *const *promises, uint64_t count)
{
	group_init(cx, mem, promises, count, GROUP_RACE);
}

int64_t zyn_race_poll(void *mem, ZynContext *cx)
{
	return group_poll(mem, cx, GROUP_RACE);
}

void zyn_race_drop(void *mem)
{
	group_free(mem);
}

void zyn_race_take(void *mem, void *out)
{
	ZynGroupLeaf *leaf = mem;
	ZYN_ASSERT(leaf->state == ZYN_STATE_RETURNED);
	ZYN_ASSERT(leaf->winner != NO_CHILD);
	zyn__result_copy(zyn__task_of_promise(leaf->group->children[leaf->winner].promise), out);
}

void zyn_all_settled_init(ZynContext *cx, void *mem, ZynPromise *const *promises, uint64_t count)
{
	group_init(cx, mem, promises, count, GROUP_SETTLED);
}

int64_t zyn_all_settled_poll(void *mem, ZynContext *cx)
{
	return group_poll(mem, cx, GROUP_SETTLED);
}

void zyn_all_settled_drop(void *mem)
{
	group_free(mem);
}

void zyn_all_settled_take(void *mem, void *out, uint32_t stride, uint32_t ok, uint32_t value,
                          uint32_t error)
{
	ZynGroupLeaf *leaf = mem;
	ZYN_ASSERT(leaf->state == ZYN_STATE_RETURNED);
	for (uint64_t i = 0; leaf->group != NULL && i < leaf->group->count; i++) {
		GroupChild *child = &leaf->group->children[i];
		ZynTask *task = zyn__task_of_promise(child->promise);
		char *record = (char *)out + i * stride;
		memset(record, 0, stride);
		if (child->message == NULL) {
			record[ok] = 1;
			zyn__result_copy(task, record + value);
		} else {
			zyn_string_retain(child->message);
			memcpy(record + error, &child->message, sizeof child->message);
		}
	}
}

void zyn__group_places(int32_t places[3])
{
	places[0] = offsetof(ZynGroup, children);
	places[1] = sizeof(GroupChild);
	places[2] = offsetof(GroupChild, promise);
}
