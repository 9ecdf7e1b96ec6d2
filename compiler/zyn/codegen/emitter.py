"""The text of one LLVM function under construction, and how values are named, read and written.

A scalar local that is written once and read only where that write is certain to have happened is an
LLVM register; every other local is memory: a stack slot, or in a debug build the variable's place
in the shadow block.  Aggregates are always memory.
"""

import struct

from zyn.base.bug import ZynBug
from zyn.codegen.lltypes import (
    align_of,
    counted_as,
    is_aggregate,
    memory,
    register,
    size_of,
)
from zyn.codegen.module_state import ModuleState
from zyn.ir import op as ir
from zyn.ir.func import Const, Function, Local, Operand
from zyn.sema.types import (
    ArrayType,
    BoolType,
    FloatType,
    HandleType,
    OptionalType,
    PromiseType,
    StringType,
    StructType,
    Type,
    holds_reference,
)

COPY_MAX = 16
"""Aggregates of up to so many bytes are copied through a register, larger ones by memcpy."""


class Emitter:
    """Lines of the function's body.

    Registers are numbered in the order of their lines, which LLVM reads faster than names; so `let`
    must be called in the order of the text, and what comes before the body (`allocas`) is named.
    """

    def __init__(self, module: ModuleState, function: Function, *, debug: bool) -> None:
        self.module = module
        self.function = function
        self.debug = debug
        self.lines: list[str] = []
        self.allocas: list[str] = []
        self.count = 0
        self.stack_size = 0
        self.values = 0
        self.registers: dict[int, str] = {}
        self.homes: dict[int, str] = {}
        self.in_register = _register_locals(function, debug=debug)

    def number(self) -> int:
        """A number that no label or stack slot has yet."""
        self.count += 1
        return self.count

    def put(self, text: str) -> None:
        """Append an instruction."""
        self.lines.append(text)

    def let(self, text: str) -> str:
        """Append an instruction with a result; the register that holds it."""
        name = f"%{self.values}"
        self.values += 1
        self.lines.append(f"{name} = {text}")
        return name

    def alloca(self, type_text: str, size: int, align: int) -> str:
        """A stack slot in the entry block, of `size` bytes."""
        self.count += 1
        self.stack_size += size
        name = f"%m{self.count}"
        self.allocas.append(f"{name} = alloca {type_text}, align {max(align, 1)}")
        return name

    def slot_for(self, type_: Type) -> str:
        """A stack slot for a value."""
        return self.alloca(memory(type_), size_of(type_), align_of(type_))

    # --- memory ---

    def home(self, local: Local) -> str:
        """The address of a local that is memory."""
        home = self.homes.get(local.index)
        if home is None:
            home = self.slot_for(local.type)
            self.homes[local.index] = home
        return home

    def load(self, type_: Type, address: str) -> str:
        """A scalar from memory."""
        text = memory(type_)
        value = self.let(f"load {text}, ptr {address}")
        return self.let(f"trunc i8 {value} to i1") if isinstance(type_, BoolType) else value

    def store(self, type_: Type, value: str, address: str) -> None:
        """A scalar to memory."""
        if isinstance(type_, BoolType):
            value = self.let(f"zext i1 {value} to i8")
        self.put(f"store {memory(type_)} {value}, ptr {address}")

    def copy(self, type_: Type, source: str, target: str) -> None:
        """The bytes of a value from one address to another."""
        if not is_aggregate(type_):
            text = memory(type_)
            value = self.let(f"load {text}, ptr {source}")
            self.put(f"store {text} {value}, ptr {target}")
            return
        size, align = size_of(type_), align_of(type_)
        if size in (1, 2, 4, 8, COPY_MAX):
            value = self.let(f"load i{size * 8}, ptr {source}, align {align}")
            self.put(f"store i{size * 8} {value}, ptr {target}, align {align}")
            return
        name = self.module.need("llvm.memcpy.p0.p0.i64")
        self.put(
            f"call void {name}(ptr align {align} {target}, ptr align {align} {source}, "
            f"i64 {size}, i1 false)"
        )

    def zero(self, type_: Type, target: str) -> None:
        """Zero the bytes of a value."""
        name = self.module.need("llvm.memset.p0.i64")
        align = align_of(type_)
        self.put(
            f"call void {name}(ptr align {align} {target}, i8 0, i64 {size_of(type_)}, i1 false)"
        )

    def offset(self, base: str, by: int) -> str:
        """The address `by` bytes further."""
        return base if by == 0 else self.let(f"getelementptr i8, ptr {base}, i64 {by}")

    # --- operands ---

    def value(self, operand: Operand) -> str:
        """A scalar operand as LLVM text without its type."""
        if isinstance(operand, Const):
            return self.constant(operand)
        name = self.registers.get(operand.index)
        if name is not None:
            return name
        if operand.index in self.in_register:
            raise ZynBug(f"{operand.name} of {self.function.name} is read before its block")
        return self.load(operand.type, self.home(operand))

    def typed(self, operand: Operand) -> str:
        """An operand with its register type: a scalar, or the address of an aggregate."""
        if is_aggregate(operand.type):
            return f"ptr {self.address(operand)}"
        return f"{register(operand.type)} {self.value(operand)}"

    def address(self, operand: Operand) -> str:
        """The address of an aggregate operand; a constant one (null) gets a zeroed slot."""
        if isinstance(operand, Local):
            name = self.registers.get(operand.index)
            return name if name is not None else self.home(operand)
        slot = self.slot_for(operand.type)
        self.zero(operand.type, slot)
        return slot

    def constant(self, const: Const) -> str:
        """A scalar constant as LLVM text."""
        value = const.value
        match const.type:
            case BoolType():
                return "true" if value else "false"
            case FloatType(bits):
                assert isinstance(value, (int, float))
                return float_text(float(value), bits)
            case StringType():
                assert isinstance(value, str)
                return self.module.string(value)
            case PromiseType():
                return "null"
        return str(value)

    def define(self, local: Local, value: str) -> None:
        """Give a scalar local its value."""
        if local.index in self.in_register:
            self.registers[local.index] = value
        else:
            self.store(local.type, value, self.home(local))

    def write(self, type_: Type, operand: Operand, target: str, *, count: bool) -> None:
        """Copy an operand to memory; with `count` what it refers to is counted."""
        if is_aggregate(type_):
            if isinstance(operand, Const):
                self.zero(type_, target)
                return
            self.copy(type_, self.address(operand), target)
        else:
            self.store(type_, self.value(operand), target)
        if count and isinstance(operand, Local):
            self.retain(type_, target)

    # --- references ---

    def retain(self, type_: Type, address: str) -> None:
        """Count what the value at `address` refers to."""
        self._count(type_, address, "retain")

    def release(self, type_: Type, address: str) -> None:
        """Give up what the value at `address` refers to."""
        self._count(type_, address, "release")

    def _count(self, type_: Type, address: str, verb: str) -> None:
        match type_:
            case StringType() | PromiseType() | HandleType():
                what = counted_as(type_)
                value = self.let(f"load ptr, ptr {address}")
                self.put(f"call void {self.module.need(f'zyn_{what}_{verb}')}(ptr {value})")
            case _ if holds_reference(type_):
                self.put(f"call void {self.module.counter(type_, verb)}(ptr {address})")

    def count_scalar(self, type_: Type, value: str, verb: str) -> None:
        """Retain or release a text, promise or handle in a register."""
        name = self.module.need(f"zyn_{counted_as(type_)}_{verb}")
        self.put(f"call void {name}(ptr {value})")

    # --- parts of aggregates ---

    def part(self, type_: Type, base: str, path: tuple[int | Operand, ...]) -> tuple[Type, str]:
        """The type and address of what lies at `path` inside an aggregate."""
        for step in path:
            if isinstance(step, int):
                assert isinstance(type_, StructType)
                base = self.let(f"getelementptr {memory(type_)}, ptr {base}, i64 0, i32 {step}")
                type_ = type_.fields[step][1]
            else:
                assert isinstance(type_, ArrayType)
                index = self.typed(step)
                base = self.let(f"getelementptr {memory(type_.element)}, ptr {base}, {index}")
                type_ = type_.element
        return type_, base

    def flag_address(self, type_: Type, base: str) -> str:
        """The address of the byte that says whether an optional holds a value."""
        assert isinstance(type_, OptionalType)
        return self.let(f"getelementptr {memory(type_)}, ptr {base}, i64 0, i32 1")


def float_text(value: float, bits: int) -> str:
    """A float constant in LLVM's exact hexadecimal form."""
    if bits == 32:
        value = struct.unpack("f", struct.pack("f", _narrow(value)))[0]
    return f"0x{struct.unpack('>Q', struct.pack('>d', value))[0]:016X}"


def _narrow(value: float) -> float:
    """A float that is too large for 32 bits becomes infinite rather than an error."""
    limit = 3.4028235677973366e38
    if value >= limit:
        return float("inf")
    return float("-inf") if value <= -limit else value


def _register_locals(function: Function, *, debug: bool) -> set[int]:
    """Scalar locals with one write that every read comes after, on every path.

    A block with one predecessor comes after it; an await is where a function is entered again, so
    nothing written before one counts after it.
    """
    before = predecessors(function)
    home: dict[int, int] = {}
    memory_: set[int] = set()
    for block in function.blocks:
        for op in block.ops:
            if op.dst is not None:
                if op.dst.index in home:
                    memory_.add(op.dst.index)
                home[op.dst.index] = block.index
        dst = block.end.dst
        if dst is not None:
            ok = block.end.successors[0].index
            if before[ok] == JOINED or dst.index in home:
                memory_.add(dst.index)
            home[dst.index] = ok
    params = set() if function.is_async else {p.index for p in function.params}
    for block in function.blocks:
        steps: list[ir.Step] = [*block.ops, block.end]
        for step in steps:
            for source in step.sources:
                if type(source) is Local and source.index not in memory_:
                    wanted = home.get(source.index, NONE)
                    here = block.index
                    while here >= 0 and here != wanted:
                        here = before[here]
                    if here < 0:
                        memory_.add(source.index)
    return {
        local.index
        for local in function.locals
        if not is_aggregate(local.type)
        and not (debug and local.variable >= 0)
        and (
            local.index not in home
            if local.index in params
            else local.index in home and local.index not in memory_
        )
    }


NONE = -1
JOINED = -2
RESUMED = -3


def predecessors(function: Function) -> list[int]:
    """For each block its only predecessor, or NONE, JOINED (several) or RESUMED (an await)."""
    before = [NONE] * len(function.blocks)
    for block in function.blocks:
        came = RESUMED if type(block.end) is ir.Await else block.index
        for target in block.end.successors:
            before[target.index] = came if before[target.index] == NONE else JOINED
    return before
