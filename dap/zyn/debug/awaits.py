"""What the agent is told of a program so that it can list tasks itself: maps of awaits, queries.

The agent knows no side tables.  A map says for each state of each function whether what is awaited
there lies inside the frame, behind a promise, or is a leaf; with it the agent finds where 100,000
tasks wait in one pass (runtime/core/debug_place.c).
"""

import struct
from collections.abc import Sequence
from enum import IntEnum

import msgspec

from zyn.debug.program import Function, Program
from zyn.ir.side_table import State

Place = tuple[str, str | None, int | None]
"""Function, file and 1-based line of an await."""

_U32 = struct.Struct("<I")
_U64 = struct.Struct("<Q")
_FUNCTION = struct.Struct("<II")
_STEP = struct.Struct("<6I")
_QUERY = struct.Struct("<IIQQQI8I")
ALL_STATES = 0xFF
U64_MAX = (1 << 64) - 1


class Kind(IntEnum):
    """ZynAwaitKind of runtime/core/debug_tasks.h."""

    HERE = 0
    INSIDE = 1
    PROMISE = 2


class Flag(IntEnum):
    """ZYN_QUERY_* of runtime/core/debug_tasks.h."""

    PARENT = 1
    NAMED = 2
    PLACE = 4
    BARE_PLACE = 8


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Which tasks, in which order.

    states  a bit for each
    parent  None: whatever it is; 0: not known (any more)
    text    part of the name, or the id; empty: whatever it is
    awaits  function and line where they are parked
    first   ids that come before all others
    ranks   of each state, the rest of the order
    """

    states: int = ALL_STATES
    parent: int | None = None
    text: str = ""
    awaits: tuple[str, int | None] | None = None
    first: Sequence[int] = ()
    ranks: Sequence[int] = (0,) * 8


def place_of(function: Function, state: int) -> Place:
    """Where a task waits whose innermost frame is at a state, or at none that is known."""
    suspended = function.states.get(state) if state else None
    line = function.table.line if suspended is None else suspended.line
    return function.name, function.table.file or None, line + 1


def await_map(
    program: Program,
    promise_at: int,
    *,
    text: str = "",
    awaits: tuple[str, int | None] | None = None,
) -> bytes:
    """The map, which marks the functions of a name and the states of a place.

    promise_at  where the leaf that awaits a promise has its address
    """
    functions = sorted(program.functions.items())
    by_name: dict[tuple[str | None, str], Function] = {}
    for function in program.functions.values():
        by_name.setdefault((function.table.module, function.name), function)
    named = text.lower()
    parts = [_U32.pack(len(functions))]
    parts += [_FUNCTION.pack(id_, named in function.name.lower()) for id_, function in functions]
    steps: list[bytes] = []
    for id_, function in functions:
        wanted = place_of(function, 0)[::2] == awaits
        steps.append(_STEP.pack(id_, 0, Kind.HERE, 0, 0, wanted))
        for index, state in sorted(function.states.items()):
            if index:
                wanted = place_of(function, index)[::2] == awaits
                step = _step(function, state, by_name, promise_at)
                steps.append(_STEP.pack(id_, index, *step, wanted))
    return b"".join([*parts, _U32.pack(len(steps)), *steps])


def _step(
    function: Function,
    state: State,
    by_name: dict[tuple[str | None, str], Function],
    promise_at: int,
) -> tuple[Kind, int, int]:
    """Kind, offset and inner function of what is awaited, as `zyn.debug.stack` follows it."""
    slots = function.slots
    if 0 <= state.child < len(slots):
        slot = slots[state.child]
        name = slot.function or state.callee or ""
        callee = by_name.get((function.table.module, name))
        if callee is not None and callee.table.frame is not None:
            return Kind.INSIDE, slot.offset, callee.table.id
        if name == "await_promise":
            return Kind.PROMISE, slot.offset + promise_at, 0
    elif 0 <= state.promise < len(slots):
        return Kind.PROMISE, slots[state.promise].offset, 0
    return Kind.HERE, 0, 0


def query(program: Program, promise_at: int, wanted: Query, start: int, count: int) -> bytes:
    """A request for a page; numbers that no task can have match none."""
    text, awaits = wanted.text, wanted.awaits
    flags = 0
    if wanted.parent is not None:
        flags |= Flag.PARENT
    if text:
        flags |= Flag.NAMED
    if awaits is not None:
        flags |= Flag.PLACE
        flags |= Flag.BARE_PLACE if awaits[1] is None else 0
    id_ = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    id_ = id_ if str(id_) == text and id_ <= U64_MAX else 0
    first = sorted(wanted.first)
    needs_map = bool(flags & (Flag.NAMED | Flag.PLACE))
    nothing = _U32.pack(0) * 2
    return b"".join(
        [
            _QUERY.pack(wanted.states, flags, wanted.parent or 0, id_, start, count, *wanted.ranks),
            _block(text.lower()),
            _block(awaits[0] if awaits is not None else ""),
            _U32.pack(len(first)),
            *(_U64.pack(task) for task in first),
            await_map(program, promise_at, text=text, awaits=awaits) if needs_map else nothing,
        ]
    )


def _block(text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    return _U32.pack(len(data)) + data
