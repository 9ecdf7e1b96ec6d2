"""The operations of the IR: plain ones, fallible ones, and terminators."""

from zyn.ir.func import Block
from zyn.ir.op.fallible import (
    Attend,
    Call,
    CheckIndex,
    Concat,
    Divide,
    Fallible,
    MakeFuture,
    Operate,
    Panic,
)
from zyn.ir.op.plain import (
    Assign,
    Begin,
    Binary,
    Convert,
    Get,
    IsSome,
    Keep,
    LoadSlot,
    Make,
    Op,
    Probe,
    Put,
    Release,
    Retain,
    Spawn,
    StoreSlot,
    Unary,
    Unwrap,
)
from zyn.ir.op.terminator import (
    Await,
    Branch,
    Fail,
    Goto,
    Return,
    Terminator,
    Try,
)

Step = Op | Terminator
"""Whatever stands in a block."""


def begin_of(block: Block) -> Begin:
    """The operation that places what the await at the end of `block` waits for."""
    return next(op for op in block.ops if isinstance(op, Begin))


__all__ = [
    "Assign",
    "Attend",
    "Await",
    "Begin",
    "Binary",
    "Branch",
    "Call",
    "CheckIndex",
    "Concat",
    "Convert",
    "Divide",
    "Fail",
    "Fallible",
    "Get",
    "Goto",
    "IsSome",
    "Keep",
    "LoadSlot",
    "Make",
    "MakeFuture",
    "Op",
    "Operate",
    "Panic",
    "Probe",
    "Put",
    "Release",
    "Retain",
    "Return",
    "Spawn",
    "Step",
    "StoreSlot",
    "Terminator",
    "Try",
    "Unary",
    "Unwrap",
    "begin_of",
]
