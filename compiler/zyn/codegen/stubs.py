"""Stubs: the stable addresses that callers and promises hold.

A stub is one jump through the function's cell, so that a store into the cell changes the build that
runs. LLVM would spend as long on each as on a small function; where the machine is known they are
assembler text.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from zyn.codegen.lltypes import is_aggregate, register
from zyn.sema.types import Type, VoidType


class Stub(NamedTuple):
    """A stub to be made; names with their `@`.  `params` and `result` are those of the code it
    jumps to.
    """

    symbol: str
    cell: str
    params: tuple[Type, ...] | None  # None: the poll of a state machine
    result: Type


def emit_stubs(stubs: Sequence[Stub], triple: str) -> str:
    """LLVM text for all of them."""
    machine = triple.partition("-")[0]
    jump = _JUMPS.get(machine)
    if jump is None or "darwin" in triple or "windows" in triple:
        return "".join(_in_llvm(stub) for stub in stubs)
    lines = [".text"]
    for stub in stubs:
        lines += [f"{stub.symbol[1:]}:", *jump(stub.cell[1:])]
    # One statement for all: LLVM reads it a quarter faster than one per line.
    text = 'module asm "' + "\\0A".join(lines) + '"\n'
    return text + "".join(f"declare {_signature(stub)} #0\n" for stub in stubs)


def _x86_64(cell: str) -> list[str]:
    return [f"jmpq *{cell}(%rip)"]


def _aarch64(cell: str) -> list[str]:
    return [f"adrp x16, {cell}", f"ldr x16, [x16, :lo12:{cell}]", "br x16"]


_JUMPS: dict[str, Callable[[str], list[str]]] = {"x86_64": _x86_64, "aarch64": _aarch64}


def _signature(stub: Stub) -> str:
    if stub.params is None:
        return f"i64 {stub.symbol}(ptr %sm, ptr %cx)"
    return direct_signature(stub.symbol, stub.params, stub.result)


def _in_llvm(stub: Stub) -> str:
    head = f"define internal {_signature(stub)} #0 {{\n"
    load = f"%code = load volatile ptr, ptr {stub.cell}, align 8\n"
    if stub.params is None:
        return f"{head}{load}%r = musttail call i64 %code(ptr %sm, ptr %cx)\nret i64 %r\n}}\n"
    args = "ptr %cx" + "".join(f", {register(t)} %a{i}" for i, t in enumerate(stub.params))
    if isinstance(stub.result, VoidType) or is_aggregate(stub.result):
        args += "" if isinstance(stub.result, VoidType) else ", ptr %result"
        return f"{head}{load}musttail call void %code({args})\nret void\n}}\n"
    result = register(stub.result)
    return f"{head}{load}%r = musttail call {result} %code({args})\nret {result} %r\n}}\n"


def direct_signature(name: str, params: Sequence[Type], result: Type) -> str:
    """`R name(ptr %cx, args)`; an aggregate result is written to a last parameter `%result`."""
    args = "".join(f", {register(type_)} %a{i}" for i, type_ in enumerate(params))
    if isinstance(result, VoidType):
        return f"void {name}(ptr %cx{args})"
    if is_aggregate(result):
        return f"void {name}(ptr %cx{args}, ptr %result)"
    return f"{register(result)} {name}(ptr %cx{args})"
