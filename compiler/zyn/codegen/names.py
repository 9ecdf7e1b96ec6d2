"""Symbols of one module.

A user's function called `malloc` becomes `zyn$main$malloc`: no symbol of a program can meet one of
the process.
"""

from typing import final

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$.")


def mangled(symbol: str) -> str:
    """A symbol that both LLVM and an assembler take as it is; what is not plain becomes `$` and its
    hex.
    """
    if _PLAIN.issuperset(symbol):
        return symbol
    return "".join(
        c if c in _PLAIN else "".join(f"${byte:02X}" for byte in c.encode()) for c in symbol
    )


@final
class Names:
    """The symbols of a module called `module`; each method gives the text with its `@`."""

    __slots__ = ("module", "prefix")

    def __init__(self, module: str) -> None:
        self.module = module
        self.prefix = f"zyn${module}$"

    @staticmethod
    def _global(symbol: str) -> str:
        return f"@{mangled(symbol)}"

    def entry(self, function: str) -> str:
        """The stable stub of a direct function, or what makes an async function's promise."""
        return self._global(self.prefix + function)

    def poll(self, function: str) -> str:
        """The stable stub of an async function's poll."""
        return self._global(f"{self.prefix}{function}$poll")

    def init(self, function: str) -> str:
        """What fills a frame that the caller provides."""
        return self._global(f"{self.prefix}{function}$init")

    def drop(self, function: str) -> str:
        """What gives up the references of a frame that ended or never started."""
        return self._global(f"{self.prefix}{function}$drop")

    def build(self, function: str, build: str) -> str:
        """The code of one build: `fast`, `optimised` or `debug`."""
        return self._global(f"{self.prefix}{function}${build}")

    def cell(self, function: str) -> str:
        """The pointer that the stub jumps through."""
        return self._global(f"{self.prefix}{function}$cell")

    def descriptor(self, function: str) -> str:
        """The ZynDescriptor of an async function."""
        return self._global(f"{self.prefix}{function}$descriptor")

    def probes(self, function: str) -> str:
        """The probe bytes of a debug build."""
        return self._global(f"{self.prefix}{function}$probes")

    def local(self, what: str) -> str:
        """Anything else that belongs to the module."""
        return self._global(f"{self.prefix}{what}")
