"""What the Python interface raises.  Every message says what to do or names what is wrong."""

from typing import NamedTuple

from zyn.base.problem import Problem

__all__ = [
    "BusyError", "CallError", "ChannelClosed", "CompileFailed", "Deadlocked", "NotAvailable",
    "Problem", "PromiseCancelled", "PromiseFailed", "PromiseTimeout", "RuntimeClosed", "SetEmpty",
    "WaitingTask", "ZynError",
]  # fmt: skip


class WaitingTask(NamedTuple):
    """A task of a deadlock: where it waits, and for what.  Line 0: no source line.

    waits_for  the text of the await
    reason     what that is, where more is known of it: `mutex 3, which task 2 has`
    """

    task: int
    function: str
    file: str
    line: int
    waits_for: str
    reason: str = ""

    def __str__(self) -> str:
        place = f" at line {self.line}" if self.line else ""
        reason = f": {self.reason}" if self.reason else ""
        return f"task {self.task} ({self.function}) waits for {self.waits_for}{place}{reason}"


class ZynError(Exception):
    """The base of everything that `zyn.embed` raises on purpose."""


class CompileFailed(ZynError):
    """The source text has errors; `problems` are all findings, warnings too."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problem.rendered for problem in problems))


class CallError(ZynError):
    """A call that cannot be made: unknown name, wrong number, type or range of arguments."""


class PromiseFailed(ZynError):
    """The awaited task failed.  `code` is stable; `line` is None when no line is to blame."""

    def __init__(
        self, message: str, *, code: str = "", line: int | None = None, file: str = ""
    ) -> None:
        self.message = message
        self.code = code
        self.line = line
        self.file = file
        place = "" if line is None else f"{file}:{line}: " if file else f"line {line}: "
        super().__init__(place + message)


class PromiseCancelled(ZynError):
    """The awaited task was cancelled."""


class PromiseTimeout(ZynError, TimeoutError):
    """The time is up.  `line` is where the task was ended, None when it is still pending."""

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class Deadlocked(ZynError):
    """Every task waits and nothing can wake one; `tasks` says who waits for what."""

    def __init__(self, tasks: tuple[WaitingTask, ...]) -> None:
        self.tasks = tasks
        super().__init__("; ".join(["deadlock: nothing can run any more", *map(str, tasks)]))


class BusyError(ZynError):
    """A promise was polled, or its runtime closed, from inside one of its own polls."""


class RuntimeClosed(ZynError):
    """The runtime was closed."""


class ChannelClosed(ZynError):
    """The channel is closed: nothing can be sent, or nothing is left to receive."""


class SetEmpty(ZynError):
    """No task is left in the set."""


class NotAvailable(ZynError, NotImplementedError):
    """The document of the language describes it; this version of zyn does not have it yet."""
