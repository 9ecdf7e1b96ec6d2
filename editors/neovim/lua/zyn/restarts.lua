-- When a server that ended is started again: at most 4 times in 3 minutes.
--
-- No clock of its own: the caller gives the time, so that a test needs none.

local M = {}

M.MAX = 4
M.WINDOW_S = 180

--- A new count.
function M.new()
  return { times = {} }
end

--- Whether one more restart is allowed at `now_s`; counts it when it is.
---@param count table
---@param now_s number seconds of a clock that only goes forward
---@return number|nil number which restart within the window this is, or nil when it is too many
function M.allow(count, now_s)
  count.times = vim.tbl_filter(function(time)
    return now_s - time < M.WINDOW_S
  end, count.times)
  if #count.times >= M.MAX then
    return nil
  end
  table.insert(count.times, now_s)
  return #count.times
end

return M
