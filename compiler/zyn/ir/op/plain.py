"""Operations that always succeed.

`sources` are the operands an operation reads, `dst` the local it writes (or None).  An operation
borrows its sources; what it writes holds a reference of its own when the type has references.

NOTE: operations are final; a variant is a field, not a subclass.  The base is a plain class: an
abstract one would make every `isinstance` in the passes ten times as slow.
"""

from typing import Literal, final

from zyn.base.span import Span
from zyn.ir.func import Local, Operand


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
    state     that of the await, once it has one
    Not done here: promises that leave their creator (`MakeFuture`).
    """

    __slots__ = ("args", "kind", "state", "target")

    def __init__(
        self, kind: Literal["call", "leaf"], target: str, args: tuple[Operand, ...]
    ) -> None:
        self.dst: Local | None = None
        self.kind = kind
        self.target = target
        self.args = args
        self.state = 0

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
class Keep(Op):
    """Reads `a` and does nothing: what it refers to lives until here, and no longer for its sake.

    A promise that nobody reads is kept so until its scope ends: letting go of it would cancel the
    task at once.
    """

    __slots__ = ("a",)

    def __init__(self, a: Local) -> None:
        self.dst: Local | None = None
        self.a = a

    @property
    def sources(self) -> tuple[Operand, ...]:
        return (self.a,)


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
