; Highlighting, in the capture names of nvim-treesitter.
; A later pattern wins over an earlier one, so the general patterns come first.

; Names

(identifier) @variable

(parameter
  name: (identifier) @variable.parameter)

((identifier) @constant
  (#match? @constant "^[A-Z][A-Z0-9_]+$"))

(field_expression
  field: (identifier) @variable.member)

(field_declaration
  name: (identifier) @variable.member)

(field_initializer
  name: (identifier) @variable.member)

(function_definition
  name: (identifier) @function)

(call_expression
  function: (identifier) @function.call)

(call_expression
  function: (field_expression
    field: (identifier) @function.method.call))

; Types

(struct_definition
  name: (identifier) @type.definition)

(struct_expression
  type: (identifier) @type)

(named_type
  (identifier) @type)

(primitive_type) @type.builtin

(promise_type
  "Promise" @type.builtin)

(generic_type
  name: (identifier) @type)

; Keywords

[
  "async"
  "await"
] @keyword.coroutine

"fn" @keyword.function

"struct" @keyword.type

[
  "const"
  "var"
] @keyword

"return" @keyword.return

[
  "if"
  "else"
] @keyword.conditional

[
  "while"
  "break"
  "continue"
] @keyword.repeat

[
  "and"
  "or"
  "orelse"
] @keyword.operator

; Literals

(integer) @number

(float) @number.float

(boolean) @boolean

(null) @constant.builtin

(string) @string

(escape_sequence) @string.escape

; Operators and punctuation

(binary_expression
  operator: [
    "=="
    "!="
    "<"
    "<="
    ">"
    ">="
    "+"
    "-"
    "*"
    "/"
    "%"
  ] @operator)

(unary_expression
  operator: _ @operator)

(assignment_statement
  operator: _ @operator)

(variable_declaration
  "=" @operator)

(struct_definition
  "=" @operator)

(field_initializer
  "=" @operator)

(optional_type
  "?" @operator)

[
  "("
  ")"
  "["
  "]"
  "{"
  "}"
] @punctuation.bracket

(promise_type
  [
    "<"
    ">"
  ] @punctuation.bracket)

(generic_type
  [
    "<"
    ">"
  ] @punctuation.bracket)

[
  ","
  "."
  ":"
  ";"
] @punctuation.delimiter

; Comments

[
  (line_comment)
  (block_comment)
] @spell @comment
