"""A debugging session as a test writes it: events in order, stops as pictures.

No test sleeps.  `until` waits for an event and keeps all others; what it waits for is bounded by a
time that only a hang reaches.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from zyn.debug.model import (
    BreakpointChanged,
    DebugEvent,
    Exited,
    ExitInfo,
    Frame,
    LaunchConfig,
    Output,
    Scope,
    SourceBreakpoint,
    Stopped,
    TaskChanged,
    Variable,
)
from zyn.debug.session import Session

HANG_S = 30.0
E = TypeVar("E")


class ProgramEnded(AssertionError):
    """The program ended and what was waited for did not happen."""


class Debugging:
    """A session, and every event of it so far."""

    def __init__(self, program: Path, text: str) -> None:
        self.session = Session()
        self.session.on_event = self._on_event
        self.program = program
        self.text = text
        self.events: list[DebugEvent] = []
        self._seen = 0
        self._more = asyncio.Event()

    def _on_event(self, event: DebugEvent) -> None:
        self.events.append(event)
        self._more.set()

    async def launch(self, call: str | None = None, *, breaks: str = "", **config: object) -> None:
        """Launch with breakpoints at the lines that end in `// @name` of the names in `breaks`."""
        config |= {"program": str(self.program), "call": call}
        await self.session.launch(LaunchConfig(**config))  # type: ignore[arg-type]
        if breaks:
            wanted = [SourceBreakpoint(line=self.line(name)) for name in breaks.split()]
            placed = await self.session.set_breakpoints(str(self.program), wanted)
            assert all(point.verified for point in placed), placed
        await self.session.configuration_done()

    def line(self, marker: str) -> int:
        """The 1-based line that ends in `// @marker`."""
        for number, line in enumerate(self.text.splitlines(), 1):
            if line.rstrip().endswith(f"// @{marker}"):
                return number
        raise AssertionError(f"no line is marked {marker}")

    async def until(self, kind: type[E], where: Callable[[E], bool] = lambda _: True) -> E:
        """The next event of a kind that was not seen yet."""
        async with asyncio.timeout(HANG_S):
            while True:
                while self._seen < len(self.events):
                    event = self.events[self._seen]
                    self._seen += 1
                    if isinstance(event, kind) and where(event):
                        return event
                    if isinstance(event, Exited):
                        raise ProgramEnded(event.info)
                self._more.clear()
                await self._more.wait()

    async def stopped(self) -> Stopped:
        """The next stop."""
        return await self.until(Stopped)

    async def until_stopped_or_exited(self) -> Stopped | None:
        """The next stop, or None at the end."""
        try:
            return await self.stopped()
        except ProgramEnded:
            return None

    async def until_verified(self, breakpoint_id: int) -> None:
        """Wait until a breakpoint has its place."""
        await self.until(
            BreakpointChanged,
            lambda event: event.breakpoint.id == breakpoint_id and event.breakpoint.verified,
        )

    async def exited(self) -> ExitInfo:
        """How the program ended."""
        return (await self.until(Exited)).info

    async def step(self, task: int, kind: str) -> Stopped:
        """Step and wait for the stop."""
        await self.session.step(task, kind)  # type: ignore[arg-type]
        return await self.stopped()

    def output(self) -> str:
        """All that the session said."""
        return "".join(event.text for event in self.events if isinstance(event, Output))

    def changes(self, task: int) -> list[str]:
        """The states that a task was told to be in."""
        return [
            event.task.state
            for event in self.events
            if isinstance(event, TaskChanged) and event.task.id == task
        ]

    # --- looking --------------------------------------------------------------------------------

    async def top(self, task: int) -> Frame:
        """The innermost frame of a task."""
        return (await self.session.stack(task))[0]

    async def scope(self, task: int, kind: str, frame: int = 0) -> dict[str, Variable]:
        """The variables of a scope by name."""
        found = await self.scope_of(task, kind, frame)
        return {v.name: v for v in await self.session.variables(found.variables)}

    async def scope_of(self, task: int, kind: str, frame: int = 0) -> Scope:
        """A scope itself, to change something in it."""
        frames = await self.session.stack(task)
        for scope in await self.session.scopes(frames[frame].reference):
            if scope.kind == kind:
                return scope
        raise AssertionError(f"no scope {kind}")

    async def picture(self, task: int, kinds: tuple[str, ...] = ("locals", "state_machine")) -> str:
        """The stack of a task with the scopes of each frame, as text."""
        lines: list[str] = []
        for frame in await self.session.stack(task):
            state = "" if frame.state is None else f" state {frame.state}"
            lines.append(f"{frame.function}:{frame.line} {frame.kind} {frame.build}{state}")
            if frame.kind == "spawn":
                continue
            for scope in await self.session.scopes(frame.reference):
                if scope.kind in kinds:
                    lines.append(f"  {scope.name}")
                    found = await self.session.variables(scope.variables)
                    lines += [f"    {described(one)}" for one in found]
        return "\n".join(lines)


@asynccontextmanager
async def debugging(folder: Path) -> AsyncIterator[Callable[[str], Debugging]]:
    """Makes sessions for program texts, and ends them."""
    made: list[Debugging] = []

    def make(text: str) -> Debugging:
        program = folder / f"program{len(made)}.zyntax"
        program.write_text(text, encoding="utf-8")
        made.append(Debugging(program, text))
        return made[-1]

    yield make
    for one in made:
        await one.session.disconnect(terminate=True)


def described(variable: Variable) -> str:
    """A variable on one line; machine addresses are left out."""
    place = "" if variable.offset is None else f"@{variable.offset}+{variable.size} "
    raw = "" if variable.raw is None or len(variable.raw) > 24 else f" <{variable.raw}>"
    return f"{place}{variable.name}: {variable.type} = {variable.value}{raw}"
