"""`zyn-dap exec` on a fake engine: what it prints, and with which code it ends."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.fake_engine import FakeEngine
from tests.support.repository import ROOT
from zyn.dap.headless.command import run_exec
from zyn.dap.headless.trace import check_trace
from zyn.debug.model import DeadlockedTask, ExitInfo

PROGRAM = "async fn main() i32 {\n    await delay(1);\n    return 42;\n}\n"
LOST = DeadlockedTask(id=3, name="lost", function="lost", file=None, line=20, waits_for="nothing")
GONE = "there is no such file"


@pytest.fixture
def program(tmp_path: Path) -> str:
    file = tmp_path / "program.zyntax"
    file.write_text(PROGRAM, encoding="utf-8")
    return str(file)


class EndlessEngine(FakeEngine):
    """The program runs and never tells anything."""

    async def configuration_done(self) -> None:
        self.calls.append(("configuration_done", None))

    async def pause(self, task: int | None) -> None:
        self.calls.append(("pause", task))


def run(*arguments: str, exit_: ExitInfo | None = None) -> tuple[int, FakeEngine]:
    engine = FakeEngine()
    if exit_ is not None:
        engine.exit = exit_
    return run_exec(arguments, lambda: engine), engine


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_runs_to_the_end(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, engine = run(program, "--call", "f(1)", "--seed", "7", "--clock", "real")

    assert code == 0
    assert engine.config is not None
    assert (engine.config.call, engine.config.seed, engine.config.clock) == ("f(1)", 7, "real")
    assert engine.calls[-1] == ("disconnect", True)
    out = capsys.readouterr().out
    assert "value  42" in out
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("info", "fail_on", "code", "verdict"),
    [
        (ExitInfo(value="0"), None, 0, "ok"),
        (ExitInfo(error=("task-failed", "division by zero", 3)), None, 1, "failure"),
        (ExitInfo(error=("task-failed", "division by zero", 3)), "deadlock", 0, "ok"),
        (ExitInfo(signal="SIGKILL"), None, 1, "failure"),
        (ExitInfo(deadlock=(LOST,)), None, 3, "deadlock"),
        (ExitInfo(deadlock=(LOST,)), "failure,leak", 0, "ok"),
        (ExitInfo(error=("deadlock", "stuck", 20), deadlock=(LOST,)), None, 3, "deadlock"),
        (ExitInfo(value="1", leaked=2), None, 3, "leak"),
        (ExitInfo(value="1", leaked=2), "", 0, "ok"),
    ],
)
def test_exit_codes(
    program: str,
    capsys: pytest.CaptureFixture[str],
    info: ExitInfo,
    fail_on: str | None,
    code: int,
    verdict: str,
) -> None:
    options = [] if fail_on is None else ["--fail-on", fail_on]

    assert run(program, "--json", *options, exit_=info)[0] == code
    end = lines(capsys.readouterr().out)[-1]
    assert (end["event"], end["verdict"], end["exit_code"]) == ("end", verdict, code)


def test_deadlock_names_the_task_and_its_line(
    program: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(program, exit_=ExitInfo(deadlock=(LOST,)))

    assert "lost #3 waits at line 20 for nothing" in capsys.readouterr().out


def test_steps_polls_and_prints(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, engine = run(program, "--step-polls", "3", "--print", "total", "--print", "nobody")
    out = capsys.readouterr().out

    assert code == 0
    assert engine.calls.count(("step", (1, "poll"))) == 3
    assert re.findall(r"^ +\d+ (entry|poll \d)", out, re.MULTILINE) == [
        "entry",
        "poll 1",
        "poll 2",
        "poll 3",
    ]
    assert "total = 10  i32" in out
    assert "nobody = there is no nobody" in out
    assert re.search(r"@8 +total +i32 +0a 00 00 00 +10$", out, re.MULTILINE)
    assert "worker #2" in out


def test_changed_field_is_marked(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    class Counting(FakeEngine):
        async def step(self, task: int, kind: Any, *, others: bool = False) -> None:
            self.values["total"] += 5
            await super().step(task, kind, others=others)

    engine = Counting()
    run_exec([program, "--step-polls", "1"], lambda: engine)

    assert re.search(r"total +i32 +0f 00 00 00 +15  was 10$", capsys.readouterr().out, re.MULTILINE)


def test_breakpoints(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, engine = run(program, "--break", "2:n > 1", "--break", "worker")

    assert code == 0
    [(_, (file, points))] = [call for call in engine.calls if call[0] == "set_breakpoints"]
    assert (file, points[0].line, points[0].condition) == (program, 2, "n > 1")
    assert ("set_function_breakpoints", [("worker", None, None)]) in engine.calls
    assert "breakpoint ── worker #2" in capsys.readouterr().out


@pytest.mark.parametrize("wanted", ["2:1 +", "nobody"])
def test_breakpoint_that_cannot_be(
    program: str, capsys: pytest.CaptureFixture[str], wanted: str
) -> None:
    code, engine = run(program, "--break", wanted)

    assert code == 2
    assert ("configuration_done", None) not in engine.calls
    assert engine.calls[-1] == ("disconnect", True)
    assert "breakpoint" in capsys.readouterr().out


def test_program_that_does_not_compile(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(program).write_text("// broken\n", encoding="utf-8")

    assert run(program)[0] == 1
    assert "does not compile" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["/nowhere.zyntax"],
        ["FILE", "--break", "0"],
        ["FILE", "--break", "2:"],
        ["FILE", "--break", "x y"],
        ["FILE", "--step-polls", "many"],
        ["FILE", "--fail-on", "boredom"],
        ["FILE", "--timeout", "-1"],
        ["FILE", "--timeout", "nan"],
        ["FILE", "--seed", "-1"],
        ["FILE", "--clock", "sundial"],
    ],
)
def test_usage(program: str, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    arguments = [program if word == "FILE" else word for word in arguments]
    try:
        code: object = run(*arguments)[0]
    except SystemExit as exit_:
        code = exit_.code

    assert code == 2
    assert capsys.readouterr().err


def test_timeout_says_where_the_tasks_are(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    engine = EndlessEngine()
    code = run_exec([program, "--timeout", "0.01"], lambda: engine)

    assert code == 3
    assert ("pause", None) in engine.calls
    out = capsys.readouterr().out
    assert "timeout" in out
    assert "worker #3" in out


def test_trace(program: str, tmp_path: Path) -> None:
    file = tmp_path / "trace.json"
    run(program, "--trace", str(file))
    events = json.loads(file.read_text(encoding="utf-8"))["traceEvents"]

    assert events[1]["args"]["name"] == "worker #2"
    assert (events[2]["ph"], events[2]["tid"], events[2]["dur"]) == ("X", 2, 0.005)


def test_a_trace_has_a_mark_for_each_wake_and_an_arrow_from_the_waker(
    program: str, tmp_path: Path
) -> None:
    file = tmp_path / "trace.json"
    run(program, "--trace", str(file))
    events = json.loads(file.read_text(encoding="utf-8"))["traceEvents"]

    polls = [event["args"].get("woken by") for event in events if event["ph"] == "X"]
    assert polls == [None, "task 7", "a timer"]
    marks = [(event["ts"], event["tid"], event["name"]) for event in events if event["ph"] == "i"]
    assert marks == [(0.04, 2, "woken by task 7"), (0.099, 2, "woken by a timer")]
    ends = [event for event in events if event["ph"] in "sf"]
    assert [(one["ph"], one["ts"], one["tid"]) for one in ends] == [("s", 0.04, 7), ("f", 0.09, 2)]
    assert len({one["id"] for one in ends}) == 1


@pytest.mark.parametrize(
    ("where", "why"),
    [("no/where", "No such file"), (".", "Is a directory"), ("nul\0", "null byte")],
)
def test_a_trace_that_cannot_be_written_is_refused_before_the_run(
    where: str, why: str, program: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, engine = run(program, "--trace", f"{tmp_path}/{where}")

    assert (code, engine.config, engine.calls) == (2, None, [])
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "the trace cannot be written" in shown.err
    assert why in shown.err


def test_a_trace_is_kept_until_there_is_another(program: str, tmp_path: Path) -> None:
    file = tmp_path / "trace.json"
    check_trace(file)
    assert not file.exists()

    file.write_text("older", encoding="utf-8")
    check_trace(file)
    assert file.read_text(encoding="utf-8") == "older"


def test_json_lines_are_as_documented(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "headless.md").read_text(encoding="utf-8")
    run(program, "--json", "--step-polls", "1", "--print", "total", "--print", "x", "--break", "2",
        exit_=ExitInfo(deadlock=(LOST,), error=("deadlock", "stuck", 20)))  # fmt: skip
    happened = lines(capsys.readouterr().out)

    events = [line["event"] for line in happened]
    assert events[:2] == ["launch", "breakpoint"]
    assert set(events[2:-1]) == {"stop"}
    assert events[-1] == "end"

    def names(value: object) -> set[str]:
        if isinstance(value, dict):
            return set(value) | {name for inner in value.values() for name in names(inner)}
        if isinstance(value, list):
            return {name for inner in value for name in names(inner)}
        return set()

    undocumented = {name for name in names(happened) if f"`{name}`" not in page}
    assert undocumented == set()
