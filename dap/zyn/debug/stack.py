"""Logical stacks: what a task is doing, whether it is inside a poll or parked.

A parked task has no native stack.  Its frames are found by walking from its root machine: the
state word names a suspension point, the side table says what is awaited there (a frame inside this
one, or a promise elsewhere), and so on until a leaf future.  A task that stopped in a poll has
debug activations on its native stack; they are exact about the statement and come first.
"""

from collections.abc import Sequence

import msgspec

from zyn.base.span import Span
from zyn.debug.memory import ENDED, Memory
from zyn.debug.program import Function, Program
from zyn.debug.wire import Activation, Task, Waiting
from zyn.ir.side_table import Probe, State
from zyn.runtime.waits import described, leaf_number

DEPTH_MAX = 4096  # frames of one chain; a longer one is a broken frame
GROUP_SHOWN_MAX = 8
NS_PER_MS = 1_000_000
TIMER_SHIFT = 12  # ZYN_TIMER_SHIFT of timer_wheel.h


class Level(msgspec.Struct, eq=False):
    """One frame.  `machine` is 0 for a direct function; `task` is whose frame it is."""

    task: int
    function: Function
    machine: int = 0
    state: int | None = None
    activation: Activation | None = None
    kind: str = "awaiting"
    line: int | None = None  # 0-based, when only a line is known

    @property
    def probe(self) -> Probe | None:
        """The statement, when a debug activation says which."""
        if self.activation is None:
            return None
        return self.function.probes.get(self.activation.probe)

    @property
    def suspended(self) -> State | None:
        """The suspension point, when it is suspended at one."""
        if self.state is None or self.state == 0 or self.activation is not None:
            return None
        return self.function.states.get(self.state)

    @property
    def span(self) -> Span | None:
        """The text that it executes or waits at."""
        if self.probe is not None:
            return self.probe.span
        if self.line is not None:
            return None
        return self.suspended.span if self.suspended is not None else self.function.table.span

    @property
    def at_line(self) -> int:
        """The 0-based line of `span`."""
        if self.probe is not None:
            return self.probe.line
        if self.line is not None:
            return self.line
        return self.suspended.line if self.suspended is not None else self.function.table.line


class Leaf(msgspec.Struct, frozen=True):
    """What the innermost frame waits for.  `task` is set when it is another task's end."""

    name: str
    address: int
    task: int = 0
    group: tuple[int, ...] = ()
    deadline_ms: int | None = None
    count: int = 0
    wait: Waiting | None = None


def deadline_in(timer: bytes) -> int:
    """The deadline of a timer in milliseconds of the runtime clock, from its first two words."""
    upper = int.from_bytes(timer[:4], "little") >> TIMER_SHIFT
    return upper << 32 | int.from_bytes(timer[4:8], "little")


class Chain(msgspec.Struct):
    """Frames from the root to the innermost, and the leaf after it."""

    levels: list[Level]
    leaf: Leaf | None = None


class Stacks:
    """Walks stacks in one debuggee."""

    def __init__(self, program: Program, memory: Memory) -> None:
        self.program = program
        self.memory = memory

    async def chain(self, task: Task) -> Chain:
        """The await chain of a task from its root machine."""
        self.memory.seed(task.machine, task.frame)
        function = self.program.function(task.side_table)
        if function is None:
            leaf = await self.leaf(task.name, task.machine) if task.machine else None
            return Chain([], leaf)
        return await self._walk(task.id, function, task.machine)

    async def _walk(self, task: int, function: Function, machine: int) -> Chain:
        chain = Chain([])
        while len(chain.levels) < DEPTH_MAX:
            state = await self.memory.u32(machine)
            chain.levels.append(Level(task, function, machine, state))
            suspended = function.states.get(state) if state else None
            if suspended is None:
                return chain
            step = await self._next(function, machine, suspended)
            if step is None or isinstance(step, Leaf):
                chain.leaf = step
                return chain
            function, machine = step
        return chain

    async def _next(
        self, function: Function, machine: int, state: State
    ) -> tuple[Function, int] | Leaf | None:
        """What is awaited at a suspension point."""
        if 0 <= state.child < len(function.slots):
            slot = function.slots[state.child]
            address = machine + slot.offset
            name = slot.function or state.callee or ""
            callee = self.program.named(name, function.table.module)
            if callee is not None and callee.table.frame is not None:
                return callee, address
            if name == "await_promise":
                promise = await self.memory.pointer(address + self.memory.places.await_promise)
                return await self._promise(promise)
            return await self.leaf(name, address)
        if 0 <= state.promise < len(function.slots):
            slot = function.slots[state.promise]
            return await self._promise(await self.memory.pointer(machine + slot.offset))
        return None

    async def _promise(self, address: int) -> tuple[Function, int] | Leaf | None:
        seen = await self.memory.promise(address)
        if seen is None:
            return None
        if seen.task:
            return Leaf("await_promise", address, seen.task)
        function = self.program.function(seen.descriptor.side_table)
        if function is not None:
            return function, seen.machine
        return await self.leaf(seen.descriptor.name, seen.machine)

    async def leaf(self, name: str, address: int) -> Leaf:
        """What a leaf future in memory waits for."""
        places = self.memory.places
        match name:
            case "delay":
                data = await self.memory.read(address + places.delay_timer, 8)
                return Leaf(name, address, deadline_ms=deadline_in(data))
            case "await_promise":
                promise = await self.memory.pointer(address + places.await_promise)
                seen = await self.memory.promise(promise)
                return Leaf(name, address, seen.task if seen is not None else 0)
            case "join" | "race" | "all_settled":
                count = await self.memory.pointer(address + places.group_count)
                group = await self.memory.pointer(address + places.group)
                tasks = await self._group(group, min(count, GROUP_SHOWN_MAX)) if group else ()
                return Leaf(name, address, group=tasks, count=count)
        return Leaf(name, address)

    async def explained(self, waiting: Sequence[tuple[Task, Chain]]) -> list[Leaf | None]:
        """The leaves of parked tasks with what is known of the objects that they wait for."""
        asked: list[tuple[int, int, int, int]] = []
        places: list[int] = []
        leaves = [chain.leaf for _, chain in waiting]
        for index, ((task, _), leaf) in enumerate(zip(waiting, leaves, strict=True)):
            number = leaf_number(leaf.name) if leaf is not None else None
            if leaf is not None and number is not None:
                asked.append((task.id, task.polls, leaf.address, number))
                places.append(index)
        for index, wait in zip(places, await self.memory.link.waits(asked), strict=True):
            leaf = leaves[index]
            assert leaf is not None
            leaves[index] = msgspec.structs.replace(leaf, wait=wait)
        return leaves

    async def awaited(self, chain: Chain) -> tuple[int, ...]:
        """Every task whose end the innermost frame waits for."""
        leaf = chain.leaf
        if leaf is None:
            return ()
        tasks = leaf.group
        if leaf.count > GROUP_SHOWN_MAX:
            group = await self.memory.pointer(leaf.address + self.memory.places.group)
            tasks = await self._group(group, leaf.count) if group else ()
        return tuple(task for task in (leaf.task, *tasks) if task)

    async def _group(self, group: int, count: int) -> tuple[int, ...]:
        places = self.memory.places
        first = group + places.children + places.child_promise
        pointers = await self.memory.read_all(
            (first + i * places.child_stride, 8) for i in range(count)
        )
        tasks: list[int] = []
        for data in pointers:
            seen = await self.memory.promise(int.from_bytes(data, "little"))
            if seen is not None and seen.state not in ENDED:
                tasks.append(seen.task)
        return tuple(tasks)

    # --- whole stacks ---------------------------------------------------------------------------

    async def levels(self, task: Task, activations: tuple[Activation, ...]) -> list[Level]:
        """The frames of a task alone, innermost first."""
        chain = await self.chain(task)
        if not activations:
            return self._stopped_fast(task, chain) if task.stop_site else chain.levels[::-1]
        stopped = await self._activated(task.id, activations)
        outer = stopped[-1].machine
        machines = [level.machine for level in chain.levels]
        if outer and outer in machines:
            stopped += chain.levels[: machines.index(outer)][::-1]
        elif outer == 0:
            stopped += chain.levels[::-1]
        return stopped

    async def _activated(self, task: int, activations: tuple[Activation, ...]) -> list[Level]:
        found: list[Level] = []
        for activation in activations:
            function = self.program.function(activation.side_table)
            if function is None:
                continue
            state = await self.memory.u32(activation.machine) if activation.machine else None
            calls_async = bool(found) and found[-1].machine != 0
            kind = "awaiting" if activation.machine and calls_async else "running"
            level = Level(task, function, activation.machine, state, activation, kind)
            if calls_async and await self._goes_on(level, found[-1]):
                level.activation = None
            found.append(level)
        return found

    async def _goes_on(self, level: Level, inner: Level) -> bool:
        """Whether a frame polls again what it was suspended at and has begun no statement since.

        Its activation is then as fresh as the poll and names the first statement of the function.
        """
        suspended = level.function.states.get(level.state) if level.state else None
        if suspended is None or level.activation is None or level.activation.probe != 0:
            return False
        return await self._next(level.function, level.machine, suspended) == (
            inner.function,
            inner.machine,
        )

    def _stopped_fast(self, task: Task, chain: Chain) -> list[Level]:
        """A stop at a back-edge or entry of a fast build: only the line is known."""
        function, line = self.program.site(task.stop_site)
        levels = chain.levels[::-1]
        if function is None:
            return levels
        if levels and levels[0].function is function:
            inner = levels[0]
            top = Level(task.id, function, inner.machine, inner.state, None, "running", line - 1)
            return [top, *levels[1:]]
        return [Level(task.id, function, kind="running", line=line - 1), *levels]


def waits_for(leaf: Leaf | None, now_ns: int | None) -> str | None:
    """What a parked task waits for, in words; without a clock a timer tells its deadline."""
    if leaf is None:
        return None
    if leaf.wait is not None:
        return described(leaf.name, leaf.wait, now_ns)
    match leaf.name:
        case "delay":
            if now_ns is None:
                return f"until {leaf.deadline_ms} ms"
            left = max(0, (leaf.deadline_ms or 0) - now_ns // NS_PER_MS)
            return f"timer, {left} ms left"
        case "yield_now":
            return "its next turn"
        case "pending":
            return "nothing"
        case "await_promise":
            return f"task {leaf.task}" if leaf.task else "a promise"
        case "foreign":
            return "the host"
        case "join" | "all_settled":
            return f"all of {_tasks(leaf)}"
        case "race":
            return f"the first of {_tasks(leaf)}"
    return leaf.name or None


def _tasks(leaf: Leaf) -> str:
    if leaf.count == 0:
        return "nothing"
    if not leaf.group:
        return f"{leaf.count} promises"
    shown = ", ".join(str(task) for task in leaf.group)
    rest = leaf.count - GROUP_SHOWN_MAX
    return f"tasks {shown}" + (f" and {rest} more" if rest > 0 else "")
