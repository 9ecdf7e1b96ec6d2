"""The name somebody probably meant.

Absent here: scopes.  Who asks says which names there are.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from zyn.base.diagnostic import Edit, Fix
from zyn.base.span import Span

CANDIDATES_MAX = 64
"""Names that are compared letter by letter; typing a new name must stay quick."""


class Proposal(NamedTuple):
    """What a diagnostic says of the name that was probably meant; empty where none was."""

    hint: str | None = None
    fixes: tuple[Fix, ...] = ()


def is_likely(name: str, candidate: str) -> bool:
    """Whether `candidate` is looked at closely when `name` means nothing; others never matter."""
    return (
        abs(len(candidate) - len(name)) <= 2
        and len(_letters(name) ^ _letters(candidate)) <= 3
        and candidate != name
    )


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like `name`, or None when none is like it."""
    size = len(name)
    # The length is looked at before anything is called: most names fail there.
    likely = [
        candidate
        for candidate in candidates
        if -2 <= len(candidate) - size <= 2 and is_likely(name, candidate)
    ]
    return _closest(name, tuple(likely[:CANDIDATES_MAX])) if likely else None


@lru_cache(8192)
def _letters(name: str) -> frozenset[str]:
    return frozenset(name.lower())


@lru_cache(2048)
def _closest(name: str, candidates: tuple[str, ...]) -> str | None:
    from difflib import get_close_matches

    close = get_close_matches(name, candidates, n=1, cutoff=0.6)
    return close[0] if close else None


def proposal(span: Span, found: str | None) -> Proposal:
    """What to say where `span` holds a name that means nothing and `found` is nearest to it."""
    if found is None:
        return Proposal()
    fix = Fix(f"change to `{found}`", (Edit(span, found),))
    return Proposal(f"did you mean `{found}`?", (fix,))
