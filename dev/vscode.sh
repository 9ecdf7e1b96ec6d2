#!/usr/bin/env bash
# One npm script of the extension for Visual Studio Code, with its pinned packages installed
# first:  dev/vscode.sh lint|test|package [ARGUMENT ...].  Needs Node.js 20.  Where there is none,
# `lint` and `test` say so and pass, unless ZYN_REQUIRE_TOOLS=1, which CI sets; `package` fails.
set -euo pipefail
cd "$(dirname "$0")/../vscode-extension"
task=$1

absent() {
  echo "vscode-extension: $1; '$task' is left out" >&2
  if [ "$task" = package ] || [ "${ZYN_REQUIRE_TOOLS:-}" = 1 ]; then exit 1; else exit 0; fi
}

command -v npm >/dev/null || absent "there is no npm"
major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null) || absent "there is no node"
[ "$major" -ge 20 ] || absent "Node.js 20 or newer is needed, this is $(node --version)"

# Two makes in one checkout take turns.
mkdir -p ../build
if command -v flock >/dev/null; then
  exec 9>../build/.vscode.lock
  flock 9
fi
stamp=node_modules/.installed
if ! cmp -s package-lock.json "$stamp"; then
  echo "installing the packages of the extension"
  ../dev/retry.sh npm ci --silent --ignore-scripts
  cp package-lock.json "$stamp"
fi
npm run --silent "$task" -- "${@:2}"
