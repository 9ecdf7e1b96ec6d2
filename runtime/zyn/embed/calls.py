"""How a function is called: its arguments as bytes, worked out once for each function.

Numbers and bools are packed in one step.  Everything else, and whatever that step refuses, goes
value by value through an `Encoder`, which says what is wrong with an argument.
"""

import struct
from typing import Final

from zyn.driver.loaded import LoadedFunction
from zyn.embed.errors import CallError
from zyn.embed.values import Encoder, reader, writer
from zyn.sema.types import BOOL, FloatType, IntType, Type, size_and_align

_FORMATS: Final[dict[Type, tuple[str, type]]] = {
    BOOL: ("?", bool),
    FloatType(32): ("f", float),
    FloatType(64): ("d", float),
    **{IntType(8 << size, True): ("bhiq"[size], int) for size in range(4)},
    **{IntType(8 << size, False): ("BHIQ"[size], int) for size in range(4)},
}


class Call:
    """A function, what its arguments have to be and how its result is read.

    result_size  of direct functions, whose caller has room for it
    """

    __slots__ = (
        "_pack", "_parts", "_plain", "args_offset", "descriptor", "function", "is_async", "name",
        "read", "result", "result_size",
    )  # fmt: skip

    def __init__(self, function: LoadedFunction) -> None:
        self.function: Final = function
        self.name: Final = function.name
        self.is_async: Final = function.is_async
        self.descriptor: Final = function.descriptor
        self.args_offset: Final = function.args_offset
        self.result: Final = function.result
        self.result_size: Final = size_and_align(function.result)[0]
        self.read: Final = reader(function.result)
        self._parts = [
            (name, writer(type_), offset - function.args_offset)
            for name, type_, offset in function.args
        ]
        # What `type` must say of each argument for `_pack`; None: no tuple of types equals it.
        self._plain: tuple[type, ...] | None = None
        types = [type_ for _, type_, _ in function.args]
        if all(type_ in _FORMATS for type_ in types):
            self._plain = tuple(_FORMATS[type_][1] for type_ in types)
        self._pack = struct.Struct(_layout(function) if self._plain is not None else "").pack

    def pack(self, args: tuple[object, ...]) -> bytes | None:
        """The arguments, if they are plain and right; they hold no references."""
        if self._plain == tuple(map(type, args)):
            try:
                return self._pack(*args)
            except (struct.error, OverflowError):
                return None  # `encode` says which one is out of range
        return None

    def encode(self, args: tuple[object, ...], encoder: Encoder) -> bytes:
        """The arguments with their references; CallError says which one is wrong."""
        if len(args) != len(self._parts):
            expected = ", ".join(f"{name}: {type_}" for name, type_, _ in self.function.args)
            plural = "argument" if len(self._parts) == 1 else "arguments"
            raise CallError(
                f"{self.name}({expected}) takes {len(self._parts)} {plural}, got {len(args)}"
            )
        memory = bytearray(self.function.args_size)
        try:
            for (name, write, offset), value in zip(self._parts, args, strict=True):
                write(encoder, value, memory, offset, name)
        except BaseException:
            encoder.undo()
            raise
        return bytes(memory)


def _layout(function: LoadedFunction) -> str:
    text, end = "=", function.args_offset
    for _, type_, offset in function.args:
        text += "x" * (offset - end) + _FORMATS[type_][0]
        end = offset + size_and_align(type_)[0]
    return text + "x" * (function.args_offset + function.args_size - end)
