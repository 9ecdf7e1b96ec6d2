"""What a parked task waits for, in words: the numbers of ZynWaitInfo told to people.

Used by the verdict on a deadlock and by the debugger, so both say the same.
"""

from typing import Protocol

from zyn.runtime.abi import LEAVES, ObjectKind

NS_PER_MS = 1_000_000


class Wait(Protocol):
    """The fields of ZynWaitInfo that words are made of."""

    @property
    def object(self) -> int: ...
    @property
    def task(self) -> int: ...
    @property
    def owner(self) -> int: ...
    @property
    def fill(self) -> int: ...
    @property
    def capacity(self) -> int: ...
    @property
    def amount(self) -> int: ...
    @property
    def ahead(self) -> int: ...
    @property
    def deadline_ns(self) -> int: ...
    @property
    def kind(self) -> int: ...
    @property
    def text(self) -> str:
        """What an operation on a stream does: `read 127.0.0.1:80`; empty where nobody asked."""
        ...


_WITH_OBJECT = frozenset(
    (
        "channel_send", "channel_recv", "channel_recv_for", "oneshot_recv", "mutex_lock",
        "rwlock_read", "rwlock_write", "semaphore_acquire", "join_next", "nursery_join",
        "notify_wait", "barrier_wait", "within", "tcp_accept", "tcp_connect", "io_read", "io_write",
    )
)  # fmt: skip


def leaf_number(leaf: str) -> int | None:
    """The ZynLeafKind of a leaf that waits for an object, or for a promise with a limit."""
    return list(LEAVES).index(leaf) if leaf in _WITH_OBJECT else None


def described(leaf: str, wait: Wait, now_ns: int | None = None) -> str:
    """What a leaf waits for; with a clock a limit is told as the time that is left."""
    text = _object(leaf, wait)
    if wait.ahead:
        text += f", behind {wait.ahead} {'other' if wait.ahead == 1 else 'others'}"
    if wait.deadline_ns:
        until = wait.deadline_ns // NS_PER_MS
        if now_ns is None:
            text += f", until {until} ms"
        else:
            text += f", {max(0, until - now_ns // NS_PER_MS)} ms left"
    return text


def _object(leaf: str, wait: Wait) -> str:
    if leaf == "within":
        return f"task {wait.task}" if wait.task else "a promise"
    if wait.text:
        return _stream(wait)
    if not wait.object:
        return "its next poll"  # it has what it waited for
    name = f"{ObjectKind(wait.kind).text} {wait.object}"
    limit = f" of {wait.capacity}" if wait.capacity else ""
    match leaf:
        case "channel_send":
            return f"room in {name} ({wait.fill}{limit} queued)"
        case "channel_recv" | "channel_recv_for":
            return f"a value from {name} ({wait.fill}{limit} queued)"
        case "mutex_lock" | "rwlock_read" | "rwlock_write":
            return f"{name}, which task {wait.owner} has" if wait.owner else name
        case "semaphore_acquire":
            permits = "1 permit" if wait.amount == 1 else f"{wait.amount} permits"
            return f"{permits} of {name} ({wait.fill} free)"
        case "barrier_wait":
            return f"{name} ({wait.fill}{limit} arrived)"
        case "join_next":
            return f"a task of {name} ({wait.fill} alive)"
        case "nursery_join":
            return f"the children of {name} ({wait.fill} alive)"
    return name


def _stream(wait: Wait) -> str:
    """What one end of a connection waits for; an attempt to connect may have no handle yet."""
    verb, _, address = wait.text.partition(" ")
    name = f" (io {wait.object})" if wait.object else ""
    match verb:
        case "accept":
            return f"a connection on {address}{name}"
        case "connect":
            return f"a connection to {address}{name}"
        case "resolve":
            return f"the address of {address}"
        case "write":
            moved = f"{wait.fill} of {wait.amount} bytes sent"
            return f"room to send to {address} (io {wait.object}, {moved})"
    return f"data from {address}{name}"
