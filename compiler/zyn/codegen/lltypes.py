"""LLVM's types for ours.

Scalars (numbers, bools, text, promises) travel in registers; a bool is `i1` there and a byte in
memory.  Structs, arrays and optionals live in memory only and are passed by address: LLVM's own
aggregates would be copied field by field.
"""

from functools import lru_cache

from zyn.sema.types import (
    ArrayType,
    BoolType,
    FloatType,
    HandleType,
    IntType,
    OptionalType,
    PromiseType,
    StringType,
    StructType,
    Type,
    VoidType,
    align_up,
    size_and_align,
)

KINDS: dict[str, int] = {
    "void": 0, "bool": 1, "i8": 2, "i16": 3, "i32": 4, "i64": 5, "u8": 6, "u16": 7, "u32": 8,
    "u64": 9, "f32": 10, "f64": 11, "string": 12,
}  # fmt: skip


def kind(type_: Type) -> int:
    """The number of ZYN_TYPE_KIND."""
    match type_:
        case PromiseType():
            return 13
        case StructType():
            return 14
        case ArrayType():
            return 15
        case OptionalType():
            return 16
        case HandleType():
            return 18
    return KINDS[str(type_)]


def counted_as(type_: Type) -> str:
    """What the runtime calls a scalar that is reference counted: zyn_<this>_retain."""
    match type_:
        case StringType():
            return "string"
        case PromiseType():
            return "promise"
    return "object"


def is_aggregate(type_: Type) -> bool:
    """Whether values of the type live in memory only."""
    return isinstance(type_, (StructType, ArrayType, OptionalType))


@lru_cache(maxsize=4096)
def memory(type_: Type) -> str:
    """The type of a value in memory."""
    match type_:
        case IntType(bits, _):
            return f"i{bits}"
        case FloatType(bits):
            return "float" if bits == 32 else "double"
        case BoolType():
            return "i8"
        case StringType() | PromiseType() | HandleType():
            return "ptr"
        case VoidType():
            return "{}"
        case OptionalType(inner):
            return f"{{ {memory(inner)}, i8 }}"
        case ArrayType(length, element):
            return f"[{length} x {memory(element)}]"
        case StructType(_, fields):
            return f"{{ {', '.join(memory(field) for _, field in fields)} }}"
    raise AssertionError(type_)


@lru_cache(maxsize=4096)
def register(type_: Type) -> str:
    """The type of a scalar in a register; of an aggregate, its address."""
    if isinstance(type_, BoolType):
        return "i1"
    return "ptr" if is_aggregate(type_) else memory(type_)


@lru_cache(maxsize=4096)
def size_of(type_: Type) -> int:
    """Bytes in memory."""
    return size_and_align(type_)[0]


@lru_cache(maxsize=4096)
def align_of(type_: Type) -> int:
    """Alignment in memory."""
    return size_and_align(type_)[1]


def param_offsets(types: tuple[Type, ...], start: int) -> tuple[tuple[int, ...], int]:
    """Offsets of parameters at natural alignment from `start` on, and where they end."""
    offsets: list[int] = []
    offset = start
    for type_ in types:
        offset = align_up(offset, align_of(type_))
        offsets.append(offset)
        offset += size_of(type_)
    return tuple(offsets), offset
