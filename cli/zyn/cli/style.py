"""Colours of a terminal, and none where nobody looks."""

import os
import re
from typing import TextIO

_BOLD, _DIM, _RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"
_COLOURS = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "note": "\x1b[1;34m",
    "hint": "\x1b[1;36m",
}
_HEAD = re.compile(r"^(error|warning|note|hint)(\[[^\]]*\])?: (.*)$")
_GUTTER = re.compile(r"^( *\d* *)(-->|\||=|\.\.)(.*)$")
_MARK = re.compile(r"^( *)([\^-]+)(.*)$")


def wants_colour(stream: TextIO) -> bool:
    """Whether a person looks at the stream and did not ask for plain text."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


class Style:
    """Paints text, or leaves it as it is."""

    def __init__(self, stream: TextIO) -> None:
        self.is_on = wants_colour(stream)

    def bold(self, text: str) -> str:
        """Emphasised."""
        return f"{_BOLD}{text}{_RESET}" if self.is_on else text

    def dim(self, text: str) -> str:
        """Subdued."""
        return f"{_DIM}{text}{_RESET}" if self.is_on else text

    def severity(self, text: str, severity: str) -> str:
        """In the colour of a severity."""
        return f"{_COLOURS[severity]}{text}{_RESET}" if self.is_on else text

    def diagnostic(self, rendered: str) -> str:
        """A diagnostic as `zyn.base.render` prints it, painted."""
        if not self.is_on:
            return rendered
        severity = "error"
        lines: list[str] = []
        for line in rendered.splitlines():
            if head := _HEAD.match(line):
                severity = head[1]
                name = self.severity(head[1] + (head[2] or ""), severity)
                lines.append(f"{name}{self.bold(': ' + head[3])}")
            elif gutter := _GUTTER.match(line):
                lines.append(self.dim(gutter[1] + gutter[2]) + self._marks(gutter[3], severity))
            else:
                lines.append(line)
        return "".join(f"{line}\n" for line in lines)

    def _marks(self, text: str, severity: str) -> str:
        mark = _MARK.match(text)
        if mark is None:
            return text
        colour = severity if mark[2].startswith("^") else "note"
        return mark[1] + self.severity(mark[2] + mark[3], colour)
