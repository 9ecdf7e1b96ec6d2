"""An ELF object that LLVM made, for x86-64, as an image (`zyn.driver.image`).

Only what our own code generator gives rise to is understood.  Anything else makes the object
`Unsuitable`, and whoever asked links it through LLVM: an object is either linked whole and right
here, or not at all.

Calls of symbols elsewhere go through a jump in the image, since 32 bits of distance do not reach
them; `GOT` words hold addresses for it and for code that loads addresses itself.
"""

import struct
from array import array
from collections.abc import Iterator, Sequence
from typing import NamedTuple, final

from zyn.driver.image import PAGE, Image, Import

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_RELOCATION = struct.Struct("<QQq")

_MAGIC = b"\x7fELF\x02\x01\x01"  # 64 bits, little end first, version 1
_RELOCATABLE, _X86_64 = 1, 62
_SYMTAB, _RELA, _NOBITS = 2, 4, 8
_SECTION_BYTES_MAX = 1 << 26  # no program of ours comes near; a garbled object asks for anything
_WRITE, _ALLOC, _TLS = 1, 2, 0x400
_UNDEFINED = 0

_R_64, _R_PC32, _R_PLT32, _R_PC64 = 1, 2, 4, 24
_R_GOT = frozenset({9, 41, 42})  # GOTPCREL, GOTPCRELX, REX_GOTPCRELX

_JUMP = b"\xff\x25"  # jmp *distance(%rip)
_JUMP_SIZE = 8


class Unsuitable(Exception):
    """The object holds something that only LLVM's linker knows."""


class Section(NamedTuple):
    """What a section header says, but for its address."""

    name: str
    kind: int
    flags: int
    offset: int
    size: int
    link: int
    info: int
    align: int


class Symbol(NamedTuple):
    """A name with its place."""

    name: str
    section: int
    value: int


def image_of(code: bytes, exports: Sequence[str]) -> Image:
    """Link an object; raises Unsuitable."""
    try:
        return _Linking(code).image(exports)
    except (struct.error, IndexError, ValueError, OverflowError) as error:
        raise Unsuitable(f"the object cannot be read: {error}") from None


@final
class _Linking:
    """One object on its way to an image."""

    def __init__(self, code: bytes) -> None:
        self.code = code
        _, self.sections = sections_of(code)
        self.symbols = symbols_of(code, self.sections)
        self.places: dict[int, int] = {}  # section -> offset in the image
        self.got: dict[int, int] = {}  # symbol -> offset of its GOT word
        self.jumps: dict[int, int] = {}  # symbol -> offset of its jump
        self.rebase: list[int] = []
        self.imports: list[Import] = []
        self.fixed = 0
        self.data = bytearray()

    def image(self, exports: Sequence[str]) -> Image:
        """Lay everything out, then settle every distance."""
        self._lay_out()
        for symbol, place in self.got.items():
            self._word(place, symbol, 0)
        for symbol, place in self.jumps.items():
            self.data[place : place + 2] = _JUMP
            struct.pack_into("<i", self.data, place + 2, self.got[symbol] - (place + 6))
        for section, at, kind, symbol, addend in self._relocations():
            self._relocate(self.places[section] + at, kind, symbol, addend)
        wanted = set(exports)
        found = {
            symbol.name: self.places[symbol.section] + symbol.value
            for symbol in self.symbols
            if symbol.name in wanted and symbol.section in self.places
        }
        if found.keys() != wanted:
            raise Unsuitable(f"the object lacks {', '.join(sorted(wanted - found.keys()))}")
        indexes = array("I", (place // 8 for place in self.rebase))
        return Image(bytes(self.data), self.fixed, indexes.tobytes(), tuple(self.imports), found)

    def _lay_out(self) -> None:
        loaded = [
            (index, section)
            for index, section in enumerate(self.sections)
            # Nothing unwinds through compiled code.
            if section.flags & _ALLOC and section.size and section.name != ".eh_frame"
        ]
        for _, section in loaded:
            if section.flags & _TLS or section.align > PAGE:
                raise Unsuitable(f"section {section.name}")
            held = 0 if section.kind == _NOBITS else section.offset + section.size
            if held > len(self.code) or section.size > _SECTION_BYTES_MAX:
                raise Unsuitable(f"section {section.name} of {section.size} bytes")
        end = 0
        for index, section in loaded:
            if not section.flags & _WRITE:
                self.places[index] = end = _aligned(end, section.align)
                end += section.size
        called, addressed = self._needed()
        end = _aligned(end, _JUMP_SIZE)
        for symbol in called:
            self.jumps[symbol] = end
            end += _JUMP_SIZE
        self.fixed = end = _aligned(end, PAGE)
        for symbol in {**called, **addressed}:
            self.got[symbol] = end
            end += 8
        for index, section in loaded:
            if section.flags & _WRITE:
                self.places[index] = end = _aligned(end, section.align)
                end += section.size
        self.data = bytearray(_aligned(end, 8))
        for index, section in loaded:
            if section.kind != _NOBITS:
                place = self.places[index]
                content = self.code[section.offset : section.offset + section.size]
                self.data[place : place + section.size] = content

    def _needed(self) -> tuple[dict[int, None], dict[int, None]]:
        """Symbols that need a jump, and symbols that need a GOT word, each in order."""
        called: dict[int, None] = {}
        addressed: dict[int, None] = {}
        for _, _, kind, symbol, _ in self._relocations():
            if kind in _R_GOT:
                addressed[symbol] = None
            elif kind == _R_PLT32 and self.symbols[symbol].section == _UNDEFINED:
                called[symbol] = None
        return called, addressed

    def _relocations(self) -> Iterator[tuple[int, int, int, int, int]]:
        """Section, offset in it, kind, symbol and addend of each in a section that is loaded."""
        for table in self.sections:
            if table.kind != _RELA:
                continue
            target = self.sections[table.info]
            if not target.flags & _ALLOC or target.name == ".eh_frame":
                continue
            for at, info, addend in _RELOCATION.iter_unpack(
                self.code[table.offset : table.offset + table.size]
            ):
                yield table.info, at, info & 0xFFFF_FFFF, info >> 32, addend

    def _relocate(self, place: int, kind: int, symbol: int, addend: int) -> None:
        if kind == _R_64:
            self._word(place, symbol, addend)
            return
        if kind in _R_GOT:
            target = self.got[symbol]
        elif kind == _R_PLT32 and symbol in self.jumps:
            target = self.jumps[symbol]
        elif kind in (_R_PC32, _R_PLT32, _R_PC64):
            target = self._inside(symbol)
        else:
            raise Unsuitable(f"relocation {kind}")
        struct.pack_into("<q" if kind == _R_PC64 else "<i", self.data, place,
                         target + addend - place)  # fmt: skip

    def _word(self, place: int, symbol: int, addend: int) -> None:
        """A word that will hold the address of a symbol."""
        if place % 8:
            raise Unsuitable("an address that is not aligned")
        if self.symbols[symbol].section == _UNDEFINED:
            self.imports.append(Import(place, self.symbols[symbol].name, addend))
        else:
            struct.pack_into("<q", self.data, place, self._inside(symbol) + addend)
            self.rebase.append(place)

    def _inside(self, symbol: int) -> int:
        found = self.symbols[symbol]
        place = self.places.get(found.section)
        if place is None:
            raise Unsuitable(f"symbol {found.name!r}")
        return place + found.value


def sections_of(code: bytes) -> tuple[int, list[Section]]:
    """Where the headers of the sections begin, and what they say; raises Unsuitable."""
    head = _HEADER.unpack_from(code)
    if not head[0].startswith(_MAGIC) or head[1:3] != (_RELOCATABLE, _X86_64):
        raise Unsuitable("no object of this machine")
    start, size, count, names = head[6], head[11], head[12], head[13]
    if size != SECTION.size:
        raise Unsuitable("section headers of another size")
    rows = [SECTION.unpack_from(code, start + index * size) for index in range(count)]
    texts = rows[names][4]
    sections = [
        Section(_text(code, texts + row[0]), row[1], row[2], row[4], row[5], row[6], row[7],
                max(row[8], 1))
        for row in rows
    ]  # fmt: skip
    return start, sections


def symbols_of(code: bytes, sections: list[Section]) -> list[Symbol]:
    """The symbols of an object; `section` is an index into `sections`, `value` counts from it."""
    table = next((section for section in sections if section.kind == _SYMTAB), None)
    if table is None:
        return []
    texts = sections[table.link].offset
    found: list[Symbol] = []
    for name, _, _, section, value, _ in _SYMBOL.iter_unpack(
        code[table.offset : table.offset + table.size]
    ):
        found.append(Symbol(_text(code, texts + name), section, value))
    return found


def _text(code: bytes, start: int) -> str:
    return code[start : code.index(b"\0", start)].decode("utf-8")


def _aligned(offset: int, alignment: int) -> int:
    return -(-offset // alignment) * alignment
