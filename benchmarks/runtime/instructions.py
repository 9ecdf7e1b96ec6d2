"""Instructions for each operation, ours in C and tokio: what a loaded machine does not change.

    python -m benchmarks.runtime.instructions [WORKLOAD ...]

Counted by callgrind on one worker, starting and ending of the program included, which is little
beside 100,000 operations.  Needs valgrind.
"""

import re
import subprocess
import sys
import tempfile
from typing import Final

from benchmarks.runtime.builds import BUILD, BuildError, Program, futures, rust, tool
from benchmarks.runtime.report import markdown

# what the programs divide by
OPERATIONS: Final = {
    "spawn_join": 100_000,
    "spawn_await": 100_000,
    "chained_spawn": 100_000,
    "yield_many": 200_000,
    "ping_pong": 100_000,
    "chan_1p1c": 1_000_000,
    "fib": 242_785,
    "nqueens": 10_633,
    "uts": 110_477,
    "sleepers": 100_000,
    "mutex": 100_000,
    "mutex_alone": 1_000_000,
    "select_losers": 100_000,
    "timeout_storm": 100_000,
}


def total(report: str) -> int:
    """The instructions that callgrind collected, from what it prints."""
    found = re.search(r"Collected : (\d+)", report)
    if found is None:
        raise BuildError(f"callgrind collected nothing: {report.strip()[-200:]}")
    return int(found[1])


def counted(program: Program, workload: str) -> float:
    """Instructions for each operation of one sample."""
    with tempfile.TemporaryDirectory() as folder:
        command = [tool("valgrind"), "--tool=callgrind", f"--callgrind-out-file={folder}/out"]
        result = subprocess.run(
            [*command, *program.command, workload, "1", "1"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return total(result.stderr) / OPERATIONS[workload]


def main(names: list[str]) -> int:
    """Counts and prints a table."""
    unknown = set(names) - OPERATIONS.keys()
    if unknown:
        print(f"no such workload: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    BUILD.mkdir(parents=True, exist_ok=True)
    lines = []
    try:
        ours, tokio = futures(), rust("tokio")
        for name in names or OPERATIONS:
            mine, theirs = counted(ours, name), counted(tokio, name)
            print(f"{name}: {mine:.0f}, tokio {theirs:.0f}", file=sys.stderr)
            lines.append([f"`{name}`", f"{mine:,.0f}", f"{theirs:,.0f}", f"{theirs / mine:.2f}"])
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    print(markdown(("workload", "ours", "tokio", "ratio"), lines))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
