"""The real adapter, the real engine, a real program in a process of its own."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.dap_client import NVIM_DAP, VSCODE, DapClient, event, marks, response
from tests.support.repository import ROOT
from zyn.dap import protocol

pytestmark = pytest.mark.e2e

SUMS = Path(__file__).resolve().parent / "programs" / "sums.zyntax"
THREE = ROOT / "examples" / "three_tasks.zyntax"
LINES = marks(SUMS)
_SOURCE = THREE.read_text(encoding="utf-8").splitlines()
THREE_LINES = {
    name: next(number for number, line in enumerate(_SOURCE, 1) if text in line)
    for name, text in (
        ("tick", "await delay"),
        ("add", "total = total"),
        ("lost", "await pending"),
        ("stuck", "await third"),
    )
}


@pytest_asyncio.fixture
async def client() -> AsyncIterator[DapClient]:
    client = await DapClient.spawn()
    yield client
    assert await client.close() == 0


async def configure(
    client: DapClient, program: Path, profile: dict[str, Any] = VSCODE, **launch: object
) -> None:
    await client.request("initialize", profile)
    await client.request("launch", {"program": str(program), **launch})
    await client.next_event("initialized")


async def break_at(client: DapClient, program: Path, *points: dict[str, Any]) -> list[Any]:
    body = await client.request(
        "setBreakpoints", {"source": {"path": str(program)}, "breakpoints": list(points)}
    )
    placed: list[Any] = body["breakpoints"]
    return placed


async def go(client: DapClient, **stopped: object) -> int:
    await client.request("configurationDone")
    body = await client.next_event("stopped", **stopped)
    thread: int = body["threadId"]
    return thread


async def frames(client: DapClient, thread: int) -> list[protocol.StackFrame]:
    body = await client.typed("stackTrace", {"threadId": thread}, protocol.StackTraceResponseBody)
    return body.stack_frames


async def scope(client: DapClient, thread: int, name: str, depth: int = 0) -> int:
    frame = (await frames(client, thread))[depth]
    body = await client.typed("scopes", {"frameId": frame.id}, protocol.ScopesResponseBody)
    return {one.name: one.variables_reference for one in body.scopes}[name]


async def fields(
    client: DapClient, thread: int, depth: int = 0, name: str = "State machine"
) -> dict[str, str]:
    reference = await scope(client, thread, name, depth)
    body = await client.request("variables", {"variablesReference": reference})
    return {variable["name"]: variable["value"] for variable in body["variables"]}


async def locals_of(client: DapClient, thread: int) -> dict[str, str]:
    return await fields(client, thread, name="Locals")


async def tasks_named(client: DapClient, function: str) -> list[dict[str, Any]]:
    body = await client.request("zyn/tasks", {})
    return [task for task in body["tasks"] if task["function"] == function]


async def test_three_tasks_stepped_held_changed_and_stuck(client: DapClient) -> None:
    """One is stepped poll by poll and changed, one is held, one waits for ever."""
    await configure(client, THREE, stopOnEntry=True)
    await client.request("setExceptionBreakpoints", {"filters": ["deadlock"]})
    first = await go(client, reason="entry")
    await client.request("zyn/step", {"threadId": first, "granularity": "poll"})
    await client.next_event("stopped", reason="step", threadId=first)
    seen = [await fields(client, first)]
    await client.request("zyn/step", {"threadId": first, "granularity": "poll"})
    await client.next_event("stopped", reason="step", threadId=first)
    seen.append(await fields(client, first))

    [second] = [task["id"] for task in await tasks_named(client, "worker") if task["id"] != first]
    [third] = [task["id"] for task in await tasks_named(client, "lost")]
    await client.request("zyn/hold", {"threadId": second})
    held = {task["id"]: task for task in (await client.request("zyn/tasks", {}))["tasks"]}
    assert held[second]["held"]

    await client.request("zyn/step", {"threadId": first, "granularity": "poll"})
    await client.next_event("stopped", reason="step", threadId=first)
    seen.append(await fields(client, first))
    stack = await frames(client, first)
    assert [frame.name for frame in stack][:2] == ["worker", "main"]
    assert stack[0].line == THREE_LINES["tick"]
    assert [(one["total"], one["i"]) for one in seen] == [("0", "0"), ("1", "1"), ("2", "2")]

    reference = await scope(client, first, "State machine")
    changed = await client.request(
        "setVariable", {"variablesReference": reference, "name": "total", "value": "1000"}
    )
    assert changed["value"] == "1000"
    await client.next_event("invalidated")

    [lost] = await tasks_named(client, "lost")
    assert (lost["id"], lost["state"], lost["line"]) == (third, "parked", THREE_LINES["lost"])

    # The held task has not moved while the first went on.
    polls = {task["id"]: task["polls"] for task in await tasks_named(client, "worker")}
    before = await fields(client, second)
    await client.request("zyn/step", {"threadId": first, "granularity": "poll"})
    await client.next_event("stopped", reason="step", threadId=first)
    assert (await fields(client, first))["ones"] == "1001"
    assert await fields(client, second) == before
    after = {task["id"]: task["polls"] for task in await tasks_named(client, "worker")}
    assert after[second] == polls[second]

    await client.request("zyn/resume", {"threadId": second})
    await client.request("continue", {"threadId": first})
    stuck = await client.next_event("stopped", description="Deadlock")
    assert f"line {THREE_LINES['lost']}" in stuck["text"]
    assert "lost" in stuck["text"]
    result = await fields(client, first)
    assert (result["ones"], result["tens"]) == ("1001", "30")
    info = await client.request("exceptionInfo", {"threadId": stuck["threadId"]})
    assert info["exceptionId"] == "deadlock"

    await client.request("continue", {"threadId": stuck["threadId"]})
    exited = await client.next_event("exited")
    assert exited["exitCode"] != 0
    assert f"line {THREE_LINES['lost']}" in client.output("stderr")
    await client.next_event("terminated")
    await client.request("disconnect")


async def test_value_of_the_call(client: DapClient) -> None:
    await configure(client, SUMS, call="sum_to(5)")
    await client.request("configurationDone")
    await client.next_event("terminated")

    assert client.output("stdout") == "15\n"
    client.expect_order(
        event("initialized"), response("launch"), response("configurationDone"),
        event("output", output="15\n"), event("exited", exitCode=0), event("terminated"),
    )  # fmt: skip


async def test_breakpoints_with_conditions_counts_and_messages(client: DapClient) -> None:
    await configure(client, SUMS)
    placed = await break_at(
        client, SUMS,
        {"line": LINES["add"], "condition": "total > 2"},
        {"line": LINES["yield"], "hitCondition": ">= 4"},
        {"line": LINES["next"], "logMessage": "i is {i}"},
    )  # fmt: skip
    assert all(point["verified"] for point in placed)
    thread = await go(client, reason="breakpoint", hitBreakpointIds=[placed[0]["id"]])
    assert (await locals_of(client, thread))["i"] == "3"
    assert client.output("console") == "i is 1\ni is 2\n"
    await client.request("continue", {"threadId": thread})
    await client.next_event("stopped", hitBreakpointIds=[placed[0]["id"]])
    await client.request("continue", {"threadId": thread})
    await client.next_event("stopped", hitBreakpointIds=[placed[1]["id"]])
    await client.request("continue", {"threadId": thread})
    await client.next_event("terminated")
    assert client.output("stdout") == "20\n"


async def test_breakpoints_that_cannot_be(client: DapClient) -> None:
    await configure(client, SUMS)
    bad = [
        *await break_at(client, Path("/no/such.zyntax"), {"line": 1}),
        *await break_at(client, SUMS, {"line": LINES["add"], "condition": "total >"},
                        {"line": LINES["add"], "condition": "nobody == 1"},
                        {"line": 9999}),
    ]  # fmt: skip

    assert [point["verified"] for point in bad] == [False] * 4
    assert all(point["message"] for point in bad)
    body = await client.request(
        "setFunctionBreakpoints", {"breakpoints": [{"name": "sum_to"}, {"name": "nobody"}]}
    )
    assert [point["verified"] for point in body["breakpoints"]] == [True, False]
    await go(client, reason="function breakpoint")


async def test_steps_follow_the_task(client: DapClient) -> None:
    await configure(client, SUMS, stopOnEntry=True)
    thread = await go(client, reason="entry")
    places = []
    for command in ("stepIn", "next", "next", "next", "next", "next", "stepOut", "next"):
        await client.request(command, {"threadId": thread})
        await client.next_event("stopped", threadId=thread)
        top = (await frames(client, thread))[0]
        places.append((top.name, top.line))

    add = LINES["add"]
    assert places == [
        ("sum_to", add - 3), ("sum_to", add - 2), ("sum_to", add - 1), ("sum_to", add),
        ("sum_to", LINES["yield"]), ("sum_to", LINES["next"]), ("main", LINES["call"]),
        ("main", LINES["end"]),
    ]  # fmt: skip


async def test_evaluate_set_and_memory(client: DapClient) -> None:
    await configure(client, SUMS)
    await break_at(client, SUMS, {"line": LINES["yield"]})
    thread = await go(client, reason="breakpoint")
    frame = (await frames(client, thread))[0].id
    body = await client.request(
        "evaluate", {"expression": "total * 2 + i", "frameId": frame, "context": "watch"}
    )
    assert body["result"] == "3"
    assert (await client.refused("evaluate", {"expression": "sum_to(3)", "frameId": frame})).id
    await client.request("setExpression", {"expression": "total", "value": "100", "frameId": frame})
    reference = await scope(client, thread, "Locals")
    variables = (await client.request("variables", {"variablesReference": reference}))["variables"]
    [total] = [variable for variable in variables if variable["name"] == "total"]
    assert total["value"] == "100"
    memory = await client.request(
        "readMemory", {"memoryReference": total["memoryReference"], "count": 4}
    )
    assert memory["data"] == "ZAAAAA=="
    await client.request(
        "writeMemory", {"memoryReference": total["memoryReference"], "data": "ZQAAAA=="}
    )
    assert (await locals_of(client, thread))["total"] == "101"
    wrong = await client.refused(
        "setVariable", {"variablesReference": reference, "name": "total", "value": "true"}
    )
    assert wrong.message


async def test_references_are_refused_once_the_task_ran(client: DapClient) -> None:
    await configure(client, SUMS, stopOnEntry=True)
    thread = await go(client, reason="entry")
    frame = (await frames(client, thread))[0].id
    await client.request("next", {"threadId": thread})
    await client.next_event("stopped")

    assert (await client.refused("scopes", {"frameId": frame})).id == 3001
    for command in ("stackTrace", "next", "pause", "zyn/hold", "zyn/wake", "zyn/cancelTask"):
        assert "no" in (await client.refused(command, {"threadId": 987654})).message


async def test_program_that_never_ends_is_paused_and_ended(
    client: DapClient, tmp_path: Path
) -> None:
    program = tmp_path / "spin.zyntax"
    program.write_text(
        "fn spin() i32 {\n    var i: i32 = 0;\n    while (true) {\n        i = i + 1;\n    }\n"
        "    return i;\n}\n\nasync fn main() i32 {\n    return spin();\n}\n"
    )
    await configure(client, program)
    await break_at(client, program, {"line": 4})
    thread = await go(client, reason="breakpoint")
    await break_at(client, program)
    await client.request("continue", {"threadId": thread})
    await client.request("pause", {"threadId": thread})
    await client.next_event("stopped", reason="pause")
    top = (await frames(client, thread))[0]
    assert top.name == "spin"
    await client.request("terminate")
    await client.next_event("terminated")


async def test_failure_stops_and_is_explained(client: DapClient, tmp_path: Path) -> None:
    program = tmp_path / "fail.zyntax"
    program.write_text(
        "async fn main() i32 {\n    var zero: i32 = 0;\n    await yield_now();\n"
        "    return 1 / zero;\n}\n"
    )
    await configure(client, program)
    await client.request("setExceptionBreakpoints", {"filters": ["failure"]})
    thread = await go(client, reason="exception")
    info = await client.request("exceptionInfo", {"threadId": thread})
    assert "by zero" in info["description"]
    await client.request("continue", {"threadId": thread})
    await client.next_event("exited", exitCode=1)
    assert "by zero" in client.output("stderr")
    assert "line 4" in client.output("stderr")


async def test_debuggee_that_is_killed(client: DapClient, tmp_path: Path) -> None:
    await configure(client, SUMS, stopOnEntry=True)
    await go(client, reason="entry")
    [child] = [
        int(pid)
        for pid in os.listdir("/proc")
        if pid.isdigit() and _parent(int(pid)) == (client.process.pid if client.process else 0)
    ]
    os.kill(child, signal.SIGKILL)
    await client.next_event("exited", exitCode=1)
    await client.next_event("terminated")

    assert "killed by SIGKILL" in client.output("stderr")


def _parent(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stream:
            return int(stream.read().rpartition(")")[2].split()[1])
    except OSError:
        return 0


async def test_restart(client: DapClient) -> None:
    await configure(client, SUMS)
    await break_at(client, SUMS, {"line": LINES["return"]})
    thread = await go(client, reason="breakpoint")
    for _ in range(2):
        await client.request("restart", {})
        body = await client.next_event("stopped", reason="breakpoint")
        thread = body["threadId"]
    assert (await locals_of(client, thread))["total"] == "10"
    assert not [m for m in client.timeline if m.get("event") == "terminated"]


async def test_program_that_does_not_compile(client: DapClient, tmp_path: Path) -> None:
    program = tmp_path / "broken.zyntax"
    program.write_text("fn main() i32 {\n    return nobody;\n}\n")
    await client.request("initialize", VSCODE)
    refusal = await client.refused("launch", {"program": str(program)})

    assert "nobody" in refusal.message
    assert refusal.shown
    await client.request("launch", {"program": str(SUMS)})


async def test_simple_client(client: DapClient) -> None:
    """nvim-dap announces little, and gets what it can use."""
    await configure(client, THREE, NVIM_DAP)
    await break_at(client, THREE, {"line": THREE_LINES["add"]})
    await client.request("setExceptionBreakpoints", {"filters": ["failure", "deadlock"]})
    thread = await go(client, reason="breakpoint")
    threads = (await client.request("threads"))["threads"]
    assert len(threads) == 3
    assert any("[parked" in one["name"] for one in threads)
    for one in threads:
        for frame in await frames(client, one["id"]):
            found = await client.typed("scopes", {"frameId": frame.id}, protocol.ScopesResponseBody)
            for each in found.scopes:
                body = await client.request(
                    "variables", {"variablesReference": each.variables_reference}
                )
                for variable in body["variables"]:
                    assert "memoryReference" not in variable
                    assert "indexedVariables" not in variable
    await client.request("next", {"threadId": thread})
    await client.next_event("stopped", reason="step")
    await client.request("disconnect", {"restart": False})
    await client.until_closed()


async def test_sessions_over_tcp_one_after_the_other() -> None:
    process = await asyncio.create_subprocess_exec(
        *_command("--port", "0"), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    port = int(line.rpartition(":")[2])
    for _ in range(2):
        tcp = DapClient(*await asyncio.open_connection("127.0.0.1", port))
        await configure(tcp, SUMS)
        await tcp.request("configurationDone")
        await tcp.next_event("terminated")
        await tcp.request("disconnect")
        await tcp.until_closed()
        await tcp.close()
    process.terminate()
    assert await process.wait() == 0


def _command(*arguments: str) -> list[str]:

    return [sys.executable, "-c", "from zyn.dap import main; main()", *arguments]


HOST = """
import sys
from zyn.embed import Runtime, listen
with Runtime() as runtime, open(sys.argv[1]) as source:
    runtime.load_module(source.read())
    print(listen(0, runtime=runtime).port, flush=True)
    for line in sys.stdin:
        print(runtime.call("sum_to", int(line)), flush=True)
"""


async def test_attach_and_leave_again(client: DapClient) -> None:
    """A process that embeds zyn is stopped, looked at, and goes on when the debugger leaves."""
    host = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOST, str(SUMS),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert host.stdin is not None
    assert host.stdout is not None
    port = int(await client.within(host.stdout.readline()))
    await client.request("initialize", VSCODE)
    await client.request("attach", {"port": port})
    await client.request("setFunctionBreakpoints", {"breakpoints": [{"name": "sum_to"}]})
    await client.request("configurationDone")
    host.stdin.write(b"4\n")
    stopped = await client.next_event("stopped", reason="function breakpoint")
    assert (await locals_of(client, stopped["threadId"]))["n"] == "4"
    await client.request("disconnect")
    await client.until_closed()
    assert await client.within(host.stdout.readline()) == b"10\n"
    host.stdin.close()
    assert await client.within(host.wait()) == 0
