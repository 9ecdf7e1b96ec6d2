"""The plain values that a debugging session deals in, in a debugger's words and no protocol's.

Lines and columns are 1-based; columns count bytes, which a protocol skin turns into its own units.
Absent facts are None, never a made-up value.
"""

from typing import Literal

import msgspec

from zyn.base.span import Span
from zyn.runtime.cores import cores

StopReason = Literal["breakpoint", "step", "pause", "entry", "exception", "deadlock"]
StepKind = Literal["into", "over", "out", "await", "poll"]
ClockKind = Literal["virtual", "real"]


class LaunchConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What to run and how.  `call` is `NAME(ARGS)` in the program's language; None: `main()`."""

    program: str
    call: str | None = None
    args: tuple[str, ...] = ()
    stop_on_entry: bool = False
    language: str | None = None
    clock: ClockKind = "virtual"
    seed: int = 0
    workers: int = 1  # threads that run the tasks; more than one means a real clock and no seed
    non_stop: bool = False  # a stop of one task leaves the others running
    env: dict[str, str] = {}


def workers_of(wanted: int) -> int:
    """How many threads run the tasks; 0 asks for one for each core."""
    return wanted or cores()


class SourceBreakpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A breakpoint as a client asks for it."""

    line: int
    column: int | None = None
    condition: str | None = None
    hit_condition: str | None = None  # `5`, `>= 5`, `% 5`
    log_message: str | None = None  # text with {expression} parts


class Breakpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A breakpoint as it is: moved to the next statement, or unverified with the reason."""

    id: int
    verified: bool
    line: int | None = None
    column: int | None = None
    message: str | None = None


class TaskView(msgspec.Struct, frozen=True, kw_only=True):
    """A task as a list shows it.  `line` is where it runs or waits; times are runtime-clock ns."""

    id: int
    name: str  # function and arguments known, e.g. `worker`
    state: Literal[
        "pending", "runnable", "running", "parked", "held", "completed", "failed", "cancelled"
    ]
    stopped: StopReason | None
    held: bool
    parent: int | None
    function: str
    file: str | None
    line: int | None
    await_state: int | None  # suspension point of the innermost frame that waits
    waits_for: str | None  # `timer, 10 ms left`, `task 3`, `nothing`
    polls: int
    wakes: int
    parked_since_ns: int | None
    woken_by: int | None
    spawned_at: int | None  # line
    error: str | None
    cancelling: bool = False  # a cancel was asked for, and it has not ended yet
    children: int | None = None  # tasks that it spawned and that are still known; None: not counted


class WorkerView(msgspec.Struct, frozen=True, kw_only=True):
    """Counters of one worker since the beginning; `queued` is how many tasks are runnable now.

    steals  fresh tasks taken from other workers
    given   tasks handed to other workers
    parks   times it found nothing to do and went to sleep
    """

    name: str  # `worker 1`, or `host` for the thread of the host beside several workers
    polls: int
    steals: int
    given: int
    parks: int
    wakes: int
    queued: int


class RuntimeView(msgspec.Struct, frozen=True, kw_only=True):
    """The runtime as a whole.  Times are ns of its clock."""

    clock: str  # `virtual` or `real`
    now_ns: int
    timers: int  # that are set
    live_objects: int
    live_bytes: int
    workers: tuple[WorkerView, ...]


class AwaitGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Tasks that are parked at one await.

    tasks            the first few, by id
    oldest_since_ns  when the one that waits longest began to, in ns of the runtime's clock
    """

    function: str
    file: str | None
    line: int | None
    count: int
    tasks: tuple[int, ...]
    oldest_since_ns: int


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """One frame of a logical stack, innermost first.

    kind      running (executing a statement), awaiting (suspended or polling a child), awaiter (of
              another task that awaits this one), spawn (a label: where the task was made)
    reference opaque to the skin; valid until the task runs again
    """

    reference: object
    function: str
    file: str | None
    line: int | None
    column: int | None
    end_line: int | None
    end_column: int | None
    kind: Literal["running", "awaiting", "awaiter", "spawn"]
    state: int | None  # the state word, of an async function
    build: Literal["fast", "debug"]


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """A value with a name.

    `children` is opaque and None for a plain value.  `absent` says why there is no value (dead
    since line N, not yet initialised, its bytes now hold `b`); `value` repeats it in brackets.
    """

    name: str
    value: str
    type: str
    children: object | None = None
    named: int = 0
    indexed: int = 0
    address: int | None = None
    size: int | None = None
    writable: bool = False
    absent: str | None = None
    evaluate_name: str | None = None
    raw: str | None = None  # bytes in hex, for fields of a state machine
    offset: int | None = None  # in the frame


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """`Locals`, `State machine`, `Task` or `Runtime`; `variables` is opaque like `children`."""

    name: str
    kind: Literal["locals", "state_machine", "task", "runtime"]
    variables: object
    count: int
    expensive: bool = False


class DeadlockedTask(msgspec.Struct, frozen=True, kw_only=True):
    """A task that can never run again: where it waits and for what."""

    id: int
    name: str
    function: str
    file: str | None
    line: int | None
    waits_for: str


class ExitInfo(msgspec.Struct, frozen=True, kw_only=True):
    """How the debuggee ended.

    value      rendered value of the call, when it returned
    error      code, message and line of the failure, when it failed
    signal     name, when the process was killed by one
    abrupt     the process ended without having said how the call did
    last_lines the last lines of its standard error, when it ended by a signal or abruptly
    leaked     objects alive at the end, 0 when clean
    """

    code: int | None = None
    value: str | None = None
    error: tuple[str, str, int | None] | None = None
    signal: str | None = None
    leaked: int = 0
    deadlock: tuple[DeadlockedTask, ...] = ()
    abrupt: bool = False
    last_lines: tuple[str, ...] = ()


class Wake(msgspec.Struct, frozen=True, kw_only=True):
    """What made a task runnable, and when, in ns of the runtime's clock.

    Between two polls a task may be woken several times; this is the first, which led to the poll.
    """

    at_ns: int
    by: Literal["task", "timer", "outside"]  # outside: IO, the host, a debugger
    task: int | None = None  # the one that did it; its own id when it yielded


class PollRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One poll of one task, for a trace: begin in ns of the runtime's clock, length in real ns."""

    task: int
    function: str
    begin_ns: int
    length_ns: int
    state_before: int
    state_after: int
    wake: Wake | None = None  # None: nobody had to wake it, as for its first poll


class Stopped(msgspec.Struct, frozen=True, tag=True):
    """A task stopped; with `all_stopped` nothing else runs until something is resumed."""

    task: int
    reason: StopReason
    all_stopped: bool
    breakpoints: tuple[int, ...] = ()
    text: str | None = None  # message of a failure, names of a deadlock


class Continued(msgspec.Struct, frozen=True, tag=True):
    """A task, or with `all_tasks` every task, runs again."""

    task: int
    all_tasks: bool


class TaskChanged(msgspec.Struct, frozen=True, tag=True):
    """A task was made, changed its state or ended."""

    task: TaskView


class Output(msgspec.Struct, frozen=True, tag=True):
    """Text for the user."""

    category: Literal["stdout", "stderr", "console"]
    text: str
    file: str | None = None
    line: int | None = None


class BreakpointChanged(msgspec.Struct, frozen=True, tag=True):
    """A breakpoint was verified, moved or lost after it was set."""

    breakpoint: Breakpoint


class Exited(msgspec.Struct, frozen=True, tag=True):
    """The debuggee is gone."""

    info: ExitInfo


DebugEvent = Stopped | Continued | TaskChanged | Output | BreakpointChanged | Exited


class DebugError(Exception):
    """A request cannot be done; the text is for the user.

    `stale` is true when a reference outlived its stop, `usage` when a launch asks for a call that
    the program does not have.
    """

    def __init__(self, message: str, *, stale: bool = False, usage: bool = False) -> None:
        super().__init__(message)
        self.stale = stale
        self.usage = usage


__all__ = [
    "AwaitGroup",
    "Breakpoint",
    "BreakpointChanged",
    "Continued",
    "DeadlockedTask",
    "DebugError",
    "DebugEvent",
    "ExitInfo",
    "Exited",
    "Frame",
    "LaunchConfig",
    "Output",
    "PollRecord",
    "RuntimeView",
    "Scope",
    "SourceBreakpoint",
    "Span",
    "Stopped",
    "TaskChanged",
    "TaskView",
    "Variable",
    "Wake",
    "WorkerView",
]  # fmt: skip
