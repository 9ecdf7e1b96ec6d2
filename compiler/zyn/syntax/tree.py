"""The text of one file cut into pieces, each of which is parsed on its own.

A keystroke must cost what it touched, and the same text must give the same items however it was
typed.  Neither holds for one tree over the whole file: its error recovery looks across functions,
and re-parsing a long file that has errors takes longer than everything else together.  So the file
is cut in front of every token that can only begin a top-level declaration, and a piece is parsed
from its text alone:

    // note                     piece 0: what stands in front of the first declaration
    async fn a() i32 { .. }     piece 1, with the blanks and comments after it
    const P = struct { .. };    piece 2

Two facts make the cut exact.  In a language that is listed in `_STARTS` those tokens occur nowhere
else in a correct file, so a correct file has the declarations that its grammar finds.  And where
the cuts lie after some cut depends only on the text from there on, so an edit is cut again from
the piece before it up to the first old cut that is found anew.

Absent here: what a declaration means, and any state of a parser between two edits.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import NamedTuple

from zyn.ast import Item
from zyn.grammar import parser
from zyn.syntax.items import items
from zyn.syntax.lower import lower_item

_NAME = rb"[A-Za-z_][A-Za-z0-9_]*+"
_BLANK = rb"\s++|//[^\r\n]*+"
_COMMENT = rb"/\*(?s:.*?)\*/"


class _Tokens(NamedTuple):
    """What the cutter must see: comments and strings, whose insides it skips, and declarations.

    `unclosed` is for the text behind the last `*/`, where looking for the end of a comment would
    be in vain each time.
    """

    closed: re.Pattern[bytes]
    unclosed: re.Pattern[bytes]


def _zyntax(blank: bytes) -> re.Pattern[bytes]:
    blanks = rb"(?:" + blank + rb")*+"
    function = rb"\b(?:async\b" + blanks + rb")?fn\b"
    struct = rb"\bconst\b" + blanks + _NAME + blanks + rb"=" + blanks + rb"struct\b"
    return re.compile(
        rb'//[^\r\n]*+|(?P<comment>/\*)|"(?:[^"\\\r\n]++|\\.)*+"?'
        rb"|(?P<start>" + function + rb"|" + struct + rb")"
    )


_STARTS: dict[str, _Tokens] = {
    "zyntax": _Tokens(_zyntax(_BLANK + rb"|" + _COMMENT), _zyntax(_BLANK)),
}


class Change(NamedTuple):
    """Which pieces an edit replaced: `removed` of them from `first` on became `added` others."""

    first: int
    removed: int
    added: int


class Placed(NamedTuple):
    """An item of a piece and where it begins, in bytes from the start of the piece."""

    offset: int
    item: Item


class SyntaxTree:
    """The bytes of one file and where its pieces begin.

    `starts` rises strictly and begins with 0; piece i ends where piece i + 1 begins.
    """

    __slots__ = ("_parser", "_tokens", "_unclosed", "data", "language", "starts")

    def __init__(self, language: str, data: bytes) -> None:
        self.language = language
        self.data = data
        self._parser = parser(language)
        self._tokens = _STARTS[language]
        self.starts: list[int] = []
        # For each piece: the first `/*` in it that no `*/` ends, from its start; or -1.
        self._unclosed: list[int] = []
        self._cut(0, 0, [], 0)

    def text(self, index: int) -> bytes:
        """The bytes of a piece."""
        end = self.starts[index + 1] if index + 1 < len(self.starts) else len(self.data)
        return self.data[self.starts[index] : end]

    def index_at(self, offset: int) -> int:
        """The piece that holds the byte at `offset`."""
        return max(bisect_right(self.starts, offset) - 1, 0)

    def read(self, index: int, recall: Callable[[bytes], Item | None]) -> tuple[Placed, ...]:
        """The items of a piece; `recall` is asked for the item of a text before it is made.

        A comment that nothing ends goes to the end of its piece.  Only its two signs are parsed,
        for the diagnostic; the parser would look for its end in vain, again and again.
        """
        text = self.text(index)
        unclosed = self._unclosed[index]
        if unclosed >= 0:
            text = text[: unclosed + 2]
        found: list[Placed] = []
        for node in items(self._parser.parse(text)):
            own = text[node.start_byte : node.end_byte]
            item = recall(own)
            if item is None:
                item = lower_item(self.language, node, own)
            found.append(Placed(node.start_byte, item))
        return tuple(found)

    def edit(self, start: int, old_end: int, new: bytes) -> Change:
        """Replace the bytes `start <= offset < old_end`, and cut again what that touched."""
        old_starts = self.starts
        self.data = self.data[:start] + new + self.data[old_end:]
        # The byte before the edit may have become part of a word or comment with it.
        first = self.index_at(max(start - 1, 0))
        while first > 0 and not self._begins_declaration(old_starts[first]):
            first -= 1
        first = self._comment_closed_by_edit(first)
        delta = start + len(new) - old_end
        # An old cut behind the edit is one again as soon as the cutter arrives at it.
        known = bisect_left(old_starts, old_end, lo=min(first + 1, len(old_starts)))
        return self._cut(first, delta, old_starts, known)

    def _begins_declaration(self, offset: int) -> bool:
        match = self._tokens.closed.match(self.data, offset)
        return match is not None and match["start"] is not None

    def _comment_closed_by_edit(self, default: int) -> int:
        """The first piece with a `/*` that nothing ended before and that now has its `*/`."""
        for index, unclosed in enumerate(self._unclosed[:default]):
            if unclosed >= 0:
                found = self.data.find(b"*/", self.starts[index] + unclosed + 2)
                return index if found >= 0 else default
        return default

    def _cut(self, first: int, delta: int, old_starts: list[int], known: int) -> Change:
        """Cut from piece `first` on until an old cut from number `known` on is met again."""
        data = self.data
        begin = old_starts[first] if first < len(old_starts) else 0
        expected = {offset + delta for offset in old_starts[known:]}
        starts = [begin]
        unclosed = [-1]
        last_close = data.rfind(b"*/")
        met = len(data) + 1
        end = begin
        while True:
            tokens = self._tokens.closed if end <= last_close else self._tokens.unclosed
            match = tokens.search(data, end)
            if match is None:
                break
            position = match.start()
            end = match.end()
            if match["start"] is not None and position > begin:
                if position in expected:
                    met = position
                    break
                starts.append(position)
                unclosed.append(-1)
            elif match["comment"] is not None:
                if position + 2 <= last_close:
                    end = data.index(b"*/", position + 2) + 2
                elif unclosed[-1] < 0:
                    unclosed[-1] = position - starts[-1]
        tail = bisect_left(old_starts, met - delta, lo=min(known, len(old_starts)))
        self.starts = [*old_starts[:first], *starts, *(s + delta for s in old_starts[tail:])]
        self._unclosed = [*self._unclosed[:first], *unclosed, *self._unclosed[tail:]]
        return Change(first, tail - first, len(starts))
