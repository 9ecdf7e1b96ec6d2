-- Code lenses above functions: drawn behind the line, run with the command of the lens.
--
-- Up to 0.11 the request is made here, since `vim.lsp.codelens.refresh` never asks again when a
-- server dies with a request under way; `vim.lsp.codelens.run` finds the lenses all the same.

local compat = require("zyn.compat")
local latest = require("zyn.latest")

local api = vim.api
local M = {}

M.namespace = api.nvim_create_namespace("zyn_lens")

local attached = {}

local function draw(buffer, lenses)
  api.nvim_buf_clear_namespace(buffer, M.namespace, 0, -1)
  local titles = {}
  for _, lens in ipairs(lenses) do
    local row = lens.range.start.line
    titles[row] = titles[row] or {}
    if lens.command then
      table.insert(titles[row], lens.command.title)
    end
  end
  local count = api.nvim_buf_line_count(buffer)
  for row, of_line in pairs(titles) do
    if row < count then
      api.nvim_buf_set_extmark(buffer, M.namespace, row, 0, {
        virt_text = { { "  " .. table.concat(of_line, " | "), "ZynLens" } },
        hl_mode = "combine",
        priority = 80,
      })
    end
  end
end

local function ask_for(buffer, state)
  return function(done)
    local client = compat.client_of(buffer)
    if not client or attached[buffer] ~= state then
      return done()
    end
    local params = { textDocument = { uri = vim.uri_from_bufnr(buffer) } }
    local sent = compat.request(client, "textDocument/codeLens", params, function(failed, lenses)
      if not failed and attached[buffer] == state and api.nvim_buf_is_valid(buffer) then
        vim.lsp.codelens.save(lenses or {}, buffer, client.id)
        draw(buffer, lenses or {})
      end
      done()
    end, buffer)
    if not sent then
      done()
    end
  end
end

--- Show lenses in a buffer that a server was attached to.
function M.attach(buffer)
  if compat.features().codelens_enable then
    vim.lsp.codelens.enable(true, { bufnr = buffer })
    return
  end
  local state = {}
  attached[buffer] = state
  state.question = latest.new(ask_for(buffer, state))
  api.nvim_create_autocmd({ "InsertLeave", "TextChanged", "BufEnter" }, {
    group = api.nvim_create_augroup("zyn_lens_" .. buffer, {}),
    buffer = buffer,
    callback = state.question.again,
  })
  state.question.again()
end

--- Take the lenses of a buffer away.
function M.detach(buffer)
  attached[buffer] = nil
  pcall(api.nvim_del_augroup_by_name, "zyn_lens_" .. buffer)
  if api.nvim_buf_is_valid(buffer) then
    api.nvim_buf_clear_namespace(buffer, M.namespace, 0, -1)
  end
end

return M
