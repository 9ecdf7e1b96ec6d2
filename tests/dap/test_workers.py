"""Several workers under the debugger, through the real adapter: tasks of several workers stopped at
the same time, held, stepped, paused and ended while others run.  Order is asserted, never time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.dap_client import DEADLINE_S, VSCODE, DapClient, event, marks

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("workers", [2, 4])]

PROGRAM = Path(__file__).resolve().parent / "programs" / "workers.zyntax"
LINES = marks(PROGRAM)
LIMIT = 5
TOTAL = 3 * sum(range(1, LIMIT + 1)) + LIMIT


@pytest_asyncio.fixture
async def client() -> AsyncIterator[DapClient]:
    client = await DapClient.spawn()
    yield client
    assert await client.close() == 0


async def configure(client: DapClient, call: str, workers: int, **launch: object) -> None:
    await client.request("initialize", VSCODE)
    arguments = {"program": str(PROGRAM), "call": call, "workers": workers, **launch}
    await client.request("launch", arguments)
    await client.next_event("initialized")


async def break_at(client: DapClient, *names: str, **more: object) -> None:
    points = [{"line": LINES[name], **more} for name in names]
    body = await client.request(
        "setBreakpoints", {"source": {"path": str(PROGRAM)}, "breakpoints": points}
    )
    assert all(point["verified"] for point in body["breakpoints"])


async def tasks(client: DapClient, name: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.request("zyn/tasks", {"filter": name}))["tasks"]
    return found


async def until_tasks(
    client: DapClient, are: Callable[[list[dict[str, Any]]], bool]
) -> list[dict[str, Any]]:
    """All tasks, as soon as they are as they should be."""
    async with asyncio.timeout(DEADLINE_S):
        while not are(found := await tasks(client)):
            pass
    return found


async def at_rest(client: DapClient) -> list[dict[str, Any]]:
    """All tasks, once none is in a poll except those that are stopped in it."""

    def are(found: list[dict[str, Any]]) -> bool:
        return all(task["state"] != "running" or "stopped" in task for task in found)

    return await until_tasks(client, are)


async def values(client: DapClient, thread: int, scope: str = "Locals") -> dict[str, str]:
    stack = await client.request("stackTrace", {"threadId": thread})
    frame = stack["stackFrames"][0]["id"]
    found = (await client.request("scopes", {"frameId": frame}))["scopes"]
    [reference] = [one["variablesReference"] for one in found if one["name"] == scope]
    body = await client.request("variables", {"variablesReference": reference})
    return {variable["name"]: variable["value"] for variable in body["variables"]}


async def line_of(client: DapClient, thread: int) -> int:
    stack = await client.request("stackTrace", {"threadId": thread})
    line: int = stack["stackFrames"][0]["line"]
    return line


async def until_changed(client: DapClient, task: int, state: str) -> None:
    """Wait until a task is in a state; one that has ended may be forgotten."""

    def are(found: list[dict[str, Any]]) -> bool:
        mine = [one["state"] for one in found if one["id"] == task]
        return mine == [state] or (not mine and state == "completed")

    await until_tasks(client, are)


async def end(client: DapClient, value: int) -> None:
    """Let all go, to the end."""
    await client.request("setBreakpoints", {"source": {"path": str(PROGRAM)}, "breakpoints": []})
    exited = client.until(
        lambda: next(
            (i for i, m in enumerate(client.timeline) if m.get("event") == "exited"), None
        ),
        "exited",
    )
    await client.request("continue", {"threadId": 1})
    await exited
    await client.next_event("terminated")
    assert client.output("stdout") == f"{value}\n", client.output()


async def test_stopped_at_the_same_time_while_others_go_on(client: DapClient, workers: int) -> None:
    await configure(client, f"main({LIMIT})", workers, nonStop=True)
    await break_at(client, "count")
    await client.request("configurationDone")
    stopped = [(await client.next_event("stopped", reason="breakpoint")) for _ in range(3)]
    threads = {body["threadId"] for body in stopped}

    assert len(threads) == 3
    assert not any(body["allThreadsStopped"] for body in stopped)
    [quick] = [task["id"] for task in await tasks(client) if task["name"] == "quick"] or [0]
    if quick:
        await until_changed(client, quick, "completed")
    for thread in threads:
        assert await line_of(client, thread) == LINES["count"]
        assert (await values(client, thread))["i"] == "1"

    # One goes on and comes again; the two others have not moved.
    one, *rest = sorted(threads)
    for i in range(2, LIMIT + 1):
        await client.request("continue", {"threadId": one, "singleThread": True})
        assert (await client.next_event("stopped"))["threadId"] == one
        assert (await values(client, one))["i"] == str(i)
        assert [(await values(client, other))["i"] for other in rest] == ["1", "1"]
    await client.request("continue", {"threadId": one, "singleThread": True})
    await until_changed(client, one, "completed")
    assert [(await values(client, other))["i"] for other in rest] == ["1", "1"]
    await end(client, TOTAL)


async def test_a_stop_stands_all_still(client: DapClient, workers: int) -> None:
    await configure(client, f"main({LIMIT})", workers)
    await break_at(client, "count")
    await client.request("configurationDone")
    seen: list[tuple[int, str]] = []
    while len(seen) < 3 * LIMIT:
        told = [await client.next_event("stopped")]
        before = await at_rest(client)
        stopped = [task["id"] for task in before if task.get("stopped") == "breakpoint"]
        # Other workers may have come to a breakpoint before they heard of the first stop.
        told += [await client.next_event("stopped") for _ in stopped[1:]]
        assert all(body["allThreadsStopped"] for body in told)
        assert sorted(stopped) == sorted(body["threadId"] for body in told)
        seen += [(thread, (await values(client, thread))["i"]) for thread in stopped]
        after = await tasks(client)  # in another order: those known to be stopped come first
        assert {t["id"]: (t["state"], t["polls"]) for t in after} == {
            t["id"]: (t["state"], t["polls"]) for t in before
        }
        if len(seen) < 3 * LIMIT:
            await client.request("continue", {"threadId": stopped[0]})
    by_task: dict[int, list[str]] = {}
    for thread, i in seen:
        by_task.setdefault(thread, []).append(i)
    assert sorted(by_task.values()) == [[str(i) for i in range(1, LIMIT + 1)]] * 3
    await end(client, TOTAL)


async def test_one_is_held_while_others_run(client: DapClient, workers: int) -> None:
    await configure(client, f"main({LIMIT})", workers, nonStop=True)
    await break_at(client, "count")
    await client.request("configurationDone")
    threads = [(await client.next_event("stopped"))["threadId"] for _ in range(3)]
    held, *rest = threads
    await client.request("zyn/hold", {"threadId": held})
    await client.request("setBreakpoints", {"source": {"path": str(PROGRAM)}, "breakpoints": []})
    await client.request("continue", {"threadId": held})
    for other in rest:
        await until_changed(client, other, "completed")
    await until_changed(client, held, "held")  # the poll in which it stopped went on to its end
    [task] = [task for task in await tasks(client) if task["id"] == held]
    assert (task["held"], task["polls"]) == (True, 1)
    assert (await values(client, held, "State machine"))["i"] == "1"

    await client.request("zyn/resume", {"threadId": held})
    await client.next_event("exited", exitCode=0)
    assert client.output("stdout") == f"{TOTAL}\n"


async def test_one_is_stepped_poll_by_poll_while_others_run(
    client: DapClient, workers: int
) -> None:
    await configure(client, f"main({LIMIT})", workers, nonStop=True)
    await break_at(client, "count")
    await client.request("configurationDone")
    threads = [(await client.next_event("stopped"))["threadId"] for _ in range(3)]
    one, *rest = threads
    await client.request("setBreakpoints", {"source": {"path": str(PROGRAM)}, "breakpoints": []})
    for other in rest:
        await client.request("continue", {"threadId": other, "singleThread": True})
    for i in range(1, LIMIT + 1):
        await client.request("zyn/step", {"threadId": one, "granularity": "poll"})
        body = await client.next_event("stopped", reason="step")
        assert body["threadId"] == one
        [task] = [task for task in await tasks(client) if task["id"] == one]
        assert task["polls"] == i
        assert (await values(client, one, "State machine"))["i"] == str(i)
    for other in rest:
        await until_changed(client, other, "completed")
    stops = [m["body"]["threadId"] for m in client.timeline if m.get("event") == "stopped"]
    assert stops[3:] == [one] * LIMIT
    await end(client, TOTAL)


async def test_a_running_task_is_paused_while_others_run(client: DapClient, workers: int) -> None:
    await configure(client, "spin()", workers, nonStop=True)
    await client.request("setExceptionBreakpoints", {"filters": ["failure"]})  # debug builds
    await client.request("configurationDone")

    def are(found: list[dict[str, Any]]) -> bool:
        states = {task["name"]: task["state"] for task in found}
        return states.get("spinner") == "running" and states.get("counter") == "completed"

    found = await until_tasks(client, are)  # one ended beside the other's one poll
    [thread] = [task["id"] for task in found if task["name"] == "spinner"]
    for _ in range(3):
        await client.request("pause", {"threadId": thread})
        assert (await client.next_event("stopped"))["threadId"] == thread
        assert (await values(client, thread))["on"] in {"1", "2"}
        await client.request("continue", {"threadId": thread, "singleThread": True})
    await client.request("pause", {"threadId": thread})
    await client.next_event("stopped", reason="pause")
    stack = await client.request("stackTrace", {"threadId": thread})
    frame = stack["stackFrames"][0]["id"]
    reference = (await client.request("scopes", {"frameId": frame}))["scopes"][0]
    await client.request(
        "setVariable",
        {"variablesReference": reference["variablesReference"], "name": "on", "value": "3"},
    )
    await client.request("continue", {"threadId": thread})
    await client.next_event("exited", exitCode=0)
    await client.next_event("terminated")
    assert int(client.output("stdout")) in {6, 9}


async def test_a_deadlock_of_all_workers(client: DapClient, workers: int) -> None:
    await configure(client, "lost()", workers)
    await client.request("setExceptionBreakpoints", {"filters": ["deadlock"]})
    await client.request("configurationDone")
    body = await client.next_event("stopped", reason="exception")
    found = await tasks(client)
    starved = [task for task in found if task["name"] == "starved"]

    assert len(starved) == 2
    assert {(task["state"], task["line"]) for task in starved} == {("parked", LINES["starved"])}
    for task in starved:
        text = f"starved (task {task['id']}) waits for "
        assert text in body["text"]
        assert f"at line {LINES['starved']}" in body["text"].partition(text)[2]
    await client.request("continue", {"threadId": body["threadId"]})
    await client.next_event("exited", exitCode=3)
    assert client.output("stderr").count("starved #") == 2


@pytest.mark.parametrize("how", ["terminate", "disconnect"])
@pytest.mark.parametrize("non_stop", [True, False])
async def test_an_end_in_the_middle(
    client: DapClient, workers: int, how: str, non_stop: bool
) -> None:
    """One is stopped in a poll, one runs and never waits."""
    await configure(client, "spin()", workers, nonStop=non_stop)
    await break_at(client, "count")
    await client.request("configurationDone")
    await client.next_event("stopped")
    process = next(m["body"] for m in client.timeline if m.get("event") == "process")
    assert process["startMethod"] == "launch"
    assert client.process is not None
    assert len(_children(client.process.pid)) == 1
    await client.request(how)
    if how == "terminate":
        await client.next_event("terminated")
        client.expect_order(event("stopped"), event("exited"), event("terminated"))
    else:
        await client.until_closed()
    assert not _children(client.process.pid)


def _children(pid: int) -> list[int]:
    """The live children of a process."""
    found = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(part) for part in file.read_text(encoding="ascii").split()]
    return found


async def test_counters_of_every_worker_while_it_runs(client: DapClient, workers: int) -> None:
    await configure(client, "spin()", workers, nonStop=True)
    await client.request("configurationDone")
    await until_tasks(client, lambda found: any(task["polls"] for task in found))
    seen = await client.request("zyn/runtime", {})
    again = await client.request("zyn/runtime", {})

    assert [one["name"] for one in seen["workers"]] == [
        "host", *(f"worker {index}" for index in range(1, workers + 1))
    ]  # fmt: skip
    assert (seen["clock"], seen["timers"]) == ("real", 0)
    assert (
        sum(one["polls"] for one in again["workers"])
        >= sum(one["polls"] for one in seen["workers"])
        > 0
    )
    assert again["nowNs"] > seen["nowNs"]
    assert not [m for m in client.timeline if m.get("event") == "stopped"]
