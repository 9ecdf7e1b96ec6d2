-- LuaJIT as Neovim runs it; `vim` is read and its option tables are written.
std = "luajit"
globals = { "vim" }
max_line_length = 100
-- What test/run.lua gives to tests.
files["test"] = { globals = { "same", "stub" } }
