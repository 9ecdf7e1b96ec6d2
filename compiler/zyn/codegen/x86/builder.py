"""What a program is in memory while it is made: code, and behind it the data that code reads.

The result is one block that names no address and no process-wide number: code reaches data relative
to itself, and what has to hold an address is listed.  `zyn.driver.image` loads such blocks.
"""

from array import array
from collections.abc import Sequence
from struct import Struct, pack, pack_into
from typing import NamedTuple

from zyn.codegen.lltypes import align_of, kind, size_of
from zyn.codegen.x86.encode import MASK32
from zyn.sema.types import Type, align_up, holds_reference

NONE = -1
PAGE = 4096
WORD = 8

# jmp *disp32(%rip), then two bytes that are never reached.
STUB = 0xCCCC_0000_0000_25FF
STUB_SIZE = 8
JUMP_SIZE = 6

_DESCRIPTOR = Struct("<IIIIQQQIIQQQ")
_INIT, _POLL_CELL, _DROP, _POLL, _RESULT_INFO, _NAME = (
    at // WORD for at in (16, 24, 32, 48, 56, 64)
)
_TYPE_INFO = Struct("<IIIIQQQ")
_RETAIN, _RELEASE, _TYPE_NAME = (at // WORD for at in (16, 24, 32))
_STRING = Struct("<iIQ")

Counter = tuple[Type, str]
"""A function that retains or releases a value of a type."""


class MachineCode(NamedTuple):
    """A block to load.

    data      its first `fixed` bytes, whole pages, are code
    rebase    native u32 indexes of the words that hold an offset into the block, to be an address
    imports   offsets of words that hold the address of a function of the runtime or the C library
    lines     what `Builder.mark` was told, as native u32 in threes
    export    offset of the table: four words per function (descriptor or null, stub, cell, entry,
              which is the stub of a direct function), and the address of the word that side table
              ids count from, shifted by 32; if functions count, the address of their counts
    """

    data: bytes
    fixed: int
    rebase: bytes
    imports: dict[str, int]
    lines: bytes
    export: int


class Descriptor(NamedTuple):
    """A ZynDescriptor to be; `drop` and `init` are positions in code, `name` an offset in data."""

    number: int
    frame: tuple[int, int, int]
    result: Type
    drop: int
    init: int
    name: int


class Builder:
    """Code so far, and offsets of the data behind it.

    Data begins with a cell per function and the word that sites count from; then come the
    descriptors of the async functions, then the table.
    """

    def __init__(self, names: Sequence[str], are_async: Sequence[bool]) -> None:
        self.code = bytearray()
        self.index = {name: index for index, name in enumerate(names)}
        self.sites = WORD * len(names)
        self.descriptor_of: dict[int, int] = {}
        self.table = self.sites + WORD
        for index, is_async in enumerate(are_async):
            if is_async:
                self.descriptor_of[index] = self.table
                self.table += _DESCRIPTOR.size
        self.size = self.table + WORD * (4 * len(names) + 1)
        self.counts = NONE
        self.entries: list[int] = []
        # Of the async functions, what makes their promises.
        self.made: dict[int, int] = {}
        self.references: list[tuple[int, int]] = []
        self.imports: dict[str, int] = {}
        self.lines: list[int] = []
        self.counters: dict[Counter, int] = {}
        self.counter_calls: list[tuple[int, Counter]] = []
        self._descriptors: list[Descriptor] = []
        self._infos: dict[Type, tuple[int, int]] = {}
        self._strings: dict[str, int] = {}
        self._bytes: list[tuple[int, bytes]] = []

    def cell(self, name: str) -> int:
        """The offset of a function's cell."""
        return WORD * self.index[name]

    def mark(self, function: int, probe: int) -> None:
        """From here on code belongs to a statement of a function, given by the number of its probe;
        NONE: to no statement of it.
        """
        if self.lines[-3:-2] == [len(self.code)]:
            del self.lines[-3:]
        self.lines += (len(self.code), function, probe + 1)

    def count(self, size: int) -> None:
        """Have functions count in `size` bytes, which the table ends with the address of."""
        self._room(WORD)  # the table's last word
        self.counts = self._room(size)

    def imported(self, name: str) -> int:
        """The offset of the address of a function of the runtime or the C library."""
        offset = self.imports.get(name)
        if offset is None:
            offset = self.imports[name] = self._room(WORD)
        return offset

    def string(self, value: str) -> int:
        """The offset of a constant ZynString that is never freed."""
        offset = self._strings.get(value)
        if offset is None:
            text = value.encode("utf-8", "surrogatepass")
            offset = self._strings[value] = self._add(_STRING.pack(-1, 0, len(text)) + text + b"\0")
        return offset

    def info(self, type_: Type) -> int:
        """The offset of a type's ZynTypeInfo."""
        known = self._infos.get(type_)
        if known is None:
            label = self._add(str(type_).encode() + b"\0")
            known = self._infos[type_] = self._room(_TYPE_INFO.size), label
            if holds_reference(type_):
                self.counters.setdefault((type_, "retain"), NONE)
                self.counters.setdefault((type_, "release"), NONE)
        return known[0]

    def describe(
        self, index: int, name: str, frame: tuple[int, int, int], result: Type, drop: int, init: int
    ) -> None:
        """Describe an async function: size, alignment and result offset of its frame."""
        self.info(result)
        label = self._add(name.encode() + b"\0")
        self._descriptors.append(Descriptor(index, frame, result, drop, init, label))

    def _room(self, size: int) -> int:
        offset = self.size
        self.size = align_up(offset + size, WORD)
        return offset

    def _add(self, content: bytes) -> int:
        offset = self._room(len(content))
        self._bytes.append((offset, content))
        return offset

    # --- at the end ---

    def finish(self) -> MachineCode:
        """The block, stubs behind the code and data on pages of its own."""
        count = len(self.entries)
        code = self.code
        code += b"\xcc" * (-len(code) % STUB_SIZE)
        stubs = len(code)
        fixed = align_up(stubs + STUB_SIZE * count, PAGE)
        # A stub and a cell are of one size, so the distance is the same for all.
        stub = STUB | (fixed - stubs - JUMP_SIZE & MASK32) << 16
        code += pack(f"<{count}Q", *[stub] * count)
        for end, offset in self.references:
            pack_into("<i", code, end - 4, fixed + offset - end)
        block = code + bytes(fixed - len(code) + self.size)
        for offset, content in self._bytes:
            block[fixed + offset : fixed + offset + len(content)] = content
        pack_into(f"<{count}Q", block, fixed, *self.entries)
        rebase = array("I", range(fixed // WORD, fixed // WORD + count))
        self._write_infos(block, fixed, rebase)
        self._write_descriptors(block, fixed, stubs, rebase)
        self._write_table(block, fixed, stubs, rebase)
        imports = {name: fixed + offset for name, offset in self.imports.items()}
        lines = array("I", self.lines).tobytes()
        return MachineCode(
            bytes(block), fixed, rebase.tobytes(), imports, lines, fixed + self.table
        )

    def _write_infos(self, block: bytearray, fixed: int, rebase: "array[int]") -> None:
        for type_, (offset, name) in self._infos.items():
            word = (fixed + offset) // WORD
            counters = [self.counters.get((type_, verb), 0) for verb in ("retain", "release")]
            _TYPE_INFO.pack_into(
                block, fixed + offset, size_of(type_), align_of(type_), kind(type_), 0, *counters,
                fixed + name,
            )  # fmt: skip
            rebase.append(word + _TYPE_NAME)
            if counters[0]:
                rebase.extend((word + _RETAIN, word + _RELEASE))

    def _write_descriptors(
        self, block: bytearray, fixed: int, stubs: int, rebase: "array[int]"
    ) -> None:
        for index, frame, result, drop, init, name in self._descriptors:
            at = fixed + self.descriptor_of[index]
            word = at // WORD
            _DESCRIPTOR.pack_into(
                block, at, *frame, kind(result), init, fixed + WORD * index, max(drop, 0), 0, 0,
                stubs + STUB_SIZE * index, fixed + self._infos[result][0], fixed + name,
            )  # fmt: skip
            rebase.extend(word + at for at in (_INIT, _POLL_CELL, _POLL, _RESULT_INFO, _NAME))
            if drop != NONE:
                rebase.append(word + _DROP)

    def _write_table(self, block: bytearray, fixed: int, stubs: int, rebase: "array[int]") -> None:
        words: list[int] = []
        for index in range(len(self.entries)):
            descriptor = self.descriptor_of.get(index)
            stub = stubs + STUB_SIZE * index
            words.append(0 if descriptor is None else fixed + descriptor)
            words += (stub, fixed + WORD * index, self.made.get(index, stub))
        words.append(fixed + self.sites)
        if self.counts != NONE:
            words.append(fixed + self.counts)
        at = fixed + self.table
        pack_into(f"<{len(words)}Q", block, at, *words)
        rebase.extend(at // WORD + index for index, word in enumerate(words) if word)
