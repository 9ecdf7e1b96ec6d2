"""What a headless session tells, before anybody decides how it looks."""

from typing import Literal, Protocol

import msgspec

from zyn.debug.model import Breakpoint, ExitInfo, Frame, LaunchConfig, TaskView, Variable

Verdict = Literal["ok", "failure", "deadlock", "leak", "timeout"]

EXIT_OK = 0
EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_STUCK = 3
EXIT_CODES: dict[Verdict, int] = {
    "ok": EXIT_OK,
    "failure": EXIT_FAILURE,
    "deadlock": EXIT_STUCK,
    "leak": EXIT_STUCK,
    "timeout": EXIT_STUCK,
}


class Printed(msgspec.Struct, frozen=True, kw_only=True):
    """The value of a `--print` expression, or why it has none."""

    expression: str
    value: str | None = None
    type: str | None = None
    error: str | None = None


class FrameFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A frame, and the fields of its state machine when it is that of an async function.

    A frame that runs keeps its variables elsewhere until it suspends: `locals` are those.
    """

    frame: Frame
    fields: list[Variable] = []
    locals: list[Variable] = []


class TaskFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A task and the frames that are its own, innermost first."""

    task: TaskView
    frames: list[FrameFacts]


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """One stop.

    poll     which poll of `--step-polls` this is the end of
    others   the other live tasks, shown while polls are stepped
    """

    number: int
    reason: str
    text: str | None
    subject: TaskFacts
    printed: list[Printed]
    poll: int | None = None
    others: list[TaskFacts] = []


class End(msgspec.Struct, frozen=True, kw_only=True):
    """How the session ended; `tasks` are those alive when the time was up."""

    verdict: Verdict
    exit_code: int
    info: ExitInfo | None
    stops: int
    tasks: list[TaskFacts] = []


class Reporter(Protocol):
    """Shows a session as it goes."""

    def begin(self, config: LaunchConfig) -> None:
        """The program is there."""

    def breakpoint_set(self, wanted: str, point: Breakpoint) -> None:
        """A breakpoint was asked for; it may be unverified."""

    def output(self, category: str, text: str) -> None:
        """The program, or a log point, wrote something."""

    def stop(self, stop: Stop) -> None:
        """A task stopped."""

    def end(self, end: End) -> None:
        """It is over."""

    def problem(self, text: str) -> None:
        """The session cannot go on."""
