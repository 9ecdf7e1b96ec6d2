"""Code that is linked but for the address it will lie at, so that a kept program needs no LLVM.

An image is one block of memory: first what is executed and never written, on pages of its own, then
what is written.  Distances inside it are settled when it is made (`zyn.driver.elf`); what is left
to do are two lists of 64-bit words: those that hold an address inside the image, and those that
hold the address of a symbol elsewhere.

Code is never unloaded: frames and threads may be in it for as long as the process lives.
"""

import ctypes
import mmap
import os
import sys
from array import array
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from zyn.runtime.load import symbol_address

PAGE = mmap.PAGESIZE
_FAILED = ctypes.c_void_p(-1).value


class Import(NamedTuple):
    """The word at `offset` is to hold the address of `symbol`, plus `addend`."""

    offset: int
    symbol: str
    addend: int


class Image(NamedTuple):
    """What `load` maps.

    data      the block; its first `fixed` bytes, whole pages, are executed and never written
    rebase    native u32 indexes of the words that hold an offset into the block, to be an address
    exports   offsets by symbol
    lines     native u32 in threes, by offset: where code begins that belongs to a function of the
              program, by its number, and to a statement of it, by the number of its probe + 1;
              empty when that is not known
    """

    data: bytes
    fixed: int
    rebase: bytes
    imports: tuple[Import, ...]
    exports: dict[str, int]
    lines: bytes = b""


def is_supported() -> bool:
    """Whether images can be made and loaded on this machine."""
    return sys.platform == "linux" and os.uname().machine == "x86_64" and sys.maxsize > 1 << 32


def load(image: Image, others: dict[str, int]) -> dict[str, int]:
    """Map an image; addresses of its exports.

    `others` are symbols of code that was loaded before.  The rest it imports from the runtime and
    the C library, by address, so that no symbol of a program can stand in for one of theirs.
    Raises OSError when there is no memory.
    """
    base = _map(len(image.data))
    block = bytearray(image.data)
    with memoryview(block).cast("Q") as words:
        for index in array("I", image.rebase):
            words[index] += base
        for offset, symbol, addend in image.imports:
            address = others.get(symbol) or _outside(symbol)
            words[offset // 8] = (address + addend) & 0xFFFF_FFFF_FFFF_FFFF
    ctypes.memmove(base, bytes(block), len(block))
    if image.fixed and _c().mprotect(base, image.fixed, mmap.PROT_READ | mmap.PROT_EXEC):
        error = ctypes.get_errno()
        raise OSError(error, f"memory cannot be made executable: {os.strerror(error)}")
    return {symbol: base + offset for symbol, offset in image.exports.items()}


@cache
def _c() -> ctypes.CDLL:
    library = ctypes.CDLL(None, use_errno=True)
    size, number = ctypes.c_size_t, ctypes.c_int
    library.mmap.restype = ctypes.c_void_p
    library.mmap.argtypes = (ctypes.c_void_p, size, number, number, number, ctypes.c_long)
    library.mprotect.argtypes = (ctypes.c_void_p, size, number)
    return library


def _map(size: int) -> int:
    # Not `mmap.mmap`: Python unmaps its objects when it ends, while the runtime's threads may run.
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    address: int | None = _c().mmap(
        None, max(size, 1), mmap.PROT_READ | mmap.PROT_WRITE, flags, -1, 0
    )
    if address is None or address == _FAILED:
        error = ctypes.get_errno()
        raise OSError(error, f"no memory for compiled code: {os.strerror(error)}")
    return address


def _outside(symbol: str) -> int:
    # Every symbol of a program begins with `zyn$`; what is left is what LLVM calls for a copy.
    if symbol.startswith("zyn_"):
        return symbol_address(symbol)
    function: Callable[..., object] = getattr(_c(), symbol)
    return ctypes.cast(function, ctypes.c_void_p).value or 0  # type: ignore[arg-type]
