"""The pages of the diagnostics are true: each example gives its code, each remedy gives nothing."""

import re
from pathlib import Path

import pytest

from tests.support.check import codes_of
from tests.support.repository import ROOT
from zyn.base.codes import CODES

PAGES = ROOT / "docs" / "diagnostics"
EXAMPLE = re.compile(r"^```zyntax\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples(page: Path) -> list[str]:
    """The programs on a page: the one with the mistake, and the one without."""
    found = EXAMPLE.findall(page.read_text(encoding="utf-8"))
    assert len(found) == 2, f"{page.name} needs an example and its remedy"
    return found


@pytest.mark.parametrize("code", sorted(CODES))
def test_the_example_has_the_mistake(code: str) -> None:
    assert code in codes_of(examples(PAGES / f"{code}.md")[0])


@pytest.mark.parametrize("code", sorted(CODES))
def test_the_remedy_is_clean(code: str) -> None:
    assert codes_of(examples(PAGES / f"{code}.md")[1]) == []


@pytest.mark.parametrize("code", sorted(CODES))
def test_the_page_begins_with_code_and_title(code: str) -> None:
    text = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    severity = CODES[code].severity.name.capitalize()

    assert text.startswith(f"# {code}\n\n{severity}: {CODES[code].title}.\n")


def test_the_index_lists_every_page() -> None:
    listed = re.findall(r"\]\((.*?)\.md\)", (PAGES / "README.md").read_text(encoding="utf-8"))

    assert sorted(listed) == sorted(CODES)
