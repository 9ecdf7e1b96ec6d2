"""What every piece of machine code does: reach data, call, and count references."""

from zyn.codegen.lltypes import counted_as, is_aggregate
from zyn.codegen.x86 import encode as x86
from zyn.codegen.x86.builder import NONE, Builder
from zyn.codegen.x86.encode import RDI, Address
from zyn.sema.types import Type


class Code:
    """Appends to the code of a module."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.out = builder.code

    # --- data and calls ---

    def lea_data(self, reg: int, offset: int) -> None:
        """The address of an item of the data."""
        self.out += bytes((0x48 | (reg >> 3) << 2, 0x8D, 0x05 | (reg & 7) << 3, 0, 0, 0, 0))
        self.builder.references.append((len(self.out), offset))

    def lea(self, reg: int, address: Address) -> None:
        """An address into a register."""
        self.out += x86.memory(b"\x8d", reg, *address, True)

    def call(self, name: str) -> None:
        """Call a function of the runtime or the C library."""
        self.call_at(self.builder.imported(name))

    def call_at(self, offset: int) -> None:
        """Call through a pointer of the data."""
        self.out += b"\xff\x15\0\0\0\0"
        self.builder.references.append((len(self.out), offset))

    # --- references ---

    def count(self, type_: Type, address: Address, verb: str) -> None:
        """Retain or release what the value at `address` refers to."""
        if is_aggregate(type_):
            self.lea(RDI, address)
            self.builder.counters.setdefault((type_, verb), NONE)
            self.out += b"\xe8\0\0\0\0"
            self.builder.counter_calls.append((len(self.out), (type_, verb)))
        else:
            self.out += x86.memory(b"\x8b", RDI, *address, True)
            self.call(counter_name(type_, verb))


def counter_name(type_: Type, verb: str) -> str:
    """The runtime's function that retains or releases a text, a promise or a handle."""
    return f"zyn_{counted_as(type_)}_{verb}"
