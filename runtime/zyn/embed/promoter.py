"""The background compiler of a tiered runtime: looks at counts and optimises what is hot.

One Python thread, which sleeps while nothing runs or all is optimised.  It holds no runtime, so
that one which nobody holds any more is collected, and it is told to end through a queue that
destructors may put into.
"""

import atexit
import logging
import queue
import threading
import weakref
from collections.abc import Callable
from typing import Any

from zyn.driver.loaded import LoadedFunction, LoadedModule
from zyn.runtime.host import NativeRuntime

logger = logging.getLogger("zyn.embed.tiered")

PERIOD_S = 0.005
"""Between two looks while something runs: a look takes microseconds, an optimised build of a small
function about so long.
"""


class Promoter:
    """Optimises the functions of some modules when they are hot.

    calls, back_edges   a function is hot when it did one of the two so often
    is_threaded         whether code runs on threads of the runtime's own, at any time
    """

    def __init__(self, calls: int, back_edges: int, *, is_threaded: bool = False) -> None:
        self.calls = calls
        self.back_edges = back_edges
        # Functions whose build may still change, of each module; a module goes when it has none.
        self._cold: dict[LoadedModule, set[LoadedFunction]] = {}
        self._looking = threading.Lock()
        self._entering = threading.Lock()
        self._running = int(is_threaded)
        self._told = False
        self._stopped = False
        self._messages: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="zyn-promoter", daemon=True)
        self._thread.is_pydev_daemon_thread = True  # type: ignore[attr-defined]
        self._thread.pydev_do_not_trace = True  # type: ignore[attr-defined]
        self._thread.start()
        _alive.add(self)

    def watch(self, module: LoadedModule) -> None:
        """Optimise the functions of a module, which counts, from now on."""
        with self._entering:
            self._cold[module] = set(module.functions.values())
        self._tell()

    def run(self, call: Callable[..., Any], *arguments: object) -> Any:
        """Call something that runs code, and look at the counts meanwhile and afterwards."""
        with self._entering:
            self._running += 1
        self._tell()
        try:
            return call(*arguments)
        finally:
            with self._entering:
                self._running -= 1
            self._tell()

    def look(self) -> None:
        """Optimise what is hot by now, on this thread."""
        with self._looking:
            with self._entering:
                watched = list(self._cold.items())
            for module, cold in watched:
                for function, calls, back_edges in module.counts():
                    hot = calls >= self.calls or back_edges >= self.back_edges
                    if hot and function in cold and not self._stopped:
                        cold.discard(function)
                        _optimise(function)
                if not cold:
                    with self._entering:
                        del self._cold[module]

    def stop(self) -> None:
        """Begin no more builds.  Legal in a destructor, on every thread; twice is harmless."""
        self._stopped = True
        self._messages.put(False)

    def close(self) -> None:
        """`stop`, and wait until the thread ended: for the build under way, at most."""
        self.stop()
        if self._thread is not threading.current_thread():
            self._thread.join()

    @property
    def is_alive(self) -> bool:
        """Whether the thread is there."""
        return self._thread.is_alive()

    def _tell(self) -> None:
        # The thread takes `_told` back before it looks, and gives it again when something still
        # runs: so what ended before this found it told is seen by a look.
        if not self._told and self._cold:
            self._told = True
            self._messages.put(True)

    def _run(self) -> None:
        while True:
            try:
                if not self._messages.get(timeout=PERIOD_S if self._told else None):
                    return
            except queue.Empty:
                self._told = False
                self.look()
                if self._running and self._cold:
                    self._told = True


class CountedRuntime(NativeRuntime):
    """A native runtime whose functions count, for a promoter that looks while they run."""

    promoter: Promoter

    def _run_on(self, function: Callable[..., Any], *arguments: object) -> Any:
        return self.promoter.run(super()._run_on, function, *arguments)


def _optimise(function: LoadedFunction) -> None:
    try:
        if function.module.optimise(function):
            logger.debug("optimised %s", function.name)
    except Exception:
        # A program that runs need not end because it cannot become faster.
        logger.exception("%s stays in its baseline build", function.name)


_alive: "weakref.WeakSet[Promoter]" = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """No thread may be inside LLVM when the process takes LLVM down."""
    for promoter in list(_alive):
        promoter.close()
