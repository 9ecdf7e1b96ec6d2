-- `:checkhealth zyn`: what was found, which way the plugin goes in this Neovim, what is wrong.

local compat = require("zyn.compat")
local config = require("zyn.config")
local programs = require("zyn.programs")

local M = {}

local function this_neovim(health)
  health.start("zyn: this Neovim")
  local features = compat.features()
  local ways = {
    { "server is started by", features.lsp_config, "vim.lsp.enable",
      features.lsp_start and "vim.lsp.start" or "vim.lsp.start_client" },
    { "hints are drawn", features.inlay_hint, "inside the line",
      "behind the line (Neovim 0.10 draws them inside)" },
    { "code lenses are drawn by", features.codelens_enable, "Neovim", "this plugin" },
    { "semantic tokens", features.semantic_tokens, "are used", "need Neovim 0.9" },
  }
  if vim.fn.has("nvim-0.7") == 0 then
    return health.error("Neovim " .. compat.version() .. ": 0.7 or newer is needed")
  end
  health.ok("Neovim " .. compat.version())
  for _, way in ipairs(ways) do
    health.info(way[1] .. ": " .. (way[2] and way[3] or way[4]))
  end
end

local function version_of(command)
  local words = vim.list_extend(vim.deepcopy(command), { "--version" })
  local said = vim.fn.systemlist(words)
  return vim.v.shell_error == 0 and (said[1] or "") or nil
end

local function one_program(health, name, root, is_needed)
  local found, tried = programs.find(name, root)
  if not found then
    local report = is_needed and health.error or health.warn
    return report(name .. " was not found", vim.list_extend(tried, {
      "install zyn into the environment of the project, or give its path to setup()",
    }))
  end
  local version = version_of(found.command)
  local place = table.concat(found.command, " ")
  if version then
    health.ok(string.format("%s: %s, from %s", version, place, found.how))
  else
    health.error(name .. " does not run: " .. place, { "try `" .. place .. " --version`" })
  end
end

local function all_programs(health)
  health.start("zyn: programs")
  local file = vim.api.nvim_buf_get_name(0)
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.bo[buffer].filetype == "zyntax" then
      file = vim.api.nvim_buf_get_name(buffer)
    end
  end
  local root = programs.root(file)
  health.info("project: " .. root)
  one_program(health, "zyn-lsp", root, true)
  one_program(health, "zyn-dap", root, false)
  one_program(health, "zyn", root, false)
end

local function settings(health)
  health.start("zyn: settings")
  local problems = config.problems()
  for _, problem in ipairs(problems) do
    health.error(problem, { "see |zyn-settings|" })
  end
  if #problems == 0 then
    health.ok("all settings make sense")
  end
end

local function server(health)
  health.start("zyn: server")
  local clients = compat.zyn_clients()
  for _, client in ipairs(clients) do
    local root = client.config.root_dir or "no folder"
    health.ok(string.format("client %d serves %s", client.id, root))
  end
  if #clients == 0 then
    health.info("no server runs; opening a .zyntax file starts one")
  end
  local restarted = require("zyn.client").restarted()
  if restarted > 0 then
    health.warn(string.format("the server died and was started again, %d of %d times", restarted,
      require("zyn.restarts").MAX))
  end
end

local function others(health)
  health.start("zyn: other plugins")
  if pcall(require, "dap") then
    health.ok("nvim-dap: adapter `zyn` is registered")
  else
    health.info("nvim-dap is not installed: `:ZynTasks` works, breakpoints and stepping do not")
  end
  if require("zyn.treesitter").has_parser() then
    health.ok("tree-sitter parser for zyntax")
  else
    health.info("no tree-sitter parser: syntax/zyntax.vim highlights, see :help zyn-treesitter")
  end
end

--- Run all checks.
function M.check()
  local health = compat.health()
  this_neovim(health)
  all_programs(health)
  settings(health)
  server(health)
  others(health)
end

return M
