"""Object code -> code in this process, through LLVM's ORC JIT.

Code is never unloaded: frames and threads may be in it for as long as the process lives.  Nothing
is looked up in the process: every symbol a module imports is given by address, so a user's `malloc`
and the C library's never meet.
"""

import itertools
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import llvmlite.binding as llvm

from zyn.codegen import Target
from zyn.codegen.declare import C_LIBRARY
from zyn.runtime.load import symbol_address

MAPPINGS_PER_LINK = 5
"""A bound on the memory mappings that LLVM makes per link; measured are three to four."""

_numbers = itertools.count(1)
_LOCK = threading.Lock()
_linkers: list["Linker"] = []


def process_linker(target: Target) -> "Linker":
    """The one linker of this process, which outlives every engine that used it.

    A promise may be dropped long after the engine that compiled its function, and dropping it
    reads that function's descriptor.
    """
    with _LOCK:
        if not _linkers:
            _linkers.append(Linker(target))
        return _linkers[0]


class TooManyPrograms(Exception):
    """This process has loaded as much code as the system gives it mappings for."""

    def __init__(self, links: int) -> None:
        super().__init__(
            f"this process has loaded {links} pieces of code, which is as many as the system has "
            "memory mappings for; start a new one"
        )


def _links_max() -> int:
    """How often this process may link before the system refuses LLVM a mapping, which ends it."""
    try:
        mappings = int(Path("/proc/sys/vm/max_map_count").read_text())
    except (OSError, ValueError):
        mappings = 65530
    return mappings // MAPPINGS_PER_LINK


class Linker:
    """A JIT; see `process_linker`."""

    def __init__(self, target: Target) -> None:
        self._lock = threading.Lock()
        self._links_max = _links_max()
        self._jit = llvm.create_lljit_compiler(target.machine, use_jit_link=True)
        # "Owned by another": even the end of the interpreter must not take code away from the
        # threads of the runtime.
        self._jit._owned = True

    def link(
        self,
        objects: Sequence[bytes],
        exports: Sequence[str],
        runtime: Sequence[str],
        others: Mapping[str, int],
    ) -> dict[str, int]:
        """Load objects together; the addresses of `exports`.

        runtime   functions of the runtime that the objects call
        others    symbols of code that was loaded before, with their addresses
        """
        builder = llvm.JITLibraryBuilder()
        for code in objects:
            builder.add_object_img(code)
        for name in runtime:
            if not name.startswith("llvm."):
                builder.import_symbol(name, symbol_address(name))
        for name in C_LIBRARY:
            address = llvm.address_of_symbol(name)
            if address is not None:
                builder.import_symbol(name, address)
        for symbol, address in others.items():
            builder.import_symbol(symbol, address)
        for symbol in exports:
            builder.export_symbol(symbol)
        with self._lock:
            number = next(_numbers)
            if number > self._links_max:
                raise TooManyPrograms(self._links_max)
            tracker = builder.link(self._jit, f"zyn{number}")
            tracker.detach()
        return {symbol: tracker[symbol] for symbol in exports}
