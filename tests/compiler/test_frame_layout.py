"""Laws of frames: where slots of any sizes lie, and every frame of generated programs."""

import ctypes
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.generate import generate
from tests.support.lowering import document
from tests.support.native import Native
from zyn.driver.load import lower_all
from zyn.ir.side_table import SideTable, Slot
from zyn.ir.transform import Lowered
from zyn.ir.transform.frame_layout import (
    STATE_SIZE,
    Piece,
    Placement,
    _end,
    _first_fit,
    own_bound,
    place_slots,
)
from zyn.runtime.structs import ZynDescriptor
from zyn.sema.types import align_up, size_and_align

STATES_MAX = 6

profile = settings(derandomize=True, database=None, deadline=None, max_examples=200)


@st.composite
def pieces(draw: st.DrawFn, *, is_param: bool) -> Piece:
    """Something that needs bytes; a parameter is always alive before the first poll."""
    align = draw(st.sampled_from((1, 2, 4, 8)))
    size = align * draw(st.integers(1, 5))
    states = draw(st.integers(0 if is_param else 1, (1 << STATES_MAX) - 1)) << 1
    return Piece(size, align, states | is_param)


PARAMS = st.lists(pieces(is_param=True), max_size=4)
LOCALS = st.lists(pieces(is_param=False), max_size=7)


def placed(params: list[Piece], locals_: list[Piece]) -> tuple[Placement, list[tuple[int, Piece]]]:
    """Where everything lies."""
    placement = place_slots(params, locals_)
    offsets = (*placement.params, *placement.locals)
    return placement, list(zip(offsets, (*params, *locals_), strict=True))


@profile
@given(PARAMS, LOCALS)
def test_values_alive_together_share_no_byte(params: list[Piece], locals_: list[Piece]) -> None:
    _, found = placed(params, locals_)

    for index, (offset, piece) in enumerate(found):
        assert offset >= STATE_SIZE
        assert offset % piece.align == 0
        for other_offset, other in found[:index]:
            apart = offset + piece.size <= other_offset or other_offset + other.size <= offset
            assert apart or not piece.states & other.states


@profile
@given(PARAMS, LOCALS)
def test_parameters_lie_in_declaration_order(params: list[Piece], locals_: list[Piece]) -> None:
    placement, _ = placed(params, locals_)

    offset = STATE_SIZE
    for at, piece in zip(placement.params, params, strict=True):
        assert at == align_up(offset, piece.align)
        offset = at + piece.size


@profile
@given(PARAMS, LOCALS)
def test_own_slots_end_between_the_bound_and_first_fit(
    params: list[Piece], locals_: list[Piece]
) -> None:
    placement, found = placed(params, locals_)
    fixed = list(zip(placement.params, params, strict=True))
    end = max([STATE_SIZE, *(at + piece.size for at, piece in fixed)])
    by_alignment = sorted(
        range(len(locals_)),
        key=lambda i: (-locals_[i].align, -locals_[i].size, -locals_[i].states.bit_count(), i),
    )
    plain = _first_fit(fixed, locals_, by_alignment)

    assert placement.end == max(end, *(at + piece.size for at, piece in found), 0)
    assert own_bound(params, locals_) <= placement.end <= _end(end, locals_, plain)


def test_what_is_never_alive_together_takes_no_more_room() -> None:
    one, other = Piece(24, 8, 0b010), Piece(24, 8, 0b100)

    assert place_slots([], [one, other]).locals == (8, 8)
    assert place_slots([Piece(24, 8, 0b001)], [one, other]).end == 32


@settings(profile, max_examples=40)
@given(st.randoms(use_true_random=False))
def test_frames_of_whole_programs(random: Random) -> None:
    source = generate(random.randrange).source
    for unit in lower_all(document(source)):
        if unit.lowered.frame is not None:
            check_frame(unit.lowered)


def test_every_slot_has_a_name_of_its_own() -> None:
    source = """
async fn wait(p: Promise<i32>) i32 { return await p; }
async fn f(total: i32, state: i32) i32 {
    const result = wait(spawn(wait(one())));
    { const total = 2; await delay(1); await delay(1); if (total == 3) { return total; } }
    return total + state + await result;
}
async fn one() i32 { await yield_now(); return 1; }
"""
    tables = {unit.name: unit.lowered.side_table for unit in document(source).compile_units()}
    names = {name: [s.name for s in t.frame.slots] for name, t in tables.items() if t.frame}
    assert names["wait"] == ["p", "await p", "result"]
    assert names["f"] == [
        "total", "state", "total + state", "total #2", "result", "await delay(1)",
        "await delay(1) #2", "await result", "result #2",
    ]  # fmt: skip
    assert tables["f"].states[1].live == ("total #2", "result", "total", "state")


def check_frame(lowered: Lowered) -> None:
    """What holds for every frame."""
    frame, table = lowered.frame, lowered.side_table
    layout = table.frame
    assert frame is not None
    assert layout is not None
    assert (layout.size, layout.align, layout.result_offset) == (
        frame.size, frame.align, frame.result,
    )  # fmt: skip
    assert layout.bound <= layout.size
    assert layout.unconstrained_bound <= layout.bound
    assert layout.size % layout.align == 0
    assert layout.align in (4, 8, 16)
    ends = [slot.offset + slot.size for slot in layout.slots]
    assert layout.size == align_up(max([STATE_SIZE, *ends]), layout.align)
    check_slots(lowered, layout.slots)
    check_states(table, layout.slots)


def check_slots(lowered: Lowered, slots: tuple[Slot, ...]) -> None:
    """Alignment, overlap, and the agreement of names and sizes with the function's locals."""
    frame = lowered.frame
    assert frame is not None
    own = {frame.slots[index]: index for index in frame.slots}
    assert {slot.offset for slot in slots if slot.stored in ("parameter", "local")} == set(own)
    assert len({slot.name for slot in slots}) == len(slots), "two slots have one name"
    offset = STATE_SIZE
    for param in lowered.function.params:
        size, align = size_and_align(param.type)
        offset = align_up(offset, align)
        assert frame.slots[param.index] == offset
        offset += size
    for place, slot in enumerate(slots):
        assert slot.offset >= STATE_SIZE
        assert slot.offset % slot.align == 0
        for other in slots[:place]:
            together = set(slot.live_in) & set(other.live_in)
            apart = (
                slot.offset + slot.size <= other.offset or other.offset + other.size <= slot.offset
            )
            assert apart or not together, (slot, other)
        if slot.stored == "child":
            (state,) = slot.live_in
            alive = [s for s in slots if s.stored in ("parameter", "local") and state in s.live_in]
            assert all(slot.offset >= other.offset + other.size for other in alive)


def check_states(table: SideTable, slots: tuple[Slot, ...]) -> None:
    """States are numbered in source order, and each knows what it waits for."""
    assert [state.index for state in table.states] == list(range(len(table.states)))
    spans = [state.span for state in table.states[1:]]
    assert spans == sorted(spans)
    for state in table.states[1:]:
        child = slots[state.child]
        assert child.stored == "child"
        assert child.live_in == (state.index,)
        names = {slot.name for slot in slots if state.index in slot.live_in} - {child.name}
        assert set(state.live) - {child.name} == names


def test_descriptors_in_memory_say_what_the_side_table_says() -> None:
    source = """
const Pair = struct { left: i8, right: f64 };
async fn small(flag: bool) bool { await yield_now(); return flag; }
async fn pair(n: i8) Pair { await delay(n); return Pair{ .left = n, .right = 0.5 }; }
async fn both(text: string) string { const p = await pair(1); return text + "!"; }
async fn nothing() void { await yield_now(); }
"""
    with Native(source) as native:
        for function in native.module.functions.values():
            found = ZynDescriptor.from_address(function.descriptor)
            layout = function.side_table.frame
            assert layout is not None
            assert (found.size, found.align) == (layout.size, layout.align)
            assert found.result_offset == layout.result_offset
            assert found.side_table == function.side_table.id
            assert found.poll == function.stub
            assert found.poll_cell == function.cell
            assert ctypes.string_at(found.name) == function.name.encode()
            assert bool(found.drop) == (function.name == "both")
            offsets = tuple(offset for _, _, offset in function.args)
            params = [s.offset for s in layout.slots if s.stored == "parameter"]
            assert offsets == tuple(params)
