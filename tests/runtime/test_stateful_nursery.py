"""Nurseries against a tree: children are joined, the first error cancels the siblings and goes up,
cancelling a parent cancels the tree under it.

A branch waits for a nursery of its own, a shield does so and lives through its failure, a leaf
ends as it is told.
"""

from typing import Literal

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from tests.support.stateful import RuntimeMachine, check_machine
from zyn.embed import Channel, Failed, Nursery, Promise, PromiseState, Ready
from zyn.embed.states import CANCELLED, PENDING

_PROGRAM = """
async fn leaf(name: string, orders: Channel<bool>) void {
    const ends_well = await orders.recv();
    if (ends_well == null) { panic(name); }
}
async fn broken(name: string) void { panic(name); }
async fn branch(children: Nursery) void { await children.join(); }
async fn shield(children: Nursery) string {
    const ends = await all_settled(branch(children));
    return ends[0].message;
}
"""

Kind = Literal["leaf", "broken", "branch", "shield"]
_DEPTH_MAX = 6

# Which node of those that there are.  What Hypothesis draws it keeps, and a node would keep its
# promise alive.
_picks = st.integers(0, 1 << 10)


class _Node:
    """A task, and what the model says of it; a branch and a shield have a nursery for children."""

    def __init__(self, kind: Kind, name: str, parent: "_Node | None") -> None:
        self.kind = kind
        self.name = name
        self.parent = parent
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.children: list[_Node] = []  # that have not ended
        self.state: PromiseState = PENDING
        self.promise: Promise
        self.nursery: Nursery | None = None
        self.orders: Channel | None = None

    def ends(self, state: PromiseState) -> None:
        """It ends by itself; its parent hears of it."""
        self.state = state
        parent = self.parent
        if parent is None:
            return
        parent.children.remove(self)
        if isinstance(state, Failed):
            parent.cancel_children()
            if parent.kind == "shield":
                parent.ends(Ready(state.message))
            else:
                parent.ends(state)
        else:
            parent.ends_if_empty()

    def ends_if_empty(self) -> None:
        """The end of a join without a failure."""
        if not self.children:
            self.ends(Ready("" if self.kind == "shield" else None))

    def cancelled(self) -> None:
        """It is cancelled, and all below it; a parent takes that for no failure."""
        self.cancel_children()
        self.state = CANCELLED
        if self.parent is not None:
            self.parent.children.remove(self)
            self.parent.ends_if_empty()

    def cancel_children(self) -> None:
        """All below it are cancelled."""
        for child in self.children:
            child.cancel_children()
            child.state = CANCELLED
        self.children.clear()


class NurseryTree(RuntimeMachine):
    """A tree of tasks beside a tree of nodes; it may end, and then another is planted."""

    program = _PROGRAM

    def __init__(self) -> None:
        super().__init__()
        self.nodes: list[_Node] = []
        self.number = 0

    @initialize(seed=st.integers(0, 1 << 32), kind=st.sampled_from(["branch", "shield"]))
    def make(self, seed: int, kind: Kind) -> None:
        """A runtime and the first tree."""
        self.begin(seed)
        self._plant(kind)

    @precondition(lambda self: not self._alive())
    @rule(kind=st.sampled_from(["branch", "shield"]))
    def plant(self, kind: Kind) -> None:
        """A root with a leaf."""
        self._plant(kind)

    @precondition(lambda self: self._alive("branch", "shield"))
    @rule(
        pick=_picks,
        kind=st.sampled_from(["branch", "branch", "shield"]),
        below=st.lists(st.sampled_from(["leaf", "leaf", "branch"]), min_size=1, max_size=4),
    )
    def grow(self, pick: int, kind: Kind, below: list[Kind]) -> None:
        """A subtree more: a node that waits for some leaves and for branches with a leaf each."""
        parent = self._pick(pick, "branch", "shield")
        if parent.depth < _DEPTH_MAX:
            self._sprout(parent, kind, below)
        self.settle()

    @precondition(lambda self: self._alive("branch", "shield"))
    @rule(pick=_picks, count=st.integers(1, 3))
    def add_leaves(self, pick: int, count: int) -> None:
        """Children more for one who waits for its children already."""
        parent = self._pick(pick, "branch", "shield")
        for _ in range(count):
            self._child(parent, "leaf")
        self.settle()

    @precondition(lambda self: self._alive("branch", "shield"))
    @rule(pick=_picks)
    def add_broken(self, pick: int) -> None:
        """A child that fails as soon as it begins."""
        broken = self._child(self._pick(pick, "branch", "shield"), "broken")
        self.settle()
        broken.ends(Failed(broken.name))

    @precondition(lambda self: self._alive("leaf"))
    @rule(pick=_picks, how=st.sampled_from(["well", "well", "well", "badly"]))
    def end_a_leaf(self, pick: int, how: str) -> None:
        """A leaf ends, or fails."""
        leaf = self._pick(pick, "leaf")
        assert leaf.orders is not None
        if how == "well":
            leaf.orders.try_send(True)
            leaf.ends(Ready(None))
        else:
            leaf.orders.close()
            leaf.ends(Failed(leaf.name))
        self.settle()

    @precondition(lambda self: self._alive())
    @rule(pick=_picks)
    def cancel(self, pick: int) -> None:
        """A task is cancelled, whatever it is."""
        node = self._pick(pick, "leaf", "branch", "shield")
        node.promise.cancel()
        node.cancelled()
        self.settle()

    @precondition(lambda self: self._alive("branch", "shield"))
    @rule(pick=_picks)
    def cancel_the_nursery(self, pick: int) -> None:
        """The children are cancelled, and who waits for them ends well."""
        node = self._pick(pick, "branch", "shield")
        assert node.nursery is not None
        node.nursery.cancel()
        node.cancel_children()
        node.ends_if_empty()
        self.settle()

    @invariant()
    def agrees(self) -> None:
        """Every task stands as its node does."""
        for node in self.nodes:
            assert node.promise.state == node.state, node.name
        self.nodes = self._alive()

    # --- the tree ---------------------------------------------------------------------------

    def _alive(self, *kinds: Kind) -> list[_Node]:
        return [n for n in self.nodes if n.state is PENDING and (not kinds or n.kind in kinds)]

    def _pick(self, pick: int, *kinds: Kind) -> _Node:
        alive = self._alive(*kinds)
        return alive[pick % len(alive)]

    def _plant(self, kind: Kind) -> None:
        self._sprout(None, kind, ["leaf"])
        self.settle()

    def _sprout(self, parent: _Node | None, kind: Kind, below: list[Kind]) -> _Node:
        """A node with a nursery, filled before the node itself begins to wait for it."""
        assert self.runtime is not None
        node = self._node(parent, kind)
        node.nursery = self.runtime.nursery()
        for child in below:
            if child == "leaf":
                self._child(node, "leaf")
            else:
                self._sprout(node, child, ["leaf"])
        self._start(node, self.runtime.call_async(kind, node.nursery))
        return node

    def _child(self, parent: _Node, kind: Kind) -> _Node:
        assert self.runtime is not None
        node = self._node(parent, kind)
        if kind == "leaf":
            node.orders = self.runtime.channel("bool")
            self._start(node, self.runtime.call_async("leaf", node.name, node.orders))
        else:
            self._start(node, self.runtime.call_async("broken", node.name))
        return node

    def _node(self, parent: _Node | None, kind: Kind) -> _Node:
        self.number += 1
        node = _Node(kind, f"{kind} {self.number}", parent)
        self.nodes.append(node)
        if parent is not None:
            parent.children.append(node)
        return node

    def _start(self, node: _Node, promise: Promise) -> None:
        node.promise = promise
        if node.parent is None:
            assert self.runtime is not None
            self.runtime._native.spawn(promise._native())
        else:
            assert node.parent.nursery is not None
            node.parent.nursery.spawn(promise)

    def forget(self) -> None:
        """See RuntimeMachine."""
        for node in self.nodes:
            node.children.clear()  # else they and their parents keep each other
        self.nodes.clear()


def test_nursery_against_a_tree() -> None:
    check_machine(NurseryTree)
