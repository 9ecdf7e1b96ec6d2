"""What the word under the cursor stands for.

A symbol is found from facts where there are any; a field is found from the type of what stands in
front of its dot.
"""

from typing import Literal, NamedTuple

from zyn.ast import Field, FieldAccess, FieldInit, Function, Ident, Struct, StructInit
from zyn.base.span import Span
from zyn.driver.items import PlacedItem
from zyn.driver.queries import Document
from zyn.ide.nodes import path_at
from zyn.sema.facts import BindingKind, FunctionFacts, StructFacts, Variable
from zyn.sema.types import OptionalType, PromiseType, StructType, Type

SymbolKind = Literal["variable", "function", "struct", "builtin", "method", "field"]


class Symbol(NamedTuple):
    """A thing with a name.

    `span` is the word it was found at, from the start of the file.  `placed` is the item that holds
    the word and, of a variable, the only item that knows it; `owner` names the struct of a field,
    `struct` is that type where it was reached through a value.
    """

    kind: SymbolKind
    name: str
    span: Span
    placed: PlacedItem
    variable: int = -1
    owner: str = ""
    struct: StructType | None = None

    def same_as(self, other: "Symbol") -> bool:
        """Whether both words stand for one thing."""
        if self.kind != other.kind or self.name != other.name:
            return False
        if self.kind == "variable":
            return (self.placed.offset, self.variable) == (other.placed.offset, other.variable)
        return self.owner == other.owner


def symbol_at(document: Document, offset: int) -> Symbol | None:
    """The symbol whose name touches the cursor."""
    for placed in reversed(document.items_in(offset, offset)):
        facts = document.facts(placed)
        relative = offset - placed.offset
        found = _declared(placed, relative) or _field(placed, facts, relative)
        if found is not None:
            return found
        if facts is None:
            continue
        for use in facts.uses:
            if use.span.contains(relative) and use.span.start < use.span.end:
                binding = use.binding
                return Symbol(
                    _KINDS[binding.kind],
                    binding.name,
                    use.span.moved(placed.offset),
                    placed,
                    binding.variable,
                )
    return None


def variable_of(document: Document, symbol: Symbol) -> Variable | None:
    """The variable a symbol stands for."""
    facts = document.facts(symbol.placed)
    if symbol.kind != "variable" or not isinstance(facts, FunctionFacts):
        return None
    return facts.variables[symbol.variable]


def fields_of(type_: Type | None) -> StructType | None:
    """The struct whose fields stand after the dot of such a value."""
    while isinstance(type_, PromiseType | OptionalType):
        type_ = type_.result if isinstance(type_, PromiseType) else type_.inner
    return type_ if isinstance(type_, StructType) else None


_KINDS: dict[BindingKind, SymbolKind] = {
    BindingKind.VARIABLE: "variable",
    BindingKind.FUNCTION: "function",
    BindingKind.BUILTIN: "builtin",
    BindingKind.METHOD: "method",
    BindingKind.STRUCT: "struct",
}


def _declared(placed: PlacedItem, relative: int) -> Symbol | None:
    """The item's own name."""
    decl = placed.item.decl
    if decl is None or not decl.name.text or not decl.name.span.contains(relative):
        return None
    kind: SymbolKind = "function" if isinstance(decl, Function) else "struct"
    return Symbol(kind, decl.name.text, decl.name.span.moved(placed.offset), placed)


def _field(
    placed: PlacedItem, facts: FunctionFacts | StructFacts | None, relative: int
) -> Symbol | None:
    path = path_at(placed.item, relative)
    if len(path) < 2 or not isinstance(path[-1], Ident):
        return None
    name = path[-1]
    parent = path[-2]
    owner = ""
    struct: StructType | None = None
    if isinstance(parent, FieldAccess) and isinstance(facts, FunctionFacts):
        struct = fields_of(facts.types.get(parent.value.id))
        owner = struct.name if struct is not None else ""
    elif isinstance(parent, FieldInit) and isinstance(path[-3], StructInit):
        owner = path[-3].type_name.text
    elif isinstance(placed.item.decl, Struct) and isinstance(parent, Field):
        owner = placed.item.decl.name.text
    if not owner:
        return None
    span = name.span.moved(placed.offset)
    return Symbol("field", name.text, span, placed, owner=owner, struct=struct)
