"""Names of the Zyntax document that this version does not have, and what to use instead.

They can be imported, so that a program says clearly what it misses instead of failing to start.
"""

from typing import NoReturn

from zyn.embed.errors import NotAvailable


class _Absent(type):
    """A class of which nothing can be used."""

    def __call__(cls, *args: object, **kwargs: object) -> NoReturn:
        raise NotAvailable(f"{cls.__name__}: {cls.__doc__}")

    def __getattr__(cls, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotAvailable(f"{cls.__name__}.{name}: {cls.__doc__}")


class LanguageGrammar(metaclass=_Absent):
    """grammars are not read at run time yet; Runtime("zyntax") has its language built in."""
