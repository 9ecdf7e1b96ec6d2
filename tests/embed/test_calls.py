"""Calling functions from Python: values in and out, and every way to call them wrongly."""

import math
from collections.abc import Iterator
from typing import Any

import pytest

from zyn.embed import (
    CallError,
    CompileFailed,
    LanguageGrammar,
    NotAvailable,
    PromiseFailed,
    Runtime,
    RuntimeClosed,
    StructValue,
    ZynError,
)

SOURCE = """
const Point = struct { x: i32, y: f64 };
const Named = struct { name: string, at: Point, tags: [2]string, next: ?i32 };

fn add(a: i32, b: i32) i32 { return a + b; }
fn same_i8(x: i8) i8 { return x; }
fn same_u64(x: u64) u64 { return x; }
fn same_f32(x: f32) f32 { return x; }
fn same_f64(x: f64) f64 { return x; }
fn same_bool(x: bool) bool { return x; }
fn same_string(x: string) string { return x; }
fn same_named(x: Named) Named { return x; }
fn same_maybe(x: ?string) ?string { return x; }
fn same_rows(x: [2][3]i16) [2][3]i16 { return x; }
fn nothing() void {}
fn divide(a: i32, b: i32) i32 {
    return a / b;
}
async fn later_named(x: Named) Named { await delay(1); return x; }
async fn later_void() void { await yield_now(); }
async fn wait_for(p: Promise<i32>) i32 { return await p; }
async fn number() i32 { await yield_now(); return 5; }
fn begin() Promise<i32> { return number(); }
"""


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    with Runtime(clock="virtual", check=True) as made:
        made.load_module(SOURCE)
        yield made
        assert made.live_objects == 0


NAMED = StructValue(
    "Named", name="a\0b", at=StructValue("Point", x=1, y=-0.5), tags=["", "ü"], next=None
)


@pytest.mark.parametrize(
    ("function", "value"),
    [
        ("same_i8", -128),
        ("same_u64", 2**64 - 1),
        ("same_f32", 0.5),
        ("same_f64", 1e308),
        ("same_f64", math.inf),
        ("same_bool", False),
        ("same_string", ""),
        ("same_string", "héllo \N{SNAKE}"),
        ("same_named", NAMED),
        ("later_named", NAMED),
        ("same_maybe", None),
        ("same_maybe", "x"),
        ("same_rows", [[1, 2, 3], [-4, -5, -6]]),
    ],
)
def test_a_value_survives_the_way_in_and_out(
    runtime: Runtime, function: str, value: object
) -> None:
    assert runtime.call(function, value) == value


def test_void_is_none(runtime: Runtime) -> None:
    assert runtime.call("nothing") is None
    assert runtime.call("later_void") is None


def test_a_bool_is_a_bool(runtime: Runtime) -> None:
    assert runtime.call("same_bool", True) is True


def test_nan_stays_nan(runtime: Runtime) -> None:
    assert math.isnan(runtime.call("same_f64", math.nan))


def test_an_int_is_accepted_for_a_float(runtime: Runtime) -> None:
    assert runtime.call("same_f64", 3) == 3.0


def test_a_mapping_is_accepted_for_a_struct(runtime: Runtime) -> None:
    fields = {"name": "n", "at": {"x": 1, "y": 2}, "tags": ("a", "b"), "next": 7}
    named = runtime.call("same_named", fields)
    assert (named.name, named.at.y, named.tags, named.next) == ("n", 2.0, ["a", "b"], 7)
    assert repr(named.at) == "Point(x=1, y=2.0)"
    with pytest.raises(AttributeError, match="Named has no field nam"):
        _ = named.nam


def test_a_promise_is_an_argument(runtime: Runtime) -> None:
    assert runtime.call("wait_for", runtime.call_async("number")) == 5


def test_a_promise_is_a_result(runtime: Runtime) -> None:
    assert runtime.call("begin").await_result() == 5


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        ("missing", (), "there is no function 'missing'"),
        ("add", (1,), r"add\(a: i32, b: i32\) takes 2 arguments, got 1"),
        ("add", (1, 2, 3), "takes 2 arguments, got 3"),
        ("nothing", (1,), "takes 0 arguments, got 1"),
        ("add", (1, "2"), "b: expected i32, got str"),
        ("add", (1, 2.0), "b: expected i32, got 2.0"),
        ("add", (True, 2), "a: expected i32, got True"),
        ("add", (2**31, 2), "a: 2147483648 is not in the range of i32, -2147483648 to 2147483647"),
        ("add", (10**50, 2), "a number of 51 digits is not in the range"),
        ("same_i8", (128,), "x: 128 is not in the range of i8, -128 to 127"),
        ("same_u64", (-1,), "x: -1 is not in the range of u64, 0 to 18446744073709551615"),
        ("same_f32", (1e300,), "x: 1e\\+300 is too large for f32"),
        ("same_f64", ("1",), "x: expected f64, got str"),
        ("same_f64", (10**400,), "x: a number of 401 digits is too large for f64"),
        ("same_bool", (1,), "x: expected bool, got 1"),
        ("same_string", (None,), "x: expected string, got None"),
        ("same_string", (b"x",), "x: expected string, got bytes"),
        ("same_string", ("\ud800",), "x: the text is not valid Unicode"),
        ("same_rows", ([[1, 2, 3]],), r"x: \[2\]\[3\]i16 needs 2 values, got 1"),
        ("same_rows", ([[1, 2, 3], [1, 2, 40000]],), r"x\[1\]\[2\]: 40000 is not in the range"),
        ("same_rows", ("ab",), "x: expected .*, got str"),
        ("same_named", ({"name": "x"},), "x: Named needs the field at, tags, next"),
        ("same_named", (StructValue("Point", x=1, y=2),), "x: expected Named, got Point"),
        (
            "same_named",
            ({**vars(NAMED), "at": {"x": 1, "y": "2"}},),
            "x.at.y: expected f64, got str",
        ),
        ("same_named", ({**vars(NAMED), "tags": ["ok", 3]},), r"x.tags\[1\]: expected string"),
        ("same_named", ({**vars(NAMED), "colour": 1},), "x: Named has no field colour"),
        ("wait_for", (5,), "p: expected Promise<i32>, got 5"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(
    runtime: Runtime, function: str, arguments: tuple[object, ...], message: str
) -> None:
    with pytest.raises(CallError, match=message):
        runtime.call(function, *arguments)


def test_a_promise_of_another_runtime_is_refused(runtime: Runtime) -> None:
    with Runtime() as other:
        other.load_module(SOURCE)
        with pytest.raises(CallError, match="p: the promise belongs to another runtime"):
            runtime.call("wait_for", other.call_async("number"))


def test_a_promise_of_another_type_is_refused(runtime: Runtime) -> None:
    with pytest.raises(CallError, match=r"p: expected Promise<i32>, got Promise<void>"):
        runtime.call("wait_for", runtime.call_async("later_void"))


def test_call_async_of_a_direct_function_is_refused(runtime: Runtime) -> None:
    with pytest.raises(CallError, match="add is not async: use call"):
        runtime.call_async("add", 1, 2)


def test_a_failure_has_code_message_and_line(runtime: Runtime) -> None:
    with pytest.raises(PromiseFailed) as caught:
        runtime.call("divide", 7, 0)
    line = SOURCE[: SOURCE.index("return a / b")].count("\n") + 1
    assert (caught.value.code, caught.value.line) == ("division-by-zero", line)
    assert caught.value.message == "division of 7 by zero"
    assert str(caught.value) == f"line {line}: division of 7 by zero"


def test_a_program_with_errors_is_not_loaded() -> None:
    with Runtime() as runtime:
        with pytest.raises(CompileFailed) as caught:
            runtime.load_module("fn f() i32 { return oops; }")
        (problem,) = caught.value.problems
        assert (problem.code, problem.line, problem.column) == ("unknown-name", 1, 21)
        assert "return oops;" in str(caught.value)
        assert runtime.functions == []


def test_warnings_are_kept() -> None:
    with Runtime() as runtime:
        runtime.load_module(
            "async fn one() i32 { await yield_now(); return 1; }"
            "async fn f() i32 { const a = one(); return a; }"
        )
        assert [(p.code, p.severity) for p in runtime.diagnostics] == [
            ("implicit-await", "warning")
        ]
        assert runtime.call("f") == 1


def test_a_newer_module_replaces_functions_of_an_older_one() -> None:
    with Runtime() as runtime:
        runtime.load_module("fn f() i32 { return 1; } fn g() i32 { return f(); }")
        runtime.load_module("zyntax", "fn f() i32 { return 2; }")
        assert (runtime.call("f"), runtime.call("g")) == (2, 1)


def test_functions_may_have_the_names_of_the_c_library() -> None:
    with Runtime() as runtime:
        runtime.load_module(
            "fn malloc(n: i32) i32 { return n + 1; }"
            "fn free(n: i32) i32 { return malloc(n); }"
            "async fn main() i32 { await yield_now(); return free(1); }"
            'fn memcpy() string { return "a" + "b"; }'
        )
        assert runtime.call("main") == 2
        assert runtime.call("memcpy") == "ab"


@pytest.mark.parametrize("name", ["", "zig", "Zyntax"])
def test_an_unknown_language_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="unknown language"):
        Runtime(language=name)
    with Runtime() as runtime, pytest.raises(ValueError, match="there is zyntax"):
        runtime.load_module(name or "zig", "")


@pytest.mark.parametrize("source", [3, b"fn f() void {}", None])
def test_a_source_that_is_no_text_is_refused(source: Any) -> None:
    with Runtime() as runtime, pytest.raises(TypeError, match="the source of a module is a str"):
        runtime.load_module(source)


def test_a_closed_runtime_says_so() -> None:
    runtime = Runtime()
    runtime.load_module("fn f() i32 { return 1; }")
    runtime.close()
    runtime.close()
    with pytest.raises(RuntimeClosed):
        runtime.call("f")
    with pytest.raises(RuntimeClosed):
        runtime.load_module("")
    assert runtime.live_objects == 0


def test_memory_is_limited_by_the_task_not_the_process() -> None:
    with Runtime(memory_max=1 << 20) as runtime:
        runtime.load_module(
            'fn grow() string { var s = "0123456789"; while (true) { s = s + s; } return s; }'
        )
        with pytest.raises(PromiseFailed) as caught:
            runtime.call("grow")
        assert caught.value.code == "out-of-memory"
        assert runtime.live_objects == 0


def test_what_is_not_there_yet_says_so() -> None:
    with pytest.raises(NotAvailable, match="LanguageGrammar"):
        LanguageGrammar.compile_zyn_file("grammars/zig.zyn")
    assert issubclass(NotAvailable, ZynError)


def test_a_module_is_given_by_place_or_by_name() -> None:
    text = "fn one() i32 { return 1; }"
    with Runtime() as runtime:
        assert runtime.load_module(text) == ["one"]
        assert runtime.load_module("zyntax", text) == ["one"]
        assert runtime.load_module("zyntax", source=text) == ["one"]
        assert runtime.load_module(language="zyntax", source=text) == ["one"]
        assert runtime.load_module(source=text) == ["one"]
        for wrong in ((), ("zyntax", text, text)):
            with pytest.raises(TypeError, match="a language and a source"):
                runtime.load_module(*wrong)
