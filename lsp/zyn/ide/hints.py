"""Inlay hints: states, captures, types and parameter names, written between the words of the text.

    async fn sum(a: i32 stored @4) i32 {
        const x: i32 captured @8 = await f(n: a);  state 1 - x live - 12 B

A state stands at the end of the line of its `await`, a capture and a type after the name they are
about.  Hints of a swallowed item are marked stale; they are states and captures only.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from zyn.ast import Call, Expr, FieldAccess, Function, Let, Name
from zyn.driver.items import PlacedItem
from zyn.driver.queries import Document
from zyn.ide.nodes import nodes
from zyn.ide.words import counted, signature, slot_label, state_label, variable_slots
from zyn.ir.side_table import SideTable, Slot, State
from zyn.sema.builtins import BUILTINS
from zyn.sema.facts import Binding, BindingKind, FunctionFacts
from zyn.sema.handles import METHODS
from zyn.sema.types import ErrorType

HintKind = Literal["state", "capture", "type", "parameter"]
ALL_KINDS: frozenset[HintKind] = frozenset({"state", "capture", "type", "parameter"})


class Hint(NamedTuple):
    """Text shown at an offset.  `insert` says that accepting the hint may write it there."""

    offset: int
    label: str
    kind: HintKind
    tooltip: str = ""
    insert: bool = False
    is_stale: bool = False


def hints(
    document: Document, start: int, end: int, kinds: frozenset[HintKind] = ALL_KINDS
) -> list[Hint]:
    """The hints between two offsets, in the order of the text."""
    found: list[Hint] = []
    for placed in document.stale_in(start, end):
        found += (hint._replace(is_stale=True) for hint in _item_hints(document, placed))
    for placed in document.items_in(start, end):
        found += _item_hints(document, placed)
    order = {"parameter": 0, "type": 1, "capture": 2, "state": 3}
    chosen = [hint for hint in found if hint.kind in kinds and start <= hint.offset <= end]
    chosen.sort(key=lambda hint: (hint.offset, order[hint.kind]))
    return chosen


def _item_hints(document: Document, placed: PlacedItem) -> list[Hint]:
    """All hints of one item, made once and then only moved."""
    table = document.side_table(placed)
    facts = document.facts(placed)
    if not isinstance(facts, FunctionFacts):
        return []
    made = document.derived(placed, "hints", lambda: _make(document, placed, facts, table))
    return [hint._replace(offset=hint.offset + placed.offset) for hint in made]


def _make(
    document: Document, placed: PlacedItem, facts: FunctionFacts, table: SideTable | None
) -> list[Hint]:
    decl = placed.item.decl
    if not isinstance(decl, Function):
        return []
    found: list[Hint] = []
    below = list(nodes(placed.item))
    lets = [node for node in below if isinstance(node, Let)]
    if table is not None:
        found += _states(placed, table)
        found += _captures(decl, lets, facts, table)
    if not placed.is_stale:
        found += _types(lets, facts)
        calls = [node for node in below if isinstance(node, Call)]
        found += _parameters(document, calls, facts)
    return found


def _states(placed: PlacedItem, table: SideTable) -> Iterator[Hint]:
    text = placed.item.text
    for state in table.states:
        if state.kind != "start":
            yield Hint(
                _line_end(text, state.span.start),
                state_label(state),
                "state",
                state_details(table, state),
            )


def _line_end(text: bytes, offset: int) -> int:
    ends = [at for at in (text.find(b"\n", offset), text.find(b"\r", offset)) if at >= 0]
    return min(ends, default=len(text))


def state_details(table: SideTable, state: State) -> str:
    """What makes up the bytes that are in use while a task waits at a state, as Markdown."""
    frame = table.frame
    if frame is None:
        return ""
    rows = ["| bytes | at | what |", "| ---: | ---: | --- |", "| 4 | 0 | state word |"]
    for slot in frame.slots:
        kept = state.index in slot.live_in
        if slot.stored == "parameter":
            rows.append(_row(slot, "parameter" if kept else "parameter, dead here"))
        elif slot.stored == "local" and kept:
            rows.append(_row(slot, slot.type))
    lines = [f"waits for `{state.awaits}`", "", *rows, "", f"{state.size} B are in use here"]
    if state.child >= 0:
        child = frame.slots[state.child]
        lines[-1] += f", and {child.size} B at {child.offset} by what is awaited"
    lines[-1] += f"; the whole frame has {frame.size} B."
    return "\n".join(lines)


def _row(slot: Slot, what: str) -> str:
    return f"| {slot.size} | {slot.offset} | `{slot.name}` {what} |"


def _captures(
    decl: Function, lets: list[Let], facts: FunctionFacts, table: SideTable
) -> Iterator[Hint]:
    slots = variable_slots(table)
    ends = {facts.declares.get(param.id, -1): param.end for param in decl.params}
    for let in lets:
        end = let.name.end if let.type is None else let.type.end
        ends[facts.declares.get(let.id, -1)] = end
    for variable, slot in slots.items():
        if variable in ends:
            yield Hint(ends[variable], slot_label(slot), "capture", _why(slot))


def _why(slot: Slot) -> str:
    size = counted(slot.size, "byte")
    if not slot.live_in:
        return f"{size} of the frame; parameters are always stored, this one crosses no await"
    states = ", ".join(map(str, slot.live_in))
    word = "state" if len(slot.live_in) == 1 else "states"
    return f"{size} of the frame, kept across {word} {states}"


def _types(lets: list[Let], facts: FunctionFacts) -> Iterator[Hint]:
    for let in lets:
        index = facts.declares.get(let.id)
        if let.type is None and index is not None and let.name.text:
            type_ = facts.variables[index].type
            if not isinstance(type_, ErrorType):
                yield Hint(let.name.end, f": {type_}", "type", insert=True)


def _parameters(document: Document, calls: list[Call], facts: FunctionFacts) -> Iterator[Hint]:
    for call in calls:
        names = parameter_names(document, facts.bindings.get(call.callee.id))
        if len(names) == 1 and len(names[0]) == 1:
            continue
        for name, argument in zip(names, call.args, strict=False):
            if not _says_the_same(argument, name):
                yield Hint(argument.start, f"{name}:", "parameter")


def parameter_names(document: Document, binding: Binding | None) -> list[str]:
    """The names of the parameters of what is called, when it is known."""
    if binding is None:
        return []
    if binding.kind is BindingKind.FUNCTION:
        called = signature(document, binding.name)
        return [name for name, _ in called.params] if called is not None else []
    if binding.kind is BindingKind.BUILTIN:
        return [name for name, _ in BUILTINS[binding.name].params or ()]
    if binding.kind is BindingKind.METHOD:
        return [name for name, _ in METHODS[binding.name].params]
    return []


def _says_the_same(argument: Expr, name: str) -> bool:
    if isinstance(argument, Name):
        return argument.text == name
    return isinstance(argument, FieldAccess) and argument.field.text == name
