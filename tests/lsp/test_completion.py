"""Completions at the cursor, best first."""

from inline_snapshot import snapshot

from tests.lsp.pictures import open_at
from zyn.ide.completion import completions
from zyn.ide.signature_help import signature_help


def check(sample: str, count: int = 8) -> list[str]:
    document, offset = open_at(sample)
    return [
        f"{one.kind} {one.label}: {one.snippet or one.insert}"
        for one in completions(document, offset)
    ][:count]


STRUCTS = "const P = struct { x: i32, y: f64 };\nconst Q = struct { p: P, n: i32 };\n"


def test_fields_behind_a_dot() -> None:
    assert check(STRUCTS + "fn f(q: Q) i32 { return q.|; }") == snapshot(
        ["field p: p", "field n: n"]
    )


def test_fields_of_a_field_in_a_broken_function() -> None:
    assert check(STRUCTS + "fn f(q: Q) i32 { const a = q.p.|\n return 1; }") == snapshot(
        ["field x: x", "field y: y"]
    )


def test_fields_that_are_not_set_yet() -> None:
    assert check(STRUCTS + "fn f() P { return P{ .x = 1, .| }; }") == snapshot(["field y: y"])


def test_variables_in_scope_come_first() -> None:
    assert check(
        "fn f(a: i32) i32 { const inner = 1; { const deep = 2; } return |; }", 3
    ) == snapshot(["variable a: a", "variable inner: inner", "function f: f(${1:a})$0"])


def test_async_calls_can_be_awaited() -> None:
    sample = "async fn step(n: i32) i32 { return n; }\nasync fn f() i32 { return st|; }"
    assert [one for one in check(sample, 99) if "step" in one] == snapshot(
        ["function await step: await step(${1:n})$0", "function step: step(${1:n})$0"]
    )


def test_no_await_behind_await() -> None:
    sample = "async fn step(n: i32) i32 { return n; }\nasync fn f() i32 { return await |; }"
    assert [one for one in check(sample, 99) if "step" in one] == snapshot(
        ["function step: step(${1:n})$0"]
    )


def test_types() -> None:
    assert check(STRUCTS + "fn f(q: |) i32 { return 1; }", 4) == snapshot(
        ["struct P: P", "struct Q: Q", "type Barrier: Barrier", "type Channel: Channel"]
    )
    assert check("fn f() i32 { const x: | = 1; return x; }", 3) == snapshot(
        ["type Barrier: Barrier", "type Channel: Channel", "type JoinSet: JoinSet"]
    )


def test_top_level() -> None:
    assert check("|") == snapshot(
        ["keyword async: async", "keyword const: const", "keyword fn: fn", "keyword struct: struct"]
    )


def test_nothing_in_comments_and_strings() -> None:
    assert check("fn f() void { // st|\n}") == []
    assert check('fn f() string { return "st|"; }') == []


def help_at(sample: str) -> str:
    document, offset = open_at(sample)
    found = signature_help(document, offset)
    if found is None:
        return "nothing"
    if found.active >= len(found.parameters):
        return found.label
    span = found.parameters[found.active]
    return f"{found.label}\n{' ' * span.start}{'▔' * (span.end - span.start)}"


AREA = "// In metres.\nfn area(width: i32, height: i32) i32 { return width * height; }\n"


def test_parameter_of_a_call() -> None:
    assert help_at(AREA + "fn f() i32 { return area(1, |); }") == snapshot("""\
fn area(width: i32, height: i32) i32
                    ▔▔▔▔▔▔▔▔▔▔▔\
""")


def test_innermost_call_in_a_broken_function() -> None:
    assert help_at(AREA + "fn f() i32 { return area(area(|") == snapshot("""\
fn area(width: i32, height: i32) i32
        ▔▔▔▔▔▔▔▔▔▔\
""")


def test_behind_the_inner_call() -> None:
    assert help_at(AREA + "fn f() i32 { return area(area(1, 2), |") == snapshot("""\
fn area(width: i32, height: i32) i32
                    ▔▔▔▔▔▔▔▔▔▔▔\
""")


def test_builtin_call() -> None:
    assert help_at("async fn f() void { await delay(|); }") == snapshot("""\
delay(ms: i64) Promise<void>
      ▔▔▔▔▔▔▔\
""")


def test_no_call() -> None:
    assert help_at(AREA + "fn f() i32 { (|") == "nothing"
    assert help_at(AREA + "fn f() i32 { area(1, 2); |") == "nothing"
