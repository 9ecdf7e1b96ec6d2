"""An item and what has been found out about it, kept for as long as somebody may ask again.

Invariants: what is known of an item depends on its text and on the names it looked up, never on
where it stands; a fact is used only while every such name still means the same (`Names.holds`); the
store is bounded, and what falls out of it is only found out again.
"""

from collections import OrderedDict
from typing import Any, NamedTuple

from zyn.ast import Function, Item
from zyn.base.diagnostic import Diagnostic
from zyn.base.span import Span
from zyn.driver.memo import Memo
from zyn.ir.transform import CalleeLayout, Lowered
from zyn.sema import Head, declare
from zyn.sema.facts import FunctionFacts, StructFacts

Facts = FunctionFacts | StructFacts
LayoutKey = tuple[tuple[str, CalleeLayout | None], ...]

LOWERED_MAX = 4
"""Lowered forms kept of one function, for as many combinations of its callees' frames."""

PIECES_MIN = 512
"""Pieces of text remembered beside as many as the file has."""


class ItemState:
    """One item: its text, its declaration, and memoised facts that `zyn.driver.queries` fills in.

    `facts`, `control` and `diagnostics` belong together, and so do `calls` and `lowered`; the
    former are dropped when a name they were made from changes, the latter with them.
    """

    __slots__ = (
        "calls",
        "control",
        "derived",
        "diagnostics",
        "facts",
        "head",
        "item",
        "lowered",
        "name",
        "seen",
    )

    def __init__(self, item: Item) -> None:
        self.item = item
        self.head: Head | None = declare(item)
        self.name: str | None = self.head.name if self.head is not None else None
        self.facts: Facts | None = None
        self.control: tuple[Diagnostic, ...] = ()
        self.diagnostics: tuple[Diagnostic, ...] = item.diagnostics
        self.seen: Memo | None = None
        self.calls: frozenset[str] | None = None
        self.lowered: OrderedDict[LayoutKey, Lowered] = OrderedDict()
        # What readers made of facts and frame: name -> (facts, lowered, value).
        self.derived: dict[str, tuple[object, object, Any]] = {}

    @property
    def is_sound_async(self) -> bool:
        """Whether the facts, which are there, say that it is an async function without errors."""
        facts = self.facts
        return isinstance(facts, FunctionFacts) and facts.is_sound and facts.signature.is_async

    @property
    def function(self) -> Function | None:
        """The declaration, when it is a function."""
        decl = self.item.decl
        return decl if isinstance(decl, Function) else None

    def forget_facts(self) -> None:
        """Drop everything that was found out with the help of other items."""
        self.facts = None
        self.control = ()
        self.diagnostics = self.item.diagnostics
        self.seen = None
        self.calls = None
        self.lowered.clear()
        self.derived.clear()

    def recall(self, key: LayoutKey) -> Lowered | None:
        """The lowered form for these layouts of the callees, if it is still there."""
        lowered = self.lowered.get(key)
        if lowered is not None:
            self.lowered.move_to_end(key)
        return lowered

    def remember(self, key: LayoutKey, lowered: Lowered) -> None:
        """Keep a lowered form; the one not asked for longest goes."""
        self.lowered[key] = lowered
        if len(self.lowered) > LOWERED_MAX:
            self.lowered.popitem(last=False)


class PlacedItem(NamedTuple):
    """An item at a place in the file.  `line` is the 0-based line of its first byte.

    `is_stale` marks one that is no item any more, because something in front of it swallowed it;
    its text still stands there, and what was known of it may still be shown.
    """

    offset: int
    line: int
    state: ItemState
    is_stale: bool = False

    @property
    def item(self) -> Item:
        """The item itself, whose spans count from `offset`."""
        return self.state.item

    @property
    def span(self) -> Span:
        """Its bytes in the file."""
        return Span(self.offset, self.offset + len(self.state.item.text))


Piece = tuple[tuple[int, ItemState], ...]
"""The items of a piece of text with their offsets in it."""


class Store:
    """Pieces and items by their text; what was used least lately goes first."""

    def __init__(self) -> None:
        self._pieces: OrderedDict[bytes, Piece] = OrderedDict()
        self._items: OrderedDict[bytes, ItemState] = OrderedDict()

    def piece(self, text: bytes) -> Piece | None:
        """The items of a piece that was read before."""
        piece = self._pieces.get(text)
        if piece is not None:
            self._pieces.move_to_end(text)
            for _, state in piece:
                self._touch(state)
        return piece

    def keep(self, text: bytes, piece: Piece) -> None:
        """Remember the items of a piece."""
        self._pieces[text] = piece

    def item(self, text: bytes) -> Item | None:
        """The item of a text that was read before."""
        state = self._items.get(text)
        return state.item if state is not None else None

    def state(self, item: Item) -> ItemState:
        """The one state of an item."""
        state = self._items.get(item.text)
        if state is None:
            state = ItemState(item)
        self._touch(state)
        return state

    def trim(self, in_use: int) -> None:
        """Forget the oldest, when there are more than a file of `in_use` pieces can profit from."""
        bound = PIECES_MIN + 2 * in_use
        for table in (self._pieces, self._items):
            while len(table) > bound:
                table.popitem(last=False)

    def _touch(self, state: ItemState) -> None:
        text = state.item.text
        self._items[text] = state
        self._items.move_to_end(text)
