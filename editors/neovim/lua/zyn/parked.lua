-- Beside each line where tasks wait: how many.  At the right edge and of fixed width, so that
-- nothing moves while the number changes.

local config = require("zyn.config")
local view = require("zyn.view")

local api = vim.api
local M = {}

M.namespace = api.nvim_create_namespace("zyn_parked")

--- Take the numbers away.
function M.clear()
  for _, buffer in ipairs(api.nvim_list_bufs()) do
    if api.nvim_buf_is_valid(buffer) then
      api.nvim_buf_clear_namespace(buffer, M.namespace, 0, -1)
    end
  end
end

--- Show the groups of `zyn/tasks` in the buffer of the program.
---@param program string
---@param groups table[]
function M.show(program, groups)
  M.clear()
  local buffer = vim.fn.bufnr("^" .. vim.fn.fnameescape(program) .. "$")
  if buffer == -1 or not api.nvim_buf_is_loaded(buffer) or not config.get("parked") then
    return
  end
  local by_line = {}
  for _, group in ipairs(groups) do
    if group.line then
      by_line[group.line] = (by_line[group.line] or 0) + group.count
    end
  end
  local lines = api.nvim_buf_line_count(buffer)
  for line, count in pairs(by_line) do
    if line <= lines then
      local text = view.fit(view.count(count), 7, true) .. " parked "
      api.nvim_buf_set_extmark(buffer, M.namespace, line - 1, 0, {
        virt_text = { { text, "ZynParked" } }, virt_text_pos = "right_align",
      })
    end
  end
end

return M
