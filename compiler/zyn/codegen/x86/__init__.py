"""IR -> machine code for x86-64 with the System V calling convention, without LLVM.

A fast build takes LLVM half a millisecond for a small function, most of it whatever the function
does.  This takes a tenth of that.  The result is position independent and names no address and no
process-wide number; `zyn.driver.image` puts it into the process.  Absent here: optimisation, debug
builds, other machines.
"""

from zyn.codegen.x86.builder import MachineCode
from zyn.codegen.x86.module import emit_code, emit_thunk

__all__ = ["MachineCode", "emit_code", "emit_thunk"]
