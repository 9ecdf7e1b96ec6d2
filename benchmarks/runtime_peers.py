"""The runtime beside its peers: the same work, the same machine, one run after the other.

Builds what can be built of the peers, runs every row A B A B, and writes `results/runtime.json`
and `results/runtime.md` beside this file; with --only it only prints.  Rows appear twice: C
futures, and compiled from Zyntax.
`runtime/suite.py` has the rows, `runtime/report.py` says what the figures are.

    python -m benchmarks.runtime_peers [--only ID ...] [--seconds S] [--rounds N]
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.runtime.builds import Program, programs
from benchmarks.runtime.report import Row, document, rows_of
from benchmarks.runtime.suite import OURS, SINGLE, WORKLOADS, Workload

RESULTS = Path(__file__).resolve().parent / "results"
TIMEOUT_S = 120
ROUNDS_MIN = 1
NOT_DONE = 2  # the status of a program that does not do a workload


class RunError(Exception):
    """A program gave no figures; the text says why."""


def run_once(program: Program, workload: Workload, workers: int) -> list[float]:
    """The samples of one run.  RunError when the program has none."""
    arguments = [workload.name, str(workers), str(workload.samples)]
    try:
        result = subprocess.run(
            [*program.command, *arguments], capture_output=True, text=True, timeout=TIMEOUT_S,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise RunError(f"no answer within {TIMEOUT_S} s") from error
    said = result.stderr.strip().splitlines()
    if result.returncode == NOT_DONE:
        raise RunError(said[-1] if said else "does not do it")
    if result.returncode != 0:
        raise RunError(f"ended with {result.returncode}: {said[-1] if said else 'no word'}")
    try:
        samples = [float(word) for word in result.stdout.split()]
    except ValueError as error:
        raise RunError(f"printed {result.stdout[:80]!r}") from error
    if not samples:
        raise RunError("printed nothing")
    return samples


def measure(
    workload: Workload, workers: int, found: Sequence[Program], rounds: int, seconds: float
) -> tuple[dict[str, list[float]], dict[str, str]]:
    """All samples of one row, interleaved, and why programs have none.

    A row that takes more than `seconds` has fewer rounds, but at least one; where there are no
    seconds left, that one has one sample.
    """
    if seconds <= 0:
        workload = replace(workload, samples=1)
    samples: dict[str, list[float]] = {program.name: [] for program in found}
    absent: dict[str, str] = {}
    end = time.monotonic() + seconds
    for done in range(rounds):
        if done >= ROUNDS_MIN and time.monotonic() > end:
            break
        for program in found:
            if program.name in absent:
                continue
            try:
                samples[program.name] += run_once(program, workload, workers)
            except RunError as error:
                absent[program.name] = str(error)
                del samples[program.name]
    return samples, absent


def efficiency(
    workload: Workload, samples: dict[tuple[str, int], dict[str, list[float]]]
) -> dict[str, list[float]]:
    """Of every program that has both rows: the time of one worker over twice that of two."""
    assert workload.scales is not None
    alone = samples.get((workload.scales, 1), {})
    return {
        name: [statistics.median(alone[name]) / (2 * value) for value in values]
        for name, values in samples.get((workload.scales, 2), {}).items()
        if name in alone
    }


def takes_part(name: str, workload: Workload, workers: int) -> bool:
    """Whether a program belongs into a row at all."""
    if workers > 1 and name in SINGLE:
        return False
    return name in OURS or name in workload.peers


def chosen(only: Iterable[str]) -> list[Workload]:
    """The workloads with these ids or names; all of them when there are none."""
    wanted = set(only)
    unknown = wanted - {w.id for w in WORKLOADS} - {w.name for w in WORKLOADS}
    if unknown:
        raise SystemExit(f"no such row: {', '.join(sorted(unknown))}")
    return [w for w in WORKLOADS if not wanted or w.id in wanted or w.name in wanted]


def machine() -> str:
    """The machine in a few words."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = names[0].split(":", 1)[1].strip() if names else model
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


def load() -> str:
    """The load averages of the last 1, 5 and 15 minutes."""
    return ", ".join(f"{value:.1f}" for value in os.getloadavg())


def head(found: Sequence[Program], loads: tuple[str, str], seconds: float) -> str:
    """Where, when and with what it was measured."""
    versions = "; ".join(f"{program.name} {program.version}" for program in found)
    return (
        f"Measured on {time.strftime('%Y-%m-%d')}: {machine()}. Load average before {loads[0]}, "
        f"after {loads[1]}; {seconds:.0f} s in all.\n\nVersions: {versions}.\n"
    )


def main() -> int:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description="The runtime beside its peers.")
    parser.add_argument("--only", nargs="+", default=[], help="rows, by id or name")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each program (3)")
    parser.add_argument("--seconds", type=float, default=420, help="for all rows together (420)")
    options = parser.parse_args()
    workloads = chosen(options.only)
    before, begin = load(), time.monotonic()
    wanted = {*OURS, *(peer for workload in workloads for peer in workload.peers)}
    found, absent = programs(wanted)
    left_out = [f"{name}, all rows: {why}" for name, why in absent.items()]
    for line in left_out:
        print(f"left out: {line}", file=sys.stderr)
    todo = [(workload, workers) for workload in workloads for workers in workload.workers]
    rows: list[Row] = []
    known: dict[tuple[str, int], dict[str, list[float]]] = {}
    measuring = time.monotonic()
    for index, (workload, workers) in enumerate(todo):
        if workload.scales is not None:
            rows += rows_of(workload, workers, efficiency(workload, known))
            continue
        print(f"{index + 1} of {len(todo)}: {workload.name}, {workers}", file=sys.stderr)
        part = [p for p in found.values() if takes_part(p.name, workload, workers)]
        share = (options.seconds - (time.monotonic() - measuring)) / (len(todo) - index)
        samples, none = measure(workload, workers, part, options.rounds, share)
        left_out += [f"{name}, `{workload.name}` on {workers}: {why}" for name, why in none.items()]
        known[workload.name, workers] = samples
        rows += rows_of(workload, workers, samples)
    used = list(found.values())
    text = document(
        head(used, (before, load()), time.monotonic() - begin), workloads, rows,
        [program.name for program in used], left_out,
    )  # fmt: skip
    print(text)
    if options.only:
        return 0  # the files are of whole runs
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "runtime.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "runtime.md").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
