"""Every place of the file that means what the word under the cursor means.

A language here has no imports, so the file is all there is.  A field is searched for only in items
whose text contains its name.
"""

from collections.abc import Iterator
from typing import NamedTuple

from zyn.ast import Assign, FieldAccess, Function, Node, Struct, StructInit
from zyn.base.span import Span
from zyn.driver.items import PlacedItem
from zyn.driver.queries import Document
from zyn.ide.nodes import nodes
from zyn.ide.symbol import Symbol, fields_of, symbol_at
from zyn.sema.facts import BindingKind, FunctionFacts

_BINDINGS = {
    "function": BindingKind.FUNCTION,
    "builtin": BindingKind.BUILTIN,
    "method": BindingKind.METHOD,
    "struct": BindingKind.STRUCT,
}


class Reference(NamedTuple):
    """One place, in bytes of the file."""

    span: Span
    is_write: bool
    is_declaration: bool


def references(document: Document, offset: int) -> list[Reference]:
    """The places of what the word at an offset stands for, its declaration included."""
    symbol = symbol_at(document, offset)
    return references_to(document, symbol) if symbol is not None else []


def references_to(document: Document, symbol: Symbol) -> list[Reference]:
    """The places of a symbol, in the order of the text."""
    if symbol.kind == "variable":
        found = list(_variable(document, symbol))
    elif symbol.kind == "field":
        found = list(_field(document, symbol))
    else:
        found = list(_global(document, symbol))
    # The declaration of an item may also be among its uses.
    places = {place.span: place for place in sorted(found, key=lambda p: p.is_declaration)}
    return sorted(places.values())


def _variable(document: Document, symbol: Symbol) -> Iterator[Reference]:
    facts = document.facts(symbol.placed)
    if not isinstance(facts, FunctionFacts):
        return
    for use in facts.uses:
        if use.binding.kind is BindingKind.VARIABLE and use.binding.variable == symbol.variable:
            span = use.span.moved(symbol.placed.offset)
            yield Reference(span, use.is_write, use.is_declaration)


def _global(document: Document, symbol: Symbol) -> Iterator[Reference]:
    kind = _BINDINGS[symbol.kind]
    name = symbol.name.encode()
    for placed in document.items:
        if name not in placed.item.text:
            continue
        decl = placed.item.decl
        if decl is not None and decl.name.text == symbol.name:
            is_function = isinstance(decl, Function)
            if (symbol.kind == "function") is is_function and symbol.kind != "builtin":
                yield Reference(decl.name.span.moved(placed.offset), True, True)
        facts = document.facts(placed)
        for use in facts.uses if facts is not None else ():
            if use.binding.kind is kind and use.binding.name == symbol.name:
                yield Reference(use.span.moved(placed.offset), False, False)


def _field(document: Document, symbol: Symbol) -> Iterator[Reference]:
    name = symbol.name.encode()
    for placed in document.items:
        if name in placed.item.text:
            yield from _fields_in(document, placed, symbol)


def _fields_in(document: Document, placed: PlacedItem, symbol: Symbol) -> Iterator[Reference]:
    decl = placed.item.decl
    if isinstance(decl, Struct):
        if decl.name.text == symbol.owner:
            for field in decl.fields:
                if field.name.text == symbol.name:
                    yield Reference(field.name.span.moved(placed.offset), True, True)
        return
    facts = document.facts(placed)
    if not isinstance(facts, FunctionFacts):
        return
    written = set[int]()
    for node in nodes(placed.item):
        if isinstance(node, Assign):
            written.add(node.target.id)
        for name in _field_names(node, facts, symbol):
            span = name.span.moved(placed.offset)
            yield Reference(span, node.id in written or isinstance(node, StructInit), False)


def _field_names(node: Node, facts: FunctionFacts, symbol: Symbol) -> Iterator[Node]:
    if isinstance(node, FieldAccess):
        struct = fields_of(facts.types.get(node.value.id))
        if node.field.text == symbol.name and struct is not None and struct.name == symbol.owner:
            yield node.field
    elif isinstance(node, StructInit) and node.type_name.text == symbol.owner:
        for init in node.fields:
            if init.name.text == symbol.name:
                yield init.name
