"""IR and frames of small programs as pictures; IR text that is read back.

The first line of a program under `golden/ir` says after which pass it is shown.
"""

from pathlib import Path

import pytest
from pytest_regressions.file_regression import FileRegressionFixture

from tests.support.lowering import frame_picture, texts, units
from tests.support.repository import ROOT
from zyn.ir.check import check_function
from zyn.ir.cursor import IrSyntaxError
from zyn.ir.func import Function
from zyn.ir.parse import parse_function, parse_functions
from zyn.ir.print import print_function, print_structs

GOLDEN = ROOT / "tests" / "golden"
PROGRAMS = sorted((GOLDEN / "ir").glob("*.zyntax"))
FRAMES = sorted((GOLDEN / "frame").glob("*.zyntax"))


def check(function: Function) -> str:
    """The text of a function, which must be well formed."""
    check_function(function, "parse")
    return print_structs(function) + print_function(function)


@pytest.mark.parametrize("case", PROGRAMS, ids=lambda case: case.stem)
def test_ir(case: Path, file_regression: FileRegressionFixture) -> None:
    source = case.read_text(encoding="utf-8")
    wanted = source.splitlines()[0].removeprefix("// stage: ")

    shown = [text for stage, text in texts(source) if stage == wanted]

    assert shown, f"there is no stage {wanted}"
    file_regression.check("\n".join(shown), fullpath=case.with_suffix(".ir"))


@pytest.mark.parametrize("case", FRAMES, ids=lambda case: case.stem)
def test_frame(case: Path, file_regression: FileRegressionFixture) -> None:
    tables = [unit.lowered.side_table for unit in units(case.read_bytes()).values()]

    pictures = [frame_picture(table) for table in tables if table.frame is not None]

    assert not any("!" in picture.split("\n\n")[1] for picture in pictures)
    file_regression.check("\n".join(pictures), fullpath=case.with_suffix(".frame"))


@pytest.mark.parametrize("case", [*PROGRAMS, *FRAMES], ids=lambda case: case.stem)
def test_printed_text_is_read_back(case: Path) -> None:
    for stage, text in texts(case.read_bytes()):
        assert check(parse_function(text)) == text, stage


def test_constants_of_every_kind_are_read_back() -> None:
    text = (
        "struct S { a: i8, b: ?[2]Promise<f64> }\n"
        "struct T<S> { s: S }\n"
        "fn <w(i64)>(p: T<S>, q: [0]string) bool\n"
        "  local i: i64\n"
        "  local f: f64\n"
        "  local s: string\n"
        "  local o: ?S\n"
        "  local %6: bool\n"
        "b0:\n"
        "  i = copy -9223372036854775808:i64\n"
        "  f = copy 1e+300:f64\n"
        "  f = copy -inf:f64\n"
        "  f = copy nan:f64\n"
        '  s = copy "a \\"b\\" = c, \\\\n \\n d":string\n'
        "  o = copy null:?S\n"
        "  %6 = copy true:bool\n"
        "  return %6\n"
    )

    assert check(parse_function(text)) == text


BROKEN = {
    "x = 1": "a function begins with",
    "fn f() i32\n  return 1:i32": "stands in no block",
    "fn f() i32\nb0:\n  return x": "no local x",
    "fn f() i32\nb0:\n  return 1:i33": "no struct `i33`",
    "fn f() i32\nb0:\n  return x:i32": "no local x",
    "fn f() i32\nb0:\n  return 1.5:i32": "1.5 is no i32",
    "fn f() i32\nb0:\n  goto b2\nb1:\n  fail": "there is no b2",
    "fn f() i32\nb1:\n  fail": "block 0 is missing",
    "fn f() i32\nb0:\nb1:\n  fail": "b0 has no terminator",
    "fn f() i32\n  local %1: i32\nb0:\n  fail": "name of local 0",
    "fn f(a: i32, a: i32) i32\nb0:\n  fail": "name of local 1",
    "fn f() i32\nb0:\n  fail now": "the end expected",
    "fn f() i32\nb0:\n  frob 1:i32\n  fail": "`frob`",
    "fn f() i32\nb0:\n  try frob ok b0 error b0": "`frob`",
    "fn f() i32\n  local a: i32\nb0:\n  a = frob 1:i32\n  fail": "`frob`",
    "fn <f() i32\nb0:\n  fail": "`>` expected",
    "fn f(": "a name expected",
}


@pytest.mark.parametrize("text", BROKEN)
def test_broken_text_is_refused(text: str) -> None:
    with pytest.raises(IrSyntaxError, match=BROKEN[text].replace("`", ".")):
        parse_functions(text)


def test_one_function_is_one_function() -> None:
    with pytest.raises(IrSyntaxError, match="not 2"):
        parse_function("fn a() void\nb0:\n  return\nfn b() void\nb0:\n  return\n")
