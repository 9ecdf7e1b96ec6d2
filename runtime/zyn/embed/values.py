"""Python values to and from the memory of compiled code, by static type.

| type                | Python value                                                           |
|---------------------|------------------------------------------------------------------------|
| i8 .. u64           | int within the range; a bool is refused                                |
| f32 f64             | float; an int is accepted; f32 rounds                                  |
| bool                | True or False, nothing else                                            |
| string              | str                                                                    |
| struct              | StructValue; a mapping with exactly its fields is accepted             |
| [N]T                | list of N values; any other sequence of N values is accepted           |
| ?T                  | None or a value                                                        |
| Promise<T>          | Promise of the same runtime                                            |
| Channel<T> ..       | Channel, JoinSet, Nursery or Handle of the same runtime                |
| void                | None                                                                   |

Encoding is all or nothing: references that it took are given back when a later argument is refused.
"""

import ctypes
import struct
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from zyn.base.bug import ZynBug
from zyn.embed.errors import CallError
from zyn.runtime.host import NativePromise
from zyn.runtime.load import library
from zyn.runtime.structs import ZynString
from zyn.sema.types import (
    ArrayType,
    BoolType,
    FloatType,
    HandleType,
    IntType,
    OptionalType,
    PromiseType,
    StringType,
    StructType,
    Type,
    VoidType,
    field_offsets,
    size_and_align,
)

if TYPE_CHECKING:
    from zyn.embed.runtime import Runtime

_INT_FORMATS = {8: "b", 16: "h", 32: "i", 64: "q"}
# `=`: the native order, but a number that is too large is refused.
_FLOAT_FORMATS = {32: "=f", 64: "=d"}
_STRING_HEAD_BYTES = ctypes.sizeof(ZynString)


class StructValue:
    """A struct of a program: its fields are attributes, and it equals one with the same content."""

    __slots__ = ("__dict__", "__struct_name__")

    def __init__(self, struct_name: str, /, **fields: object) -> None:
        self.__struct_name__ = struct_name
        self.__dict__.update(fields)

    def __getattr__(self, name: str) -> object:
        raise AttributeError(f"{self.__struct_name__} has no field {name}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, StructValue):
            return NotImplemented
        return self.__struct_name__ == other.__struct_name__ and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # its fields can change

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{self.__struct_name__}({fields})"


class Encoder:
    """Writes the arguments of one call; `undo` gives back the references when it is not made."""

    def __init__(self, runtime: "Runtime") -> None:
        self._runtime = runtime
        self._strings: list[int] = []
        self._promises: list[int] = []
        self._objects: list[int] = []

    def undo(self) -> None:
        """Release what was retained for the call."""
        for string in self._strings:
            library().zyn_string_release(string)
        for promise in self._promises:
            library().zyn_promise_release(promise)
        for handle in self._objects:
            library().zyn_object_release(handle)

    def put(self, type_: Type, value: object, out: bytearray, offset: int, path: str) -> None:
        """Write a value; `path` names it in a message."""
        match type_:
            case IntType(bits, signed):
                code = _INT_FORMATS[bits]
                number = _whole_number(type_, value, path)
                struct.pack_into(code if signed else code.upper(), out, offset, number)
            case FloatType(bits):
                _put_float(bits, value, out, offset, path)
            case BoolType():
                if not isinstance(value, bool):
                    raise _mismatch(type_, value, path)
                out[offset] = value
            case StringType():
                struct.pack_into("P", out, offset, self._string(value, path))
            case StructType():
                self._put_struct(type_, value, out, offset, path)
            case ArrayType(length, element):
                self._put_array(length, element, value, out, offset, path)
            case OptionalType(inner):
                if value is not None:
                    self.put(inner, value, out, offset, path)
                    out[offset + size_and_align(inner)[0]] = 1
            case PromiseType():
                struct.pack_into("P", out, offset, self._promise(type_, value, path))
            case HandleType():
                struct.pack_into("P", out, offset, self._object(type_, value, path))
            case VoidType() if value is None:
                pass
            case _:
                raise _mismatch(type_, value, path)

    def _string(self, value: object, path: str) -> int:
        if not isinstance(value, str):
            raise CallError(f"{path}: expected string, got {_described(value)}")
        try:
            text = value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise CallError(f"{path}: the text is not valid Unicode: {error.reason}") from None
        address = self._runtime._new_string(text)
        self._strings.append(address)
        return address

    def _put_struct(
        self, type_: StructType, value: object, out: bytearray, offset: int, path: str
    ) -> None:
        if isinstance(value, StructValue) and value.__struct_name__ == type_.name:
            fields: Mapping[Any, object] = vars(value)
        elif isinstance(value, Mapping):
            fields = value
        else:
            raise _mismatch(type_, value, path)
        known = [name for name, _ in type_.fields]
        if missing := [name for name in known if name not in fields]:
            raise CallError(f"{path}: {type_} needs the field {', '.join(missing)}")
        if unknown := [str(name) for name in fields if name not in known]:
            raise CallError(f"{path}: {type_} has no field {', '.join(unknown)}")
        for (name, field), at in zip(type_.fields, field_offsets(type_), strict=True):
            self.put(field, fields[name], out, offset + at, f"{path}.{name}")

    def _put_array(
        self, length: int, element: Type, value: object, out: bytearray, offset: int, path: str
    ) -> None:
        type_ = ArrayType(length, element)
        if not isinstance(value, Sequence) or isinstance(value, str | bytes | bytearray):
            raise _mismatch(type_, value, path)
        if len(value) != length:
            raise CallError(f"{path}: {type_} needs {length} values, got {len(value)}")
        stride = size_and_align(element)[0]
        for index, item in enumerate(value):
            self.put(element, item, out, offset + index * stride, f"{path}[{index}]")

    def _promise(self, type_: PromiseType, value: object, path: str) -> int:
        # The class knows this module; its instances say what is needed without an import here.
        native_for = getattr(value, "_native_for", None)
        if native_for is None:
            raise _mismatch(type_, value, path)
        native = native_for(self._runtime, type_.result, path)
        if not isinstance(native, NativePromise):
            raise ZynBug("a promise without a native one")
        address = native.retain()
        self._promises.append(address)
        return address

    def _object(self, type_: HandleType, value: object, path: str) -> int:
        retained = getattr(value, "_retained", None)
        if retained is None:
            raise _mismatch(type_, value, path)
        address: int = retained(self._runtime, type_, path)
        self._objects.append(address)
        return address


def _mismatch(type_: Type, value: object, path: str) -> CallError:
    return CallError(f"{path}: expected {type_}, got {_described(value)}")


def _described(value: object) -> str:
    if value is None or isinstance(value, bool | int | float):
        text = repr(value)
        return text if len(text) <= 40 else f"a number of {len(text)} digits"
    if isinstance(value, StructValue):
        return value.__struct_name__
    return type(value).__name__


def _whole_number(type_: IntType, value: object, path: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _mismatch(type_, value, path)
    if not type_.minimum <= value <= type_.maximum:
        raise CallError(
            f"{path}: {_described(value)} is not in the range of {type_}, "
            f"{type_.minimum} to {type_.maximum}"
        )
    return value


def _put_float(bits: int, value: object, out: bytearray, offset: int, path: str) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _mismatch(FloatType(bits), value, path)
    try:
        struct.pack_into(_FLOAT_FORMATS[bits], out, offset, float(value))
    except OverflowError:
        raise CallError(f"{path}: {_described(value)} is too large for f{bits}") from None


def decode(type_: Type, memory: bytes, offset: int, runtime: "Runtime") -> object:
    """The value at an offset; its references are left alone: a promise and a handle take one of
    their own.
    """
    match type_:
        case IntType(bits, signed):
            code = _INT_FORMATS[bits]
            return struct.unpack_from(code if signed else code.upper(), memory, offset)[0]
        case FloatType(bits):
            return struct.unpack_from(_FLOAT_FORMATS[bits], memory, offset)[0]
        case BoolType():
            return memory[offset] != 0
        case StringType():
            return string_at(struct.unpack_from("P", memory, offset)[0])
        case StructType(name, fields):
            return StructValue(
                name,
                **{
                    field: decode(field_type, memory, offset + at, runtime)
                    for (field, field_type), at in zip(fields, field_offsets(type_), strict=True)
                },
            )
        case ArrayType(length, element):
            stride = size_and_align(element)[0]
            return [
                decode(element, memory, offset + index * stride, runtime) for index in range(length)
            ]
        case OptionalType(inner):
            present = memory[offset + size_and_align(inner)[0]]
            return decode(inner, memory, offset, runtime) if present else None
        case PromiseType(result):
            address = struct.unpack_from("P", memory, offset)[0]
            library().zyn_promise_retain(address)
            return runtime._promise_of(NativePromise(address), result)
        case HandleType():
            address = struct.unpack_from("P", memory, offset)[0]
            library().zyn_object_retain(address)
            return runtime._handle_of(type_, address)
    return None


def release(type_: Type, memory: bytes, offset: int = 0) -> None:
    """Give back the references of a value that this side owns."""
    match type_:
        case StringType():
            library().zyn_string_release(struct.unpack_from("P", memory, offset)[0])
        case PromiseType():
            library().zyn_promise_release(struct.unpack_from("P", memory, offset)[0])
        case HandleType():
            library().zyn_object_release(struct.unpack_from("P", memory, offset)[0])
        case StructType(_, fields):
            for (_, field_type), at in zip(fields, field_offsets(type_), strict=True):
                release(field_type, memory, offset + at)
        case ArrayType(length, element):
            stride = size_and_align(element)[0]
            for index in range(length):
                release(element, memory, offset + index * stride)
        case OptionalType(inner):
            if memory[offset + size_and_align(inner)[0]]:
                release(inner, memory, offset)


def string_at(address: int) -> str:
    """The text of a string of the runtime; null is the empty text."""
    if not address:
        return ""
    length = ZynString.from_address(address).length
    return ctypes.string_at(address + _STRING_HEAD_BYTES, length).decode("utf-8", "replace")
