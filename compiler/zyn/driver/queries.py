"""Everything that is known of one file, found out when asked and kept until an edit changes it.

The editor, the command line and the compiler ask the same questions here:

    text -> pieces -> items -> heads -> facts -> diagnostics
                                           -> calls -> groups -> frames -> side tables

Invariants: an answer depends on the text alone, never on the edits that led to it, except for items
that are marked stale; after an edit only changed pieces are read again, and only facts that looked
up a changed name are made again; no question walks the file in Python.

Absent here: files, positions in lines and columns, and whatever several files share.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from typing import TypeVar

from zyn.base.bug import ZynBug
from zyn.base.diagnostic import Diagnostic
from zyn.base.source import SourceText
from zyn.driver.frames import Frames, lower_item
from zyn.driver.items import Facts, ItemState, Piece, PlacedItem, Store
from zyn.driver.lines import patched
from zyn.driver.names import Names, Recorder
from zyn.driver.unit import Unit
from zyn.flow import check_control
from zyn.ir.side_table import SideTable
from zyn.ir.transform import Lowered
from zyn.sema import Head, check_function, check_struct, duplicates
from zyn.sema.facts import FunctionFacts
from zyn.syntax.tree import SyntaxTree

T = TypeVar("T")

VANISHED_SHARE = 0.5
"""An edit that turns at least this share of the items into something else has swallowed them."""


class Document:
    """One file.  `revision` counts its edits."""

    def __init__(self, language: str, data: bytes) -> None:
        self.language = language
        self.revision = 0
        self.text = SourceText(data)
        self._tree = SyntaxTree(language, data)
        self._store = Store()
        self._names = Names()
        self._stale: list[tuple[int, ItemState]] = []
        self._offsets: list[int] = []
        self._states: list[ItemState] = []
        self._duplicates: dict[int, Diagnostic] | None = None
        self._lay_out(0, 0, len(self._tree.starts), 0, 0)

    # The text

    @property
    def data(self) -> bytes:
        """The bytes of the file."""
        return self._tree.data

    def edit(self, start: int, old_end: int, new: bytes) -> None:
        """Replace the bytes `start <= offset < old_end`."""
        size = len(self.data)
        if not 0 <= start <= old_end <= size:
            raise ZynBug(f"edit of {start}..{old_end} in {size} bytes")
        before = (self._offsets, self._states)
        old_starts = self._tree.starts
        first, removed, added = self._tree.edit(start, old_end, new)
        data = self._tree.data
        self.text = SourceText(data, patched(self.text.starts, data, start, old_end, len(new)))
        self.revision += 1
        behind = first + removed
        end = old_starts[behind] if behind < len(old_starts) else size + 1
        moved = start + len(new) - old_end
        self._lay_out(
            bisect_left(self._offsets, old_starts[first]),
            bisect_left(self._offsets, end),
            added,
            first,
            moved,
        )
        self._note_vanished(*before, start, old_end, moved)
        self._store.trim(len(self._tree.starts))

    def replace(self, data: bytes) -> None:
        """Make the text `data`, as the edit of what lies between equal ends."""
        old = self.data
        if old == data:
            return
        start = _common_prefix(old, data)
        limit = min(len(old), len(data)) - start
        end = _common_prefix(old[::-1][:limit], data[::-1][:limit])
        self.edit(start, len(old) - end, data[start : len(data) - end])

    def _read(self, index: int) -> Piece:
        text = self._tree.text(index)
        piece = self._store.piece(text)
        if piece is None:
            placed = self._tree.read(index, self._store.item)
            piece = tuple((offset, self._store.state(item)) for offset, item in placed)
            self._store.keep(text, piece)
        return piece

    def _lay_out(self, low: int, high: int, added: int, first: int, moved: int) -> None:
        """Put the items of `added` pieces from piece `first` on in place of items low..high.

        Those behind lie `moved` bytes further on.
        """
        offsets: list[int] = []
        states: list[ItemState] = []
        for index in range(first, first + added):
            start = self._tree.starts[index]
            for offset, state in self._read(index):
                offsets.append(start + offset)
                states.append(state)
        gone = self._states[low:high]
        rest = [*self._states[:low], *self._states[high:]]
        behind = self._offsets[high:]
        if moved:
            behind = [offset + moved for offset in behind]
        self._offsets = [*self._offsets[:low], *offsets, *behind]
        self._states = [*self._states[:low], *states, *self._states[high:]]
        # Equal text is one state, so what is gone here may still stand elsewhere.
        repeated = any(state in rest for state in gone)
        if repeated or not self._names.replace(gone, states):
            self._names.update(self._states)
            self._duplicates = None
        elif self._duplicates:
            self._duplicates = None
        self._frames = Frames(self._checked)

    # Items

    @property
    def items(self) -> list[PlacedItem]:
        """Every item, in order."""
        return [self._place(index) for index in range(len(self._states))]

    def items_in(self, start: int, end: int) -> list[PlacedItem]:
        """The items that touch a range of bytes."""
        first = max(bisect_right(self._offsets, start) - 1, 0)
        last = bisect_right(self._offsets, end)
        found = [self._place(index) for index in range(first, last)]
        return [placed for placed in found if placed.span.end >= start]

    def item_at(self, offset: int) -> PlacedItem | None:
        """The item under a cursor; where two touch, the second."""
        found = self.items_in(offset, offset)
        return found[-1] if found else None

    def stale_in(self, start: int, end: int) -> list[PlacedItem]:
        """What was an item in a range of bytes until an edit elsewhere swallowed it."""
        return [
            PlacedItem(offset, self.text.line_of(offset), state, is_stale=True)
            for offset, state in self._stale
            if offset <= end and offset + len(state.item.text) >= start
        ]

    def _place(self, index: int) -> PlacedItem:
        offset = self._offsets[index]
        return PlacedItem(offset, self.text.line_of(offset), self._states[index])

    def _note_vanished(
        self, offsets: list[int], states: list[ItemState], start: int, old_end: int, moved: int
    ) -> None:
        """Keep what the edit swallowed without touching it, if that is most of the file."""
        swallowed = len(self._states) <= len(states) * (1 - VANISHED_SHARE)
        if not swallowed and not self._stale:
            return
        here = dict(zip(self._offsets, self._states, strict=True))
        before = dict(self._stale)
        if swallowed:
            before.update(zip(offsets, states, strict=True))
        self._stale = []
        for offset, state in before.items():
            end = offset + len(state.item.text)
            place = offset if end <= start else offset + moved if offset >= old_end else -1
            if place >= 0 and here.get(place) is not state and state.facts is not None:
                self._stale.append((place, state))

    # Names and facts

    def lookup(self, name: str) -> Head | None:
        """What the file declares under a name; with it a document is a sema `Environment`."""
        return self._names.lookup(name)

    def names(self) -> list[str]:
        """Every name that the file declares."""
        return list(self._names.states)

    def declaration(self, name: str) -> PlacedItem | None:
        """The item that declares a name; of several the first."""
        state = self._names.states.get(name)
        return self._place(self._states.index(state)) if state is not None else None

    def facts(self, placed: PlacedItem) -> Facts | None:
        """What sema knows of an item; None for one that declares nothing."""
        return placed.state.facts if placed.is_stale else self._check(placed.state).facts

    def _checked(self, name: str) -> ItemState | None:
        state = self._names.states.get(name)
        return self._check(state) if state is not None else None

    def _check(self, state: ItemState) -> ItemState:
        """The item with facts that hold now."""
        if state.head is None:
            return state
        if state.seen is not None:
            if state.seen.epoch == self._names.epoch:
                return state
            if self._names.holds(state.seen):
                state.seen = state.seen._replace(epoch=self._names.epoch)
                return state
            state.forget_facts()
        item = state.item
        names = Recorder(self._names)
        facts: Facts
        if state.function is not None:
            facts = check_function(item, names)
            state.control = check_control(item, facts)
        else:
            facts = check_struct(item, names)
        state.facts = facts
        state.seen = names.memo()
        state.diagnostics = (*item.diagnostics, *facts.diagnostics, *state.control)
        return state

    # Diagnostics

    def item_diagnostics(self) -> Iterator[tuple[PlacedItem, tuple[Diagnostic, ...]]]:
        """The items that something is to be said about; spans count from the item."""
        repeated = self._repeated()
        epoch = self._names.epoch
        for index, state in enumerate(self._states):
            if state.seen is None or state.seen.epoch != epoch:
                self._check(state)
            again = repeated.get(index)
            if again is not None:
                yield self._place(index), (*state.diagnostics, again)
            elif state.diagnostics:
                yield self._place(index), state.diagnostics

    def diagnostics(self) -> list[Diagnostic]:
        """Everything that is to be said about the file, in the order of its items."""
        return [
            diagnostic.moved(placed.offset)
            for placed, found in self.item_diagnostics()
            for diagnostic in found
        ]

    def _repeated(self) -> dict[int, Diagnostic]:
        if self._duplicates is None:
            named = [i for i, state in enumerate(self._states) if state.name is not None]
            self._duplicates = {}
            if len(named) != len(self._names.states):
                decls = [(i, self._states[i].item.decl) for i in named]
                names = [(d.name.text, d.name.span) for _, d in decls if d is not None]
                self._duplicates = {named[at]: found for at, found in duplicates(names)}
        return self._duplicates

    # Compiled functions

    def lowered(self, placed: PlacedItem) -> Lowered | None:
        """An async function without errors with its frame; spans count from the item."""
        state = placed.state
        if placed.is_stale:
            return next(reversed(state.lowered.values()), None)
        name = state.name
        if name is None or self._names.states.get(name) is not state:
            return None
        return self._frames.lowered(name)

    def side_table(self, placed: PlacedItem) -> SideTable | None:
        """The side table of an async function without errors; spans count from the item."""
        lowered = self.lowered(placed)
        return lowered.side_table if lowered is not None else None

    def derived(self, placed: PlacedItem, name: str, make: Callable[[], T]) -> T:
        """What `make` makes of the facts and the frame of one item, until either changes.

        The value must not depend on where the item stands.
        """
        state = placed.state
        facts = self.facts(placed)
        lowered = self.lowered(placed)
        known = state.derived.get(name)
        if known is not None and known[0] is facts and known[1] is lowered:
            value: T = known[2]
            return value
        value = make()
        state.derived[name] = (facts, lowered, value)
        return value

    def compile_units(self, *, check: bool = False) -> list[Unit]:
        """Every function without errors, ready for code generation, in the order of the file.

        `check` lets every pass over their IR be checked.
        """
        units: list[Unit] = []
        seen: set[str] = set()
        for placed in self.items:
            state = placed.state
            facts = self._check(state).facts
            if not isinstance(facts, FunctionFacts) or not facts.is_sound:
                continue
            name = facts.signature.name
            if name in seen or self._names.states.get(name) is not state:
                continue
            seen.add(name)
            lowered = self.lowered(placed)
            if lowered is None:
                lowered = lower_item(state, lambda _: None, check=check)
            elif check:
                lowered = lower_item(state, lowered.callees.get, check=True)
            units.append(Unit(placed, facts, lowered))
        # Code generation may change what it is given, so nobody else keeps it.
        for unit in units:
            unit.placed.state.lowered.clear()
        self._frames = Frames(self._checked)
        return units


def _common_prefix(one: bytes, other: bytes) -> int:
    """How many bytes two texts begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
