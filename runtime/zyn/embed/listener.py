"""Let a debugger attach to a program that embeds zyn.

    runtime = zyn.embed.Runtime()
    listener = zyn.embed.listen(5678, runtime=runtime)

As long as no debugger is attached this costs a sleeping thread.  Attached and idle it costs next to
nothing: functions get their debug builds when a breakpoint or a step needs them.
"""

import logging
import secrets
import weakref
from types import TracebackType
from typing import Final, Self

from zyn.debug import door
from zyn.embed.debug_host import DebugHost
from zyn.embed.runtime import Runtime
from zyn.runtime.agent import NativeAgent

logger = logging.getLogger("zyn.embed.debug")

_listening: "weakref.WeakKeyDictionary[Runtime, Listener]" = weakref.WeakKeyDictionary()


class Listener:
    """A door for debuggers, on the loopback interface.

    token   what a debugger has to show; empty: nothing
    """

    def __init__(self, runtime: Runtime, port: int, token: str) -> None:
        self.token: Final = token
        self._agent = NativeAgent.listen(runtime._native.address, port, token)
        self._host = DebugHost(runtime, self._agent)
        self._host.about(clock=runtime._clock, workers=runtime._workers)
        self._host.publish()
        runtime._on_load.append(self._host.publish)
        runtime._is_debugged = lambda: self.is_attached
        self._host.start()
        self._open = True
        if token:
            self._leave_token()
        logger.info("a debugger may attach to port %d", self.port)

    def _leave_token(self) -> None:
        """Let debuggers of the same user find the token."""
        try:
            door.leave(self.port, self.token)
        except OSError as error:
            logger.warning("a debugger has to be told the token, as nothing is left: %s", error)

    @property
    def port(self) -> int:
        """The port; useful when 0 was asked for."""
        return self._agent.port

    @property
    def is_attached(self) -> bool:
        """Whether a debugger is there now."""
        return self._open and self._agent.is_connected

    def close(self) -> None:
        """Let everything go that a debugger stopped, and listen no more.  Twice is harmless."""
        if self._open:
            self._open = False
            if self.token:
                door.take_away(self.port, self.token)
            self._host.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def listen(port: int = 0, *, runtime: Runtime, token: str | None = None) -> Listener:
    """Let debuggers attach to a runtime; OSError when the port is taken.

    A debugger has to show the token, a random one unless it is given.  A debugger of the same user
    finds it by itself (`zyn.debug.door`); another is told `Listener.token`.  With an empty one
    every user of this machine may attach.  Closing the runtime closes the listener first.
    """
    if runtime in _listening and _listening[runtime]._open:
        raise ValueError("this runtime listens already")
    listener = Listener(runtime, port, secrets.token_hex(16) if token is None else token)
    _listening[runtime] = listener
    runtime._on_close.append(listener.close)
    return listener
