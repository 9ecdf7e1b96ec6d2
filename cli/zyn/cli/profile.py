"""A profile as a table, as JSON and as a flame graph."""

import hashlib
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from zyn.embed.profile import Stack

_WIDTH = 1000
_ROW = 18
_MARGIN = 10
_TOP = 44
_LETTER = 6.6  # pixels of one, at the size of the labels
_SUMS = ("polls", "poll_ns", "parked_ns", "frames", "blocks", "bytes")

Place = tuple[str, str, int | None, str | None]
"""Function, file, line, what is awaited."""


def as_table(stacks: Sequence[Stack]) -> str:
    """A line for each function and await point, the most expensive first."""
    rows = [("polls", "in poll", "parked", "frames", "blocks", "bytes", "line", "function")]
    for (function, _, line, awaits), sums in _places(stacks):
        polls, poll_ns, parked_ns, frames, blocks, size = sums
        what = function if awaits is None else f"{function}  await {awaits}"
        rows.append(
            (
                str(polls), _time(poll_ns), _time(parked_ns), str(frames), str(blocks), str(size),
                str(line or "-"), what,
            )
        )  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(7)]
    return "\n".join(
        "  ".join([cell.rjust(width) for cell, width in zip(row, widths, strict=False)] + [row[7]])
        for row in rows
    )


def as_json(stacks: Sequence[Stack]) -> dict[str, Any]:
    """The rows of the table, and the stacks that they are sums of."""
    points = [
        {"function": function, "file": file, "line": line, "awaits": awaits}
        | dict(zip(_SUMS, sums, strict=True))
        for (function, file, line, awaits), sums in _places(stacks)
    ]
    return {"points": points, "stacks": [stack._asdict() for stack in stacks]}


def as_svg(stacks: Sequence[Stack]) -> str:
    """Each stack on who awaits or spawned it; widths are time in poll, all above included."""
    widths = [stack.poll_ns for stack in stacks]
    depths = [0] * len(stacks)
    for index in range(len(stacks) - 1, 0, -1):
        widths[stacks[index].outer] += widths[index]
    for index in range(1, len(stacks)):
        depths[index] = depths[stacks[index].outer] + 1
    total = widths[0] if stacks else 0
    height = _TOP + (max(depths, default=0) + 1) * _ROW + _MARGIN
    scale = (_WIDTH - 2 * _MARGIN) / max(total, 1)
    left: list[float] = [_MARGIN] * len(stacks)
    free: list[float] = [_MARGIN] * len(stacks)  # where the next stack on this one begins
    boxes: list[str] = []
    for index, stack in enumerate(stacks):
        if index:
            left[index] = free[stack.outer]
            free[index] = left[index]
            free[stack.outer] += widths[index] * scale
        y = height - _MARGIN - (depths[index] + 1) * _ROW
        label = _label(stack) if index else "all"
        boxes.append(
            _box(label, left[index], y, widths[index] * scale, _hover(stack, widths, index))
        )
    size = f'width="{_WIDTH}" height="{height}"'
    view = f'viewBox="0 0 {_WIDTH} {height}" font-family="monospace" font-size="11"'
    title = f"Time in poll: {_time(total)}; below each await is who awaits or spawned it"
    lines = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {view}>',
        f'<rect {size} fill="#ffffff"/>',
        f'<text x="{_MARGIN}" y="24" font-size="14">{title}</text>',
        *boxes,
        "</svg>",
    )
    return "\n".join(lines) + "\n"


def _places(stacks: Sequence[Stack]) -> list[tuple[Place, list[int]]]:
    sums: dict[Place, list[int]] = {}
    for stack in stacks:
        place = (stack.function, stack.file, stack.line, stack.awaits)
        row = sums.setdefault(place, [0] * len(_SUMS))
        for column, name in enumerate(_SUMS):
            row[column] += getattr(stack, name)
    used = [(place, row) for place, row in sums.items() if any(row)]
    return sorted(used, key=lambda item: (-item[1][1], -item[1][0], item[0][0], item[0][2] or 0))


def _box(label: str, x: float, y: int, width: float, hover: str) -> str:
    if width < 0.1:
        return ""
    room = int((width - 6) / _LETTER)
    shown = label if len(label) <= room else label[: room - 1] + "…" if room > 2 else ""
    function = label.partition(":")[0]  # one colour for all its await points
    hue = hashlib.blake2b(function.encode(), digest_size=1).digest()[0] * 45 // 255
    return (
        f"<g><title>{escape(hover)}</title>"
        f'<rect x="{x:.2f}" y="{y}" width="{max(width - 0.5, 0.1):.2f}" height="{_ROW - 1}"'
        f' fill="hsl({hue + 15},80%,68%)" rx="2"/>'
        f'<text x="{x + 3:.2f}" y="{y + 13}">{escape(shown)}</text></g>'
    )


def _label(stack: Stack) -> str:
    if stack.awaits is None:
        return stack.function
    return f"{stack.function}:{stack.line} await {stack.awaits}"


def _hover(stack: Stack, widths: Sequence[int], index: int) -> str:
    label = _label(stack) if index else "all"
    return (
        f"{label}: {_time(widths[index])} in poll, {_time(stack.poll_ns)} of them its own,"
        f" {stack.polls} polls, {_time(stack.parked_ns)} parked"
    )


def _time(ns: int) -> str:
    for unit, size in (("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000)):
        if ns >= size:
            return f"{ns / size:.2f} {unit}"
    return f"{ns} ns" if ns else "0"
