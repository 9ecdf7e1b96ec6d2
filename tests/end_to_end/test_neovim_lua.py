"""The Lua tests of the plugin, and the files in it that are made from others."""

import importlib.util
import os
import re
import subprocess
from pathlib import Path

import pytest
from tree_sitter import Query

from tests.end_to_end.neovim import PLUGIN, TIMEOUT_S, environment
from tests.support.outside import require_program
from tests.support.repository import ROOT
from zyn import grammar

FILES = sorted(path.stem for path in (PLUGIN / "test").glob("*.lua") if path.stem != "run")


@pytest.mark.e2e
@pytest.mark.parametrize("name", FILES)
def test_lua(name: str, tmp_path: Path) -> None:
    program = require_program("nvim")
    runner = PLUGIN / "test" / "run.lua"
    flags = ["--headless", "-u", "NONE", "-i", "NONE", "-n", "--cmd", f"set rtp^={PLUGIN}"]
    done = subprocess.run(
        [program, *flags, "-c", f"luafile {runner}"],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
        cwd=tmp_path,
        env=environment(tmp_path, ZYN_TEST=name),
    )
    planned = re.match(r"1\.\.(\d+)\n", done.stdout)
    assert planned, done.stderr
    passed = re.findall(r"^ok (\d+)", done.stdout, re.MULTILINE)
    assert (done.returncode, len(passed)) == (0, int(planned[1])), done.stdout + done.stderr


def test_generated_files_are_fresh() -> None:
    path = ROOT / "dev" / "gen_neovim.py"
    spec = importlib.util.spec_from_file_location("gen_neovim", path)
    assert spec is not None
    assert spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    for name, text in generator.files().items():
        committed = (PLUGIN / name).read_text(encoding="utf-8")
        assert committed == text, f"{name} is stale: run python dev/gen_neovim.py"


@pytest.mark.parametrize("path", sorted(PLUGIN.glob("queries/zyntax/*.scm")), ids=lambda p: p.stem)
def test_queries_compile(path: Path) -> None:
    query = Query(grammar.language("zyntax"), path.read_text(encoding="utf-8"))
    assert query.pattern_count > 0


@pytest.mark.e2e
def test_tags_are_those_of_neovim(tmp_path: Path) -> None:
    program = require_program("nvim")
    (tmp_path / "zyn.txt").write_bytes((PLUGIN / "doc" / "zyn.txt").read_bytes())
    subprocess.run(
        [
            program,
            "--headless",
            "-u",
            "NONE",
            "-i",
            "NONE",
            "-c",
            f"helptags {tmp_path}",
            "-c",
            "q",
        ],
        check=True,
        capture_output=True,
        timeout=TIMEOUT_S,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
    )
    made = (tmp_path / "tags").read_text(encoding="utf-8")
    assert made == (PLUGIN / "doc" / "tags").read_text(encoding="utf-8")
