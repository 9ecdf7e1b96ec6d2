"""The baseline build of one function: prologue, blocks, and the states of a state machine."""

from collections.abc import Callable
from struct import pack_into

from zyn.codegen.func import (
    LARGE_STACK,
    LOOK,
    RETURNED,
    is_placed,
    settled_offsets,
    value_offset,
)
from zyn.codegen.lltypes import is_aggregate, size_of
from zyn.codegen.x86 import encode as x86
from zyn.codegen.x86.builder import NONE, Builder
from zyn.codegen.x86.calls import EPILOGUE
from zyn.codegen.x86.encode import (
    R8,
    R9,
    R12,
    R13,
    R14,
    R15,
    RAX,
    RBP,
    RBX,
    RCX,
    RDI,
    RDX,
    RSI,
    Address,
)
from zyn.codegen.x86.ops import OPS, Ops
from zyn.codegen.x86.values import NOTHING
from zyn.ir import op as ir
from zyn.ir.func import Block, Local
from zyn.ir.leaf import LEAVES
from zyn.ir.transform.pipeline import Lowered
from zyn.sema.types import (
    I64,
    BoolType,
    IntType,
    OptionalType,
    VoidType,
    align_up,
)

DEPTH_MAX = 4
WEIGHT_MIN = 16
"""A local is worth a register when loops use it so often; each level of loops counts eightfold."""

COMPARED_STATES_MAX = 6
"""A resumed function of more states goes through a table."""

# push rbp; mov rbp, rsp; sub rsp, 0
ENTER = b"\x55\x48\x89\xe5\x48\x81\xec\0\0\0\0"
SIZE_AT = 7
SAVE_RBX, LOAD_RBX = b"\x48\x89\x5d\xf8", b"\x48\x8b\x5d\xf8"
SAVE_R14, LOAD_R14 = b"\x4c\x89\x75\xf0", b"\x4c\x8b\x75\xf0"
SAVED = 24
LEAVE = b"\xc9\xc3"  # leave; ret
_DIRECT = b"\x48\x89\xfb"  # mov rbx, rdi
# mov r14, rdi; mov rbx, rsi; mov eax, [r14]
_MACHINE = b"\x49\x89\xfe\x48\x89\xf3\x41\x8b\x06"
_MACHINE_AND_CX = b"\x4c\x89\xf7\x48\x89\xde"  # mov rdi, r14; mov rsi, rbx
_SET_STATE = b"\x41\xc7\x06"  # mov dword [r14], imm32
_RETURNED = _SET_STATE + x86.I32(RETURNED)
_SAVE_BELOW, _LOAD_BELOW = b"\x53\x41\x56", LOAD_RBX + LOAD_R14  # push rbx; push r14
_NO_RESULT = b"\x31\xc0\x0f\x57\xc0"  # xor eax, eax; xorps xmm0, xmm0
_LOOK_INTO_RCX = x86.number(RCX, LOOK, True)
_NEEDS_R15 = frozenset((ir.Get, ir.Put))


class FunctionCode(Ops):
    """Appends one function."""

    def __init__(
        self, builder: Builder, lowered: Lowered, index: int, first_line: int, drop: int = NONE
    ) -> None:
        function = lowered.function
        super().__init__(builder, function, SAVED, index, first_line)
        self.lowered = lowered
        self.state_machine = function.is_async
        self.drop = drop
        self.table = 0
        self.begin: ir.Begin | None = None
        self.polls: dict[int, int] = {}
        self.uses_r15 = False
        self.before = [0] * len(function.blocks)
        # Of each block, the probe of the statement that it begins in: its first predecessor's.
        self.within = [NONE] * len(function.blocks)
        self.done: set[int] = set()
        self.saved: list[int] = [RBX, R14] if self.state_machine else [RBX]
        self._survey()
        if self.uses_r15:
            self.saved.append(R15)
        self.room = 8 * len(self.saved)

    def _survey(self) -> None:
        """Count the reads of every local and the ways into every block; find the parameters of a
        state machine that can stay in their slots because nothing writes them.
        """
        reads, before = self.reads, self.before
        written: set[int] = set()
        loops: list[tuple[int, int]] = []
        for block in self.function.blocks:
            for op in block.ops:
                kind = type(op)
                if kind is ir.LoadSlot or kind is ir.Probe:
                    continue
                if kind in _NEEDS_R15:
                    self.uses_r15 = True
                for source in op.sources:
                    if type(source) is Local:
                        reads[source.index] += 1
                if op.dst is not None:
                    written.add(op.dst.index)
            end = block.end
            for source in end.sources:
                if type(source) is Local:
                    reads[source.index] += 1
            if end.dst is not None:
                written.add(end.dst.index)
            if type(end) is ir.Try and type(end.op) is ir.MakeFuture:
                self.uses_r15 = True
            for target in end.successors:
                before[target.index] += 1
                if target.index <= block.index:
                    loops.append((target.index, block.index))
        frame = self.lowered.frame
        if frame is not None:
            # A frame that is awaited may lie over a parameter that is dead by then, and is filled
            # while the parameter is still read.
            lowest = min(frame.children_at, default=frame.size)
            for param in self.function.params:
                slot = frame.slots[param.index]
                if (
                    param.index not in written
                    and not is_aggregate(param.type)
                    and slot + size_of(param.type) <= lowest
                ):
                    self.homes[param.index] = R14, slot
        if loops:
            self._keep_in_registers(loops)

    def _keep_in_registers(self, loops: list[tuple[int, int]]) -> None:
        """Give registers that calls preserve to the integers that loops use most.

        A loop is taken to be the blocks between a jump back and its target, which is so but for
        branches that `order_blocks` puts behind it.
        """
        weights = [0] * len(self.function.locals)
        for block in self.function.blocks:
            depth = sum(first <= block.index <= last for first, last in loops)
            if depth:
                weight = 8 ** min(depth, DEPTH_MAX)
                steps: list[ir.Step] = [*block.ops, block.end]
                for step in steps:
                    for source in step.sources:
                        if type(source) is Local:
                            weights[source.index] += weight
                    if step.dst is not None:
                        weights[step.dst.index] += weight
        free = [R12, R13]
        if not self.state_machine:
            free.append(R14)
        if not self.uses_r15:
            free.append(R15)
        wanted = [
            local
            for local in self.function.locals
            if self.reads[local.index] > 1
            and weights[local.index] >= WEIGHT_MIN
            and type(local.type) is IntType
            and local.type.bits >= 32
            and local.index not in self.homes
        ]
        wanted.sort(key=lambda local: -weights[local.index])
        for local, reg in zip(wanted, free, strict=False):
            self.homes[local.index] = ~reg, 0
            self.saved.append(reg)

    def emit(self) -> int:
        """Append it; the position where it is entered."""
        out = self.out
        out += b"\xcc" * (-len(out) % 16)
        start = len(out)
        out += ENTER
        for place, reg in enumerate(self.saved, 1):
            out += x86.memory(x86.MOV_STORE, reg, RBP, -8 * place, True)
        if self.state_machine:
            out += _MACHINE
            self._dispatch()
        else:
            out += _DIRECT
            self._bind_params()
        for block in self.function.blocks:
            if block.index not in self.done:
                self._block(block)
        self.bind(EPILOGUE)
        self.mark(NONE)
        for place, reg in enumerate(self.saved, 1):
            out += x86.memory(x86.MOV_LOAD, reg, RBP, -8 * place, True)
        out += LEAVE
        for probe, method, arguments in self.cold:
            self.mark(probe)
            method(self, *arguments)
        self.mark(NONE)
        size = align_up(self.room, 16) + align_up(self.outgoing, 16)
        pack_into("<i", out, start + SIZE_AT, size)
        entry = start if size <= LARGE_STACK else self._guarded(start, size)
        self.resolve()
        for state, label in self.polls.items() if self.table else ():
            at = self.table + 4 * (state - 1)
            pack_into("<i", out, at, self.position(label) - self.table)
        return entry

    # --- prologues ---

    def _bind_params(self) -> None:
        """Send every parameter home; an aggregate is copied there from the address that came."""
        for param, pointer in self.receive(self.function.params, 1):
            self.out += x86.memory(b"\x8b", RDX, *pointer, True)
            self.copy(size_of(param.type), (RDX, 0), self.home(param))

    def _guarded(self, start: int, size: int) -> int:
        """Code in front of a function with a large stack frame: room is tested before it is taken.

        A state machine is tested when it starts only; where it is resumed it had room before.
        """
        out = self.out
        entry = len(out)
        room, low = self.label(), self.label()
        cx = RDI
        if self.state_machine:
            cx = RSI
            out += b"\x83\x3f\x00"  # cmp dword [rdi], 0
            self.jump_if(x86.NOT_EQUAL, room)
        # lea rax, [rsp - size]; cmp rax, rsp; ja low; cmp rax, [cx + 32]; jb low
        out += x86.memory(b"\x8d", RAX, x86.RSP, -size, True) + b"\x48\x39\xe0"
        self.jump_if(x86.ABOVE, low)
        out += x86.memory(x86.CMP, RAX, cx, 32, True)
        self.jump_if(x86.BELOW, low)
        self.bind(room)
        out += b"\xe9" + x86.I32(start - len(out) - 5)
        self.bind(low)
        out += ENTER[:-7] + _SAVE_BELOW
        out += _MACHINE[:6] if self.state_machine else _DIRECT
        self.site(RSI, self.function.span.start)
        out += b"\x48\x89\xdf"  # mov rdi, rbx
        self.call("zyn_fail_stack")
        if self.state_machine:
            if self.drop != NONE:
                # mov rdi, r14; call drop
                out += b"\x4c\x89\xf7\xe8"
                out += x86.I32(self.drop - len(out) - 4)
            out += _MACHINE_AND_CX
            self.call("zyn_failed")
        else:
            out += _NO_RESULT
        out += _LOAD_BELOW + LEAVE
        return entry

    # --- control flow ---

    def _block(self, block: Block) -> None:
        if block.index and _is_empty(block):
            return
        self.bind(block.index)
        self.mark(self.within[block.index])
        self.held = NOTHING
        self.unsaved = False
        while True:
            self.done.add(block.index)
            for op in block.ops:
                kind = type(op)
                emit = OPS.get(kind)
                if emit is not None:
                    emit(self, op)
                elif kind is ir.Probe:
                    probe: int = op.index  # type: ignore[attr-defined]
                    if self.function.probes[probe][0] != "await":
                        self.mark(probe)
                else:
                    _FRAME_OPS[kind](self, op)
            end = block.end
            if type(end) is not ir.Goto or self.before[end.target.index] != 1:
                break
            block = end.target
        for target in end.successors:
            if self.within[target.index] == NONE:
                self.within[target.index] = self.probe
        if type(end) is ir.Await:
            # Its probe is where it goes on: the code around it belongs to the statement.
            for op in end.ok.ops:
                if type(op) is ir.Probe:
                    self.mark(op.index)
                    break
        _TERMINATORS[type(end)](self, end)

    def target(self, block: Block) -> int:
        """The label that a jump to a block really goes to."""
        hops = 0
        while type(block.terminator) is ir.Goto and hops < len(self.before) and _is_empty(block):
            block = block.terminator.target
            hops += 1
        return block.index

    def _load_slot(self, op: ir.LoadSlot) -> None:
        local = op.dst
        home = self.home(local)
        if home[0] == R14:
            return
        slot = self._slot(local)
        if is_aggregate(local.type):
            self.forget()
            self.copy(size_of(local.type), slot, home)
        else:
            self.forget()
            self.out += x86.load(local.type, RAX, *slot)
            self.define(local)

    def _store_slot(self, op: ir.StoreSlot) -> None:
        self.write(op.a.type, op.a, self._slot(op.a), count=False)

    def _slot(self, local: Local) -> Address:
        assert self.lowered.frame is not None
        return R14, self.lowered.frame.slots[local.index]

    def _goto(self, end: ir.Goto) -> None:
        self.forget()
        self.jump(self.target(end.target))

    def _branch(self, end: ir.Branch) -> None:
        condition = end.condition
        yes, no = self.target(end.yes), self.target(end.no)
        held = type(condition) is Local and condition.index == self.held
        if held and self.condition != NOTHING and self.reads[self.held] == 1:
            code = self.condition
            self.held = self.condition = NOTHING
            self.unsaved = False
        else:
            self.take(condition)
            self.out += b"\x85\xc0"  # test eax, eax
            code = x86.NOT_EQUAL
        self.jump_if(code ^ 1, no)
        self.jump(yes)

    def _try(self, end: ir.Try) -> None:
        self.attempt(end.op, self.target(end.ok), self.target(end.error))

    def _return(self, end: ir.Return) -> None:
        value = end.value
        if value is None or type(self.function.result) is VoidType:
            self.forget()
            if self.state_machine:
                self.out += _RETURNED
                self.out += x86.number(RAX, 1, False)
        elif self.state_machine:
            self._return_machine(end)
        elif is_aggregate(value.type):
            self.forget()
            self.out += x86.memory(b"\x8b", RDX, *self.result_home, True)
            self.write(value.type, value, (RDX, 0), count=False)
        else:
            self.take(value)
        self.jump(EPILOGUE)

    def _return_machine(self, end: ir.Return) -> None:
        value, type_ = end.value, self.function.result
        frame = self.lowered.frame
        assert value is not None
        assert frame is not None
        slot = R14, frame.result
        if type(type_) is IntType or type(type_) is BoolType:
            self.take(value)
            self.out += x86.store(type_, RAX, *slot)
            form = x86.form(type_)
            if form.size < 8 and form.extend_wide:
                self.out += b"\x48\x98"  # cdqe
            # mov rcx, LOOK; test rax, rax; cmovz rax, rcx
            self.out += _LOOK_INTO_RCX + b"\x48\x85\xc0\x48\x0f\x44\xc1"
            self.out += _RETURNED
            return
        self.write(type_, value, slot, count=False)
        self.out += _RETURNED
        self.out += x86.number(RAX, LOOK, True)

    def _fail(self, end: ir.Fail) -> None:
        if self.state_machine:
            self.out += _MACHINE_AND_CX
            self.call("zyn_failed")
        else:
            self.out += _NO_RESULT
        self.jump(EPILOGUE)

    # --- state machines ---

    def _dispatch(self) -> None:
        """Go to the block of the state that is in eax; what is below the blocks cannot run."""
        ends = [block.end for block in self.function.blocks]
        count = 0
        for end in ends:
            if type(end) is ir.Await:
                count += 1
                self.polls[end.state] = self.label()
        self.out += b"\x85\xc0"  # test eax, eax
        self.jump_if(x86.EQUAL, self.target(self.function.blocks[0]))
        if count <= COMPARED_STATES_MAX:
            for state in range(1, count + 1):
                self.out += x86.with_number("cmp", state, False)
                self.jump_if(x86.EQUAL, self.polls[state])
        else:
            self._table(count)
        self.out += _MACHINE_AND_CX
        self.call("zyn_repoll")
        self.jump(EPILOGUE)

    def _table(self, count: int) -> None:
        """Jump to the poll of state eax, 1..count, by distances that lie behind this."""
        beyond = self.label()
        out = self.out
        # dec eax; cmp eax, count; jae beyond
        out += b"\xff\xc8" + x86.with_number("cmp", count, False)
        self.jump_if(x86.ABOVE_EQUAL, beyond)
        # lea rcx, [table]; movsxd rax, [rcx + 4 rax]; add rax, rcx; jmp rax
        out += b"\x48\x8d\x0d\x09\0\0\0\x48\x63\x04\x81\x48\x01\xc8\xff\xe0"
        self.table = len(out)
        out += bytes(4 * count)
        self.bind(beyond)

    def _child(self, state: int) -> Address:
        assert self.lowered.frame is not None
        return R14, self.lowered.frame.children_at[state - 1]

    def _begin(self, op: ir.Begin) -> None:
        self.begin = op
        child = self._child(op.state)
        if op.kind == "leaf":
            self.begin_leaf(op, child)
        else:
            self.fill(child, op.args)

    def _await(self, end: ir.Await) -> None:
        begin, k = self.begin, end.state
        assert begin is not None
        child = self._child(k)
        self.forget()
        self.out += _SET_STATE + x86.I32(k)
        self.bind(self.polls[k])
        self.lea(RDI, child)
        self.out += b"\x48\x89\xde"  # mov rsi, rbx
        if begin.kind == "leaf":
            self.call(f"zyn_{begin.target}_poll")
        else:
            self.call_at(self.builder.cell(begin.target))
        self.out += b"\x48\x85\xc0"  # test rax, rax: 0, which is also the answer, is pending
        self.jump_if(x86.EQUAL, EPILOGUE)
        # cmp dword [child], RETURNED
        self.out += x86.memory(b"\x83", 7, *child) + b"\xfe"
        error = self.target(end.error)
        if is_placed(begin, end):
            failed = self.label()
            self.later(FunctionCode._place, end.span.start, failed, error)
            error = failed
        self.jump_if(x86.NOT_EQUAL, error)
        self._take_result(begin, end.result, child)
        self.forget()
        self.jump(self.target(end.ok))

    def _place(self, start: int, failed: int, error: int) -> None:
        self.bind(failed)
        self._give_up("zyn_fail_at", start, error)

    def _take_result(self, begin: ir.Begin, result: Local | None, child: Address) -> None:
        """Move the result of a child that returned into its local."""
        if begin.kind == "call":
            if result is not None:
                layout = self.lowered.callees[begin.target]
                self._move(result, (child[0], child[1] + layout.result_offset))
            return
        takes = LEAVES[begin.target].takes
        if takes == "none":
            return
        if takes == "outcome":
            self._take_outcome(begin.target, result, child)
        elif result is not None:
            place = self.place(size_of(result.type), 16)
            self.lea(RDI, child)
            at = place[1] + (value_offset(result.type) if takes == "index" else 0)
            self.lea(RSI, (place[0], at))
            if takes == "settled":
                for reg, number in zip(
                    (RDX, RCX, R8, R9), settled_offsets(result.type), strict=True
                ):
                    self.out += x86.number(reg, number, False)
            self.call(f"zyn_{begin.target}_take")
            if takes == "index":
                self.out += b"\x89\xc0"  # mov eax, eax
                self.out += x86.store(I64, RAX, *place)
            self._move(result, place)
        self.lea(RDI, child)
        self.call(f"zyn_{begin.target}_drop")

    def _take_outcome(self, leaf: str, result: Local | None, child: Address) -> None:
        """Take what a leaf may have: 0 says that it is there."""
        optional = None
        if result is not None and isinstance(result.type, OptionalType):
            optional = result.type
            self.zero(optional, self.home(result))
        place = self.place(16, 16) if result is None or optional is None else self.home(result)
        self.lea(RDI, child)
        self.lea(RSI, place)
        self.call(f"zyn_{leaf}_take")
        # test eax, eax; sete al; movzx eax, al
        self.out += b"\x85\xc0\x0f\x94\xc0\x0f\xb6\xc0"
        if result is not None and optional is not None:
            self.flag(optional, self.home(result))
        elif result is not None:
            self.out += x86.store(result.type, RAX, *self.home(result))

    def _move(self, result: Local, source: Address) -> None:
        self.copy(size_of(result.type), source, self.home(result))


def _is_empty(block: Block) -> bool:
    """Whether nothing but a jump is left of a block."""
    return type(block.terminator) is ir.Goto and all(type(op) is ir.Probe for op in block.ops)


_FRAME_OPS: dict[type, Callable[..., None]] = {
    ir.Begin: FunctionCode._begin,
    ir.LoadSlot: FunctionCode._load_slot,
    ir.StoreSlot: FunctionCode._store_slot,
}

_TERMINATORS: dict[type, Callable[..., None]] = {
    ir.Goto: FunctionCode._goto,
    ir.Branch: FunctionCode._branch,
    ir.Try: FunctionCode._try,
    ir.Await: FunctionCode._await,
    ir.Return: FunctionCode._return,
    ir.Fail: FunctionCode._fail,
}
