"""What ends a block.  Waiting is one of them."""

from typing import Literal, final

from zyn.base.span import Span
from zyn.ir.func import Block, Local, Operand
from zyn.ir.op.fallible import Fallible


class Terminator:
    """The last thing in a block."""

    __slots__ = ()

    @property
    def successors(self) -> tuple[Block, ...]:
        """Where control can go."""
        raise NotImplementedError

    @property
    def sources(self) -> tuple[Operand, ...]:
        """What is read."""
        return ()

    @property
    def dst(self) -> Local | None:
        """What is written on the way to the first successor only."""
        return None

    def retarget(self, old: Block, new: Block) -> None:
        """Go to `new` wherever this went to `old`."""
        raise NotImplementedError


@final
class Goto(Terminator):
    """Go on elsewhere."""

    __slots__ = ("target",)

    def __init__(self, target: Block) -> None:
        self.target = target

    @property
    def successors(self) -> tuple[Block, ...]:
        return (self.target,)

    def retarget(self, old: Block, new: Block) -> None:
        if self.target is old:
            self.target = new


@final
class Branch(Terminator):
    """Go to `yes` when the bool is true, else to `no`."""

    __slots__ = ("condition", "no", "yes")

    def __init__(self, condition: Operand, yes: Block, no: Block) -> None:
        self.condition = condition
        self.yes = yes
        self.no = no

    @property
    def successors(self) -> tuple[Block, ...]:
        return (self.yes, self.no)

    @property
    def sources(self) -> tuple[Operand, ...]:
        return (self.condition,)

    def retarget(self, old: Block, new: Block) -> None:
        if self.yes is old:
            self.yes = new
        if self.no is old:
            self.no = new


@final
class Try(Terminator):
    """Do something fallible: `ok` follows success, `error` failure."""

    __slots__ = ("error", "ok", "op")

    def __init__(self, op: Fallible, ok: Block, error: Block) -> None:
        self.op = op
        self.ok = ok
        self.error = error

    @property
    def successors(self) -> tuple[Block, ...]:
        return (self.ok, self.error)

    @property
    def sources(self) -> tuple[Operand, ...]:
        return self.op.sources

    @property
    def dst(self) -> Local | None:
        return self.op.dst

    def retarget(self, old: Block, new: Block) -> None:
        if self.ok is old:
            self.ok = new
        if self.error is old:
            self.error = new


@final
class Await(Terminator):
    """Wait for the future that the last `Begin` of this block placed.

    state   0 until `number_states`, then the suspension point
    dst     its result; None for void
    ready   `continue`: a future that is ready goes on at once; `yield_turn`: others get a turn
            first
    """

    __slots__ = ("error", "ok", "ready", "result", "span", "state", "text")

    def __init__(
        self,
        result: Local | None,
        ok: Block,
        error: Block,
        span: Span,
        *,
        text: str = "",
        ready: Literal["continue", "yield_turn"] = "continue",
    ) -> None:
        self.result = result
        self.ok = ok
        self.error = error
        self.span = span
        self.text = text
        self.ready = ready
        self.state = 0

    @property
    def successors(self) -> tuple[Block, ...]:
        return (self.ok, self.error)

    @property
    def dst(self) -> Local | None:
        return self.result

    def retarget(self, old: Block, new: Block) -> None:
        if self.ok is old:
            self.ok = new
        if self.error is old:
            self.error = new


@final
class Return(Terminator):
    """End with a value (None for void), whose reference moves to the caller."""

    __slots__ = ("value",)

    def __init__(self, value: Operand | None) -> None:
        self.value = value

    @property
    def successors(self) -> tuple[Block, ...]:
        return ()

    @property
    def sources(self) -> tuple[Operand, ...]:
        return () if self.value is None else (self.value,)

    def retarget(self, old: Block, new: Block) -> None:
        """A return goes nowhere."""


@final
class Fail(Terminator):
    """End with the failure or the cancellation that cx.error holds."""

    __slots__ = ()

    @property
    def successors(self) -> tuple[Block, ...]:
        return ()

    def retarget(self, old: Block, new: Block) -> None:
        """A failure goes nowhere."""
