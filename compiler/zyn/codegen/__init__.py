"""IR -> LLVM text -> object code.

Invariants: text is written directly, never through `llvmlite.ir` (three quarters of the time would
go there); nothing here loads code into the process, which is `zyn.driver`'s; objects name no
address and no process-wide number, so they can be kept on disk.
"""

from zyn.codegen.module import (
    ModuleText,
    Unit,
    emit_debug_module,
    emit_entry,
    emit_module,
    emit_thunk,
)
from zyn.codegen.names import Names
from zyn.codegen.target import Target

__all__ = [
    "ModuleText", "Names", "Target", "Unit", "emit_debug_module", "emit_entry",
    "emit_module", "emit_thunk",
]  # fmt: skip
