"""A whole module as machine code: functions, and what counts and drops values."""

from collections.abc import Iterator, Sequence
from struct import pack_into

from zyn.codegen.func import COUNTS_SIZE, RETURNED, needs_drop
from zyn.codegen.lltypes import is_aggregate, param_offsets, size_of
from zyn.codegen.module import Unit
from zyn.codegen.x86 import encode as x86
from zyn.codegen.x86.builder import NONE, Builder, MachineCode
from zyn.codegen.x86.calls import Calls
from zyn.codegen.x86.code import Code
from zyn.codegen.x86.encode import R14, R15, RAX, RBX, Address
from zyn.codegen.x86.entry import emit_entry, emit_init
from zyn.codegen.x86.func import (
    ENTER,
    LEAVE,
    LOAD_R14,
    LOAD_RBX,
    SAVE_R14,
    SAVE_RBX,
    SAVED,
    SIZE_AT,
    FunctionCode,
)
from zyn.codegen.x86.ops import ONLY_BIT
from zyn.ir.func import Function
from zyn.ir.transform.pipeline import Lowered
from zyn.sema.types import (
    ArrayType,
    BoolType,
    OptionalType,
    StructType,
    Type,
    VoidType,
    align_up,
    field_offsets,
    holds_reference,
)

# push rbx; push r14; push r15; mov rbx, rdi
_COUNTER = b"\x53\x41\x56\x41\x57\x48\x89\xfb"
_COUNTED = b"\x41\x5f\x41\x5e\x5b\xc3"
# push rbx; mov rbx, rdi; mov eax, [rdi]; test eax, eax
_DROP = b"\x53\x48\x89\xfb\x8b\x07\x85\xc0"
_DROPPED = b"\x5b\xc3"


def emit_code(units: Sequence[Unit], *, counted: bool = False) -> MachineCode:
    """The baseline build of a module; `counted` as `emit_module` has it."""
    functions = [unit.lowered.function for unit in units]
    builder = Builder([f.name for f in functions], [f.is_async for f in functions])
    if counted:
        builder.count(COUNTS_SIZE * len(units))
    for index, (lowered, first_line, _) in enumerate(units):
        builder.mark(index, NONE)
        frame = lowered.frame
        drop = NONE
        if frame is not None:
            function = lowered.function
            if needs_drop(function):
                drop = _emit_drop(builder, lowered)
            size = frame.size, frame.align, frame.result
            init = emit_init(builder, function)
            builder.describe(index, function.name, size, function.result, drop, init)
            builder.made[index] = emit_entry(builder, function, builder.descriptor_of[index])
        builder.entries.append(FunctionCode(builder, lowered, index, first_line, drop).emit())
    # These belong to no function.
    builder.mark(len(units), NONE)
    _emit_counters(builder)
    return builder.finish()


def emit_thunk(symbol: str, function: Function) -> MachineCode:
    """A ZynThunk, which is exported, that calls the direct function at `symbol`: arguments from
    memory, result to memory.
    """
    builder = Builder((), ())
    code = Calls(builder, function, SAVED, 0, 0)
    offsets, _ = param_offsets(tuple(param.type for param in function.params), 0)
    for param, offset in zip(function.params, offsets, strict=True):
        code.homes[param.index] = R14, offset
    out, result = builder.code, function.result
    out += ENTER + SAVE_RBX + SAVE_R14
    out += b"\x49\x89\xf6\x48\x89\xd3"  # mov r14, rsi; mov rbx, rdx
    code.arguments(function.params, 1, (RBX, 0) if is_aggregate(result) else None)
    code.call(symbol)
    if not is_aggregate(result) and not isinstance(result, VoidType):
        if isinstance(result, BoolType):
            out += ONLY_BIT
        out += x86.store(result, RAX, RBX, 0)
    out += LOAD_RBX + LOAD_R14 + LEAVE
    pack_into("<i", out, SIZE_AT, align_up(code.room, 16) + align_up(code.outgoing, 16))
    return builder.finish()._replace(export=0)


def _emit_drop(builder: Builder, lowered: Lowered) -> int:
    """What gives up the references of a frame that returned or never started, rdi its address."""
    function, frame = lowered.function, lowered.frame
    assert frame is not None
    code = Code(builder)
    out = builder.code
    out += b"\xcc"  # nothing that a pointer leads to is at 0
    start = len(out)
    out += _DROP + b"\x0f\x84\0\0\0\0"
    to_start = len(out)
    out += x86.with_number("cmp", RETURNED, False) + b"\x0f\x85\0\0\0\0"
    to_end = len(out)
    if holds_reference(function.result):
        code.count(function.result, (RBX, frame.result), "release")
    pack_into("<i", out, to_end - 4, len(out) - to_end)
    out += _DROPPED
    pack_into("<i", out, to_start - 4, len(out) - to_start)
    for param in function.params:
        if holds_reference(param.type):
            code.count(param.type, (RBX, frame.slots[param.index]), "release")
    out += _DROPPED
    return start


def _emit_counters(builder: Builder) -> None:
    """Every function that retains or releases all that a value in memory, at rdi, refers to."""
    while waiting := [key for key, at in builder.counters.items() if at == NONE]:
        for type_, verb in waiting:
            builder.counters[type_, verb] = len(builder.code)
            code = Code(builder)
            builder.code += _COUNTER
            for part, address in _counted(type_, (RBX, 0)):
                if isinstance(part, ArrayType):
                    _count_elements(code, part, address, verb)
                else:
                    code.count(part, address, verb)
            builder.code += _COUNTED
    for end, key in builder.counter_calls:
        pack_into("<i", builder.code, end - 4, builder.counters[key] - end)


def _counted(type_: Type, address: Address) -> Iterator[tuple[Type, Address]]:
    """The texts, promises and arrays of counted things inside a value.

    The bytes of an empty optional are zero, and null references are not counted.
    """
    base, disp = address
    match type_:
        case StructType(_, fields):
            for (_, field), offset in zip(fields, field_offsets(type_), strict=True):
                yield from _counted(field, (base, disp + offset))
        case OptionalType(inner):
            yield from _counted(inner, address)
        case _ if holds_reference(type_):
            yield type_, address


def _count_elements(code: Code, type_: ArrayType, address: Address, verb: str) -> None:
    size = size_of(type_.element)
    base, disp = address
    code.lea(R14, address)
    code.lea(R15, (base, disp + size * type_.length))
    loop = len(code.out)
    code.count(type_.element, (R14, 0), verb)
    # add r14, size; cmp r14, r15; jne loop
    code.out += b"\x49\x81\xc6" + x86.I32(size) + b"\x4d\x39\xfe\x0f\x85"
    code.out += x86.I32(loop - len(code.out) - 4)
