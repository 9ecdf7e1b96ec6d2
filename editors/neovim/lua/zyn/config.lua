-- The settings: their defaults, and what is wrong with those that a user gives.

local M = {}

M.defaults = {
  -- Path of a program, or a list with arguments.  Found by itself when absent.
  server = nil,
  debugger = nil,
  command = nil,
  -- What the server shows; docs/language-server.md has the members.
  settings = { hints = true, lens = true },
  inlay_hints = true,
  code_lens = true,
  parked = true, -- how many tasks wait at a line, beside the line
  treesitter = true, -- highlight with a parser where there is one
  dap = true, -- register with nvim-dap where it is installed
  page = 200, -- tasks on a page of :ZynTasks
  autostart = true,
}

local kinds = {
  server = { "string", "table" },
  debugger = { "string", "table" },
  command = { "string", "table" },
  settings = { "table" },
  inlay_hints = { "boolean" },
  code_lens = { "boolean" },
  parked = { "boolean" },
  treesitter = { "boolean" },
  dap = { "boolean" },
  page = { "number" },
  autostart = { "boolean" },
}

local current = vim.deepcopy(M.defaults)
local found = {}

local function problem_of(name, value)
  local kind = kinds[name]
  if kind == nil then
    local names = vim.tbl_keys(kinds)
    table.sort(names)
    return string.format("there is no setting `%s`; there are %s", name, table.concat(names, ", "))
  end
  if not vim.tbl_contains(kind, type(value)) then
    return string.format(
      "setting `%s` is a %s, not a %s", name, table.concat(kind, " or a "), type(value)
    )
  end
  if name == "page" and (value < 1 or value > 10000) then
    return "setting `page` is between 1 and 10000"
  end
end

--- Take settings over; those that make no sense are left out and told of.
---@param given table|nil
---@return string[] problems
function M.set(given)
  current = vim.deepcopy(M.defaults)
  found = {}
  for name, value in pairs(given or {}) do
    local problem = problem_of(name, value)
    if problem then
      table.insert(found, problem)
    elseif name == "settings" then
      current.settings = vim.tbl_deep_extend("force", current.settings, value)
    else
      current[name] = value
    end
  end
  table.sort(found)
  return found
end

--- One setting.
function M.get(name)
  return current[name]
end

--- What was wrong with the settings given last.
---@return string[]
function M.problems()
  return found
end

return M
