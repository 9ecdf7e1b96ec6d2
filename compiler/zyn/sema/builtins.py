"""The functions that every program may call without declaring them.

The shape of a built-in that is generic (`spawn`, `join`, `race`, `all_settled`) is checked by
`zyn.sema.check_call`; here stand the names, the fixed signatures and what an editor shows.
"""

import msgspec

from zyn.sema.types import I64, NEVER, STRING, VOID, PromiseType, Type


class Builtin(msgspec.Struct, frozen=True):
    """A built-in: `params` is None when the arguments are generic; `leaf` names its leaf future."""

    name: str
    params: tuple[tuple[str, Type], ...] | None
    result: Type | None
    shape: str
    doc: str
    leaf: str | None = None


BUILTINS: dict[str, Builtin] = {
    builtin.name: builtin
    for builtin in (
        Builtin(
            "delay", (("ms", I64),), PromiseType(VOID), "delay(ms: i64) Promise<void>",
            "Ready after `ms` milliseconds of the runtime's clock; 0 or less is ready at once.",
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
    )
}  # fmt: skip
