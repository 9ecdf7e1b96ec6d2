"""The client library that VS Code's adapters are tested with, against the real adapter."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.dap_client import marks
from tests.support.outside import NODE_MODULES, require_node_package, require_program
from tests.support.repository import ROOT

HERE = Path(__file__).resolve().parent
PROGRAM = HERE / "programs" / "sums.zyntax"


@pytest.mark.e2e
def test_session_as_vscode_has_it() -> None:
    node = require_program("node")
    require_node_package("@vscode/debugadapter-testsupport")
    done = subprocess.run(
        [node, "--test", HERE / "node" / "session.test.js"],
        cwd=ROOT,
        env={
            **os.environ,
            "NODE_PATH": str(NODE_MODULES),
            "ZYN_PYTHON": sys.executable,
            "ZYN_DAP": str(Path(sys.executable).with_name("zyn-dap")),
            "ZYN_PROGRAM": str(PROGRAM),
            "ZYN_LINES": json.dumps(marks(PROGRAM)),
        },
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
