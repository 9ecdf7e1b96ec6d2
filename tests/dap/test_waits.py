"""What each parked task waits for, through the real adapter, for everything that a Zyntax program
can wait for: in the list of tasks, in the Task scope, and beside it the Runtime scope."""

import re
from pathlib import Path

import pytest

from tests.support.dap_client import VSCODE, DapClient, marks

pytestmark = pytest.mark.e2e

PROGRAMS = Path(__file__).resolve().parent / "programs"
PROGRAM = PROGRAMS / "waits.zyntax"
STREAMS = PROGRAMS / "streams.zyntax"
LINES = marks(PROGRAM)
WAITS = {
    "timer": "timer, 4000 ms left",
    "receiver": "a value from channel 1 (0 of 4 queued)",
    "patient": "a value from channel 2 (0 of 4 queued), 6000 ms left",
    "sender": "room in channel 3 (2 of 2 queued)",
    "owner": "nothing",
    "locker": "mutex 4, which task {owner} has",
    "writer": "rwlock 5, which task {writer} has",
    "permit": "2 permits of semaphore 6 (1 free)",
    "party": "barrier 7 (1 of 3 arrived)",
    "signalled": "notify 8",
    "parent": "task {child}",
    "nursing": "the children of nursery 10 (1 alive)",
    "joiner": "a task of join-set 11 (1 alive)",
    "limited": "a promise, 2000 ms left",
}


async def scope(client: DapClient, thread: int, name: str) -> dict[str, str]:
    stack = await client.request("stackTrace", {"threadId": thread})
    scopes = await client.request("scopes", {"frameId": stack["stackFrames"][0]["id"]})
    [found] = [one for one in scopes["scopes"] if one["name"] == name]
    reference = {"variablesReference": found["variablesReference"]}
    shown = (await client.request("variables", reference))["variables"]
    assert found["namedVariables"] == len(shown)
    return {one["name"]: one["value"] for one in shown}


async def looked(program: Path) -> DapClient:
    """A client whose program stands at the line marked `@looked`."""
    client = await DapClient.spawn()
    await client.request("initialize", VSCODE)
    await client.request("launch", {"program": str(program)})
    source = {"path": str(program)}
    points = [{"line": marks(program)["looked"]}]
    await client.request("setBreakpoints", {"source": source, "breakpoints": points})
    await client.request("configurationDone")
    await client.next_event("stopped", reason="breakpoint")
    return client


async def test_every_kind() -> None:
    client = await looked(PROGRAM)
    tasks = (await client.request("zyn/tasks", {}))["tasks"]
    by_name = {task["name"]: task for task in reversed(tasks)}
    children = [task["id"] for task in tasks if task.get("parent") == by_name["parent"]["id"]]
    ids = {
        "owner": by_name["owner"]["id"], "writer": by_name["writer"]["id"], "child": children[0]
    }  # fmt: skip

    assert len(by_name) == len(WAITS) + 1
    for name, waits in WAITS.items():
        task = by_name[name]
        assert (task["state"], task["line"]) == ("parked", LINES[name])
        assert task["waitsFor"] == waits.format(**ids)
        assert (await scope(client, task["id"], "Task"))["waits for"] == task["waitsFor"]
    runtime = await scope(client, by_name["main"]["id"], "Runtime")
    counted = await client.request("zyn/runtime", {})
    assert runtime["clock"] == "virtual, 1000.000 ms"
    assert (runtime["workers"], runtime["timers"], runtime["queued"]) == ("1", "6", "0")
    assert int(runtime["polls"]) == sum(task["polls"] for task in tasks)
    assert int(runtime["polls"]) == sum(one["polls"] for one in counted["workers"])
    assert await client.close() == 0


async def test_every_end_of_a_stream() -> None:
    """Of a connection the address is told, and the number of its handle."""
    client = await looked(STREAMS)
    lines = marks(STREAMS)
    tasks = (await client.request("zyn/tasks", {}))["tasks"]
    by_name = {task["name"]: task for task in tasks}
    shown = {}
    for name in ("accepting", "reading", "writing"):
        task = by_name[name]
        assert (task["state"], task["line"]) == ("parked", lines[name])
        assert (await scope(client, task["id"], "Task"))["waits for"] == task["waitsFor"]
        shown[name] = re.sub(r"127\.0\.0\.1:\d+|\b(?<=io )\d+|\d+(?= of)", "N", task["waitsFor"])
    stack = await client.request("stackTrace", {"threadId": by_name["main"]["id"]})
    expression = {"frameId": stack["stackFrames"][0]["id"], "expression": "listener"}
    assert (await client.request("evaluate", expression))["type"] == "TcpListener"

    assert shown == {
        "accepting": "a connection on N (io N)",
        "reading": "data from N (io N)",
        "writing": "room to send to N (io N, N of 16777216 bytes sent)",
    }
    assert await client.close() == 0
