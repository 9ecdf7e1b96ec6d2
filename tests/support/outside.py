"""Programs that tests drive but zyn neither contains nor installs.

Two kinds, with two skip reasons.  A program that a test needs and `.ci/run`
installs is counted when it is absent, and fails the run where ZYN_REQUIRE_TOOLS=1.
A maintainer's tool (the tree-sitter command) may be absent anywhere, CI included.
"""

import os
import shutil
from pathlib import Path

import pytest

ABSENT = "outside program absent: "
ROOT = Path(__file__).resolve().parents[2]
NODE_MODULES = ROOT / "build" / "node" / "node_modules"
VSCODE = Path(os.environ.get("ZYN_E2E_PROGRAMS", ROOT / "build" / "e2e"))


def require_program(name: str) -> str:
    """Return the path of an outside program, or skip the running test."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{ABSENT}{name}")
    return path


def require_node_package(name: str) -> Path:
    """Return the folder of an installed npm package, or skip the running test.

    `.ci/run` installs what tests/dap/node names; set NODE_PATH of the node process
    to NODE_MODULES so that a script outside that folder finds the package.
    """
    require_program("node")
    folder = NODE_MODULES / name
    if not (folder / "package.json").is_file():
        pytest.skip(f"{ABSENT}npm package {name}")
    return folder


def require_vscode() -> Path:
    """Return the folder with VS Code and what drives it, or skip the running test.

    vscode-extension/e2e/install.sh fills it, and says what it needs from Debian.
    """
    for name in ("node", "npm", "chromium"):
        require_program(name)
    if not (VSCODE / ".installed").is_file():
        pytest.skip(f"{ABSENT}code-server, which vscode-extension/e2e/install.sh installs")
    return VSCODE


def maintainer_program(name: str) -> str:
    """Return the path of a tool that only maintainers need, or skip uncounted."""
    cargo_bin = Path(os.environ.get("CARGO_HOME", "~/.cargo")).expanduser() / "bin"
    path = shutil.which(name) or shutil.which(name, path=str(cargo_bin))
    if path is None:
        pytest.skip(f"maintainer's tool absent: {name}")
    return path
