"""Which function answers which request, with which arguments, and when in a session.

A handler is an async function under `@request(command, argument type)` and is all there is to say
about a request: decoding, phases, errors and the envelope of the answer are the session's.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec

from zyn.dap.errors import AdapterError, Kind
from zyn.dap.state import Phase, State

DEBUGGING = frozenset({Phase.CONFIGURING, Phase.RUNNING})
STARTED = DEBUGGING | {Phase.ENDED}
ANY = frozenset(Phase)

A = TypeVar("A", bound=msgspec.Struct)
Run = Callable[[State, A], Awaitable[msgspec.Struct | None]]


class NoArguments(msgspec.Struct):
    """For requests that carry nothing."""


class Handler:
    """One request: how its arguments are read, when it is allowed, what answers it."""

    def __init__(
        self, command: str, arguments: type[A], phases: frozenset[Phase], run: Run[A]
    ) -> None:
        self.command = command
        self.arguments = arguments
        self.phases = phases
        self.run: Run[Any] = run
        self._decoder = msgspec.json.Decoder(arguments)

    def decode(self, raw: bytes) -> msgspec.Struct:
        """The typed arguments; a value of the wrong type is refused with its place."""
        try:
            return self._decoder.decode(raw)
        except RecursionError:
            raise AdapterError(Kind.BAD_ARGUMENTS, f"{self.command}: too deep") from None
        except msgspec.ValidationError as error:
            without_nulls = _pruned(msgspec.json.decode(raw))
            try:
                return msgspec.convert(without_nulls, self.arguments)
            except msgspec.ValidationError:
                text = str(error).replace("`$", "`arguments")
                raise AdapterError(Kind.BAD_ARGUMENTS, f"{self.command}: {text}") from None

    def check_phase(self, phase: Phase) -> None:
        """Refuse a request that is out of order, saying what is missing."""
        if phase in self.phases:
            return
        order = list(Phase)
        too_late = order.index(phase) > max(order.index(allowed) for allowed in self.phases)
        text = _TOO_LATE[phase] if too_late else phase.value
        raise AdapterError(Kind.OUT_OF_ORDER, f"{self.command}: {text}")


_TOO_LATE = {
    Phase.READY: "the session is already initialized",
    Phase.CONFIGURING: "something is already being debugged",
    Phase.RUNNING: "the program is already running",
    Phase.ENDED: "the program has ended",
}

HANDLERS: dict[str, Handler] = {}


def request(
    command: str, arguments: type[A], *, when: frozenset[Phase] = DEBUGGING
) -> Callable[[Run[A]], Run[A]]:
    """Register the function that answers a request."""

    def register(run: Run[A]) -> Run[A]:
        assert command not in HANDLERS
        HANDLERS[command] = Handler(command, arguments, when, run)
        return run

    return register


def _pruned(value: Any) -> Any:
    """The value without null members: clients exist that write null for absent."""
    if isinstance(value, dict):
        return {key: _pruned(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_pruned(inner) for inner in value]
    return {} if value is None else value
