"""Neovim with the server attached: diagnostics, hover and definition as a user gets them.

The script uses only what Neovim 0.7 has, the oldest version that can speak to a server at all.
"""

import json
import subprocess
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from tests.lsp.command import SERVER
from tests.support.outside import require_program

pytestmark = pytest.mark.e2e

TIMEOUT_S = 60

TEXT = """\
async fn wait(n: i64) i32 {
    await delay(n);
    return 1;
}

async fn main() i32 {
    return await wiat(1) + await wait(2);
}
"""

SCRIPT = """\
local command, file = vim.env.ZYN_SERVER, vim.env.ZYN_FILE
vim.cmd('edit ' .. file)
local buffer = vim.api.nvim_get_current_buf()
local client = vim.lsp.start_client({
  name = 'zyn', cmd = vim.fn.json_decode(command), root_dir = vim.fn.fnamemodify(file, ':h'),
  get_language_id = function() return 'zyntax' end,
})
vim.lsp.buf_attach_client(buffer, client)
local found = {}
found.attached = vim.wait(20000, function() return vim.lsp.buf_is_attached(buffer, client) end)
vim.wait(20000, function() return #vim.diagnostic.get(buffer) > 0 end)
found.diagnostics = vim.tbl_map(function(one)
  return string.format('%d:%d %s', one.lnum + 1, one.col, one.message)
end, vim.diagnostic.get(buffer))

local function ask(method, line, column)
  local params = {
    textDocument = vim.lsp.util.make_text_document_params(buffer),
    position = { line = line, character = column },
  }
  local answers = vim.lsp.buf_request_sync(buffer, method, params, 20000)
  return answers and answers[client] and answers[client].result
end

local hover = ask('textDocument/hover', 0, 9)
found.hover = vim.lsp.util.convert_input_to_markdown_lines(hover.contents)
local where = ask('textDocument/definition', 6, 33)
vim.lsp.util.jump_to_location(where, 'utf-16')
found.cursor = vim.api.nvim_win_get_cursor(0)

vim.api.nvim_buf_set_text(buffer, 6, 17, 6, 21, { 'wait' })
vim.wait(20000, function() return #vim.diagnostic.get(buffer) == 0 end)
found.after_the_edit = #vim.diagnostic.get(buffer)
io.stdout:write(vim.fn.json_encode(found))
vim.cmd('qall!')
"""


def test_neovim(tmp_path: Path) -> None:
    neovim = require_program("nvim")
    file = tmp_path / "sample.zyntax"
    file.write_text(TEXT)
    script = tmp_path / "init.lua"
    script.write_text(SCRIPT)
    environment = {
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
        "ZYN_SERVER": json.dumps(SERVER),
        "ZYN_FILE": str(file),
    }
    done = subprocess.run(
        [neovim, "--headless", "--clean", "-u", str(script)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
        env=environment,
    )
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    assert found["attached"]
    assert found["diagnostics"] == snapshot(
        [
            """\
7:17 there is no `wiat` here
did you mean `wait`?\
"""
        ]
    )
    assert found["hover"][:3] == snapshot(["```zyntax", "async fn wait(n: i64) i32", "```"])
    assert found["cursor"] == [1, 9]
    assert found["after_the_edit"] == 0
