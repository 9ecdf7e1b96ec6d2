"""Semantic tokens: what each word is, where the words alone do not say it.

Modifiers of our own: `async` on a name of an async function, `captured` on a variable that lies in
the frame across an await, `suspends` on an `await` and on the function called there.

Absent here: keywords, literals and comments, which the grammar's highlights know.
"""

from functools import partial
from typing import NamedTuple

from zyn.ast import (
    Await,
    Call,
    Expr,
    Field,
    FieldAccess,
    FieldInit,
    Function,
    GenericTypeExpr,
    Ident,
    NamedTypeExpr,
    Struct,
)
from zyn.base.span import Span
from zyn.driver.items import PlacedItem
from zyn.driver.queries import Document
from zyn.ide.nodes import nodes
from zyn.ide.words import variable_slots
from zyn.sema.facts import BindingKind, FunctionFacts, FunctionHead, Use, VarKind

TYPES = ("function", "variable", "parameter", "struct", "property", "type", "keyword")
MODIFIERS = (
    "declaration", "readonly", "modification", "defaultLibrary", "async", "captured", "suspends",
)  # fmt: skip

AWAIT_SIZE = len("await")

_TYPE = {name: index for index, name in enumerate(TYPES)}
_BIT = {name: 1 << index for index, name in enumerate(MODIFIERS)}


class Token(NamedTuple):
    """A word: bytes from the start of the file, an index into TYPES, bits for MODIFIERS."""

    span: Span
    type: int
    modifiers: int


def tokens(document: Document, start: int, end: int) -> list[Token]:
    """The tokens between two offsets, in the order of the text, never overlapping."""
    found: list[Token] = []
    for placed in document.items_in(start, end):
        at = placed.offset
        made = document.derived(placed, "tokens", partial(_make, document, placed))
        found += [Token(span.moved(at), type_, bits) for span, type_, bits in made]
    return [token for token in found if token.span.end > start and token.span.start < end]


class _Tokens:
    """The tokens of one item; of two at one place the first counts."""

    def __init__(self, document: Document, placed: PlacedItem) -> None:
        self.document = document
        self.item = placed.item
        self.facts = document.facts(placed)
        self.found: dict[Span, Token] = {}
        table = document.side_table(placed)
        slots = variable_slots(table) if table is not None else {}
        self.captured = {variable for variable, slot in slots.items() if slot.live_in}
        self.awaited = {
            _called(node.operand).span
            for node in nodes(placed.item)
            if isinstance(node, Await) and isinstance(node.operand, Call)
        }

    def add(self, span: Span, type_: str, *modifiers: str) -> None:
        if span.start < span.end:
            bits = sum(_BIT[name] for name in modifiers)
            self.found.setdefault(span, Token(span, _TYPE[type_], bits))

    def declaration(self) -> None:
        decl = self.item.decl
        if isinstance(decl, Function):
            self.add(decl.name.span, "function", "declaration", *(["async"] * decl.is_async))
        elif isinstance(decl, Struct):
            self.add(decl.name.span, "struct", "declaration")

    def use(self, use: Use) -> None:
        binding = use.binding
        modifiers: list[str] = []
        if binding.kind is BindingKind.VARIABLE and isinstance(self.facts, FunctionFacts):
            variable = self.facts.variables[binding.variable]
            if use.is_declaration:
                modifiers.append("declaration")
            elif use.is_write:
                modifiers.append("modification")
            if variable.kind is not VarKind.VAR:
                modifiers.append("readonly")
            if binding.variable in self.captured:
                modifiers.append("captured")
            kind = "parameter" if variable.kind is VarKind.PARAM else "variable"
            self.add(use.span, kind, *modifiers)
        elif binding.kind is BindingKind.STRUCT:
            self.add(use.span, "struct")
        else:
            head = self.document.lookup(binding.name)
            if binding.kind in (BindingKind.BUILTIN, BindingKind.METHOD):
                modifiers.append("defaultLibrary")
            elif isinstance(head, FunctionHead) and head.is_async:
                modifiers.append("async")
            if use.span in self.awaited:
                modifiers.append("suspends")
            self.add(use.span, "function", *modifiers)

    def words(self) -> None:
        for node in nodes(self.item):
            if isinstance(node, FieldAccess):
                self.add(node.field.span, "property")
            elif isinstance(node, FieldInit):
                self.add(node.name.span, "property")
            elif isinstance(node, Field):
                self.add(node.name.span, "property", "declaration")
            elif isinstance(node, Await):
                self.add(Span(node.start, node.start + AWAIT_SIZE), "keyword", "suspends")
            elif isinstance(node, NamedTypeExpr):
                self.add(node.span, "type")
            elif isinstance(node, GenericTypeExpr):
                start = node.start
                self.add(Span(start, start + len(node.name)), "type")


def _called(call: Call) -> Expr | Ident:
    """The name that a call calls."""
    callee = call.callee
    return callee.field if isinstance(callee, FieldAccess) else callee


def _make(document: Document, placed: PlacedItem) -> list[Token]:
    made = _Tokens(document, placed)
    made.declaration()
    for use in made.facts.uses if made.facts is not None else ():
        made.use(use)
    made.words()
    return sorted(made.found.values())
