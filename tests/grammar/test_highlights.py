"""What the extension's TextMate grammars are held against is what the queries say now."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.repository import ROOT
from zyn.grammar import LANGUAGES

GOLDEN = ROOT / "vscode-extension" / "test" / "golden"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_letters_are_fresh(language: str, tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "dev" / "gen_highlights.py", tmp_path], check=True)
    fresh = (tmp_path / f"{language}.txt").read_text(encoding="utf-8")
    assert (GOLDEN / f"{language}.txt").read_text(encoding="utf-8") == fresh, (
        "run python dev/gen_highlights.py"
    )
