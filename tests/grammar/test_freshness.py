"""The committed parsers are what the tree-sitter command makes of the grammars.

Skipped where the command is absent.  Where it is of another version than the one that made the
committed files, only the rules are compared: generated code differs between versions.  The
version is told by the header files, which the command copies out of itself.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.outside import maintainer_program
from tests.support.repository import ROOT
from zyn import grammar

GRAMMARS = ROOT / "tree-sitter-grammar"


def generated_files(folder: Path) -> dict[str, str]:
    """Every generated file by its path in the folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith("scanner.")
    }


def rules_of(generated: dict[str, str]) -> object:
    """The rules as the command read them from grammar.js."""
    return json.loads(generated["grammar.json"])["rules"]


@pytest.mark.parametrize("language", grammar.LANGUAGES)
def test_parser_is_fresh(language: str, tmp_path: Path) -> None:
    command = maintainer_program("tree-sitter")
    for name in ("grammar.js", "tree-sitter.json"):
        shutil.copy(GRAMMARS / language / name, tmp_path)
    subprocess.run([command, "generate"], cwd=tmp_path, check=True, capture_output=True)

    committed = generated_files(GRAMMARS / language / "src")
    fresh = generated_files(tmp_path / "src")
    assert rules_of(fresh) == rules_of(committed)
    headers = [name for name in committed if name.endswith(".h")]
    if any(committed[name] != fresh.get(name) for name in headers):
        pytest.skip("the tree-sitter command is of another version; only the rules are compared")
    assert fresh == committed


@pytest.mark.parametrize("language", grammar.LANGUAGES)
def test_parser_has_the_newest_format(language: str) -> None:
    assert grammar.language(language).abi_version == 15
