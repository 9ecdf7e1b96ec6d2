"""Ever larger pieces of syntax around a cursor."""

from zyn.base.span import Span
from zyn.driver.queries import Document
from zyn.ide.nodes import path_at


def selections(document: Document, offset: int) -> list[Span]:
    """The spans around an offset, the smallest first, each larger than the one before."""
    whole = Span(0, len(document.data))
    placed = document.item_at(offset)
    if placed is None:
        return [whole]
    path = path_at(placed.item, offset - placed.offset)
    around = [whole, placed.span, *(node.span.moved(placed.offset) for node in path)]
    found: list[Span] = []
    for span in reversed(around):
        last = found[-1] if found else None
        if last is None or (span != last and span.start <= last.start and span.end >= last.end):
            found.append(span)
    return found
