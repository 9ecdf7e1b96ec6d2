"""Rule 2 of `zyn.ir.check`, second half: do the types of an operation agree?

What an operation says of another function (a callee's parameters) cannot be seen from here.
"""

from collections.abc import Iterator

from zyn.ir import op as ir
from zyn.ir.func import Operand
from zyn.ir.leaf import LEAVES
from zyn.ir.operation import OPERATIONS
from zyn.sema.convert import converts, is_number
from zyn.sema.types import (
    BOOL,
    STRING,
    VOID,
    ArrayType,
    FloatType,
    IntType,
    OptionalType,
    PromiseType,
    StructType,
    Type,
)

COMPARISONS = frozenset(("eq", "ne", "lt", "le", "gt", "ge"))


def type_errors(op: ir.Op | ir.Fallible | ir.Terminator, result: Type) -> Iterator[str]:
    """What does not agree; `result` is that of the function."""
    for wanted, found in _pairs(op, result):
        if wanted != found:
            yield f"{type(op).__name__} mixes {wanted} and {found}"
    yield from _others(op)


def _pairs(
    op: ir.Op | ir.Fallible | ir.Terminator, result: Type
) -> Iterator[tuple[Type | None, Type | None]]:
    """Types that must be equal."""
    match op:
        case ir.Assign():
            yield op.dst.type, op.src.type
        case ir.Unary():
            yield op.dst.type, op.a.type
        case ir.Binary():
            yield op.a.type, op.b.type
            yield op.dst.type, BOOL if op.op in COMPARISONS else op.a.type
        case ir.Divide():
            yield op.a.type, op.b.type
            yield op.a.type, _type(op.dst)
        case ir.Make():
            for wanted, part in zip(_part_types(op.dst.type), op.parts, strict=False):
                yield wanted, part.type
        case ir.Get():
            yield op.dst.type, part_type(op.base.type, op.path)
        case ir.Put():
            yield op.value.type, part_type(op.base.type, op.path)
        case ir.IsSome():
            yield op.dst.type, BOOL
        case ir.Unwrap():
            yield OptionalType(op.dst.type), op.a.type
        case ir.Spawn():
            yield op.dst.type, op.a.type
        case ir.Concat():
            yield STRING, op.a.type
            yield STRING, op.b.type
            yield STRING, _type(op.dst)
        case ir.Panic():
            yield STRING, op.message.type
        case ir.Branch():
            yield BOOL, op.condition.type
        case ir.Return():
            yield result, VOID if op.value is None else op.value.type


def _others(op: ir.Op | ir.Fallible | ir.Terminator) -> Iterator[str]:
    """What is not a matter of two equal types."""
    match op:
        case ir.Make() if len(op.parts) != len(_part_types(op.dst.type)):
            yield f"Make of a {op.dst.type} has {len(op.parts)} parts"
        case ir.Unary() if op.op == "not" and op.a.type != BOOL:
            yield f"not of a {op.a.type}"
        case ir.Unary() if op.op == "neg" and not is_number(op.a.type):
            yield f"neg of a {op.a.type}"
        case ir.Binary() if op.op in ("fdiv", "frem") and not isinstance(op.a.type, FloatType):
            yield f"{op.op} of a {op.a.type}"
        case ir.Divide() if not isinstance(op.a.type, IntType):
            yield f"checked division of a {op.a.type}"
        case ir.CheckIndex() if not isinstance(op.index.type, IntType):
            yield f"an index is a {op.index.type}"
        case ir.Convert() if not converts(op.a.type, op.dst.type) and not _is_null(op.a):
            yield f"no conversion from {op.a.type} to {op.dst.type}"
        case ir.Spawn() if not isinstance(op.a.type, PromiseType):
            yield f"spawn of a {op.a.type}"
        case ir.MakeFuture() if not isinstance(_type(op.dst), PromiseType):
            yield f"a future is a {_type(op.dst)}"
        case ir.Operate() if op.name not in OPERATIONS:
            yield f"there is no operation {op.name}"
        case ir.Begin() if op.kind == "leaf" and op.target not in LEAVES:
            yield f"there is no leaf {op.target}"


def part_type(type_: Type, path: tuple[int | Operand, ...]) -> Type | None:
    """The type of what lies at `path`; None when nothing does."""
    found: Type | None = type_
    for step in path:
        match found, step:
            case StructType(_, fields), int() if step < len(fields):
                found = fields[step][1]
            case ArrayType(_, element), _ if not isinstance(step, int):
                found = element
            case _:
                return None
    return found


def _part_types(type_: Type) -> list[Type]:
    match type_:
        case StructType(_, fields):
            return [field for _, field in fields]
        case ArrayType(length, element):
            return [element] * length
    return []


def _type(operand: Operand | None) -> Type | None:
    return None if operand is None else operand.type


def _is_null(operand: Operand) -> bool:
    return getattr(operand, "value", 0) is None
