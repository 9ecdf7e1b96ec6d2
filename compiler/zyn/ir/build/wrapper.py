"""Async functions that stand for a built-in future whose promise leaves its creator.

`await delay(10)` places the leaf in the caller's frame; `const d = delay(10)` needs a promise with
a frame of its own, which is that of a one-line async function made here.  Equal shapes share one
wrapper.
"""

import msgspec

from zyn.base.span import Span
from zyn.ir.func import Function, Local
from zyn.ir.op import Attend, Await, Begin, Fail, Return, Try
from zyn.sema.types import VOID, Type


class Wrapper(msgspec.Struct, frozen=True, gc=False):
    """A leaf, the types of its arguments and of its result."""

    leaf: str
    params: tuple[Type, ...]
    result: Type

    @property
    def name(self) -> str:
        """The function's name in tables; no source name can look like it."""
        return f"<{self.leaf}({', '.join(map(str, self.params))})>"


def build_wrapper(wrapper: Wrapper) -> Function:
    """The IR of `async fn (params) result { return await leaf(params); }`."""
    function = Function(wrapper.name, is_async=True, result=wrapper.result)
    for index, type_ in enumerate(wrapper.params):
        local = Local(index, f"arg{index}", type_, is_param=True, kind="param")
        function.locals.append(local)
        function.params.append(local)
    span = Span(0, 0)
    entry, body, ok, error = (function.new_block() for _ in range(4))
    entry.terminator = Try(Attend(span, is_entry=True), body, error)
    result = None if wrapper.result == VOID else function.new_local("result", wrapper.result)
    body.ops.append(Begin("leaf", wrapper.leaf, tuple(function.params)))
    body.terminator = Await(result, ok, error, span, text=wrapper.leaf)
    ok.terminator = Return(result)
    error.terminator = Fail()
    return function
