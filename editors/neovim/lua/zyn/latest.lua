-- One question at a time: what changes while an answer is under way is asked for once, afterwards.
--
-- This is the whole of the debouncing: a burst of changes costs one request under way and one
-- behind it, and no time is waited.

local M = {}

--- A question that is asked again and again.
---@param ask function called with a function that must be called when the answer is there
---@return table with `again()`, and `anew()` for when somebody else is to be asked
function M.new(ask)
  local self = { under_way = false, wanted = false, round = 0 }

  function self.again()
    if self.under_way then
      self.wanted = true
      return
    end
    self.under_way = true
    self.wanted = false
    local round = self.round
    ask(function()
      if round ~= self.round then
        return
      end
      self.under_way = false
      if self.wanted then
        self.again()
      end
    end)
  end

  --- Ask at once: who was asked before may answer late, or never, and is not waited for.
  function self.anew()
    self.round = self.round + 1
    self.under_way = false
    self.again()
  end

  return self
end

return M
