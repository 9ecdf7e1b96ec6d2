"""Every `// CALL is VALUE` comment of the examples is true."""

import re
from pathlib import Path

import pytest

from tests.support.cli import ROOT
from zyn.cli import main

CLAIM = re.compile(r"^// (\w+\(.*\)) is (.*)$", re.MULTILINE)
EXAMPLES = sorted((ROOT / "examples").glob("*.zyntax"))
CLAIMS = [
    (example, call, value)
    for example in EXAMPLES
    for call, value in CLAIM.findall(example.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize(
    ("example", "call", "value"), CLAIMS, ids=[f"{e.stem}-{call}" for e, call, _ in CLAIMS]
)
def test_a_claim_of_an_example(
    example: Path, call: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(example), "--call", call, "--clock", "virtual", "--check"]) == 0
    assert capsys.readouterr().out == f"{value}\n"


def test_the_examples_make_enough_claims() -> None:
    assert len(CLAIMS) >= 30
