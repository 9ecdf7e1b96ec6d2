-- Which debug session the views look at: that of nvim-dap, or one that `:ZynTasks` began.

local adapter = require("zyn.adapter")
local compat = require("zyn.compat")
local programs = require("zyn.programs")

local M = {}

local own -- the session of this plugin, alive or just ended
local listeners = {}
local hooked = false

local function tell(session, event, body)
  for _, listener in pairs(listeners) do
    listener(session, event, body)
  end
end

local function nvim_dap()
  local ok, dap = pcall(require, "dap")
  return ok and dap or nil
end

local function hook(dap)
  if hooked then
    return
  end
  hooked = true
  local events = { "stopped", "continued", "terminated", "exited", "zyn/taskChanged" }
  for _, event in ipairs(events) do
    dap.listeners.after["event_" .. event]["zyn"] = function(session, body)
      if session.config and session.config.type == "zyn" then
        tell(session, event, body)
      end
    end
  end
end

--- Call `run` with a session, an event and its body whenever something happens.
function M.listen(name, run)
  listeners[name] = run
  local dap = nvim_dap()
  if dap then
    hook(dap)
  end
end

--- The session of nvim-dap when it debugs a program of ours, else our own, else nil.
function M.current()
  local dap = nvim_dap()
  local session = dap and dap.session()
  if session and session.config and session.config.type == "zyn" then
    return session
  end
  return own and not own.closed and own or nil
end

--- The session of this plugin that ended last, for what it said.
function M.ended()
  return own and own.closed and own or nil
end

--- Run a program up to a line, without nvim-dap.
---@param program string
---@param call string "main()"
---@param line number|nil
---@return table|nil session
---@return string|nil problem
function M.start(program, call, line)
  M.stop()
  local found, tried = programs.find("zyn-dap", programs.root(program))
  if not found then
    return nil, programs.missing("zyn-dap", tried)
  end
  local problem
  own, problem = adapter.start(found.command, { program = program, call = call }, line, tell)
  return own, problem
end

--- End the session of this plugin.
function M.stop()
  if own and not own.closed then
    own:close()
  end
end

--- Go on with all that is stopped.
function M.continue(session)
  if session == own then
    session:request("continue", { threadId = session.stopped_thread_id or 0 }, function(err)
      if err then
        compat.say(tostring(err.message), vim.log.levels.WARN)
      end
    end)
  else
    nvim_dap().continue()
  end
end

--- The place of the program of a session.
function M.program(session)
  return session.config and session.config.program
end

return M
