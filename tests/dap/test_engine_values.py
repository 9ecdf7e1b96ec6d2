"""Values of the debuggee, the bytes of the protocol, and arithmetic as programs do it."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.repository import ROOT
from zyn.debug import wire
from zyn.debug.compute import binary, fitted, unary
from zyn.debug.model import DebugError
from zyn.debug.values import (
    INTEGERS,
    Broken,
    Text,
    Value,
    decode,
    encode,
    shapes_of,
    show,
    show_float,
    strings_of,
    with_strings,
)
from zyn.ir.side_table import TypeShape

PROTOCOL = ROOT / "runtime" / "core" / "agent_protocol.h"
SHAPES = shapes_of(
    (
        TypeShape("Pair", "struct", 16, 8, (("a", "i8", 0), ("b", "string", 8))),
        TypeShape("[2]Pair", "array", 32, 8, element="Pair", count=2),
        TypeShape("?i32", "optional", 8, 4, element="i32"),
        TypeShape("[3]bool", "array", 3, 1, element="bool", count=3),
    )
)


@pytest.mark.parametrize(
    ("table", "enum"),
    [("KINDS", wire.Kind), ("STATUSES", wire.Status), ("METADATA", wire.Metadata)],
)
def test_the_numbers_are_those_of_the_agent(table: str, enum: type[wire.Kind]) -> None:
    text = PROTOCOL.read_text(encoding="utf-8")
    body = text.split(f"#define ZYN_AGENT_{table}(X)")[1].split("\n\n")[0]
    rows = re.findall(r"X\((\w+),\s*(\d+)\)", body)
    assert {name: int(value) for name, value in rows} == {one.name: one.value for one in enum}


@given(st.binary(max_size=200))
def test_any_bytes_are_a_task_or_an_error(data: bytes) -> None:
    reader = wire.Reader(data)
    tasks = iter(reader.task, None)
    with pytest.raises(wire.WireError):
        list(tasks)


@given(st.sampled_from(sorted(INTEGERS)), st.integers(-(1 << 70), 1 << 70))
def test_integers_go_there_and_back_or_do_not_fit(type_: str, number: int) -> None:
    if fitted(number, type_) == number:
        assert decode(type_, encode(type_, number, SHAPES), SHAPES) == number
    else:
        with pytest.raises(DebugError, match=f"{number} does not fit {type_}"):
            encode(type_, number, SHAPES)


@pytest.mark.parametrize(
    ("type_", "value", "shown"),
    [
        ("bool", True, "true"),
        ("f64", 0.1, "0.1"),
        ("f32", 0.5, "0.5"),
        ("?i32", None, "null"),
        ("?i32", -1, "-1"),
        ("[3]bool", [True, False, True], "[true, false, true]"),
        ("Pair", {"a": -3, "b": Text(16)}, "Pair{ .a = -3, .b = string at 0x10 }"),
    ],
)
def test_values_go_there_and_back(type_: str, value: Value, shown: str) -> None:
    assert decode(type_, encode(type_, value, SHAPES), SHAPES) == value
    assert show(value, type_) == shown


def test_strings_are_found_and_filled_in() -> None:
    value: Value = [{"a": 1, "b": Text(8)}, {"a": 2, "b": Text(0)}]
    assert list(strings_of(value)) == [Text(8), Text(0)]
    filled = with_strings(value, {8: 'a "b"\n'})
    assert show(filled, "[2]Pair") == r'[{ .a = 1, .b = "a \"b\"\n" }, { .a = 2, .b = "" }]'


def test_memory_that_ends_early_holds_no_value() -> None:
    with pytest.raises(Broken):
        decode("Pair", b"\0" * 15, SHAPES)
    with pytest.raises(DebugError, match="nothing is known about the type Mystery"):
        decode("Mystery", b"", SHAPES)
    with pytest.raises(DebugError, match="is no bool"):
        encode("bool", 1, SHAPES)


def test_long_arrays_are_cut() -> None:
    assert show(list(range(100)), "[100]i32").endswith("15, .. 100 in all]")


@pytest.mark.parametrize(
    ("op", "left", "right", "type_", "value"),
    [
        ("+", 2147483647, 1, "i32", -2147483648),
        ("-", 0, 1, "u8", 255),
        ("*", 1 << 62, 4, "i64", 0),
        ("/", -7, 2, "i32", -3),
        ("%", -7, 2, "i32", -1),
        ("/", -128, -1, "i8", -128),
        ("/", 1.0, 0.0, "f64", math.inf),
        ("/", 1.0, -0.0, "f64", -math.inf),
        ("%", 5.5, 2.0, "f64", 1.5),
        ("+", 16777216.0, 1.0, "f32", 16777216.0),
        ("*", 3e38, 10.0, "f32", math.inf),
        ("<", "a", "b", "string", True),
        (">=", "a", "b", "string", False),
        ("+", "a", "b", "string", "ab"),
        ("==", True, False, "bool", False),
        ("!=", None, 3, "i32", True),
    ],
)
def test_operators(op: str, left: Value, right: Value, type_: str, value: Value) -> None:
    assert binary(op, left, right, type_) == value


def test_what_has_no_value() -> None:
    for op in "/%":
        with pytest.raises(DebugError, match="division of 3 by zero"):
            binary(op, 3, 0, "i32")
    assert math.isnan(float(binary("/", 0.0, 0.0, "f64")))  # type: ignore[arg-type]
    assert math.isnan(float(binary("%", 1.0, 0.0, "f64")))  # type: ignore[arg-type]
    assert unary("-", -128, "i8") == -128
    assert unary("!", False, "bool") is True
    with pytest.raises(DebugError):
        unary("-", "text", "string")
    with pytest.raises(DebugError):
        binary("-", "a", "b", "string")


def test_floats_read_back() -> None:
    assert show_float(0.1, "f32") == "0.1"
    assert [show_float(x) for x in (math.nan, math.inf, -math.inf, 1e300)] == [
        "nan", "inf", "-inf", "1e+300",
    ]  # fmt: skip
