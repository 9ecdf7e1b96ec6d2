"""The harness of `make bench-runtime`: what it makes of programs and their figures.

No time is asserted.  Programs that print known figures stand in for peers; ours are run once, on
their smallest workload.
"""

import json
import re
import sys
from pathlib import Path

import pytest

from benchmarks import runtime_peers
from benchmarks.runtime import builds, compiled, instructions, report
from benchmarks.runtime.builds import BuildError, Program
from benchmarks.runtime.suite import OURS, WORKLOADS, Goal, Workload
from tests.support.outside import require_program

KEYS = {"id", "workload", "workers", "peer", "unit", "ours_median", "peer_median", "ratio"}
SOURCES = Path(builds.__file__).parent
ROW = Workload(
    "A0", "spin", "ns", "nothing", ("slow", "fast"), {"slow": Goal(3, 2), "fast": Goal(2)},
    {"limit": 8}, samples=3,
)  # fmt: skip


def scripted(name: str, text: str) -> Program:
    """A program of a line of Python."""
    return Program(name, (sys.executable, "-c", f"import sys; {text}"), "1")


def rows() -> list[report.Row]:
    """Ours at 10, one peer at 25, one at 5, a limit of 8."""
    samples = {"ours (C)": [9.0, 10.0, 40.0], "slow": [25.0], "fast": [4.0, 5.0, 6.0]}
    return report.rows_of(ROW, 1, samples)


def test_rows_have_medians_ratios_and_p99() -> None:
    slow, fast, limit = rows()
    assert slow.keys() >= KEYS
    assert (slow["ours_median"], slow["ours_p99"], slow["ratio"]) == (10.0, 40.0, 2.5)
    assert (fast["peer_median"], fast["peer_p99"], fast["ratio"]) == (5.0, 6.0, 0.5)
    assert (limit["peer"], limit["ratio"]) == ("limit", 0.8)
    assert json.loads(json.dumps(rows())) == rows()


def test_p99_is_by_nearest_rank() -> None:
    assert report.p99([float(n) for n in range(1, 201)]) == 198.0
    assert report.p99([1.0]) == 1.0


def test_where_more_is_better_the_ratio_turns_round() -> None:
    row = Workload("A0", "efficiency", "", "", (), more_is_better=True)
    assert report.ratio(row, 0.9, 0.6) == 1.5


def test_a_verdict_names_the_goal_and_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"spin": {"why": "It spins.", "close": "Do not."}}
    monkeypatch.setattr(report, "reasons", lambda: known)
    slow, fast = report.verdicts(rows())
    assert slow[-3:] == ["2, then 3", "the first reached", "Do not."]
    assert fast[-3:] == ["2", "behind", "It spins. Do not."]
    again = report.verdicts([*rows(), *rows()])
    assert again[-1][-2:] == ["behind", "as above"]


def test_programs_take_turns_and_absent_ones_are_named() -> None:
    found = [
        scripted("ours (C)", "print('1 2 3')"),
        scripted("none", "print('no such workload', file=sys.stderr); sys.exit(2)"),
        scripted("broken", "sys.exit('it broke')"),
        scripted("mute", "pass"),
        scripted("odd", "print('fast')"),
    ]
    samples, absent = runtime_peers.measure(ROW, 1, found, rounds=2, seconds=60)
    assert samples == {"ours (C)": [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]}
    assert absent == {
        "none": "no such workload",
        "broken": "ended with 1: it broke",
        "mute": "printed nothing",
        "odd": "printed 'fast\\n'",
    }


def test_efficiency_is_of_programs_that_ran_on_one_and_two_workers() -> None:
    row = Workload("A0", "scale", "of 1", "", (), scales="spin")
    samples = {("spin", 1): {"go": [8.0, 8.0, 9.0]}, ("spin", 2): {"go": [4.0, 8.0], "c": [1.0]}}
    assert runtime_peers.efficiency(row, samples) == {"go": [1.0, 0.5]}


def test_a_row_that_takes_too_long_has_one_round() -> None:
    found = [scripted("ours (C)", "print(sys.argv[3])")]
    samples, _ = runtime_peers.measure(ROW, 1, found, rounds=9, seconds=1e-9)
    assert samples == {"ours (C)": [float(ROW.samples)]}
    samples, _ = runtime_peers.measure(ROW, 1, found, rounds=9, seconds=-1)
    assert samples == {"ours (C)": [1.0]}


def test_an_absent_toolchain_leaves_its_rows_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BuildError, match="there is no cargo on PATH"):
        builds.rust("tokio")
    found, absent = builds.programs({"go", "asyncio"})
    assert list(found) == ["asyncio"]
    assert absent == {"go": "there is no go on PATH"}


def test_a_row_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SystemExit, match="no such row: A99"):
        runtime_peers.chosen(["A99", "A1"])


def test_every_row_has_a_program_of_ours_and_known_names() -> None:
    tables = "".join(path.read_text(encoding="utf-8") for path in (SOURCES / "c").glob("*.c"))
    in_c = set(re.findall(r'\{"(\w+)", \w+\}', tables)) - {compiled.ANSWERS}
    timed = {*compiled.CALLS, *compiled.ECHOES, *compiled.APART, *compiled.BRIDGES}
    in_zyntax = {*timed, *compiled.MEMORY, *compiled.TREE}
    run = {w.name for w in WORKLOADS if w.scales is None}
    assert run == in_c | in_zyntax
    assert run == in_zyntax | compiled.ABSENT.keys()
    assert {w.scales for w in WORKLOADS if w.scales is not None} <= run
    assert {peer for w in WORKLOADS for peer in w.peers} <= set(builds.BUILDERS) - set(OURS)
    for workload in WORKLOADS:
        assert workload.goals.keys() <= {*workload.peers, *workload.fixed}
    assert report.reasons().keys() <= {w.name for w in WORKLOADS}


def test_instructions_are_read_from_the_words_of_callgrind() -> None:
    assert instructions.total("==7== Collected : 1234\n==7== \n") == 1234
    with pytest.raises(BuildError, match="collected nothing: no such file"):
        instructions.total("no such file\n")
    assert instructions.OPERATIONS.keys() <= {w.name for w in WORKLOADS}


def test_our_programs_print_their_samples() -> None:
    require_program("cc")
    builds.BUILD.mkdir(parents=True, exist_ok=True)
    row = next(workload for workload in WORKLOADS if workload.name == "mutex")
    for program in (builds.futures(), builds.compiled()):
        samples = runtime_peers.run_once(program, row, workers=1)
        assert len(samples) == row.samples
        assert min(samples) > 0
        with pytest.raises(runtime_peers.RunError, match=r"no (C )?program"):
            runtime_peers.run_once(program, ROW, workers=1)
