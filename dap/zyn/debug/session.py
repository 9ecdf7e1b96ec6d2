"""A debugging session: the engine that the protocol skins drive.

One session has at most one debuggee at a time (`Target`), started by us or attached to.  All-stop
is built from the runtime's per-task stops: every stop closes the gate, so that nothing else starts
a poll and the virtual clock stands still; letting something go opens it.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import msgspec

from zyn.debug import breakpoints as points
from zyn.debug import door, process, tasks
from zyn.debug.breakpoints import Breakpoints, Site
from zyn.debug.control import Control
from zyn.debug.events import Events, Host
from zyn.debug.link import Hello, Link, LinkLost
from zyn.debug.model import (
    Breakpoint,
    BreakpointChanged,
    DeadlockedTask,
    DebugError,
    DebugEvent,
    Exited,
    ExitInfo,
    LaunchConfig,
    Output,
    SourceBreakpoint,
    StopReason,
)
from zyn.debug.process import Death, Debuggee
from zyn.debug.program import Program
from zyn.debug.target import Target
from zyn.debug.wire import Kind, StepMode

INTERRUPT_TIMEOUT_S = 1.0
LOAD_TIMEOUT_S = 120.0
FILTER_FAILURE, FILTER_DEADLOCK, FILTER_ENTRY = 1, 2, 4


def _ignore(event: DebugEvent) -> None:
    """Nobody listens yet."""


class Session(Control):
    """Implements `zyn.debug.engine.Engine`."""

    def __init__(self) -> None:
        super().__init__()
        self.on_event: Callable[[DebugEvent], None] = _ignore
        self._config: LaunchConfig | None = None
        self._debuggee: Debuggee | None = None
        self._breakpoints = Breakpoints(Program())
        self._armed: set[Site] = set()
        self._filters: frozenset[str] = frozenset()
        self._first_stop: StopReason | None = None  # a stop that is wanted wherever it comes
        self._started = False
        self._launching = False
        self._told_end = False  # the debuggee said how the call ended
        self._loaded: asyncio.Future[None] | None = None
        self._settling = False
        self._exit = ExitInfo()
        self._over = asyncio.Event()
        self._ending = False
        self._quiet = False
        self._only_output = False  # of a launch that failed
        self._background: set[asyncio.Task[None]] = set()

    # --- beginning ------------------------------------------------------------------------------

    async def launch(self, config: LaunchConfig) -> None:
        """See `Engine`."""
        if self._target is not None:
            raise DebugError("this session has a debuggee already")
        self._config = config
        self._begin()
        loop = asyncio.get_running_loop()
        self._loaded = loop.create_future()
        self._launching = True
        try:
            await self._start(config, self._loaded)
        except LinkLost as error:
            death = await self._abandon()
            raise DebugError(death.while_starting() if death else str(error)) from None
        except BaseException:
            await self._abandon()
            raise
        finally:
            self._launching = False

    async def _start(self, config: LaunchConfig, loaded: asyncio.Future[None]) -> None:
        debuggee, link = await process.start(config, self._make_link, self._output)
        self._debuggee = debuggee
        self._keep(self._watch(debuggee))
        await self._connected(link)
        try:
            async with asyncio.timeout(LOAD_TIMEOUT_S):
                await loaded
        except TimeoutError:
            raise DebugError("loading the program takes too long") from None
        self._first_stop = "entry" if config.stop_on_entry else None
        await self._need().read_trace()  # which begins to record
        await self._apply()
        if debuggee.death is not None:
            raise DebugError(debuggee.death.while_starting())

    async def attach(self, host: str, port: int, token: str | None = None) -> None:
        """See `Engine`."""
        if self._target is not None:
            raise DebugError("this session has a debuggee already")
        self._begin()
        loop = asyncio.get_running_loop()
        try:
            _, link = await loop.create_connection(self._make_link, host, port)
        except OSError as error:
            raise DebugError(
                f"nothing answers at {host}:{port}: {error.strerror or error}"
            ) from None
        try:
            await self._connected(link, door.find(host, port) if token is None else token)
        except LinkLost:
            await self._abandon()
            raise DebugError(f"{host}:{port} is no program that listens for a debugger") from None
        except BaseException:
            await self._abandon()
            raise
        self._started = True
        await self._apply()

    def _begin(self) -> None:
        self._exit = ExitInfo()
        self._over = asyncio.Event()
        self._ending = False
        self._started = False
        self._told_end = False
        self._only_output = False
        self._first_stop = None
        self._armed = set()
        self._breakpoints.forget_hits()

    def _make_link(self) -> Link:
        """A link with a target behind it, so that not even its first event is lost."""

        def on_event(kind: Kind, payload: bytes) -> None:
            if self._events is not None:
                self._events.put(kind, payload)

        link = Link(on_event, self._lost, self._why_lost)
        target = Target(link, Hello(0, launched=False))
        self._polls = target.polls
        self._target = target
        self._breakpoints.program = target.program
        self._events = Events(target, self._breakpoints, self._emit, self._on_host)
        self._events.on_first_stop = self._stopped_first
        return link

    async def _connected(self, link: Link, token: str = "") -> None:
        target = self._need()
        target.hello = target.memory.places = await link.hello(token.encode())
        await target.publish_all()
        target.non_stop = self._config is not None and self._config.non_stop
        await link.switch(Kind.STOP_ALL, not target.non_stop)

    async def _apply(self) -> None:
        """The program is loaded: set in it what was asked for before."""
        assert self._events is not None
        await self._settle()
        await self._send_filters()
        self._events.on_loaded = self._loaded_more

    async def _settle(self) -> None:
        changed = self._breakpoints.settle_again()
        await self._arm()
        for point in changed:
            self._say(BreakpointChanged(point.shown))

    def _loaded_more(self) -> None:
        """An attached program loaded another module: its functions come one by one."""
        target = self._need()
        stale, target.has_debug_builds = target.has_debug_builds, False
        if not self._settling:
            self._settling = True
            self._keep(self._settle_more(target, stale))

    async def _settle_more(self, target: Target, had_debug_builds: bool) -> None:
        self._settling = False
        with contextlib.suppress(DebugError):
            if had_debug_builds:
                await target.ensure_debug_builds()
            await self._settle()

    async def configuration_done(self) -> None:
        """See `Engine`."""
        target = self._need()
        if self._started:
            return
        self._started = True
        if self._first_stop is not None or self._wants_failures():
            await target.ensure_debug_builds()
        await target.link.host({"do": "start"})

    # --- the end --------------------------------------------------------------------------------

    def _emit(self, event: DebugEvent) -> None:
        if not self._quiet and (isinstance(event, Output) or not self._only_output):
            self.on_event(event)

    def _output(self, category: str, text: str) -> None:
        event = Output(category=category, text=text)  # type: ignore[arg-type]
        if self._events is not None:
            self._events.say(event)
        else:
            asyncio.get_running_loop().call_soon(self._emit, event)

    def _on_host(self, told: Host) -> None:
        match told.event:
            case "loaded":
                if self._loaded is not None and not self._loaded.done():
                    self._loaded.set_result(None)
            case "failed":
                if self._loaded is not None and not self._loaded.done():
                    self._loaded.set_exception(DebugError(told.message, usage=told.usage))
            case "ended":
                self._keep(self._program_ended(told))

    async def _program_ended(self, told: Host) -> None:
        """The call is over; the debuggee waits for us to have looked at what is left."""
        target = self._need()
        deadlock: tuple[DeadlockedTask, ...] = ()
        with contextlib.suppress(DebugError):
            if told.deadlock:
                deadlock = await tasks.deadlocked(target)
            self._told_end = True
            self._exit = ExitInfo(
                value=told.value, error=told.error, leaked=told.leaked, deadlock=deadlock
            )
            await target.read_trace()
            await target.link.host({"do": "finish"})

    def _lost(self) -> None:
        if self._debuggee is None and self._started and not self._ending:
            self._keep(self._finish(None))

    async def _why_lost(self) -> str:
        """For the requests that the lost connection leaves without an answer."""
        debuggee = self._debuggee
        return "the program is gone" if debuggee is None else await debuggee.hung_up()

    async def _watch(self, debuggee: Debuggee) -> None:
        death = await debuggee.ended()
        if self._debuggee is not debuggee:
            return
        if not self._launching:
            await self._finish(death)
        elif self._loaded is not None and not self._loaded.done():
            self._loaded.set_exception(LinkLost(f"its process {death.how}"))

    async def _finish(self, death: Death | None) -> None:
        """The debuggee is gone; `death` is None for one that was only attached to."""
        if self._ending:
            return
        self._ending = True
        events, self._events = self._events, None
        self._target = None
        self._debuggee = None
        if events is not None:
            await events.drained()
        info = self._exit
        if death is not None:
            abrupt = not self._told_end
            info = msgspec.structs.replace(
                info, code=death.code, signal=death.signal, abrupt=abrupt,
                last_lines=death.last_lines if abrupt or death.signal else (),
            )  # fmt: skip
        self._emit(Exited(info))
        self._over.set()

    async def _abandon(self) -> Death | None:
        """A launch or attach that failed leaves nothing behind; what the program wrote is told."""
        debuggee, self._debuggee = self._debuggee, None
        events, self._events = self._events, None
        target, self._target = self._target, None
        self._ending = True
        self._over.set()
        if self._loaded is not None and self._loaded.done() and not self._loaded.cancelled():
            self._loaded.exception()  # seen, whoever raised first
        death = None
        if debuggee is not None:
            if target is None or not target.link.lost:
                debuggee.kill()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(process.HANG_UP_TIMEOUT_S):
                    death = await debuggee.ended()
            debuggee.kill()
        if target is not None:
            target.link.close()
        if events is not None:
            self._only_output = True
            await events.drained()
        return death

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    # --- breakpoints ----------------------------------------------------------------------------

    async def set_breakpoints(
        self, file: str, breakpoints: Sequence[SourceBreakpoint]
    ) -> list[Breakpoint]:
        """See `Engine`."""
        placed = self._breakpoints.replace(file, breakpoints)
        await self._arm()
        return [point.shown for point in placed]

    async def set_function_breakpoints(
        self, functions: Sequence[tuple[str, str | None, str | None]]
    ) -> list[Breakpoint]:
        """See `Engine`."""
        placed = self._breakpoints.replace_functions(functions)
        await self._arm()
        return [point.shown for point in placed]

    async def _arm(self) -> None:
        """Bring the debuggee's probe bytes to what is wanted."""
        if self._target is None:
            return
        wanted = self._breakpoints.sites()
        if wanted:
            await self._target.ensure_debug_builds()
        changes = [(*site, False) for site in sorted(self._armed - wanted)]
        changes += [(*site, True) for site in sorted(wanted - self._armed)]
        self._armed = wanted
        await self._target.link.breaks(changes)

    async def set_exception_filters(self, filters: Sequence[str]) -> None:
        """See `Engine`."""
        unknown = set(filters) - {"failure", "deadlock"}
        if unknown:
            raise DebugError(f"there is no filter {', '.join(sorted(unknown))}")
        self._filters = frozenset(filters)
        if self._started and self._target is not None and self._wants_failures():
            await self._target.ensure_debug_builds()
        await self._send_filters()

    def _wants_failures(self) -> bool:
        """Whether a failing task is to be shown with its variables, which only debug builds keep.

        A process that we only attached to goes on in its fast builds until something else asks.
        """
        return self._config is not None and "failure" in self._filters

    async def _send_filters(self) -> None:
        if self._target is None or self._events is None:
            return
        bits = FILTER_FAILURE if "failure" in self._filters else 0
        bits |= FILTER_DEADLOCK if "deadlock" in self._filters else 0
        bits |= FILTER_ENTRY if self._first_stop is not None else 0
        self._events.first_stop = self._first_stop
        self._events.deadlock_stops = "deadlock" in self._filters
        await self._target.link.switch(Kind.FILTERS, bits)

    async def _stop_next_task(self) -> None:
        self._first_stop = self._first_stop or "pause"
        if self._started:
            await self._need().ensure_debug_builds()
        await self._send_filters()

    async def resume(self, task: int | None, *, only: bool = False) -> None:
        """See `Engine`.  A pause that has not come to anything yet is taken back."""
        if self._first_stop == "pause":
            self._first_stop = None
            await self._send_filters()
        await super().resume(task, only=only)

    def _stopped_first(self) -> None:
        self._first_stop = None
        self._keep(self._send_filters())

    async def breakpoint_lines(self, file: str, first: int, last: int) -> list[tuple[int, int]]:
        """See `Engine`."""
        program = self._need().program
        loaded = program.file_of(file)
        if loaded is None:
            return []
        found = {(line, column) for line, column, _, _ in points.statements(program, loaded)}
        return sorted(place for place in found if first <= place[0] <= last)

    # --- ending ---------------------------------------------------------------------------------

    async def terminate(self) -> None:
        """See `Engine`."""
        debuggee, target = self._debuggee, self._target
        if debuggee is None:
            if target is not None:
                raise DebugError("an attached process is not ours to end; disconnect instead")
            return
        if target is not None:
            with contextlib.suppress(DebugError):
                await self._interrupt(target)
        try:
            async with asyncio.timeout(INTERRUPT_TIMEOUT_S):
                await self._over.wait()
        except TimeoutError:
            debuggee.kill()
        await self._over.wait()

    async def _interrupt(self, target: Target) -> None:
        """Ask the run to end, with nothing in its way."""
        await target.link.breaks([(*site, False) for site in sorted(self._armed)])
        self._armed = set()
        await target.link.switch(Kind.FILTERS, 0)
        if not self._started:
            await target.link.host({"do": "start"})
        await target.link.ask(Kind.INTERRUPT)
        await target.link.switch(Kind.STOP_ALL, 0)
        for task in list(target.stops):
            await target.let_go(task, StepMode.NONE, open_gate=False)
        await target.let_go(0, StepMode.NONE, open_gate=True)

    async def restart(self) -> None:
        """See `Engine`."""
        config = self._config
        if config is None:
            raise DebugError("only a program that was launched can be started again")
        self._quiet = True
        try:
            await self.terminate()
        finally:
            self._quiet = False
        await self.launch(config)
        await self.configuration_done()

    async def disconnect(self, *, terminate: bool) -> None:
        """See `Engine`."""
        if terminate and self._debuggee is not None:
            await self.terminate()
            return
        target, debuggee = self._target, self._debuggee
        self._quiet = True
        self._target = self._debuggee = None
        self._ending = True
        self._over.set()
        if self._events is not None:
            self._events.stop()
            self._events = None
        if target is not None:
            with contextlib.suppress(DebugError):
                await target.link.ask(Kind.DETACH)
            target.link.close()
        if debuggee is not None:
            debuggee.leave()
