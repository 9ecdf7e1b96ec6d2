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
_put_pointer = struct.Struct("P").pack_into
_READERS_MAX = 1024  # a program has few types; a host may load many programs

Reader = Callable[[int, "Runtime"], object]
Writer = Callable[["Encoder", object, bytearray, int, str], None]


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
    """What the arguments of one call took; `undo` gives it back when the call is not made."""

    __slots__ = ("_taken", "runtime")

    def __init__(self, runtime: "Runtime") -> None:
        self.runtime = runtime
        self._taken: list[tuple[Callable[[int], None], int]] = []

    def took(self, give_back: Callable[[int], None], address: int) -> None:
        """A reference was taken."""
        self._taken.append((give_back, address))

    def undo(self) -> None:
        """Give everything back."""
        for give_back, address in self._taken:
            give_back(address)


@lru_cache(maxsize=_READERS_MAX)
def writer(type_: Type) -> Writer:
    """What writes a value at an offset; a path names it in a message."""
    match type_:
        case IntType():
            return _int_writer(type_)
        case FloatType(bits):
            return lambda _, value, out, offset, path: _put_float(bits, value, out, offset, path)
        case BoolType():
            return _put_bool
        case StringType():
            return _put_string
        case StructType():
            return _struct_writer(type_)
        case ArrayType():
            return _array_writer(type_)
        case OptionalType(inner):
            return _optional_writer(inner)
        case PromiseType():
            return _promise_writer(type_)
        case HandleType():
            return _handle_writer(type_)
    return _nothing_writer(type_)


def _int_writer(type_: IntType) -> Writer:
    code = _INT_FORMATS[type_.bits]
    pack_into = struct.Struct(code if type_.signed else code.upper()).pack_into

    def put(_: Encoder, value: object, out: bytearray, offset: int, path: str) -> None:
        pack_into(out, offset, _whole_number(type_, value, path))

    return put


def _put_bool(_: Encoder, value: object, out: bytearray, offset: int, path: str) -> None:
    if not isinstance(value, bool):
        raise _mismatch(BOOL, value, path)
    out[offset] = value


def _put_string(encoder: Encoder, value: object, out: bytearray, offset: int, path: str) -> None:
    if not isinstance(value, str):
        raise CallError(f"{path}: expected string, got {_described(value)}")
    try:
        text = value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise CallError(f"{path}: the text is not valid Unicode: {error.reason}") from None
    address = encoder.runtime._new_string(text)
    encoder.took(library().zyn_string_release, address)
    _put_pointer(out, offset, address)


def _struct_writer(type_: StructType) -> Writer:
    fields = {
        name: (writer(field), at)
        for (name, field), at in zip(type_.fields, field_offsets(type_), strict=True)
    }

    def put(encoder: Encoder, value: object, out: bytearray, offset: int, path: str) -> None:
        if isinstance(value, StructValue) and value.__struct_name__ == type_.name:
            given: Mapping[Any, object] = vars(value)
        elif isinstance(value, Mapping):
            given = value
        else:
            raise _mismatch(type_, value, path)
        if missing := [name for name in fields if name not in given]:
            raise CallError(f"{path}: {type_} needs the field {', '.join(missing)}")
        if unknown := [str(name) for name in given if name not in fields]:
            raise CallError(f"{path}: {type_} has no field {', '.join(unknown)}")
        for name, (write, at) in fields.items():
            write(encoder, given[name], out, offset + at, f"{path}.{name}")

    return put


def _array_writer(type_: ArrayType) -> Writer:
    stride = size_and_align(type_.element)[0]
    write = writer(type_.element)

    def put(encoder: Encoder, value: object, out: bytearray, offset: int, path: str) -> None:
        if not isinstance(value, Sequence) or isinstance(value, str | bytes | bytearray):
            raise _mismatch(type_, value, path)
        if len(value) != type_.length:
            raise CallError(f"{path}: {type_} needs {type_.length} values, got {len(value)}")
        for index, item in enumerate(value):
            write(encoder, item, out, offset + index * stride, f"{path}[{index}]")

    return put


def _optional_writer(inner: Type) -> Writer:
    size = size_and_align(inner)[0]
    write = writer(inner)

    def put(encoder: Encoder, value: object, out: bytearray, offset: int, path: str) -> None:
        if value is not None:
            write(encoder, value, out, offset, path)
            out[offset + size] = 1

    return put


def _promise_writer(type_: PromiseType) -> Writer:
    def put(encoder: Encoder, value: object, out: bytearray, offset: int, path: str) -> None:
        # The class knows this module; its instances say what is needed without an import here.
        native_for = getattr(value, "_native_for", None)
        if native_for is None:
            raise _mismatch(type_, value, path)
        native = native_for(encoder.runtime, type_.result, path)
        if not isinstance(native, NativePromise):
            raise ZynBug("a promise without a native one")
        encoder.took(library().zyn_promise_release, native.retain())
        _put_pointer(out, offset, native.address)

    return put


def _handle_writer(type_: HandleType) -> Writer:
    def put(encoder: Encoder, value: object, out: bytearray, offset: int, path: str) -> None:
        retained = getattr(value, "_retained", None)
        if retained is None:
            raise _mismatch(type_, value, path)
        address: int = retained(encoder.runtime, type_, path)
        encoder.took(library().zyn_object_release, address)
        _put_pointer(out, offset, address)

    return put


def _nothing_writer(type_: Type) -> Writer:
    def put(_: Encoder, value: object, __: bytearray, ___: int, path: str) -> None:
        if not isinstance(type_, VoidType) or value is not None:
            raise _mismatch(type_, value, path)

    return put


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
