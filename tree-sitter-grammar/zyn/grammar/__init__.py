"""The grammars of zyn's languages, as tree-sitter languages, parsers and queries.

A grammar is a shared library with one function that returns a pointer to a table.  ctypes
opens the library and tree-sitter takes the pointer in a capsule, so the libraries are no
Python extensions and one build serves every Python.

Absent here: any meaning of the trees.  This package names no node; `zyn.syntax` does.

In a development tree the queries come from the sources, so that an edit needs no build, and
ZYN_NATIVE_DIR may name a folder with built libraries, which then comes first.
"""

import ctypes
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType

from tree_sitter import Language, Parser, Query

__all__ = [
    "LANGUAGES",
    "GrammarError",
    "MissingGrammarError",
    "UnknownLanguageError",
    "UnknownQueryError",
    "language",
    "parser",
    "query",
]

LANGUAGES: Mapping[str, tuple[str, ...]] = MappingProxyType({"zyntax": (".zyntax",)})
"""Every language by its name, with the suffixes of its files."""

# The capsule keeps a pointer to its name, so the name lives as long as the module.
_CAPSULE_NAME = b"tree_sitter.Language"

_new_capsule: Callable[[int, bytes, None], object] = ctypes.PYFUNCTYPE(
    ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p
)(("PyCapsule_New", ctypes.pythonapi))


class GrammarError(Exception):
    """A grammar cannot be had; the message says why, in words for a user."""


class UnknownLanguageError(GrammarError):
    """No language has this name."""


class UnknownQueryError(GrammarError):
    """The language has no query of this name."""


class MissingGrammarError(GrammarError):
    """The language is known, but the library of its grammar is not where it should be."""


@cache
def language(name: str) -> Language:
    """The grammar of a language, opened once per process."""
    _check_language(name)
    library_name = _library_name(name)
    for folder in _library_folders():
        candidate = folder / library_name
        if candidate.is_file():
            with as_file(candidate) as path:
                return _open(path, name)
    raise MissingGrammarError(f"the grammar of {name} is not built: {library_name} is missing")


def parser(name: str) -> Parser:
    """A new parser of a language.  A parser has state: each thread needs its own."""
    return Parser(language(name))


@cache
def query(name: str, query_name: str) -> Query:
    """A query of a language, for example `query("zyntax", "highlights")`, compiled once."""
    _check_language(name)
    for folder in _query_folders(name):
        candidate = folder / f"{query_name}.scm"
        if candidate.is_file():
            return Query(language(name), candidate.read_text(encoding="utf-8"))
    raise UnknownQueryError(f"{name} has no query {query_name!r}")


def _check_language(name: str) -> None:
    if name not in LANGUAGES:
        known = ", ".join(sorted(LANGUAGES))
        raise UnknownLanguageError(f"no language is called {name!r}; there are: {known}")


def _library_name(name: str) -> str:
    if sys.platform == "win32":
        return f"zyn_grammar_{name}.dll"
    if sys.platform == "darwin":
        return f"libzyn_grammar_{name}.dylib"
    return f"libzyn_grammar_{name}.so"


def _library_folders() -> Iterator[Traversable]:
    """Where the libraries may lie: the folder the developer names, then the package."""
    if native := os.environ.get("ZYN_NATIVE_DIR"):
        yield Path(native)
    yield files("zyn.grammar")


def _query_folders(name: str) -> Iterator[Traversable]:
    """Where the queries may lie: beside the grammar in the sources, then with the package."""
    sources = Path(__file__).parents[2] / name
    if (sources / "grammar.js").is_file():
        yield sources / "queries"
    yield files("zyn.grammar") / "queries" / name


def _open(path: Path, name: str) -> Language:
    table = ctypes.CDLL(str(path))[f"tree_sitter_{name}"]
    table.restype = ctypes.c_void_p
    return Language(_new_capsule(table(), _CAPSULE_NAME, None))
