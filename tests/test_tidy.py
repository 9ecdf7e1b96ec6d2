"""The repository checks itself: sizes, prose, packaging and links.

Every check reads the files that git tracks and lists all offenders at once, one per
line as `path:line what`, so that one run is enough to mend them.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.repository import ROOT, shown, source_files, tracked_files
from zyn.base.codes import CODES

LINE_LENGTH_MAX = 100
FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70

SOURCE_ROOTS = ("compiler", "runtime", "lsp", "dap", "cli", "tree-sitter-grammar")

# Spelled in two parts, or this file would be its own first offender.
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b")
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work/(?:main|shared)|root|home/\w+|Users/\w+)/")
REGISTRY_HOST = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|crates\.io|maven\.org|deb\.debian\.org"
)
FENCED_CODE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"`[^`\n]*`")
MARKDOWN_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*$", re.MULTILINE)

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def check(offenders: Iterator[str]) -> None:
    """Fail with every offender, one per line."""
    found = list(offenders)
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def text_of(path: Path) -> str:
    """The text of a tracked file; bytes that are not UTF-8 are shown, not refused."""
    return path.read_text(encoding="utf-8", errors="backslashreplace")


def parsed() -> Iterator[tuple[Path, ast.Module]]:
    """Every Python file somebody wrote, with its tree."""
    for path in source_files(".py"):
        yield path, ast.parse(text_of(path), filename=shown(path))


def numbered_lines(paths: list[Path]) -> Iterator[tuple[str, str]]:
    """Every line of the files, each with the place that a message names."""
    for path in paths:
        for number, line in enumerate(text_of(path).splitlines(), start=1):
            yield f"{shown(path)}:{number}", line


def text_files() -> list[Path]:
    """Everything tracked that is not binary."""
    return [path for path in tracked_files() if b"\0" not in path.read_bytes()[:8000]]


def test_lines_are_short() -> None:
    check(
        f"{place} is {len(line)} characters long"
        for place, line in numbered_lines(source_files())
        if len(line) > LINE_LENGTH_MAX
    )


def test_files_are_short() -> None:
    counted = ((path, text_of(path).count("\n")) for path in source_files())
    check(f"{shown(path)} has {count} lines" for path, count in counted if count > FILE_LINES_MAX)


def test_functions_are_short() -> None:
    check(
        f"{shown(path)}:{node.lineno} {node.name} has {lines} lines"
        for path, tree in parsed()
        for node in ast.walk(tree)
        if isinstance(node, FunctionNode)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES_MAX
    )


def test_modules_say_what_they_are() -> None:
    check(
        f"{shown(path)} has no docstring"
        for path, tree in parsed()
        if not (ast.get_docstring(tree) or "").strip()
    )


def test_no_unfinished_marks() -> None:
    check(
        f"{place} {line.strip()}"
        for place, line in numbered_lines(source_files())
        if UNFINISHED.search(line)
    )


def test_no_swallowed_exceptions() -> None:
    check(
        f"{shown(path)}:{handler.lineno} swallows every exception"
        for path, tree in parsed()
        for handler in ast.walk(tree)
        if isinstance(handler, ast.ExceptHandler) and _swallows_all(handler)
    )


def _swallows_all(handler: ast.ExceptHandler) -> bool:
    catches_all = handler.type is None or (
        isinstance(handler.type, ast.Name) and handler.type.id in {"Exception", "BaseException"}
    )
    return catches_all and all(isinstance(step, ast.Pass) for step in handler.body)


def test_no_machine_paths() -> None:
    check(
        f"{place} names a path of one machine"
        for place, line in numbered_lines(text_files())
        if MACHINE_PATH.search(line)
    )


def test_no_registry_hosts() -> None:
    check(
        f"{place} names the host of a package registry"
        for place, line in numbered_lines(text_files())
        if REGISTRY_HOST.search(line)
    )


def test_every_package_is_shipped_typed_and_layered() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    shipped: dict[str, str] = dict(settings["scikit-build"]["wheel"]["packages"])
    # The folder of the command line is shipped whole, for `python -m zyn`.
    assert shipped.pop("zyn") == "cli/zyn"
    folders = {
        path.parent
        for root in SOURCE_ROOTS
        for path in tracked_files()
        if path.name == "__init__.py" and path.parent.parent == ROOT / root / "zyn"
    }
    expected = {f"zyn/{folder.name}": shown(folder) for folder in folders}
    command_line = expected.pop("zyn/cli")

    assert shipped == expected
    layered = set(settings["importlinter"]["root_packages"])
    assert layered == {f"zyn.{folder.name}" for folder in folders}
    check(
        f"{folder}/py.typed is missing"
        for folder in [*expected.values(), command_line]
        if not (ROOT / folder / "py.typed").is_file()
    )


def test_source_roots_are_open_namespaces() -> None:
    check(
        f"{root}/zyn/__init__.py would hide the other source roots"
        for root in SOURCE_ROOTS
        if (ROOT / root / "zyn" / "__init__.py").exists()
    )


def test_every_diagnostic_has_a_page() -> None:
    pages = {
        path.stem
        for path in tracked_files()
        if path.parent == ROOT / "docs" / "diagnostics" and path.stem != "README"
    }
    check(f"docs/diagnostics/{name}.md is missing" for name in sorted(set(CODES) - pages))
    check(f"docs/diagnostics/{name}.md explains no code" for name in sorted(pages - set(CODES)))


def test_markdown_links_resolve() -> None:
    check(
        f"{shown(path)} links to {target}, which is not there"
        for path in tracked_files()
        if path.suffix == ".md"
        for target in _links(path)
        if not _resolves(path, target)
    )


def _links(path: Path) -> Iterator[str]:
    prose = INLINE_CODE.sub("", FENCED_CODE.sub("", text_of(path)))
    for target in MARKDOWN_LINK.findall(prose):
        if not re.match(r"[a-z][a-z0-9+.-]*:", target):
            yield target


def _resolves(page: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    path = (page.parent / name).resolve() if name else page
    if not path.exists():
        return False
    if not anchor or path.suffix != ".md":
        return True
    headings = HEADING.findall(FENCED_CODE.sub("", text_of(path)))
    return anchor in {_anchor(heading) for heading in headings}


def _anchor(heading: str) -> str:
    """The name under which a heading is linked to: lower case, dashes for spaces."""
    kept = re.sub(r"[^\w\s-]", "", heading.lower())
    return re.sub(r"\s", "-", kept)
