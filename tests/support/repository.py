"""The files of this repository, as git knows them."""

import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Written by a program and committed; nobody reads them line by line.
GENERATED_NAMES = frozenset({"parser.c", "protocol.py"})
# The tree-sitter command writes these headers beside each parser.
GENERATED_FOLDER = "tree_sitter"

SOURCE_SUFFIXES = frozenset(
    {".py", ".c", ".h", ".def", ".js", ".mjs", ".ts", ".css", ".lua", ".vim", ".scm", ".sh"}
    | {".cmake", ".toml"}
)
SOURCE_NAMES = frozenset({"CMakeLists.txt", "Makefile", "run"})


@cache
def tracked_files() -> tuple[Path, ...]:
    """Every file that git tracks and that is there; skips outside a git checkout."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    names = sorted(name for name in listing.stdout.split("\0") if name)
    return tuple(ROOT / name for name in names if (ROOT / name).is_file())


def is_generated(path: Path) -> bool:
    """Whether a program wrote the file."""
    return path.name in GENERATED_NAMES or path.parent.name == GENERATED_FOLDER


def source_files(*suffixes: str) -> list[Path]:
    """Tracked files that somebody wrote by hand; of all source kinds by default."""
    return [
        path
        for path in tracked_files()
        if not is_generated(path)
        and (
            path.suffix in (suffixes or SOURCE_SUFFIXES)
            or (not suffixes and path.name in SOURCE_NAMES)
        )
    ]


def shown(path: Path) -> str:
    """The path as a message names it."""
    return path.relative_to(ROOT).as_posix()
