-- Loaded at the start of Neovim: the commands, and the defaults where nobody called setup().

if vim.g.loaded_zyn then
  return
end
vim.g.loaded_zyn = true

if vim.fn.has("nvim-0.7") == 0 then
  vim.notify("zyn: Neovim 0.7 or newer is needed", vim.log.levels.ERROR)
  return
end

require("zyn.commands").create()
if not require("zyn").is_set_up then
  require("zyn").setup()
end
