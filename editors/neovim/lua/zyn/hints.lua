-- Inlay hints: those of Neovim from 0.10 on; before, as text behind the line.
--
-- Behind the line a hint says what it is about: `total: i32 captured @12`.  Names of parameters
-- mean something only in front of their argument, and are left out there.  Only what the windows
-- show is asked for, and some lines around it, so the size of a file does not matter.

local compat = require("zyn.compat")
local latest = require("zyn.latest")

local api = vim.api
local M = {}

M.namespace = api.nvim_create_namespace("zyn_hints")

local PARAMETER = 2
local groups = { state = "ZynHintState", capture = "ZynHintCapture", type = "ZynHintType" }
local attached = {}

local function label_of(hint)
  if type(hint.label) == "string" then
    return hint.label
  end
  local parts = {}
  for _, part in ipairs(hint.label) do
    table.insert(parts, part.value)
  end
  return table.concat(parts)
end

--- The name that a hint at the end of `before` is about.
local function name_before(before)
  return before:match("([%w_]+)%s*:[^:,(]*$") or before:match("([%w_]+)$") or ""
end

--- What stands behind a line, from its hints in the order of the text.
---@param line string
---@param hints table[] hints of the protocol
---@return table[] chunks of text and highlight group
function M.chunks(line, hints)
  local captures, states = {}, {}
  local last
  for _, hint in ipairs(hints) do
    local label = vim.trim(label_of(hint))
    local at = hint.position.character
    if hint.kind == PARAMETER then
      label = nil
    elseif label:match("^state ") then
      table.insert(states, { label, groups.state })
    else
      local is_type = label:sub(1, 1) == ":"
      if last ~= at then
        local ok, byte = pcall(vim.str_byteindex, line, at, true)
        local name = name_before(line:sub(1, ok and byte or #line))
        table.insert(captures, { (#captures > 0 and "  " or "") .. name, groups.type })
      end
      local text = is_type and label or (" " .. label)
      table.insert(captures, { text, is_type and groups.type or groups.capture })
    end
    last = label and at or last
  end
  local chunks = {}
  for _, state in ipairs(states) do
    table.insert(chunks, { (#chunks > 0 and "  " or "") .. state[1], state[2] })
  end
  if #chunks > 0 and #captures > 0 then
    table.insert(chunks, { "  ", groups.type })
  end
  vim.list_extend(chunks, captures)
  return chunks
end

--- Draw the hints of some lines, in the place of all that was drawn.
local function draw(buffer, hints)
  api.nvim_buf_clear_namespace(buffer, M.namespace, 0, -1)
  local by_line = {}
  for _, hint in ipairs(hints) do
    local row = hint.position.line
    by_line[row] = by_line[row] or {}
    table.insert(by_line[row], hint)
  end
  local count = api.nvim_buf_line_count(buffer)
  for row, of_line in pairs(by_line) do
    if row < count then
      local line = api.nvim_buf_get_lines(buffer, row, row + 1, false)[1]
      local chunks = M.chunks(line, of_line)
      if #chunks > 0 then
        table.insert(chunks, 1, { "  ", groups.type })
        api.nvim_buf_set_extmark(buffer, M.namespace, row, 0, {
          virt_text = chunks, virt_text_pos = "eol", hl_mode = "combine", priority = 90,
        })
      end
    end
  end
end

--- The lines to ask for: from a screen above the first window to a screen below the last.
local function wanted_rows(buffer)
  local first, last
  for _, window in ipairs(vim.fn.win_findbuf(buffer)) do
    local info = vim.fn.getwininfo(window)[1]
    local top, bottom = info.topline - info.height, info.botline + info.height
    first = math.min(first or top, top)
    last = math.max(last or bottom, bottom)
  end
  if first then
    return math.max(first - 1, 0), math.min(last, api.nvim_buf_line_count(buffer))
  end
end

local function ask_for(buffer, state)
  return function(done)
    local client = compat.client_of(buffer)
    local first, last = wanted_rows(buffer)
    if not (client and first and attached[buffer] == state) then
      return done()
    end
    local tick = api.nvim_buf_get_changedtick(buffer)
    local params = {
      textDocument = { uri = vim.uri_from_bufnr(buffer) },
      range = {
        start = { line = first, character = 0 },
        ["end"] = { line = last, character = 0 },
      },
    }
    local sent = compat.request(client, "textDocument/inlayHint", params, function(failed, hints)
      if attached[buffer] == state and api.nvim_buf_is_valid(buffer) then
        if tick ~= api.nvim_buf_get_changedtick(buffer) then
          -- Drawn marks move with the text; an answer about an older text would jump.
          state.question.wanted = true
        elseif not failed then
          draw(buffer, hints or {})
          state.first, state.last = first, last
        end
      end
      done()
    end, buffer)
    if not sent then
      done()
    end
  end
end

local function scrolled(buffer)
  local state = attached[buffer]
  local first, last = wanted_rows(buffer)
  if state and first and not (state.first and state.first <= first and last <= state.last) then
    state.question.again()
  end
end

local function attach_fallback(buffer)
  local state = {}
  attached[buffer] = state
  state.question = latest.new(ask_for(buffer, state))
  api.nvim_buf_attach(buffer, false, {
    on_lines = function()
      if attached[buffer] ~= state then
        return true
      end
      vim.schedule(state.question.again)
    end,
    on_reload = function()
      vim.schedule(state.question.again)
    end,
    on_detach = function()
      if attached[buffer] == state then
        attached[buffer] = nil
      end
    end,
  })
  local group = api.nvim_create_augroup("zyn_hints_" .. buffer, {})
  api.nvim_create_autocmd({ "WinScrolled", "BufWinEnter", "CursorHold" }, {
    group = group,
    buffer = buffer,
    callback = function()
      scrolled(buffer)
    end,
  })
  state.question.again()
end

--- Show hints in a buffer that a server was attached to.
function M.attach(buffer)
  if compat.features().inlay_hint then
    vim.lsp.inlay_hint.enable(true, { bufnr = buffer })
  else
    attach_fallback(buffer)
  end
end

--- Take the hints of a buffer away.
function M.detach(buffer)
  attached[buffer] = nil
  pcall(api.nvim_del_augroup_by_name, "zyn_hints_" .. buffer)
  if api.nvim_buf_is_valid(buffer) then
    api.nvim_buf_clear_namespace(buffer, M.namespace, 0, -1)
    if compat.features().inlay_hint then
      vim.lsp.inlay_hint.enable(false, { bufnr = buffer })
    end
  end
end

--- Ask again, or for the first time after the setting was changed.
function M.toggle(buffer)
  local shown = attached[buffer] ~= nil
  if compat.features().inlay_hint then
    shown = vim.lsp.inlay_hint.is_enabled({ bufnr = buffer })
  end
  if shown then
    M.detach(buffer)
  else
    M.attach(buffer)
  end
end

return M
