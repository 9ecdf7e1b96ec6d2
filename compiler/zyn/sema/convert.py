"""Which values stand for which types without a word from the user: only what loses nothing.

    i8 -> i64     u8 -> u32     f32 -> f64     T -> ?T     null -> ?T     never -> T

Widening and wrapping compose (`i8` to `?i64`).  Absent here: awaiting, which is no conversion.
"""

from zyn.sema.types import (
    ERROR,
    NULL,
    ArrayType,
    FloatType,
    HandleType,
    IntType,
    OptionalType,
    PromiseType,
    StructType,
    Type,
)


def widens(source: Type, target: Type) -> bool:
    """Whether every number of `source` is one of `target`, of the same kind and wider."""
    if isinstance(source, IntType):
        return (
            isinstance(target, IntType)
            and source.signed == target.signed
            and source.bits <= target.bits
        )
    return (
        isinstance(source, FloatType)
        and isinstance(target, FloatType)
        and source.bits <= target.bits
    )


def converts(source: Type, target: Type) -> bool:
    """Whether a value of `source` may stand where `target` is needed."""
    if source == target or widens(source, target):
        return True
    if isinstance(target, OptionalType):
        return source is NULL or converts(source, target.inner)
    return False


def common(left: Type, right: Type) -> Type | None:
    """The type to which both convert, when one of the two is it."""
    if converts(left, right):
        return right
    if converts(right, left):
        return left
    return None


def is_settled(type_: Type) -> bool:
    """Whether a mismatch with this type is news: nothing in it was reported before."""
    if type_ is ERROR:
        return False
    match type_:
        case PromiseType(inner) | OptionalType(inner) | ArrayType(_, inner):
            return is_settled(inner)
        case HandleType(_, element):
            return element is None or is_settled(element)
        case StructType(_, fields):
            return all(is_settled(field) for _, field in fields)
    return True


def is_number(type_: Type) -> bool:
    """Whether arithmetic works on the type."""
    return isinstance(type_, IntType | FloatType)


def without_optional(type_: Type | None) -> Type | None:
    """The type inside all the `?` of a type."""
    while isinstance(type_, OptionalType):
        type_ = type_.inner
    return type_
