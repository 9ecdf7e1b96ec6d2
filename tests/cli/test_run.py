"""`zyn run`: values, errors, exit codes; every answer is short and says what is wrong."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import ROOT, run_zyn
from zyn.cli import main

FAILURES = str(ROOT / "examples" / "failures.zyntax")
VALUES = str(ROOT / "examples" / "values.zyntax")


def line_of(marker: str) -> int:
    """The 1-based line of a marker in the examples of failures."""
    lines = Path(FAILURES).read_text(encoding="utf-8").splitlines()
    return next(n for n, line in enumerate(lines, start=1) if line.endswith(f"// @{marker}"))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Compiled code of a test stays in its own folder."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("ZYN_CACHE_DIR", str(folder))
    monkeypatch.setenv("NO_COLOR", "1")
    return folder


def write(folder: Path, text: str) -> str:
    path = folder / "program.zyntax"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("zero_later()", 0),
        ("negative(7)", -7),
        ("half(5)", 2.5),
        ("is_even(4)", True),
        ('greet("you")', "hello, you"),
        ("middle(Point{ .x = 2, .y = -4.5 })", {"x": 1, "y": -2.25}),
        ("halves([1, 2, 3])", [0.5, 1.0, 1.5]),
        ("found(0)", None),
        ("nothing()", None),
    ],
)
def test_json_values(call: str, value: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", VALUES, "--call", call, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"value": value}


def test_json_is_one_line_of_exactly_one_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", VALUES, "--json", "--call", "negative(-42)"]) == 0
    assert capsys.readouterr().out == '{"value": 42}\n'


def test_void_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", VALUES, "--call", "nothing()"]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("call", "code", "marker", "exit_code"),
    [
        ("divide(1, 0)", "division-by-zero", "divide", 1),
        ("later(1, 0)", "division-by-zero", "divide", 1),
        ("at(3)", "index-out-of-range", "index", 1),
        ('give_up("no more")', "panic", "panic", 1),
        ("waits_for_stuck()", "deadlock", "stuck", 3),
    ],
)
def test_a_failure_has_code_line_and_exit_code(
    call: str, code: str, marker: str, exit_code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", FAILURES, "--call", call, "--json"]) == exit_code
    error = json.loads(capsys.readouterr().out)["error"]
    assert set(error) == {"code", "message", "line"}
    assert (error["code"], error["line"]) == (code, line_of(marker))

    assert main(["run", FAILURES, "--call", call]) == exit_code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"error[{code}]: ")
    assert f"failures.zyntax:{line_of(marker)}:" in err


@pytest.mark.parametrize("call", ["dive(0)", "dive_async(0)"])
def test_unbounded_recursion_is_a_failure(call: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", FAILURES, "--call", call, "--json"]) == 1
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["code"], error["message"]) == ("stack-overflow", "stack overflow")


@pytest.mark.parametrize("call", ["spin()", "spin_async()", "stuck()"])
@pytest.mark.parametrize("clock", ["real", "virtual"])
def test_a_timeout_ends_with_3(call: str, clock: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["run", FAILURES, "--call", call, "--timeout", "0.05", "--clock", clock, "--json"]
    assert main(arguments) == 3
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == ("deadlock" if call == "stuck()" else "timeout")


def test_delays_take_no_time_under_a_virtual_clock(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = write(tmp_path, "async fn main() i32 { await delay(3600000); return 1; }")
    assert main(["run", program, "--clock", "virtual", "--timeout", "7200"]) == 0
    assert capsys.readouterr().out == "1\n"


def test_a_program_with_errors_does_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = write(tmp_path, "async fn main() i32 {\n    return oops;\n}\n")
    assert main(["run", program, "--json"]) == 1
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["code"], error["line"]) == ("unknown-name", 2)
    assert main(["run", program]) == 1
    assert "error[unknown-name]" in capsys.readouterr().err


def test_warnings_go_to_the_error_stream(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = write(
        tmp_path,
        "async fn one() i32 { await yield_now(); return 1; }\n"
        "async fn main() i32 { const a = one(); return a; }\n",
    )
    assert main(["run", program]) == 0
    out, err = capsys.readouterr()
    assert out == "1\n"
    assert err.startswith("warning[implicit-await]: ")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("missing()", "there is no function 'missing'"),
        ("divide(1)", "divide(a: i32, b: i32) takes 2 arguments, got 1"),
        ("divide(1, true)", "b: expected i32, got True"),
        ("divide(1, 2147483648)", "b: 2147483648 is not in the range of i32"),
        ("divide(1, divide(1, 1))", "an argument is a literal"),
        ("divide(1, 2", "is not a call"),
        ("divide", "is not a call"),
        ("divide(1, 2); divide(3, 4)", "is not a call"),
        ("1 + 1", "is not a call"),
        ("", "is not a call"),
        ("} fn x() void { x()", "is not a call"),
    ],
)
def test_a_wrong_call_is_a_usage_error(
    call: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", FAILURES, "--call", call]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert message in err
    assert main(["run", FAILURES, "--call", call, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "call"


def test_a_program_without_main_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", FAILURES]) == 2
    assert "no function main; say which one with --call" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["run", "check", "explain"])
def test_files_that_cannot_be_used(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.zyntax"
    bad.write_bytes(b"fn a() void {}\n// \xff\n")
    (tmp_path / "folder.zyntax").mkdir()
    for name, message in {
        "none.zyntax": "no such file or directory",
        "folder.zyntax": "is a directory",
        "bad.zyntax": ":2: the text is not valid UTF-8",
        "program.py": "unknown file ending; known: .zyntax (or say --language)",
        "nul\0.zyntax": "null byte",
    }.items():
        assert main([command, str(tmp_path / name)]) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert message in err


def test_another_ending_with_a_language(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "program.txt"
    program.write_text("fn main() i32 { return 3; }", encoding="utf-8")
    assert main(["run", str(program), "--language", "zyntax"]) == 0
    assert capsys.readouterr().out == "3\n"
    assert main(["run", str(program), "--language", "zig"]) == 2
    assert "unknown language zig; known: zyntax" in capsys.readouterr().err


@pytest.mark.parametrize(
    "stage", ["ast", "build", "insert_counts", "split_suspends", "llvm", "native"]
)
def test_every_stage_can_be_printed(stage: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", VALUES, "--dump", stage]) == 0
    assert "is_even" in capsys.readouterr().out


def test_an_unknown_stage_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", VALUES, "--dump", "magic"]) == 2
    assert "the passes are ast, build" in capsys.readouterr().err


def test_the_cache_is_used_and_can_be_refused(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", VALUES, "--no-cache"]) == 0
    assert not cache.exists()
    assert main(["run", VALUES]) == 0
    entries = sorted(cache.iterdir())
    assert entries
    for entry in entries:
        entry.write_bytes(b"damaged")
    assert main(["run", VALUES]) == 0
    assert capsys.readouterr().out == "3\n3\n3\n"


def test_a_cache_that_cannot_be_written_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    monkeypatch.setenv("ZYN_CACHE_DIR", str(file / "cache"))
    assert main(["run", VALUES]) == 0
    assert capsys.readouterr().out == "3\n"


# --- as a process of its own ----------------------------------------------------------------------


def test_the_command_runs_as_a_module() -> None:
    ran = run_zyn("run", VALUES)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "3\n", "")


def test_usage() -> None:
    assert run_zyn("--version").stdout.startswith("zyn ")
    shown = run_zyn("--help")
    assert shown.returncode == 0
    for text in ("run", "check", "explain", "130  interrupted", "ZYN_LOG"):
        assert text in shown.stdout
    for arguments in ((), ("walk",), ("run",), ("run", VALUES, "--timeout", "soon"), ("run", "-x")):
        assert run_zyn(*arguments).returncode == 2


def test_logging_is_set_by_the_environment() -> None:
    env = {**os.environ, "ZYN_LOG": "compiler.async=trace,nonsense=debug"}
    ran = run_zyn("run", VALUES, "--call", "half(1)", env=env)
    assert ran.stdout == "0.5\n"
    assert "half: state 1 awaits yield_now()" in ran.stderr
    assert "ZYN_LOG: 'nonsense=debug'" in ran.stderr


@pytest.mark.parametrize(
    ("call", "fuel", "line"), [("spin()", "5", "spin"), ("spin_async()", "5", "spin_async")]
)
def test_fuel_ends_a_loop(
    call: str, fuel: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = Path(FAILURES).read_text(encoding="utf-8").splitlines()
    begin = next(n for n, text in enumerate(lines, 1) if f"fn {line}()" in text)

    assert main(["run", FAILURES, "--call", call, "--fuel", fuel, "--json"]) == 3
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["code"], error["line"]) == ("out-of-fuel", begin + 1)

    assert main(["run", VALUES, "--call", "zero_later()", "--fuel", "1"]) == 3
    assert capsys.readouterr().err.startswith("error[out-of-fuel]: the fuel of this run is used up")
    assert main(["run", VALUES, "--call", "zero_later()", "--fuel", "2"]) == 0


@pytest.mark.parametrize("fuel", ["-1", "many", "1.5", "9" * 30])
def test_fuel_is_a_number_of_polls(fuel: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["run", VALUES, f"--fuel={fuel}"])


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    writer = subprocess.Popen(
        [sys.executable, "-m", "zyn", "run", VALUES, "--dump", "llvm"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    assert writer.stdout is not None
    assert writer.stderr is not None
    writer.stdout.read(1)
    writer.stdout.close()
    assert writer.stderr.read() == b""
    writer.stderr.close()
    assert writer.wait(timeout=60) in {0, 1}


# Like `python -m zyn`, also as a background job of a shell, which begins with SIGINT ignored.
HEEDFUL = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from zyn.cli import main
sys.exit(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are not sent between processes here")
def test_ctrl_c_ends_with_130() -> None:
    env = {**os.environ, "ZYN_LOG": "embed=debug"}
    child = subprocess.Popen(
        [sys.executable, "-c", HEEDFUL, "run", FAILURES, "--call", "spin_async()"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=env,
    )
    assert child.stderr is not None
    while "call_async spin_async" not in child.stderr.readline():
        assert child.poll() is None
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert (child.returncode, out, err) == (130, "", "zyn: interrupted\n")


@pytest.mark.parametrize("workers", ["auto", "0", "1", "4"])
def test_a_program_that_waits_where_it_must_gives_the_same_with_any_number_of_workers(
    workers: str, capsys: pytest.CaptureFixture[str]
) -> None:
    locks = str(ROOT / "examples" / "locks.zyntax")
    assert main(["run", locks, "--call", "total(4)", "--workers", workers]) == 0
    assert main(["run", locks, "--call", "most_inside(3)", "--workers", workers]) == 0
    assert capsys.readouterr().out == "10\n3\n"


def test_a_seed_means_one_worker(capsys: pytest.CaptureFixture[str]) -> None:
    channels = str(ROOT / "examples" / "channels.zyntax")
    run = ["run", channels, "--call", "readings(3)", "--seed", "7"]
    assert main([*run, "--clock", "virtual"]) == 0
    assert capsys.readouterr().out == "12\n"
    assert main([*run, "--workers", "2"]) == 2
    assert "means one order" in capsys.readouterr().err
    assert main(["run", channels, "--clock", "virtual", "--workers", "2"]) == 2


def test_a_trace_has_a_row_for_each_task(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    channels = str(ROOT / "examples" / "channels.zyntax")
    trace = tmp_path / "trace.json"
    run = ["run", channels, "--call", "ping()", "--clock", "virtual", "--trace"]
    assert main([*run, str(trace)]) == 0
    events = json.loads(trace.read_text(encoding="utf-8"))["traceEvents"]
    polls = [event for event in events if event["ph"] == "X"]
    assert {event["name"] for event in polls} == {"ping", "reply"}
    rows = {event["args"]["name"].split()[0] for event in events if event["name"] == "thread_name"}
    assert rows == {"ping", "reply"}
    woken = {event["args"].get("woken by") for event in polls}
    replying = next(event["tid"] for event in polls if event["name"] == "reply")
    assert woken == {None, "a timer", f"task {replying}"}
    assert {event["ph"] for event in events} == {"M", "X", "i", "s", "f"}
    capsys.readouterr()
    assert main([*run, str(tmp_path / "none" / "trace.json")]) == 2
    assert "cannot be written" in capsys.readouterr().err
