"""An adapter in this process with a fake engine behind it, and a client in front of it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest_asyncio

from tests.support.dap_client import VSCODE, DapClient
from tests.support.fake_engine import FakeEngine
from zyn.dap.session import Session
from zyn.dap.transport import HEADER_BYTES_MAX, Connection, StreamSink

PROGRAM = """\
async fn worker(n: i32) i32 { // @worker
    return n;
}
"""


class Bench(msgspec.Struct):
    """A session over a socket pair: its two ends and what is behind them."""

    client: DapClient
    engine: FakeEngine
    session: Session
    program: str
    running: "asyncio.Task[None]"

    async def configure(self, profile: dict[str, Any] | None = None, **launch: object) -> None:
        """Initialize and launch, up to where breakpoints are set."""
        await self.client.request("initialize", VSCODE if profile is None else profile)
        await self.client.request("launch", {"program": self.program, **launch})
        await self.client.next_event("initialized")

    async def start(self, profile: dict[str, Any] | None = None, **launch: object) -> int:
        """The same, and run to the stop at the entry of task 1; gives the task."""
        await self.configure(profile, **{"stopOnEntry": True, **launch})
        await self.client.request("configurationDone")
        stopped = await self.client.next_event("stopped")
        thread: int = stopped["threadId"]
        return thread

    def write(self, text: str) -> None:
        """Change the program."""
        Path(self.program).write_text(text, encoding="utf-8")

    async def leave(self) -> None:
        """Vanish, and wait until the session has taken note."""
        await self.client.close()
        await self.client.within(self.running)

    async def top_frame(self, thread: int) -> dict[str, Any]:
        """The innermost frame of a task."""
        body = await self.client.request("stackTrace", {"threadId": thread})
        frame: dict[str, Any] = body["stackFrames"][0]
        return frame

    async def scope(self, thread: int, name: str) -> int:
        """The variables reference of a scope of the innermost frame."""
        frame = await self.top_frame(thread)
        body = await self.client.request("scopes", {"frameId": frame["id"]})
        found = {scope["name"]: scope["variablesReference"] for scope in body["scopes"]}
        reference: int = found[name]
        return reference


@asynccontextmanager
async def bench_in(folder: Path) -> AsyncIterator[Bench]:
    """A bench with its program in a folder."""
    program = folder / "program.zyntax"
    program.write_text(PROGRAM, encoding="utf-8")
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=theirs, limit=HEADER_BYTES_MAX)
    engine = FakeEngine()
    session = Session(Connection(reader, StreamSink(writer)), lambda: engine)
    running = asyncio.create_task(session.run())
    client = DapClient(*await asyncio.open_connection(sock=ours, limit=2**22))
    yield Bench(client, engine, session, str(program), running)
    engine.slow.set()
    await client.close()
    await client.within(running)


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench_in(tmp_path) as made:
        yield made
