"""Where sessions come from: the standard streams, or one TCP connection after the other.

On TCP a second client waits until the first is done, since a session owns its debuggee and the
terminal's signals.  SIGTERM and SIGINT end the running session as if its client had gone.
"""

import asyncio
import contextlib
import os
import signal
import stat
import sys
from collections.abc import Callable
from typing import Any

from zyn.dap.session import Session
from zyn.dap.transport import (
    BODY_BYTES_MAX,
    HEADER_BYTES_MAX,
    Connection,
    FileSink,
    Sink,
    StreamSink,
)
from zyn.debug.engine import Engine

MakeEngine = Callable[[], Engine]


async def serve_stdio(make_engine: MakeEngine) -> None:
    """One session over the standard streams.

    The real standard output is moved away first: whatever prints by accident prints to stderr.
    """
    source, sink = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    reader = await _reader(source)
    connection = Connection(reader, await _sink(sink))
    await _until_signal(Session(connection, make_engine).run())


async def serve_tcp(port: int, make_engine: MakeEngine, announce: Callable[[int], None]) -> None:
    """Sessions over TCP on the loopback interface, until a signal comes."""
    turn = asyncio.Lock()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with turn:
            await Session(Connection(reader, StreamSink(writer)), make_engine).run()

    server = await asyncio.start_server(accept, "127.0.0.1", port, limit=HEADER_BYTES_MAX)
    async with server:
        announce(server.sockets[0].getsockname()[1])
        await _until_signal(server.serve_forever())


async def _until_signal(work: Any) -> None:
    """Run to the end, or to a signal; then let what is open clean up."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError, RuntimeError):
            loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _reader(descriptor: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=HEADER_BYTES_MAX)
    stream = os.fdopen(descriptor, "rb", buffering=0)
    if _is_file(descriptor):
        # The loop cannot wait for a file, and need not: all of it is there.
        with contextlib.suppress(OSError):
            reader.feed_data(stream.read(BODY_BYTES_MAX))
        reader.feed_eof()
        return reader
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), stream)
    return reader


async def _sink(descriptor: int) -> Sink:
    if _is_file(descriptor):
        return FileSink(descriptor)
    loop = asyncio.get_running_loop()
    stream = os.fdopen(descriptor, "wb", buffering=0)
    transport, protocol = await loop.connect_write_pipe(
        lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), stream
    )
    return StreamSink(asyncio.StreamWriter(transport, protocol, None, loop))


def _is_file(descriptor: int) -> bool:
    """Whether the loop cannot wait for it: a file, or a device such as /dev/null."""
    mode = os.fstat(descriptor).st_mode
    return not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(descriptor))
