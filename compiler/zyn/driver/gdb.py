"""Debug builds shown to gdb: an object's symbols and lines, at the addresses where it was loaded.

A debug build with lines takes half as long again to make, so it has them only where a native
debugger is there already or the environment variable ZYN_GDB says that one will come.

The object that LLVM made is handed over as it is, but for the address of each section, which the
file format has a field for.  Where a section lies follows from the address of a symbol in it.
"""

import ctypes
import os
import re
import struct
from collections.abc import Mapping
from pathlib import Path

from zyn.driver.elf import SECTION, Unsuitable, sections_of, symbols_of
from zyn.runtime.load import library

_ADDRESS_AT = 16  # of sh_addr in a section header
_registered: list[ctypes.Array[ctypes.c_char]] = []


def is_wanted() -> bool:
    """Whether debug builds are to tell a native debugger anything."""
    asked = os.environ.get("ZYN_GDB")
    if asked is not None:
        return asked not in {"", "0"}
    try:
        status = Path("/proc/self/status").read_bytes()
    except OSError:
        return False  # another system; there it has to be asked for
    return re.search(rb"^TracerPid:\s*[1-9]", status, re.MULTILINE) is not None


def show(code: bytes, addresses: Mapping[str, int]) -> bool:
    """Tell gdb of an object whose symbols lie at `addresses`; whether that could be done."""
    try:
        start, sections = sections_of(code)
        symbols = symbols_of(code, sections)
    except (Unsuitable, struct.error, ValueError):
        return False
    image = bytearray(code)
    placed = False
    for symbol in symbols:
        address = addresses.get(symbol.name)
        if address is not None and 0 < symbol.section < len(sections):
            at = start + symbol.section * SECTION.size + _ADDRESS_AT
            struct.pack_into("<Q", image, at, address - symbol.value)
            placed = True
    if not placed:
        return False
    # Read by a debugger whenever it likes, so it stays.
    _registered.append(ctypes.create_string_buffer(bytes(image), len(image)))
    return bool(library().zyn_gdb_register(_registered[-1], len(image)))
