"""The passes over one function, in order, and what they leave behind.

`lower` is the whole back half short of machine code.  It is pure in the function, its callees'
layouts and the leaf table, which is what lets the editor ask it for one function at a time.
"""

from collections.abc import Callable
from typing import NamedTuple, final

from zyn.base.span import Span
from zyn.ir import op as ir
from zyn.ir.check import check_function
from zyn.ir.func import Block, Function
from zyn.ir.leaf import LEAVES
from zyn.ir.order import order_blocks
from zyn.ir.side_table import SideTable
from zyn.ir.transform.expand_turns import expand_turns
from zyn.ir.transform.frame_layout import STATE_SIZE, Piece, place_slots
from zyn.ir.transform.insert_counts import insert_counts
from zyn.ir.transform.place_callees import place_callees
from zyn.ir.transform.side_table import make_side_table
from zyn.ir.transform.split_suspends import crossing, number_states, split_suspends
from zyn.sema.types import Type, align_up, size_and_align


class CalleeLayout(NamedTuple):
    """All that a caller may know of a callee's frame."""

    size: int
    align: int
    result_offset: int


Layouts = Callable[[str], CalleeLayout | None]
"""The layout of an async function of the module; None when its frame must not lie inside this
one's.
"""

Dump = Callable[[str, Function], None]


class Frame(NamedTuple):
    """Offsets from the state word.  `slots` is keyed by local index; `children_at` says for each
    suspension point, the first at 0, where the awaited frame begins and `children` how large it is;
    `bound` the least size under the contract, `free_bound` without keeping parameters in place.
    """

    size: int
    align: int
    slots: dict[int, int]
    children_at: tuple[int, ...]
    result: int
    bound: int
    free_bound: int
    across: tuple[int, ...]
    children: tuple[tuple[int, int], ...]


@final
class Lowered:
    """A function ready for code generation, and changed no more.

    frame     None for a direct function
    callees   layouts of the functions whose frames lie inside this one's
    waiting   blocks that end with a suspension point, in order
    reads     what `lower` was given
    """

    __slots__ = ("_reads", "_side_table", "_waiting", "callees", "frame", "function")

    def __init__(
        self,
        function: Function,
        frame: Frame | None,
        callees: dict[str, CalleeLayout],
        waiting: list[Block],
        reads: dict[int, list[Span]],
    ) -> None:
        self.function = function
        self.frame = frame
        self.callees = callees
        self._waiting = waiting
        self._reads = reads
        self._side_table: SideTable | None = None

    @property
    def side_table(self) -> SideTable:
        """What is known of the states and the memory; made when somebody asks first.

        A run that nobody watches never does, and making it takes as long as all the passes.
        """
        if self._side_table is None:
            self._side_table = make_side_table(
                self.function, self.frame, self._waiting, self._reads
            )
        return self._side_table

    @property
    def layout(self) -> CalleeLayout | None:
        """What callers may know."""
        if self.frame is None:
            return None
        return CalleeLayout(self.frame.size, self.frame.align, self.frame.result)


def calls(function: Function) -> frozenset[str]:
    """The async functions whose frames could lie inside this one's; before `lower` only."""
    return frozenset(
        op.target
        for block in function.blocks
        for op in block.ops
        if isinstance(op, ir.Begin) and op.kind == "call"
    )


def lower(
    function: Function,
    layouts: Layouts,
    reads: dict[int, list[Span]] | None = None,
    *,
    check: bool = False,
    dump: Dump | None = None,
) -> Lowered:
    """Run every pass over `function`, which is changed in place.

    reads   variable index -> spans of its reads in source order; only the reasons for captures need
            it
    """

    def done(name: str) -> None:
        if check:
            check_function(function, name)
        if dump is not None:
            dump(name, function)

    done("build")
    callees = {name: layout for name in calls(function) if (layout := layouts(name)) is not None}
    place_callees(function, callees.__contains__)
    done("place_callees")
    expand_turns(function)
    done("expand_turns")
    order_blocks(function)
    count = len(function.blocks)
    insert_counts(function)
    done("insert_counts")
    if not function.is_async:
        if len(function.blocks) != count:
            order_blocks(function)
        return Lowered(function, None, callees, [], reads or {})
    waiting = number_states(function)
    live, across = crossing(function, waiting)
    children = [_child_size(ir.begin_of(block), callees) for block in waiting]
    frame = _lay_out(function, across, children)
    split_suspends(function, waiting, live)
    order_blocks(function)
    done("split_suspends")
    return Lowered(function, frame, callees, waiting, reads or {})


def _child_size(begin: ir.Begin, callees: dict[str, CalleeLayout]) -> tuple[int, int]:
    if begin.kind == "leaf":
        leaf = LEAVES[begin.target]
        return leaf.size, leaf.align
    callee = callees[begin.target]
    return callee.size, callee.align


def _piece(type_: Type, states: int) -> Piece:
    size, align = size_and_align(type_)
    return Piece(size, align, states)


def _lay_out(function: Function, across: list[int], children: list[tuple[int, int]]) -> Frame:
    states = [0] * len(function.locals)
    for number, alive in enumerate(across, 1):
        for local in function.locals:
            if alive >> local.index & 1:
                states[local.index] |= 1 << number
    params = [_piece(p.type, states[p.index] | 1) for p in function.params]
    stored = [local for local in function.locals if not local.is_param and states[local.index]]
    pieces = [_piece(local.type, states[local.index]) for local in stored]
    placed = place_slots(params, pieces)
    slots = {p.index: o for p, o in zip(function.params, placed.params, strict=True)}
    slots |= {local.index: o for local, o in zip(stored, placed.locals, strict=True)}
    children_at = _place_children(function, slots, across, children)
    result_size, result_align = size_and_align(function.result)
    result = align_up(4, result_align)
    aligns = [result_align, *(align for _, align in children)]
    align = max([4, *aligns, *(p.align for p in params), *(p.align for p in pieces)])
    ends = [at + size for at, (size, _) in zip(children_at, children, strict=True)]
    end = max([placed.end, result + result_size, *ends])
    bound, free = _bounds(params, pieces, children, result_size)
    return Frame(
        align_up(end, align), align, slots, children_at, result,
        align_up(bound, align), align_up(free, align), tuple(across), tuple(children),
    )  # fmt: skip


def _place_children(
    function: Function, slots: dict[int, int], across: list[int], children: list[tuple[int, int]]
) -> tuple[int, ...]:
    """Put each awaited frame behind the own slots that are alive with it.

    Only one of them is ever alive, and a slot whose value is dead meanwhile may lie under it.
    """
    offsets: list[int] = []
    for alive, (_, align) in zip(across, children, strict=True):
        end = STATE_SIZE
        for local in function.locals:
            if alive >> local.index & 1:
                end = max(end, slots[local.index] + size_and_align(local.type)[0])
        offsets.append(align_up(end, align))
    return tuple(offsets)


def _bounds(
    params: list[Piece], locals_: list[Piece], children: list[tuple[int, int]], result: int
) -> tuple[int, int]:
    """The least bytes under the contract, and without storing parameters before the first poll."""
    sums = [
        sum(p.size for p in (*params, *locals_) if p.states >> number & 1) + size
        for number, (size, _) in enumerate(children, 1)
    ]
    free = 4 + max([result, *sums])
    return max(free, 4 + sum(p.size for p in params)), free
