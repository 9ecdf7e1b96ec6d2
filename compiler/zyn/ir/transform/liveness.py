"""Which locals are alive where, on the IR's control-flow graph.

A local is alive at a point when some path from there reads it before writing it.  `Put` reads and
keeps its base, so it does not end a life.
"""

from zyn.flow.dataflow import solve_backwards
from zyn.ir import op as ir
from zyn.ir.func import Block, Function, Local


def mask(op: ir.Op | ir.Fallible | ir.Terminator, among: int) -> int:
    """The locals that an operation reads, as bits."""
    bits = 0
    for source in op.sources:
        if isinstance(source, Local):
            bits |= 1 << source.index
    return bits & among


def live_at_entries(function: Function, among: int) -> list[int]:
    """The live set at the start of every block, restricted to the locals in `among`."""
    gens: list[int] = []
    kills: list[int] = []
    for block in function.blocks:
        gen = kill = 0
        for op in block.ops:
            gen |= mask(op, among) & ~kill
            if op.dst is not None:
                kill |= 1 << op.dst.index
        gen |= mask(block.end, among) & ~kill
        if len(block.end.successors) == 1 and block.end.dst is not None:
            kill |= 1 << block.end.dst.index
        gens.append(gen)
        kills.append(kill)
    successors = [[t.index for t in block.end.successors] for block in function.blocks]
    live = solve_backwards(gens, kills, successors)
    return _without_results(function, live, gens, kills, successors)


def _without_results(
    function: Function,
    live: list[int],
    gens: list[int],
    kills: list[int],
    successors: list[list[int]],
) -> list[int]:
    """Take the results of Try and Await out of what is alive before them.

    They are written on the way to the first successor only, which the plain solver cannot say; a
    result that is not read on the error path is dead before its terminator.
    """
    for block in function.blocks:
        dst = block.end.dst
        if dst is None or len(block.end.successors) != 2:
            continue
        if not live[block.end.successors[1].index] >> dst.index & 1:
            kills[block.index] |= 1 << dst.index
    return solve_backwards(gens, kills, successors)


def live_before_end(block: Block, live: list[int]) -> int:
    """What is alive after the terminator's own reads, before it goes anywhere: the union of its
    successors less what it writes on the first."""
    out = 0
    for place, target in enumerate(block.end.successors):
        alive = live[target.index]
        if place == 0 and block.end.dst is not None:
            alive &= ~(1 << block.end.dst.index)
        out |= alive
    return out
