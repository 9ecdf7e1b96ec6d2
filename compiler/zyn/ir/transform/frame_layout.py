"""Where everything in a frame lies.

Parameters come first, in declaration order at natural alignment.  A local is in the frame when it
is alive across some suspension point; two that are never alive across the same one may share bytes,
and either may lie over a parameter that is dead by then.  The frame of a callee follows the own
slots that are alive while it is awaited, so their offsets never depend on callees.  The result may
lie over anything, since nothing else is alive when it is written.

Exact placement is interval allocation, which is hard in general and tiny here: first-fit by
decreasing alignment, then a bounded search over orders when that does not reach the bound.  Not
done: moving a value between slots from one suspension point to the next.
"""

from collections.abc import Sequence
from typing import NamedTuple

from zyn.sema.types import align_up

STATE_SIZE = 4
SEARCH_MAX = 400
"""Placements tried beyond the first before the best one so far is taken."""


class Piece(NamedTuple):
    """Something that needs bytes: `states` has bit k set when it is alive across suspension point
    k.
    """

    size: int
    align: int
    states: int


class Placement(NamedTuple):
    """Offsets of the parameters and the locals, in the order given, and where own slots end."""

    params: tuple[int, ...]
    locals: tuple[int, ...]
    end: int


def place_slots(params: Sequence[Piece], locals_: Sequence[Piece]) -> Placement:
    """Choose an offset for every piece; bit 0 of a parameter's states is the time before the first
    poll.
    """
    fixed: list[tuple[int, Piece]] = []
    offset = STATE_SIZE
    for piece in params:
        offset = align_up(offset, piece.align)
        fixed.append((offset, piece))
        offset += piece.size
    end = offset if params else STATE_SIZE
    order = sorted(
        range(len(locals_)),
        key=lambda i: (-locals_[i].align, -locals_[i].size, -locals_[i].states.bit_count(), i),
    )
    offsets = _first_fit(fixed, locals_, order)
    best = _end(end, locals_, offsets)
    bound = max(end, own_bound(params, locals_))
    if best > bound and len(locals_) > 1:
        offsets = _search(fixed, locals_, order, end, bound, offsets)
    return Placement(
        tuple(offset for offset, _ in fixed), tuple(offsets), _end(end, locals_, offsets)
    )


def own_bound(params: Sequence[Piece], locals_: Sequence[Piece]) -> int:
    """The state word and the largest sum of packed live bytes over all suspension points."""
    every = (*params, *locals_)
    union = 0
    for piece in every:
        union |= piece.states
    worst = 0
    state = 0
    while union >> state:
        worst = max(worst, sum(p.size for p in every if p.states >> state & 1))
        state += 1
    return STATE_SIZE + worst


def _end(params_end: int, locals_: Sequence[Piece], offsets: Sequence[int]) -> int:
    return max([params_end, *(o + p.size for o, p in zip(offsets, locals_, strict=True))])


def _first_fit(
    fixed: Sequence[tuple[int, Piece]], locals_: Sequence[Piece], order: Sequence[int]
) -> list[int]:
    """Put each local, in order, at the lowest offset where nothing alive with it lies."""
    placed = list(fixed)
    offsets = [0] * len(locals_)
    for index in order:
        piece = locals_[index]
        taken = sorted(
            (offset, offset + other.size) for offset, other in placed if other.states & piece.states
        )
        offset = align_up(STATE_SIZE, piece.align)
        for start, end in taken:
            if offset + piece.size <= start:
                break
            offset = max(offset, align_up(end, piece.align))
        offsets[index] = offset
        placed.append((offset, piece))
    return offsets


def _search(
    fixed: Sequence[tuple[int, Piece]],
    locals_: Sequence[Piece],
    order: list[int],
    params_end: int,
    bound: int,
    first: list[int],
) -> list[int]:
    """Try other orders, swapping two places at a time, until the bound or the limit is reached."""
    best, best_end = first, _end(params_end, locals_, first)
    order = list(order)
    tries = 0
    improved = True
    while improved and best_end > bound and tries < SEARCH_MAX:
        improved = False
        for i in range(len(order)):
            for j in range(i + 1, len(order)):
                tries += 1
                if tries > SEARCH_MAX:
                    return best
                order[i], order[j] = order[j], order[i]
                offsets = _first_fit(fixed, locals_, order)
                end = _end(params_end, locals_, offsets)
                if end < best_end:
                    best, best_end, improved = offsets, end, True
                    if end <= bound:
                        return best
                else:
                    order[i], order[j] = order[j], order[i]
    return best
