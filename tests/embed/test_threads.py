"""Several threads, dropped promises, the collector: nothing crashes, nothing is left over."""

import gc
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from zyn.embed import Promise, PromiseAll, PromiseState, Runtime, ZynError

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
async fn stuck() string { const kept = "a" + "b"; await pending(); return kept; }
async fn text(s: string) string { await yield_now(); return s + "!"; }
fn add(a: i32, b: i32) i32 { return a + b; }
"""

THREADS = 4


def in_threads(work: Callable[[int], object]) -> list[object]:
    """What the same work gives on several threads that begin together."""
    barrier = threading.Barrier(THREADS)

    def begin(index: int) -> object:
        barrier.wait()
        return work(index)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(begin, range(THREADS)))


def settled(runtime: Runtime) -> int:
    """Objects that are alive once everything dropped was cancelled."""
    gc.collect()
    runtime._native.run_until_idle()
    return runtime.live_objects


def test_every_thread_may_call() -> None:
    with Runtime() as runtime:
        runtime.load_module(SOURCE)

        def work(index: int) -> list[object]:
            return [
                (runtime.call("turns", n), runtime.call("add", index, n), runtime.call("text", "x"))
                for n in range(50)
            ]

        expected = [
            [(n, index + n, "x!") for n in range(50)] for index in range(THREADS)
        ]  # fmt: skip
        assert in_threads(work) == expected
        assert settled(runtime) == 0


def test_one_promise_may_be_awaited_by_every_thread() -> None:
    with Runtime() as runtime:
        runtime.load_module(SOURCE)
        for _ in range(20):
            promise = runtime.call_async("turns", 20)
            results = in_threads(lambda _: promise.await_result())  # noqa: B023
            assert results == [20] * THREADS


def test_one_promise_may_be_polled_by_every_thread() -> None:
    with Runtime() as runtime:
        runtime.load_module(SOURCE)
        promise = runtime.call_async("turns", 200)

        def work(_: int) -> PromiseState:
            while promise.is_pending:
                promise.poll()
            return promise.state

        assert in_threads(work) == [PromiseState.Ready(200)] * THREADS


def test_a_chained_function_runs_once_however_many_threads_ask() -> None:
    with Runtime() as runtime:
        runtime.load_module(SOURCE)
        for _ in range(20):
            calls: list[int] = []
            chained = runtime.call_async("turns", 3).then(calls.append)
            in_threads(lambda _: chained.await_result())  # noqa: B023
            assert calls == [3]


def test_promises_are_dropped_on_any_thread_in_any_state() -> None:
    with Runtime() as runtime:
        runtime.load_module(SOURCE)

        def work(index: int) -> None:
            for round_ in range(100):
                name, *args = ("stuck",) if round_ % 2 else ("text", "s")
                promise = runtime.call_async(name, *args)
                if round_ % 3:
                    promise.poll()
                if round_ % 5 == index:
                    promise.cancel()
                del promise

        in_threads(work)
        assert settled(runtime) == 0


def test_a_thread_drops_while_another_runs() -> None:
    with Runtime() as runtime:
        runtime.load_module(SOURCE)
        stop = threading.Event()

        def drop() -> None:
            while not stop.is_set():
                promises = [runtime.call_async("stuck") for _ in range(20)]
                promises[0].poll()
                promises.clear()

        dropper = threading.Thread(target=drop)
        dropper.start()
        try:
            for _ in range(30):
                assert PromiseAll(runtime.call_async("turns", n) for n in range(10)).await_all()
        finally:
            stop.set()
            dropper.join()
        assert settled(runtime) == 0


def test_the_collector_may_drop_promises_in_cycles() -> None:
    with Runtime() as runtime:
        runtime.load_module(SOURCE)
        threshold = gc.get_threshold()
        gc.set_threshold(1)
        try:
            for _ in range(200):
                promise = runtime.call_async("text", "x")
                cycle: list[object] = [promise, promise.then(str)]
                cycle.append(cycle)
                promise.poll()
                del promise, cycle
        finally:
            gc.set_threshold(*threshold)
        assert settled(runtime) == 0


def test_a_runtime_may_be_closed_while_another_thread_waits() -> None:
    for name, argument in (("sleep", 3_600_000), ("turns", 2**31 - 1)):
        runtime = Runtime()
        runtime.load_module(SOURCE)
        promise = runtime.call_async(name, argument)
        entered = threading.Event()
        ended: list[str] = []

        def wait(p: Promise, begun: threading.Event, names: list[str]) -> None:
            begun.set()
            try:
                p.await_result()
            except ZynError as error:
                names.append(type(error).__name__)

        waiter = threading.Thread(target=wait, args=(promise, entered, ended))
        waiter.start()
        entered.wait()
        runtime.close()
        waiter.join()
        assert len(ended) == 1
        assert promise.is_completed


def test_a_runtime_goes_with_its_last_promise() -> None:
    def make() -> Promise:
        runtime = Runtime()
        runtime.load_module(SOURCE)
        return runtime.call_async("text", "x")

    for _ in range(20):
        assert make().await_result() == "x!"
    gc.collect()


def test_a_process_may_end_with_promises_in_every_state() -> None:
    program = f"""
import gc, threading
from zyn.embed import Promise, Runtime
runtime = Runtime()
runtime.load_module({SOURCE!r})
other = Runtime()
keep = [runtime.call_async(*call) for call in [("stuck",), ("text", "x"), ("turns", 9)]]
for promise in keep:
    promise.poll()
keep.append(Promise.from_poll_fn(keep, lambda _: 0, runtime=runtime))
keep[-1].poll()
keep.append(keep[0].then(str))
keep.append(keep)
print("ready")
"""
    ran = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "ready\n", "")
