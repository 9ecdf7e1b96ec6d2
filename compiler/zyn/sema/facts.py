"""What sema knows about an item, as plain tables keyed by node id.

Nothing here refers to the rest of the file except by name: facts stay true when the item moves.
"""

from enum import StrEnum

import msgspec

from zyn.ast import TypeExpr
from zyn.base.diagnostic import Diagnostic
from zyn.base.span import Span
from zyn.sema.types import FunctionSignature, StructType, Type


class FunctionHead(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A function as its own item declares it, before struct names are looked up."""

    name: str
    is_async: bool
    params: tuple[tuple[str, TypeExpr], ...]
    result: TypeExpr


class StructHead(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A struct as its own item declares it."""

    name: str
    fields: tuple[tuple[str, TypeExpr], ...]


class VarKind(StrEnum):
    """How a variable came to be."""

    PARAM = "param"
    CONST = "const"
    VAR = "var"


class Variable(msgspec.Struct, frozen=True, gc=False):
    """A parameter or local.  `index` is its place in `FunctionFacts.variables`."""

    index: int
    name: str
    type: Type
    kind: VarKind
    span: Span  # of the name where it is declared
    scope: Span  # where the name can be used
    declared: bool  # whether the type was written


class BindingKind(StrEnum):
    """What a name stands for."""

    VARIABLE = "variable"
    FUNCTION = "function"
    BUILTIN = "builtin"
    METHOD = "method"  # of a handle; its name is that of `zyn.sema.handles.METHODS`
    STRUCT = "struct"


class Binding(msgspec.Struct, frozen=True, gc=False):
    """What one use of a name means; `variable` is an index when the kind is VARIABLE, else -1."""

    kind: BindingKind
    name: str
    variable: int = -1


class Use(msgspec.Struct, frozen=True, gc=False):
    """One place where a binding is named: a use or the declaration of a variable."""

    span: Span
    binding: Binding
    is_write: bool
    is_declaration: bool


class FunctionFacts(msgspec.Struct, frozen=True, eq=False):
    """Everything later stages and the editor need about one function.

    types        expression id -> its own type, before any conversion
    converted    expression id -> the type its context needs, where that differs (widening, T to ?T)
    awaited      expression ids whose promise is awaited implicitly (after that, `converted` applies
                 to the result); the own type of such an expression is a PromiseType
    bindings     id of a Name, StructInit or NamedTypeExpr node -> what it means
    declares     id of a Let or Param -> index of its variable
    depends_on   names of the file's items that the facts were made from
    is_sound     no error: the function can be lowered
    async_callees  names of the file's async functions that are called
    """

    signature: FunctionSignature
    variables: tuple[Variable, ...]
    types: dict[int, Type]
    converted: dict[int, Type]
    awaited: frozenset[int]
    bindings: dict[int, Binding]
    declares: dict[int, int]
    uses: tuple[Use, ...]
    depends_on: frozenset[str]
    diagnostics: tuple[Diagnostic, ...]
    is_sound: bool
    async_callees: frozenset[str] = frozenset()


class StructFacts(msgspec.Struct, frozen=True, eq=False):
    """A struct with its field types looked up; `type` is None when it contains itself."""

    name: str
    type: StructType | None
    uses: tuple[Use, ...]
    depends_on: frozenset[str]
    diagnostics: tuple[Diagnostic, ...]
