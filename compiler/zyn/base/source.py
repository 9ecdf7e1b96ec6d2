"""A text with its line starts, and positions in the three encodings that editors speak.

Lines end at `\\n`, `\\r\\n` or a lone `\\r`, as LSP says.  Lines and columns are 0-based here; what
a person reads is 1-based and made at the edge.  Not here: files, and text that is not valid UTF-8
(the shell decodes, and says so when it cannot).
"""

import re
from bisect import bisect_right
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

_LINE_END = re.compile(rb"\r\n|\n|\r")


class Encoding(StrEnum):
    """What a column counts."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


class Position(NamedTuple):
    """A 0-based line and a 0-based column in some encoding."""

    line: int
    column: int


def line_starts(data: bytes) -> list[int]:
    """Byte offsets at which the lines of `data` begin; the first is 0, and there is always one."""
    return [0, *(match.end() for match in _LINE_END.finditer(data))]


def _units_utf8(text: bytes) -> int:
    return len(text)


def _units_utf16(text: bytes) -> int:
    return len(text.decode("utf-8", "replace").encode("utf-16-le")) // 2


def _units_utf32(text: bytes) -> int:
    return len(text.decode("utf-8", "replace"))


_UNITS: dict[Encoding, Callable[[bytes], int]] = {
    Encoding.UTF8: _units_utf8,
    Encoding.UTF16: _units_utf16,
    Encoding.UTF32: _units_utf32,
}


class SourceText:
    """Immutable bytes of one document and their line starts."""

    __slots__ = ("data", "starts")

    def __init__(self, data: bytes, starts: list[int] | None = None) -> None:
        self.data = data
        self.starts = line_starts(data) if starts is None else starts

    def line_of(self, offset: int) -> int:
        """The 0-based line that holds byte `offset`; an offset past the end is on the last line."""
        return bisect_right(self.starts, offset) - 1

    def line_span(self, line: int) -> tuple[int, int]:
        """First and last byte offset of a line, without its line end."""
        start = self.starts[line]
        end = self.starts[line + 1] if line + 1 < len(self.starts) else len(self.data)
        while end > start and self.data[end - 1] in b"\r\n":
            end -= 1
        return start, end

    def position(self, offset: int, encoding: Encoding = Encoding.UTF8) -> Position:
        """Line and column of a byte offset; an offset outside the text is moved to its edge."""
        offset = min(max(offset, 0), len(self.data))
        line = self.line_of(offset)
        start, end = self.line_span(line)
        prefix = self.data[start : min(offset, end)]
        if prefix.isascii():
            return Position(line, len(prefix))
        return Position(line, _UNITS[encoding](prefix))

    def offset(self, position: Position, encoding: Encoding = Encoding.UTF8) -> int:
        """Byte offset of a position; a line or column outside the text is moved to its edge."""
        if position.line < 0:
            return 0
        if position.line >= len(self.starts):
            return len(self.data)
        start, end = self.line_span(position.line)
        text = self.data[start:end]
        column = max(position.column, 0)
        if text.isascii():
            return start + min(column, len(text))
        return start + _column_offset(text, column, encoding)


def _column_offset(text: bytes, column: int, encoding: Encoding) -> int:
    """Bytes before `column` units of a line; a column inside a character is moved to its start."""
    if encoding is Encoding.UTF8:
        column = min(column, len(text))
        while 0 < column < len(text) and text[column] & 0xC0 == 0x80:
            column -= 1
        return column
    units = 0
    size = 0
    for character in text.decode("utf-8", "replace"):
        width = 2 if encoding is Encoding.UTF16 and ord(character) > 0xFFFF else 1
        if units + width > column:
            break
        units += width
        size += len(character.encode("utf-8", "replace"))
    return min(size, len(text))
