"""What is known of the word under the cursor, as Markdown.

async function     its signature and its frame as a table
await              its state, what is live there, and how many bytes that takes
variable           its type, its place in the frame, and the await that makes it stay there
field, struct      type, size and offset
built-in, method   its shape and what it does
"""

from typing import NamedTuple

from zyn.ast import Await
from zyn.base.span import Span
from zyn.driver.items import PlacedItem
from zyn.driver.queries import Document
from zyn.ide.hints import state_details
from zyn.ide.nodes import path_at
from zyn.ide.symbol import Symbol, fields_of, symbol_at, variable_of
from zyn.ide.words import (
    counted,
    frame_label,
    signature,
    signature_label,
    state_label,
    struct,
    struct_label,
    variable_label,
    variable_slots,
)
from zyn.ir.side_table import SideTable, Slot
from zyn.sema.builtins import BUILTINS
from zyn.sema.handles import METHODS
from zyn.sema.types import StructType, field_offsets, size_and_align

AWAIT_WORD = 5


class Hover(NamedTuple):
    """Markdown about the bytes of `span`."""

    span: Span
    markdown: str


def hover(document: Document, offset: int) -> Hover | None:
    """What to show for the word at an offset."""
    symbol = symbol_at(document, offset)
    if symbol is not None:
        text = _describe(document, symbol)
        return Hover(symbol.span, text) if text else None
    placed = document.item_at(offset)
    return _await(document, placed, offset - placed.offset) if placed is not None else None


def _describe(document: Document, symbol: Symbol) -> str:
    match symbol.kind:
        case "function":
            return _function(document, symbol.name)
        case "struct":
            return _struct(document, symbol.name)
        case "builtin":
            builtin = BUILTINS[symbol.name]
            return f"{_code(f'fn {builtin.shape}')}\n\n{builtin.doc}"
        case "method":
            method = METHODS[symbol.name]
            return f"{_code(f'fn {method.shape}')}\n\n{method.doc}"
        case "field":
            return _field(document, symbol)
        case "variable":
            return _variable(document, symbol)


def _code(text: str) -> str:
    return f"```zyntax\n{text}\n```"


def _function(document: Document, name: str) -> str:
    called = signature(document, name)
    placed = document.declaration(name)
    if called is None or placed is None:
        return ""
    parts = [_code(signature_label(called))]
    comment = comment_above(document, placed)
    if comment:
        parts.append(comment)
    table = document.side_table(placed)
    if table is not None:
        parts += [frame_label(table), frame_table(table)]
    return "\n\n".join(parts)


def comment_above(document: Document, placed: PlacedItem) -> str:
    """The line comments that stand directly above an item."""
    lines: list[str] = []
    number = placed.line - 1
    while number >= 0:
        start, end = document.text.line_span(number)
        line = document.data[start:end].decode("utf-8", "replace").strip()
        if not line.startswith("//"):
            break
        lines.append(line.lstrip("/").strip())
        number -= 1
    return "\n".join(reversed(lines))


def frame_table(table: SideTable) -> str:
    """The frame as a Markdown table, in the order of its bytes."""
    frame = table.frame
    if frame is None:
        return ""
    rows = [
        "| offset | size | name | type | stored | live in |",
        "| ---: | ---: | --- | --- | --- | --- |",
        "| 0 | 4 | *state* | u32 | | |",
    ]
    for slot in sorted(frame.slots, key=lambda slot: (slot.offset, slot.live_in)):
        live = ", ".join(map(str, slot.live_in)) or "-"
        name = f"`{slot.name}`"
        cells = (slot.offset, slot.size, name, slot.type, slot.stored, live)
        rows.append(f"| {' | '.join(map(_cell, cells))} |")
    return "\n".join(rows)


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("<", "\\<")


def _struct(document: Document, name: str) -> str:
    type_ = struct(document, name)
    if type_ is None:
        return ""
    size, align = size_and_align(type_)
    label = struct_label(type_)
    return f"{_code(label)}\n\n{counted(size, 'byte')}, aligned to {align}"


def _field(document: Document, symbol: Symbol) -> str:
    type_ = _owner(document, symbol)
    field = type_.field_type(symbol.name) if type_ is not None else None
    if type_ is None or field is None:
        return ""
    offset = field_offsets(type_)[type_.field_index(symbol.name)]
    size, _ = size_and_align(field)
    return (
        f"{_code(f'{symbol.owner}.{symbol.name}: {field}')}\n\n"
        f"{counted(size, 'byte')} at offset {offset} of `{symbol.owner}`"
    )


def _owner(document: Document, symbol: Symbol) -> StructType | None:
    """The struct of a field, which may be one that only the compiler knows (`Settled`)."""
    return symbol.struct or fields_of(struct(document, symbol.owner))


def _variable(document: Document, symbol: Symbol) -> str:
    variable = variable_of(document, symbol)
    if variable is None:
        return ""
    parts = [_code(variable_label(variable))]
    table = document.side_table(symbol.placed)
    slot = variable_slots(table).get(variable.index) if table is not None else None
    if table is not None and slot is not None:
        parts.append(_place(slot))
        reasons = _reasons(document, symbol.placed, table, variable.index)
        if reasons:
            parts.append("\n".join(reasons))
    elif table is not None:
        parts.append("Not in the frame: no await comes between its value and its last use.")
    return "\n\n".join(parts)


def _place(slot: Slot) -> str:
    where = f"{counted(slot.size, 'byte')} at offset {slot.offset} of the frame"
    if slot.live_in:
        return f"**captured**: {where}"
    return f"**stored**: {where}; every parameter is, and no await needs this one later"


def _reasons(document: Document, placed: PlacedItem, table: SideTable, variable: int) -> list[str]:
    states = {state.index: state for state in table.states}
    reasons: list[str] = []
    for capture in table.captures:
        state = states.get(capture.state)
        if capture.variable != variable or state is None:
            continue
        used = document.text.line_of(placed.offset + capture.use.start) + 1
        awaited = placed.line + state.line + 1
        again = ", next time round" if capture.use.start < state.span.start else ""
        reasons.append(
            f"- crosses `await {state.awaits}` on line {awaited} (state {state.index}) "
            f"and is used after it on line {used}{again}"
        )
    return reasons


def _await(document: Document, placed: PlacedItem, relative: int) -> Hover | None:
    """The state of an `await` whose keyword is under the cursor."""
    node = next((n for n in reversed(path_at(placed.item, relative)) if isinstance(n, Await)), None)
    if node is None or not node.start <= relative <= node.start + AWAIT_WORD:
        return None
    table = document.side_table(placed)
    state = next((s for s in table.states if s.span.start == node.start), None) if table else None
    if table is None or state is None or state.kind == "start":
        return None
    span = Span(node.start, node.start + AWAIT_WORD).moved(placed.offset)
    return Hover(span, f"**{state_label(state)}**\n\n{state_details(table, state)}")
