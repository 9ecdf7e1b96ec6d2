"""Statements and whole functions -> blocks."""

from collections.abc import Callable

from zyn.ast import (
    Assign,
    Block,
    Break,
    Continue,
    ExprStmt,
    If,
    Item,
    Let,
    Name,
    Return,
    While,
)
from zyn.ast import (
    Function as FunctionDecl,
)
from zyn.base.bug import ZynBug
from zyn.base.span import Span
from zyn.ir import op as ir
from zyn.ir.build.builder import Diverged
from zyn.ir.build.expr import ExprBuilder
from zyn.ir.func import Function, Local, Operand
from zyn.ir.order import order_blocks
from zyn.sema.facts import FunctionFacts
from zyn.sema.types import VOID, PromiseType, holds_reference


def build_function(item: Item, facts: FunctionFacts) -> Function:
    """The IR of a sound function, with unreachable blocks removed."""
    if not isinstance(item.decl, FunctionDecl) or not facts.is_sound:
        raise ZynBug("only a sound function has IR")
    builder = StmtBuilder(item.decl, facts, item.text)
    builder.body()
    order_blocks(builder.function)
    _drop_unreached_probes(builder.function)
    builder.function.wrappers = tuple(builder.wrappers.values())
    return builder.function


def _drop_unreached_probes(function: Function) -> None:
    """Forget the probes that went away with unreachable blocks, and number the rest in order."""
    probes = [op for block in function.blocks for op in block.ops if isinstance(op, ir.Probe)]
    kept = sorted(probe.index for probe in probes)
    numbers = {old: new for new, old in enumerate(kept)}
    for probe in probes:
        probe.index = numbers[probe.index]
    function.probes = [function.probes[old] for old in kept]


class StmtBuilder(ExprBuilder):
    """Adds statements."""

    def body(self) -> None:
        """Build the whole function."""
        self.attempt(ir.Attend(self.decl.name.span, is_entry=True))
        self._block(self.decl.body)
        if self.block.terminator is None:
            end = self.decl.body.end
            self.probe("end", Span(max(end - 1, 0), end))
            self.block.terminator = ir.Return(None) if self.function.result == VOID else ir.Fail()

    def _block(self, block: Block) -> None:
        depth, kept = len(self.visible), len(self.kept)
        for statement in block.statements:
            try:
                _BUILDERS[type(statement)](self, statement)
            except Diverged:
                self.block = self.function.new_block()
        if self.block.terminator is None:
            self._keep(self.kept[kept:])
        del self.visible[depth:]
        del self.kept[kept:]

    def _keep(self, promises: list[Local]) -> None:
        """Promises that nobody reads live until here."""
        for local in promises:
            self.emit(ir.Keep(local))

    def _let(self, node: Let) -> None:
        self.probe("statement", node.span)
        local = self.variables[self.facts.declares[node.id]]
        self.assign(local, self.expr(node.value))
        self.visible.append(local)
        if isinstance(local.type, PromiseType) and local.variable not in self.read:
            self.kept.append(local)

    def assign(self, local: Local, value: Operand) -> None:
        """`local = value`; what made a plain temporary writes the variable instead."""
        last = self.block.ops[-1] if self.block.ops else None
        fresh = isinstance(value, Local) and value.variable < 0
        if last is not None and fresh and last.dst is value and not holds_reference(local.type):
            last.dst = local
            return
        if value is not local:
            self.emit(ir.Assign(local, value))

    def _assign(self, node: Assign) -> None:
        self.probe("statement", node.span)
        if isinstance(node.target, Name):
            local = self.variables[self.facts.bindings[node.target.id].variable]
            if node.op:
                self.assign(local, self._compound(node, local))
            else:
                self.assign(local, self.expr(node.value))
            return
        base, path = self.path(node.target)
        assert isinstance(base, Local)
        if node.op:
            old = self.temp(self.type_of(node.target), self.source(node.target))
            self.emit(ir.Get(old, base, path))
            value = self._compound(node, old)
        else:
            value = self.expr(node.value)
        self.emit(ir.Put(base, path, value))

    def _compound(self, node: Assign, old: Operand) -> Operand:
        return self.binary(node.op, old, self.expr(node.value), node.value)

    def _expression(self, node: ExprStmt) -> None:
        self.probe("statement", node.span)
        self.expr(node.value)

    def _return(self, node: Return) -> None:
        self.probe("return", node.span)
        value: Operand | None = None
        if node.value is not None:
            value = self.expr(node.value)
        self._keep(self.kept)
        self.block.terminator = ir.Return(None if self.function.result == VOID else value)
        self.block = self.function.new_block()

    def _if(self, node: If) -> None:
        self.probe("statement", Span(node.start, node.condition.end))
        yes, end = self.function.new_block(), self.function.new_block()
        no = self.function.new_block() if node.else_ is not None else end
        self.branch(node.condition, yes, no)
        self.block = yes
        self._block(node.then)
        self.block.terminator = self.block.terminator or ir.Goto(end)
        if node.else_ is not None:
            self.block = no
            _BUILDERS[type(node.else_)](self, node.else_)
            self.block.terminator = self.block.terminator or ir.Goto(end)
        self.block = end

    def _while(self, node: While) -> None:
        head, body, latch, end = (self.function.new_block() for _ in range(4))
        self.continue_in(head)
        self.probe("statement", Span(node.start, node.condition.end))
        self.branch(node.condition, body, end)
        self.block = body
        self.loops.append((latch, end))
        self._block(node.body)
        self.loops.pop()
        self.continue_in(latch)
        self.attempt(ir.Attend(Span(node.start, node.condition.end), is_entry=False))
        self.block.terminator = ir.Goto(head)
        self.block = end

    def _break(self, node: Break) -> None:
        self.probe("statement", node.span)
        self._keep(self.kept)
        self.goto(self.loops[-1][1])

    def _continue(self, node: Continue) -> None:
        self.probe("statement", node.span)
        self._keep(self.kept)
        self.goto(self.loops[-1][0])


_BUILDERS: dict[type, Callable[..., None]] = {
    Assign: StmtBuilder._assign,
    Block: StmtBuilder._block,
    Break: StmtBuilder._break,
    Continue: StmtBuilder._continue,
    ExprStmt: StmtBuilder._expression,
    If: StmtBuilder._if,
    Let: StmtBuilder._let,
    Return: StmtBuilder._return,
    While: StmtBuilder._while,
}
