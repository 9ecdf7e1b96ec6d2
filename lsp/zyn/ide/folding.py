"""What can be folded: blocks, struct bodies and comments of more than one line."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Literal, NamedTuple

from zyn.ast import Block, Item, Struct
from zyn.base.span import Span
from zyn.driver.queries import Document
from zyn.ide.nodes import nodes

_COMMENTS = re.compile(
    rb'"(?:[^"\\\r\n]++|\\.)*+"?|(?P<block>/\*)|(?P<lines>//[^\r\n]*(?:\r?\n[ \t]*//[^\r\n]*)*)'
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
    for start, end in _comments(document.data):
        first, last = line_of(start), line_of(end - 1)
        if last > first:
            found.add(Fold(first, last, "comment"))
    return sorted(found, key=lambda fold: (fold.first, -fold.last))


def _comments(data: bytes) -> Iterator[Span]:
    """Block comments that end, and runs of line comments."""
    at = 0
    while match := _COMMENTS.search(data, at):
        at = match.end()
        if match["block"] is not None:
            close = data.find(b"*/", at)
            if close < 0:
                return
            at = close + 2
        if match["block"] is not None or match["lines"] is not None:
            yield Span(match.start(), at)


def _blocks(item: Item) -> list[Span]:
    return [node.span for node in nodes(item) if isinstance(node, Block | Struct)]
