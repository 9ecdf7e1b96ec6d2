; Made from tree-sitter-grammar/zyntax/queries/indents.scm by dev/gen_neovim.py.

; Indentation, in the capture names of nvim-treesitter.

[
  (block)
  (field_declaration_list)
  (field_initializer_list)
  (parameter_list)
  (argument_list)
  (array_expression)
  (parenthesized_expression)
] @indent.begin

; A statement that runs over several lines hangs by one level until its `;`.
[
  (variable_declaration)
  (assignment_statement)
  (return_statement)
  (expression_statement)
] @indent.begin

; The line of a closing bracket stands where the line of the opening one stands.
[
  ")"
  "]"
  "}"
] @indent.branch

(block
  "}" @indent.end)

(field_declaration_list
  "}" @indent.end)

(field_initializer_list
  "}" @indent.end)

(parameter_list
  ")" @indent.end)

(argument_list
  ")" @indent.end)

(array_expression
  "]" @indent.end)

(parenthesized_expression
  ")" @indent.end)

; While the closing bracket is still to be typed, the broken part indents too.
(ERROR
  [
    "("
    "["
    "{"
  ]) @indent.begin

[
  (line_comment)
  (block_comment)
] @indent.auto
