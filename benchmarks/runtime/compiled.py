"""The workloads of the suite, compiled from Zyntax: `compiled.py WORKLOAD WORKERS`.

Prints nanoseconds for each operation; compiling is not counted.
"""

import sys
import time
from pathlib import Path

from zyn.embed import Runtime

PROGRAMS = Path(__file__).with_name("programs.zyntax")
CALLS = {
    "spawn_join": ((100_000,), 100_000),
    "spawn_await": ((100_000,), 100_000),
    "async_call": ((1_000_000,), 1_000_000),
    "yield_many": ((0,), 256_000),
    "skynet": ((0, 1_000_000), 1_111_111),
    "ping_pong": ((100_000,), 100_000),
    "chan_1p1c": ((1_000_000,), 1_000_000),
    "chan_4p4c": ((1_000_000,), 1_000_000),
    "mutex": ((0,), 102_400),
    "sleepers": ((0,), 131_072),
}
FUNCTIONS = {"mutex": "mutex_many"}  # where the name of the workload is a built-in
SLEPT_NS = {"sleepers": 100_000_000}  # what every run of it waits


def main() -> int:
    """Runs one workload once."""
    workload, workers = sys.argv[1], int(sys.argv[2])
    if workload not in CALLS:
        print(f"no such workload: {workload}", file=sys.stderr)
        return 2
    arguments, operations = CALLS[workload]
    runtime = Runtime(language="zyntax", workers=workers)
    runtime.load_file(str(PROGRAMS))
    small = (0, 10) if workload == "skynet" else (10,)
    function = FUNCTIONS.get(workload, workload)
    runtime.call(function, *small)  # so that no stub is compiled while the clock runs
    begin = time.perf_counter_ns()
    runtime.call(function, *arguments)
    print((time.perf_counter_ns() - begin - SLEPT_NS.get(workload, 0)) / operations)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
