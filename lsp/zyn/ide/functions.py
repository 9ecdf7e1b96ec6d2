"""The functions of a file as a client calls them: to run, to debug, to find the tests."""

from typing import NamedTuple

from zyn.ast import Function
from zyn.base.span import Span
from zyn.driver.queries import Document
from zyn.ide.words import signature


class CallTarget(NamedTuple):
    """A function, its parameters as (name, type), and where it and its name stand."""

    name: str
    is_async: bool
    parameters: tuple[tuple[str, str], ...]
    result: str
    whole: Span
    selection: Span


def functions(document: Document) -> list[CallTarget]:
    """The functions that a call can name, in the order of the text."""
    found: list[CallTarget] = []
    for placed in document.items:
        decl = placed.item.decl
        if not isinstance(decl, Function) or not decl.name.text:
            continue
        called = signature(document, decl.name.text)
        # Of two functions with one name the first is the one that a call means.
        if called is None or any(known.name == called.name for known in found):
            continue
        found.append(
            CallTarget(
                called.name,
                called.is_async,
                tuple((name, str(type_)) for name, type_ in called.params),
                str(called.result),
                placed.span,
                decl.name.span.moved(placed.offset),
            )
        )
    return found
