"""The document that Zyntax was built from, where a checkout has it beside it."""

import re
from functools import cache
from pathlib import Path

import pytest

SEEDS = Path(__file__).resolve().parents[3] / "shared" / "seeds"

_FUNCTION = re.compile(r"^ *async fn \w+\([^()]*\) [A-Za-z0-9]+ \{$", re.MULTILINE)


@cache
def document() -> str:
    """The text of the document; skips when it is not there."""
    found = sorted(SEEDS.glob("000_*.txt"))
    if not found:
        pytest.skip("the source document of Zyntax is not beside this checkout")
    return found[0].read_text(encoding="utf-8")


def section(title: str, end: str) -> str:
    """The part of the document from one heading to the next one named."""
    text = document()
    start = text.index(f"\n{title}\n")
    return text[start : text.index(f"\n{end}", start + 1)]


def functions(part: str) -> str:
    """The async functions of a part of the document, in order, as one program."""
    return "\n\n".join(_body(part, match.start()) for match in _FUNCTION.finditer(part))


def _body(part: str, start: int) -> str:
    depth = 0
    for index in range(part.index("{", start), len(part)):
        depth += {"{": 1, "}": -1}.get(part[index], 0)
        if depth == 0:
            return part[start : index + 1]
    raise ValueError("the function does not end")
