"""A runtime: modules that are loaded, functions that are called, promises that are run.

A runtime may be used from several threads; one at a time runs its code, the others wait.  Closing
it cancels what is under way.  What it has loaded stays usable until then, and a function that is
loaded again under the same name replaces the older one for later calls.
"""

import contextlib
import ctypes
import logging
import math
import operator
import os
import select
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, Self, overload

from zyn.base.problem import problems
from zyn.driver.loaded import CompileError, LoadedFunction, LoadedModule
from zyn.embed.calls import Call
from zyn.embed.errors import (
    BusyError,
    CallError,
    CompileFailed,
    Deadlocked,
    Problem,
    PromiseCancelled,
    PromiseFailed,
    PromiseTimeout,
    RuntimeClosed,
)
from zyn.embed.program import known_language, language_of, process_loader
from zyn.embed.promise import PollFn, Promise, failure
from zyn.embed.states import Failed
from zyn.embed.values import Encoder, release
from zyn.runtime.abi import CLOCK_REAL, CLOCK_VIRTUAL, Status
from zyn.runtime.cores import WORKERS_MAX, cores
from zyn.runtime.host import (
    FUEL_UNBOUNDED,
    NativeError,
    NativePromise,
    NativeRuntime,
    RuntimeBusyError,
    RuntimeClosedError,
)
from zyn.sema.types import HandleType, Type

if TYPE_CHECKING:
    from zyn.embed.aio import Pump
    from zyn.embed.handles import Channel, Handle, JoinSet, Nursery

logger = logging.getLogger("zyn.embed")

_BUSY_PAUSE_S = 0.001
_WAIT_MAX_NS = 1e18  # thirty years
_CLOCKS = {"real": CLOCK_REAL, "virtual": CLOCK_VIRTUAL}


class WorkerMetrics(NamedTuple):
    """Counters of one worker since the beginning.

    polls   of tasks and awaited promises
    steals  fresh tasks taken from other workers
    given   tasks handed to other workers
    parks   times it found nothing to do and went to sleep
    wakes   wakers that were called on it
    queued  tasks that are runnable now, which goes down as well
    """

    polls: int
    steals: int
    given: int
    parks: int
    wakes: int
    queued: int


class Runtime:
    """Compiles modules and runs their functions.

    language    of modules whose language is not named
    clock       `real`, or `virtual`: time passes only when nothing else can be done, at once
    memory_max  bytes of frames, strings and errors alive at once; more fails the task; 0: no limit
    fuel        polls of tasks and direct calls that there may be, see `fuel`; None: no limit
    workers     1: tasks run on the thread that waits for a promise, one after the other and always
                in the same order; more: on so many threads of the runtime, real clock only;
                "auto": one for each core that the process may use, or 1 where that is the only
                number there can be
    stack_bytes of native stack that one poll may use; 0: what the thread has
    cache_dir   where compiled code is kept between runs; None: nowhere
    check       check the compiler's own work between its passes
    """

    _counted: ClassVar[bool] = False  # whether functions count what they do
    _native_type: ClassVar[type[NativeRuntime]] = NativeRuntime

    def __init__(
        self,
        language: str = "zyntax",
        *,
        clock: Literal["real", "virtual"] = "real",
        seed: int = 0,
        memory_max: int = 0,
        stack_bytes: int = 0,
        fuel: int | None = None,
        workers: int | Literal["auto"] = 1,
        cache_dir: str | os.PathLike[str] | None = None,
        check: bool = False,
    ) -> None:
        if clock not in _CLOCKS:
            raise ValueError(f"clock is one of {', '.join(_CLOCKS)}, not {clock!r}")
        if workers == "auto":
            workers = cores() if clock == "real" and not seed else 1
        if not 1 <= operator.index(workers) <= WORKERS_MAX:
            raise ValueError(f"workers is a number from 1 to {WORKERS_MAX}, not {workers}")
        if workers > 1 and clock == "virtual":
            raise ValueError("virtual time means one order, and that means one worker")
        self._language = known_language(language)
        self._native = self._native_type(
            clock=_CLOCKS[clock], seed=seed, memory_max=memory_max, stack_bytes=stack_bytes,
            fuel=_fuel_units(fuel), workers=workers,
        )  # fmt: skip
        self._loader = process_loader(
            Path(cache_dir) if cache_dir else None, check, counted=self._counted
        )
        self._clock = clock
        self._workers = workers
        self._loading = threading.RLock()
        self._modules: list[LoadedModule] = []
        self._problems: list[Problem] = []
        self._functions: dict[str, LoadedFunction] = {}
        self._by_table: dict[int, LoadedFunction] = {}
        self._calls: dict[LoadedFunction, Call] = {}
        self._pumps: list[Pump] = []
        # What `zyn.embed.handles` compiled for a type.
        self._glue: dict[Type, dict[str, LoadedFunction]] = {}
        # What it found a text to mean, beside the structs that the text names.
        self._elements: dict[tuple[object, ...], Type] = {}
        # For the debugger: called after every load, and before the runtime closes.
        self._on_load: list[Callable[[], None]] = []
        self._on_close: list[Callable[[], None]] = []
        self._is_debugged: Callable[[], bool] = _never

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Cancel what is under way, run its clean-up, free the memory.  Twice is harmless.

        Promises that are still held stay readable; pending ones are Cancelled.
        """
        if self._native.is_inside:
            raise BusyError("a runtime cannot be closed from inside one of its polls")
        while self._on_close:
            self._on_close.pop()()
        try:
            self._native.close()
        except RuntimeBusyError as error:
            raise BusyError(str(error)) from None
        for pump in self._pumps:
            pump.runtime_closed()

    @property
    def language(self) -> str:
        """The language of modules whose language is not named."""
        return self._language

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._native.is_closed

    @property
    def live_objects(self) -> int:
        """Frames, strings and errors that are alive.

        A pending promise that is dropped is cancelled by the next turn, and counts until then.
        """
        try:
            return self._native.live_objects()
        except RuntimeClosedError:
            return 0

    @property
    def fuel(self) -> int | None:
        """How many more polls of tasks and direct calls there may be; None: no limit.

        Each takes one, and fails with the code `out-of-fuel` when there is none.  A poll or a call
        that does not come back for about a second has used up what was left.  May be set, so that
        a host goes on.
        """
        try:
            left = self._native.fuel()
        except RuntimeClosedError:
            return None
        return None if left == FUEL_UNBOUNDED else left

    @fuel.setter
    def fuel(self, fuel: int | None) -> None:
        try:
            self._native.refuel(_fuel_units(fuel))
        except RuntimeClosedError:
            raise RuntimeClosed("the runtime is closed") from None

    # --- loading --------------------------------------------------------------------------------

    @overload
    def load_module(self, source: str) -> list[str]: ...
    @overload
    def load_module(self, language: str, source: str) -> list[str]: ...
    def load_module(self, *texts: str, **named: str) -> list[str]:
        """Compile source text, of the runtime's language or the one named first.

        Gives the names of what was generated: `f` for each function and `__f_poll` for the state
        machine of each async one.  Raises CompileFailed.
        """
        places = ("language", "source") if len(texts) + len(named) == 2 else ("source",)
        given = dict(zip(places, texts, strict=False)) | named
        if len(texts) + len(named) != len(given) or set(given) != set(places):
            raise TypeError("load_module takes a source, or a language and a source")
        language, source = given.get("language", self._language), given["source"]
        if not isinstance(source, str):
            raise TypeError(f"the source of a module is a str, not {type(source).__name__}")
        return self.load_bytes(source.encode("utf-8", "surrogatepass"), language=language)

    def load_file(self, path: str | os.PathLike[str]) -> list[str]:
        """`load_module` for a file; its suffix says which language it is."""
        file = Path(path)
        return self.load_bytes(file.read_bytes(), language=language_of(file), file=str(file))

    def load_bytes(self, data: bytes, *, language: str | None = None, file: str = "") -> list[str]:
        """`load_module` for the bytes of a file, whose name is used in messages only."""
        language = known_language(language or self._language)
        if self.is_closed:
            raise RuntimeClosed("the runtime is closed")
        with self._loading:
            # The name is part of every symbol: the same program gets the same one in every process,
            # which is what the cache of compiled code needs.
            name = f"{Path(file).stem or 'module'}{len(self._modules) or ''}"
            try:
                module = self._loader.load(data, language=language, name=name, file=file)
            except CompileError as error:
                raise CompileFailed(problems(error.file, data, error.diagnostics)) from None
            self._modules.append(module)
            for function in module.functions.values():
                self._by_table[function.table_id] = function
                if not function.name.startswith("<"):  # what the compiler made for itself
                    self._functions[function.name] = function
            found = module.program.problems
            self._problems += found
            for loaded in self._on_load:
                loaded()
        for problem in found:
            logger.info("%s", problem)
        logger.debug("loaded %s: %s", name, ", ".join(module.generated))
        return list(module.generated)

    @property
    def diagnostics(self) -> list[Problem]:
        """The warnings and hints of everything that was loaded."""
        return list(self._problems)

    @property
    def functions(self) -> list[str]:
        """The names that can be called."""
        return list(self._functions)

    def function(self, name: str) -> LoadedFunction:
        """What is known of a function: signature, side table; CallError when there is none."""
        if self.is_closed:
            raise RuntimeClosed("the runtime is closed")
        function = self._functions.get(name)
        if function is None:
            known = ", ".join(self._functions) or "none"
            raise CallError(f"there is no function {name!r}; loaded: {known}")
        return function

    # --- calling --------------------------------------------------------------------------------

    def call(self, name: str, /, *args: object) -> Any:
        """Call a function and give its value; an async one is run until it ends."""
        function = self._functions.get(name) or self.function(name)
        if function.signature.is_async:
            return self._call_async(function, args).await_result()
        return self._call_direct(function, args)

    def call_async(self, name: str, /, *args: object) -> Promise:
        """A promise for an async function, which has not begun to run."""
        function = self._functions.get(name) or self.function(name)
        if not function.signature.is_async:
            raise CallError(f"{name} is not async: use call")
        return self._call_async(function, args)

    def spawn(self, name: str, /, *args: object) -> Promise:
        """`call_async` as a task that runs whether or not somebody waits for it.

        With several workers it begins at once, in the background; with one it runs whenever the
        runtime does.  Dropping the promise cancels the task.
        """
        promise = self.call_async(name, *args)
        try:
            self._native.spawn(promise._native())
        except RuntimeClosedError:
            raise RuntimeClosed("the runtime is closed") from None
        self._notify()
        return promise

    def _prepared(self, function: LoadedFunction) -> Call:
        call = self._calls.get(function)
        if call is None:
            if self.is_closed:
                raise RuntimeClosed("the runtime is closed")
            call = self._calls[function] = Call(function)
        return call

    def _call_async(self, function: LoadedFunction, args: tuple[object, ...]) -> Promise:
        call = self._calls.get(function) or self._prepared(function)
        encoder = None
        memory = call.pack(args)
        if memory is None:
            encoder = Encoder(self)
            memory = call.encode(args, encoder)
        try:
            native = self._native.call_async(call.descriptor, memory, call.args_offset)
        except (MemoryError, RuntimeClosedError) as error:
            # Only these say that the frame did not take the references over.
            if encoder is not None:
                encoder.undo()
            raise _translated(error) from None
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug("call_async %s", call.name)
        return Promise(self, native, call.result, call.name)

    def _call_direct(self, function: LoadedFunction, args: tuple[object, ...]) -> Any:
        call = self._calls.get(function) or self._prepared(function)
        memory = ctypes.create_string_buffer(call.result_size or 1)
        result = ctypes.addressof(memory)
        encoder = None
        packed = call.pack(args)
        if packed is None:
            encoder = Encoder(self)
            packed = call.encode(args, encoder)
        try:
            status, error = self._native.call_direct(function.thunk(), packed, result)
        except BaseException as raised:
            # Nothing was written yet, or all of it.
            release(call.result, result)
            raise _translated(raised) from None
        finally:
            # The callee borrows its arguments.
            if encoder is not None:
                encoder.undo()
            self._notify()
        if status == Status.READY:
            value = call.read(result, self)
            release(call.result, result)
            return value
        if status == Status.OUT_OF_MEMORY:
            raise MemoryError("the native runtime has no memory")
        if status == Status.CANCELLED or error is None:
            raise PromiseCancelled(f"{function.name} was cancelled")
        raise self._failed(error)

    def _failed(self, error: NativeError) -> PromiseFailed:
        """The exception for an error of this runtime."""
        file = self._file_of(error.side_table)
        return failure(
            Failed(error.message, code=error.code.text, line=error.line or None, file=file)
        )

    def interrupt(self) -> None:
        """End what runs now, as Ctrl-C does: it fails with the code `interrupted`.  Any thread."""
        self._native.interrupt()

    # --- objects --------------------------------------------------------------------------------

    def channel(self, element: str, capacity: int = 0) -> "Channel":
        """A channel for values of a type, see `zyn.embed.Channel`."""
        from zyn.embed.handles import Channel

        return Channel(self, element, capacity)

    def join_set(self, result: str) -> "JoinSet":
        """A set of tasks with results of a type, see `zyn.embed.JoinSet`."""
        from zyn.embed.handles import JoinSet

        return JoinSet(self, result)

    def nursery(self) -> "Nursery":
        """Tasks that end together, see `zyn.embed.Nursery`."""
        from zyn.embed.handles import Nursery

        return Nursery(self)

    def metrics(self) -> list[WorkerMetrics]:
        """What each worker did so far; of several the first is the host's.  Stops nothing."""
        try:
            found = self._native.metrics()
        except RuntimeClosedError:
            raise RuntimeClosed("the runtime is closed") from None
        return [
            WorkerMetrics(one.polls, one.steals, one.given, one.parks, one.wakes, one.queued)
            for one in found
        ]

    # --- for promises ---------------------------------------------------------------------------

    def _foreign(self, machine: object, poll_fn: PollFn) -> NativePromise:
        try:
            return self._native.call_foreign(machine, poll_fn)
        except RuntimeClosedError:
            raise RuntimeClosed("the runtime is closed") from None

    def _new_string(self, text: bytes) -> int:
        try:
            return self._native.new_string(text)
        except RuntimeClosedError:
            raise RuntimeClosed("the runtime is closed") from None

    def _promise_of(self, native: NativePromise, result: Type) -> Promise:
        return Promise(self, native, result, "promise")

    def _handle_of(self, type_: HandleType, address: int) -> "Handle | None":
        from zyn.embed.handles import adopt

        return adopt(self, type_, address)

    def _outside(self, delta: int) -> None:
        """So many operations of this program that will wake a task began, or ended."""
        with contextlib.suppress(RuntimeClosedError):
            self._native.outside(delta)

    def _load_hidden(self, source: str, what: str) -> dict[str, LoadedFunction]:
        """Functions for this package's own use, which nobody can call by name."""
        data = source.encode()
        if self.is_closed:
            raise RuntimeClosed("the runtime is closed")
        with self._loading:
            try:
                module = self._loader.load(data, language="zyntax", name="zyn.embed")
            except CompileError as error:
                raise CompileFailed(problems(what, data, error.diagnostics)) from None
            self._modules.append(module)
            for function in module.functions.values():
                self._by_table[function.table_id] = function
            return module.functions

    def _file_of(self, side_table: int) -> str:
        function = self._by_table.get(side_table)
        return function.module.file if function else ""

    def _poll(self, native: NativePromise) -> None:
        """One turn in which the promise is polled."""
        try:
            status = self._native.poll(native)
        except RuntimeClosedError:
            return  # the promise is Cancelled
        finally:
            self._notify()
        _refuse(status)

    def _block_on(self, native: NativePromise, deadline: float | None) -> Status:
        """Run until the promise ended and give its status; raises when it does not."""
        left_ns = -1
        if deadline is not None:
            left_ns = int(max(0.0, min((deadline - time.monotonic()) * 1e9, _WAIT_MAX_NS)))
        try:
            status = self._native.block_on(native, left_ns)
        except RuntimeClosedError:
            return Status.PENDING  # the promise says Cancelled
        finally:
            self._notify()
        if status is Status.READY:
            return status
        if status == Status.TIMEOUT:
            raise PromiseTimeout("the time is up and the promise is still pending")
        if status == Status.DEADLOCK:
            from zyn.embed.deadlock import waiting_tasks

            tables = {number: function.side_table for number, function in self._by_table.items()}
            raise Deadlocked(waiting_tasks(self._native, tables))
        _refuse(status)
        return status

    def _round(self, natives: Iterable[NativePromise]) -> int:
        """One turn in which these promises, if they can go on, are polled; gives all its polls."""
        try:
            for native in natives:
                self._native.spawn(native)
            polls = self._native.turn()
        except RuntimeClosedError:
            return 0  # the promises are Cancelled
        finally:
            self._notify()
        if polls < 0 and self._native.is_inside:
            _refuse(Status.BUSY)
        return polls

    def _progress(self, native: NativePromise, deadline: float | None) -> int:
        """Wait until a turn is worth it and run it; gives the number of turns.

        `native` is pending and says whether anything can come from outside.
        """
        try:
            next_ns = self._native.next_deadline_ns()
            if next_ns < 0:
                self._block_on(native, deadline)
                return 1
            if next_ns > 0 and self._clock == "real":
                left_s = math.inf if deadline is None else max(0.0, deadline - time.monotonic())
                poll = select.poll()
                poll.register(self._native.wake_fd(), select.POLLIN)
                poll.poll(min(math.ceil(next_ns / 1e6), left_s * 1e3))
            if self._round(()) >= 0:
                return 1
        except RuntimeClosedError:
            return 0
        time.sleep(_BUSY_PAUSE_S)  # another thread runs the runtime
        return 0

    def _notify(self) -> None:
        """Tell asyncio's waiters of promises that ended meanwhile."""
        for pump in self._pumps:
            pump.notify()


def _fuel_units(fuel: int | None) -> int:
    if fuel is None:
        return FUEL_UNBOUNDED
    if not 0 <= operator.index(fuel) < FUEL_UNBOUNDED:
        raise ValueError(f"fuel is a number from 0 to {FUEL_UNBOUNDED - 1}, not {fuel}")
    return fuel


def _never() -> bool:
    return False


def _refuse(status: Status) -> None:
    if status == Status.BUSY:
        raise BusyError("a promise cannot be polled from inside a poll of its own runtime")
    if status == Status.OUT_OF_MEMORY:
        raise MemoryError("the native runtime has no memory")


def _translated(error: BaseException) -> BaseException:
    if isinstance(error, RuntimeClosedError):
        return RuntimeClosed("the runtime is closed")
    return error


_default: Runtime | None = None
_default_making = threading.Lock()


def default_runtime() -> Runtime:
    """The runtime of foreign promises that are used with no other."""
    global _default
    with _default_making:
        if _default is None or _default.is_closed:
            _default = Runtime()
        return _default
