"""The workloads of the suite compiled from Zyntax: `compiled.py WORKLOAD WORKERS SAMPLES`.

Prints nanoseconds for each operation, or bytes for each task, once for each sample.  Compiling is
not counted.
"""

import contextlib
import os
import sys
import time
from pathlib import Path

from zyn.embed import PromiseTimeout, Runtime

PROGRAMS = Path(__file__).with_name("programs.zyntax")
TASKS = 1_000_000
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
}
MEMORY = {"mem_pending": "hold_pending", "mem_sleeping": "hold_sleeping"}
SLEPT_NS = {"sleepers": 100_000_000}  # what every run of it waits


def resident_bytes() -> int:
    """The resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


def memory(runtime: Runtime, workers: int, function: str, tasks: int) -> float:
    """Bytes for each of so many tasks, once all of them wait."""
    before = resident_bytes()
    promise = runtime.call_async(function, tasks)
    while sum(worker.polls for worker in runtime.metrics()) <= tasks:
        if workers == 1:
            promise.poll()
        else:  # the workers poll, this thread only waits
            with contextlib.suppress(PromiseTimeout):
                promise.await_with_timeout(0.05)
    return (resident_bytes() - before) / tasks


def timed(runtime: Runtime, workload: str) -> float:
    """Nanoseconds for each operation."""
    function, arguments, operations = CALLS[workload]
    begin = time.perf_counter_ns()
    runtime.call(function, *arguments)
    return (time.perf_counter_ns() - begin - SLEPT_NS.get(workload, 0)) / operations


def main() -> int:
    """Runs one workload so many times."""
    workload, workers, samples = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    runtime = Runtime(language="zyntax", workers=workers)
    runtime.load_file(str(PROGRAMS))
    if workload in MEMORY:
        print(memory(runtime, workers, MEMORY[workload], TASKS), flush=True)
        os._exit(0)  # a million tasks: tearing them down is not what is measured
    if workload not in CALLS:
        print("no program in Zyntax", file=sys.stderr)
        return 2
    function, arguments, _ = CALLS[workload]
    runtime.call(function, *(min(n, 10) for n in arguments))  # so that every stub is compiled
    for _ in range(samples):
        print(timed(runtime, workload), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
