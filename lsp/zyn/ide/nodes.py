"""Ways through the tree of one item.

Offsets count from the item here.  Absent: any walk over more than one item.
"""

from collections.abc import Iterator
from functools import cache

from zyn.ast import Item, Node


@cache
def _child_fields(kind: type[Node]) -> tuple[str, ...]:
    """The fields of a node that may hold nodes; the first three say where it stands."""
    return tuple(kind.__struct_fields__[3:])


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below a node, in the order of its fields."""
    for name in _child_fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            for part in value:
                if isinstance(part, Node):
                    yield part


def walk(node: Node) -> Iterator[Node]:
    """A node and everything below it, parents first, in the order of the text."""
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(list(children(node))))


def nodes(item: Item) -> Iterator[Node]:
    """Every node of an item."""
    return walk(item.decl) if item.decl is not None else iter(())


def path_at(item: Item, offset: int) -> list[Node]:
    """The nodes around an offset, from the declaration inwards; touching counts."""
    path: list[Node] = []
    node: Node | None = item.decl
    while node is not None:
        path.append(node)
        # Where two touch the cursor belongs to the second, unless the first is a word.
        touching = [c for c in children(node) if c.start <= offset <= c.end and c.start < c.end]
        inside = [c for c in touching if offset < c.end]
        node = next(iter(inside or touching), None)
    return path
