"""Each IR operation as x86-64 instructions; failures jump to the error successor."""

from collections.abc import Callable

from zyn.codegen.func import count_offset
from zyn.codegen.lltypes import is_aggregate, param_offsets, size_of
from zyn.codegen.ops import HEADER_SIZE
from zyn.codegen.x86 import encode as x86
from zyn.codegen.x86.builder import NONE
from zyn.codegen.x86.calls import ARGUMENTS, Calls
from zyn.codegen.x86.encode import R15, RAX, RBX, RCX, RDI, RDX, RSI, XMM0, XMM1, Address
from zyn.codegen.x86.values import NOTHING, fits
from zyn.ir import op as ir
from zyn.ir.func import Const, Local, Operand
from zyn.ir.leaf import LEAVES
from zyn.ir.operation import OPERATIONS
from zyn.sema.types import (
    BOOL,
    ArrayType,
    BoolType,
    FloatType,
    HandleType,
    IntType,
    OptionalType,
    StringType,
    StructType,
    Type,
    field_offsets,
    holds_reference,
)

_MOVE_CX = x86.registers(b"\x89", RBX, RDI, True)  # mov rdi, rbx
ONLY_BIT = b"\x83\xe0\x01"  # and eax, 1: LLVM leaves the other bits of a bool undefined
_TEST = b"\x85\xc0"  # test eax, eax
_TEST_WIDE = b"\x48\x85\xc0"
_FAILED = b"\x48\x83\x7b\x28\x00"  # cmp qword [rbx + 40], 0
_COUNT = b"\x48\xff\x05\0\0\0\0"  # inc qword [rip + disp32]
_ATTENTION = b"\x48\x83\x7b\x18\x00"  # cmp qword [rbx + 24], 0
_STACK = b"\x48\x3b\x63\x20"  # cmp rsp, [rbx + 32]
_INT = {"add": x86.ADD, "sub": x86.SUB, "mul": x86.IMUL}
_FLOAT = {
    "add": x86.ADD_FLOAT, "sub": x86.SUB_FLOAT, "mul": x86.MUL_FLOAT, "fdiv": x86.DIV_FLOAT,
}  # fmt: skip
_COMMUTES = frozenset(("add", "mul", "eq", "ne"))
_PREFIX = {32: b"\xf3", 64: b"\xf2"}


class Ops(Calls):
    """Adds operations; functions and awaits come above."""

    state_machine = False

    # --- plain operations ---

    def assign(self, op: ir.Assign) -> None:
        """A copy; counting was made explicit."""
        if is_aggregate(op.dst.type):
            self.write(op.dst.type, op.src, self.home(op.dst), count=False)
        else:
            self.take(op.src)
            self.define(op.dst)

    def unary(self, op: ir.Unary) -> None:
        """`neg` or `not`."""
        type_ = op.a.type
        self.take(op.a)
        if op.op == "not":
            self.out += b"\x83\xf0\x01"  # xor eax, 1
        elif isinstance(type_, FloatType):
            wide = type_.bits == 64
            self.out += x86.registers(b"\x0f\x7e", XMM0, RAX, wide, b"\x66")
            # btc eax or rax, the sign bit
            self.out += b"\x48\x0f\xba\xf8\x3f" if wide else b"\x0f\xba\xf8\x1f"
            self.out += x86.registers(b"\x0f\x6e", XMM0, RAX, wide, b"\x66")
        else:
            self.out += b"\x48\xf7\xd8" if x86.form(type_).wide else b"\xf7\xd8"
            self._narrow(type_)
        self.define(op.dst)

    def _narrow(self, type_: Type) -> None:
        """Extend what arithmetic of 32 bits left of a smaller integer."""
        form = x86.form(type_)
        if form.size < 4:
            self.out += x86.registers(form.load, RAX, RAX)

    def binary(self, op: ir.Binary) -> None:
        """Arithmetic that wraps, or a comparison."""
        a, b, verb = op.a, op.b, op.op
        type_ = a.type
        if type(type_) is FloatType:
            self._binary_float(op, type_)
            return
        if type(type_) is StringType:
            self._compare_texts(op)
            return
        if type(b) is Local and b.index == self.held and verb in _COMMUTES:
            a, b = b, a
        if type(b) is Local and b.index == self.held:
            self.save()
        self.take(a)
        if verb in ("div", "rem"):
            assert isinstance(type_, IntType)
            self.into(b, RCX)
            self._quotient(type_, verb)
            self.define(op.dst)
            return
        opcode = _INT.get(verb)
        form = x86.form(type_)
        if type(b) is Const:
            self._with_constant(verb if opcode else "cmp", int(b.value or 0), form.wide)
        elif form.size >= 4:
            assert type(b) is Local
            self.out += x86.memory(opcode or x86.CMP, RAX, *self.home(b), form.wide)
        else:
            assert type(b) is Local
            self.out += x86.load(type_, RCX, *self.home(b))
            self.out += x86.registers(opcode or x86.CMP, RAX, RCX)
        if opcode is None:
            signed = type(type_) is IntType and type_.signed
            self.condition = (x86.SIGNED if signed else x86.UNSIGNED)[verb]
        elif form.size < 4:
            self._narrow(type_)
        self.define(op.dst)

    def _with_constant(self, verb: str, value: int, wide: bool) -> None:
        if not wide:
            value = (value + 0x8000_0000 & x86.MASK32) - 0x8000_0000
        if fits(value):
            self.out += x86.with_number(verb, value, wide)
        else:
            self.out += x86.number(RCX, value, True)
            self.out += x86.registers(_INT.get(verb, x86.CMP), RAX, RCX, True)

    def _binary_float(self, op: ir.Binary, type_: FloatType) -> None:
        a, b = op.a, op.b
        if op.op in ("lt", "le"):
            a, b = b, a  # `above` is false for not-a-number, `below` is not
        if op.op == "frem":
            self.forget()
            self.into(a, XMM0)
            self.into(b, XMM1)
            self.call("fmod" if type_.bits == 64 else "fmodf")
            self.define(op.dst)
            return
        if type(b) is Local and b.index == self.held:
            self.save()
        self.take(a)
        prefix = _PREFIX[type_.bits]
        compared = op.op in x86.UNSIGNED
        if compared:
            prefix = b"\x66" if type_.bits == 64 else b""
        opcode = b"\x0f\x2e" if compared else _FLOAT[op.op]  # ucomis
        if type(b) is Local:
            self.out += x86.memory(opcode, XMM0, *self.home(b), False, prefix)
        else:
            self.constant(b, XMM1)
            self.out += x86.registers(opcode, XMM0, XMM1, False, prefix)
        if compared:
            self._float_condition(op.op)
        self.define(op.dst)

    def _float_condition(self, verb: str) -> None:
        if verb in ("lt", "gt"):
            self.condition = x86.ABOVE
        elif verb in ("le", "ge"):
            self.condition = x86.ABOVE_EQUAL
        elif verb == "eq":
            # setnp cl; sete al; and al, cl; movzx eax, al
            self.out += b"\x0f\x9b\xc1\x0f\x94\xc0\x20\xc8\x0f\xb6\xc0"
        else:
            # setp cl; setne al; or al, cl; movzx eax, al
            self.out += b"\x0f\x9a\xc1\x0f\x95\xc0\x08\xc8\x0f\xb6\xc0"

    def _compare_texts(self, op: ir.Binary) -> None:
        self.forget()
        self.into(op.a, RDI)
        self.into(op.b, RSI)
        if op.op in ("eq", "ne"):
            self.call("zyn_string_equal")
            self.condition = x86.NOT_EQUAL if op.op == "eq" else x86.EQUAL
        else:
            self.call("zyn_string_compare")
            self.condition = x86.SIGNED[op.op]
        # cmp eax, 0: an order is tested by its sign
        self.out += b"\x83\xf8\x00"
        self.define(op.dst)

    def convert(self, op: ir.Convert) -> None:
        """To a wider number, or a value to an optional."""
        source, target = op.a.type, op.dst.type
        if isinstance(target, OptionalType):
            self.forget()
            base, disp = home = self.home(op.dst)
            self.zero(target, home)
            if not (type(op.a) is Const and op.a.value is None):
                self.write(target.inner, op.a, home, count=True)
                self.out += x86.store_number(1, 1, base, disp + size_of(target.inner))
            return
        self.forget()
        if isinstance(source, FloatType):
            self.into(op.a, XMM0)
            self.out += b"\xf3\x0f\x5a\xc0"  # cvtss2sd xmm0, xmm0
        else:
            assert isinstance(target, IntType), f"no conversion from {source} to {target}"
            self.widened(op.a, RAX)
        self.define(op.dst)

    def make(self, op: ir.Make) -> None:
        """A struct or an array of its parts."""
        type_ = op.dst.type
        base, disp = self.home(op.dst)
        self.forget()
        if isinstance(type_, ArrayType):
            size = size_of(type_.element)
            places = [(type_.element, index * size) for index in range(len(op.parts))]
        else:
            assert isinstance(type_, StructType)
            fields = (field for _, field in type_.fields)
            places = list(zip(fields, field_offsets(type_), strict=True))
        for part, (field, offset) in zip(op.parts, places, strict=True):
            self.write(field, part, (base, disp + offset), count=True)

    def get(self, op: ir.Get) -> None:
        """A counted copy of a part."""
        self.forget()
        _, address = self.part(op.base.type, self.address(op.base), op.path)
        self._counted_copy(op.dst, address)

    def _counted_copy(self, dst: Local, address: Address) -> None:
        self.held = NOTHING
        if is_aggregate(dst.type):
            home = self.home(dst)
            self.copy(size_of(dst.type), address, home)
            if holds_reference(dst.type):
                self.count(dst.type, home, "retain")
            return
        if holds_reference(dst.type):
            self.count(dst.type, address, "retain")
        self.out += x86.load(dst.type, RAX, *address)
        self.define(dst)

    def put(self, op: ir.Put) -> None:
        """Replace a part; the old one is given up."""
        self.forget()
        type_, address = self.part(op.base.type, self.address(op.base), op.path)
        if not holds_reference(type_):
            self.write(type_, op.value, address, count=False)
            return
        old = self.place(size_of(type_), 8)
        self.copy(size_of(type_), address, old)
        self.write(type_, op.value, address, count=True)
        self.forget()
        self.count(type_, old, "release")

    def is_some(self, op: ir.IsSome) -> None:
        """The flag of an optional."""
        type_ = op.a.type
        assert isinstance(type_, OptionalType)
        self.forget()
        base, disp = self.address(op.a)
        self.out += x86.memory(b"\x0f\xb6", RAX, base, disp + size_of(type_.inner))
        self.define(op.dst)

    def unwrap(self, op: ir.Unwrap) -> None:
        """A counted copy of the value of an optional."""
        self.forget()
        self._counted_copy(op.dst, self.address(op.a))

    def spawn(self, op: ir.Spawn) -> None:
        """A promise becomes a task."""
        self.forget()
        self.into(op.a, RSI)
        self.site(RDX, op.span.start)
        self.out += _MOVE_CX
        self.call("zyn_spawn")
        self.define(op.dst)

    def retain(self, op: ir.Retain) -> None:
        """One more reference."""
        self._count_local(op.a, "retain")

    def release(self, op: ir.Release) -> None:
        """One reference less."""
        self._count_local(op.a, "release")

    def keep(self, op: ir.Keep) -> None:
        """Nothing: its operand was alive until here."""

    def _count_local(self, local: Local, verb: str) -> None:
        self.forget()
        self.count(local.type, self.home(local), verb)

    # --- operations that can fail ---

    def attempt(self, op: ir.Fallible, ok: int, error: int) -> None:
        """One fallible operation and the jumps after it."""
        self.forget()
        FALLIBLE[type(op)](self, op, ok, error)

    def _invoke(self, op: ir.Call, ok: int, error: int) -> None:
        dst = op.dst
        aggregate = dst is not None and is_aggregate(dst.type)
        self.arguments(op.args, 1, self.home(dst) if dst is not None and aggregate else None)
        self.out += _MOVE_CX
        self.call_at(self.builder.cell(op.target))
        self.out += _FAILED
        self.jump_if(x86.NOT_EQUAL, error)
        if dst is not None and not aggregate:
            if type(dst.type) is BoolType:
                self.out += ONLY_BIT
            self.out += x86.store(dst.type, RAX, *self.home(dst))
        self.jump(ok)

    def _make_future(self, op: ir.MakeFuture, ok: int, error: int) -> None:
        dst = op.dst
        assert dst is not None
        self.lea_data(RSI, self.builder.descriptor_of[self.builder.index[op.target]])
        self.out += _MOVE_CX
        self.call("zyn_frame_new")
        self.out += _TEST_WIDE
        self.jump_if(x86.EQUAL, error)
        self.out += x86.registers(b"\x89", RAX, R15, True)  # mov r15, rax
        self.fill((R15, 0), op.args)
        self.forget()
        self.lea(RSI, (R15, -HEADER_SIZE))
        self.out += x86.store(dst.type, RSI, *self.home(dst))
        if op.start == "eager":
            self.site(RDX, op.span.start)
            self.out += _MOVE_CX
            self.call("zyn_start")
        self.jump(ok)

    def fill(self, frame: Address, args: tuple[Operand, ...]) -> None:
        """State START, then arguments, counted, in the parameter slots of a new frame."""
        base, disp = frame
        offsets, _ = param_offsets(tuple(arg.type for arg in args), 4)
        self.out += x86.store_number(4, 0, base, disp)
        for arg, offset in zip(args, offsets, strict=True):
            self.write(arg.type, arg, (base, disp + offset), count=True)

    def _divide(self, op: ir.Divide, ok: int, error: int) -> None:
        type_ = op.a.type
        assert isinstance(type_, IntType)
        assert op.dst is not None
        form = x86.form(type_)
        rex = b"\x48" if form.wide else b""
        self.into(op.a, RAX)
        self.into(op.b, RCX)
        value = op.b.value if type(op.b) is Const else None
        if not value:
            zero = self.label()
            self.out += rex + b"\x85\xc9"  # test ecx, ecx
            self.jump_if(x86.EQUAL, zero)
            self.later(Ops._divided_by_zero, op, zero, error)
        divided = self.label()
        if type_.signed and value in (None, -1):
            proper = self.label()
            self.out += rex + b"\x83\xf9\xff"  # cmp ecx, -1
            self.jump_if(x86.NOT_EQUAL, proper)
            # neg eax, or xor eax, eax: the hardware would trap on MIN / -1
            self.out += rex + b"\xf7\xd8" if op.op == "div" else b"\x31\xc0"
            self.jump(divided)
            self.bind(proper)
        self._quotient(type_, op.op)
        self.bind(divided)
        self.out += x86.store(op.dst.type, RAX, *self.home(op.dst))
        self.jump(ok)

    def _quotient(self, type_: IntType, verb: str) -> None:
        """The accumulator divided by rcx, neither 0 nor -1, or the remainder."""
        form = x86.form(type_)
        rex = b"\x48" if form.wide else b""
        if type_.signed:
            self.out += rex + b"\x99" + rex + b"\xf7\xf9"  # cdq; idiv ecx
        else:
            self.out += b"\x31\xd2" + rex + b"\xf7\xf1"  # xor edx, edx; div ecx
        if verb == "rem":
            self.out += rex + b"\x89\xd0"  # mov eax, edx

    def _divided_by_zero(self, op: ir.Divide, zero: int, error: int) -> None:
        self.bind(zero)
        self.widened(op.a, RDX)
        self._give_up("zyn_fail_division", op.span.start, error)

    def _give_up(self, name: str, start: int, error: int) -> None:
        self.site(RSI, start)
        self.out += _MOVE_CX
        self.call(name)
        self.jump(error)

    def _check_index(self, op: ir.CheckIndex, ok: int, error: int) -> None:
        outside = self.label()
        self.widened(op.index, RDX)
        # cmp rdx, length
        self.out += b"\x48\x81\xfa" + x86.I32(op.length)
        self.jump_if(x86.ABOVE_EQUAL, outside)
        self.jump(ok)
        self.later(Ops._outside, op, outside, error)

    def _outside(self, op: ir.CheckIndex, outside: int, error: int) -> None:
        self.bind(outside)
        self.out += x86.number(RCX, op.length, True)
        self._give_up("zyn_fail_index", op.span.start, error)

    def _concat(self, op: ir.Concat, ok: int, error: int) -> None:
        assert op.dst is not None
        self.into(op.a, RSI)
        self.into(op.b, RDX)
        self.out += _MOVE_CX
        self.call("zyn_string_concat")
        self.out += _TEST_WIDE
        self.jump_if(x86.EQUAL, error)
        self.out += x86.store(op.dst.type, RAX, *self.home(op.dst))
        self.jump(ok)

    def _operate(self, op: ir.Operate, ok: int, error: int) -> None:
        operation = OPERATIONS[op.name]
        dst = op.dst
        optional = dst.type if dst is not None and isinstance(dst.type, OptionalType) else None
        if dst is not None and optional is not None:
            self.zero(optional, self.home(dst))
        used = self._pass(op.args, operation.by_address)
        if operation.info:
            assert dst is not None
            assert isinstance(dst.type, HandleType)
            assert dst.type.element is not None
            self.lea_data(ARGUMENTS[used], self.builder.info(dst.type.element))
        elif dst is not None and optional is not None:
            self.lea(ARGUMENTS[used], self.home(dst))
        self.site(RSI, op.span.start)
        self.out += _MOVE_CX
        self.call(f"zyn_do_{op.name}")
        if dst is not None and optional is not None:
            self.flag(optional, self.home(dst))
        elif dst is not None:
            self.out += x86.store(dst.type, RAX, *self.home(dst))
        self.out += _FAILED
        self.jump_if(x86.NOT_EQUAL, error)
        self.jump(ok)

    def _pass(self, args: tuple[Operand, ...], by_address: bool) -> int:
        """The arguments of a call of the runtime, behind two; the last one by its address if so.
        Gives the place of the next.
        """
        if not by_address or is_aggregate(args[-1].type):
            self.arguments(args, 2)
            return 2 + len(args)
        last = args[-1]
        place = self.place(size_of(last.type), 8)
        self.write(last.type, last, place, count=False)
        self.forget()
        self.arguments(args[:-1], 2)
        self.lea(ARGUMENTS[1 + len(args)], place)
        return 2 + len(args)

    def flag(self, type_: OptionalType, home: Address) -> None:
        """Whether there is a value in an optional: eax, which is 0 or 1."""
        base, disp = home
        self.out += x86.store(BOOL, RAX, base, disp + size_of(type_.inner))

    def _panic(self, op: ir.Panic, ok: int, error: int) -> None:
        self.into(op.message, RDX)
        self._give_up("zyn_fail_panic", op.span.start, error)

    def _attend(self, op: ir.Attend, ok: int, error: int) -> None:
        slow = self.label()
        if not op.is_entry:
            self.mark_loop(op.span.start)
        if self.builder.counts != NONE:
            self.out += _COUNT
            at = self.builder.counts + count_offset(self.index, op)
            self.builder.references.append((len(self.out), at))
        self.out += _ATTENTION
        self.jump_if(x86.NOT_EQUAL, slow)
        if op.is_entry:
            self.out += _STACK
            self.jump_if(x86.BELOW, slow)
        self.jump(ok)
        self.later(Ops._attended, op, slow, ok, error)

    def _attended(self, op: ir.Attend, slow: int, ok: int, error: int) -> None:
        self.bind(slow)
        self.out += b"\x4c\x89\xf6" if self.state_machine else b"\x31\xf6"  # rsi = r14 or null
        self.site(RDX, op.span.start)
        self.out += _MOVE_CX
        self.call("zyn_enter" if op.is_entry else "zyn_attend")
        self.out += _TEST
        self.jump_if(x86.NOT_EQUAL, error)
        self.jump(ok)

    # --- futures ---

    def begin_leaf(self, op: ir.Begin, child: Address) -> None:
        """Fill a leaf future's frame."""
        self.forget()
        if LEAVES[op.target].args != "promises":
            self._pass(op.args, LEAVES[op.target].args == "address")
        else:
            array = op.args[0]
            assert isinstance(array.type, ArrayType)
            self.lea(RDX, self.address(array))
            self.out += x86.number(RCX, array.type.length, True)
        self.lea(RSI, child)
        self.out += _MOVE_CX
        self.call(f"zyn_{op.target}_init")


OPS: dict[type, Callable[..., None]] = {
    ir.Assign: Ops.assign,
    ir.Unary: Ops.unary,
    ir.Binary: Ops.binary,
    ir.Convert: Ops.convert,
    ir.Make: Ops.make,
    ir.Get: Ops.get,
    ir.Put: Ops.put,
    ir.IsSome: Ops.is_some,
    ir.Unwrap: Ops.unwrap,
    ir.Spawn: Ops.spawn,
    ir.Keep: Ops.keep,
    ir.Retain: Ops.retain,
    ir.Release: Ops.release,
}

FALLIBLE: dict[type, Callable[..., None]] = {
    ir.Call: Ops._invoke,
    ir.MakeFuture: Ops._make_future,
    ir.Divide: Ops._divide,
    ir.CheckIndex: Ops._check_index,
    ir.Concat: Ops._concat,
    ir.Operate: Ops._operate,
    ir.Panic: Ops._panic,
    ir.Attend: Ops._attend,
}
