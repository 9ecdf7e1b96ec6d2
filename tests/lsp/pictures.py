"""Answers drawn under or into their source, so that a test can be judged by looking at it.

A `|` in the sample is the cursor (`||` in a test that needs the sign itself is not supported).
"""

from collections.abc import Iterable

from zyn.base.span import Span
from zyn.driver.queries import Document
from zyn.ide.hints import Hint


def open_at(sample: str) -> tuple[Document, int]:
    """A document of the sample without its cursor, and where the cursor was."""
    before, _, after = sample.partition("|")
    return Document("zyntax", (before + after).encode()), len(before.encode())


def underlined(document: Document, spans: Iterable[tuple[Span, str]]) -> str:
    """The lines that hold the spans, each with marks and a word under it."""
    text = document.text
    rows: list[str] = []
    last = -1
    for span, word in sorted(spans):
        line, column = text.position(span.start)
        if line != last:
            start, end = text.line_span(line)
            rows.append(f"{line + 1:>3} {document.data[start:end].decode()}")
            last = line
        marks = "▔" * max(len(document.data[span.start : span.end].decode()), 1)
        rows.append(f"    {' ' * column}{marks} {word}".rstrip())
    return "\n".join(rows)


def hinted(document: Document, found: Iterable[Hint]) -> str:
    """The text with its hints written into it, between `⟨` and `⟩`."""
    data = document.data
    parts: list[bytes] = []
    at = 0
    for hint in found:
        stale = " stale" if hint.is_stale else ""
        parts += [data[at : hint.offset], f"⟨{hint.label}{stale}⟩".encode()]
        at = hint.offset
    return b"".join([*parts, data[at:]]).decode()
