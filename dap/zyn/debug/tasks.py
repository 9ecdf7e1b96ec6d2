"""Tasks as lists show them: where each one runs or waits, what for, and which matter most."""

import contextlib
from collections import Counter
from collections.abc import Sequence

import msgspec

from zyn.debug.awaits import Place, await_places
from zyn.debug.link import RequestFailed
from zyn.debug.memory import HEADER_SIZE, POINTER_SIZE
from zyn.debug.model import AwaitGroup, DeadlockedTask, TaskView
from zyn.debug.stack import Level, waits_for
from zyn.debug.target import ENDED, PARKED, REASONS, STATES, TASKS_MAX, Stop, Target
from zyn.debug.wire import Task

GROUP_IDS_MAX = 16

_INTEREST = ("running", "failed", "runnable", "parked", "held", "pending", "cancelled", "completed")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which tasks a page is about; see `Engine.tasks`.  None: whatever it is."""

    states: Sequence[str] | None = None
    text: str | None = None
    parent: int | None = None
    awaits: tuple[str, int | None] | None = None


async def view(target: Target, task: Task, now_ns: int | None = None) -> TaskView:
    """One task."""
    stop = target.stops.get(task.id)
    chain = await target.stacks.chain(task)
    level = _where(target, task, stop) or (chain.levels[-1] if chain.levels else None)
    waiting = chain.leaf is not None and stop_is_parked(stop) and task.state not in ENDED
    leaf = await target.stacks.explained(task, chain) if waiting else None
    if leaf is not None and now_ns is None and (leaf.deadline_ms is not None or leaf.wait):
        now_ns = await target.now_ns()
    root = target.program.function(task.side_table)
    name = root.name if root is not None else task.name
    state = STATES[task.state] if task.state < len(STATES) else "pending"
    shown = target.program.functions.get(task.error_table) if task.error_code else None
    line = level.at_line + 1 if level is not None else None
    if shown is not None and task.error_line:
        line = task.error_line
    return TaskView(
        id=task.id,
        name=name,
        state=state,  # type: ignore[arg-type]
        stopped=stop.reason if stop is not None else REASONS.get(task.stop),
        held=task.held != 0,
        parent=task.parent or None,
        function=level.function.name if level is not None else name,
        file=(level.function.table.file or None) if level is not None else None,
        line=line,
        await_state=level.state if level is not None and level.suspended is not None else None,
        waits_for=waits_for(leaf, now_ns or 0) if waiting else None,
        polls=task.polls,
        wakes=task.wakes,
        parked_since_ns=task.parked_since_ns if task.state == PARKED else None,
        woken_by=task.waker or None,
        spawned_at=target.program.site(task.spawn_site)[1] or None,
        error=task.error or None,
    )


def stop_is_parked(stop: Stop | None) -> bool:
    """Whether the task is where it waits, not inside a poll."""
    return stop is None or not stop.mid_poll


def _where(target: Target, task: Task, stop: Stop | None) -> Level | None:
    """The statement of a task that stopped inside a poll."""
    if stop is None or not stop.mid_poll:
        return None
    for activation in stop.chain:
        function = target.program.function(activation.side_table)
        if function is not None:
            return Level(task.id, function, activation.machine, None, activation, "running")
    function, line = target.program.site(stop.task.stop_site)
    return Level(task.id, function, kind="running", line=line - 1) if function else None


async def page(
    target: Target, wanted: Wanted, start: int, count: int | None
) -> tuple[list[TaskView], int]:
    """The tasks that match, most interesting first; views are made of the page only."""
    if not target.stands_still:
        target.memory.forget()
    every = await target.every_task()
    known = {task.id for task in every}
    found = [task for task in every if _matches(target, task, wanted, known)]
    if wanted.awaits is not None:
        there = {task.id for task, place in await _parked(target) if place[::2] == wanted.awaits}
        found = [task for task in found if task.id in there]
    found.sort(key=lambda task: (task.id not in target.stops, _interest(task), task.id))
    page = found[start : None if count is None else start + count]
    children = Counter(task.parent for task in every)
    now_ns = await target.now_ns()
    return [
        msgspec.structs.replace(await view(target, task, now_ns), children=children[task.id])
        for task in page
    ], len(found)


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


def _interest(task: Task) -> int:
    return _INTEREST.index(STATES[task.state])


async def _parked(target: Target) -> list[tuple[Task, Place]]:
    """The parked tasks and where; found once for tasks that stand still."""
    every = await target.every_task()
    if target.parked is None or target.parked[0] is not every:
        waiting = [task for task in every if task.state == PARKED]
        places = await await_places(target, waiting)
        target.parked = every, list(zip(waiting, places, strict=True))
    return target.parked[1]


async def by_await(target: Target) -> list[AwaitGroup]:
    """Parked tasks grouped by the line they wait at, largest group first."""
    if not target.stands_still:
        target.memory.forget()
    groups: dict[tuple[str, str | None, int | None], list[Task]] = {}
    for task, place in await _parked(target):
        groups.setdefault(place, []).append(task)
    found = [
        AwaitGroup(
            function=name, file=file, line=line, count=len(waiting),
            tasks=tuple(task.id for task in waiting[:GROUP_IDS_MAX]),
            oldest_since_ns=min(task.parked_since_ns for task in waiting),
        )
        for (name, file, line), waiting in groups.items()
    ]  # fmt: skip
    return sorted(found, key=lambda group: (-group.count, group.function, group.line or 0))


async def deadlocked(target: Target) -> tuple[DeadlockedTask, ...]:
    """Every task that waits, where and what for."""
    target.memory.forget()
    found: list[DeadlockedTask] = []
    now_ns = await target.now_ns()
    for task in await target.link.all_tasks(TASKS_MAX):
        if task.state in ENDED:
            continue
        shown = await view(target, task, now_ns)
        found.append(
            DeadlockedTask(
                id=task.id, name=shown.name, function=shown.function, file=shown.file,
                line=shown.line, waits_for=shown.waits_for or "nothing",
            )
        )  # fmt: skip
    return tuple(found)


async def awaiter(target: Target, task: Task) -> tuple[Task, list[Level]] | None:
    """A task that awaits this one, and its frames, innermost first; None when there is none.

    Looking at every task takes time.  So it asks first who it was the last time, then whose frame
    holds the address of this task's promise, and then everybody, remembering whom each awaits.
    """
    if not await target.memory.is_awaited(task.machine):
        return None
    known = target.awaiters.get(task.id)
    if known is not None:
        with contextlib.suppress(RequestFailed):
            other, _ = await target.link.chain(known)
            chain = await target.stacks.chain(other)
            if task.id in await target.stacks.awaited(chain):
                return other, chain.levels[::-1]
    target.awaiters.clear()
    promise = (task.machine - HEADER_SIZE).to_bytes(POINTER_SIZE, "little")
    for only_likely in (True, False):
        found: tuple[Task, list[Level]] | None = None
        async for other in target.link.each_task():
            if other.state in ENDED or (only_likely and promise not in other.frame):
                continue
            chain = await target.stacks.chain(other)
            for awaited in await target.stacks.awaited(chain):
                target.awaiters.setdefault(awaited, other.id)
                if awaited == task.id and found is None:
                    found = other, chain.levels[::-1]
        if found is not None:
            return found
    return None
