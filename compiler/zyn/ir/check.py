"""Is this IR well formed?  Run after every pass under `--check` and in all tests.

Nothing is repaired: the first broken rule raises `ZynBug` with the function's text.

Rule 1.  A block ends with exactly one terminator, whose targets are blocks of the function.
Rule 2.  Every operand is a local of the function or a constant; types of an operation agree.
Rule 3.  An Await is in an async function and its block holds exactly one Begin; other blocks hold
none.
Rule 4.  A local is written on every path before it is read.  Parameters are written at the start.
Rule 5.  Once numbered, states are 1..n, each once.
"""

from zyn.base.bug import ZynBug
from zyn.ir import op as ir
from zyn.ir.check_types import type_errors
from zyn.ir.func import Block, Function, Local, Operand
from zyn.ir.print import print_function


def check_function(function: Function, after: str) -> None:
    """Raise `ZynBug` when a rule is broken; `after` names the pass that ran last."""
    try:
        _check_blocks(function)
        _check_written(function)
        _check_states(function)
    except _Broken as broken:
        text = print_function(function) if not broken.unprintable else function.name
        raise ZynBug(f"after {after}: {broken}\n{text}") from None


class _Broken(Exception):
    def __init__(self, message: str, *, unprintable: bool = False) -> None:
        super().__init__(message)
        self.unprintable = unprintable


def _need(condition: bool, message: str) -> None:
    if not condition:
        raise _Broken(message)


def _check_blocks(function: Function) -> None:
    _need(bool(function.blocks), "no blocks")
    known = {id(block) for block in function.blocks}
    locals_ = {id(local) for local in function.locals}
    for index, block in enumerate(function.blocks):
        _need(block.index == index, f"b{block.index} is at place {index}")
        if block.terminator is None:
            raise _Broken(f"rule 1: b{index} has no terminator")
        for target in block.end.successors:
            _need(id(target) in known, f"rule 1: b{index} goes to a block of another function")
        begins = sum(isinstance(op, ir.Begin) for op in block.ops)
        if isinstance(block.terminator, ir.Await):
            _need(function.is_async, "rule 3: await in a direct function")
            _need(begins == 1, f"rule 3: b{index} awaits {begins} futures")
        else:
            _need(begins == 0, f"rule 3: b{index} begins a future and does not await it")
        for op in block.ops:
            _check_operands(op.sources, op.dst, locals_, index)
            _check_types(op, function, index)
        _check_operands(block.end.sources, block.end.dst, locals_, index)
        _check_types(block.end, function, index)
        if isinstance(block.end, ir.Try):
            _check_types(block.end.op, function, index)


def _check_operands(
    sources: tuple[Operand, ...], dst: Local | None, locals_: set[int], index: int
) -> None:
    for source in (*sources, *(() if dst is None else (dst,))):
        if isinstance(source, Local) and id(source) not in locals_:
            message = f"rule 2: b{index} uses a foreign local {source.name}"
            raise _Broken(message, unprintable=True)


def _check_types(op: ir.Op | ir.Fallible | ir.Terminator, function: Function, index: int) -> None:
    for error in type_errors(op, function.result):
        raise _Broken(f"rule 2: b{index}: {error}")


def _check_written(function: Function) -> None:
    """Rule 4, by a forwards must-analysis on bit sets.

    Once suspends are split, nothing survives an await but its result: the rest is loaded from slots
    again.
    """
    everything = (1 << len(function.locals)) - 1
    at_entry = [everything] * len(function.blocks)
    at_entry[0] = 0 if function.is_split else _mask(function.params)
    visited: set[int] = set()
    work = [function.blocks[0]]
    while work:
        block = work.pop()
        visited.add(block.index)
        written = at_entry[block.index]
        for op in block.ops:
            if op.dst is not None:
                written |= 1 << op.dst.index
        if isinstance(block.end, ir.Await) and function.is_split:
            written = 0
        for place, target in enumerate(block.end.successors):
            reached = written
            if place == 0 and block.end.dst is not None:
                reached |= 1 << block.end.dst.index
            merged = at_entry[target.index] & reached
            if merged != at_entry[target.index] or target.index not in visited:
                at_entry[target.index] = merged
                work.append(target)
    for block in function.blocks:
        if block.index in visited:
            _check_reads(block, at_entry[block.index])


def _steps(block: Block) -> list[ir.Step]:
    return [*block.ops, block.end]


def _mask(locals_: list[Local]) -> int:
    return sum(1 << local.index for local in locals_)


def _check_reads(block: Block, written: int) -> None:
    for op in _steps(block):
        for source in op.sources:
            if isinstance(source, Local):
                _need(
                    bool(written >> source.index & 1),
                    f"rule 4: b{block.index} reads {source.name} before it is written",
                )
        if op.dst is not None:
            written |= 1 << op.dst.index


def _check_states(function: Function) -> None:
    states = [b.end.state for b in function.blocks if isinstance(b.end, ir.Await)]
    if any(states):
        _need(sorted(states) == list(range(1, len(states) + 1)), f"rule 5: states are {states}")
