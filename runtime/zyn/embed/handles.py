"""Objects of the runtime in Python's hands: channels, sets of tasks, handles to pass on.

What Python does with an object is done by functions of the language itself, compiled when they are
first needed for a type: so values, failures, limits and deadlocks are those of any other call.
Every object may be used from several threads and dropped on any; one whose runtime was closed
raises RuntimeClosed.

Waiting in a thread: `send`, `recv`, `join_next` and `join` run the runtime until they are done, as
`Promise.await_result` does.  Under asyncio await the forms that end in `_async`.
"""

import re
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from zyn.embed.errors import (
    CallError,
    ChannelClosed,
    CompileFailed,
    PromiseCancelled,
    PromiseFailed,
    PromiseTimeout,
    SetEmpty,
)
from zyn.embed.promise import Promise
from zyn.runtime.host import read_error
from zyn.runtime.load import library
from zyn.sema.types import (
    VOID,
    ArrayType,
    HandleType,
    OptionalType,
    PromiseType,
    StructType,
    Type,
)

if TYPE_CHECKING:
    from zyn.driver.loaded import LoadedFunction
    from zyn.embed.runtime import Runtime

_TYPE_TEXT = re.compile(r"[\w\s\[\]?<>]+")

_CHANNEL = """\
const ZynTaken = struct {{ ok: bool, value: ?{0} }};
fn make(capacity: i64) Channel<{0}> {{ return channel(capacity); }}
async fn send(channel: Channel<{0}>, value: {0}) bool {{ return await channel.send(value); }}
async fn recv(channel: Channel<{0}>) ZynTaken {{
    const value = await channel.recv();
    return ZynTaken{{ .ok = value != null, .value = value }};
}}
fn try_send(channel: Channel<{0}>, value: {0}) bool {{ return channel.try_send(value); }}
fn try_recv(channel: Channel<{0}>) ZynTaken {{
    const value = channel.try_recv();
    return ZynTaken{{ .ok = value != null, .value = value }};
}}
fn close(channel: Channel<{0}>) void {{ channel.close(); }}
fn len(channel: Channel<{0}>) i64 {{ return channel.len(); }}
"""
_JOIN_SET = """\
{1}
fn make() JoinSet<{0}> {{ return join_set(); }}
fn spawn(set: JoinSet<{0}>, promise: Promise<{0}>) void {{ set.spawn(promise); }}
fn abort_all(set: JoinSet<{0}>) void {{ set.abort_all(); }}
fn len(set: JoinSet<{0}>) i64 {{ return set.len(); }}
"""
_JOIN_NEXT = """\
const ZynTaken = struct {{ ok: bool, value: ?{0} }};
async fn join_next(set: JoinSet<{0}>) ZynTaken {{
    const value = await set.join_next();
    return ZynTaken{{ .ok = value != null, .value = value }};
}}"""
_JOIN_NEXT_VOID = """\
const ZynTaken = struct { ok: bool, value: ?bool };
async fn join_next(set: JoinSet<void>) ZynTaken {
    return ZynTaken{ .ok = await set.join_next(), .value = null };
}"""
_NURSERY = """\
fn make() Nursery { return nursery(); }
async fn join(nursery: Nursery) void { await nursery.join(); }
fn cancel(nursery: Nursery) void { nursery.cancel(); }
"""
_CHILD = "fn spawn(nursery: Nursery, promise: Promise<{0}>) void {{ nursery.spawn(promise); }}\n"


class Handle:
    """An object of the runtime that Python can only pass on, such as a mutex."""

    __slots__ = ("__weakref__", "_address", "_runtime", "_type")

    _runtime: "Runtime"
    _address: int
    _type: HandleType

    def __new__(cls, *_: object, **__: object) -> Self:
        self = super().__new__(cls)
        self._address = 0
        return self

    def __init__(self) -> None:
        raise TypeError(f"a {type(self).__name__} comes from a function of a program")

    @classmethod
    def _adopt(cls, runtime: "Runtime", type_: HandleType, address: int) -> "Handle":
        """The handle that owns the reference at `address`."""
        self = cls.__new__(cls)
        self._runtime, self._type, self._address = runtime, type_, address
        return self

    def __del__(self) -> None:
        if self._address:
            library().zyn_object_release(self._address)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Handle) and other._address == self._address

    def __hash__(self) -> int:
        return hash(self._address)

    def __repr__(self) -> str:
        return f"<{self._type} {library().zyn_object_id(self._address)}>"

    def _retained(self, runtime: "Runtime", type_: HandleType, path: str) -> int:
        """The address with a reference more, as an argument of a call on `runtime`."""
        if type_ != self._type:
            raise CallError(f"{path}: expected {type_}, got {self._type}")
        if runtime is not self._runtime:
            raise CallError(f"{path}: the {self._type.name} belongs to another runtime")
        library().zyn_object_retain(self._address)
        return self._address

    def _make(self, runtime: "Runtime", type_: HandleType, *args: object) -> None:
        """Become a new object."""
        made = runtime._call_direct(_glue(runtime, type_)["make"], args)
        self._runtime, self._type = runtime, type_
        self._address, made._address = made._address, 0

    def _now(self, name: str, *args: object) -> Any:
        return self._runtime._call_direct(_glue(self._runtime, self._type)[name], (self, *args))

    def _later(self, name: str, *args: object) -> Promise:
        function = _glue(self._runtime, self._type)[name]
        return self._runtime._call_async(function, (self, *args))

    def _wait(self, promise: Promise, timeout: float | None) -> Any:
        """The value of a promise of this module's, which nobody else holds.

        Time that is up cancels it, and a value that it got in that moment is not lost.
        """
        with _awaited_from_outside(self._runtime, timeout):
            if timeout is None:
                return promise.await_result()
            try:
                return promise.await_with_timeout(timeout)
            except PromiseTimeout:
                promise.cancel()
                try:
                    return promise.await_result()
                except PromiseCancelled:
                    raise PromiseTimeout("the time is up") from None


class _Series(Handle):
    """What gives values one by one, in order of time, until it has none left.

    Its functions are called by name: `_taking` waits for a value, `_leaving` ends it.  `_end` is
    raised, with `_nothing` as its words, when there will be no value.
    """

    __slots__ = ()
    _taking: ClassVar[str]
    _leaving: ClassVar[str]
    _end: ClassVar[type[Exception]]
    _nothing: ClassVar[str]

    def _take(self, timeout: float | None = None) -> Any:
        return self._read(self._wait(self._later(self._taking), timeout))

    async def _take_async(self) -> Any:
        return self._read(await self._later(self._taking))

    def _read(self, taken: Any) -> Any:
        if not taken.ok:
            raise self._end(self._nothing)
        return taken.value

    def __len__(self) -> int:
        return int(self._now("len"))

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Any]:
        """The values as they come, until there will be none."""
        while True:
            try:
                value = self._take()
            except self._end:
                return
            yield value

    async def __aiter__(self) -> AsyncIterator[Any]:
        while True:
            try:
                value = await self._take_async()
            except self._end:
                return
            yield value

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._runtime.is_closed:
            self._now(self._leaving)


class Channel(_Series):
    """A queue between tasks and threads; values are of one type of the language.

    element   the type, as a program writes it: `i64`, `?string`, or a struct of a loaded module
    capacity  how many values it holds before `send` waits; 0: no limit
    """

    __slots__ = ()
    _taking, _leaving = "recv", "close"
    _end, _nothing = ChannelClosed, "the channel is closed and empty"

    def __init__(self, runtime: "Runtime", element: str, capacity: int = 0) -> None:
        type_ = _element(runtime, element)
        if type_ is VOID:
            raise CallError("void has no values to send")
        self._make(runtime, HandleType("Channel", type_), capacity)

    def send(self, value: object, timeout: float | None = None) -> None:
        """Wait for room and send; ChannelClosed, or PromiseTimeout after `timeout` seconds."""
        if not self._wait(self._later("send", value), timeout):
            raise ChannelClosed("the channel is closed")

    async def send_async(self, value: object) -> None:
        """`send` under asyncio."""
        if not await self._later("send", value):
            raise ChannelClosed("the channel is closed")

    def try_send(self, value: object) -> bool:
        """Send if there is room at once; False when the channel is full or closed."""
        return bool(self._now("try_send", value))

    def recv(self, timeout: float | None = None) -> Any:
        """The oldest value; ChannelClosed when there will be none, or PromiseTimeout."""
        return self._take(timeout)

    async def recv_async(self) -> Any:
        """`recv` under asyncio."""
        return await self._take_async()

    def try_recv(self, default: Any = None) -> Any:
        """The oldest value, or `default` when there is none now."""
        taken = self._now("try_recv")
        return taken.value if taken.ok else default

    def close(self) -> None:
        """End sending.  What was sent can still be received.  Twice is harmless."""
        self._now("close")


class JoinSet(_Series):
    """Tasks of one type of result, whose ends are taken one by one, as they come.

    `with` aborts those that were not joined.
    """

    __slots__ = ()
    _taking, _leaving = "join_next", "abort_all"
    _end, _nothing = SetEmpty, "no task is left in the set"

    def __init__(self, runtime: "Runtime", result: str) -> None:
        self._make(runtime, HandleType("JoinSet", _element(runtime, result)))

    def spawn(self, task: str | Promise, /, *args: object) -> None:
        """Start a function of a program by name, or a promise, as a task of the set."""
        self._now("spawn", _promise(self._runtime, task, args))

    def join_next(self, timeout: float | None = None) -> Any:
        """The value of the next to end, or its failure; SetEmpty when none is left."""
        return self._take(timeout)

    async def join_next_async(self) -> Any:
        """`join_next` under asyncio."""
        return await self._take_async()

    def abort_all(self) -> None:
        """Ask every task of the set to end."""
        self._now("abort_all")


class Nursery(Handle):
    """Tasks that end together.

    Leaving `with` waits for all; the first failure cancels the others and is raised there, once
    all have ended.  An exception inside `with` cancels all, waits and goes on.
    """

    __slots__ = ()

    def __init__(self, runtime: "Runtime") -> None:
        self._make(runtime, HandleType("Nursery"))

    def spawn(self, task: str | Promise, /, *args: object) -> None:
        """Start a function of a program by name, or a promise, as a child; its value is dropped."""
        promise = _promise(self._runtime, task, args)
        promise._root()
        child = _child(self._runtime, promise._result)
        self._runtime._call_direct(child, (self, promise))

    def join(self, timeout: float | None = None) -> None:
        """Wait until all children ended; PromiseTimeout cancels them, and waits for that."""
        self._wait(self._later("join"), timeout)

    async def join_async(self) -> None:
        """`join` under asyncio."""
        await self._later("join")

    def cancel(self) -> None:
        """Ask the children to end."""
        self._now("cancel")

    @property
    def failures(self) -> tuple[PromiseFailed, ...]:
        """What children failed with so far, in the order of their ends.

        The first is what `join` raises; behind it is what siblings failed with as well, before
        they were cancelled or in their clean-up.
        """
        runtime, found = self._runtime, list[PromiseFailed]()
        for index in range(library().zyn_nursery_failures(self._address)):
            address = library().zyn_nursery_failure(self._address, index)
            error = read_error(address)
            library().zyn_error_release(address)
            if error is not None:
                found.append(runtime._failed(error))
        return tuple(found)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._runtime.is_closed:
            return
        if kind is None:
            self.join()
            return
        self.cancel()
        try:
            self.join()
        except (PromiseFailed, PromiseCancelled):
            return  # what was raised inside says more

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            await self.join_async()
            return
        self.cancel()
        try:
            await self.join_async()
        except (PromiseFailed, PromiseCancelled):
            return


_CLASSES: dict[str, type[Handle]] = {"Channel": Channel, "JoinSet": JoinSet, "Nursery": Nursery}


def adopt(runtime: "Runtime", type_: HandleType, address: int) -> Handle | None:
    """The Python object for a handle, which takes over one reference; null is None."""
    if not address:
        return None
    return _CLASSES.get(type_.name, Handle)._adopt(runtime, type_, address)


def _promise(runtime: "Runtime", task: str | Promise, args: tuple[object, ...]) -> Promise:
    if isinstance(task, str):
        return runtime.call_async(task, *args)
    if not isinstance(task, Promise):
        raise CallError(f"a task is the name of a function or a Promise, not {task!r}")
    if args:
        raise CallError("a promise has its arguments already")
    return task


@contextmanager
def _awaited_from_outside(runtime: "Runtime", timeout: float | None) -> Iterator[None]:
    """No deadlock: the wait has an end, or another thread of this program may do what it is for."""
    here = threading.current_thread()
    # The threads of zyn itself do nothing of their own accord.
    alone = all(one is here or one.name.startswith("zyn-") for one in threading.enumerate())
    if alone and timeout is None:
        yield
        return
    runtime._outside(1)
    try:
        yield
    finally:
        runtime._outside(-1)


# --- functions of the language behind the methods -------------------------------------------------


def _glue(runtime: "Runtime", type_: HandleType) -> "dict[str, LoadedFunction]":
    """The functions behind the methods of a type."""
    found = runtime._glue.get(type_)
    if found is None:
        structs = "".join(_declarations([type_]))
        text = str(type_.element)
        if type_.name == "Channel":
            body = _CHANNEL.format(text)
        elif type_.name == "JoinSet":
            next_ = _JOIN_NEXT_VOID if type_.element is VOID else _JOIN_NEXT.format(text)
            body = _JOIN_SET.format(text, next_)
        else:
            body = _NURSERY
        found = runtime._glue[type_] = runtime._load_hidden(structs + body, str(type_))
    return found


def _child(runtime: "Runtime", result: Type) -> "LoadedFunction":
    """What adds a promise of some result to a nursery."""
    key = PromiseType(result)
    found = runtime._glue.get(key)
    if found is None:
        source = "".join(_declarations([result])) + _CHILD.format(result)
        found = runtime._glue[key] = runtime._load_hidden(source, f"Nursery of {result}")
    return found["spawn"]


def _element(runtime: "Runtime", text: str) -> Type:
    """The type that a program writes so; structs are those of the modules loaded last."""
    if not _TYPE_TEXT.fullmatch(text):
        raise CallError(f"{text!r} is no type of the language")
    if text.strip() == "void":
        return VOID
    known: dict[str, StructType] = {}
    for function in runtime._functions.values():
        signature = function.signature
        for type_ in (signature.result, *(type_ for _, type_ in signature.params)):
            for struct in _structs(type_):
                known[struct.name] = struct
    named = [known[word] for word in re.findall(r"[A-Za-z_]\w*", text) if word in known]
    key = (text, *named)
    if (cached := runtime._elements.get(key)) is not None:
        return cached
    source = "".join(_declarations(named)) + f"fn type_of(_value: {text}) void {{}}\n"
    try:
        function = runtime._load_hidden(source, text)["type_of"]
    except CompileFailed as error:
        said = [problem.message for problem in error.problems if problem.severity == "error"]
        raise CallError(f"{text!r} is no type here: {'; '.join(said)}") from None
    type_ = runtime._elements[key] = function.signature.params[0][1]
    return type_


def _declarations(types: Iterable[Type]) -> list[str]:
    """The declarations of the structs in some types."""
    structs = {struct.name: struct for type_ in types for struct in _structs(type_)}
    return [
        f"const {name} = struct {{ "
        + ", ".join(f"{field}: {type_}" for field, type_ in struct.fields)
        + " };\n"
        for name, struct in structs.items()
        if "<" not in name
    ]


def _structs(type_: Type) -> Iterator[StructType]:
    match type_:
        case StructType(_, fields):
            yield type_
            for _, field in fields:
                yield from _structs(field)
        case OptionalType(inner) | ArrayType(_, inner) | PromiseType(inner):
            yield from _structs(inner)
        case HandleType(_, element) if element is not None:
            yield from _structs(element)
