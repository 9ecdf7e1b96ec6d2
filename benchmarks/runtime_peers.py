"""The runtime beside its peers: the same work, the same machine, one run after the other.

Builds what can be built of the peers (tokio with cargo, Go, node, asyncio and uvloop), runs every
row A B A B, and writes `results/runtime.json` and `results/runtime.md` beside this file.  A ratio
above 1 means that this runtime is better.  Rows appear twice: C futures, and compiled from Zyntax.

    python benchmarks/runtime_peers.py [--repeat N] [--only ID]
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "runtime"
BUILD = HERE.parent / "build" / "bench"
RESULTS = HERE / "results"
PYTHON_PEERS = ("asyncio", "uvloop")
TIMEOUT_S = 120


@dataclass(frozen=True)
class Workload:
    """One row of the suite: its id there, the name that every program knows, and the unit."""

    id: str
    name: str
    unit: str
    peers: tuple[str, ...]


WORKLOADS = (
    Workload("A1", "spawn_join", "ns", ("tokio", "go", "node", "asyncio", "uvloop")),
    Workload("A2", "spawn_await", "ns", ("tokio", "go", "asyncio", "uvloop")),
    Workload("A3", "async_call", "ns", ("tokio", "node", "asyncio", "uvloop")),
    Workload("A4", "yield_many", "ns", ("tokio", "go", "node", "asyncio", "uvloop")),
    Workload("A5", "ping_pong", "ns", ("tokio", "go", "asyncio", "uvloop")),
    Workload("A6", "chan_1p1c", "ns", ("tokio", "go")),
    Workload("A6", "chan_4p4c", "ns", ("tokio", "go")),
    Workload("A7", "skynet", "ns", ("tokio", "go")),
    Workload("A9", "sleepers", "ns", ("tokio", "go")),
    Workload("A14", "mutex", "ns", ("tokio", "go")),
    Workload("A10", "mem_pending", "bytes", ("tokio", "go")),
    Workload("A10", "mem_sleeping", "bytes", ("tokio", "go")),
)

Command = list[str]


def built(command: Command, folder: Path) -> bool:
    """Whether a build succeeded; what it said is printed when it did not."""
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        print(f"{command[0]} failed: {result.stderr.strip()[-500:]}", file=sys.stderr)
    return result.returncode == 0


def native_library() -> Path:
    """The libzynrt that this interpreter uses."""
    import zyn.runtime

    for folder in zyn.runtime.__path__:
        for path in Path(folder).glob("libzynrt.*"):
            return path
    raise SystemExit("libzynrt was not found: run `make build`")


def build_futures() -> Command | None:
    """Our C futures, linked with the library that is installed."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return None
    library, target = native_library(), BUILD / "futures"
    flags = ["-std=c11", "-O3", "-D_GNU_SOURCE", f"-I{HERE.parent / 'runtime' / 'include'}"]
    linked = [str(library), f"-Wl,-rpath,{library.parent}"]
    command = [compiler, *flags, str(SOURCES / "futures.c"), "-o", str(target), *linked]
    return [str(target)] if built(command, SOURCES) else None


def build_tokio() -> Command | None:
    """The tokio peer: release, fat LTO, versions pinned in its Cargo.toml."""
    if shutil.which("cargo") is None:
        return None
    folder = BUILD / "tokio"
    shutil.copytree(SOURCES / "peers" / "tokio", folder, dirs_exist_ok=True)
    if not built(["cargo", "build", "--release", "--quiet"], folder):
        return None
    return [str(folder / "target" / "release" / "peer")]


def build_go() -> Command | None:
    """The Go peer."""
    if shutil.which("go") is None:
        return None
    target = BUILD / "go-peer"
    if not built(["go", "build", "-o", str(target), "."], SOURCES / "peers" / "go"):
        return None
    return [str(target)]


def programs() -> dict[str, Command]:
    """How each program is started; peers that are not to be had are named and left out."""
    BUILD.mkdir(parents=True, exist_ok=True)
    node = shutil.which("node")
    found: dict[str, Command | None] = {
        "ours (C)": build_futures(),
        "ours (Zyntax)": [sys.executable, str(SOURCES / "compiled.py")],
        "tokio": build_tokio(),
        "go": build_go(),
        "node": [node, str(SOURCES / "peers" / "node_peer.mjs")] if node else None,
    }
    asyncio_peer = [sys.executable, str(SOURCES / "peers" / "asyncio_peer.py")]
    for loop in PYTHON_PEERS:
        known = subprocess.run(
            [sys.executable, "-c", f"import {loop}"], capture_output=True, check=False
        )
        found[loop] = asyncio_peer if known.returncode == 0 else None
    for name in [name for name, command in found.items() if command is None]:
        print(f"{name} is not to be had here, its rows are left out")
    return {name: command for name, command in found.items() if command is not None}


def run_once(name: str, command: Command, workload: str, workers: int) -> float | None:
    """One measurement, or None when this program does not know the workload."""
    arguments = [workload, name if name in PYTHON_PEERS else str(workers)]
    try:
        result = subprocess.run(
            [*command, *arguments], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        print(f"{name} {workload}: no answer within {TIMEOUT_S} s", file=sys.stderr)
        return None
    if result.returncode != 0:
        if result.returncode != 2:
            print(f"{name} {workload}: {result.stderr.strip()[-300:]}", file=sys.stderr)
        return None
    return float(result.stdout)


def measure(
    workload: Workload, workers: int, found: dict[str, Command], repeat: int
) -> dict[str, list[float]]:
    """All measurements of one row, interleaved."""
    names = [name for name in found if name.startswith("ours") or name in workload.peers]
    if workers > 1:
        names = [name for name in names if name not in (*PYTHON_PEERS, "node")]
    values: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(repeat):
        for name in list(values):
            value = run_once(name, found[name], workload.name, workers)
            if value is None:
                del values[name]
            else:
                values[name].append(value)
    return values


def rows_of(
    workload: Workload, workers: int, values: dict[str, list[float]]
) -> list[dict[str, object]]:
    """Every one of ours against every peer."""
    rows: list[dict[str, object]] = []
    for ours in [name for name in values if name.startswith("ours")]:
        ours_median = statistics.median(values[ours])
        for peer in [name for name in values if not name.startswith("ours")]:
            peer_median = statistics.median(values[peer])
            rows.append({
                "id": workload.id, "workload": workload.name, "program": ours, "workers": workers,
                "peer": peer, "unit": workload.unit, "ours_median": round(ours_median, 2),
                "peer_median": round(peer_median, 2), "ratio": round(peer_median / ours_median, 3),
            })  # fmt: skip
    return rows


def table(rows: list[dict[str, object]]) -> str:
    """The rows as Markdown."""
    lines = [
        "| row | workload | workers | program | peer | ours | peer's | unit | ratio |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['id']} | {row['workload']} | {row['workers']} | {row['program']} | {row['peer']} "
        f"| {row['ours_median']} | {row['peer_median']} | {row['unit']} | **{row['ratio']}** |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description="The runtime beside its peers.")
    parser.add_argument("--repeat", type=int, default=15, help="measurements of each (15)")
    parser.add_argument("--only", help="one row, by its id or name")
    options = parser.parse_args()
    found = programs()
    rows: list[dict[str, object]] = []
    for workload in WORKLOADS:
        if options.only not in (None, workload.id, workload.name):
            continue
        for workers in (1, 2):
            rows += rows_of(workload, workers, measure(workload, workers, found, options.repeat))
    print(table(rows))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "runtime.json").write_text(json.dumps(rows, indent=1) + "\n")
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    head = f"Medians of {options.repeat} interleaved runs, {os.cpu_count()} cores, load {load}.\n\n"
    (RESULTS / "runtime.md").write_text(head + table(rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
