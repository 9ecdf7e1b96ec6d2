"""Promises under asyncio: awaited by tasks, cancelled with them, and never in a busy loop."""

import asyncio
import gc
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from zyn.embed import (
    Fulfilled,
    Promise,
    PromiseAll,
    PromiseAllSettled,
    PromiseCancelled,
    PromiseFailed,
    PromiseRace,
    PromiseState,
    Runtime,
)

SOURCE = """
async fn turns(n: i32) i32 {
    var i: i32 = 0;
    while (i < n) {
        await yield_now();
        i = i + 1;
    }
    return n;
}
async fn sleep(ms: i64) i64 { await delay(ms); return ms; }
async fn fail() i32 { await yield_now(); panic("failed"); }
async fn stuck() i32 { await pending(); return 1; }
async fn ready(n: i32) i32 { return n; }
async fn fail_at_once() i32 { panic("at once"); }
async fn leave_a_task() i32 { const left = spawn(turns(3)); return 1; }
async fn send(c: Channel<i32>, n: i32) i32 { await c.send(n); return n; }
"""


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    with Runtime() as made:
        made.load_module(SOURCE)
        yield made
        gc.collect()
        made._native.run_until_idle()
        assert made.live_objects == 0


async def test_a_promise_is_awaited(runtime: Runtime) -> None:
    assert await runtime.call_async("turns", 3) == 3
    assert await runtime.call_async("sleep", 2) == 2


async def test_what_is_ready_at_once_takes_no_turn_of_the_loop(runtime: Runtime) -> None:
    turns: list[str] = []
    asyncio.get_running_loop().call_soon(turns.append, "a turn")
    assert [await runtime.call_async("ready", n) for n in range(100)] == [*range(100)]
    with pytest.raises(PromiseFailed, match="at once"):
        await runtime.call_async("fail_at_once")
    assert await Promise.from_poll_fn(None, lambda _: 5, runtime=runtime) == 5
    assert await runtime.call_async("ready", 1).then(str) == "1"
    assert turns == []
    assert await runtime.call_async("turns", 1) == 1
    assert turns == ["a turn"]


async def test_what_is_awaited_begins_at_once(runtime: Runtime) -> None:
    channel = runtime.channel("i32")
    before = runtime.spawn("send", channel, 1)
    assert await runtime.call_async("send", channel, 2) == 2
    assert before.poll_count == 0
    assert [await channel.recv_async(), await channel.recv_async()] == [2, 1]
    channel._now("close")


async def test_what_was_begun_elsewhere_is_waited_for(runtime: Runtime) -> None:
    promise = runtime.call_async("turns", 2)
    assert promise.poll() is PromiseState.Pending
    assert await promise == 2
    assert promise.poll_count == 3
    spawned = runtime.spawn("ready", 7)
    assert await spawned == 7
    assert spawned.poll_count == 1


async def test_a_task_that_is_left_goes_on(runtime: Runtime) -> None:
    assert await runtime.call_async("leave_a_task") == 1
    gc.collect()
    for _ in range(100):
        if runtime.live_objects == 0:
            break
        await asyncio.sleep(0)
    assert runtime.live_objects == 0


async def test_a_promise_that_was_cancelled_does_not_begin(runtime: Runtime) -> None:
    polled: list[int] = []
    promise = Promise.from_poll_fn(polled, len, runtime=runtime)
    promise.cancel()
    with pytest.raises(PromiseCancelled):
        await promise
    promise = runtime.call_async("ready", 1)
    promise.cancel()
    with pytest.raises(PromiseCancelled):
        await promise


async def test_several_tasks_run_side_by_side() -> None:
    with Runtime(clock="virtual") as runtime:
        runtime.load_module(SOURCE)
        promises = [runtime.call_async("sleep", ms) for ms in (30, 20, 10, 1)]
        assert await asyncio.gather(*promises) == [30, 20, 10, 1]
        assert runtime._native.now_ns() == 30_000_000


async def test_other_tasks_of_the_loop_go_on(runtime: Runtime) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    ticker = asyncio.create_task(tick())
    assert await runtime.call_async("turns", 50) == 50
    ticker.cancel()
    assert ticks >= 50


async def test_waiting_is_not_a_busy_loop(runtime: Runtime) -> None:
    promise = runtime.call_async("sleep", 60)
    turns = 0
    turn = runtime._native.turn

    def counted() -> int:
        nonlocal turns
        turns += 1
        return turn()

    runtime._native.turn = counted  # type: ignore[method-assign]
    assert await promise == 60
    assert turns <= 6


async def test_no_task_runs_on_the_thread_of_the_loop_while_debugged(runtime: Runtime) -> None:
    threads: set[int] = set()

    def poll(_: object) -> int:
        threads.add(threading.get_ident())
        return len(threads)

    runtime._is_debugged = lambda: True
    promise = Promise.from_poll_fn(None, poll, runtime=runtime)
    assert await PromiseAll([promise, runtime.call_async("sleep", 5)]) == [1, 5]
    assert threading.get_ident() not in threads


async def test_a_failure_is_raised(runtime: Runtime) -> None:
    with pytest.raises(PromiseFailed, match="failed"):
        await runtime.call_async("fail")


async def test_a_chain_is_awaited(runtime: Runtime) -> None:
    promise = runtime.call_async("turns", 2).then(lambda n: runtime.call_async("turns", n + 1))
    assert await promise.then(str) == "3"
    assert await runtime.call_async("fail").catch(str.upper) == "FAILED"


async def test_two_tasks_may_await_one_promise(runtime: Runtime) -> None:
    promise = runtime.call_async("turns", 5)

    async def wait() -> object:
        return await promise

    assert list(await asyncio.gather(wait(), wait())) == [5, 5]
    assert await promise == 5


async def test_cancelling_the_task_cancels_the_promise(runtime: Runtime) -> None:
    promise = runtime.call_async("stuck")

    async def wait() -> object:
        return await promise

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(PromiseCancelled):
        await promise
    assert promise.state is PromiseState.Cancelled


async def test_a_promise_lives_as_long_as_one_task_waits(runtime: Runtime) -> None:
    promise = runtime.call_async("sleep", 20)

    async def wait() -> object:
        return await promise

    first, second = asyncio.create_task(wait()), asyncio.create_task(wait())
    await asyncio.sleep(0)
    first.cancel()
    assert await second == 20


async def test_a_timeout_of_asyncio_cancels(runtime: Runtime) -> None:
    promise = runtime.call_async("stuck")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(_waited(promise), 0.01)
    assert promise.poll() is PromiseState.Cancelled


async def _waited(promise: Promise) -> object:
    return await promise


async def test_a_wake_from_another_thread_is_seen(runtime: Runtime) -> None:
    promise = runtime.call_async("stuck")
    asyncio.get_running_loop().call_soon(
        lambda: threading.Thread(target=promise.cancel).start(),
    )
    with pytest.raises(PromiseCancelled):
        await promise


async def test_another_thread_may_run_what_is_awaited(runtime: Runtime) -> None:
    promise = runtime.call_async("turns", 2000)
    loop = asyncio.get_running_loop()
    other = loop.run_in_executor(None, promise.await_result)
    assert await promise == 2000
    assert await other == 2000


async def test_groups_are_awaited(runtime: Runtime) -> None:
    assert await PromiseAll([runtime.call_async("turns", n) for n in (2, 0)]) == [2, 0]
    race = PromiseRace([runtime.call_async("stuck"), runtime.call_async("turns", 1)])
    assert await race == (1, 1)
    settled = PromiseAllSettled([runtime.call_async("turns", 1), runtime.call_async("fail")])
    assert (await settled)[0] == Fulfilled(1)
    with pytest.raises(PromiseFailed):
        await PromiseAll([runtime.call_async("stuck"), runtime.call_async("fail")])


async def test_a_group_may_hold_a_promise_twice(runtime: Runtime) -> None:
    promise = runtime.call_async("turns", 1)
    assert await PromiseAll([promise, promise]) == [1, 1]
    stuck = runtime.call_async("stuck")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(_all([stuck, stuck]), 0.01)
    assert stuck.poll() is PromiseState.Cancelled


async def _all(promises: list[Promise]) -> object:
    return await PromiseAll(promises)


async def test_a_foreign_machine_is_awaited(runtime: Runtime) -> None:
    answers = iter([0, 0, 0, 9])
    promise = Promise.from_poll_fn(None, lambda _: next(answers), runtime=runtime)
    assert await promise == 9


async def test_closing_the_runtime_ends_the_wait() -> None:
    runtime = Runtime()
    runtime.load_module(SOURCE)
    promise = runtime.call_async("stuck")
    asyncio.get_running_loop().call_soon(lambda: asyncio.create_task(_closed(runtime)))
    with pytest.raises(PromiseCancelled):
        await promise


async def _closed(runtime: Runtime) -> None:
    await asyncio.sleep(0)
    runtime.close()


def test_a_runtime_outlives_its_loops() -> None:
    with Runtime(clock="virtual") as runtime:
        runtime.load_module(SOURCE)
        for _ in range(3):
            assert asyncio.run(_waited(runtime.call_async("sleep", 100_000))) == 100_000
            assert runtime.call("turns", 2) == 2


def test_no_descriptor_is_left_behind() -> None:
    fds = Path("/proc/self/fd")
    if not fds.is_dir():
        pytest.skip("this system does not list open descriptors")
    before = len(list(fds.iterdir()))
    for _ in range(5):
        with Runtime(clock="virtual") as runtime:
            runtime.load_module(SOURCE)
            for _ in range(2):
                asyncio.run(_waited(runtime.call_async("turns", 1)))
    gc.collect()
    assert len(list(fds.iterdir())) <= before + 2


def test_loops_of_two_threads_share_a_runtime() -> None:
    with Runtime() as runtime:
        runtime.load_module(SOURCE)
        results: list[object] = []

        def work() -> None:
            results.extend(asyncio.run(_waited(runtime.call_async("turns", n))) for n in range(20))

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(results) == sorted([*range(20)] * 3)  # type: ignore[type-var]


async def test_workers_run_what_is_awaited() -> None:
    with Runtime(workers=2) as runtime:
        runtime.load_module(SOURCE)
        assert [await runtime.call_async("ready", n) for n in range(100)] == [*range(100)]
        counts = [*range(20)]
        promises = [runtime.call_async("turns", n) for n in counts]
        assert await asyncio.gather(*promises) == counts
        assert await Promise.from_poll_fn(None, lambda _: 5, runtime=runtime) == 5
        with pytest.raises(PromiseFailed, match="at once"):
            await runtime.call_async("fail_at_once")
        stuck = runtime.call_async("stuck")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(_waited(stuck), 0.01)
        with pytest.raises(PromiseCancelled):
            await stuck
