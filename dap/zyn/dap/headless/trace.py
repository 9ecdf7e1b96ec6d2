"""The polls of a run in the trace format that Chrome and Perfetto open: a row for each task."""

import json
from collections.abc import Sequence
from pathlib import Path

from zyn.debug.model import PollRecord


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
    for poll in polls:
        if poll.task not in named:
            named.add(poll.task)
            name = f"{poll.function} #{poll.task}"
            events.append(
                {"name": "thread_name", "ph": "M", "pid": 1, "tid": poll.task,
                 "args": {"name": name}}
            )  # fmt: skip
        events.append(
            {
                "name": poll.function,
                "cat": "poll",
                "ph": "X",
                "ts": poll.begin_ns / 1000,
                "dur": poll.length_ns / 1000,
                "pid": 1,
                "tid": poll.task,
                "args": {"state before": poll.state_before, "state after": poll.state_after},
            }
        )
    text = json.dumps({"traceEvents": events, "displayTimeUnit": "ns"})
    path.write_text(text + "\n", encoding="utf-8")
