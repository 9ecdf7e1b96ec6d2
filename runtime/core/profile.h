/* The profile: what every poll cost, summed by the stack of awaits that it resumed.
 *
 * Off it costs one comparison for each poll and each allocation.
 */
#ifndef ZYN_PROFILE_H
#define ZYN_PROFILE_H

/* One poll under way; lies on the stack of the thread that polls. */
typedef struct ZynProfilePoll {
	uint64_t begin_ns;  /* CLOCK_MONOTONIC */
	uint64_t nested_ns; /* of the poll around it: what polls inside that one took so far */
	uint64_t run;       /* of the profile; another one may have begun meanwhile */
	uint32_t around;    /* the stack of the poll around it */
	uint32_t on;        /* whether the rest means anything */
} ZynProfilePoll;

/* While rt->head->profile is not null.  `is_task`: its stack begins where it was spawned. */
void zyn__profile_begin(ZynRuntime *rt, ZynTask *task, bool is_task, ZynProfilePoll *poll);
void zyn__profile_end(ZynRuntime *rt, ZynTask *task, const ZynProfilePoll *poll);
void zyn__profile_spawned(ZynRuntime *rt, ZynTask *task);
void zyn__profile_made(ZynRuntime *rt, size_t bytes, bool is_frame);
void zyn__profile_free(ZynRuntime *rt);

#endif
