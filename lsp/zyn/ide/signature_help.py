"""The call around the cursor, and which of its parameters is being written.

The call is found in the text, because a call that is being written rarely parses.
"""

import re
from typing import NamedTuple

from zyn.base.span import Span
from zyn.driver.items import PlacedItem
from zyn.driver.queries import Document
from zyn.ide.hover import comment_above
from zyn.ide.receiver import handle_of, type_before_dot
from zyn.ide.words import signature, signature_label
from zyn.sema.builtins import BUILTINS
from zyn.sema.facts import FunctionFacts
from zyn.sema.handles import METHODS

LOOK_BACK = 2000
"""Bytes in front of the cursor in which the call must begin."""

_TOKENS = re.compile(rb'"(?:[^"\\\r\n]|\\.)*"?|//[^\r\n]*|/\*(?s:.*?)\*/|[()\[\]{},;]')
_NAME = re.compile(rb"([A-Za-z_][A-Za-z0-9_]*)\s*\Z")


class SignatureHelp(NamedTuple):
    """A shape such as `fn f(a: i32) i64`, where its parameters stand in it, and the active one."""

    label: str
    parameters: list[Span]
    active: int
    documentation: str


def signature_help(document: Document, offset: int) -> SignatureHelp | None:
    """The signature for the innermost call around an offset."""
    placed = document.item_at(offset)
    start = max(offset - LOOK_BACK, placed.offset if placed is not None else 0)
    text = document.data[start:offset]
    found = _open_call(text)
    if found is None:
        return None
    name, active, at = found
    if text[:at].rstrip().endswith(b"."):
        return _method(document, placed, start + at, text[:at], name, active)
    called = signature(document, name)
    if called is not None:
        label = signature_label(called)
        parts = [f"{param}: {type_}" for param, type_ in called.params]
        item = document.declaration(name)
        comment = comment_above(document, item) if item is not None else ""
        return SignatureHelp(label, _places(label, parts), active, comment)
    builtin = BUILTINS.get(name)
    return None if builtin is None else _shaped(builtin.shape, active, builtin.doc)


def _method(
    document: Document, placed: PlacedItem | None, at: int, before: bytes, name: str, active: int
) -> SignatureHelp | None:
    """The signature of a method whose name begins at `at`."""
    facts = document.facts(placed) if placed is not None else None
    if placed is None or not isinstance(facts, FunctionFacts):
        return None
    handle = handle_of(type_before_dot(placed, facts, before, at))
    method = METHODS.get(f"{handle.name}.{name}") if handle is not None else None
    if handle is None or method is None:
        return None
    return _shaped(method.shape_of(handle), active, method.doc)


def _shaped(shape: str, active: int, doc: str) -> SignatureHelp:
    inside = shape.partition("(")[2].rpartition(")")[0]
    parts = [part.strip() for part in inside.split(", ")] if inside else []
    return SignatureHelp(shape, _places(shape, parts), active, doc)


def _open_call(text: bytes) -> tuple[str, int, int] | None:
    """The name in front of the last `(` that is still open, the commas behind it, and where it
    begins.
    """
    stack: list[tuple[bytes, int, int]] = []
    for match in _TOKENS.finditer(text):
        token = match[0]
        if token in (b"(", b"[", b"{"):
            stack.append((token, match.start(), 0))
        elif token in (b")", b"]", b"}"):
            if stack:
                stack.pop()
        elif token == b"," and stack:
            opener, at, commas = stack[-1]
            stack[-1] = (opener, at, commas + 1)
        elif token == b";":
            while stack and stack[-1][0] != b"{":
                stack.pop()
    while stack:
        opener, at, commas = stack.pop()
        name = _NAME.search(text[:at]) if opener == b"(" else None
        if name is not None:
            return name[1].decode(), commas, name.start(1)
        if opener == b"{":
            return None
    return None


def _places(label: str, parts: list[str]) -> list[Span]:
    places: list[Span] = []
    at = label.index("(") + 1
    for part in parts:
        start = label.index(part, at)
        at = start + len(part)
        places.append(Span(start, at))
    return places
