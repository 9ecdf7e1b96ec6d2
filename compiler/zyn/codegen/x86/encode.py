"""x86-64 instructions as bytes.

Every function here is pure and remembers its answers: a program repeats the same few hundred
encodings, and looking one up costs a tenth of making it.  Registers are their hardware numbers.
Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2.
"""

from functools import lru_cache
from struct import Struct
from typing import NamedTuple

from zyn.base.bug import ZynBug
from zyn.sema.types import (
    BoolType,
    FloatType,
    HandleType,
    IntType,
    PromiseType,
    StringType,
    Type,
)

RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9 = range(10)
R12, R13, R14, R15 = range(12, 16)
XMM0, XMM1 = 0, 1

REMEMBERED = 1 << 16
"""Encodings kept per kind of instruction."""

I32 = Struct("<i").pack
U32 = Struct("<I").pack
U64 = Struct("<Q").pack
MASK32 = 0xFFFFFFFF
MASK64 = 0xFFFFFFFFFFFFFFFF

# Condition codes; a code with its lowest bit flipped is the opposite.
BELOW, ABOVE_EQUAL, EQUAL, NOT_EQUAL, BELOW_EQUAL, ABOVE = 2, 3, 4, 5, 6, 7
LESS, GREATER_EQUAL, LESS_EQUAL, GREATER = 12, 13, 14, 15

SIGNED = {"eq": EQUAL, "ne": NOT_EQUAL, "lt": LESS, "le": LESS_EQUAL, "gt": GREATER,
          "ge": GREATER_EQUAL}  # fmt: skip
UNSIGNED = {"eq": EQUAL, "ne": NOT_EQUAL, "lt": BELOW, "le": BELOW_EQUAL, "gt": ABOVE,
            "ge": ABOVE_EQUAL}  # fmt: skip

ADD, SUB, CMP, XOR = b"\x03", b"\x2b", b"\x3b", b"\x33"
IMUL = b"\x0f\xaf"
LEA = b"\x8d"
MOV_LOAD, MOV_STORE = b"\x8b", b"\x89"
ADD_FLOAT, MUL_FLOAT, SUB_FLOAT, DIV_FLOAT = b"\x0f\x58", b"\x0f\x59", b"\x0f\x5c", b"\x0f\x5e"

Address = tuple[int, int]
"""A base register and a displacement; a register itself is (~number, 0)."""


class Form(NamedTuple):
    """How a scalar type is moved.

    size       bytes in memory
    is_float   whether its register is an xmm one
    load       opcode into a register, extended to 32 bits by its sign; `prefix` before it
    extend     opcode into a register, extended to 64 bits
    wide       whether arithmetic is of 64 bits
    """

    size: int
    is_float: bool
    prefix: bytes
    load: bytes
    store: bytes
    extend: bytes
    extend_wide: bool
    wide: bool


_FORMS: dict[tuple[int, bool], Form] = {
    (8, True): Form(1, False, b"", b"\x0f\xbe", b"\x88", b"\x0f\xbe", True, False),
    (8, False): Form(1, False, b"", b"\x0f\xb6", b"\x88", b"\x0f\xb6", False, False),
    (16, True): Form(2, False, b"", b"\x0f\xbf", b"\x89", b"\x0f\xbf", True, False),
    (16, False): Form(2, False, b"", b"\x0f\xb7", b"\x89", b"\x0f\xb7", False, False),
    (32, True): Form(4, False, b"", b"\x8b", b"\x89", b"\x63", True, False),
    (32, False): Form(4, False, b"", b"\x8b", b"\x89", b"\x8b", False, False),
    (64, True): Form(8, False, b"", b"\x8b", b"\x89", b"\x8b", True, True),
    (64, False): Form(8, False, b"", b"\x8b", b"\x89", b"\x8b", True, True),
}
_FLOAT = {
    32: Form(4, True, b"\xf3", b"\x0f\x10", b"\x0f\x11", b"", False, False),
    64: Form(8, True, b"\xf2", b"\x0f\x10", b"\x0f\x11", b"", False, False),
}
POINTER = _FORMS[64, False]


@lru_cache(maxsize=REMEMBERED)
def form(type_: Type) -> Form:
    """How a scalar is moved; a bool is a byte that is 0 or 1."""
    match type_:
        case IntType(bits, signed):
            return _FORMS[bits, signed]
        case FloatType(bits):
            return _FLOAT[bits]
        case BoolType():
            return _FORMS[8, False]
        case StringType() | PromiseType() | HandleType():
            return POINTER
    raise ZynBug(f"{type_} is no scalar")


@lru_cache(maxsize=REMEMBERED)
def memory(
    opcode: bytes, reg: int, base: int, disp: int, wide: bool = False, prefix: bytes = b"",
    byte: bool = False,
) -> bytes:  # fmt: skip
    """An instruction of a register and an address; `byte`: the register is a byte of one."""
    if base < 0:
        return registers(opcode, reg, ~base, wide, prefix)
    rex = 0x40 | wide << 3 | (reg >> 3) << 2 | base >> 3
    head = bytes((rex,)) if rex != 0x40 or (byte and reg >= RSP) else b""
    field = (reg & 7) << 3 | base & 7
    sib = b"\x24" if base & 7 == RSP else b""
    if -128 <= disp < 128:
        tail = bytes((0x40 | field, *sib, disp & 255))
    else:
        tail = bytes((0x80 | field, *sib)) + I32(disp)
    return prefix + head + opcode + tail


@lru_cache(maxsize=REMEMBERED)
def registers(
    opcode: bytes, reg: int, other: int, wide: bool = False, prefix: bytes = b""
) -> bytes:
    """An instruction of two registers, `other` in the place of memory."""
    rex = 0x40 | wide << 3 | (reg >> 3) << 2 | other >> 3
    head = bytes((rex,)) if rex != 0x40 else b""
    return prefix + head + opcode + bytes((0xC0 | (reg & 7) << 3 | other & 7,))


@lru_cache(maxsize=REMEMBERED)
def load(type_: Type, reg: int, base: int, disp: int) -> bytes:
    """A scalar into a register, extended to at least 32 bits."""
    f = form(type_)
    return memory(f.load, reg, base, disp, f.wide, f.prefix)


@lru_cache(maxsize=REMEMBERED)
def extend(type_: Type, reg: int, base: int, disp: int) -> bytes:
    """An integer or bool into a register, extended to 64 bits."""
    f = form(type_)
    return memory(f.extend, reg, base, disp, f.extend_wide)


@lru_cache(maxsize=REMEMBERED)
def store(type_: Type, reg: int, base: int, disp: int) -> bytes:
    """A scalar to memory."""
    f = form(type_)
    prefix = b"\x66" if f.size == 2 else f.prefix
    return memory(f.store, reg, base, disp, f.wide, prefix, byte=f.size == 1)


@lru_cache(maxsize=REMEMBERED)
def number(reg: int, value: int, wide: bool) -> bytes:
    """`reg` = a constant, of 64 bits when `wide`; flags are lost."""
    if value == 0:
        return registers(b"\x31", reg, reg)
    bits = value & (MASK64 if wide else MASK32)
    rex = b"\x41" if reg > 7 else b""
    if bits <= MASK32:
        return rex + bytes((0xB8 | reg & 7,)) + U32(bits)
    if bits >= MASK64 - 0x7FFFFFFF:
        return bytes((0x48 | reg >> 3, 0xC7, 0xC0 | reg & 7)) + U32(bits & MASK32)
    return bytes((0x48 | reg >> 3, 0xB8 | reg & 7)) + U64(bits)


@lru_cache(maxsize=REMEMBERED)
def store_number(size: int, value: int, base: int, disp: int) -> bytes:
    """[base + disp] = a constant of `size` bytes that its lower 32 bits give by their sign."""
    if size == 1:
        return memory(b"\xc6", 0, base, disp) + bytes((value & 255,))
    if size == 2:
        return memory(b"\xc7", 0, base, disp, prefix=b"\x66") + U32(value & MASK32)[:2]
    return memory(b"\xc7", 0, base, disp, size == 8) + U32(value & MASK32)


@lru_cache(maxsize=REMEMBERED)
def with_number(opcode: str, value: int, wide: bool) -> bytes:
    """eax or rax = itself `add`, `sub`, `mul` or `cmp` a constant that fits 32 bits with sign."""
    rex = b"\x48" if wide else b""
    if opcode == "mul":
        return rex + b"\x69\xc0" + I32(value)
    if -128 <= value < 128:
        return rex + b"\x83" + _SHORT[opcode] + bytes((value & 255,))
    return rex + _LONG[opcode] + I32(value)


_SHORT = {"add": b"\xc0", "sub": b"\xe8", "cmp": b"\xf8"}
_LONG = {"add": b"\x05", "sub": b"\x2d", "cmp": b"\x3d"}
