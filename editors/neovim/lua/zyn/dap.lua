-- What nvim-dap has to know: the adapter, and configurations that need no launch.json.

local compat = require("zyn.compat")
local programs = require("zyn.programs")

local M = {}

--- The adapter; nvim-dap calls this with a function that takes it.
function M.adapter(give, configuration)
  local file = configuration and configuration.program or vim.api.nvim_buf_get_name(0)
  local found, tried = programs.find("zyn-dap", programs.root(file))
  if not found then
    return compat.say(programs.missing("zyn-dap", tried), vim.log.levels.ERROR)
  end
  give({
    type = "executable",
    command = found.command[1],
    args = vim.list_slice(found.command, 2),
    -- The first start after an installation compiles Python files.
    options = { initialize_timeout_sec = 15 },
  })
end

local function ask_for_call()
  local call = vim.fn.input("Call: ", "main()")
  return call ~= "" and call or "main()"
end

local function ask_for_port()
  return tonumber(vim.fn.input("Port of zyn.embed.listen: "))
end

--- The configurations for a file of ours.
function M.configurations()
  local program = "${file}"
  return {
    { type = "zyn", request = "launch", name = "zyn: main()", program = program },
    { type = "zyn", request = "launch", name = "zyn: a call", program = program,
      call = ask_for_call },
    { type = "zyn", request = "launch", name = "zyn: main(), stop before the first statement",
      program = program, stopOnEntry = true },
    { type = "zyn", request = "launch", name = "zyn: main(), others run on at a stop",
      program = program, nonStop = true },
    { type = "zyn", request = "attach", name = "zyn: attach to a port", port = ask_for_port },
  }
end

--- Register with nvim-dap, where it is installed; configurations of the user's own come first.
---@return boolean
function M.register()
  local ok, dap = pcall(require, "dap")
  if not ok then
    return false
  end
  dap.adapters.zyn = dap.adapters.zyn or M.adapter
  local configurations = dap.configurations.zyntax or {}
  local names = {}
  for _, one in ipairs(configurations) do
    names[one.name] = true
  end
  for _, one in ipairs(M.configurations()) do
    if not names[one.name] then
      table.insert(configurations, one)
    end
  end
  dap.configurations.zyntax = configurations
  return true
end

--- Debug a call.
---@param file string
---@param call string "main()"
function M.debug(file, call)
  if not M.register() then
    compat.say(
      "nvim-dap is not installed, so there are no breakpoints. "
        .. string.format("`:ZynTasks %s` runs up to the cursor and shows the tasks.", call),
      vim.log.levels.WARN
    )
    return
  end
  require("dap").run({
    type = "zyn", request = "launch", name = "zyn: " .. call, program = file, call = call,
  })
end

return M
