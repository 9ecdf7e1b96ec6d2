"""Number the suspension points and make every value that crosses one go through its frame slot.

    before:  begin leaf delay(10); await ok b1          (x alive across it)
    after:   begin leaf delay(10); store_slot x; await state 1 ok b1
             b1: load_slot x; ..

Parameters are in their slots from the start, so the first thing a function does is to load those it
reads; a slot that already holds its local's value is not written again.  Runs after
`insert_counts`: a release is a read. Not done here: choosing offsets (`frame_layout`).
"""

from zyn.ir import op as ir
from zyn.ir.func import Block, Function, Local
from zyn.ir.transform.liveness import live_at_entries, live_before_end


def number_states(function: Function) -> list[Block]:
    """Number the awaits in source order; gives the blocks that end with them, in that order."""
    waiting = [block for block in function.blocks if isinstance(block.end, ir.Await)]
    waiting.sort(key=lambda block: (_await(block).span, block.index))
    for number, block in enumerate(waiting, 1):
        _await(block).state = number
        ir.begin_of(block).state = number
    return waiting


def crossing(function: Function, waiting: list[Block]) -> tuple[list[int], list[int]]:
    """(live sets at block entries, the set alive across each suspension point in order)."""
    everything = (1 << len(function.locals)) - 1
    live = live_at_entries(function, everything)
    return live, [live_before_end(block, live) for block in waiting]


def split_suspends(function: Function, waiting: list[Block], live: list[int]) -> None:
    """Insert the stores and loads; `live` is that of `crossing`."""
    clean = _clean_params(function)
    for block in waiting:
        end = _await(block)
        across = live_before_end(block, live)
        stores = across & ~clean
        block.ops.extend(ir.StoreSlot(local) for local in _locals(function, stores))
        for place, target in enumerate(end.successors):
            needed = live[target.index] & across
            if place == 0 and end.dst is not None:
                needed &= ~(1 << end.dst.index)
            if needed:
                _load_on_edge(function, block, target, needed)
    entry = function.blocks[0]
    params = live[0] & sum(1 << p.index for p in function.params)
    entry.ops[:0] = [ir.LoadSlot(local) for local in _locals(function, params)]
    function.is_split = True


def _await(block: Block) -> ir.Await:
    end = block.end
    assert isinstance(end, ir.Await)
    return end


def _locals(function: Function, bits: int) -> list[Local]:
    return [local for local in function.locals if bits >> local.index & 1]


def _load_on_edge(function: Function, block: Block, target: Block, needed: int) -> None:
    edge = function.new_block()
    edge.ops.extend(ir.LoadSlot(local) for local in _locals(function, needed))
    edge.terminator = ir.Goto(target)
    block.end.retarget(target, edge)


def _clean_params(function: Function) -> int:
    """The parameters that nothing ever writes: their slots hold them wherever they are alive.

    Such a parameter is alive across every suspension point before its last read, so none of the
    locals that may use its bytes is stored before that.
    """
    written = 0
    for block in function.blocks:
        steps: list[ir.Step] = [*block.ops, block.end]
        for op in steps:
            if op.dst is not None:
                written |= 1 << op.dst.index
            elif isinstance(op, ir.Put) and isinstance(op.base, Local):
                written |= 1 << op.base.index
    return sum(1 << p.index for p in function.params) & ~written
