"""The one debugging engine under DAP, the headless command line and the Python API.

`Engine` is the contract between the engine and its skins.  All methods run on one asyncio loop;
events are delivered by calling `on_event` on that loop, in the order in which they happened, never
from inside a method of the same engine.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from zyn.debug.model import (
    AwaitGroup,
    Breakpoint,
    DebugEvent,
    Frame,
    LaunchConfig,
    PollRecord,
    RuntimeView,
    Scope,
    SourceBreakpoint,
    StepKind,
    TaskView,
    Variable,
)


class Engine(Protocol):
    """A session with one debuggee.  Methods raise `DebugError` with a message for the user."""

    on_event: Callable[[DebugEvent], None]

    async def launch(self, config: LaunchConfig) -> None:
        """Start the debuggee and load the program; it runs after `configuration_done`."""

    async def attach(self, host: str, port: int, token: str | None = None) -> None:
        """Connect to a process that called `zyn.embed.listen`.

        Without a `token` the one that a process of the same user left is shown.
        """

    async def configuration_done(self) -> None:
        """Let the program start."""

    async def set_breakpoints(
        self, file: str, breakpoints: Sequence[SourceBreakpoint]
    ) -> list[Breakpoint]:
        """Replace the breakpoints of a file; in the same order, verified or with a reason."""

    async def set_function_breakpoints(
        self, functions: Sequence[tuple[str, str | None, str | None]]
    ) -> list[Breakpoint]:
        """Replace the function breakpoints: (name, condition, hit condition)."""

    async def set_exception_filters(self, filters: Sequence[str]) -> None:
        """`failure`: a task fails; `deadlock`: nothing can run any more."""

    async def breakpoint_lines(self, file: str, first: int, last: int) -> list[tuple[int, int]]:
        """(line, column) of every statement between two lines, both included."""

    async def tasks(
        self,
        *,
        states: Sequence[str] | None = None,
        text: str | None = None,
        parent: int | None = None,
        awaits: tuple[str, int | None] | None = None,
        start: int = 0,
        count: int | None = None,
    ) -> tuple[list[TaskView], int]:
        """A page of the tasks, most interesting first, and how many match in all.

        `parent` leaves those that this task spawned, 0 those whose parent is not known (any more);
        `awaits`, (function, line), those that are parked there, as `tasks_by_await` has them.
        """

    async def tasks_by_await(self) -> list[AwaitGroup]:
        """The parked tasks by where they wait, largest group first."""

    async def runtime(self) -> RuntimeView:
        """The counters of the runtime and its workers; nothing stops for it."""

    async def clock_ns(self) -> int:
        """The time of the runtime's clock."""

    async def stack(self, task: int) -> list[Frame]:
        """The logical stack of a running-and-stopped, parked or ended task, innermost first."""

    async def scopes(self, frame: object) -> list[Scope]:
        """The scopes of a frame, by its `reference`."""

    async def variables(
        self, reference: object, start: int = 0, count: int | None = None
    ) -> list[Variable]:
        """What is inside a scope or a value, a page of it."""

    async def set_variable(self, reference: object, name: str, text: str) -> Variable:
        """Give a variable the value of an expression of the program's language."""

    async def evaluate(self, text: str, frame: object | None, context: str) -> Variable:
        """The value of an expression; calls are refused, since looking never runs user code."""

    async def read_memory(self, address: int, count: int) -> bytes:
        """Bytes of the debuggee; fewer than asked where memory ends."""

    async def write_memory(self, address: int, data: bytes) -> int:
        """Change bytes of the debuggee; gives how many were written."""

    async def resume(self, task: int | None, *, only: bool = False) -> None:
        """Let a stopped task go; None, or `only` false, lets every stopped task go."""

    async def pause(self, task: int | None) -> None:
        """Stop a task wherever it is; None stops all.

        Where there is no task, as before the program starts, the next one stops as it begins.
        """

    async def step(self, task: int, kind: StepKind, *, others: bool = False) -> None:
        """Let a stopped task go as far as `kind` says, following it through suspensions.

        `others`: let the other stopped tasks go on too.  They stay where they are without it.
        """

    async def hold(self, task: int) -> None:
        """Keep a task from being polled while the others run on."""

    async def release(self, task: int) -> None:
        """Undo `hold`."""

    async def wake(self, task: int) -> None:
        """Make a parked task runnable, as if what it waits for had happened."""

    async def cancel(self, task: int) -> None:
        """Cancel a task; its clean-up runs at its next poll."""

    async def poll_trace(self) -> list[PollRecord]:
        """Every poll so far, within a bounded history, oldest first."""

    async def polls_from(self, first: int, count: int) -> tuple[int, list[PollRecord]]:
        """Up to `count` polls from number `first` on, and the number of the first one given.

        Polls are counted from 0 where recording began, which for a launched program is its first
        one and for an attached one that of the first question.  Those that the history has lost
        are passed over.
        """

    async def terminate(self) -> None:
        """End the debuggee: first by interrupt, then by kill."""

    async def restart(self) -> None:
        """Launch the same configuration again, with the same breakpoints."""

    async def disconnect(self, *, terminate: bool) -> None:
        """End the session; an attached process goes on with every stop and hold undone."""
