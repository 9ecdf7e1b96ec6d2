"""What could be written at the cursor.

    after `.` behind a value      the fields of its struct, or the methods of its handle
    after `.` or `,` in `T{ .. }` the fields that are not set yet
    after `:` or in a result      types
    at the top level              what starts a declaration
    else                          variables in scope, functions, built-ins, structs, words

The text in front of the cursor decides which; facts of the item, however broken, say the rest.
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from zyn.ast import Function, StructInit
from zyn.base.span import Span
from zyn.driver.items import PlacedItem
from zyn.driver.queries import Document
from zyn.ide.nodes import nodes
from zyn.ide.receiver import handle_of, type_before_dot
from zyn.ide.symbol import fields_of
from zyn.ide.vocabulary import STATEMENT_WORDS, TOP_WORDS, TYPES, VALUE_WORDS
from zyn.ide.words import signature, signature_label, struct, struct_label, variable_label
from zyn.sema.builtins import BUILTINS
from zyn.sema.facts import FunctionFacts, FunctionHead, Variable
from zyn.sema.handles import methods_of
from zyn.sema.types import ArrayType, HandleType, PromiseType, StringType, StructType, Type

CompletionKind = Literal[
    "variable", "function", "builtin", "struct", "field", "method", "keyword", "type"
]

LOOK_BACK = 400
"""Bytes in front of the cursor that are looked at to find out where it stands."""

_WORD = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*\Z")
_IN_STRUCT = re.compile(rb"([A-Za-z_][A-Za-z0-9_]*)\s*\{[^{};]*\Z")
_NO_CODE = re.compile(rb'//[^\r\n]*\Z|"(?:[^"\\\r\n]|\\.)*\Z')
_BEFORE_TYPE = re.compile(rb"(?::|<|\)|\?|\])\s*\Z")


class Completion(NamedTuple):
    """One proposal.  `replaced` is written over by `insert`; `snippet` has `$1`, `$0` stops."""

    label: str
    kind: CompletionKind
    detail: str
    replaced: Span
    insert: str
    snippet: str = ""
    documentation: str = ""
    rank: int = 5


class _Place(NamedTuple):
    document: Document
    offset: int
    word: Span
    before: bytes
    placed: PlacedItem | None
    facts: FunctionFacts | None


def completions(document: Document, offset: int) -> list[Completion]:
    """The proposals at an offset, best first."""
    before = document.data[max(offset - LOOK_BACK, 0) : offset]
    last_line = re.split(rb"[\r\n]", before)[-1]
    if _NO_CODE.search(last_line):
        return []
    word = _WORD.search(before)
    start = offset - len(word[0]) if word is not None else offset
    before = before[: len(before) - (offset - start)]
    placed = document.item_at(start)
    facts = document.facts(placed) if placed is not None else None
    place = _Place(
        document,
        start,
        Span(start, offset),
        before,
        placed,
        facts if isinstance(facts, FunctionFacts) else None,
    )
    return sorted(_proposals(place), key=lambda item: (item.rank, item.label))


def _proposals(place: _Place) -> Iterator[Completion]:
    before = place.before.rstrip()
    if before.endswith(b"."):
        yield from _after_dot(place)
    elif _in_body(place):
        if _BEFORE_TYPE.search(before) and before.endswith((b":", b"<", b"?")):
            yield from _types(place)
            return
        yield from _variables(place)
        yield from _functions(place)
        yield from _structs(place)
        for name in (*VALUE_WORDS, *STATEMENT_WORDS):
            yield _word(place, name)
    elif place.placed is not None and place.placed.item.decl is not None:
        yield from _types(place)
    else:
        for name in TOP_WORDS:
            yield _word(place, name)


def _in_body(place: _Place) -> bool:
    decl = place.placed.item.decl if place.placed is not None else None
    if place.placed is None or not isinstance(decl, Function):
        return False
    relative = place.offset - place.placed.offset
    return decl.body.start < relative and (relative < decl.body.end or place.placed.item.is_broken)


def _after_dot(place: _Place) -> Iterator[Completion]:
    struct_type = _struct_being_made(place)
    used: set[str] = set()
    if struct_type is not None:
        used = _fields_set(place)
    else:
        type_ = _type_before_dot(place)
        handle = handle_of(type_)
        if handle is not None:
            yield from _methods(place, handle)
        elif isinstance(type_, ArrayType | StringType):
            yield Completion("len", "field", "len: i64", place.word, "len")
        struct_type = fields_of(type_)
    if struct_type is None:
        return
    for index, (name, type_) in enumerate(struct_type.fields):
        if name not in used:
            yield Completion(
                name, "field", f"{name}: {type_}", place.word, name, rank=min(index, 9)
            )


def _methods(place: _Place, handle: HandleType) -> Iterator[Completion]:
    for method in methods_of(handle.name):
        params = [param for param, _ in method.params]
        stops = ", ".join(f"${{{n}:{param}}}" for n, param in enumerate(params, 1))
        yield Completion(
            method.name,
            "method",
            method.shape_of(handle),
            place.word,
            method.name,
            f"{method.name}({stops})$0",
            documentation=method.doc,
            rank=1,
        )


def _struct_being_made(place: _Place) -> StructType | None:
    """The struct of `T{ .a = 1, .` around the cursor."""
    before = place.before.rstrip()[:-1].rstrip()
    if not before.endswith((b"{", b",")):
        return None
    found = _IN_STRUCT.search(before)
    return struct(place.document, found[1].decode()) if found is not None else None


def _fields_set(place: _Place) -> set[str]:
    if place.placed is None:
        return set()
    relative = place.offset - place.placed.offset
    return {
        init.name.text
        for node in nodes(place.placed.item)
        if isinstance(node, StructInit) and node.start <= relative <= node.end
        for init in node.fields
        if not init.name.span.contains(relative)
    }


def _type_before_dot(place: _Place) -> Type | None:
    if place.placed is None or place.facts is None:
        return None
    return type_before_dot(place.placed, place.facts, place.before, place.offset)


def _visible(place: _Place) -> list[Variable]:
    """The variables in scope, inner ones first."""
    if place.placed is None or place.facts is None:
        return []
    relative = place.offset - place.placed.offset
    inside = [v for v in place.facts.variables if v.name and v.scope.contains(relative)]
    return sorted(inside, key=lambda v: (v.scope.end - v.scope.start, -v.index))


def _variables(place: _Place) -> Iterator[Completion]:
    seen = set[str]()
    for variable in _visible(place):
        if variable.name not in seen:
            seen.add(variable.name)
            yield Completion(
                variable.name,
                "variable",
                variable_label(variable),
                place.word,
                variable.name,
                rank=1,
            )


def _functions(place: _Place) -> Iterator[Completion]:
    waits = place.facts is not None and place.facts.signature.is_async
    awaited = place.before.rstrip().endswith(b"await")
    for name in place.document.names():
        head = place.document.lookup(name)
        called = signature(place.document, name) if isinstance(head, FunctionHead) else None
        if called is None:
            continue
        yield from _call(
            place,
            name,
            "function",
            signature_label(called),
            [param for param, _ in called.params],
            needs_await=called.is_async and waits and not awaited,
        )
    for builtin in BUILTINS.values():
        for item in _call(
            place,
            builtin.name,
            "builtin",
            builtin.shape,
            builtin.names,
            needs_await=isinstance(builtin.result, PromiseType) and waits and not awaited,
        ):
            yield item._replace(documentation=builtin.doc, rank=item.rank + 1)


def _call(
    place: _Place,
    name: str,
    kind: CompletionKind,
    detail: str,
    params: list[str],
    *,
    needs_await: bool,
) -> Iterator[Completion]:
    stops = ", ".join(f"${{{n}:{param}}}" for n, param in enumerate(params, 1))
    call = f"{name}({stops})$0"
    yield Completion(name, kind, detail, place.word, name, call, rank=2)
    if needs_await:
        label = f"await {name}"
        yield Completion(label, kind, detail, place.word, label, f"await {call}", rank=2)


def _structs(place: _Place) -> Iterator[Completion]:
    for name in place.document.names():
        type_ = struct(place.document, name)
        if type_ is not None:
            stops = ", ".join(
                f".{field} = ${{{n}:{field}}}" for n, (field, _) in enumerate(type_.fields, 1)
            )
            yield Completion(
                name,
                "struct",
                struct_label(type_),
                place.word,
                name,
                f"{name}{{ {stops} }}$0",
                rank=3,
            )


def _types(place: _Place) -> Iterator[Completion]:
    for name in sorted(TYPES):
        yield Completion(name, "type", "", place.word, name, rank=2)
    for name in place.document.names():
        type_ = struct(place.document, name)
        if type_ is not None:
            yield Completion(name, "struct", struct_label(type_), place.word, name, rank=1)


def _word(place: _Place, name: str) -> Completion:
    return Completion(name, "keyword", "", place.word, name, rank=4)
