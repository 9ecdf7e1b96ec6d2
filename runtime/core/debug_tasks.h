/* Lists of tasks as a debugger shows them: a page of those that match, and groups by await. */
#ifndef ZYN_DEBUG_TASKS_H
#define ZYN_DEBUG_TASKS_H

#include "internal.h"

#define ZYN_GROUP_IDS_MAX 16u
#define ZYN_TASK_STATES 8u

/* A function that the debugger knows; in order of side_table. */
typedef struct ZynKnownFunction {
	uint32_t side_table;
	uint32_t named; /* its name is one of those that are asked for */
} ZynKnownFunction;

enum ZynAwaitKind {
	ZYN_AWAIT_HERE,    /* a leaf, or nothing that could be followed */
	ZYN_AWAIT_INSIDE,  /* the frame of `inner` lies at `offset` */
	ZYN_AWAIT_PROMISE, /* the address of a promise lies at `offset` */
};

/* What is awaited at a state of a function; in order of side_table and state. */
typedef struct ZynAwaitStep {
	uint32_t side_table;
	uint32_t state; /* 0: where a frame is that waits at no state that is known */
	uint32_t kind;
	uint32_t offset;
	uint32_t inner;
	uint32_t wanted; /* who waits there is asked for */
} ZynAwaitStep;

/* What the debugger knows of the program. */
typedef struct ZynAwaitMap {
	const ZynKnownFunction *functions;
	uint32_t function_count;
	uint32_t step_count;
	const ZynAwaitStep *steps;
} ZynAwaitMap;

#define ZYN_QUERY_PARENT 1u
#define ZYN_QUERY_NAMED 2u
#define ZYN_QUERY_PLACE 4u
#define ZYN_QUERY_BARE_PLACE 8u /* `place` names functions that are not known */

/* Which tasks, in which order: those of `first`, then by rank of their states, then by id. */
typedef struct ZynTaskQuery {
	ZynAwaitMap map;
	uint32_t states; /* a bit for each */
	uint32_t flags;
	uint64_t parent;     /* 0: of a parent that is not known (any more) */
	uint64_t id;         /* is as good as the name */
	const uint8_t *text; /* part of the name of a function that is not known; in lower case */
	const uint8_t *place;
	uint32_t text_size;
	uint32_t place_size;
	const uint64_t *first; /* in order */
	uint32_t first_count;
	uint32_t max;
	uint64_t start;
	uint32_t rank[ZYN_TASK_STATES];
} ZynTaskQuery;

typedef struct ZynAwaitGroup {
	const ZynDescriptor *descriptor; /* of a function that is not known, else null */
	uint32_t side_table;
	uint32_t state;
	uint64_t count;
	uint64_t oldest_ns; /* least parked_since_ns */
	uint32_t id_count;
	uint64_t ids[ZYN_GROUP_IDS_MAX]; /* the lowest, in order */
} ZynAwaitGroup;

typedef struct ZynWaitQuery {
	uint64_t task;
	uint64_t polls;
	uint64_t address;
	uint32_t leaf;
	uint32_t place; /* of the answer */
} ZynWaitQuery;

/* Fills `out` and, for each, how many tasks it spawned that are still known.  False: no memory. */
bool zyn__debug_page(ZynRuntime *rt, const ZynTaskQuery *query, ZynTaskInfo *out,
                     uint32_t *children, uint64_t *count, uint64_t *total);
/* The parked tasks by where they wait; `groups` is the caller's to free.  False: no memory. */
bool zyn__debug_groups(ZynRuntime *rt, const ZynAwaitMap *map, ZynAwaitGroup **groups,
                       uint32_t *count);
/* How many timers are set, of all workers. */
uint64_t zyn__debug_timers(ZynRuntime *rt);
/* zyn_dbg_task_wait and zyn_dbg_io for many; sorts them by task.  known[place] says whether
 * out[place] and io[place] are set. */
void zyn__debug_waits(ZynRuntime *rt, ZynWaitQuery *queries, uint32_t count, ZynWaitInfo *out,
                      ZynIoInfo *io, bool *known);

/* debug_hooks.c */
typedef bool ZynEveryTask(ZynTask *task, void *data);
void zyn__debug_visit(ZynRuntime *rt, ZynTaskVisitor *visit, void *data);
uint32_t zyn__debug_state(ZynTask *task);
void zyn__debug_describe(ZynTask *task, ZynTaskInfo *out);

/* debug_place.c */
typedef struct ZynAwaitPlace {
	const ZynDescriptor *descriptor; /* null: the function is known */
	uint32_t side_table;
	uint32_t state;
	bool wanted;
} ZynAwaitPlace;

/* Where a parked task waits; the caller has every baton. */
ZynAwaitPlace zyn__debug_place(ZynTask *task, const ZynAwaitMap *map);
const ZynKnownFunction *zyn__debug_known(const ZynAwaitMap *map, uint32_t side_table);

#endif
