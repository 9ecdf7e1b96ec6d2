"""Which variables an editor should show values of while a task is stopped.

A variable is shown where it is declared, read or written between the start of the visible text and
the line on which the task stopped, once per line.
"""

from typing import NamedTuple

from zyn.base.span import Span
from zyn.driver.queries import Document
from zyn.sema.facts import BindingKind, FunctionFacts


class InlineValue(NamedTuple):
    """A variable to look up under its name, in bytes of the file."""

    span: Span
    name: str


def inline_values(document: Document, start: int, end: int, stopped: int) -> list[InlineValue]:
    """The variables between two offsets of the function in which `stopped` lies."""
    placed = document.item_at(stopped)
    facts = document.facts(placed) if placed is not None else None
    if placed is None or not isinstance(facts, FunctionFacts):
        return []
    text = document.text
    last_line = text.line_of(stopped)
    relative = stopped - placed.offset
    seen = set[tuple[int, int]]()
    found: list[InlineValue] = []
    for use in sorted(facts.uses, key=lambda use: use.span):
        if use.binding.kind is not BindingKind.VARIABLE:
            continue
        variable = facts.variables[use.binding.variable]
        span = use.span.moved(placed.offset)
        line = text.line_of(span.start)
        key = (line, variable.index)
        visible = start <= span.start <= end and line <= last_line
        in_scope = variable.scope.contains(relative) or variable.kind == "param"
        if visible and in_scope and key not in seen:
            seen.add(key)
            found.append(InlineValue(span, variable.name))
    return found
