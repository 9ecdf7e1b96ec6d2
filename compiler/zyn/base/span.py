"""Where something stands in a text: half-open ranges of UTF-8 bytes.

Every span inside an item (a function, a struct) counts from the first byte of that item, so that an
edit above it changes nothing inside it.  Only the driver, which knows where an item lies, adds the
two up.
"""

from typing import NamedTuple


class Span(NamedTuple):
    """The bytes `start <= offset < end`."""

    start: int
    end: int

    def moved(self, by: int) -> "Span":
        """The same range in a text in which the origin lies `by` bytes earlier."""
        return Span(self.start + by, self.end + by)

    def contains(self, offset: int) -> bool:
        """Whether a cursor at `offset` touches the span; its end counts."""
        return self.start <= offset <= self.end
