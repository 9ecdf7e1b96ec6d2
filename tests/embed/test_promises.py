"""Promises: polled, awaited, chained, cancelled, and how they end."""

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from zyn.embed import (
    BusyError,
    CallError,
    Deadlocked,
    Promise,
    PromiseCancelled,
    PromiseFailed,
    PromiseState,
    PromiseTimeout,
    Runtime,
)

SOURCE = """
async fn triple(x: i32) i32 { return x * 3; }
async fn zero() i32 { return 0; }
async fn negative() i64 { await yield_now(); return -1; }
async fn turns(n: i32) i32 {
    var i: i32 = 0;
    while (i < n) {
        await yield_now();
        i = i + 1;
    }
    return n;
}
async fn sleep(ms: i64) i64 { await delay(ms); return ms; }
async fn fail(why: string) i32 { await yield_now(); panic(why); }
async fn inner() void {
    await pending();
}
async fn stuck() i32 { await inner(); return 1; }
async fn spin() void { while (true) {} }
async fn text() string { await yield_now(); return "some text"; }
async fn background() i32 { const p = spawn(turns(3)); return await p; }
"""


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    with Runtime(clock="virtual") as made:
        made.load_module(SOURCE)
        yield made
        gc.collect()
        made._native.run_until_idle()  # what was dropped while pending is cancelled in a turn
        assert made.live_objects == 0


def test_nothing_runs_before_the_first_poll(runtime: Runtime) -> None:
    promise = runtime.call_async("triple", 14)
    assert promise.state is PromiseState.Pending
    assert (promise.is_pending, promise.is_completed, promise.poll_count) == (True, False, 0)


def test_a_function_without_an_await_ends_in_its_first_poll(runtime: Runtime) -> None:
    promise = runtime.call_async("triple", 14)
    assert promise.poll() == PromiseState.Ready(42)
    assert (promise.is_pending, promise.is_completed, promise.poll_count) == (False, True, 1)


def test_an_ended_promise_gives_the_same_answer_and_runs_nothing(runtime: Runtime) -> None:
    promise = runtime.call_async("triple", 14)
    assert [promise.poll() for _ in range(3)] == [PromiseState.Ready(42)] * 3
    assert promise.await_result() == promise.await_with_timeout(0) == 42
    assert promise.poll_count == 1


@pytest.mark.parametrize(("name", "value"), [("zero", 0), ("negative", -1)])
def test_zero_and_negative_results_are_values(runtime: Runtime, name: str, value: int) -> None:
    promise = runtime.call_async(name)
    while promise.is_pending:
        promise.poll()
    assert promise.state == PromiseState.Ready(value)


def test_each_poll_is_one_turn(runtime: Runtime) -> None:
    promise = runtime.call_async("turns", 3)
    seen = [promise.poll() for _ in range(4)]
    assert seen == [PromiseState.Pending] * 3 + [PromiseState.Ready(3)]
    assert promise.poll_count == 4


def test_a_limit_counts_the_polls_of_one_call(runtime: Runtime) -> None:
    promise = runtime.call_async("turns", 5)
    assert promise.poll_with_limit(0) is PromiseState.Pending
    assert promise.poll_count == 0
    assert promise.poll_with_limit(3) is PromiseState.Pending
    assert promise.poll_with_limit(2) is PromiseState.Pending
    assert promise.poll_count == 5
    assert promise.poll_with_limit(100) == PromiseState.Ready(5)
    with pytest.raises(ValueError, match="not negative"):
        promise.poll_with_limit(-1)


def test_states_match_and_compare(runtime: Runtime) -> None:
    match runtime.call_async("triple", 2).poll():
        case PromiseState.Ready(value):
            assert value == 6
        case _:
            pytest.fail("not ready")
    match runtime.call_async("stuck").poll():
        case PromiseState.Pending | PromiseState.Cancelled:
            pass
        case _:
            pytest.fail("not pending")
    assert PromiseState.Ready(1) != PromiseState.Ready(2)
    assert PromiseState.Failed("a") == PromiseState.Failed("a")
    assert len({PromiseState.Pending, PromiseState.Cancelled, PromiseState.Ready(None)}) == 3
    assert repr(PromiseState.Ready("x")) == "PromiseState.Ready('x')"
    assert isinstance(PromiseState.Pending, PromiseState)


def test_a_failure_is_a_state_and_an_exception(runtime: Runtime) -> None:
    promise = runtime.call_async("fail", "out of tea")
    with pytest.raises(PromiseFailed) as caught:
        promise.await_result()
    line = SOURCE[: SOURCE.index("panic(why)")].count("\n") + 1
    assert (caught.value.message, caught.value.code, caught.value.line) == (
        "out of tea",
        "panic",
        line,
    )
    assert promise.poll() == PromiseState.Failed("out of tea")
    assert promise.is_completed


def test_a_deadlock_names_the_task_its_line_and_what_it_waits_for(runtime: Runtime) -> None:
    with pytest.raises(Deadlocked) as caught:
        runtime.call("stuck")
    (task,) = caught.value.tasks
    line = SOURCE[: SOURCE.index("await pending()")].count("\n") + 1
    assert (task.function, task.line, task.waits_for) == ("stuck", line, "pending()")
    assert f"waits for pending() at line {line}" in str(caught.value)


def test_a_timeout_leaves_the_promise_pending(runtime: Runtime) -> None:
    promise = runtime.call_async("sleep", 50)
    with pytest.raises(PromiseTimeout) as caught:
        promise.await_with_timeout(0.02)
    assert isinstance(caught.value, TimeoutError)
    assert promise.is_pending
    assert promise.await_with_timeout(1) == 50


def test_a_timeout_ends_a_poll_that_never_comes_back(runtime: Runtime) -> None:
    promise = runtime.call_async("spin")
    line = SOURCE[: SOURCE.index("while (true)")].count("\n") + 1
    with pytest.raises(PromiseTimeout) as caught:
        promise.await_with_timeout(0.01)
    assert caught.value.line == line
    assert promise.is_completed


@pytest.mark.parametrize("seconds", [-1, float("nan")])
def test_a_timeout_is_not_negative(runtime: Runtime, seconds: float) -> None:
    with pytest.raises(ValueError, match="not negative"):
        runtime.call_async("zero").await_with_timeout(seconds)


def test_an_infinite_timeout_is_none(runtime: Runtime) -> None:
    assert runtime.call_async("triple", 1).await_with_timeout(float("inf")) == 3


@pytest.mark.parametrize("polls", [0, 1])
def test_cancel_is_delivered_at_the_next_poll(runtime: Runtime, polls: int) -> None:
    promise = runtime.call_async("turns", 10)
    promise.poll_with_limit(polls)
    promise.cancel()
    assert promise.poll() is PromiseState.Cancelled
    assert promise.is_completed
    with pytest.raises(PromiseCancelled):
        promise.await_result()


def test_cancelling_what_ended_changes_nothing(runtime: Runtime) -> None:
    promise = runtime.call_async("zero")
    promise.poll()
    promise.cancel()
    assert promise.poll() == PromiseState.Ready(0)


def test_then_maps_a_value(runtime: Runtime) -> None:
    promise = runtime.call_async("turns", 2).then(lambda n: n + 1).then(str)
    assert promise.state is PromiseState.Pending
    assert promise.await_result() == "3"
    assert promise.poll_count == 3


def test_a_chained_function_runs_once_and_only_when_asked_for(runtime: Runtime) -> None:
    calls: list[int] = []
    source = runtime.call_async("triple", 1)
    chained = source.then(calls.append)
    source.poll()
    assert chained.state is PromiseState.Pending
    assert calls == []
    assert chained.poll() == PromiseState.Ready(None)
    chained.poll()
    assert calls == [3]


def test_catch_maps_a_failure_and_lets_a_value_through(runtime: Runtime) -> None:
    failed = runtime.call_async("fail", "no").then(lambda _: "unused").catch(str.upper)
    assert failed.await_result() == "NO"
    assert runtime.call_async("triple", 1).catch(str.upper).await_result() == 3


def test_an_exception_in_a_chained_function_is_a_failure(runtime: Runtime) -> None:
    promise = runtime.call_async("zero").then(lambda x: 1 // x)
    with pytest.raises(PromiseFailed, match="ZeroDivisionError") as caught:
        promise.await_result()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert promise.catch(lambda message: message[:4]).await_result() == "Zero"


def test_a_promise_that_a_chained_function_gives_is_awaited(runtime: Runtime) -> None:
    promise = runtime.call_async("turns", 1).then(lambda n: runtime.call_async("turns", n + 4))
    assert promise.await_result() == 5
    late: list[Promise] = []
    circle = runtime.call_async("zero").then(lambda _: late[0])
    late.append(circle)
    assert circle.poll() == PromiseState.Failed("the promise waits for itself")
    late.clear()


def test_cancelling_a_chain_cancels_its_source(runtime: Runtime) -> None:
    source = runtime.call_async("stuck")
    chained = source.then(str).catch(str)
    source.poll()
    chained.cancel()
    assert chained.poll() is PromiseState.Cancelled
    assert source.state is PromiseState.Cancelled


def test_a_chain_may_be_longer_than_the_stack_is_deep(runtime: Runtime) -> None:
    promise = runtime.call_async("zero")
    for _ in range(20_000):
        promise = promise.then(lambda x: x + 1)
    assert promise.await_result() == 20_000


def test_a_chain_needs_a_function(runtime: Runtime) -> None:
    with pytest.raises(TypeError, match="need a function"):
        runtime.call_async("zero").then(None)  # type: ignore[arg-type]


def test_polling_from_inside_a_poll_is_refused(runtime: Runtime) -> None:
    other = runtime.call_async("zero")
    caught: list[Exception] = []

    def poll(_: object) -> int:
        for attempt in (other.poll, other.await_result, runtime.close):
            try:
                attempt()
            except BusyError as error:
                caught.append(error)
        return 1

    assert Promise.from_poll_fn(None, poll, runtime=runtime).await_result() == 1
    assert len(caught) == 3
    assert other.await_result() == 0


def test_a_direct_call_inside_a_poll_works(runtime: Runtime) -> None:
    runtime.load_module("fn direct(x: i32) i32 { return x + 1; }")
    promise = Promise.from_poll_fn(41, lambda x: runtime.call("direct", x), runtime=runtime)
    assert promise.await_result() == 42


def test_closing_cancels_what_is_pending_and_keeps_what_is_ready() -> None:
    runtime = Runtime()
    runtime.load_module(SOURCE)
    ready, pending = runtime.call_async("text"), runtime.call_async("stuck")
    chained = pending.then(str)
    unread = runtime.call_async("text")
    ready.await_result()
    unread.poll_with_limit(2)
    pending.poll()
    runtime.close()
    assert ready.state == unread.poll() == PromiseState.Ready("some text")
    assert pending.state is pending.poll() is PromiseState.Cancelled
    assert chained.poll() is PromiseState.Cancelled
    with pytest.raises(PromiseCancelled):
        pending.await_result()
    pending.cancel()


def test_spawned_tasks_are_part_of_the_count() -> None:
    with Runtime(clock="virtual") as runtime:
        runtime.load_module(SOURCE)
        promise = runtime.call_async("background")
        promise.poll()
        assert runtime.live_objects == 2
        assert promise.await_result() == 3
        del promise
        assert runtime.live_objects == 0


def test_a_chained_promise_is_no_argument(runtime: Runtime) -> None:
    runtime.load_module("async fn wait_for(p: Promise<i32>) i32 { return await p; }")
    with pytest.raises(CallError, match="has no native form"):
        runtime.call("wait_for", runtime.call_async("zero").then(str))


def test_limits_of_the_wrong_type_say_so(runtime: Runtime) -> None:
    promise: Any = runtime.call_async("zero")
    with pytest.raises(TypeError, match="a timeout is a number of seconds, not str"):
        promise.await_with_timeout("1")
    with pytest.raises(TypeError, match="'str' object cannot be interpreted as an integer"):
        promise.poll_with_limit("1")
    with pytest.raises(TypeError, match="'float' object cannot be interpreted as an integer"):
        promise.poll_with_limit(-1.5)
    assert promise.poll_count == 0
