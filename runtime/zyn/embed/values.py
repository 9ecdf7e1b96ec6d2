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
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from zyn.base.bug import ZynBug
from zyn.embed.errors import CallError
from zyn.runtime.host import NativePromise
from zyn.runtime.load import library
from zyn.runtime.structs import ZynString
from zyn.sema.types import (
    BOOL,
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
_CELLS: dict[Type, Any] = {
    BOOL: ctypes.c_bool,
    FloatType(32): ctypes.c_float,
    FloatType(64): ctypes.c_double,
    **{IntType(bits, True): getattr(ctypes, f"c_int{bits}") for bits in _INT_FORMATS},
    **{IntType(bits, False): getattr(ctypes, f"c_uint{bits}") for bits in _INT_FORMATS},
}
_READERS_MAX = 1024  # a program has few types; a host may load many programs

Reader = Callable[[int, "Runtime"], object]


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


@lru_cache(maxsize=_READERS_MAX)
def reader(type_: Type) -> Reader:
    """What makes the Python value of one at an address.

    It leaves the references there alone: a promise and a handle take one of their own.
    """
    match type_:
        case IntType() | FloatType() | BoolType():
            cell = _CELLS[type_].from_address
            return lambda address, _: cell(address).value
        case StringType():
            text = ctypes.c_void_p.from_address
            return lambda address, _: string_at(text(address).value)
        case StructType(name, fields):
            return _struct_reader(name, fields, field_offsets(type_))
        case ArrayType(length, element):
            return _array_reader(length, element)
        case OptionalType(inner):
            return _optional_reader(inner)
        case PromiseType(result):
            return lambda address, runtime: _promise_at(address, result, runtime)
        case HandleType():
            return lambda address, runtime: _handle_at(address, type_, runtime)
    return lambda _, __: None


def _struct_reader(name: str, fields: Sequence[tuple[str, Type]], offsets: Sequence[int]) -> Reader:
    parts = [(field, reader(type_), at) for (field, type_), at in zip(fields, offsets, strict=True)]
    return lambda address, runtime: StructValue(
        name, **{field: read(address + at, runtime) for field, read, at in parts}
    )


def _array_reader(length: int, element: Type) -> Reader:
    stride = size_and_align(element)[0]
    if element in _CELLS:
        cells = (_CELLS[element] * length).from_address
        return lambda address, _: cells(address)[:]
    read = reader(element)
    return lambda address, runtime: [
        read(address + index * stride, runtime) for index in range(length)
    ]


def _optional_reader(inner: Type) -> Reader:
    present = ctypes.c_bool.from_address
    size = size_and_align(inner)[0]
    read = reader(inner)
    return lambda address, runtime: (
        read(address, runtime) if present(address + size).value else None
    )


def _promise_at(address: int, result: Type, runtime: "Runtime") -> object:
    promise = _pointer_at(address)
    library().zyn_promise_retain(promise)
    return runtime._promise_of(NativePromise(promise), result)


def _handle_at(address: int, type_: HandleType, runtime: "Runtime") -> object:
    handle = _pointer_at(address)
    library().zyn_object_retain(handle)
    return runtime._handle_of(type_, handle)


def _pointer_at(address: int) -> int:
    return ctypes.c_uint64.from_address(address).value


def release(type_: Type, address: int) -> None:
    """Give back the references of a value that this side owns."""
    match type_:
        case StringType():
            library().zyn_string_release(_pointer_at(address))
        case PromiseType():
            library().zyn_promise_release(_pointer_at(address))
        case HandleType():
            library().zyn_object_release(_pointer_at(address))
        case StructType(_, fields):
            for (_, field_type), at in zip(fields, field_offsets(type_), strict=True):
                release(field_type, address + at)
        case ArrayType(length, element):
            stride = size_and_align(element)[0]
            for index in range(length):
                release(element, address + index * stride)
        case OptionalType(inner):
            if ctypes.c_bool.from_address(address + size_and_align(inner)[0]).value:
                release(inner, address)


def string_at(address: int | None) -> str:
    """The text of a string of the runtime; null is the empty text."""
    if not address:
        return ""
    length = ZynString.from_address(address).length
    return ctypes.string_at(address + _STRING_HEAD_BYTES, length).decode("utf-8", "replace")
