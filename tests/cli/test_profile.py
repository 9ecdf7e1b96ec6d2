"""`zyn run --profile`: counts are exact, times under a virtual clock too; the rest is masked."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.support.cli import ROOT
from zyn.cli import main

SUMS = str(ROOT / "examples" / "sums.zyntax")
TASKS = str(ROOT / "examples" / "three_tasks.zyntax")

# polls, parked, frames, blocks, where
MAIN = [
    "0 0 1 0 <host>",
    "1 0 0 0 main",
    "1 1.00 ms 0 0 decode  await fetch(id)",
    "1 1.00 ms 0 0 fetch  await delay(1)",
    "1 1.00 ms 0 0 load  await decode(id)",
    "1 1.00 ms 0 0 main  await load(5)",
]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled code of a test stays in its own folder."""
    monkeypatch.setenv("ZYN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_COLOR", "1")


def masked(table: str) -> list[str]:
    """The table without time in poll, bytes and lines; sorted, for its order is that of time."""
    time = r"[\d.]+(?: [num]?s)?"
    row = re.compile(rf" *(\d+) +{time} +({time}) +(\d+) +(\d+) +\d+ +\S+  (.+)")
    found = [row.fullmatch(line) for line in table.splitlines()[1:]]
    return sorted(" ".join(match.groups()) for match in found if match is not None)


def test_the_table_goes_to_stderr_and_the_value_stays_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run", SUMS, "--clock", "virtual", "--profile"]) == 0
    out, err = capsys.readouterr()
    assert out == "77\n"
    assert err.splitlines()[0].split() == [
        "polls", "in", "poll", "parked", "frames", "blocks", "bytes", "line", "function",
    ]  # fmt: skip
    assert masked(err) == MAIN


def test_json_holds_the_value_and_the_profile(capsys: pytest.CaptureFixture[str]) -> None:
    call = ["run", SUMS, "--clock", "virtual", "--profile", "--json", "--call", "together(5)"]
    assert main(call) == 0
    out, err = capsys.readouterr()
    answer = json.loads(out)
    assert (answer["value"], err) == (46, "")
    points = {(p["function"], p["awaits"]): p for p in answer["profile"]["points"]}
    waits = points["fetch", "delay(1)"]
    assert (waits["polls"], waits["parked_ns"], waits["line"]) == (3, 3_000_000, 34)
    assert points["fetch", None]["polls"] == 3
    assert points["together", None]["frames"] == 3
    assert points["together", None]["blocks"] == 1
    stacks = answer["profile"]["stacks"]
    for stack in stacks:
        if stack["function"] == "fetch":
            assert stacks[stack["outer"]]["function"] == "together"
    assert all(stack["outer"] < index for index, stack in enumerate(stacks) if index)


def test_recursion_is_one_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", SUMS, "--profile", "--json", "--call", "factorial(20)"]) == 0
    stacks = json.loads(capsys.readouterr().out)["profile"]["stacks"]
    assert [(stack["function"], stack["polls"], stack["frames"]) for stack in stacks] == [
        ("<host>", 0, 1),
        ("factorial", 20, 19),
    ]


def test_a_failed_run_is_profiled_and_the_flame_graph_nests(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    graph = tmp_path / "profile.svg"
    assert main(["run", TASKS, "--clock", "virtual", "--profile", "--svg", str(graph)]) == 3
    err = capsys.readouterr().err
    assert "worker  await delay(10)" in err
    assert "deadlock" in err
    space = "{http://www.w3.org/2000/svg}"
    boxes = {}
    for group in ET.fromstring(graph.read_text(encoding="utf-8")).iter(f"{space}g"):
        box, title = group.find(f"{space}rect"), group.find(f"{space}title")
        assert box is not None
        assert title is not None
        assert title.text
        x, width = float(box.attrib["x"]), float(box.attrib["width"])
        boxes[title.text.partition(": ")[0]] = (x, x + width, float(box.attrib["y"]))
    low, high, y = boxes["all"]
    inner_low, inner_high, inner_y = boxes["main"]
    assert low <= inner_low < inner_high <= high + 1
    assert inner_y < y


def test_a_graph_that_cannot_be_written_is_said_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", SUMS, "--svg", str(tmp_path / "none" / "x.svg")]) == 2
    assert "No such file" in capsys.readouterr().err
