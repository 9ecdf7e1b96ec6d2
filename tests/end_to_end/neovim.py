"""A Neovim of its own for a test, with the plugin as a user has it, driven over its RPC.

`Editor.screen` is what a person would see: the cells that Neovim draws for an attached screen.
Waiting is always for a condition that Neovim itself watches; TIMEOUT_S only keeps a broken one
from hanging the run.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pynvim

from tests.support.outside import require_program
from tests.support.repository import ROOT

PLUGIN = ROOT / "editors" / "neovim"
TIMEOUT_S = 60

# What docs/editors.md tells a user to write; a test holds the two against each other.
USER_CONFIGURATION = """\
vim.opt.runtimepath:append("{plugin}")
"""

# What tests ask of a Neovim: the messages so far, and the lines of a buffer or none.
PRELUDE = """\
_G.messages = {}
vim.notify = function(text) table.insert(_G.messages, text) end
function _G.lines_of(name)
  local buffer = vim.fn.bufnr("^" .. name .. "$")
  return buffer > 0 and vim.api.nvim_buf_get_lines(buffer, 0, -1, false) or {}
end
function _G.shows(name, text)
  return table.concat(_G.lines_of(name), "|"):find(text, 1, true) ~= nil
end
"""


class Editor:
    """One Neovim with one channel to it."""

    def __init__(self, nvim: pynvim.Nvim) -> None:
        self.nvim = nvim

    def lua(self, code: str, *arguments: object) -> Any:
        """Run Lua there; `...` in it are the arguments."""
        return self.nvim.exec_lua(code, *arguments)

    def wait(self, condition: str, *arguments: object) -> None:
        """Wait until a Lua expression is true there; `given` in it are the arguments."""
        code = f"""\
            local given = {{...}}
            return vim.wait({TIMEOUT_S * 1000}, function() return {condition} end, 5)"""
        if not self.lua(code, *arguments):
            raise AssertionError(
                f"not within {TIMEOUT_S} s: {condition}\nmessages: {self.messages()}\n{self.text()}"
            )

    def open(self, file: Path, *, attached: bool = True) -> None:
        """Edit a file, and wait until the server serves it."""
        self.nvim.command(f"edit {file}")
        if attached:
            self.wait(ATTACHED)

    def text(self) -> str:
        """The text of the current buffer."""
        return "\n".join(self.nvim.current.buffer[:])

    def messages(self) -> list[str]:
        """What the user was told so far."""
        found: list[str] = self.lua("return _G.messages")
        return found

    def diagnostics(self) -> list[str]:
        """The diagnostics of the current buffer as `line:column text`."""
        found: list[str] = self.lua("""\
            return vim.tbl_map(function(one)
              return string.format("%d:%d %s", one.lnum + 1, one.col + 1, one.message)
            end, vim.diagnostic.get(0))""")
        return found

    def virtual_text(self, namespace: str) -> dict[int, str]:
        """What is drawn in a namespace of the current buffer, by line from 1."""
        found: list[list[Any]] = self.lua(
            """\
            local found = {}
            local space = vim.api.nvim_get_namespaces()[...]
            for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, space, 0, -1, {details = true}))
            do
              local text = ""
              for _, chunk in ipairs(mark[4].virt_text or {}) do text = text .. chunk[1] end
              table.insert(found, {mark[2] + 1, text})
            end
            return found""",
            namespace,
        )
        return {line: text.strip() for line, text in found}


ATTACHED = 'require("zyn.compat").client_of(0) ~= nil'
# Whether there are marks in a namespace, which is the first value given.
DRAWN = (
    "#vim.api.nvim_buf_get_extmarks(0, vim.api.nvim_get_namespaces()[given[1]] or 0, 0, -1, {}) > 0"
)


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a user whose `zyn-lsp`, `zyn-dap` and `zyn` are on PATH."""
    own = os.environ
    names = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
    found = {name: str(folder / name.lower()) for name in names}
    found |= {
        "PATH": f"{Path(sys.executable).parent}:{own.get('PATH', '')}",
        "LANG": "C.UTF-8",
        "TMPDIR": str(folder),
    }
    return found | more


@contextmanager
def started(
    folder: Path, init: str | None = None, env: dict[str, str] | None = None
) -> Iterator[Editor]:
    """A Neovim with this configuration, by default the one that the documentation gives."""
    program = require_program("nvim")
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "init.lua"
    text = USER_CONFIGURATION.format(plugin=PLUGIN) if init is None else init
    config.write_text(PRELUDE + text, encoding="utf-8")
    # pynvim hands its own environment on; `env` gives Neovim exactly the one of the test.
    variables = [f"{name}={value}" for name, value in (env or environment(folder)).items()]
    flags = ["--headless", "--embed", "-i", "NONE", "-n", "-u", str(config)]
    nvim = pynvim.attach("child", argv=["env", "-i", *variables, program, *flags])
    try:
        nvim.command(f"cd {folder}")
        yield Editor(nvim)
    finally:
        quit_of(nvim)


def quit_of(nvim: pynvim.Nvim) -> None:
    """End a Neovim and what it started."""
    with suppress(EOFError, OSError):  # It answers by closing the channel.
        nvim.command("qall!")
    nvim.close()
