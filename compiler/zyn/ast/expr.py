"""Expressions."""

from zyn.ast.node import Ident, Node


class Expr(Node, frozen=True, eq=False, gc=False):
    """Something with a value."""


class IntLiteral(Expr, frozen=True, eq=False, gc=False):
    """A whole number of any size; sema says whether it fits."""

    value: int


class FloatLiteral(Expr, frozen=True, eq=False, gc=False):
    """A number with a fraction or an exponent."""

    value: float


class BoolLiteral(Expr, frozen=True, eq=False, gc=False):
    """`true` or `false`."""

    value: bool


class NullLiteral(Expr, frozen=True, eq=False, gc=False):
    """`null`: the empty value of an optional."""


class StringLiteral(Expr, frozen=True, eq=False, gc=False):
    """Text with its escapes already replaced."""

    value: str


class Name(Expr, frozen=True, eq=False, gc=False):
    """A name used as a value."""

    text: str


class Unary(Expr, frozen=True, eq=False, gc=False):
    """`-x` or `!x`."""

    op: str
    operand: Expr


class Binary(Expr, frozen=True, eq=False, gc=False):
    """Arithmetic (`+ - * / %`) or a comparison (`== != < <= > >=`)."""

    op: str
    left: Expr
    right: Expr


class Logical(Expr, frozen=True, eq=False, gc=False):
    """`and` or `or`: the right side is evaluated only when it is needed."""

    op: str
    left: Expr
    right: Expr


class OrElse(Expr, frozen=True, eq=False, gc=False):
    """`a orelse b`: the value inside `a`, or `b` when there is none."""

    left: Expr
    right: Expr


class Await(Expr, frozen=True, eq=False, gc=False):
    """`await x`.  The span begins at the keyword."""

    operand: Expr


class Call(Expr, frozen=True, eq=False, gc=False):
    """`callee(args)`.  `args_end` is the offset of the closing parenthesis."""

    callee: Expr
    args: tuple[Expr, ...]
    args_end: int


class FieldAccess(Expr, frozen=True, eq=False, gc=False):
    """`value.field`."""

    value: Expr
    field: Ident


class Index(Expr, frozen=True, eq=False, gc=False):
    """`value[index]`."""

    value: Expr
    index: Expr


class FieldInit(Node, frozen=True, eq=False, gc=False):
    """`.name = value` in a struct value."""

    name: Ident
    value: Expr


class StructInit(Expr, frozen=True, eq=False, gc=False):
    """`T{ .a = 1 }`."""

    type_name: Ident
    fields: tuple[FieldInit, ...]


class ArrayInit(Expr, frozen=True, eq=False, gc=False):
    """`[a, b]`."""

    elements: tuple[Expr, ...]


class ErrorExpr(Expr, frozen=True, eq=False, gc=False):
    """An expression that could not be read; a diagnostic says why."""
