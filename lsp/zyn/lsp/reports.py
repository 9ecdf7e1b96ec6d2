"""Diagnostics to the client: pushed when the text has settled, or as answers when asked for.

A push belongs to a generation of its document: each edit schedules one and makes those before it
void.  How time passes is handed in (`later`), so tests need not wait.

The diagnostics of an item that did not change are converted once and then only moved to its line.
"""

from collections.abc import Callable

import msgspec

from zyn.base.diagnostic import Diagnostic, Label
from zyn.base.source import Encoding, SourceText
from zyn.driver.items import PlacedItem
from zyn.lsp.documents import OpenDocument
from zyn.lsp.plain import Json, encode

Later = Callable[[float, Callable[[], None]], object]

PUSH_DELAY_S = 0.05
"""How long the text must rest before its diagnostics are pushed."""


class Pushes:
    """The diagnostics still to be pushed."""

    def __init__(
        self, later: Later, push: Callable[[OpenDocument], None], delay_s: float = PUSH_DELAY_S
    ) -> None:
        self._later = later
        self._push = push
        self._delay_s = delay_s
        self._generation: dict[str, int] = {}

    def schedule(self, opened: OpenDocument) -> None:
        """Push the diagnostics of a document when it rests."""
        generation = self._generation.get(opened.uri, 0) + 1
        self._generation[opened.uri] = generation

        def push() -> None:
            if self._generation.get(opened.uri) == generation:
                self._push(opened)

        self._later(self._delay_s, push)

    def forget(self, uri: str) -> None:
        """Push nothing more for a document."""
        self._generation.pop(uri, None)


def report(opened: OpenDocument) -> msgspec.Raw:
    """All diagnostics of a document as LSP writes them: the text of a JSON array."""
    found = (_item(opened, *item) for item in opened.document.item_diagnostics())
    return msgspec.Raw(b"[%b]" % b",".join(found))


def _item(opened: OpenDocument, placed: PlacedItem, diagnostics: tuple[Diagnostic, ...]) -> bytes:
    """The diagnostics of an item, between commas."""
    text = opened.document.text
    if placed.offset != text.starts[placed.line]:
        # Its first line has other text in front; rare enough to be made anew.
        whole = [diagnostic.moved(placed.offset) for diagnostic in diagnostics]
        return _joined([_diagnostic(d, text, opened.encoding, opened.uri) for d in whole])
    key = f"report {opened.encoding} {opened.uri}"
    derived = placed.state.derived
    known = derived.get(key)
    if known is None or known[0] is not diagnostics:
        own = SourceText(placed.item.text)
        made = [_diagnostic(d, own, opened.encoding, opened.uri) for d in diagnostics]
        known = derived[key] = (diagnostics, -1, (made, b""))
    made, joined = known[2]
    if known[1] != placed.line:
        joined = _joined([_moved(found, placed.line) for found in made])
        derived[key] = (diagnostics, placed.line, (made, joined))
    return bytes(joined)


def _joined(found: list[Json]) -> bytes:
    return encode(found)[1:-1]


def _diagnostic(found: Diagnostic, text: SourceText, encoding: Encoding, uri: str) -> Json:
    code = found.code
    message = found.message if found.hint is None else f"{found.message}\n{found.hint}"
    made: Json = {
        "range": _range(found.span.start, found.span.end, text, encoding),
        "severity": int(code.severity),
        "code": code.name,
        "source": "zyn",
        "message": message,
    }
    if code.unnecessary:
        made["tags"] = [1]
    if found.labels:
        made["relatedInformation"] = [
            _related(label, text, encoding, uri) for label in found.labels
        ]
    return made


def _related(label: Label, text: SourceText, encoding: Encoding, uri: str) -> Json:
    where = _range(label.span.start, label.span.end, text, encoding)
    return {"location": {"uri": uri, "range": where}, "message": label.text}


def _range(start: int, end: int, text: SourceText, encoding: Encoding) -> Json:
    first, last = text.position(start, encoding), text.position(end, encoding)
    return {
        "start": {"line": first.line, "character": first.column},
        "end": {"line": last.line, "character": last.column},
    }


def _moved(found: Json, lines: int) -> Json:
    """The same diagnostic some lines further down."""
    moved = {**found, "range": _moved_range(found["range"], lines)}
    related = found.get("relatedInformation")
    if related:
        moved["relatedInformation"] = [
            {
                "location": {
                    "uri": one["location"]["uri"],
                    "range": _moved_range(one["location"]["range"], lines),
                },
                "message": one["message"],
            }
            for one in related
        ]
    return moved


def _moved_range(range_: Json, lines: int) -> Json:
    start, end = range_["start"], range_["end"]
    return {
        "start": {"line": start["line"] + lines, "character": start["character"]},
        "end": {"line": end["line"] + lines, "character": end["character"]},
    }
