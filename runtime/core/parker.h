/* Where a worker sleeps, and how it is woken.
 *
 * Owner:   one thread; only it parks.
 * Others:  any thread may unpark, at any time between init and destroy.
 *
 * A parker has one token or none.  unpark leaves the token, park waits for it and takes it, so an
 * unpark is never lost, whether it comes before, during or after the decision to park; two
 * before a park count as one.
 *
 * Rule 1.  EMPTY -> PARKED and PARKED -> EMPTY by the owner, anything -> TOKEN by an unparker,
 *          TOKEN -> EMPTY by the owner.
 * Rule 2.  every change is a read-modify-write, so exactly one unparker sees PARKED, and it
 *          alone pays for the system call.
 * Rule 3.  unpark is a release and taking the token an acquire: what was written before the
 *          unpark is seen after the park.  unpark is an acquire too: of two, the second sees what
 *          the first had written before.
 *
 * The caller looks for work between deciding to sleep and parking, and whoever brings work looks
 * for sleepers after bringing it; both with sequentially consistent operations (team.c, rule 4).
 *
 * Not here: spinning before parking, and who is to be woken.
 */
#ifndef ZYN_PARKER_H
#define ZYN_PARKER_H

#include "atomics.h"

#include <stdbool.h>
#include <stdint.h>

/* Orders that the model tests replace by wrong ones to see that they are found. */
#ifndef ZYN_PARKER_UNPARK_ORDER
#define ZYN_PARKER_UNPARK_ORDER acq_rel
#endif
#ifndef ZYN_PARKER_TAKE_ORDER
#define ZYN_PARKER_TAKE_ORDER acquire
#endif

typedef struct ZynParker {
	_Atomic uint32_t word; /* ZYN_PARKER_* */
} ZynParker;

#define ZYN_PARKER_EMPTY 0u
#define ZYN_PARKER_PARKED 1u
#define ZYN_PARKER_TOKEN 2u

void zyn__parker_init(ZynParker *parker);
/* Nobody parks or unparks any more. */
void zyn__parker_destroy(ZynParker *parker);
/* Owner: waits for the token and takes it.  `timeout_ns` < 0: no limit; 0: takes it if it is there.
 * false: the time passed without a token. */
bool zyn__parker_park(ZynParker *parker, int64_t timeout_ns);
/* Any thread: leaves the token, and wakes the owner if it is parked; false: there was a token. */
bool zyn__parker_unpark(ZynParker *parker);

#endif
