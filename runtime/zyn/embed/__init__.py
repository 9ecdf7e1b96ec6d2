"""The Python interface: load a module, call it, hold its promises.

    with Runtime() as runtime:
        runtime.load_module("async fn double(x: i32) i32 { return x * 2; }")
        assert runtime.call("double", 21) == 42

Invariants: nothing that a program or a host does through this package can crash the interpreter; a
promise may be dropped at any moment and on any thread; no asyncio is imported before a promise is
awaited under it.
"""

from typing import TYPE_CHECKING

from zyn.embed.absent import LanguageGrammar
from zyn.embed.combinators import PromiseAll, PromiseAllSettled, PromiseRace
from zyn.embed.errors import (
    BusyError,
    CallError,
    ChannelClosed,
    CompileFailed,
    Deadlocked,
    NotAvailable,
    Problem,
    PromiseCancelled,
    PromiseFailed,
    PromiseTimeout,
    RuntimeClosed,
    SetEmpty,
    WaitingTask,
    ZynError,
)
from zyn.embed.promise import Promise
from zyn.embed.runtime import Runtime, WorkerMetrics
from zyn.embed.states import (
    AllReady,
    AllSettled,
    Failed,
    Fulfilled,
    PromiseAllSettledState,
    PromiseAllState,
    PromiseRaceState,
    PromiseState,
    Ready,
    Rejected,
    SettledResult,
    Won,
)
from zyn.embed.values import StructValue

if TYPE_CHECKING:
    from zyn.embed.handles import Channel, Handle, JoinSet, Nursery
    from zyn.embed.listener import Listener, listen
    from zyn.embed.tiered import TieredRuntime

__all__ = [
    "AllReady",
    "AllSettled",
    "BusyError",
    "CallError",
    "Channel",
    "ChannelClosed",
    "CompileFailed",
    "Deadlocked",
    "Failed",
    "Fulfilled",
    "Handle",
    "JoinSet",
    "LanguageGrammar",
    "Listener",
    "NotAvailable",
    "Nursery",
    "Problem",
    "Promise",
    "PromiseAll",
    "PromiseAllSettled",
    "PromiseAllSettledState",
    "PromiseAllState",
    "PromiseCancelled",
    "PromiseFailed",
    "PromiseRace",
    "PromiseRaceState",
    "PromiseState",
    "PromiseTimeout",
    "Ready",
    "Rejected",
    "Runtime",
    "RuntimeClosed",
    "SetEmpty",
    "SettledResult",
    "StructValue",
    "TieredRuntime",
    "WaitingTask",
    "Won",
    "WorkerMetrics",
    "ZynError",
    "listen",
]


def __getattr__(name: str) -> object:
    """What a run without a debugger, objects or tiers does not import."""
    if name in {"Channel", "Handle", "JoinSet", "Nursery"}:
        from zyn.embed import handles

        return getattr(handles, name)
    if name in {"Listener", "listen"}:
        from zyn.embed import listener

        return getattr(listener, name)
    if name == "TieredRuntime":
        from zyn.embed.tiered import TieredRuntime

        return TieredRuntime
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
