"""The order of blocks: the one in which control first meets them.

Emission relies on it: a block with one predecessor stands after it.
"""

from zyn.ir.func import Block, Function
from zyn.ir.op import Fail


def order_blocks(function: Function) -> None:
    """Remove blocks that nothing reaches and renumber the rest, depth first."""
    blocks = function.blocks
    order: list[Block] = []
    seen = bytearray(len(blocks))
    stack = [blocks[0]]
    while stack:
        block = stack.pop()
        if seen[block.index]:
            continue
        seen[block.index] = 1
        order.append(block)
        end = block.terminator
        if end is None:
            block.terminator = Fail()
        else:
            stack.extend(end.successors[::-1])
    function.blocks = order
    for index, block in enumerate(order):
        block.index = index
