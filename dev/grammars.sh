#!/usr/bin/env bash
# Regenerate the parser of every grammar from its grammar.js.  The generated C is
# committed: only whoever edits a grammar needs the tree-sitter command.
set -euo pipefail
cd "$(dirname "$0")/../tree-sitter-grammar"

PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"
if ! command -v tree-sitter >/dev/null; then
  echo "The tree-sitter command is not installed.  With a Rust toolchain:" >&2
  echo "    cargo install tree-sitter-cli --locked" >&2
  echo "It is needed to change a grammar, not to build or use zyn." >&2
  exit 1
fi

for grammar in */grammar.js; do
  echo "generating $(dirname "$grammar")"
  (cd "$(dirname "$grammar")" && tree-sitter generate)
done
