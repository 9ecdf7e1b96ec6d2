"""Where a function waits: every await, written or implicit, in the order of evaluation.

    const a = f(await x(), g);    with `g` a promise:  await x(), then g, then the call

Operands come before what is made of them, left before right; of an assignment the target's own
operands come first, then the value.  Absent here: which awaits lie on one path.
"""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from zyn.ast import (
    ArrayInit,
    Assign,
    Await,
    Binary,
    Block,
    BoolLiteral,
    Break,
    Call,
    Continue,
    ErrorExpr,
    ErrorStmt,
    Expr,
    ExprStmt,
    FieldAccess,
    FloatLiteral,
    Function,
    If,
    Index,
    IntLiteral,
    Let,
    Logical,
    Name,
    Node,
    NullLiteral,
    OrElse,
    Return,
    StringLiteral,
    StructInit,
    Unary,
    While,
)
from zyn.sema.facts import FunctionFacts


class AwaitPoint(msgspec.Struct, frozen=True, gc=False):
    """One await.

    `expr` is the `Await` node of a written await; of an implicit one it is the expression whose
    promise is awaited.
    """

    expr: Expr
    is_implicit: bool

    @property
    def id(self) -> int:
        """The id of `expr`."""
        return self.expr.id


def await_points(function: Function, facts: FunctionFacts) -> tuple[AwaitPoint, ...]:
    """Every await of a function in the order of evaluation."""
    found: list[AwaitPoint] = []
    _visit(function.body, facts.awaited, found)
    return tuple(found)


def _visit(node: Node, awaited: frozenset[int], found: list[AwaitPoint]) -> None:
    """The awaits in a node.  Recursion is bounded by the nesting of the syntax tree."""
    for child in _CHILDREN[type(node)](node):
        _visit(child, awaited, found)
    if isinstance(node, Await):
        found.append(AwaitPoint(node, False))
    if isinstance(node, Expr) and node.id in awaited:
        found.append(AwaitPoint(node, True))


def _none(_node: Node) -> Iterator[Node]:
    return iter(())


def _if(node: If) -> Iterator[Node]:
    yield node.condition
    yield node.then
    if node.else_ is not None:
        yield node.else_


_CHILDREN: dict[type[Node], Callable[[Any], Iterator[Node]]] = {
    ArrayInit: lambda node: iter(node.elements),
    Assign: lambda node: iter((node.target, node.value)),
    Await: lambda node: iter((node.operand,)),
    Binary: lambda node: iter((node.left, node.right)),
    Block: lambda node: iter(node.statements),
    BoolLiteral: _none,
    Break: _none,
    Call: lambda node: iter((node.callee, *node.args)),
    Continue: _none,
    ErrorExpr: _none,
    ErrorStmt: _none,
    ExprStmt: lambda node: iter((node.value,)),
    FieldAccess: lambda node: iter((node.value,)),
    FloatLiteral: _none,
    If: _if,
    Index: lambda node: iter((node.value, node.index)),
    IntLiteral: _none,
    Let: lambda node: iter((node.value,)),
    Logical: lambda node: iter((node.left, node.right)),
    Name: _none,
    NullLiteral: _none,
    OrElse: lambda node: iter((node.left, node.right)),
    Return: lambda node: iter(() if node.value is None else (node.value,)),
    StringLiteral: _none,
    StructInit: lambda node: (field.value for field in node.fields),
    Unary: lambda node: iter((node.operand,)),
    While: lambda node: iter((node.condition, node.body)),
}
