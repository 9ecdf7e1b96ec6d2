"""The timer wheel against a sorted list: what is armed, cancelled and due, and in which order.

Compiled tasks wait by each of the built-ins that arm a timer.  A task writes its number down when
its time has come, so the order of expiry is seen, ties included.
"""

from bisect import insort
from typing import NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from tests.support.stateful import RuntimeMachine, check_machine
from zyn.embed import Channel, Promise

PROGRAM = """
async fn by_sleep(number: i64, ms: i64, log: Channel<i64>, never: Channel<i64>) void {
    await sleep(ms);
    log.try_send(number);
}
async fn by_timeout(number: i64, ms: i64, log: Channel<i64>, never: Channel<i64>) void {
    const ended = await timeout(ms, pending());
    if (!ended) { log.try_send(number); }
}
async fn by_recv_for(number: i64, ms: i64, log: Channel<i64>, never: Channel<i64>) void {
    const value = await never.recv_for(ms);
    if (value == null) { log.try_send(number); }
}
"""

_DAY_MS = 24 * 60 * 60 * 1000

# Near the ends of the wheel's levels, which hold 2**8, 2**16, 2**24 and 2**32 ticks; and beyond.
_EDGES = [edge + step for edge in (1 << 8, 1 << 16, 1 << 24, 1 << 32) for step in (-1, 0, 1)]
_distances = st.one_of(
    st.integers(1, 600),
    st.sampled_from([*_EDGES, 49 * _DAY_MS, 50 * _DAY_MS, 1 << 40]),
    st.integers(0, 34).flatmap(lambda bits: st.integers(1, 1 << bits)),
)


class _Timer(NamedTuple):
    deadline_ms: int
    number: int  # of those with one deadline the first to be armed comes first


class TimerWheel(RuntimeMachine):
    """Tasks that wait, beside a list of (deadline, order of arming)."""

    program = PROGRAM

    def __init__(self) -> None:
        super().__init__()
        self.begin()
        assert self.runtime is not None
        self.log: Channel | None = self.runtime.channel("i64")
        self.never: Channel | None = self.runtime.channel("i64")
        self.armed: list[_Timer] = []
        self.promises: dict[int, Promise] = {}
        self.now = 0
        self.number = 0

    @rule(
        ms=_distances,
        way=st.sampled_from(["by_sleep", "by_timeout", "by_recv_for"]),
        count=st.integers(1, 3),
    )
    def arm(self, ms: int, way: str, count: int) -> None:
        """Some timers for one moment."""
        for _ in range(count):
            self.number += 1
            promise = self.spawn(way, self.number, ms, self.log, self.never)
            self.promises[self.number] = promise
            insort(self.armed, _Timer(self.now + ms, self.number))
        self.settle()

    @precondition(lambda self: self.armed)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """A timer that is armed goes, and never fires."""
        timer = data.draw(st.sampled_from(self.armed))
        self.armed.remove(timer)
        self.promises.pop(timer.number).cancel()
        self.settle()

    @rule(ms=_distances)
    def advance(self, ms: int) -> None:
        """Time passes; what is due fires in order."""
        self._advance_to(self.now + ms)

    @precondition(lambda self: self.armed)
    @rule(data=st.data(), before=st.integers(0, 1))
    def advance_to_one(self, data: st.DataObject, before: int) -> None:
        """Exactly to a deadline, or to the millisecond before it."""
        deadline = data.draw(st.sampled_from(self.armed)).deadline_ms
        self._advance_to(max(deadline - before, self.now + 1))

    @invariant()
    def nothing_fires_before_its_time(self) -> None:
        """The clock stands where the list says, and whoever waits is in it."""
        assert self.now_ns() == self.now * 1_000_000
        assert len(self.promises) == len(self.armed)
        assert all(promise.is_pending for promise in self.promises.values())

    def _advance_to(self, now: int) -> None:
        self.pass_time(now - self.now)
        self.now = now
        due = [timer.number for timer in self.armed if timer.deadline_ms <= now]
        self.armed = self.armed[len(due) :]
        assert self.log is not None
        fired = [self.log.try_recv() for _ in range(len(self.log))]
        assert fired == due
        for number in due:
            assert self.promises.pop(number).is_completed

    def forget(self) -> None:
        """See RuntimeMachine."""
        self.promises.clear()
        self.log = self.never = None


def test_timer_wheel_against_a_sorted_list() -> None:
    check_machine(TimerWheel)
