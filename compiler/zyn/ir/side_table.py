"""The side table: everything anybody may know about a compiled function's states and memory.

The compiler emits one per function; the editor, `zyn explain`, the debugger and crash bundles read
it and nothing else, which is why they can never disagree.  Offsets are bytes from the state word.
Spans and lines count from the start of the item; `at` gives a copy that counts from the start of
the file.
"""

from typing import Literal

import msgspec

from zyn.base.span import Span

Stored = Literal["parameter", "local", "child", "result"]
StateKind = Literal["start", "await", "yield"]
ProbeKind = Literal["statement", "await", "return", "end"]


class Slot(msgspec.Struct, frozen=True, gc=False):
    """Some bytes of the frame.

    No two slots of a frame have one name.  A `child` slot is the frame of an inlined callee, named
    `await` and what is awaited; `function` is then the callee's name.  `live_in` lists the
    suspension points at which the bytes hold this value.
    """

    name: str
    type: str
    offset: int
    size: int
    align: int
    stored: Stored
    live_in: tuple[int, ...]
    span: Span | None = None  # of the declaration
    variable: int = -1  # index into `variables`, -1 for a temporary, child or result
    function: str | None = None


class State(msgspec.Struct, frozen=True, gc=False):
    """A value of the state word: 0 is the start, k the k-th suspension point in source order.

    live      names of the variables and temporaries whose values cross it: locals, then
              parameters, each in frame order
    size      bytes of the frame in use while suspended there, without the child: the state word,
              every
              parameter (they are always stored) and every live local
    child     index into `slots` of what is being awaited when that lies in this frame, else -1
    promise   index into `slots` of the promise that is awaited when it lies elsewhere, else -1
    """

    index: int
    kind: StateKind
    span: Span
    line: int  # 0-based, from the item's first line; `at` makes it absolute
    awaits: str  # source text of the operand, shortened
    callee: str | None  # function or built-in, when known
    live: tuple[str, ...]
    size: int
    child: int = -1
    promise: int = -1


class Variable(msgspec.Struct, frozen=True, gc=False):
    """A named variable; `slot` is -1 when the frame never holds it, `shadow` its debug-build
    offset.
    """

    name: str
    type: str
    kind: str  # param, const, var
    span: Span
    scope: Span
    slot: int
    shadow: int
    size: int


class Probe(msgspec.Struct, frozen=True, gc=False):
    """A place where a debug build can stop; `index` is its number in the function's probe table."""

    index: int
    kind: ProbeKind
    span: Span
    line: int
    depth: int = 0
    live: tuple[int, ...] = ()  # variables whose value is defined when the task stops here


class Capture(msgspec.Struct, frozen=True, gc=False):
    """Why a variable is in the frame: it is used at `use` after being alive across `state`."""

    variable: int
    state: int
    use: Span


class TypeShape(msgspec.Struct, frozen=True, gc=False):
    """How to read a value: one row per type name that occurs in the function.

    kind      a name of ZYN_TYPE_KIND, in lower case (`i32`, `struct`, `optional` ..)
    fields    (name, type name, offset) of a struct
    element   type name of an array's elements, an optional's or a promise's value, or of what goes
              through an object
    count     length of an array
    """

    name: str
    kind: str
    size: int
    align: int
    fields: tuple[tuple[str, str, int], ...] = ()
    element: str | None = None
    count: int = 0


class NativeRange(msgspec.Struct, frozen=True, gc=False):
    """Machine code of the fast build, `offset` bytes from where the program's code begins.

    probe    the statement it was made for, an index into `probes`; -1 for what belongs to the
             function as a whole: prologue, epilogue, entry, init and drop
    """

    offset: int
    size: int
    probe: int


class FrameLayout(msgspec.Struct, frozen=True, gc=False):
    """The frame as a whole.  `bound` is the least size that the contract allows, in bytes."""

    size: int
    align: int
    result_offset: int
    slots: tuple[Slot, ...]
    bound: int
    unconstrained_bound: int


class SideTable(msgspec.Struct, frozen=True, gc=False):
    """One function.  `frame` is None for a direct function, which has no state machine."""

    function: str
    is_async: bool
    result: str  # type name of the value
    span: Span  # of the function's name
    line: int
    states: tuple[State, ...]
    frame: FrameLayout | None
    variables: tuple[Variable, ...]
    probes: tuple[Probe, ...]
    captures: tuple[Capture, ...]
    types: tuple[TypeShape, ...]
    shadow_size: int
    callees: tuple[str, ...] = ()  # functions of the file that it calls
    inlined: tuple[str, ...] = ()  # callees whose code the fast build contains
    native: tuple[NativeRange, ...] = ()  # by offset; empty before it is loaded, or LLVM made it
    id: int = 0  # of the loaded function in a process; 0 until it is loaded
    module: str = ""
    file: str = ""

    def at(self, offset: int, line: int) -> "SideTable":
        """A copy whose spans and lines count from the file, for an item at `offset` on `line`
        (0-based).
        """

        def move(span: Span) -> Span:
            return span.moved(offset)

        frame = self.frame
        if frame is not None:
            frame = msgspec.structs.replace(
                frame,
                slots=tuple(
                    msgspec.structs.replace(s, span=move(s.span)) if s.span else s
                    for s in frame.slots
                ),
            )
        return msgspec.structs.replace(
            self,
            span=move(self.span),
            line=self.line + line,
            frame=frame,
            states=tuple(
                msgspec.structs.replace(s, span=move(s.span), line=s.line + line)
                for s in self.states
            ),
            variables=tuple(
                msgspec.structs.replace(v, span=move(v.span), scope=move(v.scope))
                for v in self.variables
            ),
            probes=tuple(
                msgspec.structs.replace(p, span=move(p.span), line=p.line + line)
                for p in self.probes
            ),
            captures=tuple(msgspec.structs.replace(c, use=move(c.use)) for c in self.captures),
        )
