-- The ways of newer versions of Neovim, with stubs in the place of what those versions have.

local tests = {}

local function buffer_of(path)
  local buffer = vim.fn.bufadd(path)
  vim.fn.bufload(buffer)
  return buffer
end

local function with_server()
  stub(require("zyn.programs"), "find", function()
    return { command = { "zyn-lsp" }, how = "a stub" }, {}
  end)
end

function tests.lsp_enable_is_used_from_0_11_on()
  local enabled = {}
  stub(vim.lsp, "config", setmetatable({}, { __call = function() end }))
  stub(vim.lsp, "enable", function(name)
    table.insert(enabled, name)
  end)
  require("zyn").setup()
  same(enabled, { "zyn" })
end

function tests.lsp_zyn_gives_what_lsp_config_asks_for()
  with_server()
  local folder = vim.fn.fnamemodify(vim.fn.tempname(), ":h")
  local config = dofile(vim.api.nvim_get_runtime_file("lsp/zyn.lua", false)[1])
  same({ config.name, config.filetypes }, { "zyn", { "zyntax" } })
  local roots = {}
  config.root_dir(buffer_of(folder .. "/a.zyntax"), function(root)
    table.insert(roots, root)
  end)
  same(#roots, 1)

  local started
  stub(vim.lsp.rpc, "start", function(command, _, extra)
    started = { command, extra }
    return {}
  end)
  config.cmd({}, { root_dir = roots[1] })
  same(started, { { "zyn-lsp" }, { cwd = roots[1] } })
end

function tests.no_root_is_given_where_there_is_no_server()
  stub(require("zyn.programs"), "find", function()
    return nil, { "nowhere" }
  end)
  local told = {}
  stub(vim, "notify", function(text)
    table.insert(told, text)
  end)
  local client = require("zyn.client")
  for _, name in ipairs({ "/tmp/zyn-test/b.zyntax", "/tmp/zyn-test/c.zyntax" }) do
    client.root_dir(buffer_of(name), function()
      error("a root was given")
    end)
  end
  vim.wait(1000, function()
    return #told > 0
  end)
  same(#told, 1)
end

function tests.lsp_start_is_used_from_0_8_on()
  with_server()
  local started
  stub(vim.lsp, "start", function(config, options)
    started = { config.name, config.cmd, options.bufnr, vim.api.nvim_get_current_buf() }
    return 7
  end)
  local buffer = buffer_of("/tmp/zyn-test/d.zyntax")
  same(require("zyn.client").start(buffer), 7)
  same(started, { "zyn", { "zyn-lsp" }, buffer, buffer })
end

function tests.inlay_hints_are_those_of_neovim_from_0_10_on()
  local calls = {}
  stub(vim.lsp, "inlay_hint", {
    enable = function(on, filter)
      table.insert(calls, { on, filter })
    end,
    is_enabled = function()
      return true
    end,
  })
  local hints = require("zyn.hints")
  hints.attach(1)
  hints.toggle(1)
  same(calls, { { true, { bufnr = 1 } }, { false, { bufnr = 1 } } })
end

function tests.code_lenses_are_those_of_neovim_where_it_enables_them()
  local calls = {}
  stub(vim.lsp.codelens, "enable", function(on, filter)
    table.insert(calls, { on, filter })
  end)
  require("zyn.lens").attach(1)
  same(calls, { { true, { bufnr = 1 } } })
end

function tests.requests_are_methods_from_0_11_on()
  local real = vim.fn.has
  stub(vim.fn, "has", function(what)
    return what == "nvim-0.11" and 1 or real(what)
  end)
  local seen
  local client = {
    request = function(self, method)
      seen = { self.id, method }
    end,
    stop = function(self)
      seen = { self.id, "stop" }
    end,
    id = 3,
  }
  local compat = require("zyn.compat")
  compat.request(client, "zyn/stateMachine", {}, function() end, 1)
  same(seen, { 3, "zyn/stateMachine" })
  compat.stop(client)
  same(seen, { 3, "stop" })
end

function tests.health_reports_with_the_new_names()
  local said = {}
  local function report(kind)
    return function(text)
      table.insert(said, kind .. " " .. text)
    end
  end
  stub(vim, "health", { start = report("start"), ok = report("ok"), info = report("info"),
    warn = report("warn"), error = report("error") })
  stub(vim.lsp, "inlay_hint", { enable = function() end })
  stub(vim.lsp, "semantic_tokens", {})
  require("zyn.health").check()
  same(vim.tbl_contains(said, "start zyn: programs"), true)
  same(vim.tbl_contains(said, "info hints are drawn: inside the line"), true)
  same(vim.tbl_contains(said, "info semantic tokens: are used"), true)
end

function tests.highlights_of_semantic_tokens_are_linked_from_0_9_on()
  local commands = {}
  stub(vim.lsp, "semantic_tokens", {})
  stub(vim, "cmd", function(command)
    table.insert(commands, command)
  end)
  require("zyn").setup({ autostart = false })
  local wanted = "highlight default link @lsp.mod.suspends.zyntax Special"
  same(vim.tbl_contains(commands, wanted), true)
end

function tests.both_branches_of_nvim_treesitter_are_told_of_the_grammar()
  local old = {}
  stub(package.loaded, "nvim-treesitter.parsers", {
    get_parser_configs = function()
      return old
    end,
  })
  require("zyn.treesitter").register()
  same(old.zyntax.install_info.files, { "src/parser.c" })

  local new = {}
  stub(package.loaded, "nvim-treesitter.parsers", new)
  require("zyn.treesitter").register()
  same(vim.fn.filereadable(new.zyntax.install_info.path .. "/src/parser.c"), 1)
end

function tests.a_parser_is_used_where_it_can_be_loaded()
  local started = {}
  stub(vim.treesitter, "start", function(buffer, language)
    table.insert(started, { buffer, language })
  end)
  local there = true
  stub(vim.treesitter, "language", {
    add = function()
      return there or nil, there and nil or "no parser"
    end,
  })
  local real = vim.fn.has
  stub(vim.fn, "has", function(what)
    return what == "nvim-0.11" and 1 or real(what)
  end)
  require("zyn.treesitter").highlight(1)
  there = false
  require("zyn.treesitter").highlight(2)
  same(started, { { 1, "zyntax" } })
end

return tests
