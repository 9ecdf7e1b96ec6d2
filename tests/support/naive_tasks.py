"""Lists of tasks by a plain model: every task is told and looked at here, one by one.

It walks frames and sorts in Python; what the agent finds in one pass has to be the same
(tests/dap/test_listing.py).
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from zyn.debug.awaits import Place
from zyn.debug.memory import DESCRIPTOR_AT, FLAGS_AT, FRAME_TASK, HEADER_SIZE, POINTER_SIZE
from zyn.debug.model import AwaitGroup
from zyn.debug.program import Function
from zyn.debug.stack import DEPTH_MAX
from zyn.debug.target import PARKED, STATES, Target
from zyn.debug.tasks import Wanted
from zyn.debug.wire import Task
from zyn.ir.side_table import State

STATE_SIZE = 4
GROUP_IDS_MAX = 16
ORDER = ("running", "failed", "runnable", "parked", "held", "pending", "cancelled", "completed")


async def page(
    target: Target, wanted: Wanted, start: int, count: int | None
) -> tuple[list[tuple[Task, int]], int]:
    """The tasks of a page, each with the number of its children, and how many match."""
    target.memory.forget()
    every = await target.link.all_tasks(1_000_000)
    ids = {task.id for task in every}
    found = [task for task in every if _matches(target, task, wanted, ids)]
    if wanted.awaits is not None:
        parked = [task for task in every if task.state == PARKED]
        places = await await_places(target, parked)
        there = {
            task.id
            for task, place in zip(parked, places, strict=True)
            if (place[0], place[2]) == wanted.awaits
        }
        found = [task for task in found if task.id in there]
    found.sort(
        key=lambda task: (task.id not in target.stops, ORDER.index(STATES[task.state]), task.id)
    )
    children = Counter(task.parent for task in every)
    part = found[start : None if count is None else start + count]
    return [(task, children[task.id]) for task in part], len(found)


def _matches(target: Target, task: Task, wanted: Wanted, known: set[int]) -> bool:
    if wanted.states is not None and STATES[task.state] not in wanted.states:
        return False
    if wanted.parent is not None:
        parent = task.parent if task.parent in known else 0
        if parent != wanted.parent:
            return False
    if not wanted.text:
        return True
    root = target.program.function(task.side_table)
    name = root.name if root is not None else task.name
    return wanted.text.lower() in name.lower() or wanted.text == str(task.id)


async def by_await(target: Target) -> list[AwaitGroup]:
    """The parked tasks by where they wait."""
    target.memory.forget()
    parked = [task for task in await target.link.all_tasks(1_000_000) if task.state == PARKED]
    groups: dict[Place, list[Task]] = {}
    for task, place in zip(parked, await await_places(target, parked), strict=True):
        groups.setdefault(place, []).append(task)
    found = [
        AwaitGroup(
            function=name,
            file=file,
            line=line,
            count=len(waiting),
            tasks=tuple(task.id for task in waiting[:GROUP_IDS_MAX]),
            oldest_since_ns=min(task.parked_since_ns for task in waiting),
        )
        for (name, file, line), waiting in groups.items()
    ]
    return sorted(found, key=lambda group: (-group.count, group.function, group.line or 0))


class _Walk(msgspec.Struct, eq=False):
    """One task on the way from its root frame to the innermost one."""

    task: Task
    function: Function
    machine: int
    suspended: State | None = None

    def kept(self, address: int, size: int) -> bytes | None:
        """Bytes that came with the task, which has its root frame and those inside it."""
        start = address - self.task.machine
        if start >= 0 and start + size <= len(self.task.frame):
            return self.task.frame[start : start + size]
        return None

    @property
    def place(self) -> Place:
        table = self.function.table
        line = self.suspended.line if self.suspended is not None else table.line
        return self.function.name, table.file or None, line + 1


async def await_places(target: Target, tasks: Sequence[Task]) -> list[Place]:
    """The innermost await of each task, in their order; its name where nothing is known of it."""
    walks: list[_Walk | None] = []
    for task in tasks:
        function = target.program.function(task.side_table)
        walks.append(_Walk(task, function, task.machine) if function is not None else None)
    going = [walk for walk in walks if walk is not None]
    for _ in range(DEPTH_MAX):
        if not going:
            break
        going = await _inward(target, going)
    return [
        walk.place if walk is not None else (task.name, None, None)
        for walk, task in zip(walks, tasks, strict=True)
    ]


async def _inward(target: Target, walks: list[_Walk]) -> list[_Walk]:
    """Take each walk one frame further; those that have not come to their end."""
    going: list[_Walk] = []
    pointers: list[tuple[_Walk, int]] = []
    states = await _read(target, ((walk, walk.machine, STATE_SIZE) for walk in walks))
    for walk, data in zip(walks, states, strict=True):
        state = int.from_bytes(data, "little")
        walk.suspended = walk.function.states.get(state) if state else None
        if walk.suspended is None:
            continue
        pointer = _enter(target, walk, walk.suspended)
        if pointer is True:
            going.append(walk)
        elif pointer is not None:
            pointers.append((walk, pointer))
    return going + await _followed(target, pointers)


def _enter(target: Target, walk: _Walk, state: State) -> int | bool | None:
    """Go into the frame that is awaited and lies inside this one, which gives True.

    Else the address of the pointer to what is awaited elsewhere, or None where it is a leaf.
    """
    slots = walk.function.slots
    if 0 <= state.child < len(slots):
        slot = slots[state.child]
        name = slot.function or state.callee or ""
        callee = target.program.named(name, walk.function.table.module)
        if callee is not None and callee.table.frame is not None:
            walk.function, walk.machine = callee, walk.machine + slot.offset
            return True
        if name == "await_promise":
            return walk.machine + slot.offset + target.memory.places.await_promise
        return None
    if 0 <= state.promise < len(slots):
        return walk.machine + slots[state.promise].offset
    return None


async def _followed(target: Target, pointers: list[tuple[_Walk, int]]) -> list[_Walk]:
    """Those of the walks that go on in a frame of its own which is no task."""
    found = await _read(target, ((walk, address, POINTER_SIZE) for walk, address in pointers))
    promises = [
        (walk, promise)
        for (walk, _), data in zip(pointers, found, strict=True)
        if (promise := int.from_bytes(data, "little"))
    ]
    heads = await target.link.read([(promise, HEADER_SIZE) for _, promise in promises])
    going: list[_Walk] = []
    for (walk, promise), head in zip(promises, heads, strict=True):
        flags = int.from_bytes(head[FLAGS_AT : FLAGS_AT + 4], "little")
        if len(head) < HEADER_SIZE or flags & FRAME_TASK:
            continue
        address = int.from_bytes(head[DESCRIPTOR_AT:HEADER_SIZE], "little")
        descriptor = await target.memory.descriptor(address)
        function = target.program.function(descriptor.side_table)
        if function is not None:
            walk.function, walk.machine = function, promise + HEADER_SIZE
            going.append(walk)
    return going


async def _read(target: Target, places: Iterable[tuple[_Walk, int, int]]) -> list[bytes]:
    """Several blocks, those that did not come with their task with one request."""
    wanted = list(places)
    found = [walk.kept(address, size) for walk, address, size in wanted]
    missing = [
        (address, size)
        for (_, address, size), data in zip(wanted, found, strict=True)
        if data is None
    ]
    rest = iter(await target.link.read(missing) if missing else [])
    return [next(rest) if data is None else data for data in found]
