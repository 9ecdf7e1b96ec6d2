"""The types of operators between values.

    i8 + i64      the wider type      1 + x       the type of x
    "a" + "b"     string              a < b       bool, of two values of one type

Absent here: `await`, which is no operator on values.
"""

from zyn.ast import Binary, Expr, IntLiteral, Logical, OrElse, Unary
from zyn.base import codes
from zyn.sema.check_literal import COMPARISONS, has_fraction, int_literal, is_literal
from zyn.sema.context import Context
from zyn.sema.convert import common, is_number, is_settled, without_optional
from zyn.sema.types import (
    BOOL,
    ERROR,
    F64,
    NULL,
    STRING,
    VOID,
    BoolType,
    FloatType,
    IntType,
    OptionalType,
    StringType,
    Type,
)

EQUALITIES = frozenset({"==", "!="})


def check_unary(cx: Context, expr: Unary, expected: Type | None) -> Type:
    """`-x` and `!x`; a minus belongs to the number after it."""
    operand = expr.operand
    if expr.op == "!":
        cx.value(operand, BOOL, "`!` needs")
        return BOOL
    if isinstance(operand, IntLiteral):
        type_ = int_literal(cx, expr, expected, -operand.value, f"-{operand.value}")
        cx.types[operand.id] = type_
        return type_
    type_ = cx.operand(operand, expected)
    if isinstance(type_, FloatType) or (isinstance(type_, IntType) and type_.signed):
        return type_
    if is_settled(type_):
        cx.report(codes.TYPE_MISMATCH, operand.span, f"`-` does not work on `{type_}`")
    return ERROR


def check_binary(cx: Context, expr: Binary, expected: Type | None) -> Type:
    """Arithmetic or a comparison."""
    if expr.op in COMPARISONS:
        return _comparison(cx, expr)
    wanted = without_optional(expected)
    left, right = _operands(cx, expr, wanted if wanted and is_number(wanted) else None)
    if not (is_settled(left) and is_settled(right)):
        return ERROR
    op = expr.op
    if isinstance(left, StringType) and isinstance(right, StringType) and op == "+":
        return STRING
    for side, type_ in ((expr.left, left), (expr.right, right)):
        if not is_number(type_):
            _not_a_number(cx, side, type_, op, left, right)
            return ERROR
    result = _unify(cx, expr, left, right)
    if result is None:
        _different(cx, expr, left, right)
        return ERROR
    return result


def _operands(cx: Context, expr: Binary, wanted: Type | None) -> tuple[Type, Type]:
    """Check both sides; one made of literals takes the type of the other."""
    left, right = expr.left, expr.right
    if not is_literal(left):
        left_type = cx.operand(left, wanted)
        guide = left_type if is_literal(right) else wanted
        return left_type, cx.operand(right, guide)
    if not is_literal(right):
        right_type = cx.operand(right, wanted)
        return cx.operand(left, right_type), right_type
    if wanted is None and has_fraction(expr):
        wanted = F64
    return cx.operand(left, wanted), cx.operand(right, wanted)


def _unify(cx: Context, expr: Binary, left: Type, right: Type) -> Type | None:
    """Bring both sides to the wider type."""
    if left is right:
        return left
    result = common(left, right)
    if result is not None:
        if left != result:
            cx.converted[expr.left.id] = result
        if right != result:
            cx.converted[expr.right.id] = result
    return result


def _not_a_number(cx: Context, side: Expr, type_: Type, op: str, left: Type, right: Type) -> None:
    message = f"`{op}` does not work on `{type_}`"
    hint = None
    if isinstance(type_, OptionalType):
        hint = "it may be null: give a value for that case with `orelse`"
    elif op == "+" and (isinstance(left, StringType) or isinstance(right, StringType)):
        message = f"`+` joins two strings, but here are `{left}` and `{right}`"
    elif type_ is VOID:
        message = f"`{op}` needs a value, but this gives none"
    cx.report(codes.TYPE_MISMATCH, side.span, message, hint=hint)


def _different(cx: Context, expr: Binary, left: Type, right: Type) -> None:
    """Report two sides without a common type."""
    message = f"`{expr.op}` needs both sides of one type, found `{left}` and `{right}`"
    hint = None
    if is_number(left) and is_number(right):
        hint = "neither type can hold every value of the other, so nothing converts by itself"
    cx.report(codes.TYPE_MISMATCH, expr.span, message, hint=hint)


def _comparison(cx: Context, expr: Binary) -> Type:
    left_expr, right_expr = expr.left, expr.right
    if (
        isinstance(left_expr, Binary)
        and left_expr.op in COMPARISONS
        and left_expr.start == expr.start  # else it stands in parentheses
    ):
        cx.check(left_expr)
        cx.operand(right_expr)
        cx.report(
            codes.TYPE_MISMATCH,
            expr.span,
            "comparisons cannot be chained: the first gives a `bool`",
            hint=f"write `a {left_expr.op} b and b {expr.op} c`",
        )
        return BOOL
    left, right = _operands(cx, expr, None)
    if left is NULL or right is NULL:
        _null_comparison(cx, expr, left, right)
        return BOOL
    if not (is_settled(left) and is_settled(right)):
        return BOOL
    if isinstance(left, OptionalType) or isinstance(right, OptionalType):
        optional = left if isinstance(left, OptionalType) else right
        message = f"a `{optional}` can only be compared with `null`"
        hint = "give a value for null with `orelse` first"
        cx.report(codes.TYPE_MISMATCH, expr.span, message, hint=hint)
        return BOOL
    type_ = _unify(cx, expr, left, right)
    if type_ is None:
        _different(cx, expr, left, right)
    elif not (
        is_number(type_)
        or isinstance(type_, StringType)
        or (isinstance(type_, BoolType) and expr.op in EQUALITIES)
    ):
        message = f"`{expr.op}` does not work on `{type_}`"
        cx.report(codes.TYPE_MISMATCH, expr.span, message)
    return BOOL


def _null_comparison(cx: Context, expr: Binary, left: Type, right: Type) -> None:
    null, other = (expr.left, right) if left is NULL else (expr.right, left)
    if isinstance(other, OptionalType) and expr.op in EQUALITIES:
        cx.converted[null.id] = other
    elif is_settled(other):
        message = f"`{expr.op}` cannot compare `{other}` with `null`"
        if isinstance(other, OptionalType):
            message = f"`null` can be compared with `==` and `!=`, not with `{expr.op}`"
        cx.report(codes.TYPE_MISMATCH, expr.span, message)


def check_logical(cx: Context, expr: Logical, _expected: Type | None) -> Type:
    """`and` and `or`."""
    cx.value(expr.left, BOOL, f"`{expr.op}` needs")
    cx.value(expr.right, BOOL, f"`{expr.op}` needs")
    return BOOL


def check_orelse(cx: Context, expr: OrElse, expected: Type | None) -> Type:
    """`a orelse b`."""
    left = cx.operand(expr.left, expected)
    if isinstance(left, OptionalType):
        cx.value(expr.right, left.inner, "the right side of `orelse` needs")
        return left.inner
    right = cx.check(expr.right, expected)
    if is_settled(left):
        message = f"`orelse` needs an optional on its left, found `{left}`"
        cx.report(codes.TYPE_MISMATCH, expr.left.span, message)
        return ERROR
    return right
