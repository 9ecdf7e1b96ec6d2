"""Changes an editor may offer at a place: the fixes of diagnostics, and two of our own.

`add await` in front of a call whose promise nobody awaits, `make async` are fixes of diagnostics;
writing an inferred type and removing a needless `async` need no mistake.
"""

from typing import NamedTuple

from zyn.ast import Function, Let
from zyn.base.diagnostic import Diagnostic, Edit
from zyn.base.span import Span
from zyn.driver.queries import Document
from zyn.ide.nodes import nodes
from zyn.sema.facts import FunctionFacts
from zyn.sema.types import ErrorType


class Action(NamedTuple):
    """A change with a title; `diagnostic` is what it makes go away, spans count from the file."""

    title: str
    edits: tuple[Edit, ...]
    diagnostic: Diagnostic | None = None


def actions(document: Document, start: int, end: int) -> list[Action]:
    """The changes for a range of bytes, fixes first."""
    found: list[Action] = []
    for placed, diagnostics in document.item_diagnostics():
        if placed.span.end < start or placed.span.start > end:
            continue
        for diagnostic in diagnostics:
            moved = diagnostic.moved(placed.offset)
            if moved.span.start <= end and moved.span.end >= start:
                found += (Action(fix.title, fix.edits, moved) for fix in moved.fixes)
    return found + _write_types(document, start, end)


def _write_types(document: Document, start: int, end: int) -> list[Action]:
    found: list[Action] = []
    for placed in document.items_in(start, end):
        facts = document.facts(placed)
        if not isinstance(placed.item.decl, Function) or not isinstance(facts, FunctionFacts):
            continue
        for node in nodes(placed.item):
            if not isinstance(node, Let) or node.type is not None or not node.name.text:
                continue
            span = node.name.span.moved(placed.offset)
            index = facts.declares.get(node.id)
            if index is None or span.start > end or span.end < start:
                continue
            type_ = facts.variables[index].type
            if not isinstance(type_, ErrorType):
                edit = Edit(Span(span.end, span.end), f": {type_}")
                found.append(Action(f"write the type `{type_}`", (edit,)))
    return found
