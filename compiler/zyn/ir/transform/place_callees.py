"""Decide for each awaited call whether the callee's frame lies inside the caller's.

It does, unless the two are in one recursion group, where the frame would contain itself: then the
call becomes a promise with a frame of its own.

    before:  begin call f(x); await
    after:   p = future lazy f(x); begin leaf await_promise(p); await
"""

from collections.abc import Callable

from zyn.ir import op as ir
from zyn.ir.func import Function
from zyn.sema.types import VOID, PromiseType, Type


def place_callees(function: Function, is_inlined: Callable[[str], bool]) -> None:
    """Rewrite every awaited call whose callee must have a frame of its own."""
    for block in list(function.blocks):
        begin = block.ops[-1] if block.ops else None
        if not isinstance(begin, ir.Begin) or begin.kind != "call" or is_inlined(begin.target):
            continue
        end = block.end
        assert isinstance(end, ir.Await)
        result: Type = VOID if end.result is None else end.result.type
        promise = function.new_local("", PromiseType(result))
        block.ops.pop()
        waiting = function.new_block()
        waiting.ops.append(ir.Begin("leaf", "await_promise", (promise,)))
        waiting.terminator = end
        make = ir.MakeFuture(promise, begin.target, begin.args, end.span)
        block.terminator = ir.Try(make, waiting, end.error)
