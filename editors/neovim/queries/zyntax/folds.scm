; Made from tree-sitter-grammar/zyntax/queries/folds.scm by dev/gen_neovim.py.

; What can be folded: everything that has brackets of its own, and long comments.

[
  (block)
  (field_declaration_list)
  (field_initializer_list)
  (parameter_list)
  (argument_list)
  (array_expression)
  (block_comment)
] @fold

; Several line comments in a row fold as one.
(line_comment)+ @fold
