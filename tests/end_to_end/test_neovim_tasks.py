"""The tasks of a program in Neovim, against the real debugger: stopped, stepped, held, paged."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from tests.end_to_end.neovim import DRAWN, Editor, started
from tests.support.repository import ROOT

pytestmark = pytest.mark.e2e

SHOWS = "shows('zyn://tasks', given[1])"

# A tree of 2 ** 13 - 1 tasks, in which the leaves wait for ever and all others for them.
MANY = """\
async fn tree(depth: i32) void {
    if (depth == 0) {
        await pending();
        return;
    }
    const left = spawn(tree(depth - 1));
    const right = spawn(tree(depth - 1));
    await left;
    await right;
}

async fn main() void {
    await tree(12);
}
"""


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    with started(tmp_path / "home") as editor:
        yield editor


@pytest.fixture
def three(editor: Editor, tmp_path: Path) -> Editor:
    """The program of three tasks, stopped behind its first await."""
    file = tmp_path / "three_tasks.zyntax"
    shutil.copy(ROOT / "examples" / "three_tasks.zyntax", file)
    editor.open(file)
    editor.nvim.call("cursor", 11, 1)
    editor.nvim.command("ZynTasks")
    editor.wait(SHOWS, "Stopped at a breakpoint")
    return editor


def lines(editor: Editor) -> list[str]:
    """What the buffer shows, without the keys at its end."""
    found: list[str] = editor.lua("return lines_of('zyn://tasks')")
    return [line.rstrip()[:80] for line in found if not line.startswith((" <CR>", " g "))]


def test_run_to_the_cursor_and_step(three: Editor) -> None:
    assert lines(three) == snapshot(
        [
            " three_tasks.zyntax main()   3 tasks   Stopped at a breakpoint",
            "  task    state       line  function            polls  from    why",
            "▶ #1      running       11  worker                  2          stopped: breakpoi",
            "  #2      runnable      10  worker                  1  #1      waits for timer, ",
            "  #3      parked        18  lost                    1  #1      waits for nothing",
        ]
    )
    three.nvim.input("p")
    three.wait(SHOWS, "stopped: step")
    assert lines(three)[2] == snapshot(
        "▶ #1      parked        10  worker                  2          stopped: step"
    )


def test_return_goes_to_where_a_task_waits(three: Editor) -> None:
    three.nvim.call("cursor", 5, 1)
    three.nvim.input("<CR>")
    three.wait("vim.api.nvim_buf_get_name(0):match('three_tasks.zyntax$') ~= nil")
    assert three.nvim.current.window.cursor[0] == 18
    assert three.virtual_text("zyn_parked") == {18: "1 parked"}


def test_hold_and_let_go(three: Editor) -> None:
    three.nvim.call("cursor", 4, 1)
    three.nvim.input("h")
    three.wait(SHOWS, "‖ #2")
    three.nvim.input("u")
    three.wait(SHOWS, "  #2      runnable")


def test_groups_and_filter(three: Editor) -> None:
    three.nvim.input("g")
    three.wait(SHOWS, "where they wait")
    assert lines(three)[1:] == snapshot(
        ["     tasks    line  where they wait", "         1      18  lost              #3"]
    )
    three.nvim.input("g")
    three.lua("vim.ui.input = function(_, entered) entered('lost') end")
    three.nvim.input("f")
    three.wait(SHOWS, "only with `lost`")
    assert len(lines(three)) == 3


def test_state_machine_of_the_stopped_task(three: Editor) -> None:
    three.nvim.input("p")
    three.wait(SHOWS, "stopped: step")
    three.nvim.command("wincmd p | ZynStateMachine worker")
    for text in ("task #1 is stopped in it", "1 task here"):
        three.wait("shows('zyn://state-machine', given[1])", text)
    shown: list[str] = three.lua("return lines_of('zyn://state-machine')")
    values = {row[4]: row[-1] for line in shown if len(row := line.split()) == 8}
    assert values == snapshot({"alive": "now", "step": "1", "rounds": "3", "total": "1", "i": "1"})


def test_deadlock_is_shown_and_the_end_is_told(three: Editor) -> None:
    three.nvim.command("wincmd p | ZynTasks triple(14)")
    three.wait(SHOWS, "has ended")
    assert lines(three)[0].startswith(" three_tasks.zyntax has ended: ")
    three.nvim.command("wincmd p")
    three.nvim.call("cursor", 26, 1)
    three.nvim.command("ZynTasks")
    three.wait(SHOWS, "stopped: breakpoint")
    three.nvim.input("c")
    three.wait(SHOWS, "Deadlock")
    three.nvim.command("ZynStop")
    three.wait(SHOWS, "has ended")
    assert three.virtual_text("zyn_parked") == {}


def test_thousands_of_tasks_are_paged(editor: Editor, tmp_path: Path) -> None:
    file = tmp_path / "many.zyntax"
    file.write_text(MANY, encoding="utf-8")
    editor.open(file)
    editor.nvim.call("cursor", 9, 1)
    editor.nvim.command("ZynTasks")
    editor.wait(SHOWS, "8,191 tasks   page 1 of 41")
    assert len(lines(editor)) == 202
    editor.nvim.input("]")
    editor.wait(SHOWS, "page 2 of 41")
    editor.nvim.input("[")
    editor.wait(SHOWS, "page 1 of 41")
    editor.nvim.input("g")
    editor.wait(SHOWS, "where they wait")
    editor.nvim.command("wincmd p")
    assert len(editor.virtual_text("zyn_parked")) >= 1


def test_run_in_a_terminal_and_debug_without_nvim_dap(editor: Editor, tmp_path: Path) -> None:
    file = tmp_path / "sum.zyntax"
    file.write_text("fn sum(a: i32, b: i32) i32 {\n    return a + b;\n}\n", encoding="utf-8")
    editor.open(file)
    editor.wait(DRAWN, "zyn_lens")
    editor.lua("vim.ui.select = function(items, _, chosen) chosen(items[1], 1) end")
    editor.lua("""\
        vim.ui.input = function(given, entered)
          _G.prompt = given.prompt
          entered("40, 2")
        end""")
    editor.nvim.command("ZynLens")
    editor.wait("vim.bo.buftype == 'terminal'")
    editor.wait("vim.tbl_contains(vim.api.nvim_buf_get_lines(0, 0, -1, false), '42')")
    assert editor.lua("return _G.prompt") == "Arguments of sum(a: i32, b: i32): "

    editor.nvim.command("close")
    editor.lua("vim.ui.select = function(items, _, chosen) chosen(items[2], 2) end")
    editor.nvim.command("ZynLens")
    editor.wait("#_G.messages > 0")
    assert "`:ZynTasks sum(40, 2)` runs up to the cursor" in editor.messages()[0]


def test_without_a_program(editor: Editor) -> None:
    editor.nvim.command("ZynTasks")
    editor.wait("#_G.messages > 0")
    assert editor.messages() == snapshot(
        ["zyn: no program is being debugged; `:ZynTasks` in a program runs it up to the cursor"]
    )
