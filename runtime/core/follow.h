/* Receivers that each see every value: what watch and broadcast have in common.
 *
 * A feed numbers its values from 1 on.  A receiver is an object of its own that knows the number
 * of the next value it wants; it holds a reference to its feed.
 *
 * Rule 1.  the feed's lock guards its receivers' numbers and the queue of who waits.
 * Rule 2.  a receiver moves on in the poll that says Ready, and never when it is cancelled.
 * Rule 3.  a new value wakes everybody who waits; who finds that another leaf of the same receiver
 *          took it waits again.
 */
#ifndef ZYN_FOLLOW_H
#define ZYN_FOLLOW_H

#include "waiters.h"

typedef struct ZynFeed ZynFeed;
typedef struct ZynFollower ZynFollower;

struct ZynFeed {
	ZynObject object;
	ZynElement element; /* never changes */
	/* With the lock: copies what `follower` wants to `out` and moves it on.  DONE, PENDING,
	 * CLOSED or, without a value, LAGGED. */
	uint32_t (*read)(ZynFeed *feed, ZynFollower *follower, void *out);
	uint64_t next;      /* guarded: the number of the next value to be sent */
	uint64_t followers; /* guarded */
	ZynList queue;
};

struct ZynFollower {
	ZynObject object;
	ZynFeed *feed;   /* owned */
	uint64_t next;   /* guarded by the feed */
	uint64_t missed; /* guarded by the feed: how many values the last LAGGED skipped */
};

typedef struct ZynFollowLeaf {
	ZynSyncLeaf base;      /* its object is the feed */
	ZynFollower *follower; /* owned while it waits */
	ZynValue value;
} ZynFollowLeaf;

void zyn__feed_init(ZynFeed *feed, ZynElement element,
                    uint32_t (*read)(ZynFeed *, ZynFollower *, void *));
/* With the lock, after a value was put in. */
void zyn__feed_publish(ZynFeed *feed);
void zyn__feed_close(ZynFeed *feed);
void zyn__feed_senders_gone(ZynObject *object);
void zyn__feed_receivers_gone(ZynObject *object);
/* Wants what is sent from now on; null: memory is out. */
ZynFollower *zyn__follower_new(ZynFeed *feed, uint32_t kind);
/* DONE, PENDING, CLOSED or LAGGED, at once */
int32_t zyn__follow_try(ZynFollower *follower, void *out);

void zyn__follow_init(ZynContext *cx, ZynFollowLeaf *leaf, ZynFollower *follower);
int64_t zyn__follow_poll(ZynFollowLeaf *leaf, ZynContext *cx);
int32_t zyn__follow_take(ZynFollowLeaf *leaf, void *out);
void zyn__follow_drop(ZynFollowLeaf *leaf);

#endif
