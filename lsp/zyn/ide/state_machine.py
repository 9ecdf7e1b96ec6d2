"""One async function as a graph of its states, for a picture of it in the editor.

States, slots and captures are those of the side table with bytes of the file; an edge says that one
state can be followed by another without a third between them.
"""

from typing import NamedTuple

from zyn.base.span import Span
from zyn.driver.items import PlacedItem
from zyn.driver.queries import Document
from zyn.ir.func import Block, Function
from zyn.ir.op import Await, Return
from zyn.ir.side_table import SideTable

END = -1


class Edge(NamedTuple):
    """From one state to the next; the target is END where the function ends."""

    source: int
    target: int


class StateMachine(NamedTuple):
    """A side table that counts from the file, and how its states follow one another."""

    table: SideTable
    edges: list[Edge]
    whole: Span


def state_machine(document: Document, placed: PlacedItem) -> StateMachine | None:
    """The states of an item; None when it has none or has errors."""
    lowered = document.lowered(placed)
    if lowered is None or lowered.side_table.frame is None:
        return None
    table = lowered.side_table.at(placed.offset, placed.line)
    return StateMachine(table, _edges(lowered.function), placed.span)


def machine_at(document: Document, offset: int) -> StateMachine | None:
    """The states of the function around an offset."""
    placed = document.item_at(offset)
    return state_machine(document, placed) if placed is not None else None


def machine_of(document: Document, function: str) -> StateMachine | None:
    """The states of a function of the file by its name."""
    placed = document.declaration(function)
    return state_machine(document, placed) if placed is not None else None


def _edges(function: Function) -> list[Edge]:
    edges = {Edge(0, target) for target in _next_states([function.blocks[0]])}
    for block in function.blocks:
        end = block.end
        if isinstance(end, Await):
            # Ways that only a failure or a cancellation takes are not drawn.
            edges |= {Edge(end.state, target) for target in _next_states([end.ok])}
    return sorted(edges, key=lambda edge: (edge.source, edge.target == END, edge.target))


def _next_states(blocks: list[Block]) -> set[int]:
    """The states, or END, that are reached from some blocks before any other state."""
    found: set[int] = set()
    seen = set(blocks)
    work = list(blocks)
    while work:
        end = work.pop().end
        if isinstance(end, Await):
            found.add(end.state)
            continue
        if isinstance(end, Return):
            found.add(END)
        for block in end.successors:
            if block not in seen:
                seen.add(block)
                work.append(block)
    return found
