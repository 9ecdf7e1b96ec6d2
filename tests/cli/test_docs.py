"""What docs/cli.md and docs/embed.md show works as typed."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.support.cli import ROOT
from zyn.cli import main

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a page, in order."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [code for found, code in BLOCK.findall(text) if found == language]


COMMANDS = [line for block in blocks("cli.md", "sh") for line in block.splitlines() if line]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # A command may write files.
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZYN_CACHE_DIR", str(tmp_path / "cache"))
    program, *words = shlex.split(command)
    assert program == "zyn"
    assert main(words) in {0, 1}
    out, err = capsys.readouterr()
    assert out or err


def test_the_answers_that_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("ZYN_CACHE_DIR", str(tmp_path))
    shown = blocks("cli.md", "text")
    for line in blocks("cli.md", "sh")[0].splitlines():
        assert main(shlex.split(line)[1:]) == 0
    assert capsys.readouterr().out == shown[0]
    assert main(shlex.split(blocks("cli.md", "sh")[1])[1:]) == 1
    assert capsys.readouterr().err == shown[1]


def test_the_first_program_of_the_page_on_embedding() -> None:
    exec(blocks("embed.md", "python")[0], {})
