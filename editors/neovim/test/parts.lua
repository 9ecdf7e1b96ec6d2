-- The parts of the plugin that need neither a server nor a program.

local tests = {}

function tests.a_fifth_restart_within_three_minutes_is_refused()
  local restarts = require("zyn.restarts")
  local count = restarts.new()
  local given = {}
  for _, time in ipairs({ 0, 10, 20, 30, 179, 180, 181, 190 }) do
    table.insert(given, restarts.allow(count, time) or "no")
  end
  same(given, { 1, 2, 3, 4, "no", 4, "no", 4 })
end

function tests.a_burst_of_questions_is_asked_twice()
  local answers, asked = {}, 0
  local question = require("zyn.latest").new(function(done)
    asked = asked + 1
    table.insert(answers, done)
  end)
  for _ = 1, 5 do
    question.again()
  end
  same(asked, 1)
  answers[1]()
  same(asked, 2)
  answers[2]()
  same(asked, 2)
end

function tests.who_is_asked_anew_does_not_wait_for_whom_was_asked_before()
  local answers = {}
  local question = require("zyn.latest").new(function(done)
    table.insert(answers, done)
  end)
  question.again()
  question.anew()
  same(#answers, 2)
  question.again()
  answers[1]() -- too late: the second is still under way
  same(#answers, 2)
  answers[2]()
  same(#answers, 3)
end

function tests.messages_are_cut_out_of_any_pieces()
  local adapter = require("zyn.adapter")
  local one, two = '{"a":"ä"}', '{"b":null}'
  local bytes = "Content-Length: " .. #one .. "\r\n\r\n" .. one
    .. "Content-Length: " .. #two .. "\r\nX: y\r\n\r\n" .. two
  local found, rest = {}, ""
  for index = 1, #bytes do
    local messages
    messages, rest = adapter.messages(rest .. bytes:sub(index, index))
    vim.list_extend(found, messages)
  end
  same({ found, rest }, { { { a = "ä" }, {} }, "" })
end

function tests.edges_are_drawn_as_lanes()
  local draw = require("zyn.graph").draw
  same({ draw(3, { { 1, 2 }, { 2, 2 }, { 2, 3 } }) }, {
    { "  ╭──", "╭─┴─▶", "╰───▶" }, { [2] = true },
  })
end

function tests.too_many_lanes_are_not_drawn()
  local edges = {}
  for target = 2, 20 do
    table.insert(edges, { 1, target })
  end
  same(require("zyn.graph").draw(20, edges), nil)
end

function tests.text_has_a_fixed_width()
  local view = require("zyn.view")
  same({ view.fit("abc", 5), view.fit("abcdef", 4), view.fit(7, 3, true), view.fit("日本語", 5) },
    { "abc  ", "abc…", "  7", "日本…" })
  same({ view.count(7), view.count(1000), view.count(1234567) }, { "7", "1,000", "1,234,567" })
end

function tests.hints_name_what_they_are_about()
  local function hint(character, label, kind)
    return { position = { line = 0, character = character }, label = label, kind = kind or 1 }
  end
  local function text(line, hints)
    local found = ""
    for _, chunk in ipairs(require("zyn.hints").chunks(line, hints)) do
      found = found .. chunk[1]
    end
    return found
  end
  local chunks = "const ä = await f(1);"
  same(text(chunks, { hint(7, ": i32"), hint(7, "captured @4"), hint(18, "n:", 2),
    hint(21, "state 1 - ä live - 8 B") }), "state 1 - ä live - 8 B  : i32 captured @4")
  same(text("fn f(a: i32, b: i64) {", { hint(11, "stored @4"), hint(19, "captured @8") }),
    "a stored @4  b captured @8")
  same(text("x(1)", { hint(2, "n:", 2) }), "")
end

function tests.a_program_that_the_user_named_is_not_replaced()
  require("zyn.config").set({ server = "/nowhere/zyn-lsp" })
  local found, tried = require("zyn.programs").find("zyn-lsp", "/tmp")
  same({ found, tried }, { nil, { "setting `server`: /nowhere/zyn-lsp is no program" } })
end

function tests.an_active_environment_comes_before_path()
  local folder = vim.fn.tempname()
  vim.fn.mkdir(folder .. "/bin", "p")
  local program = folder .. "/bin/zyn-lsp"
  vim.fn.writefile({ "#!/bin/sh" }, program)
  vim.fn.setfperm(program, "rwxr-xr-x")
  vim.env.VIRTUAL_ENV = folder
  local found = require("zyn.programs").find("zyn-lsp", folder)
  vim.env.VIRTUAL_ENV = nil
  same(found.command, { program })
end

return tests
