"""A promise: a call under way, a chain built on one, or a machine of the host's own.

Three kinds behind one class.  A promise of a call owns a native one.  A chained promise (`then`,
`catch`) owns the promise it was made from and a function, which is called once, on the thread
that polls or awaits the chained promise, after the source ended.  A foreign promise becomes
native when it is first used, because only then it is known on which runtime.

Every promise may be dropped at any moment and on any thread, polled from several threads, and read
after its runtime was closed.
"""

import operator
import threading
import time
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from zyn.base.bug import ZynBug
from zyn.embed.errors import CallError, PromiseCancelled, PromiseFailed, PromiseTimeout
from zyn.embed.states import CANCELLED, PENDING, Failed, PromiseState, Ready
from zyn.embed.values import reader
from zyn.runtime.abi import ErrorCode, Status
from zyn.runtime.host import NativePromise
from zyn.sema.types import I64, Type

if TYPE_CHECKING:
    from zyn.embed.runtime import Runtime

# How a task fails that a limited wait had to end inside a poll.
_TIME_IS_UP = ErrorCode.TIMEOUT.text
_PENDING, _READY = Status.PENDING, Status.READY

PollFn = int | Callable[[Any], int]

# `zyn.embed.aio.wait`, from the first await on.
_wait: "Callable[[Promise], Generator[Any, None, Any]] | None" = None


class Promise:
    """A call under way, from `Runtime.call_async`.  Nothing runs until it is polled or awaited."""

    __slots__ = ("__weakref__", "_name", "_native_promise", "_result", "_runtime", "_state")

    def __init__(
        self, runtime: "Runtime", native: NativePromise | None, result: Type, name: str
    ) -> None:
        self._runtime = runtime
        self._native_promise = native
        self._result = result
        self._name = name
        self._state: PromiseState = PENDING

    @staticmethod
    def from_poll_fn(
        state_machine: object, poll_fn: PollFn, *, runtime: "Runtime | None" = None
    ) -> "Promise":
        """A promise for a machine that is not compiled by zyn.

        `poll_fn(state_machine)` is called once per turn: 0 says pending, any other 64-bit integer,
        negative ones too, is the value.  Both may be addresses (a C function `int64_t fn(void *)`
        and its argument, valid until the promise ended); else `poll_fn` is a Python callable.
        """
        return ForeignPromise(state_machine, poll_fn, runtime)

    # --- looking, which runs nothing ------------------------------------------------------------

    @property
    def state(self) -> PromiseState:
        """How it stands, without polling."""
        return self._advance()

    @property
    def is_pending(self) -> bool:
        """Whether it has not ended."""
        return self.state is PENDING

    @property
    def is_completed(self) -> bool:
        """Whether it ended: with a value, failed or cancelled."""
        return self.state is not PENDING

    @property
    def poll_count(self) -> int:
        """How often its state machine was polled so far, by whomever."""
        return self._root()._native().polls

    def __repr__(self) -> str:
        state = type(self.state).__name__.lower()
        return f"<Promise {self._name}: {state}>"

    # --- running --------------------------------------------------------------------------------

    def poll(self) -> PromiseState:
        """One turn of the runtime, in which this promise is polled once."""
        root = self._root()
        if root._advance() is PENDING:
            root._runtime._poll(root._native())
        return self._advance()

    def poll_with_limit(self, limit: int) -> PromiseState:
        """Poll at most `limit` more times; Pending when that was not enough."""
        if operator.index(limit) < 0:
            raise ValueError("the limit is not negative")
        state = self._advance()
        for _ in range(limit):
            if state is not PENDING:
                break
            state = self.poll()
        return state

    def await_result(self) -> Any:
        """Run until it ended and give the value; raises when it has none."""
        return self._await(None)

    def await_with_timeout(self, seconds: float) -> Any:
        """`await_result`, or PromiseTimeout when `seconds` pass first.

        It is then still pending and may be awaited again, unless the time passed inside one poll:
        a loop that would never come back is ended, and the promise failed.
        """
        return self._await(deadline_after(seconds))

    def cancel(self) -> None:
        """Ask it to end.  Its clean-up runs, and it is Cancelled, at its next poll."""
        root = self._root()
        if root._advance() is PENDING:
            root._native().cancel()
            root._runtime._notify()

    def then(self, f: Callable[[Any], Any]) -> "Promise":
        """A promise for `f(value)`; failures and cancellation pass through.

        A promise that `f` gives is awaited in turn; an exception in `f` is a failure.
        """
        return ChainedPromise(self, on_ready=f)

    def catch(self, f: Callable[[str], Any]) -> "Promise":
        """A promise for `f(message)` if this one fails, else for its value."""
        return ChainedPromise(self, on_failed=f)

    def __await__(self) -> Generator[Any, None, Any]:
        global _wait
        if _wait is None:
            # asyncio costs 40 ms to import, and a command-line run does not need it.
            from zyn.embed.aio import wait

            _wait = wait
        return _wait(self)

    # --- for this package -----------------------------------------------------------------------

    def _native(self) -> NativePromise:
        if self._native_promise is None:
            raise ZynBug("a promise without a native one")
        return self._native_promise

    def _root(self) -> "Promise":
        """The promise at the end of a chain: the one that has a state machine."""
        return self

    def _bind(self, runtime: "Runtime") -> None:
        """Make it belong to a runtime, if it belongs to none yet."""

    def _leads_to(self, other: "Promise") -> bool:
        """Whether `other` is this promise or one that it was made from."""
        link: Promise = self
        while isinstance(link, ChainedPromise) and link is not other:
            link = link._source
        return link is other

    def _advance(self) -> PromiseState:
        """The state after everything that can be done without running native code."""
        if self._state is PENDING:
            self._state = self._look()
        return self._state

    def _look(self) -> PromiseState:
        return self._state_of(self._native().status)

    def _ended(self, status: Status) -> None:
        """A native call gave this status; of some it is known what they say of the promise."""
        if status is _READY and self._state is PENDING:
            self._state = self._state_of(status)

    def _state_of(self, status: Status) -> PromiseState:
        native = self._native_promise or self._native()
        if status is _READY:
            return Ready(reader(self._result)(native.result_address, self._runtime))
        if status is _PENDING:
            return CANCELLED if self._runtime.is_closed else PENDING
        error = native.error
        if status == Status.CANCELLED or error is None:
            return CANCELLED
        return Failed(
            error.message,
            code=error.code.text,
            line=error.line or None,
            file=self._runtime._file_of(error.side_table),
            cause=native.foreign.error if native.foreign else None,
        )

    def _native_for(self, runtime: "Runtime", result: Type, path: str) -> NativePromise:
        """The native promise as an argument of a call on `runtime`."""
        if self._runtime is not runtime:
            raise CallError(f"{path}: the promise belongs to another runtime")
        if self._result is not result and self._result != result:
            raise CallError(f"{path}: expected Promise<{result}>, got Promise<{self._result}>")
        return self._native_promise or self._native()

    def _await(self, deadline: float | None) -> Any:
        root = self._root()
        # Of one that was just made it is known how it stands.
        state = PENDING if root is self and self._state is PENDING else self._advance()
        while state is PENDING:
            root = self._root()
            root._ended(root._runtime._block_on(root._native(), deadline))
            if deadline is not None:
                ended = root._advance()
                if isinstance(ended, Failed) and ended.code == _TIME_IS_UP:
                    raise PromiseTimeout("the time is up; the task was ended", line=ended.line)
            state = self._advance()
        return outcome(state)


class ForeignPromise(Promise):
    """A promise around a machine of the host's."""

    __slots__ = ("_binding", "_machine", "_poll_fn")

    def __init__(self, state_machine: object, poll_fn: PollFn, runtime: "Runtime | None") -> None:
        function: object = poll_fn
        if isinstance(function, bool) or not (callable(function) or isinstance(function, int)):
            raise CallError("poll_fn is the address of a C function or a Python callable")
        if isinstance(poll_fn, int):
            if not isinstance(state_machine, int):
                raise CallError("a C poll function needs the address of its state machine")
            if poll_fn == 0:
                raise CallError("poll_fn is null")
        self._machine = state_machine
        self._poll_fn = poll_fn
        self._binding = threading.RLock()
        self._name = "foreign"
        self._result = I64
        self._state = PENDING
        self._native_promise = None
        if runtime is not None:
            self._bind(runtime)

    @property
    def _is_bound(self) -> bool:
        return self._native_promise is not None

    def _bind(self, runtime: "Runtime") -> None:
        with self._binding:
            if self._native_promise is None:
                self._runtime = runtime
                self._native_promise = runtime._foreign(self._machine, self._poll_fn)
                # The native side lets go of both when the machine ends; so does this one.
                self._machine, self._poll_fn = None, 0

    def _native(self) -> NativePromise:
        if self._native_promise is None:
            from zyn.embed.runtime import default_runtime

            self._bind(default_runtime())
        return super()._native()

    def _root(self) -> Promise:
        if self._native_promise is None:
            self._native()
        return self

    def _native_for(self, runtime: "Runtime", result: Type, path: str) -> NativePromise:
        if self._native_promise is None:
            self._bind(runtime)
        return super()._native_for(runtime, result, path)


class ChainedPromise(Promise):
    """What `then` and `catch` give: a source, and what to do with how it ended."""

    __slots__ = ("_calling", "_on_failed", "_on_ready", "_source")

    def __init__(
        self,
        source: Promise,
        *,
        on_ready: Callable[[Any], Any] | None = None,
        on_failed: Callable[[str], Any] | None = None,
    ) -> None:
        function: object = on_failed if on_ready is None else on_ready
        if not callable(function):
            raise TypeError("then and catch need a function")
        self._source = source
        self._on_ready = on_ready
        self._on_failed = on_failed
        # Held while the function runs: a second thread waits, the same thread sees Pending.
        self._calling = threading.RLock()
        self._name = source._name
        self._state = PENDING

    @property
    def state(self) -> PromiseState:
        """How it stands, without polling and without calling the chained function."""
        return self._state

    def _root(self) -> Promise:
        source = self._source
        while isinstance(source, ChainedPromise):
            source = source._source
        return source._root()

    def _bind(self, runtime: "Runtime") -> None:
        source = self._source
        while isinstance(source, ChainedPromise):
            source = source._source
        source._bind(runtime)

    def _native_for(self, runtime: "Runtime", result: Type, path: str) -> NativePromise:
        raise CallError(f"{path}: a promise made by then or catch has no native form")

    def _advance(self) -> PromiseState:
        # A loop, because a chain may be longer than Python's stack is deep.
        chain = [self]
        while isinstance(chain[-1]._source, ChainedPromise) and chain[-1]._state is PENDING:
            chain.append(chain[-1]._source)
        state: PromiseState = chain[-1]._state
        if state is PENDING:
            state = chain[-1]._source._advance()
        for link in reversed(chain):
            if link._state is PENDING and state is not PENDING:
                link._settle(state)
            state = link._state
        return state

    def _settle(self, source: PromiseState) -> None:
        with self._calling:
            if self._state is not PENDING or (self._on_ready is None and self._on_failed is None):
                return
            on_ready, on_failed = self._on_ready, self._on_failed
            self._on_ready = self._on_failed = None
            try:
                value = _apply(on_ready, on_failed, source)
            except Exception as error:
                message = f"{type(error).__name__}: {error}"
                self._state = Failed(message, code="exception", cause=error)
                return
            except BaseException:
                self._on_ready, self._on_failed = on_ready, on_failed
                raise
            if isinstance(value, Promise) and value._leads_to(self):
                self._state = Failed("the promise waits for itself", code="exception")
            elif isinstance(value, Promise):
                # From now on this promise is the one that the function gave.
                self._on_ready = _identity
                self._source = value
            elif isinstance(value, PromiseState):
                self._state = value
            else:
                self._state = Ready(value)


def _identity(value: Any) -> Any:
    return value


def _apply(
    on_ready: Callable[[Any], Any] | None,
    on_failed: Callable[[str], Any] | None,
    source: PromiseState,
) -> Any:
    if isinstance(source, Ready):
        return source if on_ready is None else on_ready(source.value)
    if isinstance(source, Failed) and on_failed is not None:
        return on_failed(source.message)
    return source


def outcome(state: PromiseState) -> Any:
    """The value of an ended promise, or the exception that says why there is none."""
    if type(state) is Ready:
        return state.value
    if isinstance(state, Failed):
        raise failure(state)
    raise PromiseCancelled("the promise was cancelled")


def failure(state: Failed) -> PromiseFailed:
    """The exception for a failed promise."""
    error = PromiseFailed(state.message, code=state.code, line=state.line, file=state.file)
    error.__cause__ = state.cause
    return error


def deadline_after(seconds: float) -> float:
    """The moment of `time.monotonic` at which a wait ends."""
    if not isinstance(seconds, int | float):
        raise TypeError(f"a timeout is a number of seconds, not {type(seconds).__name__}")
    if not seconds >= 0:
        raise ValueError("a timeout is a number of seconds that is not negative")
    return time.monotonic() + seconds
