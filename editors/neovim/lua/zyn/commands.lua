-- The commands: those of the command line, and those that a code lens sends.

local api = vim.api
local M = {}

local function saved(buffer)
  if vim.bo[buffer].modified then
    api.nvim_buf_call(buffer, function()
      vim.cmd("silent update")
    end)
  end
end

local function run(file, call)
  local programs = require("zyn.programs")
  local found, tried = programs.find("zyn", programs.root(file))
  if not found then
    local text = programs.missing("zyn", tried)
    return require("zyn.compat").say(text, vim.log.levels.ERROR)
  end
  local command = vim.list_extend(vim.deepcopy(found.command), { "run", file, "--call", call })
  require("zyn.compat").terminal(command)
end

--- Ask what a function is to be called with, if it has parameters; then go on with the call.
---@param buffer number
---@param name string
---@param go function called with "name(arguments)"
local function with_call(buffer, name, go)
  local compat = require("zyn.compat")
  local client = compat.client_of(buffer)
  local params = { textDocument = { uri = vim.uri_from_bufnr(buffer) } }
  compat.request(client, "zyn/functions", params, function(_, functions)
    local parameters = {}
    for _, one in ipairs(functions or {}) do
      if one.name == name then
        parameters = one.parameters
      end
    end
    if #parameters == 0 then
      return go(name .. "()")
    end
    local texts = {}
    for _, parameter in ipairs(parameters) do
      table.insert(texts, parameter.name .. ": " .. parameter.type)
    end
    local prompt = string.format("Arguments of %s(%s): ", name, table.concat(texts, ", "))
    vim.ui.input({ prompt = prompt }, function(arguments)
      if arguments then
        go(string.format("%s(%s)", name, arguments))
      end
    end)
  end, buffer)
end

local function with_argument(act)
  return function(command)
    local argument = command.arguments[1]
    local buffer = vim.uri_to_bufnr(argument.uri)
    act(buffer, api.nvim_buf_get_name(buffer), argument["function"])
  end
end

--- What the lenses of the server send, by name.
function M.of_lenses()
  return {
    ["zyn.run"] = with_argument(function(buffer, file, name)
      saved(buffer)
      with_call(buffer, name, function(call)
        run(file, call)
      end)
    end),
    ["zyn.debug"] = with_argument(function(buffer, file, name)
      saved(buffer)
      with_call(buffer, name, function(call)
        require("zyn.dap").debug(file, call)
      end)
    end),
    ["zyn.showStateMachine"] = with_argument(function(buffer, _, name)
      require("zyn.state_machine").open(buffer, name)
    end),
  }
end

local function functions_of_buffer(lead)
  local found = {}
  for _, line in ipairs(api.nvim_buf_get_lines(0, 0, -1, false)) do
    local name = line:match("^%s*async%s+fn%s+([%w_]+)")
    if name and vim.startswith(name, lead) then
      table.insert(found, name)
    end
  end
  return found
end

--- Make the commands of the command line.
function M.create()
  local create = api.nvim_create_user_command
  create("ZynTasks", function(given)
    require("zyn.tasks").open(given.args)
  end, { nargs = "?", desc = "Show the tasks of the program" })
  create("ZynStateMachine", function(given)
    local name = given.args ~= "" and given.args or nil
    require("zyn.state_machine").open(api.nvim_get_current_buf(), name)
  end, { nargs = "?", complete = functions_of_buffer, desc = "Show the states of a function" })
  create("ZynRun", function(given)
    local buffer = api.nvim_get_current_buf()
    saved(buffer)
    run(api.nvim_buf_get_name(buffer), given.args ~= "" and given.args or "main()")
  end, { nargs = "?", desc = "Run a call of this program in a terminal" })
  create("ZynLens", function()
    vim.lsp.codelens.run()
  end, { desc = "Run the code lens of this line" })
  create("ZynHints", function()
    require("zyn.hints").toggle(api.nvim_get_current_buf())
  end, { desc = "Show or hide the hints of this buffer" })
  create("ZynRestart", function()
    require("zyn.client").restart()
  end, { desc = "Start the language server again" })
  create("ZynStop", function()
    require("zyn.sessions").stop()
  end, { desc = "End the program that :ZynTasks runs" })
end

return M
