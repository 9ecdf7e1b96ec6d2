-- A buffer that shows something and is not edited: its window, its lines, what a line is about.

local api = vim.api
local M = {}

local namespace = api.nvim_create_namespace("zyn_view")

--- Open the buffer of a name below, or go on with the window that shows it.
---@param name string such as "zyn://tasks"
---@param filetype string
---@param keys table<string, function> normal mode mappings of the buffer
---@param height number
---@return table view
function M.open(name, filetype, keys, height)
  local buffer = vim.fn.bufnr("^" .. name .. "$")
  local is_new = buffer == -1
  if is_new then
    buffer = api.nvim_create_buf(false, true)
    api.nvim_buf_set_name(buffer, name)
  end
  local view = { buffer = buffer, about = {}, keys = {} }
  local window = vim.fn.bufwinid(buffer)
  if window ~= -1 then
    api.nvim_set_current_win(window)
  else
    vim.cmd("botright " .. height .. "split")
    window = api.nvim_get_current_win()
    api.nvim_win_set_buf(window, buffer)
  end
  local options = { number = false, relativenumber = false, wrap = false, signcolumn = "no",
    foldcolumn = "0", list = false, cursorline = true, spell = false, winfixheight = true }
  for option, value in pairs(options) do
    api.nvim_win_set_option(window, option, value)
  end
  if is_new then
    local bo = vim.bo[buffer]
    bo.buftype, bo.bufhidden, bo.swapfile, bo.modifiable = "nofile", "hide", false, false
    bo.filetype = filetype
  end
  for key, run in pairs(keys) do
    vim.keymap.set("n", key, run, { buffer = buffer, nowait = true, silent = true })
  end
  vim.keymap.set("n", "q", "<cmd>close<cr>", { buffer = buffer, nowait = true, silent = true })
  return view
end

--- Whether the view still has its buffer.
function M.is_there(view)
  return view ~= nil and api.nvim_buf_is_valid(view.buffer)
end

--- Show lines in the place of those before; the cursor stays on what it was on.
---@param view table
---@param lines table[] each a list of {text, highlight}, with `about` for what it is about and
---  `key` by which the same thing is found again
function M.render(view, lines)
  local buffer = view.buffer
  local window = vim.fn.bufwinid(buffer)
  local row = window ~= -1 and next(view.keys) and api.nvim_win_get_cursor(window)[1] or nil
  local key = row and view.keys[row]

  local texts, marks = {}, {}
  view.about, view.keys = {}, {}
  for number, line in ipairs(lines) do
    local text = ""
    for _, chunk in ipairs(line) do
      -- A line break in a value would be a line of the buffer.
      local piece = chunk[1]:gsub("[\r\n]+", " ")
      if chunk[2] then
        -- Blanks in front are a distance; a background would make them part of the text.
        local blank = #piece:match("^ *")
        table.insert(marks, { number - 1, #text + blank, #text + #piece, chunk[2] })
      end
      text = text .. piece
    end
    texts[number] = text
    view.about[number], view.keys[number] = line.about, line.key
    if line.key and (line.key == key or not row) then
      row = number
    end
  end
  vim.bo[buffer].modifiable = true
  api.nvim_buf_set_lines(buffer, 0, -1, false, texts)
  vim.bo[buffer].modifiable = false
  api.nvim_buf_clear_namespace(buffer, namespace, 0, -1)
  for _, mark in ipairs(marks) do
    api.nvim_buf_set_extmark(buffer, namespace, mark[1], mark[2], {
      end_col = mark[3], hl_group = mark[4],
    })
  end
  if window ~= -1 then
    api.nvim_win_set_cursor(window, { math.min(row or 1, #texts), 0 })
  end
end

--- What the line under the cursor is about.
function M.here(view)
  local window = vim.fn.bufwinid(view.buffer)
  return window ~= -1 and view.about[api.nvim_win_get_cursor(window)[1]] or nil
end

--- Text with a fixed number of screen columns; what is too long ends in "…".
---@param text string|number
---@param width number
---@param right boolean|nil numbers stand at the right
function M.fit(text, width, right)
  text = tostring(text)
  if vim.fn.strdisplaywidth(text) > width then
    local kept = vim.fn.strcharpart(text, 0, width - 1)
    while vim.fn.strdisplaywidth(kept) > width - 1 do
      kept = vim.fn.strcharpart(kept, 0, vim.fn.strchars(kept) - 1)
    end
    text = kept .. "…"
  end
  local fill = string.rep(" ", width - vim.fn.strdisplaywidth(text))
  return right and fill .. text or text .. fill
end

--- 100000 as "100,000".
function M.count(number)
  local text = string.format("%d", number)
  repeat
    local changed
    text, changed = text:gsub("^(%d+)(%d%d%d)", "%1,%2")
  until changed == 0
  return text
end

--- Go to a line of a file, in a window that does not show a view.
---@param path string
---@param line number from 1
---@param column number|nil from 0
function M.go(path, line, column)
  local buffer = vim.fn.bufadd(path)
  vim.fn.bufload(buffer)
  local window = vim.fn.bufwinid(buffer)
  if window == -1 then
    for _, other in ipairs(api.nvim_tabpage_list_wins(0)) do
      if vim.bo[api.nvim_win_get_buf(other)].buftype == "" then
        window = other
        break
      end
    end
    if window == -1 then
      vim.cmd("topleft split")
      window = api.nvim_get_current_win()
    end
    vim.bo[buffer].buflisted = true
    api.nvim_win_set_buf(window, buffer)
  end
  api.nvim_set_current_win(window)
  line = math.min(math.max(line, 1), api.nvim_buf_line_count(buffer))
  api.nvim_win_set_cursor(window, { line, column or 0 })
end

return M
