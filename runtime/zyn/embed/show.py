"""Values as a person reads them, in the notation of the language; and as JSON.

A string is bare at the top level and quoted inside a container.  A float is the shortest text that
reads back as the same number of its type.
"""

import math
import struct
from typing import Any

from zyn.embed.values import StructValue
from zyn.sema.types import ArrayType, FloatType, OptionalType, StructType, Type

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}


def show(value: object, type_: Type) -> str:
    """The text of a value at the top level."""
    return value if isinstance(value, str) else show_inner(value, type_)


def show_inner(value: object, type_: Type) -> str:
    """The text of a value inside another one."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float():
            inner = type_.inner if isinstance(type_, OptionalType) else type_
            return show_float(value, inner.bits if isinstance(inner, FloatType) else 64)
        case str():
            return '"' + "".join(_ESCAPES.get(character, character) for character in value) + '"'
    if isinstance(type_, OptionalType):
        return show_inner(value, type_.inner)
    if isinstance(value, list) and isinstance(type_, ArrayType):
        return "[" + ", ".join(show_inner(item, type_.element) for item in value) + "]"
    if isinstance(value, StructValue) and isinstance(type_, StructType):
        fields = ", ".join(
            f".{name} = {show_inner(vars(value)[name], field)}" for name, field in type_.fields
        )
        return f"{type_.name}{{ {fields} }}" if fields else f"{type_.name}{{}}"
    return str(value)


def show_float(value: float, bits: int) -> str:
    """The shortest decimal that reads back as the same f32 or f64."""
    if not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if bits == 64:
        return repr(value)
    for digits in range(1, 10):
        text = f"{value:.{digits}g}"
        if struct.unpack("f", struct.pack("f", float(text)))[0] == value:
            return repr(float(text))
    return repr(value)


def plain(value: object) -> Any:
    """A value made of what JSON has; numbers that JSON lacks become their text."""
    if isinstance(value, StructValue):
        return {name: plain(field) for name, field in vars(value).items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return show_float(value, 64)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)
