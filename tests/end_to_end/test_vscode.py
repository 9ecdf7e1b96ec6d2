"""Visual Studio Code as a person uses it: the extension, installed, in a real one.

The journeys are TypeScript, in vscode-extension/e2e; here they are started, and each becomes a
test of its own.  What a failed one leaves (a picture, a trace, logs) stays in build/e2e-run.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from tests.support.outside import require_vscode
from tests.support.repository import ROOT

pytestmark = pytest.mark.e2e

E2E = ROOT / "vscode-extension" / "e2e"
OUT = ROOT / "build" / "e2e-run"
TIMEOUT_S = 1200


def test_journeys(subtests: pytest.Subtests) -> None:
    programs = require_vscode()
    shutil.rmtree(OUT, ignore_errors=True)
    vsix = OUT / "zyn.vsix"
    OUT.mkdir(parents=True)
    packed = run(["bash", str(ROOT / "dev" / "vscode.sh"), "package", "--out", str(vsix)])
    assert packed.returncode == 0, packed.stdout

    out = OUT / "journeys"
    walked = run(
        [str(programs / "bin" / "node"), "run.ts", "--vsix", str(vsix), "--out", str(out)],
        ZYN_BIN=str(Path(sys.executable).parent),
        ZYN_E2E_PROGRAMS=str(programs),
    )

    print(walked.stdout)
    results = out / "results.json"
    assert results.is_file(), walked.stdout
    journeys = json.loads(results.read_text(encoding="utf-8"))
    assert len(journeys) > 1
    for journey in journeys:
        if journey["before"] is not None:
            warnings.warn(f"walked twice: {journey['name']}: {journey['before']}", stacklevel=1)
        with subtests.test(journey["name"]):
            assert journey["error"] is None, f"{journey['error']}\nsee {out / 'failed'}"


def test_the_driver_has_its_types() -> None:
    """Node.js only strips the types; this is where they are checked."""
    programs = require_vscode()
    if programs != ROOT / "build" / "e2e":
        pytest.skip("tsconfig.json looks for its packages in build/e2e only")
    checked = run([str(programs / "node_modules" / ".bin" / "tsc"), "-p", str(E2E)])

    assert checked.returncode == 0, checked.stdout


def run(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program in the folder of the journeys; one that takes too long is asked to end.

    Asked, because it is the driver that knows what it has started.
    """
    with subprocess.Popen(
        command,
        cwd=E2E,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            output, _ = process.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGTERM)
            output, _ = process.communicate()
            pytest.fail(f"not done after {TIMEOUT_S} s:\n{output}")
    return subprocess.CompletedProcess(command, process.returncode, output)
