"""Several promises as one: all, the first, all however they end.

A round is one turn of the runtime, in which every promise that can go on is polled once; what is
decided depends on no finer order than that.  `poll` is one round; the blocking forms run rounds
only when something can have changed.  A failed member of PromiseAll leaves the others as they
are; the losers of a race are cancelled.
"""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from zyn.embed.errors import PromiseTimeout
from zyn.embed.promise import ForeignPromise, Promise, deadline_after, failure
from zyn.embed.states import (
    CANCELLED,
    PENDING,
    AllReady,
    AllSettled,
    Failed,
    Fulfilled,
    Pending,
    PromiseState,
    Ready,
    Rejected,
    Won,
)
from zyn.runtime.host import NativePromise

if TYPE_CHECKING:
    from zyn.embed.runtime import Runtime

Decided = TypeVar("Decided")


class Group(ABC, Generic[Decided]):
    """What the three have in common; `Decided` is the state that a group ends in."""

    def __init__(self, promises: Iterable[Promise]) -> None:
        self._promises = list(promises)
        for promise in self._promises:
            if not isinstance(promise, Promise):
                raise TypeError(f"expected promises, got {type(promise).__name__}")
        self._polls = 0
        self._decided: Decided | None = None
        self._deciding = threading.RLock()
        self._bind()

    @property
    def poll_count(self) -> int:
        """How many rounds were run."""
        return self._polls

    @property
    def state(self) -> Decided | Pending:
        """How the group stands, without polling."""
        with self._deciding:
            if self._decided is None:
                self._decided = self._decide([promise._advance() for promise in self._promises])
                if self._decided is not None:
                    self._end()
            return PENDING if self._decided is None else self._decided

    def poll(self) -> Decided | Pending:
        """One round."""
        state = self.state
        if not isinstance(state, Pending):
            return state
        self._polls += 1
        self._runtime._round(self._pending())
        return self.state

    @abstractmethod
    def _decide(self, states: list[PromiseState]) -> Decided | None:
        """The state that the members' states make, None while it is open."""

    def _end(self) -> None:
        """The group was decided just now."""

    @property
    def _runtime(self) -> "Runtime":
        return self._promises[0]._root()._runtime

    def _pending(self) -> list[NativePromise]:
        """The native promises that the open members wait for."""
        open_ = [promise for promise in self._promises if promise._advance() is PENDING]
        return [promise._root()._native() for promise in open_]

    def _bind(self) -> None:
        """Give members that belong to no runtime yet that of the others."""
        bound = [promise for promise in self._promises if not _is_unbound(promise)]
        if bound:
            for promise in self._promises:
                promise._bind(bound[0]._root()._runtime)
        runtimes = {id(promise._root()._runtime) for promise in self._promises}
        if len(runtimes) > 1:
            raise ValueError("the promises belong to different runtimes")

    def _await(self, deadline: float | None) -> Decided:
        state = self.poll()
        while isinstance(state, Pending):
            if deadline is not None and time.monotonic() >= deadline:
                raise PromiseTimeout("the time is up and the promises are still pending")
            pending = self._pending()
            if pending:  # else another thread was faster
                self._polls += self._runtime._progress(pending[0], deadline)
            state = self.state
        return state

    async def _wait(self) -> Decided:
        from zyn.embed.aio import wait_any

        while isinstance(state := self.state, Pending):
            self._polls += 1
            await wait_any([p for p in self._promises if p._advance() is PENDING])
        return state


class PromiseAll(Group[AllReady | Failed]):
    """All values in order, or the first failure at once.  An empty one is ready without a poll."""

    def await_all(self) -> list[Any]:
        """Run until every promise is ready; raises PromiseFailed for the first that is not."""
        return _values(self._await(None))

    def await_all_with_timeout(self, seconds: float) -> list[Any]:
        """`await_all`, or PromiseTimeout when `seconds` pass first."""
        return _values(self._await(deadline_after(seconds)))

    def __await__(self) -> Generator[Any, None, list[Any]]:
        return _values((yield from self._wait().__await__()))

    def _decide(self, states: list[PromiseState]) -> AllReady | Failed | None:
        for index, state in enumerate(states):
            if isinstance(state, Failed):
                return state
            if state is CANCELLED:
                return Failed(f"promise {index} was cancelled", code="cancelled")
        values = [state.value for state in states if isinstance(state, Ready)]
        return AllReady(values) if len(values) == len(states) else None


class PromiseRace(Group[Won | Failed]):
    """The first promise to end; among those that end in one round, the one listed first."""

    def __init__(self, promises: Iterable[Promise]) -> None:
        super().__init__(promises)
        if not self._promises:
            raise ValueError("a race of no promises never ends")

    def await_first(self) -> tuple[int, Any]:
        """Run until one ended; gives its index and value, or raises PromiseFailed if it failed."""
        return _winner(self._await(None))

    def await_first_with_timeout(self, seconds: float) -> tuple[int, Any]:
        """`await_first`, or PromiseTimeout when `seconds` pass first."""
        return _winner(self._await(deadline_after(seconds)))

    def __await__(self) -> Generator[Any, None, tuple[int, Any]]:
        return _winner((yield from self._wait().__await__()))

    def _decide(self, states: list[PromiseState]) -> Won | Failed | None:
        for index, state in enumerate(states):
            if isinstance(state, Ready):
                return Won(index, state.value)
            if isinstance(state, Failed):
                return state
            if state is CANCELLED:
                return Failed(f"promise {index} was cancelled", code="cancelled")
        return None

    def _end(self) -> None:
        losers = [promise for promise in self._promises if promise.is_pending]
        for promise in losers:
            promise.cancel()
        for promise in losers:
            promise.poll()  # runs its clean-up


class PromiseAllSettled(Group[AllSettled]):
    """Waits for every promise and never fails."""

    def await_all(self) -> list[Fulfilled | Rejected]:
        """Run until every promise ended; one result each, in order."""
        return self._await(None).results

    def await_all_with_timeout(self, seconds: float) -> list[Fulfilled | Rejected]:
        """`await_all`, or PromiseTimeout when `seconds` pass first."""
        return self._await(deadline_after(seconds)).results

    def __await__(self) -> Generator[Any, None, list[Fulfilled | Rejected]]:
        settled = yield from self._wait().__await__()
        return settled.results

    def _decide(self, states: list[PromiseState]) -> AllSettled | None:
        if any(state is PENDING for state in states):
            return None
        return AllSettled([_settled(state) for state in states])


def _is_unbound(promise: Promise) -> bool:
    return isinstance(promise, ForeignPromise) and not promise._is_bound


def _settled(state: PromiseState) -> Fulfilled | Rejected:
    if isinstance(state, Ready):
        return Fulfilled(state.value)
    return Rejected(state.message if isinstance(state, Failed) else "cancelled")


def _values(state: AllReady | Failed) -> list[Any]:
    if isinstance(state, Failed):
        raise failure(state)
    return state.values


def _winner(state: Won | Failed) -> tuple[int, Any]:
    if isinstance(state, Failed):
        raise failure(state)
    return state.index, state.value
