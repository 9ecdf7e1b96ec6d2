"""The functions that every program may call without declaring them.

The shape of a built-in that is generic (`spawn`, `join`, `timeout`, `channel` ..) is checked by
`zyn.sema.check_call`; here stand the names, the fixed signatures and what an editor shows.  What
can be done with what `channel` and its like make stands in `zyn.sema.handles`.
"""

import re

import msgspec

from zyn.sema.handles import HANDLES, TCP_LISTENER, TCP_STREAM
from zyn.sema.types import I64, NEVER, STRING, VOID, HandleType, PromiseType, Type

_PARAMETER = re.compile(r"(\w+): ")


class Builtin(msgspec.Struct, frozen=True):
    """A built-in.

    params     None when the arguments are generic
    result     None when it depends on the arguments, or on what is needed
    leaf       the leaf future that it begins, or None
    operation  the operation that it does, or None
    """

    name: str
    params: tuple[tuple[str, Type], ...] | None
    result: Type | None
    shape: str
    doc: str
    leaf: str | None = None
    operation: str | None = None

    @property
    def names(self) -> list[str]:
        """The names of the parameters."""
        return _PARAMETER.findall(self.shape)


def _maker(name: str, owner: str, doc: str, params: tuple[tuple[str, Type], ...] = ()) -> Builtin:
    """What makes a handle: of a type of its own, or of one that its place says."""
    is_plain = not HANDLES[owner]
    text = ", ".join(f"{param}: {type_}" for param, type_ in params)
    shape = f"{name}({text}) {owner}{'' if is_plain else '<T>'}"
    result = HandleType(owner) if is_plain else None
    return Builtin(name, params, result, shape, doc, operation=name)


BUILTINS: dict[str, Builtin] = {
    builtin.name: builtin
    for builtin in (
        Builtin(
            "delay", (("ms", I64),), PromiseType(VOID), "delay(ms: i64) Promise<void>",
            "Ready after `ms` milliseconds of the runtime's clock; 0 or less is ready at once.",
            "delay",
        ),
        Builtin(
            "sleep", (("ms", I64),), PromiseType(VOID), "sleep(ms: i64) Promise<void>",
            "Ready after `ms` milliseconds of the runtime's clock; `delay` by another name.",
            "delay",
        ),
        Builtin(
            "yield_now", (), PromiseType(VOID), "yield_now() Promise<void>",
            "Lets every other runnable task have one poll first.", "yield_now",
        ),
        Builtin(
            "pending", (), PromiseType(VOID), "pending() Promise<void>",
            "Never ready.", "pending",
        ),
        Builtin(
            "panic", (("message", STRING),), NEVER, "panic(message: string) never",
            "Fails the task with a message.",
        ),
        Builtin(
            "spawn", None, None, "spawn(promise: Promise<T>) Promise<T>",
            "Starts a promise as a task of its own and gives it back.",
        ),
        Builtin(
            "join", None, None, "join(promises: [N]Promise<T>) Promise<[N]T>",
            "All values, in order; the first failure at once.", "join",
        ),
        Builtin(
            "race", None, None, "race(promises: [N]Promise<T>) Promise<T>",
            "The value of the first to end; the others are cancelled.", "race",
        ),
        Builtin(
            "all_settled", None, None,
            "all_settled(promises: [N]Promise<T>) Promise<[N]Settled<T>>",
            "Waits for every promise; each result has `ok`, `value` and `message`.", "all_settled",
        ),
        Builtin(
            "select", None, None, "select(promises: [N]Promise<T>) Promise<Selected<T>>",
            "The first to be ready, asked in order in this task: `index` says which, `value` is "
            "what it gave.  The others are cancelled unless somebody else waits for them.",
            "select",
        ),
        Builtin(
            "timeout", None, None, "timeout(ms: i64, promise: Promise<T>) Promise<?T>",
            "The value, or null when it was not there after `ms` milliseconds: the promise is then "
            "cancelled.  Of a promise without a value: whether it ended in time.",
            "within",
        ),
        _maker(
            "channel", "Channel",
            "A queue between tasks, first in first out; `send` waits while it holds `capacity` "
            "values.  0: no limit.",
            (("capacity", I64),),
        ),
        _maker("oneshot", "Oneshot", "A channel for one value."),
        _maker("mutex", "Mutex", "A lock that one task has at a time."),
        _maker("rwlock", "RwLock", "A lock for any number of readers or one writer."),
        _maker(
            "semaphore", "Semaphore", "Permits that tasks take and give back.",
            (("permits", I64),),
        ),
        _maker(
            "barrier", "Barrier", "Lets `parties` tasks go on together, again and again.",
            (("parties", I64),),
        ),
        _maker("notify", "Notify", "A signal for tasks that wait."),
        _maker("join_set", "JoinSet", "Tasks whose ends are taken one by one, as they come."),
        _maker(
            "nursery", "Nursery",
            "Tasks that end together: a failure of one cancels the others.  Without a `join` they "
            "are cancelled when the nursery goes.",
        ),
        Builtin(
            "listen", (("address", STRING), ("port", I64)), TCP_LISTENER,
            "listen(address: string, port: i64) TcpListener",
            "Takes TCP connections at an address in figures; port 0: any that is free.",
            operation="tcp_listen",
        ),
        Builtin(
            "connect", (("address", STRING), ("port", I64)), PromiseType(TCP_STREAM),
            "connect(address: string, port: i64) Promise<TcpStream>",
            "A TCP connection to an address in figures or to a name, whose addresses are tried in "
            "order.",
            "tcp_connect",
        ),
    )
}  # fmt: skip
