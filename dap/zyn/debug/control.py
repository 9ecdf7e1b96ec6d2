"""What is asked of a target that is there: looking at it, letting it go, stopping it."""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Sequence

from zyn.debug import tasks
from zyn.debug.events import Events
from zyn.debug.inspection import Inspection
from zyn.debug.link import LinkLost
from zyn.debug.model import (
    AwaitGroup,
    Continued,
    DebugError,
    DebugEvent,
    Frame,
    PollRecord,
    RuntimeView,
    Scope,
    StepKind,
    TaskView,
    Variable,
)
from zyn.debug.target import PARKED, POLLS_MAX, RUNNING, TASKS_MAX, Polls, Target
from zyn.debug.wire import Kind, StepMode

_MODES: dict[StepKind, StepMode] = {
    "into": StepMode.INTO,
    "over": StepMode.OVER,
    "out": StepMode.OUT,
    "await": StepMode.AWAIT,
    "poll": StepMode.POLL,
}


class Control(ABC):
    """The part of a session that needs no memory of its own; see `Engine` for each method."""

    def __init__(self) -> None:
        self._target: Target | None = None
        self._events: Events | None = None
        self._polls = Polls()

    def _need(self) -> Target:
        if self._target is None:
            raise DebugError("no program is being debugged")
        return self._target

    def _inspection(self) -> Inspection:
        self._need()
        assert self._events is not None
        return self._events.inspection

    # --- looking --------------------------------------------------------------------------------

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
        """See `Engine`."""
        wanted = tasks.Wanted(states=states, text=text, parent=parent, awaits=awaits)
        return await tasks.page(self._need(), wanted, start, count)

    async def tasks_by_await(self) -> list[AwaitGroup]:
        """See `Engine`."""
        return await tasks.by_await(self._need())

    async def runtime(self) -> RuntimeView:
        """See `Engine`."""
        return await tasks.runtime(self._need())

    async def clock_ns(self) -> int:
        """See `Engine`."""
        return await self._need().now_ns()

    async def stack(self, task: int) -> list[Frame]:
        """See `Engine`."""
        return await self._inspection().stack(task)

    async def scopes(self, frame: object) -> list[Scope]:
        """See `Engine`."""
        return await self._inspection().scopes(frame)

    async def variables(
        self, reference: object, start: int = 0, count: int | None = None
    ) -> list[Variable]:
        """See `Engine`."""
        return await self._inspection().variables(reference, start, count)

    async def set_variable(self, reference: object, name: str, text: str) -> Variable:
        """See `Engine`."""
        return await self._inspection().set_variable(reference, name, text)

    async def evaluate(self, text: str, frame: object | None, context: str) -> Variable:
        """See `Engine`."""
        return await self._inspection().evaluate(text, frame)

    async def read_memory(self, address: int, count: int) -> bytes:
        """See `Engine`."""
        if not 0 <= count <= 4 << 20 or not 0 <= address < 1 << 64:
            raise DebugError("at most 4 MiB of memory can be read at once")
        return (await self._need().link.read([(address, count)]))[0]

    async def write_memory(self, address: int, data: bytes) -> int:
        """See `Engine`."""
        if len(data) > 1 << 20 or not 0 <= address < 1 << 64:
            raise DebugError("at most 1 MiB of memory can be written at once")
        return await self._need().memory.write(address, data)

    async def poll_trace(self) -> list[PollRecord]:
        """See `Engine`."""
        return (await self.polls_from(0, POLLS_MAX))[1]

    async def polls_from(self, first: int, count: int) -> tuple[int, list[PollRecord]]:
        """See `Engine`."""
        if self._target is not None:
            with contextlib.suppress(LinkLost):
                await self._target.read_trace()
        return self._polls.read(first, count)

    # --- letting go and stopping ----------------------------------------------------------------

    async def resume(self, task: int | None, *, only: bool = False) -> None:
        """See `Engine`."""
        target = self._need()
        if task is not None and only:
            await self._known_stop(task)
            await target.let_go(task, StepMode.NONE, open_gate=True)
            self._say(Continued(task=task, all_tasks=False))
            return
        going = list(target.stops)
        if task is not None and task in going:
            going.remove(task)
            going.insert(0, task)
        # The gate opens with the last of those inside a poll: until then nothing else may run.
        inside = [one for one in going if target.stops[one].mid_poll]
        for one in going:
            await target.let_go(one, StepMode.NONE, open_gate=one == (inside or going)[-1])
        if not going:
            await target.let_go(0, StepMode.NONE, open_gate=True)
        self._say(Continued(task=task or (going[0] if going else 0), all_tasks=True))

    async def _known_stop(self, task: int) -> None:
        target = self._need()
        if task not in target.stops and not target.gate_closed:
            await target.task(task)
            raise DebugError(f"task {task} is not stopped")

    def _say(self, event: DebugEvent) -> None:
        if self._events is not None:
            self._events.say(event)

    async def pause(self, task: int | None) -> None:
        """See `Engine`."""
        target = self._need()
        if task is not None:
            await self._pause_one(task)
            return
        found = await target.link.all_tasks(TASKS_MAX)
        free = [one for one in found if one.id not in target.stops and one.state <= PARKED]
        running = [one for one in free if one.state == RUNNING]
        if target.non_stop:
            for one in free:
                await self._pause_one(one.id)
            return
        if free:
            await self._pause_one((running or free)[0].id)
        elif not target.stops:
            await self._stop_next_task()

    @abstractmethod
    async def _stop_next_task(self) -> None:
        """There is no task to pause: stop the next one at its first statement."""

    async def _pause_one(self, task: int) -> None:
        target = self._need()
        if task in target.stops:
            return
        await target.task(task)
        await target.ensure_debug_builds()
        await target.link.about(Kind.PAUSE, task)

    async def step(self, task: int, kind: StepKind, *, others: bool = False) -> None:
        """See `Engine`."""
        target = self._need()
        if kind != "poll" and task not in target.stops:
            await target.task(task)
            raise DebugError(f"task {task} is not stopped; only a poll can be stepped")
        await target.ensure_debug_builds()
        rest = [one for one in target.stops if others and one != task]
        await target.let_go(task, _MODES[kind], open_gate=not rest and not target.non_stop)
        for one in rest:
            await target.let_go(one, StepMode.NONE, open_gate=one == rest[-1])
        everyone = not target.non_stop and not target.stops
        self._say(Continued(task=task, all_tasks=everyone))

    async def hold(self, task: int) -> None:
        """See `Engine`."""
        await self._need().link.hold(task, True)
        self._need().memory.forget()

    async def release(self, task: int) -> None:
        """See `Engine`."""
        await self._need().link.hold(task, False)
        self._need().memory.forget()

    async def wake(self, task: int) -> None:
        """See `Engine`."""
        await self._need().link.about(Kind.WAKE, task)
        self._need().memory.forget()

    async def cancel(self, task: int) -> None:
        """See `Engine`."""
        await self._need().link.about(Kind.CANCEL, task)
        self._need().memory.forget()
