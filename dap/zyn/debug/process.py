"""A debuggee that we start: its process, its handshake, its output and its end.

The engine listens on a loopback port, starts `python -m zyn.embed.debuggee --connect HOST:PORT` and
lets in the one connection that shows the random token, which the child has from its environment and
nobody sees in a process list.
"""

import asyncio
import codecs
import contextlib
import os
import secrets
import signal
import sys
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from zyn.debug.link import Link
from zyn.debug.model import DebugError, LaunchConfig
from zyn.debug.wire import Kind, message

CONNECT_TIMEOUT_S = 60.0
TAIL_CHARS_MAX = 8192
TAIL_LINES_MAX = 24
LINE_CHARS_MAX = 300
PIPES_TIMEOUT_S = 2.0
HANG_UP_TIMEOUT_S = 5.0
_CHUNK = 65536

OnOutput = Callable[[Literal["stdout", "stderr"], str], None]


class Death(msgspec.Struct, frozen=True):
    """How a process ended: its exit code or the name of its signal, and its last words."""

    code: int | None
    signal: str | None
    last_lines: tuple[str, ...]  # of its standard error, the last of them and no long ones

    @property
    def how(self) -> str:
        """A clause about the process."""
        if self.signal is not None:
            return f"was killed by {self.signal}"
        return f"ended with exit code {self.code}"

    def while_starting(self) -> str:
        """What the user is told when there was no program yet."""
        text = f"the process of the program {self.how} before the program ran"
        if not self.last_lines:
            return f"{text}; it wrote nothing to its standard error"
        return "\n".join([f"{text}; the last that it wrote:", *self.last_lines])


class Debuggee:
    """A started process."""

    def __init__(self, process: asyncio.subprocess.Process, on_output: OnOutput) -> None:
        self.process = process
        self._tail = ""
        self._on_output = on_output
        self._readers = [
            asyncio.ensure_future(self._read("stdout", process.stdout)),
            asyncio.ensure_future(self._read("stderr", process.stderr)),
        ]
        self._death = asyncio.ensure_future(self._wait())

    async def _read(
        self, category: Literal["stdout", "stderr"], stream: asyncio.StreamReader | None
    ) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while stream is not None and (data := await stream.read(_CHUNK)):
            self._take(category, decoder.decode(data))
        self._take(category, decoder.decode(b"", final=True))

    def _take(self, category: Literal["stdout", "stderr"], text: str) -> None:
        if category == "stderr":
            self._tail = (self._tail + text)[-TAIL_CHARS_MAX:]
        if text:
            self._on_output(category, text)

    async def _wait(self) -> Death:
        code = await self.process.wait()
        # A grandchild may hold the pipes open; its output is not ours to wait for.
        await asyncio.wait(self._readers, timeout=PIPES_TIMEOUT_S)
        for reader in self._readers:
            reader.cancel()
        return Death(*_code_or_signal(code), _last_lines(self._tail))

    async def ended(self) -> Death:
        """Wait for its end and the last of its output."""
        return await asyncio.shield(self._death)

    @property
    def death(self) -> Death | None:
        """How it ended, when it has and its output is told."""
        return self._death.result() if self._death.done() else None

    async def hung_up(self) -> str:
        """Why its connection is gone: mostly because the process ended, which is waited for."""
        try:
            async with asyncio.timeout(HANG_UP_TIMEOUT_S):
                return f"the program is gone: its process {(await self.ended()).how}"
        except TimeoutError:
            return "the debuggee hung up"

    def kill(self) -> None:
        """End it now."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()

    def leave(self) -> None:
        """Stop caring; it goes on."""
        for reader in self._readers:
            reader.cancel()


def _code_or_signal(code: int) -> tuple[int | None, str | None]:
    if code >= 0:
        return code, None
    with contextlib.suppress(ValueError):
        return None, signal.Signals(-code).name
    return None, f"signal {-code}"


def _last_lines(text: str) -> tuple[str, ...]:
    """The last lines that say something, each cut where it gets long."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return tuple(
        line if len(line) <= LINE_CHARS_MAX else f"{line[:LINE_CHARS_MAX]}…"
        for line in lines[-TAIL_LINES_MAX:]
    )


async def start(
    config: LaunchConfig, make_link: Callable[[], Link], on_output: OnOutput
) -> tuple[Debuggee, Link]:
    """Start a debuggee and hand it the configuration; raises `DebugError`."""
    loop = asyncio.get_running_loop()
    token = secrets.token_hex(16)
    greeted: asyncio.Future[Link] = loop.create_future()
    server = await loop.create_server(
        lambda: _Doorman(make_link, token, config, greeted), "127.0.0.1", 0
    )
    debuggee: Debuggee | None = None
    try:
        port = server.sockets[0].getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "zyn.embed.debuggee", "--connect", f"127.0.0.1:{port}",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, **config.env, "ZYN_DEBUG_TOKEN": token},
        )  # fmt: skip
        debuggee = Debuggee(process, on_output)
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            link = await _greeting_or_end(greeted, debuggee)
    except BaseException as error:
        if debuggee is not None:
            debuggee.kill()  # nobody waits for it any more
        if isinstance(error, TimeoutError):
            raise DebugError("the debuggee does not answer") from None
        if isinstance(error, OSError | ValueError):  # a variable with a null byte is the latter
            raise DebugError(f"the debuggee cannot be started: {error}") from error
        raise
    finally:
        server.close()
    if not isinstance(link, Link):
        raise DebugError(link.while_starting())
    return debuggee, link


async def _greeting_or_end(greeted: asyncio.Future[Link], debuggee: Debuggee) -> Link | Death:
    """Whichever comes first."""
    end = asyncio.ensure_future(debuggee.ended())
    try:
        both: set[asyncio.Future[Any]] = {greeted, end}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        return greeted.result() if greeted.done() else end.result()
    finally:
        end.cancel()


class _Doorman(asyncio.Protocol):
    """Takes one greeting with the right token, then gives the connection to a `Link`."""

    def __init__(
        self,
        make_link: Callable[[], Link],
        token: str,
        config: LaunchConfig,
        greeted: asyncio.Future[Link],
    ) -> None:
        self._make_link = make_link
        self._token = token
        self._config = config
        self._greeted = greeted
        self._visitor = Link(self._on_event, lambda: None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio.Protocol."""
        self._transport = transport
        self._visitor.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Part of asyncio.Protocol."""
        if len(data) > _CHUNK:
            self._transport.close()
            return
        self._visitor.data_received(data)

    def _on_event(self, kind: Kind, payload: bytes) -> None:
        transport = self._transport
        try:
            greeting = msgspec.json.decode(payload, type=dict[str, object])
        except msgspec.DecodeError:
            greeting = {}
        shown = str(greeting.get("token", ""))
        right = secrets.compare_digest(shown.encode(), self._token.encode())
        if kind != Kind.TOLD or not right or self._greeted.done():
            transport.close()
            return
        assert isinstance(transport, asyncio.Transport)
        link = self._make_link()
        transport.set_protocol(link)
        link.connection_made(transport)
        transport.write(message(Kind.HOST, 0, msgspec.json.encode(self._config)))
        self._greeted.set_result(link)
