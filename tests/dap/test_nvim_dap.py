"""zyn-dap as nvim-dap drives it: its flags, its arguments, the order of its requests.

nvim-dap is in no package registry, so it does not run here.  What it sends is taken from its
`session.lua`: four `supports...` flags; `launch` with the whole configuration when `initialize` was
answered; on the event `initialized` one `setBreakpoints` per file, then the default exception
filters, then `configurationDone` without arguments; on `stopped` the threads if one is unknown, one
stack, scopes, and the variables of scopes that are not expensive.  Steps and `continue` carry a
granularity.  A change there that matters shows in none of these tests.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.dap_client import NVIM_DAP, DapClient, event, response
from tests.support.repository import ROOT

pytestmark = pytest.mark.e2e

THREE = ROOT / "examples" / "three_tasks.zyntax"
FLAGS = {
    "supportsRunInTerminalRequest",
    "supportsVariableType",
    "supportsProgressReporting",
    "supportsStartDebuggingRequest",
}


class NvimDap:
    """A session of nvim-dap, as far as its adapter can tell."""

    def __init__(self, client: DapClient) -> None:
        self.client = client
        self.capabilities: dict[str, Any] = {}
        self.known: set[int] = set()
        self.stopped_thread = 0
        self.variables: dict[str, dict[str, str]] = {}
        self.frames: list[dict[str, Any]] = []

    async def run(self, configuration: dict[str, Any], breakpoints: dict[Path, list[int]]) -> None:
        """From `initialize` to `configurationDone`."""
        self.capabilities = await self.client.request("initialize", NVIM_DAP)
        launched = self.client.send(configuration["request"], configuration)
        await self.client.next_event("initialized")
        for file, lines in breakpoints.items():
            arguments = {
                "source": {"path": str(file), "name": file.name},
                "sourceModified": False,
                "breakpoints": [{"line": line} for line in lines],
                "lines": lines,
            }
            answer = await self.client.request("setBreakpoints", arguments)
            assert all(one["verified"] for one in answer["breakpoints"])
        filters = [
            one["filter"]
            for one in self.capabilities["exceptionBreakpointFilters"]
            if one.get("default")
        ]
        await self.client.request("setExceptionBreakpoints", {"filters": filters})
        assert self.capabilities["supportsConfigurationDoneRequest"]
        await self.client.request("configurationDone")
        assert (await self.client.within(launched))["success"]

    async def stop(self, reason: str) -> None:
        """Wait for a stop, and ask what nvim-dap asks then."""
        body = await self.client.next_event("stopped", reason=reason)
        thread = body["threadId"]
        if thread not in self.known:
            threads = (await self.client.request("threads"))["threads"]
            self.known = {one["id"] for one in threads}
        assert thread in self.known
        self.stopped_thread = thread
        stack = await self.client.request("stackTrace", {"startFrame": 0, "threadId": thread})
        self.frames = stack["stackFrames"]
        scopes = await self.client.request("scopes", {"frameId": self.frames[0]["id"]})
        self.variables = {}
        for scope in scopes["scopes"]:
            if not scope["expensive"]:
                reference = {"variablesReference": scope["variablesReference"]}
                answer = await self.client.request("variables", reference)
                found = {one["name"]: one["value"] for one in answer["variables"]}
                self.variables[scope["name"]] = found

    async def step(self, command: str) -> None:
        """Step or continue the stopped thread."""
        thread, self.stopped_thread = self.stopped_thread, 0
        arguments = {"threadId": thread, "granularity": "statement"}
        await self.client.request(command, arguments)


@pytest_asyncio.fixture
async def session() -> AsyncIterator[NvimDap]:
    client = await DapClient.spawn()
    yield NvimDap(client)
    assert await client.close() == 0


CONFIGURATION = {
    "type": "zyn",
    "request": "launch",
    "name": "zyn: main()",
    "program": str(THREE),
}


def line_of(text: str) -> int:
    lines = THREE.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_the_flags_are_those_four() -> None:
    assert {name for name in NVIM_DAP if name.startswith("supports")} == FLAGS


async def test_break_step_continue_to_the_deadlock(session: NvimDap) -> None:
    stop_at = line_of("total = total")
    await session.run(CONFIGURATION, {THREE: [stop_at]})
    await session.stop("breakpoint")
    assert session.frames[0]["line"] == stop_at
    assert session.variables["Locals"]["total"] == "0"
    first = session.stopped_thread

    await session.step("next")
    await session.stop("step")
    assert session.stopped_thread == first
    assert session.frames[0]["line"] == stop_at + 1
    assert session.variables["Locals"]["total"] in {"1", "10"}

    gone = {"source": {"path": str(THREE), "name": THREE.name}, "sourceModified": False}
    await session.client.request("setBreakpoints", gone | {"breakpoints": [], "lines": []})
    await session.step("continue")
    body = await session.client.next_event("stopped")
    assert "deadlock" in str(body).lower()
    session.client.expect_order(
        response("initialize"),
        (event("initialized"), response("launch")),
        response("setBreakpoints"),
        response("setExceptionBreakpoints"),
        response("configurationDone"),
        event("stopped"),
        response("threads"),
        response("stackTrace"),
        response("scopes"),
        response("variables"),
    )
    await session.client.request("disconnect", {"restart": False})
    await session.client.until_closed()


async def test_tasks_for_the_buffer_of_the_plugin(session: NvimDap) -> None:
    """What `:ZynTasks` asks through a session of nvim-dap: a page, and something of one task."""
    await session.run(CONFIGURATION, {THREE: [line_of("total = total")]})
    await session.stop("breakpoint")
    page = {"start": 0, "count": 2, "groupBy": "await"}
    body = await session.client.request("zyn/tasks", page)
    assert (len(body["tasks"]), body["total"]) == (2, 3)
    assert [group["function"] for group in body["groups"]] == ["lost"]
    arguments = {"threadId": session.stopped_thread, "granularity": "poll"}
    await session.client.request("zyn/step", arguments)
    await session.stop("step")
    await session.client.request("disconnect", {"restart": False, "terminateDebuggee": True})
    await session.client.until_closed()


async def test_a_call_of_a_configuration(session: NvimDap) -> None:
    configuration = CONFIGURATION | {"name": "zyn: a call", "call": "worker(2, 3)"}
    await session.run(configuration, {})
    await session.client.next_event("terminated")
    assert "6" in session.client.output("stdout")
    closing = session.client.send("disconnect", {"restart": False})
    await asyncio.wait([closing])
    await session.client.until_closed()


async def test_console(session: NvimDap) -> None:
    await session.run(CONFIGURATION, {THREE: [line_of("total = total")]})
    await session.stop("breakpoint")
    arguments = {"expression": "rounds + 1", "context": "repl", "frameId": session.frames[0]["id"]}
    assert (await session.client.request("evaluate", arguments))["result"] == "4"
    await session.client.request("disconnect", {"restart": False})
    await session.client.until_closed()
