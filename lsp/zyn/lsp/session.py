"""A session from its first byte to its exit code, over stdio or one TCP connection.

A thread reads; everything else happens on the event loop of this thread.
"""

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Callable
from typing import BinaryIO, TypeVar

from zyn.lsp.features import new_server
from zyn.lsp.memory import Collector
from zyn.lsp.server import ZynServer
from zyn.lsp.transport import Source, read_all

logger = logging.getLogger("zyn.lsp")

T = TypeVar("T")

QUIET_S = 0.4
"""How long no message may come before the collector runs."""


class _Session:
    """The two ends of a stream and the server between them; it is a `transport.Sink`."""

    def __init__(self, server: ZynServer, output: BinaryIO) -> None:
        self._server = server
        self._output = output
        self._loop = asyncio.get_running_loop()
        self._code: asyncio.Future[int] = self._loop.create_future()
        self._collector = Collector()
        self._quiet: asyncio.TimerHandle | None = None
        server.protocol.start(self._write, self._exit)

    async def run(self, source: Source) -> int:
        """Serve until `exit` or the end of the stream."""
        self._collector.take_over()
        reader = threading.Thread(target=read_all, args=(source, self), daemon=True)
        reader.start()
        return await self._code

    # On the reading thread

    def received(self, message: object) -> None:
        """A message; a cancellation counts at once."""
        if isinstance(message, dict) and message.get("method") == "$/cancelRequest":
            params = message.get("params")
            if isinstance(params, dict):
                self._server.protocol.cancel(params.get("id"))
        self._post(self._handle, message)

    def broken(self, reason: str) -> None:
        """Bytes that are no message."""
        self._post(self._server.protocol.unreadable, reason)

    def ended(self) -> None:
        """The client is gone."""
        self._post(self._exit, 1)

    def _post(self, run: Callable[[T], None], argument: T) -> None:
        # After `exit` there may be no loop left, and nobody who waits.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(run, argument)

    # On the loop

    def _handle(self, message: object) -> None:
        if self._code.done():
            return
        try:
            self._server.protocol.receive(message)
        except Exception:
            logger.exception("a message was lost")
        if self._quiet is not None:
            self._quiet.cancel()
        delay = 0 if self._collector.is_urgent() else QUIET_S
        self._quiet = self._loop.call_later(delay, self._collector.collect)

    def _write(self, data: bytes) -> None:
        try:
            self._output.write(data)
            self._output.flush()
        except (OSError, ValueError) as error:
            logger.info("the client does not listen any more: %s", error)
            self._exit(1)

    def _exit(self, code: int) -> None:
        if not self._code.done():
            self._code.set_result(code)


def serve(receive: Callable[[int], bytes], output: BinaryIO) -> int:
    """One session; `receive` gives at most so many bytes.  Its exit code."""
    # What goes wrong is logged where it is answered.
    logging.getLogger("pygls").setLevel(logging.CRITICAL)

    async def session() -> int:
        return await _Session(new_server(), output).run(Source(receive))

    return asyncio.run(session())


def serve_tcp(host: str, port: int) -> int:
    """Wait for one client on a port and serve it; port 0 takes a free one and logs it."""
    with socket.create_server((host, port)) as listener:
        address = listener.getsockname()
        logger.warning("listening on %s:%d", address[0], address[1])
        connection, _ = listener.accept()
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection.makefile("wb") as output:
            return serve(connection.recv, output)
