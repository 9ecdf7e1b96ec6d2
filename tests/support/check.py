"""Check a program as the compiler does, and show what it finds as a picture.

A picture is the diagnostics of a whole file, each under its source lines.  Positions in it are
those of the file; everything the compiler hands out counts from the start of an item.
"""

from typing import NamedTuple

import tree_sitter

from zyn.ast import Function, Item, Struct
from zyn.base.diagnostic import Diagnostic
from zyn.base.render import render
from zyn.base.source import SourceText
from zyn.base.span import Span
from zyn.flow import check_control
from zyn.grammar import parser
from zyn.sema import ModuleEnvironment, check_function, check_struct, declare, duplicates
from zyn.sema.facts import FunctionFacts, StructFacts
from zyn.syntax import items, lower_item


class Checked(NamedTuple):
    """One item of a program, with all that is known of it; diagnostics count from its start."""

    start: int
    item: Item
    facts: FunctionFacts | StructFacts | None
    diagnostics: tuple[Diagnostic, ...]


def parse(source: bytes) -> tree_sitter.Tree:
    """The concrete tree of a program."""
    return parser("zyntax").parse(source)


def lower(source: str | bytes) -> list[tuple[int, Item]]:
    """The items of a program, each with its place."""
    data = source.encode() if isinstance(source, str) else source
    return [
        (node.start_byte, lower_item("zyntax", node, data[node.start_byte : node.end_byte]))
        for node in items(parse(data))
    ]


def check(source: str | bytes) -> list[Checked]:
    """Everything that is known of each item of a program."""
    lowered = lower(source)
    heads = [declare(item) for _, item in lowered]
    env = ModuleEnvironment(heads)
    names = [
        ("", Span(0, 0)) if item.decl is None else (item.decl.name.text, item.decl.name.span)
        for _, item in lowered
    ]
    repeated = dict(duplicates(names))
    checked: list[Checked] = []
    for place, (start, item) in enumerate(lowered):
        found = [*item.diagnostics]
        facts: FunctionFacts | StructFacts | None = None
        if place in repeated:
            found.append(repeated[place])
        if isinstance(item.decl, Function):
            facts = check_function(item, env)
            found += [*facts.diagnostics, *check_control(item, facts)]
        elif isinstance(item.decl, Struct):
            facts = check_struct(item, env)
            found += facts.diagnostics
        found.sort(key=lambda diagnostic: diagnostic.span)
        checked.append(Checked(start, item, facts, tuple(found)))
    return checked


def function(source: str, name: str = "") -> tuple[Item, FunctionFacts]:
    """A function of a program and its facts: the one of that name, else the last."""
    found: tuple[Item, FunctionFacts] | None = None
    for checked in check(source):
        if isinstance(checked.facts, FunctionFacts):
            found = (checked.item, checked.facts)
            if checked.facts.signature.name == name:
                break
    assert found is not None
    return found


def codes_of(source: str | bytes) -> list[str]:
    """The codes of a program's diagnostics, in order."""
    return [found.code.name for checked in check(source) for found in checked.diagnostics]


def messages_of(source: str | bytes) -> list[str]:
    """The messages of a program's diagnostics, in order."""
    return [found.message for checked in check(source) for found in checked.diagnostics]


def picture(source: bytes, name: str) -> str:
    """Every diagnostic of a program under its source, or a line that says there is none."""
    text = SourceText(source)
    shown = [
        render(found.moved(checked.start), text, name)
        for checked in check(source)
        for found in checked.diagnostics
    ]
    return "\n".join(shown) or "no diagnostics\n"


def apply_fix(source: str, title: str) -> str:
    """The program after the first fix of that title."""
    data = source.encode()
    for checked in check(source):
        for found in checked.diagnostics:
            for fix in found.moved(checked.start).fixes:
                if fix.title == title:
                    for edit in sorted(fix.edits, key=lambda edit: edit.span, reverse=True):
                        data = data[: edit.span.start] + edit.text.encode() + data[edit.span.end :]
                    return data.decode()
    raise AssertionError(f"no diagnostic offers {title!r}")
