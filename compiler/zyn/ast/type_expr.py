"""Types as they are written."""

from zyn.ast.node import Ident, Node


class TypeExpr(Node, frozen=True, eq=False, gc=False):
    """A written type."""


class NamedTypeExpr(TypeExpr, frozen=True, eq=False, gc=False):
    """A primitive type or a struct, by name."""

    name: str


class PromiseTypeExpr(TypeExpr, frozen=True, eq=False, gc=False):
    """`Promise<T>`."""

    result: TypeExpr


class GenericTypeExpr(TypeExpr, frozen=True, eq=False, gc=False):
    """`Name<T>`: a built-in type that is made of another, such as `Channel<i64>`."""

    name: str
    argument: TypeExpr


class OptionalTypeExpr(TypeExpr, frozen=True, eq=False, gc=False):
    """`?T`."""

    inner: TypeExpr


class ArrayTypeExpr(TypeExpr, frozen=True, eq=False, gc=False):
    """`[N]T`: a value of N elements."""

    length: int
    element: TypeExpr


class SliceTypeExpr(TypeExpr, frozen=True, eq=False, gc=False):
    """`[]T`: parsed, refused by sema with a diagnostic."""

    element: TypeExpr


class ErrorTypeExpr(TypeExpr, frozen=True, eq=False, gc=False):
    """A type that could not be read; a diagnostic says why."""


__all__ = ["ArrayTypeExpr", "ErrorTypeExpr", "GenericTypeExpr", "Ident", "NamedTypeExpr",
           "OptionalTypeExpr", "PromiseTypeExpr", "SliceTypeExpr", "TypeExpr"]  # fmt: skip
