"""Ctrl-C while native code runs on the main thread.

A Python signal handler runs between two bytecodes, and there are none while a program loops in
machine code.  But the C half of Python's signal handling runs at once and writes a byte to a file
descriptor of our choice; a watcher thread waits for that byte and asks the runtime to end what it
runs.  The call then returns, and the handler (KeyboardInterrupt, unless the host chose another)
runs as usual.

Bytes of a signal are read under the lock that also guards the list of calls, and leaving a call
empties the pipe, so a late byte can never end a later call.  What was read is passed on to whoever
watched signals before us, asyncio for one.  Only SIGINT ends a call; other handlers run when it
returns.
"""

import contextlib
import importlib
import os
import select
import signal
import threading
from collections.abc import Callable
from typing import TypeVar

_REPEAT_S = 0.02
_MAIN_THREAD = threading.main_thread().ident

# signal.getsignal makes an enum member of the handler or, where that fails, an error that shows the
# handler: of asyncio's that is the whole main task, in tens of microseconds.
_getsignal: Callable[[int], object] = importlib.import_module("_signal").getsignal

Value = TypeVar("Value")


class _Watcher:
    """The pipe, its thread and what an interrupt calls, innermost last."""

    def __init__(self) -> None:
        self._read_fd, self.write_fd = os.pipe()
        os.set_blocking(self._read_fd, False)
        os.set_blocking(self.write_fd, False)
        # Re-entrant: a collection inside may run a finaliser that calls native code.
        self._lock = threading.RLock()
        self._interrupts: list[Callable[[], None]] = []
        self._passed_on = bytearray()
        self._insists = False
        threading.Thread(target=self._watch, name="zyn-interrupt", daemon=True).start()

    def enter(self, interrupt: Callable[[], None]) -> int:
        """A native call begins; gives what `leave` wants back."""
        with self._lock:
            self._insists = False
            self._interrupts.append(interrupt)
            return len(self._interrupts) - 1

    def leave(self, depth: int) -> bytes:
        """A native call ended; gives the signals that came meanwhile."""
        with self._lock:
            self._drain()
            self._insists = False
            del self._interrupts[depth:]
            signals = bytes(self._passed_on)
            if depth == 0:
                self._passed_on.clear()
        return signals

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._passed_on += os.read(self._read_fd, 4096)

    def _watch(self) -> None:
        while True:
            # The first interrupt may come before the native call has begun to run anything, and
            # is then forgotten by it: repeat until the call was left.
            select.select([self._read_fd], [], [], _REPEAT_S if self._insists else None)
            with self._lock:
                seen = len(self._passed_on)
                self._drain()
                if signal.SIGINT in self._passed_on[seen:]:
                    self._insists = True
                if self._insists:
                    for interrupt in self._interrupts:
                        interrupt()


_watcher: _Watcher | None = None


def run_interruptible(
    interrupt: Callable[[], None], function: Callable[..., Value], *arguments: object
) -> Value:
    """Call `function`; `interrupt` is called, on another thread, when Ctrl-C comes meanwhile.

    On other threads than the main one it only calls: Python delivers no signal there.
    """
    if threading.get_ident() != _MAIN_THREAD or not callable(_getsignal(signal.SIGINT)):
        return function(*arguments)
    global _watcher
    watcher = _watcher = _watcher or _Watcher()
    depth = watcher.enter(interrupt)
    previous_fd = -1
    try:
        previous_fd = signal.set_wakeup_fd(watcher.write_fd, warn_on_full_buffer=False)
        return function(*arguments)
    finally:
        # A handler may raise after any call below, hence one `finally` each.
        try:
            signal.set_wakeup_fd(previous_fd, warn_on_full_buffer=False)
        finally:
            signals = watcher.leave(depth)
            if signals and previous_fd not in {-1, watcher.write_fd}:
                with contextlib.suppress(OSError):
                    os.write(previous_fd, signals)
