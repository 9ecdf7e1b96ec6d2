-- The language server: started for the buffers that want it, and again when it dies.

local compat = require("zyn.compat")
local config = require("zyn.config")
local hints = require("zyn.hints")
local lens = require("zyn.lens")
local programs = require("zyn.programs")
local restarts = require("zyn.restarts")

local api = vim.api
local M = {}

M.filetypes = { "zyntax" }

local wanted = {} -- buffers that are to have a server
local running = {} -- client by root, where Neovim has no `vim.lsp.start` to look for one
local stopping = {} -- clients that were asked to stop, by id
local told = {} -- roots whose user knows that there is no server
local again = {} -- clients that are started again when they have stopped, by id
local count = restarts.new()

local function attached(_, buffer)
  if config.get("inlay_hints") then
    hints.attach(buffer)
  end
  if config.get("code_lens") then
    lens.attach(buffer)
  end
end

local function begun(client)
  local stop = client.stop
  client.stop = function(...)
    stopping[client.id] = true
    return stop(...)
  end
end

local function has_other_server(buffer, id)
  for _, client in ipairs(compat.zyn_clients()) do
    if client.id ~= id and vim.lsp.buf_is_attached(buffer, client.id) then
      return true
    end
  end
  return false
end

--- The buffers without a server, now that this one is gone.
local function left_by(id)
  local found = {}
  for buffer in pairs(wanted) do
    if not (api.nvim_buf_is_valid(buffer) and api.nvim_buf_is_loaded(buffer)) then
      wanted[buffer] = nil
    elseif not has_other_server(buffer, id) then
      table.insert(found, buffer)
    end
  end
  return found
end

local function how_it_ended(code, signal)
  return signal ~= 0 and ("signal " .. signal) or ("exit code " .. code)
end

local function ended(code, signal, id)
  for root, client in pairs(running) do
    if client == id then
      running[root] = nil
    end
  end
  local buffers = left_by(id)
  for _, buffer in ipairs(buffers) do
    hints.detach(buffer)
    lens.detach(buffer)
  end
  if vim.v.exiting ~= vim.NIL then
    return
  end
  local meant = stopping[id] or (code == 0 and signal == 0)
  local is_restart = again[id]
  stopping[id], again[id] = nil, nil
  if meant and not is_restart then
    return
  end
  if not meant then
    local number = restarts.allow(count, compat.uv().hrtime() / 1e9)
    local how = how_it_ended(code, signal)
    if not number then
      local text = "zyn-lsp ended (%s) after %d restarts within %d minutes, and is not started "
        .. "any more.\n`:ZynRestart` starts it; what it said last is in %s"
      local minutes = restarts.WINDOW_S / 60
      text = string.format(text, how, restarts.MAX, minutes, compat.log_path())
      compat.say(text, vim.log.levels.ERROR)
      return
    end
    local text = "zyn-lsp ended (%s) and is started again, %d of %d times"
    compat.say(string.format(text, how, number, restarts.MAX), vim.log.levels.WARN)
  end
  for _, buffer in ipairs(buffers) do
    M.start(buffer)
  end
end

--- What every way of starting the server has in common.
function M.base_config()
  return {
    name = "zyn",
    filetypes = M.filetypes,
    init_options = config.get("settings"),
    settings = { zyn = config.get("settings") },
    commands = require("zyn.commands").of_lenses(),
    get_language_id = function(_, filetype)
      return filetype
    end,
    on_init = begun,
    on_attach = attached,
    on_exit = function(code, signal, id)
      vim.schedule(function()
        ended(code, signal, id)
      end)
    end,
  }
end

--- Find the server for a project; says once per project when there is none.
---@return string[]|nil command
function M.command(root)
  local found, tried = programs.find("zyn-lsp", root)
  if found then
    return found.command
  end
  if not told[root] then
    told[root] = true
    compat.say(programs.missing("zyn-lsp", tried), vim.log.levels.ERROR)
  end
end

local function start_with(client_config, buffer)
  if compat.features().lsp_start then
    return api.nvim_buf_call(buffer, function()
      return vim.lsp.start(client_config, { bufnr = buffer })
    end)
  end
  local root = client_config.root_dir
  local id = running[root] or vim.lsp.start_client(client_config)
  if id then
    running[root] = id
    vim.lsp.buf_attach_client(buffer, id)
  end
  return id
end

local function is_of_a_file(buffer)
  local name = api.nvim_buf_get_name(buffer)
  return vim.bo[buffer].buftype == "" and name ~= "" and not name:match("^%a[%w+.-]+://")
end

--- Start the server for a buffer, or attach the one of its project.
---@return number|nil id of the client
function M.start(buffer)
  if not is_of_a_file(buffer) then
    return nil
  end
  local root = programs.root(api.nvim_buf_get_name(buffer))
  local command = M.command(root)
  if not command then
    return nil
  end
  wanted[buffer] = true
  local client_config = M.base_config()
  client_config.cmd = command
  client_config.root_dir = root
  return start_with(client_config, buffer)
end

--- For `vim.lsp.enable`: tell where the project of a buffer is, once its server is found.
function M.root_dir(buffer, found)
  if not is_of_a_file(buffer) then
    return
  end
  local root = programs.root(api.nvim_buf_get_name(buffer))
  if M.command(root) then
    wanted[buffer] = true
    found(root)
  end
end

--- For `vim.lsp.config`: start the program that belongs to the root.
function M.spawn(dispatchers, client_config)
  local root = client_config and client_config.root_dir or vim.fn.getcwd()
  return vim.lsp.rpc.start(assert(M.command(root)), dispatchers, { cwd = root })
end

--- Stop every server and start it again; forgets how often it has died.
function M.restart()
  count = restarts.new()
  told = {}
  local clients = compat.zyn_clients()
  for _, client in ipairs(clients) do
    again[client.id] = true
    compat.stop(client)
  end
  if #clients == 0 then
    for _, buffer in ipairs(api.nvim_list_bufs()) do
      if vim.tbl_contains(M.filetypes, vim.bo[buffer].filetype) then
        M.start(buffer)
      end
    end
  end
end

--- How often the server was started again of late.
function M.restarted()
  return #count.times
end

--- Attach to every buffer of our languages, now and later.
function M.enable()
  if compat.features().lsp_config then
    -- lsp/zyn.lua in this plugin is what is enabled.
    vim.lsp.enable("zyn")
    return
  end
  api.nvim_create_autocmd("FileType", {
    group = api.nvim_create_augroup("zyn_start", {}),
    pattern = M.filetypes,
    callback = function(event)
      M.start(event.buf)
    end,
  })
end

return M
