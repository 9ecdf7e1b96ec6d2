"""Stacks, scopes, variables and expressions of one target, by references that can go stale."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec

from zyn.debug import render, tasks
from zyn.debug.expression import Expression, compile_expression, evaluate
from zyn.debug.memory import state_text
from zyn.debug.model import DebugError, Frame, Scope, Variable
from zyn.debug.program import Program
from zyn.debug.render import Inside
from zyn.debug.scopes import Machine, Row, find
from zyn.debug.stack import NS_PER_MS, Level, waits_for
from zyn.debug.target import ENDED, PARKED, STATES, Stamp, Target
from zyn.debug.values import (
    PromiseAt,
    Text,
    Value,
    decode,
    encode,
    shape_of,
    shapes_of,
    show,
    strings_of,
)
from zyn.debug.wire import Task

AWAITERS_SHOWN_MAX = 32
COUNTERS = ("polls", "steals", "given", "parks", "wakes", "queued")
RUNTIME_ROWS = 5 + len(COUNTERS)
ScopeKind: TypeAlias = Literal["locals", "state_machine", "task", "runtime"]


class FrameRef(msgspec.Struct, frozen=True, eq=False):
    """A frame that was shown; `level` is None for a label."""

    stamp: Stamp
    level: Level | None


class ScopeRef(msgspec.Struct, frozen=True, eq=False):
    """A scope of a frame."""

    stamp: Stamp
    kind: ScopeKind
    level: Level


class PartRef(msgspec.Struct, frozen=True, eq=False):
    """Something with parts: a value in memory, a state machine, or a value that was computed."""

    stamp: Stamp
    level: Level
    of: object


class Computed(msgspec.Struct, frozen=True, eq=False):
    """The parts of a value that lies nowhere."""

    value: Value
    type: str


class Inspection:
    """Looks into a target."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.program: Program = target.program
        self._expressions: dict[tuple[object, ...], Expression] = {}

    # --- stack ----------------------------------------------------------------------------------

    async def stack(self, id_: int) -> list[Frame]:
        """The logical stack of a task."""
        task, chain = await self.target.task_and_chain(id_)
        levels = await self.target.stacks.levels(task, chain)
        frames = [self._frame(task, level) for level in levels]
        seen = {task.id}
        awaited = task
        while awaited.state not in ENDED and len(seen) < AWAITERS_SHOWN_MAX:
            found = await tasks.awaiter(self.target, awaited)
            if found is None or found[0].id in seen:
                break
            awaited, above = found
            seen.add(awaited.id)
            frames += [self._frame(awaited, level, "awaiter") for level in above]
        function, line = self.program.site(task.spawn_site)
        if function is not None and line:
            frames.append(self._label(task, function.name, function.table.file, line))
        return frames

    def _frame(self, task: Task, level: Level, kind: str | None = None) -> Frame:
        table = level.function.table
        place = self.program.place(table.file, level.span) if level.span is not None else None
        line, column, end_line, end_column = place or (level.at_line + 1, None, None, None)
        is_debug = level.activation is not None or level.function.has_debug_build
        if level.line is not None:
            is_debug = False
        return Frame(
            reference=FrameRef(self.target.stamp(task), level),
            function=table.function,
            file=table.file or None,
            line=line,
            column=column,
            end_line=end_line,
            end_column=end_column,
            kind=kind or level.kind,  # type: ignore[arg-type]
            state=level.state if level.machine else None,
            build="debug" if is_debug else "fast",
        )

    def _label(self, task: Task, function: str, file: str, line: int) -> Frame:
        return Frame(
            reference=FrameRef(self.target.stamp(task), None),
            function=function, file=file or None, line=line, column=None, end_line=None,
            end_column=None, kind="spawn", state=None, build="fast",
        )  # fmt: skip

    # --- scopes ---------------------------------------------------------------------------------

    async def scopes(self, frame: object) -> list[Scope]:
        """The scopes of a frame."""
        if not isinstance(frame, FrameRef):
            raise DebugError("this is no frame", stale=True)
        await self.target.check(frame.stamp)
        level = frame.level
        if level is None:
            return []

        def scope(name: str, kind: ScopeKind, count: int, expensive: bool = False) -> Scope:
            ref = ScopeRef(frame.stamp, kind, level)
            return Scope(name=name, kind=kind, variables=ref, count=count, expensive=expensive)

        found = [scope("Locals", "locals", len(await self.target.scopes.locals(level)))]
        if level.machine:
            count = len(level.function.slots) + 1
            found.append(scope("State machine", "state_machine", count))
        found.append(scope("Task", "task", len(_TASK_ROWS)))
        workers = self.program.about.workers
        count = RUNTIME_ROWS + (workers + 1 if workers > 1 else 0)
        found.append(scope("Runtime", "runtime", count, expensive=True))
        return found

    async def rows(self, reference: object, start: int = 0, count: int | None = None) -> list[Row]:
        """The rows behind a reference, not yet read."""
        if not isinstance(reference, ScopeRef | PartRef):
            raise DebugError("this cannot be looked into", stale=True)
        await self.target.check(reference.stamp)
        stop = None if not count else start + count
        level = reference.level
        if isinstance(reference, PartRef):
            if isinstance(reference.of, Inside):
                return render.parts(reference.of, start, count)
            if isinstance(reference.of, Machine):
                return (await self.target.scopes.machine(reference.of))[start:stop]
            return _computed_parts(reference.of)[start:stop]
        match reference.kind:
            case "locals":
                found = await self.target.scopes.locals(level)
            case "state_machine":
                machine = Machine(level.function, level.machine)
                found = await self.target.scopes.machine(machine, level)
            case "task":
                found = await self._task_rows(level.task)
            case _:
                found = await self._runtime_rows()
        return found[start:stop]

    async def variables(self, reference: object, start: int, count: int | None) -> list[Variable]:
        """A page of what is inside a scope or a value."""
        rows = await self.rows(reference, start, count)
        assert isinstance(reference, ScopeRef | PartRef)
        return await self._shown(reference.stamp, reference.level, rows)

    async def _shown(self, stamp: Stamp, level: Level, rows: Sequence[Row]) -> list[Variable]:
        return await render.variables(
            self.target.memory, rows, lambda of: PartRef(stamp, level, of)
        )

    async def _task_rows(self, id_: int) -> list[Row]:
        task = await self.target.task(id_)
        chain = await self.target.stacks.chain(task)
        now_ns = await self.target.now_ns()
        parked = task.state == PARKED
        [leaf] = await self.target.stacks.explained([(task, chain)]) if parked else [None]
        values: dict[str, object] = {
            "id": task.id,
            "state": STATES[task.state],
            "polls": task.polls,
            "wakes": task.wakes,
            "parked since": f"{task.parked_since_ns // NS_PER_MS} ms" if parked else "not parked",
            "waits for": waits_for(leaf, now_ns) if parked else "nothing",
            "woken by": _woken_by(task),
            "spawned at": self._site(task.spawn_site),
            "held": "yes" if task.held else "no",
        }
        assert set(values) == set(_TASK_ROWS)
        return [Row(name=name, type="", text=str(value)) for name, value in values.items()]

    def _site(self, site: int) -> str:
        function, line = self.program.site(site)
        return f"{function.name}, line {line}" if function is not None else "by the host"

    async def _runtime_rows(self) -> list[Row]:
        seen = await tasks.runtime(self.target)
        workers = seen.workers
        sums = {name: str(sum(getattr(worker, name) for worker in workers)) for name in COUNTERS}
        values = {
            "clock": f"{seen.clock}, {seen.now_ns / NS_PER_MS:.3f} ms",
            "workers": str(self.program.about.workers),
            **sums,
            "timers": str(seen.timers),
            "live objects": str(seen.live_objects),
            "live bytes": str(seen.live_bytes),
        }
        if len(workers) > 1:
            for worker in workers:
                counted = [f"{name} {getattr(worker, name)}" for name in COUNTERS]
                values[worker.name] = ", ".join(counted)
        return [Row(name=name, type="", text=text) for name, text in values.items()]

    # --- expressions ----------------------------------------------------------------------------

    async def evaluate(self, text: str, frame: object | None) -> Variable:
        """The value of an expression in a frame."""
        if frame is None:
            expression = compile_expression(text, {}, shapes_of(()), "zyntax")
            value = evaluate(expression, {})
            return Variable(name=text, value=show(value, expression.type), type=expression.type)
        if not isinstance(frame, FrameRef) or frame.level is None:
            raise DebugError("nothing can be evaluated here", stale=not isinstance(frame, FrameRef))
        await self.target.check(frame.stamp)
        level = frame.level
        rows = await self.target.scopes.locals(level)
        for row in reversed(rows):
            if row.name == text.strip():
                return (await self._shown(frame.stamp, level, [row]))[0]
        expression = self._compiled(text, level, rows, None)
        value = await self._value(expression, rows)
        promises = await self.target.memory.promise_texts(value)
        shown = show(value, expression.type, promises)
        part = PartRef(frame.stamp, level, Computed(value, expression.type))
        named = len(value) if isinstance(value, dict) else 0
        indexed = len(value) if isinstance(value, list) else 0
        return Variable(
            name=text, value=shown, type=expression.type, named=named, indexed=indexed,
            children=part if named or indexed else None, evaluate_name=text,
        )  # fmt: skip

    def _compiled(
        self, text: str, level: Level, rows: Sequence[Row], wanted: str | None
    ) -> Expression:
        types = {row.name: row.type for row in rows}
        key = (level.function.table.id, text, wanted, *types.items())
        found = self._expressions.get(key)
        if found is None:
            shapes = level.function.shapes
            language = self.program.language_of(level.function)
            found = compile_expression(text, types, shapes, language, wanted)
            if len(self._expressions) > 1000:
                self._expressions.clear()
            self._expressions[key] = found
        return found

    async def value_at(self, expression: Expression, level: Level) -> Value:
        """The value of a checked expression where a frame stands."""
        return await self._value(expression, await self.target.scopes.locals(level))

    async def _value(self, expression: Expression, rows: Sequence[Row]) -> Value:
        by_name = {row.name: row for row in rows}
        needed = [by_name[name] for name in sorted(expression.names) if name in by_name]
        for row in needed:
            if row.absent is not None or not row.addresses or row.function is None:
                raise DebugError(f"{row.name} has no value: {row.absent}")
        values = await self._read(needed)
        return evaluate(expression, dict(zip((row.name for row in needed), values, strict=True)))

    async def _read(self, rows: Sequence[Row]) -> list[Value]:
        blocks = await self.target.memory.read_all(
            (row.addresses[0], shape_of(row.type, row.function.shapes).size)
            for row in rows
            if row.function is not None
        )
        values: list[Value] = [
            decode(row.type, block, row.function.shapes)
            for row, block in zip(rows, blocks, strict=True)
            if row.function is not None
        ]
        resolved = await self.target.memory.resolved(values)
        assert isinstance(resolved, list)
        return resolved

    # --- changing -------------------------------------------------------------------------------

    async def set_variable(self, reference: object, name: str, text: str) -> Variable:
        """Give a variable a new value, wherever its bytes are."""
        row = find(await self.rows(reference), name)
        assert isinstance(reference, ScopeRef | PartRef)
        if row.absent is not None:
            raise DebugError(f"{name} has no value to change: {row.absent}")
        if not row.writable or row.function is None or not row.addresses:
            raise DebugError(f"{name} cannot be changed")
        shapes = row.function.shapes
        scope = await self.target.scopes.locals(reference.level)
        expression = self._compiled(text, reference.level, scope, row.type)
        value = await self._value(expression, scope)
        old = await self.target.memory.read(row.addresses[0], shape_of(row.type, shapes).size)
        dropped = list(strings_of(decode(row.type, old, shapes)))
        data = encode(row.type, await self._allocated(value), shapes)
        for address in row.addresses:
            if await self.target.memory.write(address, data) != len(data):
                raise DebugError(f"the memory of {name} cannot be written")
        addresses = [string.address for string in dropped if string.address]
        if addresses:
            await self.target.link.host({"do": "release", "strings": addresses})
        row = find(await self.rows(reference), name)
        return (await self._shown(reference.stamp, reference.level, [row]))[0]

    async def _allocated(self, value: Value) -> Value:
        """The value with its strings made in the debuggee."""
        match value:
            case str():
                answer = await self.target.link.host({"do": "string", "text": value})
                address = answer.get("address")
                assert isinstance(address, int)
                return Text(address)
            case dict():
                return {name: await self._allocated(item) for name, item in value.items()}
            case list():
                return [await self._allocated(item) for item in value]
            case PromiseAt():
                raise DebugError("a promise cannot be set")
        return value


def _woken_by(task: Task) -> str:
    if not task.wakes:
        return "nobody yet"
    return f"task {task.waker}" if task.waker else "a timer or the outside"


_TASK_ROWS = (
    "id", "state", "polls", "wakes", "parked since", "waits for", "woken by", "spawned at", "held",
)  # fmt: skip


def _computed_parts(of: object) -> list[Row]:
    """The parts of a computed value, as rows of text."""
    value = of.value if isinstance(of, Computed) else None
    match value:
        case dict():
            return [Row(name=name, type="", text=show(item)) for name, item in value.items()]
        case list():
            return [Row(name=str(i), type="", text=show(item)) for i, item in enumerate(value)]
    return []


__all__ = ["FrameRef", "Inspection", "PartRef", "ScopeRef", "state_text"]
