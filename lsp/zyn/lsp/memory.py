"""When Python's cyclic collector runs: between messages, never while somebody waits.

A full collection over the facts of a large file takes longer than everything a keystroke needs.
So the automatic one is off, and the server collects after it has been quiet for a moment.  What
survives is frozen, which keeps the next collection short; now and then everything is looked at.
"""

import gc

THAW_EVERY = 64
"""Collections after which frozen objects are looked at again."""

YOUNG_MAX = 2_000_000
"""Objects made since the last collection after which the next quiet moment is not waited for."""


class Collector:
    """The collector of one process."""

    def __init__(self) -> None:
        self._collections = 0

    def take_over(self) -> None:
        """No collection but ours from now on."""
        gc.collect()
        gc.freeze()
        gc.disable()

    def is_urgent(self) -> bool:
        """Whether so much was made that waiting costs more than collecting."""
        return gc.get_count()[0] > YOUNG_MAX

    def collect(self) -> None:
        """Collect now."""
        self._collections += 1
        if self._collections % THAW_EVERY == 0:
            gc.unfreeze()
        gc.collect()
        gc.freeze()
