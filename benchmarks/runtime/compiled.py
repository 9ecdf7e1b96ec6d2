"""The workloads of the suite compiled from Zyntax: `compiled.py WORKLOAD WORKERS SAMPLES`.

Prints nanoseconds for each operation (microseconds of echo), or bytes for each task, once for each
sample.  Compiling is not counted.
"""

import asyncio
import contextlib
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from zyn.embed import Promise, PromiseCancelled, PromiseTimeout, Runtime

PROGRAMS = Path(__file__).with_name("programs.zyntax")
# function, arguments, operations
CALLS: dict[str, tuple[str, tuple[int, ...], int]] = {
    "spawn_join": ("spawn_join", (100_000,), 100_000),
    "spawn_await": ("spawn_await", (100_000,), 100_000),
    "async_call": ("async_call", (1_000_000,), 1_000_000),
    "yield_many": ("yield_many", (200, 1000), 200_000),
    "skynet": ("skynet", (0, 1_000_000), 1_111_111),
    "ping_pong": ("ping_pong", (100_000,), 100_000),
    "chan_1p1c": ("chan_1p1c", (1_000_000,), 1_000_000),
    "chan_4p4c": ("chan_many", (4, 1_000_000), 1_000_000),
    "chan_64p64c": ("chan_many", (64, 1_000_000), 1_000_000),
    "mutex": ("mutex_many", (1000, 100), 100_000),
    "mutex_alone": ("mutex_many", (1, 1_000_000), 1_000_000),
    "sleepers": ("sleepers", (100_000,), 100_000),
    "chained_spawn": ("chained_spawn", (100_000,), 100_000),
    "fib": ("fib", (25,), 242_785),
    "nqueens": ("nqueens", (), 10_633),
    "uts": ("uts", (2, 8), 110_477),
    "select_losers": ("select_losers", (100_000,), 100_000),
    "timeout_storm": ("timeout_storm", (100_000,), 100_000),
}
# function, tasks
MEMORY = {
    "mem_pending": ("hold_pending", 1_000_000),
    "mem_sleeping": ("hold_sleeping", 1_000_000),
    "mem_100k": ("hold_sleeping", 100_000),
}
TREE = {"cancel_tree": ("cancel_tree", 6, 1_111_111)}  # function, depth, tasks
# connections, bytes each way, rounds on each
ECHOES = {
    "echo_1": (1, 16, 20_000),
    "echo_64": (64, 16, 400),
    "echo_5000": (5000, 16, 8),
    "echo_4k": (1, 4096, 20_000),
}
APART = {"echo_10000": (10_000, 16, 4)}  # the same; who answers is another process
BRIDGES = ("py_await", "py_callback")
BRIDGED = 5_000
ANSWERS = "echo_answers"
EMBEDDED = "no program in Zyntax: the embedded scheduler runs tasks of C"
ABSENT = {
    "matmul": "no program in Zyntax: its arrays are values, which tasks cannot share",
    "wake_parked": "no program in Zyntax: it has neither clock nor threads to wake it from",
    "wake_busy": "no program in Zyntax: it has neither clock nor threads to wake it from",
    **dict.fromkeys(("embedded_turns", "embedded_bursts", "embedded_bytes"), EMBEDDED),
}
SLEPT_NS = {"sleepers": 100_000_000}  # what every run of it waits


def resident_bytes() -> int:
    """The resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


def run_until_polls(runtime: Runtime, workers: int, promise: Promise, polls: int) -> None:
    """Runs until so many polls were done; the promise does not end meanwhile."""
    while sum(worker.polls for worker in runtime.metrics()) < polls:
        if workers == 1:
            promise.poll()
        else:  # the workers poll, this thread only waits
            with contextlib.suppress(PromiseTimeout):
                promise.await_with_timeout(0.01)


def memory(runtime: Runtime, workers: int, function: str, tasks: int) -> float:
    """Bytes for each of so many tasks, once all of them wait."""
    before = resident_bytes()
    promise = runtime.call_async(function, tasks)
    run_until_polls(runtime, workers, promise, tasks + 1)
    return (resident_bytes() - before) / tasks


def cancelled(runtime: Runtime, workers: int, function: str, depth: int, tasks: int) -> float:
    """Nanoseconds for each task of a tree, from its cancelling until the last has gone."""
    before = runtime.live_objects
    done = sum(worker.polls for worker in runtime.metrics())
    promise = runtime.call_async(function, depth)
    run_until_polls(runtime, workers, promise, done + tasks + 2)
    begin = time.perf_counter_ns()
    promise.cancel()
    with contextlib.suppress(PromiseCancelled):
        promise.await_result()
    del promise
    while runtime.live_objects > before:  # the root ends first, the leaves last
        runtime.call("breath")
    return (time.perf_counter_ns() - begin) / tasks


async def awaited(runtime: Runtime) -> float:
    """Nanoseconds for each await of a compiled function under asyncio."""
    begin = time.perf_counter_ns()
    for i in range(BRIDGED):
        await runtime.call_async("leaf", i)
    return (time.perf_counter_ns() - begin) / BRIDGED


def called_back(runtime: Runtime) -> float:
    """Nanoseconds for each await of a Python machine in a compiled function."""
    promises = [Promise.from_poll_fn(None, lambda _machine: 1) for _ in range(BRIDGED)]
    begin = time.perf_counter_ns()
    for promise in promises:
        runtime.call("callback", promise)
    return (time.perf_counter_ns() - begin) / BRIDGED


def echoed(runtime: Runtime, links: int, size: int, rounds: int) -> float:
    """Microseconds for each round trip; connecting is not counted."""
    ends = runtime.call("connections", links)
    begin = time.perf_counter_ns()
    runtime.call("echoes", ends, size, rounds)
    return (time.perf_counter_ns() - begin) / 1e3 / (links * rounds)


def answer(runtime: Runtime, links: int, size: int, rounds: int) -> None:
    """The process that answers: prints its port, and a line more once it has all connections."""
    listener = runtime.call("listener")
    print(runtime.call("port_of", listener), flush=True)
    ends = runtime.call("accepted", listener, links)
    print("ready", flush=True)
    runtime.call("answer_all", ends, size, rounds)


def echoed_apart(runtime: Runtime, workers: int, links: int, size: int, rounds: int) -> float:
    """As `echoed`, with the ends that answer in a process of their own."""
    command = [sys.executable, __file__, ANSWERS, str(workers), "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        ends = runtime.call("connected", int(other.stdout.readline()), links)
        assert other.stdout.readline() == "ready\n"
        begin = time.perf_counter_ns()
        runtime.call("ask_all", ends, size, rounds)
        us = (time.perf_counter_ns() - begin) / 1e3 / (links * rounds)
    assert other.returncode == 0
    return us


def timed(runtime: Runtime, workload: str) -> float:
    """Nanoseconds for each operation."""
    function, arguments, operations = CALLS[workload]
    begin = time.perf_counter_ns()
    runtime.call(function, *arguments)
    return (time.perf_counter_ns() - begin - SLEPT_NS.get(workload, 0)) / operations


def sample(runtime: Runtime, workload: str, workers: int) -> float:
    """One sample of any workload."""
    if workload in MEMORY:
        return memory(runtime, workers, *MEMORY[workload])
    if workload in TREE:
        return cancelled(runtime, workers, *TREE[workload])
    if workload in ECHOES:
        return echoed(runtime, *ECHOES[workload])
    if workload in APART:
        return echoed_apart(runtime, workers, *APART[workload])
    if workload == "py_await":
        return asyncio.run(awaited(runtime))
    if workload == "py_callback":
        return called_back(runtime)
    return timed(runtime, workload)


def main() -> int:
    """Runs one workload so many times."""
    workload, workers, samples = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if workload not in {*CALLS, *MEMORY, *TREE, *ECHOES, *APART, *BRIDGES, ANSWERS}:
        print(ABSENT.get(workload, "no program in Zyntax"), file=sys.stderr)
        return 2
    runtime = Runtime(language="zyntax", workers=workers)
    runtime.load_file(str(PROGRAMS))
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    if workload == ANSWERS:
        answer(runtime, *APART["echo_10000"])
        return 0
    if workload in CALLS:
        function, arguments, _ = CALLS[workload]
        runtime.call(function, *(min(n, 10) for n in arguments))  # so that stubs are compiled
    for _ in range(samples):
        print(sample(runtime, workload, workers), flush=True)
        if workload in MEMORY:
            os._exit(0)  # a million tasks: tearing them down is not what is measured
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
