-- What editing a Zyntax file needs besides the server: comments, indentation, highlighting.

if vim.b.did_ftplugin then
  return
end
vim.b.did_ftplugin = 1

vim.bo.commentstring = "// %s"
vim.bo.comments = "s1:/*,mb:*,ex:*/,://"
vim.bo.suffixesadd = ".zyntax"
vim.bo.cinoptions = "J1"
vim.bo.cindent = true
vim.b.undo_ftplugin = "setlocal commentstring< comments< suffixesadd< cinoptions< cindent<"

require("zyn.treesitter").highlight(vim.api.nvim_get_current_buf())
