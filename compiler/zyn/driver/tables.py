"""Side tables of whole programs: kept as bytes, placed in a file and a process."""

from collections.abc import Iterable

import msgspec

from zyn.driver.kept import Placed
from zyn.ir.side_table import SideTable


def packed(tables: Iterable[SideTable]) -> bytes:
    """The tables of a program as bytes; spans and lines count from their items."""
    return msgspec.msgpack.encode(list(tables))


def unpacked(data: bytes) -> list[SideTable]:
    """What `packed` was given."""
    return msgspec.msgpack.decode(data, type=list[SideTable])


def placed(table: SideTable, function: Placed, identity: int, module: str, file: str) -> SideTable:
    """A table that counts from the start of its file, with its number in this process."""
    moved = table.at(function.offset, function.first_line)
    return msgspec.structs.replace(moved, id=identity, module=module, file=file)
