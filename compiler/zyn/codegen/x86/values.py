"""Where the values of one function are while its code is made.

Every local has a home: a place below the frame pointer, the caller's stack for what was passed
there, the frame slot of a parameter that nothing writes, or a register for what a loop uses most.
The accumulator (rax, xmm0 for floats) may hold the last result in front of its home; a result that
the very next operation reads, and nothing else does, never goes home.

Registers of a function: rbp its stack frame, rbx the context, r14 the state machine, r15 an address
that outlives calls; r12, r13 and those of the last two that it does not need are homes; everything
else is free between operations.
"""

import struct

from zyn.codegen.emitter import float_text
from zyn.codegen.lltypes import align_of, is_aggregate, size_of
from zyn.codegen.x86 import encode as x86
from zyn.codegen.x86.builder import Builder
from zyn.codegen.x86.code import Code
from zyn.codegen.x86.encode import R15, RAX, RBP, RCX, RDI, RSI, Address
from zyn.ir.func import Const, Function, Local, Operand
from zyn.sema.types import (
    ArrayType,
    FloatType,
    StringType,
    StructType,
    Type,
    align_up,
    field_offsets,
    holds_reference,
)

NOTHING = -1
COPIED_MAX = 64
"""Aggregates of up to so many bytes are copied through a register, larger ones by `rep movsb`."""

_CHUNKS = ((8, True, b""), (4, False, b""), (2, False, b"\x66"), (1, False, b""))


class Values(Code):
    """The code of a module so far, and the state of one function."""

    def __init__(self, builder: Builder, function: Function, room: int) -> None:
        super().__init__(builder)
        self.function = function
        self.room = room
        self.homes: dict[int, Address] = {}
        self.reads: list[int] = [0] * len(function.locals)
        # The local in the accumulator; whether its home lacks it; the condition that it still is.
        self.held = NOTHING
        self.unsaved = False
        self.condition = NOTHING

    # --- homes ---

    def place(self, size: int, align: int) -> Address:
        """A new place on the stack."""
        self.room = align_up(self.room + size, align)
        return RBP, -self.room

    def home(self, local: Local) -> Address:
        """Where a local is when it is not in the accumulator."""
        home = self.homes.get(local.index)
        if home is None:
            home = self.place(max(size_of(local.type), 1), align_of(local.type))
            self.homes[local.index] = home
        return home

    # --- the accumulator ---

    def save(self) -> None:
        """Send the accumulator's local home if it has to go, and keep it."""
        if self.unsaved:
            local = self.function.locals[self.held]
            if self.condition != NOTHING:
                self._materialise()
            if self.reads[self.held]:
                self.out += x86.store(local.type, RAX, *self.home(local))
            self.unsaved = False

    def forget(self) -> None:
        """Before the accumulator is used for something else."""
        if self.unsaved:
            self.save()
        self.held = NOTHING

    def _materialise(self) -> None:
        # setcc al; movzx eax, al
        self.out += bytes((0x0F, 0x90 | self.condition, 0xC0, 0x0F, 0xB6, 0xC0))
        self.condition = NOTHING

    def take(self, operand: Operand) -> None:
        """A scalar into the accumulator, which the caller changes."""
        if type(operand) is Local:
            index = operand.index
            if index == self.held:
                if self.unsaved:
                    if self.reads[index] > 1:
                        self.save()
                    elif self.condition != NOTHING:
                        self._materialise()
                    self.unsaved = False
            else:
                if self.unsaved:
                    self.save()
                self.out += x86.load(operand.type, RAX, *self.home(operand))
        else:
            self.forget()
            self.constant(operand, RAX)
        self.held = NOTHING

    def define(self, local: Local) -> None:
        """The accumulator holds a local's new value."""
        self.held = local.index
        self.unsaved = True

    def constant(self, const: Operand, reg: int) -> None:
        """A scalar constant into a register; a float goes through rax."""
        assert type(const) is Const
        match const.type:
            case FloatType(bits):
                self.out += x86.number(RAX, float_bits(const), bits == 64)
                # movd or movq xmm, eax or rax
                self.out += x86.registers(b"\x0f\x6e", reg, RAX, bits == 64, b"\x66")
            case StringType():
                assert isinstance(const.value, str)
                self.lea_data(reg, self.builder.string(const.value))
            case _:
                self.out += x86.number(reg, int(const.value or 0), x86.form(const.type).wide)

    def into(self, operand: Operand, reg: int) -> None:
        """A scalar into any register; the accumulator was saved before."""
        if type(operand) is Local:
            self.out += x86.load(operand.type, reg, *self.home(operand))
        else:
            self.constant(operand, reg)

    def widened(self, operand: Operand, reg: int) -> None:
        """An integer into a register, extended to 64 bits; the accumulator was saved before."""
        if type(operand) is Local:
            self.out += x86.extend(operand.type, reg, *self.home(operand))
        else:
            assert type(operand) is Const
            self.out += x86.number(reg, int(operand.value or 0), True)

    def address(self, operand: Operand) -> Address:
        """Where an aggregate is; a constant one (null) gets a zeroed place."""
        if type(operand) is Local:
            return self.home(operand)
        place = self.place(size_of(operand.type), align_of(operand.type))
        self.zero(operand.type, place)
        return place

    # --- memory ---

    def copy(self, size: int, source: Address, target: Address) -> None:
        """Bytes from one address to another; rax is lost, of large ones rcx, rsi and rdi too."""
        if size > COPIED_MAX:
            self.lea(RSI, source)
            self.lea(RDI, target)
            self.out += x86.number(RCX, size, False) + b"\xf3\xa4"
            return
        done = 0
        for chunk, wide, prefix in _CHUNKS:
            load = b"\x0f\xb6" if chunk == 1 else b"\x8b"
            store = b"\x88" if chunk == 1 else b"\x89"
            while size - done >= chunk:
                self.out += x86.memory(load, RAX, source[0], source[1] + done, wide, prefix)
                self.out += x86.memory(store, RAX, target[0], target[1] + done, wide, prefix)
                done += chunk

    def zero(self, type_: Type, target: Address) -> None:
        """Zero the bytes of a value."""
        size = size_of(type_)
        if size > COPIED_MAX:
            self.lea(RDI, target)
            self.out += x86.number(RAX, 0, False) + x86.number(RCX, size, False) + b"\xf3\xaa"
            return
        done = 0
        for chunk, _, _ in _CHUNKS:
            while size - done >= chunk:
                self.out += x86.store_number(chunk, 0, target[0], target[1] + done)
                done += chunk

    def write(self, type_: Type, operand: Operand, target: Address, *, count: bool) -> None:
        """An operand to memory; with `count` what it refers to is counted."""
        if is_aggregate(type_):
            self.forget()
            if type(operand) is Const:
                self.zero(type_, target)
                return
            self.copy(size_of(type_), self.address(operand), target)
        elif type(operand) is Local:
            self.take(operand)
            self.out += x86.store(type_, RAX, *target)
        else:
            assert type(operand) is Const
            self._write_constant(type_, operand, target)
        if count and type(operand) is Local and holds_reference(type_):
            self.count(type_, target, "retain")

    def _write_constant(self, type_: Type, const: Const, target: Address) -> None:
        form = x86.form(type_)
        bits = NOTHING
        if isinstance(type_, FloatType):
            bits = float_bits(const)
        elif not isinstance(type_, StringType):
            bits = int(const.value or 0)
        if isinstance(type_, StringType) or (form.size == 8 and not fits(bits)):
            self.forget()
            if isinstance(type_, FloatType):
                self.out += x86.number(RAX, bits, True)
                self.out += x86.memory(b"\x89", RAX, *target, True)
            else:
                self.constant(const, RAX)
                self.out += x86.store(type_, RAX, *target)
        else:
            self.out += x86.store_number(form.size, bits, *target)

    # --- parts of aggregates ---

    def part(
        self, type_: Type, base: Address, path: tuple[int | Operand, ...]
    ) -> tuple[Type, Address]:
        """The type and address of what lies at `path`; an element's address is in r15."""
        for step in path:
            if isinstance(step, int):
                assert isinstance(type_, StructType)
                base = base[0], base[1] + field_offsets(type_)[step]
                type_ = type_.fields[step][1]
                continue
            assert isinstance(type_, ArrayType)
            type_ = type_.element
            size = size_of(type_)
            if type(step) is Const:
                base = base[0], base[1] + size * int(step.value or 0)
                continue
            self.widened(step, RAX)
            # imul rax, rax, size
            self.out += b"\x48\x69\xc0" + x86.I32(size)
            if base[0] != R15:
                self.lea(R15, base)
                base = R15, 0
            self.out += x86.registers(x86.ADD, R15, RAX, True)
        return type_, base


def float_bits(const: Const) -> int:
    """The bits of a float constant in memory."""
    assert isinstance(const.type, FloatType)
    assert isinstance(const.value, (int, float))
    wide = int(float_text(float(const.value), const.type.bits), 16)
    if const.type.bits == 64:
        return wide
    narrow: int = struct.unpack("<I", struct.pack("<f", struct.unpack("<d", struct.pack(
        "<Q", wide))[0]))[0]  # fmt: skip
    return narrow


def fits(value: int) -> bool:
    """Whether a constant fits 32 bits with a sign."""
    return -(1 << 31) <= value < 1 << 31
