"""State machines written in Python, polled by the native runtime.

C knows a machine by a key; one C function for all of them looks the key up and calls the Python
function.  Nothing it raises gets past it: an exception becomes the failure of the machine, and what
is no ordinary error (KeyboardInterrupt, SystemExit) is raised again when the native call returns.
"""

import ctypes
import itertools
import threading
from collections.abc import Callable

from zyn.runtime.load import FOREIGN_FN, RELEASE_FN, library

_I64_MIN, _I64_MAX = -(1 << 63), (1 << 63) - 1


class ForeignMachine:
    """A Python poll function, what it is called with, and how it failed."""

    __slots__ = ("error", "poll", "runtime", "state_machine")

    def __init__(
        self, runtime: int, state_machine: object, poll: Callable[[object], object]
    ) -> None:
        self.runtime = runtime
        self.state_machine = state_machine
        self.poll = poll
        self.error: BaseException | None = None


_machines: dict[int, ForeignMachine] = {}
_keys = itertools.count(1)
# By thread, what a machine raised that only the caller of the runtime may handle.
escaped: dict[int, BaseException] = {}


def register(machine: ForeignMachine) -> int:
    """Keep a machine alive until C releases it; gives the key that C calls it by."""
    key = next(_keys)
    _machines[key] = machine
    return key


def unregister(key: int) -> None:
    """Forget a machine that C never took."""
    _machines.pop(key, None)


def raise_escaped() -> None:
    """Raise what a machine polled by this thread raised and only the caller may handle."""
    error = escaped.pop(threading.get_ident(), None)
    if error is not None:
        raise error


def _poll(key: int | None) -> int:
    machine = _machines.get(key or 0)
    if machine is None:
        return 0
    try:
        value = machine.poll(machine.state_machine)
        if type(value) is not int or not _I64_MIN <= value <= _I64_MAX:
            value = _checked(value)
    except BaseException as error:  # the caller is C
        _fail(machine, error)
        value = 0
    if value != 0 or machine.error is not None:
        # It will not be called again.  What it holds may hold the promise, and that would keep C
        # from ever releasing it.
        unregister(key or 0)
        machine.poll = _ended
        machine.state_machine = None
    return value


def _checked(value: object) -> int:
    # bool is an int to Python; here it would hide a mistake about the convention.
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"a poll function returns an int, not {type(value).__name__}")
    if not _I64_MIN <= value <= _I64_MAX:
        raise OverflowError(f"a poll function returned {value}, which is no 64-bit integer")
    return value


def _fail(machine: ForeignMachine, error: BaseException) -> None:
    machine.error = error
    if not isinstance(error, Exception):
        escaped[threading.get_ident()] = error
        library().zyn_rt_interrupt(machine.runtime)
    message = f"{type(error).__name__}: {error}".encode("utf-8", "replace")
    library().zyn_foreign_fail(machine.runtime, message, len(message))


def _ended(_: object) -> int:
    return 0


def _release(key: int | None) -> None:
    _machines.pop(key or 0, None)


_POLL = FOREIGN_FN(_poll)
_RELEASE = RELEASE_FN(_release)
POLL_ADDRESS = ctypes.cast(_POLL, ctypes.c_void_p).value
RELEASE_ADDRESS = ctypes.cast(_RELEASE, ctypes.c_void_p).value
