"""Channels against a queue: values, closing, cancelled sends and receives, limits of time.

Step by step, with quiet between the steps, the model says exactly what each operation gives.  In a
storm several operations are under way at once and in an order that the seed decides; what must
hold then is said of the whole: nothing is lost or received twice, a sender's values come in its
order, who was cancelled or too late did nothing, and nobody waits who could go on.

Receivers write down what they take in the moment in which they take it.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from tests.support.stateful import RuntimeMachine, check_machine
from zyn.embed import Channel, Promise, Ready

# {T} is what is sent; {of} and {back} make it from a number and the number from it.
_PROGRAM = """
const Wide = struct {{ n: i64, text: string, padding: [9]i64 }};
async fn put(queue: Channel<{T}>, value: {T}) bool {{ return await queue.send(value); }}
async fn put_all(queue: Channel<{T}>, values: [3]{T}) bool {{
    await queue.send(values[0]);
    await queue.send(values[1]);
    return await queue.send(values[2]);
}}
async fn take(queue: Channel<{T}>, log: Channel<?{T}>) bool {{
    const value = await queue.recv();
    return value != null and log.try_send(value);
}}
async fn take_for(queue: Channel<{T}>, log: Channel<?{T}>, ms: i64) bool {{
    const value = await queue.recv_for(ms);
    return value != null and log.try_send(value);
}}
fn try_put(queue: Channel<{T}>, value: {T}) bool {{ return queue.try_send(value); }}
fn try_take(queue: Channel<{T}>, log: Channel<?{T}>) bool {{
    const value = queue.try_recv();
    return value != null and log.try_send(value);
}}
"""


class _Element(NamedTuple):
    """A type to send, and how a number becomes one of its values and comes back."""

    type: str
    value: Callable[[int], Any]
    number: Callable[[Any], int]


# In the channel, counted, and too large to lie in who waits.
_ELEMENTS = [
    _Element("i64", lambda number: number, int),
    _Element("string", str, int),
    _Element(
        "Wide",
        lambda number: {"n": number, "text": str(number), "padding": [number] * 9},
        lambda value: int(value.n) if value.padding == [value.n] * 9 else -1,
    ),
]


class _Waiter(NamedTuple):
    promise: Promise
    number: int = 0  # what a sender sends
    deadline_ms: float = float("inf")  # of a receiver


class ChannelQueue(RuntimeMachine):
    """A channel beside a deque, and who waits for it beside two more."""

    def __init__(self) -> None:
        super().__init__()
        self.queue: deque[int] = deque()
        self.senders: deque[_Waiter] = deque()
        self.receivers: deque[_Waiter] = deque()
        self.closed = False
        self.now = 0
        self.number = 0

    @initialize(
        element=st.sampled_from(_ELEMENTS),
        capacity=st.sampled_from([0, 1, 2, 5]),
        seed=st.integers(0, 1 << 32),
    )
    def make(self, element: _Element, capacity: int, seed: int) -> None:
        """A channel of some type and size, and a seed."""
        self.element = element
        self.program = _PROGRAM.format(T=element.type)
        self.begin(seed)
        assert self.runtime is not None
        self.channel: Channel | None = self.runtime.channel(element.type, capacity)
        self.log: Channel | None = self.runtime.channel(f"?{element.type}")
        self.capacity = capacity or float("inf")

    # --- one at a time ----------------------------------------------------------------------

    @rule()
    def put(self) -> None:
        """A task sends; it waits when the channel is full."""
        number = self._next()
        promise = self.spawn("put", self.channel, self.element.value(number))
        self.settle()
        if self.closed:
            assert promise.state == Ready(False)
        elif len(self.queue) < self.capacity:
            assert promise.state == Ready(True)
            self._arrives(number)
        else:
            self.senders.append(_Waiter(promise, number))

    @rule(ms=st.one_of(st.none(), st.integers(1, 5)))
    def take(self, ms: int | None) -> None:
        """A task receives; it waits when the channel is empty, perhaps only for a while."""
        promise = self._taking(ms)
        self.settle()
        if self.queue:
            assert promise.state == Ready(True)
            self._leaves()
        elif self.closed:
            assert promise.state == Ready(False)
        else:
            deadline_ms = float("inf") if ms is None else self.now + ms
            self.receivers.append(_Waiter(promise, deadline_ms=deadline_ms))

    @rule()
    def try_put(self) -> None:
        """Send at once or not at all."""
        number = self._next()
        sent = self.call("try_put", self.channel, self.element.value(number))
        self.settle()
        assert sent == (not self.closed and len(self.queue) < self.capacity)
        if sent:
            self._arrives(number)

    @rule()
    def try_take(self) -> None:
        """Receive at once or not at all."""
        taken = self.call("try_take", self.channel, self.log)
        self.settle()
        assert taken == bool(self.queue)
        if taken:
            self._leaves()

    @precondition(lambda self: self.senders or self.receivers)
    @rule(pick=st.integers(0, 1 << 10))
    def cancel(self, pick: int) -> None:
        """Somebody who waits is cancelled, and has done nothing."""
        # By number: what Hypothesis draws it keeps, and a waiter would keep its promise alive.
        waiters = self.senders or self.receivers  # never both
        waiter = waiters[pick % len(waiters)]
        waiters.remove(waiter)
        waiter.promise.cancel()
        self.settle()

    @rule(ms=st.integers(1, 5))
    def pass_some_time(self, ms: int) -> None:
        """Receivers whose time is up get nothing."""
        self.pass_time(ms)
        self.now += ms
        late = [waiter for waiter in self.receivers if waiter.deadline_ms <= self.now]
        for waiter in late:
            self.receivers.remove(waiter)
            assert waiter.promise.state == Ready(False)

    @precondition(lambda self: not self.closed)
    @rule(really=st.integers(0, 4))
    def close(self, really: int) -> None:
        """The end: who waits is refused, what was sent stays.  Rare, as little happens after it."""
        if really:
            return
        assert self.channel is not None
        self.channel.close()
        self.settle()
        self.closed = True
        for waiter in [*self.senders, *self.receivers]:
            assert waiter.promise.state == Ready(False)
        self.senders.clear()
        self.receivers.clear()

    @invariant()
    def agrees(self) -> None:
        """What is received is what the queue says; who waits in the model waits indeed."""
        if self.runtime is None:
            return
        assert self.channel is not None
        assert len(self.channel) == len(self.queue)
        assert self._received() == []
        for waiter in [*self.senders, *self.receivers]:
            assert waiter.promise.is_pending

    # --- all at once ------------------------------------------------------------------------

    @rule(
        steps=st.lists(
            st.sampled_from(
                ["put", "put", "put all", "take", "take", "take for", "try put", "try take", "turn",
                 "cancel a put", "cancel a take"]
            ),
            min_size=2, max_size=24,
        ),
        picks=st.randoms(use_true_random=False),
    )  # fmt: skip
    def storm(self, steps: list[str], picks: Any) -> None:
        """Many operations before anybody settles; then what is left is taken out."""
        puts = [(waiter.promise, [waiter.number]) for waiter in self.senders]
        takes = [waiter.promise for waiter in self.receivers]
        sent = set(self.queue)
        assert self.runtime is not None
        for step in steps:
            if step in ("put", "put all"):
                numbers = [self._next() for _ in range(1 if step == "put" else 3)]
                values = [self.element.value(number) for number in numbers]
                name, value = ("put", values[0]) if step == "put" else ("put_all", values)
                puts.append((self.spawn(name, self.channel, value), numbers))
            elif step in ("take", "take for"):
                takes.append(self._taking(None if step == "take" else picks.randint(1, 3)))
            elif step == "try put":
                number = self._next()
                if self.call("try_put", self.channel, self.element.value(number)):
                    sent.add(number)
            elif step == "try take":
                self.call("try_take", self.channel, self.log)
            elif step == "turn":
                self.call("settle", 0)
            elif step == "cancel a put" and puts:
                picks.choice(puts)[0].cancel()
            elif step == "cancel a take" and takes:
                picks.choice(takes).cancel()
        self.settle()
        self._nobody_waits_in_vain(puts, takes)
        self._end_of_storm(puts, takes, sent)

    def _nobody_waits_in_vain(
        self, puts: Iterable[tuple[Promise, list[int]]], takes: Iterable[Promise]
    ) -> None:
        assert self.channel is not None
        if any(promise.is_pending for promise, _ in puts):
            assert len(self.channel) == self.capacity
        if any(promise.is_pending for promise in takes):
            assert len(self.channel) == 0

    def _end_of_storm(
        self, puts: list[tuple[Promise, list[int]]], takes: list[Promise], sent: set[int]
    ) -> None:
        """Cancel who waits, empty the channel and compare what came with what was sent."""
        waiting = [promise for promise, _ in puts] + takes
        for promise in waiting:
            promise.cancel()
        self.settle()
        assert not any(promise.is_pending for promise in waiting)
        while self.call("try_take", self.channel, self.log):
            pass
        received = self._received()
        assert len(set(received)) == len(received)
        possible = set(sent)
        for promise, numbers in puts:
            came = [number for number in received if number in numbers]
            assert came == numbers[: len(came)]  # in order, and none left out between
            if promise.state == Ready(True):
                sent.update(numbers)
            elif len(numbers) == 1:
                assert not came
            possible.update(numbers)
        assert sent <= set(received) <= possible
        assert sum(promise.state == Ready(True) for promise in takes) <= len(received)
        self.queue.clear()
        self.senders.clear()
        self.receivers.clear()

    # --- the model --------------------------------------------------------------------------

    def _next(self) -> int:
        self.number += 1
        return self.number

    def _taking(self, ms: int | None) -> Promise:
        if ms is None:
            return self.spawn("take", self.channel, self.log)
        return self.spawn("take_for", self.channel, self.log, ms)

    def _arrives(self, number: int) -> None:
        """A value was sent: who waits longest has it."""
        if not self.receivers:
            self.queue.append(number)
            return
        assert self.receivers.popleft().promise.state == Ready(True)
        assert self._received() == [number]

    def _leaves(self) -> None:
        """A value was received: who waits longest to send has its place."""
        assert self._received() == [self.queue.popleft()]
        if self.senders:
            sender = self.senders.popleft()
            assert sender.promise.state == Ready(True)
            self.queue.append(sender.number)

    def _received(self) -> list[int]:
        """What was received since the last look, in order."""
        assert self.log is not None
        return [self.element.number(self.log.try_recv()) for _ in range(len(self.log))]

    def forget(self) -> None:
        """See RuntimeMachine."""
        self.senders.clear()
        self.receivers.clear()
        self.channel = self.log = None


def test_channel_against_a_queue() -> None:
    check_machine(ChannelQueue)
