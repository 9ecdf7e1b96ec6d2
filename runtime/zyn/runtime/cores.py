"""How many workers a runtime may have, and how many are one for each core."""

import os
from typing import Final

WORKERS_MAX: Final = 63
"""As ZYN_WORKERS_MAX of the native runtime."""


def cores() -> int:
    """The cores that this process may use, as far as a runtime can have so many workers."""
    if hasattr(os, "sched_getaffinity"):
        found = len(os.sched_getaffinity(0))
    else:
        found = os.cpu_count() or 1
    return max(1, min(found, WORKERS_MAX))
