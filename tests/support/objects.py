"""The objects of the reference interpreter: channels and locks, by the rules of the native ones.

Waiters are served in the order of asking, and what a waiter was promised is its own.  Absent here:
closing when nobody is left who could send, which only counted references can tell; cancelling.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from tests.support.arithmetic import Some
from tests.support.scheduler import AwaitPromise, Delay, Leaf, Promise, Scheduler
from zyn.sema.types import OptionalType, Type


class Waiter(Leaf):
    """Somebody in a queue; `outcome` is set by whoever serves it, or at once."""

    def __init__(self, begin: Callable[["Waiter"], None]) -> None:
        self.begin = begin
        self.began = False
        self.is_settled = False
        self.outcome: Any = None
        self.value: Any = None
        self.amount = 1
        self.wake: Callable[[], None] | None = None

    def settle(self, outcome: Any) -> None:
        """It need not wait any more."""
        self.is_settled = True
        self.outcome = outcome
        if self.wake is not None:
            self.wake()

    def poll(self, scheduler: Scheduler) -> bool:
        """Ready when it was served."""
        if not self.began:
            self.began = True
            self.begin(self)
        task = scheduler.current
        self.wake = lambda: scheduler.wake(task)
        return self.is_settled

    def take(self) -> Any:
        """What it was served."""
        return self.outcome


class Channel:
    """A queue of values."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.values: deque[Any] = deque()
        self.is_closed = False
        self.senders: deque[Waiter] = deque()
        self.receivers: deque[Waiter] = deque()

    def try_send(self, value: Any) -> bool:
        """Whether there was room, and nobody waits for it."""
        full = self.capacity and len(self.values) >= self.capacity
        if self.is_closed or full or self.senders:
            return False
        self.push(value)
        return True

    def push(self, value: Any) -> None:
        """To whom waits longest, else into the queue."""
        if self.receivers:
            self.receivers.popleft().settle(Some(value))
        else:
            self.values.append(value)

    def try_recv(self) -> Any:
        """The oldest value, or None; then there is room for a sender."""
        if not self.values:
            return None
        value = self.values.popleft()
        if self.senders:
            sender = self.senders.popleft()
            self.push(sender.value)
            sender.settle(True)
        return Some(value)

    def send(self, value: Any) -> Leaf:
        """Waits for room."""

        def begin(waiter: Waiter) -> None:
            waiter.value = value
            if self.is_closed:
                waiter.settle(False)
            elif self.try_send(value):
                waiter.settle(True)
            else:
                self.senders.append(waiter)

        return Waiter(begin)

    def recv(self) -> Leaf:
        """Waits for a value."""

        def begin(waiter: Waiter) -> None:
            value = self.try_recv()
            if value is not None or self.is_closed:
                waiter.settle(value)
            else:
                self.receivers.append(waiter)

        return Waiter(begin)

    def close(self) -> None:
        """Those who wait are refused."""
        self.is_closed = True
        for waiter in self.senders:
            waiter.settle(False)
        for waiter in self.receivers:
            waiter.settle(None)
        self.senders.clear()
        self.receivers.clear()


class Permits:
    """A semaphore; with one permit that must have been taken, a mutex."""

    def __init__(self, permits: int, limit: int | None = None) -> None:
        self.free = permits
        self.limit = limit
        self.is_closed = False
        self.queue: deque[Waiter] = deque()

    def try_acquire(self, amount: int = 1) -> bool:
        """Whether there were enough, and nobody waits for them."""
        if self.is_closed or self.queue or self.free < amount:
            return False
        self.free -= amount
        return True

    def acquire(self, amount: int = 1) -> Leaf:
        """Waits for permits."""

        def begin(waiter: Waiter) -> None:
            waiter.amount = amount
            if self.is_closed or self.try_acquire(amount):
                waiter.settle(not self.is_closed)
            else:
                self.queue.append(waiter)

        return Waiter(begin)

    def release(self, amount: int = 1) -> None:
        """Gives permits back and serves who waits."""
        if self.limit is not None and self.free + amount > self.limit:
            raise RuntimeError("the mutex is not locked")
        self.free += amount
        while self.queue and self.queue[0].amount <= self.free:
            waiter = self.queue.popleft()
            self.free -= waiter.amount
            waiter.settle(True)

    def close(self) -> None:
        """Those who wait are refused."""
        self.is_closed = True
        for waiter in self.queue:
            waiter.settle(False)
        self.queue.clear()


class Within(Leaf):
    """A promise with a time limit."""

    def __init__(self, milliseconds: int, promise: Promise, is_void: bool) -> None:
        self.awaited = AwaitPromise(promise)
        self.delay = Delay(milliseconds)
        self.is_void = is_void
        self.is_late = False

    def poll(self, scheduler: Scheduler) -> bool:
        """Ready when the promise is, or the time has come."""
        if self.awaited.poll(scheduler):
            return True
        self.is_late = self.delay.poll(scheduler)
        return self.is_late

    def take(self) -> Any:
        """The value, or that it was late."""
        value = None if self.is_late else self.awaited.take()
        if self.is_void:
            return not self.is_late
        return None if self.is_late else Some(value)


class Select(Leaf):
    """The first promise to be ready, asked in order."""

    def __init__(self, promises: tuple[Promise, ...], is_void: bool) -> None:
        self.awaits = [AwaitPromise(promise) for promise in promises]
        self.is_void = is_void
        self.winner = 0

    def poll(self, scheduler: Scheduler) -> bool:
        """Ready when one is."""
        for index, one in enumerate(self.awaits):
            if one.poll(scheduler):
                self.winner = index
                return True
        return False

    def take(self) -> Any:
        """Which it was, and its value."""
        value = self.awaits[self.winner].take()
        return (self.winner,) if self.is_void else (self.winner, value)


MAKERS: dict[str, Callable[..., Any]] = {
    "channel": Channel,
    "mutex": lambda: Permits(1, 1),
    "semaphore": Permits,
}
LEAVES: dict[str, Callable[..., Leaf]] = {
    "Channel.send": Channel.send,
    "Channel.recv": Channel.recv,
    "Mutex.lock": Permits.acquire,
    "Semaphore.acquire": Permits.acquire,
    "Semaphore.acquire_many": Permits.acquire,
}
OPERATIONS: dict[str, Callable[..., Any]] = {
    "Channel.try_send": Channel.try_send,
    "Channel.try_recv": Channel.try_recv,
    "Channel.close": Channel.close,
    "Channel.len": lambda channel: len(channel.values),
    "Mutex.try_lock": Permits.try_acquire,
    "Mutex.unlock": Permits.release,
    "Semaphore.try_acquire": Permits.try_acquire,
    "Semaphore.release": Permits.release,
    "Semaphore.release_many": Permits.release,
    "Semaphore.available": lambda permits: permits.free,
    "Semaphore.close": Permits.close,
}


def combined(name: str, args: tuple[Any, ...], result: Type) -> Leaf:
    """The leaf behind `timeout` or `select`, whose promise gives `result`."""
    if name == "timeout":
        return Within(args[0], args[1], not isinstance(result, OptionalType))
    fields = getattr(result, "fields", ())
    return Select(args, len(fields) == 1)
