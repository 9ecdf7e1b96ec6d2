"""`zyn check`: diagnostics for people and for programs."""

import json
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from zyn.cli import main

BROKEN = """async fn one() i32 {
    await yield_now();
    return 1;
}

async fn two() i32 {
    const a = one();
    const s = "äö" + nope;
    return a;
}
"""


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A program with findings of several kinds, named as it will be printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    Path("broken.zyntax").write_text(BROKEN, encoding="utf-8")
    return "broken.zyntax"


def test_diagnostics_for_people(broken: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", broken]) == 1
    out, err = capsys.readouterr()
    assert out == snapshot("""\
error[unknown-name]: there is no `nope` here
  --> broken.zyntax:8:22
   |
8  |     const s = "äö" + nope;
   |                      ^^^^

warning[implicit-await]: the promise in `a` is awaited here without `await`
  --> broken.zyntax:9:12
   |
7  |     const a = one();
   |               ----- the promise is made here
  ..
9  |     return a;
   |            ^
   = fix: add `await`

""")
    assert err == snapshot("1 file checked: 1 error, 1 warning\n")


def test_diagnostics_for_programs(broken: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", broken, "--json"]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    assert json.loads(out) == snapshot(
        [
            {
                "file": "broken.zyntax",
                "line": 8,
                "column": 22,
                "end_line": 8,
                "end_column": 26,
                "severity": "error",
                "code": "unknown-name",
                "message": "there is no `nope` here",
                "hint": None,
                "labels": [],
            },
            {
                "file": "broken.zyntax",
                "line": 9,
                "column": 12,
                "end_line": 9,
                "end_column": 13,
                "severity": "warning",
                "code": "implicit-await",
                "message": "the promise in `a` is awaited here without `await`",
                "hint": None,
                "labels": [
                    {
                        "line": 7,
                        "column": 15,
                        "end_line": 7,
                        "end_column": 20,
                        "text": "the promise is made here",
                    }
                ],
            },
        ]
    )


def test_a_sound_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sound = tmp_path / "sound.zyntax"
    sound.write_text("fn main() i32 { return 1; }", encoding="utf-8")
    assert main(["check", str(sound)]) == 0
    assert capsys.readouterr() == ("", "1 file checked: nothing to report\n")
    assert main(["check", str(sound), "--json"]) == 0
    assert capsys.readouterr().out == "[]\n"


def test_a_file_that_cannot_be_read_does_not_hide_the_others(
    broken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "none.zyntax", broken, "--json"]) == 2
    out, err = capsys.readouterr()
    assert {row["file"] for row in json.loads(out)} == {broken}
    assert err == "zyn: none.zyntax: no such file or directory\n"


def test_a_file_that_is_no_text_was_not_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, sound = tmp_path / "bad.zyntax", tmp_path / "sound.zyntax"
    bad.write_bytes(b"fn \xff() void {}")
    sound.write_text("fn main() i32 { return 1; }", encoding="utf-8")
    refusal = f"zyn: {bad}:1: the text is not valid UTF-8\n"
    assert main(["check", str(bad)]) == 2
    assert capsys.readouterr() == ("", refusal)
    assert main(["check", str(bad), str(sound)]) == 2
    assert capsys.readouterr().err == refusal + "1 file checked: nothing to report\n"


def test_warnings_alone_are_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "warned.zyntax"
    program.write_text("fn main() i32 { return 1; return 2; }", encoding="utf-8")
    assert main(["check", str(program)]) == 0
    assert "1 warning" in capsys.readouterr().err


def test_colours_are_for_terminals(
    broken: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["check", broken]) == 1
    assert "\x1b[1;31merror[unknown-name]\x1b[0m" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    assert main(["check", broken]) == 1
    assert "\x1b" not in capsys.readouterr().out
