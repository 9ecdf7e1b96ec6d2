"""What callers from outside the module use of an async function: its entry and its init.

Compiled callers fill the frames of what they await themselves, since they know them.
"""

from struct import pack_into

from zyn.codegen.lltypes import is_aggregate, param_offsets
from zyn.codegen.x86 import encode as x86
from zyn.codegen.x86.builder import Builder
from zyn.codegen.x86.calls import Calls
from zyn.codegen.x86.encode import RAX, RBX, RDX, RSI
from zyn.codegen.x86.func import ENTER, LEAVE, LOAD_RBX, SAVE_RBX, SIZE_AT
from zyn.ir.func import Function
from zyn.sema.types import align_up

_SAVED = 8
_HEADER = 32
"""Bytes of a frame of its own in front of the state word."""


def emit_entry(builder: Builder, function: Function, descriptor: int) -> int:
    """Promise *foo(cx, args): the promise in rax, or null when there is no memory, which cx->error
    then says.  Gives its position; `descriptor` is an offset in the data.
    """
    return _Filler(builder, function).emit(1, descriptor)


def emit_init(builder: Builder, function: Function) -> int:
    """void foo_init(cx, sm, args): the frame at rsi, not started; its position."""
    return _Filler(builder, function).emit(2, None)


class _Filler(Calls):
    """Appends code that fills a frame with arguments."""

    def __init__(self, builder: Builder, function: Function) -> None:
        super().__init__(builder, function, _SAVED, 0, 0)

    def emit(self, used: int, descriptor: int | None) -> int:
        params, out = self.function.params, self.out
        out += b"\xcc" * (-len(out) % 16)
        start = len(out)
        out += ENTER + SAVE_RBX
        by_address = self.receive(params, used)
        none = self.label()
        if descriptor is None:
            out += b"\x48\x89\xf3"  # mov rbx, rsi
        else:
            self.lea_data(RSI, descriptor)
            self.call("zyn_frame_new")
            out += b"\x48\x85\xc0"  # test rax, rax
            self.jump_if(x86.EQUAL, none)
            out += b"\x48\x89\xc3"  # mov rbx, rax
        out += x86.store_number(4, 0, RBX, 0)
        pointers = {param.index: pointer for param, pointer in by_address}
        offsets, _ = param_offsets(tuple(param.type for param in params), 4)
        for param, offset in zip(params, offsets, strict=True):
            if is_aggregate(param.type):
                out += x86.memory(b"\x8b", RDX, *pointers[param.index], True)
                self.homes[param.index] = RDX, 0
            self.write(param.type, param, (RBX, offset), count=True)
        if descriptor is not None:
            self.lea(RAX, (RBX, -_HEADER))
        self.bind(none)
        out += LOAD_RBX + LEAVE
        pack_into("<i", out, start + SIZE_AT, align_up(self.room, 16))
        self.resolve()
        return start
