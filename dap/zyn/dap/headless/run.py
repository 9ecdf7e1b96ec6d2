"""Play the script of a command line on an engine, and report what happens.

One asyncio task.  Events of the engine are queued in their order and taken one at a time; a stop is
looked at completely before anything is resumed, so what is reported is true at one moment.
"""

import asyncio
import contextlib

import msgspec

from zyn.dap.headless.facts import (
    EXIT_CODES,
    EXIT_FAILURE,
    EXIT_USAGE,
    End,
    FrameFacts,
    Printed,
    Reporter,
    Stop,
    TaskFacts,
    Verdict,
)
from zyn.debug.engine import Engine
from zyn.debug.link import LinkLost
from zyn.debug.model import (
    Breakpoint,
    DebugError,
    DebugEvent,
    Exited,
    ExitInfo,
    Frame,
    LaunchConfig,
    Output,
    PollRecord,
    SourceBreakpoint,
    Stopped,
    TaskView,
    Variable,
)

OTHERS_MAX = 16
FIELDS_MAX = 64
FRAMES_MAX = 16
LIVE = ("pending", "runnable", "running", "parked", "held")


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line asks for.

    lines        (line, condition) to break at
    functions    functions to break at
    step_polls   how many polls of which function's task to step; None is the first task
    """

    config: LaunchConfig
    lines: list[tuple[int, str | None]] = []
    functions: list[str] = []
    step_polls: tuple[str | None, int] = (None, 0)
    expressions: list[str] = []
    fail_on: frozenset[str] = frozenset()
    timeout_s: float | None = None
    trace: bool = False


class Headless:
    """One run.  `polls` is the history of polls when the script wants it."""

    def __init__(self, script: Script, engine: Engine, reporter: Reporter) -> None:
        self._script = script
        self._engine = engine
        self._reporter = reporter
        self._events: asyncio.Queue[DebugEvent] = asyncio.Queue()
        self._stops = 0
        self._poll = 0
        self._stepped: int | None = None
        self.polls: list[PollRecord] = []
        engine.on_event = self._events.put_nowait

    async def run(self) -> int:
        """Run to the end; gives the exit code."""
        try:
            await self._engine.launch(self._script.config)
        except DebugError as error:
            self._reporter.problem(str(error))
            return EXIT_USAGE if error.usage else EXIT_FAILURE
        try:
            info = await self._run()
            if info is None:
                return EXIT_USAGE
        except TimeoutError:
            return await self._time_is_up()
        except DebugError as error:
            self._reporter.problem(str(error))
            return EXIT_FAILURE
        finally:
            with contextlib.suppress(DebugError):
                await self._engine.disconnect(terminate=True)
        verdict = self._verdict(info)
        self._end(verdict, info)
        return EXIT_CODES[verdict]

    async def _run(self) -> ExitInfo | None:
        """The part of a run that has a program; None when it cannot be as asked for."""
        try:
            if not await self._prepare():
                return None
            async with asyncio.timeout(self._script.timeout_s):
                return await self._play()
        except LinkLost:
            return await self._until_gone()

    async def _until_gone(self) -> ExitInfo:
        """The process of the program is gone in the middle: wait for the news of how."""
        while True:
            match await self._events.get():
                case Output() as event:
                    self._reporter.output(event.category, event.text)
                case Exited() as event:
                    return event.info
                case _:
                    pass

    async def _prepare(self) -> bool:
        """Set the breakpoints; false when one cannot be."""
        script = self._script
        self._reporter.begin(script.config)
        good = True
        if script.lines:
            points = await self._engine.set_breakpoints(
                script.config.program,
                [SourceBreakpoint(line=line, condition=when) for line, when in script.lines],
            )
            for (line, _), point in zip(script.lines, points, strict=True):
                self._reporter.breakpoint_set(str(line), point)
                good = good and point.verified
        functions = list(script.functions)
        if script.step_polls[0] is not None and script.step_polls[0] not in functions:
            functions.append(script.step_polls[0])
        if functions:
            placed = await self._break_at(functions)
            for name, point in zip(functions, placed, strict=True):
                self._reporter.breakpoint_set(name, point)
                good = good and point.verified
        await self._engine.set_exception_filters(["failure", "deadlock"])
        return good

    async def _break_at(self, functions: list[str]) -> list[Breakpoint]:
        return await self._engine.set_function_breakpoints(
            [(name, None, None) for name in functions]
        )

    async def _play(self) -> ExitInfo:
        await self._engine.configuration_done()
        while True:
            event = await self._events.get()
            match event:
                case Output():
                    self._reporter.output(event.category, event.text)
                case Stopped():
                    await self._at_stop(event)
                case Exited():
                    await self._note_polls()
                    return event.info
                case _:
                    pass

    async def _at_stop(self, event: Stopped) -> None:
        """Look at a stop, then let things go on as the script says."""
        await self._note_polls()
        function, wanted = self._script.step_polls
        tasks, _ = await self._engine.tasks(states=LIVE, count=OTHERS_MAX + 1)
        subject = next((task for task in tasks if task.id == event.task), None)
        if subject is None:
            subject = await self._ended_task(event.task)
        if self._stepped is None and wanted and function in (None, subject.function):
            self._stepped = event.task
            if function is not None and function not in self._script.functions:
                await self._break_at(self._script.functions)
        stepping = self._stepped == event.task
        self._stops += 1
        step_done = stepping and event.reason == "step"
        if step_done:
            self._poll += 1
        others = [task for task in tasks if task.id != event.task] if wanted else []
        self._reporter.stop(
            Stop(
                number=self._stops,
                reason=event.reason,
                text=event.text,
                subject=await self._look(subject),
                printed=[await self._print(subject.id, text) for text in self._script.expressions],
                poll=self._poll if step_done else None,
                others=[await self._look(task) for task in others],
            )
        )
        over = stepping and event.reason == "exception"
        if self._stepped is None or self._poll >= wanted or over or event.reason == "deadlock":
            await self._engine.resume(None)
        else:
            await self._step_on(self._stepped)

    async def _step_on(self, task: int) -> None:
        """Step a task by one more poll, from a stop of this task or of another one."""
        tasks, _ = await self._engine.tasks(states=LIVE)
        if any(view.id == task for view in tasks):
            await self._engine.step(task, "poll", others=True)
        else:
            await self._engine.resume(None)

    async def _ended_task(self, task: int) -> TaskView:
        """A task that is stopped at its end, for instance where it failed."""
        tasks, _ = await self._engine.tasks()
        for view in tasks:
            if view.id == task:
                return view
        raise DebugError(f"task {task} is gone")

    async def _look(self, task: TaskView) -> TaskFacts:
        frames = []
        try:
            stack = await self._engine.stack(task.id)
        except DebugError:
            stack = []
        for frame in stack[:FRAMES_MAX]:
            if frame.kind == "running":
                shown = await self._inside(frame, "state_machine", "locals")
            elif frame.kind == "awaiting":
                shown = await self._inside(frame, "state_machine")
            else:
                shown = {}
            frames.append(
                FrameFacts(
                    frame=frame,
                    fields=shown.get("state_machine", []),
                    locals=shown.get("locals", []),
                )
            )
        return TaskFacts(task=task, frames=frames)

    async def _inside(self, frame: Frame, *kinds: str) -> dict[str, list[Variable]]:
        """What is in some scopes of a frame."""
        found: dict[str, list[Variable]] = {}
        with contextlib.suppress(DebugError):
            for scope in await self._engine.scopes(frame.reference):
                if scope.kind in kinds:
                    inside = await self._engine.variables(scope.variables, 0, FIELDS_MAX)
                    found[scope.kind] = inside
        return found

    async def _print(self, task: int, text: str) -> Printed:
        try:
            stack = await self._engine.stack(task)
            frame = stack[0].reference if stack else None
            value = await self._engine.evaluate(text, frame, "watch")
        except DebugError as error:
            return Printed(expression=text, error=str(error))
        return Printed(expression=text, value=value.value, type=value.type)

    async def _time_is_up(self) -> int:
        """The program is too slow or never ends: say where each of its tasks is."""
        tasks: list[TaskFacts] = []
        with contextlib.suppress(DebugError):
            await self._engine.pause(None)
            views, _ = await self._engine.tasks(states=LIVE, count=OTHERS_MAX)
            tasks = [await self._look(view) for view in views]
            await self._note_polls()
        self._end("timeout", None, tasks)
        return EXIT_CODES["timeout"]

    async def _note_polls(self) -> None:
        if self._script.trace:
            with contextlib.suppress(DebugError):
                self.polls = await self._engine.poll_trace() or self.polls

    def _verdict(self, info: ExitInfo) -> Verdict:
        failed = info.error is not None or info.signal is not None or info.abrupt
        fail_on = self._script.fail_on
        if info.deadlock and "deadlock" in fail_on:
            return "deadlock"
        if failed and not info.deadlock and "failure" in fail_on:
            return "failure"
        if info.leaked and "leak" in fail_on:
            return "leak"
        return "ok"

    def _end(
        self, verdict: Verdict, info: ExitInfo | None, tasks: list[TaskFacts] | None = None
    ) -> None:
        self._reporter.end(
            End(
                verdict=verdict,
                exit_code=EXIT_CODES[verdict],
                info=info,
                stops=self._stops,
                tasks=tasks or [],
            )
        )
