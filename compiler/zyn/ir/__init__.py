"""The typed async IR: control-flow graphs in which waiting is a terminator.

Invariants: an IR value names no syntax node and no language, only types, spans and names;
everything that can fail ends its block with an error successor; nothing is unwound.  Not here:
machine types (`zyn.codegen`) and policy (lowering has already applied it).
"""

from zyn.ir.func import Block, Const, Function, Local, Operand
from zyn.ir.side_table import SideTable

__all__ = ["Block", "Const", "Function", "Local", "Operand", "SideTable"]
