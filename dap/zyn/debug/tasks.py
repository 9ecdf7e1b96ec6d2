"""Tasks as lists show them: where each one runs or waits, what for, and which matter most."""

import contextlib
from collections.abc import Sequence

import msgspec

from zyn.debug import awaits
from zyn.debug.awaits import U64_MAX, Place, Query, place_of
from zyn.debug.link import TASKS_AT_ONCE, ParkedGroup, RequestFailed
from zyn.debug.memory import HEADER_SIZE, POINTER_SIZE
from zyn.debug.model import AwaitGroup, DeadlockedTask, RuntimeView, TaskView, WorkerView
from zyn.debug.stack import Chain, Level, waits_for
from zyn.debug.target import ENDED, PARKED, REASONS, STATES, TASKS_MAX, Stop, Target
from zyn.debug.wire import Task

GROUP_IDS_MAX = 16

_INTEREST = ("running", "failed", "runnable", "parked", "held", "pending", "cancelled", "completed")
_RANKS = tuple(_INTEREST.index(state) for state in STATES)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which tasks a page is about; see `Engine.tasks`.  None: whatever it is."""

    states: Sequence[str] | None = None
    text: str | None = None
    parent: int | None = None
    awaits: tuple[str, int | None] | None = None


async def view(target: Target, task: Task, now_ns: int | None = None) -> TaskView:
    """One task."""
    return (await views(target, [task], now_ns))[0]


async def views(target: Target, tasks: Sequence[Task], now_ns: int | None = None) -> list[TaskView]:
    """Tasks as lists show them, with as few requests as their frames need."""
    chains = [await target.stacks.chain(task) for task in tasks]
    waiting = [_waits(target, task, chain) for task, chain in zip(tasks, chains, strict=True)]
    asked = [
        (task, chain) for task, chain, waits in zip(tasks, chains, waiting, strict=True) if waits
    ]
    leaves = await target.stacks.explained(asked)
    timed = any(leaf is not None and (leaf.deadline_ms is not None or leaf.wait) for leaf in leaves)
    if timed and now_ns is None:
        now_ns = await target.now_ns()
    known = iter(leaves)
    return [
        _view(target, task, chain, waits_for(next(known), now_ns or 0) if waits else None)
        for task, chain, waits in zip(tasks, chains, waiting, strict=True)
    ]


def _waits(target: Target, task: Task, chain: Chain) -> bool:
    """Whether it is said what a task waits for."""
    parked = stop_is_parked(target.stops.get(task.id))
    return chain.leaf is not None and parked and task.state not in ENDED


def _view(target: Target, task: Task, chain: Chain, waits: str | None) -> TaskView:
    stop = target.stops.get(task.id)
    level = _where(target, task, stop) or (chain.levels[-1] if chain.levels else None)
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
        waits_for=waits,
        polls=task.polls,
        wakes=task.wakes,
        parked_since_ns=task.parked_since_ns if task.state == PARKED else None,
        woken_by=task.waker or None,
        spawned_at=target.program.site(task.spawn_site)[1] or None,
        error=task.error or None,
        cancelling=task.cancelling != 0 and task.state not in ENDED,
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
    """The tasks that match, most interesting first.

    The agent finds them and puts them in order; only those of the page are told and looked into.
    """
    if not target.stands_still:
        target.memory.forget()
    if wanted.parent is not None and not 0 <= wanted.parent <= U64_MAX:
        return [], 0
    query = Query(
        states=_bits(wanted.states),
        parent=wanted.parent,
        text=wanted.text or "",
        awaits=wanted.awaits,
        first=tuple(target.stops),
        ranks=_RANKS,
    )
    promise_at = target.memory.places.await_promise
    found: dict[int, tuple[int, Task]] = {}
    while True:
        at = min(max(start, 0) + len(found), U64_MAX)
        more = TASKS_AT_ONCE if count is None else min(count - len(found), TASKS_AT_ONCE)
        asked = awaits.query(target.program, promise_at, query, at, max(more, 0))
        total, some = await target.link.page(asked)
        before = len(found)
        found |= {task.id: (children, task) for children, task in some}
        if len(some) < TASKS_AT_ONCE or len(found) == before:
            break
    now_ns = await target.now_ns()
    shown = await views(target, [task for _, task in found.values()], now_ns)
    return [msgspec.structs.replace(one, children=found[one.id][0]) for one in shown], total


def _bits(states: Sequence[str] | None) -> int:
    if states is None:
        return awaits.ALL_STATES
    return sum(1 << index for index, state in enumerate(STATES) if state in states)


async def by_await(target: Target) -> list[AwaitGroup]:
    """Parked tasks grouped by the line they wait at, largest group first."""
    if not target.stands_still:
        target.memory.forget()
    program = target.program
    places: dict[Place, list[ParkedGroup]] = {}
    asked = awaits.await_map(program, target.memory.places.await_promise)
    for group in sorted(await target.link.groups(asked), key=lambda group: group.ids):
        function = program.function(group.side_table)
        known = function is not None and not group.name
        place = place_of(function, group.state) if function and known else (group.name, None, None)
        places.setdefault(place, []).append(group)
    found = [
        AwaitGroup(
            function=name, file=file, line=line,
            count=sum(group.count for group in groups),
            tasks=tuple(sorted(id_ for group in groups for id_ in group.ids)[:GROUP_IDS_MAX]),
            oldest_since_ns=min(group.oldest_ns for group in groups),
        )
        for (name, file, line), groups in places.items()
    ]  # fmt: skip
    return sorted(found, key=lambda group: (-group.count, group.function, group.line or 0))


async def runtime(target: Target) -> RuntimeView:
    """The counters of the runtime; nothing stops for it."""
    now_ns, objects, size = await target.link.state()
    timers, workers = await target.link.metrics()
    names = [f"worker {index}" if index else "host" for index in range(len(workers))]
    if len(workers) == 1:
        names = ["worker 1"]
    return RuntimeView(
        clock=target.program.about.clock, now_ns=now_ns, timers=timers, live_objects=objects,
        live_bytes=size,
        workers=tuple(
            WorkerView(
                name=name, polls=polls, steals=steals, given=given, parks=parks, wakes=wakes,
                queued=queued,
            )
            for name, (polls, steals, given, parks, wakes, queued) in zip(
                names, workers, strict=True
            )
        ),
    )  # fmt: skip


async def deadlocked(target: Target) -> tuple[DeadlockedTask, ...]:
    """Every task that waits, where and what for."""
    target.memory.forget()
    every = await target.link.all_tasks(TASKS_MAX)
    shown = await views(target, [task for task in every if task.state not in ENDED])
    return tuple(
        DeadlockedTask(
            id=one.id, name=one.name, function=one.function, file=one.file, line=one.line,
            waits_for=one.waits_for or "nothing",
        )
        for one in shown
    )  # fmt: skip


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
