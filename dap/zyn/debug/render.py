"""Rows and values as the variables that a client sees.

All rows of a page are read with one request for their bytes and one for the strings among them.
"""

from collections.abc import Callable, Sequence

import msgspec

from zyn.debug.memory import Memory
from zyn.debug.model import Variable
from zyn.debug.program import Function
from zyn.debug.scopes import Row
from zyn.debug.values import Broken, Value, decode, shape_of, show

RAW_MAX = 64  # bytes of a field shown in hex


class Inside(msgspec.Struct, frozen=True, eq=False):
    """The parts of a value in memory: fields of a struct, elements of an array."""

    function: Function
    type: str
    addresses: tuple[int, ...]
    writable: bool
    path: str | None


async def variables(
    memory: Memory, rows: Sequence[Row], reference: Callable[[object], object]
) -> list[Variable]:
    """The rows read and written out; `reference` wraps what can be looked into."""
    blocks = await memory.read_all((row.addresses[0], _size(row)) for row in rows if row.addresses)
    rest = iter(blocks)
    data = [next(rest) if row.addresses else b"" for row in rows]
    values = [_decoded(row, block) for row, block in zip(rows, data, strict=True)]
    resolved = await memory.resolved(list(values))
    promises = await memory.promise_texts(list(values))
    assert isinstance(resolved, list)
    found: list[Variable] = []
    for row, block, value, raw in zip(rows, data, resolved, values, strict=True):
        readable = not isinstance(raw, _Nothing)
        shown = show(value, row.type, promises) if readable else "unreadable"
        found.append(_variable(row, block, shown, raw if readable else None, reference))
    return found


class _Nothing(str):
    """Stands where a row has no value in memory."""

    __slots__ = ()


def _size(row: Row) -> int:
    if row.function is not None:
        return shape_of(row.type, row.function.shapes).size
    return row.size or 0


def _decoded(row: Row, block: bytes) -> Value:
    if row.function is None or not row.addresses or (row.absent and not row.last):
        return _Nothing()
    try:
        return decode(row.type, block, row.function.shapes)
    except Broken:
        return _Nothing()


def _variable(
    row: Row, block: bytes, shown: str, value: Value, reference: Callable[[object], object]
) -> Variable:
    absent = row.absent
    if absent is not None and row.last:
        absent = f"{absent}, was {shown}"
    text = f"[{absent}]" if absent is not None else row.text if row.text is not None else shown
    children, named, indexed = None, 0, 0
    if row.machine is not None:
        children, named = reference(row.machine), row.named
    elif row.function is not None and row.absent is None and row.addresses:
        named, indexed = _parts(row, value)
        if named or indexed:
            inside = Inside(row.function, row.type, row.addresses, row.writable, row.path)
            children = reference(inside)
    raw = block[: row.size or 0] if row.raw else b""
    return Variable(
        name=row.name, value=text, type=row.type, children=children, named=named, indexed=indexed,
        address=row.addresses[0] if row.addresses else None, size=row.size,
        writable=row.writable, absent=absent, evaluate_name=row.path if not absent else None,
        raw=(raw[:RAW_MAX].hex(" ") + (" .." if len(raw) > RAW_MAX else "")) or None,
        offset=row.offset,
    )  # fmt: skip


def _parts(row: Row, value: Value) -> tuple[int, int]:
    match value:
        case dict():
            return len(value), 0
        case list():
            return 0, len(value)
    return 0, 0


def parts(inside: Inside, start: int, count: int | None) -> list[Row]:
    """The rows inside a value, a page of them."""
    shapes = inside.function.shapes
    shape = shape_of(inside.type, shapes)
    while shape.kind == "optional" and shape.element is not None:
        shape = shape_of(shape.element, shapes)
    stop = None if count is None or count == 0 else start + count
    found: list[Row] = []
    if shape.kind == "struct":
        for name, type_, offset in shape.fields[start:stop]:
            found.append(_part(inside, name, type_, offset, f".{name}"))
    elif shape.kind == "array" and shape.element is not None:
        size = shape_of(shape.element, shapes).size
        found += [
            _part(inside, str(index), shape.element, index * size, f"[{index}]")
            for index in range(shape.count)[start:stop]
        ]
    return found


def _part(inside: Inside, name: str, type_: str, offset: int, step: str) -> Row:
    return Row(
        name=name, type=type_, function=inside.function,
        addresses=tuple(address + offset for address in inside.addresses),
        writable=inside.writable, size=shape_of(type_, inside.function.shapes).size,
        path=None if inside.path is None else inside.path + step,
    )  # fmt: skip
