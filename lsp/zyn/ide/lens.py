"""Code lenses: the frame of each async function, and a way to run every function.

Where a function has parameters the client asks for arguments; the dots in the title say so.
"""

from typing import Literal, NamedTuple

from zyn.ast import Function
from zyn.base.span import Span
from zyn.driver.queries import Document
from zyn.ide.words import frame_label

LensKind = Literal["frame", "run", "debug"]


class Lens(NamedTuple):
    """A line above a declaration.  `function` is what a click is about."""

    span: Span
    title: str
    kind: LensKind
    function: str
    is_stale: bool = False


def lenses(document: Document) -> list[Lens]:
    """The lenses of the whole file, in the order of the text."""
    found: list[Lens] = []
    size = len(document.data)
    for placed in sorted(
        [*document.items, *document.stale_in(0, size)], key=lambda placed: placed.offset
    ):
        decl = placed.item.decl
        if not isinstance(decl, Function) or not decl.name.text:
            continue
        name = decl.name.text
        span = decl.name.span.moved(placed.offset)
        table = document.side_table(placed) if decl.is_async else None
        if table is not None:
            found.append(Lens(span, frame_label(table), "frame", name, placed.is_stale))
        if not placed.is_stale:
            dots = "…" if decl.params else ""
            found.append(Lens(span, f"Run{dots}", "run", name))
            found.append(Lens(span, f"Debug{dots}", "debug", name))
    return found
