"""PromiseAll, PromiseRace and PromiseAllSettled."""

import gc
from collections.abc import Iterator

import pytest

from zyn.embed import (
    AllReady,
    AllSettled,
    Deadlocked,
    Failed,
    Fulfilled,
    Promise,
    PromiseAll,
    PromiseAllSettled,
    PromiseAllState,
    PromiseFailed,
    PromiseRace,
    PromiseRaceState,
    PromiseState,
    PromiseTimeout,
    Rejected,
    Runtime,
    SettledResult,
    Won,
)

SOURCE = """
async fn triple(x: i32) i32 { return x * 3; }
async fn turns(n: i32) i32 {
    var i: i32 = 0;
    while (i < n) {
        await yield_now();
        i = i + 1;
    }
    return n;
}
async fn sleep(ms: i64) i64 { await delay(ms); return ms; }
async fn fail(after: i32) i32 { await turns(after); panic("failed"); }
async fn stuck() i32 { await pending(); return 1; }
"""


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    with Runtime(clock="virtual") as made:
        made.load_module(SOURCE)
        yield made
        gc.collect()
        made._native.run_until_idle()  # what was dropped while pending is cancelled in a turn
        assert made.live_objects == 0


def test_all_gives_the_values_in_order(runtime: Runtime) -> None:
    every = PromiseAll(runtime.call_async("turns", n) for n in (3, 0, 1))
    assert every.await_all() == [3, 0, 1]
    assert every.poll_count == 4
    assert every.poll() == AllReady([3, 0, 1])
    assert every.poll_count == 4


def test_all_is_polled_in_rounds(runtime: Runtime) -> None:
    every = PromiseAll([runtime.call_async("turns", 1), runtime.call_async("triple", 2)])
    match every.poll():
        case PromiseAllState.Pending:
            pass
        case _:
            pytest.fail("a turn was missing")
    match every.poll():
        case PromiseAllState.AllReady(values):
            assert values == [1, 6]
        case _:
            pytest.fail("not ready")


def test_an_empty_all_is_ready_without_a_poll() -> None:
    every = PromiseAll([])
    assert every.poll() == AllReady([])
    assert (every.await_all(), every.poll_count) == ([], 0)


def test_all_fails_with_the_first_failure_and_leaves_the_others(runtime: Runtime) -> None:
    slow = runtime.call_async("turns", 50)
    every = PromiseAll([slow, runtime.call_async("fail", 1), runtime.call_async("fail", 0)])
    with pytest.raises(PromiseFailed, match="failed") as caught:
        every.await_all()
    assert caught.value.code == "panic"
    assert isinstance(every.poll(), PromiseAllState.Failed)
    assert slow.is_pending
    assert slow.await_result() == 50


def test_all_fails_when_a_member_was_cancelled(runtime: Runtime) -> None:
    promise = runtime.call_async("stuck")
    promise.cancel()
    assert PromiseAll([promise]).poll() == Failed("promise 0 was cancelled")


def test_all_takes_chains_and_foreign_machines(runtime: Runtime) -> None:
    countdown = iter([0, 0, -7])
    every = PromiseAll(
        [
            Promise.from_poll_fn(None, lambda _: next(countdown)),
            runtime.call_async("triple", 1).then(str),
        ]
    )
    assert every.await_all() == [-7, "3"]


def test_all_waits_for_timers(runtime: Runtime) -> None:
    every = PromiseAll([runtime.call_async("sleep", ms) for ms in (5000, 1000)])
    assert every.await_all_with_timeout(60) == [5000, 1000]


def test_all_sees_a_deadlock(runtime: Runtime) -> None:
    with pytest.raises(Deadlocked, match="waits for pending"):
        PromiseAll([runtime.call_async("turns", 2), runtime.call_async("stuck")]).await_all()


def test_a_timeout_leaves_the_members_pending() -> None:
    with Runtime() as runtime:
        runtime.load_module(SOURCE)
        promises = [runtime.call_async("sleep", 1), runtime.call_async("sleep", 3_600_000)]
        with pytest.raises(PromiseTimeout):
            PromiseAll(promises).await_all_with_timeout(0.02)
        assert [promise.is_pending for promise in promises] == [False, True]


def test_a_race_goes_to_the_first_in_order_among_those_of_one_round(runtime: Runtime) -> None:
    promises = [runtime.call_async("triple", x) for x in (100, 14)]
    assert PromiseRace(promises).await_first() == (0, 300)


def test_a_race_goes_to_the_one_with_fewer_turns(runtime: Runtime) -> None:
    race = PromiseRace([runtime.call_async("turns", 9), runtime.call_async("turns", 2)])
    assert race.await_first() == (1, 2)
    assert race.poll_count == 3
    assert race.poll() == PromiseRaceState.Won(1, 2)


def test_the_losers_of_a_race_are_cancelled(runtime: Runtime) -> None:
    losers = [runtime.call_async("stuck"), runtime.call_async("sleep", 1000)]
    race = PromiseRace([losers[0], runtime.call_async("turns", 1), losers[1]])
    assert race.await_first() == (1, 1)
    assert [loser.state for loser in losers] == [PromiseState.Cancelled] * 2


def test_a_failure_can_win_a_race(runtime: Runtime) -> None:
    race = PromiseRace([runtime.call_async("turns", 5), runtime.call_async("fail", 1)])
    with pytest.raises(PromiseFailed, match="failed"):
        race.await_first()
    assert isinstance(race.poll(), PromiseRaceState.Failed)


def test_a_race_with_a_timeout(runtime: Runtime) -> None:
    race = PromiseRace([runtime.call_async("sleep", 70), runtime.call_async("sleep", 30)])
    assert race.await_first_with_timeout(1) == (1, 30)


def test_a_race_needs_a_promise() -> None:
    with pytest.raises(ValueError, match="never ends"):
        PromiseRace([])


def test_all_settled_never_fails(runtime: Runtime) -> None:
    cancelled = runtime.call_async("stuck")
    cancelled.cancel()
    settled = PromiseAllSettled(
        [runtime.call_async("triple", 1), runtime.call_async("fail", 2), cancelled]
    )
    results = settled.await_all()
    assert results == [Fulfilled(3), Rejected("failed"), Rejected("cancelled")]
    assert settled.poll() == AllSettled(results)
    match results[1]:
        case SettledResult.Fulfilled(_):
            pytest.fail("it failed")
        case SettledResult.Rejected(message):
            assert message == "failed"


def test_all_settled_with_a_timeout(runtime: Runtime) -> None:
    settled = PromiseAllSettled([runtime.call_async("sleep", 5)])
    assert settled.await_all_with_timeout(1) == [Fulfilled(5)]
    assert PromiseAllSettled([]).await_all() == []


def test_won_and_all_ready_compare() -> None:
    assert Won(1, 2) == Won(1, 2) != Won(0, 2)
    assert AllReady([1]) != AllReady([2])


def test_members_are_promises_of_one_runtime(runtime: Runtime) -> None:
    with pytest.raises(TypeError, match="expected promises, got int"):
        PromiseAll([1])  # type: ignore[list-item]
    with Runtime() as other:
        other.load_module(SOURCE)
        with pytest.raises(ValueError, match="different runtimes"):
            PromiseAll([runtime.call_async("stuck"), other.call_async("stuck")])


def test_the_same_promise_may_be_in_several_groups(runtime: Runtime) -> None:
    promise = runtime.call_async("turns", 2)
    assert PromiseAll([promise, promise]).await_all() == [2, 2]
    assert PromiseRace([promise]).await_first() == (0, 2)
