"""From measurements to rows, and from rows to tables.

A row sets one of our programs beside one peer.  Medians and p99 are of all samples of all runs; of
fewer than a hundred samples the p99 is the largest.
"""

import math
import statistics
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.runtime.suite import OURS, Goal, Workload

Row = dict[str, object]
RESOLUTION: Final = 0.01  # of a sample: less than that is no time at all
VERDICT_HEAD: Final = (
    "row", "workload", "workers", "program", "peer", "ratio", "goal", "verdict",
    "why, and what would close it",
)  # fmt: skip
REASONS: Final = Path(__file__).with_name("reasons.toml")


def p99(samples: Sequence[float]) -> float:
    """The value that 99 % of the samples do not exceed, by nearest rank."""
    return sorted(samples)[math.ceil(0.99 * len(samples)) - 1]


def rounded(value: float) -> float:
    """Three figures and a bit: 1234.5, 12.35, 0.1235."""
    return round(value, max(0, 4 - len(str(int(abs(value))))) if abs(value) >= 1 else 4)


def ratio(workload: Workload, ours: float, peer: float) -> float:
    """How much better ours is."""
    better, worse = (peer, ours) if workload.more_is_better else (ours, peer)
    return round(worse / max(better, RESOLUTION), 3)


def rows_of(workload: Workload, workers: int, samples: Mapping[str, Sequence[float]]) -> list[Row]:
    """Every one of ours against every peer and every limit."""
    peers: dict[str, Sequence[float]] = {
        name: values for name, values in samples.items() if name not in OURS
    }
    peers.update({name: (value,) for name, value in workload.fixed.items()})
    rows: list[Row] = []
    for program in [name for name in OURS if name in samples]:
        ours = statistics.median(samples[program])
        for peer, values in peers.items():
            theirs = statistics.median(values)
            goal = workload.goals.get(peer)
            rows.append({
                "id": workload.id, "workload": workload.name, "program": program,
                "workers": workers, "peer": peer, "unit": workload.unit,
                "ours_median": rounded(ours), "peer_median": rounded(theirs),
                "ratio": ratio(workload, ours, theirs), "ours_p99": rounded(p99(samples[program])),
                "peer_p99": rounded(p99(values)), "samples": len(samples[program]),
                "goal_first": goal.first if goal else None, "goal": goal.last if goal else None,
            })  # fmt: skip
    return rows


def reasons() -> dict[str, dict[str, str]]:
    """Why a workload is behind, and what would close it: by the name of the workload."""
    return tomllib.loads(REASONS.read_text(encoding="utf-8"))


def markdown(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table."""
    rule = "|".join("---" for _ in head)
    body = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    return f"| {' | '.join(head)} |\n|{rule}|\n{body}"


def goal_text(goal: Goal) -> str:
    """A goal in a cell: `3, then 10`."""
    last = f"{goal.last:.3g}"
    return last if goal.first is None else f"{goal.first:.3g}, then {last}"


def measured(workload: Workload, rows: Sequence[Row], programs: Sequence[str]) -> list[list[str]]:
    """One line for each number of workers: the median and the p99 of every program."""
    lines = []
    for workers in sorted({int(str(row["workers"])) for row in rows}):
        cells: dict[str, str] = {}
        for row in rows:
            if row["workers"] != workers:
                continue
            cells[str(row["program"])] = f"**{row['ours_median']}** ({row['ours_p99']})"
            limit = str(row["peer"]) in workload.fixed
            cells[str(row["peer"])] = f"{row['peer_median']}" + (
                "" if limit else f" ({row['peer_p99']})"
            )
        limits = [f"{name} {cells[name]}" for name in workload.fixed]
        unit = ", ".join([workload.unit, *limits])
        named = [workload.id, f"`{workload.name}`", str(workers), unit]
        lines.append([*named, *(cells.get(name, "") for name in programs)])
    return lines


def verdicts(rows: Sequence[Row]) -> list[list[str]]:
    """One line for each row that has a goal: the ratio, and what it says to the goal."""
    lines = []
    known = reasons()
    said: set[str] = set()
    for row in rows:
        if row["goal"] is None:
            continue
        first, last = row["goal_first"], row["goal"]
        goal = Goal(float(str(last)), None if first is None else float(str(first)))
        reached = float(str(row["ratio"]))
        why = known.get(str(row["workload"]), {})
        if reached >= goal.last:
            verdict, reason = "reached", ""
        elif goal.first is not None and reached >= goal.first:
            verdict, reason = "the first reached", why.get("close", "")
        else:
            verdict = "behind"
            reason = " ".join(why[key] for key in ("why", "close") if key in why) or "not known yet"
        if reason in said:
            reason = "as above"
        elif reason:
            said.add(reason)
        lines.append([
            str(row["id"]), f"`{row['workload']}`", str(row["workers"]), str(row["program"]),
            str(row["peer"]), f"**{row['ratio']}**", goal_text(goal), verdict, reason,
        ])  # fmt: skip
    return lines


def document(
    head: str,
    workloads: Sequence[Workload],
    rows: Sequence[Row],
    programs: Sequence[str],
    left_out: Sequence[str],
) -> str:
    """The whole report: what was measured, what that says to the goals, and what is missing."""
    numbers: list[list[str]] = []
    for workload in workloads:
        numbers += measured(workload, [r for r in rows if r["workload"] == workload.name], programs)
    seen = {str(row["workload"]) for row in rows}
    meanings = [
        [workload.id, f"`{workload.name}`", workload.what]
        for workload in workloads
        if workload.name in seen
    ]
    missing = "".join(f"- {line}\n" for line in left_out) or "- nothing\n"
    return "\n".join((
        head,
        "## Medians (p99)\n",
        markdown(("row", "workload", "workers", "unit", *programs), numbers),
        "## Against the goals\n",
        "Ratios above 1 mean that ours is better.\n",
        markdown(VERDICT_HEAD, verdicts(rows)),
        "## What the workloads do\n",
        markdown(("row", "workload", ""), meanings),
        "## Left out\n",
        missing,
    ))  # fmt: skip
