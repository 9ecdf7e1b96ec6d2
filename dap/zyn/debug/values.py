"""Bytes of the debuggee as values, and values as bytes and as text.

A value is a plain Python object: int, float, bool, str, None for `null`, a dict for a struct, a
list for an array, `Text` and `PromiseAt` for the two kinds of pointers.  A `Text` is a string whose
bytes were not fetched yet; `strings_of` finds them all, so that one request fetches the lot.
"""

import math
import struct
from collections.abc import Iterator, Mapping

import msgspec

from zyn.debug.model import DebugError
from zyn.ir.side_table import TypeShape

INTEGERS: dict[str, tuple[int, bool]] = {
    f"{sign}{bits}": (bits, sign == "i") for sign in "iu" for bits in (8, 16, 32, 64)
}
FLOATS = {"f32": "<f", "f64": "<d"}
SHOWN_ELEMENTS_MAX = 16
SHOWN_TEXT_MAX = 4096

Shapes = Mapping[str, TypeShape]


class Text(msgspec.Struct, frozen=True):
    """A string by its address; 0 is the empty pointer of memory that was never written."""

    address: int


class PromiseAt(msgspec.Struct, frozen=True):
    """A promise by its address."""

    address: int


class ObjectAt(msgspec.Struct, frozen=True):
    """A handle of a counted object by its address."""

    type: str
    address: int


Value = (
    int | float | bool | str | None | Text | PromiseAt | ObjectAt | dict[str, "Value"]
    | list["Value"]
)  # fmt: skip


class Broken(Exception):
    """The bytes hold no value of the type."""


def shapes_of(types: tuple[TypeShape, ...]) -> dict[str, TypeShape]:
    """The rows by name, with the primitive types that no row mentions."""
    found = {
        name: TypeShape(name, name, bits // 8, bits // 8) for name, (bits, _) in INTEGERS.items()
    }
    found |= {
        name: TypeShape(name, name, int(name[1:]) // 8, int(name[1:]) // 8) for name in FLOATS
    }
    found["bool"] = TypeShape("bool", "bool", 1, 1)
    found["void"] = TypeShape("void", "void", 0, 1)
    found["string"] = TypeShape("string", "string", 8, 8)
    return found | {shape.name: shape for shape in types}


def shape_of(type_: str, shapes: Shapes) -> TypeShape:
    """The row of a type; a promise's needs none."""
    found = shapes.get(type_)
    if found is not None:
        return found
    if type_.startswith("Promise<"):
        return TypeShape(type_, "promise", 8, 8, element=type_[8:-1])
    raise DebugError(f"nothing is known about the type {type_}")


def holds_reference(type_: str, shapes: Shapes) -> bool:
    """Whether a value points into the heap, so that it means nothing once it was released."""
    shape = shape_of(type_, shapes)
    if shape.kind in ("string", "promise", "object"):
        return True
    inner = [name for _, name, _ in shape.fields]
    if shape.kind in ("array", "optional") and shape.element is not None:
        inner.append(shape.element)
    return any(holds_reference(name, shapes) for name in inner)


def decode(type_: str, data: bytes, shapes: Shapes, at: int = 0) -> Value:
    """The value at an offset; raises `Broken` when the memory ends before it."""
    shape = shape_of(type_, shapes)
    if at + shape.size > len(data):
        raise Broken
    if shape.kind in INTEGERS:
        return int.from_bytes(data[at : at + shape.size], "little", signed=INTEGERS[shape.kind][1])
    match shape.kind:
        case "bool":
            return data[at] != 0
        case "f32" | "f64":
            return float(struct.unpack_from(FLOATS[shape.kind], data, at)[0])
        case "string":
            return Text(int.from_bytes(data[at : at + 8], "little"))
        case "promise":
            return PromiseAt(int.from_bytes(data[at : at + 8], "little"))
        case "object":
            return ObjectAt(type_, int.from_bytes(data[at : at + 8], "little"))
        case "struct":
            return {
                name: decode(type_of, data, shapes, at + offset)
                for name, type_of, offset in shape.fields
            }
        case "array":
            element = _element(shape)
            size = shape_of(element, shapes).size
            return [decode(element, data, shapes, at + i * size) for i in range(shape.count)]
        case "optional":
            element = _element(shape)
            if data[at + shape_of(element, shapes).size] == 0:
                return None
            return decode(element, data, shapes, at)
    return None


def encode(type_: str, value: Value, shapes: Shapes) -> bytes:
    """The bytes of a value; raises `DebugError` when it does not fit.  Text must be `Text`."""
    shape = shape_of(type_, shapes)
    match shape.kind, value:
        case (kind, int()) if kind in INTEGERS and not isinstance(value, bool):
            return encode_integer(kind, value)
        case "bool", bool():
            return bytes([value])
        case (("f32" | "f64"), int() | float()):
            try:
                return struct.pack(FLOATS[shape.kind], float(value))
            except OverflowError:
                return struct.pack(FLOATS[shape.kind], math.copysign(math.inf, value))
        case "string", Text(address):
            return address.to_bytes(8, "little")
        case "struct", dict():
            data = bytearray(shape.size)
            for name, type_of, offset in shape.fields:
                field = encode(type_of, value[name], shapes)
                data[offset : offset + len(field)] = field
            return bytes(data)
        case "array", list() if len(value) == shape.count:
            return b"".join(encode(_element(shape), item, shapes) for item in value)
        case "optional", _:
            inner = shape_of(_element(shape), shapes)
            data = bytearray(shape.size)
            if value is not None:
                data[: inner.size] = encode(inner.name, value, shapes)
                data[inner.size] = 1
            return bytes(data)
    raise DebugError(f"{show(value)} is no {type_}")


def encode_integer(type_: str, value: int) -> bytes:
    """The bytes of an integer; raises `DebugError` when it is out of range."""
    bits, signed = INTEGERS[type_]
    try:
        return value.to_bytes(bits // 8, "little", signed=signed)
    except OverflowError:
        least = -(1 << (bits - 1)) if signed else 0
        greatest = (1 << (bits - signed)) - 1
        raise DebugError(f"{value} does not fit {type_}: {least} .. {greatest}") from None


def strings_of(value: Value) -> Iterator[Text]:
    """Every string inside that was not fetched."""
    match value:
        case Text():
            yield value
        case dict():
            for item in value.values():
                yield from strings_of(item)
        case list():
            for item in value:
                yield from strings_of(item)


def promises_of(value: Value) -> Iterator[PromiseAt]:
    """Every promise inside."""
    match value:
        case PromiseAt():
            yield value
        case dict():
            for item in value.values():
                yield from promises_of(item)
        case list():
            for item in value:
                yield from promises_of(item)


def with_strings(value: Value, texts: Mapping[int, str]) -> Value:
    """The same value with its strings in place."""
    match value:
        case Text(address):
            return texts.get(address, "") if address else ""
        case dict():
            return {name: with_strings(item, texts) for name, item in value.items()}
        case list():
            return [with_strings(item, texts) for item in value]
    return value


def show(value: Value, type_: str = "", promises: Mapping[int, str] | None = None) -> str:
    """As the program's language would write it."""
    match value:
        case None:
            return "void" if type_ == "void" else "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return show_float(value, type_)
        case str():
            return quoted(value)
        case Text(address):
            return f"string at {address:#x}"
        case PromiseAt(address):
            return (promises or {}).get(address, f"promise at {address:#x}" if address else "none")
        case ObjectAt(name, address):
            return f"{name} at {address:#x}" if address else "none"
        case dict():
            inside = ", ".join(f".{n} = {show(item, '', promises)}" for n, item in value.items())
            name = type_ if type_ and not type_.startswith("?") else type_.lstrip("?")
            return f"{name}{{ {inside} }}" if inside else f"{name}{{}}"
    shown = [show(item, "", promises) for item in value[:SHOWN_ELEMENTS_MAX]]
    if len(value) > SHOWN_ELEMENTS_MAX:
        shown.append(f".. {len(value)} in all")
    return f"[{', '.join(shown)}]"


def show_float(value: float, type_: str = "") -> str:
    """The shortest decimal text that reads back as the same number."""
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if type_ != "f32":
        return repr(value)
    for digits in range(1, 10):
        text = f"{value:.{digits}g}"
        if struct.pack("<f", float(text)) == struct.pack("<f", value):
            return repr(float(text))
    return repr(value)


def quoted(text: str) -> str:
    """A string literal."""
    cut = text[:SHOWN_TEXT_MAX]
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"),
                           ("\t", "\\t"), ("\0", "\\0")):  # fmt: skip
        cut = cut.replace(plain, escaped)
    return f'"{cut}"' + (" .." if len(text) > SHOWN_TEXT_MAX else "")


def _element(shape: TypeShape) -> str:
    if shape.element is None:
        raise DebugError(f"the type {shape.name} has no element")
    return shape.element
