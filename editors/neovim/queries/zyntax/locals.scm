; Made from tree-sitter-grammar/zyntax/queries/locals.scm by dev/gen_neovim.py.

; Scopes, definitions and references, for a view of one file without the language server.

; Scopes

[
  (source_file)
  (function_definition)
  (block)
] @local.scope

; Definitions.  The name of a function belongs to the scope around the function.

((function_definition
  name: (identifier) @local.definition.function)
  (#set! definition.function.scope "parent"))

(struct_definition
  name: (identifier) @local.definition.type)

(field_declaration
  name: (identifier) @local.definition.field)

(parameter
  name: (identifier) @local.definition.parameter)

(variable_declaration
  kind: "const"
  name: (identifier) @local.definition.constant)

(variable_declaration
  kind: "var"
  name: (identifier) @local.definition.var)

; References

(identifier) @local.reference
