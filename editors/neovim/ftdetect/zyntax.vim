" A plain autocommand: the filetype module of Lua is off by default in Neovim 0.7.
autocmd BufRead,BufNewFile *.zyntax setfiletype zyntax
