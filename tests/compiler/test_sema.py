"""Names and types: pictures of what is found wrong, and the facts that later stages stand on."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from pytest_regressions.file_regression import FileRegressionFixture

from tests.support.check import apply_fix, check, codes_of, function, messages_of, picture
from tests.support.programs import PROGRAMS, damaged_programs
from tests.support.repository import ROOT
from zyn.ast import Call, Function, Let, Return
from zyn.base.diagnostic import Severity
from zyn.sema import ModuleEnvironment, declare, resolve_signature, resolve_struct
from zyn.sema.facts import BindingKind, FunctionFacts, FunctionHead, StructFacts, StructHead
from zyn.sema.types import I32, I64, VOID, PromiseType

CASES = sorted((ROOT / "tests" / "golden" / "diagnostics").glob("*.zyntax"))

LATER = "async fn later(x: i32) i32 { await delay(x); return x; }\n"


def types_of(source: str) -> dict[str, str]:
    """The types of the variables of the last function."""
    _, facts = function(source)
    return {variable.name: str(variable.type) for variable in facts.variables}


def initial(source: str) -> str:
    """The type of what the last `const x` of a function is given, and what it becomes."""
    item, facts = function(source)
    assert isinstance(item.decl, Function)
    value = next(s for s in reversed(item.decl.body.statements) if isinstance(s, Let)).value
    found = str(facts.types[value.id])
    return found if value.id not in facts.converted else f"{found} to {facts.converted[value.id]}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_diagnostics(case: Path, file_regression: FileRegressionFixture) -> None:
    shown = picture(case.read_bytes(), case.name)
    file_regression.check(shown, fullpath=case.with_suffix(".diagnostics"))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("const x = 1;", "i32"),
        ("const x = -2147483648;", "i32"),
        ("const x = 2147483648;", "i64"),
        ("const x = 1.5;", "f64"),
        ("const x: u8 = 255;", "u8"),
        ("const x: f32 = 1;", "f32"),
        ("const x: i64 = 1 + 2 * 3;", "i64"),
        ("const x: ?i64 = 5;", "i64 to ?i64"),
        ("const x: ?i64 = small;", "i8 to ?i64"),
        ("const x: ??i64 = small;", "i8 to ??i64"),
        ("const x: i32 = small;", "i8 to i32"),
        ("const x: f64 = half;", "f32 to f64"),
        ("const x: ?i32 = null;", "null to ?i32"),
        ("const x = 1 + wide;", "i64"),
        ("const x = small + 1;", "i8"),
        ("const x = small + wide;", "i64"),
        ("const x = half * 2;", "f32"),
        ("const x = 1 + 2.5;", "f64"),
        ("const x = -small % 3;", "i8"),
        ("const x = maybe orelse 1;", "i32"),
        ("const x = small < wide;", "bool"),
        ('const x = "a" + "b" == "ab";', "bool"),
        ("const x = [1, wide, small];", "[3]i64"),
        ("const x = [1, 2.5];", "[2]f64"),
        ("const x = [null, maybe];", "[2]?i32"),
        ("const x = [[1], [2]];", "[2][1]i32"),
        ("const x = [1, 2].len;", "i64"),
        ("const x: [2]i64 = [small, 1];", "[2]i64"),
    ],
)
def test_type_of(statement: str, expected: str) -> None:
    source = f"fn f(small: i8, wide: i64, half: f32, maybe: ?i32) void {{ {statement} }}"

    assert not [c for c in codes_of(source) if c != "unused-variable"]
    assert initial(source) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("later(1)", "Promise<i32>"),
        ("spawn(later(1))", "Promise<i32>"),
        ("join(later(1), later(2))", "Promise<[2]i32>"),
        ("join([later(1), later(2), later(3)])", "Promise<[3]i32>"),
        ("join(delay(1))", "Promise<void>"),
        ("race([later(1), later(2)])", "Promise<i32>"),
        ("race(delay(1), yield_now(), pending())", "Promise<void>"),
        ("all_settled(later(1))", "Promise<[1]Settled<i32>>"),
        ("await all_settled(delay(1), delay(2))", "[2]Settled<void>"),
        ("(await all_settled(later(1)))[0].message", "string"),
    ],
)
def test_type_of_promises(expression: str, expected: str) -> None:
    source = LATER + f"async fn f() void {{ const x = {expression}; }}"

    assert initial(source) == expected


def test_an_implicit_await_is_a_fact_and_a_warning() -> None:
    source = LATER + "async fn f() i64 { const a = later(1); return later(a); }"
    item, facts = function(source, "f")
    assert isinstance(item.decl, Function)
    value = item.decl.body.statements[1]
    assert isinstance(value, Return)
    assert isinstance(value.value, Call)

    assert facts.awaited == {value.value.id, value.value.args[0].id}
    assert facts.types[value.value.id] == PromiseType(I32)
    assert facts.converted[value.value.id] == I64
    assert facts.async_callees == {"later"}
    assert facts.is_sound


def test_uses_have_the_places_of_names_alone() -> None:
    source = "const P = struct { x: i32 };\n" + LATER
    source += "async fn f(p: P) i32 { var q = P{ .x = p.x }; q.x = await later(q.x); return q.x; }"
    item, facts = function(source, "f")

    seen = [
        (item.text[slice(*use.span)].decode(), use.binding.kind, use.is_write, use.is_declaration)
        for use in facts.uses
    ]

    variable, struct, called = BindingKind.VARIABLE, BindingKind.STRUCT, BindingKind.FUNCTION
    assert seen == [
        ("f", called, True, True),
        ("p", variable, True, True),
        ("P", struct, False, False),
        ("q", variable, True, True),
        ("P", struct, False, False),
        ("p", variable, False, False),
        ("q", variable, True, False),
        ("later", called, False, False),
        ("q", variable, False, False),
        ("q", variable, False, False),
    ]
    assert facts.depends_on == {"P", "later"}


def test_a_variable_is_visible_from_its_end_to_the_end_of_its_block() -> None:
    item, facts = function("fn f() i32 { { const a = 1; g(a); } return a; }")
    [a] = facts.variables

    assert item.text[slice(*a.scope)] == b" g(a); }"


def test_a_module_function_hides_a_builtin() -> None:
    source = "fn join(a: i32) i32 { return a; }\nfn malloc() i32 { return join(1); }"

    assert codes_of(source) == []


def test_an_inner_scope_may_shadow() -> None:
    assert codes_of("fn f(a: i32) i32 { if (a > 0) { const a = true; g(a); } return a; }") == [
        "unknown-name"
    ]


def test_a_signature_stands_for_itself() -> None:
    source = "async fn f(a: P, b: ?i8) Promise<void> {}\nconst P = struct { next: Promise<i32> };"
    heads = [declare(checked.item) for checked in check(source)]
    env = ModuleEnvironment(heads)
    assert isinstance(heads[0], FunctionHead)
    assert isinstance(heads[1], StructHead)

    signature = resolve_signature(heads[0], env)
    struct = resolve_struct(heads[1], env)

    assert signature.result == VOID
    assert signature.params[0][1] == struct
    assert signature == resolve_signature(heads[0], env)


def test_recursive_structs_have_no_type() -> None:
    source = "const A = struct { b: [2]B }; const B = struct { a: ?A }; const C = struct { a: A };"
    found = [checked.facts for checked in check(source)]

    assert all(isinstance(facts, StructFacts) for facts in found)
    assert [facts.type is None for facts in found if isinstance(facts, StructFacts)] == [
        True,
        True,
        False,
    ]
    assert codes_of(source) == ["recursive-struct", "recursive-struct"]


def test_what_uses_a_bad_item_is_not_sound_and_says_nothing() -> None:
    source = "const A = struct { a: A };\nfn f(a: Nope) A { return g(); }\nfn h() void { f(1); }"
    _, facts = function(source, "h")

    assert facts.diagnostics == ()
    assert not facts.is_sound


@pytest.mark.parametrize(
    ("declarations", "code"),
    [
        ("".join(f"const S{i} = struct {{ s: S{i + 1} }};" for i in range(2000)), "too-deep"),
        ("const A = struct { a: [1048577]bool };", "too-large"),
        ("const A = struct { a: [700000]bool, b: [700000]bool };", "too-large"),
        (
            "const S0 = struct {};"
            + "".join(
                f"const S{i + 1} = struct {{ a: S{i}, b: S{i}, c: S{i} }};" for i in range(20)
            ),
            "too-large",
        ),
        ("fn f(a: " + "?" * 60 + "i32) void { g(a); }", "too-deep"),
        ("fn f() void { const a = [1]; " + "const a = [a]; " * 200 + "}", "too-deep"),
    ],
    ids=["deep", "array", "sum", "fields", "optional", "inferred"],
)
def test_types_are_bounded(declarations: str, code: str) -> None:
    assert code in codes_of(declarations)


def test_arrays_of_arrays_are_bounded_in_bytes() -> None:
    rows = ", ".join(["a"] * 1000)
    body = (
        f"const a: i64 = 1; {{ const b = [{rows}]; const c = [{rows.replace('a', 'b')}]; g(c); }}"
    )

    assert "too-large" in codes_of(f"fn f() void {{ {body} }}")


@pytest.mark.parametrize(
    ("title", "before", "after"),
    [
        ("add `await`", "const a = later(1); return a;", "const a = await later(1); return a;"),
        ("add `await`", "const a = later(1); return a + await a;",
         "const a = later(1); return await a + await a;"),
        ("add `await`", "return join(later(1))[0];", "return (await join(later(1)))[0];"),
        ("add `await`", "later(1); return 1;", "await later(1); return 1;"),
        ("add `await`", "const a = later(1); return 1;", "const a = await later(1); return 1;"),
        ("start it with `spawn`", "later(1); return 1;",
         "const _later = spawn(later(1)); return 1;"),
        ("keep the handle", "spawn(later(1)); return 1;",
         "const _task = spawn(later(1)); return 1;"),
        ("change `const` to `var`", "const a = 1; a = 2; return a;",
         "var a = 1; a = 2; return a;"),
        ("remove `await`", "return await 1;", "return 1;"),
        ("rename to `_a`", "var a = 1; a = 2; return 1;", "var _a = 1; _a = 2; return 1;"),
        ("insert `;`", "return 1", "return 1;"),
        ("change to `later`", "return await latr(1);", "return await later(1);"),
        ("change to `i32`", "const a: i23 = 1; return a;", "const a: i32 = 1; return a;"),
    ],
)  # fmt: skip
def test_fix(title: str, before: str, after: str) -> None:
    head = LATER + "async fn f() i32 { "

    assert apply_fix(f"{head}{before} }}", title) == f"{head}{after} }}"


def test_a_function_is_made_async() -> None:
    assert apply_fix("fn f() void { await delay(1); }", "make `f` async").startswith("async fn f()")


@pytest.mark.parametrize("index", range(len(PROGRAMS)))
def test_whole_programs_have_no_errors(index: int) -> None:
    errors = [
        found.message
        for checked in check(PROGRAMS[index])
        for found in checked.diagnostics
        if found.code.severity is Severity.ERROR
    ]

    assert errors == []


def test_a_nearby_name_is_proposed_from_a_long_file() -> None:
    source = "".join(f"fn name_{i}() void {{}}\n" for i in range(2000))

    assert messages_of(source + "fn f() void { nam_77(); }") == ["there is no `nam_77` here"]


@pytest.mark.parametrize(
    ("statement", "is_good"),
    [
        ('return panic("");', True),
        ('return maybe orelse panic("");', True),
        ('const x: i32 = panic(""); return x;', True),
        ('return g(panic(""));', True),
        ('return -panic("");', False),
        ('return 1 + panic("");', False),
        ('return [1][panic("")];', False),
        ('return await panic("");', False),
        ('const x = panic(""); return x;', False),
        ('spawn(panic("")); return 1;', False),
        ('return panic("")();', False),
        ('return panic("").x;', False),
    ],
)
def test_what_never_gives_a_value(statement: str, is_good: bool) -> None:
    source = f"fn g(x: i32) i32 {{ return x; }}\nasync fn f(maybe: ?i32) i32 {{ {statement} }}"
    _, facts = function(source, "f")

    assert facts.is_sound == is_good
    errors = [found for found in facts.diagnostics if found.code.severity is Severity.ERROR]
    assert len(errors) == (0 if is_good else 1)


@settings(max_examples=300, deadline=None)
@given(damaged_programs())
def test_damaged_programs_check(data: bytes) -> None:
    for checked in check(data):
        facts = checked.facts
        size = len(checked.item.text)
        for found in checked.diagnostics:
            assert 0 <= found.span.start <= found.span.end <= size
        if not isinstance(facts, FunctionFacts):
            continue
        errors = [f for f in facts.diagnostics if f.code.severity is Severity.ERROR]
        assert not (facts.is_sound and (errors or checked.item.is_broken))
        ids = {*facts.types, *facts.converted, *facts.bindings, *facts.declares, *facts.awaited}
        assert all(0 <= node < checked.item.node_count for node in ids)
        for use in facts.uses:
            assert checked.item.text[slice(*use.span)].decode() == use.binding.name
    assert picture(data, "a").strip()
