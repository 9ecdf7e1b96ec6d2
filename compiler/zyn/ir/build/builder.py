"""The block under construction, and the few shapes that every construct is made of."""

from typing import NoReturn

from zyn.ast import Expr
from zyn.ast import Function as FunctionDecl
from zyn.base.span import Span
from zyn.ir.build.wrapper import Wrapper
from zyn.ir.func import Block, Const, Function, Local, Operand
from zyn.ir.op import Await, Fail, Fallible, Goto, Op, Probe, Try
from zyn.sema.facts import FunctionFacts, VarKind
from zyn.sema.types import (
    FloatType,
    IntType,
    OptionalType,
    Type,
)

TEXT_MAX = 40
"""Longest piece of source text that names a temporary or an await."""


class Diverged(Exception):
    """What was being built never comes to its end: it calls `panic`.

    Whoever made a branch around it goes on with the other one; else it ends the statement.
    """


class Builder:
    """State of building one function.

    `block` is where the next operation goes; None never occurs: code after a jump goes into a block
    that nothing reaches, which `prune` removes.
    """

    def __init__(self, decl: FunctionDecl, facts: FunctionFacts, text: bytes) -> None:
        self.decl = decl
        self.facts = facts
        self.text = text
        self.function = Function(
            decl.name.text,
            is_async=decl.is_async,
            result=facts.signature.result,
            span=decl.name.span,
            text=text,
        )
        self.variables: list[Local] = []
        self.visible: list[Local] = []
        self.loops: list[tuple[Block, Block]] = []  # (continue target, break target)
        # Promises in scope that no expression reads; see `zyn.ir.op.Keep`.
        self.kept: list[Local] = []
        self.read = {
            use.binding.variable
            for use in facts.uses
            if not use.is_write and not use.is_declaration
        }
        self.wrappers: dict[str, Wrapper] = {}
        self._declare_variables()
        self.block = self.function.new_block()
        self.failure: Block | None = None

    def _declare_variables(self) -> None:
        function = self.function
        for variable in self.facts.variables:
            local = Local(
                len(function.locals),
                variable.name,
                variable.type,
                variable=variable.index,
                is_param=variable.kind is VarKind.PARAM,
                span=variable.span,
                scope=variable.scope,
                kind=variable.kind.value,
            )
            function.locals.append(local)
            self.variables.append(local)
            if local.is_param:
                function.params.append(local)
                self.visible.append(local)

    # --- emitting ---

    def emit(self, op: Op) -> None:
        """Append an operation that cannot fail."""
        self.block.ops.append(op)

    def attempt(self, op: Fallible) -> None:
        """End the block with something that can fail, and go on where it succeeded."""
        ok = self.function.new_block()
        self.block.terminator = Try(op, ok, self.fail_block())
        self.block = ok

    def diverge(self, op: Fallible) -> NoReturn:
        """End the block with something that always fails."""
        failure = self.fail_block()
        self.block.terminator = Try(op, failure, failure)
        raise Diverged

    def fail_block(self) -> Block:
        """The one block that ends the function with the failure in cx.error."""
        if self.failure is None:
            self.failure = self.function.new_block()
            self.failure.terminator = Fail()
        return self.failure

    def goto(self, target: Block) -> None:
        """End the block with a jump; what follows goes into a new block."""
        self.block.terminator = Goto(target)
        self.block = self.function.new_block()

    def continue_in(self, target: Block) -> None:
        """End the block with a jump to `target` and go on there."""
        self.block.terminator = Goto(target)
        self.block = target

    def probe(self, kind: str, span: Span) -> None:
        """A place where a debug build can stop."""
        probes = self.function.probes
        self.emit(Probe(len(probes)))
        probes.append((kind, span, tuple(self.visible)))

    def wait(self, result: Local | None, span: Span, text: str) -> None:
        """End the block with an await of what the last Begin placed."""
        ok = self.function.new_block()
        self.block.terminator = Await(result, ok, self.fail_block(), span, text=text)
        self.block = ok
        self.probe("await", span)

    # --- small things ---

    def temp(self, type_: Type, name: str = "") -> Local:
        """A new temporary."""
        return self.function.new_local(name, type_)

    def source(self, node: Expr) -> str:
        """The text of an expression on one line, shortened."""
        text = " ".join(self.text[node.start : node.end].decode("utf-8", "replace").split())
        return text if len(text) <= TEXT_MAX else text[: TEXT_MAX - 1] + "…"

    def type_of(self, node: Expr) -> Type:
        """The own type of an expression, before conversion."""
        return self.facts.types[node.id]


def convert_const(value: Const, target: Type) -> Const | None:
    """The constant as a value of a wider type, or None when that needs an operation."""
    match target:
        case IntType() if isinstance(value.value, int):
            return Const(target, value.value)
        case FloatType() if isinstance(value.value, (int, float)):
            return Const(target, float(value.value))
        case OptionalType() if value.value is None:
            return Const(target, None)
    return None
