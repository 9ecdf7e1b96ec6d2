"""A program that embeds zyn is attached to, debugged, and left as it was."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.debugging import Debugging
from zyn.debug import door
from zyn.debug.model import DebugError, SourceBreakpoint
from zyn.debug.session import Session
from zyn.embed import Listener, Runtime, listen

SERVER = """
async fn handle(n: i32) i32 {
    var answer: i32 = n; // @first
    await yield_now();
    answer = answer * 2;
    return answer; // @last
}
"""


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[tuple[Runtime, Listener, Debugging]]:
    path = tmp_path / "server.zyntax"
    path.write_text(SERVER, encoding="utf-8")
    with Runtime() as runtime:
        runtime.load_file(path)
        listener = listen(runtime=runtime)
        debug = Debugging(path, SERVER)
        yield runtime, listener, debug
        await debug.session.disconnect(terminate=False)


async def test_attach_stop_change_and_leave(
    program: tuple[Runtime, Listener, Debugging],
) -> None:
    runtime, listener, debug = program
    assert [listener.is_attached] == [False]
    await debug.session.attach("127.0.0.1", listener.port)
    assert [listener.is_attached] == [True]
    wanted = [SourceBreakpoint(line=debug.line("last"))]
    assert (await debug.session.set_breakpoints(str(debug.program), wanted))[0].verified
    answer = asyncio.ensure_future(asyncio.to_thread(runtime.call, "handle", 4))
    stop = await debug.stopped()
    scope = await debug.scope_of(stop.task, "locals")
    assert (await debug.session.set_variable(scope.variables, "answer", "9")).value == "9"
    await debug.session.resume(None)
    assert await answer == 9

    stuck = asyncio.ensure_future(asyncio.to_thread(runtime.call, "handle", 5))
    await debug.stopped()
    await debug.session.disconnect(terminate=False)
    assert await stuck == 10
    assert await asyncio.to_thread(runtime.call, "handle", 6) == 12


async def test_a_debugger_that_vanishes_lets_everything_go(
    program: tuple[Runtime, Listener, Debugging],
) -> None:
    runtime, listener, debug = program
    await debug.session.attach("127.0.0.1", listener.port)
    wanted = [SourceBreakpoint(line=debug.line("first"))]
    await debug.session.set_breakpoints(str(debug.program), wanted)
    answer = asyncio.ensure_future(asyncio.to_thread(runtime.call, "handle", 4))
    await debug.stopped()
    target = debug.session._target
    assert target is not None
    target.link.close()
    assert await answer == 8
    await debug.exited()
    again = Session()
    await again.attach("127.0.0.1", listener.port)
    await again.disconnect(terminate=False)


async def test_only_who_has_the_token_may_attach(
    program: tuple[Runtime, Listener, Debugging], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime, listener, debug = program
    place = ("127.0.0.1", listener.port)
    assert len(listener.token) == 32
    for wrong in ("", "0" * 32, listener.token[:-1], listener.token + "0"):
        with pytest.raises(DebugError, match="wants the token"):
            await debug.session.attach(*place, wrong)
    # Another user does not find it.
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with pytest.raises(DebugError, match="wants the token"):
        await debug.session.attach(*place)
    await debug.session.attach(*place, listener.token)
    await debug.session.disconnect(terminate=False)
    with Runtime() as other, listen(runtime=other, token="mine") as door_of_mine:
        assert door.find("127.0.0.1", door_of_mine.port) == "mine"
        await Session().attach("127.0.0.1", door_of_mine.port)
    with Runtime() as other, listen(runtime=other, token="") as open_door:
        assert door.find("127.0.0.1", open_door.port) == ""
        await Session().attach("127.0.0.1", open_door.port, "")
    assert runtime.functions == ["handle"]


def test_a_token_lies_where_only_its_user_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    file = door.leave(4711, "secret")
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert door.find("localhost", 4711) == "secret"
    assert door.find("example.org", 4711) == ""
    door.take_away(4711, "another")
    assert file.exists()
    door.take_away(4711, "secret")
    assert not file.exists()
    assert door.find("localhost", 4711) == ""

    # Somebody else has made the folder: nothing is left there, and the token still counts.
    door.folder().chmod(0o777)
    with pytest.raises(PermissionError):
        door.leave(4711, "secret")
    with Runtime() as runtime, listen(runtime=runtime) as listener:
        assert listener.token
        assert list(door.folder().iterdir()) == []
    assert "has to be told the token" in caplog.text


async def test_a_pause_before_the_first_task_stops_it(
    program: tuple[Runtime, Listener, Debugging],
) -> None:
    runtime, listener, debug = program
    await debug.session.attach("127.0.0.1", listener.port)
    await debug.session.pause(None)
    answer = asyncio.ensure_future(asyncio.to_thread(runtime.call, "handle", 4))
    stop = await debug.stopped()
    assert (stop.reason, (await debug.top(stop.task)).function) == ("pause", "handle")
    await debug.session.pause(None)  # everything is stopped already
    await debug.session.resume(None)
    assert await answer == 8
    # It was for one stop.
    assert await asyncio.to_thread(runtime.call, "handle", 4) == 8


async def test_one_debugger_at_a_time(program: tuple[Runtime, Listener, Debugging]) -> None:
    _, listener, debug = program
    await debug.session.attach("127.0.0.1", listener.port)
    with pytest.raises(DebugError):
        await Session().attach("127.0.0.1", listener.port)
    assert await debug.session.tasks() == ([], 0)


async def test_modules_that_are_loaded_later(
    program: tuple[Runtime, Listener, Debugging], tmp_path: Path
) -> None:
    runtime, listener, debug = program
    await debug.session.attach("127.0.0.1", listener.port)
    later = tmp_path / "later.zyntax"
    later.write_text("fn twice(x: i32) i32 {\n    return x * 2;\n}\n")
    point = (await debug.session.set_breakpoints(str(later), [SourceBreakpoint(line=2)]))[0]
    assert not point.verified
    runtime.load_file(later)
    await debug.until_verified(point.id)
    answer = asyncio.ensure_future(asyncio.to_thread(runtime.call, "twice", 4))
    stop = await debug.stopped()
    assert (await debug.top(stop.task)).function == "twice"
    await debug.session.resume(None)
    assert await answer == 8
