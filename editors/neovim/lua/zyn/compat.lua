-- What this Neovim can do, and one spelling for what its versions spell differently.
--
-- Everything is looked up when it is asked for, never when this file is loaded: tests put stubs in
-- the place of what newer versions have.

local M = {}

--- The features that decide which way the plugin goes.  A name says what is there.
---@return table<string, boolean>
function M.features()
  local lsp = vim.lsp
  return {
    lsp_config = type(lsp.config) ~= "nil" and lsp.enable ~= nil, -- 0.11
    lsp_start = lsp.start ~= nil, -- 0.8
    inlay_hint = lsp.inlay_hint ~= nil and lsp.inlay_hint.enable ~= nil, -- 0.10
    semantic_tokens = lsp.semantic_tokens ~= nil, -- 0.9
    codelens_enable = lsp.codelens ~= nil and lsp.codelens.enable ~= nil, -- 0.12
    treesitter_start = vim.treesitter ~= nil and vim.treesitter.start ~= nil, -- 0.8
  }
end

--- The event loop, which `vim.loop` was called until 0.10.
function M.uv()
  return vim.uv or vim.loop
end

--- "0.7.2"
function M.version()
  local version = vim.version()
  return string.format("%d.%d.%d", version.major, version.minor, version.patch)
end

local function clients()
  local get = vim.lsp.get_clients or vim.lsp.get_active_clients
  return get()
end

--- The running clients of this plugin.
---@return table[]
function M.zyn_clients()
  return vim.tbl_filter(function(client)
    return client.name == "zyn"
  end, clients())
end

--- The client of this plugin that serves a buffer, or nil.
function M.client_of(buffer)
  for _, client in ipairs(M.zyn_clients()) do
    if vim.lsp.buf_is_attached(buffer, client.id) then
      return client
    end
  end
end

--- Send a request to a client: a function of the client until 0.10, a method from 0.11 on.
function M.request(client, method, params, handler, buffer)
  if vim.fn.has("nvim-0.11") == 1 then
    return client:request(method, params, handler, buffer)
  end
  return client.request(method, params, handler, buffer)
end

--- Stop a client, in the same two spellings.
function M.stop(client)
  if vim.fn.has("nvim-0.11") == 1 then
    return client:stop()
  end
  return client.stop()
end

--- Run a command in a terminal window below.
---@param command string[]
function M.terminal(command)
  vim.cmd("botright 12new")
  if vim.fn.has("nvim-0.11") == 1 then
    vim.fn.jobstart(command, { term = true })
  else
    vim.fn.termopen(command)
  end
end

--- The functions for `:checkhealth`: of `vim.health` since 0.9, of a module of its own before.
function M.health()
  local api = vim.health or require("health")
  local function pick(name)
    return api[name] or api["report_" .. name]
  end
  return {
    start = pick("start"),
    ok = pick("ok"),
    info = pick("info"),
    warn = pick("warn"),
    error = pick("error"),
  }
end

--- Where the log of language servers is.
function M.log_path()
  local path = vim.lsp.get_log_path or require("vim.lsp.log").get_filename
  return path()
end

--- Tell the user something, from any context.
---@param text string
---@param level number|nil one of vim.log.levels, INFO when absent
function M.say(text, level)
  vim.schedule(function()
    vim.notify("zyn: " .. text, level or vim.log.levels.INFO)
  end)
end

return M
