"""Whatever a user, a client or the network does wrong gets a clear answer, and the rest goes on."""

import asyncio
import os
import random
import signal
import struct
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.debugging import Debugging, debugging
from zyn.debug.model import DebugError, LaunchConfig, TaskChanged
from zyn.debug.session import Session
from zyn.debug.wire import Kind, message
from zyn.embed import Runtime
from zyn.embed.listener import listen

FOREVER = """
async fn main() i32 {
    var i: i32 = 0;
    while (true) {
        i = i + 1; // @loop
    }
    return i;
}
"""

RECURSE = """
fn down(n: i32) i32 {
    return down(n + 1) + 1; // @down
}

async fn main() i32 {
    await yield_now();
    return down(0);
}
"""

NAMED_LIKE_C = """
fn malloc(x: i32) i32 {
    return x + 1; // @malloc
}

async fn free() i32 {
    await delay(1);
    return malloc(1);
}
"""


@pytest.fixture
async def debug(tmp_path: Path) -> AsyncIterator[Callable[[str], Debugging]]:
    async with debugging(tmp_path) as make:
        yield make


@pytest.mark.parametrize(
    ("text", "call", "message"),
    [
        ("fn main() i32 { return nope; }", None, "there is no `nope` here"),
        ("fn main( {", None, ""),
        ("fn other() i32 { return 1; }", None, "there is no function 'main'"),
        ("fn main(x: i32) i32 { return x; }", "main()", "takes 1 argument"),
        ("fn main(x: u8) u8 { return x; }", "main(300)", "not in the range of u8"),
        ("fn main() i32 { return 1; }", "main(", "is not a call"),
    ],
)
async def test_programs_that_cannot_start(
    debug: Callable[[str], Debugging], text: str, call: str | None, message: str
) -> None:
    session = debug(text)
    with pytest.raises(DebugError) as caught:
        await session.session.launch(LaunchConfig(program=str(session.program), call=call))
    assert message in str(caught.value)
    # The session is as it was before: the next launch works.
    session.program.write_text("fn main() i32 { return 3; }")
    await session.launch()
    assert (await session.exited()).value == "3"


async def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    session = Session()
    with pytest.raises(DebugError, match="No such file"):
        await session.launch(LaunchConfig(program=str(tmp_path / "absent.zyntax")))
    (tmp_path / "latin.zyntax").write_bytes(b"fn main() i32 { return \xe9; }")
    with pytest.raises(DebugError):
        await session.launch(LaunchConfig(program=str(tmp_path / "latin.zyntax")))


async def test_requests_without_a_program() -> None:
    session = Session()
    for request in (
        session.stack(1),
        session.tasks(),
        session.resume(None),
        session.pause(None),
        session.step(1, "over"),
        session.configuration_done(),
        session.evaluate("1", None, "repl"),
        session.read_memory(0, 1),
        session.restart(),
    ):
        with pytest.raises(DebugError):
            await request
    await session.disconnect(terminate=True)


async def test_unknown_tasks_frames_and_filters(debug: Callable[[str], Debugging]) -> None:
    session = debug(FOREVER)
    await session.launch(breaks="loop")
    await session.stopped()
    engine = session.session
    for request in (
        engine.stack(99),
        engine.step(99, "poll"),
        engine.pause(99),
        engine.hold(99),
        engine.wake(99),
        engine.cancel(99),
        engine.resume(99, only=True),
        engine.stack(0),
        engine.scopes("no frame"),
        engine.variables(7),
        engine.set_variable(None, "i", "1"),
        engine.set_exception_filters(["everything"]),
        engine.read_memory(-1, 8),
        engine.read_memory(0, 1 << 40),
    ):
        with pytest.raises(DebugError):
            await request
    assert await engine.read_memory(8, 16) == b""
    assert await engine.write_memory(8, b"x") == 0
    assert (await engine.evaluate("1 + 1", None, "repl")).value == "2"


async def test_a_program_that_never_ends_is_paused_and_ended(
    debug: Callable[[str], Debugging], monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a busy machine the interrupt may take longer than a user would wait.
    monkeypatch.setattr("zyn.debug.session.INTERRUPT_TIMEOUT_S", 30.0)
    session = debug(FOREVER)
    await session.launch()
    await session.until(TaskChanged)
    await session.session.pause(None)
    stop = await session.stopped()
    assert (await session.top(stop.task)).function == "main"
    await session.session.resume(None)
    await session.session.terminate()
    info = await session.exited()
    assert info.signal is None
    assert info.error is not None


async def test_unbounded_recursion_fails_the_task(debug: Callable[[str], Debugging]) -> None:
    session = debug(RECURSE)
    await session.session.set_exception_filters(["failure"])
    await session.launch()
    stop = await session.stopped()
    assert (stop.reason, stop.text) == ("exception", "stack overflow")
    frames = await session.session.stack(stop.task)
    assert frames[0].function == "down"
    await session.session.resume(None)
    info = await session.exited()
    assert info.error is not None
    assert info.error[0] == "stack-overflow"


async def test_functions_named_like_those_of_c(debug: Callable[[str], Debugging]) -> None:
    session = debug(NAMED_LIKE_C)
    await session.launch("free()", breaks="malloc")
    stop = await session.stopped()
    assert (await session.top(stop.task)).function == "malloc"
    await session.session.resume(None)
    assert (await session.exited()).value == "2"


async def test_a_debuggee_that_is_killed_ends_the_session_with_its_signal(
    debug: Callable[[str], Debugging],
) -> None:
    session = debug(FOREVER)
    await session.launch(breaks="loop")
    stop = await session.stopped()
    debuggee = session.session._debuggee
    assert debuggee is not None
    os.kill(debuggee.process.pid, signal.SIGKILL)
    info = await session.exited()
    assert (info.signal, info.code, info.value) == ("SIGKILL", None, None)
    with pytest.raises(DebugError, match="no program is being debugged"):
        await session.session.stack(stop.task)
    await session.session.restart()
    await session.stopped()


async def test_a_request_under_way_when_the_debuggee_dies_fails(
    debug: Callable[[str], Debugging],
) -> None:
    session = debug(FOREVER)
    await session.launch(breaks="loop")
    await session.stopped()
    debuggee = session.session._debuggee
    assert debuggee is not None
    requests = [asyncio.ensure_future(session.session.tasks()) for _ in range(50)]
    debuggee.kill()
    for result in await asyncio.gather(*requests, return_exceptions=True):
        assert isinstance(result, DebugError | tuple), result
    await session.exited()


async def test_nobody_else_gets_in(
    debug: Callable[[str], Debugging], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine's own port takes the one process that knows the token."""
    session = debug(FOREVER)
    seen: list[bytes] = []
    loop = asyncio.get_running_loop()
    create_server = loop.create_server

    async def spying(*args: Any, **more: Any) -> asyncio.Server:
        server = await create_server(*args, **more)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(message(Kind.TOLD, 0, b'{"token": "wrong"}'))
        seen.append(await reader.read())
        writer.close()
        return server

    monkeypatch.setattr(loop, "create_server", spying)
    await session.launch(breaks="loop")
    await session.stopped()
    assert seen == [b""]


async def test_garbage_at_the_agents_door(tmp_path: Path) -> None:
    chance = random.Random(4)
    with Runtime() as runtime:
        runtime.load_module("async fn f() i32 { await delay(1); return 5; }")
        listener = listen(runtime=runtime)
        for _ in range(100):
            _, writer = await asyncio.open_connection("127.0.0.1", listener.port)
            hello = struct.pack("<IHHII", 4, 1, 0, 1, 1) if chance.random() < 0.5 else b""
            writer.write(hello + chance.randbytes(chance.randrange(200)))
            writer.close()
        session = Session()
        await session.attach("127.0.0.1", listener.port)
        assert await session.tasks() == ([], 0)
        assert await asyncio.to_thread(runtime.call, "f") == 5
        await session.disconnect(terminate=False)


async def test_attaching_to_nothing() -> None:
    session = Session()
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(DebugError, match="is no program that listens"):
        await session.attach("127.0.0.1", port)
    server.close()
    await server.wait_closed()
    with pytest.raises(DebugError, match="nothing answers"):
        await session.attach("127.0.0.1", port)
