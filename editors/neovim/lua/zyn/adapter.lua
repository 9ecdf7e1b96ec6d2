-- A small client of zyn-dap, for the views when nvim-dap is not there.
--
-- It runs a program to a line, or until something goes wrong, and answers requests.  Its methods
-- and members are those of a session of nvim-dap as far as the views use them: `request`,
-- `config`, `stopped_thread_id`.  Absent: breakpoints to set by hand, a console, several sessions.

local compat = require("zyn.compat")

local Session = {}
Session.__index = Session

local M = {}

-- How many pieces of output are kept, for what is told at the end.
local SAID_MAX = 200

local function encode(message)
  local body = vim.json.encode(message)
  return string.format("Content-Length: %d\r\n\r\n%s", #body, body)
end

--- Take whole messages out of what has arrived; the rest is kept.
---@param rest string
---@return table[] messages
---@return string rest
function M.messages(rest)
  local found = {}
  while true do
    local head_end = rest:find("\r\n\r\n", 1, true)
    local length = head_end and tonumber(rest:sub(1, head_end):match("Content%-Length: *(%d+)"))
    if not length or #rest < head_end + 3 + length then
      return found, rest
    end
    local body = rest:sub(head_end + 4, head_end + 3 + length)
    table.insert(found, vim.json.decode(body, { luanil = { object = true } }))
    rest = rest:sub(head_end + 4 + length)
  end
end

--- Send a request; `done(err, body)` is called with its answer.
function Session:request(command, arguments, done)
  if self.closed then
    return done and done({ message = "the session has ended" })
  end
  self.seq = self.seq + 1
  self.waiting[self.seq] = done or function() end
  local message = { seq = self.seq, type = "request", command = command, arguments = arguments }
  self.input:write(encode(message))
end

--- End the program and the adapter.
function Session:close()
  self:request("disconnect", { terminateDebuggee = true })
end

function Session:_heard(text)
  table.insert(self.said, text)
  if #self.said > SAID_MAX then
    table.remove(self.said, 1)
  end
end

function Session:_initialized()
  local function configured()
    self:request("configurationDone", nil)
  end
  local function with_exceptions()
    self:request("setExceptionBreakpoints", { filters = { "failure", "deadlock" } }, configured)
  end
  if not self.line then
    return with_exceptions()
  end
  local points = { source = { path = self.config.program }, breakpoints = { { line = self.line } } }
  self:request("setBreakpoints", points, function(err, body)
    local placed = body and body.breakpoints[1] or {}
    if not placed.verified then
      self:_heard((placed.message or err and err.message or "no stop there") .. "\n")
    end
    with_exceptions()
  end)
end

function Session:_event(event, body)
  if event == "initialized" then
    self:_initialized()
  elseif event == "stopped" then
    self.stopped_thread_id = body.threadId
    self.why = body.description or body.reason
  elseif event == "continued" then
    self.stopped_thread_id = nil
  elseif event == "output" then
    self:_heard(body.output)
  elseif event == "terminated" then
    self.terminated = true
    self:request("disconnect", {})
  end
  self.listener(self, event, body)
end

function Session:_arrived(message)
  if message.type == "event" then
    return self:_event(message.event, message.body or {})
  end
  local done = self.waiting[message.request_seq]
  self.waiting[message.request_seq] = nil
  if done and message.success then
    done(nil, message.body)
  elseif done then
    done({ message = message.message or "refused" })
  end
end

function Session:_ended(code)
  if self.closed then
    return
  end
  self.closed = true
  for _, done in pairs(self.waiting) do
    done({ message = "the debugger ended with exit code " .. code })
  end
  self.waiting = {}
  self.listener(self, "closed", { exitCode = code })
end

local function read(pipe, arrived)
  pipe:read_start(function(_, data)
    if data then
      arrived(data)
    else
      pipe:close()
    end
  end)
end

--- Start a program under the debugger.
---@param command string[] zyn-dap
---@param config table arguments of `launch`
---@param line number|nil where to stop; at the entry when absent
---@param listener function called with the session, the name of an event and its body
---@return table|nil session
---@return string|nil problem
function M.start(command, config, line, listener)
  local uv = compat.uv()
  local input, output, errors = uv.new_pipe(false), uv.new_pipe(false), uv.new_pipe(false)
  local session = setmetatable({
    seq = 0, waiting = {}, said = {}, config = config, line = line, listener = listener,
    input = input, closed = false,
  }, Session)
  local rest = ""
  local handle, problem
  handle, problem = uv.spawn(command[1], {
    args = vim.list_slice(command, 2),
    stdio = { input, output, errors },
  }, function(code)
    handle:close()
    input:close()
    vim.schedule(function()
      session:_ended(code)
    end)
  end)
  if not handle then
    return nil, tostring(problem)
  end
  read(output, function(data)
    local messages
    messages, rest = M.messages(rest .. data)
    for _, message in ipairs(messages) do
      vim.schedule(function()
        session:_arrived(message)
      end)
    end
  end)
  read(errors, function(data)
    session:_heard(data)
  end)
  local client = { clientID = "neovim", adapterID = "zyn", linesStartAt1 = true,
    columnsStartAt1 = true, pathFormat = "path" }
  session:request("initialize", client, function(failed)
    if failed then
      return
    end
    local launch = vim.tbl_extend("force", { stopOnEntry = line == nil }, config)
    session:request("launch", launch, function(refused)
      if refused then
        session.refused = refused.message
        listener(session, "refused", refused)
        session:close()
      end
    end)
  end)
  return session
end

return M
