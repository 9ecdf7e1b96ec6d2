"""Concrete trees to abstract ones: a file in items, an item in nodes.

Invariants: lowering an item depends on the bytes of that item and on nothing else, whatever stands
around it; no input raises; nothing here knows a type or looks a name up.
"""

from zyn.syntax.items import ItemNode, items
from zyn.syntax.lower import lower_item

__all__ = ["ItemNode", "items", "lower_item"]
