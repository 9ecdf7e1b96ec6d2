-- The buffer of `:ZynStateMachine`: the states of an async function and the edges between them,
-- its frame with the states in which each slot is alive, and, while a program is stopped, how many
-- tasks wait in each state and what the stopped one holds.

local compat = require("zyn.compat")
local graph = require("zyn.graph")
local sessions = require("zyn.sessions")
local view = require("zyn.view")

local api = vim.api
local M = {}

M.NAME = "zyn://state-machine"

local shown
local current = {} -- what is shown: machine, buffer, path, live

local function plural(count, noun)
  return string.format("%d %s%s", count, noun, count == 1 and "" or "s")
end

local function edges_of(machine)
  local edges = {}
  local last = #machine.states + 1
  for _, edge in ipairs(machine.edges) do
    table.insert(edges, { edge.source + 1, edge.target < 0 and last or edge.target + 1 })
  end
  return edges
end

local function targets(machine, state)
  local found = {}
  for _, edge in ipairs(machine.edges) do
    if edge.source == state.index then
      table.insert(found, edge.target < 0 and "end" or tostring(edge.target))
    end
  end
  return "to " .. table.concat(found, ", ")
end

local function state_lines(lines, machine, live)
  local lanes, loops = graph.draw(#machine.states + 1, edges_of(machine))
  for row, state in ipairs(machine.states) do
    local waiting = live.counts[state.line + 1]
    local is_current = live.state == state.index
    local text = state.kind == "start" and "start" or "await " .. state.awaits
    local line = {
      { " " .. (lanes and lanes[row] or "") .. (loops[row] and "↻" or " ") .. " ", "ZynEdge" },
      { view.fit(state.index, 3), is_current and "ZynCurrent" or "ZynTitle" },
      { view.fit(text, 24), is_current and "ZynCurrent" or "ZynName" },
      { view.fit("line " .. state.line + 1, 10) },
      { view.fit(state.kind == "start" and "" or state.size .. " B", 8, true) .. "  " },
    }
    if not lanes then
      table.insert(line, { view.fit(targets(machine, state), 14), "ZynEdge" })
    end
    if #state.live > 0 then
      table.insert(line, { table.concat(state.live, ", ") .. " live  ", "ZynHintState" })
    end
    if waiting and state.kind ~= "start" then
      table.insert(line, { "◂ " .. plural(waiting, "task") .. " here", "ZynParked" })
    end
    line.about, line.key = state.range, "state" .. state.index
    table.insert(lines, line)
  end
  local row = #machine.states + 1
  table.insert(lines, {
    { " " .. (lanes and lanes[row] or "") .. "  ", "ZynEdge" },
    { "end", "ZynTitle" },
    { "  gives " .. machine.result },
  })
end

local function frame_lines(lines, machine, live)
  local numbers = {}
  for _, state in ipairs(machine.states) do
    table.insert(numbers, state.index % 10)
  end
  local title = " at      size  type            what                    alive in "
    .. table.concat(numbers)
  table.insert(lines, { { title .. (live.state and "   now" or ""), "ZynHead" } })
  for _, slot in ipairs(machine.slots) do
    local alive = {}
    for _, index in ipairs(slot.liveIn) do
      alive[index] = true
    end
    local line = {
      { view.fit(" @" .. slot.offset, 8), "ZynTaskId" },
      { view.fit(slot.size .. " B", 6, true) .. "  " },
      { view.fit(slot.type, 16), "ZynHintType" },
      { view.fit(slot.name, 20) .. "  ", "ZynName" },
      { view.fit(slot.stored, 11), "ZynHelp" },
    }
    for _, state in ipairs(machine.states) do
      local highlight = live.state == state.index and "ZynCurrent"
        or alive[state.index] and "ZynHintState"
        or "ZynHelp"
      table.insert(line, { alive[state.index] and "■" or "·", highlight })
    end
    local value = live.values[slot.name]
    if value then
      table.insert(line, { "   " .. value, "ZynCurrent" })
    end
    line.about, line.key = slot.range, "slot" .. slot.offset .. slot.name
    table.insert(lines, line)
  end
end

--- The lines of the buffer for an answer to `zyn/stateMachine`.
---@param machine table
---@param live table counts of tasks by line, and the state and the values of the stopped task
---@return table[]
function M.lines(machine, live)
  local size = string.format("%d B frame, aligned to %d", machine.size, machine.align)
  local lines = { {
    { " async fn " .. machine["function"], "ZynTitle" },
    { "   " .. plural(#machine.states, "state") .. ", " .. size },
    { live.task and "   task #" .. live.task .. " is stopped in it" or "", "ZynCurrent" },
  } }
  state_lines(lines, machine, live)
  table.insert(lines, {})
  frame_lines(lines, machine, live)
  table.insert(lines, { { " <CR> line  r again  q close", "ZynHelp" } })
  return lines
end

local function nothing_live()
  return { counts = {}, values = {} }
end

local function render()
  if view.is_there(shown) and current.machine then
    local lines = M.lines(current.machine, current.live)
    if current.is_stale then
      table.insert(lines[1], { "   as it was before the error", "ZynTaskFailed" })
    end
    view.render(shown, lines)
  end
end

--- Read the variables of the scope of the state machine of a frame.
local function read_values(session, frame, done)
  session:request("scopes", { frameId = frame.id }, function(_, body)
    for _, scope in ipairs((body or {}).scopes or {}) do
      if scope.name == "State machine" then
        local reference = { variablesReference = scope.variablesReference }
        return session:request("variables", reference, function(_, answer)
          done((answer or {}).variables or {})
        end)
      end
    end
    done({})
  end)
end

local function take_values(live, variables)
  for _, variable in ipairs(variables) do
    if variable.name == "state" then
      live.state = tonumber(variable.value:match("^%d+"))
    elseif not (variable.zyn and variable.zyn.absent) then
      live.values[variable.name] = variable.value
    end
  end
end

--- Ask the session what of this function is alive just now.
local function look()
  local session, machine = sessions.current(), current.machine
  local live = nothing_live()
  current.live = live
  if not (session and machine and sessions.program(session) == current.path) then
    return render()
  end
  session:request("zyn/tasks", { count = 1, groupBy = "await" }, function(_, body)
    for _, group in ipairs((body or {}).groups or {}) do
      if group["function"] == machine["function"] and group.line then
        live.counts[group.line] = group.count
      end
    end
    render()
  end)
  local thread = session.stopped_thread_id
  if not thread then
    return
  end
  session:request("stackTrace", { threadId = thread }, function(_, body)
    for _, frame in ipairs((body or {}).stackFrames or {}) do
      if frame.name == machine["function"] then
        return read_values(session, frame, function(variables)
          live.task = thread
          take_values(live, variables)
          render()
        end)
      end
    end
  end)
end

--- Ask the server; `missing` is called when there is no such function or it has errors.
local function ask(buffer, params, done, missing)
  local client = compat.client_of(buffer)
  if not client then
    return compat.say("no zyn-lsp serves this buffer; `:checkhealth zyn` tells why",
      vim.log.levels.ERROR)
  end
  params.textDocument = { uri = vim.uri_from_bufnr(buffer) }
  compat.request(client, "zyn/stateMachine", params, function(failed, machine)
    if failed then
      compat.say(failed.message, vim.log.levels.ERROR)
    elseif machine == nil or machine == vim.NIL then
      missing()
    else
      done(machine)
    end
  end, buffer)
end

local function refresh()
  if view.is_there(shown) and current.buffer and api.nvim_buf_is_valid(current.buffer) then
    ask(current.buffer, { ["function"] = current.machine["function"] }, function(machine)
      current.machine, current.is_stale = machine, false
      look()
    end, function()
      -- Half-typed text has errors most of the time: the last good states stay.
      current.is_stale = true
      render()
    end)
  end
end

local function go()
  local range = view.here(shown)
  if range then
    view.go(current.path, range.start.line + 1, range.start.character)
  end
end

--- Show the state machine of a function.
---@param buffer number
---@param name string|nil the function at the cursor when absent
function M.open(buffer, name)
  local params = { ["function"] = name }
  if not name then
    local cursor = api.nvim_win_get_cursor(0)
    -- Where the cursor is in the line does not matter, since functions are not nested.
    local indent = api.nvim_get_current_line():match("^%s*")
    params.position = { line = cursor[1] - 1, character = #indent }
  end
  ask(buffer, params, function(machine)
    current = { machine = machine, buffer = buffer, path = api.nvim_buf_get_name(buffer),
      live = nothing_live() }
    local height = math.min(#machine.states + #machine.slots + 5, math.floor(vim.o.lines * 0.6))
    shown = view.open(M.NAME, "zynstatemachine", { ["<CR>"] = go, r = refresh }, height)
    api.nvim_create_autocmd({ "TextChanged", "InsertLeave" }, {
      group = api.nvim_create_augroup("zyn_state_machine", {}),
      buffer = buffer,
      callback = refresh,
    })
    sessions.listen("state_machine", look)
    render()
    look()
  end, function()
    local what = name and ("of the name `" .. name .. "`") or "at the cursor"
    compat.say("there is no async function without errors " .. what)
  end)
end

return M
