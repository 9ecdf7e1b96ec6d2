"""The type of the value in front of a dot, from the tree or, in broken text, by name."""

import re

from zyn.ast import FieldAccess
from zyn.driver.items import PlacedItem
from zyn.ide.nodes import nodes
from zyn.ide.symbol import fields_of
from zyn.sema.facts import FunctionFacts
from zyn.sema.types import HandleType, OptionalType, PromiseType, Type

_VALUE_DOT = re.compile(rb"([A-Za-z_][A-Za-z0-9_.]*)\s*\.\s*\Z")


def type_before_dot(
    placed: PlacedItem, facts: FunctionFacts, before: bytes, offset: int
) -> Type | None:
    """The type of the value whose dot ends `before`, which itself ends at `offset` of the file."""
    dot = len(before.rstrip()) - len(before) + offset - 1 - placed.offset
    for node in nodes(placed.item):
        if isinstance(node, FieldAccess) and node.value.end <= dot <= node.field.start:
            return facts.types.get(node.value.id)
    found = _VALUE_DOT.search(before)
    if found is None:
        return None
    first, *rest = found[1].decode().split(".")
    relative = offset - placed.offset
    inside = [v for v in facts.variables if v.name == first and v.scope.contains(relative)]
    inside.sort(key=lambda v: (v.scope.end - v.scope.start, -v.index))
    type_ = inside[0].type if inside else None
    for name in rest:
        struct = fields_of(type_)
        type_ = struct.field_type(name) if struct is not None else None
    return type_


def handle_of(type_: Type | None) -> HandleType | None:
    """The handle whose methods stand after the dot of such a value."""
    while isinstance(type_, PromiseType | OptionalType):
        type_ = type_.result if isinstance(type_, PromiseType) else type_.inner
    return type_ if isinstance(type_, HandleType) else None
