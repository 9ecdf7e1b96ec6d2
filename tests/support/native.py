"""Run a program's functions as native code under a virtual clock, one build or the other."""

import ctypes
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

from zyn.codegen import Unit
from zyn.driver.load import Engine
from zyn.driver.loaded import LoadedFunction, LoadedModule
from zyn.driver.loader import Loader
from zyn.runtime.abi import CLOCK_VIRTUAL, Status
from zyn.runtime.host import NativeRuntime
from zyn.runtime.load import library
from zyn.runtime.structs import ZynString
from zyn.sema.types import (
    ArrayType,
    BoolType,
    FloatType,
    IntType,
    OptionalType,
    StringType,
    StructType,
    Type,
    field_offsets,
    size_and_align,
)

TIMEOUT_NS = 60 * 10**9
_CODES = {8: "b", 16: "h", 32: "i", 64: "q"}


class Outcome(NamedTuple):
    """How a call ended: `value` with the value, else an error code with its line."""

    kind: str
    line: int = 0
    value: Any = None
    message: str = ""


class Native:
    """A loaded program and a runtime of its own.

    baseline    which build to make when no engine is given
    """

    baseline = True

    def __init__(
        self,
        source: str | bytes | list[Unit],
        *,
        engine: Engine | Loader | None = None,
        **options: int,
    ) -> None:
        self.engine = engine or Engine(check=True, baseline=self.baseline)
        self.module: LoadedModule
        if isinstance(source, list):
            assert isinstance(self.engine, Engine)
            self.module = self.engine.load_units(source)
        else:
            self.module = self.engine.load(source.encode() if isinstance(source, str) else source)
        self.runtime = NativeRuntime(clock=CLOCK_VIRTUAL, **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.runtime.close()

    def function(self, name: str) -> LoadedFunction:
        """A function of the program."""
        return self.module.functions[name]

    def call(self, name: str, *args: Any, timeout_ns: int = TIMEOUT_NS) -> Outcome:
        """Call a function to its end; afterwards nothing of the call is alive."""
        function = self.function(name)
        packed = pack(function, args)
        if function.is_async:
            promise = self.runtime.call_async(function.descriptor, packed, function.args_offset)
            status = self.runtime.block_on(promise, timeout_ns)
            error = promise.error
            value = None
            if status is Status.READY:
                size = size_and_align(function.result)[0]
                memory = ctypes.string_at(promise.result_address, size) if size else b""
                value = read(function.result, memory)
            del promise
        else:
            buffer = ctypes.create_string_buffer(max(size_and_align(function.result)[0], 1))
            status, error = self.runtime.call_direct(
                function.thunk(), packed, ctypes.addressof(buffer)
            )
            value = read(function.result, buffer.raw) if status is Status.READY else None
            release(function.result, buffer.raw)
        if status is Status.READY:
            return Outcome("value", value=value)
        if error is not None:
            return Outcome(error.code.text, error.line, message=error.message)
        return Outcome(status.text)

    def live_objects(self) -> int:
        """What is still alive when everything that was dropped has been cleaned up."""
        self.runtime.run_until_idle()
        return self.runtime.live_objects()


def pack(function: LoadedFunction, args: Sequence[Any]) -> bytes:
    """Scalar arguments as the callee's memory holds them."""
    memory = bytearray(function.args_size)
    for (_, type_, offset), value in zip(function.args, args, strict=True):
        code = _code(type_)
        struct.pack_into(code, memory, offset - function.args_offset, value)
    return bytes(memory)


def _code(type_: Type) -> str:
    match type_:
        case IntType(bits, signed):
            return _CODES[bits] if signed else _CODES[bits].upper()
        case FloatType(bits):
            return "f" if bits == 32 else "d"
        case BoolType():
            return "?"
    return "P"


def read(type_: Type, memory: bytes, offset: int = 0) -> Any:
    """A value in memory as a plain Python value: tuples for structs and arrays."""
    match type_:
        case StringType():
            return text_at(struct.unpack_from("P", memory, offset)[0])
        case StructType():
            places = zip(type_.fields, field_offsets(type_), strict=True)
            return tuple(read(field, memory, offset + at) for (_, field), at in places)
        case ArrayType():
            stride = size_and_align(type_.element)[0]
            return tuple(
                read(type_.element, memory, offset + i * stride) for i in range(type_.length)
            )
        case OptionalType(inner):
            present = memory[offset + size_and_align(inner)[0]]
            assert present in (0, 1)
            return (read(inner, memory, offset),) if present else None
        case IntType() | FloatType() | BoolType():
            return struct.unpack_from(_code(type_), memory, offset)[0]
    return None


def release(type_: Type, memory: bytes, offset: int = 0) -> None:
    """Give up what a value in memory refers to."""
    match type_:
        case StringType():
            library().zyn_string_release(struct.unpack_from("P", memory, offset)[0])
        case StructType():
            places = zip(type_.fields, field_offsets(type_), strict=True)
            for (_, field), at in places:
                release(field, memory, offset + at)
        case ArrayType():
            stride = size_and_align(type_.element)[0]
            for i in range(type_.length):
                release(type_.element, memory, offset + i * stride)
        case OptionalType(inner):
            release(inner, memory, offset)


def text_at(address: int) -> str:
    """The text of a string; a null one is empty."""
    if not address:
        return ""
    length = ZynString.from_address(address).length
    return ctypes.string_at(address + ctypes.sizeof(ZynString), length).decode()
