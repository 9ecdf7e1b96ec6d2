"""A finding of the compiler as a shell shows it, without what only the compiler needs of it.

A run of a kept program shows the findings that were kept with it, and loads nothing that could make
one; so this module imports the rest when it is asked to.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from zyn.base.diagnostic import Diagnostic


class Problem(NamedTuple):
    """One finding of the compiler about a program.

    Line and column are 1-based; `rendered` is the finding under the lines that it speaks of.
    """

    file: str
    line: int
    column: int
    severity: str
    code: str
    message: str
    hint: str | None
    rendered: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity}: {self.message}"


def problems(file: str, data: bytes, found: Iterable["Diagnostic"]) -> tuple[Problem, ...]:
    """Diagnostics whose spans count from the start of `data`, the text of a file."""
    diagnostics = list(found)
    if not diagnostics:
        return ()
    from zyn.base.render import render
    from zyn.base.source import Encoding, SourceText

    text = SourceText(data)
    name = file or "<source>"
    rows: list[Problem] = []
    for one in diagnostics:
        place = text.position(one.span.start, Encoding.UTF32)
        rows.append(
            Problem(name, place.line + 1, place.column + 1, one.code.severity.name.lower(),
                    one.code.name, one.message, one.hint, render(one, text, name))
        )  # fmt: skip
    return tuple(rows)
