"""The names of one file, and which of them an edit has changed.

What an item may know of another is its head: parameter names and types, the result, the fields.
Heads are compared by what they say (`head_key`), not by where they say it, so that an edit inside a
body, a comment or a blank stops here.

Two declarations of one name: the first counts, for every reader.
"""

from collections.abc import Iterable

from zyn.ast import (
    ArrayTypeExpr,
    ErrorTypeExpr,
    GenericTypeExpr,
    NamedTypeExpr,
    OptionalTypeExpr,
    PromiseTypeExpr,
    SliceTypeExpr,
    TypeExpr,
)
from zyn.driver.items import ItemState
from zyn.driver.memo import Memo
from zyn.sema import Head
from zyn.sema.facts import FunctionHead, StructHead
from zyn.sema.suggest import is_likely

ALL_NAMES = ""
"""Stands in a memo for the set of all names, for an answer that looked through them."""

LOG_MAX = 64
"""Changes remembered one by one; a fact that is older is compared name by name."""


class Names:
    """The heads of a file by name.

    `epoch` counts the updates that changed the meaning of some name; `_log` holds the names that
    each of the last ones changed.
    """

    def __init__(self) -> None:
        self.epoch = 0
        self.states: dict[str, ItemState] = {}
        self._keys: dict[str, object] = {}
        self._log: list[frozenset[str]] = []

    def lookup(self, name: str) -> Head | None:
        """What the file declares under a name."""
        state = self.states.get(name)
        return state.head if state is not None else None

    def replace(self, old: list[ItemState], new: list[ItemState]) -> bool:
        """Take over items in place of those that declared the same names in the same order.

        Whether that is so; else nothing is done.
        """
        pairs = [(state.name, state) for state in new if state.name is not None]
        if [state.name for state in old if state.name is not None] != [name for name, _ in pairs]:
            return False
        if any(state.name and self.states.get(state.name) is not state for state in old):
            return False
        changed: set[str] = set()
        for name, state in pairs:
            self.states[name] = state
            key = head_key(state.head)
            if key != self._keys[name]:
                self._keys[name] = key
                changed.add(name)
        self._log_changes(changed)
        return True

    def update(self, states: Iterable[ItemState]) -> None:
        """Take over the items of the file as they are now, in order."""
        old, old_keys = self.states, self._keys
        new: dict[str, ItemState] = {}
        for state in states:
            if state.name is not None and state.name not in new:
                new[state.name] = state
        if new == old:
            return
        changed: set[str] = set()
        keys: dict[str, object] = {}
        for name, state in new.items():
            if old.get(name) is state:
                keys[name] = old_keys[name]
                continue
            key = keys[name] = head_key(state.head)
            if old_keys.get(name) != key:
                changed.add(name)
        changed.update(old.keys() - new.keys())
        same_names = old.keys() == new.keys()
        keys[ALL_NAMES] = old_keys.get(ALL_NAMES) if same_names else frozenset(new)
        self.states, self._keys = new, keys
        self._log_changes(changed)

    def _log_changes(self, changed: set[str]) -> None:
        if changed:
            self.epoch += 1
            self._log = [*self._log[1 - LOG_MAX :], frozenset(changed)]

    def holds(self, memo: Memo) -> bool:
        """Whether every name still means what it meant when the memo was made."""
        age = self.epoch - memo.epoch
        if age == 0:
            return True
        seen = memo.seen
        if age <= len(self._log):
            changed = self._log[-1] if age == 1 else frozenset().union(*self._log[-age:])
            if seen.keys().isdisjoint(changed):
                return ALL_NAMES not in seen or not _proposes(seen, changed)
        keys = self._keys
        before, now = seen.get(ALL_NAMES), keys.get(ALL_NAMES)
        if isinstance(before, frozenset) and isinstance(now, frozenset):
            came_or_went = before ^ now
            if came_or_went and _proposes(seen, came_or_went):
                return False
        return all(keys.get(name) == key for name, key in seen.items() if name != ALL_NAMES)

    def key(self, name: str) -> object:
        """What a name means, to be compared; None when it means nothing."""
        return self._keys.get(name)


class Recorder:
    """The environment of one question: it remembers what was asked."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._seen: dict[str, object] = {}

    def lookup(self, name: str) -> Head | None:
        """What the file declares under a name."""
        self._seen[name] = self._names.key(name)
        return self._names.lookup(name)

    def names(self) -> list[str]:
        """Every name that the file declares."""
        self._seen[ALL_NAMES] = self._names.key(ALL_NAMES)
        return sorted(self._names.states)

    def memo(self) -> Memo:
        """What the answer was made from."""
        return Memo(self._names.epoch, self._seen)


def _proposes(seen: dict[str, object], changed: Iterable[str]) -> bool:
    """Whether names that came or went could be what an unknown name was meant to be."""
    unknown = [name for name, key in seen.items() if key is None]
    return any(is_likely(name, candidate) for name in unknown for candidate in changed)


def head_key(head: Head | None) -> object:
    """What a head says, without where it stands."""
    match head:
        case FunctionHead(name, is_async, params, result):
            return (name, is_async, _named(params), type_key(result))
        case StructHead(name, fields):
            return (name, _named(fields))
    return None


def type_key(type_: TypeExpr) -> object:
    """What a written type says."""
    match type_:
        case NamedTypeExpr(name=name):
            return name
        case PromiseTypeExpr(result=result):
            return ("promise", type_key(result))
        case GenericTypeExpr(name=name, argument=argument):
            return ("generic", name, type_key(argument))
        case OptionalTypeExpr(inner=inner):
            return ("optional", type_key(inner))
        case ArrayTypeExpr(length=length, element=element):
            return ("array", length, type_key(element))
        case SliceTypeExpr(element=element):
            return ("slice", type_key(element))
        case ErrorTypeExpr():
            return ("error",)
    return None


def _named(parts: tuple[tuple[str, TypeExpr], ...]) -> object:
    return tuple((name, type_key(type_)) for name, type_ in parts)
