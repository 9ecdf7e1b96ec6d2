"""One build of one function: `fast`, or `debug` with a probe per statement and its variables in a
shadow block.

A direct function is an LLVM function of its arguments; aggregates come and go by address.  An async
function is its poll: a switch over the state word into the resume points.
"""

from bisect import bisect_right
from collections.abc import Callable

from zyn.base.source import line_starts
from zyn.codegen.emitter import predecessors
from zyn.codegen.lltypes import is_aggregate, memory, register, size_of
from zyn.codegen.module_state import ModuleState
from zyn.codegen.ops import OpEmitter
from zyn.codegen.stubs import direct_signature
from zyn.ir import op as ir
from zyn.ir.func import Block, Function, Local
from zyn.ir.leaf import LEAVES
from zyn.ir.transform.pipeline import Lowered
from zyn.sema.types import (
    ArrayType,
    BoolType,
    IntType,
    OptionalType,
    StructType,
    Type,
    VoidType,
    field_offsets,
    holds_reference,
    size_and_align,
)

RETURNED = -2
LOOK = -(1 << 63)
ACTIVATION_SIZE = 40
COMPARED_STATES_MAX = 3
COUNTS_SIZE = 16
LARGE_STACK = 16384
"""Room for more bytes of locals is tested before it is taken; the margin covers less."""


class FunctionEmitter(OpEmitter):
    """Emits one build.  `index` is the function's number in the module, `first_line` its item's,
    0-based.
    """

    def __init__(
        self, module: ModuleState, lowered: Lowered, index: int, first_line: int, *, debug: bool
    ) -> None:
        super().__init__(module, lowered.function, debug=debug)
        self.lowered = lowered
        self.index = index
        self.first_line = first_line
        self.starts = line_starts(lowered.function.text)
        self.activation = ""
        self.shadow = ""
        self.emitted: set[int] = set()
        self.predecessors = predecessors(lowered.function)

    def emit_op(self, op: ir.Op) -> None:
        kind = type(op)
        if kind is ir.Begin:
            self._begin(op)  # type: ignore[arg-type]
        elif kind is ir.LoadSlot:
            self._load_slot(op)  # type: ignore[arg-type]
        elif kind is ir.StoreSlot:
            self._store_slot(op)  # type: ignore[arg-type]
        else:
            super().emit_op(op)

    def site(self, line: int) -> str:
        base = self.let(f"load i64, ptr {self.module.names.local('sites')}")
        return self.let(f"add i64 {base}, {(self.index << 32) | line}")

    def tally(self, op: ir.Attend) -> None:
        at = self.offset(self.module.counts, count_offset(self.index, op))
        # Several threads may lose a count to each other, which does not matter.
        more = self.let(f"add i64 {self.let(f'load i64, ptr {at}')}, 1")
        self.put(f"store i64 {more}, ptr {at}")

    def line(self, start: int) -> int:
        return bisect_right(self.starts, start) + self.first_line

    def text(self) -> str:
        """The whole LLVM function."""
        build = "debug" if self.debug else "optimised" if self.module.optimised else "fast"
        name = self.module.names.build(self.function.name, build)
        linkage = "internal " if build == "fast" else ""
        signature = f"define {linkage}{self._signature(name)} #0 {{"
        if self.debug:
            self._debug_prologue()
        if self.function.is_async:
            self._dispatch()
        else:
            self._bind_params()
            self.put("br label %b0")
        prologue, self.lines = self.lines, []
        for block in self.function.blocks:
            if block.index not in self.emitted:
                self._block(block)
        if self.function.is_async:
            self._pending()
        body = self.lines
        if self.stack_size > LARGE_STACK:
            head = f"define internal {self._signature(f'{name}$body')} #1 {{"
            whole = [head, "entry:", *self.allocas, *prologue, *body, "}\n"]
            return self._guard(signature, f"{name}$body") + "\n".join(whole)
        return "\n".join([signature, "entry:", *self.allocas, *prologue, *body, "}\n"])

    def _guard(self, signature: str, body: str) -> str:
        """A function in front of one with a large stack frame: room is tested before it is taken.

        A state machine is tested when it starts only; where it is resumed it had room before.
        """
        self.lines = []
        self.values = 0
        if self.function.is_async:
            state = self.let("load i32, ptr %sm")
            started = self.let(f"icmp ne i32 {state}, 0")
            self.put(f"br i1 {started}, label %room, label %test")
            self.put("test:")
        frame = "%here"
        end = self.let(f"getelementptr i8, ptr {frame}, i64 -{self.stack_size}")
        limit = self.let(f"load ptr, ptr {self.offset('%cx', 32)}")
        wraps = self.let(f"icmp ugt ptr {end}, {frame}")
        low = self.let(f"icmp ult ptr {end}, {limit}")
        none = self.let(f"or i1 {wraps}, {low}")
        self.put(f"br i1 {none}, label %low, label %room")
        self.put("low:")
        site = self.site(self.line(self.function.span.start))
        self.put(f"call void {self.module.need('zyn_fail_stack')}(ptr %cx, i64 {site})")
        if self.function.is_async:
            if needs_drop(self.function):
                self.put(f"call void {self.module.names.drop(self.function.name)}(ptr %sm)")
            answer = self.let(f"call i64 {self.module.need('zyn_failed')}(ptr %sm, ptr %cx)")
            self.put(f"ret i64 {answer}")
        else:
            self._return_zero()
        self.put("room:")
        self._tail_call(body)
        return "\n".join([signature, "entry:", "%here = alloca i8", *self.lines, "}\n"])

    def _tail_call(self, body: str) -> None:
        if self.function.is_async:
            answer = self.let(f"musttail call i64 {body}(ptr %sm, ptr %cx)")
            self.put(f"ret i64 {answer}")
            return
        result = self.function.result
        args = "ptr %cx" + "".join(
            f", {register(param.type)} %a{i}" for i, param in enumerate(self.function.params)
        )
        if is_aggregate(result):
            args += ", ptr %result"
        if isinstance(result, VoidType) or is_aggregate(result):
            self.put(f"musttail call void {body}({args})")
            self.put("ret void")
        else:
            answer = self.let(f"musttail call {register(result)} {body}({args})")
            self.put(f"ret {register(result)} {answer}")

    def _signature(self, name: str) -> str:
        if self.function.is_async:
            return f"i64 {name}(ptr %sm, ptr %cx)"
        return direct_signature(name, [p.type for p in self.function.params], self.function.result)

    def _bind_params(self) -> None:
        for number, param in enumerate(self.function.params):
            if param.index in self.in_register:
                self.registers[param.index] = f"%a{number}"
            elif is_aggregate(param.type):
                self.copy(param.type, f"%a{number}", self.home(param))
            else:
                self.store(param.type, f"%a{number}", self.home(param))

    # --- control flow ---

    def _block(self, block: Block) -> None:
        if block.index and self._is_empty(block):
            return
        self.put(f"b{block.index}:")
        while True:
            self.emitted.add(block.index)
            for op in block.ops:
                kind = type(op)
                if kind is not ir.Probe:
                    self.emit_op(op)
                elif self.debug:
                    self._probe(op.index)  # type: ignore[attr-defined]
            target = self._sole_target(block)
            if target is None:
                break
            block = target
        _TERMINATORS[type(block.end)](self, block.end)

    def _sole_target(self, block: Block) -> Block | None:
        """The block that only this one jumps to, whose code can follow without a label."""
        if type(block.end) is not ir.Goto:
            return None
        target = block.end.successors[0]
        return target if self.predecessors[target.index] == block.index else None

    def _is_empty(self, block: Block) -> bool:
        """Whether nothing but a jump is left of a block in this build."""
        return type(block.end) is ir.Goto and all(
            type(op) is ir.Probe and not self.debug for op in block.ops
        )

    def label(self, block: Block) -> str:
        """Where a jump to `block` really goes."""
        hops = 0
        while self._is_empty(block) and hops < len(self.function.blocks):
            block = block.end.successors[0]
            hops += 1
        return f"%b{block.index}"

    def _store_slot(self, op: ir.StoreSlot) -> None:
        self.write(op.a.type, op.a, self._slot(op.a), count=False)

    def _load_slot(self, op: ir.LoadSlot) -> None:
        local = op.dst
        assert local is not None
        if is_aggregate(local.type):
            self.copy(local.type, self._slot(local), self.home(local))
        else:
            self.define(local, self.load(local.type, self._slot(local)))

    def _slot(self, local: Local) -> str:
        assert self.lowered.frame is not None
        return self.offset("%sm", self.lowered.frame.slots[local.index])

    def _goto(self, end: ir.Goto) -> None:
        self.put(f"br label {self.label(end.target)}")

    def _branch(self, end: ir.Branch) -> None:
        condition = self.value(end.condition)
        self.put(f"br i1 {condition}, label {self.label(end.yes)}, label {self.label(end.no)}")

    def _try(self, end: ir.Try) -> None:
        self.attempt(end.op, self.label(end.ok), self.label(end.error))

    def _leave(self) -> None:
        if self.debug:
            name = self.module.need("zyn_probe_leave")
            self.put(f"call void {name}(ptr %cx, ptr {self.activation})")

    # --- direct functions ---

    def _return_direct(self, end: ir.Return) -> None:
        result = self.function.result
        if isinstance(result, VoidType) or end.value is None:
            self._leave()
            self.put("ret void")
        elif is_aggregate(result):
            self.write(result, end.value, "%result", count=False)
            self._leave()
            self.put("ret void")
        else:
            value = self.value(end.value)
            self._leave()
            self.put(f"ret {register(result)} {value}")

    def _fail_direct(self) -> None:
        self._leave()
        self._return_zero()

    def _return_zero(self) -> None:
        result = self.function.result
        if isinstance(result, VoidType) or is_aggregate(result):
            self.put("ret void")
        else:
            self.put(f"ret {register(result)} zeroinitializer")

    # --- state machines ---

    def _dispatch(self) -> None:
        count = sum(isinstance(block.end, ir.Await) for block in self.function.blocks)
        state = self.let("load i32, ptr %sm")
        if count <= COMPARED_STATES_MAX:
            # The fast instruction selector knows comparisons but not switches.
            for k in range(count + 1):
                label = f"poll{k}" if k else "b0"
                found = self.let(f"icmp eq i32 {state}, {k}")
                self.put(f"br i1 {found}, label %{label}, label %not{k}")
                self.put(f"not{k}:")
        else:
            cases = " ".join(f"i32 {k}, label %poll{k}" for k in range(1, count + 1))
            self.put(f"switch i32 {state}, label %ended [ i32 0, label %b0 {cases} ]")
            self.put("ended:")
        answer = self.let(f"call i64 {self.module.need('zyn_repoll')}(ptr %sm, ptr %cx)")
        self._leave()
        self.put(f"ret i64 {answer}")

    def _pending(self) -> None:
        self.put("pending:")
        self._leave()
        self.put("ret i64 0")

    def _child(self) -> str:
        """The address of the frame that the last Begin placed."""
        assert self.lowered.frame is not None
        return self.offset("%sm", self.lowered.frame.children_at[self.pending_begin.state - 1])

    def _begin(self, op: ir.Begin) -> None:
        self.pending_begin = op
        child = self._child()
        if op.kind == "leaf":
            self.begin_leaf(op, child)
            return
        self.put(f"store i32 0, ptr {child}")
        self.fill(child, op.args)

    def _await(self, end: ir.Await) -> None:
        begin = self.pending_begin
        k = end.state
        self.put(f"store i32 {k}, ptr %sm")
        self.put(f"br label %poll{k}")
        self.put(f"poll{k}:")
        child = self._child()
        if begin.kind == "leaf":
            poll = self.module.need(f"zyn_{begin.target}_poll")
        else:
            poll = self.module.names.poll(begin.target)
        answer = self.let(f"call i64 {poll}(ptr {child}, ptr %cx)")
        waiting = self.let(f"icmp eq i64 {answer}, 0")
        self.put(f"br i1 {waiting}, label %pending, label %ready{k}")
        self.put(f"ready{k}:")
        state = self.let(f"load i32, ptr {child}")
        good = self.let(f"icmp eq i32 {state}, {RETURNED}")
        if is_placed(begin, end):
            self.put(f"br i1 {good}, label %take{k}, label %place{k}")
            self.put(f"place{k}:")
            if self.debug:  # a resumed frame has not passed a probe yet
                probe = self._probe_around(end.span.start)
                self.put(f"store i32 {probe}, ptr {self.offset(self.activation, 28)}")
            site = self.site(self.line(end.span.start))
            self.put(f"call void {self.module.need('zyn_fail_at')}(ptr %cx, i64 {site})")
            self.put(f"br label {self.label(end.error)}")
        else:
            self.put(f"br i1 {good}, label %take{k}, label {self.label(end.error)}")
        self.put(f"take{k}:")
        self._take(begin, end.result, child)
        self.put(f"br label {self.label(end.ok)}")

    def _take(self, begin: ir.Begin, result: Local | None, child: str) -> None:
        """Move the result of a child that returned into its local."""
        if begin.kind == "call":
            if result is not None:
                layout = self.lowered.callees[begin.target]
                self._move(result, self.offset(child, layout.result_offset))
            return
        takes = LEAVES[begin.target].takes
        if takes == "none":
            return
        if takes == "outcome":
            self._take_outcome(begin.target, result, child)
        elif result is not None:
            name = self.module.need(f"zyn_{begin.target}_take")
            slot = self.alloca(memory(result.type), size_of(result.type), 16)
            numbers = settled_offsets(result.type) if takes == "settled" else ()
            extra = "".join(f", i32 {number}" for number in numbers)
            if takes == "index":
                place = self.offset(slot, value_offset(result.type))
                index = self.let(f"call i32 {name}(ptr {child}, ptr {place})")
                wide = self.let(f"zext i32 {index} to i64")
                self.put(f"store i64 {wide}, ptr {slot}")
            else:
                self.put(f"call void {name}(ptr {child}, ptr {slot}{extra})")
            self._move(result, slot)
        self.put(f"call void {self.module.need(f'zyn_{begin.target}_drop')}(ptr {child})")

    def _take_outcome(self, leaf: str, result: Local | None, child: str) -> None:
        """Take what a leaf may have: 0 says that it is there."""
        name = self.module.need(f"zyn_{leaf}_take")
        if result is not None and isinstance(result.type, OptionalType):
            slot = self.home(result)
            self.zero(result.type, slot)
        else:
            slot = self.alloca("[16 x i8]", 16, 16)
        outcome = self.let(f"call i32 {name}(ptr {child}, ptr {slot})")
        if result is None:
            return
        there = self.let(f"icmp eq i32 {outcome}, 0")
        if isinstance(result.type, OptionalType):
            self.flag(result.type, slot, self.let(f"zext i1 {there} to i32"))
        else:
            self.define(result, there)

    def _move(self, result: Local, address: str) -> None:
        if is_aggregate(result.type):
            self.copy(result.type, address, self.home(result))
        else:
            self.define(result, self.load(result.type, address))

    def _return(self, end: ir.Return) -> None:
        if not self.function.is_async:
            self._return_direct(end)
            return
        result = self.function.result
        assert self.lowered.frame is not None
        answer = "1"
        if end.value is not None and not isinstance(result, VoidType):
            slot = self.offset("%sm", self.lowered.frame.result)
            if isinstance(result, BoolType | IntType):
                value = self.value(end.value)
                self.store(result, value, slot)
                answer = self._answer(result, value)
            else:
                self.write(result, end.value, slot, count=False)
                answer = str(LOOK)
        self.put(f"store i32 {RETURNED}, ptr %sm")
        self._leave()
        self.put(f"ret i64 {answer}")

    def _answer(self, result: BoolType | IntType, value: str) -> str:
        """The i64 of a poll that returned: the value, unless that would read as Pending or LOOK."""
        if isinstance(result, BoolType):
            return self.let(f"select i1 {value}, i64 1, i64 {LOOK}")
        wide = value
        if result.bits < 64:
            extend = "sext" if result.signed else "zext"
            wide = self.let(f"{extend} i{result.bits} {value} to i64")
        zero = self.let(f"icmp eq i64 {wide}, 0")
        return self.let(f"select i1 {zero}, i64 {LOOK}, i64 {wide}")

    def _fail(self, end: ir.Fail) -> None:
        if not self.function.is_async:
            self._fail_direct()
            return
        answer = self.let(f"call i64 {self.module.need('zyn_failed')}(ptr %sm, ptr %cx)")
        self._leave()
        self.put(f"ret i64 {answer}")

    # --- debug builds ---

    def _debug_prologue(self) -> None:
        table = self.lowered.side_table
        number = self.let(f"load i64, ptr {self.module.names.local('sites')}")
        shifted = self.let(f"lshr i64 {number}, 32")
        narrow = self.let(f"trunc i64 {shifted} to i32")
        identity = self.let(f"add i32 {narrow}, {self.index}")
        size = max(table.shadow_size, 16)
        block = self.alloca(f"[{size} x i8]", size, 16)
        self.activation = self.alloca(f"[{ACTIVATION_SIZE} x i8]", ACTIVATION_SIZE, 8)
        self.shadow = block
        sm = "null"
        if self.function.is_async:
            sm = "%sm"
            name = self.module.need("zyn_shadow")
            found = self.let(f"call ptr {name}(ptr %cx, ptr %sm, i32 {identity}, i32 {size})")
            missing = self.let(f"icmp eq ptr {found}, null")
            self.shadow = self.let(f"select i1 {missing}, ptr {block}, ptr {found}")
        memset = self.module.need("llvm.memset.p0.i64")
        if not self.function.is_async:
            self.put(f"call void {memset}(ptr {block}, i8 0, i64 {size}, i1 false)")
        self.put(f"store ptr null, ptr {self.activation}")
        self.put(f"store ptr {sm}, ptr {self.offset(self.activation, 8)}")
        self.put(f"store ptr {self.shadow}, ptr {self.offset(self.activation, 16)}")
        self.put(f"store i32 {identity}, ptr {self.offset(self.activation, 24)}")
        self.put(f"store i32 0, ptr {self.offset(self.activation, 28)}")
        self.put(f"store i64 0, ptr {self.offset(self.activation, 32)}")
        for local in self.function.locals:
            if local.variable >= 0:
                offset = table.variables[local.variable].shadow
                self.homes[local.index] = self.offset(self.shadow, offset)
        name = self.module.need("zyn_probe_enter")
        self.put(f"call void {name}(ptr %cx, ptr {self.activation})")

    def _probe_around(self, start: int) -> int:
        """The first probe of the innermost statement around a byte offset in the item."""
        sizes = [
            (span.end - span.start, index)
            for index, (_, span, _) in enumerate(self.function.probes)
            if span.contains(start)
        ]
        return min(sizes)[1] if sizes else 0

    def _probe(self, index: int) -> None:
        flags = self.module.names.probes(self.function.name)
        self.put(f"; probe {index}")  # for `zyn.codegen.source_lines`
        self.put(f"store i32 {index}, ptr {self.offset(self.activation, 28)}")
        address = self.let(f"getelementptr i8, ptr {flags}, i64 {index}")
        flag = self.let(f"load volatile i8, ptr {address}")
        armed = self.let(f"and i8 {flag}, 127")
        quiet = self.let(f"icmp eq i8 {armed}, 0")
        number = self.number()
        self.put(f"br i1 {quiet}, label %quiet{number}, label %armed{number}")
        self.put(f"armed{number}:")
        name = self.module.need("zyn_probe")
        self.let(f"call i32 {name}(ptr %cx, ptr {self.activation}, i32 {index})")
        self.put(f"br label %quiet{number}")
        self.put(f"quiet{number}:")


def count_offset(index: int, op: ir.Attend) -> int:
    """Where the function at an index of its module counts its calls, or its back-edges."""
    return COUNTS_SIZE * index + (0 if op.is_entry else 8)


def is_placed(begin: ir.Begin, end: ir.Await) -> bool:
    """Whether an await gives an error its place: not in a wrapper, which has none."""
    return begin.kind == "leaf" and LEAVES[begin.target].placed and end.span.end != 0


def needs_drop(function: Function) -> bool:
    """Whether the parameters or the result of an async function hold a reference."""
    return holds_reference(function.result) or any(holds_reference(p.type) for p in function.params)


_TERMINATORS: dict[type, Callable[..., None]] = {
    ir.Goto: FunctionEmitter._goto,
    ir.Branch: FunctionEmitter._branch,
    ir.Try: FunctionEmitter._try,
    ir.Await: FunctionEmitter._await,
    ir.Return: FunctionEmitter._return,
    ir.Fail: FunctionEmitter._fail,
}


def settled_offsets(type_: Type) -> tuple[int, int, int, int]:
    """Stride and field offsets of the records that `all_settled` writes."""
    assert isinstance(type_, ArrayType)
    assert isinstance(type_.element, StructType)
    record = type_.element
    names = [name for name, _ in record.fields]
    offsets = dict(zip(names, field_offsets(record), strict=True))
    stride = size_and_align(record)[0]
    return stride, offsets["ok"], offsets.get("value", 0), offsets["message"]


def value_offset(type_: Type) -> int:
    """Where `select` writes the value of the first."""
    assert isinstance(type_, StructType)
    return field_offsets(type_)[1] if len(type_.fields) > 1 else 0
