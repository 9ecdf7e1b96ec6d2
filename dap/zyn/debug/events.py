"""From what the agent tells to what a client is told, one thing after the other.

Rule 1.  events are handled in the order in which they came, each to its end before the next, so
         that a client never hears of a stop before what led to it.
Rule 2.  a stop that no client is to hear of (a condition that does not hold, a log message) ends
         with the task being let go the way it was going.
Rule 3.  a stop that is told ends the steps of all other tasks: nobody waits for them any more.
"""

import asyncio
import logging
import struct
from collections.abc import Callable

import msgspec

from zyn.debug import tasks
from zyn.debug.breakpoints import Breakpoints, Point
from zyn.debug.expression import Expression
from zyn.debug.inspection import Inspection
from zyn.debug.link import LinkLost
from zyn.debug.model import (
    DebugError,
    DebugEvent,
    Output,
    Stopped,
    StopReason,
    TaskChanged,
    TaskView,
)
from zyn.debug.stack import Level
from zyn.debug.target import REASONS, STATES, Stop, Target
from zyn.debug.values import show
from zyn.debug.wire import Activation, Kind, Metadata, Reader, StepMode, Task, WireError

logger = logging.getLogger("zyn.debug.events")

MANY_SHOWN_MAX = 200
NAMES_MAX = 10_000
_U64 = struct.Struct("<Q")


class Host(msgspec.Struct, frozen=True):
    """What the host of the program tells."""

    event: str
    message: str = ""
    value: str | None = None
    error: tuple[str, str, int | None] | None = None
    leaked: int = 0
    deadlock: bool = False
    usage: bool = False


class Events:
    """Handles the events of one target."""

    def __init__(
        self,
        target: Target,
        breakpoints: Breakpoints,
        emit: Callable[[DebugEvent], None],
        on_host: Callable[[Host], None],
    ) -> None:
        self.target = target
        self.breakpoints = breakpoints
        self.inspection = Inspection(target)
        self.on_first_stop: Callable[[], None] | None = None
        self.first_stop: StopReason | None = None  # why the next stop, wherever it is, is wanted
        self.on_loaded: Callable[[], None] | None = None  # a function came, after the first load
        self.deadlock_stops = False
        self._names: dict[int, str] = {}  # of tasks, for when one is gone
        self._emit = emit
        self._on_host = on_host
        self._queue: asyncio.Queue[tuple[Kind, bytes] | DebugEvent | None] = asyncio.Queue()
        self._pump = asyncio.ensure_future(self._run())

    def put(self, kind: Kind, payload: bytes) -> None:
        """Something the agent told; metadata is taken in at once."""
        if kind == Kind.PUBLISHED:
            self._published(payload)
            return
        self._queue.put_nowait((kind, payload))

    def say(self, event: DebugEvent) -> None:
        """Something of our own, in its place among the others."""
        self._queue.put_nowait(event)

    async def drained(self) -> None:
        """Wait until everything so far was handled, and handle no more."""
        self._queue.put_nowait(None)
        await self._pump

    def stop(self) -> None:
        """Handle nothing more."""
        self._pump.cancel()

    async def _run(self) -> None:
        while (one := await self._queue.get()) is not None:
            if not isinstance(one, tuple):
                self._emit(one)
                continue
            try:
                await self._handle(*one)
            except (LinkLost, WireError) as error:
                logger.debug("%s: %s", one[0].name, error)
            except DebugError as error:
                self._emit(Output(category="console", text=f"{error}\n"))

    async def _handle(self, kind: Kind, payload: bytes) -> None:
        reader = Reader(payload)
        match kind:
            case Kind.STOPPED:
                id_, reason, mid_poll = *reader.take(_U64), reader.u32(), reader.u32()
                await self._stopped(id_, reason, mid_poll != 0, reader.task(), reader.chain())
            case Kind.CHANGED:
                id_, state, known = *reader.take(_U64), reader.u32(), reader.u32()
                await self._changed(id_, state, reader.task() if known else None)
            case Kind.DEADLOCK:
                await self._deadlock()
            case Kind.MANY_CHANGED:
                found, _ = await tasks.page(self.target, tasks.Wanted(), 0, MANY_SHOWN_MAX)
                for one in found:
                    self._emit(TaskChanged(one))
            case Kind.TOLD:
                self._told(payload)

    def _told(self, payload: bytes) -> None:
        try:
            self._on_host(msgspec.json.decode(payload, type=Host))
        except msgspec.DecodeError as error:
            logger.warning("the host told something odd: %s", error)

    def _published(self, payload: bytes) -> None:
        reader = Reader(payload)
        try:
            kind = reader.u32()
            self.target.program.publish(kind, reader.block(), reader.rest())
        except (WireError, msgspec.DecodeError) as error:
            logger.warning("the debuggee published something odd: %s", error)
            return
        if kind == Metadata.SIDE_TABLE and self.on_loaded is not None:
            self.on_loaded()

    # --- stops ----------------------------------------------------------------------------------

    async def _stopped(
        self, id_: int, code: int, mid_poll: bool, task: Task, chain: tuple[Activation, ...]
    ) -> None:
        target = self.target
        reason = REASONS.get(code, "pause")
        if task.stop == 0:
            return  # it was let go before we heard of it
        target.memory.forget()
        target.memory.seed(task.machine, task.frame)
        target.stops[id_] = Stop(task, chain, reason, mid_poll)
        if not target.non_stop:
            target.gate_closed = True
        points: list[Point] = []
        if chain and reason in ("breakpoint", "step", "entry"):
            points = await self._hits(chain[0], task)
        reports = [point for point in points if not point.log]
        wanted, unwanted = self.first_stop, reason == "breakpoint" and not reports
        if unwanted and wanted is None:
            await target.let_go(id_, StepMode.KEEP, open_gate=not target.non_stop)  # Rule 2
            return
        target.stepping.discard(id_)
        if not target.non_stop:
            await target.end_steps()  # Rule 3
        if wanted is not None and self.on_first_stop is not None:
            self.on_first_stop()
        shown: StopReason = "breakpoint" if reports and reason != "entry" else reason
        if reason == "entry" or unwanted:
            shown = wanted or "entry"
        self._emit(
            Stopped(
                task=id_,
                reason=shown,
                all_stopped=not target.non_stop,
                breakpoints=tuple(point.id for point in reports),
                text=task.error or None if reason == "exception" else None,
            )
        )

    async def _hits(self, top: Activation, task: Task) -> list[Point]:
        """The breakpoints here whose conditions hold; those that log have logged."""
        function = self.target.program.function(top.side_table)
        if function is None:
            return []
        level = Level(task.id, function, top.machine, None, top, "running")
        hits: list[Point] = []
        for point in self.breakpoints.at((top.side_table, top.probe)):
            if await self._holds(point, level) and point.hit():
                hits.append(point)
                if point.log:
                    await self._log(point, level)
        return hits

    async def _holds(self, point: Point, level: Level) -> bool:
        if point.condition is None:
            return True
        try:
            return bool(await self.inspection.value_at(point.condition, level))
        except LinkLost:
            raise
        except DebugError as error:
            text = f"the condition `{point.condition.text}` failed: {error}\n"
            self._emit(Output(category="console", text=text))
            return True

    async def _log(self, point: Point, level: Level) -> None:
        parts: list[str] = []
        for part in point.log:
            if isinstance(part, Expression):
                try:
                    value = await self.inspection.value_at(part, level)
                    parts.append(value if isinstance(value, str) else show(value, part.type))
                except DebugError as error:
                    parts.append(f"<{error}>")
            else:
                parts.append(part)
        table = level.function.table
        self._emit(
            Output(
                category="console", text="".join(parts) + "\n", file=table.file or None,
                line=level.at_line + 1,
            )
        )  # fmt: skip

    # --- the rest -------------------------------------------------------------------------------

    async def _changed(self, id_: int, state: int, task: Task | None) -> None:
        self.target.memory.forget()
        if task is not None:
            self.target.memory.seed(task.machine, task.frame)
            view = await tasks.view(self.target, task)
        else:
            shown = STATES[state] if state < len(STATES) else "completed"
            view = _gone(id_, self._names.get(id_, ""), shown)
        if len(self._names) >= NAMES_MAX:
            self._names.clear()
        self._names[id_] = view.name
        self._emit(TaskChanged(view))

    async def _deadlock(self) -> None:
        found = await tasks.deadlocked(self.target)
        if not self.deadlock_stops or not found:
            return
        if not self.target.non_stop:
            self.target.gate_closed = True
        lines = [f"{t.name} (task {t.id}) waits for {t.waits_for} at line {t.line}" for t in found]
        self._emit(
            Stopped(
                task=found[0].id, reason="deadlock", all_stopped=not self.target.non_stop,
                text="; ".join(lines),
            )
        )  # fmt: skip


def _gone(id_: int, name: str, state: str) -> TaskView:
    """A task that ended and is forgotten."""
    return TaskView(
        id=id_, name=name, function=name, stopped=None, held=False, parent=None,
        state=state,  # type: ignore[arg-type]
        file=None, line=None, await_state=None, waits_for=None, polls=0, wakes=0,
        parked_since_ns=None, woken_by=None, spawned_at=None, error=None,
    )  # fmt: skip
