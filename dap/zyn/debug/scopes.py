"""Which variables a frame has, where each one lies, and why some have no value.

A variable of a frame that stopped at a probe is in its shadow block.  A variable of a suspended
frame is in the frame when it is live there; else its last value is in the shadow block, if the
frame ran a debug build; else it is gone, and the row says what is in its bytes now.

Nothing here reads a value: a `Row` says where it is, `zyn.debug.render` reads all rows at once.
"""

import re
from collections import Counter
from typing import Literal

import msgspec

from zyn.base.span import Span
from zyn.debug.memory import ENDED, STATE_RETURNED, Memory, state_text
from zyn.debug.model import DebugError
from zyn.debug.program import Function, Program
from zyn.debug.stack import Level, Stacks, waits_for
from zyn.debug.values import holds_reference
from zyn.ir.side_table import Slot, Variable

START = 0


class Machine(msgspec.Struct, frozen=True, eq=False):
    """A state machine in memory."""

    function: Function
    address: int


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A variable before it was read.

    addresses  where it is: it is read from the first and written to all
    text       the value, when it is not in memory
    absent     why there is no value; `last` then says that the memory still holds the old one
    """

    name: str
    type: str
    function: Function | None = None
    addresses: tuple[int, ...] = ()
    text: str | None = None
    absent: str | None = None
    last: bool = False
    writable: bool = False
    offset: int | None = None
    size: int | None = None
    raw: bool = False
    machine: Machine | None = None
    named: int = 0
    path: str | None = None


class Scopes:
    """Finds the rows of frames."""

    def __init__(self, program: Program, memory: Memory, stacks: Stacks) -> None:
        self.program = program
        self.memory = memory
        self.stacks = stacks

    # --- locals ---------------------------------------------------------------------------------

    async def locals(self, level: Level) -> list[Row]:
        """The variables in scope where the frame stands, each with a name of its own."""
        return _told_apart(await self._locals(level))

    async def _locals(self, level: Level) -> list[Row]:
        table = level.function.table
        if level.activation is not None:
            return self._stopped_locals(level)
        if level.line is not None or level.state is None:
            why = f"not recorded: {table.function} runs its fast build"
            return [self._absent(level.function, v, why) for v in table.variables]
        if level.state in ENDED:
            return []
        shadow = await self.memory.link.shadow(level.machine) if level.machine else None
        base = shadow[0] if shadow is not None and shadow[1] == table.id else None
        span = level.span or table.span
        return [
            self._suspended_local(level, index, span, base)
            for index, variable in enumerate(table.variables)
            if level.state != START or variable.kind == "param"
            if _is_near(variable, span, table.variables)
        ]

    def _stopped_locals(self, level: Level) -> list[Row]:
        table, activation, probe = level.function.table, level.activation, level.probe
        if activation is None or probe is None:
            return []
        rows: list[Row] = []
        for index, variable in enumerate(table.variables):
            if index in probe.live and activation.shadow:
                address = activation.shadow + variable.shadow
                rows.append(self._present(level.function, variable, [address]))
            elif _is_near(variable, probe.span, table.variables):
                why = "not initialised yet"
                if variable.scope.contains(probe.span.start):
                    since = self._dead_since(level.function, variable, probe.span)
                    why = f"dead since line {since}"
                rows.append(self._absent(level.function, variable, why))
        return rows

    def _suspended_local(self, level: Level, index: int, span: Span, shadow: int | None) -> Row:
        function, state = level.function, level.state or START
        variable = function.table.variables[index]
        slot = function.slot_of(index)
        mirror = [shadow + variable.shadow] if shadow is not None else []
        if slot is not None and _is_live(slot, state):
            return self._present(function, variable, [level.machine + slot.offset, *mirror])
        if variable.span.start >= span.end or not variable.scope.contains(span.start):
            return self._absent(function, variable, "not initialised yet")
        since = self._dead_since(function, variable, span)
        if mirror and holds_reference(variable.type, function.shapes):
            return self._absent(function, variable, f"dead since line {since}, released")
        if mirror:
            return Row(
                name=variable.name, type=variable.type, function=function,
                addresses=tuple(mirror), absent=f"dead since line {since}", last=True,
            )  # fmt: skip
        holder = _holder(function, slot, state) if slot is not None else None
        if holder is not None:
            return self._absent(function, variable, f"its bytes now hold `{holder}`")
        return self._absent(function, variable, f"dead since line {since}, not recorded")

    def _present(self, function: Function, variable: Variable, addresses: list[int]) -> Row:
        return Row(
            name=variable.name, type=variable.type, function=function,
            addresses=tuple(addresses), writable=True, size=variable.size, path=variable.name,
        )  # fmt: skip

    def _absent(self, function: Function, variable: Variable, why: str) -> Row:
        return Row(name=variable.name, type=variable.type, function=function, absent=why)

    def _dead_since(self, function: Function, variable: Variable, span: Span) -> int:
        """The 1-based line of the last use before `span`, as the text has it."""
        source = self.program.sources.get(function.table.file)
        if source is None:
            return function.table.line + 1
        last = variable.span.start
        word = re.compile(rb"\b" + re.escape(variable.name.encode()) + rb"\b")
        begin = min(variable.scope.start, variable.span.start)
        for match in word.finditer(source.data, begin, min(span.end, variable.scope.end)):
            last = match.start()
        return source.line_of(last) + 1

    # --- state machine --------------------------------------------------------------------------

    async def machine(self, machine: Machine, level: Level | None = None) -> list[Row]:
        """The fields of a state machine, the state word first."""
        function, address = machine.function, machine.address
        state = await self.memory.u32(address)
        own = any(slot.name == "state" for slot in function.slots)
        rows = [
            Row(
                name="state word" if own else "state", type="u32", addresses=(address,),
                text=self.state_meaning(function, state, level), offset=0, size=4, raw=True,
            )
        ]  # fmt: skip
        return rows + [await self._slot(machine, slot, state, level) for slot in function.slots]

    async def _slot(self, machine: Machine, slot: Slot, state: int, level: Level | None) -> Row:
        function = machine.function
        address = machine.address + slot.offset
        addresses = [address]
        activation = level.activation if level is not None else None
        if slot.variable >= 0 and activation is not None and activation.shadow:
            shadow = function.table.variables[slot.variable].shadow
            addresses.append(activation.shadow + shadow)
        live = _is_live(slot, state)
        absent = None
        if not live:
            holder = _holder(function, slot, state)
            absent = f"its bytes now hold `{holder}`" if holder else _not_live(state)
        if slot.stored == "child":
            return await self._child(machine, slot, absent)
        return Row(
            name=slot.name, type=slot.type, function=function, addresses=tuple(addresses),
            absent=absent, writable=live and slot.stored in ("parameter", "local"),
            offset=slot.offset, size=slot.size, raw=True,
            path=slot.name if slot.name.isidentifier() else None,
        )  # fmt: skip

    async def _child(self, machine: Machine, slot: Slot, absent: str | None) -> Row:
        address = machine.address + slot.offset
        name = slot.function or slot.type
        callee = self.program.named(name, machine.function.table.module)
        inside, text = None, None
        if absent is None and callee is not None and callee.table.frame is not None:
            inside = Machine(callee, address)
            text = f"frame of {name}"
        elif absent is None:
            text = f"{name}: {waits_for(await self.stacks.leaf(name, address), None)}"
        return Row(
            name=slot.name, type=name, addresses=(address,), absent=absent, offset=slot.offset,
            size=slot.size, raw=True, machine=inside, named=len(callee.slots) + 1 if callee else 0,
            text=text,
        )  # fmt: skip

    def state_meaning(self, function: Function, state: int, level: Level | None = None) -> str:
        """`1 (await delay(10), line 5)`."""
        point = function.states.get(state) if state else None
        running = level is not None and level.kind == "running" and state not in ENDED
        if point is not None:
            after = "running on after " if running else ""
            return f"{state} ({after}await {point.awaits}, line {point.line + 1})"
        if running:
            return f"{state} (running from the start)"
        if state in ENDED:
            return f"{state:#x} ({ENDED[state]})"
        return f"{state} ({state_text(state)})"


def _told_apart(rows: list[Row]) -> list[Row]:
    """Inner variables come last and keep their names; those that they hide say so."""
    hiding: Counter[str] = Counter()
    found: list[Row] = []
    for row in reversed(rows):
        hiding[row.name] += 1
        times = hiding[row.name] - 1
        if times:
            name = f"{row.name} ({'outer ' * (times - 1)}outer)"
            row = msgspec.structs.replace(row, name=name, path=None)
        found.append(row)
    return found[::-1]


def _is_near(variable: Variable, span: Span, variables: tuple[Variable, ...]) -> bool:
    """Whether it can be used at the span, or is declared later in a block around it."""
    if variable.scope.contains(span.start) or span.start <= variable.span.start < span.end:
        return True
    if variable.scope.end <= span.start:
        return False
    ends = {v.scope.end for v in variables if v.scope.contains(span.start)}
    return variable.scope.end in ends


def _is_live(slot: Slot, state: int) -> bool:
    if state == START:
        return slot.stored == "parameter"
    if state == STATE_RETURNED:
        return slot.stored == "result"
    return state in slot.live_in


def _holder(function: Function, slot: Slot, state: int) -> str | None:
    """What lies in the slot's bytes instead."""
    for other in function.slots:
        if other is slot or not _is_live(other, state):
            continue
        if other.offset < slot.offset + slot.size and slot.offset < other.offset + other.size:
            return other.name
    return None


def _not_live(state: int) -> str:
    return f"not live in state {state}" if state not in ENDED else f"the function {ENDED[state]}"


ScopeKind = Literal["locals", "state_machine", "task", "runtime"]


def find(rows: list[Row], name: str) -> Row:
    """The row with a name; the last one, since inner variables come after outer ones."""
    for row in reversed(rows):
        if row.name == name:
            return row
    raise DebugError(f"there is no variable {name} here")
