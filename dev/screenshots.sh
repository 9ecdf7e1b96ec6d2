#!/usr/bin/env bash
# Make the pictures of the documentation anew, docs/images/vscode-*.png: install VS Code into
# build/e2e if it is not there, pack the extension, walk the journeys that are shown.
# Needs what vscode-extension/e2e/install.sh needs, and zyn in .venv.
set -euo pipefail
cd "$(dirname "$0")/.."
out=build/screenshots
shown=(editor-dark editor-light debug-dark debug-light timeline-dark tests-dark)

vscode-extension/e2e/install.sh
bash dev/vscode.sh package --out "$PWD/$out.vsix"
"${ZYN_E2E_PROGRAMS:-build/e2e}/bin/node" vscode-extension/e2e/run.ts \
  --vsix "$out.vsix" --out "$out" --documented
mkdir -p docs/images
for name in "${shown[@]}"; do
  cp "$out/pictures/vscode-$name.png" docs/images/
done
ls -l docs/images
