-- What the plugin does with nvim-dap, which is a stub here: registered, run, asked for tasks.

local tests = {}

local function fake_dap(session)
  local dap = {
    adapters = {}, configurations = {}, ran = {},
    listeners = { after = setmetatable({}, { __index = function(all, name)
      all[name] = {}
      return all[name]
    end }) },
    session = function()
      return session
    end,
  }
  dap.run = function(configuration)
    table.insert(dap.ran, configuration)
  end
  stub(package.loaded, "dap", dap)
  return dap
end

local function tasks(count, total)
  local found = {}
  for id = 1, count do
    table.insert(found, { id = id, name = "t", state = "parked", held = false, polls = 1, wakes = 0,
      ["function"] = "waiter", line = 2, waitsFor = "nothing" })
  end
  return { tasks = found, total = total,
    groups = { { ["function"] = "waiter", line = 2, count = total, tasks = { 1, 2 } } } }
end

local function lines()
  return vim.api.nvim_buf_get_lines(vim.fn.bufnr("zyn://tasks"), 0, -1, false)
end

function tests.adapter_and_configurations_are_registered_once()
  local dap = fake_dap(nil)
  dap.configurations.zyntax = { { name = "zyn: main()", type = "zyn", program = "mine" } }
  require("zyn.dap").register()
  require("zyn.dap").register()
  local names = {}
  for _, one in ipairs(dap.configurations.zyntax) do
    table.insert(names, one.name)
    same(one.type, "zyn")
  end
  same(#names, 5)
  same(dap.configurations.zyntax[1].program, "mine")

  require("zyn.config").set({ debugger = { "/bin/sh", "-c", "zyn-dap" } })
  local given
  dap.adapters.zyn(function(adapter)
    given = adapter
  end, { program = "/tmp/a.zyntax" })
  same({ given.type, given.command, given.args }, { "executable", "/bin/sh", { "-c", "zyn-dap" } })
end

function tests.a_call_is_debugged()
  local dap = fake_dap(nil)
  require("zyn.dap").debug("/tmp/a.zyntax", "work(1)")
  same(dap.ran, { { type = "zyn", request = "launch", name = "zyn: work(1)",
    program = "/tmp/a.zyntax", call = "work(1)" } })
end

function tests.tasks_of_a_session_are_asked_for_by_the_page()
  local asked = {}
  local session = { config = { type = "zyn", program = "/tmp/a.zyntax" }, stopped_thread_id = 1 }
  function session.request(_, command, arguments, done)
    table.insert(asked, { command, arguments })
    done(nil, tasks(200, 100000))
  end
  local dap = fake_dap(session)
  require("zyn.tasks").open("")
  same(asked, { { "zyn/tasks", { start = 0, count = 200, groupBy = "await" } } })
  same(#lines(), 204)
  same(lines()[1]:match("%S+ tasks   page .*"), "100,000 tasks   page 1 of 500")

  vim.api.nvim_feedkeys("]", "x", false)
  same(asked[2][2].start, 200)
  vim.api.nvim_feedkeys("h", "x", false)
  same(asked[3], { "zyn/hold", { threadId = 1 } })
  same(asked[4][1], "zyn/tasks")
  dap.listeners.after["event_zyn/taskChanged"].zyn(session, {})
  same(#asked, 5)
  -- A session of another debugger is none of ours.
  dap.listeners.after["event_stopped"].zyn({ config = { type = "python" } }, { reason = "step" })
  same(#asked, 5)
end

function tests.a_burst_of_events_is_one_more_question()
  local waiting, asked = nil, 0
  local session = { config = { type = "zyn", program = "/tmp/a.zyntax" } }
  function session.request(_, _, _, done)
    asked = asked + 1
    waiting = done
  end
  local dap = fake_dap(session)
  require("zyn.tasks").open("")
  for _ = 1, 1000 do
    dap.listeners.after["event_zyn/taskChanged"].zyn(session, {})
  end
  same(asked, 1)
  waiting(nil, tasks(1, 1))
  same(asked, 2)
end

return tests
