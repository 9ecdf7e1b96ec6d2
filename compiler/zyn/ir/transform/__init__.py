"""IR -> IR and the side table: one verb per file, run in the order of `lower`.

Not here: machine code.  Facts that other functions may depend on (size, alignment, result offset)
leave as a `CalleeLayout` and nothing else does.
"""

from zyn.ir.transform.pipeline import CalleeLayout, Layouts, Lowered, calls, lower

__all__ = ["CalleeLayout", "Layouts", "Lowered", "calls", "lower"]
