"""Statements."""

from zyn.ast.expr import Expr
from zyn.ast.node import Ident, Node
from zyn.ast.type_expr import TypeExpr


class Stmt(Node, frozen=True, eq=False, gc=False):
    """Something that is done."""


class Block(Stmt, frozen=True, eq=False, gc=False):
    """`{ .. }`: a scope."""

    statements: tuple[Stmt, ...]


class Let(Stmt, frozen=True, eq=False, gc=False):
    """`const name: T = value;` or `var ..`.  A broken initialiser is an `ErrorExpr`."""

    mutable: bool
    name: Ident
    type: TypeExpr | None
    value: Expr


class Assign(Stmt, frozen=True, eq=False, gc=False):
    """`target = value;`, or with `op` one of `+ - * / %` the compound form; else `op` is empty."""

    target: Expr
    op: str
    value: Expr


class ExprStmt(Stmt, frozen=True, eq=False, gc=False):
    """An expression for its effect."""

    value: Expr


class Return(Stmt, frozen=True, eq=False, gc=False):
    """`return;` or `return value;`."""

    value: Expr | None


class If(Stmt, frozen=True, eq=False, gc=False):
    """`if (condition) {..} else ..`; `else_` is a Block or another If."""

    condition: Expr
    then: Block
    else_: Stmt | None


class While(Stmt, frozen=True, eq=False, gc=False):
    """`while (condition) {..}`."""

    condition: Expr
    body: Block


class Break(Stmt, frozen=True, eq=False, gc=False):
    """`break;`."""


class Continue(Stmt, frozen=True, eq=False, gc=False):
    """`continue;`."""


class ErrorStmt(Stmt, frozen=True, eq=False, gc=False):
    """A statement that could not be read; a diagnostic says why."""
