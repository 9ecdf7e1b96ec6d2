"""Rename what the word under the cursor stands for, in the whole file or not at all.

Refused: what cannot be a name, a built-in, and a name that would come to mean something else, or
take over the meaning of another word, at any of the places that change.
"""

import re
from typing import NamedTuple

from zyn.ast import Struct
from zyn.base.diagnostic import Edit
from zyn.base.span import Span
from zyn.driver.queries import Document
from zyn.ide.references import Reference, references_to
from zyn.ide.symbol import Symbol, symbol_at, variable_of
from zyn.ide.vocabulary import KEYWORDS, TYPES
from zyn.sema.builtins import BUILTINS
from zyn.sema.facts import BindingKind, FunctionFacts

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class RenameError(Exception):
    """The name cannot be changed; the message is for the user."""


class Renamable(NamedTuple):
    """What would be renamed."""

    span: Span
    name: str


def prepare_rename(document: Document, offset: int) -> Renamable:
    """The word at an offset, if it can be renamed."""
    symbol = _symbol(document, offset)
    return Renamable(symbol.span, symbol.name)


def rename(document: Document, offset: int, name: str) -> list[Edit]:
    """The edits that give the symbol at an offset another name."""
    symbol = _symbol(document, offset)
    if not _IDENTIFIER.match(name):
        raise RenameError(f"`{name}` is not a name: letters, digits and `_`, no digit first")
    if name in KEYWORDS or name in TYPES:
        raise RenameError(f"`{name}` is a word of the language")
    if name == symbol.name:
        return []
    places = references_to(document, symbol)
    _check_collisions(document, symbol, places, name)
    return [Edit(place.span, name) for place in places]


def _symbol(document: Document, offset: int) -> Symbol:
    symbol = symbol_at(document, offset)
    if symbol is None:
        raise RenameError("there is no name here")
    if symbol.kind in ("builtin", "method"):
        raise RenameError(f"`{symbol.name}` is built in and keeps its name")
    if symbol.kind == "field" and document.declaration(symbol.owner) is None:
        raise RenameError(f"`{symbol.owner}` is built in; its fields keep their names")
    return symbol


def _check_collisions(
    document: Document, symbol: Symbol, places: list[Reference], name: str
) -> None:
    if symbol.kind == "field":
        placed = document.declaration(symbol.owner)
        decl = placed.item.decl if placed is not None else None
        if isinstance(decl, Struct) and any(f.name.text == name for f in decl.fields):
            raise RenameError(f"`{symbol.owner}` already has a field `{name}`")
        return
    if symbol.kind == "variable":
        _check_variable(document, symbol, name)
        return
    if document.lookup(name) is not None:
        raise RenameError(f"the file already declares `{name}`")
    if name in BUILTINS:
        raise RenameError(f"`{name}` is built in")
    for place in places:
        placed = document.item_at(place.span.start)
        facts = document.facts(placed) if placed is not None else None
        if placed is None or not isinstance(facts, FunctionFacts):
            continue
        relative = place.span.start - placed.offset
        if any(v.name == name and v.scope.contains(relative) for v in facts.variables):
            line = document.text.line_of(place.span.start) + 1
            raise RenameError(f"on line {line} `{name}` is a variable already")


def _check_variable(document: Document, symbol: Symbol, name: str) -> None:
    variable = variable_of(document, symbol)
    facts = document.facts(symbol.placed)
    if variable is None or not isinstance(facts, FunctionFacts):
        return
    for other in facts.variables:
        overlaps = other.scope.start < variable.scope.end and variable.scope.start < other.scope.end
        if other.name == name and overlaps:
            line = document.text.line_of(symbol.placed.offset + other.span.start) + 1
            raise RenameError(f"`{name}` is already declared on line {line}")
    for use in facts.uses:
        hidden = use.binding.kind is not BindingKind.VARIABLE and use.binding.name == name
        if hidden and variable.scope.contains(use.span.start):
            line = document.text.line_of(symbol.placed.offset + use.span.start) + 1
            raise RenameError(f"on line {line} `{name}` means something else and would change")
