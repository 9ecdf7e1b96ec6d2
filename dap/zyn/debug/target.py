"""One debuggee as the engine knows it: the connection, the program, and who is stopped.

References that were handed out carry a `Stamp`.  It is good as long as the task has not run since:
while everything stands still nothing runs but what we resume, so a count of resumes says it all;
else the number of polls does.
"""

import asyncio
import contextlib
from collections import deque
from itertools import islice

import msgspec

from zyn.debug.link import Hello, Link, RequestFailed
from zyn.debug.memory import Memory
from zyn.debug.model import DebugError, PollRecord, StopReason
from zyn.debug.polls import poll_record, table_of
from zyn.debug.program import Program
from zyn.debug.scopes import Scopes
from zyn.debug.stack import Stacks
from zyn.debug.wire import Activation, Kind, Status, StepMode, Task

STATES = (
    "pending", "runnable", "running", "parked", "held", "completed", "failed", "cancelled",
)  # fmt: skip
RUNNING, PARKED = 2, 3
TRACE_PAGE = 4096
TASKS_MAX = 1_000_000
POLLS_MAX = 65536  # as many as the debuggee keeps
ENDED = frozenset({5, 6, 7})
REASONS: dict[int, StopReason] = {
    1: "breakpoint", 2: "step", 3: "pause", 4: "entry", 5: "exception", 6: "deadlock",
}  # fmt: skip


class Stop(msgspec.Struct, frozen=True):
    """A task that is stopped, as the agent told it."""

    task: Task
    chain: tuple[Activation, ...]
    reason: StopReason
    mid_poll: bool


class Stamp(msgspec.Struct, frozen=True):
    """When a reference was made."""

    task: int
    run: int
    polls: int


class Polls:
    """The polls that are known, and the number behind the last of them; outlives its target."""

    def __init__(self) -> None:
        self.records: deque[PollRecord] = deque(maxlen=POLLS_MAX)
        self.end = 0

    def read(self, first: int, count: int) -> tuple[int, list[PollRecord]]:
        """Up to `count` polls from a number on; those that are lost are passed over."""
        oldest = self.end - len(self.records)
        begin = min(max(first, oldest), self.end)
        return begin, list(islice(self.records, begin - oldest, begin - oldest + count))


class Target:
    """See the module.  `generation` counts the times that something was let go."""

    def __init__(self, link: Link, hello: Hello) -> None:
        self.link = link
        self.hello = hello
        self.program = Program()
        self.memory = Memory(link, hello, self.program)
        self.stacks = Stacks(self.program, self.memory)
        self.scopes = Scopes(self.program, self.memory, self.stacks)
        self.stops: dict[int, Stop] = {}
        self.stepping: set[int] = set()  # tasks let go with a step that has not ended
        self.awaiters: dict[int, int] = {}  # who awaited a task when it was last looked for
        self.gate_closed = False
        self.non_stop = False
        self.has_debug_builds = False
        self._building = asyncio.Lock()  # who comes second waits for the first one's builds
        self.polls = Polls()
        self._run = 0
        self._runs: dict[int, int] = {}

    @property
    def stands_still(self) -> bool:
        """Whether nothing runs but what we let go.

        The gate keeps polls from beginning.  With one worker the one poll under way is that which
        stopped; with several, those of the others go on to their ends.
        """
        return self.gate_closed and self.program.about.workers <= 1

    # --- letting go -----------------------------------------------------------------------------

    def ran(self, task: int | None) -> None:
        """A task was let go, or with None anything may run: references to it die."""
        self.memory.forget()
        if task is None or not self.non_stop:
            self._run += 1
        if task is not None:
            self._runs[task] = self._runs.get(task, 0) + 1

    async def let_go(self, task: int, mode: StepMode, *, open_gate: bool) -> None:
        """Let a task go, or with 0 only open the gate."""
        before = self.stops.pop(task, None)
        if mode not in (StepMode.NONE, StepMode.KEEP):
            self.stepping.add(task)
        was_closed = self.gate_closed
        if open_gate:
            self.gate_closed = False
        self.ran(task or None)
        try:
            await self.link.resume(task, mode, open_gate=open_gate)
        except RequestFailed:
            if before is not None:
                self.stops[task] = before
            self.gate_closed = was_closed and not open_gate
            raise

    async def end_steps(self) -> None:
        """End the steps under way: their tasks go on as if they had been continued."""
        for task in self.stepping - set(self.stops):
            with contextlib.suppress(RequestFailed):
                await self.link.resume(task, StepMode.NONE, open_gate=False)
        self.stepping.clear()

    # --- references -----------------------------------------------------------------------------

    def stamp(self, task: Task) -> Stamp:
        """A stamp of now."""
        return Stamp(task.id, self._run + self._runs.get(task.id, 0), task.polls)

    async def check(self, stamp: Stamp) -> None:
        """Raise when the task has run since."""
        if stamp.run != self._run + self._runs.get(stamp.task, 0):
            raise DebugError("this is of an earlier stop: the task has run since", stale=True)
        if self.stands_still or stamp.task in self.stops:
            return
        self.memory.forget()
        task = await self.task(stamp.task)
        if task.polls != stamp.polls or task.state == RUNNING:
            raise DebugError("the task has run since", stale=True)

    # --- looking --------------------------------------------------------------------------------

    async def task(self, task: int) -> Task:
        """A task as it is now."""
        return (await self.task_and_chain(task))[0]

    async def task_and_chain(self, task: int) -> tuple[Task, tuple[Activation, ...]]:
        """A task and its activations; from the last stop when it has not run since."""
        stop = self.stops.get(task)
        if stop is not None and stop.mid_poll:
            return stop.task, stop.chain
        if not self.stands_still:
            self.memory.forget()
        try:
            return await self.link.chain(task)
        except RequestFailed as error:
            if error.status == Status.NOT_FOUND:
                raise DebugError(f"there is no task {task}") from None
            raise

    async def now_ns(self) -> int:
        """The runtime's clock."""
        return (await self.link.state())[0]

    async def ensure_debug_builds(self) -> None:
        """Have every function compiled in its debug build and switched in.

        One request compiles all: a breakpoint needs the callers of its function as well, since
        the fast build may have inlined it, and a step needs whatever is called next.
        """
        async with self._building:
            if self.has_debug_builds:
                return
            await self.link.host({"do": "debug"})
            self.has_debug_builds = True
        for function in self.program.functions.values():
            function.has_debug_build = True

    async def read_trace(self) -> None:
        """Take over the polls that were recorded since the last time."""
        while True:
            end, records = await self.link.trace(self.polls.end, TRACE_PAGE)
            if end - len(records) > self.polls.end:
                self.polls.records.clear()  # the debuggee lost some: what is known has no gap
            self.polls.end = end
            for record in records:
                function = self.program.function(table_of(record))
                name = function.name if function else ""
                self.polls.records.append(poll_record(record, name))
            if len(records) < TRACE_PAGE:
                return

    async def publish_all(self) -> None:
        """Have everything published told."""
        await self.link.ask(Kind.METADATA)
