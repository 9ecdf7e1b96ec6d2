-- The buffer of `:ZynTasks`: a page of the tasks of the program being debugged, and what one can
-- do with a task.  Only a page is ever asked for, so that 100,000 tasks cost what 200 cost.

local compat = require("zyn.compat")
local config = require("zyn.config")
local latest = require("zyn.latest")
local parked = require("zyn.parked")
local sessions = require("zyn.sessions")
local view = require("zyn.view")

local M = {}

M.NAME = "zyn://tasks"

local shown -- the view
local state = { start = 0, filter = "", grouped = false }

local highlights = {
  running = "ZynTaskRunning",
  runnable = "ZynTaskRunning",
  pending = "ZynTaskParked",
  parked = "ZynTaskParked",
  held = "ZynTaskHeld",
  completed = "ZynTaskEnded",
  cancelled = "ZynTaskEnded",
  failed = "ZynTaskFailed",
}

local function add(lines, ...)
  local line = { ... }
  table.insert(lines, line)
  return line
end

local function why(task)
  if task.stopped then
    return "stopped: " .. task.stopped
  elseif task.error then
    return task.error
  elseif task.waitsFor then
    return "waits for " .. task.waitsFor
  end
  return ""
end

local function task_line(task)
  local mark = task.stopped and "▶" or task.held and "‖" or " "
  local shown_state = task.held and "held" or task.state
  local line = {
    { mark .. " " .. view.fit("#" .. task.id, 8), "ZynTaskId" },
    { view.fit(shown_state, 10), highlights[shown_state] },
    { view.fit(task.line or "", 6, true) .. "  " },
    { view.fit(task["function"], 18), "ZynName" },
    { view.fit(task.polls, 7, true) .. "  " },
    { view.fit(task.parent and "#" .. task.parent or "", 8) },
    { why(task), task.error and "ZynTaskFailed" or nil },
  }
  line.about, line.key = task, task.id
  return line
end

local function group_line(group)
  local ids = {}
  for _, id in ipairs(group.tasks or {}) do
    table.insert(ids, "#" .. id)
  end
  local more = group.count > #ids and " …" or ""
  local line = {
    { view.fit(view.count(group.count), 10, true) .. "  ", "ZynTaskParked" },
    { view.fit(group.line or "", 6, true) .. "  " },
    { view.fit(group["function"], 18), "ZynName" },
    { table.concat(ids, " ") .. more, "ZynTaskId" },
  }
  line.about, line.key = group, group["function"] .. ":" .. (group.line or "")
  return line
end

local function header(lines, session, body, asked)
  local name = vim.fn.fnamemodify(sessions.program(session) or "", ":t")
  local call = session.config.call or "main()"
  local total = view.count(body.total) .. (body.total == 1 and " task" or " tasks")
  local line = add(lines, { " " .. name, "ZynTitle" }, { " " .. call .. "   " })
  table.insert(line, { total, "ZynName" })
  if body.total > #body.tasks then
    local pages = math.ceil(body.total / config.get("page"))
    local page = math.floor(asked.start / config.get("page")) + 1
    local text = string.format("   page %s of %s", view.count(page), view.count(pages))
    table.insert(line, { text })
  end
  if asked.filter then
    table.insert(line, { "   only with `" .. asked.filter .. "`", "ZynTaskHeld" })
  end
  if session.terminated then
    table.insert(line, { "   ended", "ZynTaskEnded" })
  elseif not session.stopped_thread_id then
    table.insert(line, { "   running", "ZynTaskRunning" })
  elseif state.why then
    table.insert(line, { "   " .. state.why, "ZynParked" })
  end
end

local help = {
  " <CR> line  c continue  p one poll  h hold  u let go  w wake  x cancel",
  " g groups by await  f filter  [ ] page  r again  q close",
}

--- The lines of the buffer for an answer to `zyn/tasks`.
---@param session table
---@param body table
---@param asked table what was asked for
---@return table[]
function M.lines(session, body, asked)
  local lines = {}
  header(lines, session, body, asked)
  if state.grouped then
    add(lines, { "     tasks    line  where they wait", "ZynHead" })
    for _, group in ipairs(body.groups or {}) do
      table.insert(lines, group_line(group))
    end
  else
    local titles = "  task    state       line  function            polls  from    why"
    add(lines, { titles, "ZynHead" })
    for _, task in ipairs(body.tasks) do
      table.insert(lines, task_line(task))
    end
  end
  for _, one in ipairs(help) do
    add(lines, { one, "ZynHelp" })
  end
  return lines
end

local function say(text, highlight)
  local lines = {}
  for _, one in ipairs(vim.split(text, "\n", { plain = true })) do
    table.insert(lines, { { " " .. one, highlight } })
  end
  view.render(shown, lines)
end

local function epitaph(session)
  local lines = {}
  local name = vim.fn.fnamemodify(sessions.program(session) or "", ":t")
  table.insert(lines, name .. " has ended" .. (session.refused and ": " .. session.refused or ""))
  vim.list_extend(lines, vim.split(vim.trim(table.concat(session.said)), "\n", { plain = true }))
  table.insert(lines, "`:ZynTasks` in the program runs it again.")
  return table.concat(lines, "\n")
end

local function answered(session, err, body, asked)
  if err then
    return say(tostring(err.message or err), "ZynTaskFailed")
  end
  if body.total > 0 and asked.start >= body.total then
    state.start = 0
    return state.question.again()
  end
  view.render(shown, M.lines(session, body, asked))
  parked.show(sessions.program(session), body.groups or {})
end

state.question = latest.new(function(done)
  local session = sessions.current()
  if not view.is_there(shown) then
    return done()
  elseif not session then
    local ended = sessions.ended()
    parked.clear()
    say(ended and epitaph(ended) or "No program is being debugged.")
    return done()
  end
  local arguments = { start = state.start, count = config.get("page"), groupBy = "await" }
  if state.filter ~= "" then
    arguments.filter = state.filter
  end
  session:request("zyn/tasks", arguments, function(err, body)
    if view.is_there(shown) and session == sessions.current() then
      answered(session, err, body, arguments)
    end
    done()
  end)
end)

local function with_task(run)
  return function()
    local about, session = view.here(shown), sessions.current()
    if not session then
      return compat.say("no program is being debugged")
    elseif not (about and about.id) then
      return compat.say("the cursor is on no task")
    end
    run(session, about)
  end
end

local function asks(command, extra)
  return with_task(function(session, task)
    local arguments = vim.tbl_extend("force", { threadId = task.id }, extra or {})
    session:request(command, arguments, function(err)
      if err then
        compat.say(tostring(err.message or err), vim.log.levels.WARN)
      end
      state.question.again()
    end)
  end)
end

local function go()
  local about, session = view.here(shown), sessions.current()
  if about and about.line and session then
    view.go((about.source or {}).path or sessions.program(session), about.line)
  end
end

local function turn(pages)
  return function()
    state.start = math.max(state.start + pages * config.get("page"), 0)
    state.question.again()
  end
end

local function filter()
  vim.ui.input({ prompt = "Only tasks whose name has: ", default = state.filter }, function(text)
    if text then
      state.filter, state.start = text, 0
      state.question.again()
    end
  end)
end

local keys = {
  ["<CR>"] = go,
  c = function()
    local session = sessions.current()
    if session then
      sessions.continue(session)
    end
  end,
  p = asks("zyn/step", { granularity = "poll" }),
  h = asks("zyn/hold"),
  u = asks("zyn/resume"),
  w = asks("zyn/wake"),
  x = asks("zyn/cancelTask"),
  g = function()
    state.grouped = not state.grouped
    state.question.again()
  end,
  f = filter,
  r = function()
    state.question.again()
  end,
  ["]"] = turn(1),
  ["["] = turn(-1),
}

local function happened(session, event, body)
  if event == "stopped" then
    state.why = body.description or ("Stopped: " .. body.reason)
  end
  if session == sessions.current() or session == sessions.ended() then
    state.question.again()
  end
end

--- Show the tasks; without a session, run the program of the current buffer up to the cursor.
---@param call string "" for main()
function M.open(call)
  local buffer = vim.api.nvim_get_current_buf()
  local session, problem = sessions.current(), nil
  local is_program = vim.bo[buffer].filetype == "zyntax"
  if is_program and (call ~= "" or not session) then
    if session and not session.said then
      return compat.say("nvim-dap debugs a program already; end that session first")
    end
    if vim.bo[buffer].modified then
      vim.cmd("silent update")
    end
    local line = vim.api.nvim_win_get_cursor(0)[1]
    local name = vim.api.nvim_buf_get_name(buffer)
    session, problem = sessions.start(name, call ~= "" and call or "main()", line)
  elseif not session then
    problem = "no program is being debugged; `:ZynTasks` in a program runs it up to the cursor"
  end
  if not session then
    return compat.say(problem, vim.log.levels.ERROR)
  end
  sessions.listen("tasks", happened)
  state.start = 0
  shown = view.open(M.NAME, "zyntasks", keys, 14)
  state.question.anew() -- a session before this one may be slow to end
end

return M
