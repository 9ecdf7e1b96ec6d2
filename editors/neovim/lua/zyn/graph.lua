-- The edges of a state machine as lanes to the left of a list of its states.
--
--     ╭──── 0
--     ╰─╭─▶ 1      a lane for each edge between two rows; an edge to the same row is `↻`

local M = {}

M.LANES_MAX = 10

--- Give each edge the first lane from the right that is free over its rows; short edges first.
local function lanes_of(edges)
  table.sort(edges, function(a, b)
    local long_a, long_b = a.last - a.first, b.last - b.first
    if long_a ~= long_b then
      return long_a < long_b
    end
    return a.first < b.first
  end)
  local lanes = {}
  for _, edge in ipairs(edges) do
    local lane = 1
    while true do
      lanes[lane] = lanes[lane] or {}
      local free = true
      for row = edge.first, edge.last do
        free = free and not lanes[lane][row]
      end
      if free then
        break
      end
      lane = lane + 1
    end
    edge.lane = lane
    for row = edge.first, edge.last do
      lanes[lane][row] = edge
    end
  end
  return lanes
end

local function cell(edge, row, under_line)
  if edge == nil then
    return under_line and "─" or " "
  elseif row == edge.first then
    return under_line and "┬" or "╭"
  elseif row == edge.last then
    return under_line and "┴" or "╰"
  end
  return under_line and "┼" or "│"
end

local function row_of(lanes, row)
  local text, under_line, enters = "", false, false
  for lane = #lanes, 1, -1 do
    local edge = lanes[lane][row]
    text = text .. cell(edge, row, under_line)
    if edge and (row == edge.first or row == edge.last) then
      under_line = true
      enters = enters or edge.to == row
    end
    text = text .. (under_line and "─" or " ")
  end
  return text .. (enters and "▶" or under_line and "─" or " ")
end

--- Draw the edges between rows.
---@param count number of rows
---@param edges table[] {from, to}, rows from 1
---@return string[]|nil texts one for each row, all of one width; nil when there are too many lanes
---@return table<number, boolean> loops rows with an edge to themselves
function M.draw(count, edges)
  local between, loops, seen = {}, {}, {}
  for _, edge in ipairs(edges) do
    local from, to = edge[1], edge[2]
    local key = from .. ">" .. to
    if from == to then
      loops[from] = true
    elseif not seen[key] then
      seen[key] = true
      local first, last = math.min(from, to), math.max(from, to)
      table.insert(between, { from = from, to = to, first = first, last = last })
    end
  end
  local lanes = lanes_of(between)
  if #lanes > M.LANES_MAX then
    return nil, loops
  end
  local texts = {}
  for row = 1, count do
    texts[row] = row_of(lanes, row)
  end
  return texts, loops
end

return M
