-- The plugin's front door.  `setup` is only needed to change settings: plugin/zyn.lua calls it with
-- none when nobody else did.

local M = {}

local highlights = {
  ZynHintState = "Comment",
  ZynHintCapture = "Identifier",
  ZynHintType = "Comment",
  ZynLens = "Comment",
  ZynParked = "WarningMsg",
  ZynTitle = "Title",
  ZynHead = "Comment",
  ZynHelp = "Comment",
  ZynName = "Function",
  ZynEdge = "Comment",
  ZynCurrent = "Search",
  ZynTaskId = "Identifier",
  ZynTaskRunning = "String",
  ZynTaskParked = "Constant",
  ZynTaskHeld = "Special",
  ZynTaskEnded = "Comment",
  ZynTaskFailed = "ErrorMsg",
  ["@lsp.mod.suspends.zyntax"] = "Special",
  ["@lsp.mod.captured.zyntax"] = "Identifier",
}

local function link_highlights()
  for name, link in pairs(highlights) do
    -- Names with an @ are legal from 0.8 on; there is nothing to highlight with them before 0.9.
    if name:sub(1, 1) ~= "@" or require("zyn.compat").features().semantic_tokens then
      vim.cmd(string.format("highlight default link %s %s", name, link))
    end
  end
end

M.is_set_up = false

--- Take settings over and start serving buffers.
---@param settings table|nil see `:help zyn-settings`
function M.setup(settings)
  local compat = require("zyn.compat")
  local config = require("zyn.config")
  for _, problem in ipairs(config.set(settings)) do
    compat.say(problem, vim.log.levels.WARN)
  end
  link_highlights()
  vim.api.nvim_create_autocmd("ColorScheme", {
    group = vim.api.nvim_create_augroup("zyn_highlights", {}),
    callback = link_highlights,
  })
  M.is_set_up = true
  if config.get("autostart") then
    require("zyn.client").enable()
  end
  if config.get("dap") then
    require("zyn.dap").register()
  end
  require("zyn.treesitter").register()
end

return M
