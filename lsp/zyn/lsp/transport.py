"""Messages from a byte stream, whatever comes down it.

A thread reads and decodes, so that a cancellation is known while an earlier request is still being
answered.  Lines that are no header are skipped until one says `Content-Length`; a body that is no
JSON is reported and the next message is read.

Absent here: what a message means.
"""

import json
import logging
import re
from collections.abc import Callable
from typing import Protocol

logger = logging.getLogger("zyn.lsp")

HEADER_MAX = 65_536
"""Bytes of one header line; a longer one is read in parts, none of which is a header."""

BODY_MAX = 256 * 1024 * 1024
"""Bytes of one message; a larger one is skipped and reported."""

CHUNK = 65_536

_CONTENT_LENGTH = re.compile(rb"content-length:\s*(\d{1,18})\s*\Z", re.IGNORECASE)


class Broken(Exception):
    """A message could not be read; the stream goes on behind it."""


class Sink(Protocol):
    """Who gets the messages; called on the reading thread."""

    def received(self, message: object) -> None:
        """A decoded message of any shape."""

    def broken(self, reason: str) -> None:
        """A message that could not be decoded."""

    def ended(self) -> None:
        """The stream is at its end; nothing else follows."""


class Source:
    """Bytes as they come: `receive` gives at most so many, and none at the end.

    Not a buffered file, because a thread that waits in one keeps Python from ending.
    """

    def __init__(self, receive: Callable[[int], bytes]) -> None:
        self._receive = receive
        self._buffer = bytearray()

    def line(self) -> bytes:
        """The bytes up to a line end, at most HEADER_MAX; none at the end of the stream."""
        searched = 0
        while True:
            found = self._buffer.find(b"\n", searched)
            if found >= 0:
                return self._take(found + 1)
            searched = len(self._buffer)
            if searched >= HEADER_MAX or not self._more():
                return self._take(searched)

    def exactly(self, size: int) -> bytes | None:
        """So many bytes; None when the stream ends before."""
        while len(self._buffer) < size:
            if not self._more():
                return None
        return self._take(size)

    def skip(self, size: int) -> None:
        """Read so many bytes and forget them."""
        while size > 0 and (self._buffer or self._more()):
            size -= len(self._take(min(size, len(self._buffer))))

    def _more(self) -> bool:
        part = self._receive(CHUNK)
        self._buffer += part
        return bool(part)

    def _take(self, size: int) -> bytes:
        taken = bytes(memoryview(self._buffer)[:size])
        del self._buffer[:size]
        return taken


def read_all(source: Source, sink: Sink) -> None:
    """Read messages until the stream ends."""
    try:
        while True:
            try:
                body = read_body(source)
                if body is None:
                    break
                sink.received(json.loads(body))
            except (Broken, json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
                sink.broken(str(error) or type(error).__name__)
    except OSError as error:
        logger.info("the client's stream broke: %s", error)
    sink.ended()


def read_body(source: Source) -> bytes | None:
    """The bytes of the next message; None at the end of the stream."""
    length: int | None = None
    while line := source.line():
        found = _CONTENT_LENGTH.search(line)
        if found is not None:
            length = int(found[1])
        elif not line.strip() and length is not None:
            if length > BODY_MAX:
                source.skip(length)
                raise Broken(f"a message of {length} bytes is larger than {BODY_MAX}")
            return source.exactly(length)
    return None


def framed(body: bytes) -> bytes:
    """A message as it goes over the stream."""
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
