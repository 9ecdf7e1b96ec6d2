"""`zyn-dap exec` on real programs, as a command."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.dap_client import marks
from tests.support.repository import ROOT

pytestmark = pytest.mark.e2e

SUMS = Path(__file__).resolve().parent / "programs" / "sums.zyntax"
THREE = ROOT / "examples" / "three_tasks.zyntax"
LINES = marks(SUMS)


def execute(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-c",
        "from zyn.dap import main; main()",
        "exec",
        *map(str, arguments),
    ]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )


def happened(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_value() -> None:
    done = execute(SUMS, "--call", "sum_to(5)")

    assert (done.returncode, done.stderr) == (0, "")
    assert "value  15" in done.stdout


def test_value_of_several_workers() -> None:
    program = SUMS.with_name("workers.zyntax")
    done = execute(program, "--call", "main(4)", "--workers", 2, "--json")
    first, *_, last = happened(done)

    assert (done.returncode, done.stderr) == (0, "")
    assert (first["workers"], first["clock"]) == (2, "real")
    assert last["value"] == "34"


@pytest.mark.parametrize("one", [("--seed", 1), ("--clock", "virtual")])
def test_several_workers_have_no_single_order(one: tuple[object, ...]) -> None:
    done = execute(SUMS, "--workers", 2, *one)
    assert (done.returncode, done.stdout) == (2, "")
    assert "means one order" in done.stderr


def test_polls_with_their_fields() -> None:
    done = execute(SUMS, "--step-polls", 3, "--json")
    polls = [line for line in happened(done) if line["event"] == "stop" and line["poll"]]

    assert done.returncode == 0
    seen = []
    for stop in polls:
        frame = stop["stack"][0]
        values = {field["name"]: field["value"] for field in frame["fields"]}
        seen.append((frame["function"], values["total"], values["i"]))
    assert seen == [("sum_to", "1", "1"), ("sum_to", "3", "2"), ("sum_to", "6", "3")]


def test_breakpoint_with_a_condition_and_an_expression() -> None:
    done = execute(SUMS, "--break", f"{LINES['add']}:i == 3", "--print", "total + i", "--json")
    [stop] = [line for line in happened(done) if line["event"] == "stop"]

    assert (stop["reason"], stop["task"]["id"]) == ("breakpoint", 1)
    assert stop["stack"][0]["line"] == LINES["add"]
    assert stop["print"] == [{"expression": "total + i", "value": "6", "type": "i32"}]
    assert {one["name"]: one["value"] for one in stop["stack"][0]["locals"]}["i"] == "3"


def test_polls_of_a_named_function() -> None:
    done = execute(THREE, "--step-polls", "lost=1", "--json")
    stops = [line for line in happened(done) if line["event"] == "stop"]

    assert [(stop["reason"], stop["task"]["function"]) for stop in stops][:2] == [
        ("breakpoint", "lost"),
        ("step", "lost"),
    ]


def test_deadlock_is_named(tmp_path: Path) -> None:
    done = execute(THREE, "--json")
    end = happened(done)[-1]

    assert done.returncode == 3
    assert end["verdict"] == "deadlock"
    lost = next(task for task in end["deadlock"] if task["function"] == "lost")
    line = next(
        number
        for number, text in enumerate(THREE.read_text().splitlines(), 1)
        if "await pending" in text
    )
    assert (lost["line"], lost["waits_for"]) == (line, "nothing")
    assert execute(THREE, "--fail-on", "failure").returncode == 0


DIVIDE = """\
async fn main() i32 {
    var z: i32 = 0;
    return 1 / z;
}
"""
PANIC = """\
async fn main() i32 {
    panic("enough");
}
"""
UNKNOWN = """\
async fn main() i32 {
    return nobody;
}
"""
DOWN = """\
fn down(n: i64) i64 {
    return down(n + 1) + 1;
}

async fn main() i64 {
    return down(0);
}
"""
MALLOC = """\
fn malloc(n: i32) i32 {
    return n;
}

fn main() i32 {
    return malloc(7);
}
"""


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (DIVIDE, 1, "line 3"),
        (PANIC, 1, "enough"),
        (UNKNOWN, 1, "nobody"),
        (DOWN, 1, "stack overflow"),
        (MALLOC, 0, "value  7"),
    ],
)
def test_ends(tmp_path: Path, text: str, code: int, said: str) -> None:
    program = tmp_path / "program.zyntax"
    program.write_text(text, encoding="utf-8")
    done = execute(program)

    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_what_the_system_refuses_stops_at_its_await(tmp_path: Path) -> None:
    """The frame was resumed there, and passes no probe before it fails."""
    program = tmp_path / "refused.zyntax"
    program.write_text(
        "async fn main() void {\n"
        "    const port: i64 = 1;\n"
        "    await delay(port);\n"
        '    await timeout(1000, connect("127.0.0.1", port));\n'
        "}\n"
    )
    done = execute(program)

    assert done.returncode == 1
    assert "→ main  line 4 │ await timeout(1000" in done.stdout
    assert "port  i64  1" in done.stdout
    assert "line 4: connect 127.0.0.1:1: Connection refused [io]" in done.stdout


def test_program_that_never_ends(tmp_path: Path) -> None:
    program = tmp_path / "spin.zyntax"
    program.write_text(
        "async fn main() i32 {\n    var i: i32 = 0;\n    while (true) {\n        i = i + 1;\n"
        "    }\n    return i;\n}\n",
        encoding="utf-8",
    )
    done = execute(program, "--timeout", "1.5", "--json")
    end = happened(done)[-1]

    assert done.returncode == 3
    assert end["verdict"] == "timeout"
    assert [task["task"]["function"] for task in end["tasks"]] == ["main"]


def test_trace_has_every_poll(tmp_path: Path) -> None:
    trace = tmp_path / "trace.json"
    assert execute(SUMS, "--trace", trace).returncode == 0
    events = json.loads(trace.read_text(encoding="utf-8"))["traceEvents"]
    polls = [event for event in events if event["ph"] == "X"]

    assert len(polls) == 5
    assert {poll["name"] for poll in polls} == {"main"}


def test_ends_on_a_signal(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "from zyn.dap import main; main()", "exec", str(THREE),
         "--break", "lost", "--clock", "real", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)

    assert process.returncode in {130, 3}
    assert "Traceback" not in errors


def test_a_task_is_stepped_on_when_another_one_gets_to_the_same_function() -> None:
    done = execute(THREE, "--step-polls", "worker=3", "--json")
    stops = [line for line in happened(done) if line["event"] == "stop"]

    assert [(stop["reason"], stop["task"]["id"], stop["poll"]) for stop in stops] == [
        ("breakpoint", 1, None),
        ("step", 1, 1),
        ("step", 1, 2),
        ("step", 1, 3),
        ("deadlock", 1, None),
    ]


def test_a_task_is_stepped_on_after_breakpoints_of_others() -> None:
    lines_of = {
        text.strip(): number for number, text in enumerate(THREE.read_text().splitlines(), 1)
    }
    line = lines_of["total = total + step;"]
    done = execute(THREE, "--step-polls", 20, "--break", line, "--json", "--timeout", 60)
    stops = [line for line in happened(done) if line["event"] == "stop"]
    points = [stop["task"]["id"] for stop in stops if stop["reason"] == "breakpoint"]

    assert (sorted(points), stops[-1]["reason"]) == ([1, 1, 1, 2, 2, 2], "deadlock")
    polls = [stop["poll"] for stop in stops if stop["poll"]]
    assert polls == [1, 2, 3, 4, 5]
    assert done.returncode == 3


@pytest.mark.parametrize("call", ["nope()", "main(1)", "main("])
def test_a_call_that_makes_no_sense_is_a_mistake_of_the_command_line(call: str) -> None:
    done = execute(THREE, "--call", call)
    assert done.returncode == 2, done.stdout + done.stderr
