"""Insert the reference counting that earlier stages leave out.

A local of a type with references holds one reference from where it is written until its last read.
So: a copy whose source lives on retains; a source that dies in an operation that borrows is
released after it; a result that nobody reads is released at once; and where a value dies on the way
to a block it is released on that edge.

    before:  t = concat s, "!";  u = copy s;  return t       (s, u dead afterwards)
    after:   t = concat s, "!";  u = copy s (moved);  release u;  return t

Postponed to here so that no earlier stage has to think of it.  Not done: moving into frames and
aggregates (they copy and count), which costs a pair of counts and nothing else.
"""

from zyn.ir import op as ir
from zyn.ir.func import Block, Function, Local
from zyn.ir.transform.liveness import live_at_entries, live_before_end, mask
from zyn.sema.types import holds_reference


def insert_counts(function: Function) -> None:
    """Add Retain and Release operations, and mark the copies that are moves."""
    counted = 0
    for local in function.locals:
        if holds_reference(local.type):
            counted |= 1 << local.index
    if not counted:
        return
    live = live_at_entries(function, counted)
    for block in list(function.blocks):
        _count_block(function, block, live, counted)
    if not function.is_async:
        _own_parameters(function, live, counted)
    else:
        _drop_unread_parameters(function, live, counted)


def _locals(function: Function, bits: int) -> list[Local]:
    return [local for local in function.locals if bits >> local.index & 1]


def _count_block(function: Function, block: Block, live: list[int], counted: int) -> None:
    end = block.end
    alive = mask(end, counted) | live_before_end(block, live)
    if not isinstance(end, ir.Return):
        _release_on_edges(function, block, live, counted)
    backwards: list[ir.Op] = []
    for op in reversed(block.ops):
        if isinstance(op, ir.Probe):
            _hide_released(function, op.index, alive, counted)
        counted_op, alive = _count_op(function, op, alive, counted)
        backwards.extend(reversed(counted_op))
    block.ops = list(reversed(backwards))


def _count_op(function: Function, op: ir.Op, alive: int, counted: int) -> tuple[list[ir.Op], int]:
    """The operation with its counts, and what is alive before it."""
    result: list[ir.Op] = [op]
    reads = mask(op, counted)
    dying = reads & ~alive
    if op.dst is not None and counted >> op.dst.index & 1:
        bit = 1 << op.dst.index
        if not alive & bit:
            result.append(ir.Release(op.dst))
        alive &= ~bit
        dying = reads & ~alive
    if isinstance(op, ir.Assign) and dying:
        op.moves = True
    elif isinstance(op, ir.Assign) and reads:
        assert op.dst is not None
        result.insert(1, ir.Retain(op.dst))
    else:
        result.extend(ir.Release(local) for local in _locals(function, dying))
    return result, alive | reads


def _hide_released(function: Function, probe: int, alive: int, counted: int) -> None:
    """Take out of a probe's list the variables whose reference is given up by then."""
    kind, span, visible = function.probes[probe]
    gone = counted & ~alive
    kept = tuple(local for local in visible if not gone >> local.index & 1)
    function.probes[probe] = (kind, span, kept)


def _release_on_edges(function: Function, block: Block, live: list[int], counted: int) -> None:
    """Release on each way out what is alive or written there but dead in the target."""
    end = block.end
    union = mask(end, counted) | live_before_end(block, live)
    for place, target in enumerate(end.successors):
        held = union
        if place == 0 and end.dst is not None:
            held |= (1 << end.dst.index) & counted
        dying = held & ~live[target.index]
        if dying:
            _edge(function, block, target, _locals(function, dying))


def _edge(function: Function, block: Block, target: Block, dying: list[Local]) -> None:
    edge = function.new_block()
    edge.ops.extend(ir.Release(local) for local in dying)
    edge.terminator = ir.Goto(target)
    block.end.retarget(target, edge)


def _own_parameters(function: Function, live: list[int], counted: int) -> None:
    """A direct function borrows its arguments from the caller and takes references of its own."""
    entry = function.blocks[0]
    held = [p for p in function.params if live[0] >> p.index & 1]
    entry.ops[:0] = [ir.Retain(param) for param in held]


def _drop_unread_parameters(function: Function, live: list[int], counted: int) -> None:
    """A frame owns its parameters: one that is never read is released when the function starts."""
    entry = function.blocks[0]
    unread = [p for p in function.params if counted >> p.index & 1 and not live[0] >> p.index & 1]
    entry.ops[:0] = [ir.Release(param) for param in unread]
