-- Highlighting with the tree-sitter grammar, where Neovim can load it.
--
-- The parser has the format of tree-sitter 0.25, which Neovim 0.11 is the first to read; older
-- versions and those without the parser use syntax/zyntax.vim.

local config = require("zyn.config")

local M = {}

local function grammar_folder()
  local here = debug.getinfo(1, "S").source:sub(2)
  local repository = vim.fn.fnamemodify(here, ":p:h:h:h:h:h")
  local folder = repository .. "/tree-sitter-grammar/zyntax"
  return vim.fn.filereadable(folder .. "/src/parser.c") == 1 and folder or nil
end

--- Tell nvim-treesitter where the grammar is, for `:TSInstall zyntax`; both its branches.
---@return boolean whether it is installed
function M.register()
  local ok, parsers = pcall(require, "nvim-treesitter.parsers")
  local folder = grammar_folder()
  if not ok or not folder then
    return ok
  end
  if parsers.get_parser_configs then
    parsers.get_parser_configs().zyntax = {
      install_info = { url = folder, files = { "src/parser.c" } },
      filetype = "zyntax",
    }
  else
    parsers.zyntax = { install_info = { path = folder } }
  end
  return true
end

--- Whether a parser for Zyntax can be loaded.
function M.has_parser()
  local ok, found
  if vim.treesitter.language and vim.treesitter.language.add then
    ok, found = pcall(vim.treesitter.language.add, "zyntax")
    -- Until 0.10 nothing was returned; a parser that cannot be loaded was an error.
    return ok and found ~= false and (found ~= nil or vim.fn.has("nvim-0.11") == 0)
  end
  ok, found = pcall(vim.treesitter.require_language, "zyntax", nil, true)
  return ok and found == true
end

--- Highlight a buffer, if that is wanted and possible.
function M.highlight(buffer)
  if config.get("treesitter") and vim.treesitter.start and M.has_parser() then
    vim.treesitter.start(buffer, "zyntax")
  end
end

return M
