"""A state machine as text: its states, its slots with the reason for each, its bytes drawn.

async fn sum_doubled(n: i32) i32                                       sums.zyntax:5
2 states, frame of 40 bytes aligned to 8

  state  line  awaits     alive across it
      0     5  -          the parameters
      1     9  double(i)  n, total, i

  slot   type  offset  size  stored     why
  n      i32        4     4  parameter  used in line 8 after state 1
  ..

  0    4    8    12   16
  ┌────┬────┬────┬────┬──────────
  │sta │ n  │tot │ i  │ double(i)
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from zyn.base.source import SourceText
from zyn.cli.style import Style
from zyn.ir.side_table import FrameLayout, SideTable, Slot

_WIDTH = 96
_ORDER = ("parameter", "local", "child", "result")
_CELL = 8  # columns of the narrowest box, where there is room for so many
_CELL_MIN = 3
_CELL_MAX_PER_BYTE = 4


class Box(NamedTuple):
    """Some bytes with a name."""

    name: str
    offset: int
    size: int

    @property
    def end(self) -> int:
        """The offset behind the last byte."""
        return self.offset + self.size

    def overlaps(self, other: "Box") -> bool:
        """Whether the two share a byte."""
        return self.offset < other.end and other.offset < self.end


_STATE = Box("state", 0, 4)


def picture(table: SideTable, text: SourceText, file: str, style: Style) -> str:
    """All there is to say about one function."""
    lines = [*_heading(table, text, file, style), ""]
    lines += _table(_states(table), style)
    if table.frame is not None:
        lines += ["", *_table(_slots(table, table.frame, text), style), ""]
        lines += _drawing(table.frame, style)
    return "\n".join(lines) + "\n"


def _heading(table: SideTable, text: SourceText, file: str, style: Style) -> list[str]:
    params = ", ".join(f"{v.name}: {v.type}" for v in table.variables if v.kind == "param")
    title = f"async fn {table.function}({params}) {table.result}"
    place = f"{file}:{text.line_of(table.span.start) + 1}"
    gap = " " * max(2, _WIDTH - len(title) - len(place))
    lines = [style.bold(title) + gap + style.dim(place)]
    count = len(table.states)
    summary = f"{count} state{'s' * (count != 1)}"
    if table.frame is not None:
        summary += f", frame of {table.frame.size} bytes aligned to {table.frame.align}"
    return [*lines, summary]


def _states(table: SideTable) -> list[list[str]]:
    rows = [["state", "line", "awaits", "alive across it", "bytes"]]
    for state in table.states:
        live = ", ".join(state.live) or "-"
        rows.append(
            [str(state.index), str(state.line + 1), state.awaits or "-", live, str(state.size)]
        )
    return rows


def _slots(table: SideTable, frame: FrameLayout, text: SourceText) -> list[list[str]]:
    rows = [["slot", "type", "offset", "size", "stored", "holds it in", "why"]]
    for slot in frame.slots:
        held = ", ".join(map(str, slot.live_in)) or "-"
        where = [str(slot.offset), str(slot.size), slot.stored, held]
        rows.append([slot.name, slot.type, *where, _why(slot, table, text)])
    return rows


def _why(slot: Slot, table: SideTable, text: SourceText) -> str:
    if slot.stored == "result":
        return "the caller finds it here"
    if slot.stored == "child":
        return "the callee's frame lies here"
    for capture in table.captures:
        if capture.variable == slot.variable >= 0:
            line = text.line_of(capture.use.start) + 1
            return f"used in line {line} after state {capture.state}"
    if slot.stored == "parameter":
        return "a parameter is always stored"
    return "a value in the middle of an expression"


def _table(rows: Sequence[Sequence[str]], style: Style) -> list[str]:
    """Columns; numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    numeric = [all(cell.isdecimal() for cell in column[1:]) for column in zip(*rows, strict=True)]
    lines: list[str] = []
    for index, row in enumerate(rows):
        cells = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ]
        line = ("  " + "  ".join(cells)).rstrip()
        lines.append(style.dim(line) if index == 0 else line)
    return lines


def _drawing(frame: FrameLayout, style: Style) -> list[str]:
    """The bytes as boxes; slots that share bytes lie one row below the other."""
    slots = sorted(frame.slots, key=lambda slot: (_ORDER.index(slot.stored), slot.offset))
    boxes = [_STATE, *(Box(slot.name, slot.offset, slot.size) for slot in slots if slot.size)]
    rows: list[list[Box]] = []
    for box in boxes:
        for row in rows:
            if not any(box.overlaps(other) for other in row):
                row.append(box)
                break
        else:
            rows.append([box])
    columns = _columns(boxes, frame.size)
    lines = [style.dim("  " + _ruler(columns))]
    for row in rows:
        lines += ["  " + line for line in _row(sorted(row, key=lambda box: box.offset), columns)]
    return lines


def _columns(boxes: Sequence[Box], size: int) -> dict[int, int]:
    """Where each edge of a box is drawn: every box has room for a name, large ones get more."""
    edges = sorted({0, size, *(b.offset for b in boxes), *(b.end for b in boxes)})
    room = _WIDTH - 4
    narrow = max(_CELL_MIN, min(_CELL, room // max(len(edges) - 1, 1)))
    scale = max(0.0, room - narrow * (len(edges) - 1)) / max(size, 1)
    columns = {0: 0}
    for before, edge in pairwise(edges):
        wide = min(int(narrow + (edge - before) * scale), _CELL_MAX_PER_BYTE * (edge - before))
        columns[edge] = columns[before] + max(narrow, wide)
    return columns


def _ruler(columns: dict[int, int]) -> str:
    line = ""
    for offset, column in columns.items():
        if len(line) <= column:
            line = line.ljust(column) + str(offset)
    return line


def _row(boxes: Sequence[Box], columns: dict[int, int]) -> list[str]:
    """Three lines: roof, names, floor."""
    end = columns[boxes[-1].end]
    roof, name_line, floor = [" "] * (end + 1), [" "] * (end + 1), [" "] * (end + 1)
    for box in boxes:
        left, right = columns[box.offset], columns[box.end]
        for line, corners in ((roof, "┌┐┬"), (floor, "└┘┴")):
            line[left] = corners[2] if line[left] in "┐┘" else corners[0]
            line[left + 1 : right] = "─" * (right - left - 1)
            line[right] = corners[1]
        name_line[left] = name_line[right] = "│"
        room = right - left - 1
        label = box.name if len(box.name) <= room else box.name[: max(room - 1, 0)] + "…"
        name_line[left + 1 : right] = label.center(room)
    return ["".join(line).rstrip() for line in (roof, name_line, floor)]
