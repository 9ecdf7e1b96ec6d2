"""Runtimes of many workers: the same programs, on threads of the runtime."""

import asyncio
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from zyn.embed import Deadlocked, PromiseAll, PromiseCancelled, PromiseFailed, Runtime

SOURCE = """
async fn tree(depth: i64) i64 {
    if (depth == 0) {
        await yield_now();
        return 1;
    }
    const left = spawn(tree(depth - 1));
    const right = spawn(tree(depth - 1));
    return await left + await right;
}

async fn slow(ms: i64) i64 {
    await delay(ms);
    return ms;
}

async fn divided(by: i64) i64 {
    await yield_now();
    return 10 / by;
}

async fn endless() i64 {
    var i: i64 = 0;
    while (true) {
        i = i + 1;
    }
    return i;
}

async fn lost() i64 {
    await pending();
    return 0;
}
"""


@pytest.fixture(params=[2, 4])
def runtime(request: pytest.FixtureRequest) -> Iterator[Runtime]:
    with Runtime(workers=request.param) as made:
        made.load_module(SOURCE)
        yield made


def test_a_tree_of_tasks(runtime: Runtime) -> None:
    assert runtime.call("tree", 10) == 1024


def test_promises_together(runtime: Runtime) -> None:
    promises = [runtime.call_async("tree", depth) for depth in range(6)]
    assert PromiseAll(promises).await_all() == [1, 2, 4, 8, 16, 32]


def test_failures_stay_apart(runtime: Runtime) -> None:
    good, bad = runtime.call_async("divided", 5), runtime.call_async("divided", 0)
    with pytest.raises(PromiseFailed, match="division of 10 by zero"):
        bad.await_result()
    assert good.await_result() == 2


def test_asyncio_waits_for_workers(runtime: Runtime) -> None:
    async def main() -> list[int]:
        return await asyncio.gather(*(runtime.call_async("slow", 1 + i % 3) for i in range(20)))

    assert asyncio.run(main()) == [1 + i % 3 for i in range(20)]


def test_many_threads_call(runtime: Runtime) -> None:
    results: list[int] = []

    def work() -> None:
        results.extend(runtime.call("tree", 6) for _ in range(10))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [64] * 40


def test_an_endless_task_stops_nobody_and_can_be_cancelled(runtime: Runtime) -> None:
    endless = runtime.call_async("endless")
    endless.poll()
    assert runtime.call("tree", 6) == 64
    endless.cancel()
    with pytest.raises(PromiseCancelled):
        endless.await_result()


def test_a_deadlock_is_told(runtime: Runtime) -> None:
    with pytest.raises(Deadlocked, match="pending"):
        runtime.call("lost")


def test_closing_ends_what_runs() -> None:
    runtime = Runtime(workers=2)
    runtime.load_module(SOURCE)
    promises = [runtime.call_async("endless"), runtime.call_async("slow", 60000)]
    for promise in promises:
        promise.poll()
    runtime.close()
    assert [promise.is_pending for promise in promises] == [False, False]


def test_bad_numbers_of_workers() -> None:
    for workers in (0, -1, 64):
        with pytest.raises(ValueError, match="workers is a number"):
            Runtime(workers=workers)
    with pytest.raises(ValueError, match="one worker"):
        Runtime(workers=2, clock="virtual")


@pytest.mark.parametrize("workers", [1, 3])
def test_threads_that_wait_for_each_other(workers: int) -> None:
    """What wakes one of several waiting threads must not be swallowed by another."""
    with Runtime(workers=workers) as runtime:
        to, back = runtime.channel("i64", 1), runtime.channel("i64", 1)

        def double() -> None:
            for number in to:
                back.send(number * 2)

        thread = threading.Thread(target=double)
        thread.start()
        answers = []
        for number in range(200):
            to.send(number)
            answers.append(back.recv())
        to.close()
        thread.join()
    assert answers == [2 * number for number in range(200)]


def test_one_worker_for_each_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1, 2, 5}, raising=False)
    with Runtime(workers="auto") as runtime:
        assert len(runtime.metrics()) == 1 + 3  # the host's, and one for each core
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {7})
    with Runtime(workers="auto") as runtime:
        assert len(runtime.metrics()) == 1


@pytest.mark.parametrize("options", [{"clock": "virtual"}, {"seed": 7}])
def test_one_worker_where_the_order_is_one(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1, 2, 5}, raising=False)
    with Runtime(workers="auto", **options) as runtime:
        assert len(runtime.metrics()) == 1
