"""Positions, paths and values between the debugger's words and one client's.

The debugger counts lines and columns from 1 and columns in bytes; the protocol counts columns in
UTF-16 units, and each client says for itself whether it starts at 0 or 1 and whether a path is a
URI.  Nothing else in this package knows about these differences.
"""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec import UNSET, UnsetType

from zyn.dap import protocol
from zyn.dap.errors import AdapterError, Kind

SOURCE_BYTES_MAX = 16 * 1024 * 1024


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """What one client announced about itself."""

    first_line: int = 1
    first_column: int = 1
    uris: bool = False
    types: bool = False
    paging: bool = False
    memory_references: bool = False
    memory_events: bool = False
    invalidated_events: bool = False


def client_of(arguments: protocol.InitializeRequestArguments) -> Client:
    """Read the flags of an initialize request; absent ones mean what the protocol says."""
    return Client(
        first_line=0 if arguments.lines_start_at1 is False else 1,
        first_column=0 if arguments.columns_start_at1 is False else 1,
        uris=arguments.path_format == "uri",
        types=arguments.supports_variable_type is True,
        paging=arguments.supports_variable_paging is True,
        memory_references=arguments.supports_memory_references is True,
        memory_events=arguments.supports_memory_event is True,
        invalidated_events=arguments.supports_invalidated_event is True,
    )


class Converter:
    """Positions and paths of one client; keeps the text of the files it had to count in."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._lines: dict[str, list[bytes]] = {}

    def line_out(self, line: int) -> int:
        """A line of the debugger as the client counts it."""
        return line - 1 + self.client.first_line

    def line_in(self, line: int) -> int:
        """A line of the client as the debugger counts it."""
        return line + 1 - self.client.first_line

    def column_out(self, file: str | None, line: int, column: int) -> int:
        """A byte column of the debugger as the client's column."""
        before = self._line(file, line)[: column - 1]
        if not before.isascii():
            column = len(before.decode("utf-8", "replace").encode("utf-16-le")) // 2 + 1
        return column - 1 + self.client.first_column

    def column_in(self, file: str | None, line: int, column: int) -> int:
        """A column of the client as a byte column of the debugger."""
        column = column + 1 - self.client.first_column
        text = self._line(file, line)
        if text.isascii():
            return column
        units = text.decode("utf-8", "replace").encode("utf-16-le")
        before = units[: max(column - 1, 0) * 2].decode("utf-16-le", "replace")
        return len(before.encode("utf-8", "replace")) + 1

    def path_out(self, file: str) -> str:
        """A file name as the client writes it."""
        path = Path(file)
        return path.as_uri() if self.client.uris and path.is_absolute() else file

    def path_in(self, text: str) -> str:
        """A file name of the client; a `file:` URI is understood even where paths were agreed."""
        if text.startswith("file:"):
            text = unquote(urlsplit(text).path)
        if "\0" in text:
            raise AdapterError(Kind.BAD_ARGUMENTS, "a path cannot contain a NUL")
        return text

    def source(self, file: str | None) -> protocol.Source | UnsetType:
        """The source of a position; absent when there is no file."""
        if file is None:
            return UNSET
        return protocol.Source(name=Path(file).name, path=self.path_out(file))

    def file_of(self, source: protocol.Source) -> str:
        """The file that a client means by a source."""
        if source.path is UNSET or not source.path:
            raise AdapterError(Kind.BAD_ARGUMENTS, "the source has no path")
        return self.path_in(source.path)

    def forget_texts(self) -> None:
        """Read files anew: they may have changed between two runs."""
        self._lines.clear()

    def _line(self, file: str | None, line: int) -> bytes:
        if file is None:
            return b""
        lines = self._lines.get(file)
        if lines is None:
            lines = self._lines[file] = _text(file).splitlines()
        return lines[line - 1] if 0 < line <= len(lines) else b""


def read_bytes(file: str) -> bytes:
    """The beginning of a file, which for any program is all of it."""
    with Path(file).open("rb") as stream:
        return stream.read(SOURCE_BYTES_MAX)


def is_file(file: str) -> bool:
    """Whether there is such a file."""
    try:
        return Path(file).is_file()
    except (OSError, ValueError):
        return False


def _text(file: str) -> bytes:
    try:
        return read_bytes(file)
    except (OSError, ValueError):
        return b""


def address_text(address: int | None) -> str | UnsetType:
    """A memory reference."""
    return UNSET if address is None else f"0x{address:x}"


def address_of(text: str) -> int:
    """The address that a memory reference stands for."""
    try:
        address = int(text, 0)
    except ValueError:
        address = -1
    if not 0 <= address < 2**64:
        raise AdapterError(Kind.BAD_ARGUMENTS, f"{text!r} is no memory reference")
    return address


def optional(number: int | UnsetType) -> int | None:
    """An optional number of a message in the debugger's way of saying that it is absent."""
    return None if number is UNSET else number


def optional_text(text: str | UnsetType) -> str | None:
    """An optional text; an empty one, which clients send for "none", counts as absent."""
    return None if text is UNSET or not text.strip() else text
