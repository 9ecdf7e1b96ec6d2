"""One JSON object for each thing that happens, as docs/headless.md describes them."""

import json
from collections.abc import Callable
from typing import Any

from zyn.dap.events import exit_code
from zyn.dap.headless.facts import End, FrameFacts, Printed, Stop, TaskFacts
from zyn.debug.model import Breakpoint, LaunchConfig, TaskView, Variable


class LineReporter:
    """Writes lines."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write

    def begin(self, config: LaunchConfig) -> None:
        """`launch`."""
        self._line(
            "launch",
            program=config.program,
            call=config.call,
            clock=config.clock,
            seed=config.seed,
            workers=config.workers,
        )

    def breakpoint_set(self, wanted: str, point: Breakpoint) -> None:
        """`breakpoint`."""
        self._line(
            "breakpoint",
            wanted=wanted,
            id=point.id,
            verified=point.verified,
            line=point.line,
            message=point.message,
        )

    def output(self, category: str, text: str) -> None:
        """`output`."""
        self._line("output", category=category, text=text)

    def stop(self, stop: Stop) -> None:
        """`stop`."""
        self._line(
            "stop",
            number=stop.number,
            reason=stop.reason,
            poll=stop.poll,
            text=stop.text,
            **_facts(stop.subject),
            print=[_printed(one) for one in stop.printed],
            others=[_facts(one) for one in stop.others],
        )

    def end(self, end: End) -> None:
        """`end`, always the last line of a run that began."""
        info = end.info
        error = None
        if info is not None and info.error is not None:
            code, message, line = info.error
            error = {"code": code, "message": message, "line": line}
        self._line(
            "end",
            verdict=end.verdict,
            exit_code=end.exit_code,
            stops=end.stops,
            value=None if info is None else info.value,
            error=error,
            program_exit_code=None if info is None or info.signal else exit_code(info),
            signal=None if info is None else info.signal,
            last_lines=[] if info is None else list(info.last_lines),
            leaked=0 if info is None else info.leaked,
            deadlock=[
                {
                    "id": task.id,
                    "name": task.name,
                    "function": task.function,
                    "line": task.line,
                    "waits_for": task.waits_for,
                }
                for task in (() if info is None else info.deadlock)
            ],
            tasks=[_facts(task) for task in end.tasks],
        )

    def problem(self, text: str) -> None:
        """`problem`: the session cannot begin or go on."""
        self._line("problem", message=text)

    def _line(self, event: str, **members: object) -> None:
        self._write(json.dumps({"event": event, **members}, ensure_ascii=False) + "\n")


def _facts(facts: TaskFacts) -> dict[str, Any]:
    return {"task": _task(facts.task), "stack": [_frame(frame) for frame in facts.frames]}


def _task(task: TaskView) -> dict[str, Any]:
    return {
        "id": task.id,
        "name": task.name,
        "state": task.state,
        "function": task.function,
        "line": task.line,
        "await_state": task.await_state,
        "waits_for": task.waits_for,
        "polls": task.polls,
        "woken_by": task.woken_by,
        "error": task.error,
    }


def _frame(facts: FrameFacts) -> dict[str, Any]:
    frame = facts.frame
    return {
        "function": frame.function,
        "line": frame.line,
        "column": frame.column,
        "kind": frame.kind,
        "state": frame.state,
        "fields": [_field(field) for field in facts.fields],
        "locals": [_field(field) for field in facts.locals],
    }


def _field(field: Variable) -> dict[str, Any]:
    return {
        "name": field.name,
        "type": field.type,
        "value": field.value,
        "offset": field.offset,
        "size": field.size,
        "raw": field.raw,
        "absent": field.absent,
    }


def _printed(printed: Printed) -> dict[str, Any]:
    if printed.error is not None:
        return {"expression": printed.expression, "error": printed.error}
    return {"expression": printed.expression, "value": printed.value, "type": printed.type}
