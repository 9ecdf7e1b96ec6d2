"""The order of blocks: the one in which control first meets them.

Emission relies on it: a block with one predecessor stands after it.
"""

from zyn.ir.func import Function
from zyn.ir.op import Fail


def order_blocks(function: Function) -> None:
    """Remove blocks that nothing reaches and renumber the rest, depth first."""
    order: list[int] = []
    seen: set[int] = set()
    stack = [function.blocks[0]]
    while stack:
        block = stack.pop()
        if block.index in seen:
            continue
        seen.add(block.index)
        order.append(block.index)
        if block.terminator is None:
            block.terminator = Fail()
        stack.extend(reversed(block.end.successors))
    function.blocks = [function.blocks[index] for index in order]
    for index, block in enumerate(function.blocks):
        block.index = index
