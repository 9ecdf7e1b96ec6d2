"""What operators and conversions of Zyntax do with plain Python values.

The values are those of `tests.support.interpreter`.  Nothing here fails but a division by zero.
"""

import ctypes
import math
import operator
from collections.abc import Callable
from typing import Any, NamedTuple

from zyn.sema.types import NULL, FloatType, IntType, OptionalType, Type

Value = Any


class Some(NamedTuple):
    """An optional that holds a value."""

    value: Value


def operate(op: str, left: Value, right: Value, type_: Type) -> Value:
    """`left op right`, both of `type_`; ZeroDivisionError says what was divided."""
    if type_ is NULL or isinstance(type_, OptionalType):
        return (left is None and right is None) == (op == "==")
    comparison = _COMPARISONS.get(op)
    if comparison is not None:
        return comparison(left, right)
    if isinstance(type_, IntType):
        if op in "/%" and right == 0:
            shown = left if left < 1 << 63 else left - (1 << 64)
            raise ZeroDivisionError(f"division of {shown} by zero")
        return rounded(_INTEGERS[op](left, right), type_)
    if isinstance(type_, FloatType):
        return rounded(_FLOATS[op](left, right), type_)
    assert op == "+"
    return left + right


def converted(value: Value, source: Type, target: Type) -> Value:
    """A value as one of the wider type that its context needs."""
    if source == target:
        return value
    if isinstance(target, OptionalType):
        if source is NULL:
            return None
        return Some(converted(value, source, target.inner))
    return value


def rounded(value: Value, type_: Type) -> Value:
    """A number as its type keeps it."""
    if isinstance(type_, IntType):
        value &= (1 << type_.bits) - 1
        return value - (1 << type_.bits) if value > type_.maximum else value
    return ctypes.c_float(value).value if type_ == FloatType(32) else float(value)


def _quotient(left: int, right: int) -> int:
    whole = abs(left) // abs(right)
    return whole if (left < 0) == (right < 0) else -whole


def _float_quotient(left: float, right: float) -> float:
    if right != 0:
        return left / right
    if left == 0 or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def _float_remainder(left: float, right: float) -> float:
    if right == 0 or math.isinf(left):
        return math.nan
    return math.fmod(left, right)


_COMPARISONS: dict[str, Callable[[Value, Value], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_EXACT: dict[str, Callable[[Value, Value], Value]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
_INTEGERS: dict[str, Callable[[Value, Value], Value]] = {
    **_EXACT,
    "/": _quotient,
    "%": lambda left, right: left - right * _quotient(left, right),
}
_FLOATS: dict[str, Callable[[Value, Value], Value]] = {
    **_EXACT,
    "/": _float_quotient,
    "%": _float_remainder,
}
