"""The static types of zyn, as values that compare by content; what a caller knows of a function.

`ErrorType` stands for "already reported": it agrees with everything, so that one mistake gives one
diagnostic.  Sizes and alignments are here because they are part of a type's meaning for a frame;
they are those of a 64-bit target.  A run of a kept program needs this module and no other of the
front end, so it imports nothing that takes long to load.
"""

import threading
from typing import Final, NamedTuple, Self
from weakref import WeakValueDictionary

_making = threading.Lock()
_known: "WeakValueDictionary[tuple[object, ...], Type]" = WeakValueDictionary()


class Type:
    """A type.  Subclasses give its name as a user writes it through `str`.

    Invariant: two types of the same content are one object, so that comparing and hashing one
    never looks inside.  A type is never changed.
    """

    __slots__ = ("__weakref__",)
    __match_args__: tuple[str, ...] = ()

    def __new__(cls, *content: object) -> Self:
        key = (cls, *content)
        made = _known.get(key)
        if made is None:
            with _making:
                made = _known.get(key)
                if made is None:
                    made = _known[key] = super().__new__(cls)
        assert isinstance(made, cls)
        return made

    def __repr__(self) -> str:
        content = ", ".join(repr(getattr(self, name)) for name in self.__match_args__)
        return f"{type(self).__name__}({content})"

    def __reduce__(self) -> tuple[type["Type"], tuple[object, ...]]:
        return type(self), tuple(getattr(self, name) for name in self.__match_args__)


class VoidType(Type):
    """No value."""

    __slots__ = ()

    def __str__(self) -> str:
        return "void"


class BoolType(Type):
    """`true` or `false`; one byte in memory."""

    __slots__ = ()

    def __str__(self) -> str:
        return "bool"


class IntType(Type):
    """A two's-complement integer of 8, 16, 32 or 64 bits."""

    __slots__ = __match_args__ = ("bits", "signed")

    def __init__(self, bits: int, signed: bool) -> None:
        self.bits: Final = bits
        self.signed: Final = signed

    def __str__(self) -> str:
        return f"{'i' if self.signed else 'u'}{self.bits}"

    @property
    def minimum(self) -> int:
        """The least value."""
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def maximum(self) -> int:
        """The greatest value."""
        return (1 << (self.bits - 1)) - 1 if self.signed else (1 << self.bits) - 1


class FloatType(Type):
    """An IEEE 754 number of 32 or 64 bits."""

    __slots__ = __match_args__ = ("bits",)

    def __init__(self, bits: int) -> None:
        self.bits: Final = bits

    def __str__(self) -> str:
        return f"f{self.bits}"


class StringType(Type):
    """Immutable UTF-8 text on the heap, reference counted; a pointer in memory."""

    __slots__ = ()

    def __str__(self) -> str:
        return "string"


class StructType(Type):
    """A named record; equal when name and fields are.  A value, copied on assignment."""

    __slots__ = __match_args__ = ("name", "fields")

    def __init__(self, name: str, fields: tuple[tuple[str, Type], ...]) -> None:
        self.name: Final = name
        self.fields: Final = fields

    def __str__(self) -> str:
        return self.name

    def field_type(self, name: str) -> Type | None:
        """The type of a field, or None."""
        for field, type_ in self.fields:
            if field == name:
                return type_
        return None

    def field_index(self, name: str) -> int:
        """The place of a field that exists."""
        return [field for field, _ in self.fields].index(name)


class ArrayType(Type):
    """`[N]T`: N values side by side; a value, copied on assignment."""

    __slots__ = __match_args__ = ("length", "element")

    def __init__(self, length: int, element: Type) -> None:
        self.length: Final = length
        self.element: Final = element

    def __str__(self) -> str:
        return f"[{self.length}]{self.element}"


class OptionalType(Type):
    """`?T`: a value or none.  In memory the value, then a byte that says whether it is there."""

    __slots__ = __match_args__ = ("inner",)

    def __init__(self, inner: Type) -> None:
        self.inner: Final = inner

    def __str__(self) -> str:
        return f"?{self.inner}"


class PromiseType(Type):
    """`Promise<T>`: something that can be awaited; a pointer in memory, reference counted."""

    __slots__ = __match_args__ = ("result",)

    def __init__(self, result: Type) -> None:
        self.result: Final = result

    def __str__(self) -> str:
        return f"Promise<{self.result}>"


class HandleType(Type):
    """A handle of a counted object, `Channel<T>` or `Mutex`: a pointer in memory.

    A copy of a handle means the same object.  `element` is the type between the angle brackets.
    """

    __slots__ = __match_args__ = ("name", "element")

    def __init__(self, name: str, element: Type | None = None) -> None:
        self.name: Final = name
        self.element: Final = element

    def __new__(cls, name: str, element: Type | None = None) -> Self:
        return super().__new__(cls, name, element)

    def __str__(self) -> str:
        return self.name if self.element is None else f"{self.name}<{self.element}>"


class NullType(Type):
    """The type of a bare `null` before its context is known; never the type of a variable."""

    __slots__ = ()

    def __str__(self) -> str:
        return "null"


class NeverType(Type):
    """The type of an expression that does not give a value: `panic(..)`."""

    __slots__ = ()

    def __str__(self) -> str:
        return "never"


class ErrorType(Type):
    """Already reported; agrees with every type."""

    __slots__ = ()

    def __str__(self) -> str:
        return "unknown"


class FunctionSignature(NamedTuple):
    """What a caller may know of a function; equal signatures stop an edit from spreading."""

    name: str
    is_async: bool
    params: tuple[tuple[str, Type], ...]
    result: Type  # T of an async function, not Promise<T>


VOID = VoidType()
BOOL = BoolType()
I8, I16, I32, I64 = (IntType(bits, True) for bits in (8, 16, 32, 64))
U8, U16, U32, U64 = (IntType(bits, False) for bits in (8, 16, 32, 64))
F32, F64 = FloatType(32), FloatType(64)
STRING = StringType()
NULL = NullType()
NEVER = NeverType()
ERROR = ErrorType()

PRIMITIVES: dict[str, Type] = {
    str(t): t for t in (VOID, BOOL, I8, I16, I32, I64, U8, U16, U32, U64, F32, F64, STRING)
}

SIZE_MAX = 1 << 20
"""The largest type in bytes; more is a `too-large` diagnostic, not a stack overflow at run time."""


def align_up(offset: int, alignment: int) -> int:
    """The least multiple of `alignment` (a power of two) that is not below `offset`."""
    return (offset + alignment - 1) & -alignment


def size_and_align(type_: Type) -> tuple[int, int]:
    """Bytes in memory and alignment; void and never have size 0."""
    match type_:
        case IntType(bits, _) | FloatType(bits):
            return bits // 8, bits // 8
        case BoolType():
            return 1, 1
        case StringType() | PromiseType() | HandleType():
            return 8, 8
        case OptionalType(inner):
            size, align = size_and_align(inner)
            return align_up(size + 1, align), align
        case ArrayType(length, element):
            size, align = size_and_align(element)
            return size * length, align
        case StructType():
            return _struct_layout(type_)[1:]
    return 0, 1


def field_offsets(type_: StructType) -> tuple[int, ...]:
    """The byte offset of each field, in declaration order at natural alignment."""
    return _struct_layout(type_)[0]


def _struct_layout(type_: StructType) -> tuple[tuple[int, ...], int, int]:
    offset = 0
    align = 1
    offsets: list[int] = []
    for _, field in type_.fields:
        size, field_align = size_and_align(field)
        offset = align_up(offset, field_align)
        offsets.append(offset)
        offset += size
        align = max(align, field_align)
    return tuple(offsets), align_up(offset, align), align


def holds_reference(type_: Type) -> bool:
    """Whether copying a value of this type must count a reference somewhere inside it."""
    match type_:
        case StringType() | PromiseType() | HandleType():
            return True
        case OptionalType(inner):
            return holds_reference(inner)
        case ArrayType(length, element):
            return length > 0 and holds_reference(element)
        case StructType(_, fields):
            return any(holds_reference(field) for _, field in fields)
    return False


def settled_type(result: Type) -> StructType:
    """What `all_settled` gives for each promise of `result`; a void result has no `value` field."""
    value: tuple[tuple[str, Type], ...] = () if result == VOID else (("value", result),)
    return StructType(f"Settled<{result}>", (("ok", BOOL), *value, ("message", STRING)))


def selected_type(result: Type) -> StructType:
    """What `select` gives: which promise was the first, and its value unless that is void."""
    value: tuple[tuple[str, Type], ...] = () if result == VOID else (("value", result),)
    return StructType(f"Selected<{result}>", (("index", I64), *value))
