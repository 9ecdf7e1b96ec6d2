"""What one session knows: the engine, the client, and how far things are.

Handlers and the translation of engine events share this object; the message loop in `session`
owns it.  Everything here runs on one asyncio loop.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Protocol

import msgspec

from zyn.dap.convert import Client, Converter
from zyn.dap.handles import Handles
from zyn.debug.engine import Engine
from zyn.debug.model import LaunchConfig, StepKind, Stopped

THREADS_SHOWN_MAX = 200


class Phase(Enum):
    """How far a session is; the value is what a request that comes too early is told."""

    NEW = "the session is not initialized: send initialize first"
    READY = "nothing is being debugged: send launch or attach first"
    CONFIGURING = "the program has not started: send configurationDone first"
    RUNNING = "the program is already running"
    ENDED = "the program has ended"


class Outlet(Protocol):
    """Where events go."""

    def send_event(self, name: str, body: msgspec.Struct | None = None) -> None:
        """Send an event to the client."""

    @property
    def backlog(self) -> int:
        """Bytes that the client has not taken yet."""


class LinePlace(msgspec.Struct, frozen=True):
    """Where a step by lines began; it is over when the task stops at another place."""

    kind: StepKind
    line: int | None
    function: str
    depth: int
    others: bool


class State:
    """One session.

    announced      tasks that the client was told of as threads and not yet of their end
    polls          how often a task with live handles had been polled when last heard of
    owed           how many `Continued` the engine still owes for requests, by task; the client
                   knows of these, and the next stop may come before them
    restarting     set when the program that is being replaced is gone; None outside of a restart
    """

    def __init__(self, engine: Engine, outlet: Outlet) -> None:
        self.engine = engine
        self.outlet = outlet
        self.phase = Phase.NEW
        self.converter = Converter(Client())
        self.handles = Handles()
        self.config: LaunchConfig | None = None
        self.attached = False
        self.no_debug = False
        self.leaving = False
        self.stops: dict[int, Stopped] = {}
        self.owed: dict[int, int] = {}
        self.announced: set[int] = set()
        self.polls: dict[int, int] = {}
        self.line_steps: dict[int, LinePlace] = {}
        self.function_breakpoints: set[int] = set()
        self.files: dict[str, None] = {}
        self.restarting: asyncio.Event | None = None
        self._held: list[tuple[str, msgspec.Struct | None]] | None = None

    @property
    def client(self) -> Client:
        """What the client said about itself."""
        return self.converter.client

    def emit(self, name: str, body: msgspec.Struct | None = None) -> None:
        """Send an event; while a request is being answered, after its response."""
        if self._held is None:
            self.outlet.send_event(name, body)
        else:
            self._held.append((name, body))

    def emit_first(self, name: str, body: msgspec.Struct | None = None) -> None:
        """Send an event ahead of the response that is being prepared."""
        self.outlet.send_event(name, body)

    def hold_events(self) -> None:
        """From here on events wait for `release_events`."""
        assert self._held is None
        self._held = []

    def release_events(self) -> None:
        """The response is out: send what waited for it."""
        held, self._held = self._held, None
        for name, body in held or ():
            self.outlet.send_event(name, body)

    @contextmanager
    def letting_go(self, task: int, *, everyone: bool) -> Iterator[None]:
        """Around a call of the engine that lets one stopped task go, or every one.

        Afterwards what was shown is stale; a stop that was reported during the call is a new one
        and stays.  When the engine refuses, nothing has changed.
        """
        before = dict(self.stops)
        going = {task, *before} if everyone else {task}
        self.owed[task] = self.owed.get(task, 0) + 1
        try:
            yield
        except BaseException:
            self.owed[task] -= 1
            raise
        for each in going:
            if each in before and self.stops.get(each) is before[each]:
                del self.stops[each]
        self._forget(going)

    def pay(self, task: int) -> bool:
        """Whether a `Continued` of the engine is the answer to a request."""
        owner = task if self.owed.get(task) else 0
        if not self.owed.get(owner):
            return False
        self.owed[owner] -= 1
        return True

    def went(self, task: int, *, everyone: bool) -> None:
        """The engine says, unasked, that a task runs, or all of them."""
        going = {task, *self.stops} if everyone else {task}
        for each in going:
            self.stops.pop(each, None)
        self._forget(going)

    def program_gone(self) -> None:
        """The debuggee ended or is about to be another one."""
        self.handles.drop_all()
        self.stops.clear()
        self.owed.clear()
        self.polls.clear()
        self.line_steps.clear()
        self.announced.clear()

    def _forget(self, going: set[int]) -> None:
        """Drop the numbers of what runs: unless stops are per task, that is everything parked."""
        if self.config is None or not self.config.non_stop:
            self.handles.drop_all()
            return
        for task in going:
            self.handles.drop_task(task)

    def saw_file(self, file: str | None) -> None:
        """Remember a source file for `loadedSources`."""
        if file is not None:
            self.files.setdefault(file)
