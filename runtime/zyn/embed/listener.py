"""Let a debugger attach to a program that embeds zyn.

    runtime = zyn.embed.Runtime()
    listener = zyn.embed.listen(5678, runtime=runtime)

As long as no debugger is attached this costs a sleeping thread.  Attached and idle it costs next to
nothing: functions get their debug builds when a breakpoint or a step needs them.
"""

import logging
import weakref
from types import TracebackType
from typing import Self

from zyn.embed.debug_host import DebugHost
from zyn.embed.runtime import Runtime
from zyn.runtime.agent import NativeAgent

logger = logging.getLogger("zyn.embed.debug")

_listening: "weakref.WeakKeyDictionary[Runtime, Listener]" = weakref.WeakKeyDictionary()


class Listener:
    """An open door for debuggers, on the loopback interface."""

    def __init__(self, runtime: Runtime, port: int, token: str) -> None:
        self._agent = NativeAgent.listen(runtime._native.address, port, token)
        self._host = DebugHost(runtime, self._agent)
        self._host.about(clock=runtime._clock)
        self._host.publish()
        runtime._on_load.append(self._host.publish)
        runtime._is_debugged = lambda: self.is_attached
        self._host.start()
        self._open = True
        logger.info("a debugger may attach to port %d", self.port)

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


def listen(port: int = 0, *, runtime: Runtime, token: str = "") -> Listener:
    """Let debuggers attach to a runtime; OSError when the port is taken.

    Any process of this machine may attach when there is no `token`.  Closing the runtime closes the
    listener first.
    """
    if runtime in _listening and _listening[runtime]._open:
        raise ValueError("this runtime listens already")
    listener = Listener(runtime, port, token)
    _listening[runtime] = listener
    runtime._on_close.append(listener.close)
    return listener
