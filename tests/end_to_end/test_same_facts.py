"""The editor, `zyn explain` and the debugger tell the same of the same function.

Each is asked in its own way: the command as a process, the language server by its messages, the
debugger at every parked state of the running program.  The program is written so that slots are
shared, a callee lies inside its caller and a parameter dies early.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

from tests.lsp.wire import URI, Session
from tests.support.cli import run_zyn
from tests.support.debugging import Debugging
from zyn.debug.model import Exited, Stopped, TaskChanged

PROGRAM = """\
async fn step(x: i64) i64 {
    const twice = x * 2;
    await delay(3);
    return twice;
}

async fn main() i64 {
    var total: i64 = 0;
    var i: i32 = 0;
    while (i < 2) {
        const got = await step(total + 1);
        total = total + got;
        i += 1;
    }
    const flag = total > 3;
    await yield_now();
    if (flag) { await delay(total); }
    return total;
}
"""


def explained(file: Path) -> dict[str, Any]:
    """What `zyn explain --json` says, by function."""
    done = run_zyn("explain", file, "--json")
    assert done.returncode == 0, done.stderr
    return {function["name"]: function for function in json.loads(done.stdout)["functions"]}


def test_hints_and_state_machine_are_what_explain_prints(tmp_path: Path) -> None:
    file = tmp_path / "same.zyntax"
    file.write_text(PROGRAM)
    wanted = explained(file)["main"]
    session = Session()
    session.initialize()
    session.open(PROGRAM)
    machine = session.request(
        "zyn/stateMachine", {"textDocument": {"uri": URI}, "function": "main"}
    )
    shown = [(s["index"], s["kind"], s["line"] + 1, s["live"]) for s in machine["states"]]
    assert shown == [(s["index"], s["kind"], s["line"], s["live"]) for s in wanted["states"]]
    slots = [(s["name"], s["type"], s["offset"], s["size"], s["stored"]) for s in machine["slots"]]
    frame = wanted["frame"]
    assert slots == [
        (s["name"], s["type"], s["offset"], s["size"], s["stored"]) for s in frame["slots"]
    ]
    assert (machine["size"], machine["align"]) == (frame["size"], frame["align"])

    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}
    hints = session.request(
        "textDocument/inlayHint", {"textDocument": {"uri": URI}, "range": whole}
    )
    labels = [label_of(hint) for hint in hints]
    for state in wanted["states"][1:]:
        live = ", ".join(state["live"]) or "nothing"
        assert any(x.startswith(f"state {state['index']} - {live} live") for x in labels), labels
    for slot in frame["slots"]:
        if slot["stored"] == "local":
            assert f"captured @{slot['offset']}" in labels


def label_of(hint: dict[str, Any]) -> str:
    """The text of a hint, whose label is a text or parts."""
    label = hint["label"]
    text = label if isinstance(label, str) else "".join(part["value"] for part in label)
    return str(text).strip()


async def test_parked_frames_are_what_explain_prints(tmp_path: Path) -> None:
    file = tmp_path / "same.zyntax"
    file.write_text(PROGRAM)
    functions = explained(file)
    debug = Debugging(file, PROGRAM)
    seen: set[tuple[str, int]] = set()
    async with asyncio.timeout(60):
        await debug.launch("main()", stop_on_entry=True)
        stop: Stopped | None = await debug.stopped()
        while stop is not None:
            seen |= await compare(debug, stop.task, functions)
            await debug.session.step(stop.task, "poll")
            stop = await next_stop(debug)
    await debug.session.disconnect(terminate=True)
    assert seen == {("main", 1), ("main", 2), ("main", 3), ("step", 1)}


async def next_stop(debug: Debugging) -> Stopped | None:
    """The next stop of the main task, or None when it has ended."""
    event = await debug.until(
        object,
        lambda event: (
            isinstance(event, Stopped | Exited)
            or (isinstance(event, TaskChanged) and event.task.state == "completed")
        ),
    )
    return event if isinstance(event, Stopped) else None


async def compare(debug: Debugging, task: int, functions: dict[str, Any]) -> set[tuple[str, int]]:
    """Hold every suspended frame of the stack against what was explained."""
    compared: set[tuple[str, int]] = set()
    for place, frame in enumerate(await debug.session.stack(task)):
        if frame.kind != "awaiting" or not frame.state:
            continue
        function = functions[frame.function]
        state = function["states"][frame.state]
        assert frame.line == state["line"]
        fields = await debug.scope(task, "state_machine", place)
        for slot in function["frame"]["slots"]:
            live = frame.state in slot["live_in"]
            if slot["stored"] in {"parameter", "local"} and live:
                field = fields[slot["name"]]
                assert (field.offset, field.size) == (slot["offset"], slot["size"])
                assert field.type == slot["type"]
                assert field.absent is None
        compared.add((frame.function, frame.state))
    return compared
