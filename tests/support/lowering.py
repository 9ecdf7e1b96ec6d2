"""Programs on their way through the back half of the compiler, as text and as pictures."""

from collections.abc import Iterator

from zyn.base.diagnostic import Severity
from zyn.codegen import Unit
from zyn.driver.frames import build
from zyn.driver.load import lower_all
from zyn.driver.queries import Document
from zyn.ir.build import Wrapper, build_wrapper
from zyn.ir.check import check_function
from zyn.ir.func import Function
from zyn.ir.parse import parse_functions
from zyn.ir.print import print_function, print_structs
from zyn.ir.side_table import FrameLayout, SideTable
from zyn.ir.transform import CalleeLayout, lower
from zyn.sema.facts import FunctionFacts

BAND = 64
"""Bytes of a frame in one row of a picture."""


def document(source: str | bytes) -> Document:
    """A program, which must be sound."""
    made = Document("zyntax", source.encode() if isinstance(source, str) else source)
    errors = [d.message for d in made.diagnostics() if d.code.severity is Severity.ERROR]
    assert not errors, errors
    return made


def texts(source: str | bytes) -> Iterator[tuple[str, str]]:
    """(stage, text) of every function of a program and of the wrappers it needs, in order."""
    made = document(source)
    found: list[tuple[str, str]] = []

    def keep(stage: str, function: Function) -> None:
        found.append((stage, print_structs(function) + print_function(function)))

    wrappers: dict[str, Wrapper] = {}
    for placed in made.items:
        if isinstance(made.facts(placed), FunctionFacts):
            known = made.lowered(placed)
            function = build(placed.state)
            wrappers.update((wrapper.name, wrapper) for wrapper in function.wrappers)
            lower(function, known.callees.get if known else lambda _: None, check=True, dump=keep)
    for wrapper in wrappers.values():
        lower(build_wrapper(wrapper), lambda _: None, check=True, dump=keep)
    yield from found


def units(source: str | bytes) -> dict[str, Unit]:
    """Every function of a program as code generation gets it."""
    made = lower_all(document(source), check=True)
    return {unit.lowered.function.name: unit for unit in made}


def handwritten(text: str) -> list[Unit]:
    """The functions of an IR text, each after those whose frames it may contain."""
    layouts: dict[str, CalleeLayout | None] = {}
    found: list[Unit] = []
    for function in parse_functions(text):
        check_function(function, "parse")
        lowered = lower(function, layouts.get, check=True)
        layouts[function.name] = lowered.layout
        found.append(Unit(lowered, 0))
    return found


def frame_picture(table: SideTable) -> str:
    """The bytes of a frame, a row for each state in which they hold something.

    `#` is the state word, a letter the slot in the list below, `=` the frame of what is awaited,
    `.` a byte that holds nothing in that state.  Two values in one byte would show as `!`.
    """
    frame = table.frame
    assert frame is not None
    bounds = f"bound {frame.bound}, unconstrained {frame.unconstrained_bound}"
    lines = [f"{table.function}: {frame.size} bytes, align {frame.align}; {bounds}"]
    keys = _keys(frame)
    rows = [_row(f"{state.index} {state.kind}", table, keys, state.index) for state in table.states]
    rows.append(_row("returned", table, keys, -1))
    for start in range(0, frame.size, BAND):
        lines += ["", "            " + _ruler(start, min(frame.size, start + BAND))]
        lines += [f"{name:<12}{cells[start : start + BAND]}" for name, cells in rows]
    lines.append("")
    for slot, key in zip(frame.slots, keys, strict=True):
        states = ",".join(map(str, slot.live_in)) or "-"
        place = f"{slot.offset}..{slot.offset + slot.size}"
        lines.append(f"{key} {slot.stored:<10}{place:<10}{slot.name}: {slot.type}  in {states}")
    lines += [
        f"{state.index} line {state.line}: {state.awaits}  {state.size} bytes, "
        f"live: {', '.join(state.live) or 'nothing'}"
        for state in table.states[1:]
    ]
    return "\n".join(lines) + "\n"


def _keys(frame: FrameLayout) -> str:
    letters = iter("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    own = {"child": "=", "result": "r"}
    return "".join(own.get(slot.stored) or next(letters) for slot in frame.slots)


def _row(name: str, table: SideTable, keys: str, state: int) -> tuple[str, str]:
    assert table.frame is not None
    cells = ["."] * table.frame.size
    cells[:4] = "####"
    for slot, key in zip(table.frame.slots, keys, strict=True):
        here = state in slot.live_in
        if state == 0:
            here = slot.stored == "parameter"
        elif state < 0:
            here = slot.stored == "result"
        if here:
            for at in range(slot.offset, slot.offset + slot.size):
                cells[at] = key if cells[at] == "." else "!"
    return name, "".join(cells)


def _ruler(start: int, end: int) -> str:
    return "".join(f"{at:<8}" for at in range(start, end, 8)).rstrip()
