#!/usr/bin/env bash
# Write requirements/*.txt from the pins in pyproject.toml, with the hashes of
# every platform's wheels.  Run by whoever changes a pin; needs `uv` on PATH.
set -euo pipefail
cd "$(dirname "$0")/.."

lock() {
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-annotate --no-header --no-emit-index-url --no-emit-find-links "$@"
}

# One resolution of everything first, so that no two files disagree on a version.
everything=$(mktemp)
trap 'rm -f "$everything"' EXIT
lock pyproject.toml --group build --group compiler --group editor --group dev \
  --output-file "$everything" >/dev/null

lock --group build --constraint "$everything" --output-file requirements/build.txt >/dev/null
lock --group compiler --constraint "$everything" --output-file requirements/compiler.txt >/dev/null
lock --group editor --constraint "$everything" --output-file requirements/editor.txt >/dev/null
lock pyproject.toml --constraint "$everything" --output-file requirements/run.txt >/dev/null
lock pyproject.toml --group dev --constraint "$everything" \
  --output-file requirements/dev.txt >/dev/null
