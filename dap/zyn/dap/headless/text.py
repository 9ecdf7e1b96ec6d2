"""A headless session for the eye: stops, stacks, and the fields of state machines as tables.

A field whose value differs from the last time it was shown is marked with what it was.  Colours
are used on a terminal only; without them the marks and lines say the same.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from zyn.dap.events import exit_code, verdict_lines
from zyn.dap.headless.facts import End, FrameFacts, Printed, Stop, TaskFacts
from zyn.debug.model import Breakpoint, Frame, LaunchConfig, TaskView, Variable

WIDTH = 84
VALUE_WIDTH = 48
WAS_WIDTH = 16
INLINE_FIELDS_MAX = 5
RAW_BYTES_MAX = 8
SCALAR = re.compile(r"[iuf][0-9]+|bool")

Paint = Callable[[str, str], str]
Place = tuple[int, int, str]  # task, distance from the outermost frame, function

COLOURS = {
    "dim": "2",
    "bold": "1",
    "name": "1;36",
    "good": "32",
    "bad": "1;31",
    "warn": "33",
    "changed": "1;33",
    "type": "35",
}
REASONS = {"exception": "failure"}


class Row(NamedTuple):
    """A field as it is shown; `was` is its value before, when that was another."""

    offset: str
    name: str
    type: str
    value: str
    raw: str
    plain: bool
    was: str


def plain(text: str, _style: str) -> str:
    """No colours."""
    return text


def coloured(text: str, style: str) -> str:
    """The colours of a terminal."""
    return f"\x1b[{COLOURS[style]}m{text}\x1b[0m"


class TextReporter:
    """Writes text."""

    def __init__(self, write: Callable[[str], object], paint: Paint = plain) -> None:
        self._write = write
        self._paint = paint
        self._before: dict[tuple[Place, str], str] = {}
        self._sources: dict[str, list[str]] = {}
        self._open_line = False

    def begin(self, config: LaunchConfig) -> None:
        """A title."""
        call = config.call or "main()"
        order = f"seed {config.seed}" if config.workers == 1 else f"{config.workers} workers"
        facts = f"{call} · {config.clock} clock · {order}"
        self._say(f"{self._paint(Path(config.program).name, 'bold')}  {self._paint(facts, 'dim')}")

    def breakpoint_set(self, wanted: str, point: Breakpoint) -> None:
        """Only what is not as it was asked for."""
        if not point.verified:
            reason = point.message or "it cannot be set"
            self._say(f"{self._paint('breakpoint', 'bad')} {wanted}: {reason}")
        elif point.line is not None and wanted.isdigit() and int(wanted) != point.line:
            self._say(self._paint(f"breakpoint {wanted} moved to line {point.line}", "dim"))

    def output(self, category: str, text: str) -> None:
        """What the program wrote, with a bar beside it."""
        style = "bad" if category == "stderr" else "good"
        for line in text.splitlines():
            self._say(f"  {self._paint('▏', style)} {line}")

    def stop(self, stop: Stop) -> None:
        """A heading, the stack, the fields, the values asked for, and the other tasks."""
        task = stop.subject.task
        self._say("")
        self._heading(stop, task)
        if stop.text:
            self._say(f"    {self._paint(stop.text, 'bad')}")
        frames = stop.subject.frames
        self._stack(frames)
        for level, frame in _levels(stop.subject):
            self._tables(task.id, level, frame)
        for printed in stop.printed:
            self._printed(printed)
        if stop.others:
            self._say(f"    {self._paint('other tasks', 'dim')}")
            self._others(stop.others)

    def end(self, end: End) -> None:
        """The value, or what went wrong."""
        self._say("")
        info = end.info
        if info is not None and info.value is not None:
            self._say(f"{self._paint('value', 'good')}  {self._paint(info.value, 'bold')}")
        if end.verdict == "timeout":
            self._say(f"{self._paint('timeout', 'bad')}  the program did not end in time")
            self._others(end.tasks)
        if info is not None:
            for index, line in enumerate(verdict_lines(info)):
                self._say(self._paint(line, "bad") if index == 0 else line)
        style = "good" if end.exit_code == 0 else "bad"
        stops = f"{end.stops} stop{'' if end.stops == 1 else 's'}"
        tail = "" if info is None else f" · program exit code {exit_code(info)}"
        self._say(f"{self._paint(end.verdict, style)}  {self._paint(stops + tail, 'dim')}")

    def problem(self, text: str) -> None:
        """An error before or beside the program's own."""
        self._say(f"{self._paint('error', 'bad')}  {text}")

    def _heading(self, stop: Stop, task: TaskView) -> None:
        reason = REASONS.get(stop.reason, stop.reason)
        what = reason if stop.poll is None else f"poll {stop.poll}"
        style = "bad" if stop.reason in {"exception", "deadlock"} else "warn"
        head = f"{what} ── {task.name} #{task.id}"
        rest = "" if stop.reason == "entry" else f" ── {_condition(task)}"
        line = "─" * max(WIDTH - len(f"{stop.number:>3} {head}{rest} "), 2)
        self._say(
            f"{self._paint(f'{stop.number:>3}', 'dim')} {self._paint(what, style)} "
            f"{self._paint('──', 'dim')} {self._paint(f'{task.name} #{task.id}', 'name')}"
            f"{self._paint(rest + ' ' + line, 'dim')}"
        )

    def _stack(self, frames: list[FrameFacts]) -> None:
        """A line for each frame, with its text from the file."""
        rows = [(facts.frame, *self._place(facts.frame)) for facts in frames]
        names = max((len(_frame_name(frame)) for frame, _, _ in rows), default=0)
        places = max((len(place) for _, place, _ in rows), default=0)
        for index, (frame, place, code) in enumerate(rows):
            arrow = "→" if index == 0 else " "
            name = _frame_name(frame)
            shown = self._paint(name, "name" if frame.kind != "spawn" else "dim")
            self._say(
                f"  {self._paint(arrow, 'warn')} {shown}{' ' * (names - len(name))}  "
                f"{self._paint(place.rjust(places), 'dim')} {self._paint('│', 'dim')} {code}"
            )

    def _tables(self, task: int, level: int, facts: FrameFacts) -> None:
        """What one frame holds: of one that runs its variables, of one that waits its fields."""
        name = facts.frame.function
        state = "" if facts.frame.state is None else f" · state {_state(facts.frame.state)}"
        if facts.locals:
            self._table((task, level, f"{name}()"), f"{name} · variables", facts.locals)
            state += " · as of the last suspension"
        if facts.fields:
            self._table((task, level, name), f"{name}{state}", facts.fields)

    def _table(self, place: Place, title: str, fields: list[Variable]) -> None:
        """The fields that have a value, and the names of those that have none."""
        rows = [self._row(place, one) for one in fields]
        live = [row for row in rows if row is not None]
        offsets = max((len(row.offset) for row in live), default=0)
        names = max((len(row.name) for row in live), default=0)
        types = max((len(row.type) for row in live), default=0)
        raws = max((len(row.raw) for row in live), default=0)
        title = f"╭ {title} "
        self._say(f"    {self._paint(title + '─' * max(48 - len(title), 2), 'dim')}")
        bar = self._paint("│", "dim")
        for row in live:
            style = "changed" if row.was else "good" if row.plain else "dim"
            short = row.was and max(len(row.was), len(row.value)) <= WAS_WIDTH
            mark = self._paint(f"  was {row.was}", "dim") if short else ""
            offset = f" {self._paint(row.offset.rjust(offsets), 'dim')} " if offsets else ""
            raw = f"  {self._paint(row.raw.ljust(raws), 'dim')}" if raws else ""
            self._say(
                f"    {bar} {offset}{self._paint(row.name.ljust(names), 'bold')}  "
                f"{self._paint(row.type.ljust(types), 'type')}{raw}  "
                f"{self._paint(row.value, style)}{mark}"
            )
        absent = list(dict.fromkeys(one.name for one in fields if one.absent is not None))
        if absent:
            self._say(f"    {bar} {self._paint('no value: ' + ', '.join(absent), 'dim')}")
        self._say(f"    {self._paint('╰' + '─' * 47, 'dim')}")

    def _row(self, place: Place, field: Variable) -> Row | None:
        """A field with a value; remembers it, to tell when it is another the next time."""
        key = (place, f"{field.name}:{field.type}")
        if field.absent is not None:
            self._before.pop(key, None)
            return None
        value = field.value if len(field.value) <= VALUE_WIDTH else field.value[:VALUE_WIDTH] + "…"
        before = self._before.get(key, value)
        self._before[key] = value
        told = before != value and field.name != "state" and field.children is None
        return Row(
            offset="" if field.offset is None else f"@{field.offset}",
            name=field.name,
            type=field.type,
            value=value,
            raw=_raw(field) if SCALAR.fullmatch(field.type) else "",
            plain=field.children is None,
            was=before if told else "",
        )

    def _printed(self, printed: Printed) -> None:
        head = f"    {self._paint(printed.expression, 'bold')} = "
        if printed.error is not None:
            self._say(head + self._paint(printed.error, "warn"))
        else:
            kind = self._paint(f"  {printed.type}", "type")
            self._say(f"{head}{self._paint(str(printed.value), 'good')}{kind}")

    def _others(self, tasks: list[TaskFacts]) -> None:
        """A line for each other task: where it is, and the fields of its own frame."""
        names = max((len(f"{t.task.name} #{t.task.id}") for t in tasks), default=0)
        conditions = max((len(_condition(t.task)) for t in tasks), default=0)
        for facts in tasks:
            task = facts.task
            name = f"{task.name} #{task.id}"
            line = "" if task.line is None else f"line {task.line}"
            self._say(
                f"    {self._paint(name.ljust(names), 'name')}  "
                f"{self._paint(line.rjust(8), 'dim')}  "
                f"{_condition(task).ljust(conditions)}  {self._inline(facts)}".rstrip()
            )

    def _inline(self, facts: TaskFacts) -> str:
        parts = []
        for level, frame in _levels(facts)[:1]:
            for field in frame.locals or frame.fields:
                row = self._row((facts.task.id, level, frame.frame.function), field)
                if row is not None and row.raw and field.name != "state":
                    value = self._paint(row.value, "changed" if row.was else "good")
                    parts.append(f"{self._paint(row.name, 'bold')} {value}")
        return "  ".join(parts[:INLINE_FIELDS_MAX])

    def _place(self, frame: Frame) -> tuple[str, str]:
        if frame.file is None or frame.line is None:
            return "", ""
        lines = self._sources.get(frame.file)
        if lines is None:
            lines = self._sources[frame.file] = _read(frame.file)
        code = lines[frame.line - 1].strip() if 0 < frame.line <= len(lines) else ""
        return f"line {frame.line}", code[: WIDTH - 30]

    def _say(self, line: str) -> None:
        self._write(line.rstrip() + "\n")


def _levels(facts: TaskFacts) -> list[tuple[int, FrameFacts]]:
    """The frames with fields, innermost first, each with its distance from the outermost."""
    count = len(facts.frames)
    return [
        (count - index, one) for index, one in enumerate(facts.frames) if one.fields or one.locals
    ]


def _condition(task: TaskView) -> str:
    if task.error is not None:
        return f"{task.state}: {task.error}"
    if task.waits_for is not None and task.state in {"parked", "held"}:
        return f"{task.state}, waits for {task.waits_for}"
    return task.state


def _frame_name(frame: Frame) -> str:
    if frame.kind == "spawn":
        return f"spawned by {frame.function}"
    return frame.function


def _state(state: int) -> str:
    return {0xFFFFFFFD: "cancelled", 0xFFFFFFFE: "returned", 0xFFFFFFFF: "failed"}.get(
        state, str(state)
    )


def _raw(field: Variable) -> str:
    """The bytes in pairs; of a long field the first few."""
    if field.raw is None:
        return ""
    digits = field.raw.replace(" ", "")
    pairs = [digits[index : index + 2] for index in range(0, len(digits), 2)]
    more = " …" if len(pairs) > RAW_BYTES_MAX else ""
    return " ".join(pairs[:RAW_BYTES_MAX]) + more


def _read(file: str) -> list[str]:
    try:
        return Path(file).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
