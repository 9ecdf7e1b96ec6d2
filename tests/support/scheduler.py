"""The tasks of the reference interpreter: the rules of the native runtime, in generators.

A turn fires the timers that are due (virtual time jumps to the next one when nothing else can be
done) and then resumes every task of the ready queue once, first in first out.  A promise that only
one await uses is run inside it; a second user makes it a task.
"""

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import Any

from zyn.sema.types import (
    ArrayType,
    BoolType,
    FloatType,
    IntType,
    StringType,
    StructType,
    Type,
)

Run = Generator[None, None, Any]


class Failure(Exception):
    """How a program fails: a code, a line of its source and a message."""

    def __init__(self, code: str, line: int, message: str) -> None:
        super().__init__(code, line, message)
        self.code = code
        self.line = line
        self.message = message


class DeadlockError(Exception):
    """Nothing can ever wake what is waited for."""


class Promise:
    """A body that runs when somebody waits for it.

    place   idle, queued, running, parked or ended
    owner   the await in which it runs; None for a task
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.place = "idle"
        self.is_task = False
        self.is_inside = False
        self.woken = False
        self.owner: AwaitPromise | None = None
        self.owner_task: Promise | None = None
        self.joiners: dict[object, Callable[[], None]] = {}
        self.value: Any = None
        self.failure: Failure | None = None

    def result(self) -> Any:
        """The value of a promise that has ended."""
        assert self.place == "ended"
        if self.failure is not None:
            raise self.failure
        return self.value


class Leaf:
    """Something to wait for: `poll` says whether it is ready, `take` gives what came of it."""

    def poll(self, scheduler: "Scheduler") -> bool:
        """Whether it is ready; if not, the current task will be woken."""
        raise NotImplementedError

    def take(self) -> Any:
        """The value."""
        return None


class Scheduler:
    """A ready queue, timers and a virtual clock in milliseconds."""

    def __init__(self) -> None:
        self.now = 0
        self.turn = 0
        self.current: Promise | None = None
        self.ready: deque[Promise] = deque()
        self.timers: list[tuple[int, int, Delay]] = []
        self.numbers = itertools.count()

    def block_on(self, main: Promise) -> Any:
        """Turn until `main` has ended."""
        self.spawn(main)
        while main.place != "ended":
            while not self.ready and self.timers:
                self.now = max(self.now, self.timers[0][0])
                self.fire_timers()
            if not self.ready:
                raise DeadlockError
            self.poll_round()
        return main.result()

    def fire_timers(self) -> None:
        """Wake whoever waits for a time that has come."""
        while self.timers and self.timers[0][0] <= self.now:
            delay = heapq.heappop(self.timers)[2]
            delay.fired = True
            self.wake(delay.task)

    def poll_round(self) -> None:
        """Resume each task that is ready now."""
        self.turn += 1
        batch, self.ready = self.ready, deque()
        for task in batch:
            task.place = "running"
            task.woken = False
            self.current = task
            if self.resume(task):
                continue
            task.place = "parked"
            if task.woken:
                self.enqueue(task)

    def resume(self, promise: Promise) -> bool:
        """Run a promise as far as it goes; whether it ended."""
        promise.is_inside = True
        try:
            next(promise.run)
        except StopIteration as stop:
            promise.value = stop.value
        except Failure as failure:
            promise.failure = failure
        else:
            promise.is_inside = False
            return False
        promise.is_inside = False
        promise.place = "ended"
        promise.owner = None
        joiners, promise.joiners = promise.joiners, {}
        for wake in joiners.values():
            wake()
        return True

    def enqueue(self, task: Promise) -> None:
        """Put a task behind the others."""
        task.place = "queued"
        self.ready.append(task)

    def wake(self, task: Promise | None) -> None:
        """Let a task that waits run again."""
        assert task is not None
        if task.place == "running":
            task.woken = True
        elif task.place == "parked":
            self.enqueue(task)

    def spawn(self, promise: Promise) -> None:
        """Make a promise a task that is ready, if it is not one already."""
        if promise.place == "ended":
            promise.is_task = True
        if not promise.is_task:
            promise.is_task = True
            if promise.owner is not None:
                promise.owner = None
                self.wake(promise.owner_task)
        if promise.place == "idle":
            self.enqueue(promise)

    def wait(self, leaf: Leaf) -> Run:
        """The part of a body that waits for `leaf`."""
        while not leaf.poll(self):
            yield
        return leaf.take()


class Delay(Leaf):
    """A time."""

    def __init__(self, milliseconds: int) -> None:
        self.milliseconds = milliseconds
        self.started = False
        self.fired = milliseconds <= 0
        self.task: Promise | None = None

    def poll(self, scheduler: Scheduler) -> bool:
        """Ready once the clock was there."""
        self.task = scheduler.current
        if not self.fired and not self.started:
            self.started = True
            deadline = scheduler.now + self.milliseconds
            heapq.heappush(scheduler.timers, (deadline, next(scheduler.numbers), self))
        return self.fired


class Turn(Leaf):
    """`yield_now`: one turn."""

    started = False

    def poll(self, scheduler: Scheduler) -> bool:
        """Ready the second time."""
        if self.started:
            return True
        self.started = True
        scheduler.wake(scheduler.current)
        return False


class Never(Leaf):
    """`pending`."""

    def poll(self, scheduler: Scheduler) -> bool:
        """Never ready."""
        return False


class AwaitPromise(Leaf):
    """A promise: run in place while nobody else wants it."""

    def __init__(self, promise: Promise) -> None:
        self.promise = promise

    def poll(self, scheduler: Scheduler) -> bool:
        """Ready when the promise has ended."""
        child = self.promise
        if child.place == "ended":
            return True
        if child.is_inside and not child.is_task:
            raise Failure("busy", 0, "a running promise cannot be polled")
        if not child.is_task and child.owner in (None, self):
            child.owner = self
            child.owner_task = scheduler.current
            if scheduler.resume(child):
                return True
            if child.owner is self:
                return False
        scheduler.spawn(child)
        task = scheduler.current
        child.joiners[self] = lambda: scheduler.wake(task)
        return False

    def take(self) -> Any:
        """Its value, or its failure."""
        return self.promise.result()


class Group(Leaf):
    """Several promises, made tasks by the first poll."""

    def __init__(self, promises: Sequence[Promise]) -> None:
        self.promises = promises
        self.started = False
        self.ended = 0
        self.failed: Promise | None = None
        self.task: Promise | None = None

    def poll(self, scheduler: Scheduler) -> bool:
        """Ready when enough of them have ended."""
        self.task = scheduler.current
        if not self.started:
            self.started = True
            for promise in self.promises:
                if promise.place == "ended":
                    self.count(promise, scheduler.turn)
                else:
                    scheduler.spawn(promise)
                    promise.joiners[object()] = self.joiner(scheduler, promise)
        return self.is_decided

    def joiner(self, scheduler: Scheduler, promise: Promise) -> Callable[[], None]:
        """What the end of a promise does."""

        def ended() -> None:
            before = self.is_decided
            self.count(promise, scheduler.turn)
            if not before and self.is_decided:
                scheduler.wake(self.task)

        return ended

    def count(self, promise: Promise, _turn: int) -> None:
        """Note the end of one of them."""
        self.ended += 1
        if promise.failure is not None and self.failed is None:
            self.failed = promise

    @property
    def is_decided(self) -> bool:
        """Whether nothing that is still to come can change the outcome."""
        return self.ended == len(self.promises)


class Join(Group):
    """All values, or the first failure."""

    @property
    def is_decided(self) -> bool:
        """Whether a failure or the last value is there."""
        return self.failed is not None or super().is_decided

    def take(self) -> Any:
        """The values in order."""
        if self.failed is not None:
            return self.failed.result()
        return tuple(promise.result() for promise in self.promises)


class Race(Group):
    """The first to end; of several in one turn the one that stands first."""

    winner_turn = -1
    winner: Promise | None = None

    def count(self, promise: Promise, turn: int) -> None:
        """Note the end of one of them, and whether that makes it the winner."""
        super().count(promise, turn)
        if self.winner is None:
            self.winner_turn = turn
        if turn == self.winner_turn:
            self.winner = next(p for p in self.promises if p in (promise, self.winner))

    @property
    def is_decided(self) -> bool:
        """Whether one has ended."""
        return self.ended != 0

    def take(self) -> Any:
        """Its value, or its failure."""
        assert self.winner is not None
        return self.winner.result()


class AllSettled(Group):
    """What came of each."""

    def __init__(self, promises: Sequence[Promise], *, is_void: bool, empty: Any) -> None:
        super().__init__(promises)
        self.is_void = is_void
        self.empty = empty

    def take(self) -> Any:
        """A record for each."""
        return tuple(self.record(promise) for promise in self.promises)

    def record(self, promise: Promise) -> Any:
        """`ok`, the value unless it is void, and the message."""
        failure = promise.failure
        ok = failure is None
        message = "" if failure is None else failure.message
        if self.is_void:
            return (ok, message)
        return (ok, promise.value if ok else self.empty, message)


def leaf(name: str, args: Sequence[Any], result: Type) -> Leaf:
    """The leaf behind a built-in."""
    match name:
        case "delay" | "sleep":
            return Delay(args[0])
        case "yield_now":
            return Turn()
        case "pending":
            return Never()
        case "join":
            return Join(args)
        case "race":
            return Race(args)
    return _all_settled(args, result)


def _all_settled(args: Sequence[Any], result: Type) -> Leaf:
    assert isinstance(result, ArrayType)
    assert isinstance(result.element, StructType)
    fields = dict(result.element.fields)
    is_void = "value" not in fields
    empty = None if is_void else zero(fields["value"])
    return AllSettled(args, is_void=is_void, empty=empty)


def zero(type_: Type) -> Any:
    """The value whose bytes are all zero, as the interpreter writes it."""
    match type_:
        case IntType():
            return 0
        case FloatType():
            return 0.0
        case BoolType():
            return False
        case StringType():
            return ""
        case StructType():
            return tuple(zero(field) for _, field in type_.fields)
        case ArrayType():
            return tuple(zero(type_.element) for _ in range(type_.length))
    return None
