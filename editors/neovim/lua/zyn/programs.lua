-- Where zyn-lsp, zyn-dap and zyn are: a setting, the environment of the project, PATH.

local config = require("zyn.config")

local M = {}

local settings = { ["zyn-lsp"] = "server", ["zyn-dap"] = "debugger", zyn = "command" }
local environments = { ".venv", "venv" }

local function folders_up(path)
  local found = {}
  while path ~= "" do
    table.insert(found, path)
    local parent = vim.fn.fnamemodify(path, ":h")
    if parent == path then
      break
    end
    path = parent
  end
  return found
end

local function inside(environment, name)
  local windows = vim.fn.has("win32") == 1
  local folder = environment .. (windows and "/Scripts/" or "/bin/")
  return folder .. name .. (windows and ".exe" or "")
end

local function is_program(path)
  return vim.fn.executable(path) == 1
end

--- The folder of the project that a file belongs to: where an environment or a repository is.
---@param file string
---@return string
function M.root(file)
  local own = vim.fn.fnamemodify(file, ":p:h")
  for _, folder in ipairs(folders_up(own)) do
    for _, mark in ipairs({ ".venv", "venv", "pyproject.toml", ".git" }) do
      local path = folder .. "/" .. mark
      if vim.fn.isdirectory(path) == 1 or vim.fn.filereadable(path) == 1 then
        return folder
      end
    end
  end
  return own
end

local function from_setting(name, tried)
  local given = config.get(settings[name])
  if given == nil then
    table.insert(tried, string.format("setting `%s`: not set", settings[name]))
    return nil
  end
  local command = type(given) == "table" and vim.deepcopy(given) or { given }
  command[1] = vim.fn.expand(command[1] or "")
  if is_program(command[1]) then
    return { command = command, how = string.format("setting `%s`", settings[name]) }
  end
  -- What the user chose is not silently replaced by another program.
  table.insert(tried, string.format("setting `%s`: %s is no program", settings[name], command[1]))
  return { refused = true }
end

local function from_environment(name, folder, tried)
  local candidates = {}
  for _, above in ipairs(folders_up(folder)) do
    for _, environment in ipairs(environments) do
      if vim.fn.isdirectory(above .. "/" .. environment) == 1 then
        table.insert(candidates, above .. "/" .. environment)
      end
    end
  end
  local active = vim.env.VIRTUAL_ENV
  if active and active ~= "" then
    table.insert(candidates, active)
  end
  for _, environment in ipairs(candidates) do
    local path = inside(environment, name)
    if is_program(path) then
      return { command = { path }, how = "virtual environment " .. environment }
    end
    table.insert(tried, path .. ": not there")
  end
  if #candidates == 0 then
    table.insert(tried, "no .venv or venv in " .. folder .. " or above, and no $VIRTUAL_ENV")
  end
end

--- Find a program.
---@param name string "zyn-lsp", "zyn-dap" or "zyn"
---@param folder string where to look for a virtual environment, and above
---@return table|nil found {command: string[], how: string}
---@return string[] tried where it was not, one line each
function M.find(name, folder)
  local tried = {}
  local found = from_setting(name, tried)
  if found then
    return not found.refused and found or nil, tried
  end
  found = from_environment(name, folder, tried)
  if found then
    return found, tried
  end
  local path = vim.fn.exepath(name)
  if path ~= "" then
    return { command = { path }, how = "PATH" }, tried
  end
  table.insert(tried, "PATH: not there")
  return nil, tried
end

--- What a user reads when a program was not found.
---@param name string
---@param tried string[]
---@return string
function M.missing(name, tried)
  local lines = { name .. " was not found. Looked at:" }
  for _, one in ipairs(tried) do
    table.insert(lines, "  " .. one)
  end
  local setting = settings[name]
  table.insert(
    lines,
    "Install zyn into the environment of the project, or name the program:\n"
      .. string.format('  require("zyn").setup({ %s = "/path/to/%s" })', setting, name)
  )
  table.insert(lines, "`:checkhealth zyn` shows what there is.")
  return table.concat(lines, "\n")
end

return M
