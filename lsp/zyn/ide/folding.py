"""What can be folded: blocks, struct bodies and comments of more than one line."""

import re
from functools import partial
from typing import Literal, NamedTuple

from zyn.ast import Block, Item, Struct
from zyn.base.span import Span
from zyn.driver.queries import Document
from zyn.ide.nodes import nodes

_COMMENTS = re.compile(
    rb'"(?:[^"\\\r\n]++|\\.)*+"?|(?P<comment>/\*(?s:.*?)\*/|//[^\r\n]*(?:\r?\n[ \t]*//[^\r\n]*)*)'
)


class Fold(NamedTuple):
    """Lines that can become one, both counted from 0."""

    first: int
    last: int
    kind: Literal["region", "comment"]


def folds(document: Document) -> list[Fold]:
    """Every fold of the file, outer ones first."""
    line_of = document.text.line_of
    found: set[Fold] = set()
    for placed in document.items:
        at = placed.offset
        for start, end in document.derived(placed, "blocks", partial(_blocks, placed.item)):
            first, last = line_of(at + start), line_of(at + end - 1)
            # The last line keeps the closing brace in sight.
            if last - 1 > first:
                found.add(Fold(first, last - 1, "region"))
    for match in _COMMENTS.finditer(document.data):
        if match["comment"] is not None:
            first, last = line_of(match.start()), line_of(match.end() - 1)
            if last > first:
                found.add(Fold(first, last, "comment"))
    return sorted(found, key=lambda fold: (fold.first, -fold.last))


def _blocks(item: Item) -> list[Span]:
    return [node.span for node in nodes(item) if isinstance(node, Block | Struct)]
