"""Each IR operation as LLVM instructions.

Every method emits into the emitter it belongs to; failures branch to the label of the error
successor.
"""

from collections.abc import Callable

from zyn.base.bug import ZynBug
from zyn.codegen.emitter import Emitter
from zyn.codegen.lltypes import (
    is_aggregate,
    param_offsets,
    register,
    size_of,
)
from zyn.ir import op as ir
from zyn.ir.func import Const, Local, Operand
from zyn.ir.leaf import LEAVES
from zyn.ir.operation import OPERATIONS
from zyn.sema.types import (
    ArrayType,
    BoolType,
    FloatType,
    HandleType,
    IntType,
    OptionalType,
    StringType,
    holds_reference,
)

HEADER_SIZE = 32

_INT = {"add": "add", "sub": "sub", "mul": "mul"}
_FLOAT = {"add": "fadd", "sub": "fsub", "mul": "fmul", "fdiv": "fdiv", "frem": "frem"}
_ORDER = {"eq": "oeq", "ne": "une", "lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge"}
_TEXT_ORDER = {"lt": "slt", "le": "sle", "gt": "sgt", "ge": "sge"}


class OpEmitter(Emitter):
    """Adds operations; functions and awaits come above."""

    def site(self, line: int) -> str:
        """The ZynSite of a 0-based line of the item, in a register of type i64."""
        raise NotImplementedError

    def tally(self, op: ir.Attend) -> None:
        """Count a call or a back-edge."""
        raise NotImplementedError

    def line(self, start: int) -> int:
        """The absolute 1-based line of a byte offset in the item."""
        raise NotImplementedError

    def emit_op(self, op: ir.Op) -> None:
        """One operation that cannot fail."""
        _OPS[type(op)](self, op)

    # --- plain operations ---

    def _assign(self, op: ir.Assign) -> None:
        if is_aggregate(op.dst.type):
            self.write(op.dst.type, op.src, self.home(op.dst), count=False)
        else:
            self.define(op.dst, self.value(op.src))

    def _unary(self, op: ir.Unary) -> None:
        value = self.value(op.a)
        type_ = op.a.type
        if op.op == "not":
            self.define(op.dst, self.let(f"xor i1 {value}, true"))
        elif isinstance(type_, FloatType):
            self.define(op.dst, self.let(f"fneg {register(type_)} {value}"))
        else:
            self.define(op.dst, self.let(f"sub {register(type_)} 0, {value}"))

    def _binary(self, op: ir.Binary) -> None:
        type_ = op.a.type
        a, b = self.value(op.a), self.value(op.b)
        text = register(type_)
        if op.op in _ORDER:
            self.define(op.dst, self._compare(op, a, b))
        elif isinstance(type_, FloatType):
            self.define(op.dst, self.let(f"{_FLOAT[op.op]} {text} {a}, {b}"))
        elif op.op in ("div", "rem"):
            sign = "s" if isinstance(type_, IntType) and type_.signed else "u"
            self.define(op.dst, self.let(f"{sign}{op.op} {text} {a}, {b}"))
        else:
            self.define(op.dst, self.let(f"{_INT[op.op]} {text} {a}, {b}"))

    def _compare(self, op: ir.Binary, a: str, b: str) -> str:
        type_ = op.a.type
        if isinstance(type_, FloatType):
            return self.let(f"fcmp {_ORDER[op.op]} {register(type_)} {a}, {b}")
        if isinstance(type_, StringType):
            if op.op in ("eq", "ne"):
                equal = self.let(
                    f"call i32 {self.module.need('zyn_string_equal')}(ptr {a}, ptr {b})"
                )
                return self.let(f"icmp {'ne' if op.op == 'eq' else 'eq'} i32 {equal}, 0")
            order = self.let(f"call i32 {self.module.need('zyn_string_compare')}(ptr {a}, ptr {b})")
            return self.let(f"icmp {_TEXT_ORDER[op.op]} i32 {order}, 0")
        if op.op in ("eq", "ne"):
            return self.let(f"icmp {op.op} {register(type_)} {a}, {b}")
        sign = "s" if isinstance(type_, IntType) and type_.signed else "u"
        return self.let(f"icmp {sign}{op.op} {register(type_)} {a}, {b}")

    def _convert(self, op: ir.Convert) -> None:
        target = op.dst.type
        if isinstance(target, OptionalType):
            home = self.home(op.dst)
            if isinstance(op.a, Const) and op.a.value is None:
                self.zero(target, home)
                return
            self.zero(target, home)
            self.write(target.inner, op.a, home, count=True)
            self.put(f"store i8 1, ptr {self.flag_address(target, home)}")
            return
        source = op.a.type
        pair = f"{register(source)} {self.value(op.a)} to {register(target)}"
        self.define(op.dst, self.let(f"{_conversion(source, target)} {pair}"))

    def _make(self, op: ir.Make) -> None:
        type_ = op.dst.type
        home = self.home(op.dst)
        for index, part in enumerate(op.parts):
            if isinstance(type_, ArrayType):
                address = self.offset(home, index * size_of(type_.element))
                self.write(type_.element, part, address, count=True)
            else:
                field, address = self.part(type_, home, (index,))
                self.write(field, part, address, count=True)

    def _get(self, op: ir.Get) -> None:
        _, address = self.part(op.base.type, self.address(op.base), op.path)
        self._take_copy(op.dst, address)

    def _take_copy(self, dst: Local, address: str) -> None:
        """`dst` = a counted copy of what lies at `address`."""
        if is_aggregate(dst.type):
            self.copy(dst.type, address, self.home(dst))
            self.retain(dst.type, self.home(dst))
            return
        value = self.load(dst.type, address)
        if holds_reference(dst.type):
            self.count_scalar(dst.type, value, "retain")
        self.define(dst, value)

    def _put(self, op: ir.Put) -> None:
        type_, address = self.part(op.base.type, self.address(op.base), op.path)
        if not holds_reference(type_):
            self.write(type_, op.value, address, count=False)
            return
        old = self.slot_for(type_)
        self.copy(type_, address, old)
        self.write(type_, op.value, address, count=True)
        self.release(type_, old)

    def _is_some(self, op: ir.IsSome) -> None:
        flag = self.flag_address(op.a.type, self.address(op.a))
        value = self.let(f"load i8, ptr {flag}")
        self.define(op.dst, self.let(f"trunc i8 {value} to i1"))

    def _unwrap(self, op: ir.Unwrap) -> None:
        self._take_copy(op.dst, self.address(op.a))

    def _spawn(self, op: ir.Spawn) -> None:
        site = self.site(self.line(op.span.start))
        name = self.module.need("zyn_spawn")
        self.define(op.dst, self.let(f"call ptr {name}(ptr %cx, {self.typed(op.a)}, i64 {site})"))

    def _retain(self, op: ir.Retain) -> None:
        self._count_local(op.a, "retain")

    def _release(self, op: ir.Release) -> None:
        self._count_local(op.a, "release")

    def _keep(self, op: ir.Keep) -> None:
        """Nothing: its operand was alive until here."""

    def _count_local(self, local: Local, verb: str) -> None:
        if is_aggregate(local.type):
            self._count(local.type, self.address(local), verb)
        else:
            self.count_scalar(local.type, self.value(local), verb)

    # --- operations that can fail ---

    def attempt(self, op: ir.Fallible, ok: str, error: str) -> None:
        """One fallible operation and the branch after it."""
        _FALLIBLE[type(op)](self, op, ok, error)

    def _branch_failed(self, ok: str, error: str) -> None:
        """Go to `error` when cx.error is set."""
        address = self.offset("%cx", 40)
        tag = self.let(f"load i64, ptr {address}")
        failed = self.let(f"icmp ne i64 {tag}, 0")
        self.put(f"br i1 {failed}, label {error}, label {ok}")

    def arguments(self, args: tuple[Const | Local, ...]) -> str:
        """The arguments of a call after the context."""
        return "".join(f", {self.typed(arg)}" for arg in args)

    def _call(self, op: ir.Call, ok: str, error: str) -> None:
        target = self.module.names.entry(op.target)
        args = self.arguments(op.args)
        if op.dst is None:
            self.put(f"call void {target}(ptr %cx{args})")
        elif is_aggregate(op.dst.type):
            self.put(f"call void {target}(ptr %cx{args}, ptr {self.home(op.dst)})")
        else:
            value = self.let(f"call {register(op.dst.type)} {target}(ptr %cx{args})")
            self.define(op.dst, value)
        self._branch_failed(ok, error)

    def _make_future(self, op: ir.MakeFuture, ok: str, error: str) -> None:
        assert op.dst is not None
        number = self.number()
        descriptor = self.module.names.descriptor(op.target)
        sm = self.let(f"call ptr {self.module.need('zyn_frame_new')}(ptr %cx, ptr {descriptor})")
        missing = self.let(f"icmp eq ptr {sm}, null")
        self.put(f"br i1 {missing}, label {error}, label %made{number}")
        self.put(f"made{number}:")
        self.fill(sm, op.args)
        promise = self.let(f"getelementptr i8, ptr {sm}, i64 -{HEADER_SIZE}")
        self.define(op.dst, promise)
        if op.start == "eager":
            site = self.site(self.line(op.span.start))
            self.let(
                f"call i32 {self.module.need('zyn_start')}(ptr %cx, ptr {promise}, i64 {site})"
            )
        self.put(f"br label {ok}")

    def fill(self, sm: str, args: tuple[Operand, ...]) -> None:
        """Copy arguments, counted, into the parameter slots of a new frame."""
        offsets, _ = param_offsets(tuple(arg.type for arg in args), 4)
        for arg, offset in zip(args, offsets, strict=True):
            self.write(arg.type, arg, self.offset(sm, offset), count=True)

    def _divide(self, op: ir.Divide, ok: str, error: str) -> None:
        type_ = op.a.type
        assert isinstance(type_, IntType)
        assert op.dst is not None
        text = register(type_)
        a, b = self.value(op.a), self.value(op.b)
        number = self.number()
        zero = self.let(f"icmp eq {text} {b}, 0")
        self.put(f"br i1 {zero}, label %zero{number}, label %divide{number}")
        self.put(f"zero{number}:")
        wide = a if type_.bits == 64 else self._widen(type_, a)
        site = self.site(self.line(op.span.start))
        name = self.module.need("zyn_fail_division")
        self.put(f"call void {name}(ptr %cx, i64 {site}, i64 {wide})")
        self.put(f"br label {error}")
        self.put(f"divide{number}:")
        if type_.signed:
            minus = self.let(f"icmp eq {text} {b}, -1")
            safe = self.let(f"select i1 {minus}, {text} 1, {text} {b}")
            result = self.let(f"s{op.op} {text} {a}, {safe}")
            if op.op == "div":
                negated = self.let(f"sub {text} 0, {a}")
                result = self.let(f"select i1 {minus}, {text} {negated}, {text} {result}")
        else:
            result = self.let(f"u{op.op} {text} {a}, {b}")
        self.define(op.dst, result)
        self.put(f"br label {ok}")

    def _widen(self, type_: IntType, value: str) -> str:
        if type_.bits == 64:
            return value
        return self.let(f"{'s' if type_.signed else 'z'}ext i{type_.bits} {value} to i64")

    def _check_index(self, op: ir.CheckIndex, ok: str, error: str) -> None:
        type_ = op.index.type
        assert isinstance(type_, IntType)
        index = self.value(op.index)
        wide = index if isinstance(op.index, Const) else self._widen(type_, index)
        number = self.number()
        inside = self.let(f"icmp ult i64 {wide}, {op.length}")
        self.put(f"br i1 {inside}, label {ok}, label %outside{number}")
        self.put(f"outside{number}:")
        site = self.site(self.line(op.span.start))
        name = self.module.need("zyn_fail_index")
        self.put(f"call void {name}(ptr %cx, i64 {site}, i64 {wide}, i64 {op.length})")
        self.put(f"br label {error}")

    def _concat(self, op: ir.Concat, ok: str, error: str) -> None:
        name = self.module.need("zyn_string_concat")
        args = f"ptr {self.value(op.a)}, ptr {self.value(op.b)}"
        value = self.let(f"call ptr {name}(ptr %cx, {args})")
        assert op.dst is not None
        self.define(op.dst, value)
        missing = self.let(f"icmp eq ptr {value}, null")
        self.put(f"br i1 {missing}, label {error}, label {ok}")

    def _operate(self, op: ir.Operate, ok: str, error: str) -> None:
        operation = OPERATIONS[op.name]
        site = self.site(self.line(op.span.start))
        args = f"ptr %cx, i64 {site}{self.passed(op.args, operation.by_address)}"
        dst = op.dst
        if operation.info:
            assert dst is not None
            assert isinstance(dst.type, HandleType)
            assert dst.type.element is not None
            args += f", ptr {self.module.info(dst.type.element)}"
        name = self.module.need(f"zyn_do_{op.name}")
        if dst is None:
            self.put(f"call void {name}({args})")
        elif isinstance(dst.type, OptionalType):
            home = self.home(dst)
            self.zero(dst.type, home)
            there = self.let(f"call i32 {name}({args}, ptr {home})")
            self.flag(dst.type, home, there)
        elif isinstance(dst.type, BoolType):
            done = self.let(f"call i32 {name}({args})")
            self.define(dst, self.let(f"icmp ne i32 {done}, 0"))
        else:
            self.define(dst, self.let(f"call {operation.result} {name}({args})"))
        self._branch_failed(ok, error)

    def passed(self, args: tuple[Operand, ...], by_address: bool) -> str:
        """The arguments of a call of the runtime; the last one by its address if so."""
        if not by_address or is_aggregate(args[-1].type):
            return self.arguments(args)
        last = args[-1]
        place = self.slot_for(last.type)
        self.write(last.type, last, place, count=False)
        return f"{self.arguments(args[:-1])}, ptr {place}"

    def flag(self, type_: OptionalType, home: str, there: str) -> None:
        """Whether there is a value in an optional: an i32 that is 0 or 1."""
        narrow = self.let(f"trunc i32 {there} to i8")
        self.put(f"store i8 {narrow}, ptr {self.flag_address(type_, home)}")

    def _panic(self, op: ir.Panic, ok: str, error: str) -> None:
        name = self.module.need("zyn_fail_panic")
        site = self.site(self.line(op.span.start))
        self.put(f"call void {name}(ptr %cx, i64 {site}, ptr {self.value(op.message)})")
        self.put(f"br label {error}")

    def _attend(self, op: ir.Attend, ok: str, error: str) -> None:
        number = self.number()
        if self.module.counts and not self.debug:
            self.tally(op)
        # A plain load: no cheap pass that `Target` runs moves one, and the fast instruction
        # selector refuses those that are volatile or atomic.
        load = "load volatile" if self.module.optimised else "load"
        address = self.offset("%cx", 24)
        attention = self.let(f"{load} i64, ptr {address}")
        called = self.let(f"icmp ne i64 {attention}, 0")
        slow = "zyn_attend"
        if op.is_entry:
            slow = "zyn_enter"
            # The address of a local stands for the stack pointer; asking for the frame address
            # would cost a frame pointer and the fast instruction selector.
            frame = self.alloca("i8", 1, 1)
            limit = self.let(f"load ptr, ptr {self.offset('%cx', 32)}")
            low = self.let(f"icmp ult ptr {frame}, {limit}")
            called = self.let(f"or i1 {called}, {low}")
        self.put(f"br i1 {called}, label %attend{number}, label {ok}")
        self.put(f"attend{number}:")
        site = self.site(self.line(op.span.start))
        sm = "%sm" if self.function.is_async else "null"
        verdict = self.let(f"call i32 {self.module.need(slow)}(ptr %cx, ptr {sm}, i64 {site})")
        go_on = self.let(f"icmp eq i32 {verdict}, 0")
        self.put(f"br i1 {go_on}, label {ok}, label {error}")

    # --- futures ---

    def begin_leaf(self, op: ir.Begin, child: str) -> None:
        """Fill a leaf future's frame."""
        leaf = LEAVES[op.target]
        name = self.module.need(f"zyn_{op.target}_init")
        if leaf.args != "promises":
            args = self.passed(op.args, leaf.args == "address")
            self.put(f"call void {name}(ptr %cx, ptr {child}{args})")
            return
        array = op.args[0]
        assert isinstance(array.type, ArrayType)
        pointer = self.address(array)
        self.put(f"call void {name}(ptr %cx, ptr {child}, ptr {pointer}, i64 {array.type.length})")


def _conversion(source: object, target: object) -> str:
    match source, target:
        case (IntType() as a, IntType()):
            return "sext" if a.signed else "zext"
        case (FloatType(), FloatType()):
            return "fpext"
        case (IntType() as a, FloatType()):
            return "sitofp" if a.signed else "uitofp"
        case (BoolType(), IntType()):
            return "zext"
    raise ZynBug(f"no conversion from {source} to {target}")


_OPS: dict[type, Callable[..., None]] = {
    ir.Assign: OpEmitter._assign,
    ir.Unary: OpEmitter._unary,
    ir.Binary: OpEmitter._binary,
    ir.Convert: OpEmitter._convert,
    ir.Make: OpEmitter._make,
    ir.Get: OpEmitter._get,
    ir.Put: OpEmitter._put,
    ir.IsSome: OpEmitter._is_some,
    ir.Unwrap: OpEmitter._unwrap,
    ir.Spawn: OpEmitter._spawn,
    ir.Keep: OpEmitter._keep,
    ir.Retain: OpEmitter._retain,
    ir.Release: OpEmitter._release,
}

_FALLIBLE: dict[type, Callable[..., None]] = {
    ir.Call: OpEmitter._call,
    ir.MakeFuture: OpEmitter._make_future,
    ir.Divide: OpEmitter._divide,
    ir.CheckIndex: OpEmitter._check_index,
    ir.Concat: OpEmitter._concat,
    ir.Operate: OpEmitter._operate,
    ir.Panic: OpEmitter._panic,
    ir.Attend: OpEmitter._attend,
}
