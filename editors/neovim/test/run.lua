-- Runs one file of tests in this Neovim and prints what came of each, in TAP.
--
--     ZYN_TEST=parts nvim --headless -u NONE -i NONE --cmd 'set rtp^=.' -c 'luafile test/run.lua'
--
-- A test file returns a table of functions by name. `stub` puts something in the place of a member
-- of a table until the test has ended.

local undo = {}

function _G.stub(table_of, name, value)
  local before = rawget(table_of, name)
  table.insert(undo, function()
    rawset(table_of, name, before)
  end)
  rawset(table_of, name, value)
end

function _G.same(found, wanted)
  if not vim.deep_equal(found, wanted) then
    error("found " .. vim.inspect(found) .. "\nwanted " .. vim.inspect(wanted), 2)
  end
end

-- Modules keep state; each test gets its own.
local function forget()
  for name in pairs(package.loaded) do
    if name:match("^zyn") or name == "dap" then
      package.loaded[name] = nil
    end
  end
end

local function main()
  local here = vim.fn.fnamemodify(debug.getinfo(1, "S").source:sub(2), ":p:h")
  local tests = dofile(here .. "/" .. vim.env.ZYN_TEST .. ".lua")
  local names = vim.tbl_keys(tests)
  table.sort(names)
  local failed = 0
  io.stdout:write(string.format("1..%d\n", #names))
  for number, name in ipairs(names) do
    forget()
    local ok, problem = xpcall(tests[name], debug.traceback)
    for index = #undo, 1, -1 do
      undo[index]()
    end
    undo = {}
    failed = failed + (ok and 0 or 1)
    io.stdout:write(string.format("%s %d %s\n", ok and "ok" or "not ok", number, name))
    if not ok then
      io.stdout:write("# " .. tostring(problem):gsub("\n", "\n# ") .. "\n")
    end
  end
  vim.cmd(failed == 0 and "qall!" or "cquit 1")
end

main()
