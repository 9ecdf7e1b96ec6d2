"""Rename: the text afterwards, or why not."""

import pytest
from inline_snapshot import snapshot

from tests.lsp.pictures import open_at
from zyn.ide.rename import RenameError, prepare_rename, rename


def check(sample: str, name: str) -> str:
    document, offset = open_at(sample)
    try:
        prepare_rename(document, offset)
        edits = rename(document, offset, name)
    except RenameError as error:
        return f"no: {error}"
    for edit in sorted(edits, key=lambda one: one.span, reverse=True):
        document.edit(edit.span.start, edit.span.end, edit.text.encode())
    return document.data.decode()


def test_function() -> None:
    sample = "fn on|e() i32 { return 1; }\nfn f() i32 { return one() + one(); }"
    assert check(sample, "first") == snapshot("""\
fn first() i32 { return 1; }
fn f() i32 { return first() + first(); }\
""")


def test_variable() -> None:
    sample = "fn f(a: i32) i32 { const x = a; if (x > 1) { return |x; } return x + a; }"
    assert check(sample, "y") == snapshot(
        "fn f(a: i32) i32 { const y = a; if (y > 1) { return y; } return y + a; }"
    )


def test_field() -> None:
    sample = (
        "const P = struct { x: i32 };\nfn f(x: i32) i32 { const p = P{ .x = x }; return p.|x; }"
    )
    assert check(sample, "left") == snapshot("""\
const P = struct { left: i32 };
fn f(x: i32) i32 { const p = P{ .left = x }; return p.left; }\
""")


def test_struct_used_as_type_and_value() -> None:
    sample = "const |P = struct { x: i32 };\nfn f(p: ?P) P { return p orelse P{ .x = 1 }; }"
    assert check(sample, "Point") == snapshot("""\
const Point = struct { x: i32 };
fn f(p: ?Point) Point { return p orelse Point{ .x = 1 }; }\
""")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("1a", snapshot("no: `1a` is not a name: letters, digits and `_`, no digit first")),
        ("", snapshot("no: `` is not a name: letters, digits and `_`, no digit first")),
        ("while", snapshot("no: `while` is a word of the language")),
        ("i32", snapshot("no: `i32` is a word of the language")),
        (
            "zahl\u00e4",
            snapshot("no: `zahlä` is not a name: letters, digits and `_`, no digit first"),
        ),
        ("b", snapshot("no: `b` is already declared on line 1")),
        ("g", snapshot("no: on line 1 `g` means something else and would change")),
    ],
)
def test_names_that_cannot_be(name: str, reason: str) -> None:
    sample = "fn f(|a: i32) i32 { const b = a; return b + g(); }\nfn g() i32 { return 1; }"
    assert check(sample, name) == reason


def test_a_function_cannot_take_the_name_of_a_variable_where_it_is_called() -> None:
    sample = "fn |g() i32 { return 1; }\nfn f(n: i32) i32 { return n + g(); }"
    assert check(sample, "n") == snapshot("no: on line 2 `n` is a variable already")


def test_a_function_cannot_take_a_name_that_is_declared_or_built_in() -> None:
    sample = "fn |g() i32 { return 1; }\nfn f(n: i32) i32 { return n + g(); }"
    assert check(sample, "f") == snapshot("no: the file already declares `f`")
    assert check(sample, "delay") == snapshot("no: `delay` is built in")


def test_what_has_no_name_of_ours() -> None:
    assert check("async fn f() void { await del|ay(1); }", "wait") == snapshot(
        "no: `delay` is built in and keeps its name"
    )
    assert check("fn f() void { | }", "x") == snapshot("no: there is no name here")
