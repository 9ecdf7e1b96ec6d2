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
}


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
    runtime.call(workload, *small)  # so that no stub is compiled while the clock runs
    begin = time.perf_counter_ns()
    runtime.call(workload, *arguments)
    print((time.perf_counter_ns() - begin) / operations)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
