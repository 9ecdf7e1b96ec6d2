"""Give others a turn after an await whose policy says so.

    before:  r = await yield_turn ok b1
    after:   r = await ok b2;  b2: begin leaf yield_now(); await ok b1

A future that is ready at once then goes on no earlier than after every task that was runnable,
which is what a microtask queue gives.  Languages whose awaits go on at once are untouched.
"""

from zyn.ir import op as ir
from zyn.ir.func import Function


def expand_turns(function: Function) -> None:
    """Put a `yield_now` behind every await marked `yield_turn`."""
    for block in list(function.blocks):
        end = block.end
        if not isinstance(end, ir.Await) or end.ready == "continue":
            continue
        turn = function.new_block()
        turn.ops.append(ir.Begin("leaf", "yield_now", ()))
        turn.terminator = ir.Await(None, end.ok, end.error, end.span, text=end.text)
        end.ok = turn
        end.ready = "continue"
