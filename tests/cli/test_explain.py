"""`zyn explain`: the same facts as a picture and as JSON."""

import json
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from tests.support.cli import ROOT
from zyn.cli import main
from zyn.driver.queries import Document

PROGRAM = """async fn double(x: i32) i32 {
    return x * 2;
}

async fn sum_doubled(n: i32) i32 {
    var total: i32 = 0;
    var i: i32 = 1;
    while (i <= n) {
        const doubled = await double(i);
        await delay(10);
        total = total + doubled;
        i = i + 1;
    }
    return total;
}

fn direct() void {}
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A program, named as it will be printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    Path("sums.zyntax").write_text(PROGRAM, encoding="utf-8")
    return "sums.zyntax"


def test_the_picture(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", program]) == 0
    assert capsys.readouterr().out == snapshot("""\
async fn double(x: i32) i32                                                        sums.zyntax:1
1 state, frame of 8 bytes aligned to 4

  state  line  awaits  alive across it  bytes
      0     1  -       -                    8

  slot    type  offset  size  stored     holds it in  why
  x       i32        4     4  parameter  -            a parameter is always stored
  result  i32        4     4  result     -            the caller finds it here

  0               4               8
  ┌───────────────┬───────────────┐
  │     state     │       x       │
  └───────────────┴───────────────┘
                  ┌───────────────┐
                  │     result    │
                  └───────────────┘

async fn sum_doubled(n: i32) i32                                                   sums.zyntax:5
3 states, frame of 48 bytes aligned to 8

  state  line  awaits     alive across it       bytes
      0     5  -          -                         8
      1     9  double(i)  total, i, n              16
      2    10  delay(10)  total, i, doubled, n     20

  slot             type          offset  size  stored     holds it in  why
  n                i32                4     4  parameter  1, 2         used in line 8 after state 1
  total            i32                8     4  local      1, 2         used in line 11 after state 1
  i                i32               12     4  local      1, 2         used in line 12 after state 1
  doubled          i32               16     4  local      2            used in line 11 after state 2
  await double(i)  frame double      16     8  child      1            the callee's frame lies here
  await delay(10)  leaf delay        24    24  child      2            the callee's frame lies here
  result           i32                4     4  result     -            the caller finds it here

  0          4          8          12         16         20         24                        48
  ┌──────────┬──────────┬──────────┬──────────┬──────────┐          ┌─────────────────────────┐
  │  state   │    n     │  total   │    i     │ doubled  │          │     await delay(10)     │
  └──────────┴──────────┴──────────┴──────────┴──────────┘          └─────────────────────────┘
             ┌──────────┐                     ┌─────────────────────┐
             │  result  │                     │   await double(i)   │
             └──────────┘                     └─────────────────────┘
""")


def test_the_json(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", program, "sum_doubled", "--json"]) == 0
    (function,) = json.loads(capsys.readouterr().out)["functions"]
    states = [
        (state["index"], state["kind"], state["line"], state["awaits"], state["live"])
        for state in function["states"]
    ]
    assert states == [
        (0, "start", 5, "", []),
        (1, "await", 9, "double(i)", ["total", "i", "n"]),
        (2, "await", 10, "delay(10)", ["total", "i", "doubled", "n"]),
    ]
    assert function["frame"]["slots"][:2] == [
        {
            "name": "n",
            "type": "i32",
            "offset": 4,
            "size": 4,
            "stored": "parameter",
            "live_in": [1, 2],
        },
        {
            "name": "total",
            "type": "i32",
            "offset": 8,
            "size": 4,
            "stored": "local",
            "live_in": [1, 2],
        },
    ]


def test_json_has_the_shape_that_others_rely_on(
    program: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", program, "--json"]) == 0
    explained = json.loads(capsys.readouterr().out)
    assert set(explained) == {"functions"}
    assert [function["name"] for function in explained["functions"]] == ["double", "sum_doubled"]
    for function in explained["functions"]:
        assert set(function) == {"name", "states", "frame"}
        assert set(function["frame"]) == {"size", "align", "slots"}
        for state in function["states"]:
            assert set(state) == {"index", "kind", "line", "awaits", "live"}
        for slot in function["frame"]["slots"]:
            assert set(slot) == {"name", "type", "offset", "size", "stored", "live_in"}
            assert slot["stored"] in {"parameter", "local", "child", "result"}


@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*.zyntax")), ids=str)
def test_the_json_is_the_side_table(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["explain", str(example), "--json"])
    explained = json.loads(capsys.readouterr().out)["functions"]
    document = Document("zyntax", example.read_bytes())
    tables = [document.side_table(placed) for placed in document.items]
    known = {table.function: table for table in tables if table is not None}
    assert [function["name"] for function in explained] == list(known)
    for function in explained:
        frame = known[function["name"]].frame
        assert frame is not None
        slots = [(slot["name"], slot["offset"]) for slot in function["frame"]["slots"]]
        assert slots == [(slot.name, slot.offset) for slot in frame.slots]


def test_pictures_of_every_example_fit(capsys: pytest.CaptureFixture[str]) -> None:
    for example in sorted((ROOT / "examples").glob("*.zyntax")):
        main(["explain", str(example)])
        drawn = [line for line in capsys.readouterr().out.splitlines() if "│" in line]
        assert all(len(line) <= 100 for line in drawn)


def test_a_function_that_cannot_be_explained(
    program: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", program, "nowhere"]) == 2
    assert capsys.readouterr().err == "zyn: sums.zyntax: nowhere is not in the file\n"
    assert main(["explain", program, "direct"]) == 2
    assert capsys.readouterr().err == "zyn: sums.zyntax: direct is not an async function\n"


def test_a_broken_file_is_explained_as_far_as_it_is_whole(
    program: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(program).write_text(PROGRAM + "async fn bad() i32 { return oops; }", encoding="utf-8")
    assert main(["explain", program, "--json"]) == 1
    out, err = capsys.readouterr()
    assert [f["name"] for f in json.loads(out)["functions"]] == ["double", "sum_doubled"]
    assert err == "zyn: sums.zyntax has 1 error: see zyn check\n"
