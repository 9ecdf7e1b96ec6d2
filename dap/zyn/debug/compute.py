"""Arithmetic and comparison as compiled programs do them: wrapped by type, division checked."""

import math
import struct

from zyn.debug.model import DebugError
from zyn.debug.values import FLOATS, INTEGERS, Value


def unary(op: str, value: Value, type_: str) -> Value:
    """`-x` and `!x`."""
    if op == "!" and isinstance(value, bool):
        return not value
    if op == "-" and isinstance(value, int | float):
        return fitted(-value, type_)
    raise DebugError(f"`{op}` does not work on this")


def binary(op: str, left: Value, right: Value, type_: str) -> Value:
    """An operator of arithmetic or a comparison; `type_` is that of its operands."""
    if op in ("==", "!="):
        return (left == right) == (op == "==")
    if isinstance(left, str) and isinstance(right, str):
        return left + right if op == "+" else _ordered(op, left.encode(), right.encode())
    if not isinstance(left, int | float) or not isinstance(right, int | float):
        raise DebugError(f"`{op}` does not work on these")
    if op in ("<", "<=", ">", ">="):
        return _ordered(op, left, right)
    if isinstance(left, int) and isinstance(right, int):
        return fitted(_whole(op, left, right), type_)
    return fitted(_fraction(op, float(left), float(right)), type_)


def _ordered(op: str, left: float | bytes, right: float | bytes) -> bool:
    if isinstance(left, bytes) or isinstance(right, bytes):
        before, same = bytes(left) < bytes(right), left == right  # type: ignore[arg-type]
        after = not before and not same
    else:
        before, same, after = left < right, left == right, left > right
    answers = {"<": before, "<=": before or same, ">": after, ">=": after or same}
    if op not in answers:
        raise DebugError(f"`{op}` does not work on these")
    return answers[op]


def _whole(op: str, left: int, right: int) -> int:
    match op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
    if right == 0:
        raise DebugError(f"division of {left} by zero")
    quotient = abs(left) // abs(right)
    if (left < 0) != (right < 0):
        quotient = -quotient
    return quotient if op == "/" else left - quotient * right


def _fraction(op: str, left: float, right: float) -> float:
    match op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            if right == 0:
                infinite = math.nan if left == 0 or math.isnan(left) else math.inf
                return math.copysign(infinite, left) * math.copysign(1.0, right)
            return left / right
    return math.fmod(left, right) if right != 0 and math.isfinite(left) else math.nan


def fitted(value: float, type_: str) -> int | float:
    """The value as the type holds it: integers wrap, f32 is rounded."""
    if type_ in INTEGERS and isinstance(value, int):
        bits, signed = INTEGERS[type_]
        value &= (1 << bits) - 1
        return value - (1 << bits) if signed and value >> (bits - 1) else value
    if type_ == "f32":
        try:
            return float(struct.unpack("<f", struct.pack("<f", value))[0])
        except OverflowError:
            return math.copysign(math.inf, value)
    return float(value) if type_ in FLOATS else value
