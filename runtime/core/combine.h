/* The frames of the leaf futures that are made of other promises. */
#ifndef ZYN_COMBINE_H
#define ZYN_COMBINE_H

#include "waiters.h"

enum ZynLate {
	ZYN_LATE_NOT,
	ZYN_LATE_STOPPING, /* the promise was cancelled and has to end */
	ZYN_LATE_OVER,     /* it was dropped */
};

typedef struct ZynTimeoutLeaf {
	uint32_t state;
	uint32_t is_late; /* ZynLate */
	int64_t ms;
	ZynPromise *promise; /* of the await, which holds the reference */
	ZynAwait await;
	ZynDelay delay;
} ZynTimeoutLeaf;

typedef struct ZynSelectLeaf {
	uint32_t state;
	uint32_t winner;
	ZynAwait *awaits; /* owned; null when there is no memory or no promise; an error behind */
	uint64_t count;
} ZynSelectLeaf;

typedef struct ZynReadyLeaf {
	uint32_t state;
	uint32_t failed; /* there was no memory */
	ZynValue value;
} ZynReadyLeaf;

/* map and and_then */
typedef struct ZynMapLeaf {
	uint32_t state;
	uint32_t is_second; /* of and_then: the promise that the function made is awaited */
	union {
		ZynMapFn *map;
		ZynThenFn *then;
	};
	void *data;
	const ZynTypeInfo *result;
	ZynPromise *promise; /* of the await, which holds the reference */
	ZynAwait await;
	ZynValue value; /* of map: its result */
} ZynMapLeaf;

#endif
