"""Load the compiled tree-sitter grammars."""
