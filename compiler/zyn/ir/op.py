"""The operations of the IR.

`sources` are the operands an operation reads, `dst` the local it writes (or None).  An operation
borrows its sources unless its docstring says otherwise; what it writes holds a reference of its own
when the type has references.  A `Fallible` stands only inside a `Try`, which ends a block.

NOTE: operations are final; a variant is a field, not a subclass.  The three bases are plain
classes: an abstract base class would make every `isinstance` in the passes ten times as slow.
"""

from typing import Literal, final

from zyn.base.span import Span
from zyn.ir.func import Block, Local, Operand


class Op:
    """Something that always succeeds."""

    __slots__ = ("dst",)
    dst: Local | None

    @property
    def sources(self) -> tuple[Operand, ...]:
        """What is read."""
        raise NotImplementedError


@final
class Assign(Op):
    """`dst = src`.  A source that dies here is moved, else its reference is counted."""

    __slots__ = ("moves", "src")

    def __init__(self, dst: Local, src: Operand) -> None:
        self.dst: Local = dst
        self.src = src
        self.moves = False

    @property
    def sources(self) -> tuple[Operand, ...]:
        return (self.src,)


@final
class Unary(Op):
    """`dst = op a`; op is `neg` or `not`."""

    __slots__ = ("a", "op")

    def __init__(self, dst: Local, op: str, a: Operand) -> None:
        self.dst: Local = dst
        self.op = op
        self.a = a

    @property
    def sources(self) -> tuple[Operand, ...]:
        return (self.a,)


@final
class Binary(Op):
    """`dst = a op b` on operands of one type: `add sub mul fdiv frem eq ne lt le gt ge`.

    Integers wrap; `fdiv` and `frem` are for floats only (integer division is `Divide`).  Strings
    compare.
    """

    __slots__ = ("a", "b", "op")

    def __init__(self, dst: Local, op: str, a: Operand, b: Operand) -> None:
        self.dst: Local = dst
        self.op = op
        self.a = a
        self.b = b

    @property
    def sources(self) -> tuple[Operand, ...]:
        return (self.a, self.b)


@final
class Convert(Op):
    """`dst = a` as the wider type of `dst`: a wider number, or T to ?T (a copy)."""

    __slots__ = ("a",)

    def __init__(self, dst: Local, a: Operand) -> None:
        self.dst: Local = dst
        self.a = a

    @property
    def sources(self) -> tuple[Operand, ...]:
        return (self.a,)


@final
class Make(Op):
    """`dst` = a struct or array of the given parts, each copied."""

    __slots__ = ("parts",)

    def __init__(self, dst: Local, parts: tuple[Operand, ...]) -> None:
        self.dst: Local = dst
        self.parts = parts

    @property
    def sources(self) -> tuple[Operand, ...]:
        return self.parts


@final
class Get(Op):
    """`dst` = a copy of the part of `base` at `path`: field indexes, or operands for array
    elements.

    Array indexes were checked before (`CheckIndex`).
    """

    __slots__ = ("base", "path")

    def __init__(self, dst: Local, base: Operand, path: tuple[int | Operand, ...]) -> None:
        self.dst: Local = dst
        self.base = base
        self.path = path

    @property
    def sources(self) -> tuple[Operand, ...]:
        return (self.base, *(p for p in self.path if not isinstance(p, int)))


@final
class Put(Op):
    """Replace the part of the local `base` at `path` by a copy of `value`; the old part is
    released.

    `base` is read and written; `dst` is None because the rest of it stays.
    """

    __slots__ = ("base", "path", "value")

    def __init__(self, base: Local, path: tuple[int | Operand, ...], value: Operand) -> None:
        self.dst: Local | None = None
        self.base = base
        self.path = path
        self.value = value

    @property
    def sources(self) -> tuple[Operand, ...]:
        return (self.base, self.value, *(p for p in self.path if not isinstance(p, int)))


@final
class IsSome(Op):
    """`dst` (bool) = whether the optional `a` holds a value."""

    __slots__ = ("a",)

    def __init__(self, dst: Local, a: Operand) -> None:
        self.dst: Local = dst
        self.a = a

    @property
    def sources(self) -> tuple[Operand, ...]:
        return (self.a,)


@final
class Unwrap(Op):
    """`dst` = a copy of the value inside the optional `a`, which was tested before."""

    __slots__ = ("a",)

    def __init__(self, dst: Local, a: Operand) -> None:
        self.dst: Local = dst
        self.a = a

    @property
    def sources(self) -> tuple[Operand, ...]:
        return (self.a,)


@final
class Spawn(Op):
    """`dst` = the promise `a`, made a task."""

    __slots__ = ("a", "span")

    def __init__(self, dst: Local, a: Operand, span: Span) -> None:
        self.dst: Local = dst
        self.a = a
        self.span = span

    @property
    def sources(self) -> tuple[Operand, ...]:
        return (self.a,)


@final
class Begin(Op):
    """Place the future that the `Await` at the end of this block waits for into the child region.

    kind      `call`: the frame of an async function of the module, with its arguments copied into
              it;
              `leaf`: a leaf future of the runtime
    target    name of the function or leaf
    Not done here: promises that leave their creator (`MakeFuture`).
    """

    __slots__ = ("args", "kind", "target")

    def __init__(
        self, kind: Literal["call", "leaf"], target: str, args: tuple[Operand, ...]
    ) -> None:
        self.dst: Local | None = None
        self.kind = kind
        self.target = target
        self.args = args

    @property
    def sources(self) -> tuple[Operand, ...]:
        return self.args


@final
class Probe(Op):
    """A place where a debug build can stop; fast builds leave it out."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.dst: Local | None = None
        self.index = index

    @property
    def sources(self) -> tuple[Operand, ...]:
        return ()


@final
class Retain(Op):
    """Count one more reference to what `a` holds.  Made by `insert_counts` only."""

    __slots__ = ("a",)

    def __init__(self, a: Local) -> None:
        self.dst: Local | None = None
        self.a = a

    @property
    def sources(self) -> tuple[Operand, ...]:
        return (self.a,)


@final
class Release(Op):
    """Give up the reference that `a` holds.  Made by `insert_counts` only."""

    __slots__ = ("a",)

    def __init__(self, a: Local) -> None:
        self.dst: Local | None = None
        self.a = a

    @property
    def sources(self) -> tuple[Operand, ...]:
        return (self.a,)


@final
class StoreSlot(Op):
    """Write a local to its frame slot.  Made by `split_suspends` only."""

    __slots__ = ("a",)

    def __init__(self, a: Local) -> None:
        self.dst: Local | None = None
        self.a = a

    @property
    def sources(self) -> tuple[Operand, ...]:
        return (self.a,)


@final
class LoadSlot(Op):
    """Read a local back from its frame slot.  Made by `split_suspends` only."""

    __slots__ = ()

    def __init__(self, dst: Local) -> None:
        self.dst: Local = dst

    @property
    def sources(self) -> tuple[Operand, ...]:
        return ()


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


def begin_of(block: Block) -> Begin:
    """The operation that places what the await at the end of `block` waits for."""
    return next(op for op in block.ops if isinstance(op, Begin))


Step = Op | Terminator
"""Whatever stands in a block."""
