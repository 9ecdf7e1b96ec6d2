; Made from tree-sitter-grammar/zyntax/queries/textobjects.scm by dev/gen_neovim.py.

; Text objects, in the capture names of nvim-treesitter-textobjects.
; A capture that stands on several nodes covers all of them from the first to the last.
; What is absent: captures for things the language does not have, such as regular expressions.

; Functions

(function_definition) @function.outer

(function_definition
  body: (block
    .
    "{"
    _+ @function.inner
    "}"))

; Structs

(struct_definition) @class.outer

(struct_definition
  body: (field_declaration_list
    .
    "{"
    _+ @class.inner
    "}"))

; Names of scopes

(function_definition
  name: (identifier) @scopename.inner)

(struct_definition
  name: (identifier) @scopename.inner)

; Parameters, arguments and the items of lists, each with its comma on the outside

(parameter_list
  "," @parameter.outer
  .
  (parameter) @parameter.inner @parameter.outer)

(parameter_list
  .
  (parameter) @parameter.inner @parameter.outer
  .
  ","? @parameter.outer)

(argument_list
  "," @parameter.outer
  .
  (_) @parameter.inner @parameter.outer)

(argument_list
  .
  (_) @parameter.inner @parameter.outer
  .
  ","? @parameter.outer)

(array_expression
  "," @parameter.outer
  .
  (_) @parameter.inner @parameter.outer)

(array_expression
  .
  (_) @parameter.inner @parameter.outer
  .
  ","? @parameter.outer)

(field_declaration_list
  "," @parameter.outer
  .
  (field_declaration) @parameter.inner @parameter.outer)

(field_declaration_list
  .
  (field_declaration) @parameter.inner @parameter.outer
  .
  ","? @parameter.outer)

(field_initializer_list
  "," @parameter.outer
  .
  (field_initializer) @parameter.inner @parameter.outer)

(field_initializer_list
  .
  (field_initializer) @parameter.inner @parameter.outer
  .
  ","? @parameter.outer)

; Calls

(call_expression) @call.outer

(call_expression
  arguments: (argument_list
    .
    "("
    _+ @call.inner
    ")"))

; Conditionals

(if_statement) @conditional.outer

(if_statement
  condition: (_) @conditional.inner)

(if_statement
  consequence: (block
    .
    "{"
    _+ @conditional.inner
    "}"))

(else_clause
  body: (block
    .
    "{"
    _+ @conditional.inner
    "}"))

; Loops

(while_statement) @loop.outer

(while_statement
  body: (block
    .
    "{"
    _+ @loop.inner
    "}"))

; Blocks

(block) @block.outer

(block
  .
  "{"
  _+ @block.inner
  "}")

; Assignments

(assignment_statement
  target: (_) @assignment.lhs
  value: (_) @assignment.inner @assignment.rhs) @assignment.outer

(variable_declaration
  name: (_) @assignment.lhs
  value: (_) @assignment.inner @assignment.rhs) @assignment.outer

(field_initializer
  name: (_) @assignment.lhs
  value: (_) @assignment.inner @assignment.rhs) @assignment.outer

; Statements and returns

(block
  (_statement) @statement.outer)

(return_statement) @return.outer

(return_statement
  value: (_) @return.inner)

; Numbers

[
  (integer)
  (float)
] @number.inner

; Comments

[
  (line_comment)
  (block_comment)
] @comment.outer

(line_comment)+ @comment.outer
