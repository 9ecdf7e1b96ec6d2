"""Side tables of whole programs: kept as bytes, placed in a file and a process."""

from array import array
from collections.abc import Iterable, Sequence

import msgspec

from zyn.driver.kept import Placed
from zyn.ir.side_table import NativeRange, SideTable


def packed(tables: Iterable[SideTable]) -> bytes:
    """The tables of a program as bytes; spans and lines count from their items."""
    return msgspec.msgpack.encode(list(tables))


def unpacked(data: bytes) -> list[SideTable]:
    """What `packed` was given."""
    return msgspec.msgpack.decode(data, type=list[SideTable])


def placed(
    table: SideTable,
    function: Placed,
    identity: int,
    module: str,
    file: str,
    native: Sequence[NativeRange],
) -> SideTable:
    """A table that counts from the start of its file, with its number and code in this process."""
    moved = table.at(function.offset, function.first_line)
    return msgspec.structs.replace(
        moved, id=identity, module=module, file=file, native=tuple(native)
    )


def native_ranges(lines: bytes, count: int) -> list[list[NativeRange]]:
    """The code of each of `count` functions, from the `lines` of their image.

    Code that all functions share comes last and gives the end of what is before it.
    """
    found: list[list[NativeRange]] = [[] for _ in range(count)]
    words = array("I", lines)
    starts, functions, probes = words[::3], words[1::3], words[2::3]
    for at, function in enumerate(functions[:-1]):
        if function < count:
            size = starts[at + 1] - starts[at]
            found[function].append(NativeRange(starts[at], size, probes[at] - 1))
    return found
