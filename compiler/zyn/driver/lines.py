"""Line starts of a text that is being edited.

Invariant: `patched` gives what `line_starts` would give for the new text, from the old starts and
the edit alone.  A line end may be two bytes and the edit may come between them, so the byte on
either side of the edit is looked at again.
"""

import re
from bisect import bisect_left, bisect_right

_LINE_END = re.compile(rb"\r\n|\n|\r")


def patched(starts: list[int], data: bytes, start: int, old_end: int, added: int) -> list[int]:
    """The line starts of `data`, in which `added` bytes replaced those of `start .. old_end`."""
    end = start + added
    low = max(bisect_left(starts, start), 1)
    high = max(bisect_right(starts, old_end), 1)
    window = max(start - 1, 0)
    fresh = [
        line
        for match in _LINE_END.finditer(data, window, min(end + 1, len(data)))
        if start <= (line := match.end()) <= end and line > 0
    ]
    delta = end - old_end
    tail = starts[high:]
    if delta:
        tail = [line + delta for line in tail]
    return [*starts[:low], *fresh, *tail]
