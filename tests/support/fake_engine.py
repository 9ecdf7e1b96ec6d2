"""A debugging engine without a debuggee, for tests of the protocol alone.

It plays a program of three tasks: `main` (1) and two workers (2 and 3).  Each resume or step of a
task is one turn; after `TURNS` turns the program ends.  Every event arrives while the method that
causes it is still awaited, which is the earliest that the engine's contract allows, so that a skin
that relies on anything later is found out.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from zyn.debug import model
from zyn.debug.model import DebugError, DebugEvent, TaskView, Variable

TURNS = 40
BROKEN = "// broken"
LONG = 1000


def _lost(event: DebugEvent) -> None:
    raise AssertionError(f"nobody listens to {event}")


class FakeEngine:
    """Implements `zyn.debug.engine.Engine`; public attributes are what tests look at or set.

    calls     (method, arguments) of everything that was asked
    slow      set it to let `evaluate("slow")` end
    many      how many further parked tasks there are
    """

    def __init__(self) -> None:
        self.on_event: Callable[[DebugEvent], None] = _lost
        self.calls: list[tuple[str, Any]] = []
        self.slow = asyncio.Event()
        self.many = 0
        self.config: model.LaunchConfig | None = None
        self.values = {"total": 10, "i": 3}
        self.generation = {1: 0, 2: 0, 3: 0}
        self.stopped: dict[int, model.StopReason] = {}
        self.held: set[int] = set()
        self.lines = {1: 5, 2: 12, 3: 12}
        self.points: list[int] = []
        self.turns = 0
        self.alive = False
        self.memory = bytearray(64)
        self.next_id = 1
        self.line_stops = 0
        self.exit = model.ExitInfo(code=0, value="42")

    async def _tell(self, *events: DebugEvent) -> None:
        for event in events:
            asyncio.get_running_loop().call_soon(self.on_event, event)
        await asyncio.sleep(0)

    async def launch(self, config: model.LaunchConfig) -> None:
        self.calls.append(("launch", config))
        with open(config.program, encoding="utf-8") as stream:  # noqa: ASYNC230
            if BROKEN in stream.read():
                raise DebugError("the program does not compile: line 1: unknown name `x`")
        self.config = config
        self.alive = True
        self.turns = 0

    async def attach(self, host: str, port: int, token: str | None = None) -> None:
        self.calls.append(("attach", (host, port, token)))
        if port == 1:
            raise DebugError(f"nothing listens on {host}:{port}")
        self.alive = True

    async def configuration_done(self) -> None:
        self.calls.append(("configuration_done", None))
        await self._tell(*(model.TaskChanged(self.view(task)) for task in (1, 2, 3)))
        if self.config is not None and self.config.stop_on_entry:
            await self._stop(1, "entry")
        elif self.points:
            await self._stop(2, "breakpoint")
        else:
            await self.end(self.exit)

    async def set_breakpoints(
        self, file: str, breakpoints: Sequence[model.SourceBreakpoint]
    ) -> list[model.Breakpoint]:
        self.calls.append(("set_breakpoints", (file, list(breakpoints))))
        found = []
        for wanted in breakpoints:
            bad = wanted.condition == "1 +"
            there = self.config is not None and file == self.config.program and not bad
            reason = "the condition does not compile" if bad else "no such file in the program"
            point = model.Breakpoint(
                id=self.next_id,
                verified=there,
                line=wanted.line if there else None,
                message=None if there else reason,
            )
            self.next_id += 1
            found.append(point)
        self.points = [point.id for point in found if point.verified]
        return found

    async def set_function_breakpoints(
        self, functions: Sequence[tuple[str, str | None, str | None]]
    ) -> list[model.Breakpoint]:
        self.calls.append(("set_function_breakpoints", list(functions)))
        points = []
        for name, _condition, _hits in functions:
            good = name in {"main", "worker"}
            message = None if good else f"there is no function {name}"
            points.append(model.Breakpoint(id=self.next_id, verified=good, message=message))
            self.next_id += 1
        self.points += [point.id for point in points if point.verified]
        return points

    async def set_exception_filters(self, filters: Sequence[str]) -> None:
        self.calls.append(("set_exception_filters", list(filters)))

    async def breakpoint_lines(self, file: str, first: int, last: int) -> list[tuple[int, int]]:
        self.calls.append(("breakpoint_lines", (file, first, last)))
        return [(line, 5) for line in range(max(first, 1), min(last, 30) + 1)]

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
        self.calls.append(("tasks", (parent, awaits)))
        every = [self.view(task) for task in (1, 2, 3)]
        every += [self.view(100 + index) for index in range(self.many)]
        every = [view for view in every if states is None or view.state in states]
        every = [view for view in every if text is None or text in view.name]
        return every[start:][:count], len(every)

    async def tasks_by_await(self) -> list[model.AwaitGroup]:
        file = self.config.program if self.config is not None else None
        return [
            model.AwaitGroup(
                function="worker", file=file, line=12, count=2, tasks=(2, 3), oldest_since_ns=5
            ),
            model.AwaitGroup(
                function="main", file=None, line=None, count=1, tasks=(1,), oldest_since_ns=7
            ),
        ]

    async def clock_ns(self) -> int:
        return 1_000

    async def stack(self, task: int) -> list[model.Frame]:
        self._known(task)
        generation = self.generation.get(task, 0)
        line = self.lines.get(task, 12)
        top = self._frame((task, 0, generation), "worker" if task != 1 else "main", line)
        awaiter = self._frame((task, 1, generation), "main", 5, kind="awaiter")
        spawn = self._frame((task, 2, generation), "main", 4, kind="spawn")
        return [top] if task == 1 else [top, awaiter, spawn]

    async def scopes(self, frame: object) -> list[model.Scope]:
        task, index, _ = self._fresh(frame)
        return [
            model.Scope(name="Locals", kind="locals", variables=("L", frame), count=4),
            model.Scope(
                name="State machine", kind="state_machine", variables=("S", frame), count=3
            ),
            model.Scope(name="Task", kind="task", variables=("T", (task, index)), count=1),
        ]

    async def variables(
        self, reference: object, start: int = 0, count: int | None = None
    ) -> list[Variable]:
        assert isinstance(reference, tuple)
        kind, frame = reference
        if kind in {"L", "S", "A", "P"}:
            self._fresh(frame)
        found = {
            "L": self._locals,
            "S": self._fields,
            "A": self._items,
            "P": self._point,
            "T": self._task,
        }[kind](frame)
        return found[start:][:count]

    async def set_variable(self, reference: object, name: str, text: str) -> Variable:
        self.calls.append(("set_variable", (name, text)))
        assert isinstance(reference, tuple)
        self._fresh(reference[1])
        if name not in self.values:
            raise DebugError(f"{name} cannot be set")
        try:
            self.values[name] = int(text)
        except ValueError:
            raise DebugError(f"{text!r} is no i32") from None
        return self._number(name, "L")

    async def evaluate(self, text: str, frame: object | None, context: str) -> Variable:
        self.calls.append(("evaluate", (text, frame, context)))
        if frame is not None:
            self._fresh(frame)
        if text == "slow":
            await self.slow.wait()
        if text == "bug":
            raise RuntimeError("this is a bug")
        if text == "list":
            return self._locals(frame)[2]
        if text in self.values:
            return self._number(text, "L")
        if text.isdigit():
            return Variable(name=text, value=text, type="i64")
        raise DebugError(f"there is no {text}")

    async def read_memory(self, address: int, count: int) -> bytes:
        offset = address - 0x1000
        return bytes(self.memory[offset : offset + count]) if 0 <= offset < 64 else b""

    async def write_memory(self, address: int, data: bytes) -> int:
        offset = address - 0x1000
        written = max(0, min(len(data), 64 - offset)) if 0 <= offset < 64 else 0
        self.memory[offset : offset + written] = data[:written]
        return written

    async def resume(self, task: int | None, *, only: bool = False) -> None:
        self.calls.append(("resume", (task, only)))
        self._at_stop(task)
        going = [task] if only and task is not None else list(self.stopped)
        for each in going:
            self.stopped.pop(each, None)
        await self._tell(model.Continued(task or 1, not only))
        await self._turn(going[0], "breakpoint" if self.points else None)

    async def pause(self, task: int | None) -> None:
        self.calls.append(("pause", task))
        for each in [1, 2, 3] if task is None else [task]:
            self._known(each)
            await self._stop(each, "pause")

    async def step(self, task: int, kind: model.StepKind, *, others: bool = False) -> None:
        self.calls.append(("step", (task, kind)))
        self._at_stop(task)
        self.stopped.clear()
        await self._turn(task, "step")

    async def hold(self, task: int) -> None:
        self.calls.append(("hold", task))
        self._known(task)
        self.held.add(task)
        await self._tell(model.TaskChanged(self.view(task)))

    async def release(self, task: int) -> None:
        self.calls.append(("release", task))
        self._known(task)
        if task not in self.held:
            raise DebugError(f"task {task} is not held")
        self.held.discard(task)
        await self._tell(model.TaskChanged(self.view(task)))

    async def wake(self, task: int) -> None:
        self.calls.append(("wake", task))
        self._known(task)

    async def cancel(self, task: int) -> None:
        self.calls.append(("cancel", task))
        self._known(task)

    async def runtime(self) -> model.RuntimeView:
        worker = model.WorkerView(
            name="worker 1", polls=5, steals=0, given=0, parks=1, wakes=2, queued=1
        )
        return model.RuntimeView(
            clock="virtual", now_ns=9, timers=1, live_objects=2, live_bytes=64, workers=(worker,)
        )

    async def poll_trace(self) -> list[model.PollRecord]:
        return [
            model.PollRecord(
                task=2, function="worker", begin_ns=10, length_ns=5, state_before=0, state_after=1
            ),
            model.PollRecord(
                task=2,
                function="worker",
                begin_ns=90,
                length_ns=5,
                state_before=1,
                state_after=2,
                wake=model.Wake(at_ns=40, by="task", task=7),
            ),
            model.PollRecord(
                task=2,
                function="worker",
                begin_ns=99,
                length_ns=5,
                state_before=2,
                state_after=3,
                wake=model.Wake(at_ns=99, by="timer"),
            ),
        ]

    async def polls_from(self, first: int, count: int) -> tuple[int, list[model.PollRecord]]:
        self.calls.append(("polls_from", (first, count)))
        return max(first, 7), await self.poll_trace()

    async def terminate(self) -> None:
        self.calls.append(("terminate", None))
        await self.end(model.ExitInfo(code=130, signal="SIGINT"))

    async def restart(self) -> None:
        self.calls.append(("restart", None))
        await self.end(model.ExitInfo(signal="SIGTERM"))
        self.alive = True
        self.turns = 0
        await self.configuration_done()

    async def disconnect(self, *, terminate: bool) -> None:
        self.calls.append(("disconnect", terminate))
        self.alive = False

    async def end(self, info: model.ExitInfo) -> None:
        """The program is over."""
        if self.alive:
            self.alive = False
            self.stopped.clear()
            await self._tell(model.Exited(info))

    async def report(self, *events: DebugEvent) -> None:
        """Something happens by itself."""
        await self._tell(*events)

    def view(self, task: int) -> TaskView:
        """A task as it is now."""
        return TaskView(
            id=task,
            name="main" if task == 1 else "worker",
            state="held" if task in self.held else "parked",
            stopped=self.stopped.get(task),
            held=task in self.held,
            parent=None if task == 1 else 1,
            function="main" if task == 1 else "worker",
            file=None if self.config is None else self.config.program,
            line=self.lines.get(task, 12),
            await_state=1,
            waits_for="timer, 10 ms left",
            polls=self.generation.get(task, 0),
            wakes=0,
            parked_since_ns=0,
            woken_by=None,
            spawned_at=None if task == 1 else 4,
            error=None,
        )

    async def _turn(self, task: int, then: model.StopReason | None) -> None:
        self.turns += 1
        if task in self.generation:
            self.generation[task] += 1
        if self.line_stops:
            self.line_stops -= 1
        elif task in self.lines:
            self.lines[task] += 1
        if then is None or self.turns >= TURNS:
            await self.end(self.exit)
        else:
            await self._stop(task, then)

    async def _stop(self, task: int, reason: model.StopReason) -> None:
        self.stopped[task] = reason
        points = tuple(self.points[:1]) if reason == "breakpoint" else ()
        await self._tell(model.Stopped(task, reason, True, points))

    def _known(self, task: int) -> None:
        if not self.alive:
            raise DebugError("the program is gone")
        if task not in self.generation and not 100 <= task < 100 + self.many:
            raise DebugError(f"there is no task {task}")

    def _at_stop(self, task: int | None) -> None:
        if task is not None:
            self._known(task)
        if not self.stopped or (task is not None and task not in self.stopped):
            raise DebugError(f"task {task} is not stopped")

    def _fresh(self, frame: object) -> tuple[int, int, int]:
        assert isinstance(frame, tuple)
        task, index, generation = frame
        if self.generation.get(task, 0) != generation:
            raise DebugError("the frame is gone", stale=True)
        return task, index, generation

    def _frame(self, reference: object, function: str, line: int, kind: str = "") -> model.Frame:
        return model.Frame(
            reference=reference,
            function=function,
            file=None if self.config is None else self.config.program,
            line=line,
            column=5,
            end_line=line,
            end_column=9,
            kind="awaiter" if kind == "awaiter" else "spawn" if kind == "spawn" else "awaiting",
            state=1,
            build="debug",
        )

    def _number(self, name: str, scope: str) -> Variable:
        offset = {"total": 8, "i": 12}[name]
        value = self.values[name]
        return Variable(
            name=name,
            value=str(value),
            type="i32",
            address=0x1000 + offset,
            size=4,
            writable=True,
            evaluate_name=name,
            raw=value.to_bytes(4, "little", signed=True).hex() if scope == "S" else None,
            offset=offset if scope == "S" else None,
        )

    def _locals(self, frame: object) -> list[Variable]:
        return [
            self._number("total", "L"),
            self._number("i", "L"),
            Variable(
                name="list", value=f"[{LONG}]i32", type=f"[{LONG}]i32", children=("A", frame),
                indexed=LONG, evaluate_name="list",
            ),
            Variable(
                name="point", value="Point", type="Point", children=("P", frame), named=2,
                evaluate_name="point",
            ),
            Variable(
                name="gone", value="[dead since line 9]", type="i32", absent="dead since line 9"
            ),
        ]  # fmt: skip

    def _fields(self, _frame: object) -> list[Variable]:
        state = Variable(name="state", value="1", type="u32", offset=0, size=4, raw="01000000")
        return [state, self._number("total", "S"), self._number("i", "S")]

    def _items(self, _frame: object) -> list[Variable]:
        return [
            Variable(name=f"[{index}]", value=str(index), type="i32", writable=True)
            for index in range(LONG)
        ]

    def _point(self, _frame: object) -> list[Variable]:
        return [
            self._with_path(self._number("total", "L"), "point.total"),
            self._with_path(self._number("i", "L"), "point.i"),
        ]

    def _with_path(self, variable: Variable, path: str) -> Variable:
        return Variable(
            name=variable.name, value=variable.value, type="i32", writable=True, evaluate_name=path
        )

    def _task(self, _frame: object) -> list[Variable]:
        return [Variable(name="polls", value="3", type="u64")]
