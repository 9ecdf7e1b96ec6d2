"""The name somebody probably meant.

Absent here: scopes.  Who asks says which names there are.
"""

from collections.abc import Iterable

CANDIDATES_MAX = 64
"""Names that are compared letter by letter; typing a new name must stay quick."""


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like `name`, or None when none is like it."""
    letters = set(name.lower())
    likely = [
        candidate
        for candidate in candidates
        if abs(len(candidate) - len(name)) <= 2
        and len(letters.symmetric_difference(candidate.lower())) <= 3
        and candidate != name
    ]
    if not likely:
        return None
    from difflib import get_close_matches

    close = get_close_matches(name, likely[:CANDIDATES_MAX], n=1, cutoff=0.6)
    return close[0] if close else None


def proposal(name: str, candidates: Iterable[str]) -> str | None:
    """The hint that names the nearest candidate."""
    found = nearest(name, candidates)
    return None if found is None else f"did you mean `{found}`?"
