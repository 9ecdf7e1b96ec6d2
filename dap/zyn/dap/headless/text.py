"""A headless session for the eye: stops, stacks, and the fields of state machines as tables.

A field whose value differs from the last time it was shown is marked with what it was.  Colours
are used on a terminal only; without them the marks and lines say the same.
"""

from collections.abc import Callable
from pathlib import Path

from zyn.dap.events import exit_code, verdict_lines
from zyn.dap.headless.facts import End, FrameFacts, Printed, Stop, TaskFacts
from zyn.debug.model import Breakpoint, Frame, LaunchConfig, TaskView, Variable

WIDTH = 84
VALUE_WIDTH = 22
INLINE_FIELDS_MAX = 5
RAW_BYTES_MAX = 8

Paint = Callable[[str, str], str]

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
        self._before: dict[tuple[int, int, str, str], str] = {}
        self._sources: dict[str, list[str]] = {}
        self._open_line = False

    def begin(self, config: LaunchConfig) -> None:
        """A title."""
        call = config.call or "main()"
        facts = f"{call} · {config.clock} clock · seed {config.seed}"
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
        for depth, frame in enumerate(frames):
            self._table(task.id, depth, frame)
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

    def _table(self, task: int, depth: int, facts: FrameFacts) -> None:
        """The fields of one frame."""
        if not facts.fields:
            return
        state = "" if facts.frame.state is None else f" · state {_state(facts.frame.state)}"
        rows = [self._row(task, depth, facts.frame.function, field) for field in facts.fields]
        names = max(len(row[1]) for row in rows)
        types = max(len(row[2]) for row in rows)
        raws = max((len(row[4]) for row in rows), default=0)
        title = f"╭ {facts.frame.function}{state} "
        self._say(f"    {self._paint(title + '─' * max(48 - len(title), 2), 'dim')}")
        for offset, name, kind, value, raw, was in rows:
            bar = self._paint("│", "dim")
            head = (
                f"{self._paint(offset.rjust(5), 'dim')}  {self._paint(name.ljust(names), 'bold')}"
            )
            text = value if len(value) <= VALUE_WIDTH else value[: VALUE_WIDTH - 1] + "…"
            shown = self._paint(text.rjust(VALUE_WIDTH // 2), "changed" if was else "good")
            mark = self._paint(f"  was {was}", "changed") if was else ""
            self._say(
                f"    {bar}{head}  {self._paint(kind.ljust(types), 'type')}  "
                f"{self._paint(raw.ljust(raws), 'dim')}  {shown}{mark}"
            )
        self._say(f"    {self._paint('╰' + '─' * 47, 'dim')}")

    def _row(
        self, task: int, depth: int, function: str, field: Variable
    ) -> tuple[str, str, str, str, str, str]:
        """Offset, name, type, value, bytes, and the value before when it was another."""
        key = (task, -depth, function, field.name)
        before = self._before.get(key)
        self._before[key] = field.value
        offset = "" if field.offset is None else f"@{field.offset}"
        was = before if before is not None and before != field.value else ""
        return offset, field.name, field.type, field.value, _raw(field), was

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
        own = [(depth, frame) for depth, frame in enumerate(facts.frames) if frame.fields]
        for depth, frame in own[:1]:
            for field in frame.fields:
                row = self._row(facts.task.id, depth, frame.frame.function, field)
                if field.name != "state" and field.absent is None:
                    value = self._paint(row[3], "changed" if row[5] else "good")
                    parts.append(f"{self._paint(row[1], 'bold')} {value}")
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
