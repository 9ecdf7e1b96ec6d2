"""Where the word under the cursor is declared, and where its type is."""

from typing import NamedTuple

from zyn.ast import Struct
from zyn.base.span import Span
from zyn.driver.queries import Document
from zyn.ide.symbol import Symbol, fields_of, symbol_at, variable_of
from zyn.ide.words import signature, struct
from zyn.sema.types import ArrayType, Type


class Target(NamedTuple):
    """A declaration: its name, and all of it."""

    name: Span
    whole: Span


def definition(document: Document, offset: int) -> Target | None:
    """The declaration of what stands at an offset; a built-in has none."""
    symbol = symbol_at(document, offset)
    return declaration_of(document, symbol) if symbol is not None else None


def declaration_of(document: Document, symbol: Symbol) -> Target | None:
    """Where a symbol is declared."""
    if symbol.kind == "variable":
        variable = variable_of(document, symbol)
        if variable is None:
            return None
        span = variable.span.moved(symbol.placed.offset)
        return Target(span, span)
    if symbol.kind in ("function", "struct"):
        return _item(document, symbol.name)
    if symbol.kind == "field":
        return _field(document, symbol.owner, symbol.name)
    return None


def type_definition(document: Document, offset: int) -> Target | None:
    """The struct that the type of what stands at an offset is made of."""
    symbol = symbol_at(document, offset)
    if symbol is None:
        return None
    type_: Type | None = None
    if symbol.kind == "variable":
        variable = variable_of(document, symbol)
        type_ = variable.type if variable is not None else None
    elif symbol.kind == "function":
        called = signature(document, symbol.name)
        type_ = called.result if called is not None else None
    elif symbol.kind == "field":
        owner = symbol.struct or struct(document, symbol.owner)
        type_ = owner.field_type(symbol.name) if owner is not None else None
    elif symbol.kind == "struct":
        return _item(document, symbol.name)
    while isinstance(type_, ArrayType):
        type_ = type_.element
    found = fields_of(type_)
    return _item(document, found.name) if found is not None else None


def _item(document: Document, name: str) -> Target | None:
    placed = document.declaration(name)
    if placed is None or placed.item.decl is None:
        return None
    return Target(placed.item.decl.name.span.moved(placed.offset), placed.span)


def _field(document: Document, owner: str, name: str) -> Target | None:
    placed = document.declaration(owner)
    if placed is None or not isinstance(placed.item.decl, Struct):
        return None
    for field in placed.item.decl.fields:
        if field.name.text == name:
            return Target(field.name.span.moved(placed.offset), field.span.moved(placed.offset))
    return None
