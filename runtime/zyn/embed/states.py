"""How a promise, or a group of promises, stands: closed unions that compare and match.

    match promise.poll():
        case PromiseState.Ready(value): ...
        case PromiseState.Failed(message): ...
        case PromiseState.Pending | PromiseState.Cancelled: ...

`Pending` and `Cancelled` are values, the others are classes.
"""

from typing import ClassVar, Final


class _Value:
    """An immutable value: equal to another of its class whose fields are equal."""

    __slots__ = ()
    __match_args__: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *fields: object) -> None:
        for name, field in zip(self.__match_args__, fields, strict=True):
            object.__setattr__(self, name, field)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} cannot be changed")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} cannot be changed")

    def _fields(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__match_args__)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash((type(self), self._fields()))

    def __repr__(self) -> str:
        fields = zip(self.__match_args__, self._fields(), strict=True)
        return f"{type(self).__name__}({', '.join(f'{name}={field!r}' for name, field in fields)})"

    def __reduce__(self) -> tuple[type["_Value"], tuple[object, ...]]:
        return type(self), self._fields()


class PromiseState(_Value):
    """What `Promise.poll` gives: Pending, Ready(value), Failed(message) or Cancelled."""

    __slots__ = ()

    Pending: ClassVar["Pending"]
    Ready: ClassVar[type["Ready"]]
    Failed: ClassVar[type["Failed"]]
    Cancelled: ClassVar["Cancelled"]


class Pending(PromiseState):
    """Not ended yet."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "PromiseState.Pending"

    def __reduce__(self) -> str:  # type: ignore[override]  # the one there is
        return "PENDING"


class Cancelled(PromiseState):
    """Ended because somebody asked it to."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "PromiseState.Cancelled"

    def __reduce__(self) -> str:  # type: ignore[override]  # the one there is
        return "CANCELLED"


class Ready(PromiseState):
    """Ended with a value; None for a function without one."""

    __slots__ = ("value",)
    __match_args__ = ("value",)
    value: object

    def __init__(self, value: object) -> None:
        _set_ready_value(self, value)  # one for every call: no loop over fields

    def __repr__(self) -> str:
        return f"PromiseState.Ready({self.value!r})"


_set_ready_value = Ready.__dict__["value"].__set__


class Failed(PromiseState):
    """Ended with an error.  Two are equal when their messages are.

    `code` is the stable name of the kind of error, `line` and `file` where it happened, `cause` the
    Python exception behind it; each where there is one.
    """

    __slots__ = ("cause", "code", "file", "line", "message")
    __match_args__ = ("message", "code", "line", "file", "cause")
    message: str
    code: str
    line: int | None
    file: str
    cause: BaseException | None

    def __init__(
        self,
        message: str,
        code: str = "",
        line: int | None = None,
        file: str = "",
        cause: BaseException | None = None,
    ) -> None:
        super().__init__(message, code, line, file, cause)

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


class AllReady(_Value):
    """Every promise of a PromiseAll is ready; the values are in the order of the promises."""

    __slots__ = ("values",)
    __match_args__ = ("values",)
    values: list[object]

    def __init__(self, values: list[object]) -> None:
        super().__init__(values)


class Won(_Value):
    """The promise at `index` ended a PromiseRace with `value`."""

    __slots__ = ("index", "value")
    __match_args__ = ("index", "value")
    index: int
    value: object

    def __init__(self, index: int, value: object) -> None:
        super().__init__(index, value)


class Fulfilled(_Value):
    """A settled promise that has a value."""

    __slots__ = ("value",)
    __match_args__ = ("value",)
    value: object

    def __init__(self, value: object) -> None:
        super().__init__(value)


class Rejected(_Value):
    """A settled promise that failed or was cancelled."""

    __slots__ = ("message",)
    __match_args__ = ("message",)
    message: str

    def __init__(self, message: str) -> None:
        super().__init__(message)


class AllSettled(_Value):
    """Every promise of a PromiseAllSettled ended."""

    __slots__ = ("results",)
    __match_args__ = ("results",)
    results: list[Fulfilled | Rejected]

    def __init__(self, results: list[Fulfilled | Rejected]) -> None:
        super().__init__(results)


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
