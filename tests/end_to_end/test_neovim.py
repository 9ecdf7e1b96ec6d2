"""Neovim with the plugin, as a user walks through it: from an error typed to a server that died."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from tests.end_to_end.neovim import (
    DRAWN,
    PLUGIN,
    USER_CONFIGURATION,
    Editor,
    environment,
    started,
)
from tests.support.repository import ROOT

pytestmark = pytest.mark.e2e

TEXT = """\
async fn wait(n: i64) i32 {
    const twice = n * 2;
    await delay(twice);
    return 1;
}

async fn main() i32 {
    return await wiat(1) + await wait(2);
}
"""
REPAIRED = TEXT.replace("wiat", "wait")


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    with started(tmp_path / "home") as editor:
        yield editor


def written(folder: Path, text: str, name: str = "sample.zyntax") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_the_documented_lines_are_all_it_needs() -> None:
    wanted = USER_CONFIGURATION.format(plugin="/path/to/zyn/editors/neovim")
    assert len(wanted.splitlines()) <= 3
    for page in ("docs/editors.md", "editors/neovim/README.md"):
        assert f"```lua\n{wanted}```\n" in (ROOT / page).read_text(encoding="utf-8")


def test_type_an_error_and_let_it_be_fixed(editor: Editor, tmp_path: Path) -> None:
    editor.open(written(tmp_path, REPAIRED))
    editor.wait(DRAWN, "zyn_hints")
    assert editor.nvim.current.buffer.options["filetype"] == "zyntax"
    assert editor.nvim.current.buffer.options["commentstring"] == "// %s"
    assert editor.diagnostics() == []

    editor.nvim.call("cursor", 8, 18)
    editor.nvim.input("cewiat<Esc>")
    editor.wait("vim.inspect(vim.diagnostic.get(0)):find('no `wiat` here', 1, true) ~= nil")
    assert editor.diagnostics() == snapshot(
        [
            """\
8:18 there is no `wiat` here
did you mean `wait`?\
"""
        ]
    )
    # The first action, as a person who presses Return in the list.
    editor.lua("vim.ui.select = function(items, _, chosen) chosen(items[1], 1) end")
    editor.lua("vim.lsp.buf.code_action()")
    editor.wait("#vim.diagnostic.get(0) == 0")
    assert editor.text() + "\n" == REPAIRED


def test_hover_definition_and_rename(editor: Editor, tmp_path: Path) -> None:
    editor.open(written(tmp_path, REPAIRED))
    editor.nvim.call("cursor", 2, 11)
    editor.lua("vim.lsp.buf.hover()")
    editor.wait("#vim.api.nvim_list_wins() == 2")
    [shown] = [window for window in editor.nvim.windows if window != editor.nvim.current.window]
    assert "const twice: i64" in "\n".join(shown.buffer[:])

    editor.nvim.call("cursor", 8, 34)
    editor.lua("vim.lsp.buf.definition()")
    editor.wait("vim.api.nvim_win_get_cursor(0)[1] == 1")
    assert editor.nvim.current.window.cursor == (1, 9)

    editor.lua("vim.lsp.buf.rename('pause')")
    editor.wait("vim.api.nvim_buf_get_lines(0, 0, 1, false)[1]:match('pause') ~= nil")
    assert editor.text() + "\n" == re.sub(r"\bwait\b", "pause", REPAIRED)


def test_hints_follow_the_text_and_go_with_the_server(editor: Editor, tmp_path: Path) -> None:
    editor.open(written(tmp_path, REPAIRED))
    editor.wait(DRAWN, "zyn_hints")
    assert editor.virtual_text("zyn_hints") == snapshot(
        {
            1: "n stored @8",
            2: "twice: i64",
            3: "state 1 - nothing live - 12 B",
            8: "state 1 - nothing live - 4 B  state 2 - wait(1) live - 8 B",
        }
    )
    editor.nvim.call("cursor", 4, 1)
    editor.nvim.input("Oif (twice > 1) { return 2; }<Esc>")
    editor.wait(f"{DRAWN} and {SEES}", "zyn_hints", "twice live")

    editor.nvim.command("ZynHints")
    assert editor.virtual_text("zyn_hints") == {}
    editor.nvim.command("ZynHints")
    editor.wait(DRAWN, "zyn_hints")

    editor.lua("vim.lsp.stop_client(vim.lsp.get_active_clients())")
    editor.wait(f"not ({DRAWN})", "zyn_hints")
    assert editor.messages() == [], "a server that was asked to stop is not started again"
    assert editor.virtual_text("zyn_lens") == {}


# Whether the marks of a namespace, given first, hold a text, given second.
SEES = (
    "vim.inspect(vim.api.nvim_buf_get_extmarks(0, vim.api.nvim_get_namespaces()[given[1]] or 0, "
    "0, -1, {details = true})):find(given[2], 1, true) ~= nil"
)


def test_the_lens_opens_the_state_machine(editor: Editor, tmp_path: Path) -> None:
    editor.open(written(tmp_path, REPAIRED))
    editor.wait(DRAWN, "zyn_lens")
    assert editor.virtual_text("zyn_lens") == snapshot(
        {1: "2 states - 32 B frame | Run… | Debug…", 7: "3 states - 40 B frame | Run | Debug"}
    )
    editor.nvim.call("cursor", 7, 1)
    editor.lua("vim.ui.select = function(items, _, chosen) chosen(items[1], 1) end")
    editor.nvim.command("ZynLens")
    editor.wait("vim.api.nvim_buf_get_name(0) == 'zyn://state-machine'")
    assert editor.text().splitlines()[0].startswith(" async fn main ")


def test_state_machine_shows_what_the_compiler_knows(editor: Editor, tmp_path: Path) -> None:
    file = tmp_path / "three.zyntax"
    shutil.copy(ROOT / "examples" / "three_tasks.zyntax", file)
    editor.open(file)
    editor.nvim.call("cursor", 10, 1)
    editor.nvim.command("ZynStateMachine")
    editor.wait("vim.api.nvim_buf_get_name(0) == 'zyn://state-machine'")
    lines = [line.rstrip() for line in editor.text().splitlines()]
    assert lines == snapshot(
        [
            " async fn worker   2 states, 48 B frame, aligned to 8",
            " ╭───┬──  0  start                   line 6",
            " │ ╭─┴─▶↻ 1  await delay(10)         line 10       20 B  total, i, step, rounds live",
            " ╰─┴───▶  end  gives i32",
            "",
            " at      size  type            what                    alive in 01",
            " @4        4 B  i32             step                  parameter  ·■",
            " @8        4 B  i32             rounds                parameter  ·■",
            " @12       4 B  i32             total                 local      ·■",
            " @16       4 B  i32             i                     local      ·■",
            " @24      24 B  leaf delay      await delay(10)       child      ·■",
            " @4        4 B  i32             result                result     ··",
            " <CR> line  r again  q close",
        ]
    )
    # Return on a state goes to its line, and an edit shows in the buffer.
    editor.nvim.call("cursor", 3, 1)
    editor.nvim.input("<CR>")
    editor.wait("vim.api.nvim_win_get_cursor(0)[1] == 10")
    editor.nvim.call("cursor", 7, 9)
    editor.nvim.input("cesum<Esc>:%s/total/sum/g<CR>")
    editor.wait("shows('zyn://state-machine', 'sum, i, step')")

    editor.nvim.call("cursor", 1, 1)
    editor.nvim.command("ZynStateMachine nobody")
    editor.wait("#_G.messages > 0")
    assert editor.messages() == snapshot(
        ["zyn: there is no async function without errors of the name `nobody`"]
    )


def test_server_that_dies_comes_back_four_times(editor: Editor, tmp_path: Path) -> None:
    editor.open(written(tmp_path, TEXT))
    for number in range(5):
        editor.wait("#vim.diagnostic.get(0) > 0 and require('zyn.compat').client_of(0) ~= nil")
        editor.wait(DRAWN, "zyn_hints")
        pid = editor.lua("return require('zyn.compat').client_of(0).rpc.pid")
        editor.lua("vim.loop.kill(..., 'sigkill')", pid)
        wanted = f"{number + 1} of 4 times" if number < 4 else "is not started any more"
        editor.wait("table.concat(_G.messages, '|'):find(given[1], 1, true) ~= nil", wanted)
        editor.wait(
            "not require('zyn.compat').client_of(0) or "
            "require('zyn.compat').client_of(0).rpc.pid ~= given[1]",
            pid,
        )
    assert editor.virtual_text("zyn_hints") == {}
    editor.nvim.command("ZynRestart")
    editor.wait("#vim.diagnostic.get(0) > 0")
    editor.wait(DRAWN, "zyn_hints")


def test_restart_on_demand_keeps_the_buffers(editor: Editor, tmp_path: Path) -> None:
    editor.open(written(tmp_path, TEXT))
    editor.wait(DRAWN, "zyn_hints")
    before = editor.lua("return require('zyn.compat').client_of(0).id")
    editor.nvim.command("ZynRestart")
    editor.wait("(require('zyn.compat').client_of(0) or {id = given[1]}).id ~= given[1]", before)
    editor.wait(DRAWN, "zyn_hints")
    assert editor.messages() == []


def test_no_server_is_said_once_and_clearly(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with started(home, env=environment(home, PATH="/usr/bin:/bin")) as editor:
        for name in ("one.zyntax", "two.zyntax"):
            editor.open(written(home, TEXT, name), attached=False)
        editor.wait("#_G.messages > 0")
        [message] = editor.messages()
        assert message.replace(str(home), "HOME") == snapshot("""\
zyn: zyn-lsp was not found. Looked at:
  setting `server`: not set
  no .venv or venv in HOME or above, and no $VIRTUAL_ENV
  PATH: not there
Install zyn into the environment of the project, or name the program:
  require("zyn").setup({ server = "/path/to/zyn-lsp" })
`:checkhealth zyn` shows what there is.\
""")
        editor.nvim.command("checkhealth zyn")
        assert "ERROR: zyn-lsp was not found" in editor.text()


def test_server_of_the_virtual_environment_of_the_project(tmp_path: Path) -> None:
    home = tmp_path / "home"
    bin_folder = home / ".venv" / "bin"
    bin_folder.mkdir(parents=True)
    for name in ("zyn-lsp", "zyn-dap", "zyn"):
        (bin_folder / name).symlink_to(shutil.which(name, path=ROOT / ".venv" / "bin") or "absent")
    folder = home / "deep" / "inside"
    folder.mkdir(parents=True)
    with started(home, env=environment(home, PATH="/usr/bin:/bin")) as editor:
        editor.open(written(folder, TEXT))
        editor.wait("#vim.diagnostic.get(0) > 0")
        editor.nvim.command("checkhealth zyn")
        health = editor.text().replace(str(home), "HOME")
    assert re.sub(r"\d+\.\d+\.\d+", "VERSION", health) == snapshot("""\

zyn: require("zyn.health").check()
========================================================================
## zyn: this Neovim
  - OK: Neovim VERSION
  - INFO: server is started by: vim.lsp.start_client
  - INFO: hints are drawn: behind the line (Neovim 0.10 draws them inside)
  - INFO: code lenses are drawn by: this plugin
  - INFO: semantic tokens: need Neovim 0.9

## zyn: programs
  - INFO: project: HOME
  - OK: zyn-lsp VERSION: HOME/.venv/bin/zyn-lsp, from virtual environment HOME/.venv
  - OK: zyn-dap VERSION: HOME/.venv/bin/zyn-dap, from virtual environment HOME/.venv
  - OK: zyn VERSION: HOME/.venv/bin/zyn, from virtual environment HOME/.venv

## zyn: settings
  - OK: all settings make sense

## zyn: server
  - OK: client 1 serves HOME

## zyn: other plugins
  - INFO: nvim-dap is not installed: `:ZynTasks` works, breakpoints and stepping do not
  - INFO: no tree-sitter parser: syntax/zyntax.vim highlights, see :help |zyn-treesitter|
""")


def test_settings_reach_the_server_and_wrong_ones_are_told(tmp_path: Path) -> None:
    setup = (
        'require("zyn").setup({ settings = { hints = { capture = false } }, hintz = true, '
        'page = "many", code_lens = false })\n'
    )
    init = USER_CONFIGURATION.format(plugin=PLUGIN) + setup
    with started(tmp_path / "home", init) as editor:
        editor.open(written(tmp_path, REPAIRED))
        editor.wait(DRAWN, "zyn_hints")
        assert "stored" not in str(editor.virtual_text("zyn_hints"))
        assert editor.virtual_text("zyn_lens") == {}
        # The names of all settings are at the end of the second.
        assert [text[:48] for text in editor.messages()] == snapshot(
            [
                "zyn: setting `page` is a number, not a string",
                "zyn: there is no setting `hintz`; there are auto",
            ]
        )


def test_ten_thousand_lines(editor: Editor, tmp_path: Path) -> None:
    """Hints are asked for and drawn around the window only, wherever it is."""
    function = "async fn f{}(n: i64) i64 {{\n    await delay(n);\n    return n + 1;\n}}\n\n"
    editor.open(written(tmp_path, "".join(function.format(n) for n in range(2_000))))
    editor.wait(DRAWN, "zyn_hints")
    assert len(editor.nvim.current.buffer) == 10_000
    assert max(editor.virtual_text("zyn_hints")) < 200
    editor.nvim.command("5002")
    editor.lua("vim.cmd('redraw'); vim.cmd('doautocmd WinScrolled')")
    editor.wait(f"{DRAWN} and {SEES}", "zyn_hints", "state 1")
    editor.wait(
        "(vim.api.nvim_buf_get_extmarks(0, vim.api.nvim_get_namespaces()[given[1]], 0, -1, {})[1] "
        "or {0, 0})[2] > 4000",
        "zyn_hints",
    )
    editor.nvim.input("o    const k = nobody;<Esc>")
    editor.wait("#vim.diagnostic.get(0) > 0")
    editor.wait(DRAWN, "zyn_hints")
    assert min(editor.virtual_text("zyn_hints")) > 4_000
    assert max(editor.virtual_text("zyn_hints")) < 6_000


def test_help(editor: Editor) -> None:
    editor.nvim.command("help zyn")
    assert editor.nvim.current.buffer.name == str(PLUGIN / "doc" / "zyn.txt")
    for tag in re.findall(r"\|(:?[zZ]yn[\w-]*)\|", editor.text()):
        editor.nvim.command(f"help {tag}")
