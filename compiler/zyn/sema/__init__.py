"""Names and types of one file, as facts beside its tree.

Invariants: facts of an item depend on the item and on the heads it looks up, on nothing else of the
file; every expression is checked once and gets one type; one mistake gives one diagnostic.  Nothing
here knows control flow (`zyn.flow` does) or changes a tree.
"""

from zyn.sema.check import check_function, check_struct
from zyn.sema.heads import Environment, Head, ModuleEnvironment, declare, duplicates
from zyn.sema.resolve import resolve_signature, resolve_struct

__all__ = [
    "Environment",
    "Head",
    "ModuleEnvironment",
    "check_function",
    "check_struct",
    "declare",
    "duplicates",
    "resolve_signature",
    "resolve_struct",
]
