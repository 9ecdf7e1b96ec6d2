"""What every node has."""

import msgspec

from zyn.base.span import Span


class Node(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A piece of syntax.

    `start` and `end` are byte offsets from the first byte of the item; `id` is unique within the
    item and counts from 0 in the order in which nodes are finished (children before parents).
    """

    start: int
    end: int
    id: int

    @property
    def span(self) -> Span:
        """The bytes of the node, from the start of its item."""
        return Span(self.start, self.end)


class Ident(Node, frozen=True, eq=False, gc=False):
    """A name where it is declared or stands as a label; a name that is a value is `Name`."""

    text: str
