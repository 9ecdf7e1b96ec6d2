"""`TieredRuntime`: what is hot is optimised while it runs, and nothing else."""

import asyncio
import gc
import logging
import queue
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path
from typing import Any, NoReturn

import pytest

from zyn.driver.loaded import LoadedModule
from zyn.embed import (
    CallError,
    PromiseCancelled,
    PromiseFailed,
    Runtime,
    RuntimeClosed,
    TieredRuntime,
    ZynError,
    listen,
    promoter,
    tiered,
)

SOURCE = """
fn add(a: i32, b: i32) i32 { return a + b; }
fn sum(n: i64) i64 { var s: i64 = 0; var i: i64 = 0; while (i < n) { s += i; i += 1; } return s; }
async fn waits(n: i32) i32 {
    var s = 0;
    var i = 0;
    while (i < n) { await yield_now(); s = add(s, i); i += 1; }
    return s;
}
async fn hot_async(x: i32) i32 { return x * 2; }
fn cold(a: i32) i32 { return a; }
"""
PATIENCE_S = 60.0


def loaded(**options: Any) -> TieredRuntime:
    runtime = TieredRuntime(**options)
    runtime.load_module(SOURCE)
    return runtime


def test_the_example_of_the_document() -> None:
    with TieredRuntime.production() as runtime:
        runtime.load_module("async fn hot_async(x: i32) i32 { return x * 2; }")
        assert runtime.get_function_tier("hot_async") == "baseline"
        for i in range(2 * tiered.CALLS_HOT):
            assert runtime.call_async("hot_async", i).await_result() == 2 * i
        runtime.optimise_hot()
        assert runtime.get_function_tier("hot_async") == "optimised"
        assert runtime.call("hot_async", 21) == 42


def test_production_promotes_at_its_thresholds_and_not_before() -> None:
    with TieredRuntime.production() as runtime:
        runtime.load_module(SOURCE)
        for _ in range(tiered.CALLS_HOT - 1):
            runtime.call("add", 1, 2)
        runtime.call("sum", tiered.BACK_EDGES_HOT - 1)
        runtime.optimise_hot()
        tiers = [runtime.get_function_tier(name) for name in ("add", "sum")]
        assert tiers == ["baseline", "baseline"]
        runtime.call("add", 1, 2)
        runtime.call("sum", 1)
        runtime.optimise_hot()
        tiers = [runtime.get_function_tier(name) for name in ("add", "sum", "cold")]
        assert tiers == ["optimised", "optimised", "baseline"]
        assert runtime.call("sum", 1000) == sum(range(1000))


def test_a_background_thread_promotes() -> None:
    with loaded(calls=10) as runtime:
        end = time.monotonic() + PATIENCE_S
        while runtime.get_function_tier("add") == "baseline":
            assert runtime.call("add", 3, 4) == 7
            assert time.monotonic() < end, "nothing was promoted"
        assert runtime.get_function_tier("cold") == "baseline"
        assert runtime.call("add", 3, 4) == 7


def test_a_loop_is_promoted_while_its_one_call_runs() -> None:
    with loaded() as runtime:
        ended: list[type] = []

        def run() -> None:
            with pytest.raises(ZynError) as caught:
                runtime.call("waits", 2_000_000_000)
            ended.append(type(caught.value))

        runner = threading.Thread(target=run)
        runner.start()
        end = time.monotonic() + PATIENCE_S
        while runtime.get_function_tier("waits") == "baseline" and time.monotonic() < end:
            runner.join(0.001)
        tier = runtime.get_function_tier("waits")
        while runner.is_alive():
            runtime.interrupt()  # which reaches only what runs at that moment
            runner.join(0.01)
        assert tier == "optimised"
        # Whether the interrupt comes inside a poll or between two makes the difference.
        assert ended in ([PromiseFailed], [PromiseCancelled])


def test_a_parked_task_goes_on_in_the_optimised_build() -> None:
    rounds, before = 500, 100
    with loaded(calls=1_000_000, back_edges=before // 2) as runtime:
        promise = runtime.call_async("waits", rounds)
        for _ in range(before):
            promise.poll()
        module = runtime.function("waits").module
        runtime.optimise_hot()
        assert runtime.get_function_tier("waits") == "optimised"
        counted = _counts(module)["waits"]
        assert 0 < counted[1] < rounds
        assert promise.await_result() == sum(range(rounds))
        # Nothing counts any more, so all further rounds were those of the optimised build.
        assert _counts(module)["waits"] == counted
        assert runtime.live_objects == 1  # the promise


def test_what_compiled_functions_call_is_switched_too() -> None:
    with loaded(calls=50, back_edges=1_000_000) as runtime:
        assert runtime.call("waits", 60) == sum(range(60))
        runtime.optimise_hot()
        assert runtime.get_function_tier("add") == "optimised"
        assert runtime.get_function_tier("waits") == "baseline"
        before = _counts(runtime.function("add").module)
        assert runtime.call("waits", 60) == sum(range(60))
        after = _counts(runtime.function("add").module)
        assert after["add"] == before["add"]
        assert after["waits"][1] == before["waits"][1] + 60


def test_what_runs_on_workers_is_promoted() -> None:
    with loaded(workers=2) as runtime:
        promise = runtime.call_async("waits", 2_000_000_000)
        runtime._native.spawn(promise._native())
        end = time.monotonic() + PATIENCE_S
        while runtime.get_function_tier("waits") == "baseline":
            assert time.monotonic() < end, "nothing was promoted"
        assert promise.is_pending
        assert runtime.call("waits", 100) == sum(range(100))


def test_asyncio_promotes_as_well() -> None:
    async def main(runtime: TieredRuntime) -> int:
        return sum([await runtime.call_async("hot_async", i) for i in range(30)])

    with loaded(calls=20) as runtime:
        assert asyncio.run(main(runtime)) == 2 * sum(range(30))
        runtime.optimise_hot()
        assert runtime.get_function_tier("hot_async") == "optimised"


def test_a_failed_build_is_logged_and_leaves_the_baseline(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[str] = []

    def fails(module: LoadedModule, function: object) -> NoReturn:
        tried.append(function.name)  # type: ignore[attr-defined]
        raise RuntimeError("no passes today")

    monkeypatch.setattr(LoadedModule, "optimise", fails)
    with caplog.at_level(logging.ERROR, "zyn.embed"), loaded(calls=2) as runtime:
        for _ in range(5):
            assert runtime.call("add", 1, 2) == 3
            runtime.optimise_hot()
        assert runtime.get_function_tier("add") == "baseline"
        assert runtime.call("add", 1, 2) == 3
    assert tried == ["add"], "it is tried once"
    assert "add stays in its baseline build" in caplog.text
    assert "no passes today" in caplog.text


def test_a_debugger_wins() -> None:
    with loaded(calls=2) as runtime:
        runtime.function("add").module.debug_build(["add"])
        for _ in range(5):
            assert runtime.call("add", 1, 2) == 3
        runtime.optimise_hot()
        assert runtime.get_function_tier("add") == "baseline"


def test_a_debugger_may_attach() -> None:
    with loaded(calls=2) as runtime, listen(0, runtime=runtime):
        for _ in range(5):
            assert runtime.call("add", 1, 2) == 3
        runtime.optimise_hot()
        assert runtime.get_function_tier("add") == "optimised"


def test_close_ends_the_thread() -> None:
    runtime = loaded()
    thread = runtime._promoter._thread
    assert thread.daemon
    assert getattr(thread, "is_pydev_daemon_thread", False)
    assert thread.is_alive()
    runtime.close()
    assert not thread.is_alive()
    runtime.close()
    runtime.optimise_hot()
    with pytest.raises(RuntimeClosed):
        runtime.get_function_tier("add")


def test_a_runtime_that_nobody_holds_takes_its_thread_along() -> None:
    runtime = loaded()
    thread, gone = runtime._promoter._thread, weakref.ref(runtime)
    del runtime
    gc.collect()
    assert gone() is None
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


def test_a_process_ends_while_something_is_compiled() -> None:
    program = (
        "from zyn.embed import TieredRuntime\n"
        "r = TieredRuntime(calls=1, back_edges=1)\n"
        "r.load_module('fn f(n: i64) i64 { var i: i64 = 0;'\n"
        "  'while (i < n) { i += 1; } return i; }')\n"
        "print(r.call('f', 100_000_000))\n"
    )
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "100000000\n", "")


def test_kept_programs_count_too(tmp_path: Path) -> None:
    with Runtime(cache_dir=tmp_path) as plain:
        plain.load_module(SOURCE)
        assert plain.call("add", 1, 2) == 3
    for _ in range(2):
        with TieredRuntime(calls=3, cache_dir=tmp_path) as runtime:
            runtime.load_module(SOURCE)
            for _ in range(3):
                assert runtime.call("add", 1, 2) == 3
            runtime.optimise_hot()
            assert runtime.get_function_tier("add") == "optimised"
            assert runtime.call("add", 1, 2) == 3


def test_thresholds_and_names_are_checked() -> None:
    with pytest.raises(ValueError, match="hot after 1"):
        TieredRuntime(calls=0)
    with pytest.raises(ValueError, match="hot after 1"):
        TieredRuntime(back_edges=-1)
    with loaded() as runtime, pytest.raises(CallError, match="there is no function 'none'"):
        runtime.get_function_tier("none")


def _counts(module: LoadedModule) -> dict[str, tuple[int, int]]:
    return {function.name: (calls, edges) for function, calls, edges in module.counts()}


def test_an_idle_promoter_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    asleep = threading.Event()
    timeouts: list[float | None] = []

    simple_queue = queue.SimpleQueue

    class Recording:
        def __init__(self) -> None:
            self.messages: queue.SimpleQueue[bool] = simple_queue()
            self.put = self.messages.put

        def get(self, timeout: float | None) -> bool:
            timeouts.append(timeout)
            if timeout is None:
                asleep.set()
            return self.messages.get(timeout=timeout)

    monkeypatch.setattr(queue, "SimpleQueue", Recording)
    with TieredRuntime() as runtime:
        assert asleep.wait(PATIENCE_S)
        asleep.clear()
        runtime.load_module(SOURCE)
        runtime.call("add", 1, 2)
        assert asleep.wait(PATIENCE_S)
        assert promoter.PERIOD_S in timeouts
