"""The open documents of a session, by URI.

Invariant: a document's text is what the client sent, edit by edit, in the order of arrival.  A lone
surrogate, which JSON can hold and UTF-8 cannot, becomes U+FFFD, which is as long in every encoding
that a position may count in.

Absent here: files on disk.
"""

import logging
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from lsprotocol import types

from zyn.base.source import Encoding, Position
from zyn.base.span import Span
from zyn.driver.queries import Document
from zyn.grammar import LANGUAGES

logger = logging.getLogger("zyn.lsp")

_SURROGATE = re.compile("[\ud800-\udfff]")


class BadRequestError(Exception):
    """The client asks for what cannot be answered; the message says why."""


class NotOpenError(BadRequestError):
    """The document is not open, or in no language that zyn knows."""


class OpenDocument:
    """A document and how its client counts columns.

    `serial` tells two openings of one URI apart; with the revision it names a state of the text.
    """

    def __init__(self, item: types.TextDocumentItem, encoding: Encoding, serial: int) -> None:
        language = language_of(item.uri, item.language_id)
        if language is None:
            raise NotOpenError(f"zyn does not know the language {item.language_id!r}")
        self.uri = item.uri
        self.version = item.version
        self.encoding = encoding
        self.serial = serial
        self.document = Document(language, encode(item.text))

    @property
    def state(self) -> str:
        """A name for the text as it is now."""
        return f"{self.serial}.{self.document.revision}"

    def change(self, change: types.TextDocumentContentChangeEvent) -> None:
        """Apply one change of a `didChange`."""
        new = encode(change.text)
        if isinstance(change, types.TextDocumentContentChangePartial):
            start, end = self.span(change.range)
            self.document.edit(start, end, new)
        else:
            self.document.replace(new)

    def offset(self, position: types.Position) -> int:
        """The byte at a position; one outside the text is moved to its edge."""
        place = Position(position.line, position.character)
        return self.document.text.offset(place, self.encoding)

    def span(self, range_: types.Range) -> Span:
        """The bytes of a range; one that is the wrong way round is turned."""
        start, end = self.offset(range_.start), self.offset(range_.end)
        return Span(min(start, end), max(start, end))

    def position(self, offset: int) -> types.Position:
        """The position of a byte."""
        line, column = self.document.text.position(offset, self.encoding)
        return types.Position(line, column)

    def range(self, span: Span) -> types.Range:
        """The range of some bytes."""
        return types.Range(self.position(span.start), self.position(span.end))


class Documents:
    """What is open."""

    def __init__(self) -> None:
        self.encoding = Encoding.UTF16
        self._open: dict[str, OpenDocument] = {}
        self._serial = 0

    def __iter__(self) -> Iterator[OpenDocument]:
        return iter(list(self._open.values()))

    def open(self, item: types.TextDocumentItem) -> OpenDocument:
        """Take a document in; one that is open already gets the new text."""
        known = self._open.get(item.uri)
        if known is not None:
            logger.warning("%s was opened twice", item.uri)
            known.document.replace(encode(item.text))
            known.version = item.version
            return known
        self._serial += 1
        opened = OpenDocument(item, self.encoding, self._serial)
        self._open[item.uri] = opened
        return opened

    def change(self, params: types.DidChangeTextDocumentParams) -> OpenDocument:
        """Apply the changes of a notification, in order."""
        opened = self.get(params.text_document.uri)
        version = params.text_document.version
        if version <= opened.version:
            # The text is right all the same: each change builds on the one that came before it.
            logger.warning("%s: version %d after %d", opened.uri, version, opened.version)
        for change in params.content_changes:
            opened.change(change)
        opened.version = version
        return opened

    def close(self, uri: str) -> bool:
        """Forget a document; whether it was open."""
        return self._open.pop(uri, None) is not None

    def get(self, uri: str) -> OpenDocument:
        """An open document."""
        opened = self._open.get(uri)
        if opened is None:
            raise NotOpenError(f"{shown(uri)} is not open")
        return opened

    def find(self, uri: str) -> OpenDocument | None:
        """An open document, or None."""
        return self._open.get(uri)


def encode(text: str) -> bytes:
    """Text as bytes of UTF-8."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text).encode()


def language_of(uri: str, language_id: str = "") -> str | None:
    """The language of a document: what the client calls it, else by the end of its name."""
    if language_id in LANGUAGES:
        return language_id
    suffix = PurePosixPath(_path_of(uri)).suffix
    return next((name for name, suffixes in LANGUAGES.items() if suffix in suffixes), None)


def _path_of(uri: str) -> str:
    try:
        return unquote(urlsplit(uri).path)
    except ValueError:
        return uri


def shown(uri: str) -> str:
    """A URI short enough for a message."""
    return uri if len(uri) <= 200 else uri[:200] + ".."
