"""A debuggee that we start: its process, its handshake, its output and its end.

The engine listens on a loopback port, starts `python -m zyn.embed.debuggee --connect HOST:PORT` and
lets in the one connection that shows the random token, which the child has from its environment and
nobody sees in a process list.
"""

import asyncio
import contextlib
import os
import secrets
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any, Literal

import msgspec

from zyn.debug.link import Link
from zyn.debug.model import DebugError, LaunchConfig
from zyn.debug.wire import Kind, message

CONNECT_TIMEOUT_S = 60.0
TAIL_MAX = 4096
_CHUNK = 65536

OnOutput = Callable[[Literal["stdout", "stderr"], str], None]


class Debuggee:
    """A started process."""

    def __init__(self, process: asyncio.subprocess.Process, on_output: OnOutput) -> None:
        self.process = process
        self.tail = ""
        self._on_output = on_output
        self._readers = [
            asyncio.ensure_future(self._read("stdout", process.stdout)),
            asyncio.ensure_future(self._read("stderr", process.stderr)),
        ]

    async def _read(
        self, category: Literal["stdout", "stderr"], stream: asyncio.StreamReader | None
    ) -> None:
        while stream is not None and (data := await stream.read(_CHUNK)):
            text = data.decode("utf-8", "replace")
            if category == "stderr":
                self.tail = (self.tail + text)[-TAIL_MAX:]
            self._on_output(category, text)

    async def ended(self) -> tuple[int | None, str | None]:
        """Wait for its end and the last of its output; exit code, or the signal's name."""
        code = await self.process.wait()
        # A grandchild may hold the pipes open; its output is not ours to wait for.
        await asyncio.wait(self._readers, timeout=2.0)
        for reader in self._readers:
            reader.cancel()
        if code >= 0:
            return code, None
        with contextlib.suppress(ValueError):
            return None, signal.Signals(-code).name
        return None, f"signal {-code}"

    def kill(self) -> None:
        """End it now."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()

    def leave(self) -> None:
        """Stop caring; it goes on."""
        for reader in self._readers:
            reader.cancel()


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
    port = server.sockets[0].getsockname()[1]
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "zyn.embed.debuggee", "--connect", f"127.0.0.1:{port}",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, **config.env, "ZYN_DEBUG_TOKEN": token},
        )  # fmt: skip
    except OSError as error:
        server.close()
        raise DebugError(f"the debuggee cannot be started: {error}") from error
    debuggee = Debuggee(process, on_output)
    try:
        link = await _first(greeted, process.wait(), CONNECT_TIMEOUT_S)
    except TimeoutError:
        debuggee.kill()
        raise DebugError("the debuggee does not answer") from None
    finally:
        server.close()
    if not isinstance(link, Link):
        await debuggee.ended()
        why = debuggee.tail.strip().splitlines()
        raise DebugError(f"the debuggee ended at once: {why[-1] if why else f'exit code {link}'}")
    return debuggee, link


async def _first(
    future: asyncio.Future[Link], other: Coroutine[Any, Any, int], timeout_s: float
) -> Link | int:
    """The result of whichever is done first."""
    task = asyncio.ensure_future(other)
    both: set[asyncio.Future[Any]] = {future, task}
    done, _ = await asyncio.wait(both, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    if not done:
        task.cancel()
        raise TimeoutError
    if future in done:
        task.cancel()
        return future.result()
    return task.result()


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
