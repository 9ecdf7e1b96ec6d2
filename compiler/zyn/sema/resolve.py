"""Written types to types.

A struct is resolved with everything inside it, so the ways to write a type of endless depth or size
are cut off here: a struct in itself, more than `NESTING_MAX` levels, more than `FIELDS_MAX` fields
in all, more than `SIZE_MAX` bytes.

Absent here: where a type is used.  Whoever wants diagnostics and bindings hands in a `Sink`.
"""

from typing import Protocol

from zyn.ast import (
    ArrayTypeExpr,
    ErrorTypeExpr,
    GenericTypeExpr,
    NamedTypeExpr,
    OptionalTypeExpr,
    PromiseTypeExpr,
    SliceTypeExpr,
    TypeExpr,
)
from zyn.base import codes
from zyn.base.diagnostic import Code
from zyn.sema.facts import FunctionHead, StructHead
from zyn.sema.handles import HANDLES
from zyn.sema.heads import Environment, Head
from zyn.sema.suggest import Proposal, nearest, proposal
from zyn.sema.types import (
    ERROR,
    PRIMITIVES,
    SIZE_MAX,
    VOID,
    ArrayType,
    FunctionSignature,
    HandleType,
    OptionalType,
    PromiseType,
    StructType,
    Type,
    size_and_align,
)

NESTING_MAX = 32
"""Levels of structs, arrays, optionals and promises inside one another."""

FIELDS_MAX = 1024
"""Fields of a struct, those of the structs in it included."""


class Sink(Protocol):
    """Who is told about a written type."""

    def problem(self, code: Code, at: TypeExpr, message: str, proposed: Proposal) -> None:
        """The type is wrong."""

    def struct_named(self, at: NamedTypeExpr) -> None:
        """The type names a struct of the file."""


def resolve_signature(head: FunctionHead, env: Environment) -> FunctionSignature:
    """What callers may know; a type that is wrong is `ErrorType`, reported in its own item."""
    return Resolver(env).signature(head)


def resolve_struct(head: StructHead, env: Environment) -> StructType | None:
    """The type of a struct, or None for one that contains itself or is out of bounds."""
    return Resolver(env).struct(head)


class Resolver:
    """Resolves types against one environment, each struct once.

    `looked_up` holds every name that was asked for, found or not.  `is_sound` turns false with the
    first type that is wrong, here or in a struct that was used.  `reached` holds the structs that
    were met again inside themselves.
    """

    __slots__ = ("_cut", "_depths", "_env", "_open", "_structs", "_weights", "is_sound",
                 "looked_up", "reached")  # fmt: skip

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._structs: dict[str, StructType | None] = {}
        self._depths: dict[str, int] = {}
        self._weights: dict[str, int] = {}
        self._open: list[str] = []
        # The structs that were open where the nesting was cut off.
        self._cut: set[str] = set()
        self.looked_up: set[str] = set()
        self.is_sound = True
        self.reached: set[str] = set()

    def lookup(self, name: str) -> Head | None:
        """The item of that name; remembers the question."""
        self.looked_up.add(name)
        return self._env.lookup(name)

    def names(self) -> list[str]:
        """The names of the file's items, where the environment tells them."""
        names = getattr(self._env, "names", None)
        return [] if names is None else list(names())

    def signature(self, head: FunctionHead, sink: Sink | None = None) -> FunctionSignature:
        """The types of a function.  An async `Promise<T>` result is T."""
        params = tuple((name, self.stored(type_, sink)) for name, type_ in head.params)
        result = self.type(head.result, sink)
        if head.is_async and isinstance(result, PromiseType):
            result = result.result
        return FunctionSignature(head.name, head.is_async, params, result)

    def struct(self, head: StructHead, sink: Sink | None = None) -> StructType | None:
        """The type of a struct."""
        name = head.name
        if name in self._structs:
            return self._structs[name]
        if name in self._open:
            self.reached.add(name)
            return None
        if len(self._open) >= NESTING_MAX:
            self._cut.update(self._open)
            return None
        self._open.append(name)
        fields = tuple((field, self.stored(type_, sink)) for field, type_ in head.fields)
        self._open.pop()
        struct: StructType | None = StructType(name, fields)
        depth = 1 + max((self._depth(type_) for _, type_ in fields), default=0)
        weight = sum(1 + self._weight(type_) for _, type_ in fields)
        is_cut = name in self._cut or depth > NESTING_MAX
        if name in self.reached or is_cut or weight > FIELDS_MAX:
            struct = None
        self._depths[name] = depth
        self._weights[name] = weight
        if struct is not None and size_and_align(struct)[0] > SIZE_MAX:
            struct = None
        self._structs[name] = struct
        return struct

    def stored_in(self, owner: str, expr: TypeExpr, sink: Sink) -> Type:
        """The type of a field of the struct `owner`; `reached` tells whether it leads back."""
        self._open.append(owner)
        type_ = self.stored(expr, sink)
        self._open.pop()
        return type_

    def why_none(self, name: str) -> tuple[Code, str]:
        """Why the struct `name` has no type, when each of its fields by itself has one."""
        if name in self._cut or self._depths.get(name, 0) > NESTING_MAX:
            return codes.TOO_DEEP, f"`{name}` nests structs more than {NESTING_MAX} levels deep"
        if self._weights.get(name, 0) > FIELDS_MAX:
            return codes.TOO_LARGE, f"`{name}` has more than {FIELDS_MAX} fields in all"
        return codes.TOO_LARGE, f"`{name}` takes more than {SIZE_MAX} bytes"

    def stored(self, expr: TypeExpr, sink: Sink | None = None) -> Type:
        """The type of something that holds a value, so not `void`."""
        type_ = self.type(expr, sink)
        if type_ is VOID:
            return self._wrong(
                codes.TYPE_MISMATCH, expr, "`void` has no values to store here", Proposal(), sink
            )
        return type_

    def type(self, expr: TypeExpr, sink: Sink | None = None) -> Type:
        """A written type.  Recursion is bounded by the nesting of the syntax tree."""
        if isinstance(expr, NamedTypeExpr):
            return PRIMITIVES.get(expr.name) or self._named(expr, sink)
        if isinstance(expr, PromiseTypeExpr):
            return self._bounded(PromiseType(self.type(expr.result, sink)), expr, sink)
        if isinstance(expr, GenericTypeExpr):
            return self._generic(expr, sink)
        if isinstance(expr, OptionalTypeExpr):
            return self._bounded(OptionalType(self.stored(expr.inner, sink)), expr, sink)
        if isinstance(expr, ArrayTypeExpr):
            element = self.stored(expr.element, sink)
            if expr.length > SIZE_MAX:
                return self._too_large(expr, sink)
            return self._bounded(ArrayType(expr.length, element), expr, sink)
        if isinstance(expr, SliceTypeExpr):
            self.stored(expr.element, sink)
            hint = Proposal("write an array with its length, such as `[3]i32`")
            return self._wrong(
                codes.NOT_SUPPORTED, expr, "slices are not supported yet", hint, sink
            )
        if not isinstance(expr, ErrorTypeExpr):
            return self._wrong(
                codes.NOT_SUPPORTED, expr, "this type is not known", Proposal(), sink
            )
        self.is_sound = False
        return ERROR

    def _generic(self, expr: GenericTypeExpr, sink: Sink | None) -> Type:
        """A handle that is made of a type."""
        takes = HANDLES.get(expr.name)
        if takes:
            part = self.stored if takes == "stored" else self.type
            return self._bounded(HandleType(expr.name, part(expr.argument, sink)), expr, sink)
        self.type(expr.argument, sink)
        generic = [name for name, takes in HANDLES.items() if takes]
        if takes == "" or isinstance(self.lookup(expr.name), StructHead):
            meant = Proposal(f"write `{expr.name}`")
            message = f"`{expr.name}` is not made of another type"
        else:
            message = f"there is no type `{expr.name}<..>`"
            near = nearest(expr.name, ["Promise", *generic])
            meant = Proposal(None if near is None else f"did you mean `{near}<..>`?")
        return self._wrong(codes.UNKNOWN_TYPE, expr, message, meant, sink)

    def _named(self, expr: NamedTypeExpr, sink: Sink | None) -> Type:
        head = self.lookup(expr.name)
        if isinstance(head, StructHead):
            if sink is not None:
                sink.struct_named(expr)
            struct = self.struct(head)
            if struct is None:
                self.is_sound = False
                return ERROR
            return struct
        if head is not None:
            message = f"`{expr.name}` is a function, not a type"
            return self._wrong(codes.UNKNOWN_TYPE, expr, message, Proposal(), sink)
        takes = HANDLES.get(expr.name)
        if takes == "":
            return HandleType(expr.name)
        meant = Proposal()
        if takes is not None:
            meant = Proposal(f"say what it is made of: `{expr.name}<i64>`")
            message = f"`{expr.name}` is made of another type"
            return self._wrong(codes.UNKNOWN_TYPE, expr, message, meant, sink)
        if sink is not None:
            names = [*PRIMITIVES, *HANDLES, *self.names()]
            meant = proposal(expr.span, nearest(expr.name, names))
        message = f"there is no type `{expr.name}`"
        return self._wrong(codes.UNKNOWN_TYPE, expr, message, meant, sink)

    def _bounded(self, type_: Type, expr: TypeExpr, sink: Sink | None) -> Type:
        if self._depth(type_) > NESTING_MAX:
            message = f"the type nests more than {NESTING_MAX} levels deep"
            return self._wrong(codes.TOO_DEEP, expr, message, Proposal(), sink)
        if size_and_align(type_)[0] > SIZE_MAX:
            return self._too_large(expr, sink)
        return type_

    def _too_large(self, expr: TypeExpr, sink: Sink | None) -> Type:
        message = f"the type takes more than {SIZE_MAX} bytes"
        return self._wrong(codes.TOO_LARGE, expr, message, Proposal(), sink)

    def _wrong(
        self, code: Code, expr: TypeExpr, message: str, proposed: Proposal, sink: Sink | None
    ) -> Type:
        self.is_sound = False
        if sink is not None:
            sink.problem(code, expr, message, proposed)
        return ERROR

    def _depth(self, type_: Type) -> int:
        depth = 0
        while True:
            if isinstance(type_, PromiseType):
                type_ = type_.result
            elif isinstance(type_, HandleType) and type_.element is not None:
                type_ = type_.element
            elif isinstance(type_, OptionalType):
                type_ = type_.inner
            elif isinstance(type_, ArrayType):
                type_ = type_.element
            elif isinstance(type_, StructType):
                return depth + self._depths.get(type_.name, 1)
            else:
                return depth
            depth += 1

    def _weight(self, type_: Type) -> int:
        while isinstance(type_, PromiseType | OptionalType | ArrayType | HandleType):
            if isinstance(type_, HandleType):
                if type_.element is None:
                    return 0
                type_ = type_.element
                continue
            type_ = (
                type_.result
                if isinstance(type_, PromiseType)
                else type_.inner
                if isinstance(type_, OptionalType)
                else type_.element
            )
        return self._weights.get(type_.name, 0) if isinstance(type_, StructType) else 0
