"""Write down what the passes decided, for everybody who will ask.

Reads the function after `split_suspends` (or a direct function after `insert_counts`); changes
nothing.
"""

from bisect import bisect_right
from typing import TYPE_CHECKING, cast

from zyn.base.source import line_starts
from zyn.base.span import Span
from zyn.ir import op as ir
from zyn.ir.func import Block, Function, Local
from zyn.ir.side_table import (
    Capture,
    FrameLayout,
    Probe,
    ProbeKind,
    SideTable,
    Slot,
    State,
    TypeShape,
    Variable,
)
from zyn.sema.types import (
    ArrayType,
    BoolType,
    FloatType,
    HandleType,
    IntType,
    OptionalType,
    PromiseType,
    StringType,
    StructType,
    Type,
    align_up,
    field_offsets,
    size_and_align,
)

if TYPE_CHECKING:
    from zyn.ir.transform.pipeline import Frame


def make_side_table(
    function: Function,
    frame: "Frame | None",
    waiting: list[Block],
    reads: dict[int, list[Span]],
) -> SideTable:
    """The side table of one function; spans and lines count from its item."""
    starts = line_starts(function.text)

    def line(span: Span) -> int:
        return bisect_right(starts, span.start) - 1

    slots, slot_of = _slots(function, frame, waiting)
    states = _states(function, frame, waiting, slots, line(function.span), line)
    variables, shadow_size = _variables(function, slot_of)
    layout = None
    if frame is not None:
        layout = FrameLayout(
            frame.size, frame.align, frame.result, tuple(slots), frame.bound, frame.free_bound
        )
    return SideTable(
        function=function.name,
        is_async=function.is_async,
        result=str(function.result),
        span=function.span,
        line=line(function.span),
        states=tuple(states),
        frame=layout,
        variables=tuple(variables),
        probes=tuple(
            Probe(i, cast(ProbeKind, kind), span, line(span), 0, tuple(v.variable for v in live))
            for i, (kind, span, live) in enumerate(function.probes)
        ),
        captures=tuple(_captures(function, frame, waiting, reads)),
        types=tuple(_shapes(function)),
        shadow_size=shadow_size,
        callees=tuple(sorted(_callees(function))),
    )


def _crossed(frame: "Frame", local: Local) -> tuple[int, ...]:
    return tuple(k for k, alive in enumerate(frame.across, 1) if alive >> local.index & 1)


class _Names:
    """Gives each slot of a frame a name of its own: the second `x` is `x #2`."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, wanted: str) -> str:
        """The name, or the first of its variations that is free."""
        name, number = wanted, 1
        while name in self._taken:
            number += 1
            name = f"{wanted} #{number}"
        self._taken.add(name)
        return name


def _slots(
    function: Function, frame: "Frame | None", waiting: list[Block]
) -> tuple[list[Slot], dict[int, int]]:
    """The slots in frame order, and variable index -> place in that list."""
    if frame is None:
        return [], {}
    slots: list[Slot] = []
    slot_of: dict[int, int] = {}
    own = [local for local in function.locals if local.index in frame.slots]
    names = _Names()
    # In the order of their declarations, so that an inner variable is the second of its name.
    named = {local.index: names.take(local.name) for local in own}
    for local in sorted(own, key=lambda x: (not x.is_param, frame.slots[x.index], x.index)):
        size, align = size_and_align(local.type)
        if local.variable >= 0:
            slot_of[local.variable] = len(slots)
        slots.append(
            Slot(
                named[local.index],
                str(local.type),
                frame.slots[local.index],
                size,
                align,
                "parameter" if local.is_param else "local",
                _crossed(frame, local),
                local.span if local.variable >= 0 else None,
                local.variable,
            )
        )
    for number, block in enumerate(waiting, 1):
        begin = ir.begin_of(block)
        end = block.end
        assert isinstance(end, ir.Await)
        size, align = frame.children[number - 1]
        kind = "leaf" if begin.kind == "leaf" else "frame"
        slots.append(
            Slot(
                names.take(f"await {end.text or begin.target}"),
                f"{kind} {begin.target}",
                frame.children_at[number - 1],
                size,
                align,
                "child",
                (number,),
                None,
                -1,
                begin.target,
            )
        )
    size, align = size_and_align(function.result)
    if size:
        name = names.take("result")
        slots.append(Slot(name, str(function.result), frame.result, size, align, "result", ()))
    return slots, slot_of


def _states(
    function: Function,
    frame: "Frame | None",
    waiting: list[Block],
    slots: list[Slot],
    first_line: int,
    line: object,
) -> list[State]:
    if frame is None:
        return []
    assert callable(line)
    params = sum(slot.size for slot in slots if slot.stored == "parameter")
    states = [State(0, "start", function.span, first_line, "", None, (), 4 + params)]
    for number, block in enumerate(waiting, 1):
        end = block.end
        assert isinstance(end, ir.Await)
        begin = ir.begin_of(block)
        live = [s for s in slots if number in s.live_in and s.stored in ("parameter", "local")]
        size = 4 + params + sum(s.size for s in live if s.stored == "local")
        child = next(
            i for i, s in enumerate(slots) if s.stored == "child" and s.live_in == (number,)
        )
        states.append(
            State(
                number,
                "await",
                end.span,
                line(end.span),
                end.text,
                begin.target,
                tuple(s.name for s in sorted(live, key=lambda s: s.stored == "parameter")),
                size,
                child,
            )
        )
    return states


def _variables(function: Function, slot_of: dict[int, int]) -> tuple[list[Variable], int]:
    """The named variables with their places in the shadow block, and that block's size."""
    variables: list[Variable] = []
    offset = 0
    for local in function.locals:
        if local.variable < 0:
            continue
        size, align = size_and_align(local.type)
        offset = align_up(offset, align)
        variables.append(
            Variable(
                local.name,
                str(local.type),
                local.kind,
                local.span,
                local.scope,
                slot_of.get(local.variable, -1),
                offset,
                size,
            )
        )
        offset += size
    return variables, align_up(offset, 16)


def _captures(
    function: Function,
    frame: "Frame | None",
    waiting: list[Block],
    reads: dict[int, list[Span]],
) -> list[Capture]:
    """For each variable and each await it crosses, the read it is kept for."""
    result: list[Capture] = []
    if frame is None:
        return result
    for local in function.locals:
        spans = reads.get(local.variable)
        if not spans:
            continue
        for number in _crossed(frame, local):
            end = waiting[number - 1].end
            assert isinstance(end, ir.Await)
            # A read before the await is reached again only around a loop.
            after = [span for span in spans if span.start >= end.span.end]
            result.append(Capture(local.variable, number, (after or spans)[0]))
    return result


def _callees(function: Function) -> set[str]:
    names: set[str] = set()
    for block in function.blocks:
        names |= {op.target for op in block.ops if isinstance(op, ir.Begin) and op.kind == "call"}
        if isinstance(block.end, ir.Try) and isinstance(block.end.op, ir.Call | ir.MakeFuture):
            names.add(block.end.op.target)
    return names


def _shapes(function: Function) -> list[TypeShape]:
    shapes: dict[str, TypeShape] = {}
    work: list[Type] = [function.result, *(local.type for local in function.locals)]
    while work:
        type_ = work.pop()
        if str(type_) not in shapes:
            shapes[str(type_)] = _shape(type_)
            work.extend(_parts(type_))
    return [shapes[name] for name in sorted(shapes)]


def _parts(type_: Type) -> list[Type]:
    match type_:
        case StructType():
            return [field for _, field in type_.fields]
        case ArrayType():
            return [type_.element]
        case OptionalType():
            return [type_.inner]
        case PromiseType():
            return [type_.result]
        case HandleType(_, element) if element is not None:
            return [element]
    return []


def _shape(type_: Type) -> TypeShape:
    size, align = size_and_align(type_)
    name = str(type_)
    match type_:
        case StructType():
            fields = tuple(
                (field, str(part), offset)
                for (field, part), offset in zip(type_.fields, field_offsets(type_), strict=True)
            )
            return TypeShape(name, "struct", size, align, fields)
        case ArrayType():
            element = str(type_.element)
            return TypeShape(name, "array", size, align, (), element, type_.length)
        case OptionalType():
            return TypeShape(name, "optional", size, align, (), str(type_.inner))
        case PromiseType():
            return TypeShape(name, "promise", size, align, (), str(type_.result))
        case HandleType(_, element):
            of = None if element is None else str(element)
            return TypeShape(name, "object", size, align, (), of)
        case IntType() | FloatType() | BoolType() | StringType():
            return TypeShape(name, name, size, align)
    return TypeShape(name, "void", 0, 1)
