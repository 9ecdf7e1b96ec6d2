"""Operations that can fail.  One stands only inside a `Try`, which ends a block.

Like all operations they are final and borrow their sources.
"""

from typing import Literal, final

from zyn.base.span import Span
from zyn.ir.func import Local, Operand


class Fallible:
    """Something that writes `dst`, or fails with cx.error set and `dst` untouched."""

    __slots__ = ("dst", "span")
    dst: Local | None
    span: Span

    @property
    def sources(self) -> tuple[Operand, ...]:
        """What is read."""
        raise NotImplementedError


@final
class Call(Fallible):
    """`dst` = the result of calling a direct function of the module; dst is None for void."""

    __slots__ = ("args", "target")

    def __init__(
        self, dst: Local | None, target: str, args: tuple[Operand, ...], span: Span
    ) -> None:
        self.dst = dst
        self.target = target
        self.args = args
        self.span = span

    @property
    def sources(self) -> tuple[Operand, ...]:
        return self.args


@final
class MakeFuture(Fallible):
    """`dst` (a promise) = a frame of its own for an async function, its arguments copied into it.

    start   `lazy`: nothing runs; `eager`: it becomes a task whose first segment runs at once
    """

    __slots__ = ("args", "start", "target")

    def __init__(
        self,
        dst: Local,
        target: str,
        args: tuple[Operand, ...],
        span: Span,
        start: Literal["lazy", "eager"] = "lazy",
    ) -> None:
        self.dst: Local | None = dst
        self.target = target
        self.args = args
        self.span = span
        self.start = start

    @property
    def sources(self) -> tuple[Operand, ...]:
        return self.args


@final
class Divide(Fallible):
    """`dst` = integer `a / b` or, with op `rem`, the remainder; b = 0 fails, MIN / -1 wraps."""

    __slots__ = ("a", "b", "op")

    def __init__(self, dst: Local, op: str, a: Operand, b: Operand, span: Span) -> None:
        self.dst: Local | None = dst
        self.op = op
        self.a = a
        self.b = b
        self.span = span

    @property
    def sources(self) -> tuple[Operand, ...]:
        return (self.a, self.b)


@final
class CheckIndex(Fallible):
    """Fails unless 0 <= index < length."""

    __slots__ = ("index", "length")

    def __init__(self, index: Operand, length: int, span: Span) -> None:
        self.dst: Local | None = None
        self.index = index
        self.length = length
        self.span = span

    @property
    def sources(self) -> tuple[Operand, ...]:
        return (self.index,)


@final
class Concat(Fallible):
    """`dst` = the text of `a`, then that of `b`."""

    __slots__ = ("a", "b")

    def __init__(self, dst: Local, a: Operand, b: Operand, span: Span) -> None:
        self.dst: Local | None = dst
        self.a = a
        self.b = b
        self.span = span

    @property
    def sources(self) -> tuple[Operand, ...]:
        return (self.a, self.b)


@final
class Operate(Fallible):
    """`dst` = what an operation of `zyn.ir.operation` gives; None for void."""

    __slots__ = ("args", "name")

    def __init__(self, dst: Local | None, name: str, args: tuple[Operand, ...], span: Span) -> None:
        self.dst = dst
        self.name = name
        self.args = args
        self.span = span

    @property
    def sources(self) -> tuple[Operand, ...]:
        return self.args


@final
class Panic(Fallible):
    """Always fails, with a message."""

    __slots__ = ("message",)

    def __init__(self, message: Operand, span: Span) -> None:
        self.dst: Local | None = None
        self.message = message
        self.span = span

    @property
    def sources(self) -> tuple[Operand, ...]:
        return (self.message,)


@final
class Attend(Fallible):
    """Look at cx.attention; entry attends also check the stack."""

    __slots__ = ("is_entry",)

    def __init__(self, span: Span, *, is_entry: bool) -> None:
        self.dst: Local | None = None
        self.span = span
        self.is_entry = is_entry

    @property
    def sources(self) -> tuple[Operand, ...]:
        return ()
