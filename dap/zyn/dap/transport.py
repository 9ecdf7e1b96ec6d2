"""Messages over a byte stream: `Content-Length: N`, an empty line, N bytes of JSON.

A header that makes no sense leaves no way to find the next message: the stream is at fault and
`Garbled` ends the session.  JSON that makes no sense does not: its end is known, `BadMessage` says
what is wrong with it, and reading goes on.
"""

import asyncio
import os
import re
from typing import Protocol

import msgspec

from zyn.dap import protocol

HEADER_BYTES_MAX = 8 * 1024
BODY_BYTES_MAX = 64 * 1024 * 1024
CLOSE_AFTER_S = 5.0
_LENGTH = re.compile(rb"\s*content-length\s*:\s*(\d{1,10})\s*", re.IGNORECASE)


class Incoming(msgspec.Struct):
    """A message from the client; its arguments are decoded by whoever knows their type."""

    seq: protocol.Natural
    type: str
    command: str = ""
    arguments: msgspec.Raw = msgspec.Raw(b"{}")


class Garbled(Exception):
    """The bytes are not messages at all."""


class BadMessage(Exception):
    """One message cannot be understood; `seq` and `command` as far as they can be read."""

    def __init__(self, text: str, seq: int | None = None, command: str = "") -> None:
        super().__init__(text)
        self.seq = seq
        self.command = command


class Sink(Protocol):
    """Where bytes go."""

    def write(self, data: bytes) -> None:
        """Queue bytes; quietly nothing once the other side is gone."""

    def backlog(self) -> int:
        """Bytes that are queued."""

    async def drain(self) -> None:
        """Wait until most of what is queued was taken."""

    async def close(self) -> None:
        """Send what is queued and close."""


class StreamSink:
    """A pipe or a socket."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def write(self, data: bytes) -> None:
        """Queue bytes."""
        if not self._writer.is_closing():
            self._writer.write(data)

    def backlog(self) -> int:
        """Bytes that are queued."""
        return self._writer.transport.get_write_buffer_size()

    async def drain(self) -> None:
        """Wait for the other side; quiet when it is gone."""
        try:
            await self._writer.drain()
        except ConnectionError:
            return

    async def close(self) -> None:
        """Close; a client that takes nothing any more is cut off."""
        try:
            self._writer.close()
            await asyncio.wait_for(self._writer.wait_closed(), CLOSE_AFTER_S)
        except TimeoutError:
            self._writer.transport.abort()
        except OSError:
            return


class FileSink:
    """A file, which the loop cannot wait for and need not."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, data: bytes) -> None:
        """Write at once."""
        while data:
            data = data[os.write(self._descriptor, data) :]

    def backlog(self) -> int:
        """Nothing is ever queued."""
        return 0

    async def drain(self) -> None:
        """Nothing to wait for."""

    async def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


class Connection:
    """One client.  Sending only queues bytes, so that messages leave in the order of the calls."""

    def __init__(self, reader: asyncio.StreamReader, sink: Sink) -> None:
        self._reader = reader
        self._sink = sink
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(Incoming)
        self._seq = 0

    async def receive(self) -> Incoming | None:
        """The next message; None at the end of the stream."""
        try:
            length = await self._header()
            if length is None:
                return None
            body = await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        try:
            return self._decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _explained(body, error) from None

    def send_response(self, response: protocol.Response) -> None:
        """Queue a response."""
        response.seq = self._number()
        self._send(self._encoder.encode(response))

    def send_event(self, name: str, body: msgspec.Struct | None = None) -> None:
        """Queue an event."""
        seq = self._number()
        event = protocol.Event(
            seq=seq, type="event", event=name, body=msgspec.UNSET if body is None else body
        )
        self._send(self._encoder.encode(event))

    @property
    def backlog(self) -> int:
        """Bytes that the client has not taken yet."""
        return self._sink.backlog()

    async def drain(self) -> None:
        """Wait until the client has taken most of what was sent."""
        await self._sink.drain()

    async def close(self) -> None:
        """Send what is queued and close."""
        await self._sink.close()

    async def _header(self) -> int | None:
        length = None
        total = 0
        while True:
            try:
                line = await self._reader.readuntil(b"\n")
            except asyncio.LimitOverrunError:
                raise Garbled("a header line without an end") from None
            except asyncio.IncompleteReadError as error:
                if error.partial.strip():
                    raise Garbled(f"the stream ends in a header: {error.partial[:40]!r}") from None
                return None
            total += len(line)
            if total > HEADER_BYTES_MAX:
                raise Garbled("the header is too long")
            if not line.strip():
                if length is not None:
                    return length
                if total == len(line):
                    total = 0  # Stray empty lines between messages are harmless.
                    continue
                raise Garbled("a header without Content-Length")
            if b":" not in line:
                raise Garbled(f"this is no header line: {line[:40]!r}")
            match = _LENGTH.fullmatch(line)
            if match is not None:
                length = int(match[1])
                if length > BODY_BYTES_MAX:
                    raise Garbled(f"a message of {length} bytes is too long")
            elif line.lower().lstrip().startswith(b"content-length"):
                raise Garbled(f"this is no length: {line[:40]!r}")

    def _send(self, body: bytes) -> None:
        self._sink.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def _number(self) -> int:
        self._seq += 1
        return self._seq


def _explained(body: bytes, error: Exception) -> BadMessage:
    """What is wrong with a message, with its number when that can be read."""
    try:
        loose = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as unreadable:
        return BadMessage(f"the message is no JSON: {unreadable}")
    if not isinstance(loose, dict):
        return BadMessage("the message is no object")
    seq = loose.get("seq")
    command = loose.get("command")
    good_seq = isinstance(seq, int) and not isinstance(seq, bool) and 0 <= seq < 2**31
    return BadMessage(
        f"the message is malformed: {error}",
        seq if good_seq else None,
        command if isinstance(command, str) else "",
    )
