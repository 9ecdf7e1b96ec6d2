"""IR -> LLVM text -> object code.

Invariants: text is written directly, never through `llvmlite.ir` (three quarters of the time would
go there); nothing here loads code into the process, which is `zyn.driver`'s; objects name no
address and no process-wide number, so they can be kept on disk.

What this package gives is imported when it is asked for: a run of a kept program needs names and
offsets, and LLVM would be half of its time.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zyn.codegen.module import (
        ModuleText,
        Unit,
        emit_debug_module,
        emit_module,
        emit_thunk,
    )
    from zyn.codegen.names import Names
    from zyn.codegen.target import Target

__all__ = [
    "ModuleText", "Names", "Target", "Unit", "emit_debug_module", "emit_module",
    "emit_thunk",
]  # fmt: skip

_HOMES = {"Names": "names", "Target": "target"}


def __getattr__(name: str) -> object:
    if name in __all__:
        return getattr(import_module(f"zyn.codegen.{_HOMES.get(name, 'module')}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
