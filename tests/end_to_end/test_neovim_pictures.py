"""What a person sees of the plugin on a screen of a usual size, and the pictures of the pages.

With ZYN_SCREENSHOTS=FOLDER the screens are written there as PNG; `make screenshots-neovim` does so.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.neovim import DRAWN, Editor, started
from tests.end_to_end.screen import Screen
from tests.support.repository import ROOT

pytestmark = pytest.mark.e2e

COLUMNS, ROWS = 128, 42


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    with started(tmp_path / "home") as editor:
        yield editor


@pytest.fixture
def screen(editor: Editor, tmp_path: Path) -> Screen:
    """A screen with the program of three tasks, stopped behind its first await."""
    file = tmp_path / "three_tasks.zyntax"
    shutil.copy(ROOT / "examples" / "three_tasks.zyntax", file)
    screen = Screen(editor.nvim, COLUMNS, ROWS)
    editor.nvim.command("set termguicolors noruler noshowcmd shortmess+=F | colorscheme desert")
    editor.nvim.command("set statusline=\\ %{expand('%:t')} fillchars=eob:\\ ")
    editor.open(file)
    editor.wait(DRAWN, "zyn_hints")
    editor.wait(DRAWN, "zyn_lens")
    editor.nvim.call("cursor", 11, 1)
    editor.nvim.command("ZynTasks")
    editor.wait("shows('zyn://tasks', given[1])", "Stopped at a breakpoint")
    editor.nvim.input("p")
    for text in ("stopped: step", "Stopped after a step"):
        editor.wait("shows('zyn://tasks', given[1])", text)
    return screen


def photograph(screen: Screen, name: str) -> list[str]:
    """The text of the screen; the picture is written where one was asked for."""
    screen.update()
    folder = os.environ.get("ZYN_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        screen.picture(Path(folder) / name)
    return screen.lines()


def test_tasks(screen: Screen) -> None:
    lines = photograph(screen, "neovim-tasks.png")
    [await_line] = [line for line in lines if "await delay(10);" in line]
    assert "state 1 - " in await_line
    assert await_line.endswith(" 1 parked")
    [lens] = [line for line in lines if "async fn worker" in line]
    assert "2 states - " in lens
    assert lens.endswith("rounds captured @8"), "all of the longest line fits"
    assert any(line.startswith("▶ #1 ") and line.endswith("stopped: step") for line in lines)
    assert any(line.endswith("q close") for line in lines)


def test_state_machine(editor: Editor, screen: Screen) -> None:
    editor.nvim.command("close")
    editor.nvim.call("cursor", 10, 1)
    editor.nvim.command("ZynStateMachine")
    for text in ("task #1 is stopped in it", "1 task here"):
        editor.wait("shows('zyn://state-machine', given[1])", text)
    lines = photograph(screen, "neovim-state-machine.png")
    assert any(line.endswith("◂ 1 task here") for line in lines)
    assert any(line.startswith(" @12 ") and line.split()[-1] == "1" for line in lines)
    assert any(line.endswith("q close") for line in lines)
