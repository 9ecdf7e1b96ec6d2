"""Jumps and calls inside one function: labels, arguments, and code moved out of the way.

Calls follow the System V ABI: integers and addresses in six registers, floats in eight, the rest at
the bottom of the stack frame.
"""

from bisect import bisect_right
from collections.abc import Sequence
from struct import pack_into
from typing import Any

from zyn.base.source import line_starts
from zyn.codegen.lltypes import is_aggregate
from zyn.codegen.x86 import encode as x86
from zyn.codegen.x86.builder import NONE, Builder
from zyn.codegen.x86.encode import R8, R9, RAX, RBP, RCX, RDI, RDX, RSI, RSP, Address
from zyn.codegen.x86.values import NOTHING, Values
from zyn.ir.func import Function, Local, Operand
from zyn.sema.types import BoolType, FloatType

ARGUMENTS = (RDI, RSI, RDX, RCX, R8, R9)
FLOAT_ARGUMENTS = 8
EPILOGUE = -1

_JUMP_IF = tuple(bytes((0x0F, 0x80 | code, 0, 0, 0, 0)) for code in range(16))


class Calls(Values):
    """Adds control flow.  `index` is the function's number in the module, `first_line` its item's,
    0-based.

    A label is an index of a block, EPILOGUE, or what `label` gives.
    """

    def __init__(
        self, builder: Builder, function: Function, room: int, index: int, first_line: int
    ) -> None:
        super().__init__(builder, function, room)
        self.index = index
        self.first_line = first_line
        self.outgoing = 0
        self.result_home: Address = (0, 0)
        # The probe of the statement that code is made for, and the last that was marked.
        self.probe = NONE
        self.marked = NONE
        # What is emitted behind the blocks: probes, methods and their arguments.
        self.cold: list[tuple[int, Any, tuple[Any, ...]]] = []
        self._returns: bool | None = None
        self._probe_at: dict[int, int] | None = None
        self._labels = len(function.blocks)
        self._bound: dict[int, int] = {}
        self._jumps: list[tuple[int, int]] = []
        self._tail = (NOTHING, NOTHING)

    # --- labels ---

    def label(self) -> int:
        """A new label."""
        self._labels += 1
        return self._labels

    def bind(self, label: int) -> None:
        """The label is here; a jump to it that would end here is taken back."""
        if self._tail == (len(self.out), label):
            del self.out[-5:]
            self._jumps.pop()
        self._tail = (NOTHING, NOTHING)
        self._bound[label] = len(self.out)

    def jump(self, label: int) -> None:
        """Go to a label."""
        self.out += b"\xe9\0\0\0\0"
        self._tail = (len(self.out), label)
        self._jumps.append(self._tail)

    def jump_if(self, condition: int, label: int) -> None:
        """Go to a label on a condition."""
        self.out += _JUMP_IF[condition]
        self._jumps.append((len(self.out), label))

    def position(self, label: int) -> int:
        """Where a label that is bound lies in the code."""
        return self._bound[label]

    def resolve(self) -> None:
        """Write the distances of all jumps."""
        for end, label in self._jumps:
            pack_into("<i", self.out, end - 4, self._bound[label] - end)

    def later(self, method: Any, *arguments: Any) -> None:
        """Have a method called behind the blocks, for what hardly ever runs."""
        self.cold.append((self.probe, method, arguments))

    # --- places in the source ---

    def mark_loop(self, start: int) -> None:
        """Code from here on belongs to the loop at a byte offset in the item."""
        if self._probe_at is None:
            probes = self.function.probes
            self._probe_at = {span.start: index for index, (_, span, _) in enumerate(probes)}
        self.mark(self._probe_at.get(start, self.probe))

    def mark(self, probe: int) -> None:
        """Code from here on belongs to a statement."""
        self.probe = probe
        if probe != self.marked:
            self.marked = probe
            self.builder.mark(self.index, probe)

    def line(self, start: int) -> int:
        """The absolute 1-based line of a byte offset in the item."""
        text = self.function.text
        if self._returns is None:
            self._returns = b"\r" in text
        if self._returns:
            return bisect_right(line_starts(text), start) + self.first_line
        return text.count(b"\n", 0, start) + 1 + self.first_line

    def site(self, reg: int, start: int) -> None:
        """The ZynSite of a byte offset in the item."""
        self.out += x86.number(reg, self.index << 32 | self.line(start), True)
        # add reg, [sites]
        self.out += bytes((0x48 | (reg >> 3) << 2, 0x03, 0x05 | (reg & 7) << 3, 0, 0, 0, 0))
        self.builder.references.append((len(self.out), self.builder.sites))

    # --- calls ---

    def receive(self, params: Sequence[Local], used: int) -> list[tuple[Local, Address]]:
        """Send home what a caller put behind the `used` first integers; for the aggregates, which
        come by address, where that is.  The address for a direct function's aggregate result goes
        to its own home.
        """
        floats, stack = 0, 16
        by_address: list[tuple[Local, Address]] = []
        for param in params:
            type_ = param.type
            if type(type_) is FloatType and floats < FLOAT_ARGUMENTS:
                self.out += x86.store(type_, floats, *self.home(param))
                floats += 1
            elif type(type_) is not FloatType and used < len(ARGUMENTS):
                reg = ARGUMENTS[used]
                used += 1
                if is_aggregate(type_):
                    pointer = self.place(8, 8)
                    by_address.append((param, pointer))
                    self.out += x86.memory(b"\x89", reg, *pointer, True)
                    continue
                if type(type_) is BoolType:
                    # LLVM leaves all bits but the lowest undefined.
                    self.out += x86.registers(b"\x83", 4, reg) + b"\x01"  # and reg, 1
                self.out += x86.store(type_, reg, *self.home(param))
            else:
                if is_aggregate(type_):
                    by_address.append((param, (RBP, stack)))
                else:
                    home = self.homes.setdefault(param.index, (RBP, stack))
                    if home[0] != RBP:
                        self.out += x86.load(type_, RAX, RBP, stack)
                        self.out += x86.store(type_, RAX, *home)
                    if type(type_) is BoolType:
                        self.out += x86.memory(b"\x80", 4, RBP, stack) + b"\x01"
                stack += 8
        if is_aggregate(self.function.result) and not self.function.is_async:
            if used < len(ARGUMENTS):
                self.result_home = self.place(8, 8)
                self.out += x86.memory(b"\x89", ARGUMENTS[used], *self.result_home, True)
            else:
                self.result_home = RBP, stack
        return by_address

    def arguments(
        self, args: Sequence[Operand], used: int = 1, result: Address | None = None
    ) -> None:
        """Put arguments where a callee expects them, behind the `used` first integers; `result` is
        where an aggregate goes.  The accumulator was forgotten before.
        """
        places = [self.address(arg) if is_aggregate(arg.type) else None for arg in args]
        in_registers: list[tuple[Operand, Address | None, int]] = []
        floats = stack = 0
        for arg, place in zip(args, places, strict=True):
            if isinstance(arg.type, FloatType):
                if floats < FLOAT_ARGUMENTS:
                    in_registers.append((arg, None, floats))
                    floats += 1
                    continue
            elif used < len(ARGUMENTS):
                in_registers.append((arg, place, ARGUMENTS[used]))
                used += 1
                continue
            self._push(arg, place, stack)
            stack += 8
        if result is not None and used == len(ARGUMENTS):
            self._push(None, result, stack)
            stack += 8
        for arg, place, reg in in_registers:
            if place is None:
                self.into(arg, reg)
            else:
                self.lea(reg, place)
        if result is not None and used < len(ARGUMENTS):
            self.lea(ARGUMENTS[used], result)
        self.outgoing = max(self.outgoing, stack)

    def _push(self, arg: Operand | None, place: Address | None, offset: int) -> None:
        """An argument to the bottom of the stack frame."""
        if place is not None:
            self.lea(RAX, place)
            self.out += x86.memory(b"\x89", RAX, RSP, offset, True)
        elif arg is not None:
            self.write(arg.type, arg, (RSP, offset), count=False)
