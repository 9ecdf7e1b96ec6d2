"""Names and types of one file, as facts beside its tree.

Invariants: facts of an item depend on the item and on the heads it looks up, on nothing else of the
file; every expression is checked once and gets one type; one mistake gives one diagnostic.  Nothing
here knows control flow (`zyn.flow` does) or changes a tree.

What this package gives is imported when it is asked for: a run of a kept program needs
`zyn.sema.types` and nothing else.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

_HOMES = {
    "check_function": "check",
    "check_struct": "check",
    "resolve_signature": "resolve",
    "resolve_struct": "resolve",
}


def __getattr__(name: str) -> object:
    if name in __all__:
        return getattr(import_module(f"zyn.sema.{_HOMES.get(name, 'heads')}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
