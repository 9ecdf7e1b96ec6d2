"""What a run cost, for each stack of awaits: polls, time in them, time parked, allocations.

The runtime sums up every poll exactly (runtime/core/profile.c); here its numbers get the names and
lines of the program.
"""

import ctypes
from ctypes import c_uint32, c_uint64
from typing import NamedTuple

from zyn.embed.runtime import Runtime
from zyn.ir.side_table import SideTable
from zyn.runtime.abi import FrameState
from zyn.runtime.load import library

_PAGE = 4096


class _Frame(ctypes.Structure):
    """A ZynProfileFrame."""

    _fields_ = (
        ("side_table", c_uint32),
        ("state", c_uint32),
        ("offset", c_uint32),
        ("inner", c_uint32),
    )


class _Stack(ctypes.Structure):
    """A ZynProfileStack."""

    _fields_ = (
        ("polls", c_uint64),
        ("poll_ns", c_uint64),
        ("parked_ns", c_uint64),
        ("frames", c_uint64),
        ("blocks", c_uint64),
        ("bytes", c_uint64),
        ("outer", c_uint32),
        ("side_table", c_uint32),
        ("state", c_uint32),
        ("unused", c_uint32),
    )


class Stack(NamedTuple):
    """Polls that resumed one stack of awaits; times in nanoseconds.

    outer    index of the stack around, who awaits or spawned it; the first stack, which is its own,
             is outside of every poll
    line     1-based, of the await or, where awaits is None, of the function
    awaits   what was awaited, as it is written; None: the start of the function
    polls, parked_ns             counted by every frame of the stack
    poll_ns, frames, blocks, bytes   of the innermost frame alone
    """

    outer: int
    function: str
    file: str
    line: int | None
    awaits: str | None
    polls: int
    poll_ns: int
    parked_ns: int
    frames: int
    blocks: int
    bytes: int


def start_profile(runtime: Runtime) -> None:
    """Sum up every poll from now on, of the modules that are loaded.  MemoryError: there is none.

    The runtime must be open and must not be closed meanwhile.
    """
    rows = [row for module in runtime._modules for row in _frames(module.side_tables)]
    frames = (_Frame * max(len(rows), 1))(*rows)
    if not library().zyn_dbg_profile(runtime._native.address, 1, frames, len(rows)):
        raise MemoryError("the native runtime has no memory for a profile")


def read_profile(runtime: Runtime) -> list[Stack]:
    """The sums so far; empty when no profile was started."""
    room = _PAGE
    while True:
        page = (_Stack * room)()
        count = library().zyn_dbg_profile_read(runtime._native.address, page, room)
        if count <= room:
            break
        room = 2 * int(count)
    tables = {table.id: table for module in runtime._modules for table in module.side_tables}
    return [_named(page[index], tables.get(page[index].side_table)) for index in range(count)]


def _frames(tables: tuple[SideTable, ...]) -> list[_Frame]:
    """Where frames lie inside others of the same module."""
    numbers = {table.function: table.id for table in tables if table.frame is not None}
    found: list[_Frame] = []
    for table in tables:
        slots = table.frame.slots if table.frame is not None else ()
        for state in table.states:
            if 0 <= state.child < len(slots):
                slot = slots[state.child]
                inner = numbers.get(slot.function or state.callee or "")
                if inner is not None:
                    found.append(_Frame(table.id, state.index, slot.offset, inner))
    return found


def _named(row: _Stack, table: SideTable | None) -> Stack:
    sums = (row.polls, row.poll_ns, row.parked_ns, row.frames, row.blocks, row.bytes)
    if table is None:
        return Stack(row.outer, "<host>", "", None, None, *sums)
    for state in table.states:
        if state.index == row.state and row.state != FrameState.START:
            line = state.line + 1
            return Stack(row.outer, table.function, table.file, line, state.awaits, *sums)
    return Stack(row.outer, table.function, table.file, table.line + 1, None, *sums)
