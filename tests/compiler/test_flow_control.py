"""Paths through a function, and the order of its awaits."""

import pytest
from hypothesis import given, settings

from tests.support.check import apply_fix, check, codes_of, function
from tests.support.programs import damaged_programs
from zyn.ast import Function
from zyn.flow import await_points, check_control
from zyn.sema.facts import FunctionFacts

LATER = "async fn later(x: i32) i32 { await delay(x); return x; }\n"


def awaits(body: str) -> list[str]:
    """The awaits of a body in order: written ones as they stand, implicit ones in brackets."""
    item, facts = function(LATER + f"async fn f(n: i32) i32 {{ {body} }}", "f")
    assert isinstance(item.decl, Function)
    points = await_points(item.decl, facts)
    texts = [(item.text[slice(*point.expr.span)].decode(), point.is_implicit) for point in points]
    return [f"[{text}]" if is_implicit else text for text, is_implicit in texts]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("return 1;", []),
        ("", ["missing-return"]),
        ("if (b) { return 1; }", ["missing-return"]),
        ("if (b) { return 1; } else { return 2; }", []),
        ("if (b) { return 1; } else if (!b) { return 2; }", ["missing-return"]),
        ("if (b) { return 1; } else if (!b) { return 2; } else { panic(\"\"); }", []),
        ("while (true) {}", []),
        ("while (true) { if (b) { break; } }", ["missing-return"]),
        ("while (true) { while (true) { break; } }", []),
        ("while (true) { return 1; break; }", ["unreachable-code"]),
        ("while (b) { return 1; }", ["missing-return"]),
        ("while (b) { continue; return 1; }", ["unreachable-code", "missing-return"]),
        ("{ return 1; }", []),
        ("{ return 1; } return 2;", ["unreachable-code"]),
        ("return 1; return 2; return 3;", ["unreachable-code"]),
        ('panic("no");', []),
        ('return panic("no");', []),
        ("break;", ["break-outside-loop", "missing-return"]),
        ("if (true) { return 1; }", ["missing-return"]),
    ],
)  # fmt: skip
def test_paths(body: str, found: list[str]) -> None:
    assert codes_of(f"fn f(b: bool) i32 {{ {body} }}") == [
        *(["unused-variable"] if "b" not in body.replace("break", "") else []),
        *found,
    ]


def test_a_void_function_may_end() -> None:
    assert codes_of("fn f(b: bool) void { if (b) { return; } }") == []


def test_a_broken_function_is_not_asked_for_its_end() -> None:
    assert codes_of("async fn f(b: bool) i32 { const c = ; }") == ["syntax"]


def test_needless_async() -> None:
    source = "async fn f() i32 { return 1; }"

    assert codes_of(source) == ["async-without-await"]
    assert apply_fix(source, "remove `async`") == "fn f() i32 { return 1; }"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return await later(n);", ["await later(n)"]),
        ("return later(n);", ["[later(n)]"]),
        ("const p = later(n); return p + await later(later(1));",
         ["[p]", "[later(1)]", "await later(later(1))"]),
        ("if (await later(1) > 0) { await delay(2); } else { await delay(3); } return n;",
         ["await later(1)", "await delay(2)", "await delay(3)"]),
        ("while (n < later(1)) { await delay(n); } return n;", ["[later(1)]", "await delay(n)"]),
        ("var a = [1]; a[await later(1)] = await later(2); return a[0];",
         ["await later(1)", "await later(2)"]),
        ("return [await later(1), later(2) + 1][later(3)];",
         ["await later(1)", "[later(2)]", "[later(3)]"]),
    ],
)  # fmt: skip
def test_order_of_awaits(body: str, expected: list[str]) -> None:
    assert awaits(body) == expected


@settings(max_examples=200, deadline=None)
@given(damaged_programs())
def test_damaged_programs_have_paths(data: bytes) -> None:
    for checked in check(data):
        facts = checked.facts
        if isinstance(checked.item.decl, Function) and isinstance(facts, FunctionFacts):
            check_control(checked.item, facts)
            points = await_points(checked.item.decl, facts)
            assert sum(point.is_implicit for point in points) == len(facts.awaited)
