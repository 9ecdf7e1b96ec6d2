; Made from tree-sitter-grammar/zyntax/queries/injections.scm by dev/gen_neovim.py.

; A comment is a language of its own: it has tags, links and names in backquotes.

([
  (line_comment)
  (block_comment)
] @injection.content
  (#set! injection.language "comment"))
