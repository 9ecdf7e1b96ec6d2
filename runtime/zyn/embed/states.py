"""How a promise, or a group of promises, stands: closed unions that compare and match.

    match promise.poll():
        case PromiseState.Ready(value): ...
        case PromiseState.Failed(message): ...
        case PromiseState.Pending | PromiseState.Cancelled: ...

`Pending` and `Cancelled` are values, the others are classes.
"""

from typing import ClassVar, Final

import msgspec


class PromiseState(msgspec.Struct, frozen=True):
    """What `Promise.poll` gives: Pending, Ready(value), Failed(message) or Cancelled."""

    Pending: ClassVar["Pending"]
    Ready: ClassVar[type["Ready"]]
    Failed: ClassVar[type["Failed"]]
    Cancelled: ClassVar["Cancelled"]


class Pending(PromiseState, frozen=True):
    """Not ended yet."""

    def __repr__(self) -> str:
        return "PromiseState.Pending"


class Cancelled(PromiseState, frozen=True):
    """Ended because somebody asked it to."""

    def __repr__(self) -> str:
        return "PromiseState.Cancelled"


class Ready(PromiseState, frozen=True):
    """Ended with a value; None for a function without one."""

    value: object

    def __repr__(self) -> str:
        return f"PromiseState.Ready({self.value!r})"


class Failed(PromiseState, frozen=True, eq=False):
    """Ended with an error.  Two are equal when their messages are.

    `code` is the stable name of the kind of error, `line` and `file` where it happened, `cause` the
    Python exception behind it; each where there is one.
    """

    message: str
    code: str = ""
    line: int | None = None
    file: str = ""
    cause: BaseException | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Failed) and self.message == other.message

    def __hash__(self) -> int:
        return hash((Failed, self.message))

    def __repr__(self) -> str:
        return f"PromiseState.Failed({self.message!r})"


PENDING: Final = Pending()
CANCELLED: Final = Cancelled()
PromiseState.Pending = PENDING
PromiseState.Ready = Ready
PromiseState.Failed = Failed
PromiseState.Cancelled = CANCELLED


class AllReady(msgspec.Struct, frozen=True):
    """Every promise of a PromiseAll is ready; the values are in the order of the promises."""

    values: list[object]


class Won(msgspec.Struct, frozen=True):
    """The promise at `index` ended a PromiseRace with `value`."""

    index: int
    value: object


class Fulfilled(msgspec.Struct, frozen=True):
    """A settled promise that has a value."""

    value: object


class Rejected(msgspec.Struct, frozen=True):
    """A settled promise that failed or was cancelled."""

    message: str


class AllSettled(msgspec.Struct, frozen=True):
    """Every promise of a PromiseAllSettled ended."""

    results: list[Fulfilled | Rejected]


class SettledResult:
    """The two ways in which a promise of a PromiseAllSettled ends."""

    Fulfilled = Fulfilled
    Rejected = Rejected


class PromiseAllState:
    """What `PromiseAll.poll` gives."""

    Pending = PENDING
    AllReady = AllReady
    Failed = Failed


class PromiseRaceState:
    """What `PromiseRace.poll` gives."""

    Pending = PENDING
    Won = Won
    Failed = Failed


class PromiseAllSettledState:
    """What `PromiseAllSettled.poll` gives."""

    Pending = PENDING
    AllSettled = AllSettled
