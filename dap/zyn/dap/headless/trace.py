"""The polls of a run in the trace format that Chrome and Perfetto open: a row for each task.

A wake stands in the row of whom it woke, at its own time, and where a task did it an arrow leads
from that one's row to the poll.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from zyn.debug.model import PollRecord, Wake


def check_trace(path: Path) -> None:
    """Raises OSError where a trace cannot be written; what is there stays as it is."""
    existed = path.exists()
    with path.open("ab"):
        pass
    if not existed:
        path.unlink()


def write_trace(path: Path, polls: Sequence[PollRecord]) -> None:
    """Write the file; times are those of the program's clock."""
    events: list[dict[str, object]] = [
        {"name": "process_name", "ph": "M", "pid": 1, "tid": 0, "args": {"name": "zyn tasks"}}
    ]
    named: set[int] = set()
    for number, poll in enumerate(polls):
        if poll.task not in named:
            named.add(poll.task)
            name = f"{poll.function} #{poll.task}"
            events.append(
                {"name": "thread_name", "ph": "M", "pid": 1, "tid": poll.task,
                 "args": {"name": name}}
            )  # fmt: skip
        arguments: dict[str, object] = {
            "state before": poll.state_before,
            "state after": poll.state_after,
        }
        if poll.wake is not None:
            arguments["woken by"] = _waker(poll.wake, poll.task)
            events += _wake(poll, poll.wake, number)
        events.append(
            {
                "name": poll.function,
                "cat": "poll",
                "ph": "X",
                "ts": poll.begin_ns / 1000,
                "dur": poll.length_ns / 1000,
                "pid": 1,
                "tid": poll.task,
                "args": arguments,
            }
        )
    text = json.dumps({"traceEvents": events, "displayTimeUnit": "ns"})
    path.write_text(text + "\n", encoding="utf-8")


def _waker(wake: Wake, task: int) -> str:
    if wake.by == "task":
        return "itself" if wake.task == task else f"task {wake.task}"
    return "a timer" if wake.by == "timer" else "the outside"


def _wake(poll: PollRecord, wake: Wake, number: int) -> list[dict[str, object]]:
    """A mark where `poll` was woken, and the two ends of an arrow from the task that did it."""
    common = {"cat": "wake", "pid": 1}
    at = {**common, "ts": wake.at_ns / 1000}
    name = f"woken by {_waker(wake, poll.task)}"
    found: list[dict[str, object]] = [{**at, "name": name, "ph": "i", "s": "t", "tid": poll.task}]
    if wake.task is not None and wake.task != poll.task:
        ends = {"name": "wake", "id": number}
        begin = {**common, **ends, "ph": "f", "bp": "e", "ts": poll.begin_ns / 1000}
        found.append({**at, **ends, "ph": "s", "tid": wake.task})
        found.append({**begin, "tid": poll.task})
    return found
