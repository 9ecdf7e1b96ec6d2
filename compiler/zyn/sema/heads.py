"""What an item shows to the rest of its file, and how the rest finds it.

Absent here: types.  A head holds them as they are written.
"""

from collections.abc import Iterable
from typing import Protocol, TypeAlias

from zyn.ast import Function, Item
from zyn.base import codes
from zyn.base.diagnostic import Diagnostic
from zyn.base.span import Span
from zyn.sema.facts import FunctionHead, StructHead

Head: TypeAlias = FunctionHead | StructHead


class Environment(Protocol):
    """The items of a file by name.

    An environment may also have a method `names() -> Iterable[str]`; then an unknown name gets a
    proposal from it.  It is asked only when there is a mistake to report.
    """

    def lookup(self, name: str) -> Head | None:
        """The item of that name, or None."""


class ModuleEnvironment:
    """The environment of heads that are all at hand; of two with one name the first counts."""

    def __init__(self, heads: Iterable[Head | None]) -> None:
        self._heads: dict[str, Head] = {}
        for head in heads:
            if head is not None:
                self._heads.setdefault(head.name, head)

    def lookup(self, name: str) -> Head | None:
        """The item of that name, or None."""
        return self._heads.get(name)

    def names(self) -> Iterable[str]:
        """Every name that `lookup` finds."""
        return self._heads


def declare(item: Item) -> Head | None:
    """The head of an item, or None for one that declares no name."""
    decl = item.decl
    if decl is None or not decl.name.text:
        return None
    name = decl.name.text
    if isinstance(decl, Function):
        params = tuple((param.name.text, param.type) for param in decl.params)
        return FunctionHead(name, decl.is_async, params, decl.result)
    return StructHead(name, tuple((field.name.text, field.type) for field in decl.fields))


def duplicates(names: Iterable[tuple[str, Span]]) -> list[tuple[int, Diagnostic]]:
    """What to say about names that occur again: the place in `names`, and the diagnostic there.

    Each span counts from the start of its own item, so the first place can only be told in words.
    """
    seen = set[str]()
    found: list[tuple[int, Diagnostic]] = []
    for place, (name, span) in enumerate(names):
        if name in seen:
            message = f"`{name}` is already declared in this file"
            hint = "the first declaration counts; give this one another name"
            found.append((place, Diagnostic(codes.DUPLICATE_NAME, span, message, hint=hint)))
        elif name:
            seen.add(name)
    return found
