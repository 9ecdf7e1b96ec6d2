"""A debuggee that dies, in each way and at each moment: the session says how and shows its last
words, and the adapter goes on."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.dap_client import VSCODE, DapClient, event
from tests.support.deaths import LAST_WORDS, mortal, tell
from tests.support.repository import ROOT

pytestmark = pytest.mark.e2e

ENDLESS = """\
async fn main() i32 {
    var total: i32 = 0;
    while (true) {
        total = total + 1;
        await yield_now();
    }
    return total;
}

async fn three() i32 {
    await yield_now();
    return 3;
}
"""
WAYS = {
    "segv": "was killed by SIGSEGV",
    "abort": "was killed by SIGABRT",
    "kill": "was killed by SIGKILL",
    "exit": "ended with exit code 7",
    "well": "ended with exit code 0",
}
WHILE_STARTING = [
    *((how, "loading") for how in WAYS),
    *((how, when) for how in ("segv", "exit") for when in ("start", "greeted")),
]
LATER = [*((how, "running") for how in WAYS), ("segv", "configuring"), ("exit", "stopped")]
HEADLESS = [("segv", True), ("exit", True), ("well", True), ("kill", False)]


@pytest_asyncio.fixture
async def client() -> AsyncIterator[DapClient]:
    client = await DapClient.spawn()
    yield client
    assert await client.close() == 0


@pytest.fixture
def program(tmp_path: Path) -> Path:
    file = tmp_path / "program.zyntax"
    file.write_text(ENDLESS, "utf-8")
    return file


async def configure(client: DapClient, program: Path, env: dict[str, str], **more: object) -> None:
    await client.request("initialize", VSCODE)
    await client.request("launch", {"program": str(program), "env": env, **more})
    await client.next_event("initialized")


async def runs_again(client: DapClient, program: Path) -> None:
    """The same session launches a program that lives."""
    await client.request("launch", {"program": str(program), "call": "three()"})
    await client.next_event("initialized")
    await client.request("configurationDone")
    await client.next_event("exited", exitCode=0)
    assert client.output("stdout") == "3\n"


@pytest.mark.parametrize(("how", "when"), WHILE_STARTING)
async def test_while_starting(
    client: DapClient, program: Path, tmp_path: Path, how: str, when: str
) -> None:
    await client.request("initialize", VSCODE)
    refusal = await client.refused(
        "launch", {"program": str(program), "env": mortal(tmp_path, how, when)}
    )
    lines = refusal.message.splitlines()
    assert lines[0].startswith(f"the process of the program {WAYS[how]} before the program ran")
    assert LAST_WORDS in lines
    assert "line 999" in lines
    assert "line 900" not in lines  # bounded
    assert refusal.shown
    told = "output with the last words"
    await client.until(lambda: 0 if LAST_WORDS in client.output("stderr") else None, told)
    assert not [m for m in client.timeline if m.get("event") in {"exited", "terminated"}]

    await runs_again(client, program)


async def test_a_module_that_is_not_there(client: DapClient, program: Path, tmp_path: Path) -> None:
    await client.request("initialize", VSCODE)
    refusal = await client.refused(
        "launch", {"program": str(program), "env": mortal(tmp_path, "import", "start")}
    )
    lines = refusal.message.splitlines()
    assert "ended with exit code 1 before the program ran" in lines[0]
    assert lines[-1].startswith("ModuleNotFoundError: ")
    assert "msgspec" in lines[-1]

    await runs_again(client, program)


@pytest.mark.parametrize(("how", "moment"), LATER)
async def test_later(
    client: DapClient, program: Path, tmp_path: Path, how: str, moment: str
) -> None:
    await configure(client, program, mortal(tmp_path, how, "told"))
    if moment == "stopped":
        points = {"source": {"path": str(program)}, "breakpoints": [{"line": 4}]}
        await client.request("setBreakpoints", points)
    if moment != "configuring":
        await client.request("configurationDone")
    if moment == "stopped":
        await client.next_event("stopped", reason="breakpoint")
    tell(tmp_path)
    ended = await client.next_event("exited")
    await client.next_event("terminated")

    assert ended["exitCode"] == {"exit": 7}.get(how, 1)
    verdict = client.output("stderr").rpartition("the process of the program ")[2].splitlines()
    assert verdict[0].startswith(WAYS[how])
    assert f"  {LAST_WORDS}" in verdict
    assert len(verdict) < 40
    if how == "segv":
        assert any("Fatal Python error: Segmentation fault" in line for line in verdict)
    client.expect_order(event("output"), event("exited"), event("terminated"))
    assert "ended" in (await client.refused("continue", {"threadId": 1})).message


async def test_a_request_under_way_learns_why(
    client: DapClient, program: Path, tmp_path: Path
) -> None:
    await configure(client, program, mortal(tmp_path, "kill", "told"))
    await client.request("configurationDone")
    tell(tmp_path)
    refusals = []
    while not [m for m in client.timeline if m.get("event") == "terminated"]:
        response = await client.within(client.send("zyn/tasks", {}))
        if not response["success"]:
            refusals.append(response["message"])

    assert refusals
    assert set(refusals) <= {
        "the program is gone: its process was killed by SIGKILL",
        "zyn/tasks: the program has ended",
    }


def execute(program: Path, env: dict[str, str], *more: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", "from zyn.dap import main; main()", "exec", str(program), *more],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, **env},
    )  # fmt: skip


@pytest.mark.parametrize("how", ["segv", "exit"])
def test_headless_while_starting(program: Path, tmp_path: Path, how: str) -> None:
    running = execute(program, mortal(tmp_path, how, "loading"), "--json")
    output, errors = running.communicate(timeout=300)
    happened = [json.loads(line) for line in output.splitlines()]

    assert (running.returncode, errors) == (1, "")
    assert happened[-1]["event"] == "problem"
    assert WAYS[how] in happened[-1]["message"]
    assert LAST_WORDS in happened[-1]["message"].splitlines()


@pytest.mark.parametrize(("how", "as_json"), HEADLESS)
def test_headless_later(program: Path, tmp_path: Path, how: str, as_json: bool) -> None:
    arguments = ["--break", "2", *(["--json"] if as_json else [])]
    running = execute(program, mortal(tmp_path, how, "told"), *arguments)
    assert running.stdout is not None
    while "breakpoint" not in running.stdout.readline():
        assert running.poll() is None
    tell(tmp_path)
    output, errors = running.communicate(timeout=300)

    assert (running.returncode, errors) == (1, "")
    if not as_json:
        assert LAST_WORDS in output.rpartition(f"the process of the program {WAYS[how]}")[2]
        assert output.splitlines()[-1].startswith("failure")
        return
    last: dict[str, Any] = [json.loads(line) for line in output.splitlines()][-1]
    assert (last["event"], last["verdict"], last["exit_code"]) == ("end", "failure", 1)
    assert last["signal"] == (WAYS[how].split()[-1] if "killed" in WAYS[how] else None)
    assert last["program_exit_code"] == {"exit": 7, "well": 1}.get(how)
    assert LAST_WORDS in last["last_lines"]
