"""A native runtime and its promises as Python objects that cannot crash the interpreter.

Rules:
1. A runtime's address is used only by `_use`, whose calls `close` waits for; afterwards every use
   is refused with RuntimeClosedError.
2. A promise owns exactly one reference and drops it when it is collected, on whatever thread that
   is.  What it tells of itself (status, result, error) is legal on every thread and after the
   runtime closed.
3. Nothing here waits with the interpreter's lock held.
"""

import atexit
import contextlib
import ctypes
import struct
import threading
import time
import weakref
from collections.abc import Callable
from threading import get_ident
from typing import Any, Final, NamedTuple

from zyn.runtime import foreign, interrupt
from zyn.runtime.abi import CLOCK_REAL, STARTED_MORE, ErrorCode, Status
from zyn.runtime.load import library
from zyn.runtime.structs import ZynError, ZynMetrics, ZynOptions, ZynTaskInfo, ZynWaitInfo

_ERROR_HEAD_BYTES = ctypes.sizeof(ZynError)
_TASK_PAGE = 256
_POLL = struct.Struct("<3Q4I2Q")  # a ZynPollRecord
_POLL_PAGE = 4096
FUEL_UNBOUNDED = (1 << 64) - 1
_CLOSE_PAUSE_S = 0.005
_EXITING: list[bool] = []
# An enum takes longer to look one up than C to give it.
_STATUSES = {int(status): status for status in Status}


class RuntimeClosedError(Exception):
    """The runtime was closed."""


class RuntimeBusyError(Exception):
    """The runtime is being run further up this thread's stack, or by another thread."""


class NativeError(NamedTuple):
    """Why a task failed.  `line` is 1-based, 0 when no source line is to blame."""

    code: ErrorCode
    line: int
    side_table: int
    message: str


class NativePromise:
    """One reference to a promise of the runtime."""

    __slots__ = ("__weakref__", "_library", "address", "foreign")

    def __init__(self, address: int, machine: foreign.ForeignMachine | None = None) -> None:
        self._library: Final = library()
        self.address: Final = address
        self.foreign: Final = machine

    def __del__(self, _exiting: list[bool] = _EXITING) -> None:
        # When the process ends, the code that knows how to drop the frame may be gone already.
        if not _exiting:
            self._library.zyn_promise_release(self.address)

    @property
    def status(self) -> Status:
        """How it stands; nothing runs."""
        return _STATUSES[self._library.zyn_promise_status(self.address)]

    @property
    def polls(self) -> int:
        """How often its poll function was called."""
        return int(self._library.zyn_promise_polls(self.address))

    @property
    def task_id(self) -> int:
        """The number of its task, 0 when it is none."""
        return int(self._library.zyn_promise_task_id(self.address))

    @property
    def result_address(self) -> int:
        """Where the result lies, as long as this reference lives; 0 unless READY."""
        return self._library.zyn_promise_result(self.address) or 0

    @property
    def error(self) -> NativeError | None:
        """Why it failed or was cancelled."""
        return read_error(self._library.zyn_promise_error(self.address))

    def retain(self) -> int:
        """A second reference, for native code that will own it; gives the address."""
        self._library.zyn_promise_retain(self.address)
        return self.address

    def cancel(self) -> None:
        """Ask it to end; its clean-up runs at its next poll."""
        self._library.zyn_promise_cancel(self.address)


class NativeRuntime:
    """A runtime.  Every method may be called on every thread; those that run code say so."""

    def __init__(
        self,
        *,
        clock: int = CLOCK_REAL,
        seed: int = 0,
        stack_bytes: int = 0,
        memory_max: int = 0,
        fuel: int = FUEL_UNBOUNDED,
        workers: int = 1,
    ) -> None:
        self._address = 0
        self._library = library()
        self._closing = threading.Lock()
        self._inside: list[int] = []  # the threads of the calls that are under way
        options = ZynOptions(
            size=ctypes.sizeof(ZynOptions),
            workers=workers,
            clock=clock,
            seed=seed,
            stack_bytes=stack_bytes,
            memory_max=memory_max,
            fuel=0 if fuel == FUEL_UNBOUNDED else fuel,
        )
        address = self._library.zyn_rt_new(ctypes.byref(options))
        if not address:
            raise MemoryError("the native runtime has no memory, or refuses its options")
        self._address = address
        _alive.add(self)
        if fuel == 0:
            self.refuel(0)

    @property
    def address(self) -> int:
        """The ZynRuntime, 0 when closed; for those who keep it from being closed meanwhile."""
        return self._address

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._address == 0

    @property
    def is_inside(self) -> bool:
        """Whether this thread is inside a call of this runtime, further up its stack."""
        return get_ident() in self._inside

    def close(self) -> None:
        """Cancel every task, run their clean-up, free the runtime.  Twice is harmless."""
        if self.is_inside:
            raise RuntimeBusyError("a runtime cannot be closed from inside one of its polls")
        with self._closing:
            address, self._address = self._address, 0
        if address == 0:
            return
        interrupt.look()  # what came before does not end the clean-up
        while self._inside:
            # Repeated, since an interrupt reaches only what runs at that moment.
            self._library.zyn_rt_interrupt(address)
            time.sleep(_CLOSE_PAUSE_S)
        self._library.zyn_rt_free(address)

    def __del__(self) -> None:
        if self._address:
            self.close()

    # --- running code ---------------------------------------------------------------------------

    def turn(self) -> int:
        """Poll every runnable task once; gives the number of polls, -1 when busy.  Runs code."""
        return int(self._run(self._library.zyn_rt_turn))

    def block_on(self, promise: NativePromise, timeout_ns: int = -1) -> Status:
        """Turn until the promise ended, time is up or nothing can wake it.  Runs code."""
        return _STATUSES[self._run(self._library.zyn_rt_block_on, promise.address, timeout_ns)]

    def run_until_idle(self) -> Status:
        """Turn until nothing is runnable and no timer is left.  Runs code."""
        return _STATUSES[self._run(self._library.zyn_rt_run_until_idle)]

    def poll(self, promise: NativePromise) -> Status:
        """One turn in which the promise is polled exactly once.  Runs code."""
        return _STATUSES[self._run(self._library.zyn_promise_poll, promise.address)]

    def start(self, promise: NativePromise) -> tuple[Status, bool]:
        """Poll a promise that was neither polled nor scheduled, at once and alone.  Runs code.

        The caller has called `interrupt.look`.  Gives the status, and whether the runtime has to
        be turned for something.
        """
        status: int = self._run_on(self._library.zyn_promise_start, promise.address)
        return _STATUSES[status & ~STARTED_MORE], status & STARTED_MORE != 0

    def call_direct(
        self, thunk: int, args: bytes, result: int
    ) -> tuple[Status, NativeError | None]:
        """Call a direct function; references at `result` belong to the caller.  Runs code."""
        error = ctypes.c_void_p()
        call = self._library.zyn_call_direct
        try:
            status = _STATUSES[self._run(call, thunk, args, result, ctypes.byref(error))]
            return status, read_error(error.value)
        finally:
            if error.value:
                self._library.zyn_error_release(error.value)

    # --- making promises ------------------------------------------------------------------------

    def call_async(self, descriptor: int, args: bytes, args_offset: int) -> NativePromise:
        """A promise for an async function; references in `args` move into its frame."""
        promise = self._use(self._library.zyn_call_async, descriptor, args, args_offset, len(args))
        if not promise:
            raise MemoryError("no memory for a frame")
        return NativePromise(promise)

    def call_foreign(
        self, state_machine: object, poll: int | Callable[[object], object]
    ) -> NativePromise:
        """A promise for a machine of the host's: addresses of both, or a Python function."""
        if isinstance(poll, int):
            if not isinstance(state_machine, int):
                raise TypeError("a C poll function needs the address of its state machine")
            promise = self._use(self._library.zyn_call_foreign, poll, state_machine, None)
            if not promise:
                raise MemoryError("no memory for a frame")
            return NativePromise(promise)
        machine = foreign.ForeignMachine(self._address, state_machine, poll)
        key = foreign.register(machine)
        promise = None
        try:
            promise = self._use(
                self._library.zyn_call_foreign, foreign.POLL_ADDRESS, key, foreign.RELEASE_ADDRESS
            )
        finally:
            if not promise:
                foreign.unregister(key)
        if not promise:
            raise MemoryError("no memory for a frame")
        return NativePromise(promise, machine)

    def spawn(self, promise: NativePromise) -> None:
        """Put the promise's task in the ready queue."""
        self._use(self._library.zyn_promise_spawn, promise.address)

    def new_string(self, text: bytes) -> int:
        """The address of a new string; the caller owns its reference."""
        string = self._use(self._library.zyn_string_new, text, len(text))
        if not string:
            raise MemoryError("no memory for a string")
        return int(string)

    # --- looking --------------------------------------------------------------------------------

    def interrupt(self) -> None:
        """Ask what runs now to end as INTERRUPTED; nothing happens when the runtime is closed."""
        with contextlib.suppress(RuntimeClosedError):
            self._use(self._library.zyn_rt_interrupt)

    def next_deadline_ns(self) -> int:
        """Nanoseconds until the next timer; 0: runnable now; -1: only an outside wake helps."""
        return int(self._use(self._library.zyn_rt_next_deadline))

    def wake_fd(self) -> int:
        """A descriptor that is readable after a wake from outside."""
        return int(self._use(self._library.zyn_rt_wake_fd))

    def now_ns(self) -> int:
        """The runtime's clock."""
        return int(self._use(self._library.zyn_rt_now_ns))

    def fuel(self) -> int:
        """Polls of tasks and direct calls that there may be, FUEL_UNBOUNDED when not limited."""
        return int(self._use(self._library.zyn_rt_fuel))

    def refuel(self, fuel: int) -> None:
        """Change that; what failed for want of it stays failed."""
        self._use(self._library.zyn_rt_refuel, fuel)

    def outside(self, delta: int) -> None:
        """So many operations of the host that will wake some task began, or ended."""
        self._use(self._library.zyn_rt_outside, delta)

    def metrics(self) -> list[ZynMetrics]:
        """Counters of each worker."""
        found: list[ZynMetrics] = []
        count = 1
        while len(found) < count:
            one = ZynMetrics()
            count = self._use(self._library.zyn_rt_metrics, len(found), ctypes.byref(one))
            found.append(one)
        return found

    def live_objects(self) -> int:
        """Frames, strings and errors alive."""
        return int(self._use(self._library.zyn_rt_live_objects))

    def live_bytes(self) -> int:
        """The bytes of `live_objects`."""
        return int(self._use(self._library.zyn_rt_live_bytes))

    def tasks(self) -> list[ZynTaskInfo]:
        """Every task, in order of id."""
        found: list[ZynTaskInfo] = []
        page = (ZynTaskInfo * _TASK_PAGE)()
        count = _TASK_PAGE
        while count == _TASK_PAGE:
            after = found[-1].id if found else 0
            count = self._use(self._library.zyn_dbg_tasks, after, page, _TASK_PAGE)
            found += [ZynTaskInfo.from_buffer_copy(page[index]) for index in range(count)]
        return found

    def record_polls(self) -> None:
        """Keep a record of every poll from now on, of very many the last 65,536."""
        if not self._use(self._library.zyn_dbg_trace, 1):
            raise MemoryError("no memory for a record of polls")

    def recorded_polls(self) -> list[tuple[int, ...]]:
        """Of each, in order: the fields of a ZynPollRecord, times in ns."""
        found: list[tuple[int, ...]] = []
        page = ctypes.create_string_buffer(_POLL.size * _POLL_PAGE)
        start = ctypes.c_uint64()
        read = self._library.zyn_dbg_trace_read
        while count := self._use(read, ctypes.byref(start), page, _POLL_PAGE):
            found += list(_POLL.iter_unpack(page.raw[: _POLL.size * count]))
        return found

    def wait_info(self, task: int, polls: int, leaf: int, address: int) -> ZynWaitInfo | None:
        """What a leaf waits for that was found in a frame of a task when it had so many polls."""
        info = ZynWaitInfo()
        known = self._use(
            self._library.zyn_dbg_task_wait, task, polls, leaf, address, ctypes.byref(info)
        )
        return info if known else None

    # --- rule 1 ---------------------------------------------------------------------------------

    def _run(self, function: Callable[..., Any], *arguments: object) -> Any:
        """`_use` for functions that run code: Ctrl-C ends them."""
        interrupt.look()
        return self._run_on(function, *arguments)

    def _run_on(self, function: Callable[..., Any], *arguments: object) -> Any:
        """`_run` after a look of the caller's own."""
        try:
            return self._use(function, *arguments)
        finally:
            if foreign.escaped:
                foreign.raise_escaped()

    def _use(self, function: Callable[..., Any], *arguments: object) -> Any:
        # The thread is in the list before the address is read, and `close` takes the address away
        # before it looks at the list: one of the two sees the other.  An interrupt is raised
        # after a call, never before one, so what is removed was appended.
        thread = get_ident()
        inside = self._inside
        try:
            inside.append(thread)
            if address := self._address:
                return function(address, *arguments)
        finally:
            inside.remove(thread)
        raise RuntimeClosedError("the runtime is closed")


def read_error(address: int | None) -> NativeError | None:
    """The error at an address; None for none."""
    if not address:
        return None
    head = ZynError.from_address(address)
    message = ctypes.string_at(address + _ERROR_HEAD_BYTES, head.length)
    return NativeError(
        ErrorCode(head.code), head.line, head.side_table, message.decode("utf-8", "replace")
    )


_alive: "weakref.WeakSet[NativeRuntime]" = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """Native code must not call into an interpreter that has gone."""
    for runtime in list(_alive):
        runtime.close()
    _EXITING.append(True)
