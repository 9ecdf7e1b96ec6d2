"""What zyn has to say about a user's program: facts, until a shell renders them.

A diagnostic is data collected beside a result, never raised.  Its code is stable, has one page
under `docs/diagnostics`, and stands in `CODES` exactly once.
"""

from enum import IntEnum

import msgspec

from zyn.base.span import Span


class Severity(IntEnum):
    """How bad it is; the numbers are those of LSP."""

    ERROR = 1
    WARNING = 2
    INFORMATION = 3
    HINT = 4


class Code(msgspec.Struct, frozen=True, gc=False):
    """A kind of diagnostic: its stable name, e.g. `unknown-name`, severity and one-line title."""

    name: str
    severity: Severity
    title: str
    unnecessary: bool = False  # editors grey the span out


class Label(msgspec.Struct, frozen=True, gc=False):
    """A second place that explains the first."""

    span: Span
    text: str


class Edit(msgspec.Struct, frozen=True, gc=False):
    """Replace the bytes of `span` by `text`."""

    span: Span
    text: str


class Fix(msgspec.Struct, frozen=True, gc=False):
    """A change that makes the diagnostic go away; `title` is what a menu shows."""

    title: str
    edits: tuple[Edit, ...]


class Diagnostic(msgspec.Struct, frozen=True, gc=False):
    """One finding.  Spans count from the start of its item (see `zyn.base.span`)."""

    code: Code
    span: Span
    message: str
    labels: tuple[Label, ...] = ()
    hint: str | None = None
    fixes: tuple[Fix, ...] = ()

    def moved(self, by: int) -> "Diagnostic":
        """The same finding with every span moved by `by` bytes."""
        if by == 0:
            return self
        return Diagnostic(
            self.code,
            self.span.moved(by),
            self.message,
            tuple(Label(label.span.moved(by), label.text) for label in self.labels),
            self.hint,
            tuple(
                Fix(fix.title, tuple(Edit(e.span.moved(by), e.text) for e in fix.edits))
                for fix in self.fixes
            ),
        )
