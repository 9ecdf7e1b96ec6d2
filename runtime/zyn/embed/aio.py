"""Promises under asyncio: one pump per runtime and event loop.

A promise that nobody has begun is polled at once.  Apart from that the pump turns the runtime, and
only when there is a reason: something was awaited or cancelled, the wake descriptor is readable, a
timer is due.  Between turns the event loop goes on, so other
asyncio tasks run; nothing here waits or spins.  A promise awaited by several asyncio tasks is
cancelled when the last of them is.

While a debugger is attached the turns run on a thread of the loop's executor, because a task that
stops keeps its thread.

The descriptor that the loop watches is a duplicate, so that closing the runtime cannot leave the
loop with a number that means something else.
"""

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from zyn.embed.promise import Promise, outcome
from zyn.embed.states import PENDING
from zyn.runtime import interrupt
from zyn.runtime.abi import Status
from zyn.runtime.host import NativePromise, RuntimeClosedError

if TYPE_CHECKING:
    from zyn.embed.runtime import Runtime

# Another thread runs the runtime: look again after this.
_BUSY_PAUSE_NS = 1_000_000

Waiter = asyncio.Future[None]


def wait(promise: Promise) -> Generator[Any, None, Any]:
    """The value of a promise; what `await promise` runs.

    One that nobody has begun is polled at once: if it need not wait, the event loop is not asked
    for a turn, as it is not for a coroutine that need not wait.
    """
    root = promise._root()
    if root._state is PENDING:
        pump = _pump(root._runtime)
        interrupt.look()
        # A task that was cancelled, by Ctrl-C for one, hears of it before it begins something.
        task = asyncio.current_task(pump.loop)
        if task is None or not task.cancelling():
            pump.start(root)
            if task is not None and task.cancelling():
                yield  # or here, if that happened meanwhile
    state = promise._state
    while state is PENDING and (state := promise._advance()) is PENDING:
        yield from wait_any([promise]).__await__()
    return outcome(state)


async def wait_any(promises: list[Promise]) -> None:
    """Run until one of these pending promises of one runtime may have ended."""
    roots = [promise._root() for promise in promises]
    await _pump(roots[0]._runtime).any_ended([root._native() for root in roots])


_pumps_making = threading.Lock()


def _pump(runtime: "Runtime") -> "Pump":
    loop = asyncio.get_running_loop()
    for pump in runtime._pumps:
        if pump.loop is loop:
            return pump
    with _pumps_making:
        for pump in list(runtime._pumps):
            if pump.loop is loop:
                return pump
            if pump.loop.is_closed():
                pump.abandon()
        pump = Pump(runtime, loop)
        runtime._pumps = [*runtime._pumps, pump]
        return pump


class Pump:
    """Turns one runtime on one event loop.  All but `notify` happens on the loop's thread."""

    def __init__(self, runtime: "Runtime", loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._runtime = runtime
        self._waiters: dict[int, tuple[NativePromise, list[Waiter]]] = {}
        self._turn_planned = False
        self._turns_elsewhere = False
        self._interrupts = interrupt.look()
        self._timer: asyncio.TimerHandle | None = None
        self._thread = threading.get_ident()
        self._fd = os.dup(runtime._native.wake_fd())
        loop.add_reader(self._fd, self._plan_turn)

    async def any_ended(self, natives: list[NativePromise]) -> None:
        """Wait until one of the promises ended, turning the runtime meanwhile."""
        natives = list({native.address: native for native in natives}.values())
        waiter: Waiter = self.loop.create_future()
        for native in natives:
            self._waiters.setdefault(native.address, (native, []))[1].append(waiter)
        try:
            for native in natives:
                self._runtime._native.spawn(native)
            self._plan_turn()
            await waiter
        except asyncio.CancelledError:
            for native in natives:
                if self._waiters[native.address][1] == [waiter]:
                    native.cancel()
            self._plan_turn()
            raise
        except RuntimeClosedError:
            return  # the promises say Cancelled
        finally:
            for native in natives:
                waiters = self._waiters[native.address][1]
                waiters.remove(waiter)
                if not waiters:
                    del self._waiters[native.address]

    def start(self, promise: Promise) -> None:
        """Poll a promise that nobody has begun, and plan a turn if that leaves something to do."""
        if self._runtime._is_debugged():
            return
        try:
            status, more = self._runtime._native.start(promise._native())
        except RuntimeClosedError:
            return  # the promise is Cancelled
        promise._ended(status)
        if more:
            self._plan_turn()

    def notify(self) -> None:
        """Somebody ran or changed the runtime: promises may have ended, tasks may be runnable.

        Any thread.
        """
        if self._waiters:
            self._on_loop(self._look)

    def runtime_closed(self) -> None:
        """The runtime was closed.  Any thread."""
        self._on_loop(self._close)

    def _on_loop(self, f: Callable[[], None]) -> None:
        if self.loop.is_closed():
            self.abandon()
        elif threading.get_ident() == self._thread:
            f()
        else:
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                self.loop.call_soon_threadsafe(f)

    def abandon(self) -> None:
        """The loop was closed: nobody will call this pump again."""
        self._runtime._pumps = [pump for pump in self._runtime._pumps if pump is not self]
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _look(self) -> None:
        """Wake who waited for what has ended, and plan the next turn for the others."""
        self._wake_waiters()
        try:
            self._plan(self._runtime._native.next_deadline_ns())
        except RuntimeClosedError:
            self._close()

    def _wake_waiters(self) -> None:
        closed = self._runtime.is_closed
        for native, waiters in list(self._waiters.values()):
            if closed or native.status != Status.PENDING:
                for waiter in waiters:
                    if not waiter.done():
                        waiter.set_result(None)

    def _plan(self, next_ns: int) -> None:
        """A turn now (0), later, or when somebody says so (below 0)."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if next_ns == 0:
            self._plan_turn()
        elif next_ns > 0:
            self._timer = self.loop.call_later(next_ns / 1e9, self._plan_turn)

    def _plan_turn(self) -> None:
        if not self._turn_planned:
            self._turn_planned = True
            self.loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._turn_planned = False
        if self._turns_elsewhere:
            return  # its end plans the next
        interrupts = interrupt.look()
        if interrupts != self._interrupts:
            # Whoever was cancelled by it cancels promises first: they must not begin to run.
            self._interrupts = interrupts
            self._plan_turn()
            return
        if self._runtime._is_debugged():
            self._turns_elsewhere = True
            turn = self.loop.run_in_executor(None, self._runtime._native.turn)
            turn.add_done_callback(self._turned_elsewhere)
            return
        try:
            polls = self._runtime._native.turn()
        except RuntimeClosedError:
            self._close()
            return
        self._turned(polls)

    def _turned_elsewhere(self, turn: "asyncio.Future[int]") -> None:
        self._turns_elsewhere = False
        if turn.cancelled() or isinstance(turn.exception(), RuntimeClosedError):
            self._close()
            return
        self._turned(turn.result())

    def _turned(self, polls: int) -> None:
        self._runtime._notify()
        try:
            next_ns = self._runtime._native.next_deadline_ns()
        except RuntimeClosedError:
            self._close()
            return
        self._plan(_BUSY_PAUSE_NS if polls < 0 else next_ns)

    def _close(self) -> None:
        """The runtime was closed."""
        if self._fd >= 0:
            self.loop.remove_reader(self._fd)
        self.abandon()
        self._wake_waiters()
