"""Clients that change their minds, vanish, or come two at a time, against the real adapter."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.dap_client import DEADLINE_S, VSCODE, DapClient
from tests.support.deaths import mortal
from zyn.dap.transport import HEADER_BYTES_MAX

pytestmark = pytest.mark.e2e

PROGRAM = """\
async fn main(n: i32) i32 {
    var i: i32 = 0;
    while (i < n) {
        i = i + 1;
        await yield_now();
    }
    return i;
}
"""


@pytest.fixture
def program(tmp_path: Path) -> dict[str, Any]:
    file = tmp_path / "program.zyntax"
    file.write_text(PROGRAM, encoding="utf-8")
    return {"program": str(file), "call": "main(3)"}


def children(pid: int) -> list[int]:
    """The live children of a process."""
    found: list[int] = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(part) for part in file.read_text(encoding="ascii").split()]
    return found


async def until(true: Callable[[], bool]) -> None:
    """Wait for something outside; the hang guard is all that is timed."""
    async with asyncio.timeout(DEADLINE_S):
        while not true():
            await asyncio.to_thread(os.sched_yield)


async def until_childless(pid: int) -> None:
    """Wait until a process has no child."""
    await until(lambda: not children(pid))


async def runs(client: DapClient, program: dict[str, Any]) -> None:
    """A whole session from its launch on."""
    await client.request("launch", program)
    await client.next_event("initialized")
    await client.request("configurationDone")
    await client.next_event("exited", exitCode=0)
    assert client.output("stdout") == "3\n"


@pytest.mark.parametrize("when", ["start", "greeted", "loading"])
async def test_a_launch_that_is_cancelled_leaves_nothing(
    program: dict[str, Any], tmp_path: Path, when: str
) -> None:
    client = await DapClient.spawn()
    assert client.process is not None
    pid = client.process.pid
    await client.request("initialize", VSCODE)
    launch = client.send("launch", {**program, "env": mortal(tmp_path, "hang", when)})
    await until(lambda: bool(children(pid)))
    # It is the second request: its number is what the client counted.
    await client.request("cancel", {"requestId": 2})
    answer = await client.within(launch)
    assert not answer["success"]
    assert answer["message"] == "cancelled"
    await until_childless(pid)

    await runs(client, program)
    assert await client.close() == 0


@pytest.mark.parametrize("how", ["disconnect", "vanish", "signal"])
async def test_a_client_that_leaves_during_the_launch(
    program: dict[str, Any], tmp_path: Path, how: str
) -> None:
    client = await DapClient.spawn()
    assert client.process is not None
    pid = client.process.pid
    await client.request("initialize", VSCODE)
    client.send("launch", {**program, "env": mortal(tmp_path, "hang", "loading")})
    await until(lambda: bool(children(pid)))
    [debuggee] = children(pid)
    if how == "disconnect":
        await client.request("disconnect")
    elif how == "vanish":
        client.writer.close()
    else:
        client.process.send_signal(signal.SIGTERM)
    assert await client.within(client.process.wait()) == 0
    await client.until_closed()
    await until(lambda: not _runs(debuggee))


def _runs(pid: int) -> bool:
    """Whether a process is there and no zombie of somebody else's."""
    with contextlib.suppress(OSError):
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    return False


async def connect(port: int) -> DapClient:
    return DapClient(*await asyncio.open_connection("127.0.0.1", port, limit=HEADER_BYTES_MAX))


async def test_two_clients_on_a_port(program: dict[str, Any], tmp_path: Path) -> None:
    """The second is served when the first has gone, even in the middle of its launch."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from zyn.dap import main; main()", "--port", "0",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    port = int((await process.stdout.readline()).rpartition(b":")[2])
    first, second = await connect(port), await connect(port)
    waiting = second.send("initialize", VSCODE)
    await first.request("initialize", VSCODE)
    first.send("launch", {**program, "env": mortal(tmp_path, "hang", "loading")})
    await until(lambda: bool(children(process.pid)))
    assert not waiting.done()
    first.writer.close()
    assert (await second.within(waiting))["success"]
    await first.until_closed()
    await until_childless(process.pid)
    await runs(second, program)
    await second.close()
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), DEADLINE_S) == 0
