"""Backwards dataflow over any control-flow graph, on sets held as the bits of one integer.

Facts only: nothing is changed.  A caller numbers its blocks 0..n-1 and says for each what it reads
before writing (`gen`), what it writes (`kill`) and where it goes; the IR and the tests use the same
solver.
"""

from collections.abc import Sequence


def solve_backwards(
    gen: Sequence[int], kill: Sequence[int], successors: Sequence[Sequence[int]]
) -> list[int]:
    """The set that holds at the start of each block: gen | (union over successors) & ~kill.

    Blocks are best numbered in the order in which control reaches them; each loop then costs one
    more round.
    """
    count = len(gen)
    live_in = list(gen)
    predecessors: list[list[int]] = [[] for _ in range(count)]
    for block, targets in enumerate(successors):
        for target in targets:
            predecessors[target].append(block)
    queued = [True] * count
    work = list(range(count))
    while work:
        block = work.pop()
        queued[block] = False
        out = 0
        for target in successors[block]:
            out |= live_in[target]
        before = gen[block] | (out & ~kill[block])
        if before != live_in[block]:
            live_in[block] = before
            for predecessor in predecessors[block]:
                if not queued[predecessor]:
                    queued[predecessor] = True
                    work.append(predecessor)
    return live_in


def bits(value: int) -> list[int]:
    """The indexes of the bits that are set, lowest first."""
    result: list[int] = []
    while value:
        low = value & -value
        result.append(low.bit_length() - 1)
        value ^= low
    return result
