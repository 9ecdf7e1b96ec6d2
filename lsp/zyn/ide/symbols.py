"""The outline of a file, and names to be found in many files."""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from zyn.ast import Function, Struct
from zyn.base.span import Span
from zyn.driver.queries import Document
from zyn.ide.words import signature, signature_label

OutlineKind = Literal["function", "async function", "struct", "field"]


class OutlineEntry(NamedTuple):
    """A declaration: its name, its whole text, what to say beside it, and what is inside it."""

    name: str
    kind: OutlineKind
    detail: str
    whole: Span
    selection: Span
    children: tuple["OutlineEntry", ...] = ()


def outline(document: Document) -> list[OutlineEntry]:
    """The declarations of a file in order."""
    found: list[OutlineEntry] = []
    for placed in document.items:
        decl = placed.item.decl
        at = placed.offset
        if isinstance(decl, Function) and decl.name.text:
            called = signature(document, decl.name.text)
            detail = signature_label(called).partition(decl.name.text)[2] if called else ""
            kind: OutlineKind = "async function" if decl.is_async else "function"
            name = decl.name
            found.append(OutlineEntry(name.text, kind, detail, placed.span, name.span.moved(at)))
        elif isinstance(decl, Struct) and decl.name.text:
            fields = tuple(
                OutlineEntry(
                    field.name.text, "field", "", field.span.moved(at), field.name.span.moved(at)
                )
                for field in decl.fields
                if field.name.text
            )
            name = decl.name
            found.append(
                OutlineEntry(name.text, "struct", "", placed.span, name.span.moved(at), fields)
            )
    return found


def matching(query: str, entries: Iterable[OutlineEntry]) -> Iterator[OutlineEntry]:
    """The entries whose name has the letters of the query in this order, whatever their case."""
    wanted = query.lower()
    for entry in entries:
        letters = iter(entry.name.lower())
        if all(letter in letters for letter in wanted):
            yield entry
