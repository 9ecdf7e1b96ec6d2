"""Frames of async functions: which callee lies inside which caller, and how large that makes them.

Two async functions that reach each other through awaited calls are one recursion group, and no
frame of a group lies inside another of it.  Groups are found from the functions that are asked for,
through the calls that are reachable from them (Tarjan's algorithm, without recursion), and callees
are laid out before callers.  A frame that keeps size, alignment and result offset stops an edit
from spreading to its callers.

Absent here: functions that are not async, which have no frame.
"""

from collections.abc import Callable, Iterator

from zyn.base.bug import ZynBug
from zyn.base.span import Span
from zyn.driver.items import ItemState, LayoutKey
from zyn.ir.build import build_function
from zyn.ir.func import Function
from zyn.ir.transform import CalleeLayout, Lowered, calls, lower
from zyn.sema.facts import BindingKind, FunctionFacts

Lookup = Callable[[str], ItemState | None]
"""The item that declares a name, with its facts."""


class Frames:
    """Lowered functions of one file at one moment.  Any edit makes a new one."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._groups_found = 0
        self._group: dict[str, int] = {}
        self._done: dict[str, Lowered | None] = {}

    def lowered(self, name: str) -> Lowered | None:
        """The function of this name with its frame; None when it has errors or is not async."""
        if name not in self._done:
            for group in _groups(name, self._callees, self._group):
                self._groups_found += 1
                self._group.update(dict.fromkeys(group, self._groups_found))
                for member in group:
                    self._done[member] = self._lower(member)
        return self._done[name]

    def _sound(self, name: str) -> ItemState | None:
        state = self._lookup(name)
        return state if state is not None and state.is_sound_async else None

    def _callees(self, name: str) -> list[str]:
        state = self._sound(name)
        return sorted(calls_of(state)) if state is not None else []

    def _lower(self, name: str) -> Lowered | None:
        state = self._sound(name)
        if state is None:
            return None
        group = self._group[name]
        key: LayoutKey = tuple(
            (callee, None if self._group[callee] == group else self._layout(callee))
            for callee in sorted(calls_of(state))
        )
        lowered = state.recall(key)
        if lowered is None:
            lowered = lower_item(state, dict(key).get)
            state.remember(key, lowered)
        return lowered

    def _layout(self, name: str) -> CalleeLayout | None:
        lowered = self._done[name]
        return lowered.layout if lowered is not None else None


def calls_of(state: ItemState) -> frozenset[str]:
    """The async functions of the file that a sound async function awaits directly."""
    if state.calls is None:
        facts = state.facts
        if not isinstance(facts, FunctionFacts):
            raise ZynBug(f"calls of {state.name!r} asked for before its facts")
        # Building it to find no call would be in vain.
        state.calls = calls(build(state)) if facts.async_callees else frozenset()
    return state.calls


def build(state: ItemState) -> Function:
    """The IR of a sound function, new each time, because lowering changes it."""
    facts = state.facts
    if not isinstance(facts, FunctionFacts) or state.function is None:
        raise ZynBug(f"IR of {state.name!r} asked for without facts")
    return build_function(state.item, facts)


def lower_item(
    state: ItemState, layouts: Callable[[str], CalleeLayout | None], *, check: bool = False
) -> Lowered:
    """The IR of a sound function with states, slots and side table."""
    facts = state.facts
    function = build(state)
    assert isinstance(facts, FunctionFacts)
    reads: dict[int, list[Span]] = {}
    for use in facts.uses:
        if use.binding.kind is BindingKind.VARIABLE and not (use.is_write or use.is_declaration):
            reads.setdefault(use.binding.variable, []).append(use.span)
    return lower(function, layouts, reads, check=check)


def _groups(
    root: str, callees: Callable[[str], list[str]], known: dict[str, int]
) -> Iterator[list[str]]:
    """The recursion groups reachable from `root` that are not in `known`, callees first."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    work: list[tuple[str, Iterator[str]]] = []

    def enter(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        on_stack.add(name)
        work.append((name, iter(callees(name))))

    enter(root)
    while work:
        name, rest = work[-1]
        for callee in rest:
            if callee in known:
                continue
            if callee not in index:
                enter(callee)
                break
            if callee in on_stack:
                low[name] = min(low[name], index[callee])
        else:
            work.pop()
            if work:
                caller = work[-1][0]
                low[caller] = min(low[caller], low[name])
            if low[name] == index[name]:
                group: list[str] = []
                while True:
                    member = stack.pop()
                    on_stack.discard(member)
                    group.append(member)
                    if member == name:
                        break
                yield group
