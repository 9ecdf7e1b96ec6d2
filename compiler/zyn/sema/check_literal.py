"""The types of literals.

A literal has the type its surroundings want: the expected one, or that of the other operand; else
`i32`, or `i64` where that is too small, and `f64` with a fraction.

Absent here: what the surroundings want; the caller says so.
"""

from math import isfinite

from zyn.ast import (
    Binary,
    BoolLiteral,
    ErrorExpr,
    Expr,
    FloatLiteral,
    IntLiteral,
    NullLiteral,
    StringLiteral,
    Unary,
)
from zyn.base import codes
from zyn.sema.context import Context
from zyn.sema.convert import without_optional
from zyn.sema.types import BOOL, ERROR, F32, F64, I32, I64, NULL, STRING, FloatType, IntType, Type

COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})

_F32_MAX = float.fromhex("0x1.fffffep+127")


def check_int(cx: Context, expr: IntLiteral, expected: Type | None) -> Type:
    """A whole number."""
    return int_literal(cx, expr, expected, expr.value, str(expr.value))


def int_literal(cx: Context, expr: Expr, expected: Type | None, value: int, shown: str) -> Type:
    """The type of a whole number; it may also stand for a fraction."""
    wanted = without_optional(expected)
    if isinstance(wanted, FloatType):
        if abs(value) > (_F32_MAX if wanted is F32 else int(1.7e308)):
            out_of_range(cx, expr, shown, wanted)
        return wanted
    type_ = wanted
    if not isinstance(type_, IntType):
        type_ = I32 if I32.minimum <= value <= I32.maximum else I64
    if not type_.minimum <= value <= type_.maximum:
        out_of_range(cx, expr, shown, type_)
    return type_


def out_of_range(cx: Context, expr: Expr, shown: str, type_: Type) -> None:
    """Report a literal that does not fit its type."""
    if len(shown) > 40:
        shown = f"{shown[:20]}..{shown[-8:]}"
    hint = None
    if isinstance(type_, IntType):
        hint = f"`{type_}` holds {type_.minimum} to {type_.maximum}"
    cx.report(codes.LITERAL_RANGE, expr.span, f"{shown} does not fit `{type_}`", hint=hint)


def check_float(cx: Context, expr: FloatLiteral, expected: Type | None) -> Type:
    """A number with a fraction."""
    wanted = without_optional(expected)
    type_ = wanted if isinstance(wanted, FloatType) else F64
    if not isfinite(expr.value) or (type_ is F32 and abs(expr.value) > _F32_MAX):
        out_of_range(cx, expr, "this number", type_)
    return type_


def check_bool(_cx: Context, _expr: BoolLiteral, _expected: Type | None) -> Type:
    """`true` or `false`."""
    return BOOL


def check_null(_cx: Context, _expr: NullLiteral, _expected: Type | None) -> Type:
    """`null`."""
    return NULL


def check_string(_cx: Context, _expr: StringLiteral, _expected: Type | None) -> Type:
    """Text."""
    return STRING


def check_error(_cx: Context, _expr: ErrorExpr, _expected: Type | None) -> Type:
    """What could not be read."""
    return ERROR


def is_literal(expr: Expr) -> bool:
    """Whether an expression is made of numbers alone, so that its type is still open."""
    if isinstance(expr, IntLiteral | FloatLiteral):
        return True
    if isinstance(expr, Unary):
        return expr.op == "-" and is_literal(expr.operand)
    if isinstance(expr, Binary):
        return expr.op not in COMPARISONS and is_literal(expr.right) and is_literal(expr.left)
    return False


def has_fraction(expr: Expr) -> bool:
    if isinstance(expr, Unary):
        return has_fraction(expr.operand)
    if isinstance(expr, Binary):
        return has_fraction(expr.right) or has_fraction(expr.left)
    return isinstance(expr, FloatLiteral)
