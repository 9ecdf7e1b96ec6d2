"""Instructions as bytes are what an assembler makes of them; that they are the right ones is for
`test_differential`.
"""

import gc
from collections.abc import Iterator

import llvmlite.binding as llvm
import pytest

from tests.support.lowering import units
from zyn.codegen import Target
from zyn.codegen.x86 import emit_code
from zyn.codegen.x86 import encode as x86
from zyn.driver.image import is_supported
from zyn.sema.types import (
    BOOL,
    F32,
    F64,
    I8,
    I16,
    I32,
    I64,
    STRING,
    U8,
    U16,
    U32,
    U64,
    FloatType,
    Type,
)

pytestmark = pytest.mark.skipif(
    not is_supported(),
    reason="machine code of our own is for x86-64 Linux; this is another machine",
)

WIDE = ("rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
        "r13", "r14", "r15")  # fmt: skip
SUFFIXES = {8: "", 4: "d", 2: "w", 1: "b"}
LEGACY = ("ax", "cx", "dx", "bx", "sp", "bp", "si", "di")
BYTES = ("al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil")
USED = (x86.RAX, x86.RCX, x86.RDX, x86.RSI, x86.RDI, x86.R8, x86.R9, x86.R14, x86.R15)
BASES = (x86.RBX, x86.RSP, x86.RBP, x86.RCX, x86.RDX, x86.R14, x86.R15)
DISTANCES = (0, 1, -8, 127, 128, -128, -129, 70_000, -(1 << 31))

LOADS: dict[Type, tuple[str, str, str]] = {
    I8: ("movsbl", "movsbq", "movb"), U8: ("movzbl", "movzbl", "movb"),
    BOOL: ("movzbl", "movzbl", "movb"), I16: ("movswl", "movswq", "movw"),
    U16: ("movzwl", "movzwl", "movw"), I32: ("movl", "movslq", "movl"),
    U32: ("movl", "movl", "movl"), I64: ("movq", "movq", "movq"), U64: ("movq", "movq", "movq"),
    STRING: ("movq", "movq", "movq"), F32: ("movss", "", "movss"), F64: ("movsd", "", "movsd"),
}  # fmt: skip


def register(number: int, size: int) -> str:
    """A register's name."""
    if number > 7:
        return f"%{WIDE[number]}{SUFFIXES[size]}"
    names = {8: f"r{LEGACY[number]}", 4: f"e{LEGACY[number]}", 2: LEGACY[number], 1: BYTES[number]}
    return f"%{names[size]}"


def place(base: int, disp: int) -> tuple[str, str]:
    """What makes an assembler choose our size of displacement, and the operand."""
    short = "{disp8}" if -128 <= disp < 128 else "{disp32}"
    return short, f"{disp}(%{WIDE[base]})"


def size_of_register(instruction: str) -> int:
    """Bytes of the register that an instruction names, by its last letter."""
    return {"b": 1, "w": 2, "l": 4, "q": 8}[instruction[-1]]


def moves() -> Iterator[tuple[bytes, str]]:
    """Loads and stores of every scalar."""
    for type_, (load, extend, store) in LOADS.items():
        for reg in range(8) if isinstance(type_, FloatType) else USED:
            for base in BASES:
                for disp in DISTANCES:
                    short, memory = place(base, disp)
                    xmm = f"%xmm{reg}" if isinstance(type_, FloatType) else ""
                    name = xmm or register(reg, size_of_register(load))
                    yield x86.load(type_, reg, base, disp), f"{short} {load} {memory}, {name}"
                    name = xmm or register(reg, size_of_register(store))
                    yield x86.store(type_, reg, base, disp), f"{short} {store} {name}, {memory}"
                    if extend:
                        name = register(reg, size_of_register(extend))
                        code = x86.extend(type_, reg, base, disp)
                        yield code, f"{short} {extend} {memory}, {name}"


def numbers() -> Iterator[tuple[bytes, str]]:
    """Constants in registers, in memory and in arithmetic."""
    for value in (1, -1, 127, 128, -129, 65_536, (1 << 31) - 1, -(1 << 31)):
        for reg in USED:
            yield x86.number(reg, value, False), f"movl ${value}, {register(reg, 4)}"
            name = register(reg, 8 if value < 0 else 4)
            yield x86.number(reg, value, True), f"mov{'q' if value < 0 else 'l'} ${value}, {name}"
        for verb, text in (("add", "add"), ("sub", "sub"), ("cmp", "cmp")):
            yield x86.with_number(verb, value, False), f"{text}l ${value}, %eax"
            yield x86.with_number(verb, value, True), f"{text}q ${value}, %rax"
        for size, suffix in ((1, "b"), (2, "w"), (4, "l"), (8, "q")):
            short, memory = place(x86.RBP, -40)
            bits = value & (1 << 8 * size) - 1 if size < 4 else value
            code = x86.store_number(size, value, x86.RBP, -40)
            yield code, f"{short} mov{suffix} ${bits}, {memory}"
    for reg in USED:
        yield x86.number(reg, 0, True), f"xorl {register(reg, 4)}, {register(reg, 4)}"
        for value in (1 << 32, -(1 << 31) - 1, (1 << 63) - 1, -(1 << 63)):
            yield x86.number(reg, value, True), f"movabsq ${value}, {register(reg, 8)}"
        yield x86.number(reg, 0xFFFF_FFFF, True), f"movl $0xffffffff, {register(reg, 4)}"
    for value in (70_000, -70_000):
        yield x86.with_number("mul", value, False), f"imull ${value}, %eax, %eax"
        yield x86.with_number("mul", value, True), f"imulq ${value}, %rax, %rax"


def assembled(lines: list[str]) -> bytes:
    """What LLVM's assembler makes of instructions."""
    text = "".join(f'module asm "{line}"\n' for line in (".text", *lines))
    code = llvm.ObjectFileRef.from_data(Target().object_code(text, optimise=False))
    return next(bytes(s.data()) for s in code.sections() if s.name() == b".text")


@pytest.mark.parametrize("cases", [moves, numbers])
def test_instructions_are_those_of_an_assembler(cases: object) -> None:
    assert callable(cases)
    pairs = list(cases())
    expected = assembled([text for _, text in pairs])
    at = 0
    for code, text in pairs:
        assert expected[at : at + len(code)].hex() == code.hex(), text
        at += len(code)
    assert at == len(expected)


def test_a_compiled_function_leaves_no_work_for_the_collector() -> None:
    made = units("""
fn divide(a: i32, b: i32) i32 { const all = [a, b]; return all[a] / all[b]; }
async fn wait(n: i32) string { while (true) { await delay(n); } return "a" + "b"; }
""")
    gc.collect()
    gc.disable()
    try:
        emit_code(list(made.values()))
        assert gc.collect() == 0
    finally:
        gc.enable()
