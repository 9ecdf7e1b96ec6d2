"""The process that a debugger starts: it loads one program, runs one call and ends.

    python -m zyn.embed.debuggee --connect HOST:PORT

It connects to the debugger, shows the token from its environment, is told what to run, loads it,
waits to be started, runs the call on this thread, tells how it ended, and waits until the debugger
has looked at what is left.  When the debugger goes away this process ends at once.
"""

import argparse
import contextlib
import faulthandler
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from zyn.debug.model import LaunchConfig
from zyn.debug.wire import HEADER, Kind, message
from zyn.embed.calls import Call
from zyn.embed.debug_host import DebugHost
from zyn.embed.errors import (
    CallError,
    CompileFailed,
    Deadlocked,
    PromiseCancelled,
    PromiseFailed,
)
from zyn.embed.literals import parse_call
from zyn.embed.program import language_of
from zyn.embed.promise import Promise
from zyn.embed.runtime import Runtime
from zyn.embed.show import show
from zyn.embed.values import Encoder
from zyn.runtime.agent import NativeAgent
from zyn.sema.types import PromiseType, Type, VoidType

CONFIG_MAX = 1 << 20
FINISH_TIMEOUT_S = 30.0
SETTLE_S = 2.0
_SETTLE_STEP_S = 0.001
OK, FAILED, USAGE, STUCK = 0, 1, 2, 3


def main(arguments: list[str] | None = None) -> int:
    """Run a program under a debugger."""
    parser = argparse.ArgumentParser(prog="python -m zyn.embed.debuggee", description=__doc__)
    parser.add_argument("--connect", required=True, metavar="HOST:PORT")
    options = parser.parse_args(arguments)
    faulthandler.enable(all_threads=False)  # native code that crashes leaves its last words
    host, _, port = options.connect.rpartition(":")
    try:
        connection = socket.create_connection((host, int(port)))
        config = _configuration(connection)
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        print(f"zyn debuggee: {error}", file=sys.stderr)
        return USAGE
    # An interrupt for the whole terminal is the debugger's to handle.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    language = config.language or language_of(Path(config.program)) or "zyntax"
    try:
        runtime = Runtime(language, clock=config.clock, seed=config.seed, workers=config.workers)
    except ValueError as error:
        print(f"zyn debuggee: {error}", file=sys.stderr)
        return USAGE
    agent = NativeAgent.start(runtime._native.address, connection.detach())
    debug_host = DebugHost(runtime, agent)
    debug_host.start()
    try:
        return _session(runtime, debug_host, config, language)
    finally:
        debug_host.stop()
        runtime.close()


def _configuration(connection: socket.socket) -> LaunchConfig:
    """Show the token and be told what to run."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    greeting = {"token": os.environ.pop("ZYN_DEBUG_TOKEN", ""), "pid": os.getpid()}
    connection.sendall(message(Kind.TOLD, 0, msgspec.json.encode(greeting)))
    size, kind, _, _ = HEADER.unpack(_exactly(connection, HEADER.size))
    if kind != Kind.HOST or size > CONFIG_MAX:
        raise ValueError("this is no debugger of zyn")
    return msgspec.json.decode(_exactly(connection, size), type=LaunchConfig)


def _exactly(connection: socket.socket, size: int) -> bytes:
    """As many bytes and no more: what follows is the agent's."""
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise ValueError("the debugger hung up")
        data += part
    return data


def _session(runtime: Runtime, host: DebugHost, config: LaunchConfig, language: str) -> int:
    path = os.path.abspath(config.program)
    try:
        runtime.load_bytes(Path(path).read_bytes(), file=path)
        host.about(clock=config.clock, seed=config.seed, call=config.call, workers=config.workers)
        host.publish()
        call = _prepared(runtime, config, language)
    except OSError as error:
        return _refuse(host, f"{config.program}: {error.strerror or error}")
    except CompileFailed as error:
        return _refuse(host, str(error))
    except CallError as error:
        return _refuse(host, str(error), usage=True)
    host.tell("loaded")
    host.started.wait()
    return call.run(host)


def _refuse(host: DebugHost, text: str, *, usage: bool = False) -> int:
    """End the session; `usage` when the call that was asked for makes no sense."""
    host.tell("failed", message=text, usage=usage)
    host.finished.wait(FINISH_TIMEOUT_S)
    return FAILED


def _prepared(runtime: Runtime, config: LaunchConfig, language: str) -> "_Call":
    text = config.call or "main"
    if "(" not in text:
        text = f"{text}({', '.join(config.args)})"
    name, args = parse_call(text, language)
    function = runtime.function(name)
    return _Call(runtime, name, args, function.signature.is_async, function.signature.result)


class _Call:
    """The call that the program consists of."""

    def __init__(
        self, runtime: Runtime, name: str, args: tuple[object, ...], is_async: bool, result: Type
    ) -> None:
        self._runtime = runtime
        self._name = name
        self._result = result
        # A wrong argument is found before the program is said to be loaded.
        self._promise = runtime.call_async(name, *args) if is_async else None
        self._args = args
        if not is_async:
            encoder = Encoder(runtime)
            Call(runtime.function(name)).encode(args, encoder)
            encoder.undo()

    def _left(self) -> int:
        """Objects that stay alive: other workers may be about to free what the call let go of."""
        workers = self._runtime._native.metrics()
        given_up = time.monotonic() + (SETTLE_S if len(workers) > 1 else 0)
        while (left := self._runtime.live_objects) and time.monotonic() < given_up:
            time.sleep(_SETTLE_STEP_S)
        return left

    def run(self, host: DebugHost) -> int:
        """Run it to its end and tell how it ended."""
        value: str | None = None
        error: tuple[str, str, int | None] | None = None
        deadlock = False
        kept: object = None
        try:
            value = self._value()
        except PromiseFailed as failed:
            error = (failed.code, failed.message, failed.line)
        except PromiseCancelled as cancelled:
            error = ("cancelled", str(cancelled), None)
        except Deadlocked as stuck:
            deadlock = True
            kept = (self._promise, stuck)
        except CallError as wrong:
            error = ("call", str(wrong), None)
        self._promise = None
        # Taking the baton frees what was dropped while the debugger had it.
        self._runtime._native.next_deadline_ns()
        leaked = 0 if deadlock else self._left()
        host.tell(
            "ended", value=value, error=error, leaked=leaked, deadlock=deadlock,
        )  # fmt: skip
        if host.agent.is_connected:
            host.finished.wait(FINISH_TIMEOUT_S)
        del kept
        if deadlock:
            return STUCK
        return OK if error is None else FAILED

    def _value(self) -> str | None:
        result = self._result
        value: Any
        if self._promise is not None:
            value = self._promise.await_result()
        else:
            value = self._runtime.call(self._name, *self._args)
        if isinstance(value, Promise) and isinstance(result, PromiseType):
            value, result = value.await_result(), result.result
        return None if isinstance(result, VoidType) else show(value, result)


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        sys.exit(main())
