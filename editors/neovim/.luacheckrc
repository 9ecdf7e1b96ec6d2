-- LuaJIT as Neovim runs it; `vim` is read and its option tables are written.
std = "luajit"
globals = { "vim" }
max_line_length = 100
