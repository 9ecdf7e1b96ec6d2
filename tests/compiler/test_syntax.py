"""From text to trees: golden pairs for the shapes, and everything that can be wrong with a text."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_regressions.file_regression import FileRegressionFixture

from tests.support.check import lower, messages_of, parse
from tests.support.programs import damaged_programs
from tests.support.repository import ROOT
from zyn.ast import Binary, Function, Item, Return
from zyn.ast.print import print_item
from zyn.base import codes
from zyn.syntax import items, lower_item
from zyn.syntax.errors import SYNTAX_MAX
from zyn.syntax.zyntax_expr import DEPTH_MAX

CASES = sorted((ROOT / "tests" / "golden" / "ast").glob("*.zyntax"))


def shown(item: Item) -> str:
    """A tree and its complaints, as text that can be compared."""
    said = [(found.code.name, *found.span, found.message) for found in item.diagnostics]
    return f"{print_item(item)}{item.node_count} {item.is_broken} {said}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_tree(case: Path, file_regression: FileRegressionFixture) -> None:
    printed = "\n".join(print_item(item) for _, item in lower(case.read_bytes()))
    file_regression.check(printed, fullpath=case.with_suffix(".ast"))


def test_items_are_pieces_without_comments() -> None:
    source = b"// one\nfn a() void {}\n/* two */ const B = struct {};\nstray\nfn c() void {}"

    texts = [source[node.start_byte : node.end_byte] for node in items(parse(source))]

    assert texts == [b"fn a() void {}", b"const B = struct {};", b"stray", b"fn c() void {}"]


def test_a_broken_function_costs_one_item() -> None:
    source = "fn a() i32 {\n  while (x) {\n    f(1\n\nfn b() void {}\n\nasync fn c() void {}\n"

    names = [item.decl.name.text for _, item in lower(source) if item.decl is not None]
    broken = [item.is_broken for _, item in lower(source)]

    assert names == ["a", "b", "c"]
    assert broken == [True, False, False]


def test_a_place_in_the_file_changes_nothing() -> None:
    text = b"fn f(a: i32) i32 { return (a + 1) * g(a)[2].x; }"
    alone = lower(text)[0][1]
    moved = lower(b"/* above */ fn other() void {}\n\n" + text + b"\nconst S = struct {};")[1][1]

    assert shown(alone) == shown(moved)


def test_an_unclosed_function_is_the_same_wherever_it_stands() -> None:
    text = b"fn f() void { while (a) { b();"
    alone = lower(text)[0][1]
    followed = lower(text + b"\nfn g() void {}")

    assert shown(alone) == shown(followed[0][1])
    assert followed[1][1].diagnostics == ()


def test_parentheses_leave_places() -> None:
    [(_, item)] = lower("fn f() i32 { return ( 1 + 2 ) * 3; }")
    assert isinstance(item.decl, Function)
    statement = item.decl.body.statements[0]
    assert isinstance(statement, Return)
    assert isinstance(statement.value, Binary)

    assert item.text[slice(*statement.value.span)] == b"( 1 + 2 ) * 3"
    assert item.text[slice(*statement.value.left.span)] == b"1 + 2"


def test_ids_count_children_first() -> None:
    [(_, item)] = lower("fn f(a: i32) i32 { return a; }")
    assert isinstance(item.decl, Function)

    assert item.decl.id == item.node_count - 1
    assert item.decl.body.id == item.decl.id - 1


@pytest.mark.parametrize(
    "body",
    [
        "return " + "(" * 10_000 + "1" + ")" * 10_000 + ";",
        "return " + "1 + " * 10_000 + "1;",
        "return " + "-" * 10_000 + "1;",
        "return " + "[" * 10_000 + "]" * 10_000 + ";",
        "return " + "f(" * 10_000 + ")" * 10_000 + ";",
        "return a" + ".b" * 10_000 + ";",
        "{" * 10_000 + "}" * 10_000,
        "if (a) {} " + "else if (a) {} " * 10_000,
        "var x: " + "?" * 10_000 + "i32 = null;",
    ],
    ids=["parens", "sum", "minus", "arrays", "calls", "fields", "blocks", "else-if", "types"],
)
def test_nesting_is_bounded(body: str) -> None:
    [(_, item)] = lower(f"fn f() i32 {{ {body} }}")

    assert [found.code for found in item.diagnostics] == [codes.TOO_DEEP]
    assert isinstance(item.decl, Function)


def test_nesting_up_to_the_bound_is_fine() -> None:
    terms = " + ".join("1" for _ in range(DEPTH_MAX - 1))
    [(_, item)] = lower(f"fn f() i32 {{ return {terms}; }}")

    assert item.diagnostics == ()


def test_a_line_of_a_megabyte() -> None:
    [(_, item)] = lower("fn f() void { " + "g(1); " * 170_000 + "}")

    assert isinstance(item.decl, Function)
    assert len(item.decl.body.statements) == 170_000


def test_invalid_utf8_in_a_string() -> None:
    [(_, item)] = lower(b'fn f() string { return "ab\xff"; }')

    [found] = item.diagnostics
    assert found.message == "byte 0xff of this string is not valid UTF-8"
    assert item.text[slice(*found.span)] == b"\xff"


def test_numbers_of_any_length() -> None:
    source = f"fn f() void {{ a = {'9' * 50_000}; b = {'0' * 50_000}7; }}"

    printed = print_item(lower(source)[0][1])

    assert "b = 7 " in printed
    assert printed.count("9") >= 400


def test_complaints_are_bounded() -> None:
    source = "fn f() void { " + "x = = 1; " * 200 + "}"

    assert 0 < len(lower(source)[0][1].diagnostics) <= SYNTAX_MAX


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return 1", "expected `;` here"),
        ("x = 1 + ;", "expected a value here"),
        ("x.;", "expected a field name here"),
        ("x +=;", "expected a value after `+=`"),
        ("f(1 2);", "expected `,` here"),
        ("var x: i32;", "unexpected `var x: i32;`"),
        ('f("abc);', "this string is never closed"),
        ("f((1);", "expected `)` here"),
    ],
)
def test_message(body: str, message: str) -> None:
    found = [text for text in messages_of(f"fn f(x: i32) void {{\n{body}\n}}") if "`f`" not in text]

    assert message in found


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_lower(data: bytes) -> None:
    for node in items(parse(data)):
        text = data[node.start_byte : node.end_byte]
        assert shown(lower_item("zyntax", node, text)) == shown(lower_item("zyntax", node, text))


@settings(max_examples=300, deadline=None)
@given(damaged_programs())
def test_damaged_programs_lower_by_their_text_alone(data: bytes) -> None:
    end = 0
    for node in items(parse(data)):
        assert end <= node.start_byte < node.end_byte <= len(data)
        end = node.end_byte
        text = data[node.start_byte : node.end_byte]
        item = lower_item("zyntax", node, text)
        assert shown(item) == shown(lower_item("zyntax", node, text))
        alone = lower(text)
        if len(alone) == 1 and alone[0][1].text == text:
            assert shown(item) == shown(alone[0][1])
