"""Functions, blocks, locals: the containers of the IR.

A local may be written many times; there is no SSA form here, LLVM makes its own.  Blocks are kept
in the order in which they were made, the first one is the entry.
"""

from typing import TYPE_CHECKING, final

from zyn.base.span import Span
from zyn.sema.types import Type

if TYPE_CHECKING:
    from zyn.ir.build.wrapper import Wrapper
    from zyn.ir.op import Op, Terminator

NOWHERE = Span(0, 0)
"""The span of what has no place in the source: temporaries, wrappers."""

ConstValue = int | float | bool | str | None


@final
class Local:
    """A place for a value.

    `variable` is the index of the source variable it stands for, -1 for a temporary.  `is_param`
    locals come first in `Function.locals`, in order.
    """

    __slots__ = ("index", "is_param", "kind", "name", "scope", "span", "type", "variable")

    def __init__(
        self,
        index: int,
        name: str,
        type_: Type,
        *,
        variable: int = -1,
        is_param: bool = False,
        span: Span = NOWHERE,
        scope: Span = NOWHERE,
        kind: str = "temp",
    ) -> None:
        self.index = index
        self.name = name
        self.type = type_
        self.variable = variable
        self.is_param = is_param
        self.span = span
        self.scope = scope
        self.kind = kind

    def __repr__(self) -> str:
        return f"Local({self.name}: {self.type})"


@final
class Const:
    """A constant of a type: a number, a bool, text, or None for null."""

    __slots__ = ("type", "value")

    def __init__(self, type_: Type, value: ConstValue) -> None:
        self.type = type_
        self.value = value

    def __repr__(self) -> str:
        return f"Const({self.value!r}: {self.type})"


Operand = Local | Const


@final
class Block:
    """Straight code and one terminator, which is None only while the block is being built."""

    __slots__ = ("index", "ops", "terminator")

    def __init__(self, index: int) -> None:
        self.index = index
        self.ops: list[Op] = []
        self.terminator: Terminator | None = None

    @property
    def end(self) -> "Terminator":
        """The terminator of a finished block."""
        assert self.terminator is not None
        return self.terminator


@final
class Function:
    """One function, before or after `zyn.ir.transform`.

    `probes` are the places where a debug build can stop, in the order of their numbers; their spans
    count from the item, as all spans here.  `is_split` is set once awaits store and reload what
    crosses them. `wrappers` are the built-in futures that the function makes promises of (see
    `zyn.ir.build.wrapper`).
    """

    __slots__ = (
        "blocks", "is_async", "is_split", "locals", "name", "params", "probes", "result", "span",
        "text", "wrappers",
    )  # fmt: skip

    def __init__(
        self, name: str, *, is_async: bool, result: Type, span: Span = NOWHERE, text: bytes = b""
    ) -> None:
        self.name = name
        self.is_async = is_async
        self.result = result
        self.span = span
        self.text = text
        self.locals: list[Local] = []
        self.params: list[Local] = []
        self.blocks: list[Block] = []
        self.probes: list[tuple[str, Span, tuple[Local, ...]]] = []
        self.is_split = False
        self.wrappers: tuple[Wrapper, ...] = ()

    def new_block(self) -> Block:
        """A new, empty block at the end."""
        block = Block(len(self.blocks))
        self.blocks.append(block)
        return block

    def new_local(self, name: str, type_: Type) -> Local:
        """A new temporary; its name is made unique by its index."""
        local = Local(len(self.locals), name or f"t{len(self.locals)}", type_)
        self.locals.append(local)
        return local
