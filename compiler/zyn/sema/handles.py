"""The built-in types that stand for a counted object, and what can be done with one.

`Channel<T>` and its like are made by a built-in function and used by methods: `ch.send(1)`.  A
method is a leaf future, which is awaited, or an operation, which is done at once; the tables of
both are `zyn.ir.leaf` and `zyn.ir.operation`.

Absent here: what a method does; `zyn_sync.h` of the runtime says so in more detail.
"""

from typing import Literal

import msgspec

from zyn.sema.types import (
    BOOL,
    ERROR,
    I64,
    STRING,
    U32,
    VOID,
    ArrayType,
    HandleType,
    OptionalType,
    PromiseType,
    Type,
)

HANDLES: dict[str, Literal["", "stored", "any"]] = {
    "Channel": "stored",
    "Oneshot": "stored",
    "Mutex": "",
    "RwLock": "",
    "Semaphore": "",
    "Barrier": "",
    "Notify": "",
    "JoinSet": "any",
    "Nursery": "",
    "TcpListener": "",
    "TcpStream": "",
}
"""The name of each type, and what stands between its angle brackets: nothing, the type of a value,
or any type that a promise can have."""

TCP_LISTENER = HandleType("TcpListener")
TCP_STREAM = HandleType("TcpStream")

T = HandleType("T")
"""In a signature below: what the handle is made of."""

ANY = HandleType("?")
"""In a signature below, as `Promise<?>`: a promise of whatever."""


class Method(msgspec.Struct, frozen=True):
    """What can be done with a handle.

    leaf       the leaf future that it begins, or None
    operation  the operation that it does, or None
    permits    whether one permit is meant, which the source does not say
    """

    owner: str
    name: str
    params: tuple[tuple[str, Type], ...]
    result: Type
    doc: str
    leaf: str | None = None
    operation: str | None = None
    permits: bool = False

    @property
    def key(self) -> str:
        """`Channel.send`: its name among all methods."""
        return f"{self.owner}.{self.name}"

    @property
    def shape(self) -> str:
        """What an editor shows: `Channel<T>.send(value: T) Promise<bool>`."""
        params = ", ".join(f"{name}: {type_}" for name, type_ in self.params)
        of = "<T>" if HANDLES[self.owner] else ""
        return f"{self.owner}{of}.{self.name}({params}) {self.result}"

    def shape_of(self, handle: HandleType) -> str:
        """The same for one handle: `Channel<i64>.send(value: i64) Promise<bool>`."""
        params = ", ".join(f"{name}: {type_}" for name, type_ in self.params_of(handle))
        return f"{handle}.{self.name}({params}) {self.result_of(handle)}"

    def result_of(self, handle: HandleType) -> Type:
        """The type of a call on such a handle."""
        return resolved(self.result, handle)

    def params_of(self, handle: HandleType) -> tuple[tuple[str, Type], ...]:
        """The parameters of a call on such a handle."""
        return tuple((name, resolved(type_, handle)) for name, type_ in self.params)


def resolved(type_: Type, handle: HandleType) -> Type:
    """A type of a signature with the handle's element in the place of T.

    An optional of a T that is void is a bool: there is nothing else to tell.
    """
    match type_:
        case HandleType("T", None):
            return handle.element or ERROR
        case PromiseType(result):
            return PromiseType(resolved(result, handle))
        case OptionalType(inner):
            found = resolved(inner, handle)
            return BOOL if found is VOID else OptionalType(found)
        case ArrayType(length, element):
            return ArrayType(length, resolved(element, handle))
    return type_


def _leaf(
    owner: str, name: str, params: tuple[tuple[str, Type], ...], result: Type, leaf: str, doc: str,
    *, permits: bool = False,
) -> Method:  # fmt: skip
    return Method(owner, name, params, PromiseType(result), doc, leaf=leaf, permits=permits)


def _now(
    owner: str, name: str, params: tuple[tuple[str, Type], ...], result: Type, operation: str,
    doc: str, *, permits: bool = False,
) -> Method:  # fmt: skip
    return Method(owner, name, params, result, doc, operation=operation, permits=permits)


_VALUE = (("value", T),)
_MANY = (("permits", U32),)

METHODS: dict[str, Method] = {
    method.key: method
    for method in (
        _leaf("Channel", "send", _VALUE, BOOL, "channel_send",
              "Waits for room and sends; false when the channel is closed."),
        _leaf("Channel", "recv", (), OptionalType(T), "channel_recv",
              "The oldest value; null when the channel is closed and empty."),
        _leaf("Channel", "recv_for", (("ms", I64),), OptionalType(T), "channel_recv_for",
              "As `recv`, but null as well when nothing came within `ms` milliseconds."),
        _now("Channel", "try_send", _VALUE, BOOL, "channel_try_send",
             "Sends if there is room at once; false when the channel is full or closed."),
        _now("Channel", "try_recv", (), OptionalType(T), "channel_try_recv",
             "The oldest value, or null when there is none now."),
        _now("Channel", "close", (), VOID, "channel_close",
             "Ends sending.  What was sent can still be received."),
        _now("Channel", "len", (), I64, "channel_len", "How many values are queued."),
        _now("Oneshot", "send", _VALUE, BOOL, "oneshot_send",
             "Sends the one value; false when there was one, or when it is closed."),
        _leaf("Oneshot", "recv", (), OptionalType(T), "oneshot_recv",
              "The value; null when it is closed without one, or when it was taken."),
        _now("Oneshot", "try_recv", (), OptionalType(T), "oneshot_try_recv",
             "The value, or null when it is not there."),
        _now("Oneshot", "close", (), VOID, "oneshot_close", "Ends waiting for a value."),
        _leaf("Mutex", "lock", (), VOID, "mutex_lock",
              "Waits until the lock is free, in the order of asking, and takes it."),
        _now("Mutex", "try_lock", (), BOOL, "mutex_try_lock", "Takes the lock if it is free."),
        _now("Mutex", "unlock", (), VOID, "mutex_unlock",
             "Gives the lock back; a panic when it is not locked."),
        _leaf("RwLock", "read", (), VOID, "rwlock_read",
              "Waits until no writer has the lock or waits for it, and joins the readers."),
        _leaf("RwLock", "write", (), VOID, "rwlock_write",
              "Waits until nobody has the lock, and takes it alone."),
        _now("RwLock", "try_read", (), BOOL, "rwlock_try_read", "Joins the readers at once."),
        _now("RwLock", "try_write", (), BOOL, "rwlock_try_write", "Takes the lock at once."),
        _now("RwLock", "read_unlock", (), VOID, "rwlock_read_unlock",
             "Leaves the readers; a panic when there are none."),
        _now("RwLock", "write_unlock", (), VOID, "rwlock_write_unlock",
             "Gives the lock back; a panic when no writer has it."),
        _leaf("Semaphore", "acquire", (), BOOL, "semaphore_acquire",
              "Waits for a permit and takes it; false when the semaphore is closed.",
              permits=True),
        _leaf("Semaphore", "acquire_many", _MANY, BOOL, "semaphore_acquire",
              "Waits for several permits and takes them together."),
        _now("Semaphore", "try_acquire", (), BOOL, "semaphore_try_acquire",
             "Takes a permit if there is one.", permits=True),
        _now("Semaphore", "release", (), VOID, "semaphore_release",
             "Gives a permit back, or adds one.", permits=True),
        _now("Semaphore", "release_many", _MANY, VOID, "semaphore_release",
             "Gives several permits back."),
        _now("Semaphore", "available", (), I64, "semaphore_available",
             "How many permits nobody has."),
        _now("Semaphore", "close", (), VOID, "semaphore_close",
             "Ends waiting for permits, for all."),
        _leaf("Barrier", "wait", (), BOOL, "barrier_wait",
              "Waits until all parties have arrived; true for the last of them."),
        _leaf("Notify", "wait", (), VOID, "notify_wait", "Waits for a notification."),
        _now("Notify", "notify_one", (), VOID, "notify_one",
             "Lets one waiting task go on, or keeps the notification for the next."),
        _now("Notify", "notify_all", (), VOID, "notify_all", "Lets all waiting tasks go on."),
        _now("JoinSet", "spawn", (("promise", PromiseType(T)),), VOID, "join_set_spawn",
             "Starts a promise as a task of the set."),
        _leaf("JoinSet", "join_next", (), OptionalType(T), "join_next",
              "The value of the next task to end, whose failure is this one's; null when the set "
              "is empty.  For tasks without a value: whether there was one."),
        _now("JoinSet", "abort_all", (), VOID, "join_set_abort_all",
             "Asks every task of the set to end."),
        _now("JoinSet", "len", (), I64, "join_set_len", "How many tasks were not joined yet."),
        _now("Nursery", "spawn", (("promise", PromiseType(ANY)),), VOID, "nursery_spawn",
             "Starts a promise as a child.  Its value is dropped."),
        _leaf("Nursery", "join", (), VOID, "nursery_join",
              "Waits until all children have ended; the first failure cancels the others and is "
              "raised here."),
        _now("Nursery", "cancel", (), VOID, "nursery_cancel", "Cancels the children."),
        _now("Nursery", "failures", (), I64, "nursery_failures",
             "How many children have failed, also in their clean-up."),
        _now("Nursery", "failure", (("index", I64),), OptionalType(STRING), "nursery_failure",
             "The message of one that failed, in the order of their ends: 0 is what `join` raises; "
             "null when there are not so many."),
        _leaf("TcpListener", "accept", (), TCP_STREAM, "tcp_accept",
              "The next connection, as soon as there is one."),
        _now("TcpListener", "port", (), I64, "tcp_port",
             "The port that it listens on, also where `listen` was given 0."),
        _now("TcpListener", "close", (), VOID, "io_close",
             "Gives the port back at once; who waits in `accept` fails."),
        _leaf("TcpStream", "read", (("max", I64),), STRING, "io_read",
              "Up to `max` bytes, as soon as there is one; an empty text once the other side has "
              "ended."),
        _leaf("TcpStream", "write", (("text", STRING),), VOID, "io_write",
              "Sends all of `text`, one writer after the other."),
        _now("TcpStream", "shutdown", (), VOID, "io_shutdown",
             "Ends what this side sends; it can still read."),
        _now("TcpStream", "close", (), VOID, "io_close",
             "Ends the connection at once; who waits in a `read` or `write` of it fails."),
    )
}  # fmt: skip


def methods_of(owner: str) -> list[Method]:
    """The methods of a handle, in the order of the table."""
    return [method for method in METHODS.values() if method.owner == owner]
