"""Run the `zyn` command as a process of its own."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run_zyn(
    *arguments: str | Path,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
    timeout_s: float = 60.0,
) -> subprocess.CompletedProcess[str]:
    """The finished process; its streams are text."""
    return subprocess.run(
        [sys.executable, "-m", "zyn", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=None if env is None else dict(env),
        cwd=cwd,
        timeout=timeout_s,
        check=False,
    )
