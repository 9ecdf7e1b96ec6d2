-- For `vim.lsp.enable("zyn")` of Neovim 0.11 and later.

local client = require("zyn.client")

return vim.tbl_extend("force", client.base_config(), {
  cmd = client.spawn,
  root_dir = client.root_dir,
})
